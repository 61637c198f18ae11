"""Every address of the site, face by face."""

from django.urls import URLPattern, URLResolver, include, path

from zhuisu.api.resource import no_resource
from zhuisu.config.health import healthz
from zhuisu.web import doors

urlpatterns: list[URLPattern | URLResolver] = [
    path("healthz", healthz),
    path("epcis", no_resource),
    path("epcis/", include("zhuisu.api.urls")),
    *doors.urlpatterns,
    path("", include("zhuisu.workspace.urls")),
    path("", include("zhuisu.portal.urls")),
]

handler400 = "zhuisu.config.faults.bad_request"
handler500 = "zhuisu.config.faults.server_error"
