"""Where the tests' database is a Citus coordinator, their own database is spread over the same nodes (deploy/citus.sql)."""

from contextlib import AbstractContextManager, nullcontext

from zhuisu.config.bench import shards


def spread(database: str) -> AbstractContextManager[None]:
    """The tables of this database spread over all nodes of the cluster. Nothing happens where there is none."""
    over = shards.nodes()
    return shards.spread(database, over) if over else nullcontext()
