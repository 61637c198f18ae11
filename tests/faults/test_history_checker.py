"""The history checker itself: a right store passes, and each kind of violation that is planted in it is told."""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256
from itertools import count

import pytest
from history import Held, History, Job, Sent, Stored, Tree, violations

from zhuisu.events import merkle

NONE = {"accepted": 0, "duplicate": 0, "conflict": 0, "refused": 0}


def a_world() -> tuple[History, Held]:
    """Three documents: one acknowledged, one sent twice since nobody answered the first time, one that is wrong and was refused."""
    history, jobs, events, numbers = History(), dict[str, Job](), list[Stored](), count(100)
    one, two = (Sent(n, 1, tuple(f"{n}{i}" for i in range(3)), n.encode(), flow=(f"{n}0", f"{n}1")) for n in "ab")
    wrong = Sent("w", 1, ("w0", "w1"), b"w", wrong=True)
    for capture, (document, answered) in enumerate(((one, True), (two, False), (two, True)), 1):
        told = history.sends(document, capture)
        again = capture == 3
        counts = NONE | {"duplicate" if again else "accepted": 3}
        jobs[f"t{capture}"] = Job(capture, 1, document.sha256, False, True, counts)
        if not again:
            events += [Stored(next(numbers), event_id, 1, capture) for event_id in document.events]
        if answered:
            told.status, told.token = 202, f"t{capture}"
            told.job = {"running": False, "success": True, "counts": counts}
    history.sends(wrong, 4.0).status = 400
    log = [(place, one.number, sha256(b"%d" % place).digest()) for place, one in enumerate(events, 1)]
    tree = Tree([leaf for _, _, leaf in log])
    heads = [(size, tree.root(size), float(size)) for size in (3, 6)]
    history.sees([heads[0][:2]], ["a1"])
    queried = Counter(one.event_id for one in events)
    return history, Held(jobs, events, log, heads, 0, queried, {"a0", "a1", "b0", "b1"}, [])


def test_a_right_store_has_no_violation() -> None:
    assert violations(*a_world()) == []


def lose_a_capture(_: History, held: Held) -> None:
    del held.jobs["t1"]


def lose_an_event(_: History, held: Held) -> None:
    del held.events[1]


def lose_all_events_of_a_document(_: History, held: Held) -> None:
    del held.events[:3]


def change_the_bytes(_: History, held: Held) -> None:
    held.jobs["t1"] = replace(held.jobs["t1"], sha256=b"b")


def leave_it_running(_: History, held: Held) -> None:
    held.jobs["t1"] = replace(held.jobs["t1"], running=True)


def count_one_more(_: History, held: Held) -> None:
    held.jobs["t2"] = replace(held.jobs["t2"], counts=NONE | {"accepted": 4})


def say_another_verdict(history: History, _: Held) -> None:
    history.told[0].job = {"running": False, "success": False, "counts": NONE | {"refused": 3}}


def succeed_with_a_conflict(_: History, held: Held) -> None:
    held.jobs["t3"] = replace(held.jobs["t3"], counts=NONE | {"duplicate": 2, "conflict": 1})


def store_twice(_: History, held: Held) -> None:
    held.events.append(replace(held.events[0], number=999, capture=3))


def store_what_nobody_sent(_: History, held: Held) -> None:
    held.events.append(Stored(999, "x0", 1, 3))


def store_half_of_a_wrong_document(_: History, held: Held) -> None:
    held.events.append(Stored(999, "w0", 1, 3))


def store_half_of_an_unanswered_document(history: History, held: Held) -> None:
    history.told[2].token = history.told[2].job = None  # nobody was told anything: lost it may be, half it may not
    held.events.pop()


def bring_events_from_no_capture(_: History, held: Held) -> None:
    held.events[0] = replace(held.events[0], capture=77)


def skip_a_position(_: History, held: Held) -> None:
    held.log[-1] = (9, *held.log[-1][1:])


def give_two_positions(_: History, held: Held) -> None:
    held.log.append((7, held.log[0][1], b"leaf"))


def leave_an_event_out_of_the_log(_: History, held: Held) -> None:
    held.log.pop()


def leave_something_waiting(_: History, held: Held) -> None:
    held.waiting = 1


def change_a_leaf(_: History, held: Held) -> None:
    held.log[0] = (*held.log[0][:2], b"another")


def cut_the_last_head(_: History, held: Held) -> None:
    held.heads.pop()


def sign_another_root(history: History, held: Held) -> None:
    history.heads[3] = b"another"


def turn_the_clock_back(_: History, held: Held) -> None:
    held.heads[0] = (*held.heads[0][:2], 10.0)


def hide_from_queries(_: History, held: Held) -> None:
    del held.queried["b2"]


def give_twice_in_queries(_: History, held: Held) -> None:
    held.queried["b2"] += 1


def hide_from_walks(_: History, held: Held) -> None:
    held.walked.discard("b1")


def take_back_what_was_shown(history: History, _: Held) -> None:
    history.sees(events=["c0"])


def find_by_audit(_: History, held: Held) -> None:
    held.findings.append("audit: the record does not hash to its leaf")


PLANTED: dict[Callable[[History, Held], None], str] = {
    lose_a_capture: "lost: a was acknowledged",
    lose_an_event: "lost: a succeeded",
    lose_all_events_of_a_document: "lost: a succeeded",
    change_the_bytes: "changed: a",
    leave_it_running: "stuck: a is still running",
    count_one_more: "counts: b has 3 events and 4 verdicts",
    say_another_verdict: "told otherwise: a",
    succeed_with_a_conflict: "counts: b success True with 1 bad",
    store_twice: "twice: a0 is stored 2 times",
    store_what_nobody_sent: "from nowhere: x0",
    store_half_of_a_wrong_document: "half: w is wrong",
    store_half_of_an_unanswered_document: "half: 2 of 3 events of b",
    bring_events_from_no_capture: "from nowhere: 1 events belong to no capture",
    skip_a_position: "log: position 9 stands at place 6",
    give_two_positions: "log: event 100 has 2 positions",
    leave_an_event_out_of_the_log: "log: 1 stored events have no position",
    leave_something_waiting: "stuck: 1 documents",
    change_a_leaf: "head: that of 3 is not the root",
    cut_the_last_head: "head: the last is not at the log's end",
    sign_another_root: "head: that of 3 was another when it was seen",
    turn_the_clock_back: "head: times go backwards",
    hide_from_queries: "found: a query gives b2 0 times",
    give_twice_in_queries: "found: a query gives b2 2 times",
    hide_from_walks: "found: a walk does not meet 1",
    take_back_what_was_shown: "vanished: 1 events",
    find_by_audit: "audit: ",
}


@pytest.mark.parametrize("plant", PLANTED, ids=lambda one: one.__name__)
def test_each_planted_violation_is_told(plant: Callable[[History, Held], None]) -> None:
    history, held = a_world()
    plant(history, held)
    told = violations(history, held)
    assert any(one.startswith(PLANTED[plant]) for one in told), told


def test_the_checkers_tree_is_the_products() -> None:
    leaves = [sha256(b"%d" % number).digest() for number in range(200)]
    tree, peaks = Tree(leaves), list[bytes]()
    for size in range(1, 201):
        _, peaks = merkle.append(size - 1, peaks, [leaves[size - 1]])
        assert tree.root(size) == merkle.root(peaks)
