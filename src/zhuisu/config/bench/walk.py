"""Walks: the frontier engine against a recursive query without times over the same links, in the same run."""

import time
from collections.abc import Callable, Iterator
from statistics import median

from zhuisu.config.bench.figures import Figure

ROUNDS = 5


def figures(reach: int) -> Iterator[Figure]:
    """A walk down that reaches `reach` items: made only, then all of them packed in cases on pallets. Needs empty tables."""
    from zhuisu.events import baseline

    baseline.make(reach)
    yield _down("T1", f"walk down to {reach:,} items, made only, seconds")
    baseline.pack()
    yield _down("T2", f"walk down to {reach:,} items, packed twice, seconds")


def _down(name: str, what: str) -> Figure:
    from zhuisu.events import baseline
    from zhuisu.lineage.queries import Limits, walk

    limits, position = Limits(max_items=10_000_000), baseline.position()
    ours, theirs = _in_turn(
        lambda: walk([baseline.START], "down", position=position, limits=limits), baseline.recursive_query
    )
    return Figure(name, what, ours, "s", theirs, "a recursive query without times, s")


def _in_turn(one: Callable[[], object], other: Callable[[], object]) -> tuple[float, float]:
    """The median seconds of both, taken alternately: the machine's speed drifts."""
    taken: tuple[list[float], list[float]] = ([], [])
    for _ in range(ROUNDS):
        for action, times in zip((one, other), taken, strict=True):
            begun = time.perf_counter()
            action()
            times.append(time.perf_counter() - begun)
    return median(taken[0]), median(taken[1])
