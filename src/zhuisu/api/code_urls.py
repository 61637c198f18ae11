"""Addresses under /codes."""

from django.urls import path, re_path

from . import code_files, codes, orders, packs
from .resource import no_resource

urlpatterns = [
    path("batches", orders.batch_list),
    # Twenty digits hold every number of a row and more; what no row has is a 404 of ours, with a reason.
    re_path(r"^batches/(?P<number>[0-9]{1,20})$", orders.one_batch),
    re_path(r"^batches/(?P<number>[0-9]{1,20})/codes\.csv$", orders.csv_file),
    re_path(r"^batches/", no_resource),
    path("activate", codes.activation),
    path("void", codes.voiding),
    path("use", codes.using),
    path("pack", packs.packing),
    path("unpack", packs.unpacking),
    path("imports", code_files.import_list),
    re_path(r"^imports/(?P<number>[0-9]{1,20})$", code_files.one_import),
    re_path(r"^imports/", no_resource),
    path("check", codes.checking),
    path("verify", codes.verifying),
    # The server has decoded the path once: a code with slashes comes as several parts.
    path("<path:text>", codes.one_code),
    re_path(r"^", no_resource),
]
