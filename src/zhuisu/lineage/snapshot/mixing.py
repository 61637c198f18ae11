"""The shares of lineage/mixing.py over a snapshot: every stock and step of a level at once. The same answers, in floats."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import Any, NamedTuple

import numpy as np

from zhuisu.events.vocabulary import Role
from zhuisu.lineage.answer import Walk
from zhuisu.lineage.measure import PIECES, SINGLE, Amount
from zhuisu.lineage.mixing import CRUMB, IN, OUT, UNKNOWN, Asked, Flow, Share, seed
from zhuisu.lineage.snapshot.segment import LEVEL_MASK, Array
from zhuisu.lineage.snapshot.view import View, spread
from zhuisu.lineage.spans import BEGINNING, instant

_MADE, _BEGUN, _ENDED = 0, 1, 2
_WAY, _WHAT = np.zeros(64, np.int8), np.zeros(64, np.int64)
for _role, _way, _what in (
    (Role.INPUT, OUT, _MADE),
    (Role.OUTPUT, IN, _MADE),
    (Role.COMMISSIONED, IN, _BEGUN),
    (Role.DECOMMISSIONED, OUT, _ENDED),
):
    _WAY[_role], _WHAT[_role] = _way, _what
_MEASURED = (Role.INPUT, Role.OUTPUT, Role.COMMISSIONED, Role.DECOMMISSIONED)
_SINGLE = np.isin(np.arange(16), list(SINGLE))
_LOT = -1  # steps of lots have negative numbers


class Flows(NamedTuple):
    """mixing.Flow, by the thousand. `part` is not a number where it is not known; `value` where no amount is."""

    thing: Array
    step: Array
    at: Array
    position: Array
    way: Array
    value: Array
    measure: Array
    part: Array

    def chosen(self, which: Array) -> "Flows":
        """Some of them."""
        return Flows(*(column[which] for column in self))


class Stocks(NamedTuple):
    """The stocks of each thing, one after the other; `left` and the parts of draws are not a number where not known."""

    thing: Array
    of_flow: Array  # in the order of the flows
    part: Array  # of each flow out, what it took of its stock
    left: Array
    follows: Array  # whether the thing had one before


class Shares(Mapping[int, Share]):
    """By item number, each made a Share when somebody looks at it; the columns are in the order of `things`."""

    def __init__(self, walk: Walk, things: Array, bound: Array, share: Array, held: Array) -> None:
        self._walk, self._codes = walk, walk.aside.thing
        self.things, self.bound, self.share, self.held = things, bound, share, held

    def __getitem__(self, item: int) -> Share:
        if item not in self._walk.items:
            raise KeyError(item)
        thing = self._codes.get(item, item)
        place = int(np.searchsorted(self.things, thing))
        if place == len(self.things) or self.things[place] != thing:
            return UNKNOWN
        told = (float(column[place]) for column in (self.bound, self.share, self.held))
        bound, share, held = (None if np.isnan(one) else one for one in told)
        return Share(bound or 0.0, share, held)

    def __iter__(self) -> Iterator[int]:
        return iter(self._walk.items)

    def __len__(self) -> int:
        return len(self._walk.items)


def fast_mix(walk: Walk) -> Shares:
    """See lineage.shares."""
    view: View = walk.view
    codes, aside = walk.aside.thing, walk.aside
    own = np.fromiter(walk.items, np.int64, len(walk.items))
    extra = [*aside.processes, *(item for item, one in codes.items() if one in walk.items)]
    items = np.unique(np.r_[own, np.array(extra, np.int64)])
    mark = np.zeros(view.numbers + max(map(int, walk.start), default=0) + 1, bool)
    mark[_things(items, codes)] = True
    flows, lot_steps = _flows(view, items, codes, mark)
    starts = list(dict.fromkeys(codes.get(item, item) for item in walk.start if item in walk.items))
    since = instant(walk.since) if walk.since else BEGINNING
    single = _single(view, np.array(starts, np.int64))
    asked = Asked(
        (), starts, since, aside.unmeasured, (), {one for one, yes in zip(starts, single, strict=True) if yes}
    )
    return _reckon(walk, flows, lot_steps, mark, asked)


def _things(items: Array, codes: Mapping[int, int]) -> Array:
    """The thing of each item."""
    if not codes:
        return items
    special = np.array(sorted(codes), np.int64)
    place = np.minimum(np.searchsorted(special, items), len(special) - 1)
    named = np.array([codes[one] for one in special.tolist()], np.int64)
    found: Array = np.where(special[place] == items, named[place], items)
    return found


def _single(view: View, things: Array) -> Array:
    found: Array = _SINGLE[view.flags(things) & LEVEL_MASK]
    return found


def _flows(view: View, items: Array, codes: Mapping[int, int], mark: Array) -> tuple[Flows, Array]:
    """All that these and others gave and got in the events that these had a part in, added up by thing, step and way."""
    touched = np.zeros(view.events, bool)
    touched[view.facts(items, _MEASURED).event] = True
    events = np.flatnonzero(touched)
    found, value, measure = view.measures(events)
    thing = _things(found.item.astype(np.int64), codes)
    single = _single(view, thing)
    fine = ~(single & (found.role == Role.COMMISSIONED))  # that it began is no second piece
    step = (found.event.astype(np.int64) << 2) | _WHAT[found.role]
    told = [thing[fine], step[fine], found.event[fine], _WAY[found.role][fine], value[fine], measure[fine]]
    lots = _lots(view, items, codes)
    told = [np.concatenate([one, other]) for one, other in zip(told, lots, strict=True)]
    thing, step, event, way, value, measure = told
    single = _single(view, thing)
    value, measure = np.where(single, 1.0, value), np.where(single, PIECES, measure)
    part = np.zeros(len(thing))
    at, position = view.column("at", event), event
    flows = _summed(Flows(thing, step, at, position, way, value, measure, part), single)
    reached = np.unique(flows.step[(flows.way == OUT) & mark[flows.thing]])
    back = np.isin(flows.step, reached)
    return flows.chosen(back | (flows.step >= 0)), reached


def _lots(view: View, items: Array, codes: Mapping[int, int]) -> list[Array]:
    """A lot gives one piece to each of its instances."""
    said = view.facts(items, [Role.LOT_OF])
    pairs = np.unique(np.stack([said.event.astype(np.int64), said.group.astype(np.int64)]), axis=1)
    event, group = pairs
    columns: list[list[Array]] = [[] for _ in range(6)]
    for role, way in ((Role.LOT_OF, OUT), (Role.LOT_MEMBER, IN)):
        found = view.members(event, [role])
        mine = found.group == group[found.row]
        row, item = found.row[mine], found.item[mine].astype(np.int64)
        if way == OUT:
            outs, out_items = row, item
        pieces = np.full(len(row), np.nan)
        for column, told in zip(
            columns,
            (
                _things(item, codes),
                _LOT - row,
                event[row],
                np.full(len(row), way, np.int8),
                pieces,
                np.zeros(len(row), np.int64),
            ),
            strict=True,
        ):
            column.append(told)
    count = np.bincount(-columns[1][1] + _LOT, minlength=len(event))
    columns[4][0] = count[outs].astype(float)
    columns[5][0] = np.full(len(out_items), PIECES)
    return [np.concatenate(column) for column in columns]


def _summed(flows: Flows, single: Array) -> Flows:
    """One flow for each thing, step and way; a quantity of nothing says nothing."""
    order = np.lexsort((flows.way, flows.thing, flows.step))
    step, thing, way = flows.step[order], flows.thing[order], flows.way[order]
    same = np.r_[False, (step[1:] == step[:-1]) & (thing[1:] == thing[:-1]) & (way[1:] == way[:-1])]
    value, measure = flows.value.copy(), flows.measure
    if same.any():
        begins = np.flatnonzero(~same)
        total = np.add.reduceat(value[order], begins)
        low, high = np.minimum.reduceat(measure[order], begins), np.maximum.reduceat(measure[order], begins)
        total[low != high] = np.nan
        total[single[order][begins]] = 1.0
        order = order[begins]
        value[order] = total
    return flows._replace(value=np.where(value > 0, value, np.nan)).chosen(np.sort(order))


def _reckon(walk: Walk, flows: Flows, reached: Array, mark: Array, asked: Asked) -> Shares:
    steps, step = np.unique(np.r_[flows.step, 0], return_inverse=True)  # 0 for what has no step
    step = step[:-1]
    boxes = _things(np.fromiter(walk.carried, np.int64, len(walk.carried)), walk.aside.thing)
    box = np.zeros(len(mark), bool)
    box[boxes[boxes < len(mark)]] = True
    out = flows.way == OUT
    lost_step = np.zeros(len(steps), bool)
    lost_step[step[out & box[flows.thing]]] = True
    all_outs = np.bincount(step[out], minlength=len(steps))
    # Which part of a step each of its outputs is.
    ins = ~out
    total = np.bincount(step[ins], flows.value[ins], len(steps)).astype(float)
    count = np.bincount(step[ins], minlength=len(steps))
    low, high = np.full(len(steps), np.iinfo(np.int64).max), np.full(len(steps), np.iinfo(np.int64).min)
    np.minimum.at(low, step[ins], flows.measure[ins])
    np.maximum.at(high, step[ins], flows.measure[ins])
    total[low != high] = np.nan
    weight = np.where(count[step] == 1, 1.0, flows.value / np.where(total > 0, total, np.nan)[step])
    mine = mark[flows.thing]
    own, step, weight = flows.chosen(mine), step[mine], weight[mine]
    own, step, weight = _seeded(own, step, weight, steps, reached, lost_step, asked)
    stocks, order = _stocks(own, _single(walk.view, own.thing))
    own, step, weight = own.chosen(order), step[order], weight[order]
    lost = np.isin(stocks.thing, np.fromiter(asked.unmeasured, np.int64, len(asked.unmeasured)))
    lost |= _out_of_order(own, stocks, step, lost_step)
    went = own.way == OUT
    drawn = np.bincount(step[went], minlength=len(steps))
    pure = np.r_[(all_outs > 0) & (drawn == all_outs), np.ones(len(lost), bool)]
    graph = Graph(np.r_[lost_step, lost], pure)
    came = ~went & (own.part == 0)
    graph.seed(len(steps) + stocks.of_flow[~went & (own.part != 0)], own.part[~went & (own.part != 0)])
    after = np.flatnonzero(stocks.follows)
    source = np.r_[step[came], len(steps) + stocks.of_flow[went], len(steps) + after - 1]
    target = np.r_[len(steps) + stocks.of_flow[came], step[went], len(steps) + after]
    graph.run(source, target, np.r_[weight[came], stocks.part[went], stocks.left[after - 1]])
    return _told(walk, stocks, graph, len(steps))


def _seeded(
    own: Flows, step: Array, weight: Array, steps: Array, reached: Array, lost_step: Array, asked: Asked
) -> tuple[Flows, Array, Array]:
    """The flows of the starts, which are few, as the exact engine has them."""
    here = np.isin(own.thing, asked.starts)
    mine, some = own.chosen(here), step[here]
    told: dict[int, list[Flow]] = defaultdict(list)
    back = set(reached.tolist())
    columns = zip(*(column.tolist() for column in mine), some.tolist(), strict=True)
    for thing, _, at, position, way, value, measure, _, number in columns:
        what = "lot" if steps[number] < 0 else "made"
        amount = None if value != value else Amount(Fraction(value), measure)
        told[thing].append(Flow(thing, (number, what, None), at, position, way, amount))
    weights = dict(zip(zip(mine.thing.tolist(), some.tolist(), strict=True), weight[here].tolist(), strict=True))
    for number, _, _ in seed(told, lambda one: int(steps[one[0]]) in back, asked):
        lost_step[number] = True
    added = [flow for held in told.values() for flow in held]
    if not added:
        return own, step, weight

    def number_of(value: Any) -> float:
        return float("nan") if value is None else float(value)

    new = Flows(
        np.array([flow.thing for flow in added], np.int64),
        np.array([0 if flow.step[1] == "start" else steps[flow.step[0]] for flow in added], np.int64),
        np.array([flow.at for flow in added], np.int64),
        np.array([flow.position for flow in added], np.int64),
        np.array([flow.way for flow in added], np.int8),
        np.array([number_of(flow.amount and flow.amount.value) for flow in added]),
        np.array([flow.amount.measure if flow.amount else 0 for flow in added], np.int64),
        np.array([number_of(flow.part) for flow in added]),
    )
    joined = Flows(*(np.concatenate([one[~here], other]) for one, other in zip(own, new, strict=True)))
    numbers = np.array([flow.step[0] for flow in added], np.int64)
    parts = np.array([weights.get((flow.thing, flow.step[0]), np.nan) for flow in added])
    return joined, np.r_[step[~here], numbers], np.r_[weight[~here], parts]


def _stocks(own: Flows, single: Array) -> tuple[Stocks, Array]:
    """See mixing._stocks; and the order of the flows that it speaks of."""
    order = np.lexsort((own.position, own.way, own.at, own.thing))
    thing, _, _, _, way, value, measure, _ = own.chosen(order)
    if not len(thing):
        none = np.zeros(0, np.int64)
        return Stocks(none, none, np.zeros(0), np.zeros(0), np.zeros(0, bool)), order
    fresh = np.r_[True, thing[1:] != thing[:-1]]
    begins = fresh | np.r_[False, (way[1:] == IN) & (way[:-1] == OUT)]
    of_flow = np.cumsum(begins) - 1
    first = np.flatnonzero(begins)
    owner, follows = thing[first], ~fresh[first]
    came = way == IN
    known = ~np.isnan(value)
    with_in = np.logical_or.reduceat(came, first)
    gone_any = np.logical_or.reduceat(~came, first)
    got = np.add.reduceat(np.where(came, value, 0.0), first)
    top, least = np.iinfo(np.int64).max, np.iinfo(np.int64).min
    low = np.minimum.reduceat(np.where(came, measure, top), first)
    high = np.maximum.reduceat(np.where(came, measure, least), first)
    got[with_in & (low != high)] = np.nan
    held, unit, left = np.full(len(first), np.nan), np.zeros(len(first), np.int64), np.full(len(first), np.nan)
    whole, part = np.full(len(first), np.nan), np.full(len(thing), np.nan)
    rest, rest_unit = np.zeros(len(first)), np.zeros(len(first), np.int64)
    rank = np.arange(len(first)) - np.flatnonzero(~follows)[np.cumsum(~follows) - 1]
    lines = np.argsort(rank, kind="stable")
    flows = np.argsort(rank[of_flow], kind="stable")
    stock_ends = np.searchsorted(rank[lines], np.arange(int(rank.max()) + 2))
    flow_ends = np.searchsorted(rank[of_flow][flows], np.arange(int(rank.max()) + 2))
    for n in range(int(rank.max()) + 1):
        row, flow = lines[stock_ends[n] : stock_ends[n + 1]], flows[flow_ends[n] : flow_ends[n + 1]]
        if n:
            before = row - 1
            lefts = np.where(gone_any[before], left[before] * whole[before], held[before])
            rest[row], rest_unit[row] = lefts, unit[before]
            early = ~with_in[before] & ~follows[before]
            rest[row[early]] = 0.0
        some = rest[row] > 0
        held[row] = np.where(with_in[row], got[row] + rest[row], np.where(follows[row], rest[row], np.nan))
        held[row[some & with_in[row] & (rest_unit[row] != low[row])]] = np.nan
        unit[row] = np.where(with_in[row], low[row], rest_unit[row])
        alone = single[order[first[row]]]
        held[row[alone]], unit[row[alone]] = 1.0, PIECES
        stock = of_flow[flow]
        fits = ~came[flow] & known[flow] & (measure[flow] == unit[stock]) & ~np.isnan(held[stock])
        drawn = np.bincount(stock[fits], value[flow[fits]], len(first))[row]
        full = np.maximum(held[row], drawn)
        whole[row] = full
        part[flow[fits]] = value[flow[fits]] / whole[stock[fits]]
        missing = np.bincount(stock[~came[flow] & ~fits], minlength=len(first))[row] > 0
        over = full - drawn
        over[over < float(CRUMB) * full] = 0.0
        left[row] = np.where(gone_any[row], np.where(missing, np.nan, over / full), 1.0)
    return Stocks(owner, of_flow, part, left, follows), order


def _out_of_order(own: Flows, stocks: Stocks, step: Array, lost_step: Array) -> Array:
    """See mixing._out_of_order: which stocks are lost; marks the steps."""
    none = np.zeros(len(stocks.thing), bool)
    lot = own.step < 0
    if not lot.any():
        return none
    things, place = np.unique(own.thing, return_inverse=True)
    last, used = np.full(len(things), BEGINNING - 1), np.full(len(things), np.iinfo(np.int64).max)
    came = own.way == IN
    np.maximum.at(last, place[came], own.at[came])
    np.minimum.at(used, place[~came], own.at[~came])
    lost_step[step[lot & ~came & (last[place] > own.at)]] = True
    odd = np.unique(own.thing[lot & came & (own.at > used[place])])
    return np.isin(stocks.thing, odd)


class Graph:
    """Stocks and steps as knots, spread level by level. See mixing.Knot."""

    def __init__(self, lost: Array, pure: Array) -> None:
        self.lost, self.pure = lost, pure
        self.bound, self.share = np.zeros(len(lost)), np.zeros(len(lost))  # a share that is not a number is not known

    def seed(self, knots: Array, part: Array) -> None:
        """The start comes in here."""
        np.add.at(self.share, knots, part)
        np.add.at(self.bound, knots, np.where(np.isnan(part), 1.0, part))

    def run(self, source: Array, target: Array, part: Array) -> None:
        """Spread over these edges."""
        order = np.argsort(source, kind="stable")
        target, part = target[order], part[order]
        starts = np.r_[0, np.cumsum(np.bincount(source, minlength=len(self.lost)))]
        waits = np.bincount(target, minlength=len(self.lost))
        ready, done = np.flatnonzero(waits == 0), np.zeros(len(self.lost), bool)
        while len(ready):
            done[ready] = True
            self._finish(ready)
            row, edge = spread(starts[ready], starts[ready + 1] - starts[ready])
            to = target[edge]
            self._pass_on(ready[row], to, part[edge])
            np.subtract.at(waits, to, 1)
            ready = np.unique(to[waits[to] == 0])
        left = np.flatnonzero(~done)
        self.bound[left], self.share[left] = 1.0, np.nan

    def _finish(self, knots: Array) -> None:
        lost = knots[self.lost[knots]]
        self.bound[lost], self.share[lost], self.pure[lost] = 1.0, np.nan, False
        self.bound[knots] = np.minimum(self.bound[knots], 1.0)

    def _pass_on(self, source: Array, to: Array, part: Array) -> None:
        some = part != 0
        source, to, part = source[some], to[some], part[some]
        bound, pure = self.bound[source], self.pure[source]
        self.pure[to[(bound == 0) | ~pure]] = False
        some = bound > 0
        source, to, part, bound, pure = source[some], to[some], part[some], bound[some], pure[some]
        share = self.share[source] * part
        np.add.at(self.share, to, share)
        np.add.at(self.bound, to, np.where(pure & ~np.isnan(share), bound * part, bound))


def _told(walk: Walk, stocks: Stocks, graph: Graph, steps: int) -> Shares:
    bound, share = graph.bound[steps:], graph.share[steps:]
    if not len(bound):
        none = np.zeros(0)
        return Shares(walk, stocks.thing, none, none, none)
    first = np.flatnonzero(~stocks.follows)
    last = np.r_[first[1:], len(bound)] - 1
    most = np.maximum.reduceat(bound, first)
    known = np.logical_and.reduceat(~np.isnan(share) | (bound == 0), first)
    shared = np.where(known, np.maximum.reduceat(np.where(bound > 0, share, 0.0), first), np.nan)
    held = np.where(bound[last] == 0, 0.0, share[last] * stocks.left[last])
    nothing = most == 0
    most[nothing], shared[nothing], held[nothing] = 1.0, np.nan, np.nan
    return Shares(walk, stocks.thing[first], most, shared, held)
