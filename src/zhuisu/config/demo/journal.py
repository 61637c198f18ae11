"""The book in which the demonstration's firms write their events, and the EPCIS 2.0 documents that come out of it."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import NAMESPACE_URL, uuid5

from zhuisu import codes
from zhuisu.config.demo.master import Firm, Site

CONTEXT = [
    "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld",
    {"zs": "urn:zhuisu:ns:", "f": "urn:zhuisu:field:"},
]
NAMESPACE = uuid5(NAMESPACE_URL, "urn:zhuisu:demonstration:1")
SENT_AFTER = timedelta(minutes=4)
SHIFT_HOURS = 6  # a firm sends what it has every so often: several documents a day


class Amount(NamedTuple):
    """So much of a lot. With unit KGM the quantity is in grams, so that nothing is ever rounded; without unit it is a count."""

    epc_class: str
    quantity: int
    unit: str | None = "KGM"


@dataclass(frozen=True, slots=True)
class Deal:
    """Who hands over to whom, and who carries it."""

    seller: Firm
    buyer: Firm
    carrier: Firm | None = None


@dataclass(slots=True)
class Entry:
    """One event in the book."""

    reporter: Firm
    at: datetime
    event: dict[str, Any]


@dataclass(slots=True)
class Journal:
    """All events, in the order of writing."""

    entries: list[Entry] = field(default_factory=list)

    def observe(self, reporter: Firm, at: datetime, step: str, **facts: Any) -> None:
        """An ObjectEvent. facts: epcs, amounts, action and those of _common."""
        action = facts.pop("action", "OBSERVE")
        body = {"action": action, **_things(facts, "epcList", "quantityList")}
        self._write("ObjectEvent", reporter, at, step, body, facts)

    def trade(self, reporter: Firm, at: datetime, step: str = "accepting", **facts: Any) -> None:
        """A TransactionEvent: the things now belong to the papers named."""
        body = {"action": "ADD", **_things(facts, "epcList", "quantityList")}
        self._write("TransactionEvent", reporter, at, step, body, facts)

    def fit(self, reporter: Firm, at: datetime, parent: str, children: Iterable[str], **facts: Any) -> None:
        """An AssociationEvent ADD: the children are built into the parent."""
        body = {"action": "ADD", "parentID": parent, "childEPCs": list(children)}
        self._write("AssociationEvent", reporter, at, "installing", body, facts)

    def pack(self, reporter: Firm, at: datetime, parent: str, children: Iterable[str], **facts: Any) -> None:
        """An AggregationEvent ADD."""
        body = {"action": "ADD", "parentID": parent, "childEPCs": list(children)}
        self._write("AggregationEvent", reporter, at, "packing", body, facts)

    def unpack(self, reporter: Firm, at: datetime, parent: str, children: Iterable[str] = (), **facts: Any) -> None:
        """An AggregationEvent DELETE; without children the container is emptied."""
        body = {"action": "DELETE", "parentID": parent, "childEPCs": list(children)}
        self._write("AggregationEvent", reporter, at, "unpacking", body, facts)

    def make(self, reporter: Firm, at: datetime, step: str, process: str, **facts: Any) -> None:
        """A TransformationEvent. facts: inputs, outputs (EPCs), uses, gives (amounts) and those of _common."""
        body: dict[str, Any] = {}
        for key, name in (("inputs", "inputEPCList"), ("outputs", "outputEPCList")):
            if epcs := facts.pop(key, ()):
                body[name] = list(epcs)
        for key, name in (("uses", "inputQuantityList"), ("gives", "outputQuantityList")):
            if amounts := facts.pop(key, ()):
                body[name] = [_quantity(amount) for amount in amounts]
        facts["extra"] = {"zs:process": process, **facts.get("extra", {})}
        self._write("TransformationEvent", reporter, at, step, body, facts)

    def _write(
        self, kind: str, reporter: Firm, at: datetime, step: str, body: Mapping[str, Any], facts: dict[str, Any]
    ) -> None:
        said = {"type": kind, "eventTime": at.isoformat(), "eventTimeZoneOffset": "+08:00"}
        event: dict[str, Any] = {**said, **body, **_common(step, **facts)}
        if reporter.links:
            event = _linked(event)
        text = json.dumps([reporter.uscc, event], ensure_ascii=False, sort_keys=True)
        self.entries.append(Entry(reporter, at, {"eventID": f"urn:uuid:{uuid5(NAMESPACE, text)}"} | event))

    def documents(self) -> list[tuple[str, bytes]]:
        """(canonical code of the sender, EPCISDocument), in the order in which they were sent."""
        shifts: dict[tuple[str, str, int], list[Entry]] = {}
        for entry in sorted(self.entries, key=lambda entry: entry.at):
            key = (entry.reporter.key, f"{entry.at:%Y%m%d}", entry.at.hour // SHIFT_HOURS)
            shifts.setdefault(key, []).append(entry)
        ordered = sorted(shifts.values(), key=lambda entries: (entries[-1].at, entries[-1].reporter.key))
        return [(entries[0].reporter.canonical, _document(entries)) for entries in ordered]


def _document(entries: list[Entry]) -> bytes:
    document = {
        "@context": CONTEXT,
        "type": "EPCISDocument",
        "schemaVersion": "2.0",
        "creationDate": (entries[-1].at + SENT_AFTER).isoformat(),
        "epcisBody": {"eventList": [entry.event for entry in entries]},
    }
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()


def _things(facts: dict[str, Any], epcs: str, amounts: str) -> dict[str, Any]:
    things: dict[str, Any] = {}
    if listed := facts.pop("epcs", ()):
        things[epcs] = list(listed)
    if counted := facts.pop("amounts", ()):
        things[amounts] = [_quantity(amount) for amount in counted]
    return things


def _quantity(amount: Amount) -> dict[str, Any]:
    if amount.unit is None:
        return {"epcClass": amount.epc_class, "quantity": amount.quantity}
    return {"epcClass": amount.epc_class, "quantity": kilograms(amount.quantity), "uom": amount.unit}


def elements(**values: Any) -> dict[str, Any]:
    """Data elements of a sector's profile as they stand in a document. Beside the event (extra) or of what begins (ilmd)."""
    return {f"f:{name}": value for name, value in values.items()}


