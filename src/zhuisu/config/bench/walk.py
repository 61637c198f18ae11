"""Walks among millions of lots: both engines, against a compiled walk without times and against other databases, over the same links."""

import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from statistics import median
from typing import TYPE_CHECKING, Any

from zhuisu.config.bench import peers
from zhuisu.config.bench.figures import Figure, NotMeasured, Scale
from zhuisu.config.bench.plain import limit_of

if TYPE_CHECKING:
    from zhuisu.config.bench.lots import Lots
    from zhuisu.lineage.answer import Walk
    from zhuisu.lineage.snapshot.segment import Segment

LOTS = 2_000_000  # with 5.1 M links
REACHES = (1_000, 10_000, 100_000, 1_000_000)
ROUNDS = 7
DATABASE_LOTS = 200_000  # as rows of PostgreSQL, which take long to load
GROWTH_LOTS = 400_000  # 1 M links
GROWTH = (1, 5, 10)
LARGE_LOTS = 10_000_000  # with 25 M links
LARGE_MEMORY = 20  # GiB that building so many takes
RECENT = 20_000  # positions in memory: current.MOST_BEHIND


def figures(scale: Scale) -> Iterator[Figure | NotMeasured]:
    """Down and up from the snapshot, through the service's own function. Needs empty tables."""
    from zhuisu.config.bench.lots import lots, publish

    told = lots(scale.of(LOTS))
    publish(told)
    by = engine()
    limit = limit_of(told)
    down: dict[int, list[int]] = {}
    for wanted in map(scale.of, REACHES):
        starts = down[wanted] = starts_of(told, wanted, limit.run)
        _same(told, starts, limit.run)
        ours, best = in_turn(lambda starts=starts: _walk(told, starts), lambda starts=starts: limit.run(starts))  # type: ignore[misc]
        name = {100_000: "T1", 1_000_000: "T2"}.get(wanted * (LOTS // told.count), f"W{wanted}")
        what = f"walk down to {wanted:,} lots among {told.links:,} links, from {by}"
        yield Figure(name, what, ours * 1e3, "ms", best * 1e3, f"{limit.name}, ms", "walk-down", "snapshot", wanted)
        yield Figure(
            f"{name}l", f"{limit.name}, {wanted:,} lots", best * 1e3, "ms", None, "", "walk-down", limit.name, wanted
        )
    yield _up(told, by)
    yield from _peers(told, down[scale.of(100_000)], limit.run)


def engine() -> str:
    """What walks from here on: a process that serves has compiled its loops by then, where it can."""
    from zhuisu.lineage.snapshot import compiled

    return "the snapshot, compiled" if compiled.load() else "the snapshot, by numpy"


def _up(told: "Lots", by: str) -> Figure:
    back = limit_of(told, up=True)
    start = [told.count]
    reached = back.run(start)
    ours, best = in_turn(lambda: _walk(told, start, "up"), lambda: back.run(start))
    what = f"walk up from a lot to {reached:,} lots, from {by}"
    return Figure("W-up", what, ours * 1e3, "ms", best * 1e3, f"{back.name}, ms", "walk-up", "snapshot", reached)


def _peers(
    told: "Lots", starts: Sequence[int], limit: Callable[[Sequence[int]], int]
) -> Iterator[Figure | NotMeasured]:
    """The same question to other databases: each loads the links and is asked in its own best way. Their counts must be equal."""
    count, taken = limit(starts), []
    for name, made in peers.PEERS.items():
        try:
            peer = made(told)
        except ImportError as error:
            yield NotMeasured(f"W-{name}", f"{error.name} is not installed: the extra `bench` has it")
            continue
        found = peer.run(starts)
        if found != count:
            raise RuntimeError(f"{name} finds {found:,} lots, not {count:,}")
        ours, theirs = in_turn(lambda: _walk(told, starts), lambda peer=peer: peer.run(starts), 3)  # type: ignore[misc]
        peer.close()
        taken.append((theirs, ours, name))
        what = f"{count:,} lots down in {name}"
        yield Figure(f"W-{name}", what, theirs * 1e3, "ms", ours * 1e3, "the snapshot, ms", "walk-down", name, count)
    if taken:
        theirs, ours, name = min(taken)
        what = f"walk down to {count:,} lots, from the snapshot, by the best peer"
        yield Figure("T1b", what, ours * 1e3, "ms", theirs * 1e3, f"{name}, ms")
    else:
        yield NotMeasured("T1b", "no peer is installed: the extra `bench` has them")


def database(scale: Scale) -> Iterator[Figure]:
    """The engine that reads the database, by a recursive query that knows no times. Needs empty tables."""
    from zhuisu.config.bench.lots import lots, store
    from zhuisu.events.trade import recursive_query

    told = lots(scale.of(DATABASE_LOTS))
    store(told)
    starts = starts_of(told, scale.of(DATABASE_LOTS) // 20, limit_of(told).run)
    ours, theirs = in_turn(lambda: _walk(told, starts), lambda: recursive_query(starts), 3)
    reached = len(_walk(told, starts).items)
    what = f"walk down to {reached:,} lots, from the database"
    yield Figure(
        "W-sql",
        what,
        ours * 1e3,
        "ms",
        theirs * 1e3,
        "a recursive query without times, ms",
        "walk-down",
        "SQL",
        len(starts),
    )


def growth(scale: Scale) -> Iterator[Figure]:
    """The same answer among more and more that has nothing to do with it. Needs empty tables."""
    from zhuisu.config.bench.lots import among, lots, stretch

    engine()
    own = lots(scale.of(GROWTH_LOTS))
    starts = starts_of(own, own.count // 20, limit_of(own).run)
    links, asking = [], []
    for times in GROWTH:
        told, numbers = among(own, times)
        asked = [int(numbers[start]) for start in starts]
        links.append(told.links)
        asking.append(partial(answered, asked, [stretch(told, 0, told.count)], told.count))
    reached = [len(ask().items) for ask in asking]
    rounds = [[_seconds(ask) for ask in asking] for _ in range(ROUNDS)]  # in turns: the machine's speed drifts
    taken = [median(each) * 1e3 for each in zip(*rounds, strict=True)]
    for place, times in enumerate(GROWTH):
        name = "G1" if times == GROWTH[-1] else f"G1-{times}"
        what = f"the same {reached[place]:,} lots among {links[place]:,} links"
        told_of = "among a tenth of them, ms"
        yield Figure(name, what, taken[place], "ms", taken[0], told_of, "growth", "snapshot", links[place])


def large(scale: Scale) -> Iterator[Figure | NotMeasured]:
    """Half of ten million lots. Needs empty tables."""
    from zhuisu.config.bench.figures import machine
    from zhuisu.config.bench.lots import lots, publish

    if not scale.quick and machine()["memory_gib"] < LARGE_MEMORY:
        yield NotMeasured(
            "T2b", f"25 M links are built in {LARGE_MEMORY} GiB of memory, which this machine does not have"
        )
        return
    told = lots(scale.of(LARGE_LOTS))
    publish(told)
    by = engine()
    limit = limit_of(told)
    starts = starts_of(told, told.count * 53 // 100, limit.run)
    ours, best = in_turn(lambda: _walk(told, starts), lambda: limit.run(starts), 3)
    what = f"walk down to {limit.run(starts):,} lots among {told.links:,} links, from {by}"
    yield Figure("T2b", what, ours, "s", best, f"{limit.name}, s")


def in_turn(one: Callable[[], object], other: Callable[[], object], rounds: int = ROUNDS) -> tuple[float, float]:
    """The median seconds of both, taken alternately: the machine's speed drifts."""
    one()
    other()
    taken = [(_seconds(one), _seconds(other)) for _ in range(rounds)]
    return median(mine for mine, _ in taken), median(theirs for _, theirs in taken)


def _seconds(action: Callable[[], object]) -> float:
    begun = time.perf_counter()
    action()
    return time.perf_counter() - begun


def _walk(told: "Lots", starts: Sequence[int], direction: Any = "down") -> "Walk":
    from zhuisu.lineage.queries import Limits, walk

    return walk(starts, direction, position=told.count, limits=Limits(max_items=100_000_000, max_depth=1_000))


def answered(starts: Sequence[int], segments: "Sequence[Segment]", upto: int) -> "Walk":
    """The answer of the walk down over these segments, the first `upto` positions of a log, without a database."""
    from zhuisu.lineage.answer import Limits, Portions, Walk
    from zhuisu.lineage.engines import run
    from zhuisu.lineage.snapshot.view import View
    from zhuisu.lineage.telling import fill

    answer = Walk("down", list(starts), upto, None, None)
    fill(answer, run(answer, Limits(10**9, 10**6), Portions.PACKED_AFTER, View(segments, upto)))
    return answer


def _same(told: "Lots", starts: Sequence[int], limit: Callable[[Sequence[int]], int]) -> None:
    mine, theirs = len(_walk(told, starts).items), limit(starts)
    if mine != theirs:
        raise RuntimeError(f"the walk reaches {mine:,} lots, the plain one {theirs:,}")


def starts_of(told: "Lots", wanted: int, limit: Callable[[Sequence[int]], int]) -> list[int]:
    """The one lot whose descendants are nearest to as many as wanted; where none has half as many, so many of the first lots."""
    step = max(1, told.count // 600)
    single = min(range(1, told.count // 2, step), key=lambda lot: abs(limit([lot]) - wanted))
    if 2 * limit([single]) >= wanted:
        return [single]
    low, high = 1, told.count
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if limit(range(1, middle + 1)) >= wanted else (middle + 1, high)
    return list(range(1, low + 1))
