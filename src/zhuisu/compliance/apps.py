"""Tells Django of the app compliance."""

from django.apps import AppConfig


class ComplianceConfig(AppConfig):
    name = "zhuisu.compliance"
