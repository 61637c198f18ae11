"""Events about toy bears, in a line each: what the tests of judging tell."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from support import CONTEXT
from zhuisu.profiles.examples import CONTEXT as FIELDS

GTIN = "09520007000014"
DAWN = datetime(2026, 3, 1, tzinfo=UTC)
STEPS = {  # business step, action, disposition
    "make": ("commissioning", "ADD", None),
    "treat": ("other", "OBSERVE", None),
    "check": ("inspecting", "OBSERVE", None),
    "lab": ("sampling", "OBSERVE", None),
    "release": ("storing", "OBSERVE", None),
    "ship": ("shipping", "OBSERVE", None),
    "receive": ("receiving", "OBSERVE", None),
    "sell": ("retail_selling", "OBSERVE", None),
    "take_back": ("accepting", "OBSERVE", None),
    "recall": ("holding", "OBSERVE", "recalled"),
    "destroy": ("destroying", "DELETE", None),
}


def document(*events: dict[str, Any]) -> bytes:
    whole = {
        "@context": [*CONTEXT, FIELDS, {"zs": "urn:zhuisu:ns:"}],
        "type": "EPCISDocument",
        "schemaVersion": "2.0",
        "creationDate": DAWN.isoformat(),
        "epcisBody": {"eventList": list(events)},
    }
    return json.dumps(whole, ensure_ascii=False).encode()


def lot(name: str) -> str:
    return f"https://id.gs1.org/01/{GTIN}/10/{name}"


def bear(serial: str, of: str = "") -> str:
    return f"https://id.gs1.org/01/{GTIN}" + (f"/10/{of}" if of else "") + f"/21/{serial}"


def box(number: int) -> str:
    body = f"0952000{number:010d}"
    odd, even = sum(map(int, body[::2])), sum(map(int, body[1::2]))
    return f"https://id.gs1.org/00/{body}{-(3 * odd + even) % 10}"


def toy(step: str, hour: float, *things: str, amounts: dict[str, int] | None = None, **fields: Any) -> dict[str, Any]:
    """An ObjectEvent of a step of the toy profile, so many hours after DAWN."""
    biz_step, action, disposition = STEPS[step]
    made = _base("ObjectEvent", hour) | {"action": action, "bizStep": biz_step} | _fields(fields)
    if disposition:
        made["disposition"] = disposition
    if things:
        made["epcList"] = list(things)
    if amounts:
        made["quantityList"] = _amounts(amounts)
    return made


def remake(hour: float, inputs: dict[str, int], outputs: dict[str, int], **fields: Any) -> dict[str, Any]:
    """A transformation."""
    made = _base("TransformationEvent", hour) | {"bizStep": "commissioning"} | _fields(fields)
    return made | {"inputQuantityList": _amounts(inputs), "outputQuantityList": _amounts(outputs)}


def pack(
    hour: float, parent: str, *children: str, amounts: dict[str, int] | None = None, out: bool = False
) -> dict[str, Any]:
    """Into a box, or out of it."""
    made = _base("AggregationEvent", hour) | {"parentID": parent, "bizStep": "unpacking" if out else "packing"}
    made["action"] = "DELETE" if out else "ADD"
    if children:
        made["childEPCs"] = list(children)
    if amounts:
        made["childQuantityList"] = _amounts(amounts)
    return made


def _base(kind: str, hour: float) -> dict[str, Any]:
    at = DAWN + timedelta(hours=hour)
    return {"type": kind, "eventTime": at.isoformat(timespec="milliseconds"), "eventTimeZoneOffset": "+00:00"}


def _amounts(held: dict[str, int]) -> list[dict[str, Any]]:
    return [{"epcClass": name, "quantity": amount} for name, amount in held.items()]


def _fields(held: dict[str, Any]) -> dict[str, Any]:
    """Data elements by their name; `buyer`, `answers` (who does) and `paper` where they stand in EPCIS."""
    made: dict[str, Any] = {}
    for name, value in held.items():
        if name == "buyer":
            made["destinationList"] = [{"type": "owning_party", "destination": value}]
        elif name == "answers":
            made["zs:answerableParty"] = value
        elif name == "paper":
            made["bizTransactionList"] = [{"type": value, "bizTransaction": f"urn:toy:{value}:1"}]
        else:
            made[f"f:{name}"] = value
    return made
