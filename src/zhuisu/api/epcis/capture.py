"""EPCIS 2.0 capture: take a document, and tell what became of it."""

from collections.abc import Iterator
from itertools import chain
from typing import Any, cast

import msgspec
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from zhuisu import epcis
from zhuisu.events import queries
from zhuisu.events.payloads import every_verdict
from zhuisu.events.scope import Scope
from zhuisu.events.services import (
    DIRECT_EVENTS_LIMIT,
    DIRECT_OCTETS_LIMIT,
    Behaviour,
    Receipt,
    Refused,
    Sender,
    journal,
    receive,
    receive_large,
)

from .. import bodies
from ..bodies import LIMITS, body_pieces, events_in, media_type_of
from ..callers import Caller
from ..paging import announce_next, page_of, parameters_of
from ..problems import ERRORS_LIMIT, TITLES, Problem, not_found, refused, unreadable, wrong_parameter
from ..resource import MEDIA_TYPES, answer_type, resource
from ..times import instant
from .admission import Preference, door, preference_of
from .jobxml import job_xml

BEHAVIOURS = ("rollback", "proceed")
XML_TYPES = ["application/xml", "text/xml"]


def take(request: HttpRequest, caller: Caller) -> HttpResponse:
    """POST: 202 once the document is durable; Location names the job that says how each event fared."""
    may_capture(caller)
    media_type = media_type_of(request)
    behaviour = behaviour_of(request)
    preference = preference_of(request)
    door.admit(caller.organisation.pk, bodies.announced_length(request) or 0)
    try:
        receipt = _receive(body_pieces(request), media_type, behaviour, caller, preference)
    except epcis.DocumentError as wrong:
        raise (bodies.too_large() if wrong.rule == "too-many-events" else unreadable(wrong)) from None
    except Refused as wrong:
        raise refused(wrong.refusals) from None
    headers = {"Location": f"/epcis/capture/{receipt.token}", "GS1-Capture-Error-Behaviour": behaviour}
    return HttpResponse(status=202, headers=headers | preference.applied(judged=receipt.finished))


def _receive(
    pieces: Iterator[bytes], media_type: str, behaviour: Behaviour, caller: Caller, preference: Preference
) -> Receipt:
    """At once what can be read in one go, where there is room; else its bytes are kept, and projectors store its events. What has
    more octets or events is only looked through, and stored by the worker."""
    held, size = [], 0
    for piece in pieces:
        held.append(piece)
        size += len(piece)
        if size > DIRECT_OCTETS_LIMIT:
            break
    document = b"".join(held) if size <= DIRECT_OCTETS_LIMIT else b""
    events = events_in(document, media_type)
    if events > bodies.EVENT_LIMIT:
        raise bodies.too_large()
    organisation = caller.organisation.pk
    who: Sender = {"organisation": organisation, "by": caller.by, "at": timezone.now(), "behaviour": behaviour}
    if document and events <= DIRECT_EVENTS_LIMIT:
        with door.place(preference) as judged:
            take_in = receive if judged else journal
            receipt = take_in(document, media_type=media_type, **who)
    else:
        whole = _counted(chain(held, pieces), counted := [0])
        receipt = receive_large(whole, media_type=media_type, max_events=bodies.EVENT_LIMIT, **who)
        size = counted[0]
    if not receipt.finished:
        door.note(organisation, size, large=not document or events > DIRECT_EVENTS_LIMIT)
    return receipt


def _counted(pieces: Iterator[bytes], octets: list[int]) -> Iterator[bytes]:
    for piece in pieces:
        octets[0] += len(piece)
        yield piece


def may_capture(caller: Caller) -> None:
    """A 403 problem for a key that may only read."""
    if not caller.may_capture:
        raise Problem(403, "SecurityException", "This key may only read.", "此密钥仅可读取，不可上报。")


def behaviour_of(request: HttpRequest) -> Behaviour:
    """What the sender wants where an event is wrong, or a 400 problem."""
    behaviour = request.headers.get("GS1-Capture-Error-Behaviour", "rollback")
    if behaviour not in BEHAVIOURS:
        raise Problem(
            400,
            "ValidationException",
            f"GS1-Capture-Error-Behaviour: rollback or proceed, not {behaviour}",
            f"GS1-Capture-Error-Behaviour 只能是 rollback 或 proceed，不能是 {behaviour}",
        )
    return cast(Behaviour, behaviour)


def jobs(request: HttpRequest, caller: Caller) -> HttpResponse:
    """GET: the caller's own captures, newest first, a page at a time."""
    parameters = parameters_of(request)
    page = page_of(request, caller, parameters)
    for name in parameters:
        raise wrong_parameter(name, "is not a parameter of this list", "不是此列表的参数")
    found = queries.capture_jobs(_own(caller), before=page.after, limit=page.size + 1)
    shown = found[: page.size]
    response = _answer(request, [job_fields(job) for job in shown])
    if len(found) > page.size:
        announce_next(response, request, page, shown[-1].id, timezone.now())
    return response


