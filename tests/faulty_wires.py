"""Servers that do one thing wrong, made of the right one: a wire that changes what passes over it. One for each point."""

import json
import urllib.request
from collections.abc import Callable
from dataclasses import replace
from urllib.parse import unquote

from zhuisu.conformance.client import Answer, Request, Unreachable, Wire
from zhuisu.conformance.run import Run

Fault = Callable[[Request, Callable[[Request], Answer]], Answer]
JOB = "/epcis/capture/invented-by-the-wire"
WELL = {"captureID": "invented-by-the-wire", "createdAt": "x", "running": False, "success": True, "errors": []}
ILL = WELL | {"success": False, "errors": [{"type": "x", "title": "x"}]}
EMPTY = {"epcisBody": {"queryResults": {"resultsBody": {"eventList": []}}}}


class Faulty(Wire):
    def __init__(self, fault: Fault) -> None:
        self.fault = fault

    def send(self, request: Request) -> Answer:
        return self.fault(request, super().send)


def says(status: int, body: object = None, **headers: str) -> Answer:
    return Answer(status, {"content-type": "application/json", **headers}, json.dumps(body).encode())


def status(old: int, new: int, part: str = "") -> Fault:
    """Another status than the right one."""

    def fault(request, send):
        answer = send(request)
        return replace(answer, status=new) if answer.status == old and part in request.address else answer

    return fault


def header(name: str, value: str | None = None, part: str = "") -> Fault:
    """An answer's header is left out, or says something else."""

    def fault(request, send):
        answer = send(request)
        if part not in request.address or name not in answer.headers:
            return answer
        rest = {one: text for one, text in answer.headers.items() if one != name}
        return replace(answer, headers=rest | ({name: value} if value else {}))

    return fault


def body(old: str, new: str, part: str = "") -> Fault:
    """An answer's body says something else."""

    def fault(request, send):
        answer = send(request)
        return (
            replace(answer, body=answer.body.replace(old.encode(), new.encode())) if part in request.address else answer
        )

    return fault


def asked(old: str, new: str) -> Fault:
    """Another address is asked than the one sent."""
    return lambda request, send: send(replace(request, address=request.address.replace(old, new)))


def sent(old: str, new: str) -> Fault:
    """Another body arrives than the one sent."""

    def fault(request, send):
        if not isinstance(request.body, bytes):
            return send(request)
        return send(replace(request, body=request.body.replace(old.encode(), new.encode())))

    return fault


def deaf(*names: str) -> Fault:
    """These headers of a request are not heard."""
    return lambda request, send: send(
        replace(request, headers={name: text for name, text in request.headers.items() if name not in names})
    )


def without(name: str, where: str = "") -> Fault:
    """A parameter of the query is ignored."""

    def fault(request, send):
        path, _, query = request.address.partition("?")
        kept = [one for one in query.split("&") if not (unquote(one).startswith(name) and where in unquote(one))]
        return send(replace(request, address=path + ("?" + "&".join(kept) if kept else "")))

    return fault


def nothing_for(part: str) -> Fault:
    """A query is answered with nothing."""
    return lambda request, send: (
        says(200, EMPTY) if part in unquote(request.address) and request.method == "GET" else send(request)
    )


def takes_everything(request: Request, send: Callable[[Request], Answer]) -> Answer:
    """Whatever is sent counts as captured."""
    if request.address.endswith(JOB):
        return says(200, WELL)
    answer = send(request)
    capture = request.method == "POST" and request.address.endswith("/capture")
    return says(202, location=JOB) if capture and answer.status == 400 else answer


def refuses_everything(request: Request, send: Callable[[Request], Answer]) -> Answer:
    return says(400) if request.method == "POST" and request.address.endswith("/capture") else send(request)


def silent_job(request: Request, send: Callable[[Request], Answer]) -> Answer:
    answer = send(request)
    return says(200, WELL) if "/capture/" in request.address else answer


def text_is_json(request: Request, send: Callable[[Request], Answer]) -> Answer:
    kind = request.headers.get("Content-Type", "").replace("text/plain", "application/json")
    return send(replace(request, headers=request.headers | ({"Content-Type": kind} if kind else {})))


def keeps_half(request: Request, send: Callable[[Request], Answer]) -> Answer:
    proceed = {"GS1-Capture-Error-Behaviour": "proceed"}
    return send(replace(request, headers=request.headers | proceed) if request.method == "POST" else request)


