"""Walks: both engines, against a recursive query and against a walk over arrays that knows no times, over the same links."""

import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

from zhuisu.config.bench.figures import Figure, seconds

if TYPE_CHECKING:
    from zhuisu.lineage.answer import Walk
    from zhuisu.lineage.snapshot.segment import Segment

ROUNDS = 5
NO_TIMES = "a walk over arrays without times, ms"


def figures(reach: int) -> Iterator[Figure]:
    """A walk down that reaches `reach` items: made only, then all of them packed in cases on pallets. Needs empty tables."""
    from zhuisu.events import baseline

    with _home_of_its_own():
        baseline.make(reach)
        yield _down("T1", f"walk down to {reach:,} items, made only, seconds")
        baseline.pack()
        yield _down("T2", f"walk down to {reach:,} items, packed twice, seconds")


def from_snapshot(reach: int, *, kept: bool = True) -> Iterator[Figure]:
    """The same walks from a snapshot; `kept`: also what it costs to have one. Needs empty tables."""
    from zhuisu.events import baseline

    with _home_of_its_own():
        baseline.make(reach)
        yield _snapshot("T3", f"walk down to {reach:,} items from the snapshot, made only")
        baseline.pack()
        yield _snapshot("T4", f"walk down to {reach:,} items from the snapshot, packed twice")
        if kept:
            yield from _keeping()


def _down(name: str, what: str) -> Figure:
    from zhuisu.events import baseline

    ours, theirs = _in_turn(_walk, baseline.recursive_query)
    return Figure(name, what, ours, "s", theirs, "a recursive query without times, s")


def _walk() -> "Walk":
    from zhuisu.events import baseline
    from zhuisu.lineage.queries import Limits, walk

    return walk([baseline.START], "down", position=baseline.position(), limits=Limits(max_items=10_000_000))


def _snapshot(name: str, what: str) -> Figure:
    """Through the service's own function: the position asked of the database, the answer ready to be looked at."""
    from zhuisu.lineage.snapshot import keeper

    held: list[Segment] = []
    keeper.keep(held)
    plain = plain_walk(held[0]) if len(held) == 1 else plain_walk(_one(held))
    _walk()
    ours, theirs = _in_turn(_walk, plain)
    return Figure(name, what, ours * 1000, "ms", theirs * 1000, NO_TIMES)


def _one(held: "list[Segment]") -> "Segment":
    from zhuisu.lineage.snapshot.merge import merge

    whole = held[0]
    for each in held[1:]:
        whole = merge(whole, each)
    return whole


def plain_walk(segment: "Segment") -> Callable[[], int]:
    """Breadth first over the same links, in arrays without times, voids or codes: as fast as a walk in numpy can be.

    What goes into an event comes out of it; what is packed is in its container.
    """
    import numpy as np

    from zhuisu.events import baseline
    from zhuisu.events.vocabulary import Role
    from zhuisu.lineage.snapshot.segment import Array

    arrays = segment.arrays
    events = np.repeat(np.arange(segment.events), np.diff(arrays["start"]))
    size = int(arrays["item"].max()) + 1
    into = np.isin(arrays["role"], (Role.INPUT, Role.PACKED))
    out = np.isin(arrays["role"], (Role.OUTPUT, Role.PACK_PARENT))

    def table(near: Array, far: Array, rows: int) -> tuple[Array, Array]:
        order = np.argsort(near, kind="stable")
        return np.r_[0, np.cumsum(np.bincount(near, minlength=rows))], far[order]

    to_event = table(arrays["item"][into], events[into], size)
    to_item = table(events[out], arrays["item"][out], segment.events)

    slot = np.zeros(max(size, segment.events), np.int32)

    def run() -> int:
        seen_item, seen_event = np.zeros(size, bool), np.zeros(segment.events, bool)
        frontier, found = np.array([baseline.START]), 1
        seen_item[frontier] = True
        while len(frontier):
            for (starts, targets), seen in ((to_event, seen_event), (to_item, seen_item)):
                counts = starts[frontier + 1] - starts[frontier]
                before = np.cumsum(counts) - counts
                at = np.arange(counts.sum()) + np.repeat(starts[frontier] - before, counts)
                reached = targets[at]
                reached = reached[~seen[reached]]
                seen[reached] = True
                place = np.arange(len(reached), dtype=np.int32)
                slot[reached] = place
                frontier = reached[slot[reached] == place]
            found += len(frontier)
        return found

    return run


def _keeping() -> Iterator[Figure]:
    """What having a snapshot costs: bytes, reading it out of the log, opening it, and a walk just behind the log."""
    from zhuisu.lineage.snapshot import current, extract, files, keeper

    last = keeper.last_position()
    begun = time.perf_counter()
    segment = extract.read(0, last, 0)
    taken = time.perf_counter() - begun
    yield Figure("T5", "bytes of the snapshot for a fact", segment.size / segment.facts, "B")
    yield Figure("T6", "facts read out of the log", segment.facts / taken, "facts/s")
    opening = seconds(files.chain)
    yield Figure("T7", f"opening and checking {segment.size / 1e6:.0f} MB", opening * 1000, "ms")
    keeper.keep([])
    whole = seconds(_walk, ROUNDS)
    (path,) = list(files.folder().glob("*.facts"))
    path.unlink()
    files.publish([files.write(extract.read(0, last - last // 50, 0))])
    current.forget()
    _walk()
    behind = seconds(_walk, ROUNDS)
    yield Figure(
        "T8", "walk with the last 2 % of the log in memory", behind * 1000, "ms", whole * 1000, "with none, ms"
    )


@contextmanager
def _home_of_its_own() -> Iterator[None]:
    """The node's own snapshot is of another log, and stays as it is."""
    from django.test.utils import override_settings

    from zhuisu.lineage.snapshot import current

    with tempfile.TemporaryDirectory() as folder, override_settings(HOME=Path(folder)):
        current.forget()
        try:
            yield
        finally:
            current.forget()


def _in_turn(one: Callable[[], object], other: Callable[[], object]) -> tuple[float, float]:
    """The median seconds of both, taken alternately: the machine's speed drifts."""
    taken: tuple[list[float], list[float]] = ([], [])
    for _ in range(ROUNDS):
        for action, times in zip((one, other), taken, strict=True):
            begun = time.perf_counter()
            action()
            times.append(time.perf_counter() - begun)
    return median(taken[0]), median(taken[1])
