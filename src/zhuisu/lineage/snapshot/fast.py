"""Both walks over a snapshot: herds where things are plain, the exact engine for the rest. The same answers as down.py and up.py."""

from collections.abc import Iterable
from typing import Any

import numpy as np

from zhuisu.events.vocabulary import Role
from zhuisu.lineage.down import Down
from zhuisu.lineage.snapshot.herd import CARRIED, ELSEWHERE, FIRED_WITH_FAR_SIDE, Found, Herd
from zhuisu.lineage.snapshot.segment import (
    CHILD,
    ENDED,
    INPUT,
    LOT_MEMBER,
    LOT_OF,
    OUTPUT,
    PUT_PARENT,
    SAME,
    TAKE_PARENT,
    Array,
)
from zhuisu.lineage.snapshot.stretches import Stretches
from zhuisu.lineage.snapshot.view import View, distinct
from zhuisu.lineage.stays import CHILD_OF
from zhuisu.lineage.store import Part
from zhuisu.lineage.up import Up
from zhuisu.lineage.walker import Node, Trail

_TAKING = (Role.UNPACK_PARENT, Role.UNFIT_PARENT)
_MOVING = SAME | ENDED | CHILD | PUT_PARENT | TAKE_PARENT


class FastDown(Herd, Down):
    """Where it went."""

    up = False
    leading = _MOVING | INPUT | LOT_OF
    widest = np.minimum

    def __init__(self, view: View, **more: Any) -> None:
        super().__init__(view, **more)
        self.lying: tuple[Array, Stretches] | None = None  # (nodes, where they lay) of the level that is being spread

    def holds(self, nodes: Array, at: Array) -> Array:
        """Whether the labels of nodes of the herd hold instants."""
        of: Array = (self.row[nodes] > 0) & (self.at[nodes] <= at)
        if not self.boxes:
            return of
        held: Array = of | ((self.box_row[nodes] > 0) & (self.since[nodes] <= at) & (at <= self.until[nodes]))
        return held

    def goes_together(self, nodes: Array, flags: Array) -> Array:
        """See Herd. A container of which something came out without having gone in goes singly."""
        fine, found = self.escapes_none(nodes, flags)
        self.lying = (nodes, found) if found else None
        emptied = np.flatnonzero((flags & TAKE_PARENT) != 0)
        if len(emptied):
            taken = self.view.facts(nodes[emptied], _TAKING)
            held = self.holds(taken.item, self.view.column("at", taken.event))
            row, event, role = emptied[taken.row[held]], taken.event[held], taken.role[held]
            for each in _TAKING:
                own, who = event[role == each], row[role == each]
                child = self.view.members(own, [CHILD_OF[each]])
                ids = distinct(child.item.astype(np.int64))
                calm, _ = self.escapes_none(ids, self.view.flags(ids))
                fine[who[child.row[~calm[np.searchsorted(ids, child.item)]]]] = False
        return fine

    def expand(self, nodes: list[Node]) -> None:
        """The herd out to its containers, then as Down has it; _fire and _fill_lots speak for both."""
        lying, self.lying = self.lying, None
        if lying:
            self._carry_herd(*lying)
        super().expand(nodes)

    def _carry_herd(self, nodes: Array, lying: Stretches) -> None:
        here = self.row[nodes[lying.row]] != ELSEWHERE
        row, box, start, end, event, portion = (column[here] for column in lying[1:])
        node = nodes[row]
        of = self.row[node] > 0
        if not self.every_portion:
            of &= ~portion | (start >= self.at[node])
        since = np.maximum(self.at[node], start)
        of &= since <= end
        held = (self.box_row[node] > 0) & (self.since[node] <= end) & (self.until[node] >= start)
        self.packed_log.append((node[of | held], event[of | held], box[of | held]))
        which = np.flatnonzero(of)
        since, until = since[of], end[of]
        if held.any():
            since = np.r_[since, np.maximum(self.since[node], start)[held]]
            until = np.r_[until, np.minimum(self.until[node], end)[held]]
            which = np.r_[which, np.flatnonzero(held)]
            order = np.argsort(which, kind="stable")
            which, since, until = which[order], since[order], until[order]
        # Lines are in the order of the contents by now.
        box = box[which]
        if (box[1:] < box[:-1]).any():
            order = np.argsort(box, kind="stable")
            which, since, until, box = which[order], since[order], until[order], box[order]
        self._carry_many(box.astype(np.int64), since, until, event[which], node[which])

    def _carry_many(self, box: Array, since: Array, until: Array, event: Array, parent: Array) -> None:
        """Walker.carry for plain containers, in their order. One whose times are not one stretch goes singly."""
        begins = np.flatnonzero(np.r_[True, box[1:] != box[:-1]]) if len(box) else np.zeros(0, np.int64)
        if not len(begins):
            return
        one = box[begins]
        known = self.box_row[one] > 0
        low, high = np.minimum.reduceat(since, begins), np.maximum.reduceat(until, begins)
        last, soonest = np.maximum.reduceat(since, begins), np.minimum.reduceat(until, begins)
        old_since, old_until = self.since[one], self.until[one]
        last, soonest = (
            np.where(known, np.maximum(last, old_since), last),
            np.where(known, np.minimum(soonest, old_until), soonest),
        )
        apart = (last > soonest) | (self.box_row[one] == ELSEWHERE)  # they have no instant in common: perhaps a gap
        if apart.any():
            self._hand_over_unloaded(one[apart & (self.box_row[one] != ELSEWHERE)])
            lengths = np.diff(np.r_[begins, len(box)])
            single = np.repeat(apart, lengths)
            columns = (column[single].tolist() for column in (box, since, until, event, parent))
            for each, start, end, number, content in zip(*columns, strict=True):
                self.carry(each, (start, end), Trail("carried", number, self.nearest + 1, content), each)
        one, known, low, high, begins = one[~apart], known[~apart], low[~apart], high[~apart], begins[~apart]
        row = self.trails.add(CARRIED, event[begins], self.nearest + 1, parent[begins])
        low, high = (
            np.where(known, np.minimum(low, self.since[one]), low),
            np.where(known, np.maximum(high, self.until[one]), high),
        )
        grown = ~known | (low < self.since[one]) | (high > self.until[one])
        seen = known | (self.row[one] > 0)
        grown |= seen & (self.nearest + 1 < self.node_depth(one))
        old, new = self.box_row[one], (self.nearest + 1, self.trails.parent[row])
        nearer = ~known | (new[0] < self.trails.depth[old])
        nearer |= (new[0] == self.trails.depth[old]) & (new[1] < self.trails.parent[old])
        self.since[one], self.until[one] = low, high
        self.box_row[one[nearer]] = row[nearer]
        self.count += int(np.count_nonzero(~seen))
        self.boxes.append(one[~known])
        self.seen |= PUT_PARENT
        self._herd_touch(one[grown])

    def _fire(self, firing: list[tuple[Node, int, Part]]) -> None:
        if self.loops and not firing:
            self.fire_lines(self.loops, self._with(Role.INPUT))
            return
        item, event, depth = self.pairs(firing, Role.INPUT, self.holds)
        self.fire(item, event, depth, Role.OUTPUT, inside=False)

    def _fill_lots(self, nodes: list[Node]) -> None:
        rows = self.lot_rows(nodes, Role.LOT_OF)
        since = [min(start for start, _ in self.own_label(node)) for node, _, _ in rows]
        self.belong(rows, since, Role.LOT_OF, Role.LOT_MEMBER)


