"""Two that name the same things at the same moment: whoever is first, each thing has one number, and both know it."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import connection

from zhuisu import codes
from zhuisu.events import store
from zhuisu.events.store import rows

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.one_machine("names are made in another way there")]
WAITING = "select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'"
MANY = 3 * store.FEW_NAMES


def things(first: int, number: int) -> list[codes.Code]:
    return [codes.parse_epc(f"urn:epc:id:sgtin:9506000.013435.{first + n}") for n in range(number)]


class Halted(Exception):
    """Why a writer took back what it had done."""


class Writer(threading.Thread):
    """One that is stopped inside its transaction until somebody waits for it; then it commits, or takes all back."""

    def __init__(self, action: Callable[[], Any], *, takes_back: bool = False) -> None:
        super().__init__()
        self.action, self.takes_back = action, takes_back
        self.inside = threading.Event()
        self.made: Any = None
        self.fault: BaseException | None = None

    def run(self) -> None:
        try:
            self.made = self.action()
        except BaseException as fault:
            self.fault = fault
        finally:
            self.inside.set()
            connection.close()

    def halt(self) -> None:
        self.inside.set()
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline and not rows(WAITING):
            time.sleep(0.005)
        if self.takes_back:
            raise Halted


@contextmanager
def ahead(writer: Writer, monkeypatch: pytest.MonkeyPatch, name: str) -> Iterator[None]:
    """The writer has come to the function of this name in the store, and stands there."""
    plain = getattr(store, name)

    def halting(*arguments: Any, **more: Any) -> Any:
        if threading.current_thread() is writer and not writer.inside.is_set():
            writer.halt()
        return plain(*arguments, **more)

    monkeypatch.setattr(store, name, halting)
    writer.start()
    writer.inside.wait()
    yield
    writer.join()


@pytest.mark.parametrize("takes_back", [False, True])
@pytest.mark.parametrize("others", [MANY, store.FEW_NAMES // 2])
def test_what_two_name_at_once_has_one_number(others: int, takes_back: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    theirs, ours = things(0, others), things(others // 2, MANY)[::-1]
    writer = Writer(lambda: store.intern(theirs), takes_back=takes_back)
    with ahead(writer, monkeypatch, "copy_each"):
        made = store.intern(ours)
    if takes_back:
        assert isinstance(writer.fault, Halted)
    else:
        assert writer.fault is None
        assert {text: writer.made[text] for text in writer.made.keys() & made.keys()}.items() <= made.items()
    held = dict(rows("select canonical, id from item"))
    assert held == made | (writer.made or {})
    assert rows("select count(*) from name n join item i on i.id = n.id") == [(len(held),)]
    assert store.intern([*theirs, *ours]).items() >= held.items()


def test_many_writers_of_the_same_things_never_fail() -> None:
    faults: list[BaseException] = []
    made: list[dict[str, int]] = []

    def run(place: int) -> None:
        try:
            for first in range(0, 4 * MANY, MANY):
                wanted = things(first, MANY + place)
                made.append(store.intern(wanted if place % 2 else wanted[::-1]))
        except BaseException as fault:
            faults.append(fault)
        finally:
            connection.close()

    hands = [threading.Thread(target=run, args=[place]) for place in range(4)]
    for one in hands:
        one.start()
    for one in hands:
        one.join()
    assert faults == []
    held = dict(rows("select canonical, id from item"))
    assert all(one.items() <= held.items() for one in made)
    assert len(set(held.values())) == len(held) == 4 * MANY + 3 + 1  # and the product


def test_things_named_together_are_numbered_in_their_order() -> None:
    made = store.intern(wanted := things(0, MANY))
    numbers = [made[code.canonical] for code in wanted]
    assert numbers == sorted(numbers)
