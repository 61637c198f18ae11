"""Rows for benches, made outside of capture: a log that has but its end, lots by the million, and the query of a database alone."""

from collections.abc import Iterable, Sequence

from django.db import connection

from zhuisu.events.store import rows

_RECURSIVE = """
with recursive reached (item) as (
  select unnest(%s::bigint[])
  union
  select o.item from reached r join part i on i.item = r.item and i.role = 10
  join part o on o.event = i.event and o.role = 11)
select count(*) from reached
"""
_PARTS = """
insert into part (item, event, at, role, position, quantity, unit)
select item, event, timestamptz 'epoch' + at * interval '1 microsecond', role, 0, quantity, 'KGM' from fact
"""


def end_log(position: int) -> None:
    """A log entry at a position and none before: enough for a snapshot that says it is of this log."""
    rows("insert into log_entry values (%s, %s, '')", [position, position])


def insert(codes: Iterable[str], facts: Iterable[Sequence[object]], events: int) -> None:
    """Lots with these codes, numbered from 1; facts (item, event, microseconds, role, kilograms); a log of as many events, in the
    order of their numbers. Needs empty tables."""
    with connection.cursor() as cursor:
        with cursor.copy("copy item (id, canonical, scheme, level) from stdin") as stream:
            for number, code in enumerate(codes, 1):
                stream.write(f"{number}\t{code}\tgs1.lgtin\t2\n")
        cursor.execute("create temp table fact (item bigint, event bigint, at bigint, role smallint, quantity numeric)")
        with cursor.copy("copy fact from stdin") as stream:
            for fact in facts:
                stream.write("\t".join(map(repr, fact)) + "\n")
        cursor.execute(_PARTS)
        cursor.execute("drop table fact")
        cursor.execute("insert into log_entry select n, n, '' from generate_series(1, %s) n", [events])
        cursor.execute("analyze")


def recursive_query(starts: Sequence[int]) -> int:
    """How many items a plain recursive query reaches: no times, no voids, no containers, no codes."""
    ((found,),) = rows(_RECURSIVE, [list(starts)])
    return int(found)
