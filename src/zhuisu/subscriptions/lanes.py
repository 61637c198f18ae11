"""The deliverer: finds subscriptions that are due and hands them to a few threads; who is not known to be quick waits behind the
likes of it."""

import logging
import threading
import time
from collections import Counter
from queue import SimpleQueue

from django.db import InterfaceError, OperationalError, connection

from .delivery import Tools, deliver
from .queries import MOST_AT_ONCE, due

# Each thread has a connection to the database. Half of them serve only receivers that answer quickly.
MOST_THREADS = 4
STOP_SECONDS = (
    8.0  # for what is on its way at the end; what still waits for an answer then is sent again at the next start
)

log = logging.getLogger(__name__)


class _Lane:
    """Threads that take subscriptions from a queue."""

    def __init__(self, tools: Tools) -> None:
        self.tools = tools
        self.waiting: SimpleQueue[tuple[int, int] | None] = SimpleQueue()
        self.done: SimpleQueue[tuple[int, int]] = SimpleQueue()
        self.running: Counter[int] = Counter()  # by organisation
        self.threads = [threading.Thread(target=self._work, daemon=True) for _ in range(MOST_THREADS)]
        for thread in self.threads:
            thread.start()

    def free(self) -> bool:
        return self.running.total() < MOST_THREADS

    def takes(self, organisation: int) -> bool:
        return self.free() and self.running[organisation] < MOST_AT_ONCE

    def begin(self, number: int, organisation: int) -> None:
        self.running[organisation] += 1
        self.waiting.put((number, organisation))

    def _work(self) -> None:
        try:
            while (job := self.waiting.get()) is not None:
                try:
                    deliver(job[0], self.tools)
                except (OperationalError, InterfaceError) as away:
                    log.warning("database away, trying again: %s", str(away).partition("\n")[0])
                    connection.close()
                except Exception:
                    log.exception("subscription number %s", job[0])
                self.done.put(job)
        finally:
            connection.close()


class Deliverer:
    """Call `step` again and again, `close` at the end. Any number of them may run beside one another."""

    def __init__(self, tools: Tools) -> None:
        self.tools = tools
        self.lanes = (_Lane(tools), _Lane(tools))  # quick, slow
        self.busy: set[int] = set()

    def step(self) -> int:
        """Begin what is due and fits. Returns how many were begun. Raises OperationalError while the database is away."""
        for lane in self.lanes:
            while not lane.done.empty():
                number, organisation = lane.done.get()
                self.busy.discard(number)
                lane.running[organisation] -= 1
        begun = 0
        free = [slow for slow in (False, True) if self.lanes[slow].free()]
        found = due(self.tools.clock(), free, list(self.busy)) if free else []
        # Who has nothing on its way comes before who has: two that stall must not keep a third out.
        for number, organisation, slow in sorted(found, key=lambda one: self.lanes[one[2]].running[one[1]]):
            lane = self.lanes[slow]
            if lane.takes(organisation):
                lane.begin(number, organisation)
                self.busy.add(number)
                begun += 1
        return begun

    def close(self) -> None:
        """Begin nothing new, and wait a little for what is on its way."""
        end = time.monotonic() + STOP_SECONDS
        for lane in self.lanes:
            for _ in lane.threads:
                lane.waiting.put(None)
        for lane in self.lanes:
            for thread in lane.threads:
                thread.join(max(0.0, end - time.monotonic()))
