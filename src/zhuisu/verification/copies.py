"""Copied codes among all scans at once: what `finish` finds scan by scan, for a whole stretch of time in one pass."""

from collections import deque
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import groupby
from operator import itemgetter
from typing import Any, NamedTuple
from uuid import UUID

from django.db import connection, transaction

from zhuisu.verification.scans import HISTORY_LIMIT
from zhuisu.verification.travel import TRAVEL_WINDOW, Seen, Travel, impossible

# Regions are compared as numbers, which they always are (regions.read): as texts it takes half as long again.
# The groups of ten million scans lie in memory and not on the disk.
SORT_MEMORY = "256MB"

# Most things never leave one province, most others not within hours: each step leaves few for the next. A journey that is too
# fast has, somewhere between its two ends, two scans in a row in two provinces, no further apart in time than its ends.
_AWAY = """
create temp table away on commit drop as
  select item from verification_scan where at >= %(since)s and at < %(until)s and region <> ''
  group by item having min(left(region, 2)::int) <> max(left(region, 2)::int)
"""
_SUSPECTS = """
with steps as materialized (
  select s.item, s.at, s.id, s.region, s.at - lag(s.at) over w as apart, left(s.region, 2) <> left(lag(s.region) over w, 2) as moved
  from verification_scan s join away using (item)
  where s.at >= %(since)s and s.at < %(until)s and s.region <> '' window w as (partition by s.item order by s.at, s.id))
select item, at, region from steps
where item in (select item from steps where moved and apart <= %(hours)s * interval '1 hour') order by item, at, id
"""


class Copy(NamedTuple):
    """A thing (key of its code) that was in two places too soon, and the fastest of its journeys."""

    item: UUID
    travel: Travel


def copies(since: datetime, until: datetime) -> Iterator[Copy]:
    """Every single thing whose scans in [since, until) cannot be of one thing, by the rule of a look-up (travel.impossible)."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("select set_config('work_mem', %s, true)", [SORT_MEMORY])
        stretch: dict[str, Any] = {"since": since, "until": until, "hours": TRAVEL_WINDOW / timedelta(hours=1)}
        cursor.execute(_AWAY, stretch)
        # Taken for seven times as many as they are, they are looked up one by one in an index: four times as long.
        cursor.execute("analyze away")
        cursor.execute(_SUSPECTS, stretch)
        found = cursor.fetchall()
        cursor.execute("drop table away")  # the caller's transaction may go on
    for item, scans in groupby(found, itemgetter(0)):
        if travel := _fastest(Seen(at, region) for _, at, region in scans):
            yield Copy(item, travel)


def _fastest(scans: Iterator[Seen]) -> Travel | None:
    """The fastest impossible journey, each scan judged against as many before it as a look-up reads."""
    before: deque[Seen] = deque(maxlen=HISTORY_LIMIT)
    found = []
    for scan in scans:
        if travel := impossible(before, scan):
            found.append(travel)
        before.append(scan)
    return max(found, key=lambda travel: travel.kmh, default=None)
