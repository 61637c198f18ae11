"""What happened to a flooded thing before the newest happenings that are replayed one by one: sums, and the few events that still tell."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import msgspec

from zhuisu.compliance import store
from zhuisu.compliance.world import ACTED, CHILDREN, CLEARED, MADE, PARENTS, Part, Thing
from zhuisu.events.store import rows
from zhuisu.events.vocabulary import Action, Kind, PartyRole, Role
from zhuisu.profiles.act import stock_by

# Older happenings of one item that are added up: a second of the database's time. What has more is a product without lots.
MAX_OLDER = 100_000
# Of these, events that are replayed all the same, since what they say still holds: a failed test, the making. A lot has few of them.
MAX_TELLING = 1_000
ACTIONS = {Action.ADD: "ADD", Action.OBSERVE: "OBSERVE", Action.DELETE: "DELETE"}
_TELLING = [int(role) for role in {*MADE, *CHILDREN, *PARENTS, Role.DECOMMISSIONED, Role.LOT_MEMBER, Role.SAME}]
_SAID = ["kind", "changes", "due_on", "expires_on", "inherited", "parent"]
_DISPOSITIONS = ["recalled", *sorted(CLEARED)]

_OLD = f"""with old as materialized (
  select p.item, p.event, p.role, p.position, p.quantity, p.unit, p.at, p.number, p.held from unnest(%s::bigint[]) as w (number)
  cross join lateral (
    select *, row_number() over (order by {store.NEWEST}) as number, count(*) over () as held from (
      select * from part where item = w.number and at <= %s order by {store.NEWEST} offset %s limit %s) n) p {store.VALID}
    and p.event <> all(%s)),
told as materialized (
  select o.*, e.kind, e.step, e.action, e.zone,
         (o.number = o.held or o.role = any(%s) or coalesce(e.disposition = any(%s), false)
          or exists (select 1 from verdict_last w join verdict v on v.id = w.verdict
                     where w.event = o.event and v.outcome = 'judged' and v.said ?| %s)) as telling
  from old o join event e on e.id = o.event)"""


@dataclass(frozen=True, slots=True)
class Sum:
    """Amounts of one item that came or went alike."""

    role: int
    stock: str  # in, out, none; "": as the role says
    actor: int  # item of who answers
    unit: str | None
    amount: Decimal


@dataclass(slots=True)
class Older:
    """What lies before the happenings of one item that are replayed. `until`: the last moment of it."""

    until: datetime
    days: dict[tuple[str, str], date]  # (sector, step) → last day
    sums: list[Sum]
    papers: set[str]

    def into(self, thing: Thing, party_of: dict[int, int]) -> None:
        """A thing begins with what is added up. `party_of`: registered party by item."""
        thing.summed_to = max(self.until, thing.summed_to) if thing.summed_to else self.until
        for key, day in self.days.items():
            thing.days[key] = max(day, thing.days.get(key, day))
            thing.due.setdefault(key, None)
        thing.papers |= self.papers
        for one in self.sums:
            way = {Role.INPUT: "out", Role.OUTPUT: "in"}.get(Role(one.role), one.stock)
            if one.role in ACTED and way in ("in", "out"):
                actor = party_of.get(one.actor, -abs(one.actor))
                thing.book(actor, one.unit, one.amount if way == "in" else -one.amount)


def older(
    items: Collection[int], until: datetime, position: int, own: Collection[int]
) -> tuple[list[tuple[int, Part]], dict[int, Older], set[int]]:
    """Of these items, beyond the newest MAX_PARTS happenings: (event, part) of the events that still tell something, the sums of all
    others by item, and the items of which even so not all is known. Three statements."""
    old = [
        *(list(items), until, store.MAX_PARTS, MAX_OLDER + 1, position, position, list(own)),
        *(_TELLING, _DISPOSITIONS, _SAID),
    ]
    found: dict[int, Older] = {}
    many: dict[int, int] = {}
    cut: set[int] = set()
    sums: list[tuple[int, bool, Sum]] = []
    for item, telling, count, last, held, role, kind, step, action, said, actor, unit, amount in _amounts(old):
        one = found.setdefault(item, Older(last, {}, [], set()))
        one.until = max(one.until, last)
        if held > MAX_OLDER:
            cut.add(item)
        many[item] = many.get(item, 0) + (count if telling else 0)
        stock = said or stock_by(
            kind == Kind.TRANSFORMATION, step or "", ACTIONS.get(action) if kind == Kind.OBJECT else ""
        )
        if amount is not None:
            sums.append((item, telling, Sum(role, stock, actor, unit, amount)))
    # With too many events that tell, none is replayed, and what they changed is not known.
    cut |= {item for item, count in many.items() if count > MAX_TELLING}
    for item, telling, each in sums:
        if not telling or item in cut:
            found[item].sums.append(each)
    for item, telling, sector, name, day, papers in _steps(old):
        if not telling or item in cut:
            found[item].days[sector, name] = max(day, found[item].days.get((sector, name), day))
            found[item].papers.update(kind for kinds in papers if kinds for kind in msgspec.json.decode(kinds))
    return [*_telling(old, found.keys() - cut)], found, cut


def _amounts(old: list[Any]) -> list[tuple[Any, ...]]:
    return rows(
        f"""{_OLD}
        select t.item, t.telling, count(*), max(t.at), max(t.held), t.role, t.kind, t.step, t.action, coalesce(v.stock, ''),
               coalesce(v.actor, r.party, 0), t.unit, sum(t.quantity)
        from told t
        left join lateral (
          select d.said ->> 'stock' as stock, d.actor from verdict_last w join verdict d on d.id = w.verdict
          where w.event = t.event and d.outcome = 'judged' order by coalesce(d.said ->> 'stock', '') = '', w.sector limit 1) v on true
        left join event_party r on r.event = t.event and r.role = %s
        group by t.item, t.telling, t.role, t.kind, t.step, t.action, 10, 11, t.unit""",
        [*old, int(PartyRole.REPORTER)],
    )


def _steps(old: list[Any]) -> list[tuple[Any, ...]]:
    return rows(
        f"""{_OLD}
        select t.item, t.telling, w.sector, w.step, max(((t.at at time zone 'UTC') + t.zone::interval)::date),
               array_agg(distinct v.said ->> 'papers')
        from told t join verdict_last w on w.event = t.event join verdict v on v.id = w.verdict and v.outcome = 'judged'
        where w.step <> '' and w.sector <> '' and t.role = any(%s) group by 1, 2, 3, 4""",
        [*old, [int(role) for role in ACTED]],
    )


def _telling(old: list[Any], items: Collection[int]) -> Iterable[tuple[int, Part]]:
    found = rows(
        f"""{_OLD}
        select event, item, role, quantity, unit, position from told where telling and item = any(%s)""",
        [*old, list(items)],
    )
    return ((event, Part(*part)) for event, *part in found)
