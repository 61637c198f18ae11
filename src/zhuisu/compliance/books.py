"""What counts over many things: a buyer's limit within days, an actor's quota, and what official registers know."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from zhuisu import epcis, sectors
from zhuisu.compliance import store
from zhuisu.compliance.said import Said
from zhuisu.compliance.world import Happening
from zhuisu.profiles.act import NAMESPACE_KEY, Act
from zhuisu.profiles.model import Overlay, Profile, Step
from zhuisu.profiles.units import in_unit
from zhuisu.registry.models import Quota
from zhuisu.registry.official import queries as official
from zhuisu.registry.official.models import RegisterEntry
from zhuisu.registry.official.numbers import parts_of

MAX_DAYS = 400  # the longest window of a limit that is looked at: a year and what it may be late


@dataclass(frozen=True, slots=True)
class Entry:
    """What one earlier act took from a limit or a quota."""

    order: tuple[datetime, int]
    on: date
    sector: str
    party: int  # the buyer, or the actor
    said: Said


@dataclass(slots=True)
class Books:
    """The entries of a batch, those before it and, as it is judged, its own."""

    bought: list[Entry] = field(default_factory=list)
    made: list[Entry] = field(default_factory=list)
    quotas: dict[int, list[Quota]] = field(default_factory=dict)

    def note(self, one: Happening, sector: str, said: Said, buyer: int) -> None:
        """What a deed of the batch itself takes."""
        if said.counted and buyer:
            self.bought.append(Entry(one.order, one.on, sector, buyer, said))
        if said.made:
            self.made.append(Entry(one.order, one.on, sector, one.answers(sector), said))

    def bought_by(self, party: int, profile: Profile, step: str, now: Happening) -> dict[str, Decimal]:
        """What a buyer got within the days of each limit of the step, the day itself included."""
        found: dict[str, Decimal] = {}
        for key, limit in profile.steps[step].limits.items() if party else ():
            since = now.on - timedelta(days=limit.days)
            found[key] = sum(
                (
                    each.said.counted.get(key, Decimal(0))
                    for each in self.bought
                    if each.party == party and each.sector == profile.id and since < each.on and each.order < now.order
                ),
                Decimal(0),
            )
        return found

    def quota_left(self, act: Act, profile: Profile, now: Happening) -> Decimal | None:
        """What the actor may still bring forth, in the unit of the event's first amount; None where nobody set a quota."""
        amounts = act.event.output_quantities or act.event.quantities
        if not amounts:
            return None
        left: list[Decimal] = []
        actor = now.answers(profile.id)
        for quota in self.quotas.get(actor, ()):
            if quota.sector != profile.id or not quota.valid_from_on <= now.on <= quota.valid_to_on:
                continue
            if quota.kind and quota.kind not in act.kinds_made:
                continue
            used = sum(
                (self._used(each, quota) for each in self.made if each.party == actor and each.order < now.order),
                Decimal(0),
            )
            converted = _in(quota.amount - used, quota.unit, amounts[0].uom)
            if converted is not None:
                left.append(converted)
        return min(left, default=None)

    @staticmethod
    def _used(one: Entry, quota: Quota) -> Decimal:
        if one.sector != quota.sector or not quota.valid_from_on <= one.on <= quota.valid_to_on:
            return Decimal(0)
        return sum(
            (
                _in(Decimal(amount), unit, quota.unit) or Decimal(0)
                for kind, unit, amount in one.said.made
                if quota.kind in ("", kind)
            ),
            Decimal(0),
        )


def _in(amount: Decimal, uom: str | None, unit: str | None) -> Decimal | None:
    return amount if uom == unit else in_unit(amount, uom, unit or "EA")


def open_books(own: list[int], times: list[datetime], buyers: dict[int, int], actors: Iterable[int]) -> Books:
    """The entries before a batch. `own`: its events, with their times; `buyers`: item → party; `actors`: registered parties."""
    books = Books()
    since, until = min(times) - timedelta(days=MAX_DAYS), max(times)
    limited = [(name, step) for name, sector in sectors.all().items() for step in _limited(sector.editions)]
    if buyers and limited:
        for party, *row in store.bought(list(buyers), limited, since, until, own):
            books.bought.append(_entry(buyers[party], row))
    for quota in Quota.objects.filter(party_id__in=list(actors)):
        books.quotas.setdefault(quota.party_id, []).append(quota)
    if books.quotas:
        for party, *row in store.made(list(books.quotas), until, own):
            books.made.append(_entry(party, row))
    return books


