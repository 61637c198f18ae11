"""Commit order made visible: dense positions, voids, and the signed heads of the log. One at a time, whoever it is."""

from datetime import datetime
from typing import Any

from django.db import transaction

from zhuisu.events import apart, merkle, vault
from zhuisu.events.projection import Digest
from zhuisu.events.store import digests_again, is_spread, rows

LOCK = 0x7A68_7569  # advisory lock: "zhui"
DRAIN_LIMIT = 2_000  # rows of the queue a round: bounds the transaction, not the backlog
GROUP_LIMIT = 20_000  # events of a round that are in memory at once, some 5 MB
WITNESSES_LIMIT = 100  # batches of witnessed events that are noted in one transaction, some tenths of a second


def publish(at: datetime) -> int:
    """Give every committed event that waits its position, and sign a new head. Returns how many events were published.

    Readers that page, subscribe or ask "as known at" see events only up to the head: a slow writer that commits
    late gets a later position and is never skipped.
    """
    published = 0
    while count := _drain(at):
        published += count
    while rows("select 1 from witness_queue limit 1") and _note_witnesses():
        pass
    return published


def head_message(size: int, root: bytes, published_at: datetime) -> bytes:
    """The bytes that a head's signature covers."""
    return b"zhuisu-log-head-1\n%d\n%s\n%d\n" % (size, root.hex().encode(), int(published_at.timestamp() * 1_000_000))


@transaction.atomic
def _drain(at: datetime) -> int:
    if not rows("select 1 from log_queue limit 1"):
        return 0
    rows("select pg_advisory_xact_lock(%s)", [LOCK])
    waiting = _waiting()
    if not waiting:  # another sequencer was faster
        return 0
    last = rows("select size, peaks, published_at from log_head order by size desc limit 1")
    size, peaks, before = last[0] if last else (0, [], at)
    new_size, new_peaks = int(size), [bytes(peak) for peak in peaks]
    for group in waiting:
        events, leaves = _logged(group, new_size)
        _join_declarations(events)
        rows("select note_use(%s::bigint[])", [events])  # what the collections list (events/usage.py)
        new_size, new_peaks = merkle.append(new_size, new_peaks, leaves)
    published_at = max(at, before)  # a clock set back never makes "as known at" go backwards
    root = merkle.root(new_peaks)
    rows(
        "insert into log_head (size, root, peaks, published_at, signature) values (%s, %s, %s, %s, %s)",
        [new_size, root, new_peaks, published_at, vault.sign_head(head_message(new_size, root, published_at))],
    )
    return new_size - int(size)


@transaction.atomic
def _note_witnesses() -> int:
    rows("select pg_advisory_xact_lock(%s)", [LOCK])
    return int(rows("select note_witnesses(%s)", [WITNESSES_LIMIT])[0][0])


def _waiting() -> list[list[int]]:
    """The queue's rows of this round, grouped so that one group's events fit in memory. All rows of a capture are in one round: a
    document that is stored whole is seen whole."""
    found = rows(
        """with first as (select id, capture from log_queue order by id limit %s)
           select q.id, cardinality(q.events) from log_queue q
           where q.id in (select id from first) or q.capture in (select capture from first) order by q.id""",
        [DRAIN_LIMIT],
    )
    groups: list[list[int]] = []
    held = GROUP_LIMIT
    for row, events in found:
        if held + events > GROUP_LIMIT:
            groups.append([])
            held = 0
        groups[-1].append(row)
        held += events
    return groups


def _logged(group: list[int], size: int) -> tuple[str, list[bytes]]:
    """Move these rows of the queue into the log behind its `size` entries, in the queue's order: their events as an array in PostgreSQL's
    writing, and their leaves."""
    ((events, leaves),) = rows(
        """with gone as (delete from log_queue where id = any(%s) returning id, events, leaves), entry as materialized (
             select row_number() over (order by gone.id, each.place) + %s as position, each.event, each.leaf
             from gone cross join unnest(gone.events, gone.leaves) with ordinality as each (event, leaf, place)
           ), put as (insert into log_entry (position, event, leaf) select position, event, leaf from entry)
           select array_agg(event order by position)::text, string_agg(leaf, '' order by position) from entry""",
        [group, size],
    )
    octets = bytes(leaves)
    return events, [octets[at : at + merkle.LEAF_OCTETS] for at in range(0, len(octets), merkle.LEAF_OCTETS)]


def _join_declarations(events: str) -> None:
    """Void what error declarations name, whichever of the two came first. Only the same organisation and the same content."""
    found = apart.declared(list(map(int, events[1:-1].split(",")))) if is_spread() else _declared(events)
    mixed = {event for row in found if row[2] != row[5] for event in (row[0], row[3])}
    again = digests_again(sorted(mixed))
    for event, digest, version, declared_by, declared, declared_version, declared_at in found:
        held = again.get(event, Digest(digest.hex, version))
        if held == again.get(declared_by, Digest(declared.hex, declared_version)):
            rows(
                "insert into void (event, declared_by, declared_at) values (%s, %s, %s) on conflict do nothing",
                [event, declared_by, declared_at],
            )


def _declared(events: str) -> list[tuple[Any, ...]]:
    """What is declared wrong, as (event, digest, version, declaration, its digest and version, when), where one of them is new."""
    # By look-ups, from the declarations to what they name (offset 0 keeps the planner to it): most rounds have none, and end here.
    return rows(
        """with said as (
             select hash, organisation, event, digest, version, declared_at from declaration where event = any(%s::bigint[])
             union
             select d.hash, d.organisation, d.event, d.digest, d.version, d.declared_at from event e cross join lateral (
               select * from declaration where hash = e.hash and organisation = e.organisation offset 0) d
             where e.id = any(%s::bigint[]))
           select h.event, h.digest, h.version, d.event, d.digest, d.version, d.declared_at from said d cross join lateral (
             select event, digest, version from event_seen where hash = d.hash and organisation = d.organisation
             union all
             select event, digest, version from event_disputed where hash = d.hash and organisation = d.organisation offset 0) h""",
        [events, events],
    )
