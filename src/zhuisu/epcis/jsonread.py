"""Reads an EPCIS 2.0 document in JSON or JSON-LD (EPCIS 2.0 §9.3); every event with its very bytes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from itertools import chain
from typing import Any

from msgspec import MsgspecError, Raw, Struct, field
from msgspec.json import Decoder

from .lift import lift
from .masterdata import from_json
from .messages import error, reason
from .model import Document, DocumentError, Event, Refusal
from .names import OUTSIDE, STANDARD, Names, declared
from .plainevent import plain_event
from .strictjson import Bad, Reader
from .values import MAX_EVENT_BYTES, instant, is_uri

_TOP = {
    "EPCISDocument": frozenset(
        {"@context", "id", "type", "schemaVersion", "creationDate", "instanceIdentifier", "sender", "receiver"}
        | {"epcisHeader", "epcisBody"}
    ),
    "EPCISQueryDocument": frozenset({"@context", "id", "type", "schemaVersion", "creationDate", "epcisBody"}),
}
_REQUIRED = {
    "EPCISDocument": ("@context", "schemaVersion", "creationDate", "epcisBody"),
    "EPCISQueryDocument": ("@context", "epcisBody"),
}
# Where the events lie: path → its members that are opened instead of being read whole.
_ENVELOPE = {
    "": frozenset({"epcisBody"}),
    "epcisBody": frozenset({"eventList", "event", "queryResults"}),
    "epcisBody.queryResults": frozenset({"resultsBody"}),
    "epcisBody.queryResults.resultsBody": frozenset({"eventList"}),
}
_MEMBERS = {
    "epcisBody": frozenset({"eventList", "queryResults"}),
    "epcisBody.queryResults": frozenset({"queryName", "subscriptionID", "resultsBody"}),
    "epcisBody.queryResults.resultsBody": frozenset({"eventList", "vocabularyList"}),
}

Slice = tuple[dict[str, Any] | Bad, bytes]
_LOOKED: Slice = ({}, b"")


def read_json(text: str, *, bare: bool, lax: bool, max_events: int) -> Document:
    """The document in `text`; with `bare` also one event or a list of events alone. Raises DocumentError."""
    if not lax and (plain := _plain(text.encode(), max_events)) is not None:
        return plain
    reader = Reader(text, lax=lax)
    slices: list[Slice] = []
    top: dict[str, Any] = {}
    try:
        if bare and text.startswith("[", reader.at):
            slices += _events(reader, "", max_events)
            top = {"type": None}
        else:
            start = reader.at
            slices += _open(reader, "", top, max_events, lax)
            if bare and top.get("type") not in list(_TOP):
                slices = [(top, text[start : reader.at].encode())]
                top = {"type": None}
        reader.end()
        context = _document(top, lax)
    except Bad as bad:
        raise DocumentError(bad.reason("")) from None
    names = Names(context)
    return Document(
        "json",
        [_event(index, data, raw, names, lax) for index, (data, raw) in enumerate(slices)],
        context,
        from_json(top.get("epcisHeader"), names),
        _created(top, lax),
        _version(top),
    )


class _Body(Struct, forbid_unknown_fields=True):
    events: list[Raw] = field(name="eventList")


class _Plain(Struct, forbid_unknown_fields=True, tag_field="type", tag="EPCISDocument"):
    """A document that says of itself no more than it must."""

    context: str | list[str] = field(name="@context")
    version: str = field(name="schemaVersion")
    created: str = field(name="creationDate")
    body: _Body = field(name="epcisBody")


_plain_document = Decoder(_Plain).decode
_PLAIN_QUOTES = 2 * 6 + 2 * 3  # of its six names, its type and two texts
_PLAIN_TRIED = 16  # events: where none of them is plain, the others are not tried


def _plain(document: bytes, max_events: int) -> Document | None:
    """The document where it says of itself no more than it must, most of its events are plain (plainevent) and nothing is wrong with
    its form; None where the long way decides."""
    if b"\\" in document:
        return None
    try:
        read = _plain_document(document)
        slices = [bytes(one) for one in read.body.events]
        contexts = [read.context] if isinstance(read.context, str) else read.context
        quotes = _PLAIN_QUOTES + 2 * len(contexts) + sum([one.count(b'"') for one in slices])
        if len(slices) > max_events or document.count(b'"') != quotes:  # a member that stands there twice has more
            return None
        top: dict[str, Any] = {"@context": read.context, "type": "EPCISDocument", "schemaVersion": read.version}
        top |= {"creationDate": read.created, "epcisBody": {"eventList": True}}
        context = _document(top, lax=False)
        if OUTSIDE in context:
            return None
        events = _plain_events(slices, Names(context))
    except (Bad, DocumentError, MsgspecError, UnicodeDecodeError, RecursionError):
        return None
    if events is None:
        return None
    return Document("json", events, context, [], _created(top, lax=False), read.version)


def _plain_events(slices: list[bytes], names: Names) -> list[Event | Refusal] | None:
    """The events of a document, those that are not plain in the long way. Raises DocumentError where one is no JSON that is taken."""
    found: list[Event | Refusal] = []
    none_yet = True
    for index, raw in enumerate(slices):
        one: Event | Refusal | None = plain_event(raw, names.context)
        if one is not None:
            none_yet = False
        elif none_yet and index >= _PLAIN_TRIED:
            return None
        else:
            data, _ = _one_event(Reader(raw.decode()))
            one = _event(index, data, raw, names, lax=False)
        found.append(one)
    return found


def stream_json(
    again: Callable[[], Callable[[], str]], facts: Document, *, max_events: int
) -> Iterator[Event | Refusal]:
    """The events of a text that comes in pieces, one by one; `facts` gets what the document says of itself, its context before the
    first event, all of it after the last. `again` begins the text anew: it is gone through twice where the context follows the
    events. Raises DocumentError, where something is wrong after the events only then.
    """
    try:
        top: dict[str, Any] = {}
        reader = _begun(again())
        slices = _open(reader, "", top, max_events, lax=False)
        first = next(slices, None)
        if first is not None:
            if "@context" in top:
                context = declared(top["@context"], STANDARD)
            else:
                for _ in slices:
                    pass
                context, top = _document(top, lax=False), {}
                reader = _begun(again())
                slices = _open(reader, "", top, max_events, lax=False)
                first = next(slices)
            facts.context.update(context)
            names = Names(context)
            for index, (data, raw) in enumerate(chain([first], slices)):
                yield _event(index, data, raw, names, lax=False)
        _end(reader, top, facts)
    except Bad as bad:
        raise DocumentError(bad.reason("")) from None


def look_json(more: Callable[[], str], facts: Document, *, max_events: int) -> int:
    """How many events a text has that comes in pieces: its form is judged, not its events. Raises DocumentError."""
    try:
        top: dict[str, Any] = {}
        reader = _begun(more)
        counted = sum(1 for _ in _open(reader, "", top, max_events, lax=False, look=True))
        _end(reader, top, facts)
    except Bad as bad:
        raise DocumentError(bad.reason("")) from None
    return counted


def _begun(more: Callable[[], str]) -> Reader:
    reader = Reader(more(), more=more)
    if reader.at == len(reader.text):
        raise error("", "empty")
    return reader


def _end(reader: Reader, top: dict[str, Any], facts: Document) -> None:
    reader.end()
    facts.context.update(_document(top, lax=False))
    facts.masterdata.extend(from_json(top.get("epcisHeader"), Names(facts.context)))


def _version(top: dict[str, Any]) -> str | None:
    return version if isinstance(version := top.get("schemaVersion"), str) else None


def json_event(text: str, names: Names) -> Event | Refusal:
    """One event alone. Raises DocumentError."""
    raw = text.encode()
    if OUTSIDE not in names.context and (plain := plain_event(raw, names.context)) is not None:
        return plain
    reader = Reader(text, lax=True)
    try:
        data = reader.value()
        reader.end()
    except Bad as bad:
        raise DocumentError(bad.reason("")) from None
    return _event(0, data, raw, names, lax=True)


def _event(index: int, data: dict[str, Any] | Bad, raw: bytes, names: Names, lax: bool) -> Event | Refusal:
    if len(raw) > MAX_EVENT_BYTES:
        return Refusal(index, None, (reason("", "event-size", size=len(raw), limit=MAX_EVENT_BYTES),))
    if isinstance(data, Bad):
        return Refusal(index, None, (data.reason(""),))
    if not isinstance(data, dict):
        return Refusal(index, None, (reason("", "wrong-type", want="object"),))
    return lift(data, raw, index, names, lax=lax)


def _open(
    reader: Reader, path: str, found: dict[str, Any], max_events: int, lax: bool, look: bool = False
) -> Iterator[Slice]:
    """The events in the object at the cursor; its other members go to `found`."""
    for key in reader.members():
        place = f"{path}.{key}" if path else key
        if key not in _ENVELOPE[path]:
            found[key] = reader.value()
        elif key == "eventList":
            yield from _events(reader, place, max_events, look)
            found[key] = True
        elif key == "event":  # before the standard was ratified a body could hold one event instead of a list
            yield _one_event(reader)
            found["eventList"] = True
        elif not reader.stands("{"):
            raise error(place, "wrong-type", want="object")
        else:
            found[key] = {}
            yield from _open(reader, place, found[key], max_events, lax, look)
        allowed = _MEMBERS.get(path)
        if allowed and key not in allowed and ":" not in key and not lax:
            raise error(place, "unknown-field", name=key)


def _events(reader: Reader, path: str, max_events: int, look: bool = False) -> Iterator[Slice]:
    if not reader.stands("["):
        raise error(path, "wrong-type", want="list")
    for index in reader.elements():
        if index >= max_events:
            raise error(path, "too-many-events", limit=max_events)
        if look:
            reader.skip_value()
            yield _LOOKED
        else:
            yield _one_event(reader)


def _one_event(reader: Reader) -> Slice:
    try:
        data: dict[str, Any] | Bad = reader.value()
    except Bad as bad:
        data = bad
        reader.at = reader.begun
        reader.skip_value()
    return data, reader.slice().encode("utf-8")


def _document(top: dict[str, Any], lax: bool) -> dict[str, str]:
    """Judges the envelope; gives the prefixes in force."""
    kind = top.get("type")
    if kind is None and len(top) == 1:  # bare events bring their own contexts
        return STANDARD
    if not isinstance(kind, str) or kind not in _TOP:
        raise error("type", "document-type", value=kind)
    for name in _REQUIRED[kind]:
        if name not in top and (name == "epcisBody" or not lax):
            raise error(name, "context" if name == "@context" else "required", name=name)
    context = declared(top.get("@context", []), STANDARD)
    if not lax:
        _envelope(kind, top, Names(context))
    _body(kind, top["epcisBody"])
    return context


def _created(top: dict[str, Any], lax: bool) -> datetime | None:
    try:
        return instant(top["creationDate"]) if "creationDate" in top else None
    except (Bad, TypeError):
        if lax:
            return None
        raise


def _envelope(kind: str, top: dict[str, Any], names: Names) -> None:
    """The fields beside the body: who, when, which version."""
    for name in top:
        if name not in _TOP[kind]:
            if ":" not in name:
                raise error(name, "unknown-field", name=name)
            names.key(name)
    for name in ("id", "schemaVersion", "creationDate", "instanceIdentifier", "sender", "receiver"):
        if name in top and not isinstance(top[name], str):
            raise error(name, "wrong-type", want="text")
    if "id" in top and not is_uri(names.uri(top["id"])):
        raise error("id", "uri", value=top["id"])
    version = top.get("schemaVersion", "2.0")
    if version.split(".")[0] != "2" or not version.replace(".", "").isdigit():
        raise error("schemaVersion", "schema-version", value=version)
    if "creationDate" in top:
        instant(top["creationDate"])


def _body(kind: str, body: dict[str, Any]) -> None:
    if kind == "EPCISDocument":
        if "eventList" not in body:
            raise error("epcisBody.eventList", "required", name="eventList")
        if "queryResults" in body:
            raise error("epcisBody.queryResults", "unknown-field", name="queryResults")
        return
    if "eventList" in body:
        raise error("epcisBody.eventList", "unknown-field", name="eventList")
    results = body.get("queryResults")
    if not isinstance(results, dict):
        raise error("epcisBody.queryResults", "required", name="queryResults")
    for name in ("queryName", "resultsBody"):
        if name not in results:
            raise error(f"epcisBody.queryResults.{name}", "required", name=name)
    if "eventList" not in results["resultsBody"]:
        raise error("epcisBody.queryResults.resultsBody.eventList", "required", name="eventList")
