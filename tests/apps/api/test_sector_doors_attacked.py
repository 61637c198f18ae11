"""What an enemy or a careless system sends to the addresses of sectors: places, days, odd bytes and odd parameters."""

import json
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from coding import key_of
from support import AT
from zhuisu import codes, sectors
from zhuisu.accounts.models import Organisation
from zhuisu.api import records
from zhuisu.compliance import services
from zhuisu.profiles import entry
from zhuisu.registry.mandates.services import give_mandate
from zhuisu.registry.models import Party, PartyAlias, Place, Product, Role
from zhuisu.registry.regions import regions_of_acts

PRODUCE: dict[str, Any] = {
    "eventTime": "2026-11-18T06:30:00+08:00",
    "inputs": ["https://id.gs1.org/01/09520000000011/10/P26-07"],
    "inputQuantity": [120],
    "inputUnit": ["KGM"],
    "outputs": ["https://id.gs1.org/01/09520000000028/10/20261118"],
    "outputQuantity": [100],
    "outputUnit": ["KGM"],
    "kind": "rice",
    "productName": "大米",
    "specification": "5 kg",
    "producedOn": "2026-11-18",
    "licenceNumber": "SC10535020590047",
    "place": "https://id.gs1.org/414/9520000000103",
}
DEMANDED = "food.produce.shelfLifeDays.demanded"


@pytest.fixture
def maker(farm: Organisation) -> Party:
    party = Party.objects.create(code=farm.party, name=farm.name, region="350212")
    Role.objects.create(party=party, sector="food", role="producer", valid_from_on=date(2020, 1, 1))
    Product.objects.create(code="gs1.gtin:01/09520000000028", name="大米", kind="food.rice", holder=party)
    return party


@pytest.fixture
def key(farm: Organisation, maker: Party) -> dict[str, str]:
    return key_of(farm)


def post(client: Client, where: str, key: dict[str, str], body: Any) -> Any:
    sent = body if isinstance(body, bytes) else json.dumps(body).encode()
    return client.post(where, sent, content_type="application/json", headers=key)


def rules(told: Any) -> set[str]:
    """Every rule that an answer names, wherever it stands."""
    if isinstance(told, dict):
        return ({told["rule"]} if "rule" in told else set()) | rules(list(told.values()))
    return set().union(*(rules(one) for one in told)) if isinstance(told, list) else set()


@pytest.mark.parametrize(
    ("place", "party", "own", "region"),
    [
        ("310115", "350212", "350213", "310115"),
        ("", "310115", "350212", "310115"),
        (None, "310115", "350212", "310115"),
        (None, "", "310115", "310115"),
    ],
)
def test_the_region_of_an_act_is_one_rule_for_records_and_for_judging(
    client: Client,
    farm: Organisation,
    maker: Party,
    monkeypatch: pytest.MonkeyPatch,
    place: str | None,
    party: str,
    own: str,
    region: str,
) -> None:
    Party.objects.update(region=party)
    Organisation.objects.filter(pk=farm.pk).update(region=own)
    if place is not None:
        Place.objects.create(code="gs1.sgln:414/9520000000103", name="分厂", region=place)
    key, asked = key_of(farm), []

    class Spied:
        all, profile = staticmethod(sectors.all), staticmethod(sectors.profile)

        @staticmethod
        def judge(sector: str, day: date, region: str) -> Any:
            asked.append((sector, day, region))
            return sectors.judge(sector, day, region)

    monkeypatch.setattr(records, "sectors", Spied)
    told = post(client, "/may", key, {"sector": "food", "step": "produce", "record": PRODUCE}).json()
    (verdict,) = told["events"][0]["verdicts"]
    assert asked == [("food", date(2026, 11, 18), region)] and verdict["region"] == region
    assert (DEMANDED in rules(told)) == (region == "310115")


def test_a_record_for_somebody_else_is_of_that_ones_region(client: Client, key: dict[str, str], maker: Party) -> None:
    other = Party.objects.create(code="cn.uscc:91350206MA31QWE52L", name="分公司", region="310115")
    PartyAlias.objects.create(code="gs1.pgln:417/9520000000202", party=other)
    for written in ("91350206MA31QWE52L", "https://id.gs1.org/417/9520000000202", "urn:x:nobody"):
        acts = [("", codes.parse_epc(written).canonical if ":" in written else f"cn.uscc:{written}")]
        assert regions_of_acts(acts, "350212") == ["350212" if written == "urn:x:nobody" else "310115"]
    record = PRODUCE | {"answerable": "91350206MA31QWE52L"}
    asked = {"sector": "food", "step": "produce", "record": record}
    assert post(client, "/may", key, asked).json()["events"][0]["verdicts"][0]["region"] == maker.region
    give_mandate(other, maker, valid_from_on=date(2020, 1, 1), by="system:test", at=AT)
    assert post(client, "/may", key, asked).json()["events"][0]["verdicts"][0]["region"] == "310115"


