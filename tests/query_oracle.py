"""The query language a second time, slowly and plainly: over the JSON of events as they were sent, written from the standard.

It shares no code with the platform. What things, places and words are the same in other writing, it has from the tables below.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

NAMESPACE = "https://example.org/epcis/"
PREFIX = "ex"


def _check(digits: str) -> str:
    total = sum(int(digit) * (3 if place % 2 == 0 else 1) for place, digit in enumerate(reversed(digits)))
    return digits + str(-total % 10)


def sgtin(company: str, reference: str, serial: str) -> tuple[str, ...]:
    gtin = _check(reference[0] + company + reference[1:])
    return f"urn:epc:id:sgtin:{company}.{reference}.{serial}", f"https://id.gs1.org/01/{gtin}/21/{serial}"


def sscc(company: str, reference: str) -> tuple[str, ...]:
    return (
        f"urn:epc:id:sscc:{company}.{reference}",
        f"https://id.gs1.org/00/{_check(reference[0] + company + reference[1:])}",
    )


def lgtin(company: str, reference: str, lot: str) -> tuple[str, ...]:
    gtin = _check(reference[0] + company + reference[1:])
    return f"urn:epc:class:lgtin:{company}.{reference}.{lot}", f"https://id.gs1.org/01/{gtin}/10/{lot}"


def gtin(company: str, reference: str) -> tuple[str, ...]:
    return (
        f"urn:epc:idpat:sgtin:{company}.{reference}.*",
        f"https://id.gs1.org/01/{_check(reference[0] + company + reference[1:])}",
    )


def sgln(company: str, reference: str) -> tuple[str, ...]:
    return f"urn:epc:id:sgln:{company}.{reference}.0", f"https://id.gs1.org/414/{_check(company + reference)}"


# Each tuple: one thing in its writings, the URN first.
THINGS = [
    *(sgtin("950600013", "0435", str(number)) for number in (1, 2)),
    sgtin("950600013", "0436", "1"),
    sgtin("0614141", "107340", "1"),
    sscc("950600013", "01234567"),
    sscc("0614141", "1234567890"),
    ("urn:epc:id:giai:0614141.A1",),
    ("urn:x:thing:1",),
]
CLASSES = [
    lgtin("950600013", "0435", "L1"),
    lgtin("0614141", "107340", "L1"),
    gtin("950600013", "0435"),
    gtin("0614141", "107340"),
    ("urn:x:class:1",),
]
PLACES = [sgln("950600013", "437"), sgln("0614141", "00001"), ("urn:x:place:1",)]
# A place and all that is below it, itself included; by its first writing.
TREE = {PLACES[0][0]: {PLACES[0][0], PLACES[2][0]}}
# What master data says: field and first writing of its value → attributes.
KIND = "urn:x:attribute:kind"
ATTRIBUTES = {
    ("readPoint", PLACES[0][0]): {KIND: "hall", "urn:x:attribute:cold": "true"},
    ("readPoint", PLACES[1][0]): {KIND: "shelf"},
    ("bizLocation", PLACES[1][0]): {KIND: "shop"},
    ("bizStep", "shipping"): {KIND: "hall"},
    ("epcClass", CLASSES[0][0]): {KIND: "shop"},
    ("source", PLACES[0][0]): {KIND: "hall"},
    ("bizTransaction", "urn:x:bt:1"): {KIND: "shelf"},
}
STEPS = [
    ("shipping", "https://ref.gs1.org/cbv/BizStep-shipping", "urn:epcglobal:cbv:bizstep:shipping"),
    ("receiving", "https://ref.gs1.org/cbv/BizStep-receiving"),
    ("urn:x:step",),
]
DISPOSITIONS = [("in_transit", "urn:epcglobal:cbv:disp:in_transit"), ("active", "https://ref.gs1.org/cbv/Disp-active")]
TRANSACTION_TYPES = [("po", "urn:epcglobal:cbv:btt:po"), ("inv", "https://ref.gs1.org/cbv/BTT-inv"), ("urn:x:btt",)]
PARTY_TYPES = [
    ("owning_party", "https://ref.gs1.org/cbv/SDT-owning_party"),
    ("location", "urn:epcglobal:cbv:sdt:location"),
]
REASONS = [("did_not_occur", "https://ref.gs1.org/cbv/ER-did_not_occur"), ("incorrect_data",)]
MEASURES = [("Temperature", "https://gs1.org/voc/Temperature"), ("Mass",)]
_FIRST = {
    text: one[0]
    for table in (THINGS, CLASSES, PLACES, STEPS, DISPOSITIONS, TRANSACTION_TYPES, PARTY_TYPES, REASONS, MEASURES)
    for one in table
    for text in one
}
# Rec 20: to the first unit of its dimension, as (dimension, factor, added before).
_UNITS = {
    "CEL": ("temperature", Decimal(1), Decimal(0)),
    "KEL": ("temperature", Decimal(1), Decimal("-273.15")),
    "KGM": ("mass", Decimal(1), Decimal(0)),
    "GRM": ("mass", Decimal("0.001"), Decimal(0)),
}


def first(text: Any) -> Any:
    """A thing, place or word in the writing that stands for all."""
    return _FIRST.get(text, text)


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def fits(parameters: dict[str, Any], event: dict[str, Any], recorded_at: datetime) -> bool:
    """Whether an event fits all parameters, given as in a JSON query."""
    parameters = {name: value for name, value in parameters.items() if not (name.startswith("EXISTS_") and not value)}
    sensed = {name: value for name, value in parameters.items() if _is_sensed(name)}
    others = {name: value for name, value in parameters.items() if name not in sensed}
    if not all(_fits_one(name, value, event, recorded_at) for name, value in others.items()):
        return False
    if not sensed:
        return True
    return any(
        all(_fits_report(name, value, element, report) for name, value in sensed.items())
        for element in event.get("sensorElementList", [])
        for report in element["sensorReport"]
    )


_SENSED_NAMES = {
    *("type", "deviceID", "stringValue", "booleanValue", "hexBinaryValue", "time", "startTime", "endTime"),
    *("dataProcessingMethod", "microorganism", "chemicalSubstance", "bizRules", "uriValue"),
}
_MEASURED = ("value", "minValue", "maxValue", "meanValue", "sDev", "percValue")


def _is_sensed(name: str) -> bool:
    rest = name.partition("_")[2]
    return (
        rest in _SENSED_NAMES
        or rest == "percRank"
        or rest.startswith(tuple(f"{one}_" for one in _MEASURED))
        or "SENSOR" in rest
    )


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _compare(op: str, found: Any, wanted: Any) -> bool:
    return {
        "EQ": found == wanted,
        "GT": found > wanted,
        "GE": found >= wanted,
        "LT": found < wanted,
        "LE": found <= wanted,
    }[op]


_EPC_FIELDS = {
    "epc": ("epcList", "childEPCs"),
    "parentID": ("parentID",),
    "inputEPC": ("inputEPCList",),
    "outputEPC": ("outputEPCList",),
    "anyEPC": ("epcList", "childEPCs", "parentID", "inputEPCList", "outputEPCList"),
}
_CLASS_FIELDS = {
    "epcClass": ("quantityList", "childQuantityList"),
    "inputEPCClass": ("inputQuantityList",),
    "outputEPCClass": ("outputQuantityList",),
    "anyEPCClass": ("quantityList", "childQuantityList", "inputQuantityList", "outputQuantityList"),
}


def _elements(event: dict[str, Any], names: tuple[str, ...]) -> Iterator[Any]:
    for name in names:
        yield from _list(event.get(name, []))


def _matches(wanted: str, found: str, *, things: bool) -> bool:
    """EPCIS 2.0 §8.2.7.1.1: part by part; a class named where things are asked for stands for its things."""
    wanted, found = first(wanted), first(found)
    if wanted.startswith("urn:epc:idpat:"):
        scheme, _, pattern = wanted.removeprefix("urn:epc:idpat:").partition(":")
        kind, _, rest = found.removeprefix("urn:epc:").partition(":")
        if not found.startswith("urn:epc:") or rest.partition(":")[0] != scheme:
            return False
        if things and kind != "id":
            return False
        parts = rest.partition(":")[2].split(".")
        asked = pattern.split(".")
        return len(parts) == len(asked) and all(one in ("*", part) for one, part in zip(asked, parts, strict=True))
    return wanted == found


def _named_by(field: str, event: dict[str, Any]) -> Iterator[str]:
    """The values of a field that master data may tell of."""
    if field in ("readPoint", "bizLocation"):
        yield from [event[field]["id"]] if field in event else []
    elif field == "epcClass":
        yield from (one["epcClass"] for one in _elements(event, _CLASS_FIELDS["anyEPCClass"]))
    elif field in ("source", "bizTransaction"):
        yield from (one[field] for one in event.get(f"{field}List", []))
    elif field in event:
        yield event[field]


def _attributed(op: str, rest: str, value: Any, event: dict[str, Any]) -> bool:
    field, _, attribute = rest.partition("_")
    for one in _named_by(field, event):
        said = ATTRIBUTES.get((field, first(one)), {})
        if op == "HASATTR" and any(name in said for name in _list(value)):
            return True
        if op == "EQATTR" and said.get(attribute) in _list(value):
            return True
    return False


def _fits_one(name: str, value: Any, event: dict[str, Any], recorded_at: datetime) -> bool:
    op, _, rest = name.partition("_")
    values = [first(one) for one in _list(value)]
    declaration = event.get("errorDeclaration")
    if op in ("HASATTR", "EQATTR"):
        return _attributed(op, rest, value, event)
    if name == "eventType":
        return event["type"] in values
    if rest in ("eventTime", "recordTime"):
        return _compare(op, instant(event["eventTime"]) if rest == "eventTime" else recorded_at, instant(value))
    if rest in ("action", "eventID", "transformationID", "bizStep", "disposition"):
        return rest in event and first(event[rest]) in values
    if rest.startswith("persistentDisposition_"):
        side = rest.rpartition("_")[2]
        return any(first(one) in values for one in event.get("persistentDisposition", {}).get(side, []))
    if rest in ("readPoint", "bizLocation"):
        if op == "WD":
            values = [one for place in values for one in TREE.get(place, {place})]
        return rest in event and first(event[rest]["id"]) in values
    if op == "MATCH":
        if rest in _EPC_FIELDS:
            found = list(_elements(event, _EPC_FIELDS[rest]))
        else:
            found = [one["epcClass"] for one in _elements(event, _CLASS_FIELDS[rest])]
        return any(_matches(one, each, things=rest in _EPC_FIELDS) for one in _list(value) for each in found)
    for part, field in (
        ("bizTransaction", "bizTransactionList"),
        ("source", "sourceList"),
        ("destination", "destinationList"),
    ):
        if rest.startswith(f"{part}_"):
            kind = first(rest.removeprefix(f"{part}_")) or None
            return any(first(one.get("type")) == kind and first(one[part]) in values for one in event.get(field, []))
    if rest.startswith("quantity"):
        return _fits_quantity(op, rest.partition("_")[2], value, event)
    if name == "EXISTS_errorDeclaration":
        return not value or declaration is not None
    if rest == "errorDeclarationTime":
        return declaration is not None and _compare(op, instant(declaration["declarationTime"]), instant(value))
    if rest == "errorReason":
        return declaration is not None and first(declaration.get("reason")) in values
    if rest == "correctiveEventID":
        return declaration is not None and any(one in values for one in declaration.get("correctiveEventIDs", []))
    if rest == "sensorElementList":
        return not value or bool(event.get("sensorElementList"))
    return _fits_field(op, rest, value, event)


def _fits_quantity(op: str, uom: str, value: Any, event: dict[str, Any]) -> bool:
    for one in _elements(event, _CLASS_FIELDS["anyEPCClass"]):
        if "quantity" not in one:
            continue
        for wanted in _list(value):
            if not uom and _compare(op, one["quantity"], wanted):
                return True
            if uom and _in_unit(op, one["quantity"], one.get("uom"), wanted, uom):
                return True
    return False


def _in_unit(
    op: str, found: Decimal, found_in: str | None, wanted: Decimal, wanted_in: str, *, spread: bool = False
) -> bool:
    if found_in is None or _UNITS[found_in][0] != _UNITS[wanted_in][0]:
        return False

    def base(value: Decimal, unit: str) -> Decimal:
        _, factor, added = _UNITS[unit]
        return (value + (0 if spread else added)) * factor

    return _compare(op, base(found, found_in), base(wanted, wanted_in))


def _fits_field(op: str, rest: str, value: Any, event: dict[str, Any]) -> bool:
    """An extension: of the event, its ILMD, its declaration, a place; INNER_ is anywhere below the top of it."""
    inner = rest.startswith("INNER_")
    rest = rest.removeprefix("INNER_")
    held: Any = event
    for part, field in (
        ("ILMD_", "ilmd"),
        ("ERROR_DECLARATION_", "errorDeclaration"),
        ("readPoint_", "readPoint"),
        ("bizLocation_", "bizLocation"),
    ):
        if rest.startswith(part):
            rest, held = rest.removeprefix(part), event.get(field, {})
            break
    return _has(op, _local(rest), value, held, inner)


def _local(name: str) -> str:
    """The local name of a field of the one namespace that these events use."""
    return name.removeprefix(NAMESPACE).removeprefix(f"{PREFIX}:")


def _has(op: str, local: str, value: Any, held: dict[str, Any], inner: bool) -> bool:
    own = {name: one for name, one in held.items() if name.startswith(f"{PREFIX}:")}
    pairs = [pair for one in own.values() for pair in _below(one)] if inner else list(own.items())
    found = [one for name, one in pairs if name == f"{PREFIX}:{local}"]
    if op == "EXISTS":
        return not value or bool(found)
    return any(_is(op, leaf, wanted) for one in found for leaf in _leaves(one) for wanted in _list(value))


def _below(value: Any) -> Iterator[tuple[str, Any]]:
    for one in _list(value):
        if isinstance(one, dict):
            for name, each in one.items():
                yield name, each
                yield from _below(each)


def _leaves(value: Any) -> Iterator[Any]:
    for one in _list(value):
        if not isinstance(one, dict):
            yield one


def _number(text: Any) -> Decimal | None:
    try:
        return text if isinstance(text, Decimal) else Decimal(text)
    except InvalidOperation:
        return None


def _is(op: str, found: Any, wanted: Any) -> bool:
    if isinstance(found, bool):
        return op == "EQ" and wanted is found
    if op == "EQ" and isinstance(found, str) and isinstance(wanted, str):
        if found == wanted or first(found) == first(wanted):
            return True
        return "T" in found and "T" in wanted and instant(found) == instant(wanted)
    if isinstance(wanted, str) and "T" in wanted:
        return isinstance(found, str) and "T" in found and _compare(op, instant(found), instant(wanted))
    left, right = _number(found), _number(wanted)
    return left is not None and right is not None and _compare(op, left, right)


def _fits_report(name: str, value: Any, element: dict[str, Any], report: dict[str, Any]) -> bool:
    op, _, rest = name.partition("_")
    metadata = element.get("sensorMetadata", {})
    if "SENSOR" in rest:
        inner = rest.startswith("INNER_")
        part, _, field = rest.removeprefix("INNER_").partition("_")
        held = {"SENSORELEMENT": element, "SENSORMETADATA": metadata, "SENSORREPORT": report}[part]
        return _has(op, _local(field), value, held, inner)
    if rest.partition("_")[0] in _MEASURED:
        field, _, uom = rest.partition("_")
        return field in report and any(
            _in_unit(op, report[field], report.get("uom"), one, uom, spread=field == "sDev") for one in _list(value)
        )
    found = [part[rest] for part in (report, metadata) if rest in part]
    if rest == "hexBinaryValue":
        return any(one.lower() == each.lower() for one in found for each in _list(value))
    if rest in ("time", "startTime", "endTime"):
        return any(_compare(op, instant(one), instant(value)) for one in found)
    if rest == "percRank":
        return any(_compare(op, one, wanted) for one in found for wanted in _list(value))
    return any(first(one) in [first(each) for each in _list(value)] for one in found)
