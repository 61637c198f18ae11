"""How soon a link is in a walk, what the newest links cost, and how soon a node that starts can answer."""

import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

from zhuisu.config.bench import child
from zhuisu.config.bench.capture import wrapped
from zhuisu.config.bench.figures import Figure, Scale
from zhuisu.config.bench.plain import limit_of
from zhuisu.config.bench.walk import LOTS, RECENT, answered, engine, in_turn, starts_of

if TYPE_CHECKING:
    from zhuisu.config.bench.lots import Lots

LINKS = 200  # that are told one by one
BEFORE = 20  # documents of 500 links each that are there already
EVENTS_A_DOCUMENT = 500
REACH = 100_000  # lots of the first walk, as of T1
DAWN = datetime(2026, 3, 1, tzinfo=UTC)


def figures(scale: Scale) -> Iterator[Figure]:
    """From the receipt of a document to the walk that shows its link: publishing as the worker does it, then asking. Needs empty tables."""
    from zhuisu import codes
    from zhuisu.events.queries import item_by_code
    from zhuisu.lineage.queries import walk
    from zhuisu.lineage.snapshot import keeper

    for n in range(scale.of(BEFORE) + 1):
        _tell(_document([(f"s{n}", f"t{n}-{each}") for each in range(EVENTS_A_DOCUMENT)]))
    _publish()
    keeper.keep([])
    taken, asking = [], []
    for n in range(scale.rounds(LINKS)):
        _tell(_document([("s0", f"new{n}")]))
        begun = time.perf_counter()
        _publish()
        start = item_by_code(codes.parse_epc("urn:zhuisu:bench:s0"))
        asked = time.perf_counter()
        found = walk([start.id], "down").items if start else {}
        taken.append(time.perf_counter() - begun)
        asking.append(time.perf_counter() - asked)
        if not any(one.canonical.endswith(f":new{n}") for one in found.values()):
            raise RuntimeError(f"the link of round {n} is not in the walk")
    worst = sorted(taken)[int(len(taken) * 0.99) - 1]
    yield Figure(
        "T3",
        "from acknowledgement to the walk that shows it, p99",
        worst,
        "s",
        sorted(asking)[len(asking) // 2],
        "asking, median, s",
    )


def _publish() -> None:
    from django.utils import timezone

    from zhuisu.events.sequencer import publish

    publish(timezone.now())


def _tell(document: bytes) -> None:
    from django.utils import timezone

    from zhuisu import codes
    from zhuisu.accounts.models import Organisation
    from zhuisu.events.services import receive

    party = codes.parse_epc("urn:zhuisu:bench:firm").canonical
    firm, _ = Organisation.objects.get_or_create(name="Bench", party=party, kind="enterprise")
    receive(document, media_type="application/json", organisation=firm.pk, by="bench", at=timezone.now())


def _document(links: Sequence[tuple[str, str]]) -> bytes:
    events = [
        {
            "type": "TransformationEvent",
            "eventTime": (DAWN + timedelta(seconds=n)).isoformat(),
            "eventTimeZoneOffset": "+08:00",
            "inputEPCList": [f"urn:zhuisu:bench:{source}"],
            "outputEPCList": [f"urn:zhuisu:bench:{target}"],
        }
        for n, (source, target) in enumerate(links)
    ]
    return wrapped(events)


def behind(scale: Scale) -> Iterator[Figure]:
    """A walk whose newest links are in a stretch of their own, by the same from one stretch. Needs empty tables."""
    from zhuisu.config.bench.lots import lots, stretch

    engine()
    told = lots(scale.of(LOTS))
    cut = told.count - scale.of(RECENT)
    starts = list(range(1, told.count // 2_000))

    def walk(segments: Any) -> int:
        return len(answered(starts, segments, told.count).items)

    whole = [stretch(told, 0, told.count)]
    parts = [stretch(told, 0, cut), stretch(told, cut, told.count)]
    if (reached := walk(parts)) != walk(whole):
        raise RuntimeError("a stretch of its own changes the answer")
    ours, theirs = in_turn(partial(walk, parts), partial(walk, whole))
    what = f"walk to {reached:,} lots, the last {told.count - cut:,} positions in memory"
    yield Figure("T3b", what, ours * 1e3, "ms", theirs * 1e3, "with none, ms")


def start(scale: Scale) -> Iterator[Figure]:
    """A new process to its first answer, with a snapshot. Needs empty tables."""
    from zhuisu.config.bench.lots import lots, publish

    told = lots(scale.of(LOTS))
    publish(told)
    what = f"from start to the first walk among {told.links:,} links, with a snapshot"
    yield _started("T4", what, told, scale.of(REACH))


def start_without(scale: Scale) -> Iterator[Figure]:
    """The same where there is none: the database answers. Needs empty tables; rows take minutes to load."""
    from zhuisu.config.bench.lots import lots, store

    told = lots(scale.of(LOTS))
    store(told)
    what = f"from start to the first walk among {told.links:,} links, without one"
    yield _started("T4b", what, told, scale.of(REACH))


def _started(name: str, what: str, told: "Lots", reach: int) -> Figure:
    limit = limit_of(told).run
    starts = starts_of(told, reach, limit)
    begun = time.time()
    found = child.apart("fresh.first", starts, told.count)
    if found["items"] != (right := limit(starts)):
        raise RuntimeError(f"the first walk reaches {found['items']:,} lots, the plain one {right:,}")
    taken = found["answered"] - begun
    return Figure(name, f"{what}: {right:,} lots", taken, "s", found["taken"], "of that the walk, s")


def first(starts: Sequence[int], position: int) -> dict[str, Any]:
    """The first walk of a process. `answered`: seconds since 1970, a clock that both processes share."""
    from zhuisu.lineage.queries import Limits, walk

    begun = time.time()
    found = len(walk(starts, "down", position=position, limits=Limits(max_items=10_000_000)).items)
    answered = time.time()
    return {"items": found, "answered": answered, "taken": answered - begun}
