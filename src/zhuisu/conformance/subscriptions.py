"""Points 57 to 63: named queries, and deliveries to a door of the runner's own."""

import hashlib
import hmac
import json
from base64 import b64encode
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urlsplit

from .client import Answer
from .data import Event, document
from .listener import Delivery
from .run import Run, is_problem
from .table import NotApplicable, check, point

DELIVERY_SECONDS = 20.0  # until a delivery of a stream has come
RETRY_SECONDS = 60.0  # until a delivery that failed has come again
QUIET_SECONDS = 3.0  # how long nothing must come
SCHEDULE_SECONDS = 30.0  # two ticks of a schedule of ten seconds
BOUNDARY_EVENTS = 40
TENS = ",".join(str(second) for second in range(0, 60, 10))
PRIVATE = (
    *("https://10.0.0.1/x", "https://169.254.169.254/latest", "https://192.168.1.1/", "https://[fd00::1]/"),
    *("https://[::ffff:10.0.0.1]/", "ftp://example.org/", "file:///etc/passwd", "https://user:word@example.org/", "x"),
)
TOKEN = "a-token-that-must-never-come-back"  # noqa: S105 a test's


def _query(run: Run, **query: Any) -> str:
    """A named query of events at a place; its name."""
    name = f"q{run.make.next()}"
    answer = run.server.post("queries", {"name": name, "query": query})
    check(answer.status == 201, f"POST /queries: 201 wanted, {answer.status} came: {answer.text[:300]}")
    check(answer.headers.get("location"), "the 201 of a query has no Location")
    return name


def _subscribe(run: Run, name: str, path: str, **more: Any) -> Answer:
    door = run.need_listener()
    controls = {"stream": True} if "schedule" not in more else {}
    body = {"dest": door.address + path, "signatureToken": TOKEN, **controls, **more}
    answer = run.server.post(f"queries/{name}/subscriptions", body)
    said = (answer.json or {}).get("type", "") if isinstance(answer.json, dict) else ""
    if answer.status in (400, 403) and urlsplit(door.address).scheme == "http" and "Exception" in str(said):
        raise NotApplicable(
            f"the server delivers nothing to {door.address} ({answer.status} {said}): it wants https or a public address; "
            "EPCIS 2.0 §12.8 leaves that to it. Let it allow this address, or give --listen another"
        )
    check(answer.status == 201, f"POST of a subscription: 201 wanted, {answer.status} came: {answer.text[:300]}")
    check(answer.headers.get("location"), "the 201 of a subscription has no Location")
    return answer


def _events(delivery: Delivery) -> list[Event]:
    body = json.loads(delivery.body)
    return list(body["epcisBody"]["queryResults"]["resultsBody"].get("eventList", []))


def _ids(deliveries: list[Delivery]) -> list[str]:
    return [str(event["eventID"]) for one in deliveries if one.answered < 300 for event in _events(one)]


@point(57, "Webhooks deliver; named queries can be run", "EPCIS 2.0 §12.8; OpenAPI 2.0.0, /queries, subscriptions")
def webhooks(run: Run) -> str:
    place, path = run.make.place(), f"/hook/{run.make.next()}"
    name = _query(run, EQ_bizLocation=[place])
    again = run.server.post("queries", {"name": name, "query": {}})
    is_problem(again, 409, "ResourceAlreadyExistsException", "a query of the same name")
    _subscribe(run, name, path)
    event = run.make.at(place)
    run.keep(event)
    came = run.listener.wait(path, 1, DELIVERY_SECONDS)
    check(came, f"no delivery within {DELIVERY_SECONDS:.0f} s")
    body = json.loads(came[0].body)
    check(body.get("type") == "EPCISQueryDocument", "a delivery is no EPCISQueryDocument")
    results = body["epcisBody"]["queryResults"]
    check(
        results.get("queryName") == name and results.get("subscriptionID"),
        "queryName or subscriptionID is missing or wrong",
    )
    check(_ids(came) == [event["eventID"]], "the delivery does not hold the event")
    answer = run.server.get(f"queries/{name}/events")
    check(event["eventID"] in answer.text, "GET of the query's events does not find the event")
    return "an EPCISQueryDocument came with the event; the query itself finds it too"


