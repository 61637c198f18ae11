"""A code that is used again: which of its happenings belong to which load (of a container) or use (of anything else)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from zhuisu.events.queries import Happening
from zhuisu.events.vocabulary import Role

MOMENT = timedelta(microseconds=1)  # what separates the end of one load from the beginning of the next


@dataclass(frozen=True, slots=True)
class Load:
    """One filling of a container up to the next, numbered from 1. `since` and `until` are closed; None is no bound."""

    number: int
    since: datetime | None
    until: datetime | None
    events: frozenset[int]

    def holds(self, at: datetime | None) -> bool:
        """Whether a moment lies in it; no moment is one that nobody told."""
        return at is None or ((self.since is None or self.since <= at) and (self.until is None or at <= self.until))


class _Held:
    """What lies in a container, as its own events and those of its contents say; None is an amount that was not said."""

    def __init__(self, ours: frozenset[int], contents: Iterable[Happening]) -> None:
        self.parts: dict[int, list[Happening]] = {}  # our event → what it packed or unpacked
        self.departures: dict[int, list[datetime]] = {}  # a single thing that ended, or was packed elsewhere
        for each in contents:
            if each.voided:
                continue
            if each.event in ours:
                self.parts.setdefault(each.event, []).append(each)
            elif each.role in (Role.PACKED, Role.DECOMMISSIONED) and each.quantity is None:
                self.departures.setdefault(each.item, []).append(each.at)
        self.amounts: dict[int, Decimal | None] = {}
        self.packed_at: dict[int, datetime] = {}
        self.something = False  # packed, though what was packed is not among the contents

    def clear(self) -> None:
        self.amounts, self.something = {}, False

    def pack(self, event: int) -> None:
        packed = [each for each in self.parts.get(event, ()) if each.role == Role.PACKED]
        self.something = self.something or not packed
        for each in packed:
            before = self.amounts.get(each.item, Decimal(0))
            self.amounts[each.item] = None if before is None or each.quantity is None else before + each.quantity
            self.packed_at[each.item] = each.at

    def unpack(self, event: int) -> None:
        """A removal that names no child empties; one without an amount takes all; of an unknown amount something is left."""
        taken = [each for each in self.parts.get(event, ()) if each.role == Role.UNPACKED]
        if not taken:
            self.clear()
        for each in taken:
            before = self.amounts.get(each.item)
            if each.quantity is None or (before is not None and before <= each.quantity):
                self.amounts.pop(each.item, None)
            elif before is not None:
                self.amounts[each.item] = before - each.quantity

    def empty(self, at: datetime) -> bool:
        """Whether nothing of what was packed is in it any more at that moment."""
        for item in [*self.amounts]:
            if any(self.packed_at[item] <= left <= at for left in self.departures.get(item, ())):
                del self.amounts[item]
        return not self.amounts and not self.something


def loads_of(own: Sequence[Happening], contents: Iterable[Happening]) -> list[Load]:
    """The loads of a thing, first to last; one where it was used once.

    `own` is its history in order, `contents` that of what was packed into it. A load begins with the packing that finds
    the container empty after an earlier load, or with a new commissioning after the code's end (docs/concepts/walk.md).
    """
    held = _Held(frozenset(each.event for each in own), contents)
    begun = ended = False
    parts: list[list[Happening]] = [[]]
    for each in own:
        again = each.role == Role.COMMISSIONED and ended
        if not each.voided and (again or (each.role == Role.PACK_PARENT and begun and held.empty(each.at))):
            parts.append([])
            begun = ended = False
            held.clear()
        parts[-1].append(each)
        if each.voided:
            continue
        if each.role == Role.PACK_PARENT:
            held.pack(each.event)
            begun = True
        elif each.role == Role.UNPACK_PARENT:
            held.unpack(each.event)
        elif each.role == Role.DECOMMISSIONED:
            held.clear()
            ended = True
    starts = [part[0].at for part in parts[1:]]
    sinces, untils = [None, *starts], [*(start - MOMENT for start in starts), None]
    return [
        Load(number, since, until, frozenset(each.event for each in part))
        for number, (part, since, until) in enumerate(zip(parts, sinces, untils, strict=True), 1)
    ]


def load_of(happening: Happening, loads: Sequence[Load]) -> Load:
    """The load to which a happening belongs: its own by their event, those of what it was carried in by their time."""
    for load in loads:
        if happening.event in load.events:
            return load
    return next(load for load in reversed(loads) if load.since is None or load.since <= happening.at)
