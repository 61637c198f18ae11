"""The legal clocks: until when a record must be kept."""

from datetime import date
from typing import Any

import pytest

from zhuisu import sectors
from zhuisu.profiles.keeping import Days, kept_until, later
from zhuisu.profiles.model import Retention, Words

DAY = date(2026, 3, 15)
FOOD = {"anchor": "expiry", "months": 6, "without_anchor_months": 24}


def rule(**said: Any) -> Retention:
    return Retention(records=Words("记录", "records"), basis="rule", **said)


@pytest.mark.parametrize(
    ("day", "months", "wanted"),
    [
        (date(2026, 3, 15), 24, date(2028, 3, 15)),
        (date(2026, 8, 31), 6, date(2027, 2, 28)),
        (date(2027, 8, 31), 6, date(2028, 2, 29)),
        (date(2026, 12, 1), 1, date(2027, 1, 1)),
        (date(2026, 1, 31), -2, date(2025, 11, 30)),
        (date(9999, 12, 31), 6, date.max),
    ],
)
def test_months_are_counted_by_the_calendar(day: date, months: int, wanted: date) -> None:
    assert later(day, months) == wanted


@pytest.mark.parametrize(
    ("said", "days", "wanted"),
    [
        ({"anchor": "event", "months": 24}, Days(DAY), date(2028, 3, 15)),
        # Food Safety Law, article 50: six months behind the shelf life; two years where there is none.
        (FOOD, Days(DAY, expiry=date(2029, 1, 1)), date(2029, 7, 1)),
        (FOOD, Days(DAY), date(2028, 3, 15)),
        (FOOD, Days(DAY, expiry=date(2026, 4, 1), endless=True), date(2028, 3, 15)),
        (FOOD, Days(DAY, expiry=date(2030, 1, 1), endless=True), date(2030, 7, 1)),
        ({"anchor": "expiry", "months": 60}, Days(DAY), "expiry"),
        ({"anchor": "expiry", "months": 60}, Days(DAY, expiry=DAY, endless=True), "expiry"),
        ({"anchor": "end_of_service", "months": 24}, Days(DAY, last=date(2027, 3, 15)), date(2029, 3, 15)),
        ({"anchor": "end_of_service", "months": 24}, Days(DAY), date(2028, 3, 15)),
        ({"anchor": "scrapping", "months": 0}, Days(DAY), "scrapping"),
        ({"anchor": "scrapping", "months": 0}, Days(DAY, scrapped=date(2040, 1, 1)), date(2040, 1, 1)),
    ],
)
def test_each_anchor(said: dict[str, Any], days: Days, wanted: Any) -> None:
    assert kept_until([rule(**said)], days) == wanted


def test_the_latest_rule_counts_and_an_unknown_day_ends_nothing() -> None:
    short, long = rule(anchor="event", months=6), rule(anchor="event", months=24)
    assert kept_until([short, long], Days(DAY)) == kept_until([long, short], Days(DAY)) == date(2028, 3, 15)
    assert kept_until([short, rule(anchor="scrapping", months=0)], Days(DAY)) == "scrapping"


def test_what_no_sector_speaks_of_is_kept_ten_years() -> None:
    assert kept_until([], Days(DAY)) == date(2036, 3, 15)


def test_every_sector_has_clocks_that_end_once_all_days_are_known() -> None:
    days = Days(DAY, DAY, False, DAY, DAY)
    for name, sector in sectors.all().items():
        for edition in sector.editions:
            assert isinstance(kept_until(edition.retention, days), date), name
