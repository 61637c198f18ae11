"""The one door for documents: bytes in, a Document out, or a DocumentError; nothing else ever."""

from __future__ import annotations

from .jsonread import json_event, read_json
from .messages import error
from .model import Document, DocumentError, Event, Refusal
from .names import STANDARD, Names
from .xmlread import read_xml, xml_event

MAX_BYTES = 64 << 20  # the largest capture file that is announced
MAX_EVENTS = 100_000

BOMS = {b"\xff\xfe": "UTF-16", b"\xfe\xff": "UTF-16", b"\x00\x00\xfe\xff": "UTF-32"}
_MEDIA = {
    "application/json": "json",
    "application/ld+json": "json",
    "application/xml": "xml",
    "text/xml": "xml",
}


def read(
    document: bytes,
    *,
    media_type: str | None = None,
    bare: bool = False,
    lax: bool = False,
    max_bytes: int = MAX_BYTES,
    max_events: int = MAX_EVENTS,
) -> Document:
    """Reads an EPCIS document; sniffs the format without a media type; `bare` also takes events without a document;
    `lax` takes events that are readable but wrong (their faults become warnings), for naming what others published.

    A wrong event comes back as a Refusal among the events. Raises DocumentError, and never anything else.
    """
    if len(document) > max_bytes:
        raise error("", "too-large", size=len(document), limit=max_bytes)
    kind = kind_of(document, media_type)
    text = _decode(document)
    if kind == "xml":
        return read_xml(document, text, bare=bare, lax=lax, max_events=max_events)
    return read_json(text, bare=bare, lax=lax, max_events=max_events)


def read_event(raw: bytes, context: dict[str, str] | None = None) -> Event:
    """One event again from its own bytes (Event.raw) and the prefixes that were in force for it (Event.context).

    Raises DocumentError where the bytes are no event that was ever taken.
    """
    names = Names(context or STANDARD)
    text = _decode(raw)
    one = xml_event(raw, text, names) if raw.startswith(b"<") else json_event(text, names)
    if isinstance(one, Refusal):
        raise DocumentError(one.reasons[0])
    return one


def kind_of(document: bytes, media_type: str | None) -> str:
    """json or xml, by the media type, else by the first bytes. Raises DocumentError (rule media-type)."""
    if media_type is not None:
        kind = _MEDIA.get(media_type.partition(";")[0].strip().lower())
        if kind is None:
            raise error("", "media-type", value=media_type)
        return kind
    return "xml" if document[:64].removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"<") else "json"


def _decode(document: bytes) -> str:
    for mark, name in BOMS.items():
        if document.startswith(mark):
            raise error("", "encoding", what=name)
    try:
        text = document.decode("utf-8-sig")
    except UnicodeDecodeError as trouble:
        skipped = len(document) - len(trouble.object)  # the codec does not count it
        raise error("", "encoding", what=f"byte {skipped + trouble.start}") from None
    if not text.strip():
        raise error("", "empty")
    return text
