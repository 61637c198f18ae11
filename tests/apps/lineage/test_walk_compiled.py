"""The compiled loops: the same answers as numpy on trades that tax them, and walks without them wherever they cannot be had."""

import gc
import os
import random
import threading
from itertools import pairwise

import numpy as np
import pytest
from test_snapshot_property import told
from test_walk_extremes import reached, trade

from zhuisu.codes import Level
from zhuisu.events.vocabulary import Role
from zhuisu.lineage import engines
from zhuisu.lineage.answer import Limits, Portions, Walk
from zhuisu.lineage.snapshot import compiled, herd, slate
from zhuisu.lineage.snapshot.fast import FastDown
from zhuisu.lineage.snapshot.segment import Columns, build
from zhuisu.lineage.snapshot.view import View
from zhuisu.lineage.telling import fill

EXAMPLES = int(os.environ.get("ZHUISU_EXAMPLES", "300"))
SEED = int(os.environ.get("ZHUISU_SEED", "20260301"))

pytestmark = pytest.mark.django_db


@pytest.fixture
def loops(kernels):
    if kernels is None:
        pytest.skip("numba, of the extra `fast`, is not installed or cannot compile here")
    return kernels


@pytest.fixture
def process(monkeypatch):
    """A process that has not tried yet."""
    state = compiled._Process()
    monkeypatch.setattr(compiled, "_process", state)
    return state


def tangle(seed):
    """Events that make several things of several, told in another order than they happened, some of it wrong; cut into stretches."""
    rng = random.Random(seed)
    items, events = rng.randint(5, 120), rng.randint(5, 250)
    packed = rng.choice([0, 0.05, 0.3])
    facts = []
    for position in range(1, events + 1):
        near = rng.randint(1, items)
        for role, most in ((Role.INPUT, 3), (Role.OUTPUT, rng.choice([2, 2, 12]))):
            some = {1 + (near + rng.randint(-6, 9)) % items if rng.random() < 0.9 else rng.randint(1, items)
                    for _ in range(rng.randint(0, most))}  # fmt: skip
            facts += [(item, position, int(role)) for item in some]
        if rng.random() < 0.02:
            facts.append((rng.randint(1, items), position, int(Role.DECOMMISSIONED)))
        if rng.random() < packed:
            box = rng.randint(1, items)
            facts.append((box, position, int(Role.PACK_PARENT)))
            facts += [(item, position, int(Role.PACKED)) for item in {rng.randint(1, items) for _ in range(4)} - {box}]
    moments = [rng.choice([position, rng.randint(1, events)]) for position in range(1, events + 1)]
    levels = [int(rng.choice([Level.LOT, Level.LOT, Level.INSTANCE])) for _ in range(items)]
    voids = [(rng.randint(1, events), rng.randint(1, events)) for _ in range(rng.choice([0, 0, 3]))]
    borders = sorted({0, events, *(rng.randint(1, events) for _ in range(rng.choice([0, 0, 1, 3])))})
    segments = []
    for after, upto in pairwise(borders):
        own = [fact for fact in facts if after < fact[1] <= upto]
        first = sum(one.events for one in segments)
        segments.append(stretch(own, after, upto, first, moments, levels, [v for v in voids if after < v[1] <= upto]))
    position = rng.choice([events, events, rng.randint(1, events)])
    hidden = np.array([rng.random() < 0.1 for _ in range(sum(one.events for one in segments))])
    view = View(segments, position, None, hidden if rng.random() < 0.3 else None)
    return view, rng.randint(1, items), rng.choice(["down", "up"])


