"""The parts that operations of the OpenAPI document share: parameters, bodies, answers, schemas."""

from typing import Any

from zhuisu.epcis import translate
from zhuisu.epcis.query.families import CONTROLS, EXACT

from ..bodies import LIMITS
from ..resource import DISCOVERY, VERSIONS

Part = dict[str, Any]
JSON = "application/json"
_EVERYWHERE = (400, 401, 406, 414, 429, 500, 503)
UNASKED = (400, 406, 414, 500)  # where nobody asks for a key
_WORDS = {
    400: "The request, the document or a parameter is wrong.",
    401: "No key, or one that opens nothing.",
    403: "This key may only read.",
    404: "There is nothing here, or nothing that the caller may see.",
    406: "The answer cannot be given in the form or version asked for.",
    409: "It is here already.",
    410: "Its retention period is over; what was sent of it went.",
    411: "A body without length, behind a server that cannot tell its end.",
    413: "The document or the answer is larger than it may be.",
    414: "The address is too long.",
    415: "The format of the body is not supported.",
    429: "Too many requests, or too much of this organisation waits to be stored; Retry-After says when to come back.",
    500: "A failure of ours, with an incident number.",
    501: "The standard's other way, which is not offered here.",
    503: "The database is away for a moment, or too much waits to be stored; Retry-After says when to come back.",
}

_TOLD = {
    401: ["WWW-Authenticate"],
    413: list(LIMITS),
    429: ["Retry-After"],
    503: ["Retry-After"],
}  # headers of problems


def _ref(kind: str, name: str) -> Part:
    return {"$ref": f"#/components/{kind}/{name}"}


def _problem() -> Part:
    return {
        "application/problem+json": {"schema": _ref("schemas", "Problem")},
        "application/problem+xml": {"schema": {"type": "string"}},
    }


def problems_of(*more: int, everywhere: tuple[int, ...] = _EVERYWHERE) -> dict[str, Part]:
    """The problems of an operation: those that happen at every one, and these."""
    return {str(status): _ref("responses", f"Problem{status}") for status in sorted({*everywhere, *more})}


def ok(schema: str, *, status: str = "200", paged: bool = False, location: bool = False) -> dict[str, Part]:
    """The good answer with a body of this schema, once each for its media types."""
    headers = {name: _ref("headers", name) for name in VERSIONS}
    if paged:
        headers |= {name: _ref("headers", name) for name in ("Link", "GS1-Next-Page-Token-Expires")}
    if location:
        headers["Location"] = _ref("headers", "Location")
    content: Part = {media: {"schema": _ref("schemas", schema)} for media in (JSON, "application/ld+json")}
    if schema in ("Events", "Job", "Jobs"):
        content |= {media: {"schema": {"type": "string"}} for media in ("application/xml", "text/xml")}
    return {status: {"description": "As asked.", "headers": headers, "content": content}}


def _parameter(place: str, name: str, schema: Part, description: str = "") -> Part:
    return {"in": place, "name": name, "required": False, "schema": schema} | (
        {"description": description} if description else {}
    )


def _query_parameter(name: str) -> Part:
    if name == "orderDirection":
        return _parameter("query", name, {"type": "string", "enum": ["ASC", "DESC"]}, "Without it DESC.")
    if name in ("eventCountLimit", "maxEventCount"):
        return _parameter("query", name, {"type": "integer", "minimum": 1})
    if name.startswith("EXISTS_"):
        return _parameter("query", name, {"type": "string", "enum": ["true", "false"]})
    if name == "EQ_action":
        return _parameter(
            "query", name, {"type": "string", "pattern": r"^(ADD|OBSERVE|DELETE)(\|(ADD|OBSERVE|DELETE))*$"}
        )
    if name.endswith(("Time", "_time")):
        return _parameter("query", name, {"type": "string", "format": "date-time"})
    return _parameter(
        "query", name, {"type": "string"}, "Several values are separated by a pipe (%7C); one of them must fit."
    )


