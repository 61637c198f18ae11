"""The state of a code from facts: every combination against a table of who goes first; recalls and sales from happenings."""

from dataclasses import replace
from datetime import timedelta
from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from support import AT
from zhuisu.codes import Level
from zhuisu.events.queries import Happening
from zhuisu.events.vocabulary import Action, Kind, Role
from zhuisu.verification.judgement import MISSES, SALE_WINDOW, Facts, State, judge, recall_in, told_by

KINDS = ("issued", "active", "voided", "used", "never-issued", "forged", "foreign", "none")
# By standing: which states its facts may lead to, the first that is true. "own" stands for what the standing says itself.
ORDER = {
    "voided": ["voided"],
    "used": ["recalled", "expired", "used"],
    "issued": ["recalled", "expired", "sold", "inactive"],
    "active": ["recalled", "expired", "sold", "genuine"],
    "foreign": ["recalled", "expired", "foreign"],
    "recorded": ["recalled", "expired", "recorded"],
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("near", [False, True])
def test_every_combination(kind: str, near: bool) -> None:
    for recorded, recalled, expired, sold in product([False, True], repeat=4):
        facts = Facts(Level.INSTANCE, kind, near, recorded, recalled, expired, sold)
        if kind in ("forged", "never-issued") and (near or not recorded):
            wanted = kind
        elif kind in ("none", "forged", "never-issued") and not recorded:
            wanted = "unknown"
        else:
            order = ORDER.get(kind, ORDER["recorded"])
            true = {"recalled": recalled, "expired": expired, "sold": sold}
            wanted = next(name for name in order if true.get(name, True))
        assert judge(facts) == State({"sold": "used"}.get(wanted, wanted)), facts


@given(st.sampled_from(KINDS), st.lists(st.booleans(), min_size=5, max_size=5))
def test_nothing_but_an_active_code_of_ours_is_ever_genuine(kind: str, flags: list[bool]) -> None:
    state = judge(Facts(Level.INSTANCE, kind, *flags))
    assert (state == State.GENUINE) <= (kind == "active" and not any(flags[2:]))
    assert (state in MISSES) <= (kind in ("forged", "never-issued", "none"))


@pytest.mark.parametrize("level", [Level.PLACE, Level.PARTY, Level.CLASS])
def test_what_is_no_thing_has_a_state_of_its_own(level: Level) -> None:
    assert judge(Facts(level, recorded=True, recalled=True)) == State[level.name]


def happening(number: int, **fields: Any) -> Happening:
    base = Happening(
        item=1, event=number, event_id=f"ni:{number}", kind=Kind.OBJECT, action=Action.OBSERVE,
        at=AT + timedelta(days=number), zone="+08:00", step=None, disposition=None, role=Role.OBSERVED, read_point="a",
        biz_location=None, quantity=None, unit=None, voided=False, disputed=False, organisation=7, parties=(),
    )  # fmt: skip
    return replace(base, **fields)


def test_a_recall_stays_until_whoever_declared_it_lifts_it() -> None:
    recall = happening(1, disposition="recalled")
    moved = happening(2, disposition="in_transit")
    other = happening(3, disposition="conformant", organisation=8)
    cleared = happening(4, disposition="conformant")
    assert recall_in([recall, moved, other]) == recall
    assert recall_in([recall, moved, other, cleared]) is None
    assert recall_in([cleared, happening(5, disposition="recalled")]) is not None
    assert recall_in([replace(recall, voided=True)]) is None


def test_a_recall_of_the_lot_or_of_the_box_counts_as_well() -> None:
    recall = happening(1, disposition="recalled", item=2)
    assert told_by([happening(0)], [recall]).recall == recall
    assert told_by([happening(0)], [], [recall]).recall == recall
    assert told_by([happening(0)], [happening(2, item=2)]).recall is None


def test_a_second_sale_without_a_return_is_one_too_many() -> None:
    first = happening(1, step="retail_selling", disposition="retail_sold")
    again = happening(3, step="retail_selling", organisation=8)
    told = told_by([first, again])
    assert [sale.event for sale in told.doubles] == [3]
    assert told.sold
    assert told_by([first, happening(2, disposition="returned"), again]).doubles == ()
    assert told_by([first, happening(2, role=Role.COMMISSIONED), again]).doubles == ()
    assert told_by([first, replace(again, voided=True)]).doubles == ()
    assert not told_by([first, happening(2, disposition="returned")]).sold


def test_two_reports_of_one_sale_are_one() -> None:
    first = happening(1, step="retail_selling")
    soon = replace(happening(2, disposition="retail_sold"), at=first.at + SALE_WINDOW)
    late = replace(soon, at=first.at + SALE_WINDOW + timedelta(seconds=1))
    assert told_by([first, soon]).doubles == ()
    assert len(told_by([first, late]).doubles) == 1
    assert len(told_by([first, replace(soon, read_point="b")]).doubles) == 1


def test_a_lots_sales_are_no_sales_of_a_thing() -> None:
    sales = [happening(number, step="retail_selling") for number in range(3)]
    assert told_by(sales, single=False).sales == ()
    assert told_by([], sales).sales == ()
