"""Keeps the snapshot on the disk near the head of the log: short stretches appended, and merged as they add up."""

import fcntl
import logging
from collections.abc import Iterator
from contextlib import contextmanager

from zhuisu.events.store import rows
from zhuisu.lineage.snapshot import files
from zhuisu.lineage.snapshot.extract import identity, read
from zhuisu.lineage.snapshot.merge import merge
from zhuisu.lineage.snapshot.segment import Segment

BATCH = 200_000  # positions read at once: bounds the memory of building, some 300 bytes a fact
# A segment is merged into the one before it unless that is more than so many times larger: then a walk looks into few
# files, and each fact is written again only a few times.
GROWTH = 8

_log = logging.getLogger(__name__)


def keep(held: list[Segment], upto: int | None = None) -> int:
    """Bring the snapshot up to a log position (by default, the last). How many positions it was behind; 0 too where another
    process does it already. What is damaged, or of another log, is thrown away and built anew.

    held: empty at first, then what the last call left in it: files that are open are not checked again.
    """
    with _alone() as alone:
        if not alone:
            return 0
        chain = _good(held)
        before = behind = chain[-1].upto if chain else 0
        goal = last_position() if upto is None else upto
        while behind < goal:
            end = min(goal, behind + BATCH)
            chain.append(read(behind, end, chain[-1].first + chain[-1].events if chain else 0))
            while len(chain) > 1 and chain[-2].facts <= GROWTH * chain[-1].facts:
                chain[-2:] = [merge(chain[-2], chain[-1])]
            chain = [each if each.name else files.read(files.write(each)) for each in chain]
            files.publish([each.name or "" for each in chain])
            behind = end
        held[:] = chain
        return max(0, goal - before)


def last_position() -> int:
    """The last position of the log."""
    ((last,),) = rows("select coalesce(max(position), 0) from log_entry")
    return int(last)


def is_of_this_log(chain: list[Segment]) -> bool:
    """Whether the log was at the end of each segment what the segment says: not another database, and not newer than the log."""
    return all(each.identity and each.identity == identity(each.upto) for each in chain)


def _good(held: list[Segment]) -> list[Segment]:
    """The segments on the disk, if they are whole and of this log; else none."""
    try:
        chain = files.chain(held)
    except FileNotFoundError:
        return []
    except (files.DamagedError, OSError) as error:
        _log.warning("the snapshot is built anew: %s", error)
        return []
    if is_of_this_log(chain):
        return chain
    _log.warning("the snapshot is built anew: it is of another log")
    return []


@contextmanager
def _alone() -> Iterator[bool]:
    """One process builds; another finds that and leaves it."""
    files.folder().mkdir(parents=True, exist_ok=True)
    with (files.folder() / "lock").open("wb") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
            return
        yield True
