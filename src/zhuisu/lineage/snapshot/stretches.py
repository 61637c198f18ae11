"""When many contents lay in which container, all at once: what stays.py replays one by one, for the histories that are plain."""

from typing import NamedTuple

import numpy as np

from zhuisu.codes import Level
from zhuisu.events.vocabulary import Role
from zhuisu.lineage.snapshot.segment import (
    EMPTIED,
    ENDED,
    LEVEL_MASK,
    NO_UNIT_LEVELS,
    PORTIONED_LEVELS,
    SAME,
    Array,
)
from zhuisu.lineage.snapshot.view import View
from zhuisu.lineage.spans import END
from zhuisu.lineage.stays import PARENT_OF, PUTTING

PLAIN_LEVELS = ~NO_UNIT_LEVELS & (np.arange(16) != Level.PROCESS)


def plain(flags: Array) -> Array:
    """Items that are a unit of one code and one life that nothing ends, whatever the position: the exact engine has the others."""
    found: Array = PLAIN_LEVELS[flags & LEVEL_MASK] & ((flags & (SAME | ENDED)) == 0)
    return found


class Stretches(NamedTuple):
    """The stays of plain items, one line each, and whether an item's are all here (`whole`)."""

    whole: Array  # by item
    row: Array  # the item's place among those asked for
    box: Array
    start: Array
    end: Array
    event: Array
    portion: Array  # of something that may lie in several places


def stretches(view: View, ids: Array, flags: Array) -> Stretches:
    """The stays of plain items. Not whole: what came out without having gone in, was fitted, taken by quantity, or lay in
    something that is not plain or was emptied without naming what came out."""
    found = view.facts(ids, PARENT_OF, amounts=True)
    at, box = view.column("at", found.event), view.column("parent", found.event)
    box_flags = view.flags(box)
    portion = PORTIONED_LEVELS[flags & LEVEL_MASK][found.row]
    put = np.isin(found.role, tuple(PUTTING))
    odd = ~plain(box_flags) | ((box_flags & EMPTIED) != 0) | (box == found.item)
    odd |= np.where(portion, ~put, (found.role != Role.PACKED) & (found.role != Role.UNPACKED))
    odd[[n for n, _ in found.amount if not put[n]]] = True
    row, event = found.row, found.event.astype(np.int64)
    if (row[1:] == row[:-1]).any():  # most things move once
        order = np.lexsort((found.role, event, at, row))
        row, at, box, event = row[order], at[order], box[order], event[order]
        put, portion, odd = put[order], portion[order], odd[order]
    # A packing where it lies already changes nothing; an unpacking must follow a packing into the same.
    again = np.zeros(len(row), bool)
    again[1:] = (row[1:] == row[:-1]) & (box[1:] == box[:-1]) & put[:-1]
    odd |= ~put & ~again
    begins = put & (~again | portion)
    turns = np.flatnonzero(begins | ~put)
    start = np.flatnonzero(begins)
    after = np.append(turns, len(row))[np.searchsorted(turns, start, side="right")]
    ended = (np.append(row, -1)[after] == row[start]) & ~portion[start]
    end = np.where(ended, np.append(at, 0)[after], END)
    whole = np.ones(len(ids), bool)
    whole[row[odd]] = False
    kept = whole[row[start]]
    start = start[kept]
    return Stretches(whole, row[start], box[start], at[start], end[kept], event[start], portion[start])
