"""How far each series was counted, written beside the key files: a database restored from an older copy is found out by it."""

import os
import re
from pathlib import Path

from zhuisu.codes import zs_unit
from zhuisu.registry.issuing import keys

_LINE = re.compile(rf"^([{zs_unit.ALPHABET}]{{{zs_unit.SERIES}}}) ([0-9]{{1,9}})$".encode(), re.MULTILINE)


def path_of(organisation: int) -> Path:
    """The file of an issuer: one line for each order, only ever added to, so that no order waits for another."""
    return keys.folder() / f"{organisation}.counted"


def note(organisation: int, series: str, counter: int) -> None:
    """Write down that all counters of a series below this one are handed out. For after the commit: before it, it may be untrue."""
    file = os.open(path_of(organisation), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        # The line end before it: what a power cut left of the last line spoils no other.
        os.write(file, f"\n{series} {counter}\n".encode("ascii"))
        os.fsync(file)
    finally:
        os.close(file)


def highest(organisation: int) -> dict[str, int]:
    """By series, the counter below which all are handed out, as far as it was written down."""
    path = path_of(organisation)
    answer: dict[str, int] = {}
    for name, counter in _LINE.findall(path.read_bytes() if path.exists() else b""):
        series = name.decode("ascii")
        answer[series] = max(answer.get(series, 0), int(counter))
    return answer
