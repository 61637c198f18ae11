"""Walks up and down, as the rest of the platform asks for them. docs/concepts/walk.md says what an answer means."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from zhuisu.events.queries import head, head_at
from zhuisu.events.scope import ALL, Scope
from zhuisu.events.store import rows
from zhuisu.lineage import store
from zhuisu.lineage.answer import (
    MAX_DEPTH,
    MAX_EDGES,
    MAX_ITEMS,
    Carried,
    Direction,
    Edge,
    Limits,
    Portions,
    Reached,
    Stop,
    StopReason,
    Walk,
)
from zhuisu.lineage.engines import run
from zhuisu.lineage.sight import narrow, seen, tell_beyond
from zhuisu.lineage.snapshot import current
from zhuisu.lineage.telling import fill

__all__ = [
    "MAX_DEPTH",
    "MAX_EDGES",
    "MAX_ITEMS",
    "Carried",
    "Direction",
    "Edge",
    "Limits",
    "Portions",
    "Reached",
    "Seen",
    "Stop",
    "StopReason",
    "Walk",
    "as_known_at",
    "event_names",
    "last_seen",
    "walk",
]

# A walk that may not grow larger, that of a page, reads from the database what a snapshot does not have yet: a few
# statements, where catching up would cost some milliseconds each time the log grows.
SMALL = 20_000  # items


def walk(
    start: Sequence[int],
    direction: Direction,
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    as_of: datetime | None = None,
    position: int | None = None,
    limits: Limits | None = None,
    portions: Portions = Portions.PACKED_AFTER,
    scope: Scope = ALL,
) -> Walk:
    """Where these items (numbers) went, or what they came from, as known at a log position (by default the head).

    Down, the start counts from `since` on; up, until `until`. The other bound matters only to a start that is a
    container: what lay in it within [since, until] is followed. Bounds belong to the window.
    `as_of` leaves out all that happened later, `position` all that was told later. `scope`: who asks. An enterprise's walk
    stops where it does not see, and says so; a start that the scope does not show is left out, as if it were not there.
    """
    known = head() if position is None else position
    answer = Walk(direction, seen(start, scope, known), known, since, until, as_of, scope=narrow(scope))
    allowed = limits or Limits()
    view = current.view(known, as_of, answer.scope, wait=allowed.max_items > SMALL)
    answer.view = view
    fill(answer, run(answer, allowed, portions, view))
    tell_beyond(answer)
    return answer


def as_known_at(at: datetime) -> int:
    """The log position that was published by then: 0 where none was."""
    return head_at(at)


def event_names(walk: Walk) -> dict[int | None, str]:
    """The world's ids (eventID, or the CBV 2.0 hash) of the events that an answer speaks of."""
    events = {one.by_event for held in (walk.items, walk.carried, walk.products) for one in held.values()}
    wanted = [event for event in events | {link.event for link in walk.links} if event is not None]
    return dict(rows("select event, event_id from event_body where event = any(%s)", [wanted]))


class Seen(NamedTuple):
    """Where an item was last, as known: the place (item, canonical code), when, and in which event."""

    place: int
    canonical: str
    at: datetime
    event: int


def last_seen(items: Sequence[int], position: int | None = None) -> dict[int, Seen]:
    """The last place of each item that has one, by the time of happening; among equal times the later in the log."""
    known = head() if position is None else position
    found = rows(
        f"""select distinct on (p.item) p.item, p.place, i.canonical, p.at, p.event
            from part p join item i on i.id = p.place {store.VALID} and p.item = any(%s) and p.place is not null
            order by p.item, p.at desc, l.position desc""",
        [known, known, list(items)],
    )
    return {row[0]: Seen(*row[1:]) for row in found}
