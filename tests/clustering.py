"""Where the tests' database is a Citus coordinator, their own database is spread over the same nodes (deploy/citus.sql)."""

from collections.abc import Iterable
from contextlib import AbstractContextManager, nullcontext
from typing import Any

from zhuisu.config.bench import shards
from zhuisu.events.store import copy, is_spread


def spread(database: str) -> AbstractContextManager[None]:
    """The tables of this database spread over all nodes of the cluster. Nothing happens where there is none."""
    over = shards.nodes()
    return shards.spread(database, over) if over else nullcontext()


def copy_parts(columns: str, records: Iterable[tuple[Any, ...]]) -> None:
    """Rows into `part`, and into the second copy that a cluster has of it."""
    held = list(records)
    for table in ("part", "event_part") if is_spread() else ("part",):
        copy(table, columns, held)
