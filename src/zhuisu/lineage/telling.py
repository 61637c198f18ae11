"""From a walker that has arrived to the answer: codes instead of nodes, what was joined by a process, where it stops."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from functools import partial
from itertools import chain

from zhuisu.lineage.answer import Aside, Carried, Reached, Stop, StopReason, Walk
from zhuisu.lineage.snapshot.herd import Herd
from zhuisu.lineage.snapshot.told import gather, told_of
from zhuisu.lineage.spans import BEGINNING, moment
from zhuisu.lineage.up import Up
from zhuisu.lineage.walker import Link, Node, Trail, Walker, life_of, thing_of


class _Items(Mapping[int, Reached]):
    """The items of an answer, each made a Reached when somebody looks at it: most are only counted, or asked for by number."""

    def __init__(self, walker: Walker, since: datetime | None, herd: Mapping[int, Reached]) -> None:
        self._canonical, self._level, self._number = walker.facts.canonical, walker.facts.level, walker.facts.number
        self._herd = herd  # what went in herds; the others are in trails
        self._of, self._since, self._moments = walker.of, since, _Moments()
        self.trails: dict[int, Trail] = {}
        self.told: dict[int, Reached] = {}  # what a trail does not say: one of several codes, a later life

    def __getitem__(self, item: int) -> Reached:
        if item in self.told:
            return self.told[item]
        trail = self.trails.get(item)
        if trail is None:
            return self._herd[item]
        trail = trail._replace(event=self._number(trail.event))
        return Reached(item, self._canonical[item], self._level[item], self.at(item), *trail)

    def __iter__(self) -> Iterator[int]:
        return chain(self.trails, self._herd)

    def __len__(self) -> int:
        return len(self.trails) + len(self._herd)

    def __contains__(self, item: object) -> bool:
        return item in self.trails or item in self._herd

    def at(self, node: Node) -> datetime | None:
        """The widest time of a node; the asked beginning of what was only asked for whole."""
        return self._moments[self._of[node]] if node in self._of else self._since


class _Moments(dict[int, datetime | None]):
    """Many items share one instant: each is made a moment once."""

    def __missing__(self, at: int) -> datetime | None:
        made = self[at] = moment(at)
        return made


class _Carriers(Mapping[int, Carried]):
    """The containers of an answer; those that went in herds are told when somebody looks at them."""

    def __init__(self, herd: Mapping[int, Carried]) -> None:
        self.told: dict[int, Carried] = {}
        self._herd = herd

    def __getitem__(self, item: int) -> Carried:
        return self.told[item] if item in self.told else self._herd[item]

    def __iter__(self) -> Iterator[int]:
        return chain(self.told, self._herd)

    def __len__(self) -> int:
        return len(self.told) + len(self._herd)

    def __contains__(self, item: object) -> bool:
        return item in self.told or item in self._herd


def fill(answer: Walk, walker: Walker) -> None:
    """Write what a walker found into an answer."""
    facts, before = walker.facts, _before_processes(walker)
    herd_items, herd_boxes = told_of(walker, partial(_visible, before)) if isinstance(walker, Herd) else ({}, {})
    special, found, carried = facts.special, _Items(walker, answer.since, herd_items), _Carriers(herd_boxes)
    for node, trail in walker.trail.items():
        if trail.parent in before:
            trail = trail._replace(parent=_visible(before, trail.parent))
        if node not in special and life_of(node) == 0:
            found.trails[node] = trail
        elif thing_of(node) not in before:
            _tell(answer, found, walker, node, trail)
    answer.items = found
    for node in walker.inside:
        _fill_carried(carried.told, walker, node)
    answer.carried = carried
    for item, (since, trail) in walker.products.items():
        trail = trail._replace(event=facts.number(trail.event))
        answer.products[item] = Reached(item, facts.canonical[item], facts.level[item], moment(since), *trail)
    answer.aside = _aside(walker)
    answer.gather = partial(_links, walker, found.told)
    _fill_stops(answer, walker, before)


def _aside(walker: Walker) -> Aside:
    facts = walker.facts
    thing = {item: thing for thing, items in facts.codes.items() for item in items}
    processes = {item for item in facts.processes if item in walker.depth}
    escaped = {facts.thing.get(item, item) for item in walker.unmeasured}
    unmeasured = {*map(thing_of, walker.whole), *facts.lives, *escaped, *processes}
    return Aside(thing, unmeasured, processes)


def _tell(answer: Walk, found: _Items, walker: Walker, node: Node, trail: Trail) -> None:
    """A thing with several codes or lives: once for each code, by its widest time."""
    facts, thing, named = walker.facts, thing_of(node), walker.name(node)
    for item in facts.codes.get(thing, (thing,)):
        own = trail if item == named else Trail("same", _same_event(walker, thing, item), trail.depth, named)
        said = own._replace(event=facts.number(own.event))
        new = Reached(item, facts.canonical[item], facts.level[item], found.at(node), *said, life_of(node) + 1)
        found.told[item] = _wider(answer, found.told[item], new) if item in found.told else new
        found.trails.setdefault(item, own)


def _wider(answer: Walk, one: Reached, two: Reached) -> Reached:
    """An item that was reached in two lives is told once, by the widest."""
    if one.at is None or two.at is None:
        return one if one.at is None else two
    return one if (one.at <= two.at) == (answer.direction == "down") else two


def _fill_carried(told: dict[int, Carried], walker: Walker, node: Node) -> None:
    named, trail, facts = walker.name(node), walker.carry_trail[node], walker.facts
    spans = [(moment(start), moment(end)) for start, end in walker.inside[node]]
    life, old = life_of(node) + 1, told.get(named)
    if old is not None:
        spans, life = [*old.spans, *spans], old.life
    canonical, level = facts.canonical[named], facts.level[named]
    event = facts.number(trail.event)
    told[named] = Carried(named, canonical, level, tuple(spans), event, trail.depth, trail.parent, life)


def _links(walker: Walker, told: dict[int, Reached], answer: Walk) -> list[Link]:
    """The links between what is in the answer; those through a process joined, those between two codes of a thing added."""
    if isinstance(walker, Herd):
        gather(walker)
    facts = walker.facts
    links = [
        Link(facts.number(each.event), each.kind, each.at, each.sources, each.targets) for each in walker.links.values()
    ]
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
    return min(events, default=None, key=walker.facts.source.number)


def _fill_stops(answer: Walk, walker: Walker, before: dict[int, int | None]) -> None:
    facts = walker.facts
    stopped = [(item, StopReason.PRODUCT_ONLY) for item in walker.products]
    stopped += [(item, StopReason.LIMIT_DEPTH) for item in sorted(walker.cut_by_depth)]
    stopped += [(item, StopReason.LIMIT_ITEMS) for item in sorted(walker.cut_by_items)]
    if isinstance(walker, Up):
        stopped += [(walker.name(node), StopReason.UNKNOWN_ORIGIN) for node in walker.origins()]
    answer.truncated = bool(walker.cut_by_depth or walker.cut_by_items)
    seen = dict.fromkeys((_visible(before, item), reason) for item, reason in stopped)
    facts.learn([item for item, _ in seen if item is not None])
    answer.stops = [
        Stop(item, facts.canonical[item], facts.level[item], reason) for item, reason in seen if item is not None
    ]
