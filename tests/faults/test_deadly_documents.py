"""A document that kills whoever stores it: each try is known to the next, the others are stored, and after a while it is set aside."""

import os
import subprocess
import sys
from contextlib import suppress
from datetime import timedelta

import pytest
from django.db import OperationalError

from support import AT, document, event
from zhuisu.accounts.models import Organisation
from zhuisu.events import gauges, large, queries, store
from zhuisu.events.lanes import TRIES_LIMIT
from zhuisu.events.large import LARGE_TRIES_LIMIT, receive_large
from zhuisu.events.projecting import POSTPONED_LIFE, Projector
from zhuisu.events.scope import ALL
from zhuisu.events.services import journal
from zhuisu.events.store import rows

DEADLY = 666666
pytestmark = pytest.mark.django_db(transaction=True)

# Python is loaded once, each try is a process of its own: forked, with a connection of its own, and killed where it meets the number.
STAND = """
import os, signal, sys
from zhuisu.config.cli.common import now, setup
setup(migrate=False)
from django.db import connections
from zhuisu.events import {module}
from zhuisu.events.{module} import {function} as real

def deadly(*given, **named):
    if b"{number}" in repr(given).encode():
        os.kill(os.getpid(), signal.SIGKILL)
    return real(*given, **named)

{module}.{function} = deadly
from zhuisu.events.large import store_next
from zhuisu.events.projecting import Projector
connections.close_all()
for died in range({most}):
    child = os.fork()
    if not child:
        projector = Projector()
        while projector.step(now()) or store_next(now()):
            continue
        os._exit(0)
    if os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0:
        break
print(died)
"""


def deaths(address: str, module: str, function: str) -> int:
    """How many processes die before one comes to the end of the queue; 40 where none does."""
    script = STAND.format(module=module, function=function, most=41, number=DEADLY)
    environment = os.environ | {"ZHUISU_DATABASE_URL": address}
    done = subprocess.run(
        [sys.executable, "-c", script], env=environment, stdout=subprocess.PIPE, text=True, check=True
    )
    return int(done.stdout)


def numbered(number: int) -> bytes:
    return document(event(epcList=[f"urn:epc:id:sgtin:9506000.013435.{number}"], eventID=f"urn:x:{number}"))


def told(token: str) -> tuple[object, ...]:
    job = queries.capture_job(ALL, token)
    assert job and job.finished_at
    return job.success, job.accepted, [one["reasons"][0]["rule"] for one in job.verdicts or []]


def who(firm: Organisation) -> dict[str, object]:
    return {"media_type": "application/json", "organisation": firm.pk, "by": "system:test", "at": AT}


@pytest.mark.parametrize(("module", "function"), [("ending", "read_of"), ("store", "insert_events")])
def test_one_that_kills_projectors_is_set_aside_and_the_others_are_stored(
    address: str, dairy: Organisation, module: str, function: str
) -> None:
    tokens = [journal(numbered(number), **who(dairy)).token for number in (1, 2, DEADLY, 3, 4)]
    assert deaths(address, module, function) == TRIES_LIMIT
    deadly = tokens.pop(2)
    assert [told(token) for token in tokens] == [(True, 1, [])] * 4
    assert told(deadly) == (False, 0, ["set-aside"])
    assert rows("select tries from capture_aside") == [(TRIES_LIMIT,)]
    assert (gauges.core(AT).set_aside, gauges.core(AT + gauges.ASIDE_WINDOW * 1000).set_aside) == (1, 0)
    assert rows("select count(*) from capture c join capture_key k on k.capture = c.id where body <> ''") == [(5,)]


@pytest.mark.parametrize("behaviour", ["rollback", "proceed"])
def test_a_large_one_that_kills_workers_is_set_aside(address: str, dairy: Organisation, behaviour: str) -> None:
    deadly, other = (
        receive_large(iter([numbered(number)]), behaviour=behaviour, **who(dairy)).token for number in (DEADLY, 1)
    )
    assert deaths(address, "large", "_judgeable") == LARGE_TRIES_LIMIT
    assert told(deadly) == (False, 0, ["set-aside"])
    assert told(other) == (True, 1, [])
    assert gauges.core(AT).set_aside == 1


def test_a_large_one_that_moves_on_between_two_deaths_is_not_to_blame(
    address: str, dairy: Organisation, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed at every batch but one, more often than may be: each try stores a batch."""
    monkeypatch.setattr(large, "BATCH_EVENTS", 1)
    events = [
        event(epcList=[f"urn:epc:id:sgtin:9506000.013435.{one}"], eventID=f"urn:x:{one}")
        for one in range(LARGE_TRIES_LIMIT + 3)
    ]
    token = receive_large(iter([document(*events)]), behaviour="proceed", **who(dairy)).token
    note, noted = large._note, 0

    def cut(*given: object) -> None:
        nonlocal noted
        noted += 1
        if noted % 2 == 0:
            raise KeyboardInterrupt  # ended, not failed: nothing is told to the queue
        note(*given)

    monkeypatch.setattr(large, "_note", cut)
    while rows("select 1 from capture_queue"):
        with suppress(KeyboardInterrupt):
            large.store_next(AT)
    assert told(token) == (True, len(events), [])


def test_what_a_living_process_cannot_store_is_not_counted(
    dairy: Organisation, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = journal(numbered(1), **who(dairy)).token
    projector, insert = Projector(), store.insert_events

    def full(*_: object) -> None:
        raise OperationalError("disk full")

    monkeypatch.setattr(store, "insert_events", full)
    for step in range(TRIES_LIMIT + 2):
        with pytest.raises(OperationalError):
            projector.step(AT + step * 2 * POSTPONED_LIFE)
    monkeypatch.setattr(store, "insert_events", insert)
    assert projector.step(AT + timedelta(days=1)) == 1
    assert told(token) == (True, 1, [])
