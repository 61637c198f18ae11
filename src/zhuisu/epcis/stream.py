"""The door for documents of any length: pieces of bytes in, events out one by one, memory for a few of them only."""

from __future__ import annotations

import codecs
from collections.abc import Callable, Iterator
from sys import maxsize
from typing import BinaryIO

from .jsonread import look_json, stream_json
from .messages import error
from .model import Document, Event, Refusal
from .reader import BOMS, kind_of
from .xmlstream import look_xml, stream_xml

Pieces = Callable[[], Iterator[bytes]]
PIECE = 256 * 1024  # octets read at a time: far more than an event, far less than memory
NO_LIMIT = maxsize


def stream(
    pieces: Pieces, *, media_type: str | None = None, max_events: int = NO_LIMIT
) -> tuple[Document, Iterator[Event | Refusal]]:
    """What a document says of itself, and its events. `pieces` gives its bytes from the first, each time it is called.

    The Document has no events of its own; its context is there with the first event, its master data after the last. Raises
    DocumentError at once or from the iterator: what stands after the events is judged after them.
    """
    first = next(pieces(), b"")
    kind = _kind(first, media_type)
    facts = Document(kind, [])
    if kind == "xml":
        return facts, stream_xml(pieces(), facts, max_events=max_events)
    return facts, stream_json(lambda: _texts(pieces()), facts, max_events=max_events)


def look(pieces: Iterator[bytes], *, media_type: str | None = None, max_events: int = NO_LIMIT) -> tuple[Document, int]:
    """What a document says of itself, and how many events it has, without judging them; every piece is taken once, so that they may
    come from the wire. Raises DocumentError (rule too-many-events beyond `max_events`)."""
    first = next(pieces, b"")
    kind = _kind(first, media_type)
    facts = Document(kind, [])
    whole = _after(first, pieces)
    if kind == "xml":
        return facts, look_xml(whole, facts, max_events=max_events)
    return facts, look_json(_texts(whole), facts, max_events=max_events)


def pieces_of(file: BinaryIO) -> Pieces:
    """The pieces of an open file that can be read from its begin."""

    def read() -> Iterator[bytes]:
        file.seek(0)
        while piece := file.read(PIECE):
            yield piece

    return read


def _kind(first: bytes, media_type: str | None) -> str:
    if not first:
        raise error("", "empty")
    for mark, name in BOMS.items():
        if first.startswith(mark):
            raise error("", "encoding", what=name)
    return kind_of(first, media_type)


def _after(first: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    yield first
    yield from rest


def _texts(pieces: Iterator[bytes]) -> Callable[[], str]:
    """The text of the pieces, a piece a call, "" at the end. Raises DocumentError where they are not UTF-8."""
    decoder = codecs.getincrementaldecoder("utf-8-sig")()
    passed = 0

    def more() -> str:
        nonlocal passed
        while True:
            piece = next(pieces, b"")
            begun = passed - len(decoder.getstate()[0])
            try:
                text = decoder.decode(piece, final=not piece)
            except UnicodeDecodeError as trouble:
                raise error("", "encoding", what=f"byte {begun + trouble.start}") from None
            passed += len(piece)
            if text or not piece:
                return text

    return more