def test_a_thousand_records_ask_for_their_regions_at_once(client: Client, key: dict[str, str]) -> None:
    def statements(count: int) -> int:
        sent = [PRODUCE | {"eventTime": f"2026-11-18T06:{one:02d}:00+08:00"} for one in range(count)]
        with CaptureQueriesContext(connection) as asking:
            assert post(client, "/records/food/produce", key, {"records": sent, "dryRun": True}).status_code == 200
        return len(asking)

    assert statements(1) == statements(30)


@pytest.mark.parametrize("written", ["2025-04-30T16:30:00Z", "2025-05-01T00:30:00+08:00", "2025-04-30T17:30:00+01:00"])
def test_the_day_of_an_act_is_the_day_where_it_happened(
    client: Client, key: dict[str, str], maker: Party, written: str
) -> None:
    event = {
        "type": "ObjectEvent",
        "action": "OBSERVE",
        "bizStep": "inspecting",
        "eventTime": written,
        "eventTimeZoneOffset": "+08:00",
        "epcList": ["https://id.gs1.org/01/09520000000028/21/1"],
    }
    for last, step in ((date(2025, 5, 1), True), (date(2025, 4, 30), False)):
        Role.objects.filter(party=maker).update(valid_to_on=last)
        (told,) = post(client, "/may", key, event).json()["events"]
        assert ("food.test.by" in rules(told)) != step


@pytest.mark.parametrize(
    "body",
    [
        b'{"type":"ObjectEvent","\xff":1}',
        b'{"type":"ObjectEvent","\\ud800":1}',
        b'{"type":"ObjectEvent","a":"\xff"}',
        b'{"type":"ObjectEvent","@context":1}',
        b'{"type":"ObjectEvent","@context":{"f":[]}}',
        b'{"type":"ObjectEvent","type":"ObjectEvent"}',
        b'{"type":1}',
        b'{"sector":"crops"}',
        b'{"sector":"crops","step":"harvest","record":{"\\ud800":1}}',
        b'{"sector":"crops","step":"harvest","record":{"eventTime":1e999}}',
        b'{"sector":"crops","step":"harvest","record":{"eventTime":"9999-12-31T23:59:59+08:00"}}',
        b'{"sector":"crops","step":"harvest","record":{"eventTime":"0001-01-01T00:00:00+08:00"}}',
        b'{"sector":"crops\\u0000","step":"harvest","record":{}}',
        b"[" * 100_000,
        b'{"type":"ObjectEvent","a":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        b"null",
        b"[]",
        b'"x"',
        b"",
    ],
)
def test_odd_questions_are_problems_or_answers_and_never_incidents(
    client: Client, key: dict[str, str], body: bytes
) -> None:
    for where in ("/may", "/records/crops/harvest"):
        told = post(client, where, key, body)
        assert told.status_code in (200, 400, 404, 415, 422), (where, told.content.decode()[:300])


@pytest.mark.parametrize(
    "where",
    [
        "/findings?since=0001-01-01&until=9999-12-31",
        "/findings.csv?since=0001-01-01&until=9999-12-31",
        "/findings/counts?since=0001-01-01&until=9999-12-31&by=day",
        "/findings?search=" + "%F0%9F%98%80" * 2000,
        "/findings?search=%ED%A0%80",
        "/findings?party=%ED%A0%80",
        "/findings?sector=" + "x" * 10_000,
        "/findings/captures/%ED%A0%80",
        "/findings/captures/" + "x" * 5000,
        "/findings/captures/00000000-0000-0000-0000-000000000000",
        "/findings/events/%ED%A0%80",
        "/findings/events/" + "x" * 9000,
        "/sectors?day=0001-01-01",
        "/sectors?day=9999-12-31",
        "/sectors/food?day=%EF%BC%92026-11-22",
        "/sectors/food?region=%EF%BC%93%EF%BC%95",
        "/registers/%ED%A0%80/1",
        "/registers/veterinary_drug_approvals/%00",
        "/registers/a%00/1",
        "/catalogue?region=00&day=0001-01-01",
        "/catalogue?region=000000",
        "/catalogue/departments?region=350200",
    ],
)
def test_odd_addresses_are_problems_or_answers(client: Client, key: dict[str, str], where: str) -> None:
    told = client.get(where, headers=key)
    assert told.status_code in (200, 400, 404, 414), told.content.decode()[:300]


def test_numbers_of_a_bare_event_stay_numbers(farm: Organisation, maker: Party) -> None:
    profile = sectors.profile("food", date(2026, 11, 18))
    assert profile
    event = entry.event(profile, "produce", PRODUCE)
    assert event["outputQuantityList"][0]["quantity"] == Decimal(100)
    (answer,) = services.may([event], organisation=farm.pk, at=AT)
    assert answer.step == "produce", answer.findings
