"""One level of a walk where the tables lie on several machines: keys grouped by shard against the plain statement, on one node and three."""

import os
import random
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import psycopg
from psycopg.conninfo import make_conninfo

from zhuisu.config.bench.figures import Figure, NotMeasured, Scale, seconds
from zhuisu.config.bench.scratch import scratch_database

ADDRESS = "ZHUISU_DATABASE_URL"
SPREAD = Path(__file__).parents[4] / "deploy" / "citus.sql"
ITEMS = 800_000  # things; each was made in one event and went into another
KEYS = 10_000
EVERYWHERE = "postgres"  # the database that every node has
ROUNDS = 9
ROLES = [1, 2]
NO_CLUSTER = "ZHUISU_DATABASE_URL names no Citus coordinator"

Node = tuple[str, int]


def nodes() -> list[Node]:
    """Host and port of every node of the cluster that ZHUISU_DATABASE_URL names, the coordinator first; none elsewhere."""
    with psycopg.connect(os.environ[ADDRESS], autocommit=True) as connection:
        if not connection.execute("select 1 from pg_extension where extname = 'citus'").fetchone():
            return []
        known = connection.execute("select nodename, nodeport from pg_dist_node order by groupid, nodeid")
        return [(str(host), int(port)) for host, port in known]


@contextmanager
def spread(database: str, over: Sequence[Node]) -> Iterator[None]:
    """The tables of this database, at the first of these nodes, spread over the others; where there is only one, in shards on it."""
    (host, port), workers = over[0], over[1:]
    for worker in workers:
        _on(worker, None, f'drop database if exists "{database}" with (force)', f'create database "{database}"')
        _on(worker, database, "create extension citus")
    known = f"select citus_set_coordinator_host('{host}', {port})"
    adding = [f"select citus_add_node('{name}', {number})" for name, number in workers]
    holding = [] if workers else [f"select citus_set_node_property('{host}', {port}, 'shouldhaveshards', true)"]
    _on(over[0], database, "create extension citus", known, *adding, *holding)
    with psycopg.connect(make_conninfo(os.environ[ADDRESS], dbname=database)) as connection:
        connection.execute(SPREAD.read_bytes())
    try:
        yield
    finally:
        for worker in workers:
            _on(worker, None, f'drop database if exists "{database}" with (force)')


def _on(node: Node, database: str | None, *statements: str) -> None:
    host, port = node
    where = make_conninfo(os.environ[ADDRESS], host=host, port=port, dbname=database or EVERYWHERE)
    with psycopg.connect(where, autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement.encode())


def figures(scale: Scale) -> Iterator[Figure | NotMeasured]:
    """X1, X1b: a level by items and one by events on three workers, ms; X1c, X1d: the same in shards on one node."""
    cluster = nodes()
    for count, ids in ((3, ("X1", "X1b")), (1, ("X1c", "X1d"))):
        chosen = cluster[: count + 1] if count > 1 else cluster[:1]
        if len(chosen) < count + (count > 1):
            for each in ids:
                yield NotMeasured(each, NO_CLUSTER if not cluster else f"the cluster has fewer than {count} workers")
            continue
        yield from _measured(scale, chosen, count, ids)


def _measured(scale: Scale, over: Sequence[Node], count: int, ids: tuple[str, str]) -> Iterator[Figure]:
    from django.db import connection

    from zhuisu.events.store import rows

    with scratch_database(), spread(str(connection.settings_dict["NAME"]), over):
        connection.close()  # what the database sets for its sessions begins with the next one
        things = scale.of(ITEMS)
        _load(things)
        chance = random.Random(7)  # noqa: S311 - the same keys every time
        held = {
            "items": chance.sample(range(1, things + 1), KEYS),
            "events": chance.sample(range(1, things + 1), KEYS),
        }
        whole = "select * from {} where {} = any(%s::bigint[]) and role = any(%s::smallint[]) offset 0"
        plain = {"items": whole.format("part", "item"), "events": whole.format("event_part", "event")}
        grouped = {
            "items": "select * from item_parts(%s::bigint[], %s::smallint[], 'infinity')",
            "events": "select * from event_parts(%s::bigint[], %s::smallint[])",
        }
        for what, each in zip(held, ids, strict=True):

            def asking(sql: str, keys: list[int]) -> Callable[[], object]:
                # All rows come here, as in a walk, which goes on from them.
                return lambda: rows(f"select count(*), sum(item), sum(event) from ({sql}) p", [str(set(keys)), ROLES])

            fast, slow = asking(grouped[what], held[what]), asking(plain[what], held[what])
            if fast() != slow():
                raise ValueError(f"a level by {what}: the two statements disagree")
            rounds = scale.rounds(ROUNDS)
            value, base = seconds(fast, rounds), seconds(slow, rounds)
            yield Figure(
                each,
                f"one level of {KEYS} {what} of a walk, {count} node{'s' if count > 1 else ''}, keys grouped by shard",
                value * 1000,
                "ms",
                base * 1000,
                "the plain statement, all keys to all shards",
            )


def _load(things: int) -> None:
    """Two parts of every thing and two of every event: each was made in one, and went into another."""
    from zhuisu.events.store import rows

    for table in ("part", "event_part"):
        for role, spacing in zip(ROLES, (1, 7), strict=True):
            rows(
                f"""insert into {table} (item, event, at, role, position)
                    select n, 1 + (n * {spacing}) %% %s, '2026-01-01', {role}, 0 from generate_series(1, %s) n""",
                [things, things],
            )
    rows("analyze")
