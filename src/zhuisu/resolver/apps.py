"""Tells Django of the app resolver."""

from django.apps import AppConfig


class ResolverConfig(AppConfig):
    name = "zhuisu.resolver"
