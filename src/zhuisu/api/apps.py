"""Tells Django of the app api."""

from django.apps import AppConfig


class ApiConfig(AppConfig):
    name = "zhuisu.api"
