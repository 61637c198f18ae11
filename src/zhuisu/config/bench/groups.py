"""What is measured, in which order, and which figures each group gives."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from importlib import import_module

from zhuisu.config.bench.figures import Figure, NotMeasured, Scale

PACKAGE = "zhuisu.config.bench"


@dataclass(frozen=True, slots=True)
class Group:
    """Measurements that belong together. Each of `steps` is `file.function` and takes a Scale; `gives` are the ids of their figures.

    `tables`: whether each step needs a database of its own, empty.
    """

    name: str
    steps: tuple[str, ...]
    gives: tuple[str, ...]
    tables: bool = True


# fmt: off
GROUPS = (
    Group("reading", ("reading.figures",), ("D1", "D2"), tables=False),
    Group("judging", ("judging.figures",), ("J1", "J2"), tables=False),
    Group("issuing", ("issuing.figures",), ("I1", "I2", "I3", "I4", "I5", "I6", "I7"), tables=False),
    Group("capture", ("capture.figures", "capture.hundreds", "capture.singles", "capture.together", "capture.objects"),
          ("C1s", "C1", "C2", "C2b", "C4", "C1b", "C2c", "C1c", "C1d", "C1e", "C4b")),
    Group("journal", ("journal.figures",), ("A4", "A4b", "A4c", "A4d", "A4e", "A4f", "A4g", "A4h")),
    Group("offered", ("offered.figures",), ("A1", "A1b", "A1c", "A1d", "A1e", "A1f", "A1g", "A1h")),
    Group("streaming", ("streaming.figures",), ("C3", "C3b", "C3c", "C3d")),
    Group("walks", ("walk.figures", "walk.database", "walk.growth", "walk.large"), ("T1", "T1b", "T2", "T2b", "G1", "W-sql", "W-up")),
    Group("fresh", ("fresh.figures", "fresh.behind", "fresh.start", "fresh.start_without"), ("T3", "T3b", "T4", "T4b")),
    Group("balance", ("balance.figures",), ("R1",)),
    Group("recall", ("recall.hundred_thousand", "recall.million"), ("T5", "T5b", "T5c", "T5d")),
    Group("copies", ("copies.figures",), ("R1b", "R1c", "R1d")),
    Group("lookup", ("lookup.figures",), ("L1", "L1b", "L1c", "A5", "A5b", "A5c", "A5d")),
    Group("asking", ("asking.figures",), ("M1",)),
    Group("kill", ("kill.figures",), ("S1", "S1c")),
    Group("crash", ("crash.figures",), ("S1b", "S1d"), tables=False),
    Group("shards", ("shards.figures",), ("X1", "X1b", "X1c", "X1d"), tables=False),
)
# fmt: on


def step_of(name: str) -> Callable[[Scale], Iterable[Figure | NotMeasured]]:
    """The function that a step names."""
    file, _, function = name.partition(".")
    found: Callable[[Scale], Iterable[Figure | NotMeasured]] = getattr(import_module(f"{PACKAGE}.{file}"), function)
    return found
