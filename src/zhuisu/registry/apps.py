"""Tells Django of the app registry."""

from django.apps import AppConfig


class RegistryConfig(AppConfig):
    name = "zhuisu.registry"
