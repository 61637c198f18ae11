"""A dry run of capture: the verdicts that a document would get now, and nothing is stored."""

from typing import Any

import msgspec
from django.http import HttpRequest, HttpResponse

from zhuisu import epcis
from zhuisu.events.payloads import with_hashes
from zhuisu.events.services import DIRECT_EVENTS_LIMIT, foreseen

from .. import bodies
from ..bodies import LIMITS, events_in, media_type_of, read_body
from ..callers import Caller
from ..problems import unreadable
from ..resource import answer_type, resource
from .capture import behaviour_of, may_capture


def validate(request: HttpRequest, caller: Caller) -> HttpResponse:
    """POST: 200 with what capture would say of each event; 400 where it could not read the document."""
    may_capture(caller)
    media_type = media_type_of(request)
    behaviour = behaviour_of(request)
    document = read_body(request)
    if events_in(document, media_type) > min(DIRECT_EVENTS_LIMIT, bodies.EVENT_LIMIT):
        raise bodies.too_large()
    try:
        told = foreseen(
            document, media_type=media_type, organisation=caller.organisation.pk, behaviour=behaviour, bare=True
        )
    except epcis.DocumentError as wrong:
        raise unreadable(wrong) from None
    fields: dict[str, Any] = {
        "success": told.success,
        "captureErrorBehaviour": behaviour,
        "counts": told.counts,
        "payloadHash": bodies.payload_hash(document),
        "verdicts": with_hashes(told.verdicts, told.events),
    }
    headers = {"Cache-Control": "no-store", "GS1-Capture-Error-Behaviour": behaviour}
    return HttpResponse(msgspec.json.encode(fields), content_type=answer_type(request), headers=headers)


validation = resource(LIMITS | {"GS1-Capture-Error-Behaviour": "all"}, POST=validate)
