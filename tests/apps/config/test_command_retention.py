"""`zhuisu retention`, and what the doors say of an event that went."""

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.db import DatabaseError, transaction
from django.test import Client
from django.urls import reverse
from typer.testing import CliRunner

from stages import Stage, numbered
from support import event
from zhuisu.accounts import services
from zhuisu.accounts.models import Organisation, Person
from zhuisu.compliance.services import judge_next
from zhuisu.config.cli.app import app
from zhuisu.config.doctor import Level, examine, findings
from zhuisu.events import keeping
from zhuisu.events.baseline import bytes_on_disk, copy_rate
from zhuisu.events.store import rows

pytestmark = [
    pytest.mark.one_machine("bodies lie in parts on one machine alone"),
    pytest.mark.usefixtures("same_numbers"),
]
RUN = CliRunner()
OLD = datetime(2010, 5, 7, tzinfo=UTC)
ADDRESS = "/epcis/events/urn:x:old"


@pytest.fixture
def old(dairy: Organisation, capture: Callable[..., Any]) -> Organisation:
    """An event of 2010, of which no sector speaks, and one of 2026."""
    capture(dairy, event(eventID="urn:x:old", eventTime="2010-05-07T00:00:00Z"), at=OLD)
    keeping.open_part(datetime(2010, 6, 1, tzinfo=UTC))
    capture(dairy, event(eventID="urn:x:new", action="OBSERVE", bizStep="shipping"))
    while judge_next(OLD):
        pass
    return dairy


def run(*words: str, **options: Any) -> Any:
    return RUN.invoke(app, ["retention", *words], **options)


def lines(*words: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in run(*words, "--json").stdout.splitlines()]


def test_a_month_is_listed_released_and_recorded(old: Organisation, client: Client) -> None:
    key = {"X-API-Key": services.issue_key(organisation=old, label="ERP", by="system", at=OLD)[1]}
    assert client.get(ADDRESS, headers=key).status_code == 200
    first, second = lines("due")
    assert (first["month"], first["class"], first["events"], first["may_go"]) == ("2010-05", "none", 1, True)
    assert (second["month"], second["may_go"]) == ("2026-11", False)
    assert lines("due", "--month", "2010-05") == [first]
    assert lines("due", "--class", "crops") == []
    assert run("release", "--month", "2010-05", "--class", "none", input="n\n").exit_code == 1
    assert run("release", "--month", "2026-11", "--class", "none", "--yes").exit_code == 1
    done = run("release", "--month", "2010-05", "--class", "none", input="y\n")
    assert done.exit_code == 0, done.output
    assert "1 events let go, 1 documents unreadable" in done.stdout
    (record,) = lines("records")
    assert (record["month"], record["events"], record["signature"]) == ("2010-05", 1, "good")
    assert [one["month"] for one in lines("due")] == ["2026-11"]
    answer = client.get(ADDRESS, headers=key)
    assert answer.status_code == 410
    assert f"record {record['record']}" in answer.json()["detail"]
    listed = client.get("/epcis/events", headers=key).json()["epcisBody"]["queryResults"]["resultsBody"]["eventList"]
    assert [one["eventID"] for one in listed] == ["urn:x:new"]
    assert client.get("/epcis/bizSteps", headers=key).json()["member"] != []
    assert json.loads(RUN.invoke(app, ["verify", "--documents", "--json"]).stdout)["findings"] == []
    assert findings(examine(sample=50))["integrity"].level is Level.OK
    assert bytes_on_disk() > 0
    assert copy_rate() > 0


