"""How a document of ordinary size ends: it is read, decided inside the open transaction, and what became of it is written down."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from psycopg.types.json import Jsonb

from zhuisu import epcis
from zhuisu.events.deciding import Batch, decide, projections
from zhuisu.events.projection import Projected
from zhuisu.events.store import copy, rows
from zhuisu.events.verdicts import (
    BAD,
    VERDICTS,
    Behaviour,
    Receipt,
    Verdict,
    counts_of,
    kept,
    reason_row,
    set_aside,
    settled,
    verdict_rows,
)
from zhuisu.registry.vocabulary.services import take

log = logging.getLogger(__name__)


class Unforeseen(Exception):
    """A document that nothing stood against is to be taken back after all: somebody was faster."""


@dataclass(frozen=True, slots=True)
class Job:
    """One document to be judged, with what was looked up before its transaction began."""

    read: epcis.Document
    refusals: list[epcis.Refusal]
    batch: Batch
    behaviour: Behaviour
    by: str


@dataclass(frozen=True, slots=True)
class Ending:
    """What became of one capture, as it is written down."""

    capture: int
    success: bool
    counts: dict[str, int]
    rows: list[dict[str, Any]]

    @classmethod
    def of(cls, capture: int, receipt: Receipt) -> "Ending":
        """That of a document whose events were judged."""
        return cls(capture, receipt.success, receipt.counts, verdict_rows(receipt.verdicts))


def read_of(
    document: bytes, media_type: str | None, organisation: int, *, bare: bool = False
) -> tuple[epcis.Document, list[Projected], list[epcis.Refusal]]:
    """The document, the rows of its good events, and the wrong ones. Raises epcis.DocumentError where it cannot be read."""
    read = epcis.read(document, media_type=media_type, bare=bare)
    return read, *projections(read.events, organisation)


def settle(job: Job, capture: int, token: str, at: datetime) -> Receipt:
    """Judge and store inside the open transaction; with "rollback", one bad event takes the others back."""
    found = [Verdict.refusal(one) for one in job.refusals]
    with transaction.atomic():
        found += decide(job.batch, capture, job.read.format, at)
        taken_back = job.behaviour == "rollback" and any(one.verdict in BAD for one in found)
        if not taken_back:
            take(job.read.masterdata, organisation=job.batch.organisation, capture_token=token, by=job.by, at=at)
        transaction.set_rollback(taken_back)
    return _receipt(found, job, token)


def settle_calm(job: Job, capture: int, token: str, at: datetime) -> Receipt:
    """The same where nothing is expected to be taken back: without a savepoint, two trips to the database less.

    Raises Unforeseen where it must be taken back all the same: then the whole transaction goes.
    """
    found = decide(job.batch, capture, job.read.format, at)
    if job.behaviour == "rollback" and any(one.verdict in BAD for one in found):
        raise Unforeseen(token)
    return _receipt(found, job, token)


def _receipt(found: list[Verdict], job: Job, token: str) -> Receipt:
    success, verdicts = settled(found, job.behaviour)
    return Receipt(token, True, success, counts_of(verdicts), tuple(verdicts))


def write_endings(endings: Sequence[Ending], at: datetime) -> None:
    """One row for each capture that ended, inside the open transaction."""
    records = []
    for one in endings:
        told, omitted = kept(one.rows)
        counts = [one.counts.get(name, 0) for name in VERDICTS]
        records.append((one.capture, at, one.success, *counts, Jsonb(told), omitted))
    columns = "capture, finished_at, success, accepted, duplicate, conflict, refused, verdicts, omitted"
    copy("capture_result", columns, records)


def give_up(capture: int, why: epcis.Reason, at: datetime) -> bool:
    """End a document that cannot be stored, so that it does not hold up those behind it; its bytes are kept. False where another
    projector had it first."""
    with transaction.atomic():
        if not taken([capture]):
            return False
        verdict = {"index": None, "verdict": "refused", "eventID": None, "reasons": [reason_row(why)]}
        write_endings([Ending(capture, False, {}, [verdict])], at)
    return True


def put_aside(capture: int, tries: int, at: datetime) -> bool:
    """End a document that ended its process `tries` times, and write it down for the operator. False where it waits no more."""
    with transaction.atomic():
        if not give_up(capture, set_aside(tries), at):
            return False
        note_aside(capture, tries, at)
    log.error("capture number %d is set aside: storing it ended its process %d times", capture, tries)
    return True


def note_aside(capture: int, tries: int, at: datetime) -> None:
    """The operator's row, inside the open transaction."""
    rows("insert into capture_aside (capture, at, tries) values (%s, %s, %s)", [capture, at, tries])


def taken(captures: Sequence[int]) -> set[int]:
    """Take documents from the queue, inside the open transaction; those that were still there. Two never get the same one."""
    found = rows("delete from capture_queue where capture = any(%s) returning capture", [list(captures)])
    return {capture for (capture,) in found}
