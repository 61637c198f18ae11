from django.apps import AppConfig


class EventsConfig(AppConfig):
    name = "zhuisu.events"
