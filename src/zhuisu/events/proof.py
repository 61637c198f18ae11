"""The audit of the core: every stored fact against the document it came from, and the log against its signed heads."""

import uuid
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from cryptography.exceptions import InvalidTag

from zhuisu import epcis
from zhuisu.events import apart, merkle, vault
from zhuisu.events.bodies import Damaged, unpacked, unpacked_document
from zhuisu.events.gone import records
from zhuisu.events.projection import ACTIONS, KINDS, Digest, Projected, digest_of, identity, leaf_record, project
from zhuisu.events.sequencer import head_message
from zhuisu.events.spool import pieces_of
from zhuisu.events.store import GONE, full_context, is_spread, rows
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
    platform's key and be the root of the leaves before it (RFC 9162 §2.1). The platform may go on working meanwhile.
    """
    size, peaks = 0, list[bytes]()
    while batch := _batch(size):
        held = _held([row[1] for row in batch])
        heads = _heads(size, batch[-1][0])
        for row in batch:
            position, event, leaf = row[0], row[1], bytes(row[2])
            if position != size + 1:
                yield Finding(size + 1, None, "the log has a gap")
            yield from (Finding(position, event, message) for message in _event_findings(row, held[event]))
            size, peaks = merkle.append(size, peaks, [leaf])
            if size in heads:
                yield from _head_findings(heads.pop(size), merkle.root(peaks))
        yield size
    yield from _ends()
    yield from _strays()
    yield from _record_findings()


def audit_some(positions: Iterable[int]) -> Iterator[Finding]:
    """Check single positions of the log, and its last head's signature: a look in passing, where audit() reads everything."""
    for wanted in positions:
        found = _batch(wanted - 1, 1)
        if not found or found[0][0] != wanted:
            yield Finding(wanted, None, "the log has a gap")
            continue
        row = found[0]
        yield from (Finding(wanted, row[1], message) for message in _event_findings(row, _held([row[1]])[row[1]]))
    for size, root, published_at, signature in rows(
        "select size, root, published_at, signature from log_head order by size desc limit 1"
    ):
        if not vault.head_is_ours(head_message(size, bytes(root), published_at), bytes(signature)):
            yield Finding(size, None, "a head is not signed by this platform's key")


def _heads(after: int, until: int) -> dict[int, tuple[Any, ...]]:
    found = rows(
        "select size, root, published_at, signature from log_head where size > %s and size <= %s", [after, until]
    )
    return {row[0]: row for row in found}


def _ends() -> Iterator[Finding]:
    """Heads and entries that lack each other. One statement each: a head and its entries come in one transaction."""
    for (size,) in rows(
        "select size from log_head h where not exists (select 1 from log_entry l where l.position = h.size) order by size"
    ):
        yield Finding(size, None, "a signed head names more entries than the log has")
    ((entries, signed),) = rows("select (select max(position) from log_entry), (select max(size) from log_head)")
    if (entries or 0) > (signed or 0):
        yield Finding(entries, None, "the last entries of the log have no signed head")


_ENTRY = """
  select l.position, l.event, l.leaf, e.organisation, e.capture, e.recorded_at, b.event_id, b.format, b.context::text, b.body,
         coalesce(s.digest, d.digest, c.digest), coalesce(s.version, d.version, c.version), o.party, e.hash, e.kind, e.action, e.happened_at, e.zone, e.step, e.disposition,
         rp.canonical, bl.canonical
  from log_entry l left join event e on e.id = l.event left join event_body b on b.event = l.event
  left join accounts_organisation o on o.id = e.organisation
  left join event_seen s on s.hash = e.hash and s.event = e.id
  left join event_disputed d on d.hash = e.hash and d.event = e.id
  left join declaration c on c.event = e.id
  left join item rp on rp.id = e.read_point left join item bl on bl.id = e.biz_location
  where """


def _batch(size: int, most: int = BATCH) -> list[tuple[Any, ...]]:
    return rows(f"{_ENTRY} l.position > %s order by l.position limit %s", [size, most])


def entries_of(events: Sequence[int]) -> list[tuple[Any, ...]]:
    """What the log and the store hold of these events, by number."""
    return rows(f"{_ENTRY} l.event = any(%s) order by l.event", [list(events)])


def _held(events: Sequence[int]) -> dict[int, list[tuple[Any, ...]]]:
    """The part and party rows of events, each as a tuple that can be compared."""
    found: dict[int, list[tuple[Any, ...]]] = defaultdict(list)
    for event, *row in apart.held(events) if is_spread() else _rows_of(events):
        found[event].append(tuple(row))
    return found


def _rows_of(events: Sequence[int]) -> list[tuple[Any, ...]]:
    return rows(
        """select p.event, i.canonical, p.role, p.position, p.quantity, p.unit, p.at, pl.canonical
           from part p join item i on i.id = p.item left join item pl on pl.id = p.place where p.event = any(%s)
           union all
           select p.event, i.canonical, -p.role, null, null, null, null, null
           from event_party p join item i on i.id = p.party where p.event = any(%s)""",
        [list(events), list(events)],
    )


def _expected(one: Projected) -> list[tuple[Any, ...]]:
    place = one.biz_location or one.read_point
    at, where = one.event.event_time, place.canonical if place else None
    parts = [(p.code.canonical, int(p.role), p.position, p.quantity, p.unit, at, where) for p in one.parts]
    return [*parts, *((code.canonical, -int(role), None, None, None, None, None) for code, role in one.parties)]


