"""The balance of all lots against plain sums with fractions, and planted anomalies in a large graph."""

import os
from collections import defaultdict
from fractions import Fraction

import numpy as np
import pytest
from mixing_oracle import amount
from oracle import LOT
from works import KEYS, worlds

from zhuisu.events.vocabulary import Role
from zhuisu.lineage.balance import balance_of, yields
from zhuisu.lineage.measure import unit_of
from zhuisu.lineage.snapshot.extract import read
from zhuisu.lineage.snapshot.segment import Columns, build
from zhuisu.lineage.snapshot.view import View

EXAMPLES = int(os.environ.get("ZHUISU_EXAMPLES", "60"))
SEED = int(os.environ.get("ZHUISU_SEED", "20260301"))
NAMES = {"mass": unit_of("KGM"), "volume": unit_of("LTR"), "pieces": unit_of(None)}


def plain(world):
    """{(item, measure): [came, used, ended]} of the lots, and those of whose arrivals one is not known."""
    told, silent = defaultdict(lambda: [Fraction(0)] * 3), set()
    for _, _, kind, one, two in world.facts:
        if kind not in KEYS or kind == "lot":
            continue
        sides = [(1, one), (0, two)] if kind == "made" else [(0 if kind == "begin" else 2, one)]
        for column, side in sides:
            for item, said in side:
                if world.levels[item] != LOT:
                    continue
                held = (Fraction(0), said[1] and "mass") if said[0] == 0 else amount(said, LOT)
                if said[0] is None:
                    silent |= {item} if column == 0 else set()
                elif said[0]:
                    sums = told[item, held[1]]
                    told[item, held[1]] = [n + held[0] * (place == column) for place, n in enumerate(sums)]
    return told, silent


@pytest.mark.django_db
def test_it_agrees_with_plain_sums():
    made = worlds(SEED + 7_000, EXAMPLES)
    found = balance_of(View([read(0, made[-1].position, 0)], made[-1].position), 0)
    lines = {}
    for line in range(len(found.item)):
        columns = [column[line] for column in (found.came, found.used, found.ended)]
        lines[int(found.item[line]), int(found.measure[line])] = (columns, bool(found.clear[line]))
    over = {(int(found.item[line]), int(found.measure[line])) for line in found.over}
    seen = 0
    for world in made:
        told, silent = plain(world)
        for (item, name), sums in told.items():
            measure, size = NAMES[name]
            columns, clear = lines.pop((world.items[item], measure))
            assert columns == pytest.approx([float(one * size) for one in sums]), world.facts
            alone = sum(other == item for other, _ in told) == 1
            assert clear == (sums[0] > 0 and item not in silent and alone)
            assert ((world.items[item], measure) in over) == (clear and sums[1] + sums[2] > sums[0])
            seen += clear
    assert not lines
    assert seen > EXAMPLES


def graph(lots, planted, rng):
    """A stretch in which each lot is made once, in kilograms or grams or with none said, and used up to the gram or less; and
    which of them were tampered with."""
    item = np.arange(1, lots + 1)
    came = rng.integers(1, 1_000_000, lots) * 1_000.0
    unit = rng.random(lots)
    bad = rng.choice(np.flatnonzero(unit > 0.02), planted, replace=False)
    first = np.floor(came * rng.random(lots))
    rest = (came - first) * np.where(rng.random(lots) < 0.5, 1.0, rng.random(lots))
    rest *= 1 + rng.uniform(-4e-4, 4e-4, lots)  # rounding
    rest[bad] = came[bad] * rng.uniform(1.01, 3, planted) - first[bad]
    measure = np.ones(lots, np.int64)
    values, measures = np.r_[came, first, rest], np.r_[measure, measure, measure]
    values[:lots][unit <= 0.01] = np.nan
    measures[:lots][unit <= 0.01] = 0
    mixed = (unit > 0.01) & (unit <= 0.02)  # bought by the piece, used by weight
    measures[:lots][mixed] = 3
    roles = np.repeat([int(Role.OUTPUT), int(Role.INPUT), int(Role.INPUT)], lots)
    count, none = 3 * lots, np.zeros(0, np.int64)
    position = np.arange(1, count + 1)
    zero = np.zeros(lots, np.int64)
    told = Columns(
        np.r_[item, item, item], position, roles, np.zeros(count, np.int64), np.full(count, -1), values, measures,
        position, position, position, item, np.full(lots, LOT), zero, zero, none.astype(np.uint8), none,
        none.astype(np.uint8), none, none,
    )  # fmt: skip
    return View([build(0, count, 0, "", told)], count), set(item[bad].tolist())


@pytest.mark.parametrize("lots", [50_000, pytest.param(2_000_000, marks=pytest.mark.long)])
def test_fault_44_planted_anomalies_are_all_found_and_nothing_else(lots):
    view, bad = graph(lots, 1_000, np.random.default_rng(SEED))
    found = {one.item for one in balance_of(view).findings()}
    assert bad <= found
    assert len(found - bad) <= lots / 1_000


def test_an_amount_that_is_left_out_is_seen_to_be_missing():
    view, bad = graph(5_000, 100, np.random.default_rng(SEED))
    segment = view.segments[0]
    value = segment.arrays["value"].copy()
    value[segment.arrays["measured"] >= 10_000] = 0
    segment.arrays["value"] = value
    assert not bad <= {one.item for one in balance_of(view).findings()}


@pytest.mark.django_db
def test_yields_are_of_events_that_say_all():
    made = worlds(SEED + 9_000, EXAMPLES // 2)
    view = View([read(0, made[-1].position, 0)], made[-1].position)
    told = sorted((round(one.put_in, 6), round(one.got_out, 6)) for one in yields(view))
    wanted = []
    for world in made:
        for _, _, kind, one, two in world.facts:
            if kind == "made" and all(said[0] is not None and said[1] in ("KGM", "GRM") for _, said in [*one, *two]):
                sums = [
                    sum(float(said[0]) / (1 if said[1] == "KGM" else 1000) for _, said in side) for side in (one, two)
                ]
                if min(sums) > 0:
                    wanted.append(tuple(round(each, 6) for each in sums))
    assert told == sorted(wanted)
