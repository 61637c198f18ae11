"""Points 52 to 56: discovery, versions, problems, conditional reading."""

import re

from .client import Client
from .data import document
from .identifiers import escaped
from .run import Run, is_problem
from .table import check, point

ANNOUNCED = (
    *("gs1-epcis-version", "gs1-epcis-min", "gs1-epcis-max", "gs1-cbv-version", "gs1-cbv-min", "gs1-cbv-max"),
    *("gs1-epc-format", "gs1-cbv-xml-format", "gs1-vendor-version", "gs1-extensions"),
)
RESOURCES = (
    "capture",
    "events",
    "eventTypes",
    "epcs",
    "bizSteps",
    "bizLocations",
    "readPoints",
    "dispositions",
    "queries",
)
TRACE = re.compile(
    r"Traceback \(most recent|\n\s+at [\w.$]+\(|Exception in thread|\.py\", line \d+|stack ?trace", re.IGNORECASE
)
LONG_ADDRESS = 200_000  # characters: more than any server reads


@point(52, "OPTIONS tells methods, versions and formats", "OpenAPI 2.0.0, OPTIONS of every path, 204")
def discovery(run: Run) -> str:
    for path in RESOURCES:
        answer = run.server.send("OPTIONS", path)
        check(answer.status == 204, f"OPTIONS /{path}: 204 wanted, {answer.status} came")
        allow = {one.strip() for one in answer.headers.get("allow", "").split(",")}
        wanted = {"GET", "OPTIONS"} | ({"POST"} if path in ("capture", "events", "queries") else set())
        check(wanted <= allow, f"OPTIONS /{path}: Allow has not {sorted(wanted - allow)}")
        missing = [name for name in ANNOUNCED if name not in answer.headers]
        check(not missing, f"OPTIONS /{path}: not announced: {', '.join(missing)}")
    return f"{len(RESOURCES)} resources answer 204 with Allow and all headers"


@point(53, "Versions are negotiated", "EPCIS 2.0 §12.7.1; OpenAPI 2.0.0, GS1-EPCIS-Min, GS1-EPCIS-Max, 406")
def versions(run: Run) -> str:
    for name in ("EPCIS", "CBV"):
        for possible in ({f"GS1-{name}-Min": "1.2.0", f"GS1-{name}-Max": "2.0.0"}, {f"GS1-{name}-Min": "2.0.0"}):
            answer = run.server.send("GET", "events", headers=possible, parameters={"perPage": "1"})
            check(answer.status == 200, f"{possible}: 200 wanted, {answer.status} came")
            said = answer.headers.get(f"gs1-{name.lower()}-version", "")
            check(said.startswith("2."), f"the answer does not name its version in GS1-{name}-Version: {said}")
        for impossible in ({f"GS1-{name}-Min": "3.0.0"}, {f"GS1-{name}-Max": "1.2.0"}):
            answer = run.server.send("GET", "events", headers=impossible, parameters={"perPage": "1"})
            is_problem(answer, 406, "NotAcceptableException", str(impossible))
    return "ranges with 2.0 are served and named, others are 406"


@point(
    54,
    "Errors are problems, in JSON or XML",
    "RFC 7807 §3, §4 and Appendix A; OpenAPI 2.0.0, RFC7807ProblemResponseBody",
)
def problems(run: Run) -> str:
    for path, status, name in (
        (f"events/{escaped(run.make.event_id())}", 404, "NoSuchResourceException"),
        ("events?EQ_shoeSize=1", 400, "QueryParameterException"),
    ):
        answer = run.server.get(path)
        is_problem(answer, status, name, f"GET /{path}")
        check(answer.json.get("title") and answer.json.get("status") == status, f"GET /{path}: no title or no status")
        answer = run.server.get(path, Accept="application/xml")
        check(answer.status == status, f"GET /{path} as XML: {status} wanted, {answer.status} came")
        check(
            answer.type == "application/problem+xml", f"Accept: application/xml: problem+xml wanted, {answer.type} came"
        )
        check(f"epcisException:{name}" in answer.text, f"GET /{path} as XML does not name {name}")
    return "type, title and status, as problem+json and problem+xml"


@point(55, "Each failure has its status and its exception", "OpenAPI 2.0.0, responses 401 to 501; EPCIS 2.0 §8.2.5")
def statuses(run: Run) -> str:
    body = document(run.make.event())
    missing = run.make.next()
    unknown = Client(run.server.base, {"Authorization": f"Bearer {missing}"}, run.server.wire)
    cases = [
        (run.nobody.get("events"), 401, "SecurityException", "GET /events without a key"),
        (run.nobody.post("capture", body), 401, "SecurityException", "POST /capture without a key"),
        (unknown.get("events"), 401, "SecurityException", "GET /events with a key that nobody has"),
        (run.server.get("capture/nowhere"), 404, "NoSuchResourceException", "a job that is not there"),
        (run.server.get("nowhere"), 404, "NoSuchResourceException", "a path that is not there"),
        (run.server.get(f"queries/{missing}"), 404, "NoSuchNameException", "a query that is not there"),
        (run.server.get("events", Accept="image/png"), 406, "NotAcceptableException", "events as a picture"),
        (run.server.post("capture", body, "text/csv"), 415, "UnsupportedMediaTypeException", "a document as CSV"),
    ]
    for answer, status, name, asked in cases:
        is_problem(answer, status, name, asked)
        check(not TRACE.search(answer.text), f"{asked}: the answer shows the server's inside")
    challenge = cases[0][0].headers.get("www-authenticate")
    check(challenge, "the 401 has no WWW-Authenticate (RFC 9110 §11.6.1)")
    long = run.server.get("events?EQ_eventID=" + "a" * LONG_ADDRESS)
    check(long.status in (414, 400, 431), f"an address of {LONG_ADDRESS} characters: 414 wanted, {long.status} came")
    strange = run.server.send("PATCH", "events", body=b"{}")
    check(strange.status in (405, 501), f"PATCH /events: 405 or 501 wanted, {strange.status} came")
    check(not TRACE.search(strange.text), "PATCH /events: the answer shows the server's inside")
    return f"{len(cases) + 2} failures, each with its own status and exception"


@point(56, "ETag and If-None-Match on single events", "RFC 9110 §8.8.3, §13.1.2")
def tags(run: Run) -> str:
    event = run.make.event()
    run.keep(event)
    path = f"events/{escaped(event['eventID'])}"
    tag = run.server.get(path).headers.get("etag", "")
    check(tag, "a single event has no ETag")
    again = run.server.get(path, If_None_Match=tag)
    check(
        again.status == 304 and not again.body,
        f"If-None-Match with the tag: 304 without body wanted, {again.status} came",
    )
    check(run.server.get(path, If_None_Match='"other"').status == 200, "If-None-Match with another tag is not 200")
    reason = {"declarationTime": event["eventTime"], "reason": "incorrect_data"}
    check(run.takes(event | {"errorDeclaration": reason}), "an error declaration was refused")
    run.seen(event["eventID"], times=2)
    changed = run.server.get(path, If_None_Match=tag)
    check(changed.status == 200, "an error declaration was added, and the old tag still gives 304")
    return "304 while nothing was added, 200 with another tag or a declaration"
