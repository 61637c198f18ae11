"""What a walk notes of every item and event, in arrays as long as the snapshot: wiped where it wrote, then another walk's.

To ask for such arrays anew costs as much as a walk to 10,000 things: the system clears every page that is touched, and the things
of an answer lie on nearly all of them.
"""

import threading

import numpy as np

from zhuisu.lineage.snapshot.segment import Array

# What is looked at together lies together. row: how it was reached, a row of Trails; box_row: how, as a container.
NODE = np.dtype([("at", "<i8"), ("row", "<i4"), ("box_row", "<i4")])
MOST_BYTES = 1 << 30  # of all slates that wait: what a process may keep for walks that may never come
DENSE = 16  # where more than one in so many was written, clearing everything in one go is faster

_waiting: list["Slate"] = []
_lock = threading.Lock()


class Slate:
    """The notes of one walk at a time. Between walks `row`, `box_row`, `clear` and `known_event` are nothing but zeros."""

    def __init__(self, numbers: int, events: int) -> None:
        self.nodes = np.zeros(numbers, NODE)
        self.at, self.row, self.box_row = (self.nodes[name] for name in ("at", "row", "box_row"))
        self.clear = np.zeros(numbers, bool)
        self.known_event = np.zeros(events, np.int8)
        # What is in these is looked at only where the walk itself wrote it.
        self.since, self.until = np.empty(numbers, np.int64), np.empty(numbers, np.int64)
        self.slot, self.event_slot = np.empty(numbers, np.int32), np.empty(events, np.int32)
        self.when, self.far_begin, self.far_end = (np.empty(events, kind) for kind in (np.int64, np.int32, np.int32))
        self.order = np.empty(numbers, np.int32 if numbers < 2**31 else np.int64)
        self.used = 0  # of `order`: what was reached

    @property
    def size(self) -> int:
        """Bytes, where every page is touched."""
        return sum(each.nbytes for each in vars(self).values() if isinstance(each, np.ndarray) and each.base is None)

    def add(self, items: Array) -> None:
        """Keep in which order these were reached; each once."""
        self.order[self.used : self.used + len(items)] = items
        self.used += len(items)

    @property
    def reached(self) -> Array:
        """What was reached, in the order in which it was."""
        return self.order[: self.used]

    def wipe(self, nodes: Array, events: Array) -> None:
        """Forget a walk. nodes: what it wrote of; events: those that fired."""
        if DENSE * len(nodes) > len(self.nodes):
            self.nodes.view(np.int64)[:] = 0
            self.clear[:] = False
        else:
            self.row[nodes] = self.box_row[nodes] = 0
            self.clear[nodes] = False
        if DENSE * len(events) > len(self.known_event):
            self.known_event[:] = 0
        else:
            self.known_event[events] = 0
        self.used = 0


def take(numbers: int, events: int) -> Slate:
    """A clean slate of one's own, for so many item numbers and events."""
    with _lock:
        for n, one in enumerate(_waiting):
            if len(one.nodes) >= numbers and len(one.known_event) >= events:
                return _waiting.pop(n)
        _waiting.clear()  # the log has grown beyond them
    # With room for what the log grows by: pages that nobody touches cost nothing.
    return Slate(numbers + numbers // 8, events + events // 8)


def give_back(slate: Slate) -> None:
    """Let another walk have it. It must be wiped: whoever fails halfway drops his."""
    with _lock:
        if slate.size + sum(one.size for one in _waiting) <= MOST_BYTES:
            _waiting.append(slate)
