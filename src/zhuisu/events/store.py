"""The hand-written SQL that writes the event tables. Callers hold the transaction; nothing here updates or deletes evidence."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from functools import cache
from hashlib import sha256
from typing import Any

import msgspec
from django.db import IntegrityError, connection, transaction
from psycopg import Copy

from zhuisu import codes, epcis
from zhuisu.events import lines
from zhuisu.events.arrays import bound, byteas, uuids
from zhuisu.events.bodies import unpacked
from zhuisu.events.lines import Accepted, Numbers, Recording
from zhuisu.events.merkle import LEAF_OCTETS, leaf_hash
from zhuisu.events.projection import (
    DIGEST_VERSION,
    Digest,
    Projected,
    digest_of,
    identity,
    leaf_record,
    product_code_of,
)

FEW_ROWS = 8  # up to here one INSERT is quicker than the three trips of a COPY
FEW_NEW = (
    100  # names or identities: up to here one INSERT that passes over those of others is as quick as numbers and a COPY
)
GONE = "gone"  # event_body.format of an event whose bytes were let go (events.keeping)


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


def copy(table: str, columns: str, records: Iterable[tuple[Any, ...]]) -> None:
    """Rows into a table, inside the open transaction: by COPY, or, where they are few, by one statement in one trip."""
    held = list(records)
    if 0 < len(held) <= FEW_ROWS:
        _insert(table, columns, held)
    elif held:
        with _stream(table, columns) as stream:
            for record in held:
                stream.write_row(record)


Job = tuple[str, str, Callable[[], list[str]]]  # table, columns, and what makes its lines


def copy_each(jobs: Sequence[Job]) -> None:
    """Lines into several tables in this order. What a table gets is made while the database still takes what the one before got."""
    jobs = _both_copies(jobs) if is_spread() else jobs
    ready = None
    for place, (table, columns, made) in enumerate(jobs):
        held = ready if ready is not None else made()
        ready = None
        if 0 < len(held) <= FEW_ROWS:
            _insert(table, columns, [lines.values(line) for line in held])
        elif held:
            with _stream(table, columns) as stream:
                stream.write("\n".join(held) + "\n")
                if place + 1 < len(jobs):
                    ready = jobs[place + 1][2]()


def _insert(table: str, columns: str, records: Sequence[Sequence[Any]]) -> None:
    values = ", ".join([f"({', '.join(['%s'] * len(records[0]))})"] * len(records))
    rows(f"insert into {table} ({columns}) values {values}", [value for record in records for value in record])


@contextmanager
def _stream(table: str, columns: str) -> Iterator[Copy]:
    # Django wraps the errors of statements, not those of COPY: a database that goes away must look the same in both.
    wrapped, into = connection.wrap_database_errors, f"copy {table} ({columns}) from stdin"
    with connection.cursor() as cursor, wrapped, cursor.copy(into) as stream:
        yield stream


def _both_copies(jobs: Sequence[Job]) -> list[Job]:
    """Parts once more, for the copy that lies with the events."""
    found: list[Job] = []
    for table, columns, made in jobs:
        once = cache(made)
        found.append((table, columns, once))
        if table == "part":
            found.append(("event_part", columns, once))
    return found


def intern(wanted: Iterable[codes.Code]) -> dict[str, int]:
    """The number of every code, by its canonical text; made where it is new. A short transaction of its own: an unused name is harmless.

    Raises ValueError where two different codes have one hash (then somebody found a BLAKE2b collision).
    """
    by_text = {code.canonical: code for code in wanted}
    products = {gtin: product_code_of(gtin) for gtin in {lines.gtin_of(code) for code in by_text.values()} if gtin}
    by_text.update({code.canonical: code for code in products.values()})
    by_key = {code.key_hex: code for code in by_text.values()}
    known = _known_names(by_key)
    numbers = {by_key[key].canonical: number for key, (number, _) in known.items()}
    if missing := {key: code for key, code in by_key.items() if key not in known}:
        try:
            made, late = _name(missing, products, numbers, alone=len(missing) > FEW_NEW and not is_spread())
        except IntegrityError:  # somebody names the same things now
            made, late = _name(missing, products, numbers, alone=False)
        numbers |= made
        known |= late
    for key, (_, canonical) in known.items():
        if canonical != by_key[key].canonical:
            raise ValueError(f"{canonical} and {by_key[key].canonical} have the same hash")
    return numbers


Known = dict[str, tuple[int, str]]  # number and canonical text, by the hash


@transaction.atomic
def _name(
    missing: Mapping[str, codes.Code], products: Mapping[str, codes.Code], held: Numbers, *, alone: bool
) -> tuple[dict[str, int], Known]:
    """Number codes by their hashes: the numbers by their texts, and what others named meanwhile. `alone`: for half the time, but raises
    IntegrityError where anybody did."""
    if alone:
        made = _numbered(list(missing))
    else:  # sorted: unsorted inserts of several writers deadlock
        made = rows(_MAKE_NAMES_APART if is_spread() else _MAKE_NAMES, [lines.array(sorted(missing))])
    new = [(missing[key], number) for key, number in made]
    late = _known_names(missing.keys() - {key for key, _ in made}) if len(new) < len(missing) else {}
    numbers = {code.canonical: number for code, number in new}
    numbers |= {missing[key].canonical: number for key, (number, _) in late.items()}
    of_gtin = {gtin: numbers.get(text := code.canonical) or held[text] for gtin, code in products.items()}
    copy_each([("item", lines.ITEM, lambda: lines.item_lines(new, of_gtin))])
    return numbers, late


def _numbered(keys: Sequence[str]) -> list[tuple[str, int]]:
    """Names for these hashes, numbered in their order; what a document names together then lies together."""
    numbers = _next("item_id", len(keys))
    with _stream("name", "hash, id") as stream:
        stream.write("".join(sorted([f"{key}\t{number}\n" for key, number in zip(keys, numbers, strict=True)])))
    return list(zip(keys, map(int, numbers), strict=True))


def _next(sequence: str, many: int) -> list[str]:
    """The next numbers, as they stand in a line. Whoever does not use them leaves a gap."""
    ((taken,),) = rows("select array_agg(nextval(%s))::text from generate_series(1, %s)", [sequence, many])
    return str(taken)[1:-1].split(",")


_MAKE_NAMES = """insert into name (hash) select unnest(%s::uuid[]) on conflict (hash) do nothing
                 returning replace(hash::text, '-', ''), id"""
_MAKE_NAMES_APART = "select replace(hash::text, '-', ''), id from take_names(%s::uuid[])"


def _known_names(keys: Iterable[str]) -> Known:
    found = bound(
        "select replace(hash::text, '-', ''), id, canonical from items_by_hash(%s::uuid[])", [uuids(sorted(keys))]
    )
    return {key: (number, canonical) for key, number, canonical in found}


_CLAIM = "replace(hash::text, '-', ''), event, replace(digest::text, '-', ''), version, organisation"


def claims(hashes: Sequence[str]) -> dict[str, Claim]:
    """Which identities are taken, and by whom; digests as they are stored. What is committed stays so: an answer never becomes wrong,
    only short."""
    held = "seen_by_hash(%s::uuid[])" if is_spread() else "event_seen where hash = any(%s::uuid[])"
    found = bound(f"select {_CLAIM} from {held}", [uuids(hashes)])
    return {key: Claim(event, Digest(digest, version), owner) for key, event, digest, version, owner in found}


def in_normal_form(held: Mapping[str, Claim]) -> dict[str, Claim]:
    """The same claims with digests of today's normal form."""
    again = digests_again([one.event for one in held.values() if one.digest.version != DIGEST_VERSION])
    return {key: replace(one, digest=again.get(one.event, one.digest)) for key, one in held.items()}


