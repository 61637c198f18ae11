"""Commit order made visible: dense positions, voids, and the signed heads of the log. One at a time, whoever it is."""

from datetime import datetime

from django.db import transaction

from zhuisu.events import merkle, vault
from zhuisu.events.store import copy, digests_again, rows

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
    found = rows(
        """with held as (select hash, event, digest, version, organisation from event_seen
                         union all select hash, event, digest, version, organisation from event_disputed)
           select h.event, h.digest, h.version, d.event, d.digest, d.version, d.declared_at
           from declaration d join held h on h.hash = d.hash and h.organisation = d.organisation
           where d.event = any(%s)
           union
           select h.event, h.digest, h.version, d.event, d.digest, d.version, d.declared_at
           from event e join declaration d on d.hash = e.hash and d.organisation = e.organisation
           join held h on h.hash = e.hash and h.event = e.id
           where e.id = any(%s)""",
        [events, events],
    )
    mixed = {event for row in found if row[2] != row[5] for event in (row[0], row[3])}
    again = digests_again(sorted(mixed))
    for event, digest, _, declared_by, declared, _, declared_at in found:
        if again.get(event, digest) == again.get(declared_by, declared):
            rows(
                "insert into void (event, declared_by, declared_at) values (%s, %s, %s) on conflict do nothing",
                [event, declared_by, declared_at],
            )
