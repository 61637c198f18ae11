"""`zhuisu up`, `down`, the worker, the judge and the deliverer: one supervisor that starts everything, restarts what dies, and stops it all cleanly."""

import json
import logging
import os
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from zhuisu.config import logs
from zhuisu.config.cli.common import fail, now, setup
from zhuisu.config.cli.projectors import Projectors, die_with_parent, on_signal
from zhuisu.config.database import Embedded, home

WATCH_SECONDS = 0.5
READY_SECONDS = 90
STOP_SECONDS = 15
SEQUENCE_SECONDS = 0.02  # how often the worker publishes what has committed, while events come
QUIET_SECONDS = 0.1  # how often when none came lately: a node at rest should cost next to nothing
BUSY_SECONDS = 5.0  # how long after the last event it counts as coming
HOUSE_SECONDS = 60.0  # how often the worker counts misses and removes what is too old
IDLE_SECONDS = 0.2  # how often it looks for a sheet that waits
LARGE_SECONDS = (
    1.0  # how often it looks for one that is stored in batches: who sends a million events can wait a second
)
AGAIN_SECONDS = 1.0  # the judge's rest after a fault: the database that is away need not be asked fifty times a second
RESTART_SECONDS = 2.0  # a child that dies at once is not restarted faster than this


def migrate() -> None:
    """Bring the database's tables up to date.

    Example: zhuisu migrate
    """
    setup()
    typer.echo("the tables are up to date")


def worker() -> None:
    """Publish what has committed, and keep the projectors that store the documents that wait. `zhuisu up` starts one.

    Example: zhuisu worker
    """
    setup(migrate=False)
    from django.conf import settings
    from django.db import InterfaceError, OperationalError, connection

    from zhuisu.config.faults import first_line
    from zhuisu.events.sequencer import publish
    from zhuisu.workspace.records.queue import record_next

    stopping = on_signal()
    # A document of a million events takes minutes: publishing the others' events must not wait for it.
    threading.Thread(target=_store_large, args=[stopping], daemon=True).start()
    projectors = Projectors(settings.PROJECTORS)
    looked, busy_until, kept = 0.0, 0.0, 0.0
    while not stopping:
        projectors.keep()
        try:
            if publish(now()):
                busy_until = time.monotonic() + BUSY_SECONDS
            if time.monotonic() - looked > IDLE_SECONDS:
                with logs.job("record"):
                    while not stopping and record_next(now()):
                        publish(now())
                looked = time.monotonic()
            if time.monotonic() - kept > HOUSE_SECONDS or not kept:
                kept = time.monotonic()
                tidy(now())
        except (OperationalError, InterfaceError) as error:
            # The database is away: the work waits there, nothing is lost.
            logging.getLogger(__name__).warning("worker: database away, trying again: %s", first_line(error))
            connection.close()
            time.sleep(1)
        time.sleep(SEQUENCE_SECONDS if time.monotonic() < busy_until else QUIET_SECONDS)
    projectors.stop()


def _store_large(stopping: list[int]) -> None:
    """The worker's second hand: large documents. Ended in the middle, it leaves what the next one goes on with."""
    from django.db import InterfaceError, OperationalError, connection

    from zhuisu.config.faults import first_line
    from zhuisu.events.large import store_next

    while not stopping:
        try:
            with logs.job("large"):
                stored = store_next(now())
            if not stored:
                time.sleep(LARGE_SECONDS)
        except (OperationalError, InterfaceError) as error:
            logging.getLogger(__name__).warning("worker: database away, trying again: %s", first_line(error))
            connection.close()
            time.sleep(AGAIN_SECONDS)
        except Exception:
            logging.getLogger(__name__).exception("a large document could not be looked at; it is tried again")
            time.sleep(AGAIN_SECONDS)


def judge() -> None:
    """Judge what was published, behind the log and again when the picture changes. `zhuisu up` starts one.

    Two of them never judge the same event twice; publishing waits for neither. Example: zhuisu judge
    """
    setup(migrate=False)
    from django.db import InterfaceError, OperationalError, connection

    from zhuisu.config.faults import first_line

    stopping = on_signal()
    busy_until = 0.0
    while not stopping:
        try:
            found = judged(now())
        except (OperationalError, InterfaceError) as error:
            # The database is away: the events wait there, the batch is judged anew.
            logging.getLogger(__name__).warning("judge: database away, trying again: %s", first_line(error))
            connection.close()
            found = None
        if found:
            busy_until = time.monotonic() + BUSY_SECONDS
            continue
        pause = SEQUENCE_SECONDS if time.monotonic() < busy_until else QUIET_SECONDS
        time.sleep(AGAIN_SECONDS if found is None else pause)


