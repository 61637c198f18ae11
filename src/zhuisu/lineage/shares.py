"""How much of the start is in each thing of a walk down. docs/concepts/shares.md says what the figures mean."""

from collections.abc import Callable, Iterator, Mapping
from fractions import Fraction
from typing import Any

from zhuisu.events.vocabulary import Role
from zhuisu.lineage import store
from zhuisu.lineage.answer import Walk
from zhuisu.lineage.measure import PIECES, SINGLE, Amount, amount_of
from zhuisu.lineage.mixing import IN, OUT, UNKNOWN, Asked, Flow, Share, mix
from zhuisu.lineage.snapshot.mixing import fast_mix
from zhuisu.lineage.spans import BEGINNING, instant

__all__ = ["UNKNOWN", "Share", "shares"]

_WAYS: dict[int, tuple[int, str]] = {
    Role.INPUT: (OUT, "made"),
    Role.OUTPUT: (IN, "made"),
    Role.COMMISSIONED: (IN, "begun"),
    Role.DECOMMISSIONED: (OUT, "ended"),
}


def shares(walk: Walk) -> Mapping[int, Share]:
    """The share of each item of a walk down, by item number. Nothing is known but that it may be all of it (UNKNOWN) where
    quantities are missing, and for all where the walk was cut at a limit. Raises ValueError for a walk up."""
    if walk.direction != "down":
        raise ValueError("shares are of a walk down")
    if walk.truncated:
        return dict.fromkeys(walk.items, UNKNOWN)
    return exact_shares(walk) if walk.view is None else fast_mix(walk)


def exact_shares(walk: Walk, number: Callable[[Any], Any] = float) -> dict[int, Share]:
    """The same from the database; `number`: see mixing.mix."""
    codes, aside = walk.aside.thing, walk.aside
    items = {*walk.items, *aside.processes, *(item for item, one in codes.items() if one in walk.items)}
    flows, single = _flows(walk, items)
    starts = [codes.get(item, item) for item in walk.start if item in walk.items]
    asked = Asked(
        {codes.get(item, item) for item in items},
        list(dict.fromkeys(starts)),
        instant(walk.since) if walk.since else BEGINNING,
        aside.unmeasured,
        {codes.get(item, item) for item in walk.carried},
        single,
    )
    found = mix(flows, asked, number)
    return {item: found.get(codes.get(item, item), UNKNOWN) for item in walk.items}


def _flows(walk: Walk, items: set[int]) -> tuple[list[Flow], set[int]]:
    """All that these items and others gave and got in the events that they had a part in; and which things are one piece."""
    known = store.Known(walk.position, walk.as_of, walk.scope)
    parts = [part for _, part in store.parts(items, (*_WAYS, Role.LOT_OF, Role.LOT_MEMBER), known)]
    when = {part.event: (part.at, part.position) for part in parts}
    said = store.said({part.event for part in parts if part.role in _WAYS}, list(_WAYS))
    lot_events = {part.event for part in parts if part.role in (Role.LOT_OF, Role.LOT_MEMBER)}
    lots, members = (store.lots(lot_events, role) for role in (Role.LOT_OF, Role.LOT_MEMBER))
    named = {row[2] for row in said} | {item for some in (lots, members) for held in some.values() for item in held}
    levels = {item: level for level, own, _ in store.items(named) for item in own}
    codes = walk.aside.thing
    single = {codes.get(item, item) for item, level in levels.items() if level in SINGLE}
    flows = []
    for event, role, item, quantity, unit in said:
        way, what = _WAYS[role]
        thing = codes.get(item, item)
        if not (what == "begun" and thing in single):  # that it began is no second piece
            flows.append(Flow(thing, (event, what, None), *when[event], way, amount_of(quantity, unit)))
    return [*flows, *_lot_flows(lots, members, when, codes)], single


def _lot_flows(
    lots: Mapping[tuple[int, int | None], list[int]],
    members: Mapping[tuple[int, int | None], list[int]],
    when: Mapping[int, tuple[int, int]],
    codes: Mapping[int, int],
) -> Iterator[Flow]:
    """A lot gives one piece to each of its instances."""
    for (event, group), own in lots.items():
        some = members.get((event, group), [])
        step = (event, "lot", group)
        for lot in own:
            yield Flow(codes.get(lot, lot), step, *when[event], OUT, Amount(Fraction(len(some)), PIECES))
        for one in some:
            yield Flow(codes.get(one, one), step, *when[event], IN, None)
