"""The addresses of official registers and the catalogue."""

from django.urls import path

from zhuisu.workspace.official import catalogue, registers

urlpatterns = [
    path("desk/registers", registers.page, name="desk-registers"),
    path("desk/catalogue", catalogue.page, name="desk-catalogue"),
]