def job(request: HttpRequest, caller: Caller, token: str) -> HttpResponse:
    """GET: one capture of the caller's own, with the verdict of each event; with verdicts=all also of those that were simply
    accepted, each with its payload hash."""
    every = _wants_every_verdict(request)
    found = None if "\x00" in token else queries.capture_job(_own(caller), token)
    if found is None:
        raise not_found()
    fields = job_fields(found)
    if every and found.finished_at:
        fields["verdicts"] = _every(found)
    response = _answer(request, fields)
    # EPCIS says what a job looks like; what the rules of the sectors say of its events stands beside it.
    response.headers["Link"] = f'</findings/captures/{found.token}>; rel="related"'
    return response


def _wants_every_verdict(request: HttpRequest) -> bool:
    parameters = parameters_of(request)
    wanted = parameters.pop("verdicts", "kept")
    for name in parameters:
        raise wrong_parameter(name, "is not a parameter of a capture job", "不是采集任务的参数")
    if wanted not in ("kept", "all"):
        raise wrong_parameter("verdicts", "is kept or all", "只能是 kept 或 all")
    return wanted == "all"


def _every(found: queries.Job) -> list[dict[str, Any]]:
    told = every_verdict(found)
    if told is None:
        raise Problem(
            413,
            "QueryTooLargeException",
            f"All verdicts are told of documents of up to {DIRECT_OCTETS_LIMIT} octets and {DIRECT_EVENTS_LIMIT} events whose bytes are kept.",
            f"仅对不超过 {DIRECT_OCTETS_LIMIT} 字节、{DIRECT_EVENTS_LIMIT} 个事件且原文仍在的文档给出全部结论。",
        )
    return told


def job_fields(found: queries.Job) -> dict[str, Any]:
    """A job as EPCIS 2.0 describes it (OpenAPI, CaptureJob), with our counts and verdicts beside it."""
    verdicts = found.verdicts or []
    fields: dict[str, Any] = {"captureID": found.token, "createdAt": instant(found.received_at)}
    if found.finished_at:
        fields["finishedAt"] = instant(found.finished_at)
    errors = [error for one in verdicts for error in _errors(one)]
    bad = [one for one in verdicts if one["verdict"] in ("conflict", "refused") and one["index"] is not None]
    untold = (found.conflict or 0) + (found.refused or 0) - len(bad)
    fields |= {
        "running": found.finished_at is None,
        "success": found.success is not False,
        "captureErrorBehaviour": found.behaviour,
        "errors": errors[:ERRORS_LIMIT],
        "counts": {
            "accepted": found.accepted or 0,
            "duplicate": found.duplicate or 0,
            "conflict": found.conflict or 0,
            "refused": found.refused or 0,
        },
        "payloadHash": f"ni:///sha-256;{found.sha256.hex()}",
        "verdicts": verdicts,
    }
    omitted = {
        "errorsOmitted": max(0, len(errors) - ERRORS_LIMIT) + max(0, untold),
        "verdictsOmitted": found.omitted,
    }
    return fields | {name: number for name, number in omitted.items() if number}


def _errors(verdict: dict[str, Any]) -> list[dict[str, Any]]:
    if verdict["verdict"] not in ("conflict", "refused"):
        return []
    status, name = (
        (409, "ResourceAlreadyExistsException") if verdict["verdict"] == "conflict" else (400, "ValidationException")
    )
    return [
        {
            "type": f"epcisException:{name}",
            "title": TITLES[name],
            "status": status,
            "detail": reason["message"],
            "index": verdict["index"],
            "eventID": verdict["eventID"],
            **reason,
        }
        for reason in verdict["reasons"]
    ]


def _own(caller: Caller) -> Scope:
    """Jobs are the sender's alone, even where somebody may see the events."""
    return Scope("organisation", caller.organisation.pk)


def _answer(request: HttpRequest, fields: Any) -> HttpResponse:
    headers = {"Cache-Control": "no-store"}
    kind = request.get_preferred_type([*MEDIA_TYPES, *XML_TYPES]) if isinstance(fields, dict) else None
    if kind in XML_TYPES:
        return HttpResponse(job_xml(fields), content_type=str(kind), headers=headers | {"Vary": "Accept"})
    return HttpResponse(msgspec.json.encode(fields), content_type=answer_type(request), headers=headers)


captures = resource(LIMITS | {"GS1-Capture-Error-Behaviour": "all"}, GET=jobs, POST=take)
capture_job = resource(GET=job, media=[*MEDIA_TYPES, *XML_TYPES])
