"""The fixed point of a walk: labels that are sets of times, spread over the facts level by level until nothing changes."""

from abc import ABC, abstractmethod
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import ClassVar, NamedTuple

from zhuisu.codes import Level
from zhuisu.events.scope import Scope
from zhuisu.events.vocabulary import Role
from zhuisu.lineage import store
from zhuisu.lineage.facts import Facts
from zhuisu.lineage.spans import Span, add, cut
from zhuisu.lineage.stays import Stay
from zhuisu.lineage.store import Part

Node = int  # a thing in one of its lives: in the first, simply the number of the thing
STRIDE = 1 << 48  # so much more in each later life; no item has such a number


def node_of(thing: int, life: int) -> Node:
    """The node of a thing in one of its lives (0 is the first)."""
    return thing + life * STRIDE


def thing_of(node: Node) -> int:
    """The thing of a node."""
    return node % STRIDE


def life_of(node: Node) -> int:
    """The number of the life; 0 is the first."""
    return node // STRIDE


class Trail(NamedTuple):
    """How something was reached first."""

    how: str
    event: int | None
    depth: int
    parent: int | None  # item


class Pending(NamedTuple):
    """Items that a fact reaches at an instant; `life_at` says in which of their lives."""

    items: Sequence[int]
    at: int
    life_at: int
    trail: Trail
    inside: bool = False  # up: the fact asks as well for what the items held at that instant


@dataclass(slots=True)
class Link:
    """One fact that joined what was reached: every source may be in every target. Items, in the direction of the goods."""

    event: int | None
    kind: str
    at: int
    sources: dict[int, None] = field(default_factory=dict)
    targets: dict[int, None] = field(default_factory=dict)


