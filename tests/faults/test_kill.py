"""SIGKILL of web, worker, judge and database under `zhuisu up`, which starts them again: what was acknowledged is there, once.

The many kills are test_unkillable.py's; here the supervisor is what is tried.
"""

import json
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from support import document, event

SEED = int(os.environ.get("ZHUISU_SEED", 20261122))
SIZE, CLIENTS = 250, 2
PATIENCE_SECONDS = 60

pytestmark = pytest.mark.slow

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
print(rows("select count(*), count(distinct event_id) from event_body")[0], rows("select count(*) from log_entry")[0][0])
"""


@pytest.fixture
def home() -> Iterator[Path]:
    # Not tmp_path: the embedded server runs as a user of its own, whom pytest's folders keep out.
    folder = Path(tempfile.mkdtemp(prefix="zhuisu-kill-"))
    folder.chmod(0o755)
    yield folder
    subprocess.run([sys.executable, "-m", "zhuisu.config", "down"], env=environment(folder), capture_output=True)
    shutil.rmtree(folder, ignore_errors=True)


def environment(home: Path) -> dict[str, str]:
    own = {name: value for name, value in os.environ.items() if name != "ZHUISU_DATABASE_URL"}
    return own | {"ZHUISU_HOME": str(home)}


def run(home: Path, script: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", script], env=environment(home), capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


class Load:
    """Sends documents until each is acknowledged and done; counts how often it had to try again."""

    def __init__(self, key: str, port: int, events: int) -> None:
        self.key, self.port = key, port
        self.documents = [make(number) for number in range(events // SIZE)]
        self.next, self.tries, self.failed = 0, 0, list[str]()
        self.lock = threading.Lock()

    def run(self) -> None:
        while True:
            with self.lock:
                number, self.next = self.next, self.next + 1
            if number >= len(self.documents):
                return
            self.send(number)

    def send(self, number: int) -> None:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline:
            self.tries += 1
            try:
                if self.done(self.post(self.documents[number])):
                    return
            except (OSError, urllib.error.HTTPError) as error:
                if isinstance(error, urllib.error.HTTPError) and error.code < 500:
                    self.failed.append(f"document {number}: {error.code} {error.read()[:300]!r}")
                    return
            time.sleep(0.2)
        self.failed.append(f"document {number}: not acknowledged in {PATIENCE_SECONDS} s")

    def post(self, body: bytes) -> str:
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}/epcis/capture",
            data=body,
            headers={"Authorization": f"Bearer {self.key}", "Content-Type": "application/ld+json"},
        )
        with urllib.request.urlopen(request, timeout=20) as answer:
            assert answer.status == 202
            return str(answer.headers["Location"])

    def done(self, location: str) -> bool:
        path = location if location.startswith("/") else "/" + location.split("/", 3)[3]
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}{path}", headers={"Authorization": f"Bearer {self.key}"}
        )
        with urllib.request.urlopen(request, timeout=20) as answer:
            job = json.load(answer)
        return bool(job["success"]) and not job["running"]


def make(number: int) -> bytes:
    first = number * SIZE
    return document(
        *(
            event(
                eventID=f"urn:uuid:00000000-0000-4000-8000-{one:012d}",
                epcList=[f"urn:epc:id:sgtin:9506000.013435.{one}"],
            )
            for one in range(first, first + SIZE)
        )
    )


def victims(supervisor: int, home: Path) -> dict[str, list[int]]:
    """The processes one could lose: web (parent and children), worker, judge, deliverer, database (postmaster and backends)."""
    found: dict[str, list[int]] = {"web": [], "worker": [], "judge": [], "deliver": [], "snapshot": [], "database": []}
    for child in psutil.Process(supervisor).children(recursive=True):
        line = " ".join(child.cmdline())
        own = next((name for name in ("worker", "judge", "deliver", "snapshot") if line.endswith(name)), "web")
        found[own].append(child.pid)
    postmaster = int((home / "postgres" / "postmaster.pid").read_text().split()[0])
    found["database"] = [postmaster, *(one.pid for one in psutil.Process(postmaster).children())]
    return found


def kill_one(choice: random.Random, kind: str, supervisor: int, home: Path) -> bool:
    """False where none of them stands: it is just being restarted."""
    try:
        os.kill(choice.choice(victims(supervisor, home)[kind]), signal.SIGKILL)
    except (psutil.NoSuchProcess, ValueError, ProcessLookupError, FileNotFoundError, IndexError):
        return False
    return True


def test_what_dies_is_started_again_and_each_event_is_there_once(home: Path) -> None:
    turmoil(home, events=5_000, kills=4)


@pytest.mark.long
def test_each_event_exactly_once(home: Path) -> None:
    load = turmoil(home, events=50_000, kills=20)
    assert load.tries > len(load.documents), "no kill ever hit a request: the test did not bite"


def turmoil(home: Path, *, events: int, kills: int) -> Load:
    key = run(home, MAKE_KEY)
    port = free_port()
    command = [sys.executable, "-m", "zhuisu.config", "up", "--no-demo", "--port", str(port)]
    with (home / "up.log").open("w") as log:
        supervisor = subprocess.Popen(command, env=environment(home), stdout=log, stderr=subprocess.STDOUT)
    wait_ready(home / "up.log")
    load = Load(key, port, events)
    clients = [threading.Thread(target=load.run) for _ in range(CLIENTS)]
    for client in clients:
        client.start()
    choice = random.Random(SEED)
    moments = sorted(choice.sample(range(len(load.documents) - 5), kills))
    kinds = [("web", "worker", "judge", "database")[number % 4] for number in range(kills)]
    choice.shuffle(kinds)
    for moment, kind in zip(moments, kinds, strict=True):
        while load.next <= moment and any(client.is_alive() for client in clients):
            time.sleep(0.02)
        time.sleep(choice.random() * 0.1)
        while not kill_one(choice, kind, supervisor.pid, home):
            assert supervisor.poll() is None, (home / "up.log").read_text()[-2000:]
            time.sleep(0.1)
    for client in clients:
        client.join()
    assert load.failed == []
    again = Load(key, port, events)
    again.run()
    assert again.failed == []
    assert again.tries >= len(again.documents)
    subprocess.run(
        [sys.executable, "-m", "zhuisu.config", "down"], env=environment(home), check=True, capture_output=True
    )
    supervisor.wait(30)
    assert "Traceback" not in (home / "up.log").read_text()
    assert run(home, COUNT) == f"({events}, {events}) {events}"
    audit = subprocess.run(
        [sys.executable, "-m", "zhuisu.config", "verify", "--json"],
        env=environment(home),
        capture_output=True,
        text=True,
    )
    assert json.loads(audit.stdout) == {"events": events, "findings": []}
    return load


def wait_ready(log: Path) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while "ready:" not in log.read_text():
        assert time.monotonic() < deadline, log.read_text()
        time.sleep(0.1)
