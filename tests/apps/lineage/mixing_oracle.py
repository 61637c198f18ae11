"""A plain, slow oracle of shares: stocks and steps as equations over fractions, solved one after the other as far as they can be."""

from collections import defaultdict
from fractions import Fraction

ALL = (Fraction(1), None, None)
UNITS = {"KGM": ("mass", 1), "GRM": ("mass", Fraction(1, 1000)), "LTR": ("volume", 1), None: ("pieces", 1)}
SINGLE = (1, 4, 5)  # instance, package, asset


def amount(said, level):
    if level in SINGLE:
        return Fraction(1), "pieces"
    if said is None or said[0] is None or said[0] <= 0:
        return None
    measure, factor = UNITS.get(said[1], (said[1], 1))
    return Fraction(said[0]) * factor, measure


def total(amounts):
    """The sum of amounts of one measure, or None."""
    amounts = list(amounts)
    if not amounts or None in amounts or len({measure for _, measure in amounts}) > 1:
        return None
    return sum(value for value, _ in amounts), amounts[0][1]


class Vat:
    """What was in a thing between an arrival after a removal and the next."""

    def __init__(self):
        self.ins, self.outs, self.seeds, self.before = [], [], [], None
        self.held = self.taken = self.rest = None  # rest: (value, measure) | None unknown | 0


