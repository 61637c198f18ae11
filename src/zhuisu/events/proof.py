"""The audit of the core: every stored fact against the document it came from, and the log against its signed heads."""

import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import msgspec

from zhuisu import epcis
from zhuisu.events import merkle, vault
from zhuisu.events.projection import identity, leaf_record, project
from zhuisu.events.sequencer import head_message
from zhuisu.events.store import rows

BATCH = 2_000  # events read at a time


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is not as it was recorded. position: place in the log, None where there is none."""

    position: int | None
    event: int | None
    message: str


def audit() -> Iterator[Finding | int]:
    """Check everything. Yields findings, and after each batch the number of events checked so far.

    Each event's record must hash to its leaf; its rows must follow from its bytes; every head must be signed by this
    platform's key and be the root of the leaves before it (RFC 9162 §2.1).
    """
    heads = rows("select size, root, published_at, signature from log_head order by size")
    size, peaks, next_head = 0, list[bytes](), 0
    while batch := _batch(size):
        for row in batch:
            position, event, leaf = row[0], row[1], bytes(row[2])
            if position != size + 1:
                yield Finding(size + 1, None, "the log has a gap")
            yield from (Finding(position, event, message) for message in _event_findings(row))
            size, peaks = merkle.append(size, peaks, [leaf])
            while next_head < len(heads) and heads[next_head][0] == size:
                yield from _head_findings(heads[next_head], merkle.root(peaks))
                next_head += 1
        yield size
    for head in heads[next_head:]:
        yield Finding(head[0], None, "a signed head names more entries than the log has")
    if size and (not heads or heads[-1][0] < size):
        yield Finding(size, None, "the last entries of the log have no signed head")
    waiting = "select unnest(events) from log_queue"
    for (event,) in rows(
        f"select id from event where id not in (select event from log_entry) and id not in ({waiting})"
    ):
        yield Finding(None, event, "an event stands in the store but not in the log")


def _batch(size: int) -> list[tuple[Any, ...]]:
    return rows(
        """select l.position, l.event, l.leaf, e.organisation, e.capture, e.recorded_at, b.event_id, b.context::text,
                  b.body, coalesce(s.digest, d.digest, c.digest), e.happened_at
           from log_entry l left join event e on e.id = l.event left join event_body b on b.event = l.event
           left join event_seen s on s.hash = e.hash and s.event = e.id
           left join event_disputed d on d.hash = e.hash and d.event = e.id
           left join declaration c on c.event = e.id
           where l.position > %s order by l.position limit %s""",
        [size, BATCH],
    )


def _event_findings(row: tuple[Any, ...]) -> Iterator[str]:
    _, event, leaf, organisation, capture, recorded_at, event_id, context, body, digest, happened_at = row
    if body is None or organisation is None or digest is None:
        yield "the event of this entry is gone"
        return
    try:
        raw = zlib.decompress(body)
    except zlib.error:
        yield "the event's bytes are damaged"
        return
    record = leaf_record(event_id, digest, organisation, capture, recorded_at, raw)
    if merkle.leaf_hash(record) != bytes(leaf):
        yield "the record does not hash to its leaf"
        return
    try:
        again = epcis.read_event(raw, epcis.STANDARD_CONTEXT | msgspec.json.decode(context))
    except epcis.DocumentError as error:
        yield f"the event's bytes are no longer read: {error}"
        return
    projected = project(again, 0)
    if projected.digest != digest or again.event_time != happened_at:
        yield "the event's content is not what its digest says"
    wanted = sorted((part.code.canonical, int(part.role), part.position) for part in projected.parts)
    stored = rows(
        "select i.canonical, p.role, p.position from part p join item i on i.id = p.item where p.event = %s", [event]
    )
    if wanted != sorted(stored):
        yield "the event's parts are not those that its bytes say"


def _head_findings(head: tuple[Any, ...], root: bytes) -> Iterator[Finding]:
    size, stored_root, published_at, signature = head
    if bytes(stored_root) != root:
        yield Finding(size, None, "a signed head is not the root of the entries before it")
    if not vault.head_is_ours(head_message(size, bytes(stored_root), published_at), bytes(signature)):
        yield Finding(size, None, "a head is not signed by this platform's key")


def items_are_sound() -> Iterator[Finding]:
    """Every item's hash must be that of its canonical text."""
    for number, key, canonical in rows("select i.id, n.hash, i.canonical from item i join name n on n.id = i.id"):
        if identity(canonical) != key:
            yield Finding(None, None, f"item {number} does not have the hash of its code {canonical}")
