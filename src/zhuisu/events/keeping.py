"""What of the events goes when the law lets it: their bodies, and the keys of their documents. Ids, rows, hashes and places in the log
stay, and a signed record says what went (docs/concepts/retention.md)."""

from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import astuple, dataclass, replace
from datetime import date, datetime
from hashlib import sha256
from typing import Any

from django.db import OperationalError, transaction
from psycopg.errors import LockNotAvailable
from psycopg.types.json import Jsonb

from zhuisu import epcis
from zhuisu.events import vault
from zhuisu.events.bodies import unpacked
from zhuisu.events.gone import COLUMNS, Record, message
from zhuisu.events.projection import digest_of
from zhuisu.events.proof import entries_of, entry_fault
from zhuisu.events.store import copy, full_context, is_spread, rows

STRIDE = 1 << 23  # event numbers of one part of event_body: some 4 GB, written anew in minutes
BATCH = 2_000  # events checked at a time before they go: a few MB of bodies
LOCK = 0x7A68_6B70  # advisory lock: "zhkp". One at a time lets go, orders to keep or lifts


class KeepingError(Exception):
    """Why nothing was let go."""


@transaction.atomic
def open_part(month: datetime) -> bool:
    """Housekeeping: there is always an empty part ahead, and what is recorded since this moment, the beginning of a month, goes into
    a part of its own. Returns whether a part was opened; where somebody reads the bodies for long it is tried again later."""
    if is_spread():
        return False
    ((used,),) = rows("select last_value from event_id")
    low, high = next((low, high) for _, low, high in _parts() if high is None or used < high)
    earliest = rows("select recorded_at from event where id >= %s order by id limit 1", [low or 0])
    jump = high is not None and bool(earliest) and earliest[0][0] < month
    if high is not None and not jump:
        return False
    return _unless_locked("select open_body_part(%s, %s)", [STRIDE, jump])


def _unless_locked(sql: str, values: Sequence[Any]) -> bool:
    """Run a statement that takes all bodies for itself. False where others read or write them too long."""
    try:
        with transaction.atomic():
            rows(sql, values)
    except OperationalError as wrong:
        if isinstance(wrong.__cause__, LockNotAvailable):
            return False
        raise
    return True


def _parts() -> list[tuple[str, int | None, int | None]]:
    """(table, first number, first number behind it) of the parts, in order; None: no bound."""
    return [(part, low, high) for part, low, high in rows("select * from body_parts() order by low nulls first")]


def one_at_a_time() -> None:
    """Wait for whoever lets go or orders to keep; until the transaction ends. Raises KeepingError where the tables lie on several
    machines: their bodies are in no parts (deploy/citus.sql)."""
    if is_spread():
        raise KeepingError("the event tables lie on several machines: nothing can be let go there")
    rows("select pg_advisory_xact_lock(%s)", [LOCK])


def let_go(
    month: date, name: str, events: Iterable[Sequence[int]], *, kept_until: date, by: str, at: datetime, old: datetime
) -> Record:
    """Let the bodies of these events (numbers in rising batches) of a month and class go, and the keys of documents of which nothing else
    is left; in the caller's transaction. Documents that brought more than events of their own keep their key unless received before `old`.

    Raises KeepingError where an event is not what the log says, where numbers of its part are still drawn, or where somebody reads the
    bodies so long that the swap gives up.
    """
    ((number,),) = rows("select nextval(pg_get_serial_sequence('retention_record', 'id'))")
    rows("create temp table going (event bigint primary key, hash bytea not null, said jsonb not null) on commit drop")
    leaves, count = sha256(), 0
    for batch in events:
        checked = _checked(batch)
        leaves.update(b"".join(bytes(row[2]) for row in checked))
        count += len(checked)
        copy("going", "event, hash, said", [_left(number, row) for row in checked])
    rows("analyze going")
    documents = _forget_documents(old)
    one = Record(number, month, name, count, documents, kept_until, leaves.digest(), by, at)
    one = replace(one, signature=vault.sign_head(message(one)))
    values = ", ".join(["%s"] * len(astuple(one)))
    rows(f"insert into retention_record ({COLUMNS}) overriding system value values ({values})", astuple(one))
    parts = _parts_going()
    for part in parts:
        rows("select write_body_part(%s)", [part])
    if not _unless_locked("select swap_body_parts(%s)", [parts]):
        raise KeepingError("somebody reads the bodies for minutes, such as a backup: try again later")
    rows("drop table going")
    return one


