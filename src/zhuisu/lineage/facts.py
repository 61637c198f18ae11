"""What the log says of the things a walk has met: their codes, their lives, and when each lay in which container."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime

from zhuisu.codes import Level
from zhuisu.events.scope import Scope
from zhuisu.events.vocabulary import Role
from zhuisu.lineage import store
from zhuisu.lineage.spans import ALWAYS, BEGINNING, END, Span, joint_lives, lives
from zhuisu.lineage.stays import CHILD_OF, ENDING, EVERYWHERE, PARENT_OF, PUTTING, Change, Escape, Stay, replay
from zhuisu.lineage.store import Part

# A product, a place or a party is not a unit: a walk through one of them would reach the whole world.
NO_UNIT = frozenset({Level.CLASS, Level.PLACE, Level.PARTY})
PORTIONED = frozenset({Level.LOT, Level.CLASS})

COMMON_ROLES: tuple[int, ...] = (Role.SAME, Role.DECOMMISSIONED, *PARENT_OF, *PARENT_OF.values())

Named = tuple[int, Part]  # an item and a part that it had


class Facts:
    """The facts known at a log position, read set by set as the walk asks for them."""

    def __init__(
        self,
        position: int,
        as_of: datetime | None,
        roles: Sequence[int],
        source: store.Source = store,
        scope: Scope | None = None,
    ) -> None:
        self.known = store.Known(position, as_of, scope)
        self.source = source
        self.canonical: dict[int, str] = {}
        self.level: dict[int, int] = {}
        self.no_unit: set[int] = set()  # items through which no walk goes
        self.processes: set[int] = set()  # items that stand for a transformationID
        self.portioned: set[int] = set()  # things that may lie in several places at once
        self.special: set[int] = set()  # items that are no unit, a process, or have several codes or lives
        self.thing: dict[int, int] = {}  # item → the thing it names (the smallest of its items)
        self.codes: dict[int, list[int]] = {}  # thing → its items, where there are several
        self.same_events: dict[int, list[tuple[int, int]]] = defaultdict(list)  # thing → (event, item)
        self.parts: dict[int, tuple[Part, ...]] = {}  # item → its parts
        self.lives: dict[int, tuple[Span, ...]] = {}  # thing → lives, where there are several
        self.lasting: dict[int, Part] = {}  # thing → what put it where it lay ever since: it has no other part
        self._stays: dict[int, list[Stay]] = {}  # of all others
        self._escapes: dict[int, list[Escape]] = {}
        self._roles = (*COMMON_ROLES, *roles)
        self._parents: dict[int, int] = {}  # event → the container that it names
        self._enders: dict[int, list[Named]] = {}  # container → what ends all stays in it

    def load(self, items: Iterable[int]) -> None:
        """Read items, every other code of theirs, and their parts."""
        wanted = set(items).difference(self.thing)
        ended: set[int] = set()
        links: dict[int, list[int]] = {}  # event → items that it says are one
        while wanted:
            self._learn(wanted)
            self.thing.update(zip(wanted, wanted, strict=True))
            loaded = self.source.parts(wanted - self.no_unit, self._roles, self.known)
            for found, part in loaded:
                self._keep(found, part)
                if part.role == Role.DECOMMISSIONED:
                    ended.update(item for item in found if self.level[item] not in PORTIONED)
            said = self.source.others({part.event for _, part in loaded if part.role == Role.SAME}, [Role.SAME])
            links.update({event: found for (event, _), found in said.items()})
            wanted = {item for found in said.values() for item in found if item not in self.thing}
        if links:
            self._unite(links)
        if ended:
            self._find_lives(ended)

    def number(self, event: int | None) -> int | None:
        """The number of an event in the database."""
        return None if event is None else self.source.number(event)

    def learn(self, items: Iterable[int]) -> None:
        """Know code and level of items, whatever was read of them so far."""
        if wanted := set(items).difference(self.level):
            self._learn(wanted)

    def _learn(self, wanted: set[int]) -> None:
        """Code and level of items. One that is not there is no unit."""
        for level, items, canonicals in self.source.items(wanted):
            self.level.update(dict.fromkeys(items, level))
            self.canonical.update(zip(items, canonicals, strict=True))
            if level in NO_UNIT:
                self.no_unit.update(items)
            elif level == Level.PROCESS:
                self.processes.update(items)
                self.special.update(items)
            if level in PORTIONED:
                self.portioned.update(items)
        self.no_unit |= wanted.difference(self.level)
        self.special |= wanted & self.no_unit

    def _keep(self, items: list[int], part: Part) -> None:
        """One tuple for all: most items have this part alone."""
        alone = (part,)
        if self.parts.keys().isdisjoint(items) and len(set(items)) == len(items):
            self.parts.update(dict.fromkeys(items, alone))
            return
        for item in items:
            self.parts[item] = self.parts.get(item, ()) + alone

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
            self.special.update(group)
            self.thing.update(dict.fromkeys(group, thing))
            if not self.portioned.isdisjoint(group):
                self.portioned.add(thing)
        for event, found in links.items():
            for item in found:
                if item not in self.no_unit:
                    self.same_events[self.thing[item]].append((event, item))

    def _find_lives(self, ended: set[int]) -> None:
        """Lives need the commissions only of those codes that ever ended."""
        changes: dict[int, list[tuple[int, int, bool]]] = defaultdict(list)
        for items, part in self.source.parts(ended, [Role.COMMISSIONED], self.known):
            for item in items:
                changes[item].append((part.at, part.position, True))
        by_thing: dict[int, list[tuple[Span, ...]]] = defaultdict(list)
        for item, each in changes.items():
            ends = [part for part in self.parts[item] if part.role == Role.DECOMMISSIONED]
            each += [(part.at, part.position, False) for part in ends]
            by_thing[self.thing[item]].append(lives(each))
        for thing, spans in by_thing.items():
            joint = joint_lives(spans)
            if len(joint) > 1:
                self.lives[thing] = joint
                self.special.update(self.codes.get(thing, (thing,)))

    def every_part(self, thing: int) -> Iterator[Named]:
        """The parts of a thing, each with the code that had it."""
        for item in self.codes.get(thing, (thing,)):
            for part in self.parts.get(item, ()):
                yield item, part

    def parts_of(self, thing: int, *roles: int) -> list[Named]:
        """The parts of a thing in some roles."""
        return [each for each in self.every_part(thing) if each[1].role in roles]

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
        alike: dict[Part, list[int]] = defaultdict(list)  # things that have one part, and share it
        rest: list[int] = []
        for thing in things:
            if thing in self.lasting or thing in self._stays:
                continue
            parts = self.parts.get(thing, ())
            if len(parts) == 1 and thing not in self.special:
                alike[parts[0]].append(thing)
            else:
                rest.append(thing)
        moves = {thing: self.parts_of(thing, *PARENT_OF) for thing in rest}
        events = {part.event for rows in moves.values() for _, part in rows}
        self._load_parents(events | {part.event for part in alike if part.role in PARENT_OF})
        for part, group in alike.items():
            if self._lasts(part):
                self.lasting.update(dict.fromkeys(group, part))
            else:
                moves.update((thing, self.parts_of(thing, *PARENT_OF)) for thing in group)
        for thing, rows in moves.items():
            changes = self._changes(thing, rows) if rows else []
            self._stays[thing], self._escapes[thing] = replay(thing, changes, portioned=thing in self.portioned)

    def _lasts(self, part: Part) -> bool:
        """Most things were put into one container that nothing ended: their stay needs no replay."""
        parent = self._parents.get(part.event)
        if part.role not in PUTTING or parent is None or parent in self.no_unit:
            return False
        container = self.thing[parent]
        return not (self._enders[container] or container in self.lives)

    def stays_of(self, thing: int) -> list[Stay]:
        """When a thing lay in which container; after find_stays."""
        part = self.lasting.get(thing)
        if part is None:
            return self._stays[thing]
        item, container = self.container_of(part)
        return [Stay(thing, container, part.at, END, part.event, thing, item)]

    def escapes_of(self, thing: int) -> list[Escape]:
        """Where it came out without having gone in; after find_stays."""
        return self._escapes.get(thing, [])

    def container_of(self, part: Part) -> tuple[int, int]:
        """The container into which a part put things: the code that the event named, and the thing."""
        item = self._parents[part.event]
        return item, self.thing[item]

    def _load_parents(self, events: set[int]) -> None:
        said = self.source.others(events.difference(self._parents), tuple(PARENT_OF.values()))
        found = {event: items[0] for (event, _), items in said.items()}
        self._parents.update(found)
        self.load(found.values())
        self._find_enders({self.thing[item] for item in found.values()})

    def _find_enders(self, containers: Iterable[int]) -> None:
        """A container is emptied by its end, and by an unpacking that names no child."""
        fresh = [thing for thing in containers if thing not in self._enders]
        ends = [(thing, each) for thing in fresh for each in self.parts_of(thing, *ENDING)]
        outs = {part.event for _, (_, part) in ends if part.role != Role.DECOMMISSIONED}
        with_child = {event for event, _ in self.source.others(outs, (Role.UNPACKED, Role.UNFITTED))}
        for thing in fresh:
            self._enders[thing] = []
        for thing, (item, part) in ends:
            if part.event not in with_child and not (part.role == Role.DECOMMISSIONED and thing in self.portioned):
                self._enders[thing].append((item, part))

    def _changes(self, thing: int, moves: list[Named]) -> list[Change]:
        """Everything that may move a content."""
        changes: list[Change] = []
        for item, part in moves:
            parent = self._parents.get(part.event)
            if parent is not None and parent not in self.no_unit and self.thing[parent] != thing:
                changes.append(Change(part, item, self.thing[parent], parent))
        for container in {change.container for change in changes}:
            changes += [Change(part, item, container, item) for item, part in self._enders[container]]
        if thing not in self.portioned:
            ends = self.parts_of(thing, Role.DECOMMISSIONED)
            changes += [Change(part, item, EVERYWHERE, item) for item, part in ends]
        return changes

    def is_container(self, thing: int) -> bool:
        """Whether anything was ever put into it or taken out of it."""
        return any(part.role in CHILD_OF for _, part in self.every_part(thing))

    def contents(self, labels: Mapping[int, Collection[Span]]) -> dict[int, list[Stay]]:
        """The stays in each of these (loaded) containers that may meet its label."""
        self._find_enders(labels)
        puttings = [(thing, *each) for thing, label in labels.items() for each in self._puttings(thing, label)]
        children = self.source.others({part.event for _, _, part in puttings}, tuple(PARENT_OF))
        found: dict[int, list[Stay]] = {thing: [] for thing in labels}
        for child in self._find_children([part for _, _, part in puttings], children):
            for stay in self.stays_of(child):
                if stay.container in found:
                    found[stay.container].append(stay)
        for thing, item, part in puttings:
            for product in children.get((part.event, CHILD_OF[part.role]), ()):
                if self.level[product] == Level.CLASS:
                    found[thing].append(self._product_in(thing, item, part, product))
        return found

    def _puttings(self, container: int, label: Collection[Span]) -> list[Named]:
        """What put something in by the end of a label, and was not emptied out before it."""
        first, last = min(start for start, _ in label), max(end for _, end in label)
        found: list[Named] = []
        for putting in PUTTING:
            ends = [part.at for _, part in self._enders[container] if ENDING[part.role] in (None, putting)]
            since = max((at for at in ends if at < first), default=BEGINNING)
            found += [each for each in self.parts_of(container, PARENT_OF[putting]) if since <= each[1].at <= last]
        return found

    def _product_in(self, container: int, named: int, part: Part, product: int) -> Stay:
        """What is known by product only is not followed out of the container: it is taken to be there to the next unpacking."""
        ends = [end.at for _, end in self.parts_of(container, *ENDING) if end.at >= part.at]
        return Stay(product, container, part.at, min(ends, default=END), part.event, product, named)

    def children(self, parts: Collection[Part]) -> list[int]:
        """The things that these parts of containers put in or took out, loaded, with their stays derived."""
        return self._find_children(parts, self.source.others({part.event for part in parts}, tuple(PARENT_OF)))

    def _find_children(self, parts: Iterable[Part], children: Mapping[tuple[int, int], list[int]]) -> list[int]:
        named = [item for part in parts for item in children.get((part.event, CHILD_OF[part.role]), ())]
        self.load(named)
        things = list(dict.fromkeys(self.thing[item] for item in named))
        self.find_stays(things)
        return things
