"""Tells Django of the app events."""

from django.apps import AppConfig


class EventsConfig(AppConfig):
    name = "zhuisu.events"
