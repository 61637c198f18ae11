"""Commit order made visible: dense positions, voids, and the signed heads of the log. One at a time, whoever it is."""

from datetime import datetime

from django.db import transaction

from zhuisu.events import merkle, vault
from zhuisu.events.store import copy, rows

LOCK = 0x7A68_7569  # advisory lock: "zhui"
DRAIN_LIMIT = 2_000  # documents a round: bounds the transaction, not the backlog


def publish(at: datetime) -> int:
    """Give every committed event that waits its position, and sign a new head. Returns how many events were published.

    Readers that page, subscribe or ask "as known at" see events only up to the head: a slow writer that commits
    late gets a later position and is never skipped.
    """
    published = 0
    while count := _drain(at):
        published += count
    return published


def head_message(size: int, root: bytes, published_at: datetime) -> bytes:
    """The bytes that a head's signature covers."""
    return b"zhuisu-log-head-1\n%d\n%s\n%d\n" % (size, root.hex().encode(), int(published_at.timestamp() * 1_000_000))


@transaction.atomic
def _drain(at: datetime) -> int:
    if not rows("select 1 from log_queue limit 1"):
        return 0
    rows("select pg_advisory_xact_lock(%s)", [LOCK])
    waiting = rows("select id, events, leaves from log_queue order by id limit %s", [DRAIN_LIMIT])
    if not waiting:  # another sequencer was faster
        return 0
    rows("delete from log_queue where id = any(%s)", [[row[0] for row in waiting]])
    events = [event for _, batch, _ in waiting for event in batch]
    leaves = [bytes(leaf) for _, _, batch in waiting for leaf in batch]
    last = rows("select size, peaks, published_at from log_head order by size desc limit 1")
    size, peaks, before = last[0] if last else (0, [], at)
    copy(
        "log_entry", "position, event, leaf", zip(range(size + 1, size + 1 + len(events)), events, leaves, strict=True)
    )
    _join_declarations(events)
    new_size, new_peaks = merkle.append(size, [bytes(peak) for peak in peaks], leaves)
    published_at = max(at, before)  # a clock set back never makes "as known at" go backwards
    root = merkle.root(new_peaks)
    rows(
        "insert into log_head (size, root, peaks, published_at, signature) values (%s, %s, %s, %s, %s)",
        [new_size, root, new_peaks, published_at, vault.sign_head(head_message(new_size, root, published_at))],
    )
    return len(events)


def _join_declarations(events: list[int]) -> None:
    """Void what error declarations name, whichever of the two came first. Only the same organisation and the same content."""
    rows(
        """with held as (select hash, event, digest, organisation from event_seen
                         union all select hash, event, digest, organisation from event_disputed),
             new_declarations as (
               select h.event, d.event as declared_by, d.declared_at
               from declaration d join held h on h.hash = d.hash and h.organisation = d.organisation and h.digest = d.digest
               where d.event = any(%s)),
             new_events as (
               select e.id, d.event, d.declared_at
               from event e join declaration d on d.hash = e.hash and d.organisation = e.organisation
               join held h on h.hash = e.hash and h.event = e.id and h.digest = d.digest
               where e.id = any(%s))
           insert into void (event, declared_by, declared_at)
           select * from new_declarations union select * from new_events
           on conflict do nothing""",
        [events, events],
    )
