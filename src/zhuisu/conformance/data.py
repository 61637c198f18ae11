"""Test data that a runner makes for itself: GS1's prefix for examples (952), and a mark that no earlier run has used."""

import json
from typing import Any
from uuid import UUID, uuid5
from xml.sax.saxutils import escape

COMPANY = "9521234"  # GS1 General Specifications §1.4: 952 is for demonstrations and examples
CONTEXT = "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"
NAMESPACE = "https://example.org/conformance/"
CBV = "https://ref.gs1.org/cbv/"

Event = dict[str, Any]


def check_digit(digits: str) -> str:
    """GS1 General Specifications §7.9.1: weights 3 and 1 from the right."""
    total = sum(int(digit) * (3 if place % 2 == 0 else 1) for place, digit in enumerate(reversed(digits)))
    return str(-total % 10)


class Maker:
    """Makes events, things and places under one mark. `when` is an ISO instant in UTC, to the second."""

    def __init__(self, mark: str, when: str) -> None:
        self.mark = mark
        self.when = when
        self.made = 0

    def next(self) -> str:
        """A serial that was never used: the mark and a number."""
        self.made += 1
        return f"{self.mark}{self.made}"

    def thing(self, serial: str = "", item: str = "50001") -> str:
        """A serialised item as EPC URN (TDS §6.3.1)."""
        return f"urn:epc:id:sgtin:{COMPANY}.0{item}.{serial or self.next()}"

    def lot(self) -> str:
        """A lot of an item, as EPC class URN (TDS §6.4)."""
        return f"urn:epc:class:lgtin:{COMPANY}.050001.{self.next()}"

    def place(self) -> str:
        """A location of its own, as EPC URN (TDS §6.3.3): what happens there is nobody else's."""
        return f"urn:epc:id:sgln:{COMPANY}.12345.{self.next()}"

    def event_id(self) -> str:
        return f"urn:uuid:{uuid5(UUID(int=0), self.next())}"

    def event(self, kind: str = "ObjectEvent", /, **fields: Any) -> Event:
        """An event of one thing observed; what is given is laid over it, None takes a field away."""
        whole: Event = {
            "type": kind,
            "eventID": self.event_id(),
            "eventTime": self.when,
            "eventTimeZoneOffset": "+08:00",
        }
        if kind != "TransformationEvent":
            whole["action"] = "OBSERVE"
        if kind == "ObjectEvent":
            whole |= {"epcList": [self.thing()], "bizStep": "shipping"}
        return {name: value for name, value in (whole | fields).items() if value is not None}

    def at(self, place: str, **fields: Any) -> Event:
        """An event of one thing at a business location."""
        return self.event(**{"bizLocation": {"id": place}, **fields})


def link(urn: str) -> str:
    """The canonical Digital Link of a serialised item of ours (Digital Link 1.1 §5)."""
    company, item, serial = urn.rpartition(":")[2].split(".", 2)
    digits = item[0] + company + item[1:]
    return f"https://id.gs1.org/01/{digits}{check_digit(digits)}/21/{serial}"


def document(*events: Event, header: Event | None = None, prefixes: dict[str, str] | None = None) -> bytes:
    """An EPCISDocument in JSON-LD; `prefixes` are more of them."""
    whole: Event = {
        "@context": [CONTEXT, {"ex": NAMESPACE} | (prefixes or {})],
        "type": "EPCISDocument",
        "schemaVersion": "2.0",
        "creationDate": "2026-01-01T00:00:00Z",
        **({"epcisHeader": header} if header else {}),
        "epcisBody": {"eventList": list(events)},
    }
    return json.dumps(whole, ensure_ascii=False).encode()


def query_document(*events: Event) -> bytes:
    """The same events as the answer to a query."""
    whole = json.loads(document())
    results = {"queryName": "SimpleEventQuery", "resultsBody": {"eventList": list(events)}}
    return json.dumps(whole | {"type": "EPCISQueryDocument", "epcisBody": {"queryResults": results}}).encode()


def xml_document(event: Event) -> bytes:
    """One ObjectEvent as XML; its CBV words as URNs, the way XML has had them since 1.0."""
    items = "".join(f"<epc>{escape(one)}</epc>" for one in event["epcList"])
    place = (
        f"<bizLocation><id>{escape(event['bizLocation']['id'])}</id></bizLocation>" if "bizLocation" in event else ""
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>'
        '<epcis:EPCISDocument xmlns:epcis="urn:epcglobal:epcis:xsd:2" schemaVersion="2.0" '
        'creationDate="2026-01-01T00:00:00Z"><EPCISBody><EventList><ObjectEvent>'
        f"<eventTime>{event['eventTime']}</eventTime><eventTimeZoneOffset>{event['eventTimeZoneOffset']}</eventTimeZoneOffset>"
        f"<eventID>{event['eventID']}</eventID><epcList>{items}</epcList><action>{event['action']}</action>"
        f"<bizStep>urn:epcglobal:cbv:bizstep:{event['bizStep']}</bizStep>{place}"
        "</ObjectEvent></EventList></EPCISBody></epcis:EPCISDocument>"
    ).encode()


def master_data(place: str, *, children: list[str] | None = None, **attributes: str) -> Event:
    """An epcisHeader that describes a business location (EPCIS 2.0 §9, vocabulary); names of attributes below the CBV's."""
    element: Event = {"id": place}
    if attributes:
        element["attributes"] = [
            {"id": f"urn:epcglobal:cbv:mda#{name}", "attribute": value} for name, value in attributes.items()
        ]
    if children:
        element["children"] = children
    kind = "urn:epcglobal:epcis:vtype:BusinessLocation"
    return {"epcisMasterData": {"vocabularyList": [{"type": kind, "vocabularyElementList": [element]}]}}
