"""May this be done? One call, an answer with reasons, and nothing is written."""

import json
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from coding import key_of
from support import AT, document
from zhuisu.accounts.models import Organisation
from zhuisu.registry.models import Licence, Party, Product, Role
from zhuisu.registry.official.services import About, load

VISIT: dict[str, Any] = {
    "type": "ObjectEvent",
    "action": "OBSERVE",
    "bizStep": "inspecting",
    "eventTime": "2026-11-18T09:00:00+08:00",
    "eventTimeZoneOffset": "+08:00",
}
HARVEST: dict[str, Any] = {
    "type": "TransformationEvent",
    "bizStep": "creating_class_instance",
    "eventTime": "2026-11-18T06:30:00+08:00",
    "eventTimeZoneOffset": "+08:00",
    "inputQuantityList": [
        {"epcClass": "https://id.gs1.org/01/09520000000011/10/P26-07", "quantity": 420, "uom": "KGM"}
    ],
    "outputQuantityList": [
        {"epcClass": "https://id.gs1.org/01/09520000000028/10/20261118", "quantity": 420, "uom": "KGM"}
    ],
    "ilmd": {"f:harvestedOn": "2026-11-18"},
}
RECORD = {
    "eventTime": "2026-11-18T06:30:00+08:00",
    "inputs": ["https://id.gs1.org/01/09520000000011/10/P26-07"],
    "inputQuantity": [420],
    "inputUnit": ["KGM"],
    "outputs": ["https://id.gs1.org/01/09520000000028/10/20261118"],
    "outputQuantity": [420],
    "outputUnit": ["KGM"],
    "harvestedOn": "2026-11-18",
}
CONTEXT = ["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld", {"f": "urn:zhuisu:field:"}]


@pytest.fixture
def farmer(farm: Organisation) -> Party:
    party = Party.objects.create(code=farm.party, name=farm.name, region="350212")
    Role.objects.create(party=party, sector="crops", role="farm", valid_from_on=date(2020, 1, 1))
    for code in ("gs1.gtin:01/09520000000011", "gs1.gtin:01/09520000000028"):
        Product.objects.create(code=code, name="白菜", kind="crops.vegetable", holder=party)
    return party


@pytest.fixture
def key(farm: Organisation, farmer: Party) -> dict[str, str]:
    return key_of(farm, may_capture=False)


def ask(client: Client, key: dict[str, str], body: Any, status: int = 200, kind: str = "application/json") -> Any:
    sent = body if isinstance(body, bytes) else json.dumps(body).encode()
    answer = client.post("/may", sent, content_type=kind, headers=key)
    assert answer.status_code == status, answer.content.decode()
    return answer.json()


def whole(*events: dict[str, Any]) -> bytes:
    return json.dumps(json.loads(document(*events)) | {"@context": CONTEXT}).encode()


def rows_of_the_log() -> dict[str, int]:
    with connection.cursor() as cursor:
        cursor.execute(
            "select relname from pg_class where relkind in ('r', 'p') and relnamespace = 'public'::regnamespace"
        )
        names = [name for (name,) in cursor.fetchall()]
        counts = {}
        for name in names:
            cursor.execute(f'select count(*) from "{name}"')
            counts[name] = cursor.fetchone()[0]
    return counts


def test_the_three_ways_to_ask_get_one_answer(client: Client, key: dict[str, str]) -> None:
    by_document = ask(client, key, whole(HARVEST))
    assert by_document == ask(client, key, HARVEST)
    assert by_document == ask(client, key, HARVEST | {"@context": CONTEXT})
    assert by_document == ask(client, key, {"sector": "crops", "step": "harvest", "record": RECORD})
    (event,) = by_document["events"]
    (verdict,) = event["verdicts"]
    assert (verdict["sector"], verdict["step"]) == ("crops", "harvest")


def test_no_says_which_rule_in_both_languages_and_by_which_article(client: Client, key: dict[str, str]) -> None:
    answer = ask(client, key, HARVEST | {"ilmd": {}})
    assert answer["may"] is False
    (event,) = answer["events"]
    found = {one["rule"]: one for verdict in event["verdicts"] for one in verdict["findings"]}
    missing = found["crops.harvest.harvestedOn.required"]
    assert missing["severity"] == "error" and missing["message"] and missing["message_zh"] and missing["article_zh"]


def test_each_event_is_answered_alone_and_the_whole_only_if_all_may(client: Client, key: dict[str, str]) -> None:
    answer = ask(
        client, key, whole(HARVEST | {"ilmd": {}}, VISIT | {"epcList": ["https://id.gs1.org/414/9520000000004"]})
    )
    assert [one["index"] for one in answer["events"]] == [0, 1]
    assert answer["events"][0]["may"] is False and answer["events"][1]["may"] is not False
    assert answer["may"] is False


def test_an_event_that_could_not_be_captured_may_not_be(client: Client, key: dict[str, str]) -> None:
    (event,) = ask(client, key, HARVEST | {"eventTime": "yesterday"})["events"]
    assert event["may"] is False and event["verdicts"][0]["findings"][0]["rule"].startswith("epcis.")


