"""Random histories, their rows in the database, and the comparison of the engine with the oracle."""

import random
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count

from oracle import CLASS, FOREVER, INSTANCE, LOT, NEVER, PACKAGE, Fact, World, known

from clustering import copy_parts
from zhuisu.events.store import copy
from zhuisu.events.vocabulary import Role
from zhuisu.lineage.down import Down
from zhuisu.lineage.spans import BEGINNING, END, holds, instant
from zhuisu.lineage.up import Up
from zhuisu.lineage.walker import life_of, thing_of

DAWN = datetime(2026, 3, 1, tzinfo=UTC)
PROCESS = 8
ROLES = {
    "made": (Role.INPUT, Role.OUTPUT),
    "pack": (Role.PACK_PARENT, Role.PACKED),
    "unpack": (Role.UNPACK_PARENT, Role.UNPACKED),
    "fit": (Role.FIT_PARENT, Role.FITTED),
    "unfit": (Role.UNFIT_PARENT, Role.UNFITTED),
    "begin": (Role.COMMISSIONED, Role.OBSERVED),
    "end": (Role.DECOMMISSIONED, Role.OBSERVED),
    "same": (Role.SAME, Role.OBSERVED),
    "lot": (Role.LOT_OF, Role.LOT_MEMBER),
}
_numbers = count(1_000_000)


def number():
    """A number that no other item, event or position of this run has."""
    return next(_numbers)


@dataclass
class History:
    """Items 0, 1, 2 … of one small world, its facts, and one question about it."""

    levels: dict[int, int]
    facts: list[Fact]
    start: int = 0
    direction: str = "down"
    since: int | None = None
    until: int | None = None
    position: int = FOREVER
    every_portion: bool = False
    items: dict[int, int] = field(default_factory=dict)  # → number in the database
    first_position: int = 0  # its facts stand at the next positions, in the order of their own

    def world(self):
        extra = tuple(t for t in (self.since, self.until) if t is not None)
        return World(known(self.facts, self.position), self.levels, self.every_portion, extra)

    def database_position(self):
        return self.first_position + sum(fact.pos <= self.position for fact in self.facts)


def when(at):
    return DAWN + timedelta(seconds=at)


def insert(histories):
    """All rows of many histories in one go. Every one gets numbers and log positions of its own."""
    items, parts, entries, voids = [], [], [], []
    for history in histories:
        history.items = {item: number() for item in history.levels}
        items += [(n, f"uri:test:{n}", "uri", history.levels[item], None, None) for item, n in history.items.items()]
        events = {fact.id: number() for fact in history.facts}
        history.first_position = number()
        for fact in sorted(history.facts, key=lambda f: f.pos):
            event, position = events[fact.id], number()
            entries.append((position, event, b""))
            if fact.kind == "void":
                voids.append((events[fact.a[0]], event, when(fact.at)))
            else:
                parts += _rows(fact, event, history.items)
    copy("item", "id, canonical, scheme, level, product, lot", items)
    copy_parts("item, event, at, role, position, quantity, unit, place", parts)
    copy("log_entry", "position, event, leaf", entries)
    copy("void", "event, declared_by, declared_at", voids)


def _rows(fact, event, items):
    one, two = ROLES[fact.kind]
    amounts = fact.amounts or [None] * len(fact.b)
    for position, item in enumerate(fact.a):
        yield items[item], event, when(fact.at), int(one), position, None, None, None
    for position, (item, amount) in enumerate(zip(fact.b, amounts, strict=True)):
        if fact.kind == "lot":
            yield items[item], event, when(fact.at), int(two), amount, None, None, None
        else:
            unit = None if amount is None else "KGM"
            yield items[item], event, when(fact.at), int(two), position, amount, unit, None


