"""Walks up and down, as the rest of the platform asks for them. docs/concepts/walk.md says what an answer means."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from itertools import islice
from typing import Literal, NamedTuple

from zhuisu.events.queries import head, head_at
from zhuisu.events.store import rows
from zhuisu.lineage import store
from zhuisu.lineage.down import Down
from zhuisu.lineage.spans import BEGINNING, END, instant, moment
from zhuisu.lineage.up import Up
from zhuisu.lineage.walker import Link, Node, Trail, Walker, life_of, thing_of

MAX_ITEMS = 200_000  # more does not fit a screen, a sheet or a second; a recall of that size is told to be cut
MAX_DEPTH = 200  # the longest real chains have some thirty steps
MAX_EDGES = 20_000  # an event of 100 inputs and 1,000 outputs alone has 100,000 pairs

Direction = Literal["down", "up"]


class Portions(StrEnum):
    """Which portions of a lot follow into a container."""

    PACKED_AFTER = "packed-after"  # those packed when the lot was already reached
    ALL = "all"  # every one: the widest answer, for a recall that must not miss


class StopReason(StrEnum):
    """Why a walk goes no further at an item."""

    UNKNOWN_ORIGIN = "unknown-origin"  # up: nothing is recorded before it
    PRODUCT_ONLY = "product-only"  # only the product was named, no lot and no serial
    LIMIT_ITEMS = "limit-items"
    LIMIT_DEPTH = "limit-depth"


@dataclass(frozen=True, slots=True)
class Limits:
    """How far a walk may go. Reaching a limit is said in the answer."""

    max_items: int = MAX_ITEMS
    max_depth: int = MAX_DEPTH


class Reached(NamedTuple):
    """An item of the answer. `at`: the earliest time (down) or the latest (up), UTC; None where there is no bound.

    how: start, made, unpacked (came out of a container that it never went into), lot, same, whole (lay in the start
    container), content (up: lay in a container that was used), process.
    """

    item: int
    canonical: str
    level: int
    at: datetime | None
    how: str
    by_event: int | None
    depth: int
    parent: int | None
    life: int = 1  # which life of a code that is used again; the first is 1


class Carried(NamedTuple):
    """A container that held something of the answer: "in it", not "of it". spans: when, closed, UTC; None means no bound."""

    item: int
    canonical: str
    level: int
    spans: tuple[tuple[datetime | None, datetime | None], ...]
    by_event: int | None
    depth: int
    parent: int | None
    life: int = 1


class Stop(NamedTuple):
    """Where a walk ends before the goods do, and why."""

    item: int
    canonical: str
    level: int
    reason: StopReason


class Edge(NamedTuple):
    """One item before another, in the direction of the goods. kind: made, packed, unpacked, lot, same."""

    source: int
    target: int
    event: int | None
    kind: str
    at: datetime | None


@dataclass(slots=True)
class Walk:
    """The answer. `items` is what it went into or came from; `carried` apart; `products` are known by product only."""

    direction: Direction
    start: list[int]
    position: int
    since: datetime | None
    until: datetime | None
    as_of: datetime | None = None
    items: Mapping[int, Reached] = field(default_factory=dict)
    carried: dict[int, Carried] = field(default_factory=dict)
    products: dict[int, Reached] = field(default_factory=dict)
    stops: list[Stop] = field(default_factory=list)
    links: list[Link] = field(default_factory=list)
    truncated: bool = False

    @property
    def counts(self) -> dict[str, int]:
        """How many items, containers, products, events."""
        events = {link.event for link in self.links}
        return {
            "items": len(self.items),
            "carried": len(self.carried),
            "products": len(self.products),
            "events": len(events),
        }

    @property
    def edges(self) -> list[Edge]:
        """At most MAX_EDGES of the edges, for a drawing; `links` has all of them, not multiplied out."""
        return list(islice(self.all_edges(), MAX_EDGES))

    def all_edges(self) -> Iterator[Edge]:
        """Every edge, one by one."""
        for link in self.links:
            at = moment(link.at)
            for source in link.sources:
                for target in link.targets:
                    yield Edge(source, target, link.event, link.kind, at)


def walk(
    start: Sequence[int],
    direction: Direction,
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    as_of: datetime | None = None,
    position: int | None = None,
    limits: Limits | None = None,
    portions: Portions = Portions.PACKED_AFTER,
) -> Walk:
    """Where these items (numbers) went, or what they came from, as known at a log position (by default the head).

    Down, the start counts from `since` on; up, until `until`. The other bound matters only to a start that is a
    container: what lay in it within [since, until] is followed. Bounds belong to the window.
    `as_of` leaves out all that happened later, `position` all that was told later.
    """
    known = head() if position is None else position
    answer = Walk(direction, list(start), known, since, until, as_of)
    _answer(answer, limits or Limits(), portions)
    return answer


def _answer(answer: Walk, limits: Limits, portions: Portions) -> None:
    engine: type[Walker] = Down if answer.direction == "down" else Up
    walker = engine(
        answer.position,
        max_items=limits.max_items,
        max_depth=limits.max_depth,
        every_portion=portions == Portions.ALL,
        as_of=answer.as_of,
    )
    first = instant(answer.since) if answer.since else BEGINNING
    last = instant(answer.until) if answer.until else END
    walker.run(list(dict.fromkeys(answer.start)), first, last)
    _fill(answer, walker)


class _Items(Mapping[int, Reached]):
    """The items of an answer, each made a Reached when somebody looks at it: most are only counted, or asked for by number."""

    def __init__(self, walker: Walker, since: datetime | None) -> None:
        self._canonical, self._level = walker.facts.canonical, walker.facts.level
        self._of, self._since, self._moments = walker.of, since, _Moments()
        self.trails: dict[int, Trail] = {}
        self.told: dict[int, Reached] = {}  # what a trail does not say: one of several codes, a later life

    def __getitem__(self, item: int) -> Reached:
        if item in self.told:
            return self.told[item]
        trail = self.trails[item]
        return Reached(item, self._canonical[item], self._level[item], self.at(item), *trail)

    def __iter__(self) -> Iterator[int]:
        return iter(self.trails)

    def __len__(self) -> int:
        return len(self.trails)

    def __contains__(self, item: object) -> bool:
        return item in self.trails

    def at(self, node: Node) -> datetime | None:
        """The widest time of a node; the asked beginning of what was only asked for whole."""
        return self._moments[self._of[node]] if node in self._of else self._since


class _Moments(dict[int, datetime | None]):
    """Many items share one instant: each is made a moment once."""

    def __missing__(self, at: int) -> datetime | None:
        made = self[at] = moment(at)
        return made


def _fill(answer: Walk, walker: Walker) -> None:
    facts, before = walker.facts, _before_processes(walker)
    special, found = facts.special, _Items(walker, answer.since)
    for node, trail in walker.trail.items():
        if trail.parent in before:
            trail = trail._replace(parent=_visible(before, trail.parent))
        if node not in special and life_of(node) == 0:
            found.trails[node] = trail
        elif thing_of(node) not in before:
            _tell(answer, found, walker, node, trail)
    answer.items = found
    for node in walker.inside:
        _fill_carried(answer, walker, node)
    for item, (since, trail) in walker.products.items():
        answer.products[item] = Reached(item, facts.canonical[item], facts.level[item], moment(since), *trail)
    answer.links = _links(answer, walker, found.told)
    _fill_stops(answer, walker, before)


def _tell(answer: Walk, found: _Items, walker: Walker, node: Node, trail: Trail) -> None:
    """A thing with several codes or lives: once for each code, by its widest time."""
    facts, thing, named = walker.facts, thing_of(node), walker.name(node)
    for item in facts.codes.get(thing, (thing,)):
        own = trail if item == named else Trail("same", _same_event(walker, thing, item), trail.depth, named)
        new = Reached(item, facts.canonical[item], facts.level[item], found.at(node), *own, life_of(node) + 1)
        found.told[item] = _wider(answer, found.told[item], new) if item in found.told else new
        found.trails.setdefault(item, own)


def _wider(answer: Walk, one: Reached, two: Reached) -> Reached:
    """An item that was reached in two lives is told once, by the widest."""
    if one.at is None or two.at is None:
        return one if one.at is None else two
    return one if (one.at <= two.at) == (answer.direction == "down") else two


def _fill_carried(answer: Walk, walker: Walker, node: Node) -> None:
    named, trail, facts = walker.name(node), walker.carry_trail[node], walker.facts
    spans = [(moment(start), moment(end)) for start, end in walker.inside[node]]
    life, old = life_of(node) + 1, answer.carried.get(named)
    if old is not None:
        spans, life = [*old.spans, *spans], old.life
    canonical, level = facts.canonical[named], facts.level[named]
    answer.carried[named] = Carried(named, canonical, level, tuple(spans), trail.event, trail.depth, trail.parent, life)


def _links(answer: Walk, walker: Walker, told: dict[int, Reached]) -> list[Link]:
    """The links between what is in the answer; those through a process joined, those between two codes of a thing added."""
    facts, links = walker.facts, list(walker.links.values())
    processes = facts.processes
    into = {process: [link for link in links if process in link.targets] for process in processes}
    for link in links if processes else ():
        for process in processes & link.sources.keys():
            for before in into[process]:
                if before.at <= link.at:
                    link.sources.update(before.sources)
    known = {*answer.items, *answer.carried, *answer.products}
    for link in links:
        for ends in (link.sources, link.targets):
            for item in ends.keys() - known:
                del ends[item]
    links += [
        Link(one.by_event, "same", BEGINNING, {one.parent: None}, {one.item: None})
        for one in told.values()
        if one.how == "same" and one.parent is not None
    ]
    return [link for link in links if link.sources and link.targets]


def _before_processes(walker: Walker) -> dict[int, int | None]:
    """Process → what led to it."""
    processes = walker.facts.processes
    found: dict[int, int | None] = dict.fromkeys(processes)
    for node, trail in reversed(walker.trail.items()) if processes else ():
        if thing_of(node) in processes:
            found[thing_of(node)] = trail.parent
    return found


def _visible(before: dict[int, int | None], item: int | None) -> int | None:
    """The item itself; for a process, what led to it."""
    while item in before:
        item = before[item]
    return item


def _same_event(walker: Walker, thing: int, item: int) -> int | None:
    events = [event for event, named in walker.facts.same_events.get(thing, ()) if named == item]
    return min(events, default=None)


def _fill_stops(answer: Walk, walker: Walker, before: dict[int, int | None]) -> None:
    facts = walker.facts
    stopped = [(item, StopReason.PRODUCT_ONLY) for item in walker.products]
    stopped += [(item, StopReason.LIMIT_DEPTH) for item in sorted(walker.cut_by_depth)]
    stopped += [(item, StopReason.LIMIT_ITEMS) for item in sorted(walker.cut_by_items)]
    if isinstance(walker, Up):
        stopped += [(walker.name(node), StopReason.UNKNOWN_ORIGIN) for node in walker.origins()]
    answer.truncated = bool(walker.cut_by_depth or walker.cut_by_items)
    seen = dict.fromkeys((_visible(before, item), reason) for item, reason in stopped)
    answer.stops = [
        Stop(item, facts.canonical[item], facts.level[item], reason) for item, reason in seen if item is not None
    ]


def as_known_at(at: datetime) -> int:
    """The log position that was published by then: 0 where none was."""
    return head_at(at)


def event_names(walk: Walk) -> dict[int | None, str]:
    """The world's ids (eventID, or the CBV 2.0 hash) of the events that an answer speaks of."""
    events = {one.by_event for held in (walk.items, walk.carried, walk.products) for one in held.values()}
    wanted = [event for event in events | {link.event for link in walk.links} if event is not None]
    return dict(rows("select event, event_id from event_body where event = any(%s)", [wanted]))


class Seen(NamedTuple):
    """Where an item was last, as known: the place (item, canonical code), when, and in which event."""

    place: int
    canonical: str
    at: datetime
    event: int


def last_seen(items: Sequence[int], position: int | None = None) -> dict[int, Seen]:
    """The last place of each item that has one, by the time of happening; among equal times the later in the log."""
    known = head() if position is None else position
    found = rows(
        f"""select distinct on (p.item) p.item, p.place, i.canonical, p.at, p.event
            from part p join item i on i.id = p.place {store.VALID} and p.item = any(%s) and p.place is not null
            order by p.item, p.at desc, l.position desc""",
        [known, known, list(items)],
    )
    return {row[0]: Seen(*row[1:]) for row in found}
