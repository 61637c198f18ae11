"""How much of the start is in what a walk down reached: perfect mixing, and an upper bound that needs none. Exact; pure."""

from collections import defaultdict
from collections.abc import Callable, Collection, Container, Iterable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, NamedTuple

from zhuisu.lineage.measure import PIECES, Amount, together

CRUMB = Fraction(1, 10**9)  # of a stock: less than this left over is a matter of rounding, not goods
IN, OUT = 0, 1  # what came in is there before anything goes out: a tie counts as possible, as in the walk
ONE_PIECE = Amount(Fraction(1), PIECES)

Step = tuple[int, str, int | None]  # event, what of it (made, begun, ended, lot), which lot


class Flow(NamedTuple):
    """That a thing went into a step (OUT of its stock) or came out of it (IN)."""

    thing: int
    step: Step
    at: int
    position: int
    way: int
    amount: Amount | None
    part: Fraction | None = Fraction(0)  # of the start that comes in here; None: not known


class Share(NamedTuple):
    """Of the start, as a fraction, the most that was in a thing at one time: at most `bound`, with perfect mixing `share`;
    `held` is still there. None: a quantity that it takes is not on record, or cannot be compared."""

    bound: float
    share: float | None
    held: float | None


UNKNOWN = Share(1.0, None, None)


class Asked(NamedTuple):
    """What a walk down says: the things reached, its starts, and from when these count."""

    reached: Container[int]
    starts: Sequence[int]
    since: int
    unmeasured: Collection[int]  # reached in a way that no quantity says
    boxes: Collection[int]  # containers of it: what they gave as inputs nobody knows
    single: Container[int]  # one piece each


@dataclass(slots=True, eq=False)
class Knot:
    """A stock between two arrivals after a removal, or a step. share: None where unknown."""

    bound: Any = 0
    share: Any = 0
    pure: bool = True  # all of it is of the start
    lost: bool = False  # any of the start may be in it, and how much is not known
    waits: int = 0
    out: list[tuple["Knot", Fraction | None]] = field(default_factory=list)  # which part of it goes where
    left: Fraction | None = None  # the part that stays

    def join(self, other: "Knot", part: Fraction | None) -> None:
        """That a part of this goes there."""
        self.out.append((other, part))
        other.waits += 1

    def take(self, share: Any, bound: Any, *, pure: bool) -> None:
        """Something came in."""
        self.share = None if share is None or self.share is None else self.share + share
        self.bound = self.bound + bound
        self.pure &= pure


def mix(flows: Iterable[Flow], asked: Asked, number: Callable[[Any], Any] = float) -> dict[int, Share]:
    """The share of every reached thing. `flows`: of all events in which these had a part, those of others too.

    number: what is calculated with; float, or Fraction for an exact answer.
    """
    steps = _steps(flows, asked)
    own: defaultdict[int, list[Flow]] = defaultdict(list)
    for held in steps.values():
        for flow in held:
            if flow.thing in asked.reached:
                own[flow.thing].append(flow)
    knots = {step: Knot() for step in steps}
    back = {step for step, held in steps.items() if any(f.way == OUT and f.thing in asked.reached for f in held)}
    for step in seed(own, back.__contains__, asked):
        knots[step].lost = True
    stocks = {thing: _stocks(thing, held, knots, asked) for thing, held in own.items()}
    by_flow = {(thing, step): knot for thing, held in stocks.items() for knot, ins in held for step in ins}
    for step, held in steps.items():
        _share_out(step, held, knots[step], by_flow, asked)
    every = [*knots.values(), *(knot for held in stocks.values() for knot, _ in held)]
    _run(every, number)
    return {thing: _told([knot for knot, _ in held]) for thing, held in stocks.items()}


