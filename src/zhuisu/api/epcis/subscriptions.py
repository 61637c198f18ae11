"""Subscriptions to named queries, by webhook (EPCIS 2.0 OpenAPI, /queries/{queryName}/subscriptions)."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from urllib.parse import quote

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from zhuisu.epcis.query import QueryError, read_json
from zhuisu.events.queries import StoredEvent
from zhuisu.subscriptions import queries, services
from zhuisu.subscriptions.models import Delivery, Subscription
from zhuisu.subscriptions.services import SubscriptionError

from ..callers import Caller, caller_of
from ..paging import announce_next, page_of
from ..problems import not_found
from ..resource import resource
from ..times import instant
from .answering import query_problem
from .documents import Form, body
from .queries import (
    JSON_TYPES,
    control_problem,
    json_answer,
    json_body,
    named,
    no_parameters,
    no_websocket,
    only_paging,
)


def subscribe(request: HttpRequest, caller: Caller, name: str) -> HttpResponse:
    """POST: have what a query newly finds sent to an address."""
    no_websocket(request)
    query = named(caller, name)
    try:
        read_json(query.query)
        wanted = services.read_subscription(json_body(request))
        made = services.subscribe(
            query,
            wanted,
            by=caller.by,
            at=timezone.now(),
            epc_format=request.headers.get("GS1-EPC-Format", ""),
        )
    except QueryError as wrong:
        raise query_problem(wrong) from None
    except SubscriptionError as wrong:
        raise control_problem(wrong) from None
    return json_answer(_fields(made), 201, {"Location": _address(made)})


def find_all(request: HttpRequest, caller: Caller, name: str) -> HttpResponse:
    """GET: the subscriptions of a query, oldest first, a page at a time."""
    no_websocket(request)
    query = named(caller, name)
    page = page_of(request, caller, only_paging(request))
    found = queries.subscriptions_of(query, after=page.after or 0, limit=page.size + 1)
    response = json_answer([_fields(one) for one in found[: page.size]])
    if len(found) > page.size:
        announce_next(response, request, page, found[page.size - 1].pk, timezone.now())
    return response


def read(request: HttpRequest, caller: Caller, name: str, token: str) -> HttpResponse:
    """GET: one subscription and how it fares."""
    no_parameters(request)
    return json_answer(_fields(_one(caller, name, token)))


def delete(request: HttpRequest, caller: Caller, name: str, token: str) -> HttpResponse:
    """DELETE: end one subscription."""
    no_parameters(request)
    try:
        services.unsubscribe(_one(caller, name, token), by=caller.by, at=timezone.now())
    except SubscriptionError as wrong:
        raise control_problem(wrong) from None
    return HttpResponse(status=204)


def resume(request: HttpRequest, caller: Caller, name: str, token: str) -> HttpResponse:
    """POST: go on with a suspended one where it stood, or try a failing one at once. Ours, not the standard's."""
    no_parameters(request)
    try:
        services.resume(_one(caller, name, token), by=caller.by, at=timezone.now())
    except SubscriptionError as wrong:
        raise control_problem(wrong) from None
    return json_answer(_fields(_one(caller, name, token)))


def test(request: HttpRequest, caller: Caller, name: str, token: str) -> HttpResponse:
    """POST: have a document sent at once, empty where nothing is new. Ours, not the standard's."""
    no_parameters(request)
    try:
        services.test(_one(caller, name, token), by=caller.by, at=timezone.now())
    except SubscriptionError as wrong:
        raise control_problem(wrong) from None
    return json_answer(_fields(_one(caller, name, token)), 202)


def attempts(request: HttpRequest, caller: Caller, name: str, token: str) -> HttpResponse:
    """GET: what was sent to a subscriber and what he answered, newest first. Ours, not the standard's."""
    one = _one(caller, name, token)
    page = page_of(request, caller, only_paging(request))
    found = queries.attempts_of(one, before=page.after, limit=page.size + 1)
    response = json_answer([_attempt(each) for each in found[: page.size]])
    if len(found) > page.size:
        announce_next(response, request, page, found[page.size - 1].pk, timezone.now())
    return response


def delivered(
    found: Sequence[StoredEvent], *, at: datetime, query_name: str, subscription_id: str, epc_format: str
) -> bytes:
    """The document of a delivery (subscriptions.delivery.Write): JSON, in the EPC format that was asked for at the beginning."""
    form = Form(epcs=epc_format) if epc_format else Form()
    return body(found, at=at, form=form, query_name=query_name, subscription_id=subscription_id)


def _one(caller: Caller, name: str, token: str) -> Subscription:
    found = queries.subscription(caller.organisation, name, token)
    if found is None:
        named(caller, name)  # says so where it is the query that is not there
        raise not_found()
    return found


def _reached(request: HttpRequest, name: str, token: str) -> dict[str, str]:
    """For OPTIONS: up to when it was looked, told to its owner alone."""
    if "Authorization" not in request.headers:
        return {}
    found = queries.subscription(caller_of(request).organisation, name, token)
    return {"GS1-Query-Min-Record-Time": instant(found.min_record_time)} if found else {}


def _address(one: Subscription) -> str:
    return f"/epcis/queries/{quote(one.query.name, safe='')}/subscriptions/{one.token}"


def _fields(one: Subscription) -> dict[str, Any]:
    """A subscription as its owner sees it: never the secret, never a position of the log, which would count what others capture."""
    said: dict[str, Any] = {
        "subscriptionID": one.token,
        "queryName": one.query.name,
        "dest": one.dest,
        "createdAt": instant(one.created_at),
        "minRecordTime": instant(one.min_record_time),
        "reportIfEmpty": one.report_if_empty,
        "state": one.state,
        "signed": one.secret is not None,
        "deliveries": one.deliveries,
        "eventsDelivered": one.events,
        "failures": one.failures,
    }
    said |= {"stream": True} if one.schedule is None else {"schedule": one.schedule}
    instants = {
        "initialRecordTime": one.initial_record_time,
        "lastNotifiedAt": one.last_notified_at,
        "failingSince": one.failing_since,
        "nextAttemptAt": one.due_at if one.state == Subscription.State.ACTIVE else None,
    }
    said |= {name: instant(at) for name, at in instants.items() if at is not None}
    if one.epc_format:
        said["epcFormat"] = one.epc_format
    if one.last_error:
        said |= {"lastError": one.last_error, "lastError_zh": one.last_error_zh}
    return said


def _attempt(one: Delivery) -> dict[str, Any]:
    return {
        "deliveryID": one.delivery_id,
        "at": instant(one.at),
        "events": one.events,
        "status": one.status,
        "milliseconds": one.milliseconds,
        "error": one.error or None,
        "error_zh": one.error_zh or None,
    }


subscription_list = resource(GET=find_all, POST=subscribe, media=list(JSON_TYPES))
one_subscription = resource(_reached, GET=read, DELETE=delete, media=list(JSON_TYPES))
testing = resource(POST=test, media=list(JSON_TYPES))
resuming = resource(POST=resume, media=list(JSON_TYPES))
attempt_list = resource(GET=attempts, media=list(JSON_TYPES))