def deliver() -> None:
    """Send subscribers what their queries newly find. `zhuisu up` starts one; several may run beside one another.

    Example: zhuisu deliver
    """
    setup(migrate=False)
    from django.db import InterfaceError, OperationalError, connection

    from zhuisu.api.epcis.subscriptions import delivered
    from zhuisu.config.faults import first_line
    from zhuisu.subscriptions.delivery import Tools, prune
    from zhuisu.subscriptions.lanes import Deliverer

    stopping = on_signal()
    deliverer = Deliverer(Tools(now, delivered))
    kept = time.monotonic()
    while not stopping:
        try:
            with logs.job("deliver"):
                deliverer.step()
            if time.monotonic() - kept > HOUSE_SECONDS:
                kept = time.monotonic()
                prune()
        except (OperationalError, InterfaceError) as error:
            # The database is away: what is on its way is sent again, its cursor has not moved.
            logging.getLogger(__name__).warning("deliver: database away, trying again: %s", first_line(error))
            connection.close()
            time.sleep(AGAIN_SECONDS)
        time.sleep(QUIET_SECONDS)
    deliverer.close()


def judged(at: datetime) -> int | None:
    """Judge a batch; how many events, None where that failed. What one event does to the judge is kept as its verdict; any other
    fault is logged and tried again a little later."""
    from django.db import InterfaceError, OperationalError

    from zhuisu.compliance.services import judge_next

    try:
        with logs.job("judge"):
            return judge_next(at)
    except (OperationalError, InterfaceError):
        raise  # whoever calls knows what to do while the database is away
    except Exception:
        logging.getLogger(__name__).exception("judging failed; it is tried again")
        return None


def tidy(at: datetime) -> None:
    """Housekeeping. A fault in it is logged and must not stop the worker: capture waits for nobody's old scans."""
    from django.db import InterfaceError, OperationalError

    from zhuisu.events.backlog import forget_pace
    from zhuisu.events.keeping import open_part
    from zhuisu.events.spool import forget_unfinished
    from zhuisu.verification.services import keep_house

    try:
        with logs.job("tidy"):
            keep_house(at)
            forget_unfinished(at)
            open_part(at.replace(day=1, hour=0, minute=0, second=0, microsecond=0))
        forget_pace(at)
    except (OperationalError, InterfaceError):
        raise  # the worker knows what to do while the database is away
    except Exception:
        logging.getLogger(__name__).exception("housekeeping failed; the worker goes on")


def up(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on.")] = 8000,
    demo: Annotated[bool, typer.Option(help="Load the demonstration data once.")] = True,
    workers: Annotated[int, typer.Option(help="Web processes.")] = 2,
) -> None:
    """Start everything: database, web, worker, judge and deliverer; stop it all with Ctrl-C.

    Example: zhuisu up --port 8080
    """
    started = time.monotonic()
    embedded = Embedded.start_unless_named()
    setup()
    _collect_static()
    _forget_counts()
    lines = _demonstration() if demo else []
    address = f"http://{host}:{port}/"
    supervisor = Supervisor(embedded, host, port, workers)
    supervisor.start()
    try:
        supervisor.wait_ready(address)
        for line in lines:
            typer.echo(line)
        typer.echo(f"ready: {address}  ({time.monotonic() - started:.1f} s; Ctrl-C stops)")
        supervisor.watch()
    finally:
        supervisor.stop()
    typer.echo("stopped")


def down() -> None:
    """Stop the `zhuisu up` that runs on this $ZHUISU_HOME.

    Example: zhuisu down
    """
    try:
        pid = int(_pid_file().read_text())
        os.kill(pid, signal.SIGTERM)
    except (FileNotFoundError, ValueError, ProcessLookupError):
        fail("nothing runs here")
    deadline = time.monotonic() + STOP_SECONDS
    while _pid_file().exists() and time.monotonic() < deadline:
        time.sleep(0.1)
    typer.echo("stopped")


