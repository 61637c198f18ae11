"""Sheets that wait to be recorded: a part at a time, by the worker. Killed between two parts it goes on; nothing is recorded twice."""

import logging
import zlib
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
from django.db import InterfaceError, OperationalError, connection

from zhuisu.accounts.services import record as note
from zhuisu.events.services import receive
from zhuisu.workspace.models import Sheet
from zhuisu.workspace.records import writing

log = logging.getLogger(__name__)

LOCK = 0x7A68_7368  # advisory lock: "zhsh"
PART_LIMIT = (
    500  # rows recorded at once: under a second, so that whoever stops a sheet waits no longer, nor do other captures
)


class Prepared(msgspec.Struct):
    """The events of a sheet's good rows, and where each row stands: the sheet's name, its row as Excel counts."""

    events: list[msgspec.Raw]
    places: list[tuple[str, int]]

    def packed(self) -> bytes:
        """As it is kept until it is recorded."""
        return zlib.compress(msgspec.json.encode(self), 1)


def prepared(events: Sequence[dict[str, Any]], places: Sequence[tuple[str, int]]) -> bytes:
    """Events ready to be recorded, packed. `places`: sheet and row, from 0."""
    held = [(name, row + 1) for name, row in places]
    return Prepared([msgspec.Raw(writing.encode(each)) for each in events], held).packed()


def unpacked(held: Sheet) -> Prepared:
    """The events of a sheet that is not recorded to its end."""
    return msgspec.json.decode(zlib.decompress(bytes(held.prepared)), type=Prepared)


def enqueue(held: Sheet, *, by: str, at: datetime) -> bool:
    """Let the worker record the good rows of a sheet. False where somebody decided on it already."""
    taken = Sheet.objects.filter(pk=held.pk, state=Sheet.State.OPEN).update(
        state=Sheet.State.QUEUED, decided_at=at, content=b""
    )
    if taken:
        step = f"{held.sector}.{held.step}"
        note(
            "sheet.record", by=by, at=at, organisation=held.organisation, target=str(held.pk), rows=held.good, step=step
        )
    return bool(taken)


def stop(held: Sheet, *, by: str, at: datetime) -> bool:
    """Record no more of a sheet; what is recorded stays. False where there was nothing left to stop."""
    taken = Sheet.objects.filter(pk=held.pk, state=Sheet.State.QUEUED).update(state=Sheet.State.STOPPED, prepared=b"")
    if taken:
        note("sheet.stop", by=by, at=at, organisation=held.organisation, target=str(held.pk))
    return bool(taken)


def record_next(at: datetime) -> bool:
    """Record a part of the sheet that waits longest. False where none waits, or another worker is at it.

    A fault ends that sheet alone, with its state; a database that is away is left to the caller.
    """
    held = Sheet.objects.filter(state=Sheet.State.QUEUED).order_by("decided_at", "pk").first()
    if held is None or not _lock("pg_try_advisory_lock"):
        return False
    try:
        held.refresh_from_db()  # it may have moved on while the lock was another's
        if held.state == Sheet.State.QUEUED:
            _record(held, at)
    except (OperationalError, InterfaceError):
        raise  # the database is away: the sheet waits, nothing is lost
    except Exception:
        log.exception("sheet %s cannot be recorded", held.pk)
        _end(held, Sheet.State.FAILED, at)
    finally:
        if connection.is_usable():
            _lock("pg_advisory_unlock")
    return True


def _record(held: Sheet, at: datetime) -> None:
    """One part. The events keep their ids, so a part that was stored when the worker died is only found to be here."""
    events = unpacked(held).events
    part = events[held.sent : held.sent + PART_LIMIT]
    if part:
        receipt = receive(
            writing.document(part), media_type=writing.MEDIA_TYPE, organisation=held.organisation_id, by=held.by, at=at,
            behaviour="proceed",
        )  # fmt: skip
        held.sent, held.captures = held.sent + len(part), [*held.captures, receipt.token]
        held.save(update_fields=["sent", "captures"])
    if held.sent >= len(events):
        _end(held, Sheet.State.DONE, at)


def _end(held: Sheet, state: Sheet.State, at: datetime) -> None:
    if Sheet.objects.filter(pk=held.pk, state=Sheet.State.QUEUED).update(state=state, prepared=b""):
        target, rows = str(held.pk), held.sent
        note(f"sheet.{state}", by="system:worker", at=at, organisation=held.organisation, target=target, rows=rows)


def _lock(function: str) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(f"select {function}(%s)", [LOCK])
        return bool(cursor.fetchone()[0])
