"""Named queries: kept under a name, run by it (EPCIS 2.0 OpenAPI, /queries). Bodies: docs/reference/subscriptions.md."""

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any
from urllib.parse import quote

import msgspec
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from zhuisu.epcis.query import QueryError, read_json
from zhuisu.epcis.strictjson import Bad, storable
from zhuisu.subscriptions import queries, services
from zhuisu.subscriptions.models import NamedQuery
from zhuisu.subscriptions.services import SubscriptionError

from ..bodies import media_type_of, read_body
from ..callers import Caller
from ..paging import announce_next, page_of, parameters_of
from ..problems import Problem, not_found, wrong_parameter
from ..resource import resource
from .answering import answer_query, query_problem
from .documents import MEDIA_TYPES

BODY_LIMIT = 256 * 1024  # octets of a query or subscription: ten thousand EPCs fit
_INVALID = "QueryValidationException"
_encode = msgspec.json.Encoder(decimal_format="number").encode
JSON_TYPES = ("application/json", "application/ld+json")


def create(request: HttpRequest, caller: Caller) -> HttpResponse:
    """POST: keep a query under a name of one's own."""
    body = json_body(request)
    if unknown := sorted(set(body) - {"name", "query", "@context"}):
        raise invalid(
            unknown[0], "is no field here; possible: name, query", "不是此处的字段；可用：name、query", _INVALID
        )
    query = body.get("query")
    if not isinstance(query, dict):
        raise invalid("query", "must be an object of query parameters", "须为由查询参数组成的对象", _INVALID)
    if "@context" in body:
        query = {"@context": body["@context"]} | query
    try:
        read_json(query)
        made = services.create_query(
            organisation=caller.organisation,
            name=body.get("name"),
            query=_plain(query),
            by=caller.by,
            at=timezone.now(),
        )
    except QueryError as wrong:
        raise query_problem(wrong) from None
    except SubscriptionError as wrong:
        raise control_problem(wrong, _INVALID) from None
    return json_answer(_fields(made), 201, {"Location": f"/epcis/queries/{quote(made.name, safe='')}"})


def find_all(request: HttpRequest, caller: Caller) -> HttpResponse:
    """GET: the caller's queries, oldest first, a page at a time."""
    page = page_of(request, caller, only_paging(request))
    found = queries.queries_of(caller.organisation, after=page.after or 0, limit=page.size + 1)
    response = json_answer([_fields(one) for one in found[: page.size]])
    if len(found) > page.size:
        announce_next(response, request, page, found[page.size - 1].pk, timezone.now())
    return response


def read(request: HttpRequest, caller: Caller, name: str) -> HttpResponse:
    """GET: the definition of one query."""
    no_parameters(request)
    return json_answer(_fields(named(caller, name)))


def delete(request: HttpRequest, caller: Caller, name: str) -> HttpResponse:
    """DELETE: end a query, and with it its subscriptions."""
    no_parameters(request)
    services.delete_query(named(caller, name), by=caller.by, at=timezone.now())
    return HttpResponse(status=204)


def run(request: HttpRequest, caller: Caller, name: str) -> HttpResponse:
    """GET: the events that a named query finds now, a page at a time, in the form that the request asks for."""
    no_websocket(request)
    one = named(caller, name)
    page = page_of(request, caller, only_paging(request))
    try:
        query = read_json(one.query)
    except QueryError as wrong:
        raise query_problem(wrong) from None
    return answer_query(request, caller, query, page, query_name=one.name)


def named(caller: Caller, name: str) -> NamedQuery:
    """The caller's query of this name, or 404; somebody else's is not there."""
    found = queries.query_named(caller.organisation, name)
    if found is None:
        raise Problem(
            404,
            "NoSuchNameException",
            "You have no query of this name.",
            "您没有此名称的查询。",
        )
    return found