def test_pages_and_orders_go_on_without_what_went(old: Organisation, client: Client) -> None:
    key = {"X-API-Key": services.issue_key(organisation=old, label="ERP", by="system", at=OLD)[1]}
    reader = Client()
    reader.force_login(Person.objects.create(organisation=old, role="reader", username="reader"))
    page = "/i/01/09506000134352/21/1"
    act = "/desk/records/act?id=urn:x:old"
    before = client.get(page)
    assert "销毁" not in reader.get(act).content.decode()
    run("release", "--month", "2010-05", "--class", "none", "--yes")
    after = client.get(page)
    assert before.status_code == after.status_code == 200
    assert "2010" in before.content.decode()
    assert "2010" in after.content.decode()
    assert "2010" in client.get(page, headers={"Accept-Language": "en"}).content.decode()
    assert "销毁" in reader.get(act).content.decode()
    assert reader.get(reverse("desk-record-list")).status_code == 200
    for asked in (
        "orderBy=eventTime",
        "orderBy=recordTime",
        "EQ_bizStep=commissioning",
        "perPage=1",
    ):
        told = client.get(f"/epcis/events?{asked}", headers=key)
        assert told.status_code == 200, asked
        listed = told.json()["epcisBody"]["queryResults"]["resultsBody"]["eventList"]
        assert [one["eventID"] for one in listed] == ([] if "EQ" in asked else ["urn:x:new"]), asked
    named = client.get("/epcis/epcs", headers=key | {"GS1-EPC-Format": "Always_EPC_URN"})
    assert named.status_code == 200
    judged = client.get("/findings/events/urn:x:old", headers=key)
    assert (judged.status_code, judged.json()["judged"]) == (200, True)
    nobody = services.create_organisation(kind="enterprise", name="别人", party="uri:urn:x:other", by="system", at=OLD)
    stranger = {"X-API-Key": services.issue_key(organisation=nobody, label="ERP", by="system", at=OLD)[1]}
    assert client.get(ADDRESS, headers=stranger).status_code == 404


def test_a_subscriber_gets_what_is_left(dairy: Organisation, capture: Callable[..., Any]) -> None:
    stage = Stage(dairy)
    stage.subscribe()
    capture(dairy, numbered(1, eventTime="2010-05-07T00:00:00Z"), at=OLD)
    keeping.open_part(datetime(2010, 6, 1, tzinfo=UTC))
    capture(dairy, numbered(2))
    while judge_next(OLD):
        pass
    assert run("release", "--month", "2010-05", "--class", "none", "--yes").exit_code == 0
    stage.look(seconds=1)
    assert stage.wire.taken == ["002"]


def test_a_record_that_was_changed_is_told(old: Organisation) -> None:
    run("release", "--month", "2010-05", "--class", "none", "--yes")
    rows("alter table retention_record disable trigger user")
    rows("update retention_record set by = 'somebody else'")
    done = run("records")
    assert done.exit_code == 1
    assert "WRONG" in done.stdout


def test_orders_to_keep(old: Organisation) -> None:
    number = run("hold", "add", "the court", "--month", "2010-05").stdout.strip()
    assert run("hold", "add", "the police", "--code", "urn:epc:id:sgtin:9506000.013435.1").exit_code == 0
    assert [(one["month"], one["code"] is None) for one in lines("hold", "list")] == [("2010-05", True), (None, False)]
    assert [one["stays"] for one in lines("due")] == ["hold", "hold"]
    assert run("hold", "lift", number).exit_code == 0
    assert run("hold", "lift", number).exit_code == 2
    assert [one["reason"] for one in lines("hold", "list")] == ["the police"]


def test_where_the_tables_lie_on_several_machines_it_says_so(
    old: Organisation, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in ("zhuisu.events.keeping", "zhuisu.compliance.keeping"):
        monkeypatch.setattr(f"{module}.is_spread", lambda: True)
    for words in (("due",), ("release", "--month", "2010-05", "--class", "none", "--yes"), ("hold", "add", "x")):
        done = run(*words)
        assert done.exit_code != 0
        assert "several machines" in done.output
    assert not keeping.open_part(datetime(2027, 1, 1, tzinfo=UTC))


def test_for_a_cluster_the_parts_are_one_table_again(old: Organisation) -> None:
    """The statements of deploy/citus.sql that any PostgreSQL has."""
    run("release", "--month", "2010-05", "--class", "none", "--yes")
    before = rows("select event, format from event_body order by event")
    script = (Path(__file__).parents[3] / "deploy" / "citus.sql").read_text("utf-8")
    found = re.search(r"^alter table event_body rename.*?(?=^create table event_part)", script, re.S | re.M)
    assert found
    rows(found[0])
    assert rows("select event, format from event_body order by event") == before
    assert rows("select relkind::text from pg_class where relname = 'event_body'") == [("r",)]
    with pytest.raises(DatabaseError), transaction.atomic():
        rows("delete from event_body")


@pytest.mark.parametrize(
    "words",
    [
        ("due", "--month", "May"),
        ("release", "--month", "2010-13", "--class", "none", "--yes"),
        ("hold", "add", " "),
        ("hold", "add", "x", "--code", "?"),
        ("hold", "add", "x", "--code", "urn:epc:id:sgtin:9506000.013435.777"),
    ],
)
def test_what_makes_no_sense_is_refused(db: None, words: tuple[str, ...]) -> None:
    assert run(*words).exit_code == 2
