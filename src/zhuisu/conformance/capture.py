"""Points 1 to 12: taking documents and events."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from threading import Event as Flag

from .client import Answer
from .data import Event, document, master_data, query_document, xml_document
from .run import Run, events_of, is_problem, next_of
from .table import NotApplicable, check, point

PROBE_EVENTS = 20_000  # events of a probe of the limit: a larger limit is believed, not tried
PROBE_OCTETS = 64 * 1024 * 1024  # octets of such a probe: what a test may send over a line
UNGUESSABLE = 16  # characters: 64 bits as hexadecimal digits
ATOMIC_EVENTS = 200  # enough that a capture in several steps is seen half-way
STRICT_DEPTH = 20_000  # levels of nesting that no event has and that break a careless parser


@point(1, "Capture answers 202 and names the job", "OpenAPI 2.0.0, POST /capture")
def accepted(run: Run) -> str:
    answer = run.server.post("capture", document(run.make.event()))
    job = run.job_of(answer)
    check(job.get("captureID"), "the job has no captureID")
    is_problem(run.server.post("capture", b"{"), 400, "ValidationException", "a body that is no JSON")
    return "202 with Location; the job is there; what cannot be read is 400"


@point(2, "Both documents, four media types, 415 for others", "EPCIS 2.0 §12.6; OpenAPI 2.0.0, POST /capture")
def media_types(run: Run) -> str:
    make = run.make
    bodies = [
        ("application/json", document(make.event())),
        ("application/ld+json", document(make.event())),
        ("application/json", query_document(make.event())),
        ("application/xml", xml_document(make.event())),
        ("text/xml", xml_document(make.event())),
    ]
    for media_type, body in bodies:
        check(run.takes_document(body, media_type), f"refused although right: a document as {media_type}")
    answer = run.server.post("capture", document(make.event()), "text/plain")
    is_problem(answer, 415, "UnsupportedMediaTypeException", "a document as text/plain")
    return "EPCISDocument and EPCISQueryDocument, JSON, JSON-LD and XML are taken, text/plain is 415"


def _conflict(run: Run) -> tuple[Event, Event]:
    """A good event, and one that cannot be stored since its id is another's: what no server finds while receiving."""
    known = run.make.event()
    run.keep(known)
    return run.make.event(), run.make.event(eventID=known["eventID"], bizStep="receiving")


@point(
    3,
    "Error behaviour: rollback by default, proceed on request",
    "EPCIS 2.0 §12.6.1; OpenAPI, GS1-Capture-Error-Behaviour",
)
def behaviour(run: Run) -> str:
    good, bad = _conflict(run)
    job = run.capture(good, bad)
    check(job.get("captureErrorBehaviour") == "rollback", "a job without the header does not say rollback")
    check(run.ids(EQ_eventID=good["eventID"]) == [], "rollback: an event of a failed capture was stored")
    job = run.capture(good, bad, behaviour="proceed")
    check(job.get("captureErrorBehaviour") == "proceed", "a job with proceed does not say proceed")
    run.seen(good["eventID"])
    answer = run.server.post("capture", document(good), GS1_Capture_Error_Behaviour="perhaps")
    check(answer.status == 400, f"an unknown behaviour: 400 wanted, {answer.status} came")
    return "rollback keeps nothing, proceed keeps what is good, the job says which"


@point(4, "The states of a job, and errors that name the event", "OpenAPI 2.0.0, CaptureJob")
def states(run: Run) -> str:
    job = run.capture(run.make.event())
    check((job.get("running"), job.get("success")) == (False, True), "a capture that went well is not false/true")
    check(job.get("errors", []) == [], "a capture that went well has errors")
    for way in ("rollback", "proceed"):
        good, bad = _conflict(run)
        job = run.capture(good, bad, behaviour=way)
        check((job.get("running"), job.get("success")) == (False, False), f"{way}: a failed capture is not false/false")
        errors = job.get("errors") or []
        check(errors or job.get("errorFile"), f"{way}: a failed job has neither errors nor errorFile")
        told = json.dumps(errors)
        check(job.get("errorFile") or str(bad["eventID"]) in told, f"{way}: no error names the event by its id")
        check(all(one.get("type") and one.get("title") for one in errors), f"{way}: an error is no problem (RFC 7807)")
    return "false/true with no errors; false/false with problems that name the event"