def entry_fault(row: tuple[Any, ...]) -> str:
    """Why the event of an entry is not what the log says; "" where its record hashes to its leaf."""
    _, _, leaf, organisation, capture, recorded_at, event_id, form, _, body, digest, version, *_ = row
    if body is None or organisation is None or digest is None:
        return "the event of this entry is gone"
    try:
        told = bytes(body) if form == GONE else sha256(unpacked(body)).digest()
    except Damaged:
        return "the event's bytes are damaged"
    record = leaf_record(event_id, Digest(digest.hex, version), organisation, capture, recorded_at, told)
    return "" if merkle.leaf_hash(record) == bytes(leaf) else "the record does not hash to its leaf"


def _event_findings(row: tuple[Any, ...], held: list[tuple[Any, ...]]) -> Iterator[str]:
    if fault := entry_fault(row):
        yield fault
        return
    _, _, _, organisation, _, _, _, form, context, body, digest, version, party, *columns = row
    reporters = [one[0] for one in held if one[1] == -PartyRole.REPORTER]
    if reporters != [party]:  # no bytes say it, and it decides who sees the event
        yield "the event's reporter is not the organisation that captured it"
    if form == GONE:  # what its bytes said of rows, parts and parties nobody can say any more
        return
    try:
        again = project(epcis.read_event(unpacked(body), full_context(context)), 0, organisation=organisation)
    except epcis.DocumentError as error:
        yield f"the event's bytes are no longer read: {error}"
        return
    # The digest of an older normal form cannot be made again; that it was not changed, its leaf has said.
    made = digest_of(again.event, version)
    if (made.version == version and made.value != digest.hex) or _columns(again) != columns:
        yield "the event's row is not what its bytes say"
    said = [one for one in held if one[1] != -PartyRole.REPORTER]
    if sorted(_expected(again), key=repr) != sorted(said, key=repr):
        yield "the event's parts or parties are not those that its bytes say"


def _columns(one: Projected) -> list[Any]:
    event = one.event
    return [
        uuid.UUID(one.hash),
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
    if is_spread():
        yield from (Finding(None, event, message) for event, message in apart.strays())
        return
    for (event,) in rows(
        """select e.id from event e where not exists (select 1 from log_entry l where l.event = e.id)
           and not exists (select 1 from log_queue q where e.id = any(q.events))"""
    ):
        yield Finding(None, event, "an event stands in the store but not in the log")
    for table in ("part", "event_party"):
        for (event,) in rows(
            f"select distinct event from {table} p where not exists (select 1 from event e where e.id = p.event)"
        ):
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


def _record_findings() -> Iterator[Finding]:
    """Whether every retention record is signed, and speaks of exactly the events whose bodies are gone."""
    told = records()
    leaves = {one.number: sha256() for one in told}
    unsaid: dict[int, int] = {}  # event by record: of one that was written meanwhile, or is missing
    last = 0
    while found := rows(
        """select b.event, (b.context->>'record')::bigint, l.leaf from event_body b join log_entry l on l.event = b.event
           where b.event > %s and b.format = %s order by b.event limit %s""",
        [last, GONE, BATCH],
    ):
        for last, number, leaf in found:
            if number in leaves:
                leaves[number].update(leaf)
            else:
                unsaid.setdefault(number, last)
    for number in unsaid.keys() - {one.number for one in records()}:
        yield Finding(None, unsaid[number], "its body went without a retention record")
    for one in told:
        if not one.is_ours():
            yield Finding(None, None, f"retention record {one.number} is not signed by this platform's key")
        if leaves[one.number].digest() != one.root:
            yield Finding(None, None, f"retention record {one.number} does not speak of the events that are gone")


@dataclass(frozen=True, slots=True)
class Documents:
    """How many captured documents were opened so far, and of how many the key was destroyed."""

    opened: int
    destroyed: int


def audit_documents() -> Iterator[Finding | Documents]:
    """Unseal every captured document and compare it with its recorded size and SHA-256, one at a time. A key that was
    destroyed is no finding: it is how a document is made unreadable for good."""
    done, opened, destroyed = 0, 0, 0
    while found := rows(
        """select c.id, c.token, c.sha256, c.size, c.body, c.pieces, k.sealed from capture c
           left join capture_key k on k.capture = c.id where c.id > %s order by c.id limit 1""",
        [done],
    ):
        done, token, digest, size, body, pieces, sealed = found[0]
        if sealed is None:
            destroyed += 1
        else:
            opened += 1
            if message := _document_fault(_document(bytes(body), bytes(sealed), token, pieces), bytes(digest), size):
                yield Finding(None, None, f"document {token}: {message}")
        yield Documents(opened, destroyed)


def _document(body: bytes, sealed: bytes, token: str, pieces: int) -> Iterator[bytes]:
    """The bytes of a captured document, whole or in its pieces."""
    if pieces:
        return pieces_of(token, sealed, pieces)
    return (unpacked_document(vault.unseal(body, sealed, token)) for _ in range(1))


def _document_fault(pieces: Iterator[bytes], digest: bytes, size: int) -> str:
    found, length = sha256(), 0
    try:
        for piece in pieces:
            found.update(piece)
            length += len(piece)
    except (InvalidTag, ValueError):
        return "its bytes or its key are damaged, or sealed by another platform's key"
    if length != size or found.digest() != digest:
        return "it is not the one whose size and SHA-256 were recorded"
    return ""