def test_asking_writes_nothing(client: Client, key: dict[str, str]) -> None:
    before = rows_of_the_log()
    ask(client, key, whole(HARVEST, HARVEST | {"ilmd": {}}))
    assert rows_of_the_log() == before


def test_asking_costs_few_statements_however_many_events(
    client: Client, key: dict[str, str], django_assert_max_num_queries: Callable[..., Any]
) -> None:
    with django_assert_max_num_queries(30):
        ask(client, key, whole(HARVEST))
    with django_assert_max_num_queries(30):
        ask(client, key, whole(*[HARVEST | {"eventTime": f"2026-11-18T06:{n:02d}:00+08:00"} for n in range(60)]))


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"{", 400),
        (b"", 415),
        (b"[]", 400),
        (b'"text"', 400),
        ({}, 400),
        ({"sector": "crops", "step": "harvest"}, 400),
        ({"sector": "crops", "step": "harvest", "record": RECORD, "colour": 1}, 400),
        ({"sector": "crops", "step": "fly", "record": RECORD}, 404),
        ({"sector": "crops", "step": "harvest", "record": RECORD | {"harvestedOn": "never"}}, 422),
        (whole(*[HARVEST] * 101), 400),
    ],
)
def test_what_is_asked_wrongly_is_a_problem(client: Client, key: dict[str, str], body: Any, status: int) -> None:
    assert ask(client, key, body, status)["detail_zh"]


def test_nobody_asks_without_a_key(client: Client, db: None) -> None:
    ask(client, {}, HARVEST, 401)


@pytest.mark.parametrize("known", [True, False], ids=["known to the log", "never seen before"])
def test_a_licence_that_ran_out_yesterday_stops_the_hand(
    client: Client, dairy: Organisation, capture: Callable[..., Any], known: bool
) -> None:
    party = Party.objects.create(code=dairy.party, name=dairy.name)
    Role.objects.create(party=party, sector="veterinary_drugs", role="dealer", valid_from_on=date(2020, 1, 1))
    kind = "兽药经营许可证"
    licence = Licence.objects.create(
        party=party, kind=kind, number="1", valid_from_on=date(2020, 1, 1), valid_to_on=date(2026, 11, 17)
    )
    Product.objects.create(
        code="gs1.gtin:01/09520000000035", name="粉", kind="veterinary_drugs.antibiotic", holder=party
    )
    sale = VISIT | {
        "bizStep": "retail_selling",
        "disposition": "retail_sold",
        "quantityList": [{"epcClass": "https://id.gs1.org/01/09520000000035/10/A1", "quantity": 2}],
    }
    key = key_of(dairy)

    if known:
        capture(dairy, sale | {"bizStep": "other", "disposition": "active", "eventTime": "2026-11-01T09:00:00+08:00"})

    def licensed() -> bool:
        (event,) = ask(client, key, sale)["events"]
        rules = [one["rule"] for verdict in event["verdicts"] for one in verdict["findings"]]
        assert not any(rule.endswith(".by") for rule in rules) and rules, event
        return not any("licence" in rule for rule in rules)

    assert not licensed()
    licence.valid_to_on = date(2026, 11, 18)
    licence.save()
    assert licensed()


def test_an_approval_that_the_register_does_not_know_is_said_once_the_register_is_loaded(
    client: Client, dairy: Organisation
) -> None:
    key = key_of(dairy)
    party = Party.objects.create(code=dairy.party, name=dairy.name)
    Role.objects.create(party=party, sector="veterinary_drugs", role="maker", valid_from_on=date(2020, 1, 1))
    making = {
        "type": "TransformationEvent",
        "bizStep": "commissioning",
        "eventTime": "2026-06-10T16:00:00+08:00",
        "eventTimeZoneOffset": "+08:00",
        "outputEPCList": ["urn:zhuisu:cn.vetdrug_trace24:202606019000100000112648"],
        "inputQuantityList": [{"epcClass": "https://id.gs1.org/01/09520000035013/10/E1", "quantity": 1, "uom": "KGM"}],
        "ilmd": {"f:kind": "veterinary_drugs.antibiotic"},
        "f:registrationNumber": "兽药字 010012001",
    }

    def unlisted() -> bool:
        (event,) = ask(client, key, making)["events"]
        found = [one["rule"] for verdict in event["verdicts"] for one in verdict["findings"]]
        assert found, event
        return "veterinary_drugs.make.registrationNumber.listed" in found

    def loaded(number: str, day: int, withdrawn: str = "") -> None:
        content = f"批准文号,注销日期\n{number},{withdrawn}\n".encode()
        about = About("主管部门", date(2026, 5, day), "兽药产品批准文号")
        load("veterinary_drug_approvals", content, about, operator=operator, by="system", at=AT)

    operator = Organisation.objects.create(kind="operator", name="平台", party="uri:urn:zhuisu:platform")
    assert not unlisted()
    loaded("兽药字990012001", 1)
    assert unlisted()
    loaded("兽药字010012001", 2)
    assert not unlisted()
    loaded("兽药字010012001", 3, "2026-06-10")
    assert unlisted()
    loaded("兽药字010012001", 4, "2026-06-11")
    assert not unlisted()