def one_event_only(request: Request, send: Callable[[Request], Answer]) -> Answer:
    answer = send(request)
    try:
        whole = json.loads(answer.body)
        results = whole["epcisBody"]["queryResults"]["resultsBody"]
    except (ValueError, TypeError, KeyError):
        return answer
    results["eventList"] = results["eventList"][:1]
    return replace(answer, body=json.dumps(whole).encode())


def fetches_contexts(request: Request, send: Callable[[Request], Answer]) -> Answer:
    for address in json.loads(request.body or b"{}").get("@context", []) if isinstance(request.body, bytes) else []:
        if "127.0.0.1" in address:
            urllib.request.urlopen(address).close()
    return send(request)


def last_name_wins(request: Request, send: Callable[[Request], Answer]) -> Answer:
    path, _, query = request.address.partition("?")
    once = {one.partition("=")[0]: one for one in query.split("&")}
    return send(replace(request, address=f"{path}?{'&'.join(once.values())}" if query else path))


def ascending(request: Request, send: Callable[[Request], Answer]) -> Answer:
    more = "&orderDirection=ASC" if "orderBy" in request.address and "orderDirection" not in request.address else ""
    return send(replace(request, address=request.address + more))


def pages_again() -> Fault:
    first: dict[str, Answer] = {}

    def fault(request, send):
        if request.method != "GET" or "perPage=2" not in request.address:
            return send(request)
        answer = send(request)
        return replace(answer, body=first.setdefault("page", answer).body)

    return fault


def offsets(request: Request, send: Callable[[Request], Answer]) -> Answer:
    answer = send(request)
    link = f'<{request.address}&nextPageToken=30>; rel="next"'
    return replace(answer, headers=answer.headers | {"link": link}) if "link" in answer.headers else answer


def one_key_for_all() -> Fault:
    """Every caller is taken for the first."""
    held: dict[str, str] = {}

    def fault(request, send):
        held.setdefault("key", request.headers.get("Authorization", ""))
        return send(replace(request, headers=request.headers | {"Authorization": held["key"]}))

    return fault


def no_slashes(request: Request, send: Callable[[Request], Answer]) -> Answer:
    return says(404) if "https%3A%2F%2F" in request.address.partition("?")[0] else send(request)


def accepts_private(request: Request, send: Callable[[Request], Answer]) -> Answer:
    return says(201, {}, location="/x") if b"10.0.0.1" in (request.body or b"") else send(request)


def loses_one() -> Fault:
    left = [20]

    def fault(request, send):
        if request.method == "POST" and request.address.endswith("/capture"):
            left[0] -= 1
            if not left[0]:
                return says(202, location=JOB)
        return send(request)

    return fault


def keeps_queries(request: Request, send: Callable[[Request], Answer]) -> Answer:
    return Answer(204, {}, b"") if request.method == "DELETE" else send(request)


def hashes_the_record_time(request: Request, send: Callable[[Request], Answer]) -> Answer:
    if b"recordTime" in (request.body or b"") and isinstance(request.body, bytes):
        return send(replace(request, body=request.body.replace(b"+08:00", b"+09:00")))
    return send(request)


def takes_any_key(request: Request, send: Callable[[Request], Answer]) -> Answer:
    answer = send(request)
    return says(200, EMPTY) if answer.status == 401 and "Authorization" in request.headers else answer


def counts_all(request: Request, send: Callable[[Request], Answer]) -> Answer:
    return says(413) if "maxEventCount=1" in request.address else send(request)


def stumbles_over_slashes(request: Request, send: Callable[[Request], Answer]) -> Answer:
    return says(404) if "/01/" in request.address and request.address.endswith("/") else send(request)


def hangs_up(_request: Request, _send: Callable[[Request], Answer]) -> Answer:
    raise Unreachable("the line is dead")


