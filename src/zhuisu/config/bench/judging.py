"""Judging: events by the sector with the most rules, against reading and hashing the same events."""

from collections.abc import Iterator
from itertools import cycle, islice

import msgspec

from zhuisu import epcis, sectors
from zhuisu.config.bench.figures import Figure, Scale, seconds
from zhuisu.epcis.write import CONTEXT
from zhuisu.profiles.examples import CONTEXT as FIELDS
from zhuisu.profiles.examples import Example, examples
from zhuisu.profiles.judge import Judge

EVENTS = 1_000


def figures(scale: Scale) -> Iterator[Figure]:
    """Events judged per second, all facts at hand; and how long it takes to load all sectors."""
    size = scale.of(EVENTS)
    judge = heaviest()
    held = list(islice(cycle(examples(sectors.FOLDER / judge.profile.id)), size))
    body = document(held)

    def judge_all() -> None:
        for one in held:
            judge.findings(one.event, one.facts)

    def read_all() -> None:
        for event in epcis.read(body).events:
            if isinstance(event, epcis.Event):
                epcis.identity(event)
                epcis.digest(event)

    yield Figure(
        "J1",
        f"events judged, sector {judge.profile.id} ({sum(map(len, judge.rules.values()))} rules)",
        size / seconds(judge_all),
        "events/s",
        size / seconds(read_all),
        "the same events read and hashed",
    )

    def load_all() -> None:
        sectors.all.cache_clear()
        sectors.all()

    yield Figure("J2", f"all {len(sectors.all())} sectors loaded and checked", seconds(load_all) * 1000, "ms")


def heaviest() -> Judge:
    """Who judges by the newest edition with the most rules."""
    judges = [Judge(sector.editions[0]) for sector in sectors.all().values()]
    return max(judges, key=lambda one: sum(map(len, one.rules.values())))


def document(held: list[Example]) -> bytes:
    """The events of examples as one EPCIS document."""
    head = {
        "@context": [CONTEXT, FIELDS],
        "type": "EPCISDocument",
        "schemaVersion": "2.0",
        "creationDate": held[0].event.event_time_text,
    }
    body = b'"epcisBody":{"eventList":[' + b",".join(one.event.raw for one in held) + b"]}}"
    return msgspec.json.encode(head)[:-1] + b"," + body
