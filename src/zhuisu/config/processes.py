"""Which processes of this installation run on this machine, and what each takes of it. Read from /proc: nothing where there is none."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from prometheus_client.core import GaugeMetricFamily, Metric

from zhuisu.config.database import home

PROC = Path("/proc")


class Process(NamedTuple):
    """name: web, worker, judge …; memory in octets; files: open file descriptors, None where they are another user's."""

    name: str
    pid: int
    memory: int
    files: int | None


def announce(name: str) -> None:
    """Let this process be found, until it ends."""
    folder = home() / "metrics"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{os.getpid()}.process").write_text(f"{name} {_born(os.getpid())}")


def running() -> list[Process]:
    """Those that announced themselves and still live."""
    found = []
    for path in sorted((home() / "metrics").glob("*.process")):
        number = int(path.stem)
        try:
            name, born = path.read_text().split()
            if not PROC.exists() or born != _born(number):  # the number may be another's by now
                path.unlink(missing_ok=True)
                continue
            memory = int((PROC / str(number) / "statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
        except (OSError, ValueError):  # it ended while we looked
            continue
        found.append(Process(name, number, memory, _files(number)))
    return found


def _born(number: int) -> str:
    """When a process began, in ticks since the machine did; "" where there is none."""
    try:
        return (PROC / str(number) / "stat").read_text().rpartition(")")[2].split()[19]
    except (OSError, IndexError):
        return ""


def _files(number: int) -> int | None:
    try:
        return sum(1 for _ in (PROC / str(number) / "fd").iterdir())
    except OSError:
        return None


def collect() -> Iterator[Metric]:
    """As Prometheus wants it. Few processes: a label with the number of each is bounded."""
    memory = GaugeMetricFamily("zhuisu_process_resident_bytes", "Memory in use.", labels=["process", "pid"])
    files = GaugeMetricFamily("zhuisu_process_open_fds", "Open file descriptors.", labels=["process", "pid"])
    for one in running():
        memory.add_metric([one.name, str(one.pid)], one.memory)
        if one.files is not None:
            files.add_metric([one.name, str(one.pid)], one.files)
    yield memory
    yield files
