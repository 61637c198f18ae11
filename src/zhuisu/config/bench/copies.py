"""Copied codes among scans: all at once, against judging them one by one as a look-up does; planted copies must be found."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from zhuisu import codes
from zhuisu.codes import Code
from zhuisu.config.bench.figures import Figure, Scale

SCANS, SCANS_OF_ONE = 10_000_000, 5
PLANTED = 200
BEGIN = datetime(2026, 10, 1, tzinfo=UTC)
DAYS, HOUR = 30, timedelta(hours=1)
# One by one takes an hour for ten million: the planted ones tell its rate.
ONE_BY_ONE = "one by one as look-ups do, s"
_SCAN = "insert into verification_scan (item, at, region, state, source) values (%s, %s, %s, %s, %s)"
_PAST = "select at, region from verification_scan where item = %s order by at desc limit %s"

# Most things are scanned in the province that they are sold in, three scans in a hundred elsewhere.
_BACKGROUND = """
insert into verification_scan (item, at, region, state, source)
select md5(code::text)::uuid, %(begin)s + random() * %(days)s * interval '1 day',
  case when random() < 0.03 then places[1 + (random() * 30)::int] else places[1 + code %% 31] end, 'genuine', md5(random()::text)::uuid
from generate_series(0, %(codes)s - 1) code, generate_series(1, %(each)s),
  (select array['110000','120000','130000','140000','150000','210000','220000','230000','310000','320000','330000','340000','350000',
    '360000','370000','410000','420000','430000','440000','450000','460000','500000','510000','520000','530000','540000','610000',
    '620000','630000','640000','650000'] as places) p
"""


def figures(scale: Scale) -> Iterator[Figure]:
    """Seconds for all scans of a month. Needs empty tables."""
    from zhuisu.verification.copies import copies

    count = scale.of(SCANS) // SCANS_OF_ONE
    planted = [codes.parse_epc(f"urn:zhuisu:bench:{number}") for number in range(PLANTED)]
    _fill(count, planted)
    begun = time.perf_counter()
    found = {one.item for one in copies(BEGIN, BEGIN + timedelta(days=DAYS + 1))}
    taken = time.perf_counter() - begun
    slowly = _one_by_one(planted)
    many = f"{count * SCANS_OF_ONE:,} scans"
    hits = len(found & {code.key for code in planted})
    yield Figure(
        "R1b",
        f"copied codes among {many}, all at once",
        taken,
        "s",
        slowly / PLANTED * count * SCANS_OF_ONE,
        ONE_BY_ONE,
    )
    yield Figure("R1c", f"planted copies among {many}, share found", hits / PLANTED, "", 1.0, "all of them")
    yield Figure("R1d", f"codes among {many} that cannot be one thing", len(found), "codes", PLANTED, "planted")


def _fill(codes: int, planted: list[Code]) -> None:
    """The scans of a month. Indexes are made afterwards: they are not what is measured."""
    from django.db import connection

    from zhuisu.events.store import rows

    given: dict[str, datetime | int] = {"begin": BEGIN, "days": DAYS, "codes": codes, "each": SCANS_OF_ONE}
    indexes = rows(
        "select indexname, indexdef from pg_indexes where tablename = 'verification_scan' and indexname like 'scan_%%'"
    )
    twice = [
        (code.key, BEGIN + place * HOUR + apart, region, "genuine", code.key)
        for place, code in enumerate(planted)
        for apart, region in ((timedelta(), "440100"), (HOUR, "650100"))
    ]
    with connection.cursor() as cursor:
        for name, _ in indexes:
            cursor.execute(f'drop index "{name}"')
        cursor.execute(_BACKGROUND, given)
        cursor.executemany(_SCAN, twice)
        for _, definition in indexes:
            cursor.execute(definition)
        cursor.execute("vacuum analyze verification_scan")


def _one_by_one(planted: list[Code]) -> float:
    """Seconds of what each look-up does: read the past of the code, compare the scan with it."""
    from zhuisu.events.store import rows
    from zhuisu.verification import travel
    from zhuisu.verification.scans import HISTORY_LIMIT

    begun = time.perf_counter()
    for code in planted:
        found = rows(_PAST, [code.key, HISTORY_LIMIT])
        last, *earlier = [travel.Seen(*row) for row in found]
        if travel.impossible(earlier, last) is None:
            raise RuntimeError(f"the planted copies of {code.canonical} are not seen")
    return time.perf_counter() - begun