def _steps(flows: Iterable[Flow], asked: Asked) -> dict[Step, list[Flow]]:
    """One flow for each thing, step and way. A quantity of nothing says nothing; a lot that was not reached gave nothing."""
    held: defaultdict[tuple[Step, int, int], list[Flow]] = defaultdict(list)
    for flow in flows:
        held[flow.step, flow.way, flow.thing].append(flow)
    steps: defaultdict[Step, list[Flow]] = defaultdict(list)
    for (step, _, thing), some in held.items():
        amount = ONE_PIECE if thing in asked.single else together(flow.amount for flow in some)
        steps[step].append(some[0]._replace(amount=amount if amount and amount.value > 0 else None))
    reached = {step for step, some in steps.items() if any(f.way == OUT and f.thing in asked.reached for f in some)}
    return {step: some for step, some in steps.items() if step[1] != "lot" or step in reached}


def seed(own: dict[int, list[Flow]], returns: Callable[[Step], bool], asked: Asked) -> set[Step]:
    """Put into the flows of the starts what they were when they began to count, and what came in later from elsewhere: all
    together 1. Gives the lots' steps before that: what their instances have of it is not known.

    returns: whether a step has an input that the walk reached: what it gives back to a start is no new part of it.
    """
    seeds: dict[int, list[Flow]] = {}
    lost: set[Step] = set()
    for thing in asked.starts:
        here = Flow(thing, (0, "start", None), asked.since, -1, IN, ONE_PIECE if thing in asked.single else None)
        flows = own.get(thing, [])
        early, later = ([f for f in flows if (f.at < asked.since) == before] for before in (True, False))
        lost.update(f.step for f in early if f.way == OUT and f.step[1] == "lot")
        fresh = [f for f in later if f.way == IN and not returns(f.step)]
        brought = [*fresh, *([here._replace(amount=_stock(early))] if early else ())]
        whole = thing not in asked.single and together(f.amount for f in brought) is not None
        seeds[thing] = brought if whole else [here]
        own[thing] = [f for f in later if f not in fresh]
    total = together(flow.amount for flows in seeds.values() for flow in flows)
    for thing, brought in seeds.items():
        for flow in brought:
            part = Fraction(1) if len(seeds) == 1 and len(brought) == 1 else None
            if total and flow.amount:
                part = flow.amount.value / total.value
            own[thing].append(flow._replace(part=part))
    return lost


def _stock(flows: Sequence[Flow]) -> Amount | None:
    """What is left after these; None where that is not known or nothing is."""
    came = together(flow.amount for flow in flows if flow.way == IN)
    went = [flow.amount for flow in flows if flow.way == OUT]
    gone = together(went) if went else Amount(Fraction(0), came.measure if came else 0)
    if came is None or gone is None or gone.measure != came.measure or gone.value >= came.value:
        return None
    return Amount(came.value - gone.value, came.measure)


def _stocks(thing: int, flows: Sequence[Flow], knots: dict[Step, Knot], asked: Asked) -> list[tuple[Knot, list[Step]]]:
    """The stocks of a thing one after the other, joined to the steps that drew on them; and what brought each."""
    groups: list[list[Flow]] = []
    for flow in sorted(flows, key=lambda flow: (flow.at, flow.way, flow.position, flow.step[0])):
        if not groups or (flow.way == IN and groups[-1][-1].way == OUT):
            groups.append([])
        groups[-1].append(flow)
    lost = thing in asked.unmeasured or _out_of_order(groups, knots)
    stocks: list[tuple[Knot, list[Step]]] = []
    rest: Amount | None = Amount(Fraction(0), 0)
    for group in groups:
        knot = Knot(lost=lost)
        if stocks:
            stocks[-1][0].join(knot, stocks[-1][0].left)
        ins = [flow for flow in group if flow.way == IN]
        for flow in ins:
            if flow.part != 0:
                knot.take(flow.part, 1 if flow.part is None else flow.part, pure=True)
        rest = _draw(knot, group, rest if ins or stocks else None, knots, single=thing in asked.single)
        if not ins and not stocks:
            rest = Amount(Fraction(0), 0)  # it was used before anything is known of it
        # What a start was is no output of that step any more.
        stocks.append((knot, [flow.step for flow in ins if flow.part == 0]))
    return stocks