class Walker(ABC):
    """What both directions share: nodes, labels, limits, rounds."""

    roles: ClassVar[Sequence[Role]]

    def __init__(
        self,
        position: int,
        *,
        max_items: int,
        max_depth: int,
        every_portion: bool,
        as_of: datetime | None = None,
        source: store.Source = store,
        scope: Scope | None = None,
    ) -> None:
        self.facts = Facts(position, as_of, self.roles, source, scope)
        self.max_items, self.max_depth, self.every_portion = max_items, max_depth, every_portion
        self.of: dict[Node, int] = {}  # of it: from here to the end of the life (down), up to here (up)
        self.inside: dict[Node, list[Span]] = {}  # in it
        self.whole: dict[Node, list[Span]] = {}  # a start container: everything in it
        self.trail: dict[Node, Trail] = {}
        self.carry_trail: dict[Node, Trail] = {}
        self.named: dict[
            Node, int
        ] = {}  # the code by which it was reached first, where it is not the node's own number
        self.depth: dict[Node, int] = {}  # steps from the start, the fewest; a process is no step of its own
        self.products: dict[int, tuple[int, Trail]] = {}
        self.links: dict[tuple[int | None, str, int], Link] = {}
        self.changed: defaultdict[int, dict[Node, None]] = defaultdict(dict)  # depth → nodes whose labels grew
        self.pending: list[Pending] = []
        self.fired: set[int] = set()
        self.unmeasured: set[int] = set()  # items that came out of a container into which they had not gone
        self.cut_by_depth: set[int] = set()  # items
        self.cut_by_items: set[int] = set()

    @abstractmethod
    def better(self, at: int, than: int) -> bool:
        """Whether an instant widens a label."""

    @abstractmethod
    def start_at(self, life: Span, window: Span) -> int:
        """Where the label of a start begins, in one of its lives."""

    @abstractmethod
    def expand(self, nodes: list[Node]) -> None:
        """Spread the labels of these nodes one level."""

    @abstractmethod
    def open_stay(self, node: Node, content: Node, stay: Stay, spans: list[Span]) -> None:
        """What a container held during these spans of its label."""

    def run(self, start: Iterable[int], since: int, until: int) -> None:
        """Walk from these items, asked for the window [since, until], to the fixed point or a limit."""
        self.facts.load(start)
        for item in start:
            self._begin(item, since, until)
        while self.changed or self.pending:
            self._settle()
            if self.changed:
                self._expand_nearest()

    def _expand_nearest(self) -> None:
        """Spread what is nearest to the start first: so the fewest steps are found, and a limit cuts what is far."""
        nearest = min(self.changed)
        # In the order of their numbers: then which of several equal ways is told does not hang on the engine.
        nodes = sorted(node for node in self.changed.pop(nearest) if self.depth[node] == nearest)
        if nearest >= self.max_depth:
            self.cut_by_depth.update(map(self.name, nodes))
            return
        if self.cut_by_depth:
            self.cut_by_depth.difference_update(map(self.name, nodes))
        self.expand(nodes)

    def _begin(self, item: int, since: int, until: int) -> None:
        facts, trail = self.facts, Trail("start", None, 0, None)
        if item in facts.no_unit:
            if item in facts.level:
                self.products[item] = (since, trail)
            return
        thing = facts.thing[item]
        box = facts.is_container(thing)
        for number, life in enumerate(facts.lives_of(thing)):
            if life[0] > until or life[1] < since:
                continue
            node = node_of(thing, number)
            if box:
                if self._appear(node, trail, item):  # of a code with more lives than there is room for, the first
                    self.trail.setdefault(node, trail)
                    add(self.whole.setdefault(node, []), (max(since, life[0]), min(until, life[1])))
            else:
                self.reach(node, self.start_at(life, (since, until)), trail, item)

    def _settle(self) -> None:
        """Give what the last level reached its label."""
        pending, self.pending = self.pending, []
        self._load_within(pending)
        facts = self.facts
        for each in pending:
            for item in each.items if each.inside else self._settle_alike(each):
                if item in facts.no_unit:
                    if facts.level.get(item) == Level.CLASS:
                        self.products.setdefault(item, (each.at, each.trail))
                elif item in facts.thing:
                    thing = facts.thing[item]
                    for number in facts.lives_at(thing, each.life_at):
                        self.arrive(node_of(thing, number), item, each)

    def _settle_alike(self, each: Pending) -> Sequence[int]:
        """Most arrivals are new and have one code and one life: what arrive() would do, for all at once. Gives the others."""
        facts, known = self.facts, self.depth
        fresh = {item: each.at for item in each.items if item not in known and item not in facts.special}
        if not fresh or len(known) + len(fresh) > self.max_items or not facts.thing.keys() >= fresh.keys():
            return each.items
        depth = each.trail.depth
        known.update(dict.fromkeys(fresh, depth))
        self.trail.update(dict.fromkeys(fresh, each.trail))
        self.of.update(fresh)
        if leading := {node: None for node in fresh if node in facts.parts}:
            self.changed[depth].update(leading)
        return [item for item in each.items if item not in fresh] if len(fresh) < len(each.items) else ()

    def _load_within(self, pending: list[Pending]) -> None:
        """Read as many new items as there is room for; whoever led to the rest is a place where the walk stopped."""
        new: dict[int, int | None] = {}
        for each in pending:
            new.update(dict.fromkeys(each.items, each.trail.parent))
        for item in self.facts.thing.keys() & new.keys():
            del new[item]
        room = max(0, self.max_items - len(self.depth))
        if len(new) > room:
            self.cut_by_items.update(parent for parent in list(new.values())[room:] if parent is not None)
            new = dict(islice(new.items(), room))
        self.facts.load(new)

    @abstractmethod
    def arrive(self, node: Node, item: int, each: Pending) -> None:
        """Give a pending item its label in one of its lives."""

    def asked(self, node: Node) -> bool:
        """Whether the node itself is part of the answer, not only what holds it."""
        return node in self.of or node in self.whole

    def _appear(self, node: Node, trail: Trail, item: int) -> bool:
        """Note how a node was reached, if it is new or nearer. False where there is no room for it."""
        depth = self.depth.get(node)
        if depth is None:
            if len(self.depth) >= self.max_items:
                self.cut_by_items.add(item if trail.parent is None else trail.parent)
                return False
            if item != node:
                self.named[node] = item
        if depth is None or trail.depth < depth:
            self.depth[node] = trail.depth
            self.touch(node)
        return True

    def touch(self, node: Node) -> None:
        """The label of a node grew. What has no part in any fact leads nowhere."""
        if thing_of(node) in self.facts.parts:
            self.changed[self.depth[node]][node] = None

    def reach(self, node: Node, at: int, trail: Trail, item: int) -> None:
        """Widen the label `of it` of a node."""
        old = self.trail.get(node)
        if old is None or trail.depth < old.depth:
            if not self._appear(node, trail, item):
                return
            self.trail[node] = trail
        best = self.of.get(node)
        if best is None or self.better(at, best):
            self.of[node] = at
            self.touch(node)

    def carry(self, node: Node, span: Span, trail: tuple[str, int | None, int, int | None], item: int) -> None:
        """Widen the label `in it` of a container. trail: the fields of a Trail."""
        if span[0] > span[1]:
            return
        old = self.carry_trail.get(node)
        if old is None or trail[2] < old.depth:
            reached = Trail(*trail)
            if not self._appear(node, reached, item):
                return
            self.carry_trail[node] = reached
        elif trail[2] == old.depth and (trail[3] or 0) < (old.parent or 0):
            self.carry_trail[node] = Trail(*trail)  # of several as near the lowest number, in whatever order they come
        if add(self.inside.setdefault(node, []), span):
            self.touch(node)

    def lot_rows(self, nodes: Iterable[Node], role: Role) -> list[tuple[Node, int, Part]]:
        """The parts of nodes, in their own life, that say which lot an instance is of: (node, code, part)."""
        return [
            (node, *each)
            for node in nodes
            for each in self.facts.parts_of(thing_of(node), role)
            if life_of(node) in self.facts.lives_at(thing_of(node), each[1].at)
        ]

    def next_depth(self, node: Node) -> int:
        """The depth of what a node leads to."""
        return self.depth[node] + (thing_of(node) not in self.facts.processes)

    def name(self, node: Node) -> int:
        """The code by which a node was reached first."""
        return self.named.get(node, node)

    def open_containers(self, labels: Mapping[Node, Sequence[Span]]) -> None:
        """Find what lay in these containers at the instants of their labels, and hand each stay to open_stay."""
        by_thing: defaultdict[int, list[Span]] = defaultdict(list)
        for node, label in labels.items():
            by_thing[thing_of(node)] += label
        contents = self.facts.contents(by_thing) if by_thing else {}
        for node, label in labels.items():
            for stay in contents[thing_of(node)]:
                for i, j, end in self.common_lives(stay):
                    spans = cut(label, stay.start, end) if j == life_of(node) else []
                    if spans:
                        self.open_stay(node, node_of(stay.content, i), stay, spans)

    def link(
        self, event: int | None, kind: str, at: int, source: int | None, target: int | None, pivot: int = 0
    ) -> Link:
        """The link of a fact, with one more source or target. `pivot` tells several facts of one event apart."""
        found = self.links.get((event, kind, pivot))
        if found is None:
            found = self.links[event, kind, pivot] = Link(event, kind, at)
        if source is not None:
            found.sources[source] = None
        if target is not None:
            found.targets[target] = None
        return found

    def common_lives(self, stay: Stay) -> Sequence[tuple[int, int, int]]:
        """The lives (of content, of container) in which a stay began, and where it ends within them."""
        if stay.content not in self.facts.lives and stay.container not in self.facts.lives:
            return ((0, 0, stay.end),)
        contents, containers = self.facts.lives_of(stay.content), self.facts.lives_of(stay.container)
        return [
            (i, j, min(stay.end, contents[i][1], containers[j][1]))
            for i in self.facts.lives_at(stay.content, stay.start)
            for j in self.facts.lives_at(stay.container, stay.start)
        ]

    def follows_portion(self, thing: int) -> bool:
        """Whether only portions that were packed in time count."""
        return not self.every_portion and thing in self.facts.portioned
