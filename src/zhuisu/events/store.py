"""The hand-written SQL that writes the event tables. Callers hold the transaction; nothing here updates or deletes evidence."""

import re
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from functools import cache
from typing import Any

import msgspec
from django.db import connection, transaction

from zhuisu import codes, epcis
from zhuisu.epcis.query import event_marks
from zhuisu.events.bodies import packed, unpacked
from zhuisu.events.merkle import leaf_hash
from zhuisu.events.projection import (
    ACTIONS,
    DIGEST_VERSION,
    KINDS,
    Digest,
    Projected,
    digest_of,
    identity,
    leaf_record,
    own_prefixes,
    product_code_of,
)
from zhuisu.events.vocabulary import PartyRole

FEW_ROWS = 8  # up to here one INSERT is quicker than the three trips of a COPY
_NULL = "\\N"
_OF_A_PRODUCT = (codes.Level.INSTANCE, codes.Level.LOT)

Line = Callable[..., str]


@dataclass(frozen=True, slots=True)
class Claim:
    """Who holds an event's identity."""

    event: int
    digest: Digest
    organisation: int


def is_spread() -> bool:
    """Whether the tables lie on several machines (deploy/citus.sql): parts are then kept a second time, by event."""
    return _is_spread(connection.settings_dict["NAME"])


@cache
def _is_spread(_database: str) -> bool:  # asked once: nothing of a node runs while its tables are spread
    return bool(rows("select 1 where to_regclass('event_part') is not null"))


