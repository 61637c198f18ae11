"""What a measurement is, and how it is taken."""

import os
import platform
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from statistics import median
from typing import Any


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured value and the baseline it is to be read against."""

    id: str
    what: str
    value: float
    unit: str
    baseline: float | None = None
    baseline_what: str = ""

    def as_row(self) -> dict[str, Any]:
        """With the ratio value / baseline."""
        ratio = round(self.value / self.baseline, 3) if self.baseline else None
        return asdict(self) | {"value": round(self.value, 4), "ratio": ratio}


def seconds(action: Callable[[], object], rounds: int = 3) -> float:
    """The median time of an action over some rounds."""
    taken = []
    for _ in range(rounds):
        begun = time.perf_counter()
        action()
        taken.append(time.perf_counter() - begun)
    return median(taken)


def machine() -> dict[str, Any]:
    """What the figures were taken on."""
    return {"python": platform.python_version(), "cores": os.cpu_count(), "load": round(os.getloadavg()[0], 2)}
