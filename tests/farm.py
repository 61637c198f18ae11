"""A farm at its desk, for tests of the record pages: forms as a browser sends them, and events that came over the API."""

import itertools
import json
import re
from dataclasses import dataclass
from typing import Any

from django.test import Client
from django.utils import timezone

from zhuisu.accounts.models import Organisation, Person
from zhuisu.compliance.services import judge_next
from zhuisu.events.sequencer import publish
from zhuisu.events.services import receive
from zhuisu.registry.models import Party

FARM, STATION, SEED, FRUIT = (
    "gs1.pgln:417/9520000000028",
    "cn.uscc:91350212MA2XYGR01A",
    "09520000000011",
    "09520000000028",
)


@dataclass
class Land:
    """A farm with an account, and what it may record."""

    farm: Organisation
    party: Party

    def client(self, organisation: Organisation | None = None, role: str = "member") -> Client:
        """Someone signed in."""
        tenant = organisation or self.farm
        person, _made = Person.objects.get_or_create(
            organisation=tenant, role=role, defaults={"username": f"{tenant.pk}-{role}"}
        )
        client = Client()
        client.force_login(person)
        return client


def settle() -> None:
    """What the worker does."""
    publish(timezone.now())
    while judge_next(timezone.now()):
        continue


def fields(page: str) -> dict[str, str]:
    """What the form sends if nothing is touched."""
    form = page[page.index('id="act"') :]
    held = {}
    for tag in re.findall(r"<input [^>]*>", form):
        given = dict(re.findall(r'([\w-]+)="([^"]*)"', tag))
        if given.get("type") in ("radio", "checkbox") and " checked" not in tag:
            continue
        if "name" in given:
            held[given["name"]] = given.get("value", "")
    for name, text in re.findall(r'<textarea name="(\w+)"[^>]*>\n?([^<]*)</textarea>', form):
        held[name] = text
    for name, options in re.findall(r'<select name="(\w+)"[^>]*>(.*?)</select>', form, re.S):
        held[name] = next(iter(re.findall(r'value="([^"]*)" selected', options)), "")
    return held


PLANT = {"things": f"{SEED}/P26", "variety": "大红一号", "plotName": "东坡三号", "plantedOn": "2026-05-01"}


HARVEST = {
    "inputs": f"{SEED}/P26", "outputs": f"{FRUIT}/A26", "inputQuantity": "420公斤",
    "outputQuantity": "420", "outputUnit": "KGM", "harvestedOn": "2026-11-18",
}  # fmt: skip


def record(client: Client, step: str, typed: dict[str, str], **more: str) -> Any:
    """Open the form, type, send; what is only warned of is recorded all the same."""
    address = f"/desk/records/crops/{step}"
    sent = fields(client.get(address).content.decode()) | typed | more
    answer = client.post(address, sent)
    if answer.status_code == 200:
        answer = client.post(address, sent | {"seen": fields(answer.content.decode())["seen"]})
    return answer


def captured(land: Land, event: dict[str, Any]) -> str:
    """An event that came over the API; its id."""
    event_id = f"urn:uuid:00000000-0000-4000-8000-{next(NUMBERS):012d}"
    whole = {
        "@context": ["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld", {"f": "urn:zhuisu:field:"}],
        "type": "EPCISDocument", "schemaVersion": "2.0", "creationDate": "2026-11-20T09:30:00+08:00",
        "epcisBody": {"eventList": [{"eventID": event_id, **event}]},
    }  # fmt: skip
    receipt = receive(
        json.dumps(whole).encode(), media_type=None, organisation=land.farm.pk, by="system:test", at=timezone.now()
    )
    assert receipt.success
    settle()
    return str(event.get("eventID", event_id))


NUMBERS = itertools.count(1)


PLANTED: dict[str, Any] = {
    "type": "ObjectEvent", "action": "ADD", "bizStep": "commissioning", "eventTime": "2026-05-01T00:00:30.250Z",
    "eventTimeZoneOffset": "+08:00", "epcList": [], "f:step": "plant",
    "quantityList": [{"epcClass": f"https://id.gs1.org/01/{SEED}/10/P26"}],
    "ilmd": {"f:kind": "crops.vegetable", "f:variety": "大红一号", "f:plotName": "东坡三号", "f:plantedOn": "2026-05-01"},
    "readPoint": {"id": "https://id.gs1.org/414/9520000000028"},
    "bizTransactionList": [{"type": "inv", "bizTransaction": "urn:epcglobal:cbv:bt:9520000.00002:77"}],
}  # fmt: skip
