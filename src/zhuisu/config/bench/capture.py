"""Capture: whole documents through `receive`, against COPY of the same rows into the same indexed tables."""

import json
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from zhuisu.config.bench.child import apart
from zhuisu.config.bench.figures import Figure, Scale
from zhuisu.config.cli.common import now, platform_organisation
from zhuisu.epcis.write import CONTEXT

EVENTS = 40_000  # of a full run; two rounds of the log's own limit
SINGLES = 4_000  # documents of one event: each is a transaction
PROCESSES = 2
CALLERS = 2
HEAD_START = 4.0  # seconds in which every process gets ready
EPCS = 5  # of an object event, as other servers are measured with
# What the same document again must leave as it is.
EVIDENCE = (
    *("event", "event_body", "event_party", "event_seen", "event_disputed", "event_witness", "part", "name", "item"),
    *("declaration", "void", "log_entry", "log_head", "log_queue", "event_use", "witness_queue"),
)

Making = Callable[[int], dict[str, Any]]


def figures(scale: Scale) -> Iterator[Figure]:
    """Documents of 1,000 events by one process: of two callers, as a web process has several, and of one alone; the same again; the rows
    that this changed; bytes on disk."""
    share = scale.of(EVENTS // 1_000)
    alone = [document(share + number, 1_000) for number in range(share)]
    bodies = [document(number, 1_000) for number in range(share)]
    total = share * 1_000
    what = "capture, 1,000 events a document, published"
    rate = total / _sent(alone)
    yield _against_copy("C1s", f"{what}, one caller", rate, series="1 caller", size=1_000)
    rate = total / _sent(bodies, callers=CALLERS)
    yield _against_copy(
        "C1", f"{what}, {CALLERS} callers of one process", rate, series=f"{CALLERS} callers", size=1_000
    )
    before = _rows()
    again = total / _sent(bodies)
    yield Figure("C2", "the same documents again (duplicates)", again, "events/s", rate, "first time")
    yield Figure("C2b", "rows of evidence that they changed, beside the captures themselves", _rows() - before, "rows")
    yield _bytes("C4", 2 * total, [*alone, *bodies])


def hundreds(scale: Scale) -> Iterator[Figure]:
    """Documents of 100 events, and the same again."""
    bodies = [document(number, 100) for number in range(scale.of(EVENTS // 100))]
    rate = len(bodies) * 100 / _sent(bodies)
    yield _against_copy("C1b", "capture, 100 events a document, published", rate, series="1 caller", size=100)
    again = len(bodies) * 100 / _sent(bodies)
    yield Figure("C2c", "the same documents of 100 events again", again, "events/s", rate, "first time")


def singles(scale: Scale) -> Iterator[Figure]:
    """One event a document, each in its own transaction."""
    bodies = [document(number, 1) for number in range(scale.of(SINGLES))]
    rate = len(bodies) / _sent(bodies)
    yield _against_copy("C1c", "capture, one event a document, published", rate, series="1 caller", size=1)


def together(scale: Scale) -> Iterator[Figure]:
    """Documents of 1,000 events by two processes at once, published at the end."""
    share = scale.of(EVENTS // 1_000 // PROCESSES)
    begin = time.time() + HEAD_START
    found: list[dict[str, Any]] = []

    def run(place: int) -> None:
        found.append(apart("capture.send", place * 1_000_000, share, 1_000, begin))

    senders = [threading.Thread(target=run, args=[place]) for place in range(PROCESSES)]
    for one in senders:
        one.start()
    for one in senders:
        one.join()
    taken = max(one["ended"] for one in found) - min(one["begun"] for one in found) + _published()
    rate = PROCESSES * share * 1_000 / taken
    yield _against_copy("C1d", "the same, two processes", rate, series="2 processes", size=1_000)


def objects(scale: Scale) -> Iterator[Figure]:
    """Object events with one list of five EPCs and nothing made of them: what other servers are measured with."""
    bodies = [document(number, 1_000, _object) for number in range(scale.of(EVENTS // 1_000))]
    total = len(bodies) * 1_000
    rate = total / _sent(bodies)
    yield _against_copy("C1e", "capture, object events of 5 EPCs, 1,000 a document", rate, series="objects", size=1_000)
    yield _bytes("C4b", total, bodies)


def send(first: int, documents: int, size: int, begin: float) -> dict[str, Any]:
    """In a process of its own: make the documents, wait until `begin` (seconds since 1970), send them; when it began and ended."""
    bodies = [document(first + number, size) for number in range(documents)]
    platform_organisation()
    time.sleep(max(0.0, begin - time.time()))
    begun = time.time()
    _received(bodies)
    return {"begun": begun, "ended": time.time()}


def _sent(bodies: Sequence[bytes], callers: int = 1) -> float:
    """Seconds from the first document to the last head. Each caller is a thread that waits until its document is stored."""
    begun = time.perf_counter()
    if callers == 1:
        _received(bodies)
    else:
        with ThreadPoolExecutor(callers) as pool:
            list(pool.map(_share, [bodies[place::callers] for place in range(callers)]))
    _published()
    return time.perf_counter() - begun


def _share(bodies: Sequence[bytes]) -> None:
    from django.db import connection

    _received(bodies)
    connection.close()  # of this thread


def _received(bodies: Sequence[bytes]) -> None:
    from zhuisu.events.services import receive

    organisation = platform_organisation().pk
    for body in bodies:
        receive(body, media_type=None, organisation=organisation, by="system:bench", at=now(), project_now=True)


def _published() -> float:
    from zhuisu.events.sequencer import publish

    begun = time.perf_counter()
    publish(now())
    return time.perf_counter() - begun


def _rows() -> int:
    from zhuisu.events.store import rows

    return sum(int(rows(f"select count(*) from {table}")[0][0]) for table in EVIDENCE)


def _against_copy(name: str, what: str, rate: float, *, series: str, size: int) -> Figure:
    """The baseline is the better of two: nothing is won by a moment in which the machine was busy."""
    from zhuisu.events import baseline

    raw = max(baseline.copy_rate(), baseline.copy_rate())
    told = "the same rows by COPY, indexed"
    return Figure(name, what, rate, "events/s", raw, told, chart="capture", series=series, size=size)


def _bytes(name: str, events: int, bodies: Sequence[bytes]) -> Figure:
    from zhuisu.events import baseline

    sent = sum(map(len, bodies)) / events
    return Figure(
        name, "bytes on disk an event, all indexes", baseline.bytes_on_disk() / events, "bytes", sent, "its JSON"
    )


def document(number: int, size: int, making: Making | None = None) -> bytes:
    """A document of transformations: three lots in, two serials out, as a dairy sends them; or of what `making` gives."""
    events = [(making or _event)(number * size + place) for place in range(size)]
    return wrapped(events)


def wrapped(events: Sequence[dict[str, Any]]) -> bytes:
    """A document with these events."""
    return json.dumps(
        {
            "@context": [CONTEXT],
            "type": "EPCISDocument",
            "schemaVersion": "2.0",
            "creationDate": "2026-11-20T00:00:00Z",
            "epcisBody": {"eventList": events},
        }
    ).encode()


def _event(number: int) -> dict[str, Any]:
    return {
        "type": "TransformationEvent",
        "eventID": f"urn:uuid:00000000-0000-4000-8000-{number:012d}",
        "eventTime": f"2026-11-{1 + number // 86400 % 28:02d}T{number // 3600 % 24:02d}:{number // 60 % 60:02d}:{number % 60:02d}.000+08:00",
        "eventTimeZoneOffset": "+08:00",
        "inputQuantityList": [
            {"epcClass": f"urn:epc:class:lgtin:9506000.013435.L{number - back}", "quantity": 12.5, "uom": "KGM"}
            for back in (0, 1, 7)
        ],
        "outputEPCList": [f"urn:epc:id:sgtin:9506000.113435.{number * 2 + one}" for one in range(2)],
        "bizStep": "commissioning",
        "disposition": "active",
        "readPoint": {"id": "urn:epc:id:sgln:9506000.00001.0"},
        "bizLocation": {"id": "urn:epc:id:sgln:9506000.00002.0"},
    }


def _object(number: int) -> dict[str, Any]:
    event = _event(number)
    shared = ("eventID", "eventTime", "eventTimeZoneOffset", "readPoint", "bizLocation")
    return {
        "type": "ObjectEvent",
        **{name: event[name] for name in shared},
        "action": "OBSERVE",
        "epcList": [f"urn:epc:id:sgtin:9506000.113435.{number * EPCS + one}" for one in range(EPCS)],
        "bizStep": "shipping",
        "disposition": "in_transit",
    }
