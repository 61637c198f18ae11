"""The replay: what is known of each thing at each moment, event after event in the order in which they happened. Pure."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import NamedTuple

from zhuisu.codes import Level
from zhuisu.compliance.insiders import Report, insiders
from zhuisu.compliance.said import Change, Said
from zhuisu.events.vocabulary import Role
from zhuisu.profiles.model import Bar

# What may be sold or destroyed in parts, and be in many hands; what befalls anything else befalls all of it.
PARTLY = frozenset({Level.LOT, Level.CLASS})
OF_THE_WHOLE: frozenset[Bar] = frozenset({"sold", "ended", "lost"})
# States that only the books of their own sector know: what was sold to a kitchen by one is bought and sold again by another.
OF_THE_SECTOR: frozenset[Bar] = frozenset({"sold", "unlisted"})
CARRIED: frozenset[Bar] = frozenset({"withdrawal", "recalled", "failed"})  # from what goes in to what comes out
CLEARED = frozenset(
    {"conformant", "available", "sellable_accessible", "sellable_not_accessible"}
)  # CBV 2.0 §7.2: lifts a recall
ACTED = frozenset({Role.OBSERVED, Role.COMMISSIONED, Role.DECOMMISSIONED, Role.INPUT, Role.OUTPUT, Role.LOT_OF})
MADE = frozenset({Role.COMMISSIONED, Role.OUTPUT})
ALONE = frozenset({Role.OBSERVED, Role.DECOMMISSIONED})
OF_OUTPUTS = frozenset({Role.OUTPUT, Role.LOT_OF})
CHILDREN = frozenset({Role.PACKED, Role.UNPACKED, Role.SEEN_INSIDE, Role.FITTED, Role.UNFITTED, Role.SEEN_FITTED})
PARENTS = frozenset(
    {
        Role.PACK_PARENT,
        Role.UNPACK_PARENT,
        Role.SEEN_PARENT,
        Role.FIT_PARENT,
        Role.UNFIT_PARENT,
        Role.SEEN_FIT_PARENT,
        Role.TRANSACTION_PARENT,
    }
)
PUTTING = frozenset({Role.PACK_PARENT, Role.FIT_PARENT})
EMPTYING = frozenset({Role.UNPACK_PARENT, Role.UNFIT_PARENT})
PUT_IN, TAKEN_OUT = frozenset({Role.PACKED, Role.FITTED}), frozenset({Role.UNPACKED, Role.UNFITTED})
MAX_DEPTH = 8  # box in case on pallet in container on ship: deeper nesting is a ring or a mistake


class Part(NamedTuple):
    """One item in one event."""

    item: int
    role: int
    quantity: Decimal | None = None
    unit: str | None = None
    group: int = 0  # of LOT_OF and LOT_MEMBER: which lot of the event


@dataclass(slots=True)
class Happening:
    """One valid event, as the replay needs it. `said`: by sector, the step and what it does."""

    event: int
    at: datetime
    position: int
    on: date
    disposition: str
    organisation: int
    reporter: int  # item of the reporting organisation's party
    parties: frozenset[int]  # items of all who are named, the reporter included
    parts: list[Part]
    actor: int = 0  # whom it names as answerable, else the reporter
    stock: str = ""  # where no sector says otherwise
    said: dict[str, tuple[str, Said]] = field(default_factory=dict)
    mandated: frozenset[str] = frozenset()  # sectors in which the one named lets the reporter record; "": in all

    @property
    def order(self) -> tuple[datetime, int]:
        """Events of one moment stand in the order of the log."""
        return self.at, self.position

    def answers(self, sector: str) -> int:
        """Who answers in a sector: whom the event names, where the reporter has its mandate; else the reporter himself."""
        return self.reporter if self.mandated.isdisjoint(("", sector)) else self.actor

    @property
    def actors(self) -> tuple[int, ...]:
        """Everybody who answers for it in some sector."""
        return (self.reporter, self.actor) if self.mandated else (self.reporter,)

    @property
    def keeper(self) -> int:
        """In whose books it stands: who answers in one of its sectors, before the reporter."""
        return next((who for one in sorted(self.said) if (who := self.answers(one)) != self.reporter), self.answers(""))


class Span(NamedTuple):
    """The days on which a state holds; None: no bound."""

    since: date | None
    until: date | None

    def holds(self, on: date) -> bool:
        """Whether it does on that day."""
        return (self.since is None or self.since <= on) and (self.until is None or on <= self.until)


def later(one: date | None, other: date | None) -> date | None:
    """The later of two last days; None: no end."""
    return max(one, other) if one and other else None


@dataclass(slots=True)
class Thing:
    """What is known of one item up to the moment that the replay has reached."""

    level: int = int(Level.OTHER)
    kind: str = ""  # "sector.kind"
    days: dict[tuple[str, str], date] = field(default_factory=dict)  # (sector, step) → the last day
    # (sector, state) → where it is from ("sector.step") → its days; the sector is "" where every sector looks.
    states: dict[tuple[str, Bar], dict[str, Span]] = field(default_factory=dict)
    recalls: dict[int, date] = field(default_factory=dict)  # organisation that declared it → since
    due: dict[tuple[str, str], date | None] = field(default_factory=dict)  # (sector, step) → said by its last one
    papers: set[str] = field(default_factory=set)
    certificates: tuple[tuple[str, date, date | None], ...] = ()  # kind, issued on
    expires_on: date | None = None
    first_on: date | None = None
    of: dict[int, None] = field(default_factory=dict)  # lots and product that it is of
    contents: dict[int, dict[str | None, Decimal]] = field(default_factory=dict)
    books: dict[tuple[int, str | None], Decimal] = field(default_factory=dict)  # (actor, unit) → what is left
    opened: set[int] = field(default_factory=set)  # actors with whom some of it came in
    told: list[tuple[int, Report[int]]] = field(default_factory=list)  # organisation, and what it said
    printed_on: date | None = None  # its last day by the issue log
    holder: int | None = None  # party whose product it is
    issuer: int | None = None  # organisation that gave its code out
    whole: int | None = None  # what it was last fitted to
    cut: bool = False  # too much happened to it: its beginnings are not known here
    summed_to: datetime | None = None  # what happened until then is only known as sums, which count from the start

    def book(self, actor: int, unit: str | None, amount: Decimal) -> None:
        """So much came into an actor's books, or left them."""
        self.books[actor, unit] = self.books.get((actor, unit), Decimal(0)) + amount
        if amount > 0:
            self.opened.add(actor)