class FastUp(Herd, Up):
    """Where it came from."""

    up = True
    leading = _MOVING | OUTPUT | LOT_MEMBER
    widest = np.maximum

    def __init__(self, view: View, **more: Any) -> None:
        super().__init__(view, **more)
        self.without: list[Node] = []  # nodes of the herd that have no known origin, at the end

    def holds(self, nodes: Array, at: Array) -> Array:
        """Whether the labels of nodes of the herd hold instants."""
        held: Array = at <= self.at[nodes]
        return held

    def goes_together(self, nodes: Array, flags: Array) -> Array:
        """See Herd."""
        return self.escapes_none(nodes, flags)[0]

    def hand_over(self, nodes: Iterable[int]) -> None:
        """See Herd."""
        nodes = list(nodes)
        self.explained.update(node for node in nodes if self.slate.clear[node])
        super().hand_over(nodes)

    def _fire(self, firing: list[tuple[Node, int, Part]]) -> None:
        if self.loops and not firing:
            self.fire_lines(self.loops, self._with(Role.OUTPUT))
            return
        item, event, depth = self.pairs(firing, Role.OUTPUT, self.holds)
        self.fire(item, event, depth, Role.INPUT, inside=True)
        explained = self.known_event[event] == FIRED_WITH_FAR_SIDE
        herd = explained & (self.row[item] > 0)
        self.slate.clear[item[herd]] = True
        self.explained.update(node for node, _, part in firing if self.known_event[part.event] == FIRED_WITH_FAR_SIDE)

    def _find_lots(self, nodes: dict[Node, int]) -> None:
        rows = self.lot_rows(nodes, Role.LOT_MEMBER)
        until = [nodes[node] for node, _, _ in rows]
        node = self.belong(rows, until, Role.LOT_MEMBER, Role.LOT_OF)
        self.explained.update(node[node >= len(self.row)].tolist())
        node = node[node < len(self.row)]
        herd = self.row[node] > 0
        self.slate.clear[node[herd]] = True
        self.explained.update(node[~herd].tolist())

    def collect(self) -> Found:
        """See Herd."""
        found = super().collect()
        self.without = found.nodes[~self.slate.clear[found.nodes]].tolist()
        return found

    def origins(self) -> list[Node]:
        """See Up."""
        return sorted([*super().origins(), *self.without])
