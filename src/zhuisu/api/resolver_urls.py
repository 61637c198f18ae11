"""Addresses of the resolver: every GS1 key, by its digits or its old word, and what describes the resolver."""

from django.urls import path, re_path

from zhuisu.resolver.paths import KEYS, WORDS

from . import links, resolver
from .linkset import CONTEXT_PATH

urlpatterns = [
    path(".well-known/gs1resolver", resolver.description),
    path(CONTEXT_PATH.removeprefix("/"), resolver.context),
    path("resolve", resolver.ask),
    path("links", links.link_list),
    re_path(r"^links/(?P<number>[0-9]{1,20})$", links.one_link),
    re_path(rf"^(?P<link>(?:{'|'.join(KEYS)})(?:/.*)?)$", resolver.resolve, name="digital-link"),
    re_path(rf"^(?P<link>(?i:{'|'.join(WORDS)})/.+)$", resolver.resolve),
]
