"""From the JSON-like form of one event to the Event value, or to every reason why it is not one (EPCIS 2.0 §7.4)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .messages import MESSAGES, reason
from .model import Event, Reason, Refusal
from .names import OUTSIDE, Names, declared, without_xmlns
from .plain import PLAIN
from .sensors import sensor_elements
from .strictjson import Bad
from .values import Values

Handler = Callable[[Values, Any, str, dict[str, Any]], None]


def _into(name: str, read: Callable[[Values, Any, str], Any]) -> Handler:
    def handler(values: Values, value: Any, path: str, found: dict[str, Any]) -> None:
        found[name] = read(values, value, path)

    return handler


def _word(name: str, vocabulary: str) -> Handler:
    return _into(name, lambda values, value, path: values.word(vocabulary, value, path))


def _typed(name: str, part: str, vocabulary: str, *, need: bool) -> Handler:
    return _into(name, lambda values, value, path: values.typed(value, path, part, vocabulary, need=need))


def _event_time(values: Values, value: Any, path: str, found: dict[str, Any]) -> None:
    found["event_time"] = values.time(value, path)
    found["event_time_text"] = value


def _nothing(_values: Values, _value: Any, _path: str, _found: dict[str, Any]) -> None:
    """The server sets its own recordTime; what a client sends is not looked at."""


def _sensors(values: Values, value: Any, path: str, _: dict[str, Any]) -> None:
    sensor_elements(values, value, path)


def _persistent(values: Values, value: Any, path: str, _: dict[str, Any]) -> None:
    parts = values.fields(value, path, frozenset({"set", "unset"}))
    if isinstance(value, dict) and not parts:
        values.wrong(path, "required", name="set / unset")
    words: dict[str, set[str]] = {}
    for side in parts.keys() & {"set", "unset"}:
        place = f"{path}.{side}"
        if parts[side] == []:
            values.wrong(place, "empty-list")
        for index, one in enumerate(values.items(parts[side], place)):
            word = values.word("disposition", one, f"{place}[{index}]")
            if word in words.setdefault(side, set()):
                values.wrong(f"{place}[{index}]", "duplicate-value", value=word)
            words[side].add(word or "")
    for word in words.get("set", set()) & words.get("unset", set()):
        values.wrong(path, "disposition-clash", value=word)


def _ilmd(values: Values, value: Any, path: str, found: dict[str, Any]) -> None:
    if isinstance(value, dict):
        found["ilmd"] = values.extended(value, path, frozenset())
    else:
        values.wrong(path, "wrong-type", want="object")


def _certification(values: Values, value: Any, path: str, _: dict[str, Any]) -> None:
    values.uris(value, path)


_COMMON: dict[str, Handler] = {
    "@context": _nothing,
    "type": _nothing,
    "recordTime": _nothing,
    "eventTime": _event_time,
    "eventTimeZoneOffset": _into("event_time_zone_offset", Values.zone),
    "eventID": _into("event_id", Values.uri),
    "errorDeclaration": _into("error_declaration", Values.error_declaration),
    "certificationInfo": _certification,
    "bizStep": _word("biz_step", "bizStep"),
    "disposition": _word("disposition", "disposition"),
    "persistentDisposition": _persistent,
    "readPoint": _into("read_point", Values.place),
    "bizLocation": _into("biz_location", Values.place),
    "bizTransactionList": _typed("biz_transactions", "bizTransaction", "bizTransaction", need=False),
    "sourceList": _typed("sources", "source", "sourceDest", need=True),
    "destinationList": _typed("destinations", "destination", "sourceDest", need=True),
    "sensorElementList": _sensors,
}
_ACTION: dict[str, Handler] = {"action": _into("action", Values.action)}
_OBJECTS: dict[str, Handler] = {
    "epcList": _into("epcs", Values.things),
    "quantityList": _into("quantities", Values.quantities),
}
_PARENT: dict[str, Handler] = {"parentID": _into("parent_id", Values.thing)}
_CHILDREN: dict[str, Handler] = {
    "childEPCs": _into("child_epcs", Values.things),
    "childQuantityList": _into("child_quantities", Values.quantities),
}
_TRANSFORMATION: dict[str, Handler] = {
    "inputEPCList": _into("input_epcs", Values.things),
    "inputQuantityList": _into("input_quantities", Values.quantities),
    "outputEPCList": _into("output_epcs", Values.things),
    "outputQuantityList": _into("output_quantities", Values.quantities),
    "transformationID": _into("transformation_id", Values.key),
}
_ILMD: dict[str, Handler] = {"ilmd": _ilmd}

FIELDS: dict[str, dict[str, Handler]] = {
    "ObjectEvent": _COMMON | _ACTION | _OBJECTS | _ILMD,
    "AggregationEvent": _COMMON | _ACTION | _PARENT | _CHILDREN,
    "TransactionEvent": _COMMON | _ACTION | _PARENT | _OBJECTS,
    "TransformationEvent": _COMMON | _TRANSFORMATION | _ILMD,
    "AssociationEvent": _COMMON | _ACTION | _PARENT | _CHILDREN,
}
_PLACE_WARNING = reason("persistentDisposition", "persistent-disposition-place")
_OUTSIDE_WARNING = reason("@context", "context-outside")
_ID_WARNING = reason("eventID", "declaration-event-id")
# What `lax` lets pass: faults of meaning, not of form. A rule that is not in MESSAGES is one of the code schemes'.
_OF_MEANING = frozenset(
    {"required", "action", "uri", "vocabulary", "class-in-epc-list", "instance-as-class", "duplicate-item", "quantity"}
    | {"duplicate-value", "uom", "uom-without-quantity", "what-missing", "children-missing", "objects-missing", "hex"}
    | {"transformation-sides", "ilmd-place", "sensor-value", "time-order", "disposition-clash", "empty-list"}
)
_ESSENTIAL = frozenset({"type", "eventTime", "eventTimeZoneOffset"})


def _passable(why: Reason) -> bool:
    if why.path.startswith("errorDeclaration."):
        return True  # about an earlier record, no part of the event's name
    return why.path not in _ESSENTIAL and (why.rule in _OF_MEANING or why.rule not in MESSAGES)


def lift(
    data: dict[str, Any], raw: bytes, index: int, names: Names, *, form: str = "json", lax: bool = False
) -> Event | Refusal:
    """The event in `data` (fields as EPCIS 2.0 JSON names them), or a Refusal with every reason found.

    `lax` makes warnings of the reasons that leave the event readable.
    """
    values = Values(names, form)
    if "@context" in data:
        try:
            values.names = Names(declared(data["@context"], names.context))
        except Bad as bad:
            values.reasons.append(bad.reason("@context"))
    if lax and b'"@xmlns:' in raw:
        inside: dict[str, str] = {}
        data = without_xmlns(data, inside)
        values.names = Names(values.names.context | inside)
    if OUTSIDE in values.names.context:
        values.warnings.append(_OUTSIDE_WARNING)
    kind = data.get("type")
    found: dict[str, Any] = {}
    if isinstance(kind, str) and kind in FIELDS:
        _each(values, data, FIELDS[kind], found)
        _required(values, data)
        _RULES[kind](values, data, found)
    else:
        kind = ""
        values.wrong("type", "event-type" if "type" in data else "required", value=data.get("type"), name="type")
    if lax and all(_passable(why) for why in values.reasons):
        values.warnings += values.reasons
        values.reasons = []
    if values.reasons:
        event_id = data.get("eventID")
        return Refusal(index, event_id if isinstance(event_id, str) else None, tuple(values.reasons))
    return Event(type=kind, read=data, raw=raw, context=values.names.context, warnings=tuple(values.warnings), **found)


def _each(values: Values, data: dict[str, Any], fields: dict[str, Handler], found: dict[str, Any]) -> None:
    extensions: dict[str, Any] = {}
    for name, value in data.items():
        handler = fields.get(name)
        if handler is not None:
            plain = PLAIN.get(name)
            if plain is not None and (one := plain[1](value)) is not None:
                found[plain[0]] = one
                continue
            handler(values, value, name, found)
        elif name == "action":
            values.wrong(name, "action-forbidden")
        elif name == "ilmd":
            values.wrong(name, "ilmd-place")
        else:
            values.extension(name, value, "", extensions)
    found["extensions"] = extensions


def _required(values: Values, data: dict[str, Any]) -> None:
    for name in ("eventTime", "eventTimeZoneOffset"):
        if name not in data:
            values.wrong(name, "required", name=name)
    if data["type"] != "TransformationEvent" and "action" not in data:
        values.wrong("action", "required", name="action")
    if "errorDeclaration" in data and "eventID" not in data:
        # Allowed: §7.4.1 says the id is null where the original's is; the two are then matched by content.
        values.warnings.append(_ID_WARNING)
    if "persistentDisposition" in data and data["type"] not in ("ObjectEvent", "TransformationEvent"):
        values.warnings.append(_PLACE_WARNING)


def _object_rules(values: Values, data: dict[str, Any], found: dict[str, Any]) -> None:
    if not (data.get("epcList") or data.get("quantityList") or (data.get("sensorElementList") and "readPoint" in data)):
        values.wrong("epcList", "what-missing")
    if "ilmd" in data and found.get("action") in ("OBSERVE", "DELETE"):
        values.wrong("ilmd", "ilmd-place")


def _aggregation_rules(values: Values, data: dict[str, Any], found: dict[str, Any]) -> None:
    action = found.get("action")
    if "parentID" not in data and action in ("ADD", "DELETE"):
        values.wrong("parentID", "required", name="parentID")
    if action in ("ADD", "OBSERVE") and not (data.get("childEPCs") or data.get("childQuantityList")):
        values.wrong("childEPCs", "children-missing")


def _association_rules(values: Values, data: dict[str, Any], found: dict[str, Any]) -> None:
    # Schema 2.0.1 and XSD 2.0 both want the parent for every action here, unlike in an AggregationEvent.
    if "parentID" not in data and found.get("action") == "OBSERVE":
        values.wrong("parentID", "required", name="parentID")
    _aggregation_rules(values, data, found)


def _transaction_rules(values: Values, data: dict[str, Any], found: dict[str, Any]) -> None:
    if "bizTransactionList" not in data:
        values.wrong("bizTransactionList", "required", name="bizTransactionList")
    elif data["bizTransactionList"] == []:
        values.wrong("bizTransactionList", "empty-list")
    if found.get("action") in ("ADD", "OBSERVE") and not (
        data.get("epcList") or data.get("quantityList") or "parentID" in data
    ):
        values.wrong("epcList", "objects-missing")


def _transformation_rules(values: Values, data: dict[str, Any], _: dict[str, Any]) -> None:
    inputs = data.get("inputEPCList") or data.get("inputQuantityList")
    outputs = data.get("outputEPCList") or data.get("outputQuantityList")
    if not (inputs and outputs) and not ("transformationID" in data and (inputs or outputs)):
        values.wrong("inputEPCList" if not inputs else "outputEPCList", "transformation-sides")


_RULES = {
    "ObjectEvent": _object_rules,
    "AggregationEvent": _aggregation_rules,
    "AssociationEvent": _association_rules,
    "TransactionEvent": _transaction_rules,
    "TransformationEvent": _transformation_rules,
}