def kilograms(grams: int) -> float:
    """Grams as the kilograms that stand in a document; three decimals are exact in JSON."""
    return round(grams / 1000, 3)


def _common(
    step: str,
    *,
    site: Site,
    disposition: str,
    answers: Firm,
    leaves: bool = False,
    deal: Deal | None = None,
    papers: Iterable[tuple[str, str]] = (),
    ilmd: Mapping[str, Any] | None = None,
    temperatures: Iterable[dict[str, Any]] = (),
    extra: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """What every event may say. leaves: the things are on their way and so have no bizLocation."""
    said: dict[str, Any] = {"bizStep": step, "disposition": disposition, "readPoint": {"id": site.epc}}
    if not leaves:
        said["bizLocation"] = {"id": site.epc}
    if listed := [{"type": kind, "bizTransaction": paper} for kind, paper in papers]:
        said["bizTransactionList"] = listed
    if deal:
        before, after = (
            (deal.seller, deal.carrier or deal.buyer) if leaves else (deal.carrier or deal.seller, deal.buyer)
        )
        said["sourceList"] = _ends("source", deal.seller, before)
        said["destinationList"] = _ends("destination", deal.buyer, after)
    if sensed := list(temperatures):
        said["sensorElementList"] = sensed
    if ilmd:
        said["ilmd"] = dict(ilmd)
    return said | dict(extra or {}) | {"zs:answerableParty": answers.uri}


def _ends(word: str, owner: Firm, holder: Firm) -> list[dict[str, str]]:
    return [{"type": "owning_party", word: owner.party}, {"type": "possessing_party", word: holder.party}]


def thermometer(device: str, readings: Iterable[tuple[datetime, int]]) -> list[dict[str, Any]]:
    """Sensor elements of a temperature record: (when, tenths of a degree Celsius)."""
    return [
        {
            "sensorMetadata": {"time": at.isoformat(), "deviceID": device},
            "sensorReport": [{"type": "Temperature", "value": tenths / 10, "uom": "CEL"}],
        }
        for at, tenths in readings
    ]


def _linked(value: Any) -> Any:
    """The same with every GS1 URN as a Digital Link."""
    if isinstance(value, str) and value.startswith(("urn:epc:id:", "urn:epc:class:", "urn:epc:idpat:")):
        return codes.to_digital_link(codes.parse_epc(value))
    if isinstance(value, dict):
        return {key: _linked(part) for key, part in value.items()}
    if isinstance(value, list):
        return [_linked(part) for part in value]
    return value
