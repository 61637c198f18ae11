"""Two that name the same things or send the same events at the same moment: whoever is first, each thing has one number, each event one
holder, and both are told so."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import connection, transaction

from support import AT, document, event
from zhuisu import codes
from zhuisu.accounts.models import Organisation
from zhuisu.events import store
from zhuisu.events.projection import Digest, key_of
from zhuisu.events.proof import audit
from zhuisu.events.sequencer import publish
from zhuisu.events.services import Receipt, receive
from zhuisu.events.store import rows

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.one_machine("names are made in another way there")]
WAITING = "select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'"
MANY = 3 * store.FEW_NEW


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
@pytest.mark.parametrize("others", [MANY, store.FEW_NEW // 2])
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


def at_once(action: Callable[[int], Any]) -> list[Any]:
    """What each of four got that did it side by side."""
    faults: list[BaseException] = []
    made: list[Any] = []

    def run(place: int) -> None:
        try:
            made.append(action(place))
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
    return made


def test_many_writers_of_the_same_things_never_fail() -> None:
    def name(place: int) -> dict[str, int]:
        made: dict[str, int] = {}
        for first in range(0, 4 * MANY, MANY):
            wanted = things(first, MANY + place)
            made |= store.intern(wanted if place % 2 else wanted[::-1])
        return made

    made = at_once(name)
    held = dict(rows("select canonical, id from item"))
    assert all(one.items() <= held.items() for one in made)
    assert len(set(held.values())) == len(held) == 4 * MANY + 3 + 1  # and the product


def test_things_named_together_are_numbered_in_their_order() -> None:
    made = store.intern(wanted := things(0, MANY))
    numbers = [made[code.canonical] for code in wanted]
    assert numbers == sorted(numbers)


def sent(organisation: Organisation, numbers: range, *, other: bool = False) -> Receipt:
    """Events of these numbers; with `other`, every third has other content."""
    step = {"disposition": "active"} if other else {}
    made = [event(eventID=f"urn:x:{number}", **(step if number % 3 == 0 else {})) for number in numbers]
    who = {"media_type": None, "organisation": organisation.pk, "by": "system:test", "at": AT}
    return receive(document(*made), behaviour="proceed", **who)


@pytest.mark.parametrize("takes_back", [False, True])
@pytest.mark.parametrize("alike", [False, True])
@pytest.mark.parametrize("many", [MANY, store.FEW_NEW // 5])
def test_what_two_send_at_once_has_one_holder(
    many: int, alike: bool, takes_back: bool, dairy: Organisation, market: Organisation, monkeypatch: pytest.MonkeyPatch
) -> None:
    shared, own = many // 2, many - many // 2
    firm = dairy if alike else market
    writer = Writer(lambda: sent(dairy, range(many)), takes_back=takes_back)
    with ahead(writer, monkeypatch, "insert_events"):
        receipt = sent(firm, range(shared, shared + many)[::-1], other=True)
    contested = len([one for one in range(shared, many) if one % 3 == 0])
    disputed = 0
    if takes_back:
        assert isinstance(writer.fault, Halted)
        assert receipt.counts["accepted"] == many
    else:
        assert writer.fault is None
        assert writer.made.counts["accepted"] == many
        counts = {"accepted": many - own, "duplicate": own - contested, "conflict": contested, "refused": 0}
        if not alike:  # nobody blocks another's id
            disputed = contested
            counts |= {"accepted": counts["accepted"] + contested, "conflict": 0}
        assert receipt.counts == counts
    known = shared if takes_back else 0
    assert rows("select count(*), count(distinct event) from event_seen") == [(shared + many - known,) * 2]
    assert rows("select count(*) from event_disputed") == [(disputed,)]
    publish(AT)
    assert [found for found in audit() if not isinstance(found, int)] == []


def test_many_takers_of_the_same_identities_never_fail() -> None:
    wanted = [(key_of(f"urn:x:{number}"), Digest(key_of("content"), 0)) for number in range(30 * MANY)]
    ready = threading.Barrier(4, timeout=60)

    def take(place: int) -> list[int]:
        made: list[int] = []
        for first in range(0, len(wanted), 10 * MANY):
            some = wanted[first : first + 10 * MANY]
            ready.wait()
            with transaction.atomic():
                made += store.claim(1, some if place % 2 else some[::-1]).values()
        return made

    numbers = [number for made in at_once(take) for number in made]
    assert len(set(numbers)) == len(numbers) == len(wanted)
    assert rows("select count(*) from event_seen where event = any(%s)", [numbers]) == [(len(wanted),)]


def test_events_of_a_document_are_numbered_in_their_order(dairy: Organisation) -> None:
    sent(dairy, range(MANY))
    found = rows("select event_id from event_body order by event")
    assert [name for (name,) in found] == [f"urn:x:{number}" for number in range(MANY)]
