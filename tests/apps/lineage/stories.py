"""Histories told by hand, with names."""

from histories import PROCESS, History, insert, when
from oracle import CLASS, FOREVER, INSTANCE, LOT, PACKAGE, Fact

from zhuisu.lineage.queries import walk

LEVELS = {"b": INSTANCE, "l": LOT, "g": CLASS, "c": PACKAGE, "p": PROCESS}  # box, lot, GTIN, container, process


class Story:
    """Facts told with names; the first letter of a name says what it is."""

    def __init__(self, *told):
        names = dict.fromkeys(name for _, _, a, b, *_ in told for name in (a + " " + b).split() if not name.isdigit())
        self.names = {name: n for n, name in enumerate(names)}
        levels = {n: LEVELS[name[0]] for name, n in self.names.items()}
        facts = [self._fact(n, *one) for n, one in enumerate(told)]
        self.history = History(levels, facts)
        insert([self.history])
        self.items = {name: self.history.items[n] for name, n in self.names.items()}
        self.told = {item: name for name, item in self.items.items()}

    def _fact(self, n, at, kind, a, b, *more):
        amounts = tuple(more[0]) if more else ()
        if kind == "void":
            return Fact(n, at, n + 1, kind, (int(a),))
        ends = [tuple(self.names[name] for name in side.split()) for side in (a, b)]
        return Fact(n, at, n + 1, kind, *ends, amounts or ((0,) * len(ends[1]) if kind == "lot" else ()))

    def ask(self, start, direction, *, known=FOREVER, **more):
        self.history.position = known
        start = [self.items[name] for name in start.split()]
        for bound in ("since", "until", "as_of"):
            if bound in more:
                more[bound] = when(more[bound])
        return walk(start, direction, position=self.history.database_position(), **more)

    def items_of(self, answer):
        return {self.told[item] for item in answer.items}

    def carried_of(self, answer):
        return {self.told[item] for item in answer.carried}

    def stops_of(self, answer):
        return {(self.told[stop.item], stop.reason) for stop in answer.stops}
