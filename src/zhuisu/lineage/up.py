"""A walk up: where it came from. The walk down with time and facts reversed: `of it` is (-∞, b]."""

from typing import Any

from zhuisu.events.vocabulary import Role
from zhuisu.lineage import store
from zhuisu.lineage.spans import Span, cut, holds
from zhuisu.lineage.stays import Stay
from zhuisu.lineage.walker import Node, Pending, Trail, Walker


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
            spans.append((self.facts.lives_of(node[0])[node[1]][0], self.of[node]))
        return spans

    def expand(self, nodes: list[Node]) -> None:
        """Back through the events that made the nodes, in to the content of containers, and from instance to lot."""
        facts = self.facts
        facts.find_stays(thing for thing, _ in nodes)
        firing: list[tuple[Node, store.Row]] = []
        for node in nodes:
            label = self.label(node)
            firing += [(node, row) for row in facts.rows_of(node[0], Role.OUTPUT) if holds(label, row.at)]
            self._go_back_in(node, label)
            self._open(node)
        self._fire(firing)
        labels = {node: self.label(node) for node in nodes if self.asked(node)}
        self._find_lots({node: max(end for _, end in label) for node, label in labels.items()})

    def _fire(self, firing: list[tuple[Node, store.Row]]) -> None:
        fresh = {row.event for _, row in firing} - self.fired
        self.fired |= fresh
        inputs = self.facts.others(fresh, [Role.INPUT])
        for node, row in firing:
            link = self.link(row.event, "made", row.at, None, row.item)
            if row.event not in fresh:
                if link.sources:
                    self.explained.add(node)
                continue
            fresh.discard(row.event)
            trail = Trail("made", row.event, self.next_depth(node), row.item)
            items = [item for item, _ in inputs.get((row.event, Role.INPUT), ())]
            if items:
                link.sources.update(dict.fromkeys(items))
                self.explained.add(node)
                self.pending.append(Pending(items, row.at, row.at, trail, inside=True))

    def _go_back_in(self, node: Node, label: list[Span]) -> None:
        """What came out of a container without having gone in was made from what the container held."""
        for escape in self.facts.escapes[node[0]]:
            if holds(label, escape.at):
                at = escape.at
                self.explained.add(node)
                trail = Trail("unpacked", escape.event, self.next_depth(node), escape.content_item)
                self.link(escape.event, "unpacked", at, escape.container_item, escape.content_item)
                self.pending.append(Pending([escape.container_item], at, at, trail, inside=True))

    def _open(self, node: Node) -> None:
        """What lay in a container at the instants of its label."""
        label = [*self.inside.get(node, ()), *self.whole.get(node, ())]
        for stay in self.facts.contents(node[0], label) if label else ():
            self._open_stay(node, label, stay)

    def _open_stay(self, node: Node, label: list[Span], stay: Stay) -> None:
        for i, j, end in self.common_lives(stay):
            spans = cut(label, stay.start, end) if j == node[1] else []
            if not spans:
                continue
            self.explained.add(node)
            content = (stay.content, i)
            latest = stay.start if self.follows_portion(stay.content) else max(e for _, e in spans)
            trail = Trail("content", stay.event, self.next_depth(node), stay.container_item)
            self.link(stay.event, "packed", stay.start, stay.content_item, stay.container_item, stay.container_item)
            if stay.content in self.facts.no_unit:
                self.products.setdefault(stay.content, (latest, trail))
                continue
            self.reach(content, latest, trail, stay.content_item)
            for span in spans if self.facts.is_container(stay.content) else ():
                self.carry(content, span, trail, stay.content_item)

    def _find_lots(self, nodes: dict[Node, int]) -> None:
        """An instance has the origins of its lot."""
        rows = [
            (node, row)
            for node in nodes
            for row in self.facts.rows_of(node[0], Role.LOT_MEMBER)
            if node[1] in self.facts.lives_at(node[0], row.at)
        ]
        lots = self.facts.others({row.event for _, row in rows}, [Role.LOT_OF])
        for node, row in rows:
            trail = Trail("lot", row.event, self.next_depth(node), row.item)
            for item, group in lots.get((row.event, Role.LOT_OF), ()):
                if group == row.group:
                    self.explained.add(node)
                    self.link(row.event, "lot", row.at, item, row.item, item)
                    self.pending.append(Pending([item], nodes[node], row.at, trail))

    def arrive(self, node: Node, item: int, each: Pending) -> None:
        """A label never ends after the life, and never before it."""
        start, end = self.facts.lives_of(node[0])[node[1]]
        if each.at >= start:
            self.reach(node, min(each.at, end), each.trail, item)
        if each.inside and self.facts.is_container(node[0]):
            self.carry(node, (each.at, each.at), each.trail, item)

    def origins(self) -> list[Node]:
        """What was asked for its origin and has none on record."""
        asked = {node for node in self.of if self.named[node] not in self.cut_by_depth | self.cut_by_items}
        return sorted(asked - self.explained)
