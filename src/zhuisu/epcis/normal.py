"""The normal form of an event: what is left when format, spelling, order and white space are taken away.

Everything is a text, a list or an object; identifiers are Digital Links, vocabulary words web URIs, instants UTC,
numbers without needless zeros, names of extensions in full. The hash and the digest are two ways to write it down.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from . import cbv
from .keys import link_of
from .model import Event
from .names import Names, gather
from .values import instant

Normal = str | list[Any] | dict[str, Any]

_BLANK = re.compile(r"\s").search
_FRACTION = re.compile(r"\.(\d+)").search


def number(value: Decimal) -> str:
    """A number as text: no exponent, no needless zeros, no negative zero."""
    if not value:
        return "0"
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def moment(text: str) -> str:
    """An instant in UTC with every digit of its fraction that counts, as 2020-03-04T10:00:30.5Z."""
    return instant(text).isoformat()[:19] + fraction(text) + "Z"


def fraction(text: str) -> str:
    """What an instant says below the second, without needless zeros: .5 or nothing."""
    found = _FRACTION(text)
    digits = found[1].rstrip("0") if found else ""
    return "." + digits if digits else ""


def free(value: Any, names: Names) -> Normal:
    """An extension value, its names already in full; text that is a CURIE is put in full too (CBV 2.0 §8.9)."""
    if isinstance(value, str):
        text = value.strip()
        return link_of(text if _BLANK(text) else names.uri(text)) if ":" in text else text
    if isinstance(value, Decimal):
        return number(value)
    if isinstance(value, dict):
        return _object(value, names)
    if isinstance(value, list):
        members: list[Any] = []
        for one in value:
            if one is not None:
                said = free(one, names)
                members += said if isinstance(said, list) else [said]
        return members[0] if len(members) == 1 else members
    return {True: "true", False: "false"}.get(value, "")


def _object(value: dict[str, Any], names: Names) -> Normal:
    """What says nothing is left out; only a text is that text, nothing at all the empty text, as XML has it."""
    found: dict[str, Any] = {}
    for name, one in value.items():
        said = [] if one is None else free(one, names)
        if said != [] and not (name == "#text" and said == ""):
            found[name] = said
    return found.get("#text", found) if len(found) == 1 else found or ""


def _text(value: Any, names: Names) -> Normal:
    return free(value, names)


def _link(value: Any, names: Names) -> Normal:
    return link_of(names.uri(value.strip())) if isinstance(value, str) else free(value, names)


def _moment(value: Any, _: Names) -> Normal:
    return moment(value)


def _word(vocabulary: str) -> Callable[[Any, Names], Normal]:
    def read(value: Any, names: Names) -> Normal:
        if not isinstance(value, str):
            return free(value, names)
        try:
            return cbv.web_uri(vocabulary, cbv.bare(vocabulary, names.uri(value)))
        except cbv.NotInVocabulary:
            return names.uri(value)

    return read


def _list(read: Callable[[Any, Names], Normal]) -> Callable[[Any, Names], Normal]:
    def read_all(value: Any, names: Names) -> Normal:
        return [read(one, names) for one in (value if isinstance(value, list) else [value])]

    return read_all


def _parts(**readers: Callable[[Any, Names], Normal]) -> Callable[[Any, Names], Normal]:
    def read(value: Any, names: Names) -> Normal:
        if not isinstance(value, dict):
            return free(value, names)
        found: dict[str, Any] = {}
        for name, one in value.items():
            reader = readers.get(name)
            if reader is not None:
                found[name] = reader(one, names)
            elif one is not None and (said := free(names.expanded(one), names)) != []:
                gather(found, names.key(name), said)
        return found

    return read


_LINKS = _list(_link)
_QUANTITIES = _list(_parts(epcClass=_link, quantity=_text, uom=_text))
_PLACE = _parts(id=_link)
_DEVICE = {
    "deviceID": _link,
    "deviceMetadata": _link,
    "rawData": _link,
    "dataProcessingMethod": _link,
    "bizRules": _link,
    "time": _moment,
}
_SENSORS = _list(
    _parts(
        sensorMetadata=_parts(**_DEVICE, startTime=_moment, endTime=_moment),
        sensorReport=_list(
            _parts(
                **_DEVICE,
                type=_word("measurement"),
                exception=_word("sensorAlert"),
                component=_word("component"),
                microorganism=_link,
                chemicalSubstance=_link,
                coordinateReferenceSystem=_link,
                uriValue=_link,
                stringValue=_text,
                booleanValue=_text,
                hexBinaryValue=_text,
                **dict.fromkeys(
                    ("value", "minValue", "maxValue", "meanValue", "sDev", "percRank", "percValue", "uom"), _text
                ),
            )
        ),
    )
)
# type, eventID, recordTime and errorDeclaration are not here: said about the record, or about an earlier event.
_READERS: dict[str, Callable[[Any, Names], Normal]] = {
    "eventTime": _moment,
    "eventTimeZoneOffset": _text,
    "certificationInfo": _LINKS,
    **dict.fromkeys(("epcList", "childEPCs", "inputEPCList", "outputEPCList"), _LINKS),
    **dict.fromkeys(("quantityList", "childQuantityList", "inputQuantityList", "outputQuantityList"), _QUANTITIES),
    "parentID": _link,
    "transformationID": _link,
    "action": _text,
    "bizStep": _word("bizStep"),
    "disposition": _word("disposition"),
    "persistentDisposition": _parts(set=_list(_word("disposition")), unset=_list(_word("disposition"))),
    "readPoint": _PLACE,
    "bizLocation": _PLACE,
    "bizTransactionList": _list(_parts(type=_word("bizTransaction"), bizTransaction=_link)),
    "sourceList": _list(_parts(type=_word("sourceDest"), source=_link)),
    "destinationList": _list(_parts(type=_word("sourceDest"), destination=_link)),
    "sensorElementList": _SENSORS,
}


def normal(event: Event) -> dict[str, Any]:
    """The event in normal form: eventType, the standard fields, 'ilmd' and the extensions by full name."""
    names = Names(event.context)
    found: dict[str, Any] = {"eventType": event.type}
    for name, value in event.data.items():
        if (one := normal_field(name, value, names)) is not None:
            found[name] = one
    return found | normal_extensions(event, names)


def normal_field(name: str, value: Any, names: Names) -> Normal | None:
    """One standard field in normal form; None for one that says nothing or is no part of the form."""
    reader = _READERS.get(name)
    one = None if reader is None else reader(value, names)
    return None if one in ([], {}) else one  # an empty list says the same as none


def normal_extensions(event: Event, names: Names) -> dict[str, Any]:
    """What the event says beside the standard fields, 'ilmd' among it."""
    found: dict[str, Any] = {}
    if ilmd := free(event.ilmd, names):
        found["ilmd"] = ilmd
    for name, value in event.extensions.items():
        if (said := free(value, names)) != []:
            found[name] = said
    return found
