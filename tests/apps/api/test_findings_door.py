"""Findings over HTTP: what was forbidden and happened all the same is stored, and told with its rule."""

import csv
import io
import json
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from typing import Any

import pytest
from django.test import Client

from coding import key_of
from support import AT, document
from zhuisu.accounts.models import Organisation
from zhuisu.compliance.services import judge_next
from zhuisu.events.sequencer import publish
from zhuisu.registry.models import Party, Product, Role

CONTEXT = ["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld", {"f": "urn:zhuisu:field:"}]
LOT = "https://id.gs1.org/01/09520000000028/10/20261118"


def harvest(minute: int = 0, **changes: Any) -> dict[str, Any]:
    """A harvest without its day: a rule of the law is broken."""
    event: dict[str, Any] = {
        "type": "TransformationEvent",
        "eventID": f"urn:x:harvest:{minute}",
        "bizStep": "creating_class_instance",
        "eventTime": f"2026-11-18T06:{minute:02d}:00+08:00",
        "eventTimeZoneOffset": "+08:00",
        "inputQuantityList": [
            {"epcClass": "https://id.gs1.org/01/09520000000011/10/P26-07", "quantity": 420, "uom": "KGM"}
        ],
        "outputQuantityList": [{"epcClass": LOT, "quantity": 420, "uom": "KGM"}],
    }
    return event | changes


@pytest.fixture
def key(farm: Organisation) -> dict[str, str]:
    party = Party.objects.create(code=farm.party, name=farm.name, region="350212")
    Role.objects.create(party=party, sector="crops", role="farm", valid_from_on=date(2020, 1, 1))
    for code in ("gs1.gtin:01/09520000000011", "gs1.gtin:01/09520000000028"):
        Product.objects.create(code=code, name="白菜", kind="crops.vegetable", holder=party)
    return key_of(farm)


def whole(*events: dict[str, Any]) -> bytes:
    return json.dumps(json.loads(document(*events)) | {"@context": CONTEXT}).encode()


def post(client: Client, where: str, key: dict[str, str], body: bytes) -> Any:
    return client.post(where, body, content_type="application/json", headers=key)


def captured(client: Client, key: dict[str, str], *events: dict[str, Any], at: Any = AT) -> str:
    """Captured over HTTP, published and judged as the worker does it; the address of the job."""
    answer = post(client, "/epcis/capture", key, whole(*events))
    assert answer.status_code == 202, answer.content.decode()
    publish(at)
    while judge_next(at):
        pass
    return str(answer["Location"])


def get(client: Client, where: str, key: dict[str, str], status: int = 200) -> Any:
    answer = client.get(where, headers=key)
    assert answer.status_code == status, answer.content.decode()
    return answer.json()


def rules(found: dict[str, Any]) -> set[str]:
    return {one["rule"] for one in found["findings"]}


def test_what_was_forbidden_and_happened_all_the_same_is_stored_with_its_finding(
    client: Client, key: dict[str, str]
) -> None:
    asked = post(client, "/may", key, whole(harvest())).json()
    assert asked["may"] is False
    job = captured(client, key, harvest())
    assert get(client, job, key)["counts"]["accepted"] == 1
    assert get(client, "/epcis/events/urn:x:harvest:0", key)["epcisBody"]["queryResults"]["resultsBody"]["eventList"]
    listed = get(client, "/findings?severity=error", key)
    forbidden = {one["rule"] for verdict in asked["events"][0]["verdicts"] for one in verdict["findings"]}
    assert rules(listed) <= forbidden and "crops.harvest.harvestedOn.required" in rules(listed)
    one = next(one for one in listed["findings"] if one["rule"] == "crops.harvest.harvestedOn.required")
    assert (one["eventID"], one["sector"], one["step"], one["severity"]) == (
        "urn:x:harvest:0",
        "crops",
        "harvest",
        "error",
    )
    assert one["message"] and one["message_zh"] and one["article_zh"] and one["edition"]


def test_the_job_of_a_capture_leads_to_its_findings(client: Client, key: dict[str, str]) -> None:
    job = captured(client, key, harvest(), harvest(1, ilmd={"f:harvestedOn": "2026-11-18"}))
    answer = client.get(job, headers=key)
    assert 'rel="related"' in answer["Link"]
    told = get(client, answer["Link"].partition(">")[0].lstrip("<"), key)
    assert all(one["judged"] for one in told["events"]) and told["more"] is False
    missing = {
        one["eventID"]: "crops.harvest.harvestedOn.required" in rules(one["verdicts"][0]) for one in told["events"]
    }
    assert missing == {"urn:x:harvest:0": True, "urn:x:harvest:1": False}


