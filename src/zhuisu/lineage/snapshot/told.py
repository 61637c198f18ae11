"""What herds found, as an answer tells it: lines made when somebody looks at them, a page at a time; links when asked for."""

from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from typing import TypeVar

import numpy as np

from zhuisu.events.vocabulary import Role
from zhuisu.lineage.answer import Carried, Reached
from zhuisu.lineage.snapshot.herd import HOWS, Herd
from zhuisu.lineage.snapshot.segment import LEVEL_MASK, Array
from zhuisu.lineage.snapshot.view import distinct
from zhuisu.lineage.spans import moment

Line = TypeVar("Line")
Visible = Callable[[int | None], int | None]

TOGETHER = 1_024  # made at once: enough to make reading in bulk pay, few enough for whoever wants one
# Of these the ones made last stay, some 90 MB: whoever writes a list of a million reads each once.
PAGES_KEPT = 256


class _Lines(Mapping[int, Line]):
    """The lines of nodes by item number. make: those of some of the nodes, by where they stand."""

    def __init__(self, nodes: Array, size: int, make: Callable[[slice], list[Line]]) -> None:
        self._nodes, self._size, self._make = nodes, size, make
        self._pages: dict[int, list[Line]] = {}

    @cached_property
    def _place(self) -> Array:
        """By item number, from 1; 0: not here."""
        place = np.zeros(self._size, np.int32)
        place[self._nodes] = np.arange(1, len(self._nodes) + 1, dtype=np.int32)
        return place

    def __getitem__(self, item: int) -> Line:
        if item not in self:
            raise KeyError(item)
        page, line = divmod(int(self._place[item]) - 1, TOGETHER)
        made = self._pages.get(page)
        if made is None:
            made = self._make(slice(page * TOGETHER, (page + 1) * TOGETHER))
            if len(self._pages) >= PAGES_KEPT:
                del self._pages[next(iter(self._pages))]
            self._pages[page] = made
        return made[line]

    def __iter__(self) -> Iterator[int]:
        return iter(self._nodes.tolist())

    def __len__(self) -> int:
        return len(self._nodes)

    def __contains__(self, item: object) -> bool:
        return isinstance(item, int) and 0 <= item < self._size and self._place[item] > 0


def told_of(herd: Herd, visible: Visible) -> tuple[Mapping[int, Reached], Mapping[int, Carried]]:
    """The items and the containers of a walk's herds. `visible` gives for a process what led to it."""
    view, trails, found = herd.view, herd.trails, herd.found

    def said(nodes: Array) -> Iterator[tuple[int, str, int]]:
        """Item, code, level."""
        numbers = nodes.tolist()
        return zip(numbers, view.texts(numbers), (view.flags(nodes) & LEVEL_MASK).tolist(), strict=True)

    def ways(rows: Array) -> Iterator[tuple[int, int, int | None]]:
        """Event, depth, parent."""
        event = view.column("event", trails.event[rows]).tolist()
        return zip(event, trails.depth[rows].tolist(), map(visible, trails.parent[rows].tolist()), strict=True)

    def items(some: slice) -> list[Reached]:
        rows = found.row[some]
        how = [HOWS[each] for each in trails.how[rows].tolist()]
        lines = zip(said(found.nodes[some]), found.at[some].tolist(), how, ways(rows), strict=True)
        return [Reached(*one, moment(at), how, *way) for one, at, how, way in lines]

    def containers(some: slice) -> list[Carried]:
        spans = zip(found.since[some].tolist(), found.until[some].tolist(), strict=True)
        lines = zip(said(found.boxes[some]), spans, ways(found.box_row[some]), strict=True)
        return [Carried(*one, ((moment(start), moment(end)),), *way) for one, (start, end), way in lines]

    return _Lines(found.nodes, view.numbers, items), _Lines(found.boxes, view.numbers, containers)


def gather(herd: Herd) -> None:
    """The links of the herds, beside those of the exact engine."""
    labels = _Labels(herd)
    for item, event in herd.made_log:
        _gather_made(herd, *(labels.held(item) if event is None else (item, event)))
    for kind, log in (("packed", herd.packed_log), ("lot", herd.lot_log)):
        for source, event, target in log:
            at = herd.view.column("at", event).tolist()
            for one, number, other, when in zip(source.tolist(), event.tolist(), target.tolist(), at, strict=True):
                herd.link(number, kind, when, one, other, other if kind == "packed" else one)
    herd.made_log, herd.packed_log, herd.lot_log = [], [], []


class _Labels:
    """What the labels of a walk's herds held in the end, by node."""

    def __init__(self, herd: Herd) -> None:
        self._view, self._up, found = herd.view, herd.up, herd.found
        order = np.argsort(found.nodes)
        self._nodes, self._at = found.nodes[order], found.at[order]
        order = np.argsort(found.boxes)
        self._boxes, self._since, self._until = found.boxes[order], found.since[order], found.until[order]

    def held(self, nodes: Array) -> tuple[Array, Array]:
        """The events that used nodes, in order, at an instant of their labels; up, those that made them. Which node, which event."""
        row, event = self._view.takes(nodes, Role.OUTPUT if self._up else Role.INPUT)
        node, at = nodes[row], self._view.column("at", event)
        here, place = _places(self._nodes, node)
        held = np.zeros(len(node), bool)
        held[here] = at[here] <= self._at[place] if self._up else self._at[place] <= at[here]
        here, place = _places(self._boxes, node)
        held[here] |= (self._since[place] <= at[here]) & (at[here] <= self._until[place])
        return node[held], event[held]


def _places(known: Array, asked: Array) -> tuple[Array, Array]:
    """Which of the asked are known, and where."""
    place = np.searchsorted(known, asked)
    here = np.flatnonzero(np.append(known, -1)[place] == asked)
    return here, place[here]


def _gather_made(herd: Herd, item: Array, event: Array) -> None:
    if not len(event):
        return
    down = not herd.up
    events = distinct(event)
    found = herd.view.members(events, [Role.OUTPUT if down else Role.INPUT])
    others = np.split(found.item, np.searchsorted(found.row, np.arange(1, len(events))))
    order = np.argsort(event, kind="stable")
    own = np.split(item[order], np.searchsorted(event[order], events[1:]))
    at = herd.view.column("at", events).tolist()
    for number, when, mine, theirs in zip(events.tolist(), at, own, others, strict=True):
        link = herd.link(number, "made", when, None, None)
        sources, targets = (link.sources, link.targets) if down else (link.targets, link.sources)
        sources.update(dict.fromkeys(mine.tolist()))
        targets.update(dict.fromkeys(theirs.tolist()))