EVENT_PARAMETERS = [*EXACT, *CONTROLS]
_VERSION: Part = {"type": "string", "pattern": r"^\d{1,4}(\.\d{1,4}){0,2}$"}
_HEADERS: dict[str, Part] = {
    **{f"GS1-{standard}-{end}": _VERSION for standard in ("EPCIS", "CBV") for end in ("Min", "Max")},
    "GS1-EPC-Format": {"type": "string", "enum": list(translate.EPC_FORMATS)},
    "GS1-CBV-XML-Format": {"type": "string", "enum": list(translate.CBV_FORMATS)},
}
HEAD_PARAMETERS = list(_HEADERS)
VERSION_PARAMETERS = [name for name in _HEADERS if name.endswith(("-Min", "-Max"))]
_TEXTS = {"type": "array", "items": {"type": "string"}}
_TIME = {"type": "string", "format": "date-time"}


def _object(required: tuple[str, ...] = (), **properties: Part) -> Part:
    return {"type": "object", "required": list(required), "properties": properties}


_EVENT_LIST = _object(("eventList",), eventList={"type": "array", "items": _object(("type", "eventID", "recordTime"))})
_SUBSCRIPTION = {
    "dest": {"type": "string"},
    "schedule": {"type": "object"},
    "stream": {"type": "boolean"},
    "reportIfEmpty": {"type": "boolean"},
    "initialRecordTime": _TIME,
}
_SCHEMAS: dict[str, Part] = {
    "Any": {"type": "object"},
    "List": {"type": "array", "items": {"type": "object"}},
    "Problem": _object(
        ("type", "title", "status"),
        type={"type": "string", "pattern": "^(epcisException:|urn:zhuisu:problem:)"},
        title={"type": "string"},
        status={"type": "integer"},
        detail={"type": "string"},
        detail_zh={"type": "string"},
        errors={"type": "array", "items": {"type": "object"}},
        errorsOmitted={"type": "integer"},
        instance={"type": "string"},
    ),
    "Collection": _object(("@context", "type", "member"), type={"const": "Collection"}, member=_TEXTS),
    "Events": _object(
        ("@context", "type", "schemaVersion", "creationDate", "epcisBody"),
        type={"const": "EPCISQueryDocument"},
        schemaVersion={"const": "2.0"},
        creationDate=_TIME,
        epcisBody=_object(
            ("queryResults",),
            queryResults=_object(("queryName", "resultsBody"), queryName={"type": "string"}, resultsBody=_EVENT_LIST),
        ),
    ),
    "Event": _object(("@context", "type", "eventID", "eventTime", "eventTimeZoneOffset"), type={"type": "string"}),
    "Job": _object(
        ("captureID", "createdAt", "running", "success", "captureErrorBehaviour", "errors"),
        captureID={"type": "string"},
        createdAt=_TIME,
        finishedAt=_TIME,
        running={"type": "boolean"},
        success={"type": "boolean"},
        captureErrorBehaviour={"enum": ["rollback", "proceed"]},
        errors={"type": "array", "items": _ref("schemas", "Problem")},
    ),
    "Jobs": {"type": "array", "items": _ref("schemas", "Job")},
    "Query": _object(("name", "query"), name={"type": "string"}, query={"type": "object"}),
    "Queries": {"type": "array", "items": _ref("schemas", "Query")},
    "Subscription": _object(
        ("dest", "subscriptionID", "createdAt"), subscriptionID={"type": "string"}, createdAt=_TIME, **_SUBSCRIPTION
    ),
    "Subscriptions": {"type": "array", "items": _ref("schemas", "Subscription")},
    "Document": _object(
        ("@context", "type", "schemaVersion", "creationDate", "epcisBody"),
        type={"enum": ["EPCISDocument", "EPCISQueryDocument"]},
        schemaVersion={"type": "string"},
        creationDate=_TIME,
        epcisBody={"type": "object"},
    ),
}


