"""What no walk can be faster than: breadth first over bare links, without times, voids, codes or an answer. Compiled where numba is."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from zhuisu.config.bench.lots import Lots


@dataclass(frozen=True, slots=True)
class Limit:
    """`run` gives how many lots the starts reach, themselves too."""

    name: str
    run: Callable[[Sequence[int]], int]


def limit_of(told: "Lots", *, up: bool = False) -> Limit:
    """The fastest that this machine can do: a compiled queue where numba is installed, else whole levels in numpy."""
    near, far = (told.target, told.source) if up else (told.source, told.target)
    order = np.argsort(near, kind="stable")
    begin = np.r_[0, np.cumsum(np.bincount(near, minlength=told.count + 1))].astype(np.int32)
    links = far[order].astype(np.int32)
    queue = _compiled()
    if queue is None:
        return Limit("arrays in numpy, without times", lambda starts: _levels(begin, links, starts))
    return Limit(
        "compiled walk without times",
        lambda starts: int(
            queue(
                begin, links, np.array(starts, np.int32), np.zeros(len(begin), np.uint8), np.empty(len(begin), np.int32)
            )
        ),
    )


@cache
def _compiled() -> Any:
    """The queue as machine code; None where numba is not installed."""
    try:
        numba: Any = import_module("numba")
    except ImportError:
        return None
    return numba.njit(_queue)


def _queue(begin: Any, links: Any, starts: Any, seen: Any, queue: Any) -> Any:
    tail = 0
    for start in starts:
        seen[start] = 1
        queue[tail] = start
        tail += 1
    head = 0
    while head < tail:
        one = queue[head]
        head += 1
        for link in range(begin[one], begin[one + 1]):
            other = links[link]
            if seen[other] == 0:
                seen[other] = 1
                queue[tail] = other
                tail += 1
    return tail


def _levels(begin: Any, links: Any, starts: Sequence[int]) -> int:
    seen, slot = np.zeros(len(begin), bool), np.zeros(len(begin), np.int32)
    frontier = np.array(starts, np.int64)
    seen[frontier] = True
    found = 0
    while len(frontier):
        found += len(frontier)
        counts = begin[frontier + 1] - begin[frontier]
        before = np.cumsum(counts) - counts
        reached = links[np.arange(counts.sum()) + np.repeat(begin[frontier] - before, counts)]
        reached = reached[~seen[reached]]
        seen[reached] = True
        slot[reached] = np.arange(len(reached))
        frontier = reached[slot[reached] == np.arange(len(reached))].astype(np.int64)
    return found
