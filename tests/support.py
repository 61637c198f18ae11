"""What tests share: a time, and EPCIS documents made in a line."""

import json
from datetime import UTC, datetime
from typing import Any

AT = datetime(2026, 11, 20, 4, 0, tzinfo=UTC)
CONTEXT = ["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld", {"zs": "urn:zhuisu:ns:"}]


def event(kind: str = "ObjectEvent", **fields: Any) -> dict[str, Any]:
    """An event as JSON; by default a commissioning of one tin, with what is given laid over it."""
    base: dict[str, Any] = {
        "type": kind,
        "eventTime": "2026-11-20T09:00:00.000+08:00",
        "eventTimeZoneOffset": "+08:00",
    }
    if kind == "ObjectEvent":
        base |= {"epcList": ["urn:epc:id:sgtin:9506000.013435.1"], "action": "ADD", "bizStep": "commissioning"}
    return {name: value for name, value in (base | fields).items() if value is not None}


def document(*events: dict[str, Any]) -> bytes:
    """An EPCIS document of these events."""
    whole = {
        "@context": CONTEXT,
        "type": "EPCISDocument",
        "schemaVersion": "2.0",
        "creationDate": "2026-11-20T09:30:00+08:00",
        "epcisBody": {"eventList": list(events)},
    }
    return json.dumps(whole, ensure_ascii=False).encode()
