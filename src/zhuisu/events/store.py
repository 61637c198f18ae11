"""The hand-written SQL that writes the event tables. Callers hold the transaction; nothing here updates or deletes evidence."""

import uuid
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from psycopg.types.json import Jsonb

from zhuisu import codes, epcis
from zhuisu.events.merkle import leaf_hash
from zhuisu.events.projection import ACTIONS, KINDS, Projected, identity, leaf_record, product_code_of
from zhuisu.events.vocabulary import PartyRole

BODY_COMPRESSION = 1  # zlib level: three times smaller for a tenth of the time of level 9


@dataclass(frozen=True, slots=True)
class Claim:
    """Who holds an event's identity."""

    event: int
    digest: uuid.UUID
    organisation: int


def rows(sql: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
    """All rows of one statement."""
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return cursor.fetchall() if cursor.description else []


def copy(table: str, columns: str, records: Iterable[tuple[Any, ...]]) -> None:
    """COPY into a table inside the open transaction: about twenty times an INSERT a row."""
    with connection.cursor() as cursor, cursor.copy(f"copy {table} ({columns}) from stdin") as stream:
        for record in records:
            stream.write_row(record)


def intern(wanted: Iterable[codes.Code]) -> dict[codes.Code, int]:
    """The number of every code, made where it is new. A short transaction of its own: an unused name is harmless.

    Raises ValueError where two different codes have one hash (then somebody found a BLAKE2b collision).
    """
    all_codes = set(wanted)
    for code in list(all_codes):
        if gtin := _product_gtin(code):
            all_codes.add(product_code_of(gtin))
    by_hash = {code.key: code for code in all_codes}
    known = _known_names(list(by_hash))
    if missing := sorted(by_hash.keys() - known.keys()):  # sorted: unsorted inserts of several writers deadlock
        with transaction.atomic():
            made = rows(
                "insert into name (hash) select unnest(%s::uuid[]) on conflict (hash) do nothing returning hash, id",
                [missing],
            )
            numbers = {key: number for key, (number, _) in known.items()} | dict(made)
            lost = [key for key in missing if key not in numbers]
            numbers |= {key: number for key, (number, _) in _known_names(lost).items()}
            copy("item", "id, canonical, scheme, level, product, lot", _item_rows(dict(made), by_hash, numbers))
    else:
        numbers = {key: number for key, (number, _) in known.items()}
    for key, (_, canonical) in known.items():
        if canonical != by_hash[key].canonical:
            raise ValueError(f"{canonical} and {by_hash[key].canonical} have the same hash")
    return {code: numbers[code.key] for code in all_codes}


def _product_gtin(code: codes.Code) -> str | None:
    gtin = code.parsed.get("gtin")
    return gtin if gtin and code.level in (codes.Level.INSTANCE, codes.Level.LOT) else None


def _known_names(keys: list[uuid.UUID]) -> dict[uuid.UUID, tuple[int, str]]:
    found = rows(
        "select n.hash, n.id, i.canonical from name n join item i on i.id = n.id where n.hash = any(%s)", [keys]
    )
    return {key: (number, canonical) for key, number, canonical in found}


def _item_rows(
    made: Mapping[uuid.UUID, int], by_hash: Mapping[uuid.UUID, codes.Code], numbers: Mapping[uuid.UUID, int]
) -> Iterable[tuple[Any, ...]]:
    for key, number in made.items():
        code = by_hash[key]
        gtin = _product_gtin(code)
        product = numbers[product_code_of(gtin).key] if gtin else None
        yield number, code.canonical, code.scheme, int(code.level), product, code.parsed.get("lot") if gtin else None


def claims(hashes: Sequence[uuid.UUID]) -> dict[uuid.UUID, Claim]:
    """Which identities are taken, and by whom."""
    found = rows("select hash, event, digest, organisation from event_seen where hash = any(%s)", [list(hashes)])
    return {key: Claim(*claim) for key, *claim in found}


def claim(organisation: int, wanted: Sequence[tuple[uuid.UUID, uuid.UUID]]) -> dict[uuid.UUID, int]:
    """Take identities, as (hash, digest): the new event number of each that was free. Waits for whoever is taking the same."""
    ordered = sorted(wanted)
    taken = rows(
        """insert into event_seen (hash, event, digest, organisation)
           select hash, nextval('event_id'), digest, %s from unnest(%s::uuid[], %s::uuid[]) as w (hash, digest)
           on conflict (hash) do nothing returning hash, event""",
        [organisation, [key for key, _ in ordered], [digest for _, digest in ordered]],
    )
    return dict(taken)


def dispute(organisation: int, key: uuid.UUID, digest: uuid.UUID) -> tuple[int, bool] | None:
    """An id that another organisation holds with other content. (event, True) where this is new, (event, False) where the same
    content was disputed before; None where this organisation disputed it with yet other content."""
    same = rows("select event from event_disputed where hash = %s and digest = %s", [key, digest])
    if same:
        return same[0][0], False
    made = rows(
        """insert into event_disputed (hash, organisation, event, digest) values (%s, %s, nextval('event_id'), %s)
           on conflict (hash, organisation) do nothing returning event""",
        [key, organisation, digest],
    )
    return (made[0][0], True) if made else None


def witness(organisation: int, capture: int, events: Iterable[int]) -> None:
    """Record that this organisation also sent events that were here already."""
    rows(
        """insert into event_witness (event, organisation, capture) select unnest(%s::bigint[]), %s, %s
           on conflict do nothing""",
        [sorted(set(events)), organisation, capture],
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
        "id, hash, kind, action, happened_at, zone, recorded_at, step, disposition, read_point, biz_location, organisation, capture",
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
        leaf_record(one.event_id, one.digest, by.organisation, by.capture, by.recorded_at, one.event.raw)
        for _, one in accepted
    ]
    _insert_declarations(accepted, by)
    rows(
        "insert into log_queue (events, leaves) values (%s, %s)",
        [[number for number, _ in accepted], [leaf_hash(leaf) for leaf in leaves]],
    )


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
            about = [number, identity(one.event_id), by.organisation, one.digest]
            rows(
                """insert into declaration (event, hash, organisation, digest, declared_at, reason, corrective)
                   values (%s, %s, %s, %s, %s, %s, %s)""",
                [*about, said.declaration_time, said.reason, list(said.corrective_event_ids)],
            )
