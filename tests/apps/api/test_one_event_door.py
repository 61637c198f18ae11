"""POST /epcis/events: one event, stored and to be seen at once; and the dry run beside it."""

import json
from urllib.parse import unquote

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from support import AT, CONTEXT, document, event
from zhuisu.accounts import services
from zhuisu.events import store

ID = "https://id.example/e?a=b/ü"
STATEMENTS = 36  # of one event with its publishing; a document of one event takes some twenty


@pytest.fixture
def key(farm) -> dict[str, str]:
    return {"X-API-Key": services.issue_key(organisation=farm, label="ERP", by="system", at=AT)[1]}


def bare(**changes) -> bytes:
    return json.dumps({"@context": CONTEXT} | event(**changes)).encode()


def post(client: Client, body: bytes, key, kind="application/ld+json", address="/epcis/events", **headers):
    return client.post(address, body, content_type=kind, headers=key | headers)


def test_an_event_is_stored_told_and_found_at_its_address(client, key):
    sent = event(eventID="urn:uuid:00000000-0000-4000-8000-000000000001", **{"zs:number": 1.50})
    answer = post(
        client, json.dumps({"@context": CONTEXT} | sent | {"recordTime": "1999-01-01T00:00:00Z"}).encode(), key
    )
    assert answer.status_code == 201, answer.content
    assert answer["Location"] == "/epcis/events/urn:uuid:00000000-0000-4000-8000-000000000001"
    said = answer.json()
    assert said.pop("@context")
    assert not said.pop("recordTime").startswith("1999")
    assert said == sent
    found = client.get(answer["Location"], headers=key)
    assert found.status_code == 200
    job = client.get(answer["Link"].partition(">")[0][1:], headers=key).json()
    assert job["counts"]["accepted"] == 1


def test_without_an_id_it_gets_one(client, key):
    answer = post(client, bare(), key)
    name = answer.json()["eventID"]
    assert name.startswith("ni:///sha-256;")
    assert unquote(answer["Location"]).endswith(name)
    assert client.get(answer["Location"], headers=key).status_code == 200


def test_the_same_again_is_the_same_answer_and_one_event(client, key):
    answers = [post(client, bare(eventID="urn:x:1"), key) for _ in range(2)]
    assert [one.status_code for one in answers] == [201, 201]
    assert answers[0]["Location"] == answers[1]["Location"]
    assert store.rows("select count(*) from event")[0][0] == 1


def test_other_content_under_its_id_is_a_conflict_but_an_error_declaration_is_taken(client, key):
    assert post(client, bare(eventID="urn:x:1"), key).status_code == 201
    other = post(client, bare(eventID="urn:x:1", bizStep="receiving"), key)
    assert other.status_code == 409
    assert other.json()["type"] == "epcisException:ResourceAlreadyExistsException"
    assert other.json()["errors"][0]["eventID"] == "urn:x:1"
    declared = {"declarationTime": "2026-11-21T00:00:00Z", "reason": "incorrect_data"}
    assert post(client, bare(eventID="urn:x:1", errorDeclaration=declared), key).status_code == 201
    (held,) = store.rows("select count(*) from void")
    assert held == (1,)
    wrong = post(client, bare(eventID="urn:x:1", bizStep="receiving", errorDeclaration=declared), key)
    assert wrong.status_code == 409


@pytest.mark.parametrize(
    "body",
    [
        b" ",
        b"{",
        b"7",
        document(event()),
        document(),
        json.dumps([event()]).encode(),
        bare(action="DANCE"),
        bare(**{"undeclared:a": 1}),
        bare(eventTime="2026-11-20T09:00:00"),
    ],
)
def test_what_is_not_one_good_event_is_400_and_stored_nowhere(client, key, body):
    answer = post(client, body, key)
    assert answer.status_code == 400, answer.content
    assert answer.json()["type"] == "epcisException:ValidationException"
    assert answer.json()["errors"][0]["message_zh"]
    assert store.rows("select count(*) from capture")[0][0] == 0


XML = """<{0}ObjectEvent xmlns:epcis="urn:epcglobal:epcis:xsd:2" xmlns:ex="https://ex.example/"><eventTime>2026-11-20T08:00:00Z</eventTime>
<eventTimeZoneOffset>+08:00</eventTimeZoneOffset><eventID>urn:x:7</eventID><epcList><epc>urn:epc:id:sgtin:9506000.013435.7</epc>
</epcList><action>OBSERVE</action><ex:a>b</ex:a></{0}ObjectEvent>"""


@pytest.mark.parametrize("prefix", ["", "epcis:"])
def test_one_element_of_xml_is_taken(client, key, prefix):
    answer = post(client, XML.format(prefix).encode(), key, "application/xml")
    assert answer.status_code == 201, answer.content
    assert answer.json()["ex:a"] == "b"
    assert client.get(answer["Location"], headers=key).status_code == 200


def test_it_costs_a_bounded_number_of_statements(client, key):
    post(client, bare(eventID="urn:x:1"), key)
    with CaptureQueriesContext(
        connection,
    ) as made:
        post(client, bare(eventID="urn:x:2", epcList=["urn:epc:id:sgtin:9506000.013435.2"]), key)
    assert len(made) <= STATEMENTS, [one["sql"][:60] for one in made]


@pytest.mark.parametrize(
    ("kind", "status"), [("application/json; charset=utf-8", 201), ("application/json; charset=gbk", 415)]
)
def test_the_charset_is_utf_8(client, key, kind, status):
    assert post(client, bare(), key, kind).status_code == status
    other = post(client, document(event()), key, kind, "/epcis/capture")
    assert other.status_code == (202 if status == 201 else 415)


def test_a_reading_key_may_neither_send_nor_try(client, farm):
    _, text = services.issue_key(organisation=farm, label="BI", by="system", at=AT, may_capture=False)
    for address in ("/epcis/events", "/epcis/events/validate"):
        assert post(client, bare(), {"X-API-Key": text}, address=address).status_code == 403
        assert post(client, bare(), {}, address=address).status_code == 401
        assert "POST" in client.options(address)["Allow"]
        assert client.options(address)["GS1-EPCIS-Capture-Limit"]
