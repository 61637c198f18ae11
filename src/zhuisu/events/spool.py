"""The bytes of a document that is longer than memory: sealed piece by piece as they arrive, and read again in order."""

import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from zhuisu.events import vault
from zhuisu.events.bodies import packed_document, unpacked_document
from zhuisu.events.store import rows

PIECE_LIMIT = 1 << 20  # of one row: what is in memory of a document's bytes
UPLOAD_LIFE = timedelta(days=1)  # that bytes of an unfinished document are kept; nobody sends one so long


@dataclass
class Spool:
    """A document that is arriving. Every piece is durable by itself: no transaction waits for a slow sender."""

    token: str
    key: bytes
    sealed_key: bytes
    number: int = 0  # pieces
    size: int = 0  # octets
    digest: Any = field(default_factory=sha256)
    _held: bytearray = field(default_factory=bytearray)

    @classmethod
    def begin(cls, at: datetime) -> "Spool":
        """An empty one."""
        token = secrets.token_urlsafe(18)
        rows("insert into capture_upload (token, begun_at) values (%s, %s)", [token, at])
        return cls(token, *vault.new_key(token))

    def taking(self, source: Iterator[bytes]) -> Iterator[bytes]:
        """What comes from `source`, kept on the way; whoever reads it to its end has the whole document stored."""
        for piece in source:
            self.digest.update(piece)
            self.size += len(piece)
            self._held += piece
            while len(self._held) >= PIECE_LIMIT:
                self._keep(bytes(self._held[:PIECE_LIMIT]))
                del self._held[:PIECE_LIMIT]
            yield piece
        if self._held or not self.number:
            self._keep(bytes(self._held))
            self._held.clear()

    def _keep(self, piece: bytes) -> None:
        body = vault.seal_piece(self.key, packed_document(piece), _label(self.token, self.number))
        rows("insert into capture_piece (token, number, body) values (%s, %s, %s)", [self.token, self.number, body])
        self.number += 1

    def discard(self) -> None:
        """Forget a document that is not taken."""
        _forget(self.token)


def pieces_of(token: str, sealed_key: bytes, pieces: int) -> Iterator[bytes]:
    """The bytes of a document again. Raises InvalidTag or ValueError where they are damaged."""
    key = vault.opened_key(sealed_key, token)
    for number in range(pieces):
        found = rows("select body from capture_piece where token = %s and number = %s", [token, number])
        if not found:
            raise ValueError(f"piece {number} is missing")
        yield unpacked_document(vault.unseal_piece(key, bytes(found[0][0]), _label(token, number)))


def forget_unfinished(at: datetime) -> int:
    """Remove what arrived of documents that nobody sends any more; how many."""
    found = rows("select token from capture_upload where begun_at < %s", [at - UPLOAD_LIFE])
    for (token,) in found:
        _forget(token)
    return len(found)


def _forget(token: str) -> None:
    rows(
        """with gone as (delete from capture_upload where token = %s returning token)
           delete from capture_piece using gone where capture_piece.token = gone.token""",
        [token],
    )


def _label(token: str, number: int) -> str:
    return f"{token}:{number}"