def test_an_event_tells_every_verdict_there_was(client: Client, key: dict[str, str]) -> None:
    captured(client, key, harvest())
    planting = {
        "type": "ObjectEvent",
        "action": "ADD",
        "bizStep": "commissioning",
        "eventID": "urn:x:planting",
        "eventTime": "2026-08-01T06:00:00+08:00",
        "eventTimeZoneOffset": "+08:00",
        "quantityList": [{"epcClass": "https://id.gs1.org/01/09520000000011/10/P26-07", "quantity": 500, "uom": "KGM"}],
        "f:step": "plant",
    }
    captured(client, key, planting, at=AT + timedelta(hours=1))
    told = get(client, "/findings/events/urn:x:harvest:0", key)
    assert told["judged"] is True
    assert [one["last"] for one in told["verdicts"]] == [False, True]
    first, last = told["verdicts"]
    assert "crops.harvest.after" in rules(first) and "crops.harvest.after" not in rules(last)
    assert first["judgedAt"] < last["judgedAt"]


def test_what_is_not_judged_yet_says_so(client: Client, key: dict[str, str]) -> None:
    answer = post(client, "/epcis/capture", key, whole(harvest()))
    publish(AT)
    told = get(client, "/findings/events/urn:x:harvest:0", key)
    assert (told["judged"], told["verdicts"]) == (False, [])
    (event,) = get(client, answer["Location"].replace("/epcis/capture/", "/findings/captures/"), key)["events"]
    assert event["judged"] is False


@pytest.fixture
def five(client: Client, key: dict[str, str]) -> Iterator[list[dict[str, Any]]]:
    captured(client, key, *[harvest(minute) for minute in range(5)])
    yield get(client, "/findings?perPage=1000", key)["findings"]


def test_pages_hold_all_findings_once(client: Client, key: dict[str, str], five: list[dict[str, Any]]) -> None:
    where, seen = "/findings?perPage=4", []
    while where:
        answer = client.get(where, headers=key)
        seen += answer.json()["findings"]
        where = answer.get("Link", "").partition(">")[0].lstrip("<").removeprefix("http://testserver")
    assert seen == five and len(seen) >= 5


@pytest.mark.parametrize(
    ("query", "field", "value"),
    [
        ("severity=warning", "severity", "warning"),
        ("sector=crops&step=harvest", "step", "harvest"),
        ("rule=crops.harvest.harvestedOn.required", "rule", "crops.harvest.harvestedOn.required"),
        ("party=91350212MA0000015N", "party", "cn.uscc:91350212MA0000015N"),
        ("region=3502", "region", "350212"),
        ("search=urn:x:harvest:3", "eventID", "urn:x:harvest:3"),
    ],
)
def test_a_filter_keeps_what_fits_and_loses_nothing_of_it(
    client: Client, key: dict[str, str], five: list[dict[str, Any]], query: str, field: str, value: str
) -> None:
    found = get(client, f"/findings?{query}&perPage=1000", key)["findings"]
    assert found == [one for one in five if one[field] == value]


def test_days_count_whole(client: Client, key: dict[str, str], five: list[dict[str, Any]]) -> None:
    def count(query: str) -> int:
        return len(get(client, f"/findings?{query}&perPage=1000", key)["findings"])

    assert count("since=2026-11-18&until=2026-11-18") == len(five)
    assert count("since=2026-11-19") == count("until=2026-11-17") == 0


def test_counts_agree_with_the_list(client: Client, key: dict[str, str], five: list[dict[str, Any]]) -> None:
    for by in ("rule", "severity", "day", "sector", "step", "region", "party"):
        counts = get(client, f"/findings/counts?by={by}", key)["counts"]
        assert sum(one["errors"] + one["warnings"] for one in counts) == len(five)
    get(client, "/findings/counts?by=colour", key, 400)


def test_the_file_holds_the_list_and_no_formula(
    client: Client, key: dict[str, str], five: list[dict[str, Any]]
) -> None:
    party = Party.objects.get(region="350212")
    party.name = "=cmd()"
    party.save()
    answer = client.get("/findings.csv", headers=key)
    assert answer["Content-Type"] == "text/csv; charset=utf-8" and answer["X-Omitted"] == "false"
    lines = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert [line["rule"] for line in lines] == [one["rule"] for one in five]
    assert {line["partyName"] for line in lines} == {"'=cmd()"}


def test_nobody_sees_what_is_anothers(
    client: Client, five: list[dict[str, Any]], market: Organisation, capture: Callable[..., Any]
) -> None:
    stranger = key_of(market)
    assert get(client, "/findings", stranger)["findings"] == []
    assert get(client, "/findings/counts", stranger)["counts"] == []
    get(client, "/findings/events/urn:x:harvest:0", stranger, 404)
    get(client, "/findings/captures/nothing", stranger, 404)
    assert client.get("/findings").status_code == 401


@pytest.mark.parametrize(
    "query",
    ["severity=bad", "party=%E4%B8%AD", "region=x", "since=2026-02-30", "colour=red", "search=%00", "until=9999-12-31"],
)
def test_what_is_asked_wrongly_is_a_problem(client: Client, key: dict[str, str], query: str) -> None:
    status = client.get(f"/findings?{query}", headers=key).status_code
    assert status == (200 if query.startswith("until") else 400)
