"""What can be read of the core. Nouns; every one that shows events takes a Scope, and sees only what the log has published."""

import sys
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

import msgspec

from zhuisu import codes
from zhuisu.events import apart
from zhuisu.events.bodies import unpacked
from zhuisu.events.projection import identity
from zhuisu.events.scope import Scope
from zhuisu.events.store import is_spread, rows
from zhuisu.events.vocabulary import Action, Kind, PartyRole, Role

EPC_ROLES = (
    Role.OBSERVED,
    Role.COMMISSIONED,
    Role.DECOMMISSIONED,
    Role.PACKED,
    Role.UNPACKED,
    Role.SEEN_INSIDE,
    Role.FITTED,
    Role.UNFITTED,
    Role.SEEN_FITTED,
)
ANY_ROLES = tuple(role for role in Role if role not in (Role.SAME, Role.LOT_MEMBER, Role.LOT_OF))
CLASS_LEVELS = (codes.Level.CLASS, codes.Level.LOT)


@dataclass(frozen=True, slots=True)
class Item:
    """A thing as the core knows it. `product` is the item of its class (GTIN)."""

    id: int
    canonical: str
    scheme: str
    level: int
    product: int | None
    lot: str | None


def item_by_code(code: codes.Code) -> Item | None:
    """The item of a code, or None where no event and no document ever named it."""
    found = rows(
        """select id, canonical, scheme, level, product, lot from items_by_hash(array[%s::uuid]) where canonical = %s""",
        [code.key, code.canonical],
    )
    return Item(*found[0]) if found else None


def items(ids: Iterable[int]) -> dict[int, Item]:
    """Items by number."""
    found = rows("select id, canonical, scheme, level, product, lot from item where id = any(%s)", [list(set(ids))])
    return {row[0]: Item(*row) for row in found}


@dataclass(frozen=True, slots=True)
class Happening:
    """One event from the side of one item. Times are aware, UTC; `zone` is the offset as sent."""

    item: int
    event: int
    event_id: str
    kind: Kind
    action: Action
    at: datetime
    zone: str
    step: str | None
    disposition: str | None
    role: Role
    read_point: str | None  # canonical code
    biz_location: str | None
    quantity: Decimal | None
    unit: str | None
    voided: bool
    disputed: bool
    organisation: int
    parties: tuple[tuple[str, PartyRole], ...]  # canonical code, role


def history(
    scope: Scope, item_ids: Sequence[int], *, position: int | None = None, limit: int = 1_000
) -> list[Happening]:
    """What happened to these items, oldest first, at most `limit`; up to a log position, by default the head."""
    condition, parameters = scope.condition("e")
    if is_spread():
        found = apart.history((condition, parameters), item_ids, _position(position), limit)
        return _happenings(found)
    found = rows(
        f"""select p.item, e.id, b.event_id, e.kind, e.action, e.happened_at, e.zone, e.step, e.disposition, p.role,
                   rp.canonical, bl.canonical, p.quantity, p.unit,
                   exists (select 1 from void v join log_entry vl on vl.event = v.declared_by
                           where v.event = e.id and vl.position <= %s),
                   exists (select 1 from event_disputed d join log_entry dl on dl.event = d.event
                           where d.hash = e.hash and dl.position <= %s), e.organisation
            from part p join event e on e.id = p.event join event_body b on b.event = e.id
            join log_entry l on l.event = e.id and l.position <= %s
            left join item rp on rp.id = e.read_point left join item bl on bl.id = e.biz_location
            where p.item = any(%s) and p.role not in (%s, %s, %s) and {condition}
            order by e.happened_at, l.position, p.position limit %s""",
        [*[_position(position)] * 3, list(item_ids), Role.SAME, Role.LOT_MEMBER, Role.LOT_OF, *parameters, limit],
    )
    return _happenings(found)


def _happenings(found: Sequence[tuple[Any, ...]]) -> list[Happening]:
    parties = parties_of({row[1] for row in found})
    return [
        Happening(
            *[*row[:3], Kind(row[3]), Action(row[4]), *row[5:9], Role(row[9]), *row[10:], parties.get(row[1], ())]
        )
        for row in found
    ]


