"""Capture: from the bytes of a document to events that are stored once, with a verdict for each."""

import logging
import secrets
import zlib
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from django.db import InterfaceError, OperationalError, transaction
from psycopg.types.json import Jsonb

from zhuisu import epcis
from zhuisu.events import store, vault
from zhuisu.events.deciding import Batch, batch_of, decide, foresee, projections, reporter_of
from zhuisu.events.large import receive_large
from zhuisu.events.projection import Projected
from zhuisu.events.verdicts import (
    BAD,
    INTERNAL,
    VERDICTS,
    Behaviour,
    Receipt,
    Refused,
    Verdict,
    counts_of,
    kept,
    reason_row,
    settled,
    verdict_rows,
)
from zhuisu.registry.vocabulary.services import take

log = logging.getLogger(__name__)

INLINE_LIMIT = (
    2_000  # events of a document that the caller waits for; larger ones are durable at once and projected by the worker
)
# What is read in one go: fifteen times that in memory, for each of the few threads of a web process.
DIRECT_OCTETS_LIMIT = 16 * 1024 * 1024
# Of a document that is stored in one transaction of some seconds. What has more events or octets comes by `receive_large`.
DIRECT_EVENTS_LIMIT = 10_000
NOT_ONE = epcis.Reason(
    path="",
    rule="not-one-event",
    message="one event without a document is taken here; documents go to /epcis/capture",
    message_zh="此处只接收一个不带文档外壳的事件；文档请发送到 /epcis/capture",
)


@dataclass(frozen=True, slots=True)
class _Job:
    """One document to be judged, with what was looked up before its transaction began."""

    read: epcis.Document
    refusals: list[epcis.Refusal]
    batch: Batch
    behaviour: Behaviour
    by: str


@dataclass(frozen=True, slots=True)
class Foreseen:
    """What capture would say of a document, and the events that were judged, by their place."""

    success: bool
    counts: dict[str, int]
    verdicts: list[Verdict]
    events: dict[int, epcis.Event]


def receive(
    document: bytes,
    *,
    media_type: str | None,
    organisation: int,
    by: str,
    at: datetime,
    behaviour: Behaviour = "rollback",
    project_now: bool | None = None,
    bare: bool = False,
) -> Receipt:
    """Take one EPCIS document for an organisation; with `bare` also one event without a document.

    Returns when the bytes are durable; up to INLINE_LIMIT events they are then also stored and judged one by one.
    Raises epcis.DocumentError where the document cannot be read, Refused where an event is wrong and behaviour is
    "rollback"; in both cases nothing is stored.
    """
    read, projected, refusals = _read(document, media_type, organisation, bare=bare)
    if refusals and behaviour == "rollback":
        raise Refused(refusals)
    inline = len(read.events) <= INLINE_LIMIT if project_now is None else project_now
    token = secrets.token_urlsafe(18)
    if not inline:
        with transaction.atomic():
            capture = _store_document(document, token, read.format, organisation, by, at, behaviour)
            store.rows("insert into capture_queue (capture) values (%s)", [capture])
        return Receipt(token, finished=False)
    job = _Job(read, refusals, batch_of(projected, organisation, reporter_of(organisation)), behaviour, by)
    with transaction.atomic():
        capture = _store_document(document, token, read.format, organisation, by, at, behaviour)
        return _finish(job, capture, token, at)


def receive_event(
    document: bytes, *, media_type: str | None, organisation: int, by: str, at: datetime
) -> tuple[epcis.Event, Verdict, str]:
    """Take one event that stands alone, at once: the event, its verdict, and the captureID under which its bytes are kept.

    Raises epcis.DocumentError where it is no event, or several; Refused where it is wrong.
    """
    read = epcis.read(document, media_type=media_type, bare=True)
    if len(read.events) != 1 or read.schema_version is not None or document.lstrip()[:1] == b"[":
        raise epcis.DocumentError(NOT_ONE)
    receipt = receive(
        document, media_type=media_type, organisation=organisation, by=by, at=at, project_now=True, bare=True
    )
    (event,) = read.events
    if not isinstance(event, epcis.Event):  # receive has refused it
        raise Refused([event])
    return event, receipt.verdicts[0], receipt.token


def foreseen(
    document: bytes, *, media_type: str | None, organisation: int, behaviour: Behaviour = "rollback", bare: bool = False
) -> Foreseen:
    """What `receive` would say of a document now: the same verdicts, and nothing is stored, not even a name.

    Raises epcis.DocumentError where the document cannot be read.
    """
    _, projected, refusals = _read(document, media_type, organisation, bare=bare)
    verdicts = [Verdict.refusal(one) for one in refusals] + foresee(projected, organisation)
    success, told = settled(verdicts, behaviour)
    return Foreseen(success, counts_of(told), told, {one.index: one.event for one in projected})


