"""A walk up: where it came from. The walk down with time and facts reversed: `of it` is (-∞, b]."""

from typing import Any

from zhuisu.events.vocabulary import Role
from zhuisu.lineage.spans import Span, holds
from zhuisu.lineage.stays import Stay
from zhuisu.lineage.store import Part
from zhuisu.lineage.walker import Node, Pending, Trail, Walker, life_of, thing_of


class Up(Walker):
    """Latest departure backwards in time."""

    roles = (Role.OUTPUT, Role.LOT_MEMBER)

    def __init__(self, position: int, **limits: Any) -> None:
        super().__init__(position, **limits)
        self.explained: set[Node] = set()  # what has a known origin

    def better(self, at: int, than: int) -> bool:
        """Later is wider."""
        return at > than

    def start_at(self, life: Span, window: Span) -> int:
        """Up to the window's end."""
        return min(window[1], life[1])

    def label(self, node: Node) -> list[Span]:
        """All instants at which an origin of this node is an origin of the start."""
        spans = list(self.whole.get(node, ()))
        if node in self.of:
            spans.append((self.facts.lives_of(thing_of(node))[life_of(node)][0], self.of[node]))
        return spans

    def expand(self, nodes: list[Node]) -> None:
        """Back through the events that made the nodes, in to the content of containers, and from instance to lot."""
        facts = self.facts
        facts.find_stays(map(thing_of, nodes))
        firing: list[tuple[Node, int, Part]] = []
        for node in nodes:
            label = self.label(node)
            made = facts.parts_of(thing_of(node), Role.OUTPUT)
            firing += [(node, *each) for each in made if holds(label, each[1].at)]
            self._go_back_in(node, label)
        held = {node: [*self.inside.get(node, ()), *self.whole.get(node, ())] for node in nodes}
        self.open_containers({node: spans for node, spans in held.items() if spans})
        self._fire(firing)
        labels = {node: self.label(node) for node in nodes if self.asked(node)}
        self._find_lots({node: max(end for _, end in label) for node, label in labels.items()})

    def _fire(self, firing: list[tuple[Node, int, Part]]) -> None:
        fresh = {part.event for _, _, part in firing} - self.fired
        self.fired |= fresh
        inputs = self.facts.source.others(fresh, [Role.INPUT])
        for node, item, part in firing:
            link = self.link(part.event, "made", part.at, None, item)
            if part.event not in fresh:
                if link.sources:
                    self.explained.add(node)
                continue
            fresh.discard(part.event)
            trail = Trail("made", part.event, self.next_depth(node), item)
            items = inputs.get((part.event, Role.INPUT), [])
            if items:
                link.sources.update(dict.fromkeys(items))
                self.explained.add(node)
                self.pending.append(Pending(items, part.at, part.at, trail, inside=True))

    def _go_back_in(self, node: Node, label: list[Span]) -> None:
        """What came out of a container without having gone in was made from what the container held."""
        for escape in self.facts.escapes_of(thing_of(node)):
            if holds(label, escape.at):
                at = escape.at
                self.explained.add(node)
                trail = Trail("unpacked", escape.event, self.next_depth(node), escape.content_item)
                self.link(escape.event, "unpacked", at, escape.container_item, escape.content_item)
                self.pending.append(Pending([escape.container_item], at, at, trail, inside=True))

    def open_stay(self, node: Node, content: Node, stay: Stay, spans: list[Span]) -> None:
        """What lay in a container at the instants of its label."""
        self.explained.add(node)
        latest = stay.start if self.follows_portion(stay.content) else max(end for _, end in spans)
        trail = Trail("content", stay.event, self.next_depth(node), stay.container_item)
        self.link(stay.event, "packed", stay.start, stay.content_item, stay.container_item, stay.container_item)
        if stay.content in self.facts.no_unit:
            self.products.setdefault(stay.content, (latest, trail))
            return
        self.reach(content, latest, trail, stay.content_item)
        for span in spans if self.facts.is_container(stay.content) else ():
            self.carry(content, span, trail, stay.content_item)

    def _find_lots(self, nodes: dict[Node, int]) -> None:
        """An instance has the origins of its lot."""
        rows = self.lot_rows(nodes, Role.LOT_MEMBER)
        lots = self.facts.source.lots({part.event for _, _, part in rows}, Role.LOT_OF)
        for node, item, part in rows:
            trail = Trail("lot", part.event, self.next_depth(node), item)
            for lot in lots.get((part.event, part.group), ()):
                self.explained.add(node)
                self.link(part.event, "lot", part.at, lot, item, lot)
                self.pending.append(Pending([lot], nodes[node], part.at, trail))

    def arrive(self, node: Node, item: int, each: Pending) -> None:
        """A label never ends after the life, and never before it."""
        start, end = self.facts.lives_of(thing_of(node))[life_of(node)]
        if each.at >= start:
            self.reach(node, min(each.at, end), each.trail, item)
        if each.inside and self.facts.is_container(thing_of(node)):
            self.carry(node, (each.at, each.at), each.trail, item)

    def origins(self) -> list[Node]:
        """What was asked for its origin and has none on record."""
        cut_off = self.cut_by_depth | self.cut_by_items
        return sorted(node for node in self.of if node not in self.explained and self.name(node) not in cut_off)
