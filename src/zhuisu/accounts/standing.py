"""Whether a key may have ended since somebody looked: a few octets that all processes of this node share, so that asking costs no
statement."""

import mmap
import secrets
from functools import lru_cache
from pathlib import Path

from django.conf import settings
from django.db import transaction

STAMP_OCTETS = 8  # a number that comes twice lets one key live on: not in the life of a platform


def stamp() -> bytes:
    """Some number that is another after every `changed`, in whichever process of this node: one look into memory.

    Whoever keeps what it read of a key reads this before, and asks anew where it is another.
    """
    return _shared(settings.HOME)[:STAMP_OCTETS]


def changed() -> None:
    """Have every process of this node ask anew who a key is: at once, and again once this transaction is in the database.

    The first for a process that is killed between its commit and the second; the second for who asked between the two.
    """
    _draw()
    transaction.on_commit(_draw)


def _draw() -> None:
    # Written whole, without a lock: two who write leave a number of one of them or of both, in any case a new one.
    _shared(settings.HOME)[:STAMP_OCTETS] = secrets.token_bytes(STAMP_OCTETS)


@lru_cache(maxsize=4)  # of tests, which have a home each; a process has one
def _shared(folder: Path) -> mmap.mmap:
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "keys.stamp").open("a+b") as file:
        if file.seek(0, 2) < STAMP_OCTETS:
            file.truncate(STAMP_OCTETS)  # not written: another process may have begun to count in it
        return mmap.mmap(file.fileno(), STAMP_OCTETS)