@point(58, "Exactly one of schedule and stream", "OpenAPI 2.0.0, QueryScheduleSubscription; EPCIS 2.0 §8.2.5.3")
def controls(run: Run) -> str:
    name = _query(run, EQ_bizLocation=[run.make.place()])
    base = {"dest": "https://example.org/hook", "signatureToken": TOKEN}
    wrong: dict[str, dict[str, Any]] = {
        "neither": {},
        "both": {"stream": True, "schedule": {"minute": "1"}},
        "stream false": {"stream": False},
        "second 60": {"schedule": {"second": "60"}},
        "an unknown field": {"schedule": {"fortnight": "1"}},
        "an empty schedule": {"schedule": {}},
        "words": {"schedule": {"hour": "noon"}},
    }
    for what, more in wrong.items():
        answer = run.server.post(f"queries/{name}/subscriptions", base | more)
        is_problem(answer, 400, "SubscriptionControlsException", f"a subscription with {what}")
    listed = run.server.get(f"queries/{name}/subscriptions").json
    check(listed == [], "a refused subscription is in the list")
    missing = run.server.post("queries/nowhere/subscriptions", base | {"stream": True})
    check(missing.status == 404, f"a subscription to a query that is not there: 404 wanted, {missing.status} came")
    return f"{len(wrong)} wrong controls are 400 SubscriptionControlsException"


@point(
    59,
    "Destinations are checked, tokens kept, bodies signed",
    "OpenAPI 2.0.0, GS1-Signature, AbstractQuerySubscription; RFC 6890",
)
def safety(run: Run) -> str:
    place, path = run.make.place(), f"/hook/{run.make.next()}"
    name = _query(run, EQ_bizLocation=[place])
    for dest in PRIVATE:
        body = {"dest": dest, "signatureToken": TOKEN, "stream": True}
        answer = run.server.post(f"queries/{name}/subscriptions", body)
        check(400 <= answer.status < 500, f"dest {dest}: 4xx wanted, {answer.status} came")
    made = _subscribe(run, name, path)
    for answer in (made, run.server.get(made.headers["location"]), run.server.get(f"queries/{name}/subscriptions")):
        check(TOKEN not in answer.text, "the signatureToken comes back")
    run.keep(run.make.at(place))
    run.listener.wait(path, 1, DELIVERY_SECONDS)
    run.keep(run.make.at(place))
    came = run.listener.wait(path, 2, DELIVERY_SECONDS)
    check(len(came) >= 2, "fewer than two deliveries came")
    signatures = [one.headers.get("gs1-signature", "") for one in came[:2]]
    check(all(signatures), "a delivery has no GS1-Signature")
    check(signatures[0] != signatures[1], "two bodies have one signature")
    check(not any(TOKEN in one for one in signatures), "GS1-Signature holds the token itself")
    digest = hmac.new(TOKEN.encode(), came[0].body, hashlib.sha256)
    plain = digest.hexdigest() in signatures[0].lower() or b64encode(digest.digest()).decode() in signatures[0]
    return f"private addresses refused, the token kept; GS1-Signature {'is HMAC-SHA-256 over the body' if plain else 'is there, its scheme is the servers own'}"


@point(60, "What failed comes again; 410 ends it", "EPCIS 2.0 §12.8; RFC 9110 §15.5.11; OpenAPI 2.0.0, minRecordTime")
def retries(run: Run) -> str:
    place, path = run.make.place(), f"/hook/{run.make.next()}"
    name = _query(run, EQ_bizLocation=[place])
    run.need_listener().answers[path] = lambda number: 500 if number == 0 else 200
    _subscribe(run, name, path)
    first, second = run.make.at(place), run.make.at(place)
    run.keep(first)
    came = run.listener.wait(path, 2, RETRY_SECONDS)
    check(len(came) >= 2, f"what was answered with 500 did not come again within {RETRY_SECONDS:.0f} s")
    check(_ids(came).count(first["eventID"]) == 1, "the event that failed was not delivered exactly once after that")
    run.keep(second)
    run.listener.wait(path, 3, DELIVERY_SECONDS)
    check(_ids(run.listener.at(path)) == [first["eventID"], second["eventID"]], "what was delivered came again")
    over = f"/hook/{run.make.next()}"
    run.listener.answers[over] = lambda _number: 410
    _subscribe(run, name, over)
    run.keep(run.make.at(place))
    check(run.listener.wait(over, 1, DELIVERY_SECONDS), "no delivery came")
    run.keep(run.make.at(place))
    check(len(run.listener.wait(over, 2, QUIET_SECONDS)) == 1, "after 410 another delivery came")
    return "500: the same event again, once it went well never again; 410: nothing more"


