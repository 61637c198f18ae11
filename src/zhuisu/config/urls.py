"""Every address of the site, face by face."""

from django.urls import URLPattern, URLResolver, include, path, re_path

from zhuisu.api.epcis.base import base
from zhuisu.api.resolver import elsewhere
from zhuisu.api.resource import no_resource
from zhuisu.config.health import healthz, readyz
from zhuisu.config.metrics import metrics
from zhuisu.web import doors

urlpatterns: list[URLPattern | URLResolver] = [
    path("healthz", healthz),
    path("readyz", readyz),
    path("metrics", metrics),
    path("epcis", base),
    path("epcis/", include("zhuisu.api.epcis.urls")),
    path("codes", no_resource),
    path("codes/", include("zhuisu.api.code_urls")),
    path("", include("zhuisu.api.sector_urls")),
    path("", include("zhuisu.api.resolver_urls")),
    *doors.urlpatterns,
    path("", include("zhuisu.workspace.urls")),
    path("", include("zhuisu.portal.urls")),
    # Behind all that is somebody's: compressed links, labels of other systems.
    re_path(r"^(?P<path>.+)$", elsewhere),
]

handler400 = "zhuisu.config.faults.bad_request"
handler500 = "zhuisu.config.faults.server_error"
