"""Whose document is next: organisations take turns, and each waiting document is held by one projector at a time."""

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from django.db import connection

from zhuisu.events.store import rows

GROUP_DOCUMENTS_LIMIT = 200  # of one transaction of a projector: some tenths of a second of one-event documents
GROUP_OCTETS_LIMIT = (
    1 << 20
)  # of them, but for a single larger one: some 1,500 events, half a second that SIGTERM waits
LANES_LIMIT = 50  # organisations that have a part in one group
AHEAD = 4  # how many times its part each is looked through: other projectors hold the first ones
# Times that a document is tried where the process that stores it ends each time: the first in a group, which may die of another's
# fault, the others alone. Each costs a process; whoever stops the machine does not do it so often in the milliseconds of one document.
TRIES_LIMIT = 5
LOCKS = 0x7A68_0000_0000_0000  # advisory locks: this and the number of the capture

_ORGANISATIONS = """
with recursive lane (organisation, place) as (
  (select organisation, 1 from capture_queue where large = %s and organisation > %s
   order by organisation limit 1)
  union all
  select (select q.organisation from capture_queue q
          where q.large = %s and q.organisation > lane.organisation order by q.organisation limit 1), place + 1
  from lane where lane.organisation is not null and place < %s)
select organisation from lane where organisation is not null order by place
"""
_DOCUMENTS = """
select q.capture, q.octets, lane.organisation, q.turn
from unnest(%s::bigint[]) with ordinality as lane (organisation, place)
cross join lateral (
  select capture, octets, row_number() over (order by capture) as turn
  from (select capture, octets from capture_queue
        where not large and organisation = lane.organisation and capture <> all(%s) order by capture limit %s) oldest) q
order by q.turn, lane.place
"""


def organisations(after: int, limit: int, *, large: bool = False) -> list[int]:
    """Organisations that wait, in a circle that begins behind `after`. One step of an index each."""
    found = _behind(after, limit, large)
    if len(found) < limit and after > 0:
        found += [one for one in _behind(0, limit - len(found), large) if one not in found]
    return found


def _behind(after: int, limit: int, large: bool) -> list[int]:
    return [one for (one,) in rows(_ORGANISATIONS, [large, after, large, limit])]


def note_first(captures: Sequence[int]) -> list[int]:
    """Write down, before it begins, that these are tried; those of them that never were before. The others are left to `note_again`."""
    noted = {
        capture
        for (capture,) in rows(
            "update capture_queue set tries = 1 where capture = any(%s) and tries = 0 returning capture",
            [list(captures)],
        )
    }
    return [capture for capture in captures if capture in noted]


def tried(captures: Collection[int]) -> list[int]:
    """Those that still wait and were tried before: whoever did it did not live to the end. The least suspect first."""
    found = rows(
        "select capture from capture_queue where capture = any(%s) and tries > 0 order by tries, capture",
        [list(captures)],
    )
    return [capture for (capture,) in found]


def note_again(capture: int) -> int:
    """Write down that this one is tried once more; which time it is, 0 where it does not wait any more."""
    found = rows("update capture_queue set tries = tries + 1 where capture = %s returning tries", [capture])
    return int(found[0][0]) if found else 0


def forgive(captures: Sequence[int]) -> None:
    """The process lived: what kept these from being stored was not they."""
    rows("update capture_queue set tries = greatest(tries - 1, 0) where capture = any(%s)", [list(captures)])


@dataclass
class Turn:
    """Where one projector is in the circle of organisations."""

    after: int = 0
    documents: int = GROUP_DOCUMENTS_LIMIT  # of a group

    @contextmanager
    def taken(self, without: Collection[int] = ()) -> Iterator[list[int]]:
        """The captures of the next group, held for this session alone until the block ends: each organisation's oldest, then each
        one's second, and so on. A session that dies holds nothing."""
        held = self._hold(without)
        try:
            yield held
        finally:
            if held and connection.is_usable():
                rows("select pg_advisory_unlock(%s + one) from unnest(%s::bigint[]) one", [LOCKS, held])

    def _hold(self, without: Collection[int]) -> list[int]:
        circle = organisations(self.after, min(LANES_LIMIT, self.documents))
        if not circle:
            return []
        self.after = circle[-1]
        depth = AHEAD * -(-self.documents // len(circle))
        waiting = rows(_DOCUMENTS, [circle, list(without), depth])
        held: list[int] = []
        octets = 0
        while waiting and (wanted := _fitting(waiting, self.documents - len(held), octets)):
            got = _locked([capture for capture, *_ in waiting[:wanted]])
            for capture, size, organisation, turn in waiting[:wanted]:
                if capture in got:
                    held.append(capture)
                    octets += size
                    if turn == 1:
                        self.after = organisation
            waiting = waiting[wanted:]
        return held


def _fitting(waiting: Sequence[tuple[int, ...]], documents: int, octets: int) -> int:
    """How many of these fit into a group that has room for so many documents and holds so many octets; into an empty one the first
    always."""
    for number, (_, size, *_) in enumerate(waiting):
        if number >= documents or (octets and octets + size > GROUP_OCTETS_LIMIT):
            return number
        octets += size
    return len(waiting)


def _locked(captures: Sequence[int]) -> set[int]:
    """Those that nobody else held; now this session does."""
    found = rows(
        "select one from unnest(%s::bigint[]) one where pg_try_advisory_lock(%s + one)", [list(captures), LOCKS]
    )
    return {one for (one,) in found}
