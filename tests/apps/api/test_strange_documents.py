"""The edges of what is sent: instants at the ends of the calendar, huge numbers, nothing at all, as much as is allowed."""

import json
from datetime import UTC, datetime

import pytest
from django.test import Client

from support import document, event
from zhuisu.accounts import services
from zhuisu.api import bodies
from zhuisu.events.sequencer import publish
from zhuisu.events.services import DIRECT_EVENTS_LIMIT as EVENT_LIMIT
from zhuisu.events.services import DIRECT_OCTETS_LIMIT as SIZE_LIMIT
from zhuisu.events.services import project_next

AT = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
LOT = "urn:epc:class:lgtin:9506000.013435.L1"


@pytest.fixture
def ask(db):
    """Post a document, let the worker do its part, and give the status with the job or the problem."""
    firm = services.create_organisation(
        kind="enterprise", name="示范", party="cn.uscc:91350212MA0000015N", by="system", at=AT, region="350212"
    )
    headers = {"Authorization": f"Bearer {services.issue_key(organisation=firm, label='ERP', by='system', at=AT)[1]}"}

    def post(body: bytes, behaviour: str = "rollback", at: datetime = AT):
        send = headers | {"GS1-Capture-Error-Behaviour": behaviour}
        answer = Client().post("/epcis/capture", body, content_type="application/ld+json", headers=send)
        if answer.status_code != 202:
            return answer.status_code, answer.json()
        while project_next(at):
            publish(at)
        publish(at)
        return 202, Client().get(answer["Location"], headers=headers).json()

    as_sent = headers | {"GS1-EPC-Format": "Never_Translates"}
    post.find = lambda query: Client().get(f"/epcis/events?{query}", headers=as_sent)
    return post


@pytest.mark.parametrize(
    ("time", "status"),
    [
        ("0001-01-01T00:00:00Z", 400),
        ("0001-01-01T00:00:00-08:00", 400),
        ("0001-01-01T00:00:00+08:00", 400),  # year 0 in UTC
        ("9999-12-31T23:59:59.999Z", 400),
        ("9999-12-31T23:59:59+08:00", 400),
        ("9999-12-31T23:59:59-08:00", 400),  # year 10000 in UTC
        ("0002-06-01T00:00:00Z", 202),
        ("9998-12-31T23:59:59.9999Z", 202),
        ("0000-12-31T00:00:00Z", 400),
        ("10000-01-01T00:00:00Z", 400),
        ("-0044-03-15T00:00:00Z", 400),
        ("2016-12-31T23:59:60Z", 400),  # a leap second: xsd:dateTime has none
        ("2026-11-20T08:00:00.123456789123Z", 202),
        ("2026-02-29T08:00:00Z", 400),
        ("2026-11-20T08:00:00+15:00", 400),
    ],
)
def test_instants_at_the_ends_of_the_calendar(ask, time, status):
    got, said = ask(document(event(eventTime=time)))
    assert got == status, said
    if status == 202:
        assert said["counts"]["accepted"] == 1
        answer = ask.find("GE_eventTime=0002-01-01T00:00:00Z")
        (held,) = answer.json()["epcisBody"]["queryResults"]["resultsBody"]["eventList"]
        assert held["eventTime"] == time


@pytest.mark.parametrize(
    "query",
    [
        "GE_eventTime=0001-01-01T00:00:00%2B14:00",
        "LT_eventTime=9999-12-31T23:59:59-14:00",
        "GE_recordTime=2016-12-31T23:59:60Z",
    ],
)
def test_a_query_for_an_instant_that_is_none_is_told_so(ask, query):
    assert ask.find(query).status_code == 400


@pytest.mark.parametrize("quantity", ["0.000000000000000000001", "99999999999999999999999999999", "1e30", "1.50"])
def test_quantities_come_back_as_they_were_sent(ask, quantity):
    body = document(event(epcList=None, quantityList=[{"epcClass": LOT, "quantity": 7, "uom": "KGM"}]))
    got, said = ask(body.replace(b'"quantity": 7', b'"quantity": ' + quantity.encode()))
    assert got == 202, said
    assert f'"quantity": {quantity}'.encode() in ask.find("").content


def test_nothing_sent_is_nothing_stored(ask):
    for behaviour in ("rollback", "proceed"):
        got, said = ask(document(), behaviour)
        assert got == 202
        assert said["success"]
        assert set(said["counts"].values()) == {0}


def test_only_refusals(ask):
    wrong = [event(eventTime="soon"), event(action="DANCE")]
    got, said = ask(document(*wrong))
    assert (got, len(said["errors"])) == (400, 2)
    got, said = ask(document(*wrong), "proceed")
    assert got == 202
    assert (said["success"], said["running"], said["counts"]["refused"]) == (False, False, 2)
    assert [one["index"] for one in said["errors"]] == [0, 1]


def test_a_clock_that_jumps_back_breaks_nothing(ask):
    for number, year in enumerate((2026, 2001, 2030, 2026)):
        got, said = ask(
            document(event(epcList=[f"urn:epc:id:sgtin:9506000.013435.{number}"])), at=datetime(year, 1, 1, tzinfo=UTC)
        )
        assert (got, said["success"]) == (202, True)
    assert len(ask.find("").json()["epcisBody"]["queryResults"]["resultsBody"]["eventList"]) == 4


@pytest.mark.slow
def test_as_much_as_is_allowed(ask, monkeypatch):
    monkeypatch.setattr(bodies, "EVENT_LIMIT", EVENT_LIMIT)
    monkeypatch.setattr(bodies, "SIZE_LIMIT", SIZE_LIMIT)
    events = [event(epcList=[f"urn:epc:id:sgtin:9506000.013435.{number}"]) for number in range(EVENT_LIMIT)]
    got, said = ask(document(*events, event(epcList=["urn:epc:id:sgtin:9506000.013435.x"])))
    assert (got, said["type"]) == (413, "epcisException:CaptureLimitExceededException")
    got, said = ask(document(*events))
    assert (got, said["counts"]["accepted"]) == (202, EVENT_LIMIT)
    got, said = ask(document(*events[1:], event(eventTime="soon")), "proceed")
    assert (got, said["counts"]["duplicate"], said["counts"]["refused"]) == (202, EVENT_LIMIT - 1, 1)
    padded = json.loads(document(event(epcList=["urn:epc:id:sgtin:9506000.013435.full"])))
    room = SIZE_LIMIT - len(json.dumps(padded).encode())
    got, said = ask(json.dumps(padded).encode() + b" " * room)
    assert (got, said["counts"]["accepted"]) == (202, 1)
    assert ask(json.dumps(padded).encode() + b" " * (room + 1))[0] == 413
