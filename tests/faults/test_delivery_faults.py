"""Receivers that fail, stall, answer late and vanish; deliverers in pairs and killed; commits out of order: nothing is lost."""

import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone

from receivers import HERE, events_of, receiver
from support import AT, document, event
from zhuisu.accounts.models import Organisation
from zhuisu.api.epcis.subscriptions import delivered
from zhuisu.events.sequencer import publish
from zhuisu.events.services import receive
from zhuisu.subscriptions import delivery, outside, services
from zhuisu.subscriptions.delivery import Tools
from zhuisu.subscriptions.lanes import Deliverer
from zhuisu.subscriptions.models import Delivery, NamedQuery, Subscription

SEED = 20261123
PATIENCE_SECONDS = 60


def firm(name: str) -> Organisation:
    return Organisation.objects.create(kind="enterprise", name=name, party=f"uri:urn:delivery:{name}:{time.time_ns()}")


def id_of(batch: int, number: int) -> str:
    return f"urn:uuid:00000000-0000-4000-d{batch:03d}-{number:012d}"


def told(organisation: Organisation, batch: int, numbers: range) -> None:
    """Capture events of these numbers; other tests that commit leave theirs, so each test has a batch of its own."""
    made = [
        event(
            eventID=id_of(batch, number),
            action="OBSERVE",
            bizStep="packing",
            epcList=[f"urn:epc:id:sgtin:9506000.0{batch:05d}.{number}"],
        )
        for number in numbers
    ]
    receive(document(*made), media_type=None, organisation=organisation.pk, by="system:test", at=timezone.now())


def subscribe(organisation: Organisation, dest: str, name: str = "q", **changes: Any) -> Subscription:
    at = timezone.now()
    query = services.create_query(
        organisation=organisation, name=name, query={"EQ_bizStep": ["packing"]}, by="system:test", at=at
    )
    wanted = services.read_subscription({"dest": dest, "stream": True, "signatureToken": "s"} | changes)
    return services.subscribe(query, wanted, by="system:test", at=at)


@pytest.fixture(autouse=True)
def ground(transactional_db: None, settings, monkeypatch) -> None:
    settings.OUTBOUND_ALLOWED = HERE
    monkeypatch.setattr(delivery, "BACKOFF_SECONDS", 0.02)
    monkeypatch.setattr(delivery, "MAX_BACKOFF_SECONDS", 0.1)
    monkeypatch.setattr(delivery, "STREAM_SECONDS", 0.02)


@contextmanager
def delivering(count: int = 1, post: Callable[..., int] = outside.post) -> Iterator[None]:
    """So many deliverers at work beside the test, and one that publishes."""
    stopping = threading.Event()

    def deliver() -> None:
        deliverer = Deliverer(Tools(timezone.now, delivered, post))
        while not stopping.wait(0.01):
            deliverer.step()
        deliverer.close()
        connection.close()

    def sequence() -> None:
        while not stopping.wait(0.01):
            publish(timezone.now())
        connection.close()

    threads = [threading.Thread(target=deliver) for _ in range(count)] + [threading.Thread(target=sequence)]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stopping.set()
        for thread in threads:
            thread.join()


def until(done: Callable[[], bool], what: str) -> None:
    end = time.monotonic() + PATIENCE_SECONDS
    while not done():
        assert time.monotonic() < end, what
        time.sleep(0.02)


