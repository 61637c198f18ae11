"""A lot of which only the two newest happenings are replayed is judged as if all were: each kind of what is added up, alone."""

import pytest

from bears import lot, toy
from zhuisu.compliance import services, store


@pytest.fixture
def both(maker, shop, told, broken, monkeypatch):
    """What the last act of a story breaks, all replayed and flooded. A story: acts of the maker and the shop, in order."""

    def do(*story):
        found = []
        for name, most in (("A", store.MAX_PARTS), ("B", 2)):
            monkeypatch.setattr(store, "MAX_PARTS", most)
            monkeypatch.setattr(services, "BATCH", 1)
            for hour, (who, step, amount, fields) in enumerate(story, start=1):
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
