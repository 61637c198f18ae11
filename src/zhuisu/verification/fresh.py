"""Whether what was answered before still holds: what an answer rests on, and the one statement that asks whether any of it changed."""

import uuid
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import psycopg
from django.db import connection

from zhuisu.codes import Code, zs_unit
from zhuisu.events import since
from zhuisu.events.store import rows
from zhuisu.verification.queries import FINDINGS_LIMIT, HISTORY_LIMIT, Past, Seen

# What one answer rests on at most, so that asking whether it still holds stays cheaper than making it anew. With more, any
# new event at all makes the answer void.
MAX_FOOTING = 1_000
REGISTER = 0  # the scope of all master data
PREPARE_AFTER = 2  # the driver's count of a statement's uses before the server keeps its plan


@dataclass(frozen=True, slots=True)
class Marks:
    """Where the platform stood before an answer was made: log, judge, changes of master data and of a few series."""

    head: int
    judged: int
    register: int
    series: int

    def same_register(self, other: "Marks") -> bool:
        """Whether no master data and no series of this answer changed between."""
        return (self.register, self.series) == (other.register, other.series)


@dataclass(frozen=True, slots=True)
class Footing:
    """What an answer rests on: items, the events that name them with the hashes of their ids, and codes that no event named
    yet. `whole`: on more than that, so that any event counts."""

    items: list[int]
    events: list[int]
    hashes: list[uuid.UUID]
    missing: list[uuid.UUID]
    whole: bool

    @property
    def octets(self) -> int:
        """About how much memory it takes."""
        return 40 * (len(self.items) + len(self.events)) + 100 * (len(self.hashes) + len(self.missing))


def scope_of(code: Code) -> int:
    """The scope of the series that a code claims, as the database counts it (verification_scope_of); of any other code it is
    some scope, and the code rests on nothing in it."""
    name = code.value.rpartition("/")[2][: zs_unit.SERIES]
    if len(name) < zs_unit.SERIES or not name.isascii():
        return 1
    first, second, third, fourth = name.encode()
    return 1 + (first * 29791 + second * 961 + third * 31 + fourth) % 255


_SUM = "(select coalesce(sum(n), 0)::bigint from verification_change where scope = {})"


def marks(scope: int) -> Marks:
    """Where the platform stands. One statement."""
    found = rows(
        f"""select {since.HEAD}, (select coalesce(max(verdict), 0) from verdict_last),
                   {_SUM.format(REGISTER)}, {_SUM.format("%s")}""",
        [scope],
    )
    return Marks(*found[0])


def counters() -> dict[int, int]:
    """Every scope's changes so far; a scope that never changed is left out. One statement."""
    return {scope: int(total) for scope, total in rows("select scope, sum(n) from verification_change group by scope")}


def footing(items: Collection[int], named: Collection[Code], *, whole: bool = False) -> Footing:
    """What an answer about these items, and about codes that may be items or not yet, rests on. Two statements."""
    keys = [code.key for code in named]
    known = since.items_by_keys(keys)
    held, absent = sorted({*items, *known.values()}), [key for key in keys if key not in known]
    if whole or len(held) > MAX_FOOTING:
        return Footing([], [], [], absent, True)
    found = since.events_of(held, MAX_FOOTING + 1)
    if len(found) > MAX_FOOTING:
        return Footing([], [], [], absent, True)
    return Footing(held, [row[0] for row in found], [row[1] for row in found], absent, False)


@dataclass(frozen=True, slots=True)
class Look:
    """One more look at something that was answered before: this source's count, where the platform stands, whether anything
    the answer rests on changed, and the scans."""

    looks: int
    misses: int
    marks: Marks
    touched: bool
    past: Past


_AGAIN = f"""
with counted as (
  insert into verification_looks as here (door, minute, looks, misses) values (%(door)s, %(minute)s, 1, 0)
  on conflict (door, minute) do update set looks = here.looks + 1 returning looks, misses
), now as (
  select {since.HEAD} as head,
         (select coalesce(max(verdict), 0) from verdict_last) as judged
), seen as (
  select at, region, source::text as source, id from verification_scan where item = %(thing)s
  order by at desc, id desc limit {HISTORY_LIMIT}
), first as (
  select at, region, source::text as source from verification_scan where item = %(thing)s order by at, id limit 1
)
select c.looks, c.misses, n.head, n.judged, {_SUM.format(REGISTER)}, {_SUM.format("%(scope)s")},
  case when n.head > %(head)s then {since.TOUCHED} else false end
  or case when n.judged > %(judged)s then
    exists (select 1 from verdict_last w where w.event = any(%(events)s) and w.verdict > %(judged)s)
  else false end
  or {since.APPEARED},
  array(select at from seen order by at desc, id desc), array(select region from seen order by at desc, id desc),
  array(select source from seen order by at desc, id desc), (select at from first), (select region from first),
  (select source from first),
  array(select kind from verification_finding where item = %(canonical)s order by at desc limit {FINDINGS_LIMIT}),
  array(select cause from verification_finding where item = %(canonical)s order by at desc limit {FINDINGS_LIMIT})
from counted c, now n
"""


def again(code: Code, scope: int, was: Marks, rests: Footing, *, door: uuid.UUID, minute: int) -> Look:
    """Count a look at a code and ask whether what was answered at `was` still holds: one statement, one moment."""
    found = prepared(
        _AGAIN,
        {
            "door": door, "minute": minute, "thing": code.key, "canonical": code.canonical, "scope": scope,
            "head": was.head, "judged": was.judged, "items": rests.items, "events": rests.events,
            "hashes": rests.hashes, "missing": rests.missing,
        },
    )[0]  # fmt: skip
    stands = Marks(found[2], found[3], found[4], found[5])
    changed = not stands.same_register(was)
    changed = changed or (rests.whole and (stands.head, stands.judged) != (was.head, was.judged))
    scans = tuple(Seen(*row) for row in zip(found[7], found[8], found[9], strict=True))
    first = Seen(found[10], found[11], found[12]) if found[10] else None
    findings = tuple(zip(found[13], found[14], strict=True))
    return Look(found[0], found[1], stands, changed or found[6], Past(scans, first, findings))


def note(code: Code, *, at: datetime, region: str, state: str, source: uuid.UUID, after: datetime) -> int:
    """Write a scan down unless this source has one after that; how many there were before, at most HISTORY_LIMIT."""
    wanted = {
        "thing": code.key, "at": at, "region": region, "state": state, "who": source, "since": after,
        "most": HISTORY_LIMIT,
    }  # fmt: skip
    sql = "select verification_note(%(thing)s, %(at)s, %(region)s, %(state)s, %(who)s, %(since)s, %(most)s::integer)"
    return int(prepared(sql, wanted)[0][0])


def prepared(sql: str, values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    """All rows of a statement whose plan the server keeps. Raises django.db.Error kinds like any other statement."""
    connection.ensure_connection()
    raw: Any = connection.connection
    # Django asks for no plans to be kept, since its own statements have their values written into them.
    if raw.prepare_threshold is None:
        raw.prepare_threshold = PREPARE_AFTER
    with connection.wrap_database_errors, psycopg.Cursor(raw) as cursor:
        return cursor.execute(sql, values).fetchall()
