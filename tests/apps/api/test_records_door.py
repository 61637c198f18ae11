"""Records over HTTP: checked by column, stored as events, all or none."""

import json
from typing import Any

import pytest
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from coding import key_of
from support import AT
from zhuisu import sectors
from zhuisu.accounts.models import Organisation
from zhuisu.events import queries
from zhuisu.events.scope import ALL
from zhuisu.events.sequencer import publish
from zhuisu.profiles.entry import columns

HARVEST = "/records/crops/harvest"
PLOT, LOT = "https://id.gs1.org/01/09520000000011/10/P26-07", "https://id.gs1.org/01/09520000000028/10/20261118"
GOOD: dict[str, Any] = {
    "eventTime": "2026-11-18T06:30:00+08:00",
    "inputs": [PLOT],
    "inputQuantity": [420],
    "inputUnit": ["KGM"],
    "outputs": [LOT],
    "outputQuantity": [419.5],
    "outputUnit": ["KGM"],
    "harvestedOn": "2026-11-18",
}


@pytest.fixture
def key(farm: Organisation) -> dict[str, str]:
    return key_of(farm)


def post(client: Client, where: str, key: dict[str, str], body: Any, status: int = 201) -> Any:
    sent = body if isinstance(body, bytes) else json.dumps(body).encode()
    answer = client.post(where, sent, content_type="application/json", headers=key)
    assert answer.status_code == status, answer.content.decode()
    return answer.json()


def test_a_record_becomes_the_event_of_its_step(client: Client, key: dict[str, str]) -> None:
    answer = post(client, HARVEST, key, {"record": GOOD})
    (told,) = answer["records"]
    assert (told["index"], told["verdict"]) == (0, "accepted")
    job = client.get(f"/epcis/capture/{answer['capture']}", headers=key).json()
    assert job["counts"]["accepted"] == 1
    publish(AT)
    (stored,) = queries.event_by_id(ALL, told["eventID"])
    held = json.loads(stored.body)
    assert held["type"] == "TransformationEvent"
    assert held["outputQuantityList"][0]["quantity"] == 419.5
    assert held["ilmd"]["f:harvestedOn"] == "2026-11-18"


def test_the_same_records_sent_again_store_nothing_new(client: Client, key: dict[str, str]) -> None:
    first = post(client, HARVEST, key, {"records": [GOOD]})
    again = post(client, HARVEST, key, {"records": [GOOD]})
    assert [one["verdict"] for one in again["records"]] == ["duplicate"]
    assert again["records"][0]["eventID"] == first["records"][0]["eventID"]


def test_what_is_wrong_is_said_by_record_and_column_and_nothing_is_stored(client: Client, key: dict[str, str]) -> None:
    bad = GOOD | {"harvestedOn": "2026-11-31", "colour": "red"}
    problem = post(client, HARVEST, key, {"records": [GOOD, bad, GOOD | {"harvestedOn": None}]}, 422)
    told = {(one["index"], one["path"]) for one in problem["errors"]}
    assert told == {(1, "harvestedOn"), (1, "colour"), (2, "harvestedOn")}
    assert all(one["rule"] and one["message"] and one["message_zh"] for one in problem["errors"])
    publish(AT)
    assert (
        client.get("/epcis/events", headers=key).json()["epcisBody"]["queryResults"]["resultsBody"]["eventList"] == []
    )


def test_a_dry_run_checks_and_stores_nothing(client: Client, key: dict[str, str]) -> None:
    answer = post(client, HARVEST, key, {"record": GOOD, "dryRun": True}, 200)
    assert answer == {"dryRun": True, "capture": None, "records": [{"index": 0, "warnings": []}]}
    post(client, HARVEST, key, {"record": GOOD | {"harvestedOn": ""}, "dryRun": True}, 422)
    assert client.get("/epcis/capture", headers=key).json() == []


@pytest.mark.parametrize(
    ("where", "body", "status"),
    [
        ("/records/crops/fly", {"record": GOOD}, 404),
        ("/records/unicorns/harvest", {"record": GOOD}, 404),
        (HARVEST, {"record": GOOD, "records": [GOOD]}, 400),
        (HARVEST, {}, 400),
        (HARVEST, {"records": []}, 400),
        (HARVEST, {"records": [GOOD] * 1001}, 400),
        (HARVEST, {"record": GOOD, "dryrun": True}, 400),
        (HARVEST, {"record": [GOOD]}, 400),
        (HARVEST, b"{", 400),
        (HARVEST, b"\xff", 400),
        (HARVEST, {"record": GOOD | {"eventTime": "1950-01-01T00:00:00+08:00"}}, 422),
        (HARVEST, {"record": {}}, 422),
        (HARVEST, {"record": GOOD | {"outputQuantity": [1e400]}}, 400),
        (HARVEST, {"record": GOOD | {"outputs": "x" * 5000}}, 422),
        (HARVEST, {"record": GOOD | {"harvestedOn": "2026-11-18\x00"}}, 422),
    ],
)
def test_what_is_asked_wrongly_is_a_problem(
    client: Client, key: dict[str, str], where: str, body: Any, status: int
) -> None:
    problem = post(client, where, key, body, status)
    assert problem["detail_zh"] and problem["status"] == status


VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=30),
    st.sampled_from(["2026-11-18", "09520000000028", LOT, "兽药字010012001", "1e400", "9" * 60, "是", "KGM", "\ud800"]),
)
STEPS = [(sector.id, step) for sector in sectors.all().values() for step in sector.editions[0].steps]


@pytest.mark.django_db(transaction=False)
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_no_value_of_any_column_breaks_the_door(client: Client, key: dict[str, str], data: st.DataObject) -> None:
    sector, step = data.draw(st.sampled_from(STEPS))
    names = [column.name for column in columns(sectors.all()[sector].editions[0], step)]
    value = VALUES | st.lists(VALUES, max_size=3) | st.dictionaries(st.text(max_size=3), VALUES, max_size=2)
    record = data.draw(st.dictionaries(st.sampled_from(names), value)) | {"eventTime": "2026-11-18T06:30:00+08:00"}
    sent = json.dumps({"record": record, "dryRun": True}).encode()
    answer = client.post(f"/records/{sector}/{step}", sent, content_type="application/json", headers=key)
    assert answer.status_code in (200, 400, 422), answer.content.decode()


def test_a_number_of_a_thousand_digits_is_refused_and_costs_nothing(client: Client, key: dict[str, str]) -> None:
    for number in (b"1e400", b"1e999999999", b"9" * 1000, b"1." + b"1" * 1000):
        sent = json.dumps({"record": GOOD}).encode().replace(b"419.5", number)
        post(client, HARVEST, key, sent, 422)


def test_a_key_that_only_reads_stores_nothing(client: Client, farm: Organisation) -> None:
    post(client, HARVEST, key_of(farm, may_capture=False), {"record": GOOD}, 403)
    post(client, HARVEST, {}, {"record": GOOD}, 401)
