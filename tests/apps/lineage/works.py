"""Random histories with quantities: a small works, its rows in the database, and a walk down from its start."""

import random
from collections import defaultdict
from decimal import Decimal

from histories import ROLES, number, when
from mixing_oracle import Brew
from oracle import CLASS, INSTANCE, LOT, PACKAGE

from clustering import copy_parts
from zhuisu.events.store import copy
from zhuisu.lineage.answer import Limits, Portions, Walk
from zhuisu.lineage.engines import run
from zhuisu.lineage.telling import fill

KEYS = {"made": "made", "begin": "begun", "end": "ended", "lot": "lot"}


class Works:
    """A small world: [(at, pos, kind, [(item, said)], [(item, said)])], its rows, and a walk down from its start."""

    def __init__(self, seed):
        rng = random.Random(seed)
        self.levels = dict(enumerate([LOT] * 7 + [INSTANCE] * 3 + [PACKAGE] * 2 + [CLASS]))
        self.style = rng.choice(["exact", "exact", "mixed", "ragged"])
        self.facts = [self._fact(rng) for _ in range(rng.randint(3, 14))]
        if rng.random() < 0.7:
            self.facts += [(0, "begin", [(lot, (rng.choice([50, 100, 400]), "KGM"))], []) for lot in range(7)]
        order = list(range(len(self.facts)))
        if rng.random() < 0.4:
            rng.shuffle(order)
        self.facts = [(at, pos, *rest) for pos, (at, *rest) in zip(order, self.facts, strict=True)]
        used = [item for _, _, kind, ins, _ in self.facts if kind == "made" for item, _ in ins if item < 10]
        self.starts = [rng.choice(used or [0])] if rng.random() < 0.8 else rng.sample(range(7), 2)
        self.since = rng.choice([None, None, None, rng.randint(0, 9)])

    def _fact(self, rng):
        at, kind = (
            rng.randint(0, 9),
            rng.choices(["made", "begin", "end", "lot", "pack", "same"], [12, 3, 1, 1, 1, 0.3])[0],
        )
        lots, boxes = range(7), (10, 11)
        if kind == "made":
            things = [*lots, *lots, *range(7, 13)]
            ins, outs = ({rng.choice(things) for _ in range(rng.randint(1, 3))} for _ in range(2))
            return at, kind, self._said(rng, ins), self._said(rng, outs)
        if kind == "lot":
            return at, kind, [(rng.choice(lots), None)], [(one, None) for one in rng.sample(range(7, 10), 2)]
        if kind == "pack":
            return at, kind, [(rng.choice(boxes), None)], [(rng.choice(range(10)), None)]
        if kind == "same":
            return at, kind, [(one, None) for one in rng.sample(lots, 2)], []
        return at, kind, self._said(rng, {rng.choice([*lots, 7])}), []

    def _said(self, rng, items):
        units = {
            "exact": ["KGM"],
            "mixed": ["KGM", "KGM", "KGM", "GRM", "LTR", None],
            "ragged": ["KGM", "KGM", "KGM", None],
        }
        amounts = [None, 0, Decimal("2.5")] if self.style == "ragged" else []
        told = []
        for item in sorted(items):
            unit = rng.choice(units[self.style])
            quantity = rng.choice([1, 2, 3, 5, 10, 100, *amounts])
            told.append((item, (quantity * 1000 if unit == "GRM" and quantity else quantity, unit)))
        return told

    def insert(self):
        self.items = {item: number() for item in self.levels}
        self.first = number()
        rows, entries = [], []
        for at, _, kind, one, two in sorted(self.facts, key=lambda fact: fact[1]):
            event = number()
            entries.append((number(), event, b""))
            for role, side in zip(ROLES[kind], (one, two), strict=True):
                for place, (item, said) in enumerate(side):
                    group = 0 if kind == "lot" else place
                    rows.append((self.items[item], event, when(at), int(role), group, *(said or (None, None)), None))
        items = [(n, f"uri:test:{n}", "uri", self.levels[item], None, None) for item, n in self.items.items()]
        self.position = entries[-1][0]
        return items, rows, entries

    def walk(self, view):
        since = None if self.since is None else when(self.since)
        answer = Walk("down", [self.items[one] for one in self.starts], self.position, since, None)
        fill(answer, run(answer, Limits(10_000, 1_000), Portions.PACKED_AFTER, view))
        answer.view = view
        return answer

    def brew(self, walk):
        """The oracle, told what the walk reached."""
        local = {n: item for item, n in self.items.items()}
        things = {local[item]: local[thing] for item, thing in walk.aside.thing.items()}
        steps = {}
        for at, pos, kind, one, two in self.facts:
            if kind in KEYS:
                ins, outs = (one, two) if kind in ("made", "lot") else ([], one) if kind == "begin" else (one, [])
                if kind == "lot":
                    ins = [(item, (len({things.get(i, i) for i, _ in two}), None)) for item, _ in ins]
                sides = [[(things.get(item, item), said) for item, said in side] for side in (ins, outs)]
                steps[pos, KEYS[kind]] = (at, pos, *sides)
        reached = {things.get(local[item], local[item]) for item in walk.items}
        starts = list(dict.fromkeys(things.get(one, one) for one in self.starts if self.items[one] in walk.items))
        lost = {local[thing] for thing in walk.aside.unmeasured}
        boxes = {things.get(local[item], local[item]) for item in walk.carried}
        since = -1 if self.since is None else self.since
        brew = Brew(steps, self.levels, reached, starts, since, lost, boxes)
        return {item: brew.told(things.get(local[item], local[item])) for item in walk.items}


def worlds(first, many):
    made = [Works(first + n) for n in range(many)]
    columns = defaultdict(list)
    for world in made:
        for table, rows in zip(("item", "part", "log_entry"), world.insert(), strict=True):
            columns[table] += rows
    copy("item", "id, canonical, scheme, level, product, lot", columns["item"])
    copy_parts("item, event, at, role, position, quantity, unit, place", columns["part"])
    copy("log_entry", "position, event, leaf", columns["log_entry"])
    return made
