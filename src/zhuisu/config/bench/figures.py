"""What a measurement is, at which size and on which machine it is taken, and how."""

import os
import platform
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Any

MIB = 1 << 20


@dataclass(frozen=True, slots=True)
class Scale:
    """How large a run is: the size that a goal names, or a part of it."""

    part: int = 1

    @property
    def quick(self) -> bool:
        """Whether goals that name a size are measured at a smaller one."""
        return self.part > 1

    def of(self, full: int) -> int:
        """As many as the full run has, divided; at least one."""
        return max(1, full // self.part)

    def rounds(self, full: int) -> int:
        """How often to repeat: a smaller run repeats less too, but never draws a conclusion from one round."""
        return max(3, full // 2) if self.quick else full


FULL, QUICK = Scale(), Scale(10)


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured value and the baseline it is to be read against.

    `chart`, `series`, `size`: where it stands in a drawing, one point of a line: walk-down, "snapshot", 100,000 (page.CHARTS).
    """

    id: str
    what: str
    value: float
    unit: str
    baseline: float | None = None
    baseline_what: str = ""
    chart: str = ""
    series: str = ""
    size: float | None = None

    @property
    def ratio(self) -> float | None:
        """value / baseline; None where there is none to divide by."""
        return _digits(self.value / self.baseline) if self.baseline else None

    def as_row(self) -> dict[str, Any]:
        """With the ratio value / baseline."""
        baseline = None if self.baseline is None else _digits(self.baseline)
        row = {name: value for name, value in asdict(self).items() if value or name not in ("chart", "series", "size")}
        return row | {"value": _digits(self.value), "baseline": baseline, "ratio": self.ratio}


def _digits(value: float) -> float:
    """To six digits: a chance of 1e-11 is not nothing."""
    return float(f"{value:.6g}")


@dataclass(frozen=True, slots=True)
class NotMeasured:
    """A figure that this machine or this run cannot give, and why: a peer that is not installed, a tool that is missing."""

    id: str
    why: str


def seconds(action: Callable[[], object], rounds: int = 3) -> float:
    """The median time of an action over some rounds."""
    taken = []
    for _ in range(rounds):
        begun = time.perf_counter()
        action()
        taken.append(time.perf_counter() - begun)
    return median(taken)


def once(action: Callable[[], object]) -> float:
    """The time of an action that is too long, or too final, to be repeated."""
    return seconds(action, 1)


def peak_octets() -> int:
    """The most memory (resident set) that this process ever had. Of this process only: a child does not begin with its parent's."""
    status = Path("/proc/self/status")
    if status.exists():
        (line,) = [line for line in status.read_text().splitlines() if line.startswith("VmHWM:")]
        return int(line.split()[1]) << 10
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def machine() -> dict[str, Any]:
    """What the figures were taken on."""
    return {
        "system": f"{platform.system()} {platform.release()}",
        "processor": _processor(),
        "cores": os.cpu_count(),
        "memory_gib": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / (1 << 30), 1),
        "python": platform.python_version(),
        "load": round(os.getloadavg()[0], 2),
    }


def _processor() -> str:
    """The model as the kernel names it, else the architecture."""
    told = Path("/proc/cpuinfo")
    lines = told.read_text().splitlines() if told.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()