def asking(registers: Collection[str]) -> set[tuple[str, str]]:
    """The steps (sector, step) that look something up in one of these official registers, in any edition or region."""
    found = set()
    for name, sector in sectors.all().items():
        declared: tuple[Profile | Overlay, ...] = (*sector.editions, *sector.overlays)
        asked = {field for one in declared for field, held in one.fields.items() if held.register in registers}
        for one in declared if asked else ():
            for step, each in one.steps.items():
                said = {
                    *each.required,
                    *(each.optional if isinstance(each, Step) else ()),
                    *(d.field for d in each.demands),
                }
                if "unlisted" in each.barred or not asked.isdisjoint(said):
                    found.add((name, step))
    return found


def _limited(editions: Iterable[Profile]) -> set[str]:
    return {name for one in editions for name, step in one.steps.items() if step.limits}


def _entry(party: int, row: Sequence[Any]) -> Entry:
    sector, at, position, on, said = row
    return Entry((at, position), on, sector, party, said)


@dataclass(slots=True)
class Registers:
    """What official registers know of the numbers and codes of a batch: each is asked once, for all its events."""

    events: list[epcis.Event]
    _numbers: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)
    _things: dict[str, set[str]] = field(default_factory=dict)
    _loaded: dict[str, bool] = field(default_factory=dict)

    def unlisted_fields(self, profile: Profile, step: str, event: epcis.Event, on: date) -> frozenset[str]:
        """The fields of the step whose value a register does not know, or had withdrawn by that day; a register that was never
        loaded knows nothing, and says nothing."""
        found = set()
        for name in (*profile.steps[step].required, *profile.steps[step].optional):
            one = profile.fields[name]
            value = _value(event, name, one.place)
            if not one.register or not value or not self._is_loaded(one.register):
                continue
            entry = self._known(one.register, name, one.place).get(value)
            if entry is None or official.state_of(entry, on) == "withdrawn":
                found.add(name)
        return frozenset(found)

    def unlisted_things(self, profile: Profile) -> set[str]:
        """Identifiers of the batch that carry a part of an approval's number (a pesticide's registration) that no register of
        the sector knows."""
        if profile.id not in self._things:
            registers = {one.register for one in profile.fields.values() if one.register}
            loaded = [name for name in sorted(registers) if self._is_loaded(name)]
            texts = {text for event in self.events for text in (*event.epcs, *event.child_epcs, *event.input_epcs)}
            self._things[profile.id] = _strangers(loaded, texts) if loaded and texts else set()
        return self._things[profile.id]

    def _is_loaded(self, register: str) -> bool:
        if register not in self._loaded:
            self._loaded[register] = official.loaded(register)
        return self._loaded[register]

    def _known(self, register: str, name: str, place: str) -> dict[str, Any]:
        if (register, name) not in self._numbers:
            values = {value for event in self.events if (value := _value(event, name, place))}
            self._numbers[register, name] = official.known(register, values)
        return self._numbers[register, name]


def _strangers(registers: list[str], texts: set[str]) -> set[str]:
    """Texts of which a register that holds such parts holds none. One that holds no part of that length says nothing."""
    parts = {text: found for text in texts if (found := parts_of(text))}
    wanted = {part for found in parts.values() for part in found}
    held: set[str] = set()
    lengths: set[int] = set()
    for codes in RegisterEntry.objects.filter(register__name__in=registers, codes__overlap=sorted(wanted)).values_list(
        "codes", flat=True
    ):
        held.update(codes)
    missing = {text: found for text, found in parts.items() if held.isdisjoint(found)}
    for length in {len(part) for found in missing.values() for part in found}:
        if store.holds_parts(registers, length):
            lengths.add(length)
    return {text for text, found in missing.items() if any(len(part) in lengths for part in found)}


def _value(event: epcis.Event, name: str, place: str) -> str:
    held = (event.ilmd if place == "item" else event.extensions).get(NAMESPACE_KEY + name)
    return held.strip() if isinstance(held, str) else ""
