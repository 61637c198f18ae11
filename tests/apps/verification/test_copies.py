"""Copied codes among all scans at once are those that look-ups find one by one."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zhuisu.verification.copies import copies
from zhuisu.verification.models import Scan
from zhuisu.verification.scans import HISTORY_LIMIT
from zhuisu.verification.travel import TRAVEL_WINDOW, Seen, Travel, impossible

pytestmark = pytest.mark.django_db
BEGIN = datetime(2026, 11, 1, tzinfo=UTC)
END = BEGIN + timedelta(days=2)
# Two of one province, neighbours, the far ends of the country, and a place that is not known.
PLACES = ("440100", "440300", "450100", "110000", "650100", "230000", "")
GAPS = (0, 1, 20, 60, 110, 359, 360, 361, 900)
WALKS = st.lists(st.tuples(st.integers(0, 3), st.sampled_from(GAPS), st.sampled_from(PLACES)), max_size=24)


def scan(item: int, minutes: int, region: str) -> Scan:
    key = UUID(int=item)
    return Scan(item=key, at=BEGIN + timedelta(minutes=minutes), region=region, state="genuine", source=key)


def one_by_one(scans: list[Scan]) -> dict[UUID, Travel]:
    """As each look-up does it: against every earlier scan that it reads."""
    found: dict[UUID, Travel] = {}
    before: dict[UUID, list[Seen]] = {}
    for each in scans:
        now, earlier = Seen(each.at, each.region), before.setdefault(each.item, [])
        travel = impossible(earlier[-HISTORY_LIMIT:], now)
        if travel and (each.item not in found or travel.kmh > found[each.item].kmh):
            found[each.item] = travel
        earlier.append(now)
    return found


@settings(max_examples=60, deadline=None)
@given(WALKS)
def test_all_at_once_finds_what_one_by_one_finds(walk: list[tuple[int, int, str]]) -> None:
    minutes, scans = dict.fromkeys(range(4), 0), []
    for item, gap, region in walk:
        minutes[item] += gap
        scans.append(scan(item, minutes[item], region))
    Scan.objects.all().delete()
    Scan.objects.bulk_create(scans)
    told = {one.item: one.travel for one in copies(BEGIN, BEGIN + timedelta(days=30))}
    wanted = one_by_one([each for each in scans if each.region])
    assert told.keys() == wanted.keys()
    assert all(told[item].kmh == pytest.approx(wanted[item].kmh) for item in told)


def test_a_third_scan_between_hides_no_journey() -> None:
    """By way of a neighbour, and of a place that is not known."""
    Scan.objects.bulk_create([scan(1, 0, "440100"), scan(1, 30, "450100"), scan(1, 31, ""), scan(1, 60, "650100")])
    (found,) = copies(BEGIN, END)
    assert found.item == UUID(int=1) and found.travel.second.region == "650100"


def test_only_scans_of_the_time_that_was_asked_for_count() -> None:
    Scan.objects.bulk_create([scan(1, 0, "440100"), scan(1, 60, "650100")])
    assert len(list(copies(BEGIN, END))) == 1
    assert not list(copies(BEGIN + timedelta(minutes=1), END))
    assert not list(copies(BEGIN, BEGIN + timedelta(minutes=60)))
    assert timedelta(hours=6) == TRAVEL_WINDOW  # GAPS stand around it
