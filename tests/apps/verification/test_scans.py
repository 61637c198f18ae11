"""Which scan a look is, as the database counts it: equal to a plain reading of all looks, also for those who come at once."""

import threading
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from django.db import connection
from hypothesis import given, settings
from hypothesis import strategies as st

from zhuisu import codes
from zhuisu.verification import scans
from zhuisu.verification.models import Scan
from zhuisu.verification.scans import SAME_SCAN_WINDOW, Scans, asked, scanned
from zhuisu.verification.travel import TRAVEL_WINDOW, Seen

BEGIN = datetime(2026, 11, 1, tzinfo=UTC)
THINGS = [codes.from_canonical(f"gs1.sgtin:01/09506000134352/21/{serial}") for serial in ("A1", "A2")]
LIMIT = 4  # instead of 200, so that it is passed
PLACES = ("440100", "440300", "110000", "650100", "")
# Nobody's clock goes backwards here by more than the moments of two who come at once.
GAPS = (0, 1, 9, 10, 11, 200, 359, 360, 361)
LOOK = st.tuples(st.integers(0, 1), st.sampled_from(GAPS), st.integers(0, 2), st.sampled_from(PLACES), st.booleans())


def values(thing: int, at: datetime, source: int, region: str, counts: bool) -> dict[str, object]:
    return asked(THINGS[thing], "genuine", at=at, region=region, source=UUID(int=source), counts=counts)


class Plain:
    """Every scan in a list."""

    def __init__(self) -> None:
        self.held: list[tuple[int, datetime, int, str]] = []

    def look(self, thing: int, at: datetime, source: int, region: str, counts: bool) -> Scans:
        mine = [one for one in self.held if one[0] == thing and one[2] == source and at - one[1] < SAME_SCAN_WINDOW]
        before = [one for one in self.held if one[0] == thing and (not mine or one[1] < mine[-1][1])]
        fresh, elsewhere = counts and not mine, []
        if fresh and region:
            near = [one for one in reversed(self.held) if one[0] == thing and one[3] and at - one[1] <= TRAVEL_WINDOW]
            elsewhere = [Seen(one[1], one[3]) for one in near[:LIMIT] if one[3][:2] != region[:2]]
        if fresh:
            last = max((one[1] for one in self.held if one[0] == thing), default=None)
            self.held.append(
                (thing, at if last is None or last < at else last + timedelta(microseconds=1), source, region)
            )
        seen = [Seen(one[1], one[3]) for one in before]
        first, last_one = (seen[0], seen[-1]) if seen else (None, None)
        return Scans(len(seen) + 1, first, last_one, fresh, tuple(elsewhere))


@pytest.mark.django_db
@settings(max_examples=150, deadline=None)
@given(st.lists(LOOK, max_size=30))
def test_looks_are_what_a_plain_list_says(looks: list[tuple[int, int, int, str, bool]]) -> None:
    Scan.objects.all().delete()
    plain, at = Plain(), BEGIN
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(scans, "HISTORY_LIMIT", LIMIT)
        for thing, gap, source, region, counts in looks:
            at += timedelta(minutes=gap)
            assert scanned(values(thing, at, source, region, counts)) == plain.look(thing, at, source, region, counts)
    found = Scan.objects.order_by("pk").values_list("item", "at", "source", "region")
    assert list(found) == [
        (THINGS[thing].key, at, UUID(int=source), region) for thing, at, source, region in plain.held
    ]


@pytest.mark.django_db(transaction=True)
def test_of_many_who_scan_at_once_each_has_a_number_of_his_own() -> None:
    """Two sources come twice each at that moment, as a telephone that opens two tabs."""
    told: list[Scans] = []
    sources = [*range(14), 0, 1]
    ready = threading.Barrier(len(sources))

    def come(source: int) -> None:
        try:
            connection.ensure_connection()
            ready.wait()
            told.append(scanned(values(0, BEGIN, source, "", True)))
        finally:
            connection.close()

    threads = [threading.Thread(target=come, args=[source]) for source in sources]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert sorted(one.number for one in told if one.fresh) == list(range(1, 15))
    assert sum(not one.fresh for one in told) == 2
    assert Scan.objects.values("at").distinct().count() == Scan.objects.count() == 14


@pytest.mark.django_db
def test_a_look_reads_few_scans_also_by_a_plan_made_while_there_were_few() -> None:
    """The planner, told that a table has one page, reads it whole, and a session keeps that plan while the table grows."""

    def read_whole() -> int:
        with connection.cursor() as cursor:
            cursor.execute("select seq_scan from pg_stat_xact_user_tables where relname = 'verification_scan'")
            return int(cursor.fetchone()[0])

    for number in range(3):
        scanned(values(1, BEGIN, number, "440100", True))
    with connection.cursor() as cursor:
        cursor.execute("analyze verification_scan")
    before = read_whole()
    for number in range(8):
        assert scanned(values(0, BEGIN + timedelta(minutes=number), number, "110000", True)).number == number + 1
    assert read_whole() == before
