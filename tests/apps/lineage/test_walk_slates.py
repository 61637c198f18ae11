"""The arrays that walks share one after the other: never two at once, never larger than agreed, gone with the answer's walk."""

import gc
import threading
import weakref

import pytest
from test_walk_extremes import reached, trade

from zhuisu.lineage.answer import Limits, Portions, Walk
from zhuisu.lineage.engines import run
from zhuisu.lineage.snapshot import herd, slate, told
from zhuisu.lineage.telling import fill

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("each_way")]


@pytest.fixture(autouse=True)
def none_waiting(monkeypatch):
    monkeypatch.setattr(slate, "_waiting", [])


def test_the_next_walk_takes_what_the_last_one_left():
    view = trade([(n, n + 1) for n in range(1, 50)])
    assert len(reached(view, 1).items) == 50
    (one,) = slate._waiting
    assert len(reached(view, 20, "up").items) == 20
    assert slate._waiting == [one]


def test_an_answer_stays_what_it_was_when_its_slate_is_another_walks():
    view = trade([(n, n + 1) for n in range(1, 50)])
    first = reached(view, 1)
    reached(view, 30)
    assert {item: line.depth for item, line in first.items.items()} == {n: n - 1 for n in range(1, 51)}
    assert len(first.links) == 49


def test_a_walk_is_gone_with_its_answer():
    """Without the collector, which comes late: a million things would wait for it."""
    answer = Walk("down", [1], 3, None, None)
    view = trade([(1, 2), (2, 3), (3, 4)])
    walker = run(answer, Limits(), Portions.PACKED_AFTER, view)
    fill(answer, walker)
    gone = weakref.ref(walker)
    gc.disable()
    try:
        assert len(answer.links) == 3
        del answer, walker
        assert gone() is None
    finally:
        gc.enable()


def test_walks_in_several_threads_do_not_meet(monkeypatch):
    """Each holds its slate until all have one."""
    view, together, taken = trade([(n, n + 1) for n in range(1, 50)]), threading.Barrier(4, timeout=30), []

    def take(*size):
        own = slate.take(*size)
        taken.append(own)
        together.wait()
        return own

    monkeypatch.setattr(herd, "take", take)
    found = []
    for _ in range(2):  # the second time from those that wait
        threads = [threading.Thread(target=lambda: found.append(len(walked(view).found.nodes))) for _ in range(4)]
        for each in threads:
            each.start()
        for each in threads:
            each.join()
        assert len({*map(id, taken)}) == 4
    assert found == [49] * 8


def walked(view):
    return run(Walk("down", [1], view.position, None, None), Limits(), Portions.ALL, view)


def test_a_slate_grows_with_the_log_and_large_ones_are_not_kept(monkeypatch):
    small, large = trade([(1, 2)]), trade([(n, n + 1) for n in range(1, 900)])
    reached(small, 1)
    (one,) = slate._waiting
    assert len(reached(large, 1).items) == 900
    (two,) = slate._waiting
    assert two is not one
    reached(small, 1)
    assert slate._waiting == [two]
    monkeypatch.setattr(slate, "MOST_BYTES", 0)
    reached(large, 1)
    assert slate._waiting == []


def test_a_walk_that_is_cut_leaves_its_slate_clean_and_one_that_fails_drops_it(monkeypatch):
    view = trade([(n, n + 1) for n in range(1, 50)])
    assert reached(view, 1, depth=20).truncated
    assert len(slate._waiting) == 1
    assert not slate._waiting[0].row.any()
    monkeypatch.setattr(herd.Herd, "_expand_nearest", lambda self: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        reached(view, 1)
    assert slate._waiting == []


def test_of_a_long_answer_few_lines_are_kept(monkeypatch):
    monkeypatch.setattr(told, "TOGETHER", 4)
    monkeypatch.setattr(told, "PAGES_KEPT", 3)
    answer = reached(trade([(n, n + 1) for n in range(1, 50)]), 1)
    expected = {n: n - 1 for n in range(1, 51)}
    for _ in range(2):
        assert {item: line.depth for item, line in answer.items.items()} == expected
    assert [answer.items[item].depth for item in (50, 1, 25, 2)] == [49, 0, 24, 1]
    assert len(answer.items._herd._pages) == 3
