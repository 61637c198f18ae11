"""The OpenAPI document of what is really served under /epcis; a test holds every path and method of it against the url table."""

from functools import cache
from importlib.metadata import version
from typing import Any

import msgspec
from django.http import HttpRequest, HttpResponse

from ..resource import resource
from .openapi_parts import (
    COMPONENTS,
    EVENT_PARAMETERS,
    HEAD_PARAMETERS,
    JSON,
    UNASKED,
    VERSION_PARAMETERS,
    ok,
    problems_of,
)

Operation = dict[str, Any]
_PAGE = ["perPage", "nextPageToken"]
# With a slash in one of these the address is another, or none.
WITHOUT_SLASH = {"captureID", "queryName", "subscriptionID", "token"}
_COLLECTIONS = {
    "eventTypes": ("eventType", "the types of events"),
    "epcs": ("epc", "the things in events"),
    "bizSteps": ("bizStep", "the business steps in events"),
    "bizLocations": ("bizLocation", "the business locations in events"),
    "readPoints": ("readPoint", "the read points in events"),
    "dispositions": ("disposition", "the dispositions in events"),
}


def _operation(
    summary: str,
    answers: dict[str, Any],
    *,
    parameters: list[str] | None = None,
    body: str = "",
    statuses: tuple[int, ...] = (),
) -> Operation:
    """One method. `parameters` and `body` name components; `statuses` are problems besides those that happen everywhere."""
    named = [*HEAD_PARAMETERS, *(parameters or [])]
    operation: Operation = {
        "summary": summary,
        "parameters": [{"$ref": f"#/components/parameters/{name}"} for name in named],
        "responses": answers | problems_of(*statuses),
    }
    if body:
        operation["requestBody"] = {"$ref": f"#/components/requestBodies/{body}"}
    return operation


def _paths() -> dict[str, dict[str, Operation]]:
    events = [*_PAGE, *EVENT_PARAMETERS, "GS1-Extensions"]
    found = {
        "/": {"get": _operation("The resources there are", ok("Collection"))},
        "/openapi.json": {
            "get": _operation("This document", ok("Any"))
            | {"security": [], "responses": ok("Any") | problems_of(everywhere=UNASKED)}
        },
        "/capture": {
            "get": _operation("One's own capture jobs, newest first", ok("Jobs", paged=True), parameters=_PAGE),
            "post": _operation(
                "Capture a document",
                {"202": {"$ref": "#/components/responses/Captured"}},
                parameters=["GS1-Capture-Error-Behaviour", "Prefer"],
                body="Document",
                statuses=(403, 411, 413, 415),
            ),
        },
        "/capture/{captureID}": {
            "get": _operation("One capture job", ok("Job"), parameters=["verdicts"], statuses=(404, 413))
        },
        "/events": {
            "get": _operation(
                "Events that fit all parameters", ok("Events", paged=True), parameters=events, statuses=(413,)
            ),
            "post": _operation(
                "Capture one event",
                ok("Event", status="201", location=True),
                body="Event",
                statuses=(403, 409, 411, 413, 415),
            ),
        },
        "/events/{eventID}": {
            "get": _operation(
                "One event and its error declarations",
                ok("Events") | {"304": {"description": "Unchanged."}},
                parameters=["If-None-Match"],
                statuses=(404, 410),
            )
        },
    }
    for name, (value, what) in _COLLECTIONS.items():
        found[f"/{name}"] = {"get": _operation(f"List {what}", ok("Collection", paged=True), parameters=_PAGE)}
        found[f"/{name}/{{{value}}}"] = {
            "get": _operation("What there is under one value", ok("Collection"), statuses=(404,))
        }
        found[f"/{name}/{{{value}}}/events"] = {
            "get": _operation(
                "The events with this value", ok("Events", paged=True), parameters=events, statuses=(404, 413)
            )
        }
    return found | _more() | _ours()


