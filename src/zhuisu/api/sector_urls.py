"""Addresses about sectors: what is declared, records, may, registers, catalogue."""

from django.urls import path, re_path

from . import findings, may, records, registers, sector_files, sectors
from .resource import no_resource

urlpatterns = [
    path("sectors", sectors.sector_list),
    path("sectors/<str:sector>", sectors.one_sector),
    path("sectors/<str:sector>/elements", sector_files.sector_elements),
    path("sectors/<str:sector>/elements.csv", sector_files.sector_elements_csv),
    path("sectors/<str:sector>/<str:step>/schema", sector_files.schema_of_step),
    path("sectors/<str:sector>/<str:step>/sheet.xlsx", sector_files.sheet_of_step),
    re_path(r"^sectors/", no_resource),
    path("records/<str:sector>/<str:step>", records.step_records),
    re_path(r"^records(?:/|$)", no_resource),
    path("may", may.asking),
    re_path(r"^may/", no_resource),
    path("findings", findings.finding_list),
    path("findings.csv", findings.findings_csv),
    path("findings/counts", findings.finding_counts),
    path("findings/captures/<str:token>", findings.capture_findings),
    # As at /epcis/events: an id with slashes comes as several parts.
    path("findings/events/<path:event_id>", findings.event_findings),
    re_path(r"^findings/", no_resource),
    path("registers", registers.register_list),
    # The server has decoded the path once: a number with slashes comes as several parts.
    path("registers/<str:name>/<path:number>", registers.one_number),
    re_path(r"^registers/", no_resource),
    path("catalogue", registers.catalogue_list),
    path("catalogue/departments", registers.department_list),
    re_path(r"^catalogue/", no_resource),
]
