"""Capture: whole documents through `receive`, against COPY of the same rows into the same indexed tables."""

import json
import time
from collections.abc import Iterator
from typing import Any

from zhuisu.config.bench.figures import Figure
from zhuisu.config.cli.common import now, platform_organisation

CONTEXT = "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"


def figures(documents: int, size: int) -> Iterator[Figure]:
    """Rates for documents of `size` events: new ones, and the same again."""
    from zhuisu.events import baseline
    from zhuisu.events.sequencer import publish
    from zhuisu.events.services import receive

    organisation = platform_organisation().pk
    bodies = [document(number, size) for number in range(documents)]
    total = documents * size

    def send() -> float:
        begun = time.perf_counter()
        for body in bodies:
            receive(body, media_type=None, organisation=organisation, by="system:bench", at=now(), project_now=True)
        publish(now())
        return time.perf_counter() - begun

    taken = send()
    raw = baseline.copy_rate()
    yield Figure(
        "C1",
        f"capture, documents of {size} events, published",
        total / taken,
        "events/s",
        raw,
        "the same rows by COPY, indexed",
    )
    yield Figure("C2", "the same documents again (duplicates)", total / send(), "events/s", total / taken, "first time")
    yield Figure(
        "C4",
        "bytes on disk an event, all indexes",
        baseline.bytes_on_disk() / total,
        "bytes",
        len(bodies[0]) / size,
        "bytes of its JSON",
    )


def document(number: int, size: int) -> bytes:
    """A document of transformations: three lots in, two serials out, as a dairy sends them."""
    events = [_event(number * size + place) for place in range(size)]
    body = {
        "@context": [CONTEXT],
        "type": "EPCISDocument",
        "schemaVersion": "2.0",
        "creationDate": "2026-11-20T00:00:00Z",
    }
    return json.dumps(body | {"epcisBody": {"eventList": events}}).encode()


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