def _body(schema: Part, *media: str) -> Part:
    return {"required": True, "content": {one: {"schema": schema} for one in media}}


def _headers() -> dict[str, Part]:
    texts = {**DISCOVERY, **LIMITS, "Allow": "GET, HEAD, OPTIONS", "Location": "/epcis/capture/…"}
    texts |= {"WWW-Authenticate": "Bearer", "Retry-After": "3", "Preference-Applied": "respond-async"}
    texts |= {"Link": '<…>; rel="next"', "GS1-Next-Page-Token-Expires": "2026-01-01T00:00:00Z"}
    return {
        name: {"schema": {"type": "string"}, "example": text}
        for name, text in texts.items()
        if name != "GS1-Vendor-Version"
    }


_RESPONSES: dict[str, Part] = {
    **{
        f"Problem{status}": {"description": words, "content": _problem()}
        | ({"headers": {name: _ref("headers", name) for name in _TOLD[status]}} if status in _TOLD else {})
        for status, words in _WORDS.items()
    },
    "Discovery": {
        "description": "What is spoken here.",
        "headers": {name: _ref("headers", name) for name in ("Allow", *DISCOVERY) if name != "GS1-Vendor-Version"},
    },
    "Captured": {
        "description": "The document is durable; the job says how each event fared.",
        "headers": {name: _ref("headers", name) for name in ("Location", "Preference-Applied", *VERSIONS)},
    },
}
COMPONENTS: Part = {
    "securitySchemes": {
        "bearer": {"type": "http", "scheme": "bearer"},
        "key": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
    },
    "parameters": {
        **{name: _query_parameter(name) for name in EVENT_PARAMETERS},
        **{name: _parameter("header", name, schema) for name, schema in _HEADERS.items()},
        "GS1-Extensions": _parameter(
            "header",
            "GS1-Extensions",
            {"type": "string"},
            "What a prefix means in the parameters: ex=https://example.org/ns/",
        ),
        "If-None-Match": _parameter(
            "header", "If-None-Match", {"type": "string"}, "An ETag: 304 if nothing was added."
        ),
        "verdicts": _parameter(
            "query",
            "verdicts",
            {"type": "string", "enum": ["kept", "all"]},
            "All: also those of events simply accepted.",
        ),
        "q": _parameter(
            "query", "q", {"type": "string", "maxLength": 100}, "Text in the ids and values of an element."
        ),
        "perPage": _parameter("query", "perPage", {"type": "integer", "minimum": 1, "maximum": 1_000_000}),
        "nextPageToken": _parameter("query", "nextPageToken", {"type": "string"}, "From Link; never made by hand."),
        "Prefer": _parameter(
            "header",
            "Prefer",
            {"type": "string"},
            "respond-async: an answer before the events are judged; wait=10: patience until they are (RFC 7240).",
        ),
        "GS1-Capture-Error-Behaviour": _parameter(
            "header", "GS1-Capture-Error-Behaviour", {"type": "string", "enum": ["rollback", "proceed"]}
        ),
    },
    "headers": _headers(),
    "requestBodies": {
        "Document": {
            "required": True,
            "content": {
                **{media: {"schema": _ref("schemas", "Document")} for media in (JSON, "application/ld+json")},
                **{media: {"schema": {"type": "string"}} for media in ("application/xml", "text/xml")},
            },
        },
        "Event": {
            "required": True,
            "content": {
                **{media: {"schema": _ref("schemas", "Event")} for media in (JSON, "application/ld+json")},
                **{media: {"schema": {"type": "string"}} for media in ("application/xml", "text/xml")},
            },
        },
        "Query": _body(_ref("schemas", "Query"), JSON),
        "Subscription": _body(_object(("dest",), signatureToken={"type": "string"}, **_SUBSCRIPTION), JSON),
    },
    "responses": _RESPONSES,
    "schemas": _SCHEMAS,
}
