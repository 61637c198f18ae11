"""What of a walk its asker may see: the events that the scope shows, and where the walk stopped because of the others.

An enterprise's walk goes through the events that it sees and stops there, and says so; that of a regulator goes on, once it
starts at something that it sees (docs/concepts/visibility.md).
"""

from collections.abc import Sequence

import numpy as np

from zhuisu.events.scope import Scope
from zhuisu.events.store import is_spread, rows
from zhuisu.events.vocabulary import Role
from zhuisu.lineage import store
from zhuisu.lineage.answer import Carried, Reached, Stop, StopReason, Walk

# What leads on from a thing, or is where it came from.
_ONWARDS = {
    "down": (Role.INPUT, Role.LOT_OF, Role.PACKED, Role.FITTED),
    "up": (Role.OUTPUT, Role.LOT_MEMBER, Role.UNPACKED, Role.UNFITTED, Role.PACK_PARENT, Role.FIT_PARENT),
}


def narrow(scope: Scope) -> Scope | None:
    """The scope whose events alone a walk reads; None: every event. A regulator's is narrow only as to where it may start."""
    return scope if scope.kind == "organisation" else None


def seen(items: Sequence[int], scope: Scope, position: int) -> list[int]:
    """Those of these items that had a part in an event which the scope shows, published by a position: what a walk may start from."""
    if scope.kind in ("all", "public"):
        return list(items)
    if is_spread():
        named = rows(
            """select p.item, p.event from item_parts(%s, %s::smallint[], 'infinity') p
               join log_entry l on l.event = p.event and l.position <= %s""",
            [list(items), list(map(int, Role)), position],
        )
        visible = scope.shows({event for _, event in named})
        told = {item for item, event in named if event in visible}
        return [item for item in items if item in told]
    condition, parameters = scope.condition()
    found = rows(
        f"""select distinct p.item from part p join log_entry l on l.event = p.event and l.position <= %s
            join event e on e.id = p.event where p.item = any(%s) and {condition}""",
        [position, list(items), *parameters],
    )
    shown = {item for (item,) in found}
    return [item for item in items if item in shown]


def tell_beyond(walk: Walk) -> None:
    """Add to the stops of an enterprise's walk those things that lead on, or came, where it does not see."""
    if walk.scope is None:
        return
    codes = walk.aside.thing
    items = {*walk.items, *walk.carried}
    items |= {item for item, thing in codes.items() if thing in items}
    roles = _ONWARDS[walk.direction]
    if walk.view is None:
        found = store.beyond(items, roles, store.Known(walk.position, walk.as_of, walk.scope))
    else:
        found = walk.view.beyond(np.fromiter(items, np.int64, len(items)), roles)
    held: dict[int, Carried | Reached] = {**walk.carried, **walk.items}
    beyond = sorted(item for item in found if item in held)
    hidden = set(beyond)
    walk.stops = [stop for stop in walk.stops if not (stop.reason == StopReason.UNKNOWN_ORIGIN and stop.item in hidden)]
    walk.stops += [Stop(item, held[item].canonical, held[item].level, StopReason.NOT_VISIBLE) for item in beyond]
