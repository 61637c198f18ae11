"""The event hash of CBV 2.0 §8.9 (a name for an event without eventID), and our own digest of its whole content."""

from __future__ import annotations

import re
from datetime import timedelta
from hashlib import sha256
from typing import Any

from .model import Event
from .normal import normal, number
from .plaindigest import digest
from .strictjson import Bad, decimal
from .values import instant

__all__ = ["digest", "event_hash", "identity", "milliseconds", "prehash"]

VERSION = "CBV2.0"

Order = tuple[tuple[str, str, "Order | None"], ...]


def _same(*names: str) -> Order:
    return tuple((name, name, None) for name in names)


_DEVICE = ("deviceID", "deviceMetadata", "rawData", "dataProcessingMethod")
_QUANTITY = _same("epcClass", "quantity", "uom")
_SENSOR: Order = (
    ("sensorMetadata", "sensorMetadata", _same("time", "startTime", "endTime", *_DEVICE, "bizRules")),
    (
        "sensorReport",
        "sensorReport",
        _same("type", "exception", *_DEVICE, "time", "microorganism", "chemicalSubstance", "value", "component")
        + _same("stringValue", "booleanValue", "hexBinaryValue", "uriValue", "minValue", "maxValue", "meanValue")
        + _same("sDev", "percRank", "percValue", "uom", "coordinateReferenceSystem"),
    ),
)
# CBV 2.0 §8.9.2, one sequence for all event types: (field, name of each member in the text, order inside a member).
_ORDER: tuple[tuple[str, str | None, Order | None], ...] = (
    ("epcList", "epc", None),
    ("parentID", None, None),
    ("inputEPCList", "epc", None),
    ("childEPCs", "epc", None),
    ("quantityList", "quantityElement", _QUANTITY),
    ("childQuantityList", "quantityElement", _QUANTITY),
    ("inputQuantityList", "quantityElement", _QUANTITY),
    ("outputEPCList", "epc", None),
    ("outputQuantityList", "quantityElement", _QUANTITY),
    ("action", None, None),
    ("transformationID", None, None),
    ("bizStep", None, None),
    ("disposition", None, None),
    ("persistentDisposition", None, _same("set", "unset")),
    ("readPoint", None, _same("id")),
    ("bizLocation", None, _same("id")),
    ("bizTransactionList", "", _same("type", "bizTransaction")),
    ("sourceList", "", _same("type", "source")),
    ("destinationList", "", _same("type", "destination")),
    ("sensorElementList", "sensorElement", _SENSOR),
)
_STANDARD = frozenset({name for name, _, _ in _ORDER} | {"eventType", "eventTime", "eventTimeZoneOffset"})
_NOT_HASHED = frozenset({"certificationInfo"})
_COMMENTS = frozenset({"{http://www.w3.org/2000/01/rdf-schema#}comment", "comment"})
# Qualifiers that the constrained canonical Digital Link of CBV 2.0 §8.9 has not: variant, importer index, occasion.
_BEYOND = re.compile(r"(https://id\.gs1\.org/[0-9]{2,4}/[^/]+)/(?:22|7040|8019)/[^/]*\Z").match
_TIMES = frozenset({"time", "startTime", "endTime"})
_NUMERIC = re.compile(r"[+-]?\d+(?:\.\d*)?\Z", re.ASCII).match


def event_hash(event: Event, ignore: frozenset[str] = frozenset()) -> str:
    """The event's hash as a URI (RFC 6920); without eventID, recordTime and errorDeclaration (CBV 2.0 §8.9).

    `ignore` names extension fields ('{namespace}local') that a repository has added since.
    """
    return f"ni:///sha-256;{sha256(prehash(event, ignore).encode('utf-8')).hexdigest()}?ver={VERSION}"


def prehash(event: Event, ignore: frozenset[str] = frozenset()) -> str:
    """The text that is hashed: the fields in the order of CBV 2.0 §8.9.2 without any separator."""
    found = normal(event)
    return _prehash(event, {name: one for name, one in found.items() if name not in ignore} if ignore else found)


def identity(event: Event) -> str:
    """The event's id: its own, else its hash."""
    return event.event_id or event_hash(event)


def _prehash(event: Event, found: dict[str, Any]) -> str:
    parts = [f"eventType={event.type}eventTime={milliseconds(event.event_time_text)}"]
    parts.append(f"eventTimeZoneOffset={event.event_time_zone_offset}")
    for name, member, order in _ORDER:
        if name in found:
            parts.append(_field(name, found[name], member, order))
    parts.append(_members({name: one for name, one in found.items() if name not in _STANDARD | _NOT_HASHED}))
    return "".join(parts)


def _field(name: str, value: Any, member: str | None, order: Order | None) -> str:
    if member is None:
        return _one(name, value, order)
    inside = "".join(sorted(_one(member, one, order) for one in value))
    return name + inside if inside else ""


def _one(name: str, value: Any, order: Order | None) -> str:
    """A field or one member of a list: name=text, or the name and what is inside."""
    if isinstance(value, str):
        if not value:
            return ""
        return f"{name}={milliseconds(value) if name in _TIMES else _constrained(value)}"
    if order is None:
        return _generic(name, value)
    inside = []
    for key, shown, deeper in order:
        if key in value:
            one = value[key]
            inside += sorted(_one(shown, each, deeper) for each in (one if isinstance(one, list) else [one]))
    known = {key for key, _, _ in order}
    inside.append(_members({key: one for key, one in value.items() if key.startswith("{") and key not in known}))
    text = "".join(inside)
    return name + text if text else ""


def _members(value: dict[str, Any]) -> str:
    """Extensions: each with its full name, sorted as texts."""
    texts: list[str] = []
    for name, one in value.items():
        if name not in _COMMENTS:
            texts += [_generic(name, each) for each in _flat(one)]
    return "".join(sorted(texts))


def _flat(value: Any) -> list[Any]:
    return [deep for one in value for deep in _flat(one)] if isinstance(value, list) else [value]


def _generic(name: str, value: Any) -> str:
    if isinstance(value, dict):
        own = value.get("#text", "")
        return _generic(name, own) + _members({key: one for key, one in value.items() if key != "#text"})
    return f"{name}={_trimmed(value)}" if value else name


def _constrained(text: str) -> str:
    found = _BEYOND(text)
    return found[1] if found else text


def _trimmed(text: str) -> str:
    """A text that is a number, without needless zeros: XML cannot say which texts are numbers (§8.9.2)."""
    if _NUMERIC(text):
        try:
            return number(decimal(text))
        except Bad:
            return text
    return _constrained(text)


def milliseconds(text: str) -> str:
    """An instant in UTC to the millisecond, half up; 59.9996 carries into the next minute."""
    when = instant(text)
    when += timedelta(microseconds=500)
    return when.strftime("%Y-%m-%dT%H:%M:%S").zfill(19) + f".{when.microsecond // 1000:03d}Z"
