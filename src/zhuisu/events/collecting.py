"""Fewer looks for unreachable objects while a document is read: all that it makes is still in use."""

import gc
import threading
from collections.abc import Iterator
from contextlib import contextmanager

# Objects made before Python looks for unreachable ones. A document of a thousand events makes far more than Python's own 700: looking
# through them again and again was a third of Python's share of a capture. As many cost some 30 MB. Not for the whole process: what a
# walk leaves behind are few objects with large arrays, which then stayed for gigabytes.
YOUNG_OBJECTS = 300_000

_ORDINARY = gc.get_threshold()
_lock = threading.Lock()
_reading = 0


@contextmanager
def seldom() -> Iterator[None]:
    """As long as any thread is in here, Python looks seldom."""
    global _reading
    with _lock:
        _reading += 1
        gc.set_threshold(YOUNG_OBJECTS, *_ORDINARY[1:])
    try:
        yield
    finally:
        with _lock:
            _reading -= 1
            if not _reading:
                gc.set_threshold(*_ORDINARY)