def _out_of_order(groups: Sequence[Sequence[Flow]], knots: dict[Step, Knot]) -> bool:
    """Lot and instance are joined without time. Where the lot was filled after it was divided, any part of it may be in an
    instance (the step is lost); an instance that was used before it was of the lot is lost itself."""
    flows = [flow for group in groups for flow in group]
    last = max((flow.at for flow in flows if flow.way == IN), default=None)
    for flow in flows:
        if flow.way == OUT and flow.step[1] == "lot" and last is not None and last > flow.at:
            knots[flow.step].lost = True
    used = min((flow.at for flow in flows if flow.way == OUT), default=None)
    return used is not None and any(f.way == IN and f.step[1] == "lot" and f.at > used for f in flows)


def _draw(
    knot: Knot, group: Sequence[Flow], rest: Amount | None, knots: dict[Step, Knot], *, single: bool
) -> Amount | None:
    """Which part of a stock went where. What is left. One that gave more than it held had as much as it gave."""
    came: list[Amount | None] = [flow.amount for flow in group if flow.way == IN]
    if rest is None or rest.value > 0:
        came.append(rest)
    held = ONE_PIECE if single else together(came)
    outs = [flow for flow in group if flow.way == OUT]
    amounts = [f.amount.value if f.amount and held and f.amount.measure == held.measure else None for f in outs]
    gone = sum((amount for amount in amounts if amount is not None), Fraction(0))
    whole = max(held.value, gone) if held else None
    for flow, amount in zip(outs, amounts, strict=True):
        knot.join(knots[flow.step], amount / whole if amount is not None and whole else None)
    if not outs:
        knot.left = Fraction(1)
    if whole is None or held is None or None in amounts:
        return None
    left = whole - gone if whole - gone >= CRUMB * whole else Fraction(0)
    knot.left = left / whole
    return Amount(left, held.measure)


def _share_out(
    step: Step, flows: Sequence[Flow], knot: Knot, by_flow: dict[tuple[int, Step], Knot], asked: Asked
) -> None:
    """Join a step to the stocks of what came out of it, each by its part of all that came out."""
    ins, outs = ([flow for flow in flows if flow.way == way] for way in (IN, OUT))
    knot.pure = bool(outs) and knot.waits == len(outs)
    knot.lost |= any(flow.thing in asked.boxes for flow in outs)
    total = together(flow.amount for flow in ins)
    for flow in ins:
        part = flow.amount.value / total.value if total and flow.amount else None
        if stock := by_flow.get((flow.thing, step)):
            knot.join(stock, Fraction(1) if len(ins) == 1 else part)


def _run(knots: Sequence[Knot], number: Callable[[Any], Any]) -> None:
    """Each knot once all that flows into it has. What waits for itself, by events of one instant, stays unknown."""
    ready = [knot for knot in knots if not knot.waits]
    done = 0
    while ready:
        knot = ready.pop()
        done += 1
        if knot.lost:
            knot.bound, knot.share, knot.pure = 1, None, False
        knot.bound = min(number(1), number(knot.bound))
        knot.share = None if knot.share is None else number(knot.share)
        for other, part in knot.out:
            other.waits -= 1
            if not other.waits:
                ready.append(other)
            if part == 0:
                continue
            if not knot.bound:
                other.pure = False
            elif part is None or knot.share is None:
                other.take(None, knot.bound, pure=knot.pure)
            else:
                other.take(
                    knot.share * number(part), knot.bound * number(part) if knot.pure else knot.bound, pure=knot.pure
                )
    for knot in knots if done < len(knots) else ():
        if knot.waits:
            knot.bound, knot.share = 1, None


def _told(stocks: Sequence[Knot]) -> Share:
    bound, last = max(knot.bound for knot in stocks), stocks[-1]
    if not bound:
        return UNKNOWN
    known = all(knot.share is not None for knot in stocks if knot.bound)
    share = max(knot.share for knot in stocks if knot.bound) if known else None
    if not last.bound:
        return Share(bound, share, 0)
    held = last.share * last.left if last.share is not None and last.left is not None else None
    return Share(bound, share, held)
