"""Shares of the start: both engines against plain arithmetic with fractions, on random histories with quantities."""

import os
from fractions import Fraction

import pytest
from works import worlds

from zhuisu.lineage import mixing
from zhuisu.lineage.shares import exact_shares, shares
from zhuisu.lineage.snapshot.extract import read
from zhuisu.lineage.snapshot.view import View

EXAMPLES = int(os.environ.get("ZHUISU_EXAMPLES", "60"))
SEED = int(os.environ.get("ZHUISU_SEED", "20260301"))

pytestmark = pytest.mark.django_db


def differences(world, segments):
    """What the engines say otherwise than the oracle: [] where all agree."""
    plain, view = world.walk(None), View(segments, world.position)
    fast = world.walk(view)
    wanted = world.brew(plain)
    exact, quick = exact_shares(plain, Fraction), shares(fast)
    found = [("exact", item, tuple(exact[item]), wanted[item]) for item in wanted if tuple(exact[item]) != wanted[item]]
    for item, told in wanted.items():
        for one, other in zip(told, quick[item], strict=True):
            if (one is None) != (other is None) or (one is not None and abs(float(one) - other) > 1e-9):
                found.append(("fast", item, tuple(quick[item]), told))
                break
    return found


def test_both_engines_agree_with_fractions():
    made = worlds(SEED, EXAMPLES)
    whole = [read(0, made[-1].position, 0)]
    told = known = 0
    for n, world in enumerate(made):
        found = differences(world, whole)
        assert not found, (
            f"seed {SEED + n}: {found}\n{world.levels} {world.facts} from {world.starts} since {world.since}"
        )
        walk = world.walk(None)
        # Two codes of one thing hold it once.
        held = list(
            {walk.aside.thing.get(item, item): one.held for item, one in exact_shares(walk, Fraction).items()}.values()
        )
        assert sum(one for one in held if one is not None) <= 1
        told, known = told + len(held), known + sum(one is not None for one in held)
    assert known > told / 8, "the histories must have something to reckon with"


@pytest.mark.parametrize("fault", ["nothing is returned", "all is mixed at once"])
def test_an_injected_fault_is_found(fault, monkeypatch):
    made = worlds(SEED, 40)
    whole = [read(0, made[-1].position, 0)]
    if fault == "nothing is returned":
        real = mixing.seed
        monkeypatch.setattr(mixing, "seed", lambda own, returns, asked: real(own, lambda step: False, asked))
    else:
        monkeypatch.setattr(mixing, "IN", 2)
    assert any(differences(world, whole) for world in made)
