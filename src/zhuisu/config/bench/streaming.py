"""A document that is longer than memory: made while it is read, in a process of its own, against the plain JSON decoder."""

import json
import time
from collections.abc import Iterator
from typing import Any

from zhuisu import epcis
from zhuisu.config.bench.child import apart
from zhuisu.config.bench.figures import MIB, Figure, Scale

OCTETS = 1_000_000_000
# Judging every event of a gigabyte takes minutes; its speed does not depend on the length.
READ_PART = 50
PIECE = 256 * 1024
HEAD = (
    b'{"@context":["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"],"type":"EPCISDocument",'
    b'"schemaVersion":"2.0","creationDate":"2026-11-20T00:00:00Z","epcisBody":{"eventList":['
)
TAIL = b"]}}"
EVENT = (
    b'{"type":"ObjectEvent","action":"OBSERVE","eventTime":"2026-11-20T08:00:00Z","eventTimeZoneOffset":"+08:00",'
    b'"epcList":["urn:epc:id:sgtin:9506000.013435.%d"],"bizStep":"shipping","disposition":"in_transit",'
    b'"readPoint":{"id":"urn:epc:id:sgln:9506000.00001.0"}}'
)


def figures(scale: Scale) -> Iterator[Figure]:
    """Memory for a gigabyte that is captured, and events a second: form judged as it arrives, and every event read. Needs tables."""
    octets = scale.of(OCTETS)
    said = f"document of {octets // 1_000_000:,} MB"
    kept, look = apart("streaming.received", octets), apart("streaming.looked", octets)
    read, plain = apart("streaming.read", octets // READ_PART), apart("streaming.decoded", octets // READ_PART)
    rate = plain["events"] / plain["taken"]
    grown = max(one["peak"] - one["peak_before"] for one in (kept, look, read)) / MIB
    yield Figure(
        "C3",
        f"{said}: growth of memory while it is taken in",
        grown,
        "MB",
        octets / MIB,
        "of the document, MB",
    )
    yield Figure(
        "C3b",
        f"{said}: events taken in, form judged",
        look["events"] / look["taken"],
        "events/s",
        rate,
        "json.loads of each, events/s",
    )
    yield Figure("C3d", f"{said}: taken in and durable", kept["taken"], "s", look["taken"], "form judged alone, s")
    yield Figure(
        "C3c",
        f"the same events read, validated, ready to be hashed ({read['events']:,} of them)",
        read["events"] / read["taken"],
        "events/s",
        rate,
        "json.loads of each, events/s",
    )


def pieces(octets: int) -> Iterator[bytes]:
    """About so many octets of one document, never more of it in memory than a piece."""
    held, made, number = [HEAD], len(HEAD), 0
    size = len(HEAD)
    while made < octets:
        event = (b"," if number else b"") + EVENT % number
        held.append(event)
        number += 1
        made += len(event)
        size += len(event)
        if size >= PIECE:
            yield b"".join(held)
            held, size = [], 0
    yield b"".join([*held, TAIL])


def making(octets: int) -> float:
    """Seconds that making the pieces takes: not the reader's."""
    begun = time.process_time()
    for _ in pieces(octets):
        continue
    return time.process_time() - begun


def received(octets: int) -> dict[str, Any]:
    """Captured as it arrives: judged, sealed, durable. Its events wait for the worker, who takes them as `read` does."""
    from zhuisu.config.cli.common import now, platform_organisation
    from zhuisu.events.large import receive_large

    organisation, begun = platform_organisation().pk, time.perf_counter()
    receive_large(pieces(octets), media_type=None, organisation=organisation, by="system:bench", at=now())
    return {"taken": time.perf_counter() - begun}


def looked(octets: int) -> dict[str, Any]:
    """As it comes from the wire: form judged, events counted."""
    begun = time.process_time()
    _, events = epcis.look(pieces(octets))
    return {"taken": time.process_time() - begun - making(octets), "events": events}


def read(octets: int) -> dict[str, Any]:
    """Every event."""
    begun = time.process_time()
    _, found = epcis.stream(lambda: pieces(octets))
    events = sum(isinstance(one, epcis.Event) for one in found)
    return {"taken": time.process_time() - begun - making(octets), "events": events}


def decoded(octets: int) -> dict[str, Any]:
    """What Python's own decoder needs for each event alone."""
    event = (EVENT % 1_000_000).decode()
    count = octets // len(event)
    begun = time.process_time()
    for _ in range(count):
        json.loads(event)
    return {"taken": time.process_time() - begun, "events": count}
