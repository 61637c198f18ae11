"""The snapshot that this process has open, and the view of it that a walk asks for."""

import logging
import threading
from dataclasses import dataclass, field
from datetime import datetime

from zhuisu.events.scope import Scope
from zhuisu.lineage.snapshot import files
from zhuisu.lineage.snapshot.extract import identity, read
from zhuisu.lineage.snapshot.keeper import is_of_this_log, last_position
from zhuisu.lineage.snapshot.masks import hidden
from zhuisu.lineage.snapshot.merge import merge
from zhuisu.lineage.snapshot.segment import Segment
from zhuisu.lineage.snapshot.view import View

# Positions that may be told since the snapshot was written: so many are read into memory, in tens of milliseconds. Where the
# keeper is further behind, walks read the database.
MOST_BEHIND = 20_000

_log = logging.getLogger(__name__)


@dataclass(slots=True)
class _Open:
    signature: tuple[int, int, int] | None = None
    chain: list[Segment] = field(default_factory=list)  # on the disk
    recent: list[Segment] = field(default_factory=list)  # in memory: none or one


_open = _Open()
_lock = threading.Lock()


def view(position: int, as_of: datetime | None, scope: Scope | None = None, *, wait: bool = True) -> View | None:
    """The facts as known at a position; None where there is no snapshot, or it is too far behind.

    wait: read from the database what was told since the snapshot was written; False: then it is too far behind.
    """
    found = files.signature()
    if found is None:
        return None
    with _lock:
        if found != _open.signature:
            _reopen(found)
        if not _open.chain or not _catch_up(position, wait=wait):
            return None
        segments = [*_open.chain, *_open.recent]
    return View(segments, position, as_of, None if scope is None else hidden(segments, scope))


def forget() -> None:
    """Close what is open: for tests, and for a process that knows that the log is another."""
    with _lock:
        _open.signature, _open.chain, _open.recent = None, [], []


def _reopen(found: tuple[int, int, int]) -> None:
    held = _open.chain
    _open.signature, _open.chain, _open.recent = found, [], []
    try:
        chain = files.chain(held)
    except OSError:
        _open.signature = None  # a newer one was published in this moment: the next walk opens that
        return
    except files.DamagedError as error:
        _log.warning("walks read the database: %s", error)
        return
    if is_of_this_log(chain):
        _open.chain = chain
    else:
        _log.warning("walks read the database: the snapshot is of another log")


def _catch_up(position: int, *, wait: bool) -> bool:
    """Read what was told since. False where that is too much."""
    on_disk, recent = _open.chain[-1], _open.recent
    upto = recent[0].upto if recent else on_disk.upto
    if position <= upto:
        return True
    if not wait or position - on_disk.upto > MOST_BEHIND:
        return False
    end = min(position, last_position())
    if recent and recent[0].identity != identity(upto):  # read in a transaction that was taken back
        recent.clear()
        upto = on_disk.upto
    if end > upto:
        more = read(upto, end, on_disk.first + on_disk.events + sum(each.events for each in recent))
        _open.recent = [merge(recent[0], more)] if recent else [more]
    return True