@point(5, "Rollback is atomic and never seen half-way", "OpenAPI 2.0.0, CaptureJob (rollback rejects all)")
def atomic(run: Run) -> str:
    place = run.make.place()
    _good, bad = _conflict(run)
    many = [run.make.at(place) for _ in range(ATOMIC_EVENTS)]
    over = Flag()

    def look() -> list[int]:
        """How many were there at each look; the runner's own thread captures meanwhile."""
        counts = []
        while not over.is_set():
            counts.append(len(run.find(EQ_bizLocation=place, perPage="1")))
        return counts

    with ThreadPoolExecutor(1) as pool:
        watcher = pool.submit(look)
        try:
            job = run.capture(*many, bad)
        finally:
            over.set()
        looks = watcher.result()
    check(job.get("success") is False, "a document with a conflict counts as success under rollback")
    check(looks, "the watcher was never answered")
    check(max(looks) == 0, "while the capture ran, events were seen that were taken back later")
    run.same([], "after rollback", EQ_bizLocation=place)
    return f"{ATOMIC_EVENTS} good events beside a conflict: none at the end, none in {len(looks)} looks meanwhile"


@point(6, "Jobs: unguessable ids, only one's own, paged", "OpenAPI 2.0.0, GET /capture, CaptureJob; RFC 4086")
def jobs(run: Run) -> str:
    first, second = (run.server.post("capture", document(run.make.event())) for _ in range(2))
    job, later = run.job_of(first), run.job_of(second)
    ids = [str(one.get("captureID")) for one in (job, later)]
    check(all(len(one) >= UNGUESSABLE and not one.isdigit() for one in ids), f"the captureID can be guessed: {ids[0]}")
    check(job.get("createdAt") and job.get("finishedAt"), "createdAt or finishedAt is missing")
    page = run.server.get("capture", {"perPage": "1"})
    check(page.status == 200 and isinstance(page.json, list), "GET /capture is no list")
    check(len(page.json) == 1 and next_of(page), "GET /capture?perPage=1 is not one job and the way to the next page")
    other = run.need_other()
    check(other.get(first.headers["location"]).status in (403, 404), "another organisation reads the job")
    listed = {str(one.get("captureID")) for one in other.get("capture", {"perPage": "100"}).json}
    check(not listed & set(ids), "another organisation's list shows the job")
    return "ids of random text, times, pages; another organisation sees nothing of it"


