"""What a process keeps in memory of what it answered: bounded by octets, the one unused longest goes first."""

import threading
from collections import OrderedDict
from collections.abc import Hashable
from typing import Generic, TypeVar

# Of one process for pages, and again for answers to machines: some 2,000 pages of 30 kB, which is more than a day of one
# factory's goods is looked up on one node; the operator's memory is for the database.
MAX_KEPT_OCTETS = 64 << 20

T = TypeVar("T")


class Kept(Generic[T]):
    """A memory of answers. Threads may use it at once."""

    def __init__(self, limit: int = MAX_KEPT_OCTETS) -> None:
        self.limit, self.octets = limit, 0
        self._held: OrderedDict[Hashable, tuple[T, int]] = OrderedDict()
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._held)

    def get(self, key: Hashable) -> T | None:
        """What is kept under a key; None where nothing is."""
        with self._lock:
            found = self._held.get(key)
            if found is None:
                return None
            self._held.move_to_end(key)
            return found[0]

    def put(self, key: Hashable, value: T, octets: int) -> None:
        """Keep a value that takes so many octets; what takes more than a sixteenth of all is not kept."""
        with self._lock:
            self._drop(key)
            if octets > self.limit // 16:
                return
            self._held[key] = value, octets
            self.octets += octets
            while self.octets > self.limit:
                self._drop(next(iter(self._held)))

    def drop(self, key: Hashable) -> None:
        """Forget what is kept under a key."""
        with self._lock:
            self._drop(key)

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._held.clear()
            self.octets = 0

    def _drop(self, key: Hashable) -> None:
        if gone := self._held.pop(key, None):
            self.octets -= gone[1]