class World:
    """All things of a batch of events, replayed together."""

    def __init__(self, levels: Mapping[int, int], same: Mapping[int, int], authorities: Collection[int]) -> None:
        self._same = same  # the other codes of a thing → the one that stands for it
        self._authorities = authorities  # organisations that may say of anything that it is recalled
        self.things: dict[int, Thing] = {}
        self._packed_in: dict[int, int] = {}
        for item, level in levels.items():
            thing = self.things.setdefault(self.one(item), Thing())
            if item == self.one(item):
                thing.level = level

    def one(self, item: int) -> int:
        """The code that stands for the thing that this one names."""
        return self._same.get(item, item)

    def thing(self, item: int) -> Thing:
        """The thing behind a code; an unknown one is empty."""
        return self.things.get(self.one(item)) or Thing()

    def blind(self, item: int, at: datetime) -> bool:
        """Whether not all is known of what happened to a thing before a moment."""
        thing = self.thing(item)
        return thing.cut or (thing.summed_to is not None and at <= thing.summed_to)

    def apply(self, one: Happening) -> None:
        """What a happening changes."""
        parts = [part._replace(item=self.one(part.item)) for part in one.parts]
        known = [part for part in parts if part.item in self.things]
        self._bonds(known)
        took_out = any(part.role in TAKEN_OUT for part in parts)
        emptied = [] if took_out else [part.item for part in known if part.role in EMPTYING]
        for part in known:
            thing = self.things[part.item]
            thing.first_on = thing.first_on or one.on
            if part.role == Role.COMMISSIONED and ("", "ended") in thing.states:
                self._new_life(thing, one.on)
        self._put(known)
        if any(said.stock == "out" for _, said in one.said.values()):
            self._open(known)
        made = {part.item for part in known if part.role in MADE}
        self._told(one, {part.item for part in known}, made)
        for sector, (step, said) in one.said.items():
            self._step(one, sector, step, said, known, emptied)
        self._write_books(one, known)
        self._take(one, known, emptied)

    def _bonds(self, parts: Iterable[Part]) -> None:
        lots = {part.group: part.item for part in parts if part.role == Role.LOT_OF}
        for part in parts:
            if part.role == Role.LOT_MEMBER and part.group in lots:
                self.things[part.item].of[lots[part.group]] = None

    def _new_life(self, thing: Thing, on: date) -> None:
        """A code that ended and is commissioned again stands for another thing, or for one made new."""
        for held in (thing.days, thing.states, thing.recalls, thing.due, thing.contents):
            held.clear()
        thing.expires_on, thing.first_on = None, on

    def _told(self, one: Happening, items: Iterable[int], made: Collection[int]) -> None:
        """Who has a part in a thing, and what CBV's own words say of it: a recall by a stranger is only a claim."""
        for item in items:
            thing = self.things[item]
            thing.told.append((one.organisation, Report(one.reporter, one.parties, item in made)))
            if one.disposition == "recalled" and self._inside(thing, one):
                thing.recalls[one.organisation] = one.on
            elif one.disposition in CLEARED:
                thing.recalls.pop(one.organisation, None)

    def _inside(self, thing: Thing, one: Happening) -> bool:
        """Whether who reports has a part in the thing: who only is named as answerable said nothing himself."""
        if one.organisation in self._authorities or not thing.told:
            return True
        about = [thing, *(self.thing(each) for each in thing.of)]
        issuer = next((each.issuer for each in about if each.issuer is not None), None)
        given = None if issuer is None else {told.reporter for by, told in thing.told if by == issuer}
        holder = {each.holder for each in about if each.holder is not None}
        return one.reporter in insiders(given, holder, [told for _, told in thing.told])

    def _step(self, one: Happening, sector: str, step: str, said: Said, parts: list[Part], emptied: list[int]) -> None:
        made = any(part.role == Role.OUTPUT for part in parts)
        acted = {part.item for part in parts if part.role in ACTED or part.role in CHILDREN}
        acted.update(child for box in emptied for child in self.things[box].contents)
        if said.parent:
            acted.update(part.item for part in parts if part.role in PARENTS)
        begun = {part.item for part in parts if part.role in (OF_OUTPUTS if made else ACTED)}
        for item in self._with_contents(acted):
            thing = self.things[item]
            if item in begun:
                thing.kind = said.kind or thing.kind
                thing.expires_on = said.expires_on or thing.expires_on
                for each in said.inherited:
                    self._begin(thing, ("", each.state), each.origin, Span(None, each.until))
            if not self._looks_at(sector, thing, one.said):
                continue
            # What was added up may be later than what is replayed of that time.
            if step and not (self.blind(item, one.at) and thing.days.get((sector, step), one.on) > one.on):
                thing.days[sector, step] = one.on
                thing.due[sector, step] = said.due_on
            thing.papers.update(said.papers)
            for change in said.changes:
                whole = change.state in OF_THE_WHOLE
                if not (whole and thing.level in PARTLY) and not (made and whole == (item in begun)):
                    self._change(thing, sector, f"{sector}.{step}", change, one, said.strange)

    def _looks_at(self, sector: str, thing: Thing, said: Collection[str]) -> bool:
        """A thing is its own sector's; where that says nothing of the event, or nobody knows, it is everyone's."""
        own = thing.kind.partition(".")[0]
        return own in ("", sector) or own not in said

    def _change(self, thing: Thing, sector: str, origin: str, change: Change, one: Happening, strange: bool) -> None:
        key = (sector if change.state in OF_THE_SECTOR else "", change.state)
        if change.clears:
            # Who may not inspect cannot lift what an inspection found, not of his own goods either.
            if change.own and not strange:
                thing.states.get(key, {}).pop(origin, None)
            elif not strange:
                thing.states.pop(key, None)
            return
        if (strange or change.state == "recalled") and not self._inside(thing, one):
            return
        if change.since:
            thing.states.pop(key, None)  # a last day that is said anew replaces the one said before
        self._begin(thing, key, origin, Span(change.since, change.until))

    @staticmethod
    def _begin(thing: Thing, key: tuple[str, Bar], origin: str, span: Span) -> None:
        """A state begins; where it holds already, until the later of the two ends."""
        spans = thing.states.setdefault(key, {})
        held = spans.get(origin)
        if held and held.since is None and span.since is None:
            span = Span(None, later(held.until, span.until))
        spans[origin] = span

    def _with_contents(self, items: Iterable[int]) -> list[int]:
        """The items and all that lies in them, each once."""
        found = dict.fromkeys(items)
        level = list(found)
        for _ in range(MAX_DEPTH):
            level = [child for item in level for child in self.things[item].contents if child not in found]
            if not level:
                break
            found.update(dict.fromkeys(level))
        return list(found)

    # What lies where, and what the books say

    def _put(self, parts: list[Part]) -> None:
        box = next((part.item for part in parts if part.role in PUTTING), None)
        for part in parts:
            if part.role in PUT_IN and box is not None and box != part.item:
                held = self.things[box].contents.setdefault(part.item, {})
                if part.quantity is not None:
                    held[part.unit] = held.get(part.unit, Decimal(0)) + part.quantity
                if part.role == Role.FITTED:
                    self.things[part.item].whole = box
                if part.role == Role.PACKED and self.things[part.item].level not in PARTLY:
                    self._only_in(part.item, box)

    def _only_in(self, item: int, box: int) -> None:
        """A unit is packed in one place at a time: what nobody unpacked was taken out all the same."""
        before, self._packed_in[item] = self._packed_in.get(item), box
        if before is not None and before != box:
            self.things[before].contents.pop(item, None)

    def holder(self, item: int, named: Collection[int]) -> int | None:
        """The container in which a unit lies, if neither that nor what holds it is among those named; else None."""
        around: list[int] = []
        inner, box = self.one(item), self._packed_in.get(self.one(item))
        while box is not None and inner in self.things[box].contents and len(around) < MAX_DEPTH:
            if box in named:
                return None
            around.append(box)
            inner, box = box, self._packed_in.get(box)
        return around[0] if around else None

    def _open(self, parts: list[Part]) -> None:
        """What leaves alone was taken out of its container before, although nobody said so."""
        named = {part.item for part in parts}
        for part in parts:
            if part.role in ALONE and (box := self.holder(part.item, named)) is not None:
                del self._packed_in[part.item]
                self.things[box].contents.pop(part.item, None)

    def _take(self, one: Happening, parts: list[Part], emptied: list[int]) -> None:
        box = next((part.item for part in parts if part.role in EMPTYING), None)
        for part in parts:
            thing = self.things[part.item]
            if part.role in TAKEN_OUT and box is not None:
                self._take_out(box, part)
            elif part.role == Role.DECOMMISSIONED and thing.level not in PARTLY and self._ends(thing, one):
                thing.states["", "ended"] = {"": Span(None, None)}
                thing.contents.clear()
                if (holder := self._packed_in.pop(part.item, None)) is not None:
                    self.things[holder].contents.pop(part.item, None)
        for each in emptied:
            self.things[each].contents.clear()

    def _ends(self, thing: Thing, one: Happening) -> bool:
        """Whether a report of its end is believed: of one whose trade it is, or who has a part in it."""
        return any(step and not said.strange for step, said in one.said.values()) or self._inside(thing, one)

    def _take_out(self, box: int, part: Part) -> None:
        held = self.things[box].contents.get(part.item)
        if held is None:
            return
        left = held.get(part.unit, Decimal(0)) - part.quantity if part.quantity is not None else Decimal(0)
        if left > 0:
            held[part.unit] = left
        else:
            del self.things[box].contents[part.item]
            if self._packed_in.get(part.item) == box:
                del self._packed_in[part.item]

    def _write_books(self, one: Happening, parts: list[Part]) -> None:
        stock = next((said.stock for _, said in one.said.values() if said.stock), one.stock)
        for part in parts:
            way = {Role.INPUT: "out", Role.OUTPUT: "in"}.get(Role(part.role), stock)
            if part.role not in ACTED or way not in ("in", "out"):
                continue
            sign = 1 if way == "in" else -1
            if part.quantity is not None:
                self.things[part.item].book(one.keeper, part.unit, sign * part.quantity)
            for item in self._with_contents([part.item])[1:]:
                for unit, amount in self._amounts_in(part.item, item):
                    self.things[item].book(one.keeper, unit, sign * amount)

    def _amounts_in(self, box: int, item: int) -> Iterator[tuple[str | None, Decimal]]:
        for holder in self._with_contents([box]):
            yield from self.things[holder].contents.get(item, {}).items()