def random_history(seed):
    """A small world with every kind of fact. Few instants, so that ties are common; containers nest on purpose."""
    rng = random.Random(seed)
    levels = dict(enumerate([INSTANCE] * 3 + [LOT] * 2 + [PACKAGE] * 3 + [INSTANCE]))
    if rng.random() < 0.3:
        levels[9] = CLASS
    if rng.random() < 0.3:
        levels[10] = PROCESS
    style = rng.choice(
        ["boxes", "boxes", "making", "lots", "portions", "fitting", "lives", "lives", "everything", "everything"]
    )
    facts = _random_facts(rng, levels, style)
    if style == "lives":
        facts += _second_lives(rng, len(facts))
    if style == "portions":
        facts = _portions(rng, 0)
    late = rng.random() < 0.5
    order = list(range(1, len(facts) + 1))
    if late:
        rng.shuffle(order)
    else:
        facts.sort(key=lambda f: f.at)
    facts = [
        Fact(n, f.at, pos, f.kind, f.a, f.b, f.amounts) for n, (f, pos) in enumerate(zip(facts, order, strict=True))
    ]
    for _ in range(rng.choice([0, 0, 1, 2])):
        target = rng.choice(facts)
        if target.kind != "void":
            facts.append(Fact(len(facts), 0, len(facts) + 1, "void", (target.id,)))
    since, until = (rng.choice([None, None, rng.randint(0, 9)]) for _ in range(2))
    if since is not None and until is not None and since > until:
        since, until = until, since
    direction = rng.choice(["down", "up"])
    # Mostly something that leads on: what went in somewhere for a walk down, what came out for a walk up.
    leading = [item for f in facts for item in ((f.a if f.kind == "made" else f.b) if direction == "down" else f.b)]
    return History(
        levels,
        facts,
        rng.choice(leading if leading and rng.random() < 0.7 else list(levels)),
        direction,
        since,
        until,
        rng.choice([FOREVER, FOREVER, rng.randint(0, len(facts))]),
        rng.random() < 0.1,
    )


def _second_lives(rng, first):
    """One code that ends and begins again, once or twice, with things happening to it in every life and between."""
    code, at, facts = rng.choice([0, 5, 6, 8]), 0, []
    for _ in range(rng.choice([1, 1, 2])):
        for kind in ("end", "begin"):
            at = min(9, at + rng.choice([0, 1, 2, 3]))
            facts.append(Fact(first + len(facts), at, 0, kind, (code,)))
    others = [item for item in (0, 1, 2, 5, 6, 7) if item != code]
    for _ in range(rng.randint(2, 5)):
        other, at = rng.choice(others), rng.randint(0, 9)
        a, b = rng.choice([((code,), (other,)), ((other,), (code,))])
        kind = "pack" if rng.random() < 0.4 else "made"
        facts.append(Fact(first + len(facts), at, 0, kind, a, b))
    if code in (0, 8):
        facts.append(Fact(first + len(facts), rng.randint(0, 9), 0, "lot", (3,), (code,), (0,)))
        facts.append(Fact(first + len(facts), rng.randint(0, 9), 0, "made", (other,), (3,)))
    return facts


def _portions(rng, first):
    """A lot that goes into and out of the same two containers in part."""
    facts = []
    for _ in range(rng.randint(4, 8)):
        kind, box = rng.choice(["pack", "pack", "unpack", "made"]), rng.choice([5, 5, 6])
        fact = (
            ("made", *rng.choice([((3,), (0,)), ((1,), (3,)), ((box,), (2,))]))
            if kind == "made"
            else (kind, (box,), (3,))
        )
        amounts = () if kind == "made" else (rng.choice([1, 2, 3, 3, None]),)
        facts.append(Fact(first + len(facts), rng.randint(0, 9), 0, *fact, amounts))
    return facts


STYLES = {
    "boxes": ["pack"] * 6 + ["unpack"] * 3 + ["made"] * 3,
    "portions": ["made"],
    "fitting": ["fit"] * 6 + ["unfit"] * 3 + ["made"] * 4 + ["pack", "end"],
    "making": ["made"] * 5 + ["pack", "same", "lot"],
    "lots": ["made"] * 3 + ["pack"] * 4 + ["unpack"] * 3 + ["lot"] * 3,
    "lives": ["begin"] * 4 + ["end"] * 4 + ["made"] * 4 + ["pack"] * 4 + ["unpack", "same", "lot"],
    "everything": ["made"] * 4 + ["pack"] * 4 + ["unpack"] * 2 + ["fit", "unfit", "begin", "end", "same", "lot"],
}