def disputes(hashes: Sequence[str], *, hold: bool = True) -> dict[str, list[Claim]]:
    """Who disputes these identities already; digests of today's normal form. With `hold` nobody else can until this transaction ends:
    two with the same content at the same moment would both be kept."""
    if hold:  # in order of the hash: two that lock the same identities never wait for each other
        rows("select hold_seen(%s::uuid[])", [lines.array(hashes)])
    found = rows(f"select {_CLAIM} from event_disputed where hash = any(%s::uuid[])", [lines.array(hashes)])
    again = digests_again([event for _, event, _, version, _ in found if version != DIGEST_VERSION])
    gathered: dict[str, list[Claim]] = {key: [] for key in hashes}
    for key, event, digest, version, owner in found:
        gathered[key].append(Claim(event, again.get(event, Digest(digest, version)), owner))
    return gathered


def digests_again(events: Sequence[int]) -> dict[int, Digest]:
    """The digests of stored events in today's normal form, from the bytes that were sent. Of an event whose bytes were let go the one
    that was made then; none where it is of another form."""
    if not events:
        return {}
    found = rows("select event, format, body, context::text from event_body where event = any(%s)", [list(events)])
    again = {}
    for event, form, body, own in found:
        if form != GONE:
            again[event] = digest_of(epcis.read_event(unpacked(body), full_context(own)))
        elif (said := msgspec.json.decode(own)).get("version") == DIGEST_VERSION:
            again[event] = Digest(said["digest"], DIGEST_VERSION)
    return again


