"""Made-up events to test with; keys under GS1's demonstration prefix 952 with right check digits."""

import json
from typing import Any

import pytest

from zhuisu import epcis

CONTEXT = "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"


def checked(digits: str) -> str:
    """The digits with their GS1 check digit."""
    total = sum(int(digit) * (3 if place % 2 == 0 else 1) for place, digit in enumerate(reversed(digits)))
    return digits + str((10 - total % 10) % 10)


GTIN = checked("0952000000001")
SSCC = checked("09520000000000001")
GLN = checked("952000000001")

OBJECT: dict[str, Any] = {
    "type": "ObjectEvent",
    "eventTime": "2026-03-02T08:30:00.5+08:00",
    "eventTimeZoneOffset": "+08:00",
    "eventID": "urn:uuid:0b0e0a30-1b0c-4f6e-9d5a-000000000001",
    "epcList": [f"https://id.gs1.org/01/{GTIN}/21/A{n}" for n in range(3)],
    "quantityList": [{"epcClass": f"https://id.gs1.org/01/{GTIN}/10/L1", "quantity": 12.5, "uom": "KGM"}],
    "action": "OBSERVE",
    "bizStep": "shipping",
    "disposition": "in_transit",
    "readPoint": {"id": f"https://id.gs1.org/414/{GLN}"},
    "bizLocation": {"id": f"https://id.gs1.org/414/{GLN}"},
    "bizTransactionList": [
        {"type": "po", "bizTransaction": "https://buyer.example/po/1"},
        {"bizTransaction": "urn:x:2"},
    ],
    "sourceList": [{"type": "owning_party", "source": f"https://id.gs1.org/417/{GLN}"}],
    "destinationList": [{"type": "possessing_party", "destination": f"https://id.gs1.org/417/{GLN}"}],
    "sensorElementList": [
        {
            "sensorMetadata": {"startTime": "2026-03-02T08:00:00+08:00", "endTime": "2026-03-02T08:30:00+08:00"},
            "sensorReport": [{"type": "Temperature", "value": -18.5, "uom": "CEL"}, {"type": "Count", "value": 3}],
        }
    ],
    "ex:vehicle": {"ex:plate": "T-100", "ex:axles": 3, "ex:checked": True},
}
AGGREGATION: dict[str, Any] = {
    "type": "AggregationEvent",
    "eventTime": "2026-03-02T00:30:00Z",
    "eventTimeZoneOffset": "+08:00",
    "parentID": f"https://id.gs1.org/00/{SSCC}",
    "childEPCs": [f"https://id.gs1.org/01/{GTIN}/21/A{n}" for n in range(3)],
    "childQuantityList": [{"epcClass": f"https://id.gs1.org/01/{GTIN}/10/L1", "quantity": 4}],
    "action": "ADD",
    "bizStep": "packing",
}
ASSOCIATION = {**AGGREGATION, "type": "AssociationEvent", "bizStep": "assembling"}
TRANSACTION: dict[str, Any] = {
    "type": "TransactionEvent",
    "eventTime": "2026-03-02T00:30:00Z",
    "eventTimeZoneOffset": "+08:00",
    "bizTransactionList": [{"type": "inv", "bizTransaction": "urn:x:1"}],
    "epcList": [f"https://id.gs1.org/01/{GTIN}/21/A1"],
    "action": "ADD",
}
TRANSFORMATION: dict[str, Any] = {
    "type": "TransformationEvent",
    "eventTime": "2026-03-02T00:30:00Z",
    "eventTimeZoneOffset": "+08:00",
    "inputQuantityList": [{"epcClass": f"https://id.gs1.org/01/{GTIN}/10/MILK", "quantity": 1000, "uom": "KGM"}],
    "outputEPCList": [f"https://id.gs1.org/01/{GTIN}/21/T{n}" for n in range(2)],
    "transformationID": "urn:uuid:0b0e0a30-1b0c-4f6e-9d5a-000000000009",
    "bizStep": "commissioning",
    "ilmd": {"cbvmda:lotNumber": "T20260302"},
}
SAMPLES = {one["type"]: one for one in (OBJECT, AGGREGATION, ASSOCIATION, TRANSACTION, TRANSFORMATION)}


class Made:
    """Writes documents around events and reads them."""

    samples = SAMPLES
    gtin, sscc, gln = GTIN, SSCC, GLN
    checked = staticmethod(checked)

    @staticmethod
    def sample(kind: str = "ObjectEvent", /, without: tuple[str, ...] = (), **changes: Any) -> dict[str, Any]:
        """A right event with some fields changed or left out; a name with __ stands for prefix:name."""
        changed = {name.replace("__", ":"): value for name, value in changes.items()}
        return {name: one for name, one in {**SAMPLES[kind], **changed}.items() if name not in without}

    @staticmethod
    def document(*events: Any, **changes: Any) -> dict[str, Any]:
        """A right document."""
        return {
            "@context": [CONTEXT, {"ex": "https://ns.example/"}],
            "type": "EPCISDocument",
            "schemaVersion": "2.0",
            "creationDate": "2026-03-02T00:00:00Z",
            "epcisBody": {"eventList": list(events)},
            **changes,
        }

    @classmethod
    def read(cls, *events: Any) -> list[epcis.Event | epcis.Refusal]:
        """What becomes of these events."""
        return epcis.read(json.dumps(cls.document(*events), ensure_ascii=False).encode()).events

    @classmethod
    def event(cls, one: Any) -> epcis.Event:
        """The event, which must be right."""
        found = cls.read(one)[0]
        assert isinstance(found, epcis.Event), found
        return found

    @classmethod
    def rules(cls, one: Any) -> set[tuple[str, str]]:
        """Why an event is refused: path and rule of every reason."""
        found = cls.read(one)[0]
        return {(why.path, why.rule) for why in found.reasons} if isinstance(found, epcis.Refusal) else set()


@pytest.fixture(scope="session")
def made() -> type[Made]:
    return Made
