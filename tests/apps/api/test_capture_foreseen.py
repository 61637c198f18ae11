"""The dry run says what capture then does, and leaves nothing; large documents by HTTP; a job's other forms."""

import json
from typing import Any

import pytest
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree

from support import AT, CONTEXT, document, event
from zhuisu import epcis
from zhuisu.accounts import services
from zhuisu.accounts.models import Organisation
from zhuisu.api import bodies
from zhuisu.api.epcis import capture as door
from zhuisu.events import store
from zhuisu.events.large import store_next
from zhuisu.events.services import Refused, foreseen, receive

TABLES = ("name", "item", "capture", "capture_piece", "capture_upload", "event", "event_seen", "event_disputed")


def held() -> list[int]:
    return [store.rows(f"select count(*) from {table}")[0][0] for table in TABLES]


DECLARATION = {"declarationTime": "2026-11-21T00:00:00Z", "reason": "incorrect_data"}
ONE = st.builds(
    lambda number, kind, named, wrong: event(
        eventID=f"urn:x:{number}" if named else None,
        epcList=[f"urn:epc:id:sgtin:9506000.013435.{number}"],
        disposition=kind,
        **wrong,
    ),
    st.integers(0, 2),
    st.sampled_from(["active", "in_progress"]),
    st.sampled_from([True, True, False]),
    st.sampled_from(
        [{}, {}, {}, {"errorDeclaration": DECLARATION}, {"errorDeclaration": DECLARATION}, {"action": "DANCE"}]
    ),
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    sent=st.lists(
        st.tuples(st.booleans(), st.sampled_from(["rollback", "proceed"]), st.lists(ONE, max_size=6)), max_size=4
    )
)
def test_what_is_foreseen_is_what_capture_says(dairy: Organisation, market: Organisation, sent: Any) -> None:
    for first, behaviour, events in sent:
        who = {"media_type": None, "organisation": (dairy if first else market).pk, "behaviour": behaviour}
        before = held()
        told = foreseen(document(*events), **who)
        assert held() == before
        assert sum(told.counts.values()) == len(events)
        try:
            receipt = receive(document(*events), by="system:test", at=AT, **who)
        except Refused as refused:
            alone = [one for one in told.verdicts if one.index in {wrong.index for wrong in refused.refusals}]
            assert not told.success
            assert [(one.index, one.event_id, one.reasons) for one in alone] == [
                (one.index, one.event_id, one.reasons) for one in refused.refusals
            ]
            assert told.counts["accepted"] == 0
        else:
            assert list(receipt.verdicts) == told.verdicts
            assert (receipt.success, receipt.counts) == (told.success, told.counts)


@pytest.fixture
def key(farm) -> dict[str, str]:
    return {"X-API-Key": services.issue_key(organisation=farm, label="ERP", by="system", at=AT)[1]}


def post(client: Client, address: str, body: bytes, key, kind="application/ld+json", **headers):
    return client.post(address, body, content_type=kind, headers=key | headers)


def test_the_dry_run_tells_each_verdict_with_its_payload_hash(client, key):
    body = document(event(), event(action="DANCE"))
    before = held()
    answer = post(client, "/epcis/events/validate", body, key, **{"GS1-Capture-Error-Behaviour": "proceed"})
    assert answer.status_code == 200
    said = answer.json()
    assert (said["success"], said["counts"]["accepted"], said["counts"]["refused"]) == (False, 1, 1)
    good, bad = said["verdicts"]
    assert good["payloadHash"] == epcis.event_hash(epcis.read(document(event())).events[0])
    assert bad["payloadHash"] is None
    assert bad["reasons"][0]["rule"] == "action"
    assert held() == before
    assert post(client, "/epcis/events/validate", b"{", key).status_code == 400
    alone = post(client, "/epcis/events/validate", json.dumps({"@context": CONTEXT} | event()).encode(), key).json()
    assert alone["success"]
    whole = post(client, "/epcis/events/validate", body, key).json()
    assert [one["reasons"][0]["rule"] for one in whole["verdicts"]] == ["rolled-back", "action"]


def test_a_job_tells_every_verdict_when_asked(client, key):
    body = document(event(eventID="urn:x:1"), event(epcList=["urn:epc:id:sgtin:9506000.013435.2"]))
    where = post(client, "/epcis/capture", body, key)["Location"]
    job = client.get(where, headers=key).json()
    assert job["payloadHash"] == bodies.payload_hash(body)
    assert [one["index"] for one in job["verdicts"]] == [1]
    every = client.get(f"{where}?verdicts=all", headers=key).json()["verdicts"]
    assert [(one["index"], one["verdict"]) for one in every] == [(0, "accepted"), (1, "accepted")]
    assert every[1]["payloadHash"] == every[1]["eventID"]
    assert client.get(f"{where}?verdicts=some", headers=key).status_code == 400
    assert client.get(f"{where}?x=1", headers=key).status_code == 400


@pytest.fixture
def direct_few(monkeypatch):
    monkeypatch.setattr(door, "DIRECT_EVENTS_LIMIT", 3)
    monkeypatch.setattr(bodies, "DIRECT_EVENTS_LIMIT", 3)


def tins(count: int) -> list[dict]:
    return [event(epcList=[f"urn:epc:id:sgtin:9506000.013435.{number}"]) for number in range(count)]


