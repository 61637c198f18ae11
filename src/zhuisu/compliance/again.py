"""Which judged events a new picture concerns: those that happened later to the same things, and to what they lie in or are of."""

import logging
from collections.abc import Collection
from datetime import datetime

from zhuisu.compliance import store
from zhuisu.compliance.world import CHILDREN, PARENTS
from zhuisu.events.store import rows
from zhuisu.events.vocabulary import PartyRole, Role

log = logging.getLogger(__name__)

# Things that one batch may concern: a late event of a lot of a million would else hold up all judging. What is beyond keeps
# its verdict, and the log of the platform says so.
MAX_CONCERNED = 20_000
_BONDS = (*CHILDREN, *PARENTS, Role.LOT_OF, Role.LOT_MEMBER, Role.SAME)


def affected(events: Collection[int], position: int) -> dict[int, datetime]:
    """Judged events (up to a log position) with their times, not earlier than these events and about the same things.

    What passes on through a transformation does so by its own new verdict, and is found when that is written.
    """
    if not events:
        return {}
    since: dict[int, datetime] = dict(
        rows("select item, min(at) from part where event = any(%s) group by item", [list(events)])
    )
    if not since or not _any_later(min(since.values()), events, position):
        return {}
    front = dict(since)
    while front and len(since) <= MAX_CONCERNED:
        front = {item: at for item, at in _bound_to(front).items() if item not in since or at < since[item]}
        since |= front
    if len(since) > MAX_CONCERNED:
        log.warning("late news concern more than %s things; what is beyond is not judged again", MAX_CONCERNED)
    found = rows(
        """select distinct p.event, p.at from unnest(%s::bigint[], %s::timestamptz[]) as w (number, since)
           join part p on p.item = w.number and p.at >= w.since
           join log_entry l on l.event = p.event and l.position <= %s""",
        [list(since), list(since.values()), position],
    )
    return dict(found) | _of_the_same_books(events)


def _of_the_same_books(events: Collection[int]) -> dict[int, datetime]:
    """Later acts that a quota or a buyer's limit ties to these, whatever things they are about."""
    return dict(
        rows(
            """select w.event, w.happened_at from verdict o join event e on e.id = o.event
               join verdict_last w on w.sector = o.sector and w.actor = o.actor and w.happened_at >= e.happened_at
               join verdict v on v.id = w.verdict and v.said ? 'made'
               where o.event = any(%s) and o.said ? 'made'
               union
               select w.event, w.happened_at from verdict o join event e on e.id = o.event
               join event_party b on b.event = o.event and b.role = %s
               join event_party p on p.party = b.party and p.role = b.role
               join verdict_last w on w.event = p.event and w.sector = o.sector and w.happened_at >= e.happened_at
               join verdict v on v.id = w.verdict and v.said ? 'counted'
               where o.event = any(%s) and o.said ? 'counted'""",
            [list(events), int(PartyRole.DESTINATION_OWNER), list(events)],
        )
    )


def _any_later(at: datetime, events: Collection[int], position: int) -> bool:
    """Most events come in their order: then nothing is later, and nothing need be asked."""
    return bool(
        rows(
            """select 1 from event e join log_entry l on l.event = e.id
               where e.happened_at >= %s and l.position <= %s and e.id <> all(%s) limit 1""",
            [at, position, list(events)],
        )
    )


def _bound_to(front: dict[int, datetime]) -> dict[int, datetime]:
    """What holds these things, lies in them or is of one lot with them, from when on it is concerned."""
    mine = rows(
        """select p.event, p.role, p.position, w.since, p.at from unnest(%s::bigint[], %s::timestamptz[]) as w (number, since)
           join part p on p.item = w.number and p.role = any(%s)""",
        [list(front), list(front.values()), [int(role) for role in _BONDS]],
    )
    found: dict[int, datetime] = {}
    others = _by_event(store.others({row[0] for row in mine}, _BONDS))
    for event, role, group, since, at in mine:
        for item, other, its_group in others[event]:
            lots = {role, other} == {Role.LOT_OF, Role.LOT_MEMBER} and group == its_group
            packed = (role in CHILDREN and other in PARENTS) or (role in PARENTS and other in CHILDREN)
            if lots or packed or (role == other == Role.SAME):
                start = max(since, at) if packed else since
                found[item] = min(found.get(item, start), start)
    return found


def _by_event(found: list[tuple[int, int, int, int]]) -> dict[int, list[tuple[int, int, int]]]:
    held: dict[int, list[tuple[int, int, int]]] = {}
    for event, item, role, group in found:
        held.setdefault(event, []).append((item, role, group))
    return held
