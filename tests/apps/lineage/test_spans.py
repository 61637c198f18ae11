"""Sets of spans against plain sets of instants."""

from datetime import UTC, datetime
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from zhuisu.lineage.spans import ALWAYS, BEGINNING, END, add, cut, holds, instant, joint_lives, lives, moment

INSTANTS = range(-1, 13)
span = st.tuples(st.integers(0, 11), st.integers(0, 11))


def instants(spans):
    return {at for at in INSTANTS if any(start <= at <= end for start, end in spans)}


@given(st.lists(span))
def test_add_unites_keeps_order_and_says_whether_anything_changed(new):
    spans, held = [], set()
    for start, end in new:
        before, old = list(spans), set(held)
        held |= set(range(start, end + 1))
        assert add(spans, (start, end)) == (spans != before)
        assert held == old or spans != before
        assert instants(spans) == held & set(INSTANTS)
        assert all(one[1] < two[0] for one, two in pairwise(spans))


@given(st.lists(span), span)
def test_cut_is_an_intersection(new, window):
    spans = []
    for each in new:
        add(spans, each)
    low, high = min(window), max(window)
    assert instants(cut(spans, low, high)) == instants(spans) & set(range(low, high + 1))
    assert all(holds(spans, at) == (at in instants(spans)) for at in INSTANTS)


@given(st.lists(st.tuples(st.integers(0, 9), st.booleans())))
def test_lives_cover_all_time_and_begin_at_a_commission_after_an_end(told):
    changes = [(at, position, begins) for position, (at, begins) in enumerate(told)]
    found = lives(changes)
    borders, ended = [], None
    for at, _, begins in sorted(changes):
        if not begins:
            ended = at
        elif ended is not None:
            borders.append((ended if ended == at else at - 1, at))
            ended = None
    assert [(one[1], two[0]) for one, two in pairwise(found)] == borders
    assert (found[0][0], found[-1][1]) == (BEGINNING, END)
    if len({start for _, start in borders}) == len(borders):
        assert joint_lives([found, ALWAYS]) == found


def test_a_border_is_shared_only_by_a_tie():
    assert lives([(3, 1, False), (7, 2, True)]) == ((BEGINNING, 6), (7, END))
    assert lives([(7, 1, False), (7, 2, True)]) == ((BEGINNING, 7), (7, END))
    assert lives([(3, 1, True), (7, 2, False)]) == ALWAYS
    assert joint_lives([lives([(3, 1, False), (7, 2, True)]), ALWAYS]) == ((BEGINNING, 6), (7, END))


@given(st.datetimes(timezones=st.just(UTC)))
def test_instants_lose_nothing(at):
    assert moment(instant(at)) == at


def test_no_bound_is_none():
    assert (moment(BEGINNING), moment(END)) == (None, None)
    assert instant(datetime(1970, 1, 1, 0, 0, 1, tzinfo=UTC)) == 1_000_000