def _parts_going() -> list[str]:
    """The parts in which what goes lies."""
    ((used,),) = rows("select last_value from event_id")
    found = []
    for part, low, high in _parts():
        if not rows(
            "select 1 from going where event >= coalesce(%s, event) and event < coalesce(%s, event + 1) limit 1",
            [low, high],
        ):
            continue
        if high is None or used < high:
            raise KeepingError(
                "events of this month stand among the newest; they can go once a later month has begun and the worker ran"
            )
        found.append(part)
    return found


def _checked(events: Sequence[int]) -> list[tuple[Any, ...]]:
    """The entries of events that are what the log says."""
    found = entries_of(events)
    for row in found:
        if fault := entry_fault(row):
            raise KeepingError(f"event {row[1]} is evidence of a fault and stays: {fault}")
    return found


def _left(record: int, row: tuple[Any, ...]) -> tuple[int, bytes, Jsonb]:
    """What stays in place of an event's body: the SHA-256 of its bytes, and in the place of its prefixes the number of the record and the
    digest of what it said, by which the same in other bytes is still known as such."""
    raw = unpacked(row[9])
    said: dict[str, Any] = {"record": record}
    with suppress(epcis.DocumentError):  # of a form that is no longer read nothing more can be said
        value, version = digest_of(epcis.read_event(raw, full_context(row[8])))
        said |= {"digest": value, "version": version}
    return row[1], sha256(raw).digest(), Jsonb(said)


def _forget_documents(old: datetime) -> int:
    """Destroy the keys of documents whose own events are all gone. How many."""
    ((first, last),) = rows("select min(capture), max(capture) from event where id in (select event from going)")
    forgotten = rows(
        """with kept as materialized (
             select e.capture from event e join event_body b on b.event = e.id
             where b.format <> 'gone' and e.id not in (select event from going))
           delete from capture_key k using capture c, capture_result r
           where c.id = k.capture and r.capture = k.capture and c.id not in (select capture from kept)
             and (c.received_at < %s or (c.id between %s and %s and r.duplicate + r.conflict + r.refused = 0 and r.accepted > 0))
           returning k.capture""",
        [old, first, last],
    )
    return len(forgotten)


@dataclass(frozen=True, slots=True)
class Hold:
    """An order to keep: what names a thing (canonical code), what was recorded in a month, or where neither is said all there is."""

    number: int
    code: str | None
    month: date | None
    reason: str
    by: str
    placed_at: datetime


def holds() -> list[Hold]:
    """The orders to keep that stand, the oldest first."""
    found = rows(
        """select h.id, i.canonical, h.month, h.reason, h.by, h.placed_at from retention_hold h left join item i on i.id = h.item
           where h.lifted_at is null order by h.id"""
    )
    return [Hold(*row) for row in found]


@transaction.atomic
def hold(item: int | None, month: date | None, reason: str, *, by: str, at: datetime) -> int:
    """Order to keep what names the item, what was recorded in the month (its first day), or with neither all. Its number."""
    one_at_a_time()
    ((number,),) = rows(
        "insert into retention_hold (item, month, reason, by, placed_at) values (%s, %s, %s, %s, %s) returning id",
        [item, month, reason, by, at],
    )
    return int(number)


@transaction.atomic
def lift(number: int, *, by: str, at: datetime) -> bool:
    """Lift an order to keep. False where there is none of this number that stands."""
    one_at_a_time()
    lifted = rows(
        "update retention_hold set lifted_by = %s, lifted_at = %s where id = %s and lifted_at is null returning id",
        [by, at, number],
    )
    return bool(lifted)
