"""Addresses under /epcis."""

from django.urls import path, re_path

from ..resource import no_resource
from . import base, capture, collections, events, openapi, queries, subscriptions, validate, vocabularies

urlpatterns = [
    path("", base.base),
    path("openapi.json", openapi.served),
    path("capture", capture.captures),
    path("capture/<str:token>", capture.capture_job),
    path("events", events.events),
    path("events/validate", validate.validation),
    # The server has decoded the path once: an id with slashes comes as several parts.
    path("events/<path:event_id>", events.event),
    path("nextPageToken/<str:token>", events.page_token),
    *(path(name, every) for name, (every, _) in collections.VIEWS.items()),
    *(path(f"{name}/<path:value>", one) for name, (_, one) in collections.VIEWS.items()),
    path("queries", queries.query_list),
    path("queries/<str:name>", queries.one_query),
    path("queries/<str:name>/events", queries.events),
    path("queries/<str:name>/subscriptions", subscriptions.subscription_list),
    path("queries/<str:name>/subscriptions/<str:token>", subscriptions.one_subscription),
    path("queries/<str:name>/subscriptions/<str:token>/resume", subscriptions.resuming),
    path("queries/<str:name>/subscriptions/<str:token>/test", subscriptions.testing),
    path("queries/<str:name>/subscriptions/<str:token>/deliveries", subscriptions.attempt_list),
    *(path(address, view) for address, view in vocabularies.VIEWS.items()),
    re_path(r"^", no_resource),
]
