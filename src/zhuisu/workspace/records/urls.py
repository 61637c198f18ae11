"""The addresses of records, findings and the dictionary."""

from django.urls import path

from zhuisu.workspace.records import correct, dictionary, findings, lists, sheets, writing

urlpatterns = [
    path("desk/records", writing.choose, name="desk-records"),
    path("desk/records/done", lists.listed, name="desk-record-list"),
    path("desk/records/done.<str:kind>", lists.export, name="desk-record-export"),
    path("desk/records/act", lists.act, name="desk-record-act"),
    path("desk/records/correct", correct.correct, name="desk-record-correct"),
    path("desk/findings", findings.listed, name="desk-findings"),
    path("desk/findings.<str:kind>", findings.export, name="desk-findings-export"),
    path("desk/sectors", dictionary.index, name="desk-sectors"),
    path("desk/sectors/<slug:sector>", dictionary.sector, name="desk-sector"),
    path("desk/sectors/<slug:sector>/elements.<str:kind>", dictionary.element_file, name="desk-elements"),
    path("desk/sectors/<slug:sector>/<slug:step>.schema.json", dictionary.step_schema, name="desk-schema"),
    path("desk/records/sheets/<uuid:token>", sheets.look, name="desk-sheet-look"),
    path("desk/records/sheets/<uuid:token>/marked.xlsx", sheets.marked, name="desk-sheet-marked"),
    path("desk/records/sheets/<uuid:token>/decide", sheets.decide, name="desk-sheet-decide"),
    path("desk/records/<slug:sector>/<slug:step>/sheet", sheets.upload, name="desk-sheet"),
    path("desk/records/<slug:sector>/<slug:step>/sheet.xlsx", sheets.template, name="desk-sheet-file"),
    path("desk/records/<slug:sector>/<slug:step>", writing.record, name="desk-record"),
]
