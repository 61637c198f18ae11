"""The fixed point of a walk: labels that are sets of times, spread over the facts level by level until nothing changes."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar, NamedTuple

from zhuisu.codes import Level
from zhuisu.events.vocabulary import Role
from zhuisu.lineage.facts import Facts, Stay
from zhuisu.lineage.spans import Span, add

Node = tuple[int, int]  # a thing and the number of its life


class Trail(NamedTuple):
    """How something was reached first."""

    how: str
    event: int | None
    parent: int | None  # item
    depth: int


class Pending(NamedTuple):
    """An item that a fact reaches at an instant; `life_at` says in which of its lives."""

    item: int
    at: int
    life_at: int
    trail: Trail
    inside: Span | None = None  # up: the same fact asks for what the item held then


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
        self, position: int, *, max_items: int, max_depth: int, every_portion: bool, as_of: datetime | None = None
    ) -> None:
        self.facts = Facts(position, as_of, self.roles)
        self.max_items, self.max_depth, self.every_portion = max_items, max_depth, every_portion
        self.of: dict[Node, int] = {}  # of it: from here to the end of the life (down), up to here (up)
        self.inside: dict[Node, list[Span]] = {}  # in it
        self.whole: dict[Node, list[Span]] = {}  # a start container: everything in it
        self.trail: dict[Node, Trail] = {}
        self.carry_trail: dict[Node, Trail] = {}
        self.named: dict[Node, int] = {}  # the code by which it was reached first
        self.products: dict[int, Pending] = {}
        self.links: dict[tuple[int | None, str, int], Link] = {}
        self.changed: set[Node] = set()
        self.pending: list[Pending] = []
        self.fired: set[int] = set()
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

    def run(self, start: Iterable[int], since: int, until: int) -> None:
        """Walk from these items, asked for the window [since, until], to the fixed point or a limit."""
        self.facts.load(start)
        for item in start:
            self._begin(item, since, until)
        while self.changed or self.pending:
            self._settle()
            self.expand(self._next())

    def _next(self) -> list[Node]:
        """The changed nodes that are nearest to the start and within the limits."""
        if not self.changed:
            return []
        nearest = min(self.depth(node) for node in self.changed)
        nodes = sorted(node for node in self.changed if self.depth(node) == nearest)
        self.changed.difference_update(nodes)
        if nearest >= self.max_depth:
            self.cut_by_depth.update(self.named[node] for node in nodes)
            return []
        self.cut_by_depth.difference_update(self.named[node] for node in nodes)
        room = self.max_items - len(self.trail) - len(self.carry_trail)
        if room <= 0:
            self.cut_by_items.update(self.named[node] for node in nodes)
            return []
        return nodes

    def _begin(self, item: int, since: int, until: int) -> None:
        trail = Trail("start", None, None, 0)
        if not self.facts.is_unit(item):
            if item in self.facts.items:
                self.products[item] = Pending(item, since, since, trail)
            return
        thing = self.facts.thing[item]
        box = self.facts.is_container(thing)
        for number, life in enumerate(self.facts.lives_of(thing)):
            if life[0] > until or life[1] < since:
                continue
            node = (thing, number)
            if box:
                self.named.setdefault(node, item)
                self.trail.setdefault(node, trail)
                add(self.whole.setdefault(node, []), (max(since, life[0]), min(until, life[1])))
                self.changed.add(node)
            else:
                self.reach(node, self.start_at(life, (since, until)), trail, item)

    def _settle(self) -> None:
        """Give what the last level reached its label."""
        pending, self.pending = self._within(self.pending), []
        self.facts.load({each.item for each in pending})
        for each in pending:
            if not self.facts.is_unit(each.item):
                if each.item in self.facts.items and self.facts.level(each.item) == Level.CLASS:
                    self.products.setdefault(each.item, each)
                continue
            thing = self.facts.thing[each.item]
            for number in self.facts.lives_at(thing, each.life_at):
                self.arrive((thing, number), each)

    def _within(self, pending: list[Pending]) -> list[Pending]:
        """As many of these as there is room for; whoever led to the rest is a place where the walk stopped."""
        room = self.max_items - len(self.trail) - len(self.carry_trail)
        new = dict.fromkeys(each.item for each in pending if each.item not in self.facts.thing)
        if len(new) <= room:
            return pending
        dropped = set(list(new)[max(room, 0) :])
        self.cut_by_items.update(each.trail.parent for each in pending if each.item in dropped and each.trail.parent)
        return [each for each in pending if each.item not in dropped]

    @abstractmethod
    def arrive(self, node: Node, each: Pending) -> None:
        """Give a pending item its label in one of its lives."""

    def asked(self, node: Node) -> bool:
        """Whether the node itself is part of the answer, not only what holds it."""
        return node in self.of or node in self.whole

    def reach(self, node: Node, at: int, trail: Trail, item: int) -> None:
        """Widen the label `of it` of a node."""
        old = self.trail.get(node)
        if old is None or trail.depth < old.depth:
            self.trail[node] = trail
            self.named[node] = item
            self.changed.add(node)
        if node not in self.of or self.better(at, self.of[node]):
            self.of[node] = at
            self.changed.add(node)

    def carry(self, node: Node, span: Span, trail: Trail, item: int) -> None:
        """Widen the label `in it` of a container."""
        if span[0] > span[1]:
            return
        old = self.carry_trail.get(node)
        if old is None or trail.depth < old.depth:
            self.carry_trail[node] = trail
            self.named.setdefault(node, item)
            self.changed.add(node)
        if add(self.inside.setdefault(node, []), span):
            self.changed.add(node)

    def depth(self, node: Node) -> int:
        """Steps from the start. Passing through a process is no step of its own."""
        return min(each[node].depth for each in (self.trail, self.carry_trail) if node in each)

    def next_depth(self, node: Node) -> int:
        """The depth of what a node leads to."""
        is_process = self.facts.level(node[0]) == Level.PROCESS
        return self.depth(node) + (0 if is_process else 1)

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

    def common_lives(self, stay: Stay) -> Iterable[tuple[int, int, int]]:
        """The lives (of content, of container) in which a stay began, and where it ends within them."""
        contents, containers = self.facts.lives_of(stay.content), self.facts.lives_of(stay.container)
        for i in self.facts.lives_at(stay.content, stay.start):
            for j in self.facts.lives_at(stay.container, stay.start):
                yield i, j, min(stay.end, contents[i][1], containers[j][1])

    def follows_portion(self, thing: int) -> bool:
        """Whether only portions that were packed in time count."""
        return not self.every_portion and self.facts.is_portioned(thing)
