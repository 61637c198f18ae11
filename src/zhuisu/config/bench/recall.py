"""The list of a recall: from the question to the file on the disk, against COPY of as many rows by the database itself."""

import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from zhuisu.config.bench.child import apart
from zhuisu.config.bench.figures import MIB, Figure, Scale, once

LOTS, MANY_LOTS = 100_000, 1_000_000


def hundred_thousand(scale: Scale) -> Iterator[Figure]:
    """A recall that fits one sheet, as CSV and as XLSX. Needs empty tables."""
    lots = scale.of(LOTS)
    copy = _made(lots)
    csv, xlsx = apart("recall.listed", "csv", lots), apart("recall.listed", "xlsx", lots)
    yield Figure(
        "T5", f"recall list of {lots:,} lots, CSV, from question to file", csv["taken"], "s", copy, "COPY of them, s"
    )
    yield Figure("T5b", f"recall list of {lots:,} lots, XLSX", xlsx["taken"], "s", csv["taken"], "as CSV, s")


def million(scale: Scale) -> Iterator[Figure]:
    """One that does not fit a screen, and may not fit into memory. Needs empty tables."""
    lots = scale.of(MANY_LOTS)
    copy = _made(lots)
    csv = apart("recall.listed", "csv", lots)
    yield Figure(
        "T5c", f"recall list of {lots:,} lots, CSV, from question to file", csv["taken"], "s", copy, "COPY of them, s"
    )
    yield Figure(
        "T5d", "memory of the process that writes it", csv["peak"] / MIB, "MB", csv["peak_before"] / MIB, "before, MB"
    )


def _made(lots: int) -> float:
    """One milk that went into so many, with its snapshot; the seconds that COPY takes for as many lines."""
    from zhuisu.events import baseline
    from zhuisu.lineage.snapshot import keeper

    baseline.make(lots)
    keeper.keep([])
    return once(_copy)


def _copy() -> None:
    from zhuisu.events import baseline

    with tempfile.TemporaryFile() as file:
        baseline.copy_out(file)


def listed(form: str, lots: int) -> dict[str, Any]:
    """Ask, walk, write. In a process of its own. Raises RuntimeError where a lot is missing."""
    from zhuisu.events import baseline
    from zhuisu.lineage.lists import write_csv, write_xlsx
    from zhuisu.lineage.queries import Limits, walk

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "list")
        begun = time.perf_counter()
        found = walk([baseline.START], "down", position=baseline.position(), limits=Limits(max_items=10_000_000))
        if form == "csv":
            with path.open("w", encoding="utf-8", newline="") as file:
                write_csv(found, file)
        else:
            write_xlsx(found, path)
        taken = time.perf_counter() - begun
        if len(found.items) <= lots:
            raise RuntimeError(f"{len(found.items):,} lots on the list, of {lots:,}")
        return {"taken": taken, "octets": path.stat().st_size}