# Point, the words of the verdict, the fault.
FAULTS: list[tuple[int, str, Fault]] = [
    (1, "202 wanted, 201 came", status(202, 201)),
    (1, "no answer", hangs_up),
    (2, "415 wanted", text_is_json),
    (2, "refused although right", refuses_everything),
    (3, "proceed", deaf("GS1-Capture-Error-Behaviour")),
    (4, "not false/false", body('"success":false', '"success":true', "/capture/")),
    (5, "taken back later|after rollback", keeps_half),
    (6, "can be guessed", body('"captureID":"', '"captureID":"1","was":"')),
    (6, "another organisation reads", one_key_for_all()),
    (7, "413 wanted", header("gs1-epcis-capture-limit", "5")),
    (8, "is not the time", body('"recordTime":"2', '"recordTime":"1')),
    (9, "does not tell the id", silent_job),
    (10, "201 wanted", status(201, 200)),
    (11, "an event by an attribute", without("EQATTR_")),
    (12, "a key twice", sent('"action": "ADD", "action"', '"action"')),
    (13, "came back as", body("+05:30", "+00:00")),
    *(
        (number, "captured although wrong", takes_everything)
        for number in (13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 25, 27, 28, 30)
    ),
    *((number, "refused although right", refuses_everything) for number in (14, 15, 16, 17, 18, 19, 21, 22, 23, 27)),
    (20, "came back as", body("certificate/", "certificates/")),
    (24, "captured 2 with the id", one_event_only),
    (25, "does not come back", body("note", "nota")),
    (26, "captured as URN, asked as link", nothing_for("MATCH_epc=https")),
    (28, "as links", body("/00/1", "/00/01")),
    (29, "asked as link", nothing_for("%2Fb")),
    (30, "private URIs changed", body("b=2&a=1", "a=1&b=2")),
    (31, "does not say so", header("gs1-epc-format")),
    (32, "EQ_bizStep=urn", nothing_for("EQ_bizStep=urn")),
    (33, "fetched an address", fetches_contexts),
    (34, "the same name twice", last_name_wins),
    (35, "taken as a list|joined by a comma", asked("%2C", "%7C")),
    (36, "400 wanted", without("EQ_shoeSize")),
    (37, "400 wanted|all wanted|413 wanted", without("maxEventCount")),
    (38, "does not begin with the latest", ascending),
    (39, "LT_eventTime at the very time", without("LT_eventTime")),
    (40, "MATCH_anyEPC", asked("MATCH_anyEPC=", "MATCH_epc=")),
    (41, "a percent sign", without("MATCH_epc", "%25")),
    (42, "WD_bizLocation of the site", asked("WD_bizLocation", "EQ_bizLocation")),
    (43, "EXISTS_ex:weight=true", without("EXISTS_ex")),
    (44, "type of one report", without("GE_value_P1")),
    (45, "HASATTR", without("HASATTR_")),
    (46, "came as", header("link")),
    (47, "the token is a number", offsets),
    (48, "came twice", pages_again()),
    (49, "200 wanted, 404", no_slashes),
    (50, "another organisation reads the event", one_key_for_all()),
    (50, "counts events of another", counts_all),
    (51, "no Collection", body('"Collection"', '"List"')),
    (52, "Allow has not", header("allow")),
    (52, "not announced: gs1-cbv-min", header("gs1-cbv-min")),
    (53, "406 wanted", deaf("GS1-EPCIS-Min", "GS1-EPCIS-Max", "GS1-CBV-Min", "GS1-CBV-Max")),
    (54, "no application/problem", header("content-type", "application/json")),
    (54, "problem\\+xml wanted", header("content-type", "application/problem+json")),
    (55, "415 wanted, 400 came", status(415, 400)),
    (55, "shows the server's inside", body('"title"', '"trace":"Traceback (most recent call last)","title"')),
    (55, "a key that nobody has: 401 wanted, 200", takes_any_key),
    (56, "no ETag", header("etag")),
    (57, "201 wanted", status(201, 200)),
    (58, "400 wanted, 201", status(400, 201)),
    (59, "4xx wanted", accepts_private),
    (60, "did not come again", sent("/hook/", "/elsewhere/")),
    (61, "39 delivered", loses_one()),
    (62, "reportIfEmpty", sent('"reportIfEmpty": true', '"reportIfEmpty": false')),
    (63, "another organisation deletes|without its query", keeps_queries),
    (64, "several ids|change the hash", hashes_the_record_time),
    (64, "the hash of this event is", body("ni:///sha-256;", "ni:///sha-256;0")),
    (65, "400 wanted", status(400, 200)),
    (65, "lacks root or keys", body("resolverRoot", "root")),
    (65, "200 without redirect wanted", status(200, 307, "linkType=linkset")),
    (65, "404 wanted", status(404, 307, "recallStatus")),
    (65, "a slash at the end", stumbles_over_slashes),
    (66, "without a key", one_key_for_all()),
]


def run_with(fault: Fault, address: str, keys: list[str], mark: str, at) -> Run:
    return Run(address, keys[0], keys[1], mark=mark, at=at, wire=Faulty(fault))
