"""The base of the interface: which resources there are (EPCIS 2.0 OpenAPI, path /)."""

import msgspec
from django.http import HttpRequest, HttpResponse

from zhuisu.epcis.write import CONTEXT

from ..callers import Caller
from ..resource import answer_type, resource

MEMBERS = (
    "queries",
    "capture",
    "events",
    "eventTypes",
    "epcs",
    "readPoints",
    "bizLocations",
    "dispositions",
    "bizSteps",
)
_BODY = msgspec.json.encode({"@context": CONTEXT, "type": "Collection", "member": MEMBERS})


def read(request: HttpRequest, _caller: Caller) -> HttpResponse:
    """GET: the names of the top-level resources."""
    return HttpResponse(_BODY, content_type=answer_type(request))


base = resource(GET=read)