@pytest.mark.parametrize("count", [1_000, pytest.param(10_000, marks=pytest.mark.long)])
def test_of_events_with_random_failures_none_is_skipped(count: int) -> None:
    """Two deliverers; four captures at a time, so that commits come out of order; a receiver that mostly does not do well."""
    dice, lock = random.Random(SEED + count), threading.Lock()

    def answer(_: dict[str, Any]) -> int | None:
        with lock:
            fate = dice.random()
        if fate < 0.15:
            return 500  # though it took them: they come again
        if fate < 0.25:
            return None  # hangs up without a word
        if fate < 0.30:
            time.sleep(0.6)  # too late: nobody listens any more
        if fate < 0.40:
            return 413
        return 200 if fate < 0.7 else 204

    under_way: Counter[str] = Counter()
    most_at_once = 0

    def post(dest: str, body: bytes, headers: dict[str, str], **options: Any) -> int:
        nonlocal most_at_once
        with lock:
            under_way[dest] += 1
            most_at_once = max(most_at_once, under_way[dest])
        try:
            return outside.post(dest, body, headers, seconds=0.5, **options)
        finally:
            with lock:
                under_way[dest] -= 1

    own, batch, size = firm("many"), count // 1_000, 20
    with receiver(answer) as here, delivering(2, post):
        one = subscribe(own, here.dest)
        places = iter(range(0, count, size))

        def capture() -> None:
            while True:
                with lock:
                    place = next(places, None)
                if place is None:
                    break
                told(own, batch, range(place, place + size))
            connection.close()

        threads = [threading.Thread(target=capture) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        until(lambda: len(here.taken) == count and _idle(one), "not all arrived")
    assert most_at_once == 1
    assert set(here.taken) == {id_of(batch, number) for number in range(count)}
    assert here.taken.total() > count, "no failure was tried"
    one.refresh_from_db()
    assert one.events == count


def _idle(one: Subscription) -> bool:
    one.refresh_from_db()
    return one.cursor == delivery.head()


def test_what_commits_late_is_not_skipped() -> None:
    """Two open transactions: the one that began first ends last, when the other's events are delivered already."""
    own = firm("late")
    told(own, 200, range(1))  # what both name is known before: else one would wait for the other's names
    publish(AT)
    begun, finish = threading.Event(), threading.Event()

    def slow() -> None:
        with transaction.atomic():
            told(own, 201, range(1))
            begun.set()
            finish.wait(PATIENCE_SECONDS)
        connection.close()

    with receiver() as here, delivering():
        subscribe(own, here.dest)
        thread = threading.Thread(target=slow)
        thread.start()
        assert begun.wait(PATIENCE_SECONDS)
        try:
            told(own, 202, range(1))
            until(lambda: id_of(202, 0) in here.taken, "the quick one is not delivered")
        finally:
            finish.set()
            thread.join()
        until(lambda: id_of(201, 0) in here.taken, "the late one is skipped")
    assert here.order == [id_of(202, 0), id_of(201, 0)]
    assert set(here.taken.values()) == {1}


def test_who_stalls_holds_up_nobody_else() -> None:
    release = threading.Event()

    def stall(_: dict[str, Any]) -> int:
        release.wait(PATIENCE_SECONDS)
        return 200

    quick = firm("quick")
    with receiver(stall) as stalling, receiver() as here, delivering():
        subscribe(quick, here.dest)
        told(quick, 301, range(1))
        until(lambda: here.taken.total() == 1, "the quick one is not delivered")
        for number in range(4):
            other = firm(f"stalling{number}")
            for name in ("a", "b", "c"):
                subscribe(other, stalling.dest, name)
            told(other, 310 + number, range(1))
        until(lambda: len(stalling.bodies) == 4, "the slow lane is not full")
        told(quick, 302, range(5))
        try:
            until(lambda: here.taken.total() == 6, "the quick one waits for those that stall")
            assert len(stalling.bodies) == 4
        finally:
            release.set()


def test_a_name_that_turns_private_gets_nothing_until_it_is_public_again(monkeypatch) -> None:
    own = firm("turning")
    where = ["127.0.0.1"]
    asked: list[str] = []

    def resolve(host: str, _port: int) -> list[str]:
        asked.append(host)
        return where

    monkeypatch.setattr(outside, "resolved", resolve)
    with receiver() as here, delivering(post=partial(outside.post, resolve=resolve)):
        one = subscribe(own, here.dest.replace("127.0.0.1", "turning.example.com"))
        where[0] = "10.0.0.7"
        told(own, 401, range(3))
        until(lambda: _failing(one) > 2, "it is not tried")
        assert one.last_error == "leads to an address that is not public"
        assert not here.bodies
        where[0] = "127.0.0.1"
        until(lambda: len(here.taken) == 3, "it does not come back")
    assert asked.count("turning.example.com") > 3


def _failing(one: Subscription) -> int:
    one.refresh_from_db()
    return one.failures


@pytest.fixture
def processes(address: str, tmp_path: Path) -> Iterator[Callable[[], subprocess.Popen[bytes]]]:
    running: list[subprocess.Popen[bytes]] = []

    def start() -> subprocess.Popen[bytes]:
        with (tmp_path / f"deliver{len(running)}.log").open("w") as log:
            environment = os.environ | {"ZHUISU_DATABASE_URL": address, "ZHUISU_OUTBOUND_ALLOWED": "127.0.0.0/8"}
            command = [sys.executable, "-m", "zhuisu.config", "deliver"]
            running.append(subprocess.Popen(command, env=environment, stdout=log, stderr=subprocess.STDOUT))
        return running[-1]

    yield start
    for one in running:
        if one.poll() is None:
            one.kill()
            one.wait()


def test_killed_between_sending_and_writing_it_sends_again(processes, tmp_path: Path) -> None:
    """kill -9 when the receiver has everything and the cursor has not moved; and connections cut under the next one."""
    own = firm("killed")
    victims: list[subprocess.Popen[bytes]] = []

    def answer(_: dict[str, Any]) -> int:
        if victims:
            victim = victims.pop()
            victim.kill()
            victim.wait()
        return 200

    with receiver(answer) as here:
        one = subscribe(own, here.dest)
        victims.append(processes())
        told(own, 501, range(10))
        publish(AT)
        until(lambda: len(here.bodies) == 1, "nothing was sent")
        one.refresh_from_db()
        assert (one.deliveries, one.events) == (0, 0)
        second = processes()
        until(lambda: _idle(one), "it is not sent again")
        assert set(here.taken.values()) == {2}
        assert [len(events_of(said)) for said in here.bodies] == [10, 10]
        with connection.cursor() as cursor:
            cursor.execute(
                "select pg_terminate_backend(pid) from pg_stat_activity where pid <> pg_backend_pid() and datname = %s",
                [connection.settings_dict["NAME"]],
            )
        told(own, 502, range(10))
        publish(AT)
        until(lambda: len(here.taken) == 20 and _idle(one), "it does not go on after its connections were cut")
        second.send_signal(signal.SIGTERM)
        assert second.wait(20) == 0
    assert "Traceback" not in "".join(file.read_text() for file in tmp_path.glob("deliver*.log"))


@pytest.mark.parametrize("whole", [False, True], ids=["the subscription", "its query"])
def test_deleted_while_its_delivery_is_written_down(whole: bool) -> None:
    """The attempt that is written at this very moment goes too; no half of it stands in the way."""
    own = firm("deleting")
    one = subscribe(own, "http://127.0.0.1:9009/")
    failed: list[BaseException] = []

    def delete() -> None:
        try:
            if whole:
                services.delete_query(one.query, by="system:test", at=AT)
            else:
                services.unsubscribe(one, by="system:test", at=AT)
        except Exception as wrong:
            failed.append(wrong)
        connection.close()

    thread = threading.Thread(target=delete)
    with transaction.atomic():
        Subscription.objects.filter(pk=one.pk).update(deliveries=1)
        thread.start()
        until(_somebody_waits, "the deletion does not wait")
        Delivery.objects.create(subscription=one, delivery_id="d", at=AT, events=1, milliseconds=1)
    thread.join()
    assert not failed
    assert not Subscription.objects.filter(pk=one.pk).exists()


def test_subscribed_while_the_query_is_deleted() -> None:
    own = firm("racing")
    query = subscribe(own, "http://127.0.0.1:9009/").query
    wanted = services.read_subscription({"dest": "http://127.0.0.1:9009/", "stream": True})
    failed: list[BaseException] = []

    def again() -> None:
        try:
            services.subscribe(query, wanted, by="system:test", at=AT)
        except Exception as wrong:
            failed.append(wrong)
        connection.close()

    thread = threading.Thread(target=again)
    with transaction.atomic():
        services.delete_query(NamedQuery.objects.get(pk=query.pk), by="system:test", at=AT)
        thread.start()
        until(lambda: _somebody_waits() or not thread.is_alive(), "nobody waits")
    thread.join()
    assert [getattr(one, "rule", one) for one in failed] == ["gone"]


def _somebody_waits() -> bool:
    with connection.cursor() as cursor:  # not pg_stat_activity: a transaction sees that as it was at its first look
        cursor.execute("select exists (select from pg_locks where not granted)")
        return bool(cursor.fetchone()[0])
