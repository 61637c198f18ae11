"""kill -9 in the middle of capture: what was acknowledged is there, once; no document by half. On the bench's own database."""

import os
import secrets
import select
import signal
from collections.abc import Iterator
from itertools import count

from zhuisu.config.bench.capture import wrapped
from zhuisu.config.bench.figures import Figure, Scale, seconds
from zhuisu.config.cli.common import now, platform_organisation

KILLS = 200
EVENTS = 40  # of one document
PREFIX = "urn:zhuisu:bench:kill:"
# A child that was not killed in time has so long to end by itself.
PATIENCE_SECONDS = 30.0


def figures(scale: Scale) -> Iterator[Figure]:
    """Children that capture one document each are killed at random moments, and the document is sent again. Needs empty tables."""
    kills, spare = scale.of(KILLS), count(-9, 1)
    organisation = platform_organisation().pk
    capture(-1, organisation)  # what a child needs is loaded before it is born
    usual = seconds(lambda: _sent(next(spare), organisation, PATIENCE_SECONDS))
    rng = secrets.SystemRandom()
    killed = halves = unheard = documents = 0
    while killed < kills:
        done = False
        while not done:
            acknowledged, was_killed = _sent(documents, organisation, rng.uniform(0, 1.3) * usual)
            killed += was_killed
            stored = _stored(documents)
            halves += stored not in (0, EVENTS)
            unheard += was_killed and not acknowledged and stored == EVENTS
            done = acknowledged or (killed >= kills and capture(documents, organisation))
        documents += 1
    lost, doubled = wrong(documents)
    what = f"{killed} × kill -9 while capturing {documents} documents of {EVENTS} events"
    yield Figure("S1", f"{what}: events lost, doubled, documents by half", lost + doubled + halves, "", killed, "kills")
    yield Figure("S1c", f"{what}: kills after the commit, before the answer", unheard, "", killed, "kills")


def capture(number: int, organisation: int) -> bool:
    """Take in the document of this number; True when it is durable."""
    from zhuisu.events.services import receive

    receive(
        _document(number), media_type=None, organisation=organisation, by="system:bench", at=now(), project_now=True
    )
    return True


def _sent(number: int, organisation: int, after: float) -> tuple[bool, bool]:
    """Whether the child told that it has it, and whether it was killed after so many seconds."""
    from django.db import connection

    connection.close()  # a connection must not be in two processes
    hears, tells = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            capture(number, organisation)
            os.write(tells, b"1")
        finally:
            os._exit(0)
    os.close(tells)
    try:
        killed = not select.select([hears], [], [], after)[0]
        if killed:
            os.kill(child, signal.SIGKILL)
        select.select([hears], [], [], PATIENCE_SECONDS)
        return os.read(hears, 1) == b"1", killed
    finally:
        os.close(hears)
        os.waitpid(child, 0)


def _stored(number: int) -> int:
    """How many events of a document are there."""
    from zhuisu.events import baseline

    return sum(baseline.stored(f"{PREFIX}{number}:").values())


def wrong(documents: int) -> tuple[int, int]:
    """How many events are missing, and how many are there more than once."""
    from zhuisu.events import baseline

    held = baseline.stored(PREFIX)
    wanted = [f"{PREFIX}{number}:{place}" for number in range(documents) for place in range(EVENTS)]
    return sum(name not in held for name in wanted), sum(held.get(name, 0) > 1 for name in wanted)


def _document(number: int) -> bytes:
    events = [
        {
            "type": "ObjectEvent",
            "eventID": f"{PREFIX}{number}:{place}",
            "eventTime": "2026-11-20T08:00:00Z",
            "eventTimeZoneOffset": "+08:00",
            "action": "OBSERVE",
            "epcList": [f"urn:epc:id:sgtin:9506000.013435.{(number + 9) * EVENTS + place}"],
        }
        for place in range(EVENTS)
    ]
    return wrapped(events)