def parties_of(events: Iterable[int]) -> dict[int, tuple[tuple[str, PartyRole], ...]]:
    """Who had a part in each event, as what."""
    gathered: dict[int, list[tuple[str, PartyRole]]] = defaultdict(list)
    if is_spread():
        found: list[tuple[Any, ...]] = list(apart.parties(list(events)))
    else:
        found = rows(
            """select p.event, i.canonical, p.role from event_party p join item i on i.id = p.party
               where p.event = any(%s) order by p.event, p.role, i.canonical""",
            [list(events)],
        )
    for event, canonical, role in found:
        gathered[event].append((canonical, PartyRole(role)))
    return {event: tuple(found) for event, found in gathered.items()}


@dataclass(frozen=True, slots=True)
class Job:
    """A capture as its sender may ask for it. finished_at is None while it runs."""

    token: str
    organisation: int
    by: str
    received_at: datetime
    behaviour: str
    media_type: str
    size: int
    finished_at: datetime | None
    success: bool | None
    accepted: int | None
    duplicate: int | None
    conflict: int | None
    refused: int | None
    verdicts: list[dict[str, Any]] | None  # see verdicts.verdict_rows; of one that runs, so far
    id: int
    sha256: bytes
    pieces: int  # 0: a document that was read in one go
    omitted: int  # verdicts beyond those kept


_JOB = """select c.token, c.organisation, c.by, c.received_at, c.behaviour, c.media_type, c.size,
                 r.finished_at, coalesce(r.success, (p.counts->>'conflict' is null and p.counts->>'refused' is null)),
                 coalesce(r.accepted, (p.counts->>'accepted')::int), coalesce(r.duplicate, (p.counts->>'duplicate')::int),
                 coalesce(r.conflict, (p.counts->>'conflict')::int), coalesce(r.refused, (p.counts->>'refused')::int),
                 coalesce(r.verdicts, p.kept)::text, c.id, c.sha256, c.pieces, coalesce(r.omitted, p.omitted, 0)
          from capture c left join capture_result r on r.capture = c.id left join capture_progress p on p.capture = c.id"""


def capture_job(scope: Scope, token: str) -> Job | None:
    """One capture by its captureID, if the caller's organisation sent it (or answers for those that did)."""
    condition, parameters = _capture_condition(scope)
    found = rows(f"{_JOB} where c.token = %s and {condition}", [token, *parameters])
    return _job(found[0]) if found else None


def capture_jobs(
    scope: Scope, *, before: int | None = None, limit: int = 30, search: str = "", outcome: str = ""
) -> list[Job]:
    """Captures, newest first. `before` is the id of the last one seen; `outcome` one of running, success, failed."""
    condition, parameters = _capture_condition(scope)
    outcomes = {
        "": "true",
        "running": "r.capture is null",
        "success": "r.success",
        "failed": "not r.success",
    }
    return [
        _job(row)
        for row in rows(
            f"""{_JOB} where (%s::bigint is null or c.id < %s) and {condition} and {outcomes[outcome]}
                and (%s = '' or c.token = %s or strpos(c.by, %s) > 0) order by c.id desc limit %s""",
            [before, before, *parameters, search, search, search, limit],
        )
    ]


def _job(row: tuple[Any, ...]) -> Job:
    verdicts = msgspec.json.decode(row[13]) if row[13] is not None else None
    return Job(*[*row[:13], verdicts, row[14], bytes(row[15]), *row[16:]])


def _capture_condition(scope: Scope) -> tuple[str, list[Any]]:
    """Counterparties see events, never each other's documents."""
    if scope.kind == "all":
        return "true", []
    if scope.kind == "organisation":
        return "c.organisation = %s", [scope.organisation]
    if scope.kind == "region" and scope.region:
        return "c.organisation in (select id from accounts_organisation where starts_with(region, %s))", [scope.region]
    return "false", []


@dataclass(frozen=True, slots=True)
class StoredEvent:
    """An event as it was sent, with what the platform added. `position` orders and pages."""

    event_id: str
    body: bytes
    format: str  # json or xml
    context: dict[str, str]  # prefixes that its document declared
    recorded_at: datetime
    position: int
    disputed: bool


STORED = """select b.event_id, b.body, b.format, b.context::text, e.recorded_at, l.position,
                    exists (select 1 from event_disputed d join log_entry dl on dl.event = d.event where d.hash = e.hash)
             from event e join event_body b on b.event = e.id and b.format <> 'gone' join log_entry l on l.event = e.id"""


