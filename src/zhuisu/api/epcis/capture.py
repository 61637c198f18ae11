"""EPCIS 2.0 capture: take a document, and tell what became of it."""

from typing import Any, cast

import msgspec
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from zhuisu import epcis
from zhuisu.events import queries
from zhuisu.events.scope import Scope
from zhuisu.events.services import Behaviour, Refused, receive

from ..bodies import LIMITS, check_event_count, media_type_of, read_body
from ..callers import Caller
from ..paging import announce_next, page_of, parameters_of
from ..problems import ERRORS_LIMIT, TITLES, Problem, not_found, refused, unreadable, wrong_parameter
from ..resource import answer_type, resource
from ..times import instant

BEHAVIOURS = ("rollback", "proceed")


def take(request: HttpRequest, caller: Caller) -> HttpResponse:
    """POST: 202 once the document is durable; Location names the job that says how each event fared."""
    if not caller.may_capture:
        raise Problem(403, "SecurityException", "This key may only read.", "此密钥仅可读取，不可上报。")
    media_type = media_type_of(request)
    behaviour = request.headers.get("GS1-Capture-Error-Behaviour", "rollback")
    if behaviour not in BEHAVIOURS:
        raise Problem(
            400,
            "ValidationException",
            f"GS1-Capture-Error-Behaviour: rollback or proceed, not {behaviour}",
            f"GS1-Capture-Error-Behaviour 只能是 rollback 或 proceed，不能是 {behaviour}",
        )
    document = read_body(request)
    check_event_count(document, media_type)
    try:
        receipt = receive(
            document,
            media_type=media_type,
            organisation=caller.organisation.pk,
            by=caller.by,
            at=timezone.now(),
            behaviour=cast(Behaviour, behaviour),
        )
    except epcis.DocumentError as wrong:
        raise unreadable(wrong) from None
    except Refused as wrong:
        raise refused(wrong.refusals) from None
    headers = {"Location": f"/epcis/capture/{receipt.token}", "GS1-Capture-Error-Behaviour": behaviour}
    return HttpResponse(status=202, headers=headers)


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
    """GET: one capture of the caller's own, with the verdict of each event."""
    found = None if "\x00" in token else queries.capture_job(_own(caller), token)
    if found is None:
        raise not_found()
    response = _answer(request, job_fields(found))
    # EPCIS says what a job looks like; what the rules of the sectors say of its events stands beside it.
    response.headers["Link"] = f'</findings/captures/{found.token}>; rel="related"'
    return response


def job_fields(found: queries.Job) -> dict[str, Any]:
    """A job as EPCIS 2.0 describes it (OpenAPI, CaptureJob), with our counts and verdicts beside it."""
    verdicts = found.verdicts or []
    fields: dict[str, Any] = {"captureID": found.token, "createdAt": instant(found.received_at)}
    if found.finished_at:
        fields["finishedAt"] = instant(found.finished_at)
    return fields | {
        "running": found.finished_at is None,
        "success": found.success is not False,
        "captureErrorBehaviour": found.behaviour,
        "errors": [error for one in verdicts for error in _errors(one)][:ERRORS_LIMIT],
        "counts": {
            "accepted": found.accepted or 0,
            "duplicate": found.duplicate or 0,
            "conflict": found.conflict or 0,
            "refused": found.refused or 0,
        },
        "verdicts": verdicts,
    }


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
    return HttpResponse(msgspec.json.encode(fields), content_type=answer_type(request), headers=headers)


captures = resource(LIMITS | {"GS1-Capture-Error-Behaviour": "all"}, GET=jobs, POST=take)
capture_job = resource(GET=job)
