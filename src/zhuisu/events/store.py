"""The hand-written SQL that writes the event tables. Callers hold the transaction; nothing here updates or deletes evidence."""

import uuid
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
from django.db import connection, transaction
from psycopg.types.json import Jsonb

from zhuisu import codes, epcis
from zhuisu.epcis.query import event_marks
from zhuisu.events.merkle import leaf_hash
from zhuisu.events.projection import (
    ACTIONS,
    DIGEST_VERSION,
    KINDS,
    Projected,
    digest_of,
    identity,
    leaf_record,
    product_code_of,
)
from zhuisu.events.vocabulary import PartyRole

FEW_ROWS = 8  # up to here one INSERT is quicker than the three trips of a COPY
BODY_COMPRESSION = 1  # zlib level: three times smaller for a tenth of the time of level 9


@dataclass(frozen=True, slots=True)
class Claim:
    """Who holds an event's identity. The digest is of today's version of the normal form."""

    event: int
    digest: uuid.UUID
    organisation: int


def rows(sql: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
    """All rows of one statement."""
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return cursor.fetchall() if cursor.description else []


def copy(table: str, columns: str, records: Iterable[tuple[Any, ...]]) -> None:
    """Rows into a table, inside the open transaction: by COPY, or, where they are few, by one statement in one trip."""
    held = list(records)
    if len(held) <= FEW_ROWS:
        if held:
            values = ", ".join([f"({', '.join(['%s'] * len(held[0]))})"] * len(held))
            rows(f"insert into {table} ({columns}) values {values}", [value for record in held for value in record])
        return
    # Django wraps the errors of statements, not those of COPY: a database that goes away must look the same in both.
    wrapped = connection.wrap_database_errors
    with connection.cursor() as cursor, wrapped, cursor.copy(f"copy {table} ({columns}) from stdin") as stream:
        for record in held:
            stream.write_row(record)


def intern(wanted: Iterable[codes.Code]) -> dict[codes.Code, int]:
    """The number of every code, made where it is new. A short transaction of its own: an unused name is harmless.

    Raises ValueError where two different codes have one hash (then somebody found a BLAKE2b collision).
    """
    all_codes = set(wanted)
    products = {gtin: product_code_of(gtin) for gtin in {_product_gtin(code) for code in all_codes} if gtin}
    all_codes.update(products.values())
    by_hash = {code.key: code for code in all_codes}
    known = _known_names(list(by_hash))
    numbers = {key: number for key, (number, _) in known.items()}
    if missing := sorted(by_hash.keys() - known.keys()):  # sorted: unsorted inserts of several writers deadlock
        with transaction.atomic():
            made = dict(
                rows(
                    "insert into name (hash) select unnest(%s::uuid[]) on conflict (hash) do nothing returning hash, id",
                    [_uuid_array(missing)],
                )
            )
            if len(made) < len(missing):  # others were faster
                known |= _known_names([key for key in missing if key not in made])
            numbers = {key: number for key, (number, _) in known.items()} | made
            of_gtin = {gtin: numbers[product.key] for gtin, product in products.items()}
            copy("item", "id, canonical, scheme, level, product, lot", _item_rows(made, by_hash, of_gtin))
    for key, (_, canonical) in known.items():
        if canonical != by_hash[key].canonical:
            raise ValueError(f"{canonical} and {by_hash[key].canonical} have the same hash")
    return {code: numbers[key] for key, code in by_hash.items()}


def _product_gtin(code: codes.Code) -> str | None:
    gtin = code.parsed.get("gtin")
    return gtin if gtin and code.level in (codes.Level.INSTANCE, codes.Level.LOT) else None


def _known_names(keys: list[uuid.UUID]) -> dict[uuid.UUID, tuple[int, str]]:
    found = rows(
        "select n.hash, n.id, i.canonical from name n join item i on i.id = n.id where n.hash = any(%s::uuid[])",
        [_uuid_array(keys)],
    )
    return {key: (number, canonical) for key, number, canonical in found}


def _item_rows(
    made: Mapping[uuid.UUID, int], by_hash: Mapping[uuid.UUID, codes.Code], of_gtin: Mapping[str, int]
) -> Iterable[tuple[Any, ...]]:
    for key, number in made.items():
        code = by_hash[key]
        gtin = _product_gtin(code)
        product = of_gtin[gtin] if gtin else None
        yield number, code.canonical, code.scheme, int(code.level), product, code.parsed.get("lot") if gtin else None


def claims(hashes: Sequence[uuid.UUID]) -> dict[uuid.UUID, Claim]:
    """Which identities are taken, and by whom. What is committed stays so: an answer never becomes wrong, only short."""
    found = rows(
        "select hash, event, digest, version, organisation from event_seen where hash = any(%s::uuid[])",
        [_uuid_array(hashes)],
    )
    return dict(_claims(found))


def disputes(hashes: Sequence[uuid.UUID], *, hold: bool = True) -> dict[uuid.UUID, list[Claim]]:
    """Who disputes these identities already. With `hold` nobody else can until this transaction ends: two with the same content at
    the same moment would both be kept."""
    if hold:  # in order of the hash: two that lock the same identities never wait for each other
        rows("select from event_seen where hash = any(%s) order by hash for update", [list(hashes)])
    found = rows(
        "select hash, event, digest, version, organisation from event_disputed where hash = any(%s)", [list(hashes)]
    )
    gathered: dict[uuid.UUID, list[Claim]] = {key: [] for key in hashes}
    for key, one in _claims(found):
        gathered[key].append(one)
    return gathered


def _claims(found: Sequence[tuple[Any, ...]]) -> Iterator[tuple[uuid.UUID, Claim]]:
    again = digests_again([event for _, event, _, version, _ in found if version != DIGEST_VERSION])
    for key, event, digest, _, organisation in found:
        yield key, Claim(event, again.get(event, digest), organisation)


def digests_again(events: Sequence[int]) -> dict[int, uuid.UUID]:
    """The digests of stored events in today's version, from the bytes that were sent."""
    if not events:
        return {}
    found = rows("select event, body, context::text from event_body where event = any(%s)", [list(events)])
    return {event: digest_of(epcis.read_event(zlib.decompress(body), full_context(own))) for event, body, own in found}


def full_context(own: str) -> dict[str, str]:
    """The prefixes that were in force for a stored event, from the JSON of those that its document declared."""
    declared: dict[str, str] = msgspec.json.decode(own)
    return epcis.STANDARD_CONTEXT | declared


def claim(organisation: int, wanted: Sequence[tuple[uuid.UUID, uuid.UUID]]) -> dict[uuid.UUID, int]:
    """Take identities, as (hash, digest): the new event number of each that was free. Waits for whoever is taking the same."""
    return _take("event_seen", "hash", organisation, wanted)


def dispute(organisation: int, wanted: Sequence[tuple[uuid.UUID, uuid.UUID]]) -> dict[uuid.UUID, int]:
    """Take identities, as (hash, digest), that another organisation holds with other content: their new event numbers."""
    return _take("event_disputed", "hash, organisation", organisation, wanted)


def _take(
    table: str, key: str, organisation: int, wanted: Sequence[tuple[uuid.UUID, uuid.UUID]]
) -> dict[uuid.UUID, int]:
    ordered = sorted(wanted)
    taken = rows(
        f"""insert into {table} (hash, event, digest, version, organisation)
            select hash, nextval('event_id'), digest, %s, %s from unnest(%s::uuid[], %s::uuid[]) as w (hash, digest)
            on conflict ({key}) do nothing returning hash, event""",
        [DIGEST_VERSION, organisation, *(_uuid_array(keys) for keys in zip(*ordered, strict=True))],
    )
    return dict(taken)


def witness(organisation: int, capture: int, events: Iterable[int]) -> None:
    """Record that this organisation also sent events that were here already."""
    rows(
        """with made as (
             insert into event_witness (event, organisation, capture) select unnest(%s::bigint[]), %s, %s
             on conflict do nothing returning event)
           insert into witness_queue (organisation, events)
           select %s, array_agg(event) from made having count(*) > 0""",
        [sorted(set(events)), organisation, capture, organisation],
    )


@dataclass(frozen=True, slots=True)
class Recording:
    """What all events of one capture share."""

    capture: int
    organisation: int
    reporter: int  # item of the organisation's party code
    recorded_at: datetime
    format: str


def insert_events(accepted: Sequence[tuple[int, Projected]], numbers: Mapping[codes.Code, int], by: Recording) -> None:
    """All rows of the accepted events, and their place in the queue for the log."""
    copy(
        "event",
        "id, hash, kind, action, happened_at, zone, recorded_at, step, disposition, read_point, biz_location, organisation, capture, marks",
        (_event_row(number, one, numbers, by) for number, one in accepted),
    )
    copy(
        "event_body",
        "event, event_id, format, context, body",
        (
            (
                number,
                one.event_id,
                by.format,
                Jsonb(_own_prefixes(one.event.context)),
                zlib.compress(one.event.raw, BODY_COMPRESSION),
            )
            for number, one in accepted
        ),
    )
    copy("event_party", "event, party, role", _party_rows(accepted, numbers, by))
    copy("part", "item, event, at, role, position, quantity, unit, place", _part_rows(accepted, numbers))
    leaves = [
        leaf_record(
            one.event_id, one.digest, DIGEST_VERSION, by.organisation, by.capture, by.recorded_at, one.event.raw
        )
        for _, one in accepted
    ]
    _insert_declarations(accepted, by)
    rows(
        "insert into log_queue (events, leaves, capture) values (%s, %s::bytea[], %s)",
        [[number for number, _ in accepted], _bytes_array([leaf_hash(leaf) for leaf in leaves]), by.capture],
    )


def _uuid_array(values: Sequence[uuid.UUID]) -> str:
    """A uuid[] as PostgreSQL writes it, for a quarter of the driver's time."""
    return "{" + ",".join([one.hex for one in values]) + "}"


def _bytes_array(values: Sequence[bytes]) -> str:
    """A bytea[] likewise: the driver quotes each by itself, for a twentieth of the time of a capture."""
    return "{" + ",".join([f'"\\\\x{one.hex()}"' for one in values]) + "}"


def _own_prefixes(context: dict[str, str]) -> dict[str, str]:
    """What the document declared beyond the standard's own context, which needs no telling."""
    return {
        prefix: namespace for prefix, namespace in context.items() if epcis.STANDARD_CONTEXT.get(prefix) != namespace
    }


def _event_row(number: int, one: Projected, numbers: Mapping[codes.Code, int], by: Recording) -> tuple[Any, ...]:
    event = one.event
    return (
        number,
        one.hash,
        int(KINDS[event.type]),
        int(ACTIONS[event.action]),
        event.event_time,
        event.event_time_zone_offset,
        by.recorded_at,
        event.biz_step,
        event.disposition,
        numbers[one.read_point] if one.read_point else None,
        numbers[one.biz_location] if one.biz_location else None,
        by.organisation,
        by.capture,
        event_marks(event),
    )


def _party_rows(
    accepted: Sequence[tuple[int, Projected]], numbers: Mapping[codes.Code, int], by: Recording
) -> Iterable[tuple[int, int, int]]:
    for number, one in accepted:
        yield number, by.reporter, int(PartyRole.REPORTER)
        for code, role in one.parties:
            yield number, numbers[code], int(role)


def _part_rows(
    accepted: Sequence[tuple[int, Projected]], numbers: Mapping[codes.Code, int]
) -> Iterable[tuple[Any, ...]]:
    for number, one in accepted:
        place = one.biz_location or one.read_point
        place_number = numbers[place] if place else None
        at = one.event.event_time
        for part in one.parts:
            yield numbers[part.code], number, at, int(part.role), part.position, part.quantity, part.unit, place_number


def _insert_declarations(accepted: Sequence[tuple[int, Projected]], by: Recording) -> None:
    """What error declarations say (EPCIS 2.0 §7.4.1.4). The sequencer joins each to its event, whichever came first."""
    for number, one in accepted:
        if said := one.event.error_declaration:
            about = [number, identity(one.event_id), by.organisation, one.digest, DIGEST_VERSION]
            rows(
                """insert into declaration (event, hash, organisation, digest, version, declared_at, reason, corrective)
                   values (%s, %s, %s, %s, %s, %s, %s, %s)""",
                [*about, said.declaration_time, said.reason, list(said.corrective_event_ids)],
            )
