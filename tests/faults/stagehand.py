"""The simulator's stage: actors take turns at every statement, commit and file, one clock and one die for all, and what fails there.

Each actor is a thread with a connection of its own, and only one runs at a time: before each statement the die says who goes on,
in the middle of open transactions too. Who then waits for a lock of a halted one gets PostgreSQL's lock timeout, as a database in
trouble would give it.
"""

import os
import random
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any
from weakref import WeakSet

import psycopg
import pytest
from django.db import InterfaceError, OperationalError, connection

LOCK_MILLISECONDS = 20
TURN_SECONDS = 60  # that nobody takes: then the stage itself is broken


class Crash(BaseException):
    """The process is gone: no handler of the product runs on, its connection ends, what it held in memory is lost."""


class Actor(threading.Thread):
    """Does `act` again and again, as a process would; after a crash it begins with nothing."""

    def __init__(self, stage: "Stage", name: str, act: Callable[["Actor"], None]) -> None:
        super().__init__(name=name, daemon=True)
        self.stage, self.act, self.turn = stage, act, threading.Semaphore(0)
        self.memory: dict[str, Any] = {}
        self.crashed = False
        self.wrong: BaseException | None = None

    def run(self) -> None:
        self._wait()
        try:
            while not self.stage.over:
                self.stage.tick()
                self.once()
                self.stage.pause(self)
        except BaseException as wrong:
            self.wrong = wrong
        finally:
            connection.close()
            self.stage.leave(self)

    def once(self) -> None:
        self.crashed = False
        try:
            self.act(self)
        except (OperationalError, InterfaceError):
            connection.close()  # as the product's own loops do
        except Crash:
            connection.close()
        if self.crashed:  # also where something of the product's ran on into the connection that is gone
            self.memory.clear()

    def _wait(self) -> None:
        if not self.turn.acquire(timeout=TURN_SECONDS):
            raise TimeoutError(f"{self.name} never had its turn")


class Stage:
    """One run: `faults` is the chance of a failure at each point where something may fail."""

    def __init__(self, seed: int, *, now: datetime, faults: float) -> None:
        self.dice, self.now, self.faults = random.Random(seed), now, faults
        self.actors: list[Actor] = []
        self.over, self.points, self.felt = False, 0, Counter[str]()
        self.done = threading.Event()
        self.impatient: WeakSet[Any] = (
            WeakSet()
        )  # connections that wait for a lock no longer than a halted actor deserves

    def add(self, name: str, act: Callable[[Actor], None]) -> None:
        self.actors.append(Actor(self, name, act))

    def run(self, points: int) -> None:
        """Until so many statements were made. Raises what an actor raised that it should not."""
        self.limit = points
        everybody = list(self.actors)
        with self._watched():
            for actor in everybody:
                actor.start()
            self._choose().turn.release()
            seen = 0
            while not self.done.wait(TURN_SECONDS):  # slow is not still
                if self.points == seen:
                    raise TimeoutError("the stage stands still")
                seen = self.points
            for actor in everybody:
                actor.join()
        for actor in everybody:
            if actor.wrong is not None:
                raise AssertionError(f"{actor.name}: {actor.wrong!r}") from actor.wrong

    def tick(self) -> None:
        """Time goes on; sometimes a clock is set, or a day passes."""
        self.now += timedelta(milliseconds=self.dice.randrange(2_000))
        if self.faults and self.dice.random() < 0.02:
            self.felt["clock"] += 1
            self.now += self.dice.choice([timedelta(hours=-1), timedelta(days=1), timedelta(minutes=-5)])

    def pause(self, actor: Actor) -> None:
        """Whose turn is it?"""
        after = self._choose()
        if after is not actor:
            after.turn.release()
            actor._wait()

    def leave(self, actor: Actor) -> None:
        self.actors.remove(actor)
        if self.actors:
            self._choose().turn.release()
        else:
            self.done.set()

    def _choose(self) -> Actor:
        return self.dice.choice(self.actors)

    def point(self, line: psycopg.Connection[Any] | None, *, after: bool = False) -> None:
        """Somebody is about to do something (or has done it): another may go first, and it may fail."""
        actor = threading.current_thread()
        if not isinstance(actor, Actor) or actor.stage is not self:
            return
        if line is not None and line not in self.impatient:
            # Whoever waits for a halted actor would wait for ever. Not by Django's signal: it does not come where the first
            # statement of a new connection fails, and the connection is used all the same.
            line.pgconn.exec_(b"set lock_timeout = %d" % LOCK_MILLISECONDS)
            self.impatient.add(line)
        self.points += 1
        self.over = self.over or self.points >= self.limit
        if not after:
            self.pause(actor)
        if self.over or self.dice.random() >= self.faults:
            return
        kind = self.dice.choice(("cut", "crash") if after or line is None else ("error", "cut", "crash"))
        self.felt[kind] += 1
        if kind == "error" and line is not None:
            line.pgconn.exec_(b"do $$ begin raise exception using errcode = 'disk_full'; end $$")
            raise psycopg.errors.DiskFull("an error that was put here")
        if line is not None:
            line.close()
        if kind == "crash":
            actor.crashed = True
            raise Crash
        raise psycopg.OperationalError("the connection was cut") if line is not None else OSError(28, "no space left")

    @contextmanager
    def _watched(self) -> Iterator[None]:
        """Every statement, commit and written file of the actors comes by `point`."""
        execute, copy, commit, sync = psycopg.Cursor.execute, psycopg.Cursor.copy, psycopg.Connection.commit, os.fsync

        def executed(cursor: Any, *arguments: Any, **more: Any) -> Any:
            self.point(cursor.connection)
            return execute(cursor, *arguments, **more)

        def copied(cursor: Any, *arguments: Any, **more: Any) -> Any:
            self.point(cursor.connection)
            return copy(cursor, *arguments, **more)

        def committed(line: Any) -> None:
            self.point(line)
            commit(line)
            self.point(line, after=True)  # it is so, and nobody was told

        def synced(file: int) -> None:
            self.point(None)
            sync(file)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(psycopg.Cursor, "execute", executed)
            patch.setattr(psycopg.Cursor, "copy", copied)
            patch.setattr(psycopg.Connection, "commit", committed)
            patch.setattr(os, "fsync", synced)
            yield