@point(61, "Nothing lost, nothing doubled at the boundary", "EPCIS 2.0 §8.2.5.4 (each event once); §12.8")
def boundary(run: Run) -> str:
    place, path = run.make.place(), f"/hook/{run.make.next()}"
    name = _query(run, EQ_bizLocation=[place])
    _subscribe(run, name, path)
    events = [run.make.at(place) for _ in range(BOUNDARY_EVENTS)]
    # Clients of their own: eight captures at once, that commit in an order nobody knows.
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda event: run.server.post("capture", document(event)), events))
    check({answer.status for answer in answers} == {202}, "a correct document was not taken")
    wanted = sorted(event["eventID"] for event in events)
    for _ in run.waiting(DELIVERY_SECONDS):
        if len(_ids(run.listener.at(path))) >= len(wanted):
            break
    run.listener.wait(path, len(run.listener.at(path)) + 1, QUIET_SECONDS)
    came = _ids(run.listener.at(path))
    check(len(came) == len(set(came)), f"{len(came) - len(set(came))} events came twice")
    check(sorted(came) == wanted, f"{len(wanted)} events captured, {len(came)} delivered")
    return f"{BOUNDARY_EVENTS} events captured by eight at once: each came once"


@point(
    62, "Empty reports on request, and when it was last told", "OpenAPI 2.0.0, GS1-Query-ReportIfEmpty, lastNotifiedAt"
)
def empty(run: Run) -> str:
    name = _query(run, EQ_bizLocation=[run.make.place()])
    loud, silent = (f"/hook/{run.make.next()}" for _ in range(2))
    made = _subscribe(run, name, loud, schedule={"second": TENS}, reportIfEmpty=True)
    _subscribe(run, name, silent, schedule={"second": TENS}, reportIfEmpty=False)
    came = run.listener.wait(loud, 1, SCHEDULE_SECONDS)
    check(came, f"reportIfEmpty: nothing came within {SCHEDULE_SECONDS:.0f} s of a schedule of ten seconds")
    check(_events(came[0]) == [], "an empty report holds events")
    told = None
    for _ in run.waiting():
        told = run.server.get(made.headers["location"]).json.get("lastNotifiedAt")
        if told:
            break
    check(told, "lastNotifiedAt is not set after a delivery")
    check(run.listener.wait(silent, 1, QUIET_SECONDS) == [], "without reportIfEmpty an empty report came")
    run.server.send("DELETE", f"queries/{name}")
    return "an empty report came where it was wanted and nowhere else; lastNotifiedAt is set"


@point(
    63,
    "A query's end is its subscriptions' end; all is the owner's alone",
    "OpenAPI 2.0.0, DELETE /queries/{queryName}",
)
def ending(run: Run) -> str:
    place, path = run.make.place(), f"/hook/{run.make.next()}"
    name = _query(run, EQ_bizLocation=[place])
    made = _subscribe(run, name, path)
    if run.other:
        check(run.other.get(f"queries/{name}").status in (403, 404), "another organisation reads the query")
        check(name not in run.other.get("queries", {"perPage": "100"}).text, "another organisation lists the query")
        hidden = run.other.get(made.headers["location"]).status
        check(hidden in (403, 404), "another organisation reads the subscription")
        check(
            run.other.send("DELETE", f"queries/{name}").status in (403, 404), "another organisation deletes the query"
        )
    gone = run.server.send("DELETE", f"queries/{name}")
    check(gone.status == 204, f"DELETE of the query: 204 wanted, {gone.status} came")
    check(run.server.get(made.headers["location"]).status == 404, "the subscription is there without its query")
    is_problem(run.server.get(f"queries/{name}"), 404, "NoSuchNameException", "the deleted query")
    before = len(run.listener.at(path))
    run.keep(run.make.at(place))
    check(len(run.listener.wait(path, before + 1, QUIET_SECONDS)) == before, "after the end something was delivered")
    return "204, then 404 for both, and no delivery any more"
