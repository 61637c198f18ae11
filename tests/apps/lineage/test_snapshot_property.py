"""The snapshot against the engine that reads the database, on the random histories of the walk."""

import os
import random
from itertools import pairwise

import numpy as np
import pytest
from histories import History, insert, random_history, when
from oracle import INSTANCE, LOT, PACKAGE, Fact

from zhuisu.lineage import engines
from zhuisu.lineage.answer import Limits, Portions, Walk
from zhuisu.lineage.snapshot import herd
from zhuisu.lineage.snapshot.extract import read
from zhuisu.lineage.snapshot.merge import merge
from zhuisu.lineage.snapshot.view import View
from zhuisu.lineage.spans import END
from zhuisu.lineage.telling import fill

EXAMPLES = int(os.environ.get("ZHUISU_EXAMPLES", "300"))
SEED = int(os.environ.get("ZHUISU_SEED", "20260301"))

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("each_way")]


def ask(history, segments=None, *, limits=None, as_of=None):
    """The whole answer, from the database or from a view of these segments."""
    position = history.database_position()
    bounds = [None if at is None else when(at) for at in (history.since, history.until)]
    answer = Walk(history.direction, [history.items[history.start]], position, *bounds, as_of)
    portions = Portions.ALL if history.every_portion else Portions.PACKED_AFTER
    view = None if segments is None else View(segments, position, as_of)
    fill(answer, engines.run(answer, limits or Limits(10_000, 1_000), portions, view))
    return answer


def told(answer):
    """All that an answer says, in a form that does not hang on the order."""
    return {
        "items": dict(answer.items),
        "carried": dict(answer.carried),
        "products": answer.products,
        "stops": answer.stops,
        "truncated": answer.truncated,
        "links": sorted(
            (link.event or 0, link.kind, link.at, sorted(link.sources), sorted(link.targets)) for link in answer.links
        ),
    }


def difference(history, segments, **more):
    """None where snapshot and database agree, else what each says."""
    one, two = told(ask(history, **more)), told(ask(history, segments, **more))
    for part, said in one.items():
        if two[part] != said:
            return f"{part} of {history}\ndatabase {said}\nsnapshot {two[part]}"
    return None


def in_stretches(history, cuts):
    """Segments of a history's own part of the log, cut at these places."""
    borders = [history.first_position + cut for cut in sorted(cuts)]
    segments, first = [], 0
    for after, upto in pairwise(borders):
        segments.append(read(after, upto, first))
        first += segments[-1].events
    return segments


def test_snapshot_and_database_agree_on_random_histories():
    histories = [random_history(SEED + n) for n in range(EXAMPLES)]
    insert(histories)
    whole = [read(0, histories[-1].first_position + 1_000, 0)]
    for n, history in enumerate(histories):
        found = difference(history, whole)
        assert found is None, f"seed {SEED + n}: {found}"


