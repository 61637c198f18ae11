"""Odd events: the judge judges them, and goes on."""

import pytest

from bears import bear, box, lot, pack, toy
from zhuisu.compliance.queries import verdicts
from zhuisu.events.scope import ALL
from zhuisu.events.services import Refused
from zhuisu.events.store import rows


@pytest.mark.parametrize(
    "fields",
    [
        {"ilmd": {"f:kind": "toy.\u0000"}},
        {"ilmd": {"f:kind": "." * 5_000}},
        {"ilmd": {"f:kind": {"a": ["b"]}}},
        {"f:useBy": "9999-12-31"},
        {"f:useBy": "0001-01-01"},
        {"f:useBy": 10**400},
        {"f:useBy": ["2026-01-01", "2027-01-01"]},
        {"eventTime": "0001-01-01T00:00:00.000+08:00"},
        {"eventTime": "9999-12-31T23:59:59.000-08:00"},
        {"eventTimeZoneOffset": "+14:00"},
        {"quantityList": [{"epcClass": lot("A"), "quantity": 10**23}, {"epcClass": lot("A"), "quantity": 1e-9}]},
        {"quantityList": [{"epcClass": lot("A"), "quantity": 5, "uom": "QQQ"}]},
        {"bizTransactionList": [{"type": "x" * 5_000, "bizTransaction": "urn:x:1"}]},
    ],
)
def test_no_event_stops_the_judge(maker, told, judge, fields):
    try:
        told(maker, toy("make", 1, bear("1")) | fields)
    except Refused:
        return
    (after,) = told(maker, toy("ship", 2, bear("1")))
    judge()
    assert after in verdicts(ALL, [after])
    assert rows("select count(*) from verdict where outcome = 'failed'") == [(0,)]


def test_what_lies_five_boxes_deep_is_known_and_a_ring_of_boxes_ends(maker, told, broken):
    told(maker, toy("make", 1, bear("1")), toy("make", 1.2, bear("2")), pack(2, box(1), bear("1"), bear("2")))
    told(maker, *(pack(2 + n, box(n + 1), box(n)) for n in range(1, 5)))
    told(maker, toy("check", 9, bear("1"), result="failed"))
    (shipped,) = told(maker, toy("ship", 10, box(5)))
    assert broken(shipped) == {"ship.failed"}
    told(maker, pack(11, box(1), box(5)))
    (again,) = told(maker, toy("ship", 12, box(3)))
    assert "ship.failed" in broken(again)
    assert rows("select count(*) from verdict where outcome = 'failed'") == [(0,)]


def test_grams_and_tons_are_one_book_and_pieces_another(maker, told, broken):
    told(maker, toy("make", 1) | weighed(lot("W"), 1, "TNE"))
    (first,) = told(maker, toy("ship", 2) | weighed(lot("W"), 999_999, "GRM"))
    (second,) = told(maker, toy("ship", 3) | weighed(lot("W"), 2, "GRM"))
    (pieces,) = told(maker, toy("ship", 4) | weighed(lot("W"), 50))
    assert (broken(first), broken(second)) == (set(), {"ship.stock"})
    assert "ship.stock" not in broken(pieces)


def test_who_writes_the_last_of_all_days_means_never(maker, told, broken):
    told(maker, toy("make", 1, bear("1"), useBy="9999-12-31"))
    (shipped,) = told(maker, toy("ship", 2, bear("1")))
    assert broken(shipped) == set()


def weighed(name, amount, unit=None):
    return {"quantityList": [{"epcClass": name, "quantity": amount} | ({"uom": unit} if unit else {})]}


def test_the_day_is_that_of_the_place_not_of_greenwich(maker, told, broken):
    told(maker, toy("make", 1, bear("1"), useBy="2026-03-02"))
    east = {"eventTime": "2026-03-03T00:30:00.000+08:00", "eventTimeZoneOffset": "+08:00"}  # in London still the 2nd
    west = {"eventTime": "2026-03-02T23:30:00.000-05:00", "eventTimeZoneOffset": "-05:00"}  # in London already the 3rd
    (late, in_time) = told(maker, toy("ship", 2, bear("1")) | east, toy("ship", 2, bear("1")) | west)
    assert broken(late) == {"ship.expired"}
    assert broken(in_time) == set()