def events_by_ids(scope: Scope, event_ids: Iterable[str], *, limit: int) -> list[StoredEvent]:
    """All events under these ids, as event_by_id, in log order."""
    condition, parameters = scope.condition("e")
    return _stored([_under(event_ids), (condition, parameters)], limit)


def event_by_id(scope: Scope, event_id: str) -> list[StoredEvent]:
    """All events under one id: the event, those that dispute it, and its error declarations, in log order."""
    condition, parameters = scope.condition("e")
    return _stored([_under([event_id]), ("b.event_id = %s", [event_id]), (condition, parameters)], None)


@dataclass(frozen=True, slots=True)
class Gone:
    """An event whose body was let go (events.keeping): by which retention record, and when."""

    record: int
    at: datetime


def gone(scope: Scope, event_id: str) -> Gone | None:
    """What became of the body of the event with this id where it went. Asked where event_by_id finds nothing. On several machines
    nothing is let go, and of what went before the tables were spread this says nothing."""
    if is_spread():
        return None
    condition, parameters = scope.condition("e")
    under, values = _under([event_id])
    found = rows(
        f"""select r.id, r.at from event e join event_body b on b.event = e.id and b.format = 'gone'
            join retention_record r on r.id = (b.context->>'record')::bigint
            where {under} and b.event_id = %s and {condition} order by r.id desc limit 1""",
        [*values, event_id, *parameters],
    )
    return Gone(*found[0]) if found else None


def _under(event_ids: Iterable[str]) -> tuple[str, list[Any]]:
    """SQL over event e, and its values: the events under these ids, what disputes them, and their declarations."""
    keys = [identity(text) for text in event_ids]
    return (
        """e.id in (select event from event_seen where hash = any(%s)
                    union all select event from event_disputed where hash = any(%s)
                    union all select event from declaration where hash = any(%s))""",
        [keys, keys, keys],
    )


def _stored(clauses: apart.Clauses, limit: int | None) -> list[StoredEvent]:
    """The few published events that satisfy all clauses, in log order."""
    if is_spread():
        found = apart.stored(apart.numbers(clauses, "l.position", limit or sys.maxsize, narrowed=True))
        return [stored_of(row[2:]) for row in found]
    where = " and ".join(sql for sql, _ in clauses)
    values = [value for _, each in clauses for value in each]
    return [stored_of(row) for row in rows(f"{STORED} where {where} order by l.position limit %s", [*values, limit])]


def numbers_of(scope: Scope, event_ids: Iterable[str]) -> list[int]:
    """The numbers (as in Happening) of the events under these ids, of those that dispute them too; declarations are not events."""
    condition, parameters = scope.condition("e")
    keys = [identity(text) for text in event_ids]
    found = rows(
        f"""select e.id from event e where e.id in (
              select event from event_seen where hash = any(%s)
              union all select event from event_disputed where hash = any(%s)) and {condition} order by e.id""",
        [keys, keys, *parameters],
    )
    return [number for (number,) in found]


def captured(scope: Scope, token: str, *, limit: int) -> list[tuple[int, str, int | None]]:
    """(number, id, position in the log or None while unpublished) of the events that one capture brought, by number; not those
    that were here before it, nor declarations."""
    condition, parameters = scope.condition("e")
    found = rows(
        f"""select e.id, b.event_id, l.position from event e join event_body b on b.event = e.id
            left join log_entry l on l.event = e.id
            where e.capture = (select id from capture where token = %s) and {condition} order by e.id limit %s""",
        [token, *parameters, limit],
    )
    return [(number, event_id, position) for number, event_id, position in found]


def stored_of(row: tuple[Any, ...]) -> StoredEvent:
    """A row of STORED."""
    return StoredEvent(row[0], unpacked(row[1]), row[2], msgspec.json.decode(row[3]), *row[4:])


def documents_held() -> int:
    """How many documents were captured."""
    return int(rows("select count(*) from capture")[0][0])


def head() -> int:
    """The last published position of the log."""
    return int(rows("select coalesce(max(size), 0) from log_head")[0][0])


def head_at(at: datetime) -> int:
    """The last position that was published by then: what "as known at" means."""
    return int(rows("select coalesce(max(size), 0) from log_head where published_at <= %s", [at])[0][0])


def _position(position: int | None) -> int:
    return head() if position is None else position
