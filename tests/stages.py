"""A stage for one subscription: its query, a receiver that answers as told, and a clock; the wire is a function."""

import json
from datetime import timedelta
from typing import Any

from support import AT, event
from zhuisu.api.epcis.subscriptions import delivered
from zhuisu.subscriptions import services
from zhuisu.subscriptions.delivery import Tools, deliver
from zhuisu.subscriptions.models import Subscription
from zhuisu.subscriptions.outside import OutsideError

DEST = "https://8.8.8.8/hook"
PACKING = {"EQ_bizStep": ["packing"]}


def numbered(number: int, **fields: Any) -> dict[str, Any]:
    base = {"action": "OBSERVE", "bizStep": "packing", "epcList": [f"urn:epc:id:sgtin:9506000.013435.{number}"]}
    return event(eventID=f"urn:uuid:00000000-0000-4000-c000-{number:012d}", **(base | fields))


class Wire:
    """A receiver: answers what it is told to, 200 otherwise, and keeps what it took."""

    def __init__(self) -> None:
        self.answers: list[int | None] = []
        self.bodies: list[dict[str, Any]] = []
        self.raw: list[tuple[bytes, dict[str, str]]] = []
        self.taken: list[str] = []

    def __call__(self, dest: str, body: bytes, headers: dict[str, str], **_: Any) -> int:
        said = json.loads(body)
        self.bodies.append(said)
        self.raw.append((body, dict(headers)))
        status = self.answers.pop(0) if self.answers else 200
        if status is None:
            raise OutsideError("no answer: timed out", "未得到应答")
        if 200 <= status < 300 and "epcisBody" in said:
            self.taken += [one["eventID"][-3:] for one in events_of(said)]
        return status


def events_of(said: dict[str, Any]) -> list[dict[str, Any]]:
    found = said["epcisBody"]["queryResults"]["resultsBody"]["eventList"]
    assert isinstance(found, list)
    return found


class Stage:
    """A query, a subscription to it, a receiver and a clock."""

    def __init__(self, organisation, by: str = "system:test") -> None:
        self.organisation, self.by, self.now, self.wire = organisation, by, AT, Wire()
        self.tools = Tools(lambda: self.now, delivered, self.wire, chance=lambda: 1.0)

    def subscribe(self, query: dict[str, Any] | None = None, **fields: Any) -> Subscription:
        said = {"dest": DEST, "stream": True} | fields
        made = services.create_query(
            organisation=self.organisation,
            name=f"q{len(self.wire.raw)}",
            query=query or PACKING,
            by=self.by,
            at=self.now,
        )
        wanted = services.read_subscription({name: value for name, value in said.items() if value is not None})
        self.one = services.subscribe(made, wanted, by=self.by, at=self.now)
        return self.one

    def look(self, **later: float) -> Subscription:
        self.now += timedelta(**later)
        deliver(self.one.pk, self.tools)
        self.one.refresh_from_db()
        return self.one
