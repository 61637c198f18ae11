"""POST /epcis/events: one event without a document around it, stored and to be seen when the answer comes."""

from urllib.parse import quote

import msgspec
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from zhuisu import epcis
from zhuisu.events.sequencer import publish
from zhuisu.events.services import Refused, Verdict, receive_event

from ..bodies import media_type_of, read_body
from ..callers import Caller
from ..problems import Problem, refused, unreadable
from ..resource import answer_type
from ..times import instant
from .capture import may_capture

# One event of the largest size, and what its own context and white space may add.
ONE_EVENT_LIMIT = 2 * 1024 * 1024  # octets


def take(request: HttpRequest, caller: Caller) -> HttpResponse:
    """POST: 201 with the address of the event and the event with its id; the same again gets the same answer, as the standard knows
    no other success here. 409 where other content has this id already."""
    may_capture(caller)
    media_type = media_type_of(request)
    document = read_body(request, ONE_EVENT_LIMIT)
    at = timezone.now()
    try:
        event, verdict, token = receive_event(
            document, media_type=media_type, organisation=caller.organisation.pk, by=caller.by, at=at
        )
    except epcis.DocumentError as wrong:
        raise unreadable(wrong) from None
    except Refused as wrong:
        raise refused(wrong.refusals) from None
    if verdict.verdict == "conflict":
        raise _conflict(verdict)
    publish(at)  # whoever follows Location at once must find it
    headers = {
        "Location": "/epcis/events/" + quote(verdict.event_id or "", safe=":;=,@"),
        "Link": f'</epcis/capture/{token}>; rel="related"',
        "Cache-Control": "no-store",
    }
    body = _with_id(event, verdict, instant(at) if verdict.verdict == "accepted" else None)
    return HttpResponse(body, status=201, content_type=answer_type(request), headers=headers)


def _with_id(event: epcis.Event, verdict: Verdict, recorded_at: str | None) -> bytes:
    fields: dict[str, msgspec.Raw] = msgspec.json.decode(epcis.to_json(event), type=dict[str, msgspec.Raw])
    context = {"@context": fields.pop("@context")}
    fields.pop("recordTime", None)
    ours = {"eventID": verdict.event_id} | ({"recordTime": recorded_at} if recorded_at else {})
    return msgspec.json.encode(context | fields | ours)


def _conflict(verdict: Verdict) -> Problem:
    (reason,) = verdict.reasons
    error = {"index": 0, "eventID": verdict.event_id, "path": reason.path, "rule": reason.rule}
    error |= {"message": reason.message, "message_zh": reason.message_zh}
    return Problem(409, "ResourceAlreadyExistsException", reason.message, reason.message_zh, errors=[error])
