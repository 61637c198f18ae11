"""What capture is measured against: the rows that are here, copied by PostgreSQL's own COPY into empty twins with all indexes."""

import time

from django.db import connection

from zhuisu.events.store import rows

TABLES = ("event", "event_body", "event_party", "part", "event_seen", "item", "name")


def copy_rate() -> float:
    """Events per second of a plain COPY: what the disk and the indexes allow before any program thinks."""
    ((events,),) = rows("select count(*) from event")
    with connection.cursor() as cursor:
        prepared = {}
        for table in TABLES:
            cursor.execute(f"create table twin_{table} (like {table} including all)")
            with cursor.copy(f"copy {table} to stdout") as stream:
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
        "select sum(pg_total_relation_size(t::regclass)) from unnest(%s::text[]) t", [[*TABLES, "log_entry"]]
    )
    return float(size)
