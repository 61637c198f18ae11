"""Which records the law no longer wants kept: by month and class, with what stands against letting them go (docs/concepts/retention.md)."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

from django.db import transaction

from zhuisu import codes, sectors
from zhuisu.compliance.store import cursor
from zhuisu.events import keeping
from zhuisu.events.gone import Record
from zhuisu.events.keeping import KeepingError
from zhuisu.events.store import is_spread, rows
from zhuisu.events.vocabulary import Role
from zhuisu.profiles.keeping import NO_SECTOR_MONTHS, Anchor, Days, kept_until, later
from zhuisu.profiles.model import Retention

NONE = "none"  # the class of events of which no sector speaks
# An act against the law is punished no later than five years after it was done, where health is at stake (行政处罚法 Administrative
# Penalty Law, article 36): as long what shows it is kept.
FINDING_MONTHS = 60
_THINGS = [level for level in codes.Level if level not in (codes.Level.CLASS, codes.Level.PLACE, codes.Level.PARTY, codes.Level.PROCESS)]  # fmt: skip
# In one event: a thing, and what is in it, what it is fitted with, what else it is called.
_HOLDERS = [Role.PACK_PARENT, Role.UNPACK_PARENT, Role.SEEN_PARENT, Role.FIT_PARENT, Role.UNFIT_PARENT, Role.SEEN_FIT_PARENT, Role.SAME]  # fmt: skip
_HELD = [Role.PACKED, Role.UNPACKED, Role.SEEN_INSIDE, Role.FITTED, Role.UNFITTED, Role.SEEN_FITTED, Role.SAME]


@dataclass(frozen=True, slots=True)
class Unit:
    """What goes whole or stays: the events recorded in a month (its first day, UTC) of one class (sectors joined by +, or none)."""

    month: date
    name: str
    events: int
    kept_until: date | None = None  # None: not known yet, see `stays`
    # What keeps it whatever the day: "hold", "recall", "finding", "judging" (not judged yet), or the anchor of a clock whose day is
    # not known: "expiry", "scrapping".
    stays: str = ""

    def may_go(self, on: date) -> bool:
        """Whether it may go on this day."""
        return not self.stays and self.kept_until is not None and self.kept_until < on


_CLASS = """coalesce((select string_agg(w.sector, '+' order by w.sector collate "C") from verdict_last w
                      where w.event = e.id and w.sector <> ''), 'none')"""
_HERE = """event e join log_entry l on l.event = e.id join event_body b on b.event = e.id and b.format <> 'gone'
           where e.recorded_at >= %s and e.recorded_at < %s"""


def units(at: datetime, month: date | None = None, name: str = "") -> list[Unit]:
    """What is here, of one month or class where that is said, and until when it must be kept, by what is known at `at`. Reads every event
    of those months: minutes for a large store. Raises KeepingError where the tables lie on several machines."""
    if is_spread():
        raise KeepingError("the event tables lie on several machines: nothing can be let go there")
    since, until = _bounds(month) if month else (datetime.min.replace(tzinfo=UTC), at)
    found = rows(
        f"""select (date_trunc('month', e.recorded_at at time zone 'UTC'))::date as month, {_CLASS} as name, count(*)
            from {_HERE} group by 1, 2 order by 1, 2""",
        [since, until],
    )
    return [_judged(Unit(*row), at) for row in found if name in ("", row[1])]


@transaction.atomic
def release(month: date, name: str, *, by: str, at: datetime) -> Record:
    """Let a month's events of a class go. Raises KeepingError, and nothing goes, where one of them must stay."""
    keeping.one_at_a_time()
    found = units(at, month, name)
    if not found:
        raise KeepingError("nothing of this month and class is here")
    (one,) = found
    if not one.may_go(at.date()) or one.kept_until is None:
        raise KeepingError(f"it must be kept: {one.stays or f'until {one.kept_until}'}")
    old = datetime.combine(later(at.date(), -NO_SECTOR_MONTHS), datetime.min.time(), UTC)
    record = keeping.let_go(month, name, _numbers(one), kept_until=one.kept_until, by=by, at=at, old=old)
    if record.events != one.events:  # the judge said something else meanwhile
        raise KeepingError("other events were found than a moment ago: ask again")
    return record


def _numbers(one: Unit) -> Iterator[list[int]]:
    # By number, within those of the month: each batch goes on where the last one ended, without sorting the month again.
    ((first, end),) = rows(f"select min(e.id), max(e.id) from {_HERE}", _bounds(one.month))
    last = first - 1
    while found := rows(
        f"select e.id from {_HERE} and e.id > %s and e.id <= %s and {_CLASS} = %s order by e.id limit %s",
        [*_bounds(one.month), last, end, one.name, keeping.BATCH],
    ):
        batch = [number for (number,) in found]
        yield batch
        last = batch[-1]


def _bounds(month: date) -> tuple[datetime, datetime]:
    first = datetime(month.year, month.month, 1, tzinfo=UTC)
    return first, (first + timedelta(days=32)).replace(day=1)


