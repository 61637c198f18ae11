"""From the replay to what a judge asks: profiles.act.Known of one thing, for one sector, on one day. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from zhuisu.codes import Level
from zhuisu.compliance.said import Carried, plus
from zhuisu.compliance.world import CARRIED, MAX_DEPTH, OF_THE_WHOLE, Thing, World
from zhuisu.profiles.act import Known
from zhuisu.profiles.model import Bar, Duty, Profile
from zhuisu.profiles.units import in_unit


@dataclass(frozen=True, slots=True)
class Due:
    """When a duty of a thing must next be done. `last_on`: when it was last done; None: never yet."""

    duty: str
    due_on: date
    last_on: date | None


def sectors_of(world: World, item: int, depth: int = 0) -> frozenset[str]:
    """The sectors that a thing is of: by its kind, else by what lies in it, else by what happened to it."""
    if kind := kind_of(world, item):
        return frozenset({kind.partition(".")[0]})
    thing = world.thing(item)
    inside: set[str] = set()
    for child in thing.contents if depth < MAX_DEPTH else ():
        inside |= sectors_of(world, child, depth + 1)
    return frozenset(inside or {sector for one in _with_all(world, thing) for sector, _ in one.days})


def kind_of(world: World, item: int, depth: int = 0) -> str:
    """The kind of a thing, "sector.kind": its own, its lot's or product's, or that of all that lies in it."""
    thing = world.thing(item)
    found = thing.kind or next((kind for each in thing.of if (kind := world.thing(each).kind)), "")
    if found or depth == MAX_DEPTH:
        return found
    inside = {kind_of(world, child, depth + 1) for child in thing.contents}
    return inside.pop() if len(inside) == 1 else ""


def known(
    world: World, item: int, profile: Profile, on: date, actor: int = 0, unit: str | None = None, weighed: bool = False
) -> Known:
    """What is known of a thing now, for the sector of a profile; `weighed`: the event gives an amount of it, in `unit`."""
    kind = kind_of(world, item)
    days = days_of(world, item, profile.id)
    return Known(
        kind=kind.partition(".")[2] if kind.startswith(profile.id + ".") else "",
        steps=frozenset(days),
        states=states_of(world, item, profile.id, on),
        overdue=frozenset(each.duty for each in dues(world, item, profile) if each.due_on < on),
        papers=papers_of(world, item, on),
        stock=_stock(world.thing(item), actor, unit) if weighed else None,
        expires_on=_expires_on(world, item),
        days=days,
    )


def days_of(world: World, item: int, sector: str, depth: int = 0) -> dict[str, date]:
    """The last day on which each step happened to it, to what it is of, or to all that lies in it."""
    thing = world.thing(item)
    found: dict[str, date] = {}
    for each in _with_all(world, thing):
        for (of_sector, step), day in each.days.items():
            if of_sector == sector and (step not in found or found[step] < day):
                found[step] = day
    if thing.contents and depth < MAX_DEPTH:
        inside = [days_of(world, child, sector, depth + 1) for child in thing.contents]
        for step in set.intersection(*(set(each) for each in inside)):
            found[step] = max(found.get(step, date.min), min(each[step] for each in inside))
    return found


def states_of(world: World, item: int, sector: str, on: date, depth: int = 0) -> frozenset[Bar]:
    """The states that hold on a day: its own, its lot's, and those of anything that lies in it."""
    thing = world.thing(item)
    found: set[Bar] = set()
    for one in _with_lots(world, thing):
        found |= {
            state
            for (of_sector, state), spans in one.states.items()
            if of_sector in ("", sector)
            and (one is thing or state not in OF_THE_WHOLE)
            and any(span.holds(on) for span in spans.values())
        }
        if one.recalls:
            found.add("recalled")
        if any(day < on for day in (one.expires_on, one.printed_on) if day):
            found.add("expired")
    for child in thing.contents if depth < MAX_DEPTH else ():
        found |= states_of(world, child, sector, on, depth + 1)
    return frozenset(found)


def carried(world: World, item: int, sector: str, on: date) -> Iterator[Carried]:
    """The states that pass from an input to what is made of it."""
    for one in _with_lots(world, world.thing(item)):
        for (of_sector, state), spans in one.states.items():
            if state in CARRIED and of_sector in ("", sector):
                yield from (Carried(state, origin, each.until) for origin, each in spans.items() if each.holds(on))
        if one.recalls:
            yield Carried("recalled", "")


def papers_of(world: World, item: int, on: date, depth: int = 0) -> frozenset[str]:
    """Kinds of certificates about it by that day, and of documents that came with earlier events; for a container, those that
    all that lies in it has."""
    thing = world.thing(item)
    found: set[str] = set()
    for one in _with_all(world, thing):
        found |= one.papers | {
            kind
            for kind, issued_on, void_on in one.certificates
            if issued_on <= on and (void_on is None or on < void_on)
        }
    if thing.contents and depth < MAX_DEPTH:
        found |= frozenset.intersection(*(papers_of(world, child, on, depth + 1) for child in thing.contents))
    return frozenset(found)


def dues(world: World, item: int, profile: Profile) -> Iterator[Due]:
    """The duties of a thing that run, with their next day. A part of a thing has none: what is of no kind of its own and was fitted
    to what is of some kind."""
    thing = world.thing(item)
    kind = kind_of(world, item).partition(".")[2]
    if not kind and thing.whole is not None and kind_of(world, thing.whole):
        return
    days = days_of(world, item, profile.id)
    for name, duty in profile.duties.items():
        if duty.kinds and kind not in duty.kinds:
            continue
        last_on = days.get(duty.step)
        key = (profile.id, duty.step)
        said = [one.due.get(key) for one in _with_all(world, thing) if duty.due_field and one.days.get(key) == last_on]
        since = last_on or _since(duty, days, thing)
        if since:
            yield Due(name, next(filter(None, said), plus(since, duty.within_days)), last_on)


def _since(duty: Duty, days: dict[str, date], thing: Thing) -> date | None:
    if not duty.since:
        return thing.first_on if days else None
    return max((days[step] for step in duty.since if step in days), default=None)


def _with_all(world: World, thing: Thing) -> list[Thing]:
    return [thing, *(world.thing(one) for one in thing.of)]


def _with_lots(world: World, thing: Thing) -> list[Thing]:
    lots = (world.thing(one) for one in thing.of)
    return [thing, *(one for one in lots if one.level == Level.LOT)]


def _expires_on(world: World, item: int, depth: int = 0) -> date | None:
    thing = world.thing(item)
    own = _with_lots(world, thing)
    days = [day for one in own for day in (one.expires_on, one.printed_on) if day]
    said = [span.since for one in own for span in one.states.get(("", "expired"), {}).values()]
    days += [since - timedelta(days=1) for since in said if since]
    inside = [_expires_on(world, child, depth + 1) for child in thing.contents] if depth < MAX_DEPTH else []
    return min([*days, *(day for day in inside if day)], default=None)


def _stock(thing: Thing, actor: int, unit: str | None) -> Decimal | None:
    """What is left with the actor, in the unit; None where none ever came in there, what did is of another measure, or its
    beginnings lie further back than is looked."""
    if thing.cut or actor not in thing.opened:
        return None
    found: Decimal | None = None
    for (of_actor, held_in), amount in thing.books.items():
        if of_actor == actor and (converted := _converted(amount, held_in, unit)) is not None:
            found = (found or Decimal(0)) + converted
    return found


def _converted(amount: Decimal, held_in: str | None, unit: str | None) -> Decimal | None:
    return amount if held_in == unit else in_unit(amount, held_in, unit or "EA")
