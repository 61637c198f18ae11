"""The short way for the values of an event as most senders write them: what values.py would make of each, or None.

None means no more than that the long way decides. A property test holds the two equal.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from zhuisu.epcis.remembering import remembered

from . import cbv
from .keys import Code, CodeError, Level, code_of
from .model import Quantity
from .values import is_uom, is_uri, is_zone

WHOLE = ("urn:", "http")  # how a URI begins that is no CURIE under any context
_REMEMBERED = 512  # more zones and units than are in use; any text of a sender's may come here

# An attribute of an enumeration takes longer than all else here.
_CLASS, _LOT, _INSTANCE, _PACKAGE = Level.CLASS, Level.LOT, Level.INSTANCE, Level.PACKAGE

Reader = Callable[[Any], Any]


def gs1_or_other(text: Any) -> Code | None:
    """The code that a text is, where it is one of a known scheme and no CURIE."""
    if type(text) is not str or not text.startswith(WHOLE):
        return None
    try:
        code = code_of(text)
    except CodeError:
        return None
    return None if code.scheme == "uri" else code


def _things(value: Any) -> tuple[str, ...] | None:
    if type(value) is not list:
        return None
    try:
        found = [code_of(one) for one in value if one.startswith(WHOLE)]
    except (CodeError, AttributeError):  # a key that is wrong, or no text
        return None
    if len(found) != len(value):
        return None
    for code in found:
        if code.scheme == "uri" or code.level is _CLASS or code.level is _LOT:
            return None
    if len(found) > 1 and len(set(found)) != len(found):
        return None
    return tuple(value)


def _thing(value: Any) -> str | None:
    code = gs1_or_other(value)
    return None if code is None or code.level is _CLASS or code.level is _LOT else code.source


def _quantities(value: Any) -> tuple[Quantity, ...] | None:
    if type(value) is not list:
        return None
    found = []
    for one in value:
        if type(one) is not dict:
            return None
        amount, uom = one.get("quantity"), one.get("uom")
        code = gs1_or_other(one.get("epcClass"))
        if code is None or code.level is _INSTANCE or code.level is _PACKAGE:
            return None
        if amount is None:
            if len(one) != 1:
                return None
        elif type(amount) is not Decimal or amount <= 0:
            return None
        elif uom is None:
            if len(one) != 2:
                return None
        elif len(one) != 3 or type(uom) is not str or not known_unit(uom):
            return None
        found.append(Quantity(code.source, amount, uom))
    return tuple(found)


def _place(value: Any) -> str | None:
    if type(value) is not dict or len(value) != 1:
        return None
    code = gs1_or_other(value.get("id"))
    return None if code is None else code.source


def _uri(value: Any) -> str | None:
    return value if type(value) is str and value.startswith(WHOLE) and is_uri(value) else None


def _word(vocabulary: str) -> Reader:
    words = cbv.WORDS[vocabulary]

    def read(value: Any) -> str | None:
        return value if type(value) is str and value in words else None

    return read


def _action(value: Any) -> str | None:
    return value if value == "OBSERVE" or value == "ADD" or value == "DELETE" else None


def _zone(value: Any) -> str | None:
    return value if type(value) is str and known_zone(value) else None


known_zone = remembered(_REMEMBERED)(is_zone)
known_unit = remembered(_REMEMBERED)(is_uom)


# Field of the document → field of the Event and its reader. A field that is not here always goes the long way.
PLAIN: dict[str, tuple[str, Reader]] = {
    "eventID": ("event_id", _uri),
    "eventTimeZoneOffset": ("event_time_zone_offset", _zone),
    "action": ("action", _action),
    "epcList": ("epcs", _things),
    "childEPCs": ("child_epcs", _things),
    "inputEPCList": ("input_epcs", _things),
    "outputEPCList": ("output_epcs", _things),
    "parentID": ("parent_id", _thing),
    "quantityList": ("quantities", _quantities),
    "childQuantityList": ("child_quantities", _quantities),
    "inputQuantityList": ("input_quantities", _quantities),
    "outputQuantityList": ("output_quantities", _quantities),
    "bizStep": ("biz_step", _word("bizStep")),
    "disposition": ("disposition", _word("disposition")),
    "readPoint": ("read_point", _place),
    "bizLocation": ("biz_location", _place),
}