class Brew:
    """steps: {key: (at, pos, [(thing, said)] in, [(thing, said)] out)}; key[1] is made, begun, ended or lot."""

    def __init__(self, steps, levels, reached, starts, since, lost, boxes):
        self.levels, self.reached, self.starts, self.lost, self.boxes = levels, reached, starts, set(lost), boxes
        self.lost_steps = set()
        self.steps = {}
        for key, (at, pos, ins, outs) in steps.items():
            if key[1] == "lot" and not any(thing in reached for thing, _ in ins):
                continue
            if key[1] == "begun":
                outs = [(thing, said) for thing, said in outs if levels[thing] not in SINGLE]
            self.steps[key] = (at, pos, self._one_each(ins), self._one_each(outs))
        self.seeds = self._seeds(since)
        self.vats = {thing: self._vats(thing) for thing in reached}
        self.value = {}
        self._solve()

    def _one_each(self, side):
        held = defaultdict(list)
        for thing, said in side:
            held[thing].append(amount(said, self.levels[thing]))
        return {t: (Fraction(1), "pieces") if self.levels[t] in SINGLE else total(some) for t, some in held.items()}

    def lines(self, thing):
        """(at, way, pos, key, amount), ordered as things happen."""
        found = []
        for key, (at, pos, ins, outs) in self.steps.items():
            if thing in outs:
                found.append((at, 0, pos, key, outs[thing]))
            if thing in ins:
                found.append((at, 1, pos, key, ins[thing]))
        return sorted(found, key=lambda line: line[:3])

    def _seeds(self, since):
        """start → (lines that count, {key or None: (amount, at, part)})."""
        told = {}
        for start in self.starts:
            lines = self.lines(start)
            early = [line for line in lines if line[0] < since]
            self.lost_steps |= {line[3] for line in early if line[1] == 1 and line[3][1] == "lot"}
            fresh = [
                line for line in lines
                if line[0] >= since and line[1] == 0 and not any(t in self.reached for t in self.steps[line[3]][2])
            ]  # fmt: skip
            brought = [(line[3], line[0], line[4]) for line in fresh]
            if early:
                brought.append((None, since, self._left_of(early)))
            if self.levels[start] in SINGLE:
                brought = [(None, since, (Fraction(1), "pieces"))]
            elif total(each[2] for each in brought) is None:
                brought = [(None, since, None)]
            told[start] = ([line for line in lines if line[0] >= since and line not in fresh], brought)
        whole = total(each[2] for _, brought in told.values() for each in brought)
        sole = sum(len(brought) for _, brought in told.values()) == 1
        return {
            start: (
                lines,
                [(key, at, held, held[0] / whole[0] if whole else Fraction(1) if sole else None) for key, at, held in brought],
            )
            for start, (lines, brought) in told.items()
        }  # fmt: skip

    def _left_of(self, lines):
        came, went = (total(line[4] for line in lines if line[1] == way) for way in (0, 1))
        if not any(line[1] == 1 for line in lines):
            return came
        if came is None or went is None or came[1] != went[1] or went[0] >= came[0]:
            return None
        return came[0] - went[0], came[1]

    def _vats(self, thing):
        if thing in self.seeds:
            lines, seeds = self.seeds[thing]
            lines = sorted([*lines, *((at, 0, -1 if key is None else self.steps[key][1], ("seed", part), held)
                                      for key, at, held, part in seeds)], key=lambda line: line[:3])  # fmt: skip
        else:
            lines = self.lines(thing)
        arrivals = [line[0] for line in lines if line[1] == 0]
        used = [line[0] for line in lines if line[1] == 1]
        for at, way, _, key, _ in lines:
            if key[1] == "lot" and way == 1 and arrivals and max(arrivals) > at:
                self.lost_steps.add(key)
            if key[1] == "lot" and way == 0 and used and min(used) < at:
                self.lost.add(thing)
        vats = []
        for n, (_, way, _, key, held) in enumerate(lines):
            if n == 0 or (way == 0 and lines[n - 1][1] == 1):
                vats.append(Vat())
                vats[-1].before = vats[-2] if len(vats) > 1 else None
            if way == 1:
                vats[-1].outs.append((key, held))
            elif key[0] == "seed":
                vats[-1].seeds.append((key[1], held))
            else:
                vats[-1].ins.append((key, held))
        for vat in vats:
            self._fill(vat, self.levels[thing] in SINGLE)
        return vats

    def _fill(self, vat, single):
        came = [held for _, held in [*vat.ins, *vat.seeds]]
        if vat.before and vat.before.rest != 0:
            came.append(vat.before.rest)
        vat.held = (Fraction(1), "pieces") if single else total(came)
        outs = [held[0] if held and vat.held and held[1] == vat.held[1] else None for _, held in vat.outs]
        vat.taken = sum((one for one in outs if one is not None), Fraction(0))
        if vat.held:
            vat.held = max(vat.held[0], vat.taken), vat.held[1]
        vat.parts = [None if one is None else one / vat.held[0] for one in outs]
        vat.rest = None
        vat.left = None
        if not vat.outs:
            vat.rest, vat.left = vat.held, Fraction(1)
        elif vat.held and None not in outs:
            left = vat.held[0] - vat.taken
            left = left if left * 10**9 >= vat.held[0] else 0
            vat.rest, vat.left = (left, vat.held[1]) if left else 0, left / vat.held[0]
        if not came and vat.before is None:
            vat.rest = 0

    def _flows_into_step(self, key):
        return [
            (("vat", thing, n), part)
            for thing, vats in self.vats.items()
            for n, vat in enumerate(vats)
            for (each, _), part in zip(vat.outs, vat.parts, strict=True)
            if each == key
        ]

    def _flows_into_vat(self, thing, n):
        vat = self.vats[thing][n]
        found = []
        if vat.before:
            found.append((("vat", thing, n - 1), vat.before.left))
        for key, held in vat.ins:
            outs = self.steps[key][3]
            whole = total(outs.values())
            found.append((("step", key), Fraction(1) if len(outs) == 1 else held[0] / whole[0] if whole else None))
        return found

    def _solve(self):
        """value: node → (bound, share, pure)."""
        sources = {("step", key): self._flows_into_step(key) for key in self.steps}
        sources |= {
            ("vat", t, n): self._flows_into_vat(t, n) for t, vats in self.vats.items() for n in range(len(vats))
        }
        while ready := [n for n in sources if n not in self.value and all(s in self.value for s, _ in sources[n])]:
            for node in ready:
                self.value[node] = self._one(node, sources[node])
        for node in sources.keys() - self.value.keys():
            self.value[node] = (Fraction(1), None, False)

    def _one(self, node, flows):
        if node[0] == "step":
            lost = node[1] in self.lost_steps or any(thing in self.boxes for thing in self.steps[node[1]][2])
            pure = bool(flows) and len(flows) == len(self.steps[node[1]][2])
            bound, share = Fraction(0), Fraction(0)
        else:
            lost, pure, bound, share = node[1] in self.lost, True, Fraction(0), Fraction(0)
            for part, _ in self.vats[node[1]][node[2]].seeds:
                bound += 1 if part is None else part
                share = None if part is None or share is None else share + part
        if lost:
            return Fraction(1), None, False
        for source, part in flows:
            most, some, clean = self.value[source]
            if part == 0:
                continue
            pure = pure and clean and most > 0
            if most == 0:
                continue
            known = part is not None and some is not None
            share = share + some * part if known and share is not None else None
            bound += most * part if known and clean else most
        return min(Fraction(1), bound), share, pure

    def told(self, thing):
        """(bound, share, held)."""
        values = [self.value["vat", thing, n] for n in range(len(self.vats[thing]))]
        bound = max((value[0] for value in values), default=0)
        if bound == 0:
            return ALL
        shares = [share for most, share, _ in values if most]
        most, share, _ = values[-1]
        left = self.vats[thing][-1].left
        held = 0 if most == 0 else None if share is None or left is None else share * left
        return bound, None if None in shares else max(shares), held
