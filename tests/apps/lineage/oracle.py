"""A plain, slow oracle of both walks: replay the history, draw every state of every thing at every instant, follow arrows.

A state is (what, thing, life, instant): what = "of" (of it), "in" (in it), "whole" (all of it was asked for). Arrows are
single steps of the goods; a walk down follows them forwards, a walk up backwards. No labels, no intervals, no index.
"""

from collections import defaultdict, deque
from dataclasses import dataclass, field
from itertools import pairwise

NEVER, FOREVER = -(10**6), 10**6
INSTANCE, LOT, CLASS, PACKAGE = 1, 2, 3, 4


@dataclass(frozen=True)
class Fact:
    """kind: made pack unpack fit unfit begin end same lot void. a, b: inputs and outputs; parent and children;
    lots and instances; the things that begin, end or are the same; the id of the voided fact."""

    id: int
    at: int
    pos: int
    kind: str
    a: tuple[int, ...] = ()
    b: tuple[int, ...] = ()
    amounts: tuple[
        int | None, ...
    ] = ()  # pack, unpack: how much of each child, or None; lot: which lot of a each of b is of


@dataclass
class Held:
    """One portion in a container since an instant."""

    content: int
    container: int
    since: int
    family: str


@dataclass
class World:
    """A history as known at one log position, unrolled over time."""

    facts: list[Fact]
    levels: dict[int, int]
    every_portion: bool = False
    extra_times: tuple[int, ...] = ()
    arrows: dict[tuple, set] = field(default_factory=lambda: defaultdict(set))

    def __post_init__(self):
        self.thing = self._things()
        self.lives = {thing: self._lives(thing) for thing in set(self.thing.values())}
        borders = {start for spans in self.lives.values() for span in spans for start in span}
        self.times = sorted({f.at for f in self.facts} | set(self.extra_times) | borders | {NEVER, FOREVER})
        self.boxes = {self.thing[f.a[0]] for f in self.facts if f.kind in ("pack", "unpack", "fit", "unfit")}
        self.made_at = defaultdict(list)  # instant -> (inputs, outputs)
        self.held_at = self._replay()
        self._draw()

    def unit(self, item):
        return self.levels[item] != CLASS

    def portioned(self, thing):
        return any(self.levels[item] == LOT for item, own in self.thing.items() if own == thing)

    def _things(self):
        thing = {item: item for item in self.levels}
        for fact in self.facts:
            if fact.kind == "same":
                merged = {thing[item] for item in fact.a if self.unit(item)}
                thing = {item: min(merged) if own in merged else own for item, own in thing.items()}
        return thing

    def _lives(self, thing):
        """[(first instant, last instant)]; the border of two lives belongs to both only if the end and the beginning tie."""
        borders = {}
        for item in (item for item, own in self.thing.items() if own == thing and self.levels[item] != LOT):
            ended = None
            for fact in self.facts:
                if fact.kind == "end" and item in fact.a:
                    ended = fact.at
                elif fact.kind == "begin" and item in fact.a and ended is not None:
                    borders[fact.at] = max(ended == fact.at, borders.get(fact.at, False))
                    ended = None
        spans, start = [], NEVER
        for border, shared in sorted(borders.items()):
            spans.append((start, border if shared else border - 0.5))
            start = border
        return [*spans, (start, FOREVER)]

    def lives_at(self, thing, at):
        return [n for n, (start, end) in enumerate(self.lives[thing]) if start <= at <= end]

    def _replay(self):
        """instant -> everything that was held at some moment of it."""
        inside, amounts, held_at = [], {}, {}
        by_time = defaultdict(list)
        for fact in self.facts:
            by_time[fact.at].append(fact)
        for at in self.times:
            held = list(inside)
            for fact in by_time[at]:
                if fact.kind == "made":
                    self.made_at[at].append((fact.a, fact.b))
                elif fact.kind in ("pack", "fit"):
                    held += self._put(fact, inside, amounts)
                elif fact.kind in ("unpack", "unfit"):
                    self._take(fact, inside, amounts)
                elif fact.kind == "end":
                    gone = {self.thing[item] for item in fact.a if self.levels[item] not in (LOT, CLASS)}
                    gone = {thing for thing in gone if not self.portioned(thing)}
                    inside[:] = [h for h in inside if not {h.content, h.container} & gone]
            held_at[at] = held
        return held_at

    def _put(self, fact, inside, amounts):
        new, parent = [], self.thing[fact.a[0]]
        for item, amount in zip(fact.b, fact.amounts or [None] * len(fact.b), strict=True):
            content = self.thing[item]
            if not self.unit(item) or content == parent:
                continue
            here = [h for h in inside if (h.content, h.container, h.family) == (content, parent, fact.kind)]
            key = content, parent, fact.kind
            amounts[key] = amount if not here else None if None in (amount, amounts[key]) else amounts[key] + amount
            if fact.kind == "pack" and not self.portioned(content):
                inside[:] = [h for h in inside if h.content != content or h.family != "pack" or h.container == parent]
            if not here or self.portioned(content):
                new.append(Held(content, parent, fact.at, fact.kind))
                inside.append(new[-1])
        return new

    def _take(self, fact, inside, amounts):
        family, parent = {"unpack": "pack", "unfit": "fit"}[fact.kind], self.thing[fact.a[0]]
        if not fact.b:
            inside[:] = [h for h in inside if (h.container, h.family) != (parent, family)]
        for item, amount in zip(fact.b, fact.amounts or [None] * len(fact.b), strict=True):
            content = self.thing[item]
            if not self.unit(item) or content == parent:
                continue
            here = [h for h in inside if (h.content, h.container, h.family) == (content, parent, family)]
            key = content, parent, family
            if not here:
                self.made_at[fact.at].append((fact.a[:1], (item,)))
            elif amount is not None:
                amounts[key] = None if amounts[key] is None else amounts[key] - amount
                if amounts[key] is None or amounts[key] > 0:
                    continue
            inside[:] = [h for h in inside if h not in here]

    def _arrow(self, source, target):
        self.arrows[source].add(target)

    def _draw(self):
        for thing, spans in self.lives.items():
            for n, (start, end) in enumerate(spans):
                alive = [t for t in self.times if start <= t <= end]
                for one, two in pairwise(alive):
                    self._arrow(("of", thing, n, one), ("of", thing, n, two))
        for at in self.times:
            self._draw_instant(at)
        for fact in self.facts:
            if fact.kind == "lot":
                self._draw_lot(fact)

    def _draw_instant(self, at):
        for held in self.held_at[at]:
            for i in self.lives_at(held.content, held.since):
                for j in self.lives_at(held.container, held.since):
                    if i in self.lives_at(held.content, at) and j in self.lives_at(held.container, at):
                        self._draw_held(held, i, j, at)
        for inputs, outputs in self.made_at[at]:
            for one in {self.thing[item] for item in inputs if self.unit(item)}:
                for two in {self.thing[item] for item in outputs if self.unit(item)}:
                    for i in self.lives_at(one, at):
                        for j in self.lives_at(two, at):
                            for what in ("of", "in", "whole"):
                                self._arrow((what, one, i, at), ("of", two, j, at))

    def _draw_held(self, held, i, j, at):
        content, container = held.content, held.container
        since = held.since if self.portioned(content) and not self.every_portion else at
        self._arrow(("of", content, i, since), ("in", container, j, at))
        self._arrow(("in", content, i, at), ("in", container, j, at))
        self._arrow(("whole", container, j, at), ("of", content, i, at))
        self._arrow(("whole", container, j, at), ("whole", content, i, at))

    def _draw_lot(self, fact):
        for lot, one in {
            (self.thing[fact.a[n]], self.thing[item]) for n, item in zip(fact.amounts, fact.b, strict=True)
        }:
            for i in self.lives_at(lot, fact.at):
                for j in self.lives_at(one, fact.at):
                    start, end = self.lives[one][j]
                    for at in (t for t in self.times if i in self.lives_at(lot, t) and t <= end):
                        for what in ("of", "whole"):
                            self._arrow((what, lot, i, at), ("of", one, j, max(at, start)))

    def spread(self, starts, arrows):
        seen, todo = set(starts), deque(starts)
        while todo:
            for state in arrows.get(todo.popleft(), ()):
                if state not in seen:
                    seen.add(state)
                    todo.append(state)
        return seen

    def in_window(self, thing, since, until):
        """The lives that a window touches."""
        return [n for n, (start, end) in enumerate(self.lives[thing]) if start <= until and end >= since]

    def starts_down(self, item, since, until):
        thing = self.thing[item]
        found = []
        for n in self.in_window(thing, since, until):
            start, end = self.lives[thing][n]
            if thing in self.boxes:
                found += [("whole", thing, n, t) for t in self.times if max(start, since) <= t <= min(end, until)]
            else:
                found.append(("of", thing, n, max(since, start)))
        return found

    def down(self, item, since=NEVER, until=FOREVER):
        """({(item, life): earliest}, {(container, life): instants}) of a walk down."""
        seen = self.spread(self.starts_down(item, since, until), self.arrows)
        return self._told(seen, min)

    def up(self, item, since=NEVER, until=FOREVER):
        """({(item, life): latest}, {(container, life): instants}) of a walk up."""
        back = defaultdict(set)
        for source, targets in self.arrows.items():
            for target in targets:
                back[target].add(source)
        thing, starts = self.thing[item], []
        for n in self.in_window(thing, since, until):
            start, end = self.lives[thing][n]
            alive = [t for t in self.times if start <= t <= min(end, until)]
            if thing not in self.boxes:
                starts.append(("of", thing, n, alive[-1]))
                continue
            alive = [t for t in alive if t >= since]
            starts += [("in", thing, n, t) for t in alive]
            for t in alive:  # what made it within the window, though not what made it before
                starts += [s for s in back["of", thing, n, t] if s[:2] != ("of", thing) or s[3] == t]
        seen = self.spread(starts, back)
        return self._told({state for state in seen if state[0] != "whole"}, max)

    def _told(self, seen, best):
        of, inside = {}, defaultdict(set)
        for what, thing, life, at in seen:
            if what == "of":
                of[thing, life] = best(at, of.get((thing, life), at))
            elif what == "in":
                inside[thing, life].add(at)
        return of, dict(inside)


def known(facts, position):
    """The valid facts at a log position, in the order of happening; equal instants in the order of the log."""
    facts = [f for f in facts if f.pos <= position]
    void = {f.a[0] for f in facts if f.kind == "void"}
    return sorted((f for f in facts if f.kind != "void" and f.id not in void), key=lambda f: (f.at, f.pos))
