"""What a walk over arrays shares in both directions: most things are plain and go in herds, the others one by one as ever."""

from abc import abstractmethod
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any, ClassVar, NamedTuple

import numpy as np

from zhuisu.codes import Level
from zhuisu.events.vocabulary import Role
from zhuisu.lineage.snapshot.compiled import Lines, Loops, loops_over, want
from zhuisu.lineage.snapshot.segment import CHILD, FLAG_OF, INPUT, OUTPUT, PUT_PARENT, TAKE_PARENT, Array
from zhuisu.lineage.snapshot.slate import give_back, take
from zhuisu.lineage.snapshot.source import Recalled
from zhuisu.lineage.snapshot.stretches import Stretches, plain, stretches
from zhuisu.lineage.snapshot.view import View, distinct, firsts
from zhuisu.lineage.spans import Span
from zhuisu.lineage.store import Part
from zhuisu.lineage.walker import Node, Pending, Trail, Walker, node_of, thing_of

HOWS = ("start", "made", "lot", "carried", "unpacked", "same", "whole", "content")
MADE, LOT, CARRIED = 1, 2, 3
NOWHERE = 2**30  # the depth of what was not reached
ELSEWHERE = -1  # the row of what the exact engine has
FIRED, FIRED_WITH_FAR_SIDE = 1, 2
LINKED = INPUT | OUTPUT  # what has no other flags was made of things, and things are made of it: no more
ROWS = 1_024  # of Trails to begin with: those of a small walk
LARGE = 20_000  # things: a walk that takes so long, ten milliseconds, is worth being compiled


class OutOfRoomError(Exception):
    """A limit is reached: what to leave out is decided by the exact engine."""


class Many(NamedTuple):
    """Items that facts reach, each with its own instant and trail: Pending, by the thousand."""

    items: Array
    at: Array
    life_at: Array
    trail: Array  # rows of Trails
    inside: bool = False


class Found(NamedTuple):
    """What the herds reached, at the end of the walk: a line for each node, and one for each container."""

    nodes: Array
    at: Array
    row: Array  # of Trails
    boxes: Array
    since: Array
    until: Array
    box_row: Array


class Trails:
    """How things were reached: one row for all that one fact reached. Row 0 is nobody's. `events` and `numbers` are more than any of them."""

    def __init__(self, events: int, numbers: int) -> None:
        kind = np.int32 if max(events, numbers) < 2**31 else np.int64
        self.how, self.depth = np.zeros(ROWS, np.int8), np.zeros(ROWS, np.int32)
        self.event, self.parent = np.zeros(ROWS, kind), np.zeros(ROWS, kind)
        self.depth[0] = NOWHERE
        self.used = 1

    def add(self, how: int, event: Array, depth: Array | int, parent: Array) -> Array:
        """New rows, one for each event."""
        rows = np.arange(self.used, self.used + len(event), dtype=np.int32)
        self.used += len(event)
        if self.used > len(self.how):
            self.grow()
        self.how[rows], self.event[rows], self.depth[rows], self.parent[rows] = how, event, depth, parent
        return rows

    def grow(self) -> None:
        """Room for more."""
        for name in ("how", "event", "depth", "parent"):
            old = getattr(self, name)
            new = np.empty(4 * max(len(old), self.used), old.dtype)
            new[: len(old)] = old
            setattr(self, name, new)

    def trail(self, row: int) -> Trail:
        """A row as the exact engine has it."""
        return Trail(HOWS[self.how[row]], int(self.event[row]), int(self.depth[row]), int(self.parent[row]))


