"""Two real judges on one log, one killed in the middle, their connections cut: each event is judged, none twice, publishing goes on."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.db import connection

from bears import document, lot
from support import AT
from zhuisu.accounts.models import Organisation
from zhuisu.compliance.queries import judged_to
from zhuisu.events.queries import head
from zhuisu.events.sequencer import publish
from zhuisu.events.services import receive
from zhuisu.events.store import rows

EVENTS = 1_500
PATIENCE_SECONDS = 90


@pytest.fixture
def judges(address: str, tmp_path: Path) -> Iterator[Callable[[], subprocess.Popen[bytes]]]:
    running: list[subprocess.Popen[bytes]] = []

    def start() -> subprocess.Popen[bytes]:
        with (tmp_path / f"judge{len(running)}.log").open("w") as log:
            command = [sys.executable, "-m", "zhuisu.config", "judge"]
            environment = os.environ | {"ZHUISU_DATABASE_URL": address}
            running.append(subprocess.Popen(command, env=environment, stdout=log, stderr=subprocess.STDOUT))
        return running[-1]

    yield start
    for one in running:
        if one.poll() is None:
            one.kill()
            one.wait()


def told(firm: Organisation, first: int, count: int) -> None:
    events = [
        {
            "type": "ObjectEvent",
            "eventID": f"urn:uuid:00000000-0000-4000-b000-{number:012d}",
            "eventTime": f"2026-03-01T{number // 3600:02d}:{number // 60 % 60:02d}:{number % 60:02d}.000Z",
            "eventTimeZoneOffset": "+00:00",
            "action": "ADD",
            "bizStep": "commissioning",
            "quantityList": [{"epcClass": lot(f"J{number % 50}"), "quantity": 5}],
            "ilmd": {"f:kind": "toy.bear"},
        }
        for number in range(first, first + count)
    ]
    receive(document(*events), media_type=None, organisation=firm.pk, by="system:test", at=AT)
    publish(AT)


def until(done: Callable[[], bool], what: str) -> None:
    end = time.monotonic() + PATIENCE_SECONDS
    while not done():
        assert time.monotonic() < end, what
        time.sleep(0.05)


def test_each_event_is_judged_once_whoever_dies(judges, tmp_path: Path) -> None:
    firm = Organisation.objects.create(kind="enterprise", name="两判", party="uri:urn:judges:firm")
    begin = head()
    # Evidence of other tests that committed stays, their organisations do not: nobody could judge it.
    rows("update judge_cursor set position = %s", [begin])
    rows("delete from judge_queue")
    rows("delete from judge_notice")
    told(firm, 0, EVENTS)
    first, second = judges(), judges()
    until(lambda: judged_to() > begin, "nobody judges")
    first.kill()
    told(firm, EVENTS, EVENTS)
    others = "select pg_terminate_backend(pid) from pg_stat_activity where pid <> pg_backend_pid() and datname = %s"
    assert rows(others, [connection.settings_dict["NAME"]])
    third = judges()
    until(lambda: judged_to() == head(), "not all is judged")
    for one in (second, third):
        one.send_signal(signal.SIGTERM)
        assert one.wait(20) == 0
    counted = """select count(*), count(distinct v.event) from verdict v join event e on e.id = v.event
                 where e.organisation = %s"""
    assert rows(counted, [firm.pk]) == [(2 * EVENTS, 2 * EVENTS)]
    logs = "".join(file.read_text() for file in tmp_path.glob("judge*.log"))
    assert "Traceback" not in logs
    assert "database away" in logs
