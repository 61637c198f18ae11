"""Loading the demonstration through the ordinary door: once, whole, and again without a change."""

import json
import stat
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

import pytest
from django.contrib.auth import authenticate
from django.db import connection

from zhuisu import codes
from zhuisu.accounts.models import AuditEntry, Organisation, Person
from zhuisu.compliance.queries import judged_to
from zhuisu.config.demo import load, sign_ins
from zhuisu.config.demo.build import build
from zhuisu.config.demo.parties import FIRMS
from zhuisu.events.queries import head, item_by_code
from zhuisu.lineage.queries import walk
from zhuisu.registry.issuing.queries import standing
from zhuisu.registry.models import Certificate, Licence, Party, PartyAlias, Place, Product

AT = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
LATER = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
KIND_OF = {"cooperative": "enterprise"}
OF_CODES = 8  # events about things with codes that the platform issued; see demo/issued.py
TABLES = ("capture", "event", "part", "item", "event_party", "event_witness", "log_entry", "log_head")


@pytest.fixture
def own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(sign_ins, "home", lambda: tmp_path)
    return tmp_path


def counts() -> dict[str, int]:
    found = {
        model.__name__: model.objects.count() for model in (Party, PartyAlias, Place, Product, Licence, Certificate)
    }
    found |= {model.__name__: model.objects.count() for model in (Organisation, Person, AuditEntry)}
    with connection.cursor() as cursor:
        for table in TABLES:
            cursor.execute(f"select count(*) from {table}")
            found[table] = cursor.fetchone()[0]
    return found


@pytest.mark.django_db
def test_loading_twice_is_loading_once(own_home: Path) -> None:
    first = load(AT)
    assert first.fresh
    after = counts()
    master = build().master
    events = sum(len(json.loads(document)["epcisBody"]["eventList"]) for _, document in build().documents)
    assert after["event"] == after["log_entry"] == events + OF_CODES
    assert (after["Party"], after["Place"], after["Product"]) == (
        len(master.parties), len(master.places), len(master.products)
    )  # fmt: skip
    assert after["Certificate"] == len(master.certificates)
    assert after["Licence"] == len(master.licences)
    again = load(LATER)
    assert not again.fresh
    assert counts() == after
    assert (again.samples, again.sign_ins) == (first.samples, first.sign_ins)


@pytest.mark.django_db
def test_a_load_that_was_killed_is_finished_by_the_next(own_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from zhuisu.config.demo import loading

    received = []

    def dies(document: bytes, **how: Any) -> Any:
        if len(received) == 5:
            raise KeyboardInterrupt
        received.append(document)
        return real(document, **how)

    real = loading.receive
    monkeypatch.setattr(loading, "receive", dies)
    with pytest.raises(KeyboardInterrupt):
        load(AT)
    monkeypatch.setattr(loading, "receive", real)
    assert load(LATER).fresh
    with connection.cursor() as cursor:
        cursor.execute("select count(*), count(distinct hash) from event")
        events, distinct = cursor.fetchone()
    sent = sum(len(json.loads(document)["epcisBody"]["eventList"]) for _, document in build().documents)
    assert events == distinct == sent + OF_CODES
    assert judged_to() == head()


@pytest.mark.django_db
def test_the_log_ins_work_and_their_file_is_ours_alone(own_home: Path) -> None:
    loaded = load(AT)
    file = own_home / "keys" / "demo-sign-ins.json"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [one.username for one in loaded.sign_ins] == ["enterprise", "cooperative", "regulator", "operator"]
    for one in loaded.sign_ins:
        person = authenticate(username=one.username, password=one.password)
        assert person is not None
        assert person.organisation.kind == KIND_OF.get(one.username, one.username)
    file.unlink()
    anew = load(LATER)
    assert {one.password for one in anew.sign_ins}.isdisjoint(one.password for one in loaded.sign_ins)
    assert all(authenticate(username=one.username, password=one.password) for one in anew.sign_ins)


@pytest.mark.django_db
def test_each_firm_has_the_events_that_it_sent(own_home: Path) -> None:
    load(AT)
    with connection.cursor() as cursor:
        cursor.execute(
            "select o.party, count(*) from event e join accounts_organisation o on o.id = e.organisation group by o.party"
        )
        found = dict(cursor.fetchall())
    sent: dict[str, int] = {}
    for sender, document in build().documents:
        sent[sender] = sent.get(sender, 0) + len(json.loads(document)["epcisBody"]["eventList"])
    sent[FIRMS["dairy"].canonical] += OF_CODES
    assert found == sent


@pytest.mark.django_db
def test_the_samples_can_be_typed_and_are_known(own_home: Path) -> None:
    loaded = load(AT)
    assert len(loaded.samples) == 14
    with connection.cursor() as cursor:
        for sample in loaded.samples[:8]:
            assert codes.parse(sample.code).canonical == sample.canonical
            cursor.execute("select count(*) from item where canonical = %s", [sample.canonical])
            assert cursor.fetchone() == (1,)
    text = "\n".join(loaded.lines())
    assert all(one.password in text for one in loaded.sign_ins)


@pytest.mark.django_db
def test_a_code_of_every_state_can_be_looked_at(own_home: Path) -> None:
    states = [standing(codes.parse(sample.code)) for sample in load(AT).samples[8:]]
    assert [one.kind for one in states] == ["active", "issued", "voided", "used", "active", "active"]
    assert [one.lot for one in states] == ["20261118Q", "", "20261118Q", "20261118Q", "20250402Q", "20261102Q"]
    assert states[4].expires_on is not None
    assert states[4].expires_on < AT.date()
    assert item_by_code(codes.from_canonical(load(LATER).samples[13].canonical)) is not None


@pytest.mark.django_db
def test_the_engine_tells_the_same_stories(own_home: Path) -> None:
    load(AT)
    story = build().story

    def reached(start: str, direction: Literal["up", "down"]) -> set[str]:
        item = item_by_code(codes.from_canonical(start))
        assert item is not None
        return {one.canonical for one in walk([item.id], direction).items.values()}

    raw = {code for code in reached(story.formula_lot, "up") if code in story.milk_lots or "/10/F-2026111" in code}
    assert raw == set(story.milk_lots)
    after = reached(story.late_milk_lot, "down")
    assert {code for code in after if code.startswith("gs1.sgtin")} == set(story.tins_after)
    assert not after & story.second_load
    assert {code for code in reached(story.pork_lot, "up") if "livestock_tag15" in code} == set(story.pork_tags)
    assert reached(story.trace_code, "up") == reached(story.carcass, "up")
