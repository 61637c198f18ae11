"""`zhuisu project`, one projector, and the worker's hold on several of them."""

import ctypes
import logging
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from types import FrameType

from zhuisu.config import logs
from zhuisu.config.cli.common import now, setup

REST_SECONDS = 0.1  # of a projector that found nothing
TROUBLE_SECONDS = 1.0  # of one whose database is away, or of one that died before the next is started
END_SECONDS = (
    10.0  # that the worker waits for its projectors to end their transactions: one takes some tenths of a second
)


def project() -> None:
    """Store the documents that wait, until stopped. The worker starts $ZHUISU_PROJECTORS; more may run beside them, on other
    machines too: none stores a document that another has.

    Example: zhuisu project
    """
    setup(migrate=False)
    from django.db import InterfaceError, OperationalError, connection

    from zhuisu.config.faults import first_line
    from zhuisu.events.projecting import Projector

    stopping = on_signal()
    projector = Projector()
    while not stopping:
        try:
            with logs.job("project"):
                stored = projector.step(now())
            if stored:
                continue
            time.sleep(REST_SECONDS)
        except (OperationalError, InterfaceError) as error:
            logging.getLogger(__name__).warning("project: database away, trying again: %s", first_line(error))
            connection.close()
            time.sleep(TROUBLE_SECONDS)
        except Exception:
            logging.getLogger(__name__).exception("a group of documents could not be stored; it is tried again")
            connection.close()
            time.sleep(TROUBLE_SECONDS)


def on_signal() -> list[int]:
    """An empty list that gets an element when the process is asked to stop."""
    stopping: list[int] = []

    def remember(number: int, _frame: FrameType | None) -> None:
        stopping.append(number)

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, remember)
    return stopping


def die_with_parent() -> None:
    """In the child: a parent that is killed must not leave servers behind (Linux: PR_SET_PDEATHSIG)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGTERM)


@dataclass
class Projectors:
    """Processes of one worker: started again where one dies, ended with it."""

    number: int
    children: list[subprocess.Popen[bytes]] = field(default_factory=list)
    begun: float = 0.0

    def keep(self) -> None:
        """As many run as should; looked at often, it costs a system call each."""
        alive = [one for one in self.children if one.poll() is None]
        if len(alive) < len(self.children):
            logging.getLogger(__name__).warning("a projector ended; it is started again")
        self.children = alive
        if len(alive) < self.number and time.monotonic() - self.begun > TROUBLE_SECONDS:
            self.begun = time.monotonic()
            command = [sys.executable, "-m", "zhuisu.config", "project"]
            self.children += [
                subprocess.Popen(command, preexec_fn=die_with_parent) for _ in range(self.number - len(alive))
            ]

    def stop(self) -> None:
        """Each ends its transaction; what it did not end waits for the next."""
        for one in self.children:
            one.terminate()
        deadline = time.monotonic() + END_SECONDS
        for one in self.children:
            try:
                one.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                one.kill()
                one.wait()
