"""How long a walk takes that reaches many items, beside a plain recursive query without times in the same run.

python bench/walk.py [ITEMS]        prints one line of JSON. Works in a database of its own that is thrown away.
"""

import json
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

HOME = tempfile.mkdtemp(prefix="zhuisu-bench-")
Path(HOME).chmod(0o755)
os.environ["ZHUISU_HOME"] = HOME
os.environ.pop("ZHUISU_DATABASE_URL", None)
os.environ["DJANGO_SETTINGS_MODULE"] = "zhuisu.config.settings"

PER_EVENT = 1_000  # tins that come out of one filling
PER_CASE = 24
PER_PALLET = 60
REPEATS = 5
# Item numbers: 1 milk, 1_000 + n powder lots, 1_000_000 + n tins, 50_000_000 + n cases, 60_000_000 + n pallets; the same for events.
TINS, CASES, PALLETS, NOISE = 1_000_000, 50_000_000, 60_000_000, 90_000_000

ROWS = f"""
create temp table w as select
  %(items)s::int as tins, (%(items)s + {PER_EVENT} - 1) / {PER_EVENT} as fillings,
  (%(items)s + {PER_CASE} - 1) / {PER_CASE} as cases, timestamptz '2026-03-01 00:00+08' as dawn;
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
PACKING = f"""
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
LOG = """
insert into log_entry select row_number() over (order by event), event, '' from
  (select distinct event from part) e where not exists (select 1 from log_entry l where l.event = e.event)
  and not exists (select 1 from log_entry);
insert into log_entry select m + row_number() over (order by event), event, '' from
  (select distinct event from part) e, (select max(position) m from log_entry) l
  where not exists (select 1 from log_entry l where l.event = e.event);
"""
BASELINE = """
with recursive reached (item) as (
  select 1::bigint
  union
  select o.item from reached r join part i on i.item = r.item and i.role = 10
  join part o on o.event = i.event and o.role = 11)
select array_agg(item) from reached
"""


def main() -> None:
    from zhuisu.config.database import ensure_database

    ensure_database()
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import connection

    call_command("migrate", verbosity=0)
    items = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    answer: dict[str, object] = {"bench": "walk", "asked_items": items, "cores": os.cpu_count()}
    answer["load_before"] = round(os.getloadavg()[0], 2)
    with connection.cursor() as cursor:
        cursor.execute("show server_version")
        answer["postgresql"] = cursor.fetchone()[0]
        cursor.execute(ROWS, {"items": items})
        cursor.execute(LOG)
        cursor.execute("analyze")
    answer["made"] = measure()
    with connection.cursor() as cursor:
        cursor.execute(PACKING)
        cursor.execute(LOG)
        cursor.execute("analyze")
    answer["packed"] = measure()
    print(json.dumps(answer))


def measure() -> dict[str, object]:
    from django.db import connection

    from zhuisu.lineage.queries import Limits, walk

    walks, ours, baselines = [], [], []
    with connection.cursor() as cursor:
        cursor.execute("select max(position) from log_entry")
        position = cursor.fetchone()[0]
        for _ in range(REPEATS):
            begun, busy = time.perf_counter(), time.process_time()
            found = walk([1], "down", position=position, limits=Limits(max_items=10_000_000))
            walks.append(time.perf_counter() - begun)
            ours.append(time.process_time() - busy)
            begun = time.perf_counter()
            cursor.execute(BASELINE)
            cursor.fetchone()
            baselines.append(time.perf_counter() - begun)
    up = time.perf_counter()
    walk([TINS + 1], "up", position=position)
    return {
        "items": len(found.items),
        "carried": len(found.carried),
        "walk_seconds": round(statistics.median(walks), 3),
        "of_which_python_cpu_seconds": round(statistics.median(ours), 3),
        "recursive_cte_seconds": round(statistics.median(baselines), 3),
        "up_one_tin_seconds": round(time.perf_counter() - up, 4),
    }


if __name__ == "__main__":
    main()