# The events of the unit; the things they name; what of each thing can be told apart: what lay in it by then and the lots it is of
# (reach); and with that the products (about). A thing is ended, and a recall lifted, by a step of its sector that breaks no rule, of
# somebody with a role for it (closed): a stranger's word lets nothing go.
_FACTS = f"""
with recursive unit as materialized (
  select e.id, greatest(e.happened_at, e.recorded_at) as at, l.position from {_HERE} and {_CLASS} = %s
), named as materialized (
  select distinct p.item, i.level, i.product from part p join item i on i.id = p.item where p.event in (select id from unit)
), reach (thing, item) as (
  select item, item from named where level = any(%s)
  union
  select r.thing, c.item from reach r join part h on h.item = r.item
  join part c on c.event = h.event
    and ((h.role = any(%s) and c.role = any(%s)) or (h.role = %s and c.role = %s and c.position = h.position))
  where h.at <= (select max(at) from unit)
), about as materialized (
  select item from reach union select item from named where level = %s
  union select i.product from reach r join item i on i.id = r.item where i.product is not null
), expiries as (
  select r.thing, max((v.said->>'expires_on')::date) as day
  from reach r left join (part p join verdict_last w on w.event = p.event
                          join verdict v on v.id = w.verdict and v.outcome = 'judged' and v.said ? 'expires_on')
    on p.item = r.item and p.role <> %s
  group by r.thing
), closed as materialized (
  select p.item, p.at, p.role from part p join verdict_last w on w.event = p.event and w.errors = 0
  join verdict v on v.id = w.verdict and v.outcome = 'judged' and v.step <> '' and not v.said ? 'strange'
  where p.item in (select item from about) and (p.role = %s or v.said->'changes' @> '[["recalled", true]]')
), lives as (
  select n.item, max(p.at) as last, max(p.at) filter (where p.role = %s) as begun,
         (select max(c.at) from closed c where c.item = n.item and c.role = %s) as ended
  from named n join part p on p.item = n.item where n.level = any(%s) group by n.item
), recalls as (
  select p.item, e.happened_at as at from event e join part p on p.event = e.id
  where e.disposition = 'recalled' and p.item in (select item from about)
    and not exists (select from void v where v.event = e.id)
)
select (select max(at) from unit),
  (select max(day) from expiries),
  (select count(*) from expiries where day is null) + (select count(*) from named where level = %s),
  (select max(last) from lives),
  case when exists (select from lives where ended is null or begun > ended) then null else (select max(ended) from lives) end,
  exists (select from retention_hold h where h.lifted_at is null and (h.item is null or h.item in (select item from about))
          and (h.month is null or h.month = %s)),
  exists (select from recalls r where not exists (select from closed c where c.item = r.item and c.at > r.at)),
  exists (select from part p join verdict_last w on w.event = p.event and w.errors > 0 and w.happened_at >= %s
          where p.item in (select thing from reach))
  or exists (select from verdict_last w where w.event in (select id from unit) and w.errors > 0 and w.happened_at >= %s),
  (select max(position) from unit) > %s or exists (select from judge_queue q where q.event in (select id from unit))
"""


def _judged(one: Unit, at: datetime) -> Unit:
    """The unit with the day until which it must be kept, or what keeps it. Its clocks are counted from the latest days of any of its
    events and things: what goes whole is kept as long as the last of it."""
    punished = datetime.combine(later(at.date(), -FINDING_MONTHS), datetime.min.time(), UTC)
    ((event, expiry, endless, last, scrapped, *reasons),) = rows(
        _FACTS,
        [
            *_bounds(one.month),
            one.name,
            _THINGS,
            _HOLDERS,
            _HELD,
            *(Role.LOT_MEMBER, Role.LOT_OF),
            codes.Level.CLASS,
            Role.INPUT,
            *(Role.DECOMMISSIONED, Role.COMMISSIONED, Role.DECOMMISSIONED),
            _THINGS,
            codes.Level.CLASS,
            one.month,
            *(punished, punished),
            cursor(),
        ],
    )
    days = Days(_day(event), expiry, endless > 0, _day(last) if last else None, _day(scrapped) if scrapped else None)
    ends = [kept_until(_rules(name), days) for name in one.name.split("+")]
    known = [day for day in ends if isinstance(day, date)]
    unknown: list[Anchor] = [anchor for anchor in ends if not isinstance(anchor, date)]
    stays = next((name for name, found in zip(_REASONS, reasons, strict=True) if found), unknown[0] if unknown else "")
    return replace(one, kept_until=None if unknown else max(known), stays=stays)


_REASONS = ("hold", "recall", "finding", "judging")


def _day(at: datetime) -> date:
    """The latest day that a moment can be anywhere: nobody's clock ends too soon."""
    return (at.astimezone(UTC) + timedelta(hours=14)).date()


def _rules(name: str) -> list[Retention]:
    """What all editions of a sector want kept; nothing where it is none, or is no longer here."""
    sector = sectors.all().get(name)
    return [rule for edition in sector.editions for rule in edition.retention] if sector else []
