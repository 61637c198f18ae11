"""An error at call n of one capture, for n = 1, 2, … until none is left: it is stored whole or not at all, and sending again mends it.

Faults 6 and 7. A call is a statement, a COPY or a commit; it fails as on a full disk, the connection is cut before it, or (for a
commit) after it.
"""

import json
import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest
from clients import flow, sent
from django.db import InterfaceError, OperationalError, connection
from history import History, held, violations

from support import AT
from zhuisu.accounts import services
from zhuisu.accounts.models import Organisation
from zhuisu.events.large import receive_large, store_next
from zhuisu.events.sequencer import publish
from zhuisu.events.services import journal, project_next, receive
from zhuisu.events.store import rows

EVENTS = 3
MOST_CALLS = 200  # of one capture: more, and something goes round


class Nth:
    """Lets n calls pass, and fails the next in the way it is told."""

    def __init__(self, passing: int, way: str) -> None:
        self.left, self.way, self.struck = passing, way, False

    def call(self, line: psycopg.Connection[Any], *, after: bool = False) -> None:
        if self.struck or (self.way == "cut after") is not after:
            return
        self.left -= 1
        if self.left >= 0:
            return
        self.struck = True
        if self.way == "full disk":
            line.pgconn.exec_(b"do $$ begin raise exception using errcode = 'disk_full'; end $$")
            raise psycopg.errors.DiskFull("could not extend file: No space left on device")
        line.close()
        raise psycopg.OperationalError("the connection is closed")

    @contextmanager
    def watching(self) -> Iterator["Nth"]:
        execute, copy, commit = psycopg.Cursor.execute, psycopg.Cursor.copy, psycopg.Connection.commit

        def executed(cursor: Any, *arguments: Any, **more: Any) -> Any:
            self.call(cursor.connection)
            return execute(cursor, *arguments, **more)

        def copied(cursor: Any, *arguments: Any, **more: Any) -> Any:
            self.call(cursor.connection)
            return copy(cursor, *arguments, **more)

        def committed(line: Any) -> None:
            self.call(line)
            commit(line)
            self.call(line, after=True)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(psycopg.Cursor, "execute", executed)
            patch.setattr(psycopg.Cursor, "copy", copied)
            patch.setattr(psycopg.Connection, "commit", committed)
            yield self


def at_once(body: bytes, who: dict[str, Any]) -> str:
    return receive(body, **who).token


def by_the_journal(body: bytes, who: dict[str, Any]) -> str:
    token = journal(body, **who).token
    project_next(AT)
    return token


def in_pieces(body: bytes, who: dict[str, Any]) -> str:
    token = receive_large(iter([body[:500], body[500:]]), **who).token
    store_next(AT)
    return token


@pytest.fixture
def firm(transactional_db: None) -> Organisation:
    return services.create_organisation(
        kind="enterprise", name="第几步", party="cn.uscc:91350212MA0000015N", by="system", at=AT
    )


@pytest.mark.parametrize("way", ["full disk", "cut", "cut after"])
@pytest.mark.parametrize("take", [at_once, by_the_journal, in_pieces], ids=lambda one: one.__name__)
def test_a_capture_whose_nth_call_fails_is_whole_or_not_there(
    take: Callable[[bytes, dict[str, Any]], str], way: str, firm: Organisation
) -> None:
    history, failed = History(), 0
    who: dict[str, Any] = {"media_type": None, "organisation": firm.pk, "by": "system:test", "at": AT}
    lines = open_lines()
    for passing in range(MOST_CALLS):
        document, body = sent(f"n{passing}", firm.pk, flow(f"N{passing}", EVENTS, random.Random(passing)))
        told = history.sends(document, passing)
        with Nth(passing, way).watching() as fault:
            try:
                told.token = take(body, who)
            except (OperationalError, InterfaceError):
                failed += 1
        if fault.struck:
            connection.close()  # as every loop of the product does
        there = rows("select count(*) from event_body where event_id = any(%s)", [list(document.events)])[0][0]
        assert there in (0, EVENTS), f"{way} at call {passing}: {there} of {EVENTS} events"
        if not fault.struck:
            break
        again = history.sends(document, passing)
        again.token = take(body, who)
    else:
        pytest.fail("it never ended")
    while project_next(AT) or store_next(AT) or publish(AT):
        pass
    print(f"{take.__name__}, {way}: {passing} calls, {failed} told")
    assert passing, "no call ever failed"
    assert violations(history, held(history)) == []
    assert open_lines() == lines


def open_lines() -> int:
    return int(
        rows(
            "select count(*) from pg_stat_activity where datname = current_database() and backend_type = 'client backend'"
        )[0][0]
    )


@pytest.mark.parametrize("path", ["/epcis/capture", "/epcis/events"])
def test_a_full_disk_is_a_503_that_says_when_to_come_again(path: str, firm: Organisation, client, caplog) -> None:
    """Nothing is lost, others may read, and with room again the same request does it, without anybody's hand."""
    _, key = services.issue_key(organisation=firm, label="ERP", by="system", at=AT)
    headers = {"Authorization": f"Bearer {key}"}
    made = flow("Full", 1, random.Random(1))
    _, body = sent("full", firm.pk, made)
    if path == "/epcis/events":
        body = json.dumps({"@context": json.loads(body)["@context"], **made[0]}).encode()
    send = {"data": body, "content_type": "application/ld+json", "headers": headers}
    with connection.cursor() as cursor:
        cursor.execute(
            "create function disk_is_full() returns trigger language plpgsql as "
            "$$ begin raise exception 'could not extend file' using errcode = 'disk_full'; end $$"
        )
        cursor.execute(
            "create trigger disk_is_full before insert on capture for each row execute function disk_is_full()"
        )
    try:
        answer = client.post(path, **send)
        reading = client.get("/epcis/events", headers=headers)
    finally:
        rows("drop function disk_is_full() cascade")
    assert (answer.status_code, reading.status_code) == (503, 200)
    assert int(answer.headers["Retry-After"]) > 0
    assert answer.headers["Content-Type"].startswith("application/problem+json")
    assert rows("select count(*) from capture")[0][0] == 0
    assert client.post(path, **send).status_code in (201, 202)
    while project_next(AT) or publish(AT):
        pass
    assert rows("select count(*) from event")[0][0] == 1
