"""Tells Django of the app verification."""

from django.apps import AppConfig


class VerificationConfig(AppConfig):
    name = "zhuisu.verification"