class Herd(Walker):
    """A walker whose plain nodes live in arrays by item number. A node that something special touches is handed to the
    exact engine with all that is known of it, and stays there."""

    up: ClassVar[bool]
    leading: ClassVar[int]  # flags of what may lead on, beside containers and contents
    widest: ClassVar[Any]  # of two instants

    def __init__(self, view: View, **more: Any) -> None:
        super().__init__(view.position, source=Recalled(view), **more)
        self.view = view
        self.slate = slate = take(view.numbers, view.events)  # until the walk has ended
        self.at, self.row, self.box_row = slate.at, slate.row, slate.box_row
        self.since, self.until, self.known_event = slate.since, slate.until, slate.known_event
        self.loops = loops_over(view, slate, up=self.up, leading=self.leading)
        self.seen = 0  # flags of all that may be spread
        self.trails = Trails(view.events, view.numbers)
        self.count = 0  # nodes in the arrays
        self.boxes: list[Array] = []  # containers; some are elsewhere by now, as are some of what was reached
        self.elsewhere: list[Node] = []
        self.found = Found(*(np.zeros(0, np.int64) for _ in Found._fields))
        self.many: list[tuple[int, Many | Lines]] = []  # with the number of single ones before it
        self.herd_changed: defaultdict[int, list[Array]] = defaultdict(list)
        self.herd, self.herd_flags = np.zeros(0, np.int64), np.zeros(0, np.uint16)  # what is being expanded
        self.nearest = 0
        # (item, event); None: all events that the labels of these items held in the end
        self.made_log: list[tuple[Array, Array | None]] = []
        self.packed_log: list[tuple[Array, Array, Array]] = []  # (content, event, container)
        self.lot_log: list[tuple[Array, Array, Array]] = []  # (lot, event, member)

    # What is where

    def node_depth(self, nodes: Array) -> Array:
        """The depth of nodes of the herd."""
        depth = self.trails.depth
        if not self.boxes:  # an array that nobody touched takes no memory, and no time
            found: Array = depth[self.row[nodes]]
            return found
        nearest: Array = np.minimum(depth[self.row[nodes]], depth[self.box_row[nodes]])
        return nearest

    def hand_over(self, nodes: Iterable[int]) -> None:
        """From here on the exact engine has these nodes; their facts are loaded."""
        for node in nodes:
            row, box_row = int(self.row[node]), int(self.box_row[node])
            if row > 0 or box_row > 0:
                self.depth[node] = int(self.node_depth(np.array([node]))[0])
                self.count -= 1
                self.changed[self.depth[node]][node] = None  # it may stand in a herd that is about to be spread
            if row > 0:
                self.of[node] = int(self.at[node])
                self.trail[node] = self.trails.trail(row)
            if box_row > 0:
                self.inside[node] = [(int(self.since[node]), int(self.until[node]))]
                self.carry_trail[node] = self.trails.trail(box_row)
            self.row[node] = self.box_row[node] = ELSEWHERE
            self.elsewhere.append(node)

    def _own(self, node: Node) -> None:
        if node < len(self.row) and self.row[node] != ELSEWHERE:
            self.hand_over([node])

    def reach(self, node: Node, at: int, trail: Trail, item: int) -> None:
        """See Walker."""
        self._own(node)
        super().reach(node, at, trail, item)

    def carry(self, node: Node, span: Span, trail: tuple[str, int | None, int, int | None], item: int) -> None:
        """See Walker."""
        self._own(node)
        super().carry(node, span, trail, item)

    def _appear(self, node: Node, trail: Trail, item: int) -> bool:
        self._own(node)
        return super()._appear(node, trail, item)

    def _herd_touch(self, nodes: Array) -> None:
        depth = self.node_depth(nodes)
        for each in set(distinct(depth).tolist()):
            self.herd_changed[each].append(nodes[depth == each])

    # Arriving

    def _settle(self) -> None:
        pending, self.pending = self.pending, []
        many, self.many = self.many, []
        if self.loops and not pending and len(many) == 1 and isinstance(many[0][1], Lines):  # as most levels are
            self._settle_lines(self.loops, many[0][1])
            return
        spelled_out = [(n, self._spelled_out(each) if isinstance(each, Lines) else each) for n, each in many]
        self._settle_arrivals(pending, spelled_out)

    def _settle_arrivals(self, pending: Sequence[Pending], many: Sequence[tuple[int, Many]]) -> None:
        arrivals = [each for n, each in many if n == 0]
        for n, one in enumerate(pending):
            arrivals.append(self._as_many(one))
            arrivals += [each for before, each in many if before == n + 1]
        if not arrivals:
            return
        items = np.concatenate([each.items for each in arrivals]).astype(np.int64)
        if len(self.depth) + self.count + len(items) > self.max_items or self.cut_by_items:
            self._keep_to_limits(int(np.count_nonzero((self.row[items] == 0) & (self.box_row[items] == 0))))
        at, life_at, trail = (np.concatenate([each[column] for each in arrivals]) for column in (1, 2, 3))
        inside = np.repeat([each.inside for each in arrivals], [len(each.items) for each in arrivals])
        flags = self.view.flags(items)
        unit = plain(flags)
        boxes = items[inside & unit & ((flags & (PUT_PARENT | TAKE_PARENT)) != 0)]
        self._hand_over_unloaded(boxes[self.row[boxes] != ELSEWHERE])
        herd = unit & (self.row[items] != ELSEWHERE)
        if not herd.all():
            self._settle_singly(*(column[~herd].tolist() for column in (items, at, life_at, trail, inside)))
        self._arrive_together(items[herd], at[herd], trail[herd], flags[herd])

    def _settle_lines(self, loops: Loops, lines: Lines) -> None:
        """What the loops fired arrives: all that is plain in the loops, the others as ever."""
        depth = self.nearest + 1
        arrived = loops.settle(lines, self.trails, depth)
        self.count += arrived.fresh
        self.seen |= arrived.seen
        if len(arrived.others):
            items, rows = arrived.others.astype(np.int64), arrived.other_rows
            boxes = items[plain(self.view.flags(items))]  # plain things among them are containers, or elsewhere
            self._hand_over_unloaded(boxes[self.row[boxes] != ELSEWHERE])
            at = self.slate.when[rows - lines.first].tolist()
            self._settle_singly(items.tolist(), at, at, rows.tolist(), [self.up] * len(items))
        if len(arrived.touched):
            self.herd_changed[depth].append(arrived.touched)
        if len(arrived.again):
            self._herd_touch(arrived.again)

    def _spelled_out(self, lines: Lines) -> Many:
        """What the loops fired, for numpy."""
        row, items = self.view.far(self.trails.event[lines.first : lines.end], Role.INPUT if self.up else Role.OUTPUT)
        at = self.slate.when[row]
        return Many(items, at, at, (lines.first + row).astype(np.int32), self.up)

    def _as_many(self, one: Pending) -> Many:
        items, trail = np.array(one.items, np.int64), one.trail
        row = self.trails.add(HOWS.index(trail.how), np.array([trail.event]), trail.depth, np.array([trail.parent]))
        same = np.ones(len(items), np.int64)
        return Many(items, same * one.at, same * one.life_at, np.full(len(items), row[0]), one.inside)

    def _settle_singly(
        self, items: list[int], at: list[int], life_at: list[int], trail: list[int], inside: list[bool]
    ) -> None:
        facts = self.facts
        facts.load(set(items))
        for n, item in enumerate(items):
            each = Pending([item], at[n], life_at[n], self.trails.trail(trail[n]), inside[n])
            if item in facts.no_unit:
                if facts.level.get(item) == Level.CLASS:
                    self.products.setdefault(item, (each.at, each.trail))
                continue
            thing = facts.thing[item]
            for number in facts.lives_at(thing, each.life_at):
                self.arrive(node_of(thing, number), item, each)

    def _arrive_together(self, items: Array, at: Array, trail: Array, flags: Array) -> None:
        """Walker.reach, for plain nodes: the first of the nearest trails is told, the widest instant counts."""
        self.seen |= int(np.bitwise_or.reduce(flags))
        depth = self.trails.depth[trail]
        if len(items) and depth.min() != depth.max():
            order = np.argsort(depth, kind="stable")
            items, at, trail, flags, depth = items[order], at[order], trail[order], flags[order], depth[order]
        first = firsts(items, self.slate.slot)
        if len(first) < len(items):
            one, widest = items[first], at[first]
            self.slate.slot[one] = np.arange(len(one))
            self.widest.at(widest, self.slate.slot[items], at)
            items, at, trail, flags, depth = one, widest, trail[first], flags[first], depth[first]
        row = self.row[items]
        new = row == 0
        if new.all():  # as most are
            self.count += int(np.count_nonzero(self.box_row[items] == 0)) if self.boxes else len(items)
            self.at[items], self.row[items] = at, trail
            self.slate.add(items)
            self._herd_touch(items[(flags & self.leading) != 0])
            return
        grown = new | (self.widest(at, self.at[items]) != self.at[items])
        grown |= depth < self.node_depth(items)
        nearer = new | (depth < self.trails.depth[row])
        self.count += int(np.count_nonzero(new & (self.box_row[items] == 0) if self.boxes else new))
        self.at[items] = np.where(new, at, self.widest(at, self.at[items]))
        self.row[items[nearer]] = trail[nearer]
        self.slate.add(items[new])
        self._herd_touch(items[grown & ((flags & self.leading) != 0)])

    def _hand_over_unloaded(self, nodes: Array) -> None:
        if len(nodes):
            wanted = distinct(nodes).tolist()
            self.facts.load(wanted)
            self.hand_over(wanted)

    def _keep_to_limits(self, more: int = 0) -> None:
        if len(self.depth) + self.count + more > self.max_items or self.cut_by_items:
            raise OutOfRoomError

    # Spreading

    def run(self, start: Iterable[int], since: int, until: int) -> None:
        """See Walker. Raises OutOfRoomError where a limit is reached. Runs once."""
        try:
            self._run(start, since, until)
        except OutOfRoomError:
            self._leave(collected=False)
            raise
        self.found = self.collect()
        self._leave(collected=self.loops is not None)
        if self.loops is None and self.count >= LARGE:
            want()

    def collect(self) -> Found:
        """What the slate says in the end."""
        boxes = np.concatenate([*self.boxes, np.zeros(0, np.int64)])
        boxes = boxes[self.box_row[boxes] > 0]
        held = (boxes, self.since[boxes], self.until[boxes], self.box_row[boxes])
        if self.loops:
            return Found(*self.loops.collect(), *held)
        nodes = self.slate.reached.astype(np.int64)
        row = self.row[nodes]
        if self.elsewhere:
            nodes, row = nodes[row > 0], row[row > 0]
        return Found(nodes, self.at[nodes], row, *held)

    def _leave(self, *, collected: bool) -> None:
        """The slate is another's from here on. collected: by the loops, which wipe what they read."""
        written = [*self.boxes, np.array(self.elsewhere, np.int64)]
        if not collected or self.up:
            written.append(self.slate.reached)
        self.slate.wipe(np.concatenate(written), self.trails.event[: self.trails.used])
        give_back(self.slate)
        del self.slate, self.at, self.row, self.box_row, self.since, self.until, self.known_event

    def _run(self, start: Iterable[int], since: int, until: int) -> None:
        self.facts.load(start)
        for item in start:
            self._begin(item, since, until)
        while self.changed or self.herd_changed or self.pending or self.many:
            self._settle()
            self._keep_to_limits()
            if self.changed or self.herd_changed:
                self._expand_nearest()
                self._keep_to_limits()

    def _expand_nearest(self) -> None:
        self.nearest = nearest = min([*self.changed, *self.herd_changed])
        # Put into order as they are: 32 bits are sorted in half the time of 64.
        touched = distinct(np.concatenate([*self.herd_changed.pop(nearest, ()), np.zeros(0, np.int32)]))
        linked = nearest not in self.changed and not self.seen & self.leading & ~LINKED
        if self.loops and linked and nearest < self.max_depth:
            # None of them is elsewhere: only starts and what is special or packed are handed over. What has come nearer since was
            # spread there, where all fired that it holds.
            self.fire_lines(self.loops, touched)
            return
        touched = touched.astype(np.int64)
        herd = touched[self.row[touched] != ELSEWHERE]
        herd = herd[self.node_depth(herd) == nearest]
        flags = self.view.flags(herd)
        fine = self.goes_together(herd, flags) if len(herd) else np.zeros(0, bool)
        if not fine.all():
            self._hand_over_unloaded(herd[~fine])
            herd, flags = herd[fine], flags[fine]
        parts, depth = self.facts.parts, self.depth
        nodes = sorted(
            node for node in self.changed.pop(nearest, ()) if thing_of(node) in parts and depth[node] == nearest
        )
        if (nodes or len(herd)) and nearest >= self.max_depth:
            raise OutOfRoomError
        self.herd, self.herd_flags = herd, flags
        self.expand(nodes)

    @abstractmethod
    def goes_together(self, nodes: Array, flags: Array) -> Array:
        """Which of these nodes of the herd can be spread as such; keeps what it finds out for expand()."""

    def escapes_none(self, things: Array, flags: Array) -> tuple[Array, Stretches | None]:
        """Which of these items are plain, and came out of nothing into which they had not gone; and where those lay."""
        fine, moved = plain(flags), np.flatnonzero((flags & CHILD) != 0)
        if not len(moved):
            return fine, None
        found = stretches(self.view, things[moved], flags[moved])
        fine[moved[~found.whole]] = False
        return fine, found._replace(row=moved[found.row])

    # Firing: the nodes that go one by one and the herd, in one order

    def pairs(self, firing: Sequence[tuple[Node, int, Part]], role: Role, holds: Any) -> tuple[Array, Array, Array]:
        """(item, event, depth of what it leads to) of every part in this role that a label holds; by node, then as the log has it."""
        nodes = self._with(role)
        row, event = self.view.takes(nodes, role)
        node = nodes[row]
        held = holds(node, self.view.column("at", event))
        if not held.all():
            node, event = node[held], event[held]
        depth = np.full(len(node), self.nearest + 1)
        if not firing:
            return node, event, depth
        singly = [(one, item, part.event, self.next_depth(one)) for one, item, part in firing]
        _, item, event, depth = _by_node(singly, node, node, event, depth)
        return item, event, depth

    def fire(self, item: Array, event: Array, depth: Array, far: Role, *, inside: bool) -> None:
        """Every event that fires for the first time reaches all on its far side."""
        new = np.flatnonzero(self.known_event[event] == 0)  # most facts lead to what others led to before
        first = new[firsts(event[new], self.slate.event_slot)]
        fresh = event[first]
        self.made_log.append((item, event))
        row, items = self.view.far(fresh, far)
        self.known_event[fresh] = FIRED
        self.known_event[fresh[row]] = FIRED_WITH_FAR_SIDE
        trail = self.trails.add(MADE, fresh, depth[first], item[first])
        at = self.view.column("at", fresh)[row]
        self.many.append((len(self.pending), Many(items, at, at, trail[row], inside)))

    def fire_lines(self, loops: Loops, nodes: Array) -> None:
        """pairs() and fire(), compiled, where there are but nodes of the herd."""
        nodes = nodes.astype(np.int32, copy=False)
        lines = loops.fire(nodes, self.trails)
        some = slice(lines.first, lines.end)
        self.trails.how[some], self.trails.depth[some] = MADE, self.nearest + 1
        self.made_log.append((nodes, None))
        if lines.reached:
            self.many.append((len(self.pending), lines))

    def belong(self, rows: Sequence[tuple[Node, int, Part]], at: Sequence[int], role: Role, far: Role) -> Array:
        """What these and the herd say of lots and their instances, by node as above. Gives the nodes that had a far side."""
        nodes = self._with(role)
        if not rows and not len(nodes):
            return nodes
        said = self.view.facts(nodes[self.row[nodes] > 0], [role])
        node, item, event, group = said.item.astype(np.int64), said.item, said.event, said.group
        since = self.at[node]
        if rows:
            singly = [(one, own, part.event, part.group, of) for (one, own, part), of in zip(rows, at, strict=True)]
            node, item, event, group, since = _by_node(singly, node, item, event, group, since)
        found = self.view.members(event, [far])
        own = found.group == group[found.row]
        row, other = found.row[own], found.item[own]
        trail = self.trails.add(LOT, event, self.nearest + 1, item)[row]
        ends = (item[row], event[row], other)
        self.lot_log.append(ends if role == Role.LOT_OF else (other, event[row], item[row]))
        self.many.append((len(self.pending), Many(other, since[row], self.view.column("at", event)[row], trail)))
        joined: Array = node[row]
        return joined

    def _with(self, role: Role) -> Array:
        """The nodes of the herd that may have a part in this role."""
        nodes: Array = self.herd[(self.herd_flags & FLAG_OF[role]) != 0]
        return nodes


def _by_node(singly: Sequence[tuple[Any, ...]], *herd: Array) -> Array:
    """Lines of single nodes and of the herd, as columns in the order of the first, the node; no node is in both."""
    lines = np.concatenate([np.array(singly, np.int64).T, np.stack(herd)], axis=1)
    ordered: Array = lines[:, np.argsort(lines[0], kind="stable")]
    return ordered
