"""Asks the database with a limit that holds even where it answers nothing at all: in a thread, on a connection of its own."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from typing import Generic, TypeVar

from django.db import connection

ANSWER_SECONDS = 2.0  # a database that is well answers in milliseconds; a load balancer has little patience
KEPT_SECONDS = 1.0  # one answer serves all who ask in this time: asking must not be a way to load the database
ABANDON_SECONDS = 15.0  # then it is asked anew: the line may be dead, not the database

T = TypeVar("T")


class Probe(Generic[T]):
    """A question to the database. At most one is on its way at a time, however many ask."""

    def __init__(self, ask: Callable[[], T]) -> None:
        self._ask = ask
        self._lock = threading.Lock()
        self._future: Future[T] | None = None
        self._begun = 0.0

    def look(self, limit: float = ANSWER_SECONDS) -> T:
        """The answer, not older than KEPT_SECONDS. Raises TimeoutError after `limit` seconds, or what asking raised."""
        with self._lock:
            age = time.monotonic() - self._begun
            if self._future is None or age > ABANDON_SECONDS or (self._future.done() and age > KEPT_SECONDS):
                self._future, self._begun = Future(), time.monotonic()
                threading.Thread(target=self._run, args=[self._future], daemon=True).start()
            future = self._future
        return future.result(limit)

    def forget(self) -> None:
        """Ask anew the next time."""
        with self._lock:
            self._future = None

    def _run(self, future: Future[T]) -> None:
        try:
            _limit_connection()
            future.set_result(self._ask())
        except BaseException as error:
            future.set_exception(error)
        finally:
            connection.close()


def _limit_connection() -> None:
    """This thread's connection, not made yet, gives up by itself: otherwise dead lines would gather."""
    held = connection.settings_dict
    connection.settings_dict = held | {
        "OPTIONS": held["OPTIONS"]
        | {
            "connect_timeout": max(2, int(ANSWER_SECONDS)),  # libpq takes 1 for 2
            "tcp_user_timeout": int(ABANDON_SECONDS * 1000),
            "options": f"-c statement_timeout={int(ANSWER_SECONDS * 1000)} -c lock_timeout={int(ANSWER_SECONDS * 1000)}",
            "application_name": "zhuisu probe",
        }
    }
