"""Addresses under /epcis."""

from django.urls import path, re_path

from ..resource import no_resource
from . import capture, events

urlpatterns = [
    path("capture", capture.captures),
    path("capture/<str:token>", capture.capture_job),
    path("events", events.events),
    # The server has decoded the path once: an id with slashes comes as several parts.
    path("events/<path:event_id>", events.event),
    re_path(r"^", no_resource),
]