def _random_facts(rng, levels, style):
    things = [item for item, level in levels.items() if level != PROCESS]
    boxes = [5, 6, 7, 8]
    facts = []
    for n in range(rng.randint(4, 16)):
        kind, at = rng.choice(STYLES[style]), rng.randint(0, 9)
        if kind == "made":
            choice = list(levels)
            a, b = rng.sample(choice, rng.randint(1, 2)), rng.sample(choice, rng.randint(1, 2))
            if rng.random() < 0.15:
                a.append(rng.choice(boxes))
            facts.append(Fact(n, at, 0, kind, tuple(dict.fromkeys(a)), tuple(b)))
        elif kind in ("pack", "unpack", "fit", "unfit"):
            facts.append(_random_move(rng, n, at, kind, things, boxes, levels))
        elif kind == "lot":
            lots = tuple(rng.sample([3, 4], rng.randint(1, 2)))
            members = tuple(rng.sample([0, 1, 2, 8], rng.randint(1, 3)))
            facts.append(Fact(n, at, 0, kind, lots, members, tuple(rng.randrange(len(lots)) for _ in members)))
        else:
            facts.append(Fact(n, at, 0, kind, tuple(rng.sample(things, 2 if kind == "same" else 1))))
    return facts


def _random_move(rng, n, at, kind, things, boxes, levels):
    parent = rng.choice(boxes)
    pool = [item for item in (boxes if rng.random() < 0.4 else things) if item != parent]
    children = tuple(rng.sample(pool, rng.randint(1, 2)))
    if kind in ("unpack", "unfit") and rng.random() < 0.3:
        children = ()
    some = lambda item: rng.choice([None, 1, 2, 3]) if levels[item] == LOT else None  # noqa: E731
    return Fact(n, at, 0, kind, (parent,), children, tuple(some(item) for item in children))


def ask(history):
    """The engine's labels, in the oracle's terms."""
    engine = Down if history.direction == "down" else Up
    walker = engine(history.database_position(), max_items=10_000, max_depth=1_000, every_portion=history.every_portion)
    since = BEGINNING if history.since is None else instant(when(history.since))
    until = END if history.until is None else instant(when(history.until))
    walker.run([history.items[history.start]], since, until)
    return walker


def label(history, which="of"):
    """The engine's widest time of each thing (of), or the earliest of each container (inside), over all lives."""
    walker, found = ask(history), {}
    local = {n: item for item, n in history.items.items()}
    for node, value in getattr(walker, which).items():
        at = tick(value if which == "of" else value[0][0])
        thing = local[thing_of(node)]
        old = found.setdefault(thing, at)
        found[thing] = max(old, at) if history.direction == "up" else min(old, at)
    return found


def tick(at):
    """An instant of the engine as one of the oracle: the microsecond before a border is half a step before it."""
    if at <= BEGINNING or at >= END:
        return NEVER if at <= BEGINNING else FOREVER
    seconds, rest = divmod(at - round(DAWN.timestamp()) * 1_000_000, 1_000_000)
    return seconds + (0.5 if rest else 0)


def difference(history):
    """None where engine and oracle agree, else what each says."""
    world = history.world()
    since = NEVER if history.since is None else history.since
    until = FOREVER if history.until is None else history.until
    if history.levels[history.start] == CLASS:
        of, inside = {}, {}
    else:
        of, inside = getattr(world, history.direction)(history.start, since, until)
    walker = ask(history)
    local = {n: item for item, n in history.items.items()}
    got_of = {(local[thing_of(node)], life_of(node)): tick(at) for node, at in walker.of.items()}
    labels = {node: list(spans) for node, spans in walker.inside.items()}
    if history.direction == "up":
        inside = {state: at for state, at in inside.items() if state[0] in world.boxes}
        for node, spans in walker.whole.items():
            labels.setdefault(node, []).extend(spans)
    got_inside = {}
    for node, spans in labels.items():
        ticks = [(tick(start), tick(end)) for start, end in spans]
        got_inside[local[thing_of(node)], life_of(node)] = {t for t in world.times if holds(ticks, t)}
    if got_of == of and got_inside == inside:
        return None
    return f"{history}\noracle {of} {inside}\nengine {got_of} {got_inside}"
