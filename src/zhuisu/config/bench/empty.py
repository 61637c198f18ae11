"""The least that a page of this site can cost: a view that says one word, behind all layers or behind none. For comparison alone;
only a server of the bench loads it."""

import os

from django.core.handlers.wsgi import WSGIHandler
from django.core.wsgi import get_wsgi_application
from django.http import HttpRequest, HttpResponse
from django.urls import path

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "zhuisu.config.settings")


def word(_request: HttpRequest) -> HttpResponse:
    """One word."""
    return HttpResponse("ok")


urlpatterns = [path("empty", word)]

layers = get_wsgi_application()

from django.conf import settings  # noqa: E402 they are read when the application above is made

settings.ROOT_URLCONF = __name__
settings.MIDDLEWARE = []
bare = WSGIHandler()
