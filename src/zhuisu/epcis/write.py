"""Writes events as EPCIS 2.0 JSON: what came as JSON goes out byte for byte, what came as XML is put into JSON words."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

import msgspec

from .model import Event
from .names import OUTSIDE, STANDARD, declared
from .translate import bare_words, translated

CONTEXT = "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"

_encode = msgspec.json.Encoder(decimal_format="number").encode


def to_json(event: Event) -> bytes:
    """One event that stands alone: its own bytes, with the @context that its names need."""
    raw, needed = _parts(event)
    return _with_context(event, raw, context_of(needed))


def document(events: Iterable[Event], *, created_at: datetime, query: str | None = None) -> bytes:
    """An EPCISDocument of these events, or with a query's name the EPCISQueryDocument that answers it.

    Prefixes go into the document's @context; an event that uses one of them otherwise brings its own.
    """
    shared: dict[str, str] = {}
    written = []
    for event in events:
        raw, needed = _parts(event)
        if not share(needed, shared):
            raw = _with_context(event, raw, context_of(needed)[1:])
        written.append(raw)
    head = {
        "@context": context_of(shared),
        "type": "EPCISDocument" if query is None else "EPCISQueryDocument",
        "schemaVersion": "2.0",
        "creationDate": created_at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
    }
    opening = b'{"eventList":['
    closing = b"]}}"
    if query is not None:
        opening = b'{"queryResults":{"queryName":' + _encode(query) + b',"resultsBody":{"eventList":['
        closing = b"]}}}}"
    return _encode(head)[:-1] + b',"epcisBody":' + opening + b",".join(written) + closing


def share(needed: dict[str, str], shared: dict[str, str]) -> bool:
    """Takes the prefixes of an event into those of its document; False where it must bring them along: one means something else
    to an event before it, or to the standard's own context, which others may go by."""
    if any(prefix in STANDARD or shared.get(prefix, namespace) != namespace for prefix, namespace in needed.items()):
        return False
    shared |= needed
    return True


def context_of(needed: dict[str, str]) -> list[Any]:
    """The standard context, those of others that are needed, and the prefixes."""
    prefixes = {prefix: name for prefix, name in needed.items() if prefix != OUTSIDE}
    return [CONTEXT, *needed.get(OUTSIDE, "").split(), *([prefixes] if prefixes else [])]


def _parts(event: Event) -> tuple[bytes, dict[str, str]]:
    """The event in JSON, and the prefixes it needs beside those of the standard context and its own."""
    if event.raw.startswith(b"<"):
        prefixes = _Prefixes(event.context)
        return _encode(prefixes.named(translated(event.data, str, bare_words(event.context)))), prefixes.used
    known = STANDARD | declared(event.data.get("@context", []), {})
    return event.raw, {prefix: name for prefix, name in event.context.items() if known.get(prefix) != name}


def _with_context(event: Event, raw: bytes, context: list[Any]) -> bytes:
    """The event with this @context put before its own bytes; where it has an own one, written anew with both."""
    own = event.data.get("@context")
    if own is None:
        return b'{"@context":' + _encode(context) + b"," + raw[1:].lstrip()
    return _encode({**event.data, "@context": [*context, *(own if isinstance(own, list) else [own])]})


class _Prefixes:
    """Gives extension names their prefix back."""

    def __init__(self, context: dict[str, str]) -> None:
        self.used: dict[str, str] = {}
        self._context = context
        self._prefix = {namespace: prefix for prefix, namespace in context.items()}

    def named(self, value: Any) -> Any:
        if isinstance(value, dict):
            return {self._name(name): self.named(one) for name, one in value.items()}
        if isinstance(value, str):
            self._curie(value)
        return [self.named(one) for one in value] if isinstance(value, list) else value

    def _curie(self, text: str) -> None:
        """A text that may be a CURIE needs its prefix wherever it goes."""
        prefix, colon, _ = text.partition(":")
        prefix = prefix.strip()
        if colon and prefix in self._context and STANDARD.get(prefix) != self._context[prefix]:
            self.used[prefix] = self._context[prefix]

    def _name(self, name: str) -> str:
        if not name.startswith("{"):
            return name
        namespace, _, local = name[1:].partition("}")
        prefix = self._prefix.setdefault(namespace, f"ns{len(self._prefix)}")
        if STANDARD.get(prefix) != namespace:
            self.used[prefix] = namespace
        return f"{prefix}:{local}"
