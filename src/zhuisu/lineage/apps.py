"""Tells Django of the app lineage."""

from django.apps import AppConfig


class LineageConfig(AppConfig):
    name = "zhuisu.lineage"
