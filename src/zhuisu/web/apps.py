"""Tells Django of the app web."""

from django.apps import AppConfig


class WebConfig(AppConfig):
    name = "zhuisu.web"

    def ready(self) -> None:
        """English must be there on a fresh clone, where nobody has compiled a catalogue."""
        from zhuisu.web.messages import compile_catalogues

        compile_catalogues()
