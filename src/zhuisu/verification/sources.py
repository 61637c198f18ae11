"""Who looks, without keeping who: a keyed digest of the day and the network, under a key outside the database."""

import os
import secrets
import uuid
from datetime import date
from functools import cache
from hashlib import blake2b
from pathlib import Path

from django.conf import settings

from zhuisu.verification.regions import network_of

KEY_BYTES = 32
DIGEST_BYTES = 16  # told apart among billions; and it fits a uuid column


def source_of(address: str, day: date) -> uuid.UUID:
    """One source on one day. The same network on another day is another source: nobody can be followed from day to day."""
    return _digest(f"network {day.isoformat()} {network_of(address)}")


def source_of_caller(name: str) -> uuid.UUID:
    """The source of someone who signed in, whatever the network."""
    return _digest(f"caller {name}")


def _digest(said: str) -> uuid.UUID:
    # Keyed (RFC 7693 §2.9). hmac would let go of the interpreter's lock for a text of one line (decision 0029).
    return uuid.UUID(bytes=blake2b(said.encode(), key=_key(settings.HOME), digest_size=DIGEST_BYTES).digest())


@cache
def _key(home: Path) -> bytes:
    """Of an installation. Made at the first call. Written whole before it gets its name, so that two processes agree. Losing it loses nothing
    but the memory of who scanned twice within minutes."""
    path = home / "keys" / "visitors.key"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_suffix(f".{os.getpid()}.{secrets.token_hex(4)}")
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(secrets.token_bytes(KEY_BYTES))
        try:
            os.link(draft, path)
        except FileExistsError:  # another process was first: its key counts
            return path.read_bytes()
        finally:
            draft.unlink()
    return path.read_bytes()
