"""Whether what was answered before still holds: what an answer rests on, and the one statement that asks whether any of it changed."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from zhuisu.codes import Code, zs_unit
from zhuisu.events import since
from zhuisu.events.store import rows
from zhuisu.verification.queries import FINDINGS_LIMIT, Past
from zhuisu.verification.scans import CALL, COLUMNS, Scans, told
from zhuisu.verification.statements import prepared

# What one answer rests on at most, so that asking whether it still holds stays cheaper than making it anew. With more, any
# new event at all makes the answer void.
MAX_FOOTING = 1_000
REGISTER = 0  # the scope of all master data


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
    yet; arrays as the database writes them, for they go there at every look. `whole`: on more than that, so that any event
    counts."""

    items: str
    events: str
    hashes: str
    missing: str
    whole: bool

    @property
    def octets(self) -> int:
        """About how much memory it takes."""
        return sum(map(len, (self.items, self.events, self.hashes, self.missing)))


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
        return Footing(_array(), _array(), _array(), _array(absent), True)
    found = since.events_of(held, MAX_FOOTING + 1)
    if len(found) > MAX_FOOTING:
        return Footing(_array(), _array(), _array(), _array(absent), True)
    events, hashes = (row[0] for row in found), (row[1] for row in found)
    return Footing(_array(held), _array(events), _array(hashes), _array(absent), False)


def _array(values: Iterable[object] = ()) -> str:
    """Numbers or UUIDs as PostgreSQL reads an array of them."""
    return f"{{{','.join(map(str, values))}}}"


@dataclass(frozen=True, slots=True)
class Look:
    """One more look at something that was answered before: this source's count, where the platform stands, whether all that
    the answer rests on is as it was, what was found about the thing, and which scan this is (None: nothing that is scanned, or
    not to be answered from memory)."""

    looks: int
    misses: int
    marks: Marks
    holds: bool
    past: Past
    scans: Scans | None


# The look is counted whatever comes of it; a scan is written only where the answer holds and this source may have it, since
# otherwise the page is made anew, and whoever makes it writes the scan.
_AGAIN = f"""
with counted as (
  insert into verification_looks as here (door, minute, looks, misses) values (%(door)s, %(minute)s, 1, 0)
  on conflict (door, minute) do update set looks = here.looks + 1 returning looks, misses
), now as (
  select {since.HEAD} as head, (select coalesce(max(verdict), 0) from verdict_last) as judged,
         {_SUM.format(REGISTER)} as register, {_SUM.format("%(scope)s")} as series
), held as materialized (
  select c.*, n.*, n.register = %(register)s and n.series = %(series)s
    and case when n.head > %(head)s then not %(whole)s and not {since.TOUCHED} else true end
    and case when n.judged > %(judged)s then not %(whole)s and not exists (
          select 1 from verdict_last w where w.event = any(%(events)s::bigint[]) and w.verdict > %(judged)s)
        else true end
    and case when %(missing)s::uuid[] = '{{}}' then true else not {since.APPEARED} end as holds
  from counted c, now n
), told as materialized (
  select h.*, case when h.holds and %(scanned)s and h.looks <= %(most_looks)s and h.misses <= %(most_misses)s
              then {CALL} end as scan
  from held h
)
select looks, misses, head, judged, register, series, holds,
  array(select kind from verification_finding where item = %(canonical)s order by at desc limit {FINDINGS_LIMIT}),
  array(select cause from verification_finding where item = %(canonical)s order by at desc limit {FINDINGS_LIMIT}),
  {", ".join(f"(scan).{each}" for each in COLUMNS)}
from told
"""
_SCAN = 9  # the first of its columns


def again(
    scan: Mapping[str, Any], scanned: bool, canonical: str, scope: int, was: Marks, rests: Footing, minute: int,
    limits: tuple[int, int],
) -> Look:  # fmt: skip
    """Count a look of nobody who signed in, ask whether what was answered at `was` still holds, and write the scan: one
    statement, one moment. `scan`: see scans.asked; `limits`: looks and misses beyond which nothing is written."""
    row = prepared(
        _AGAIN,
        {
            **scan, "door": scan["source"], "minute": minute, "scanned": scanned, "canonical": canonical, "scope": scope,
            "head": was.head, "judged": was.judged, "register": was.register, "series": was.series, "whole": rests.whole,
            "items": rests.items, "events": rests.events, "hashes": rests.hashes, "missing": rests.missing,
            "most_looks": limits[0], "most_misses": limits[1],
        },
    )[0]  # fmt: skip
    looks, misses, head, judged, register, series, holds, kinds, causes = row[:_SCAN]
    scans = told(row[_SCAN:]) if row[_SCAN] is not None else None
    return Look(
        looks, misses, Marks(head, judged, register, series), holds, Past(tuple(zip(kinds, causes, strict=True))), scans
    )
