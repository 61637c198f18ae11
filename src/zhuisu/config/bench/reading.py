"""Reading: codes, and documents into events with their hash and digest, against the plain JSON decoder."""

import json
from collections.abc import Iterator

from zhuisu import codes, epcis
from zhuisu.config.bench.capture import document
from zhuisu.config.bench.figures import Figure, Scale, seconds

EVENTS = 1_000


def figures(scale: Scale) -> Iterator[Figure]:
    """Codes and events per second."""
    size = scale.of(EVENTS)
    urns = [f"urn:epc:id:sgtin:9506000.113435.{number}" for number in range(size * 10)]

    def read_codes() -> None:
        codes.parse_epc.cache_clear()
        for urn in urns:
            codes.parse_epc(urn)

    def split_codes() -> None:
        for urn in urns:
            urn.split(":")

    yield Figure(
        "D1",
        "codes read, all new",
        len(urns) / seconds(read_codes),
        "codes/s",
        len(urns) / seconds(split_codes),
        "str.split",
    )
    body = document(0, size)

    def read_events() -> None:
        for event in epcis.read(body).events:
            if isinstance(event, epcis.Event):
                epcis.identity(event)
                epcis.digest(event)

    yield Figure(
        "D2",
        "events read, validated, hashed and digested",
        size / seconds(read_events),
        "events/s",
        size / seconds(lambda: json.loads(body)),
        "json.loads",
    )
