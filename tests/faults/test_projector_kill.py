"""SIGKILL of a projector in the middle of a group: what was acknowledged is stored once, and nothing of a group is half there."""

import os
import random
import signal
import subprocess
import sys
import time

import pytest

from support import AT, document, event
from zhuisu.accounts.models import Organisation
from zhuisu.events.projecting import Projector
from zhuisu.events.proof import audit
from zhuisu.events.sequencer import publish
from zhuisu.events.services import journal
from zhuisu.events.store import rows

SEED = int(os.environ.get("ZHUISU_SEED", 20261122))
KILLS, DOCUMENTS, EACH = 3, 450, 2
PATIENCE_SECONDS = 60

pytestmark = pytest.mark.django_db(transaction=True)


def count(table: str) -> int:
    return int(rows(f"select count(*) from {table}")[0][0])


def journalled(firm: Organisation) -> None:
    who = {"media_type": "application/json", "organisation": firm.pk, "by": "system:test", "at": AT}
    for one in range(DOCUMENTS):
        events = (
            event(epcList=[f"urn:epc:id:sgtin:9506000.013435.{one * EACH + more}"], eventID=f"urn:x:{one}:{more}")
            for more in range(EACH)
        )
        journal(document(*events), **who)


def started(address: str) -> "subprocess.Popen[bytes]":
    environment = os.environ | {"ZHUISU_DATABASE_URL": address}
    return subprocess.Popen([sys.executable, "-m", "zhuisu.config", "project"], env=environment)


def wait_for(what: str) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not rows(what):
        assert time.monotonic() < deadline
        time.sleep(0.005)


def test_killed_in_the_middle_of_a_group(address: str) -> None:
    firm = Organisation.objects.create(kind="enterprise", name="示范", party="cn.uscc:91350212MA0000015N")
    journalled(firm)
    dice, bit = random.Random(SEED), 0
    for _ in range(KILLS):
        ended = count("capture_result")
        projector = started(address)
        # A held document is an advisory lock: the group is being read, decided or written.
        wait_for("select 1 from pg_locks where locktype = 'advisory' and classid = 2053636096")
        time.sleep(dice.random() * 0.15)
        projector.send_signal(signal.SIGKILL)
        projector.wait()
        wait_for(
            "select 1 where not exists (select from pg_locks where locktype = 'advisory' and classid = 2053636096)"
        )
        bit += count("capture_queue") > 0
        assert count("capture_result") + count("capture_queue") == DOCUMENTS
        assert count("event") == count("event_body") == count("capture_result") * EACH
        assert count("capture_result") >= ended
    assert bit, "every group had ended before it was killed: the test did not bite"
    while Projector().step(AT):
        continue
    publish(AT)
    assert (count("capture_queue"), count("capture_result")) == (0, DOCUMENTS)
    assert rows("select count(*), count(distinct event_id) from event_body")[0] == (DOCUMENTS * EACH,) * 2
    assert [found for found in audit() if not isinstance(found, int)] == []


def test_asked_to_stop_it_ends_its_group(address: str) -> None:
    firm = Organisation.objects.create(kind="enterprise", name="示范", party="cn.uscc:91350212MA0000015N")
    journalled(firm)
    projector = started(address)
    wait_for("select 1 from pg_locks where locktype = 'advisory' and classid = 2053636096")
    projector.terminate()
    assert projector.wait(PATIENCE_SECONDS) == 0
    assert 0 < count("capture_result") == DOCUMENTS - count("capture_queue")
