"""One event element of XML into the JSON-like form: EPCIS 2.0 JSON names, extensions as '{namespace}local', typed values."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from lxml import etree

from .names import gather, key_of
from .strictjson import Bad, decimal

_XSI = "{http://www.w3.org/2001/XMLSchema-instance}"
_XSD_NUMBERS = frozenset({"integer", "int", "long", "short", "decimal", "double", "float", "nonNegativeInteger"})
_SENSOR_NUMBERS = frozenset({"value", "minValue", "maxValue", "meanValue", "sDev", "percRank", "percValue"})
_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?\Z", re.ASCII).match
# Wrappers that version 1.2 needs and that mean nothing.
_WRAPPERS = frozenset({"extension", "baseExtension"})

Read = Callable[[etree._Element], Any]


def line_of(element: etree._Element) -> int:
    """The line of an element in its document, for messages."""
    line = element.sourceline
    return line if isinstance(line, int) else 0


def _children(element: etree._Element, attributes: tuple[str, ...] | None = ()) -> list[etree._Element]:
    """The child elements, those in wrappers included. Raises Bad for text beside them and for a strange attribute."""
    found: list[etree._Element] = []
    if attributes is not None:
        _only(element, attributes)
    _no_text(element, element.text)
    for child in element:
        _no_text(element, child.tail)
        if child.tag in _WRAPPERS:
            found += _children(child)
        else:
            found.append(child)
    return found


def _no_text(element: etree._Element, text: str | None) -> None:
    if text and not text.isspace():
        raise Bad("xml-text", name=element.tag, line=line_of(element))


def _only(element: etree._Element, attributes: tuple[str, ...]) -> None:
    for name in element.attrib:
        if name not in attributes and not str(name).startswith(_XSI):
            raise Bad("xml-attribute", name=name, line=line_of(element))


def text(element: etree._Element, *attributes: str) -> str:
    """The text of an element without children, and without attributes but these. Raises Bad."""
    _only(element, attributes)
    if len(element):
        raise Bad("xml-element", name=element[0].tag, line=line_of(element[0]))
    return (element.text or "").strip()


def number(written: str) -> Any:
    """A Decimal; text that is none stays text, so that the rules name it."""
    return decimal(written.strip()) if _NUMBER(written.strip()) else written


def _number(element: etree._Element) -> Any:
    return number(text(element))


def _boolean(written: str) -> Any:
    return {"true": True, "1": True, "false": False, "0": False}.get(written.strip(), written)


def _members(name: str, read: Read) -> Read:
    def read_all(element: etree._Element) -> list[Any]:
        found = []
        for child in _children(element):
            if child.tag != name:
                raise Bad("xml-element", name=child.tag, line=line_of(child))
            found.append(read(child))
        return found

    return read_all


def _typed(element: etree._Element) -> dict[str, Any]:
    found: dict[str, Any] = {"type": element.get("type")} if "type" in element.attrib else {}
    return {**found, str(element.tag): text(element, "type")}


def _record(**readers: Read) -> Read:
    def read(element: etree._Element) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for child in _children(element):
            _put(found, child, readers)
        return found

    return read


def _put(found: dict[str, Any], child: etree._Element, readers: dict[str, Read]) -> None:
    name = str(child.tag)
    if child.get(_XSI + "nil") in ("true", "1"):
        return
    reader = readers.get(name)
    if reader is not None:
        if name in found:
            raise Bad("duplicate-key", key=name)
        found[name] = reader(child)
    else:
        gather(found, key_of(name), _free(child))


def _free(element: etree._Element) -> Any:
    """An extension: text (typed where xsi:type says so), or an object of attributes and children."""
    inside: dict[str, Any] = {}
    for name, value in element.attrib.items():
        if not str(name).startswith(_XSI):
            inside[key_of(str(name))] = value
    if len(element):
        for child in element:
            gather(inside, key_of(str(child.tag)), _free(child))
        return inside
    written = (element.text or "").strip()
    if inside:
        return {**inside, "#text": written} if written else inside
    kind = (element.get(_XSI + "type") or "").rpartition(":")[2]
    if kind in _XSD_NUMBERS:
        return number(written)
    return _boolean(written) if kind == "boolean" else written


def _attributes(element: etree._Element) -> dict[str, Any]:
    """sensorMetadata and sensorReport say everything in attributes."""
    found: dict[str, Any] = {}
    for name, value in element.attrib.items():
        if name in _SENSOR_NUMBERS:
            found[str(name)] = number(str(value))
        elif name == "booleanValue":
            found["booleanValue"] = _boolean(str(value))
        elif not str(name).startswith(_XSI):
            found[key_of(str(name))] = str(value).strip()
    for child in _children(element, None):
        gather(found, key_of(str(child.tag)), _free(child))
    return found


def _sensor_element(element: etree._Element) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for child in _children(element):
        if child.tag == "sensorReport":
            found.setdefault("sensorReport", []).append(_attributes(child))
        elif child.tag == "sensorMetadata":
            _put(found, child, {"sensorMetadata": _attributes})
        else:
            _put(found, child, {})
    return found


def _sides(element: etree._Element) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for child in _children(element):
        found.setdefault(str(child.tag), []).append(text(child))
    return found


def _uris(element: etree._Element) -> Any:
    """The schema has room for one URI; several, which JSON may have, stand with blanks between (xmlwrite.py)."""
    found = text(element).split()
    return found if len(found) > 1 else text(element)


_EPCS = _members("epc", text)
_QUANTITIES = _members("quantityElement", _record(epcClass=text, quantity=_number, uom=text))
_PLACE = _record(id=text)
_FIELDS: dict[str, Read] = {
    **dict.fromkeys(("eventTime", "recordTime", "eventTimeZoneOffset", "eventID", "action", "bizStep"), text),
    **dict.fromkeys(("disposition", "parentID", "transformationID"), text),
    "certificationInfo": _uris,
    **dict.fromkeys(("epcList", "childEPCs", "inputEPCList", "outputEPCList"), _EPCS),
    **dict.fromkeys(("quantityList", "childQuantityList", "inputQuantityList", "outputQuantityList"), _QUANTITIES),
    "readPoint": _PLACE,
    "bizLocation": _PLACE,
    "bizTransactionList": _members("bizTransaction", _typed),
    "sourceList": _members("source", _typed),
    "destinationList": _members("destination", _typed),
    "persistentDisposition": _sides,
    "sensorElementList": _members("sensorElement", _sensor_element),
    "errorDeclaration": _record(
        declarationTime=text, reason=text, correctiveEventIDs=_members("correctiveEventID", text)
    ),
    "ilmd": _record(),
}


_COUNTED: dict[str, Read] = {"epcClass": text, "quantity": _number}
_FIRST = "eventTime recordTime eventTimeZoneOffset eventID errorDeclaration certificationInfo baseExtension"
_MIDDLE = "action bizStep disposition readPoint bizLocation"
_LAST = "sourceList destinationList sensorElementList persistentDisposition ilmd extension"
# One sequence for each event type serves both schemas: 1.2 only has fewer of these elements.
SEQUENCES = {
    kind: f"{_FIRST} {own} {_LAST}".split()
    for kind, own in {
        "ObjectEvent": f"epcList {_MIDDLE} bizTransactionList quantityList",
        "AggregationEvent": f"parentID childEPCs {_MIDDLE} bizTransactionList childQuantityList",
        "TransactionEvent": f"bizTransactionList parentID epcList {_MIDDLE} quantityList",
        "TransformationEvent": "inputEPCList inputQuantityList outputEPCList outputQuantityList transformationID "
        f"{_MIDDLE} bizTransactionList",
        "AssociationEvent": f"parentID childEPCs childQuantityList {_MIDDLE} bizTransactionList",
        "QuantityEvent": f"epcClass quantity {_MIDDLE} bizTransactionList",
    }.items()
}


def check_order(element: etree._Element) -> None:
    """The elements of an event stand in the sequence of the XML schema, extensions last (EPCIS 2.0 §9.5). Raises Bad."""
    sequence = SEQUENCES[str(element.tag)]
    reached = 0
    for child in element:
        name = str(child.tag)
        if name in sequence or name.startswith("{"):
            place = sequence.index(name) if name in sequence else len(sequence)
            if place < reached:
                raise Bad("xml-order", name=name, line=line_of(child))
            reached = place


def event_data(element: etree._Element) -> dict[str, Any]:
    """The event as EPCIS 2.0 JSON would say it. Raises Bad where the element is not of that shape."""
    found: dict[str, Any] = {"type": str(element.tag)}
    counted = element.tag == "QuantityEvent"
    for child in _children(element):
        _put(found, child, _FIELDS | _COUNTED if counted else _FIELDS)
    if counted:
        # Deprecated since 1.1, which says what stands for it: an ObjectEvent that observes a quantity without unit.
        amount = {name: found.pop(name) for name in _COUNTED if name in found}
        found |= {"type": "ObjectEvent", "action": "OBSERVE", "quantityList": [amount]}
    for name in ("epcList", "childEPCs", "inputEPCList", "outputEPCList", "ilmd"):
        # XML of version 1.2 must write these even where there is nothing to say.
        if found.get(name) in ([], {}):
            del found[name]
    return found