def project_next(at: datetime) -> bool:
    """Store the events of the oldest waiting document, but for the large ones. False where none waits. Killed half-way, the document
    waits again."""
    found = store.rows(
        """select c.id, c.token, c.organisation, c.by, c.media_type, c.behaviour, c.body, k.sealed
           from capture_queue q join capture c on c.id = q.capture join capture_key k on k.capture = c.id
           where c.pieces = 0 order by q.capture limit 1"""
    )
    if not found:
        return False
    capture, token, organisation, by, media_type, behaviour, body, sealed = found[0]
    try:
        document = zlib.decompress(vault.unseal(bytes(body), bytes(sealed), token))
        read, projected, refusals = _read(document, media_type, organisation)
        job = _Job(read, refusals, batch_of(projected, organisation, reporter_of(organisation)), behaviour, by)
        with transaction.atomic():
            if _taken(capture):
                _finish(job, capture, token, at)
    except (OperationalError, InterfaceError):
        raise  # the database is away, or two workers met: the document waits, nothing is lost
    except epcis.DocumentError as wrong:
        with transaction.atomic():
            if _taken(capture):
                _give_up(capture, at, epcis.Reason(wrong.path, wrong.rule, wrong.message, wrong.message_zh))
    except Exception:
        log.exception("capture %s cannot be stored", token)
        with transaction.atomic():
            if _taken(capture):
                _give_up(capture, at, INTERNAL)
    return True


def _taken(capture: int) -> bool:
    """Take a document from the queue; False where another worker was faster."""
    return bool(store.rows("delete from capture_queue where capture = %s returning capture", [capture]))


def _give_up(capture: int, at: datetime, why: epcis.Reason) -> None:
    """One document that cannot be stored must not hold up those behind it; its bytes are kept."""
    verdict = {"index": None, "verdict": "refused", "eventID": None, "reasons": [reason_row(why)]}
    store.rows(
        """insert into capture_result (capture, finished_at, success, accepted, duplicate, conflict, refused, verdicts)
           values (%s, %s, false, 0, 0, 0, 0, %s)""",
        [capture, at, Jsonb([verdict])],
    )


def _read(
    document: bytes, media_type: str | None, organisation: int, *, bare: bool = False
) -> tuple[epcis.Document, list[Projected], list[epcis.Refusal]]:
    """The document, the rows of its good events, and the wrong ones."""
    read = epcis.read(document, media_type=media_type, bare=bare)
    return read, *projections(read.events, organisation)


def _store_document(
    document: bytes, token: str, format: str, organisation: int, by: str, at: datetime, behaviour: Behaviour
) -> int:
    body, sealed = vault.seal(zlib.compress(document, store.BODY_COMPRESSION), token)
    media_type = "application/xml" if format == "xml" else "application/ld+json"
    ((capture,),) = store.rows(
        """with made as (
             insert into capture (token, organisation, by, received_at, media_type, behaviour, sha256, size, body)
             values (%s, %s, %s, %s, %s, %s, %s, %s, %s) returning id)
           insert into capture_key (capture, sealed) select id, %s from made returning capture""",
        [token, organisation, by, at, media_type, behaviour, sha256(document).digest(), len(document), body, sealed],
    )
    return int(capture)


def _finish(job: _Job, capture: int, token: str, at: datetime) -> Receipt:
    """Judge and store inside the open transaction; write how it ended."""
    found = [Verdict.refusal(one) for one in job.refusals]
    organisation = job.batch.organisation
    with transaction.atomic():
        found += decide(job.batch, capture, job.read.format, at)
        taken_back = job.behaviour == "rollback" and any(one.verdict in BAD for one in found)
        if not taken_back:
            take(job.read.masterdata, organisation=organisation, capture_token=token, by=job.by, at=at)
        transaction.set_rollback(taken_back)
    success, verdicts = settled(found, job.behaviour)
    counts = counts_of(verdicts)
    rows, omitted = kept(verdict_rows(verdicts))
    store.rows(
        """insert into capture_result
             (capture, finished_at, success, accepted, duplicate, conflict, refused, verdicts, omitted)
           values (%s, %s, %s, %s, %s, %s, %s, %s, %s)""",
        [capture, at, success, *(counts[name] for name in VERDICTS), Jsonb(rows), omitted],
    )
    return Receipt(token, True, success, counts, tuple(verdicts))


__all__ = [
    "DIRECT_EVENTS_LIMIT",
    "DIRECT_OCTETS_LIMIT",
    "INLINE_LIMIT",
    "Behaviour",
    "Foreseen",
    "Receipt",
    "Refused",
    "Verdict",
    "foreseen",
    "project_next",
    "receive",
    "receive_event",
    "receive_large",
]
