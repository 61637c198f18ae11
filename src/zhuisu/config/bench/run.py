"""Runs groups of measurements, each apart from the others: what fails is told in its place and stops nothing else."""

import time
import traceback
from collections.abc import Callable, Iterable
from contextlib import nullcontext
from dataclasses import dataclass, field
from typing import Any

from zhuisu.config.bench.figures import Figure, NotMeasured, Scale
from zhuisu.config.bench.goals import judged
from zhuisu.config.bench.groups import GROUPS, Group, step_of
from zhuisu.config.bench.scratch import scratch_database


@dataclass(slots=True)
class Ran:
    """What one group gave, how long it took, and what went wrong, a line for each step that failed."""

    name: str
    seconds: float = 0.0
    found: list[Figure | NotMeasured] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)


def run(groups: Iterable[Group], scale: Scale, tell: Callable[[str], object]) -> list[Ran]:
    """One group after the other; `tell` hears which one is measured, and how long it took."""
    ran = []
    for group in groups:
        tell(f"{group.name} …")
        ran.append(_one(group, scale))
        tell("\n".join([f"{group.name}: {ran[-1].seconds:.0f} s", *ran[-1].failed]))
    return ran


def _one(group: Group, scale: Scale) -> Ran:
    ran, begun = Ran(group.name), time.perf_counter()
    for step in group.steps:
        try:
            with scratch_database() if group.tables else nullcontext():
                ran.found += step_of(step)(scale)
        except Exception as error:
            ran.failed.append(f"{step}: {_told(error)}")
    ran.seconds = round(time.perf_counter() - begun, 1)
    return ran


def _told(error: Exception) -> str:
    """One line: what, and where in our own code."""
    (*_, last) = traceback.extract_tb(error.__traceback__)
    lines = str(error).strip().splitlines() or [""]
    return f"{type(error).__name__}: {lines[0]} ({last.filename.rpartition('/')[2]}:{last.lineno})"


def report(ran: Iterable[Ran], scale: Scale, about: dict[str, Any]) -> dict[str, Any]:
    """All that a run found, as its JSON document has it. `about`: machine and time."""
    ran = list(ran)
    found = [one for each in ran for one in each.found]
    return about | {
        "size": "quick" if scale.quick else "full",
        "goals": judged(found, scale, _absent(ran)),
        "figures": [one.as_row() for one in found if isinstance(one, Figure)],
        "not_measured": [{"id": one.id, "why": one.why} for one in found if isinstance(one, NotMeasured)],
        "groups": [{"name": each.name, "seconds": each.seconds, "failed": each.failed} for each in ran],
    }


def _absent(ran: Iterable[Ran]) -> dict[str, str]:
    """Why a figure is not there: its group was not asked for, failed, or did not give it."""
    by_name = {each.name: each for each in ran}
    absent: dict[str, str] = {}
    for group in GROUPS:
        one = by_name.get(group.name)
        if one is None:
            why = f"group {group.name} was not asked for"
        elif one.failed:
            why = f"group {group.name} failed: {'; '.join(one.failed)}"
        else:
            why = f"group {group.name} did not give it"
        absent |= dict.fromkeys(group.gives, why)
    return absent
