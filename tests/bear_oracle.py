"""A slow plain judge of toys: for each event everything is worked out anew from the list of events before it, by scanning."""

from dataclasses import dataclass, field
from datetime import timedelta

from bears import DAWN

WITHIN_DAYS, LIMIT, LIMIT_DAYS, QUOTA = 5, 3, 4, 12
AFTER = {
    "ship": {"make", "receive", "remake"},
    "receive": {"ship"},
    "remake": {"make", "receive", "remake"},
    "sell": {"receive"},
    "take_back": {"sell"},
}
BARRED = {
    "ship": {"failed", "recalled", "withdrawal", "expired", "ended"},
    "remake": {"failed", "withdrawal"},
    "sell": {"sold", "failed", "recalled", "withdrawal", "ended"},
}
ROLE = {"make": "M", "remake": "M", "recall": "M", "receive": "S", "sell": "S", "take_back": "S"}
WHOLE = {"sold", "ended"}
COMES, GOES = {"make", "receive", "take_back"}, {"ship", "sell", "destroy"}


@dataclass
class Told:
    """One event of a history. `things`: lots with amounts, single things without; of a remake what goes in."""

    hour: float
    by: str  # M, S or X
    step: str
    things: dict[str, int | None]
    parent: str = ""
    outputs: dict[str, int] = field(default_factory=dict)
    lots: dict[str, str] = field(default_factory=dict)  # single thing → its lot, said when it is made
    buyer: str = ""
    stop_until: int | None = None  # day after DAWN
    next_on: int | None = None
    result: str = ""
    paper: bool = False

    @property
    def day(self) -> int:
        return int(self.hour // 24)


def is_lot(thing):
    return thing.startswith("lot")


class Oracle:
    """Judges a history in the order in which it happened. `broken`: for each event its rules, None where nobody judges it."""

    def __init__(self, history):
        self.history = sorted(history, key=lambda one: one.hour)
        self.judged, self.broken, self.held = [], [], {}
        for place, one in enumerate(self.history):
            self.judged.append(self.is_judged(place, one))
            self.broken.append(self.breaks(place, one) if self.judged[place] else None)

    def is_judged(self, place, one):
        named = [*one.things, *one.outputs, *([one.parent] if one.parent else [])]
        return one.by != "X" or any(self.of_toys(thing, place) for thing in named)

    def of_toys(self, thing, place):
        inside = self.inside(thing, place)
        if any(self.of_toys(child, place) for child in inside):
            return True
        return any(self.judged[at] for each in (thing, *self.lots(thing, place)) for at in self.touched(each, place))

    # Where things are

    def inside(self, parent, place):
        """What lies directly in a container just before an event, with amounts."""
        key = parent, place
        if key not in self.held:
            self.held[key] = self.packed_in(parent, place)
        return dict(self.held[key])

    def packed_in(self, parent, place):
        held = {}
        for at, one in enumerate(self.history[:place]):
            if one.step in GOES and self.judged[at] and parent not in one.things:
                for thing in set(held) & set(one.things):
                    if not is_lot(thing) and self.alone(thing, one, at):
                        del held[thing]
            if one.step == "pack":
                for child, amount in one.things.items():
                    if one.parent == parent and child != parent:
                        held[child] = (held.get(child) or 0) + amount if amount is not None else None
                    elif one.parent != parent and amount is None:
                        held.pop(child, None)
            elif one.step == "unpack" and one.parent == parent:
                if not one.things:
                    held.clear()
                for child, amount in one.things.items():
                    if child in held:
                        left = (held[child] or 0) - amount if amount is not None else 0
                        held[child] = left
                        if left <= 0:
                            del held[child]
            elif one.step == "destroy":
                if parent in one.things and self.ends(parent, at):
                    held.clear()
                for thing in one.things:
                    if self.ends(thing, at):
                        held.pop(thing, None)
        return held

    def alone(self, thing, one, at):
        """Whether nothing that holds it has a part in the event."""
        return not any(thing in self.deep([each], at) for each in one.things if each != thing)

    def deep(self, things, place):
        found, level = list(dict.fromkeys(things)), list(things)
        while level:
            level = [child for each in level for child in self.inside(each, place) if child not in found]
            found += dict.fromkeys(level)
        return found

    def lots(self, thing, place):
        return {one.lots[thing] for one in self.history[:place] if thing in one.lots}

    def acted(self, at):
        """All on which an event acted: what it names, what lies in that, the lots of what it makes."""
        one = self.history[at]
        named = [*one.things, *one.outputs, *one.lots.values()]
        if one.step == "unpack" and not one.things:
            named += self.inside(one.parent, at)
        return self.deep(named, at)

    def born(self, thing, place):
        """The event at which its present life began: the last making after an end."""
        ended, born = False, 0
        for at, one in enumerate(self.history[:place]):
            if one.step == "make" and thing in one.things and ended and not is_lot(thing):
                ended, born = False, at
            if self.ends(thing, at):
                ended = True
        return born

    def touched(self, thing, place):
        return [at for at in range(self.born(thing, place), place) if thing in self.acted(at)]

    def boxes(self):
        return {one.parent for one in self.history if one.parent}

    # What is known

    def days(self, thing, place):
        found = {}
        for each in (thing, *self.lots(thing, place)):
            for at in self.touched(each, place):
                if self.judged[at]:
                    step, day = self.history[at].step, self.history[at].day
                    found[step] = max(found.get(step, day), day)
        inside = [self.days(child, place) for child in self.inside(thing, place)]
        for step in set.intersection(*map(set, inside)) if inside else ():
            found[step] = max(found.get(step, -1), min(each[step] for each in inside))
        return found

    def own_states(self, thing, place):
        """State → last day (None: no end) of the thing itself, as a list of what was said in turn tells it."""
        held = {}
        for at in range(self.born(thing, place), place):
            one = self.history[at]
            if one.step == "remake" and thing in one.outputs and self.judged[at]:
                for state, until in self.passed_on(one.things, at).items():
                    before = held.get(state, until)
                    held[state] = None if None in (before, until) else max(before, until)
            if one.step == "recall" and self.recalls(thing, at):
                held["recalled"] = None
            entitled = ROLE.get(one.step, one.by) == one.by != "X"
            if self.judged[at] and thing in self.acted(at) and (entitled or self.insider(thing, at)):
                if one.step == "treat" and one.stop_until is not None:
                    held["withdrawal"] = max(held.get("withdrawal", 0), one.stop_until)
                if one.step == "check" and one.result == "failed":
                    held["failed"] = None
                if one.step == "check" and one.result == "passed" and entitled:
                    held.pop("failed", None)
                if one.step == "sell" and not is_lot(thing):
                    held["sold"] = None
                if one.step == "take_back" and entitled:
                    held.pop("sold", None)
            if one.step == "destroy" and self.ends(thing, at):
                held["ended"] = None
        return held

    def passed_on(self, sources, at):
        day, found = self.history[at].day, {}
        for each in {each for source in sources for each in (source, *self.lots(source, at))}:
            for state, until in self.own_states(each, at).items():
                if state in ("withdrawal", "recalled", "failed") and (until is None or day <= until):
                    ends = (found.get(state, until), until)
                    found[state] = None if None in ends else max(ends)
        return found

    def recalls(self, thing, at):
        one = self.history[at]
        named = {*one.things, *one.lots.values()}
        if thing in named:
            return self.insider(thing, at)
        return self.judged[at] and thing in self.acted(at) and self.insider(thing, at)

    def insider(self, thing, at):
        told = [
            one
            for one in self.history[: at + 1]
            if thing in {*one.things, *one.outputs, *one.lots, *one.lots.values(), one.parent}
        ]
        if not told:
            return True
        made = [one for one in told if (one.step == "make" and thing in one.things) or thing in one.outputs]
        inside = {(made or told)[0].by}
        for _ in told:
            inside |= {one.buyer for one in told if one.by in inside and one.buyer}
        return self.history[at].by in inside

    def ends(self, thing, at):
        one = self.history[at]
        told = one.step == "destroy" and thing in one.things and not is_lot(thing)
        return told and ((self.judged[at] and one.by != "X") or self.insider(thing, at))

    def states(self, thing, place, day):
        found = set()
        for each in (thing, *self.lots(thing, place)):
            for state, until in self.own_states(each, place).items():
                if (until is None or day <= until) and (each == thing or state not in WHOLE):
                    found.add(state)
        for child in self.inside(thing, place):
            found |= self.states(child, place, day)
        return found

    def papers(self, thing, place):
        own = any(
            self.history[at].paper
            for each in (thing, *self.lots(thing, place))
            for at in range(place)
            if each in self.acted(at)
        )
        inside = self.inside(thing, place)
        return own or (bool(inside) and all(self.papers(child, place) for child in inside))

    def overdue(self, thing, place, day):
        days = self.days(thing, place)
        if "check" in days:
            last = [self.last_check(each, place) for each in (thing, *self.lots(thing, place))]
            said = [one.next_on for one in last if one and one.day == days["check"] and one.next_on is not None]
            return (said[0] if said else days["check"] + WITHIN_DAYS) < day
        return "make" in days and days["make"] + WITHIN_DAYS < day

    def last_check(self, thing, place):
        found = [at for at in self.touched(thing, place) if self.history[at].step == "check" and self.judged[at]]
        return self.history[found[-1]] if found else None

    def stock(self, lot, actor, place):
        left, opened = 0, False
        for at, one in enumerate(self.history[:place]):
            if one.by != actor:
                continue
            moves = []
            if one.step == "remake":
                moves = [-(one.things.get(lot) or 0), one.outputs.get(lot) or 0]
            elif one.step in COMES | GOES:
                sign = 1 if one.step in COMES else -1
                moves = [sign * (one.things.get(lot) or 0)]
                for thing in one.things:
                    for holder in self.deep([thing], at):
                        moves.append(sign * (self.inside(holder, at).get(lot) or 0))
            left += sum(moves)
            opened |= any(move > 0 for move in moves)
        return left if opened else None

    # What is wrong

    def breaks(self, place, one):
        found = set()
        if one.by == "X" or ROLE.get(one.step, one.by) != one.by:
            found.add(f"{one.step}.by")
        for thing, amount in one.things.items():
            days = self.days(thing, place)
            if one.step in AFTER and not AFTER[one.step] & set(days):
                found.add(f"{one.step}.after")
            for state in BARRED.get(one.step, set()) & self.states(thing, place, one.day):
                found.add(f"{one.step}.{state}")
            lies = any(thing in self.inside(each, place) for each in self.boxes())
            if one.step in GOES and not is_lot(thing) and lies and self.alone(thing, one, place):
                found.add(f"{one.step}.packed")
            if one.step == "ship" and self.overdue(thing, place, one.day):
                found.add("ship.check.overdue")
            if one.step == "ship" and amount is not None:
                left = self.stock(thing, one.by, place)
                if left is not None and amount > left:
                    found.add("ship.stock")
            if one.step == "remake" and not one.paper and not self.papers(thing, place):
                found.add("remake.testres.paper")
        if one.step == "make" and one.by == "M":
            amounts = [amount for amount in one.things.values() if amount is not None]
            used = sum(
                amount or 0
                for each in self.history[:place]
                if each.step == "make" and each.by == "M"
                for amount in each.things.values()
            )
            if amounts and sum(amounts) > QUOTA - used:
                found.add("make.quota")
        if one.step == "sell":
            got = sum(
                1 if amount is None else amount
                for at, each in enumerate(self.history[:place])
                if each.step == "sell"
                and each.buyer == one.buyer
                and self.judged[at]
                and one.day - LIMIT_DAYS < each.day
                for amount in each.things.values()
            )
            if got + sum(1 if amount is None else amount for amount in one.things.values()) > LIMIT:
                found.add("sell.pieces.limit")
        return found


def day_text(day):
    return (DAWN + timedelta(days=day)).date().isoformat()
