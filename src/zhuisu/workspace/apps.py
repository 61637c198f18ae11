"""Tells Django of the app workspace."""

from django.apps import AppConfig


class WorkspaceConfig(AppConfig):
    name = "zhuisu.workspace"