def json_body(request: HttpRequest) -> dict[str, Any]:
    """The body as a JSON object, strictly: no key twice, no number lost. Problems 400, 413, 415."""
    media_type_of(request, JSON_TYPES)
    raw = read_body(request, BODY_LIMIT, _too_large)
    try:
        found = json.loads(raw, object_pairs_hook=_once, parse_float=Decimal, parse_constant=_no_number)
        storable(found)
    except Bad:
        raise invalid("", "holds a NUL character or half of a surrogate pair", "含有 NUL 字符或半个代理对") from None
    except (ValueError, RecursionError) as wrong:
        raise invalid("", f"the body is not JSON: {wrong}", "请求体不是有效的 JSON") from None
    if not isinstance(found, dict):
        raise invalid("", "the body must be a JSON object", "请求体须为 JSON 对象")
    return found


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a name stands twice in one object")
    return found


def _no_number(text: str) -> Any:
    raise ValueError(f"{text} is no JSON number")


def _too_large() -> Problem:
    return Problem(
        413,
        "QueryTooLargeException",
        f"The body may have {BODY_LIMIT} octets.",
        f"请求体最多 {BODY_LIMIT} 字节。",
    )


def _plain(query: Mapping[str, Any]) -> dict[str, Any]:
    """The query as it is kept and shown: as it was sent."""
    return dict(msgspec.json.decode(_encode(query)))


def _fields(one: NamedQuery) -> dict[str, Any]:
    return {"name": one.name, "query": one.query}


def json_answer(fields: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> HttpResponse:
    """An answer in JSON that no cache keeps."""
    return HttpResponse(
        msgspec.json.encode(fields),
        status=status,
        content_type="application/json",
        headers={"Cache-Control": "no-store", **(headers or {})},
    )


def control_problem(wrong: SubscriptionError, exception: str = "SubscriptionControlsException") -> Problem:
    """What services say about a query or a subscription: 404 where it is gone, 409 where it is there already or cannot go on,
    else 400."""
    if wrong.rule == "gone":
        return not_found()
    if wrong.rule == "again":
        return Problem(
            409, "ResourceAlreadyExistsException", f"{wrong.field}: {wrong}", f"{wrong.field}：{wrong.message_zh}"
        )
    status = 409 if wrong.rule == "state" else 400
    return invalid(wrong.field, str(wrong), wrong.message_zh, exception, status)


def invalid(
    path: str, message: str, message_zh: str, exception: str = "ValidationException", status: int = 400
) -> Problem:
    """400 for one field of a body."""
    error = {"path": path, "rule": "body", "message": message, "message_zh": message_zh}
    where = (f"{path}: ", f"{path}：") if path else ("", "")
    return Problem(status, exception, where[0] + message, where[1] + message_zh, errors=[error])


def no_websocket(request: HttpRequest) -> None:
    """501 for a client that wants the standard's other kind of subscription, which is not offered here."""
    if request.headers.get("Upgrade", "").lower() == "websocket":
        raise Problem(
            501,
            "ImplementationException",
            "Websockets are not offered; subscribe with POST and an address (dest).",
            "不提供 websocket；请用 POST 并给出接收地址（dest）订阅。",
        )


def only_paging(request: HttpRequest) -> dict[str, str]:
    """The parameters of a list: where its page begins and how long it is, no others."""
    parameters = parameters_of(request)
    for name in parameters:
        if name not in ("perPage", "nextPageToken"):
            raise wrong_parameter(name, "is not a parameter here", "不是此处的参数")
    return parameters


def no_parameters(request: HttpRequest) -> None:
    """400 for any query parameter."""
    for name in parameters_of(request):
        raise wrong_parameter(name, "is not a parameter here", "不是此处的参数")


query_list = resource(GET=find_all, POST=create, media=list(JSON_TYPES))
one_query = resource(GET=read, DELETE=delete, media=list(JSON_TYPES))
events = resource(GET=run, media=MEDIA_TYPES)
