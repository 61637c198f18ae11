"""Every address of the site, face by face."""

from django.urls import URLPattern, URLResolver, include, path

from zhuisu.config.health import healthz
from zhuisu.portal import desk

urlpatterns: list[URLPattern | URLResolver] = [
    path("healthz", healthz),
    path("epcis/", include("zhuisu.api.urls")),
    *desk.urlpatterns,
    path("", include("zhuisu.portal.urls")),
]