@pytest.mark.parametrize("few", ["events", "octets"])
def test_a_large_document_runs_and_then_is_told(client, key, monkeypatch, few):
    if few == "events":
        monkeypatch.setattr(door, "DIRECT_EVENTS_LIMIT", 3)
        monkeypatch.setattr(bodies, "DIRECT_EVENTS_LIMIT", 3)
    else:
        monkeypatch.setattr(door, "DIRECT_OCTETS_LIMIT", 100)
    body = document(*tins(9), event(action="DANCE"))
    answer = post(client, "/epcis/capture", body, key, **{"GS1-Capture-Error-Behaviour": "proceed"})
    assert answer.status_code == 202
    job = client.get(answer["Location"], headers=key).json()
    assert (job["running"], job["success"], "finishedAt" in job) == (True, True, False)
    assert store_next(AT)
    job = client.get(answer["Location"], headers=key).json()
    assert (job["running"], job["success"]) == (False, False)
    assert (job["counts"]["accepted"], job["counts"]["refused"]) == (9, 1)
    assert job["payloadHash"] == bodies.payload_hash(body)
    assert client.get(f"{answer['Location']}?verdicts=all", headers=key).status_code == 413


def test_a_large_document_of_too_many_events_is_413(client, key, monkeypatch, direct_few):
    monkeypatch.setattr(bodies, "EVENT_LIMIT", 5)
    monkeypatch.setattr(door, "DIRECT_OCTETS_LIMIT", 100)
    assert post(client, "/epcis/capture", document(*tins(5)), key).status_code == 202
    answer = post(client, "/epcis/capture", document(*tins(6)), key)
    assert answer.status_code == 413
    assert answer["GS1-EPCIS-Capture-Limit"]
    assert store.rows("select count(*) from capture_upload")[0][0] == 0


def test_what_is_left_out_of_a_job_is_counted(client, key, monkeypatch):
    monkeypatch.setattr(door, "ERRORS_LIMIT", 2)
    where = post(
        client,
        "/epcis/capture",
        document(*(event(action=f"DANCE{number}") for number in range(5))),
        key,
        **{"GS1-Capture-Error-Behaviour": "proceed"},
    )["Location"]
    job = client.get(where, headers=key).json()
    assert (len(job["errors"]), job["errorsOmitted"]) == (2, 3)
    assert "verdictsOmitted" not in job


@pytest.mark.parametrize("kind", ["application/xml", "text/xml"])
@pytest.mark.parametrize("events", [[event()], [event(action="DANCE<&"), event()]])
def test_a_job_in_xml_is_what_the_schema_wants(client, key, kind, events, shared):
    where = post(client, "/epcis/capture", document(*events), key, **{"GS1-Capture-Error-Behaviour": "proceed"})[
        "Location"
    ]
    answer = client.get(where, headers=key | {"Accept": kind})
    assert answer["Content-Type"] == kind
    root = etree.fromstring(answer.content)
    xsd = shared / "data/epcis/gs1/ratified/xsd/2_0_0/EPCglobal-epcis-2_0.xsd"
    etree.XMLSchema(etree.parse(str(xsd))).assertValid(root)
    assert root.get("success") == ("true" if len(events) == 1 else "false")
    assert len(root.findall("errors/error")) == len(events) - 1
    assert client.get("/epcis/capture", headers=key | {"Accept": kind}).status_code == 406


@pytest.mark.parametrize("kind", ["", "Query"])
def test_xml_1_2_and_master_data_alone_are_taken(client, key, kind):
    head = 'schemaVersion="1.2" creationDate="2026-11-20T08:00:00Z"'
    counted = """<QuantityEvent><eventTime>2026-11-20T08:00:00Z</eventTime><eventTimeZoneOffset>+08:00</eventTimeZoneOffset>
      <epcClass>urn:epc:class:lgtin:9506000.013435.L1</epcClass><quantity>12</quantity></QuantityEvent>"""
    if kind:
        body = f"""<q:EPCISQueryDocument xmlns:q="urn:epcglobal:epcis-query:xsd:1" {head}><EPCISBody><q:QueryResults>
          <queryName>SimpleEventQuery</queryName><resultsBody><EventList>{counted}</EventList></resultsBody>
          </q:QueryResults></EPCISBody></q:EPCISQueryDocument>"""
    else:
        body = f"""<e:EPCISDocument xmlns:e="urn:epcglobal:epcis:xsd:1" {head}><EPCISBody><EventList>{counted}</EventList>
          </EPCISBody></e:EPCISDocument>"""
    answer = post(client, "/epcis/capture", body.encode(), key, "text/xml")
    assert answer.status_code == 202, answer.content
    assert client.get(answer["Location"], headers=key).json()["counts"]["accepted"] == 1
    master = f"""<m:EPCISMasterDataDocument xmlns:m="urn:epcglobal:epcis-masterdata:xsd:1" {head}><EPCISBody><VocabularyList>
      <Vocabulary type="urn:epcglobal:epcis:vtype:ReadPoint"><VocabularyElementList>
      <VocabularyElement id="urn:epc:id:sgln:9506000.00001.0"><attribute id="urn:epcglobal:cbv:mda#name">冷库</attribute>
      </VocabularyElement></VocabularyElementList></Vocabulary></VocabularyList></EPCISBody></m:EPCISMasterDataDocument>"""
    answer = post(client, "/epcis/capture", master.encode(), key, "text/xml")
    assert answer.status_code == 202, answer.content
    assert store.rows("select count(*) from registry_vocabularyelement")[0][0] == 1
