"""What the log says of the things a walk has met: their codes, their lives, and when each lay in which container."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from zhuisu.codes import Level
from zhuisu.events.vocabulary import Role
from zhuisu.lineage import store
from zhuisu.lineage.spans import ALWAYS, BEGINNING, END, Span, joint_lives, lives
from zhuisu.lineage.stays import CHILD_OF, ENDING, EVERYWHERE, PARENT_OF, PUTTING, Change, Escape, Stay, replay
from zhuisu.lineage.store import Row

# A product, a place or a party is not a unit: a walk through one of them would reach the whole world.
NO_UNIT = frozenset({Level.CLASS, Level.PLACE, Level.PARTY})
PORTIONED = frozenset({Level.LOT, Level.CLASS})


Others = dict[tuple[int, int], list[tuple[int, int]]]  # (event, role) → [(item, part.position)]
COMMON_ROLES: tuple[int, ...] = (Role.SAME, Role.DECOMMISSIONED, *PARENT_OF, *PARENT_OF.values())


class Facts:
    """The facts known at a log position, read set by set as the walk asks for them."""

    def __init__(self, position: int, as_of: datetime | None, roles: Sequence[int]) -> None:
        self.known = store.Known(position, as_of)
        self.canonical: dict[int, str] = {}
        self.level: dict[int, int] = {}
        self.no_unit: set[int] = set()  # items through which no walk goes
        self.processes: set[int] = set()  # items that stand for a transformationID
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

    def others(self, events: Iterable[int], roles: Sequence[int]) -> Others:
        """Who else had a part in these events (known to be valid): (event, role) → [(item, part.position)], in order."""
        found: Others = defaultdict(list)
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
            elif level == Level.PROCESS:
                self.processes.add(item)
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
            if rows and self._is_simple(thing, rows[0]):
                continue
            changes = self._changes(thing, rows) if rows else []
            self.stays[thing], self.escapes[thing] = replay(thing, changes, portioned=thing in self.portioned)

    def _is_simple(self, thing: int, row: Row) -> bool:
        """Most things were put into one container that nothing ended: their stay needs no replay."""
        parent = self._parents.get(row.event)
        if len(self.rows[thing]) > 1 or row.role not in PUTTING or parent is None or parent in self.no_unit:
            return False
        container = self.thing[parent]
        if container == thing or self._enders[container]:
            return False
        self.stays[thing], self.escapes[thing] = [Stay(thing, container, row.at, END, row.event, row.item, parent)], []
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
        rows = [(thing, row) for thing in fresh for row in self.rows.get(thing, ()) if row.role in ENDING]
        outs = {row.event for _, row in rows if row.role != Role.DECOMMISSIONED}
        with_child = {event for event, _ in self.others(outs, (Role.UNPACKED, Role.UNFITTED))}
        for thing in fresh:
            self._enders[thing] = []
        for thing, row in rows:
            if row.event not in with_child and not (row.role == Role.DECOMMISSIONED and thing in self.portioned):
                self._enders[thing].append(row)

    def _changes(self, thing: int, rows: list[Row]) -> list[Change]:
        """Everything that may move a content."""
        changes: list[Change] = []
        for row in rows:
            parent = self._parents.get(row.event)
            if parent is not None and parent not in self.no_unit and self.thing[parent] != thing:
                changes.append(Change(row, self.thing[parent], parent))
        for container in {change.container for change in changes}:
            changes += [Change(row, container, row.item) for row in self._enders[container]]
        if len(self.rows[thing]) > len(rows) and thing not in self.portioned:
            changes += [Change(row, EVERYWHERE, row.item) for row in self.rows_of(thing, Role.DECOMMISSIONED)]
        return changes

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
        children = self.others({row.event for row in rows}, tuple(PARENT_OF))
        found = [stay for child in self._find_children(rows, children) for stay in self.stays[child]]
        return [stay for stay in found if stay.container == container] + list(self._products_in(rows, children))

    def _products_in(self, rows: list[Row], children: Others) -> Iterator[Stay]:
        """What is known by product only is not followed out of the container: it is taken to be there to the next unpacking."""
        for row in rows:
            container = self.thing[row.item]
            for item, _ in children.get((row.event, CHILD_OF[row.role]), ()):
                if self.level[item] == Level.CLASS:
                    ends = [end.at for end in self.rows[container] if end.role in ENDING and end.at >= row.at]
                    yield Stay(item, container, row.at, min(ends, default=END), row.event, item, row.item)

    def children(self, rows: Iterable[Row]) -> set[int]:
        """The things that these parent rows put in or took out, loaded, with their stays derived."""
        wanted = list(rows)
        return self._find_children(wanted, self.others({row.event for row in wanted}, tuple(PARENT_OF)))

    def _find_children(self, rows: list[Row], children: Others) -> set[int]:
        named = {item for row in rows for item, _ in children.get((row.event, CHILD_OF[row.role]), ())}
        self.load(named)
        things = {self.thing[item] for item in named}
        self.find_stays(things)
        return things
