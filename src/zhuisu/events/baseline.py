"""What capture and walks are measured against: PostgreSQL's own COPY of the same rows, and a recursive query that knows no times."""

import time
from typing import BinaryIO

from django.db import connection

from zhuisu.events.store import rows

# Every row that captured and published events have.
TABLES = ("event", "event_body", "event_party", "part", "event_seen", "item", "name", "log_entry")


def copy_rate() -> float:
    """Events per second of a plain COPY: what the disk and the indexes allow before any program thinks."""
    ((events,),) = rows("select count(*) from event")
    with connection.cursor() as cursor:
        prepared = {}
        for table in TABLES:
            cursor.execute(f"create table twin_{table} (like {table} including all)")
            with cursor.copy(f"copy (select * from {table}) to stdout") as stream:  # the bodies lie in parts
                prepared[table] = b"".join(bytes(chunk) for chunk in stream)
        begun = time.perf_counter()
        for table in TABLES:
            with cursor.copy(f"copy twin_{table} from stdin") as stream:
                stream.write(prepared[table])
        taken = time.perf_counter() - begun
        for table in TABLES:
            cursor.execute(f"drop table twin_{table}")
    return float(events) / taken


def bytes_on_disk() -> float:
    """Bytes of all event tables with their indexes."""
    ((size,),) = rows(
        """select sum(pg_total_relation_size(coalesce(part.relid, t::regclass)))
           from unnest(%s::text[]) t left join lateral pg_partition_tree(t::regclass) part on true""",
        [list(TABLES)],
    )
    return float(size)


# A dairy's tins, made up by the database itself: what a walk is measured on.
PER_EVENT = 1_000  # tins that come out of one filling
PER_CASE = 24
PER_PALLET = 60
# Item numbers: 1 milk, 1_000 + n powder lots, 1_000_000 + n tins, 50_000_000 + n cases, 60_000_000 + n pallets; the same for events.
TINS, CASES, PALLETS, NOISE = 1_000_000, 50_000_000, 60_000_000, 90_000_000

_ROWS = f"""
create temp table w as select
  $items::int as tins, ($items + {PER_EVENT} - 1) / {PER_EVENT} as fillings,
  ($items + {PER_CASE} - 1) / {PER_CASE} as cases, timestamptz '2026-03-01 00:00+08' as dawn;
insert into item select 1, 'uri:milk', 'uri', 2, null, null;
insert into item select 1000 + n, 'uri:powder' || n, 'uri', 2, null, null from w, generate_series(1, fillings) n;
insert into item select {TINS} + n, 'gs1.sgtin:01/06900000000000/21/' || n, 'gs1.sgtin', 1, null, null
  from w, generate_series(1, tins) n;
-- as many things that have nothing to do with it
insert into item select {NOISE} + n, 'gs1.sgtin:01/06900000000017/21/' || n, 'gs1.sgtin', 1, null, null
  from w, generate_series(1, tins) n;
insert into part (item, event, at, role, position) select 1, 1, dawn, 10, 0 from w;
insert into part (item, event, at, role, position) select 1000 + n, 1, dawn, 11, n from w, generate_series(1, fillings) n;
insert into part (item, event, at, role, position)
  select 1000 + n, 1000 + n, dawn + n * interval '1 minute', 10, 0 from w, generate_series(1, fillings) n;
insert into part (item, event, at, role, position)
  select {TINS} + n, 1001 + (n - 1) / {PER_EVENT}, dawn + (1 + (n - 1) / {PER_EVENT}) * interval '1 minute', 11, n
  from w, generate_series(1, tins) n;
insert into part (item, event, at, role, position)
  select {NOISE} + n, {NOISE} + n / 50, dawn, case when n %% 5 = 0 then 10 else 11 end, n from w, generate_series(1, tins) n;
"""
_PACKING = f"""
insert into item select {CASES} + n, 'gs1.sscc:00/1' || n, 'gs1.sscc', 4, null, null from w, generate_series(0, cases) n;
insert into item select {PALLETS} + n, 'gs1.sscc:00/2' || n, 'gs1.sscc', 4, null, null
  from w, generate_series(0, cases / {PER_PALLET}) n;
insert into part (item, event, at, role, position)
  select {TINS} + n, {CASES} + n / {PER_CASE}, dawn + interval '1 day', 21, n from w, generate_series(1, tins) n;
insert into part (item, event, at, role, position)
  select {CASES} + n, {CASES} + n, dawn + interval '1 day', 20, 0 from w, generate_series(0, cases) n;
insert into part (item, event, at, role, position)
  select {CASES} + n, {PALLETS} + n / {PER_PALLET}, dawn + interval '2 day', 21, n from w, generate_series(0, cases) n;
insert into part (item, event, at, role, position)
  select {PALLETS} + n, {PALLETS} + n, dawn + interval '2 day', 20, 0 from w, generate_series(0, cases / {PER_PALLET}) n;
"""
_LOG = """
insert into log_entry select row_number() over (order by event), event, '' from
  (select distinct event from part) e where not exists (select 1 from log_entry l where l.event = e.event)
  and not exists (select 1 from log_entry);
insert into log_entry select m + row_number() over (order by event), event, '' from
  (select distinct event from part) e, (select max(position) m from log_entry) l
  where not exists (select 1 from log_entry l where l.event = e.event);
analyze;
"""
_RECURSIVE = """
with recursive reached (item) as (
  select 1::bigint
  union
  select o.item from reached r join part i on i.item = r.item and i.role = 10
  join part o on o.event = i.event and o.role = 11)
select array_agg(item) from reached
"""

START = 1  # the item of the milk


def make(items: int) -> None:
    """One milk, its powder lots, and `items` tins filled from them; beside them as many things that have nothing to do with it.

    Needs empty event tables: the item numbers are its own.
    """
    _run(_ROWS.replace("$items", str(int(items))))
    _run(_LOG)


def pack() -> None:
    """The tins into cases, the cases onto pallets."""
    _run(_PACKING)
    _run(_LOG)


def _run(script: str) -> None:
    for statement in script.split(";\n"):
        if statement.strip():
            rows(statement)


def position() -> int:
    """The last position: a baseline signs no heads."""
    ((last,),) = rows("select max(position) from log_entry")
    return int(last)


def recursive_query() -> int:
    """How many items a plain recursive query reaches: no times, no voids, no containers, no codes."""
    ((found,),) = rows(_RECURSIVE)
    return len(found)


def copy_out(file: BinaryIO) -> None:
    """As many lines as a recall of the milk has, by the database's own COPY as CSV."""
    statement = f"""copy (select 'item', i.canonical, i.level, p.at, p.role, p.event from part p join item i on i.id = p.item
                    where p.role = 11 and p.item < {CASES}) to stdout with (format csv)"""
    with connection.cursor() as cursor, cursor.copy(statement) as stream:
        for piece in stream:
            file.write(piece)


def stored(prefix: str) -> dict[str, int]:
    """How often each event is there whose eventID begins so."""
    return dict(
        rows("select event_id, count(*) from event_body where starts_with(event_id, %s) group by event_id", [prefix])
    )