def _ours() -> dict[str, dict[str, Operation]]:
    """What the standard does not have: master data, and how a subscription fares."""
    subscription = "/queries/{queryName}/subscriptions/{subscriptionID}"
    return {
        "/vocabularies": {"get": _operation("The vocabularies of the master data", ok("Any"))},
        "/vocabularies/document": {"get": _operation("All master data sent, as a document", ok("Any"))},
        "/vocabularies/cbv": {"get": _operation("The word lists of the CBV", ok("Any"))},
        "/vocabularies/cbv/{list}": {"get": _operation("One word list of the CBV", ok("Any"), statuses=(404,))},
        "/vocabularies/{vocabulary}": {
            "get": _operation(
                "The elements of a vocabulary; with its id behind it, one element",
                ok("Any", paged=True),
                parameters=[*_PAGE, "q"],
                statuses=(404,),
            )
        },
        f"{subscription}/resume": {
            "post": _operation("Go on with a suspended subscription", ok("Subscription"), statuses=(404, 409))
        },
        f"{subscription}/test": {
            "post": _operation(
                "Have a document sent at once, empty where nothing is new",
                ok("Subscription", status="202"),
                statuses=(404, 409),
            )
        },
        f"{subscription}/deliveries": {
            "get": _operation("What was sent, newest first", ok("List", paged=True), parameters=_PAGE, statuses=(404,))
        },
    }


def _more() -> dict[str, dict[str, Operation]]:
    """Named queries, subscriptions, trial, tokens."""
    one = (404,)
    subscription = "/queries/{queryName}/subscriptions/{subscriptionID}"
    return {
        "/nextPageToken/{token}": {
            "delete": _operation("Not offered: nothing is held for a page token", {}, statuses=(404, 501))
        },
        "/events/validate": {
            "post": _operation(
                "What capture would say; nothing is kept", ok("Any"), body="Document", statuses=(403, 411, 413, 415)
            )
        },
        "/queries": {
            "get": _operation("One's own named queries", ok("Queries", paged=True), parameters=_PAGE),
            "post": _operation(
                "Keep a query under a name",
                ok("Query", status="201", location=True),
                body="Query",
                statuses=(409, 411, 413, 415),
            ),
        },
        "/queries/{queryName}": {
            "get": _operation("One query", ok("Query"), statuses=one),
            "delete": _operation("End a query and its subscriptions", {"204": {"description": "Ended."}}, statuses=one),
        },
        "/queries/{queryName}/events": {
            "get": _operation("Run a query", ok("Events", paged=True), parameters=_PAGE, statuses=(404, 413, 501))
        },
        "/queries/{queryName}/subscriptions": {
            "get": _operation(
                "The subscriptions of a query", ok("Subscriptions", paged=True), parameters=_PAGE, statuses=(404, 501)
            ),
            "post": _operation(
                "Have what the query finds sent to an address",
                ok("Subscription", status="201", location=True),
                body="Subscription",
                statuses=(404, 411, 413, 415, 501),
            ),
        },
        subscription: {
            "get": _operation("One subscription", ok("Subscription"), statuses=one),
            "delete": _operation("End a subscription", {"204": {"description": "Ended."}}, statuses=one),
        },
    }


@cache
def document() -> bytes:
    """The document as JSON, OpenAPI 3.1; the same bytes as long as the program is the same."""
    paths: dict[str, dict[str, Any]] = {}
    for path, operations in _paths().items():
        names = [part[1:-1] for part in path.split("/") if part.startswith("{")]
        held: dict[str, Any] = {
            "options": {
                "summary": "Methods, versions and formats",
                "security": [],
                "parameters": [{"$ref": f"#/components/parameters/{name}"} for name in VERSION_PARAMETERS],
                "responses": {"204": {"$ref": "#/components/responses/Discovery"}}
                | problems_of(*([404] if WITHOUT_SLASH & set(names) else []), everywhere=UNASKED),
            }
        }
        values = [
            {"in": "path", "name": name, "required": True, "schema": {"type": "string", "minLength": 1}}
            for name in names
        ]
        paths[path] = ({"parameters": values} if values else {}) | dict(sorted((operations | held).items()))
    whole = {
        "openapi": "3.1.0",
        "info": {
            "title": "zhuisu: EPCIS 2.0",
            "version": version("zhuisu"),
            "description": "What is served under /epcis. Values in paths are percent-encoded, slashes too. "
            "Parameters named by what they are about (EQ_INNER_…, GE_value_CEL, HASATTR_…) are described in docs/reference/query.md.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/epcis"}],
        "security": [{"bearer": []}, {"key": []}],
        "paths": paths,
        "components": COMPONENTS,
    }
    return msgspec.json.format(msgspec.json.encode(whole), indent=1)


def find(_request: HttpRequest, _caller: None) -> HttpResponse:
    """GET: the document; for everybody, since it tells nothing of anybody."""
    return HttpResponse(document(), content_type=JSON, headers={"Cache-Control": "public, max-age=3600"})


served = resource(GET=find, public=True)
