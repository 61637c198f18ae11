"""Tells Django of the app portal."""

from django.apps import AppConfig


class PortalConfig(AppConfig):
    name = "zhuisu.portal"