def test_deltas_and_earlier_positions_agree():
    """Base and deltas, cut anywhere; asked as known at any position, whatever was declared wrong later."""
    histories = [random_history(SEED + 50_000 + n) for n in range(EXAMPLES // 4)]
    insert(histories)
    for n, history in enumerate(histories):
        rng, end = random.Random(SEED + n), len(history.facts)
        segments = in_stretches(history, [0, *(rng.randint(0, end) for _ in range(rng.choice([0, 1, 2, 4]))), end])
        for position in {history.position, rng.randint(0, end), end}:
            history.position = position
            as_of = rng.choice([None, None, when(rng.randint(0, 9))])
            found = difference(history, segments, as_of=as_of)
            assert found is None, f"seed {SEED + 50_000 + n}, as of {as_of}: {found}"


def plain_history(seed):
    """A larger world of the ordinary: lots and instances made, packed and unpacked by name, some of it told late or in error."""
    rng = random.Random(seed)
    levels = dict(enumerate([INSTANCE] * 12 + [LOT] * 6 + [PACKAGE] * 6))
    instances, lots, boxes = range(12), range(12, 18), range(18, 24)
    inside, facts = {}, []

    def tell(at, kind, a, b, amounts=()):
        facts.append(Fact(len(facts), at, 0, kind, tuple(a), tuple(b), amounts))

    for at in sorted(rng.randint(0, 20) for _ in range(rng.randint(10, 40))):
        kind = rng.choice(["made", "made", "lot", "pack", "pack", "pack", "unpack"])
        if kind == "made":
            things = [*instances, *lots, *rng.sample(boxes, 1)]
            tell(at, kind, rng.sample(things, rng.randint(1, 3)), rng.sample([*instances, *lots], rng.randint(1, 4)))
        elif kind == "lot":
            members = rng.sample(instances, rng.randint(1, 5))
            tell(at, kind, rng.sample(lots, 1), members, (0,) * len(members))
        elif kind == "pack":
            box = rng.choice(boxes)
            content = rng.sample([one for one in levels if one not in lots or rng.random() < 0.5], rng.randint(1, 4))
            content = [one for one in content if one < box]
            if content:
                tell(at, kind, [box], content, (None,) * len(content))
                inside.update(dict.fromkeys(content, box))
        elif inside:
            one = rng.choice(list(inside))
            tell(at, kind, [inside.pop(one)], [one], (None,))
    order = list(range(1, len(facts) + 1))
    if rng.random() < 0.3:
        rng.shuffle(order)
    facts = [Fact(f.id, f.at, pos, f.kind, f.a, f.b, f.amounts) for f, pos in zip(facts, order, strict=True)]
    if facts and rng.random() < 0.3:
        facts.append(Fact(len(facts), 0, len(facts) + 1, "void", (rng.randrange(len(facts)),)))
    since = rng.choice([None, None, rng.randint(0, 20)])
    return History(levels, facts, rng.choice([*instances, *lots]), rng.choice(["down", "up"]), since)


def test_the_ordinary_goes_in_herds_and_agrees():
    histories = [plain_history(SEED + n) for n in range(EXAMPLES // 2)]
    insert(histories)
    whole = [read(0, histories[-1].first_position + 1_000, 0)]
    together, singly = 0, 0
    for n, history in enumerate(histories):
        found = difference(history, whole)
        assert found is None, f"seed {SEED + n}: {found}"
        answer = Walk(history.direction, [history.items[history.start]], history.database_position(), None, None)
        walker = engines.run(answer, Limits(10_000, 1_000), Portions.ALL, View(whole, answer.position))
        together, singly = together + walker.count, singly + len(walker.depth)
    assert together > singly, "herds are what makes it fast"


def no_end(found):
    return found._replace(end=np.full(len(found.end), END))


@pytest.mark.parametrize("fault", ["stays never end", "voids are not looked at", "what is told later is known"])
def test_an_injected_fault_is_found_within_300_histories(fault, monkeypatch):
    histories = [plain_history(SEED + n) for n in range(300)]
    insert(histories)
    whole = [read(0, histories[-1].first_position + 1_000, 0)]
    for history in histories[::2]:
        history.position = len(history.facts) - 1
    if fault == "stays never end":
        real = herd.stretches
        monkeypatch.setattr(herd, "stretches", lambda *asked: no_end(real(*asked)))
    elif fault == "voids are not looked at":
        monkeypatch.setattr(View, "_dead", lambda self, as_of: None)
    else:
        monkeypatch.setattr(View, "valid", lambda self, events: np.ones(len(events), bool))
    assert any(difference(history, whole) for history in histories)


def test_merged_segments_are_what_one_reading_gives():
    histories = [random_history(SEED + 90_000 + n) for n in range(40)]
    insert(histories)
    rng = random.Random(SEED)
    borders = [histories[n].first_position + rng.randint(0, 10) for n in (0, 11, 23)]
    borders.append(histories[-1].first_position + 1_000)
    segments, first = [], 0
    for after, upto in pairwise(borders):
        segments.append(read(after, upto, first))
        first += segments[-1].events
    merged = merge(merge(segments[0], segments[1]), segments[2])
    once = read(borders[0], borders[-1], 0)
    assert merged.identity == once.identity
    for name, array in once.arrays.items():
        if name not in ("text", "text_start", "void_of", "void_position", "amounts", "amount_row", "amount_end"):
            assert np.array_equal(merged.arrays[name], array), name
    ids = [item for history in histories for item in history.items.values()]
    views = [View([one], borders[-1]) for one in (merged, once)]
    assert views[0].texts(ids) == views[1].texts(ids)
    facts = [view.facts(np.array(ids), range(60), amounts=True) for view in views]
    assert facts[0].amount == facts[1].amount
    assert np.array_equal(facts[0].event, facts[1].event)
