"""A lot of which only the two newest happenings are replayed is judged as if all were: each kind of what is added up, alone."""

import pytest

from bears import bear, lot, remake, toy
from zhuisu.compliance import services, store


@pytest.fixture
def both(maker, shop, told, broken, monkeypatch):
    """What the last act of a story breaks, all replayed and flooded. A story: acts of the maker and the shop, one an hour; None: nobody acts."""

    def do(*story):
        found = []
        for name, most in (("A", store.MAX_PARTS), ("B", 2)):
            monkeypatch.setattr(store, "MAX_PARTS", most)
            monkeypatch.setattr(services, "BATCH", 1)
            for hour, (who, step, amount, fields) in [each for each in enumerate(story, start=1) if each[1]]:
                (last,) = told({"M": maker, "S": shop}[who], toy(step, hour, amounts={lot(name): amount}, **fields))
                broken(last)
            found.append(broken(last))
        return found

    return do


def test_amounts_that_left_long_ago_are_gone(both):
    whole, flooded = both(("M", "make", 5, {}), *[("M", "ship", 1, {})] * 4, ("M", "ship", 2, {}))
    assert whole == flooded == {"ship.stock"}


@pytest.mark.parametrize("received", [True, False])
def test_a_step_of_long_ago_counts_as_done(both, received):
    first = [("M", "make", 5, {}), ("M", "ship", 5, {})] + [("S", "receive", 5, {})] * received
    whole, flooded = both(*first, *[("S", "check", 5, {})] * 4, ("S", "sell", 1, {"buyer": "urn:toy:B"}))
    assert whole == flooded
    assert ("sell.after" in {rule[:10] for rule in flooded}) != received


def test_a_failure_of_long_ago_still_holds(both):
    story = [("M", "make", 5, {}), ("M", "check", 5, {"result": "failed"}), *[("M", "lab", 5, {})] * 4]
    whole, flooded = both(*story, ("M", "ship", 1, {}))
    assert whole == flooded == {"ship.failed"}


def test_the_later_of_two_checks_counts_though_only_the_earlier_still_tells(both):
    """Both lie before what is replayed one by one: the first is replayed all the same, the second is only added up."""
    checks = [("S", "check", 5, {"result": "passed"}), *[None] * 150, ("S", "check", 5, {})]
    story = [*checks, ("M", "make", 5, {}), ("S", "lab", 5, {}), ("S", "lab", 5, {}), ("S", "ship", 1, {})]
    whole, flooded = both(*story)
    assert whole == flooded and "ship.check.overdue" not in flooded


def test_a_bear_stays_of_its_lot_whose_part_in_the_making_is_only_added_up(maker, told, broken, monkeypatch):
    monkeypatch.setattr(store, "MAX_PARTS", 2)
    monkeypatch.setattr(services, "BATCH", 1)
    acts = [toy("make", 1, amounts={lot("A"): 3}), toy("make", 2, bear("1", "A")), toy("make", 3, bear("2", "A"))]
    told(maker, *acts, toy("recall", 4, amounts={lot("A"): 3}), toy("make", 5, bear("3", "A")))
    (shipped,) = told(maker, toy("ship", 6, bear("1")))
    assert broken(shipped) == {"ship.recalled"}


def test_a_report_of_long_ago_is_still_there(maker, told, broken, monkeypatch):
    monkeypatch.setattr(store, "MAX_PARTS", 2)
    monkeypatch.setattr(services, "BATCH", 1)
    acts = [
        toy("lab", 2, amounts={lot("A"): 3}, paper="testres"),
        *(toy("lab", n, amounts={lot("A"): 3}) for n in (3, 4, 5)),
    ]
    told(maker, toy("make", 1, amounts={lot("A"): 3}), *acts)
    (made,) = told(maker, remake(6, {lot("A"): 1}, {lot("Z"): 1}))
    assert broken(made) == set()


TWICE = {  # the lot stands twice in one event, after which five of it are with the maker
    "made with a bear of it": toy("make", 10, bear("1", "A"), amounts={lot("A"): 5}),
    "made anew of itself": remake(10, {lot("A"): 3}, {lot("A"): 8}, paper="testres"),
    "counted twice": toy("make", 10) | {"quantityList": [{"epcClass": lot("A"), "quantity": n} for n in (2, 3)]},
}


@pytest.mark.parametrize("made", TWICE.values(), ids=TWICE)
@pytest.mark.parametrize("shipped", [5, 6])
def test_an_event_of_which_half_is_added_up_counts_once(maker, told, broken, monkeypatch, made, shipped):
    """The shipping and one half of the event are replayed. Four happenings before it, since the database takes the newest of few
    things in another way than the newest of many, and then halves of one moment came in another order."""
    monkeypatch.setattr(store, "MAX_PARTS", 2)
    monkeypatch.setattr(services, "BATCH", 1)
    told(maker, *(toy("lab", n, amounts={lot("A"): 1}) for n in range(4)), made)
    (number,) = told(maker, toy("ship", 11, amounts={lot("A"): shipped}))
    assert broken(number) == ({"ship.stock"} if shipped > 5 else set())