@point(7, "Limits are announced and kept exactly, for chunked bodies too", "OpenAPI 2.0.0, OPTIONS /capture and 413")
def limits(run: Run) -> str:
    head = run.server.send("OPTIONS", "capture").headers
    names = ("gs1-epcis-capture-limit", "gs1-epcis-capture-file-size-limit")
    check(all(head.get(name, "").isdigit() for name in names), "OPTIONS /capture does not give both limits as numbers")
    check("gs1-capture-error-behaviour" in head, "OPTIONS /capture does not give GS1-Capture-Error-Behaviour")
    events, octets = (int(head[name]) for name in names)
    tried = []
    if events <= PROBE_EVENTS:
        tried.append(f"{events} events")
        one = run.make.event()
        answer = run.server.post("capture", document(*[one] * events))
        if answer.status == 400:  # a server may want each id once in a document
            answer = run.server.post("capture", document(*(run.make.event() for _ in range(events))))
        check(answer.status == 202, f"exactly the limit of {events} events: 202 wanted, {answer.status} came")
        over = run.server.post("capture", document(*[one] * (events + 1)))
        _too_large(over, names, f"{events + 1} events")
    if octets <= PROBE_OCTETS:
        tried.append(f"{octets} octets")
        whole = document(run.make.event())
        padded = [whole, *[b" " * 65_536] * ((octets - len(whole)) // 65_536), b" " * ((octets - len(whole)) % 65_536)]
        kind = {"Content-Type": "application/json"}
        exact = run.server.send("POST", "capture", headers=kind, body=[one for one in padded if one])
        check(exact.status == 202, f"exactly {octets} octets, chunked: 202 wanted, {exact.status} came")
        over = run.server.send("POST", "capture", headers=kind, body=[*(one for one in padded if one), b" "])
        _too_large(over, names, f"{octets + 1} octets, chunked")
    if not tried:
        raise NotApplicable(f"the limits announced ({events} events, {octets} octets) are larger than a probe may be")
    return f"exactly {' and '.join(tried)} taken, one more is 413 with both headers"


def _too_large(answer: Answer, names: tuple[str, str], asked: str) -> None:
    is_problem(answer, 413, "CaptureLimitExceededException", asked)
    check(all(name in answer.headers for name in names), f"{asked}: the 413 does not repeat both limits")


@point(8, "recordTime is the server's", "EPCIS 2.0 §7.4.1, recordTime")
def record_time(run: Run) -> str:
    event = run.make.event(recordTime="2001-01-01T00:00:00Z")
    run.keep(event)
    said = run.seen(event["eventID"])[0].get("recordTime")
    check(said, "the event comes back without recordTime")
    apart = abs(datetime.fromisoformat(str(said)) - run.at)
    check(apart < timedelta(days=1), f"recordTime {said} is not the time of the capture")
    return "a recordTime that was sent is ignored, the server's own comes back"


@point(9, "An event without an id gets one, and its sender is told", "EPCIS 2.0 §7.4.1, eventID; §7.4.1.3")
def given_id(run: Run) -> str:
    place = run.make.place()
    job = run.capture(run.make.at(place, eventID=None))
    check(job.get("success") is True, "an event without eventID was refused")
    found: list[str] = []
    for _ in run.waiting():
        found = [str(one.get("eventID") or "") for one in run.find(EQ_bizLocation=place)]
        if found:
            break
    check(len(found) == 1 and found[0], "the event is not found, or it has no eventID")
    check(found[0] in json.dumps(job), "the capture job does not tell the id: its sender could never correct the event")
    return f"the id {found[0][:40]}… is in the job and in the event"


@point(10, "POST /events: 201, the same again, and 409", "OpenAPI 2.0.0, POST /events; EPCIS 2.0 §7.4.1.4")
def single(run: Run) -> str:
    context = json.loads(document())["@context"]
    event = {"@context": context} | run.make.event()
    answer = run.server.post("events", event)
    check(answer.status == 201, f"POST /events: 201 wanted, {answer.status} came: {answer.text[:200]}")
    place = answer.headers.get("location", "")
    check(place, "the 201 has no Location")
    check(
        isinstance(answer.json, dict) and answer.json.get("eventID") == event["eventID"],
        "the 201 does not hold the event",
    )
    run.seen(str(event["eventID"]))
    check(run.server.get(place).status == 200, "Location does not lead to the event")
    again = run.server.post("events", event)
    check(again.status in (200, 201, 202), f"the same event again: success wanted, {again.status} came")
    other = run.server.post("events", event | {"bizStep": "receiving"})
    is_problem(other, 409, "ResourceAlreadyExistsException", "other content under the same id")
    reason = {"declarationTime": event["eventTime"], "reason": "incorrect_data"}
    declared = run.server.post("events", event | {"errorDeclaration": reason})
    check(declared.status == 201, f"an error declaration about it: 201 wanted, {declared.status} came")
    return "201 with Location and body; the same again is no error; other content is 409; a declaration is taken"


@point(11, "Master data in the header is captured", "EPCIS 2.0 §9.4, epcisHeader; §8.2.7.1, EQATTR")
def header(run: Run) -> str:
    place, city = run.make.place(), f"city-{run.make.next()}"
    event = run.make.at(place)
    run.keep(event, header=master_data(place, city=city))
    name = "EQATTR_bizLocation_urn:epcglobal:cbv:mda#city"
    run.same([event], "an event by an attribute of its location", **{name: city})
    return "an attribute sent in epcisHeader finds the event"


@point(12, "Documents are read strictly", "RFC 8259 §4, §8.1; JSON-LD 1.1 §9; EPCIS 2.0 §9.5; XML 1.0 §4")
def strict(run: Run) -> str:
    make = run.make
    twice = document(make.event()).replace(b'"action": "OBSERVE"', b'"action": "ADD", "action": "OBSERVE"')
    latin = document(make.event(**{"ex:note": "MARK"})).replace(b"MARK", b"\xe9")
    deep = document(make.event(**{"ex:note": "MARK"})).replace(b'"MARK"', b"[" * STRICT_DEPTH + b"]" * STRICT_DEPTH)
    bomb = xml_document(make.event()).replace(
        b"<epcis:EPCISDocument", b'<!DOCTYPE a [<!ENTITY x "shipping">]><epcis:EPCISDocument', 1
    )
    wrong = {"a key twice": twice, "bytes that are no UTF-8": latin, "20,000 levels of nesting": deep}
    for name, body in wrong.items():
        check(not run.takes_document(body), f"captured although wrong: {name}")
    entity = bomb.replace(b"bizstep:shipping", b"bizstep:&x;")
    check(not run.takes_document(entity, "application/xml"), "captured although wrong: XML with an entity of its own")
    event = make.event(epcList=None, quantityList=[{"epcClass": make.lot(), "quantity": 1}])
    exact = document(event).replace(b'"quantity": 1', b'"quantity": 1234567890123456.789')
    check(run.takes_document(exact), "refused although right: a number of 19 digits")
    run.seen(event["eventID"])
    answer = run.server.get("events", {"EQ_eventID": event["eventID"]})
    check(len(events_of(answer)) == 1 and "1234567890123456.789" in answer.text, "a number came back changed (float)")
    return "doubled keys, wrong encoding, depth and entities are refused; numbers keep every digit"