def stretch(facts, after, upto, first, moments, levels, voids):
    """A segment of these (item, position, role)."""
    item, position, role = np.array(facts, np.int64).reshape(-1, 3).T
    events, ids = np.unique(position), np.unique(item)
    zero, none = np.zeros(len(item), np.int64), np.zeros(0, np.int64)
    void = np.array(voids, np.int64).reshape(-1, 2)
    told = Columns(
        *(item, position, role, zero, zero - 1, np.full(len(item), np.nan), zero),
        *(events, events, np.array([moments[one - 1] for one in events.tolist()], np.int64) * 1_000_000),
        *(ids, np.array([levels[one - 1] for one in ids.tolist()], np.int64)),
        *(np.zeros(len(ids), np.int64), np.zeros(len(ids), np.int64), none.astype(np.uint8)),
        *(none, none.astype(np.uint8), void[:, 0], void[:, 1]),
    )
    return build(after, upto, first, "", told)


def ask(view, start, direction):
    answer = Walk(direction, [start], view.position, None, None)
    walker = engines.run(answer, Limits(10_000, 1_000), Portions.PACKED_AFTER, view)
    fill(answer, walker)
    return told(answer), walker


def test_compiled_and_numpy_agree_on_tangles(loops, monkeypatch):
    for n in range(EXAMPLES):
        view, start, direction = tangle(SEED + n)
        monkeypatch.setattr(compiled._process, "kernels", None)
        plain, by_numpy = ask(view, start, direction)
        monkeypatch.setattr(compiled._process, "kernels", loops)
        fast, walker = ask(view, start, direction)
        for part, said in plain.items():
            assert fast[part] == said, f"seed {SEED + n}, {direction} from {start}: {part}"
        assert walker.count == by_numpy.count, f"seed {SEED + n}"
        assert (walker.loops is None, by_numpy.loops is None) == (False, True)


def test_the_loops_do_all_but_the_start(loops, monkeypatch):
    """And a level fires whole, however often its rows need more room."""
    monkeypatch.setattr(compiled._process, "kernels", loops)
    view = trade([(1, 2), *((2, n) for n in range(3, 3_000)), *((n, n + 3_000) for n in range(3, 3_000))])
    called = []
    for name in ("_settle_arrivals", "pairs", "goes_together"):
        real = getattr(FastDown, name)
        monkeypatch.setattr(FastDown, name, lambda *given, name=name, real=real: (called.append(name), real(*given))[1])
    assert len(reached(view, 1).items) == 2 + 2 * 2_997
    assert called == ["_settle_arrivals", "pairs", "_settle_arrivals"]


def test_a_container_that_was_made_later_on_the_way_than_it_was_packed_is_spread_again(loops, monkeypatch):
    """Packed at 50, two steps away; made at 5, five steps away; what it went into at 20 came of it all the same."""
    monkeypatch.setattr(compiled._process, "kernels", loops)
    used, made = int(Role.INPUT), int(Role.OUTPUT)
    chain = [(1, 2), (2, 3), (3, 4), (4, 5), (5, 9)]
    facts = [fact for n, (one, two) in enumerate(chain, 1) for fact in ((one, n, used), (two, n, made))]
    facts += [(9, 6, used), (10, 6, made), (9, 7, int(Role.PACK_PARENT)), (2, 7, int(Role.PACKED))]
    view = View([stretch(facts, 0, 7, 0, [1, 2, 3, 4, 5, 20, 50], [int(Level.LOT)] * 10, [])], 7)
    said, walker = ask(view, 1, "down")
    assert set(said["items"]) == {1, 2, 3, 4, 5, 9, 10}
    assert set(said["carried"]) == {9}
    assert walker.count == 6, "all but the start in the herd"


def test_what_is_packed_far_below_the_start_is_found(loops, monkeypatch):
    """The loops pass on what kinds of fact things have: where there are but links, nobody looks for containers."""
    monkeypatch.setattr(compiled._process, "kernels", loops)
    used, made = int(Role.INPUT), int(Role.OUTPUT)
    facts = [fact for n in range(1, 5) for fact in ((n, n, used), (n + 1, n, made))]
    facts += [(9, 5, int(Role.PACK_PARENT)), (5, 5, int(Role.PACKED))]
    view = View([stretch(facts, 0, 5, 0, [1, 2, 3, 4, 5], [int(Level.LOT)] * 9, [])], 5)
    said, _ = ask(view, 1, "down")
    assert set(said["carried"]) == {9}


