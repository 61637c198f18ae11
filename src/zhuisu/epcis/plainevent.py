"""The short way for a whole event that has only plain fields: it is read straight into a type, and made an Event field by field.

None means no more than that the long way decides (jsonread, lift). A property test holds the two equal.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any, Literal

from msgspec import DecodeError, Struct, ValidationError
from msgspec.json import Decoder

from . import cbv
from .keys import CodeError, Level, code_of
from .model import Event, Quantity
from .plain import WHOLE, known_unit, known_zone
from .strictjson import MAX_EXPONENT, Bad
from .values import MAX_EVENT_BYTES, instant, is_uri

_CLASS, _LOT, _INSTANCE, _PACKAGE = Level.CLASS, Level.LOT, Level.INSTANCE, Level.PACKAGE
_STEPS, _DISPOSITIONS = cbv.WORDS["bizStep"], cbv.WORDS["disposition"]
# Octets of quotation marks: of a member with a text, of one with a list or a number, and of a text in a list.
_MEMBER, _NAME, _TEXT = 4, 2, 2
_ALWAYS = 3 * _MEMBER  # type, eventTime, eventTimeZoneOffset
_PLACE = _NAME + _MEMBER
_NONE = -(1 << 40)  # no number of marks

Action = Literal["ADD", "OBSERVE", "DELETE"]


class _Amount(Struct, forbid_unknown_fields=True):
    epcClass: str
    quantity: Decimal | None = None
    uom: str | None = None


class _Place(Struct, forbid_unknown_fields=True):
    id: str


class _Any(Struct, forbid_unknown_fields=True, tag_field="type", kw_only=True):
    eventTime: str
    eventTimeZoneOffset: str
    eventID: str | None = None
    bizStep: str | None = None
    disposition: str | None = None
    readPoint: _Place | None = None
    bizLocation: _Place | None = None


class _Object(_Any, tag="ObjectEvent", kw_only=True):
    action: Action
    epcList: tuple[str, ...] = ()
    quantityList: tuple[_Amount, ...] = ()


class _Contained(_Any, kw_only=True):
    action: Action
    parentID: str | None = None
    childEPCs: tuple[str, ...] = ()
    childQuantityList: tuple[_Amount, ...] = ()


class _Aggregation(_Contained, tag="AggregationEvent", kw_only=True):
    pass


class _Association(_Contained, tag="AssociationEvent", kw_only=True):
    pass


class _Transformation(_Any, tag="TransformationEvent", kw_only=True):
    inputEPCList: tuple[str, ...] = ()
    inputQuantityList: tuple[_Amount, ...] = ()
    outputEPCList: tuple[str, ...] = ()
    outputQuantityList: tuple[_Amount, ...] = ()


_decode = Decoder(_Object | _Aggregation | _Association | _Transformation).decode


class _Unplain(Exception):
    """The long way decides."""


def plain_event(raw: bytes, context: dict[str, str]) -> Event | None:
    """The event in `raw` under these prefixes, where nothing in it is wrong, escaped, or anything but a plain field."""
    if b"\\" in raw or len(raw) > MAX_EVENT_BYTES:
        return None
    try:
        read = _decode(raw)
        event, quotes = _MAKERS[type(read)](read, raw, context)
        quotes += _common(read)
    except (_Unplain, Bad, CodeError, DecodeError, ValidationError, UnicodeDecodeError, RecursionError):
        return None
    # A member that stands there twice has more of them than its field, as has a number that is a text.
    return event if raw.count(b'"') == quotes else None


def _object(read: _Object, raw: bytes, context: dict[str, str]) -> tuple[Event, int]:
    """The event, and the quotation marks of the fields that only its type has (EPCIS 2.0 §7.4.2)."""
    quantities, quotes = _amounts(read.quantityList)
    quotes += _things(read.epcList)
    if not quotes:
        raise _Unplain
    event = Event(
        "ObjectEvent",
        instant(read.eventTime),
        read.eventTime,
        read.eventTimeZoneOffset,
        read.eventID,
        read.action,
        read.epcList,
        quantities,
        biz_step=read.bizStep,
        disposition=read.disposition,
        read_point=read.readPoint.id if read.readPoint else None,
        biz_location=read.bizLocation.id if read.bizLocation else None,
        raw=raw,
        context=context,
    )
    return event, quotes + _MEMBER


def _contained(read: _Contained, raw: bytes, context: dict[str, str]) -> tuple[Event, int]:
    """An AggregationEvent or AssociationEvent (EPCIS 2.0 §7.4.3, §7.4.6)."""
    quantities, quotes = _amounts(read.childQuantityList)
    quotes += _things(read.childEPCs)
    parent, associated = read.parentID, type(read) is _Association
    if not quotes and read.action != "DELETE":
        raise _Unplain
    if parent is not None:
        quotes += _things((parent,)) + _MEMBER - _NAME - _TEXT
    elif associated or read.action != "OBSERVE":
        raise _Unplain
    event = Event(
        "AssociationEvent" if associated else "AggregationEvent",
        instant(read.eventTime),
        read.eventTime,
        read.eventTimeZoneOffset,
        read.eventID,
        read.action,
        parent_id=parent,
        child_epcs=read.childEPCs,
        child_quantities=quantities,
        biz_step=read.bizStep,
        disposition=read.disposition,
        read_point=read.readPoint.id if read.readPoint else None,
        biz_location=read.bizLocation.id if read.bizLocation else None,
        raw=raw,
        context=context,
    )
    return event, quotes + _MEMBER


def _transformation(read: _Transformation, raw: bytes, context: dict[str, str]) -> tuple[Event, int]:
    """The same of a TransformationEvent (EPCIS 2.0 §7.4.5)."""
    taken, inputs = _amounts(read.inputQuantityList)
    inputs += _things(read.inputEPCList)
    made, outputs = _amounts(read.outputQuantityList)
    outputs += _things(read.outputEPCList)
    if not inputs or not outputs:
        raise _Unplain
    event = Event(
        "TransformationEvent",
        instant(read.eventTime),
        read.eventTime,
        read.eventTimeZoneOffset,
        read.eventID,
        input_epcs=read.inputEPCList,
        input_quantities=taken,
        output_epcs=read.outputEPCList,
        output_quantities=made,
        biz_step=read.bizStep,
        disposition=read.disposition,
        read_point=read.readPoint.id if read.readPoint else None,
        biz_location=read.bizLocation.id if read.bizLocation else None,
        raw=raw,
        context=context,
    )
    return event, inputs + outputs


_MAKERS: dict[type, Callable[[Any, bytes, dict[str, str]], tuple[Event, int]]] = {
    _Object: _object,
    _Aggregation: _contained,
    _Association: _contained,
    _Transformation: _transformation,
}


def _common(read: _Any) -> int:
    """The quotation marks of the fields that every event may have, where they are plain; _NONE where one is not."""
    quotes = _ALWAYS
    event_id, step, disposition = read.eventID, read.bizStep, read.disposition
    if not known_zone(read.eventTimeZoneOffset):
        return _NONE
    if event_id is not None:
        if not event_id.startswith(WHOLE) or not is_uri(event_id):
            return _NONE
        quotes += _MEMBER
    if step is not None:
        if step not in _STEPS:
            return _NONE
        quotes += _MEMBER
    if disposition is not None:
        if disposition not in _DISPOSITIONS:
            return _NONE
        quotes += _MEMBER
    for place in (read.readPoint, read.bizLocation):
        if place is not None:
            text = place.id
            if not text.startswith(WHOLE) or code_of(text).scheme == "uri":
                return _NONE
            quotes += _PLACE
    return quotes


def _things(texts: tuple[str, ...]) -> int:
    """The quotation marks of a list of things, none where it is empty."""
    if not texts:
        return 0
    seen = set()
    for text in texts:
        if not text.startswith(WHOLE):
            raise _Unplain
        code = code_of(text)
        level = code.level
        if level is _CLASS or level is _LOT or code.scheme == "uri":
            raise _Unplain
        seen.add(code.canonical)
    if len(seen) != len(texts):
        raise _Unplain
    return _NAME + _TEXT * len(texts)


def _amounts(amounts: tuple[_Amount, ...]) -> tuple[tuple[Quantity, ...], int]:
    """A list of amounts of classes, and its quotation marks."""
    if not amounts:
        return (), 0
    quotes, held = _NAME, []
    for one in amounts:
        text, quantity, uom = one.epcClass, one.quantity, one.uom
        if not text.startswith(WHOLE):
            raise _Unplain
        code = code_of(text)
        level = code.level
        if level is _INSTANCE or level is _PACKAGE or code.scheme == "uri":
            raise _Unplain
        quotes += _MEMBER
        if quantity is not None:
            said = str(quantity)
            if not quantity or said[0] == "-" or len(said) > MAX_EXPONENT or "E" in said:
                raise _Unplain
            quotes += _NAME
        if uom is not None:
            if quantity is None or not known_unit(uom):
                raise _Unplain
            quotes += _MEMBER
        held.append(Quantity(text, quantity, uom))
    return tuple(held), quotes
