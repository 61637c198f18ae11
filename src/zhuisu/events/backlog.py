"""What waits to be projected, and how fast that goes: what senders are told to wait for, and operators look at."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from zhuisu.events.store import rows

PACE_WINDOW = timedelta(minutes=1)  # over which the rate of projection is measured
PACE_LEAST = timedelta(seconds=5)  # a rate over less time says nothing
PACE_LIFE = timedelta(minutes=10)  # that its rows are kept


@dataclass(frozen=True, slots=True)
class Pace:
    """What projectors stored a second, over the last minute."""

    documents: float = 0.0
    events: float = 0.0
    octets: float = 0.0


@dataclass(frozen=True, slots=True)
class Waiting:
    """What is durable and not yet judged. `events` leaves out the documents that nobody counted."""

    documents: int
    octets: int
    events: int
    oldest: datetime | None  # received_at of what waits longest
    pace: Pace
    of: dict[int, tuple[int, int]]  # organisation → documents, octets
    ordinary: tuple[int, int]  # documents, octets of those that projectors store: without the large ones


def waiting(at: datetime) -> Waiting:
    """All that waits now, ordinary and large documents. Two statements; some milliseconds where a hundred thousand wait."""
    found = rows(
        """select organisation, count(*), sum(octets)::bigint, coalesce(sum(events), 0)::bigint, min(received_at),
                  count(*) filter (where not large), coalesce(sum(octets) filter (where not large), 0)::bigint
           from capture_queue group by organisation"""
    )
    return Waiting(
        documents=sum(row[1] for row in found),
        octets=sum(row[2] for row in found),
        events=sum(row[3] for row in found),
        oldest=min((row[4] for row in found), default=None),
        pace=pace(at),
        of={organisation: (documents, octets) for organisation, documents, octets, *_ in found},
        ordinary=(sum(row[5] for row in found), sum(row[6] for row in found)),
    )


def pace(at: datetime) -> Pace:
    """How much was projected a second since the first work of the last minute; noughts where there was none."""
    ((documents, events, octets, first),) = rows(
        "select coalesce(sum(documents), 0)::bigint, coalesce(sum(events), 0)::bigint, coalesce(sum(octets), 0)::bigint, min(at)"
        " from projection_pace where at > %s",
        [at - PACE_WINDOW],
    )
    if first is None:
        return Pace()
    seconds = max(PACE_LEAST, at - first).total_seconds()
    return Pace(documents / seconds, events / seconds, octets / seconds)


def searchable_at(tokens: Sequence[str]) -> dict[str, datetime]:
    """captureID → when the head of the log was published that shows the last event which came by it. Captures that brought no new
    event, or of which one is not published yet, are left out."""
    found = rows(
        """select c.token, (select h.published_at from log_head h where h.size >= max(l.position) order by h.size limit 1)
           from capture c join event e on e.capture = c.id left join log_entry l on l.event = e.id
           where c.token = any(%s) group by c.id having count(*) = count(l.event)""",
        [list(tokens)],
    )
    return dict(found)


def is_settled() -> bool:
    """Whether nothing waits, neither for a projector nor for its place in the log."""
    return not rows("(select 1 from capture_queue limit 1) union all (select 1 from log_queue limit 1)")


def note_pace(documents: int, events: int, octets: int, at: datetime) -> None:
    """Write down what one transaction of a projector stored, inside it."""
    rows(
        "insert into projection_pace (at, documents, events, octets) values (%s, %s, %s, %s)",
        [at, documents, events, octets],
    )


def forget_pace(at: datetime) -> None:
    """Remove what is older than anybody asks for."""
    rows("delete from projection_pace where at < %s", [at - PACE_LIFE])
