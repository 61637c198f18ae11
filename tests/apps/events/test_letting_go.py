"""A part of the bodies is swapped while others write and read, and a crash in the middle leaves the old one."""

import threading
import time
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import psycopg
import pytest
from django.db import OperationalError, connection, connections, transaction

from support import AT, document, event
from zhuisu.accounts.models import Organisation
from zhuisu.events import gone, keeping
from zhuisu.events.proof import Finding, audit
from zhuisu.events.sequencer import publish
from zhuisu.events.services import receive
from zhuisu.events.store import rows

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.one_machine("bodies lie in parts on one machine alone"),
]
MONTH = date(2026, 11, 1)
DECEMBER = datetime(2026, 12, 1, tzinfo=UTC)
OLD = 20


@pytest.fixture
def organisation() -> Organisation:
    return Organisation.objects.create(kind="enterprise", name="厂", party="uri:urn:x:maker", region="350212")


def send(organisation: Organisation, name: str, count: int, at: datetime = AT) -> None:
    told = [
        event(eventID=f"urn:x:{name}:{n}", epcList=[f"urn:epc:id:sgtin:9506000.013435.{name}{n}"]) for n in range(count)
    ]
    receive(document(*told), media_type=None, organisation=organisation.pk, by="system:test", at=at)
    publish(at)


@pytest.fixture
def old(organisation: Organisation) -> list[int]:
    """Events of November, with December begun."""
    send(organisation, "a", OLD)
    assert keeping.open_part(DECEMBER)
    return [number for (number,) in rows("select id from event order by id")]


@transaction.atomic
def let_go(events: list[int]) -> gone.Record:
    keeping.one_at_a_time()
    whole = {"kept_until": MONTH, "by": "system:test", "at": AT, "old": AT.replace(year=2010)}
    return keeping.let_go(MONTH, "none", [events], **whole)


def formats() -> dict[str, int]:
    return dict(rows("select format, count(*) from event_body group by format"))


def test_what_is_captured_meanwhile_is_there(organisation: Organisation, old: list[int]) -> None:
    done, sent, failed = threading.Event(), [0], list[BaseException]()

    def capture() -> None:
        try:
            while not done.is_set():
                send(organisation, f"b{sent[0]}x", 3, DECEMBER)
                sent[0] += 1
        except BaseException as error:
            failed.append(error)
        finally:
            connections.close_all()

    writer = threading.Thread(target=capture)
    writer.start()
    try:
        for some in (old[: OLD // 2], old[OLD // 2 :]):
            before = sent[0]
            let_go(some)
            deadline = time.monotonic() + 20
            while sent[0] < before + 3 and time.monotonic() < deadline:
                time.sleep(0.01)
    finally:
        done.set()
        writer.join()
    assert not failed
    assert formats() == {"gone": OLD, "json": 3 * sent[0]}
    assert sent[0] >= 6
    assert [one for one in audit() if isinstance(one, Finding)] == []


def test_a_crash_in_the_middle_leaves_the_old_part(old: list[int]) -> None:
    parts = rows("select * from body_parts() order by 1")
    ended: list[BaseException] = []

    def go() -> None:
        try:
            let_go(old)
        except BaseException as error:
            ended.append(error)
        finally:
            connections.close_all()

    with psycopg.connect(**connection.get_connection_params()) as reader:
        reader.execute("select count(*) from event_body")  # in an open transaction: the swap waits for it
        letting = threading.Thread(target=go)
        letting.start()
        waiting: list[Any] = []
        while not waiting and letting.is_alive():
            waiting = rows(
                "select pid from pg_locks where relation = 'event_body'::regclass and mode = 'AccessExclusiveLock' and not granted"
            )
        rows("select pg_terminate_backend(%s)", [waiting[0][0]])
        letting.join()
    assert isinstance(ended[0], OperationalError)
    assert formats() == {"json": OLD}
    assert gone.records() == []
    assert rows("select * from body_parts() order by 1") == parts
    assert rows("select 1 from pg_tables where tablename like 'event\\_body\\_%%\\_new'") == []
    let_go(old)
    assert formats() == {"gone": OLD}


def test_there_is_always_an_empty_part_ahead(organisation: Organisation, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a month brings more events than a part has numbers, they go on in the next."""
    monkeypatch.setattr(keeping, "STRIDE", 64)
    beginning = datetime(2026, 11, 1, tzinfo=UTC)
    for round in range(4):
        keeping.open_part(beginning)
        send(organisation, f"c{round}x", 50)
    ((used,),) = rows("select last_value from event_id")
    keeping.open_part(beginning)
    assert not keeping.open_part(beginning)
    bounds = rows("select low, high from body_parts() order by low nulls first")
    assert [low for low, _ in bounds[1:]] == [high for _, high in bounds[:-1]]
    assert used < bounds[-1][0]
    assert formats() == {"json": 200}


def test_a_part_can_be_gone_back_to_one_table(old: list[int], migrated: Callable[[str], None]) -> None:
    let_go(old[:5])
    migrated("0010_tries")
    try:
        assert rows("select relkind::text from pg_class where relname = 'event_body'") == [("r",)]
        assert formats() == {"gone": 5, "json": OLD - 5}
    finally:
        migrated("0013_sealed")
    assert formats() == {"gone": 5, "json": OLD - 5}


@pytest.fixture
def migrated() -> Callable[[str], None]:
    from django.core.management import call_command

    return lambda name: call_command("migrate", "events", name, verbosity=0)
