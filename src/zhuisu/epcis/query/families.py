"""The table of the query language: every parameter family, how its values are read, and what it asks of an event.

EPCIS 2.0 §8.2.7.1; names where the official files disagree: docs/reference/query.md.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from zhuisu.codes import Code, CodeError

from ..keys import code_of
from .names import key_of, leaves
from .seen import Reading, Seen

EQ, LIST, ALL = ("EQ",), ("EQ", "GT", "GE", "LT", "LE"), ("EQ", "GT", "GE", "LT", "LE", "EXISTS")
FROM_TO = ("GE", "LT")


@dataclass(frozen=True, slots=True)
class Family:
    """Parameters of one kind, named operator_stem, or operator_stem followed by what they are about.

    `kind` says how a value is read and compared (kinds.py), `about` what the rest of the name is: a word of a vocabulary
    (type:…), a unit, a field, a field with an attribute; "" where the name ends. `ask` gives the values that an event has;
    of a family `of_reading` it asks one sensorReport, and all such parameters must fit the same one.
    """

    stem: str
    ops: tuple[str, ...]
    kind: str
    ask: Callable[..., Iterable[Any]]
    about: str = ""
    of_reading: bool = False
    part: str = ""


def _one(name: str) -> Callable[[Seen, Any], Iterable[Any]]:
    def ask(seen: Seen, _about: Any) -> Iterable[Any]:
        value = getattr(seen.event, name)
        return () if value is None else (value,)

    return ask


def _key(name: str) -> Callable[[Seen, Any], Iterable[Any]]:
    return lambda seen, about: [key_of(value) for value in _one(name)(seen, about)]


def _things(*names: str) -> Callable[[Seen, Any], Iterable[Any]]:
    """The codes in these fields of the event: EPCs, or classes in lists of quantities."""

    def ask(seen: Seen, _about: Any) -> Iterable[Code]:
        for name in names:
            value = getattr(seen.event, name)
            for one in (value,) if isinstance(value, str) else value or ():
                if code := _code(one if isinstance(one, str) else one.epc_class):
                    yield code

    return ask


def _code(text: str) -> Code | None:
    try:
        return code_of(text)
    except CodeError:  # of a document that was published so, and was read with its faults
        return None


def _persistent(side: str) -> Callable[[Seen, Any], Iterable[Any]]:
    def ask(seen: Seen, _about: Any) -> Iterable[str]:
        held = (seen.event.data.get("persistentDisposition") or {}).get(side) or ()
        return [seen.word("disposition", word) for word in ([held] if isinstance(held, str) else held)]

    return ask


def _typed(name: str) -> Callable[[Seen, Any], Iterable[Any]]:
    def ask(seen: Seen, about: str | None) -> Iterable[str]:
        return [key_of(one) for kind, one in getattr(seen.event, name) if kind == about]

    return ask


def _quantities(seen: Seen, about: str | None) -> Iterable[Any]:
    event = seen.event
    lists = (event.quantities, event.child_quantities, event.input_quantities, event.output_quantities)
    for one in (one for each in lists for one in each if one.quantity is not None):
        yield one.quantity if about is None else (one.quantity, one.uom)


def _declared(name: str) -> Callable[[Seen, Any], Iterable[Any]]:
    def ask(seen: Seen, _about: Any) -> Iterable[Any]:
        declaration = seen.event.error_declaration
        value = getattr(declaration, name) if declaration else None
        return () if value is None else value if isinstance(value, tuple) else (value,)

    return ask


def _extension(part: str, *, nested: bool) -> Callable[[Seen, Any], Iterable[Any]]:
    return lambda seen, about: seen.field(seen.within(part), about, nested=nested)


def _reading_extension(part: str, *, nested: bool) -> Callable[[Seen, Reading, Any], Iterable[Any]]:
    def ask(seen: Seen, reading: Reading, about: Any) -> Iterable[Any]:
        return seen.field(seen.expanded(getattr(reading, part)), about, nested=nested)

    return ask


def _measured(name: str) -> Callable[[Seen, Reading, Any], Iterable[Any]]:
    def ask(_seen: Seen, reading: Reading, about: Any) -> Iterable[Any]:
        if name in reading.report:
            value = reading.report[name]
            yield value if about is None else (value, reading.report.get("uom"))

    return ask


def _sensed(name: str) -> Callable[[Seen, Reading, Any], Iterable[Any]]:
    return lambda _seen, reading, _about: reading.all_of(name)


def _sensed_key(name: str) -> Callable[[Seen, Reading, Any], Iterable[Any]]:
    return lambda seen, reading, _about: [seen.key(value) for value in reading.all_of(name)]


def _sensed_type(seen: Seen, reading: Reading, _about: Any) -> Iterable[Any]:
    return [seen.word("measurement", value) for value in reading.all_of("type")]


# Where a field of the standard that names an entry of a vocabulary gets its values: for HASATTR_ and EQATTR_.
VOCABULARY_FIELDS: dict[str, Callable[[Seen], Iterable[str]]] = {
    "bizStep": lambda seen: _one("biz_step")(seen, None),
    "disposition": lambda seen: _one("disposition")(seen, None),
    "readPoint": lambda seen: _one("read_point")(seen, None),
    "bizLocation": lambda seen: _one("biz_location")(seen, None),
    "bizTransaction": lambda seen: [one for _, one in seen.event.biz_transactions],
    "source": lambda seen: [one for _, one in seen.event.sources],
    "destination": lambda seen: [one for _, one in seen.event.destinations],
    "epcClass": lambda seen: [
        one.epc_class
        for name in ("quantities", "child_quantities", "input_quantities", "output_quantities")
        for one in getattr(seen.event, name)
    ],
}


def _attributed(seen: Seen, about: tuple[Any, ...]) -> Iterable[str]:
    """The keys of the vocabulary entries that the field names."""
    wanted = about[0]
    if isinstance(wanted, str):
        held = VOCABULARY_FIELDS[wanted](seen)
        # A word of the CBV, or a URI in its place, is its own key.
        return held if wanted in ("bizStep", "disposition") else [key_of(one) for one in held]
    return [
        key_of(seen.names.uri(one))
        for value in seen.field(seen.event.extensions, wanted, nested=False)
        for one in leaves(value)
        if isinstance(one, str)
    ]


_EPCS = ("epcs", "child_epcs")
_CLASSES = ("quantities", "child_quantities")
_PARTS = ("", "ILMD", "ERROR_DECLARATION", "readPoint", "bizLocation")
_SENSOR_PARTS = {"SENSORELEMENT": "element", "SENSORMETADATA": "metadata", "SENSORREPORT": "report"}

FAMILIES: tuple[Family, ...] = (
    Family("eventType", ("",), "eventType", _one("type")),
    Family("eventTime", FROM_TO, "time", _one("event_time")),
    Family("recordTime", FROM_TO, "time", lambda seen, _: (seen.recorded_at,)),
    Family("action", EQ, "action", _one("action")),
    Family("bizStep", EQ, "word:bizStep", _one("biz_step")),
    Family("disposition", EQ, "word:disposition", _one("disposition")),
    Family("persistentDisposition_set", EQ, "word:disposition", _persistent("set")),
    Family("persistentDisposition_unset", EQ, "word:disposition", _persistent("unset")),
    Family("readPoint", ("EQ", "WD"), "key", _key("read_point")),
    Family("bizLocation", ("EQ", "WD"), "key", _key("biz_location")),
    Family("transformationID", EQ, "key", _key("transformation_id")),
    Family("bizTransaction_", EQ, "key", _typed("biz_transactions"), "type:bizTransaction"),
    Family("source_", EQ, "key", _typed("sources"), "type:sourceDest"),
    Family("destination_", EQ, "key", _typed("destinations"), "type:sourceDest"),
    Family("epc", ("MATCH",), "thing", _things(*_EPCS)),
    Family("parentID", ("MATCH",), "thing", _things("parent_id")),
    Family("inputEPC", ("MATCH",), "thing", _things("input_epcs")),
    Family("outputEPC", ("MATCH",), "thing", _things("output_epcs")),
    Family("anyEPC", ("MATCH",), "thing", _things(*_EPCS, "parent_id", "input_epcs", "output_epcs")),
    Family("epcClass", ("MATCH",), "class", _things(*_CLASSES)),
    Family("inputEPCClass", ("MATCH",), "class", _things("input_quantities")),
    Family("outputEPCClass", ("MATCH",), "class", _things("output_quantities")),
    Family("anyEPCClass", ("MATCH",), "class", _things(*_CLASSES, "input_quantities", "output_quantities")),
    Family("quantity", LIST, "number", _quantities),
    Family("quantity_", LIST, "amount", _quantities, "unit"),
    Family("eventID", EQ, "text", lambda seen, _: [seen.event.event_id] if seen.event.event_id else []),
    Family("errorDeclaration", ("EXISTS",), "exists", _one("error_declaration")),
    Family("errorDeclarationTime", FROM_TO, "time", _declared("declaration_time")),
    Family("errorDeclaration_Time", FROM_TO, "time", _declared("declaration_time")),
    Family("errorReason", EQ, "word:errorReason", _declared("reason")),
    Family("correctiveEventID", EQ, "text", _declared("corrective_event_ids")),
    Family("sensorElementList", ("EXISTS",), "exists", lambda seen, _: seen.event.data.get("sensorElementList", ())),
    *(Family(name, FROM_TO, "time", _sensed(name), of_reading=True) for name in ("time", "startTime", "endTime")),
    Family("type", EQ, "word:measurement", _sensed_type, of_reading=True),
    *(
        Family(name, EQ, "key", _sensed_key(name), of_reading=True)
        for name in ("deviceID", "dataProcessingMethod", "microorganism", "chemicalSubstance", "bizRules", "uriValue")
    ),
    Family("stringValue", EQ, "text", _sensed("stringValue"), of_reading=True),
    Family("hexBinaryValue", EQ, "hex", _sensed("hexBinaryValue"), of_reading=True),
    Family("booleanValue", EQ, "flag", _sensed("booleanValue"), of_reading=True),
    Family("percRank", LIST, "number", _measured("percRank"), of_reading=True),
    *(
        Family(f"{name}_", LIST, "spread" if name == "sDev" else "amount", _measured(name), "unit", of_reading=True)
        for name in ("value", "minValue", "maxValue", "meanValue", "sDev", "percValue")
    ),
    *(
        Family(
            f"{inner}{part}{'_' if part else ''}", ALL, "free", _extension(part, nested=bool(inner)), "field", part=part
        )
        for inner in ("", "INNER_")
        for part in _PARTS
    ),
    *(
        Family(f"{inner}{part}_", ALL, "free", _reading_extension(held, nested=bool(inner)), "field", True, part)
        for inner in ("", "INNER_")
        for part, held in _SENSOR_PARTS.items()
    ),
    Family("", ("HASATTR",), "hasattr", _attributed, "attributed"),
    Family("", ("EQATTR",), "attribute", _attributed, "attributed"),
    Family("ATTR_", EQ, "attribute", _attributed, "attributed"),
)
EXACT: dict[str, tuple[str, Family]] = {
    f"{op}_{family.stem}" if op else family.stem: (op, family)
    for family in FAMILIES
    if not family.about
    for op in family.ops
}
# Longest stem first: EQ_INNER_ILMD_… is no EQ_INNER_….
BY_STEM: tuple[Family, ...] = tuple(sorted((one for one in FAMILIES if one.about), key=lambda one: -len(one.stem)))
CONTROLS = ("orderBy", "orderDirection", "eventCountLimit", "maxEventCount")
