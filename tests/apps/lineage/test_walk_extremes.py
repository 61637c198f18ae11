"""Shapes that break walks: chains of any length, hubs, things made of themselves (faults 39 and 40)."""

import numpy as np
import pytest

from zhuisu.codes import Level
from zhuisu.events.vocabulary import Role
from zhuisu.lineage.answer import Limits, Portions, Walk
from zhuisu.lineage.engines import run
from zhuisu.lineage.snapshot.segment import Columns, build
from zhuisu.lineage.snapshot.view import View
from zhuisu.lineage.telling import fill

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("each_way")]


def trade(pairs):
    """The view of a log in which event n makes the n-th pair's second of its first."""
    pairs = np.asarray(pairs, np.int64)
    count = len(pairs)
    position = np.arange(1, count + 1)
    ids = np.unique(pairs)
    zero, none = np.zeros(len(ids), np.int64), np.zeros(0, np.int64)
    roles = np.repeat([int(Role.INPUT), int(Role.OUTPUT)], count)
    told = Columns(
        *(pairs.T.ravel(), np.r_[position, position], roles, np.zeros(2 * count, np.int64), np.full(2 * count, -1)),
        *(np.full(2 * count, np.nan), np.zeros(2 * count, np.int64), position, position, position * 1_000_000),
        *(ids, np.full(len(ids), int(Level.LOT)), zero, zero, none.astype(np.uint8), none, none.astype(np.uint8)),
        *(none, none),
    )
    return View([build(0, count, 0, "", told)], count)


def reached(view, start, direction="down", depth=10**7):
    answer = Walk(direction, [start], view.position, None, None)
    fill(answer, run(answer, Limits(10**7, depth), Portions.PACKED_AFTER, view))
    return answer


@pytest.mark.parametrize("links", [2_000, pytest.param(100_000, marks=pytest.mark.long)])
@pytest.mark.parametrize("direction", ["down", "up"])
def test_fault_39_a_chain_of_any_length_is_walked_to_its_end(links, direction):
    view = trade([(n, n + 1) for n in range(1, links + 1)])
    start, end = (1, links + 1) if direction == "down" else (links + 1, 1)
    answer = reached(view, start, direction)
    assert len(answer.items) == links + 1
    assert answer.items[end].depth == links
    cut = reached(view, start, direction, depth=200)
    assert cut.truncated
    assert len(cut.items) == 201


def test_fault_39_what_is_made_of_itself_and_rework_end():
    view = trade([(1, 1), (1, 2), (2, 1), (1, 3), (3, 3), (3, 2)])
    for direction, start in (("down", 1), ("up", 2)):
        assert set(reached(view, start, direction).items) == {1, 2, 3}


@pytest.mark.parametrize("children", [20_000, pytest.param(1_000_000, marks=pytest.mark.long)])
def test_fault_40_a_hub_is_walked_both_ways(children):
    view = trade([(1, n) for n in range(2, children + 2)])
    assert len(reached(view, 1).items) == children + 1
    assert set(reached(view, children + 1, "up").items) == {1, children + 1}
