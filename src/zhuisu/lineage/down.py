"""A walk down: where it went. `Of it` is [a, ∞); `in it` is what of a label lies in a stay; events fire once."""

from collections import defaultdict

from zhuisu.events.vocabulary import Role
from zhuisu.lineage.spans import END, Span, add, cut, holds
from zhuisu.lineage.stays import CHILD_OF, Stay
from zhuisu.lineage.store import Part
from zhuisu.lineage.walker import Node, Pending, Trail, Walker, life_of, node_of, thing_of

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
            spans.append((self.of[node], self.facts.lives_of(thing_of(node))[life_of(node)][1]))
        return spans

    def expand(self, nodes: list[Node]) -> None:
        """Out to containers, in to the content of a start container, and through the events that use the nodes."""
        facts = self.facts
        facts.find_stays(map(thing_of, nodes))
        alike: defaultdict[Part, list[Node]] = defaultdict(list)
        leading: dict[Node, list[Span]] = {}  # what has more facts than where it lay
        for node in nodes:
            part = facts.lasting.get(node)
            if part and not self.follows_portion(node):
                alike[part].append(node)
                continue
            self._carry_outwards(node)
            if facts.parts_of(thing_of(node), *LEADING):
                leading[node] = self.label(node)
        for part, group in alike.items():
            self._carry_alike(part, group)
        self.open_containers({node: list(self.whole[node]) for node in leading if node in self.whole})
        self._fire(
            [
                (node, *each)
                for node, label in leading.items()
                for each in facts.parts_of(thing_of(node), Role.INPUT)
                if holds(label, each[1].at)
            ]
        )
        self._come_out(leading)
        self._fill_lots([node for node in leading if self.asked(node)])

    def _carry_alike(self, part: Part, nodes: list[Node]) -> None:
        """What one event put into one container for good, and is none itself: the earliest label speaks for all."""
        named, container = self.facts.container_of(part)
        since = max(part.at, min(self.of[node] for node in nodes))
        trail = ("carried", part.event, self.next_depth(nodes[0]), nodes[0])
        self.carry(container, (since, END), trail, named)
        self.link(part.event, "packed", part.at, None, named, named).sources.update(dict.fromkeys(nodes))

    def _carry_outwards(self, node: Node) -> None:
        thing, number = thing_of(node), life_of(node)
        of, inside = self.of.get(node), self.inside.get(node, ())
        portioned, depth = self.follows_portion(thing), self.next_depth(node)
        for stay in self.facts.stays_of(thing):
            spans: list[Span] = list(inside)
            if of is not None and not (portioned and stay.start < of):
                spans.append((of, END))
            for i, j, end in self.common_lives(stay):
                for span in cut(spans, stay.start, end) if i == number else ():
                    trail = ("carried", stay.event, depth, stay.content_item)
                    self.carry(node_of(stay.container, j), span, trail, stay.container_item)
                    self._link_stay(stay)

    def _link_stay(self, stay: Stay) -> None:
        self.link(stay.event, "packed", stay.start, stay.content_item, stay.container_item, stay.container_item)

    def open_stay(self, node: Node, content: Node, stay: Stay, spans: list[Span]) -> None:
        """Everything that lay in a start container within the window, and what lay in that."""
        trail = Trail("whole", stay.event, self.next_depth(node), stay.container_item)
        self._link_stay(stay)
        if stay.content in self.facts.no_unit:
            self.products.setdefault(stay.content, (spans[0][0], trail))
            return
        self.reach(content, spans[0][0], trail, stay.content_item)
        if content not in self.depth:
            return  # there was no room for it
        whole = self.whole.setdefault(content, [])
        for span in spans:
            if add(whole, span):
                self.touch(content)

    def _fire(self, firing: list[tuple[Node, int, Part]]) -> None:
        fresh = {part.event for _, _, part in firing} - self.fired
        self.fired |= fresh
        outputs = self.facts.source.others(fresh, [Role.OUTPUT])
        for node, item, part in firing:
            link = self.link(part.event, "made", part.at, item, None)
            if part.event not in fresh:
                continue
            fresh.discard(part.event)
            trail = Trail("made", part.event, self.next_depth(node), item)
            items = outputs.get((part.event, Role.OUTPUT), [])
            link.targets.update(dict.fromkeys(items))
            self.pending.append(Pending(items, part.at, part.at, trail))

    def _come_out(self, labels: dict[Node, list[Span]]) -> None:
        """A child that came out of a container without having gone in is made from what the container held."""
        facts = self.facts
        parts = [
            part
            for node, label in labels.items()
            for _, part in facts.parts_of(thing_of(node), Role.UNPACK_PARENT, Role.UNFIT_PARENT)
            if holds(label, part.at)
        ]
        for child in facts.children(parts) if parts else ():
            for escape in facts.escapes_of(child):
                for number in facts.lives_at(escape.container, escape.at):
                    node = node_of(escape.container, number)
                    if node in labels and holds(labels[node], escape.at):
                        trail = Trail("unpacked", escape.event, self.next_depth(node), escape.container_item)
                        self.unmeasured.add(escape.content_item)
                        self.link(escape.event, "unpacked", escape.at, escape.container_item, escape.content_item)
                        self.pending.append(Pending([escape.content_item], escape.at, escape.at, trail))

    def _fill_lots(self, nodes: list[Node]) -> None:
        """A lot passes its label to its instances, whenever they were commissioned."""
        rows = self.lot_rows(nodes, Role.LOT_OF)
        members = self.facts.source.lots({part.event for _, _, part in rows}, Role.LOT_MEMBER)
        for node, item, part in rows:
            trail = Trail("lot", part.event, self.next_depth(node), item)
            items = members.get((part.event, part.group), [])
            self.link(part.event, "lot", part.at, item, None, item).targets.update(dict.fromkeys(items))
            since = min(start for start, _ in self.own_label(node))
            self.pending.append(Pending(items, since, part.at, trail))

    def arrive(self, node: Node, item: int, each: Pending) -> None:
        """A label never begins before the life, and never after it."""
        start, end = self.facts.lives_of(thing_of(node))[life_of(node)]
        if each.at <= end:
            self.reach(node, max(each.at, start), each.trail, item)