def _pid_file() -> Path:
    return home() / "zhuisu.pid"


def _forget_counts() -> None:
    from zhuisu.config.metrics import begin

    begin()


def _collect_static() -> None:
    from django.core.management import call_command

    call_command("collectstatic", verbosity=0, interactive=False)


def _demonstration() -> list[str]:
    """Load the demonstration data where it is not yet there; what to try, in words."""
    from zhuisu.config.demo import load

    loaded = load(now())
    # The home page offers these to try; a node without demonstration data has no such file.
    (home() / "samples.json").write_text(json.dumps([one._asdict() for one in loaded.samples], ensure_ascii=False))
    return ["", "试一试 / try:", *(f"  {one}" for one in loaded.lines()), ""]


class Supervisor:
    """The web server, the worker, the judge and the deliverer as children of this process, and the embedded database beside them."""

    def __init__(self, embedded: Embedded | None, host: str, port: int, workers: int) -> None:
        self.embedded = embedded
        os.environ.setdefault("ZHUISU_WEB_PROCESSES", str(workers))  # each counts its own share of the rate limits
        self.commands = {
            "web": [
                *(sys.executable, "-m", "granian", "--interface", "wsgi", "--host", host, "--port", str(port)),
                *("--workers", str(workers), "--blocking-threads", "4", "--backpressure", "64"),
                *("--respawn-failed-workers", "--no-access-log", "--log-level", "warning"),
                "zhuisu.config.wsgi:application",
            ],
            "worker": [sys.executable, "-m", "zhuisu.config", "worker"],
            "judge": [sys.executable, "-m", "zhuisu.config", "judge"],
            "deliver": [sys.executable, "-m", "zhuisu.config", "deliver"],
            "snapshot": [sys.executable, "-m", "zhuisu.config", "snapshot"],
        }
        self.children: dict[str, subprocess.Popen[bytes]] = {}
        self.begun: dict[str, float] = {}
        self.stopping = on_signal()

    def start(self) -> None:
        if _running(_pid_file()):
            fail(f"zhuisu runs already on {home()}; stop it with: zhuisu down")
        _pid_file().write_text(str(os.getpid()))
        for name in self.commands:
            self._spawn(name)

    def _spawn(self, name: str) -> None:
        if old := self.children.get(name):
            _kill_group(old)  # what it had started must not serve on beside the new one
        # Its own session: Ctrl-C reaches the supervisor alone, which then stops the children in order.
        self.children[name] = subprocess.Popen(self.commands[name], start_new_session=True, preexec_fn=die_with_parent)
        self.begun[name] = time.monotonic()

    def wait_ready(self, address: str) -> None:
        deadline = time.monotonic() + READY_SECONDS
        while time.monotonic() < deadline and not self.stopping:
            if self.children["web"].poll() is not None:
                fail("the web server did not start; is the port in use?")
            try:
                with urllib.request.urlopen(address + "healthz", timeout=2):  # noqa: S310 our own address
                    return
            except (urllib.error.URLError, ConnectionError, TimeoutError):
                time.sleep(0.1)
        if not self.stopping:
            fail("the web server did not answer in time")

    def watch(self) -> None:
        """Until asked to stop: restart a child or a database that died."""
        while not self.stopping:
            time.sleep(WATCH_SECONDS)
            if self.embedded:
                self.embedded.ensure_running()
            for name, child in list(self.children.items()):
                if child.poll() is not None and time.monotonic() - self.begun[name] > RESTART_SECONDS:
                    typer.echo(f"{name} ended with {child.returncode}: starting it again", err=True)
                    self._spawn(name)

    def stop(self) -> None:
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_IGN)
        for child in self.children.values():
            if child.poll() is None:
                child.terminate()
        deadline = time.monotonic() + STOP_SECONDS
        for child in self.children.values():
            try:
                child.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                _kill_group(child)
                child.wait()
        if self.embedded:
            self.embedded.leave()
        _pid_file().unlink(missing_ok=True)


def _kill_group(child: subprocess.Popen[bytes]) -> None:
    try:
        os.killpg(child.pid, signal.SIGKILL)
    except ProcessLookupError:
        return  # all gone already


def _running(pid_file: Path) -> bool:
    try:
        os.kill(int(pid_file.read_text()), 0)
    except (FileNotFoundError, ValueError, ProcessLookupError):
        return False
    return True
