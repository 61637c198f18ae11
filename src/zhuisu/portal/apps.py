"""Tells Django of the app portal."""

from django.apps import AppConfig


class PortalConfig(AppConfig):
    name = "zhuisu.portal"

    def ready(self) -> None:
        """English must be there on a fresh clone, where nobody has compiled a catalogue."""
        from zhuisu.portal.messages import compile_catalogues

        compile_catalogues()