def test_what_the_exact_engine_takes_over_at_a_level_is_still_fired_in_its_turn(loops, monkeypatch):
    """5 lies in 7 and was used beside it: the opening of 7 takes 5 out of the herd, which fires 5 before 9 all the same."""
    used, made = int(Role.INPUT), int(Role.OUTPUT)
    facts = [(20, 1, used), (5, 1, made), (20, 2, used), (9, 2, made), (7, 3, int(Role.PACK_PARENT))]
    facts += [(5, 3, int(Role.PACKED)), (5, 4, used), (9, 4, used), (7, 4, used), (1, 4, made)]
    view = View([stretch(facts, 0, 4, 0, [5, 4, 10, 50], [int(Level.LOT)] * 20, [])], 4)
    for kernels in (None, loops):
        monkeypatch.setattr(compiled._process, "kernels", kernels)
        said, _ = ask(view, 1, "up")
        assert said["items"][20].parent == 5


def test_a_hub_below_the_start_is_walked_whole(loops, monkeypatch):
    monkeypatch.setattr(compiled._process, "kernels", loops)
    view = trade([(1, 2), *((2, n) for n in range(3, 5_000))])
    assert len(reached(view, 1).items) == 4_999
    assert set(reached(view, 4_999, "up").items) == {1, 2, 4_999}


def test_wide_numbers_are_left_to_numpy(loops, monkeypatch):
    monkeypatch.setattr(compiled._process, "kernels", loops)
    view = trade([(1, 2), (2, 3)])
    notes = slate.Slate(view.numbers, view.events)
    assert compiled.loops_over(view, notes, up=False, leading=0) is not None
    view.segments[0].arrays["gave"] = view.segments[0].arrays["gave"].astype(np.int64)
    assert compiled.loops_over(view, notes, up=False, leading=0) is None
    assert set(reached(view, 1).items) == {1, 2, 3}


def test_the_collector_leaves_the_compiler_alone(loops):
    assert not any(one is loops.fire for one in gc.get_objects())


def test_without_numba_walks_go_on(process, monkeypatch):
    monkeypatch.setattr(compiled, "find_spec", lambda _: None)
    assert not compiled.load()
    assert set(reached(trade([(1, 2), (2, 3)]), 1).items) == {1, 2, 3}


def test_a_compiler_that_fails_is_told_once_and_walks_go_on(process, monkeypatch, caplog):
    def broken(_):
        raise OSError("no such processor")

    monkeypatch.setattr(compiled, "find_spec", lambda _: True)
    monkeypatch.setattr(compiled, "import_module", broken)
    assert not compiled.load()
    assert not compiled.load()
    assert [record.message for record in caplog.records] == ["walks are not compiled"]
    assert set(reached(trade([(1, 2), (2, 3)]), 1).items) == {1, 2, 3}


def test_only_a_process_that_serves_compiles_and_no_walk_waits_for_it(process, monkeypatch):
    waiting, asked = threading.Event(), []

    def load():
        asked.append(threading.current_thread())
        process.tried = True
        waiting.wait(30)

    monkeypatch.setattr(compiled, "load", load)
    monkeypatch.setattr(herd, "LARGE", 3)
    view = trade([(1, 2), (2, 3), (3, 4), (4, 5)])
    assert len(reached(view, 1).items) == 5
    assert not asked, "a command is over before it pays"
    compiled.allow()
    assert len(reached(view, 3).items) == 3
    assert not asked, "a small walk is fast enough"
    for _ in range(3):
        assert len(reached(view, 1).items) == 5
    (thread,) = asked
    assert thread is not threading.current_thread()
    waiting.set()
    thread.join()
