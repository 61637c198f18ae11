"""The audit of the core: every stored fact against the document it came from, and the log against its signed heads."""

import zlib
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from zhuisu import epcis
from zhuisu.events import merkle, vault
from zhuisu.events.projection import ACTIONS, KINDS, Projected, identity, leaf_record, project
from zhuisu.events.sequencer import head_message
from zhuisu.events.store import rows
from zhuisu.events.vocabulary import PartyRole

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
        held = _held([row[1] for row in batch])
        for row in batch:
            position, event, leaf = row[0], row[1], bytes(row[2])
            if position != size + 1:
                yield Finding(size + 1, None, "the log has a gap")
            yield from (Finding(position, event, message) for message in _event_findings(row, held[event]))
            size, peaks = merkle.append(size, peaks, [leaf])
            while next_head < len(heads) and heads[next_head][0] == size:
                yield from _head_findings(heads[next_head], merkle.root(peaks))
                next_head += 1
        yield size
    for head in heads[next_head:]:
        yield Finding(head[0], None, "a signed head names more entries than the log has")
    if size and (not heads or heads[-1][0] < size):
        yield Finding(size, None, "the last entries of the log have no signed head")
    yield from _strays()


_BATCH = """
  select l.position, l.event, l.leaf, e.organisation, e.capture, e.recorded_at, b.event_id, b.context::text, b.body,
         coalesce(s.digest, d.digest, c.digest), e.hash, e.kind, e.action, e.happened_at, e.zone, e.step, e.disposition,
         rp.canonical, bl.canonical
  from log_entry l left join event e on e.id = l.event left join event_body b on b.event = l.event
  left join event_seen s on s.hash = e.hash and s.event = e.id
  left join event_disputed d on d.hash = e.hash and d.event = e.id
  left join declaration c on c.event = e.id
  left join item rp on rp.id = e.read_point left join item bl on bl.id = e.biz_location
  where l.position > %s order by l.position limit %s"""


def _batch(size: int) -> list[tuple[Any, ...]]:
    return rows(_BATCH, [size, BATCH])


def _held(events: Sequence[int]) -> dict[int, list[tuple[Any, ...]]]:
    """The part and party rows of events, each as a tuple that can be compared."""
    found: dict[int, list[tuple[Any, ...]]] = defaultdict(list)
    for event, *row in rows(
        """select p.event, i.canonical, p.role, p.position, p.quantity, p.unit, p.at, pl.canonical
           from part p join item i on i.id = p.item left join item pl on pl.id = p.place where p.event = any(%s)
           union all
           select p.event, i.canonical, -p.role, null, null, null, null, null
           from event_party p join item i on i.id = p.party where p.event = any(%s)""",
        [list(events), list(events)],
    ):
        found[event].append(tuple(row))
    return found


def _expected(one: Projected) -> list[tuple[Any, ...]]:
    place = one.biz_location or one.read_point
    at, where = one.event.event_time, place.canonical if place else None
    parts = [(p.code.canonical, int(p.role), p.position, p.quantity, p.unit, at, where) for p in one.parts]
    return [*parts, *((code.canonical, -int(role), None, None, None, None, None) for code, role in one.parties)]


def _event_findings(row: tuple[Any, ...], held: list[tuple[Any, ...]]) -> Iterator[str]:
    _, _, leaf, organisation, capture, recorded_at, event_id, context, body, digest, *columns = row
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
        again = project(epcis.read_event(raw, epcis.STANDARD_CONTEXT | msgspec.json.decode(context)), 0)
    except epcis.DocumentError as error:
        yield f"the event's bytes are no longer read: {error}"
        return
    if again.digest != digest or _columns(again) != columns:
        yield "the event's row is not what its bytes say"
    reported = [one for one in held if one[1] != -PartyRole.REPORTER]
    if sorted(_expected(again), key=repr) != sorted(reported, key=repr) or len(held) != len(reported) + 1:
        yield "the event's parts or parties are not those that its bytes say"


def _columns(one: Projected) -> list[Any]:
    event = one.event
    return [
        one.hash,
        int(KINDS[event.type]),
        int(ACTIONS[event.action]),
        event.event_time,
        event.event_time_zone_offset,
        event.biz_step,
        event.disposition,
        one.read_point.canonical if one.read_point else None,
        one.biz_location.canonical if one.biz_location else None,
    ]


def _head_findings(head: tuple[Any, ...], root: bytes) -> Iterator[Finding]:
    size, stored_root, published_at, signature = head
    if bytes(stored_root) != root:
        yield Finding(size, None, "a signed head is not the root of the entries before it")
    if not vault.head_is_ours(head_message(size, bytes(stored_root), published_at), bytes(signature)):
        yield Finding(size, None, "a head is not signed by this platform's key")


def _strays() -> Iterator[Finding]:
    """Facts that stand outside the log, and items whose name is not that of their code."""
    for (event,) in rows(
        """select e.id from event e where not exists (select 1 from log_entry l where l.event = e.id)
           and not exists (select 1 from log_queue q where e.id = any(q.events))"""
    ):
        yield Finding(None, event, "an event stands in the store but not in the log")
    for table in ("part", "event_party"):
        for (event,) in rows(f"select distinct event from {table} where event not in (select id from event)"):
            yield Finding(None, event, f"rows of {table} belong to no event")
    for event, declared_by in rows(
        """select v.event, v.declared_by from void v left join declaration d on d.event = v.declared_by
           left join event_seen s on s.event = v.event left join event_disputed t on t.event = v.event
           where d.event is null or d.hash is distinct from coalesce(s.hash, t.hash)"""
    ):
        yield Finding(None, event, f"it is void, but event {declared_by} does not declare it wrong")
    for number, key, canonical in rows("select i.id, n.hash, i.canonical from item i left join name n on n.id = i.id"):
        if identity(canonical) != key:
            yield Finding(None, None, f"item {number} does not have the hash of its code {canonical}")
