"""SIGKILL of worker, web and database while large documents are stored: each event is there once, none of a document half, the jobs say
what is so."""

import http.client
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import psutil
import pytest

from running import Node, node
from support import document, event

SEED = int(os.environ.get("ZHUISU_SEED", 20261123))
EVENTS = 10_100  # of each document: beyond DIRECT_EVENTS_LIMIT
KILLS = 9
PATIENCE_SECONDS = 900

pytestmark = pytest.mark.long

MAKE_KEY = """
from zhuisu.config.cli.common import now, platform_organisation, setup
setup()
from zhuisu.accounts.services import issue_key
print(issue_key(organisation=platform_organisation(), label="load", by="system:test", at=now())[1])
"""
COUNT = """
from zhuisu.config.cli.common import setup
setup()
from zhuisu.events.store import rows
print(*rows("select count(*), count(distinct event_id) from event_body")[0], *rows("select count(*) from log_entry")[0],
      *rows("select count(*) from capture_queue")[0], *rows("select count(*) from capture_progress")[0])
"""


def run(script: str, environment: dict[str, str]) -> str:
    done = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=True)
    return done.stdout.strip()


@pytest.fixture
def stand() -> Iterator[tuple[Node, Path]]:
    # Not tmp_path: the embedded server runs as a user of its own, whom pytest's folders keep out.
    with (
        tempfile.TemporaryDirectory(prefix="zhuisu-large-", ignore_cleanup_errors=True) as folder,
        node(Path(folder), "--no-demo") as started,
    ):
        yield started, Path(folder)


def ask(
    stand: Node, key: str, path: str, body: bytes | None = None, **headers: str
) -> tuple[int, dict[str, str], bytes]:
    connection = http.client.HTTPConnection(stand.address.removeprefix("http://"), timeout=60)
    sent = {"Authorization": f"Bearer {key}", "Content-Type": "application/ld+json"} | headers
    try:
        connection.request("GET" if body is None else "POST", path, body, sent)
        answer = connection.getresponse()
        return answer.status, {name.lower(): value for name, value in answer.headers.items()}, answer.read()
    finally:
        connection.close()


def patiently(stand: Node, key: str, path: str, body: bytes | None = None, **headers: str):
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        try:
            status, said, content = ask(stand, key, path, body, **headers)
            if status < 500:
                return status, said, content
        except (OSError, http.client.HTTPException):
            time.sleep(0.5)  # that was the process
        time.sleep(0.2)
    raise AssertionError(f"{path}: no answer")


def make(name: str, *more: dict) -> bytes:
    tins = (
        event(eventID=f"urn:x:{name}:{one}", epcList=[f"urn:epc:id:sgtin:9506000.013435.{name}{one}"])
        for one in range(EVENTS - len(more))
    )
    return document(*tins, *more)


def kill(choice: random.Random, kind: str, home: Path, supervisor: psutil.Process) -> None:
    if kind == "database":
        pids = [int((home / "postgres" / "postmaster.pid").read_text().split()[0])]
    else:
        lines = {one.pid: " ".join(one.cmdline()) for one in supervisor.children(recursive=True)}
        others = ("worker", "judge", "deliver", "snapshot")
        pids = [
            pid for pid, line in lines.items() if line.endswith(kind) or (kind == "web" and not line.endswith(others))
        ]
    os.kill(choice.choice(pids), signal.SIGKILL)


def test_large_documents_are_stored_once_and_whole(stand: tuple[Node, Path]) -> None:
    at, home = stand
    key = run(MAKE_KEY, at.environment)
    wrong = event(eventID="urn:x:late", action="DANCE")
    sent = {"1": ("proceed", make("1", wrong)), "2": ("rollback", make("2")), "3": ("rollback", make("3", wrong))}
    jobs = {}
    for name, (behaviour, body) in sent.items():
        status, said, content = patiently(at, key, "/epcis/capture", body, **{"GS1-Capture-Error-Behaviour": behaviour})
        assert status == 202, content
        jobs[name] = said["location"]
    (supervisor,) = (one for one in psutil.Process().children() if "up" in one.cmdline())
    choice, killed = random.Random(SEED), 0
    following, deadline = time.monotonic() + choice.random(), time.monotonic() + PATIENCE_SECONDS
    running = True
    while running:
        assert time.monotonic() < deadline, (home / "log").read_text()[-2000:]
        if killed < KILLS and time.monotonic() > following:
            try:
                kill(choice, ("worker", "worker", "database", "worker", "web")[killed % 5], home, supervisor)
                killed += 1
            except (psutil.Error, OSError, ValueError, IndexError):
                time.sleep(0.2)  # it is being started again
            following = time.monotonic() + 1 + 4 * choice.random()
        ends = quote(f"urn:x:2:0|urn:x:2:{EVENTS - 1}")
        _, _, content = patiently(at, key, f"/epcis/events?EQ_eventID={ends}")
        seen = json.loads(content)["epcisBody"]["queryResults"]["resultsBody"]["eventList"]
        assert len(seen) in (0, 2), "a document that is stored whole was seen half"
        ended = [json.loads(patiently(at, key, where)[2]) for where in jobs.values()]
        running = any(one["running"] for one in ended)
    assert killed
    told = {name: (one["success"], one["counts"]) for name, one in zip(jobs, ended, strict=True)}
    none = {"accepted": 0, "duplicate": 0, "conflict": 0, "refused": 0}
    assert told == {
        "1": (False, none | {"accepted": EVENTS - 1, "refused": 1}),
        "2": (True, none | {"accepted": EVENTS}),
        "3": (False, none | {"refused": EVENTS}),
    }
    stored = 2 * EVENTS - 1
    while run(COUNT, at.environment) != f"{stored} {stored} {stored} 0 0":  # the last positions follow
        assert time.monotonic() < deadline, run(COUNT, at.environment)
        time.sleep(1)
    audit = subprocess.run(
        [sys.executable, "-m", "zhuisu.config", "verify", "--json"], env=at.environment, capture_output=True, text=True
    )
    assert json.loads(audit.stdout) == {"events": stored, "findings": []}
