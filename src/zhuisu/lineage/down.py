"""A walk down: where it went. `Of it` is [a, ∞); `in it` is what of a label lies in a stay; events fire once."""

from zhuisu.events.vocabulary import Role
from zhuisu.lineage import store
from zhuisu.lineage.spans import END, Span, add, cut, holds
from zhuisu.lineage.stays import CHILD_OF, Stay
from zhuisu.lineage.walker import Node, Pending, Trail, Walker

LEADING = frozenset({Role.INPUT, Role.LOT_OF, *CHILD_OF})


class Down(Walker):
    """Earliest arrival forwards in time."""

    roles = (Role.INPUT, Role.LOT_OF)

    def better(self, at: int, than: int) -> bool:
        """Earlier is wider."""
        return at < than

    def start_at(self, life: Span, window: Span) -> int:
        """From the window's beginning on."""
        return max(window[0], life[0])

    def label(self, node: Node) -> list[Span]:
        """All instants at which something of the start is in, or is, this node."""
        return [*self.own_label(node), *self.inside.get(node, ())]

    def own_label(self, node: Node) -> list[Span]:
        """All instants at which this node is of the start."""
        spans = list(self.whole.get(node, ()))
        if node in self.of:
            spans.append((self.of[node], self.facts.lives_of(node[0])[node[1]][1]))
        return spans

    def expand(self, nodes: list[Node]) -> None:
        """Out to containers, in to the content of a start container, and through the events that use the nodes."""
        facts = self.facts
        facts.find_stays(thing for thing, _ in nodes)
        leading: dict[Node, list[Span]] = {}  # what has more facts than where it lay
        for node in nodes:
            if facts.stays[node[0]]:
                self._carry_outwards(node)
            if any(row.role in LEADING for row in facts.rows[node[0]]):
                leading[node] = self.label(node)
        self._open_wholes([node for node in leading if node in self.whole])
        self._fire(
            [
                (node, row)
                for node, label in leading.items()
                for row in facts.rows_of(node[0], Role.INPUT)
                if holds(label, row.at)
            ]
        )
        self._come_out(leading)
        self._fill_lots([node for node in leading if self.asked(node)])

    def _carry_outwards(self, node: Node) -> None:
        thing, number = node
        of, inside = self.of.get(node), self.inside.get(node, ())
        portioned, depth = self.follows_portion(thing), self.next_depth(node)
        for stay in self.facts.stays[thing]:
            spans: list[Span] = list(inside)
            if of is not None and not (portioned and stay.start < of):
                spans.append((of, END))
            for i, j, end in self.common_lives(stay):
                for span in cut(spans, stay.start, end) if i == number else ():
                    trail = ("carried", stay.event, depth, stay.content_item)
                    self.carry((stay.container, j), span, trail, stay.container_item)
                    self._link_stay(stay)

    def _link_stay(self, stay: Stay) -> None:
        self.link(stay.event, "packed", stay.start, stay.content_item, stay.container_item, stay.container_item)

    def _open_wholes(self, nodes: list[Node]) -> None:
        """Everything that lay in a start container within the window, and what lay in that."""
        for node in nodes:
            for stay in self.facts.contents(node[0], self.whole[node]):
                self._open_stay(node, stay)

    def _open_stay(self, node: Node, stay: Stay) -> None:
        for i, j, end in self.common_lives(stay):
            spans = cut(self.whole[node], stay.start, end) if j == node[1] else []
            if not spans:
                continue
            content = (stay.content, i)
            trail = Trail("whole", stay.event, self.next_depth(node), stay.container_item)
            self._link_stay(stay)
            if stay.content in self.facts.no_unit:
                self.products.setdefault(stay.content, (spans[0][0], trail))
                continue
            self.reach(content, spans[0][0], trail, stay.content_item)
            whole = self.whole.setdefault(content, [])
            for span in spans:
                if add(whole, span):
                    self.touch(content)

    def _fire(self, firing: list[tuple[Node, store.Row]]) -> None:
        fresh = {row.event for _, row in firing} - self.fired
        self.fired |= fresh
        outputs = self.facts.others(fresh, [Role.OUTPUT])
        for node, row in firing:
            link = self.link(row.event, "made", row.at, row.item, None)
            if row.event not in fresh:
                continue
            fresh.discard(row.event)
            trail = Trail("made", row.event, self.next_depth(node), row.item)
            items = [item for item, _ in outputs.get((row.event, Role.OUTPUT), ())]
            link.targets.update(dict.fromkeys(items))
            self.pending.append(Pending(items, row.at, row.at, trail))

    def _come_out(self, labels: dict[Node, list[Span]]) -> None:
        """A child that came out of a container without having gone in is made from what the container held."""
        facts = self.facts
        rows = [
            row
            for node, label in labels.items()
            for role in (Role.UNPACK_PARENT, Role.UNFIT_PARENT)
            for row in facts.rows_of(node[0], role)
            if holds(label, row.at)
        ]
        if not rows:
            return
        for child in facts.children(rows):
            for escape in facts.escapes.get(child, ()):
                for number in facts.lives_at(escape.container, escape.at):
                    node = (escape.container, number)
                    if node in labels and holds(labels[node], escape.at):
                        trail = Trail("unpacked", escape.event, self.next_depth(node), escape.container_item)
                        self.link(escape.event, "unpacked", escape.at, escape.container_item, escape.content_item)
                        self.pending.append(Pending([escape.content_item], escape.at, escape.at, trail))

    def _fill_lots(self, nodes: list[Node]) -> None:
        """A lot passes its label to its instances, whenever they were commissioned."""
        rows = [
            (node, row)
            for node in nodes
            for row in self.facts.rows_of(node[0], Role.LOT_OF)
            if node[1] in self.facts.lives_at(node[0], row.at)
        ]
        members = self.facts.others({row.event for _, row in rows}, [Role.LOT_MEMBER])
        for node, row in rows:
            trail = Trail("lot", row.event, self.next_depth(node), row.item)
            items = [item for item, group in members.get((row.event, Role.LOT_MEMBER), ()) if group == row.group]
            self.link(row.event, "lot", row.at, row.item, None, row.item).targets.update(dict.fromkeys(items))
            since = min(start for start, _ in self.own_label(node))
            self.pending.append(Pending(items, since, row.at, trail))

    def arrive(self, node: Node, item: int, each: Pending) -> None:
        """A label never begins before the life, and never after it."""
        start, end = self.facts.lives_of(node[0])[node[1]]
        if each.at <= end:
            self.reach(node, max(each.at, start), each.trail, item)
