"""How the core stands, in a few numbers: for who keeps a node alive. Nothing of anybody's events is in them."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from zhuisu.events.backlog import waiting
from zhuisu.events.store import rows

RECENT_CAPTURES = 1_000  # whose verdicts are summed: a scrape must cost the same in ten years
ASIDE_WINDOW = timedelta(days=7)  # that a document which was set aside is told: an operator has looked by then
RECENT_HEADS = 20  # over which the way from arrival to publication is measured


@dataclass(frozen=True, slots=True)
class Core:
    """position: the last of the log. Waiting documents are durable and not yet stored; unpublished events are stored without a
    position; events_a_second are those projected over the last minute; set_aside are the documents of ASIDE_WINDOW that ended who stored them. Times are aware; seconds are from a document's arrival to its events' publication, the longest of late."""

    position: int
    published_at: datetime | None
    documents_waiting: int
    octets_waiting: int
    waiting_since: datetime | None
    events_a_second: float
    events_unpublished: int
    seconds_to_searchable: float | None
    set_aside: int = 0


def core(at: datetime) -> Core:
    """One look, six statements; each reads what waits or a fixed number of rows."""
    ((position, published_at),) = rows("select coalesce(max(size), 0), max(published_at) from log_head") or [(0, None)]
    queue = waiting(at)
    ((unpublished,),) = rows("select coalesce(sum(cardinality(events)), 0) from log_queue")
    ((seconds,),) = rows(
        """select extract(epoch from max(h.published_at - c.received_at))
           from (select size, published_at from log_head order by size desc limit %s) h
           join log_entry l on l.position = h.size join event e on e.id = l.event join capture c on c.id = e.capture""",
        [RECENT_HEADS],
    )
    ((aside,),) = rows("select count(*) from capture_aside where at > %s", [at - ASIDE_WINDOW])
    taken = None if seconds is None else max(0.0, float(seconds))
    return Core(
        int(position),
        published_at,
        queue.documents,
        queue.octets,
        queue.oldest,
        queue.pace.events,
        int(unpublished),
        taken,
        int(aside),
    )


@dataclass(frozen=True, slots=True)
class Recent:
    """What became of the events of the newest captures that have ended, and of the captures themselves."""

    captures: int
    failed: int
    accepted: int
    duplicate: int
    conflict: int
    refused: int


def recent() -> Recent:
    """Of the newest RECENT_CAPTURES captures."""
    ((*counts,),) = rows(
        """select count(*), count(*) filter (where not success), coalesce(sum(accepted), 0), coalesce(sum(duplicate), 0),
                  coalesce(sum(conflict), 0), coalesce(sum(refused), 0)
           from (select * from capture_result order by capture desc limit %s) r""",
        [RECENT_CAPTURES],
    )
    return Recent(*map(int, counts))


def anything_captured() -> bool:
    """Whether a document was ever taken: from then on the keys are needed."""
    return bool(rows("select 1 from capture limit 1"))
