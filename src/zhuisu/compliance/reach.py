"""Which things a judgement must look at, and all that happened to them: level by level, a few statements a level."""

import logging
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from zhuisu.compliance import store
from zhuisu.compliance.older import ACTIONS, Older, older
from zhuisu.compliance.said import Said
from zhuisu.compliance.world import CHILDREN, EMPTYING, PARENTS, TAKEN_OUT, Happening, Part
from zhuisu.epcis.model import local_day
from zhuisu.events.vocabulary import Kind, PartyRole, Role
from zhuisu.profiles.act import stock_by

log = logging.getLogger(__name__)

# Things that one batch looks at: a pallet of 10,000 tins and what they lie in. What is beyond counts as unknown.
MAX_ITEMS = 20_000


@dataclass(slots=True)
class Reach:
    """Things of some events, what they are of, what they lay in and what lies in them. `own`: events that are not history."""

    own: Collection[int]
    until: datetime
    position: int
    whole: dict[int, bool] = field(default_factory=dict)  # item → whether its contents are asked for, too
    same: list[tuple[int, int]] = field(default_factory=list)  # codes of one thing
    events: dict[int, list[Part]] = field(default_factory=lambda: defaultdict(list))
    cut: set[int] = field(default_factory=set)  # items of which not all that happened is known
    older: dict[int, Older] = field(
        default_factory=dict
    )  # of items of which only the newest happenings are replayed: what was before

    def spread(self, first: Iterable[Part]) -> None:
        """From what the events name, until nothing new comes."""
        front = {part.item: True for part in first}
        while front:
            fresh = [item for item in front if item not in self.whole]
            self.whole |= front
            if len(self.whole) > MAX_ITEMS:
                log.warning("judging would look at more than %s things; what is beyond counts as unknown", MAX_ITEMS)
                return
            self.load(fresh)
            front = self._next(front)

    def load(self, items: Iterable[int]) -> None:
        """What happened to these."""
        wanted = [item for item in items if item > 0]
        flooded = set()
        for item, event, role, group, quantity, unit, held in store.parts(wanted, self.until, self.position):
            if held >= store.MAX_PARTS:
                flooded.add(item)
            if event not in self.own:
                self.events[event].append(Part(item, role, quantity, unit, group))
        if flooded:
            telling, before, cut = older(flooded, self.until, self.position, [each for each in self.own if each > 0])
            for event, part in telling:
                self.events[event].append(part)
            self.older |= before
            self.cut |= cut

    def _next(self, front: Mapping[int, bool]) -> dict[int, bool]:
        """What the things of this level lead to: their lots and other codes, what holds them, and what they hold."""
        up, down, groups = set(), set(), set()
        for event, parts in self.events.items():
            for part in parts:
                if part.item not in front:
                    continue
                if part.role in CHILDREN or part.role in (Role.LOT_MEMBER, Role.SAME):
                    up.add(event)
                    groups.add((event, part.group))
                elif part.role in PARENTS and front[part.item]:
                    down.add(event)
        asked: dict[int, bool] = {}
        codes: dict[int, list[int]] = defaultdict(list)
        for event, item, role, group in store.others(up, (*PARENTS, Role.LOT_OF, Role.SAME)):
            if role == Role.SAME:
                codes[event].append(item)
            if role != Role.LOT_OF or (event, group) in groups:
                asked[item] = asked.get(item, False) or role == Role.SAME
        for items in codes.values():
            self.same += [(items[0], other) for other in items[1:]]
        asked |= {item: True for _, item, _, _ in store.others(down, CHILDREN)}
        return {item: full for item, full in asked.items() if item not in self.whole or (full and not self.whole[item])}

    def _bind(self) -> None:
        """A lot for which an event is only added up is still what the event's other things are of."""
        held: dict[Role, set[tuple[int, int]]] = {Role.LOT_MEMBER: set(), Role.LOT_OF: set()}
        for event, parts in self.events.items():
            for part in parts:
                if part.role in held:
                    held[Role(part.role)].add((event, part.group))
        missing = held[Role.LOT_MEMBER] - held[Role.LOT_OF]
        for event, item, role, group in store.others({event for event, _ in missing}, (Role.LOT_OF,)):
            if (event, group) in missing:
                self.events[event].append(Part(item, role, group=group))

    def happenings(self) -> list[Happening]:
        """What happened, as the replay needs it."""
        if self.older:
            self._bind()
        emptying = {event for event, parts in self.events.items() if any(part.role in EMPTYING for part in parts)}
        taking = {event for event, *_ in store.others(emptying, TAKEN_OUT)}
        named: dict[int, list[tuple[int, int]]] = defaultdict(list)
        for event, party, role in store.parties(self.events):
            named[event].append((party, role))
        said: dict[int, dict[str, tuple[str, Said]]] = defaultdict(dict)
        for event, sector, name, text in store.said(self.events):
            said[event][sector] = (name, text)
        return [
            Happening(
                event=event,
                at=at,
                position=place,
                on=local_day(at, zone),
                disposition=disposition or "",
                organisation=organisation,
                reporter=next((party for party, role in named[event] if role == PartyRole.REPORTER), 0),
                parties=frozenset(party for party, _ in named[event]),
                # A thing that we do not look at was taken out: then the container was not emptied of all.
                parts=self.events[event] + [Part(0, int(Role.UNPACKED))] * (event in taking),
                actor=store.answerable(named[event]),
                stock=stock_by(
                    kind == Kind.TRANSFORMATION, step or "", ACTIONS.get(action) if kind == Kind.OBJECT else ""
                ),
                said=said[event],
            )
            for event, at, place, zone, kind, action, step, disposition, organisation in store.heads(self.events)
        ]


def one_of_each(pairs: Iterable[tuple[int, int]]) -> dict[int, int]:
    """Every other code of a thing → the one that stands for it: the smallest number."""
    first: dict[int, int] = {}

    def one(item: int) -> int:
        while item in first:
            item = first[item]
        return item

    for left, right in pairs:
        low, high = sorted((one(left), one(right)))
        if low != high:
            first[high] = low
    return {item: one(item) for item in first}
