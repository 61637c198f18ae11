"""The engine against the oracle, on random histories. ZHUISU_EXAMPLES says how many, ZHUISU_SEED which."""

import importlib.util
import os
import random
from dataclasses import replace

import pytest
from histories import difference, insert, label, random_history
from oracle import CLASS, FOREVER, LOT, Fact

from zhuisu.lineage import down
from zhuisu.lineage.queries import Limits, walk
from zhuisu.lineage.spans import BEGINNING, END

EXAMPLES = int(os.environ.get("ZHUISU_EXAMPLES", "300"))
SEED = int(os.environ.get("ZHUISU_SEED", "20260301"))

pytestmark = pytest.mark.django_db


def test_engine_and_oracle_agree_on_random_histories():
    histories = [random_history(SEED + n) for n in range(EXAMPLES)]
    insert(histories)
    for n, history in enumerate(histories):
        found = difference(history)
        assert found is None, f"seed {SEED + n}: {found}"


def test_dropping_the_interval_check_is_found_within_200_histories(monkeypatch):
    """The injected fault: whatever ever lay in a container is taken to lie in it always."""
    histories = [random_history(SEED + n) for n in range(200)]
    insert(histories)
    monkeypatch.setattr(down, "cut", lambda spans, start, end: [(BEGINNING, END)] if spans else [])
    assert any(difference(history) for history in histories)


def test_up_is_the_converse_of_down():
    """What a walk up from x says of y is when a walk down from y last reaches x: no later start of it does."""
    histories = [random_history(SEED + n) for n in range(max(60, EXAMPLES // 5))]
    insert(histories)
    checked = 0
    for history in histories:
        world = history.world()
        plain = [
            item for item in history.levels if history.levels[item] != CLASS and world.thing[item] not in world.boxes
        ]
        if history.start not in plain:
            continue
        until = history.until
        latest = label(replace(history, direction="up", since=None))
        for other in plain:
            if world.thing[other] == world.thing[history.start]:
                continue
            checked += 1
            last = latest.get(world.thing[other])
            reaches = _reaches(history, world, other, until)
            if last is None:
                assert not reaches(None), f"{history}: down from {other} arrives, up does not find it"
            else:
                assert reaches(min(last, 1000)), (
                    f"{history}: up finds {other} until {last}, down from then does not arrive"
                )
                assert last >= 1000 or not reaches(last + 0.5), (
                    f"{history}: down from {other} arrives from later than {last}"
                )
    assert checked > len(histories)


def _reaches(history, world, other, until):
    end = FOREVER if until is None else until

    def reaches(since):
        walk = label(replace(history, direction="down", start=other, since=since, until=None))
        return walk.get(world.thing[history.start], FOREVER + 1) <= end

    return reaches


def test_a_limit_is_kept_and_said_whatever_it_cuts():
    """Within a limit: no more things than it allows, each of them in the whole answer, and all of it where nothing was cut."""
    histories = [random_history(SEED + n) for n in range(max(100, EXAMPLES // 5))]
    insert(histories)
    cut = 0
    for n, history in enumerate(histories):
        start, position = [history.items[history.start]], history.database_position()
        whole = walk(start, history.direction, position=position)
        for most in (1, 2, 3, 5):
            answer = walk(start, history.direction, position=position, limits=Limits(max_items=most))
            seen = {one.item for one in answer.items.values() if one.how != "same"} | answer.carried.keys()
            told = f"seed {SEED + n}, limit {most}"
            assert len(seen) <= most, told
            assert seen <= whole.items.keys() | whole.carried.keys(), told
            if answer.truncated:
                cut += 1
            else:
                assert dict(answer.items) == dict(whole.items), told
    assert cut > len(histories) / 4


def _plain_history(seed):
    """Only what the outside oracle knows: making, packing, voids; instances and packages."""
    while True:
        history = random_history(seed)
        facts = [f for f in history.facts if f.kind in ("made", "pack", "unpack", "void")]
        kept = {f.id for f in facts}
        facts = [f for f in facts if f.kind != "void" or f.a[0] in kept]
        used = {item for f in facts if f.kind != "void" for item in (*f.a, *f.b)}
        if facts and not any(history.levels[item] in (CLASS, LOT) for item in used):
            return replace(history, facts=facts, direction="down", since=history.since or 0)
        seed += 1_000_003


def test_engine_agrees_with_the_outside_oracle(shared):
    path = shared / "design" / "walk_oracle.py"
    if not path.exists():
        pytest.skip("the outside oracle is not there")
    spec = importlib.util.spec_from_file_location("outside_walk_oracle", path)
    outside = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(outside)
    histories = [_plain_history(SEED + n) for n in range(EXAMPLES)]
    rng = random.Random(SEED)
    for history in histories:
        history.start = rng.choice([item for item in history.levels if history.levels[item] not in (CLASS, LOT)])
    insert(histories)
    for history in histories:
        facts = [outside.Fact(f.id, f.at, f.pos, f.kind, f.a, f.b) for f in history.facts]
        expected, carried = outside.down(facts, history.start, history.since, history.until, history.position)
        got = label(history)
        assert got == expected, f"{history}"
        spans = label(history, "inside")
        assert spans == carried, f"{history}"


def test_a_history_with_a_voided_void_is_still_void():
    """A declaration is no event of the goods: declaring it wrong brings nothing back."""
    made = Fact(0, 1, 1, "made", (0,), (1,))
    history = random_history(1)
    history = replace(history, facts=[made, Fact(1, 0, 2, "void", (0,)), Fact(2, 0, 3, "void", (1,))], start=0)
    history = replace(history, direction="down", since=None, until=None, position=FOREVER)
    insert([history])
    assert label(history) == {0: -(10**6)}