def rows(sql: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
    """All rows of one statement."""
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return cursor.fetchall() if cursor.description else []


def copy(table: str, columns: str, records: Iterable[tuple[Any, ...]], line: Line | None = None) -> None:
    """Rows into a table, inside the open transaction: by COPY, or, where they are few, by one statement in one trip. `line` writes a
    row as COPY reads it, for a third of the time that the driver takes."""
    copy_each([(Target(table, columns, line), lambda: list(records))])


@dataclass(frozen=True, slots=True)
class Target:
    """Where rows go, and how one of them is written for COPY."""

    table: str
    columns: str
    line: Line | None = None


Job = tuple[Target, Callable[[], list[tuple[Any, ...]]]]


def copy_each(jobs: Sequence[Job]) -> None:
    """Rows into several tables in this order. What a table gets is made while the database still takes what the one before got."""
    jobs = _both_copies(jobs) if is_spread() else jobs
    ready = None
    for place, (target, made) in enumerate(jobs):
        held = ready if ready is not None else made()
        ready = None
        if not held:
            continue
        if len(held) <= FEW_ROWS:
            values = ", ".join([f"({', '.join(['%s'] * len(held[0]))})"] * len(held))
            into = f"insert into {target.table} ({target.columns}) values {values}"
            rows(into, [value for record in held for value in record])
            continue
        # Django wraps the errors of statements, not those of COPY: a database that goes away must look the same in both.
        wrapped = connection.wrap_database_errors
        into = f"copy {target.table} ({target.columns}) from stdin"
        with connection.cursor() as cursor, wrapped, cursor.copy(into) as stream:
            if target.line:
                stream.write("".join([target.line(*record) for record in held]))
            else:
                for record in held:
                    stream.write_row(record)
            if place + 1 < len(jobs):
                ready = jobs[place + 1][1]()


def _both_copies(jobs: Sequence[Job]) -> list[Job]:
    """Parts once more, for the copy that lies with the events."""
    found: list[Job] = []
    for target, made in jobs:
        if target.table != "part":
            found.append((target, made))
            continue
        once = cache(made)
        found += [(target, once), (replace(target, table="event_part"), once)]
    return found


_SPECIAL = re.compile(r"[\\\n\r\t]").search
_WRITTEN = str.maketrans({"\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"})


def _said(text: str | None) -> str:
    """A free text, or none, as COPY reads it."""
    if text is None:
        return _NULL
    return text.translate(_WRITTEN) if _SPECIAL(text) else text


def intern(wanted: Iterable[codes.Code]) -> dict[codes.Code, int]:
    """The number of every code, made where it is new. A short transaction of its own: an unused name is harmless.

    Raises ValueError where two different codes have one hash (then somebody found a BLAKE2b collision).
    """
    all_codes = set(wanted)
    products = {gtin: product_code_of(gtin) for gtin in {_product_gtin(code) for code in all_codes} if gtin}
    all_codes.update(products.values())
    by_key = {code.key_hex: code for code in all_codes}
    known = _known_names(by_key)
    numbers = {by_key[key]: number for key, (number, _) in known.items()}
    if missing := sorted(by_key.keys() - known.keys()):  # sorted: unsorted inserts of several writers deadlock
        with transaction.atomic():
            made = rows(_MAKE_NAMES_APART if is_spread() else _MAKE_NAMES, [_array(missing)])
            new = [(by_key[key], number) for key, number in made]
            numbers.update(new)
            if len(new) < len(missing):  # others were faster
                late = _known_names(by_key.keys() - known.keys() - {key for key, _ in made})
                numbers.update({by_key[key]: number for key, (number, _) in late.items()})
                known |= late
            of_gtin = {gtin: numbers[product] for gtin, product in products.items()}
            copy(_ITEM.table, _ITEM.columns, _item_rows(new, of_gtin), _ITEM.line)
    for key, (_, canonical) in known.items():
        if canonical != by_key[key].canonical:
            raise ValueError(f"{canonical} and {by_key[key].canonical} have the same hash")
    return numbers


_MAKE_NAMES = """insert into name (hash) select unnest(%s::uuid[]) on conflict (hash) do nothing
                 returning replace(hash::text, '-', ''), id"""
_MAKE_NAMES_APART = "select replace(hash::text, '-', ''), id from take_names(%s::uuid[])"


def _product_gtin(code: codes.Code) -> str | None:
    return code.parsed.get("gtin") if code.level in _OF_A_PRODUCT else None


def _known_names(keys: Iterable[str]) -> dict[str, tuple[int, str]]:
    found = rows(
        "select replace(hash::text, '-', ''), id, canonical from items_by_hash(%s::uuid[])",
        [_array(keys)],
    )
    return {key: (number, canonical) for key, number, canonical in found}


def _item_rows(new: Iterable[tuple[codes.Code, int]], of_gtin: Mapping[str, int]) -> Iterator[tuple[Any, ...]]:
    for code, number in new:
        gtin = _product_gtin(code)
        product, lot = (of_gtin[gtin], code.parsed.get("lot")) if gtin else (None, None)
        yield number, code.canonical, code.scheme, code.level, product, lot


def _item_line(number: int, canonical: str, scheme: str, level: int, product: int | None, lot: str | None) -> str:
    return "%d\t%s\t%s\t%d\t%s\t%s\n" % (  # noqa: UP031 - an f-string asks an enumeration how to write its number
        number,
        _said(canonical),
        scheme,
        level,
        _NULL if product is None else product,
        _said(lot),
    )


_ITEM = Target("item", "id, canonical, scheme, level, product, lot", _item_line)


def claims(hashes: Sequence[uuid.UUID]) -> dict[uuid.UUID, Claim]:
    """Which identities are taken, and by whom; digests as they are stored. What is committed stays so: an answer never becomes wrong,
    only short."""
    held = "seen_by_hash(%s::uuid[])" if is_spread() else "event_seen where hash = any(%s::uuid[])"
    found = rows(f"select hash, event, digest, version, organisation from {held}", [_uuid_array(hashes)])
    return {key: Claim(event, Digest(digest, version), owner) for key, event, digest, version, owner in found}


def in_normal_form(held: Mapping[uuid.UUID, Claim]) -> dict[uuid.UUID, Claim]:
    """The same claims with digests of today's normal form."""
    again = digests_again([one.event for one in held.values() if one.digest.version != DIGEST_VERSION])
    return {key: replace(one, digest=again.get(one.event, one.digest)) for key, one in held.items()}


def disputes(hashes: Sequence[uuid.UUID], *, hold: bool = True) -> dict[uuid.UUID, list[Claim]]:
    """Who disputes these identities already; digests of today's normal form. With `hold` nobody else can until this transaction ends:
    two with the same content at the same moment would both be kept."""
    if hold:  # in order of the hash: two that lock the same identities never wait for each other
        rows("select hold_seen(%s)", [list(hashes)])
    found = rows(
        "select hash, event, digest, version, organisation from event_disputed where hash = any(%s)", [list(hashes)]
    )
    again = digests_again([event for _, event, _, version, _ in found if version != DIGEST_VERSION])
    gathered: dict[uuid.UUID, list[Claim]] = {key: [] for key in hashes}
    for key, event, digest, version, owner in found:
        gathered[key].append(Claim(event, again.get(event, Digest(digest, version)), owner))
    return gathered


def digests_again(events: Sequence[int]) -> dict[int, Digest]:
    """The digests of stored events in today's normal form, from the bytes that were sent."""
    if not events:
        return {}
    found = rows("select event, body, context::text from event_body where event = any(%s)", [list(events)])
    return {event: digest_of(epcis.read_event(unpacked(body), full_context(own))) for event, body, own in found}


def full_context(own: str) -> dict[str, str]:
    """The prefixes that were in force for a stored event, from the JSON of those that its document declared."""
    declared: dict[str, str] = msgspec.json.decode(own)
    return epcis.STANDARD_CONTEXT | declared


def claim(organisation: int, wanted: Sequence[tuple[uuid.UUID, Digest]]) -> dict[uuid.UUID, int]:
    """Take identities, as (hash, digest): the new event number of each that was free. Waits for whoever is taking the same."""
    return _take("event_seen", "hash", organisation, wanted)


def dispute(organisation: int, wanted: Sequence[tuple[uuid.UUID, Digest]]) -> dict[uuid.UUID, int]:
    """Take identities, as (hash, digest), that another organisation holds with other content: their new event numbers."""
    return _take("event_disputed", "hash, organisation", organisation, wanted)


def _take(table: str, key: str, organisation: int, wanted: Sequence[tuple[uuid.UUID, Digest]]) -> dict[uuid.UUID, int]:
    ordered = sorted(wanted, key=_by_hash)
    hashes = _uuid_array([key for key, _ in ordered])
    digests = _uuid_array([digest.value for _, digest in ordered])
    versions = _array([str(digest.version) for _, digest in ordered])
    if table == "event_seen" and is_spread():
        taking = "select hash, event from take_seen(%s, %s::uuid[], %s::uuid[], %s::smallint[])"
        return dict(rows(taking, [organisation, hashes, digests, versions]))
    taken = rows(
        f"""insert into {table} (hash, event, digest, version, organisation)
            select hash, nextval('event_id'), digest, version, %s
            from unnest(%s::uuid[], %s::uuid[], %s::smallint[]) as w (hash, digest, version)
            on conflict ({key}) do nothing returning hash, event""",
        [organisation, hashes, digests, versions],
    )
    return dict(taken)


def _by_hash(one: tuple[uuid.UUID, Digest]) -> int:
    return one[0].int  # as the database orders them, without a call for each comparison


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
    leaves: list[str] = []

    def parties() -> list[tuple[Any, ...]]:
        # The last and smallest table: while the one before it is taken, the leaves are made too.
        leaves.extend(_leaf(one, by) for _, one in accepted)
        return list(_party_rows(accepted, numbers, by))

    copy_each(
        [
            (_EVENT, lambda: list(_event_rows(accepted, numbers, by))),
            (_BODY, lambda: list(_body_rows(accepted, by))),
            (_PART, lambda: list(_part_rows(accepted, numbers))),
            (_PARTY, parties),
        ]
    )
    _insert_declarations(accepted, by)
    rows(
        "insert into log_queue (events, leaves, capture) values (%s::bigint[], %s::bytea[], %s)",
        [_array([str(number) for number, _ in accepted]), _array(leaves), by.capture],
    )


def _array(values: Iterable[str]) -> str:
    """An array as PostgreSQL writes it, of texts that need no quotes, for a quarter of the driver's time."""
    return "{" + ",".join(values) + "}"


def _uuid_array(values: Sequence[uuid.UUID]) -> str:
    return _array([one.hex for one in values])


def _leaf(one: Projected, by: Recording) -> str:
    record = leaf_record(one.event_id, one.digest, by.organisation, by.capture, by.recorded_at, one.event.raw)
    return f'"\\\\x{leaf_hash(record).hex()}"'


def _event_rows(
    accepted: Sequence[tuple[int, Projected]], numbers: Mapping[codes.Code, int], by: Recording
) -> Iterator[tuple[Any, ...]]:
    recorded_at = by.recorded_at.isoformat()
    for number, one in accepted:
        event = one.event
        marks = event_marks(event)
        yield (
            number,
            one.hash.hex,
            KINDS[event.type],
            ACTIONS[event.action],
            event.event_time.isoformat(),
            event.event_time_zone_offset,
            recorded_at,
            event.biz_step,
            event.disposition,
            numbers[one.read_point] if one.read_point else None,
            numbers[one.biz_location] if one.biz_location else None,
            by.organisation,
            by.capture,
            _array(map(str, marks)) if marks else None,
        )


def _event_line(
    number: int,
    key: str,
    kind: int,
    action: int,
    at: str,
    zone: str,
    recorded_at: str,
    step: str | None,
    disposition: str | None,
    *others: Any,
) -> str:
    read_point, biz_location, organisation, capture, marks = others
    return "%d\t%s\t%d\t%d\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%d\t%d\t%s\n" % (  # noqa: UP031
        *(number, key, kind, action, at, zone, recorded_at, _said(step), _said(disposition)),
        *(_NULL if read_point is None else read_point, _NULL if biz_location is None else biz_location),
        *(organisation, capture, marks or _NULL),
    )


_EVENT = Target(
    "event",
    "id, hash, kind, action, happened_at, zone, recorded_at, step, disposition, read_point, biz_location, organisation, capture, marks",
    _event_line,
)


def _body_rows(accepted: Sequence[tuple[int, Projected]], by: Recording) -> Iterator[tuple[Any, ...]]:
    for number, one in accepted:
        yield (
            number,
            one.event_id,
            by.format,
            own_prefixes(one.event.context),
            packed(one.event.raw),
        )


def _body_line(number: int, event_id: str, form: str, own: str, body: bytes) -> str:
    return f"{number}\t{_said(event_id)}\t{form}\t{_said(own)}\t\\\\x{body.hex()}\n"


_BODY = Target("event_body", "event, event_id, format, context, body", _body_line)


def _party_rows(
    accepted: Sequence[tuple[int, Projected]], numbers: Mapping[codes.Code, int], by: Recording
) -> Iterator[tuple[int, int, PartyRole]]:
    for number, one in accepted:
        yield number, by.reporter, PartyRole.REPORTER
        for code, role in one.parties:
            yield number, numbers[code], role


def _party_line(number: int, party: int, role: int) -> str:
    return "%d\t%d\t%d\n" % (number, party, role)  # noqa: UP031


_PARTY = Target("event_party", "event, party, role", _party_line)


def _part_rows(
    accepted: Sequence[tuple[int, Projected]], numbers: Mapping[codes.Code, int]
) -> Iterator[tuple[Any, ...]]:
    for number, one in accepted:
        place = one.biz_location or one.read_point
        place_number = numbers[place] if place else None
        at = one.event.event_time.isoformat()
        for code, role, position, quantity, unit in one.parts:
            yield numbers[code], number, at, role, position, quantity, unit, place_number


def _part_line(
    item: int,
    event: int,
    at: str,
    role: int,
    position: int,
    quantity: Decimal | None,
    unit: str | None,
    place: int | None,
) -> str:
    return "%d\t%d\t%s\t%d\t%d\t%s\t%s\t%s\n" % (  # noqa: UP031
        *(item, event, at, role, position, _NULL if quantity is None else quantity),
        *(_said(unit), _NULL if place is None else place),
    )


_PART = Target("part", "item, event, at, role, position, quantity, unit, place", _part_line)


def _insert_declarations(accepted: Sequence[tuple[int, Projected]], by: Recording) -> None:
    """What error declarations say (EPCIS 2.0 §7.4.1.4). The sequencer joins each to its event, whichever came first."""
    for number, one in accepted:
        if said := one.event.error_declaration:
            about = [number, identity(one.event_id), by.organisation, *one.digest]
            rows(
                """insert into declaration (event, hash, organisation, digest, version, declared_at, reason, corrective)
                   values (%s, %s, %s, %s, %s, %s, %s, %s)""",
                [*about, said.declaration_time, said.reason, list(said.corrective_event_ids)],
            )
