"""What the log says of the things a walk has met: their codes, their lives, and when each lay in which container."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from zhuisu.codes import Level
from zhuisu.events.vocabulary import Role
from zhuisu.lineage import store
from zhuisu.lineage.spans import ALWAYS, BEGINNING, END, Span, joint_lives, lives
from zhuisu.lineage.store import Row

# A product, a place or a party is not a unit: a walk through one of them would reach the whole world.
NO_UNIT = frozenset({Level.CLASS, Level.PLACE, Level.PARTY})
PORTIONED = frozenset({Level.LOT, Level.CLASS})


# The child's role → its container's. Packing puts a unit into one container at a time, fitting into any number.
PARENT_OF: dict[int, Role] = {
    Role.PACKED: Role.PACK_PARENT,
    Role.UNPACKED: Role.UNPACK_PARENT,
    Role.FITTED: Role.FIT_PARENT,
    Role.UNFITTED: Role.UNFIT_PARENT,
}
CHILD_OF = {int(parent): Role(child) for child, parent in PARENT_OF.items()}
PUTTING = frozenset({Role.PACKED, Role.FITTED})
TAKING: dict[int, Role] = {Role.UNPACKED: Role.PACKED, Role.UNFITTED: Role.FITTED}  # → the role that put it in
# What ends stays of a kind: an end of either side ends all.
ENDING: dict[int, Role | None] = {
    Role.UNPACK_PARENT: Role.PACKED,
    Role.UNFIT_PARENT: Role.FITTED,
    Role.DECOMMISSIONED: None,
}
COMMON_ROLES: tuple[int, ...] = (Role.SAME, Role.DECOMMISSIONED, *PARENT_OF, *PARENT_OF.values())


class Stay(NamedTuple):
    """One closed interval of a content in a container. Both are things (the representative of their codes)."""

    content: int
    container: int
    start: int
    end: int
    event: int  # that put it in
    content_item: int  # the codes that this event named
    container_item: int


class Escape(NamedTuple):
    """A child that came out of a container into which it never went: it counts as made from what was in it."""

    content: int
    container: int
    at: int
    event: int
    content_item: int
    container_item: int


@dataclass(slots=True)
class _Open:
    """What of one content is in one container now: its portions, and how much there is where every report says it."""

    portions: list[tuple[int, int, int, int]] = field(
        default_factory=list
    )  # start, event, content item, container item
    amount: Decimal | None = None
    unit: str | None = None

    def put(self, row: Row, container_item: int, *, portioned: bool) -> None:
        known = not self.portions or (self.amount is not None and self.unit == row.unit)
        self.amount = (self.amount or Decimal(0)) + row.quantity if known and row.quantity is not None else None
        self.unit = row.unit
        if portioned or not self.portions:
            self.portions.append((row.at, row.event, row.item, container_item))

    def take(self, quantity: Decimal | None, unit: str | None) -> bool:
        """Whether nothing is left. A removal without a quantity takes all; one that cannot be reckoned leaves some."""
        if quantity is None:
            return True
        if self.amount is None or self.unit != unit:
            return False
        self.amount -= quantity
        return self.amount <= 0


class Facts:
    """The facts known at a log position, read set by set as the walk asks for them."""

    def __init__(self, position: int, as_of: datetime | None, roles: Sequence[int]) -> None:
        self.known = store.Known(position, as_of)
        self.canonical: dict[int, str] = {}
        self.level: dict[int, int] = {}
        self.no_unit: set[int] = set()  # items through which no walk goes
        self.portioned: set[int] = set()  # things that may lie in several places at once
        self.thing: dict[int, int] = {}  # item → the thing it names (the smallest of its items)
        self.codes: dict[int, list[int]] = {}  # thing → its items, where there are several
        self.same_events: dict[int, list[tuple[int, int]]] = defaultdict(list)  # thing → (event, item)
        self.rows: dict[int, list[Row]] = {}  # thing → its parts
        self.lives: dict[int, tuple[Span, ...]] = {}  # thing → lives, where there are several
        self.stays: dict[int, list[Stay]] = {}
        self.escapes: dict[int, list[Escape]] = {}
        self._roles = (*COMMON_ROLES, *roles)
        self._parents: dict[int, int] = {}  # event → the container that it names
        self._enders: dict[int, list[Row]] = {}  # container → what ends all stays in it

    def load(self, items: Iterable[int]) -> None:
        """Read items, every other code of theirs, and their parts."""
        wanted = {item for item in items if item not in self.thing}
        loaded: list[Row] = []
        links: dict[int, list[int]] = defaultdict(list)  # event → items that it says are one
        while wanted:
            self._learn(wanted)
            self.thing.update(zip(wanted, wanted, strict=True))
            units = wanted - self.no_unit
            rows = list(store.parts(units, self._roles, self.known)) if units else []
            loaded += rows
            wanted = set()
            for (event, _), found in self.others(
                {row.event for row in rows if row.role == Role.SAME}, [Role.SAME]
            ).items():
                links[event] = [item for item, _ in found]
                wanted.update(item for item in links[event] if item not in self.thing)
        if links:
            self._unite(links)
        self._keep(loaded)

    def others(self, events: Iterable[int], roles: Sequence[int]) -> dict[tuple[int, int], list[tuple[int, int]]]:
        """Who else had a part in these events (known to be valid): (event, role) → [(item, part.position)], in order."""
        found: dict[tuple[int, int], list[tuple[int, int]]] = defaultdict(list)
        wanted = list(events)
        for event, role, item, group, canonical, level in store.others(wanted, roles) if wanted else ():
            found[event, role].append((item, group))
            self.canonical[item] = canonical
            self.level[item] = level
        return found

    def _learn(self, wanted: set[int]) -> None:
        """Code and level of items. One that is not there is no unit."""
        missing = wanted - self.level.keys()
        for item, canonical, level in store.items(missing) if missing else ():
            self.canonical[item] = canonical
            self.level[item] = level
        for item in wanted:
            level = self.level.get(item, Level.PLACE)
            if level in NO_UNIT:
                self.no_unit.add(item)
            if level in PORTIONED:
                self.portioned.add(item)

    def _unite(self, links: dict[int, list[int]]) -> None:
        """Give all items that are one thing the same representative."""

        def find(item: int) -> int:
            while self.thing[item] != item:
                item = self.thing[item]
            return item

        touched: set[int] = set()
        for found in links.values():
            units = [item for item in found if item not in self.no_unit]
            touched.update(units)
            roots = sorted({find(item) for item in units})
            for root in roots[1:]:
                self.thing[root] = roots[0]
        groups: dict[int, list[int]] = defaultdict(list)
        for item in sorted(touched):
            groups[find(item)].append(item)
        for thing, group in groups.items():
            self.codes[thing] = group
            self.thing.update(dict.fromkeys(group, thing))
            if not self.portioned.isdisjoint(group):
                self.portioned.add(thing)
        for event, found in links.items():
            for item in found:
                if item not in self.no_unit:
                    self.same_events[self.thing[item]].append((event, item))

    def _keep(self, loaded: list[Row]) -> None:
        ended: set[int] = set()
        for row in loaded:
            thing = self.thing[row.item]
            if thing in self.rows:
                self.rows[thing].append(row)
            else:
                self.rows[thing] = [row]
            if row.role == Role.DECOMMISSIONED and self.level[row.item] not in PORTIONED:
                ended.add(row.item)
        if ended:
            self._find_lives(ended)

    def _find_lives(self, ended: set[int]) -> None:
        """Lives need the commissions only of those codes that ever ended."""
        changes: dict[int, list[tuple[int, int, bool]]] = defaultdict(list)
        for row in store.parts(ended, [Role.COMMISSIONED], self.known):
            changes[row.item].append((row.at, row.position, True))
        for item in list(changes):
            for row in self.rows_of(self.thing[item], Role.DECOMMISSIONED):
                if row.item == item:
                    changes[item].append((row.at, row.position, False))
        by_thing: dict[int, list[tuple[Span, ...]]] = defaultdict(list)
        for item, each in changes.items():
            by_thing[self.thing[item]].append(lives(each))
        for thing, spans in by_thing.items():
            joint = joint_lives(spans)
            if len(joint) > 1:
                self.lives[thing] = joint

    def rows_of(self, thing: int, role: int) -> list[Row]:
        """The parts of a thing in one role."""
        return [row for row in self.rows.get(thing, ()) if row.role == role]

    def lives_of(self, thing: int) -> tuple[Span, ...]:
        """The lives of a thing, one after the other."""
        return self.lives.get(thing, ALWAYS)

    def lives_at(self, thing: int, at: int) -> list[int]:
        """Which lives hold an instant: one, or two that share it."""
        if thing not in self.lives:
            return [0]
        return [n for n, (start, end) in enumerate(self.lives[thing]) if start <= at <= end]

    def find_stays(self, things: Iterable[int]) -> None:
        """Derive when each of these (loaded) contents lay in which container."""
        wanted = [thing for thing in set(things) if thing not in self.stays]
        moves = {thing: [row for row in self.rows.get(thing, ()) if row.role in PARENT_OF] for thing in wanted}
        self._load_parents([row for rows in moves.values() for row in rows])
        for thing, rows in moves.items():
            self.stays[thing], self.escapes[thing] = [], []
            if rows and not self._is_simple(thing, rows[0]):
                self._derive(thing, rows)

    def _is_simple(self, thing: int, row: Row) -> bool:
        """Most things were put into one container that nothing ended: their stay needs no replay."""
        parent = self._parents.get(row.event)
        if len(self.rows[thing]) > 1 or row.role not in PUTTING or parent is None or parent in self.no_unit:
            return False
        container = self.thing[parent]
        if container == thing or self._enders[container]:
            return False
        self.stays[thing] = [Stay(thing, container, row.at, END, row.event, row.item, parent)]
        return True

    def _load_parents(self, rows: list[Row]) -> None:
        events = {row.event for row in rows} - self._parents.keys()
        if not events:
            return
        found = {event: each[0][0] for (event, _), each in self.others(events, tuple(PARENT_OF.values())).items()}
        self._parents.update(found)
        self.load(found.values())
        self._find_enders({self.thing[item] for item in found.values()})

    def _find_enders(self, containers: set[int]) -> None:
        """A container is emptied by its end, and by an unpacking that names no child."""
        fresh = [thing for thing in containers if thing not in self._enders]
        rows = {thing: [row for row in self.rows.get(thing, ()) if row.role in ENDING] for thing in fresh}
        events = {row.event for each in rows.values() for row in each if row.role != Role.DECOMMISSIONED}
        with_child = self.others(events, (Role.UNPACKED, Role.UNFITTED))
        for thing, each in rows.items():
            lasting = thing in self.portioned
            self._enders[thing] = [
                row
                for row in each
                if (
                    not lasting
                    if row.role == Role.DECOMMISSIONED
                    else (row.event, CHILD_OF[row.role]) not in with_child
                )
            ]

    def _changes(self, thing: int, rows: list[Row]) -> list[tuple[int, int, Row, int]]:
        """Everything that may move a content: (at, log position, row, container), in order. Container 0: wherever it is."""
        changes: list[tuple[int, int, Row, int]] = []
        containers: set[int] = set()
        for row in rows:
            parent = self._parents.get(row.event)
            if parent is None or parent in self.no_unit or self.thing[parent] == thing:
                continue
            container = self.thing[parent]
            containers.add(container)
            changes.append((row.at, row.position, row, container))
        if len(self.rows[thing]) > len(rows) and thing not in self.portioned:
            changes += [(row.at, row.position, row, 0) for row in self.rows_of(thing, Role.DECOMMISSIONED)]
        for container in containers:
            changes += [(row.at, row.position, row, container) for row in self._enders[container]]
        if len(changes) > 1:
            changes.sort(key=lambda change: (change[0], change[1], change[2].role))
        return changes

    def _derive(self, thing: int, rows: list[Row]) -> None:
        """Replay what moved a content. Equal instants keep the order of the log; packing and fitting know nothing of each other."""
        portioned = thing in self.portioned
        inside: dict[tuple[int, int], _Open] = {}  # (container, role that put it in) → what is in it
        for at, _, row, container in self._changes(thing, rows):
            role = row.role
            if role in PUTTING:
                if role == Role.PACKED and not portioned:
                    self._close(thing, inside, [key for key in inside if key[1] == role and key[0] != container], at)
                item = self._parents[row.event]
                inside.setdefault((container, role), _Open()).put(row, item, portioned=portioned)
            elif role in ENDING:
                family = ENDING[role]
                gone = [key for key in inside if container in (0, key[0]) and family in (None, key[1])]
                self._close(thing, inside, gone, at)
            elif (container, TAKING[role]) not in inside:
                item = self._parents[row.event]
                self.escapes[thing].append(Escape(thing, container, at, row.event, row.item, item))
            elif inside[container, TAKING[role]].take(row.quantity, row.unit):
                self._close(thing, inside, [(container, TAKING[role])], at)
        self._close(thing, inside, list(inside), END)

    def _close(
        self, thing: int, inside: dict[tuple[int, int], _Open], keys: Iterable[tuple[int, int]], at: int
    ) -> None:
        for key in keys:
            for start, event, item, container_item in inside.pop(key).portions:
                self.stays[thing].append(Stay(thing, key[0], start, at, event, item, container_item))

    def is_container(self, thing: int) -> bool:
        """Whether anything was ever put into it or taken out of it."""
        return any(row.role in CHILD_OF for row in self.rows.get(thing, ()))

    def contents(self, container: int, label: Iterable[Span]) -> list[Stay]:
        """The stays in a (loaded) container that may meet a label: begun by its end, not emptied out before it."""
        spans = list(label)
        first, last = min(start for start, _ in spans), max(end for _, end in spans)
        self._find_enders({container})
        rows: list[Row] = []
        for putting in PUTTING:
            emptied = [
                row.at for row in self._enders[container] if ENDING[row.role] in (None, putting) and row.at < first
            ]
            since = max(emptied, default=BEGINNING)
            rows += [row for row in self.rows_of(container, PARENT_OF[putting]) if since <= row.at <= last]
        return [stay for child in self.children(rows) for stay in self.stays[child] if stay.container == container]

    def children(self, rows: Iterable[Row]) -> set[int]:
        """The units that these parent rows put in or took out, loaded, with their stays derived."""
        wanted = list(rows)
        found = self.others({row.event for row in wanted}, tuple(PARENT_OF))
        named = {item for row in wanted for item, _ in found.get((row.event, CHILD_OF[row.role]), ())}
        self.load(named)
        things = {self.thing[item] for item in named}
        self.find_stays(things)
        return things