def full_context(own: str) -> dict[str, str]:
    """The prefixes that were in force for a stored event, from the JSON of those that its document declared."""
    declared: dict[str, str] = msgspec.json.decode(own)
    return epcis.STANDARD_CONTEXT | declared


def claim(organisation: int, wanted: Sequence[tuple[str, Digest]]) -> dict[str, int]:
    """Take identities, as (hash, digest): the new event number of each that was free. Waits for whoever is taking the same."""
    if len(wanted) > FEW_NEW and not is_spread():
        with suppress(IntegrityError):  # somebody else took one of them meanwhile: then each is asked for
            return _take_all(organisation, wanted)
    return _take("event_seen", "hash", organisation, wanted)


@transaction.atomic
def _take_all(organisation: int, wanted: Sequence[tuple[str, Digest]]) -> dict[str, int]:
    """Take identities in a savepoint, numbered in their order: the rows of a document are then appended, not sorted in. Raises
    IntegrityError where one is not free."""
    numbers = _next("event_id", len(wanted))
    with _stream("event_seen", "hash, event, digest, version, organisation") as stream:
        made = [
            f"{key}\t{number}\t{value}\t{version}\t{organisation}\n"
            for (key, (value, version)), number in zip(wanted, numbers, strict=True)
        ]
        stream.write("".join(sorted(made)))
    return {key: int(number) for (key, _), number in zip(wanted, numbers, strict=True)}


def dispute(organisation: int, wanted: Sequence[tuple[str, Digest]]) -> dict[str, int]:
    """Take identities, as (hash, digest), that another organisation holds with other content: their new event numbers."""
    return _take("event_disputed", "hash, organisation", organisation, wanted)


def _take(table: str, key: str, organisation: int, wanted: Sequence[tuple[str, Digest]]) -> dict[str, int]:
    ordered = sorted(wanted)
    hashes = lines.array([key for key, _ in ordered])
    digests = lines.array([digest.value for _, digest in ordered])
    versions = lines.array([str(digest.version) for _, digest in ordered])
    if table == "event_seen" and is_spread():
        taking = "select replace(hash::text, '-', ''), event from take_seen(%s, %s::uuid[], %s::uuid[], %s::smallint[])"
        return dict(rows(taking, [organisation, hashes, digests, versions]))
    taken = rows(
        f"""insert into {table} (hash, event, digest, version, organisation)
            select hash, nextval('event_id'), digest, version, %s
            from unnest(%s::uuid[], %s::uuid[], %s::smallint[]) as w (hash, digest, version)
            on conflict ({key}) do nothing returning replace(hash::text, '-', ''), event""",
        [organisation, hashes, digests, versions],
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


def insert_events(accepted: Accepted, numbers: Numbers, by: Recording) -> None:
    """All rows of the accepted events, and their place in the queue for the log."""
    leaves: list[bytes] = []

    def parties() -> list[str]:
        # The last and smallest table: while the one before it is taken, the leaves are made too.
        leaves.extend(_leaf(one, by) for _, one in accepted)
        return lines.party_lines(accepted, numbers, by)

    copy_each(
        [
            ("event", lines.EVENT, lambda: lines.event_lines(accepted, numbers, by)),
            ("event_body", lines.BODY, lambda: lines.body_lines(accepted, by)),
            ("part", lines.PART, lambda: lines.part_lines(accepted, numbers)),
            ("event_party", lines.PARTY, parties),
        ]
    )
    _insert_declarations(accepted, by)
    bound(
        "insert into log_queue (events, leaves, capture) values (%s::bigint[], %s::bytea[], %s)",
        [lines.array([str(number) for number, _ in accepted]), byteas(leaves, LEAF_OCTETS), by.capture],
    )


def _leaf(one: Projected, by: Recording) -> bytes:
    told = sha256(one.event.raw).digest()
    record = leaf_record(one.event_id, one.digest, by.organisation, by.capture, by.recorded_at, told)
    return leaf_hash(record)


def _insert_declarations(accepted: Accepted, by: Recording) -> None:
    """What error declarations say (EPCIS 2.0 §7.4.1.4). The sequencer joins each to its event, whichever came first."""
    for number, one in accepted:
        if said := one.event.error_declaration:
            about = [number, identity(one.event_id), by.organisation, *one.digest]
            rows(
                """insert into declaration (event, hash, organisation, digest, version, declared_at, reason, corrective)
                   values (%s, %s, %s, %s, %s, %s, %s, %s)""",
                [*about, said.declaration_time, said.reason, list(said.corrective_event_ids)],
            )
