"""From an EPCIS event of a step back to its record: for exports, ledgers, and to correct an entry."""

from decimal import Decimal
from typing import Any
from urllib.parse import unquote

from zhuisu.epcis.model import Event
from zhuisu.profiles.act import CBV_KEY, KIND_KEY, NAMESPACE_KEY, measure_of
from zhuisu.profiles.columns import COUNT, PIECES, Column
from zhuisu.profiles.making import PAPER_URN, Entry, blank, entry_of, paper_key
from zhuisu.profiles.model import Paper, Profile, Sensor
from zhuisu.profiles.values import plain

# What a sensor report may say (EPCIS 2.0 §7.3.7), in the order in which a record has them.
VALUES = ("value", "minValue", "maxValue", "meanValue")
_ANSWERABLE = "{urn:zhuisu:ns:}answerableParty"


def record_of(profile: Profile, step_id: str, event: Event) -> dict[str, Any]:
    """The record of an event of a step: what its columns can hold of it. Codes stand as they do in the event.

    Amounts come with the lots that have one first. Raises KeyError for a step that does not exist.
    """
    entry = entry_of(profile, step_id)
    found: dict[str, Any] = {"eventTime": event.event_time_text}
    if "parent" in entry.columns and event.parent_id:
        found["parent"] = event.parent_id
    found |= _things_of(event)
    if "place" in entry.columns and event.biz_location:
        found["place"] = event.biz_location
    for name, ends in (("buyer", event.destinations), ("supplier", event.sources)):
        owner = next((code for kind, code in ends if kind == "owning_party"), "")
        if owner and name in entry.columns:
            found[name] = owner
    if answerable := event.extensions.get(_ANSWERABLE):
        found["answerable"] = answerable
    written = event.raw.startswith(b"<")
    found |= _papers_of(entry, event)
    for name, column in entry.columns.items():
        if isinstance(column.source, Sensor):
            values: Any = _readings(column.source, event)
        else:
            held = _element(column, name, event) if column.place in ("item", "event") else None
            values = plain(column, held, written)
        if not blank(values):
            found[name] = values
    return {name: found[name] for name in entry.columns if name in found}


def _things_of(event: Event) -> dict[str, Any]:
    found: dict[str, Any] = {}
    sides = (
        ("things", "quantity", "unit", (*event.epcs, *event.child_epcs), (*event.quantities, *event.child_quantities)),
        ("inputs", "inputQuantity", "inputUnit", event.input_epcs, event.input_quantities),
        ("outputs", "outputQuantity", "outputUnit", event.output_epcs, event.output_quantities),
    )
    for things, quantity, unit, single, classes in sides:
        lots = sorted(classes, key=lambda each: each.quantity is None)
        amounts = [each.quantity for each in lots if each.quantity is not None]
        units = [COUNT if each.uom in PIECES else each.uom for each in lots if each.quantity is not None]
        found[things] = [*single, *(each.epc_class for each in lots)]
        found[quantity] = amounts
        found[unit] = [] if set(units) <= {COUNT} else units[:1] if len(set(units)) == 1 else units
    return {name: value for name, value in found.items() if value}


def _papers_of(entry: Entry, event: Event) -> dict[str, Any]:
    found: dict[str, list[str]] = {}
    for kind, text in event.biz_transactions:
        column = paper_of(entry, kind, text)
        if column is not None:
            found.setdefault(column.name, []).append(number_of(column, text))
    return found


def number_of(column: Column, text: str) -> str:
    """The number of a document as people write it, where it was written under its paper's key; else what stands in the event."""
    key, number = _numbered(text)
    return unquote(number) if key == paper_key(column) else text


def paper_of(entry: Entry, kind: str | None, text: Any) -> Column | None:
    """The column of a document: by the key that its number was written under, else the first paper that is of its type."""
    papers = [each for each in entry.columns.values() if each.place == "paper" and _takes(each, kind)]
    key, number = _numbered(text) if isinstance(text, str) else ("", "")
    own = next((each for each in papers if number and key == paper_key(each)), None)
    return own or next(iter(papers), None)


def _numbered(text: str) -> tuple[str, str]:
    key, _, number = text.removeprefix(PAPER_URN).partition(":") if text.startswith(PAPER_URN) else ("", "", "")
    return (key, number) if number else ("", "")


def _takes(column: Column, kind: str | None) -> bool:
    return not isinstance(column.source, Paper) or kind in (column.source.kind, *column.source.or_kinds)


def _readings(sensor: Sensor, event: Event) -> list[Any]:
    reports = [
        each for element in event.data.get("sensorElementList") or () for each in element.get("sensorReport") or ()
    ]
    return [
        value if isinstance(value, Decimal) else Decimal(str(value))
        for each in reports
        if measure_of(each) == sensor.measure and each.get("uom") == sensor.unit
        for value in (each.get(name) for name in VALUES)
        if value is not None
    ]


def _element(column: Column, name: str, event: Event) -> Any:
    if name == "kind":
        held = str(event.ilmd.get(KIND_KEY) or event.extensions.get(KIND_KEY) or "")
        return held.partition(".")[2] or None
    value = (event.ilmd if column.place == "item" else event.extensions).get(NAMESPACE_KEY + name)
    if value is None and column.cbv:
        value = event.ilmd.get(CBV_KEY + column.cbv)
        return value[:10] if column.type == "date" and isinstance(value, str) else value
    return value
