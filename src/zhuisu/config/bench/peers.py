"""Other databases asked the same: how many lots are downstream. Each in the fastest way that is published for it."""

import sqlite3
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

if TYPE_CHECKING:
    from zhuisu.config.bench.lots import Lots


MOST_STEPS = 200  # more than any chain here has; its own default is 30


class Peer(Protocol):
    """A database that has loaded the links."""

    def run(self, starts: Sequence[int]) -> int:
        """How many lots they reach, themselves too."""

    def close(self) -> None:
        """Free what it holds."""


class Sqlite:
    """A recursive query over a table in the order of its key."""

    def __init__(self, told: "Lots") -> None:
        self.connection = sqlite3.connect(":memory:")
        self.connection.execute(
            "create table link (source integer, target integer, primary key (source, target)) without rowid"
        )
        order = np.lexsort((told.target, told.source))
        pairs = zip(told.source[order].tolist(), told.target[order].tolist(), strict=True)
        self.connection.executemany("insert into link values (?, ?)", pairs)
        self.connection.execute("create temp table start (lot integer primary key)")

    def run(self, starts: Sequence[int]) -> int:
        """See Peer."""
        self.connection.execute("delete from start")
        self.connection.executemany("insert into start values (?)", ((start,) for start in starts))
        ((found,),) = self.connection.execute(
            """with recursive reached (lot) as (select lot from start union
                 select l.target from reached r join link l on l.source = r.lot) select count(*) from reached"""
        )
        return int(found)

    def close(self) -> None:
        """See Peer."""
        self.connection.close()


class DuckDb:
    """Level by level: a semijoin of the links with the frontier, and what was seen kept outside; faster than its recursion."""

    def __init__(self, told: "Lots") -> None:
        import duckdb

        self.connection = duckdb.connect(":memory:")
        order = np.argsort(told.source, kind="stable")
        source, target = told.source[order], told.target[order]
        self.connection.register("given", {"source": source, "target": target})
        self.connection.execute("create table link as select source, target from given")
        self.connection.unregister("given")
        self.count = told.count

    def run(self, starts: Sequence[int]) -> int:
        """See Peer."""
        seen = np.zeros(self.count + 1, bool)
        frontier = np.array(starts, np.int64)
        seen[frontier] = True
        found = 0
        while len(frontier):
            found += len(frontier)
            self.connection.register("frontier", {"lot": frontier})
            told = self.connection.execute(
                "select distinct target from link where source in (select lot from frontier)"
            )
            reached = told.fetchnumpy()["target"]
            frontier = reached[~seen[reached]]
            seen[frontier] = True
        return found

    def close(self) -> None:
        """See Peer."""
        self.connection.close()


class Ladybug:
    """A graph database, by its own shortest paths: the form in which it visits each lot once."""

    def __init__(self, told: "Lots") -> None:
        import real_ladybug

        self.folder = tempfile.TemporaryDirectory()
        home = Path(self.folder.name)
        np.savetxt(home / "lot.csv", np.arange(1, told.count + 1), fmt="%d")
        np.savetxt(home / "link.csv", np.stack([told.source, told.target], axis=1), fmt="%d", delimiter=",")
        self.database = real_ladybug.Database(str(home / "graph"))
        self.connection: Any = real_ladybug.Connection(self.database)
        self.connection.execute(f"call var_length_extend_max_depth = {MOST_STEPS}")
        self.connection.execute("create node table Lot (id int64, primary key (id))")
        self.connection.execute("create rel table Link (from Lot to Lot)")
        self.connection.execute(f"copy Lot from '{home / 'lot.csv'}' (header=false)")
        self.connection.execute(f"copy Link from '{home / 'link.csv'}' (header=false)")

    def run(self, starts: Sequence[int]) -> int:
        """See Peer."""
        told = self.connection.execute(
            f"match (a:Lot)-[* shortest 1..{MOST_STEPS}]->(b:Lot) where a.id in $given and not b.id in $given return count(distinct b.id)",
            {"given": list(starts)},
        )
        ((found,),) = told.get_all()
        return int(found) + len(starts)

    def close(self) -> None:
        """See Peer."""
        self.connection.close()
        self.database.close()
        self.folder.cleanup()


PEERS: dict[str, Callable[["Lots"], Peer]] = {"DuckDB": DuckDb, "Ladybug": Ladybug, "SQLite": Sqlite}
