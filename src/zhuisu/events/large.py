"""Documents that are longer than memory: taken in pieces, stored by the worker in batches, judged like any other."""

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
from django.db import InterfaceError, OperationalError, connection, transaction
from psycopg.types.json import Jsonb

from zhuisu import codes, epcis
from zhuisu.events import ending, lanes, spool
from zhuisu.events.collecting import seldom
from zhuisu.events.deciding import batch_of, decide, foresee, projections, reporter_of
from zhuisu.events.projection import Projected
from zhuisu.events.store import rows
from zhuisu.events.verdicts import INTERNAL, VERDICTS, Behaviour, Receipt, Tally, Verdict, reason_row, set_aside
from zhuisu.registry.vocabulary.services import take

log = logging.getLogger(__name__)

BATCH_EVENTS = 500  # events that are decided at once, a quarter of a second
BATCH_OCTETS = 4 << 20  # of their bytes: events may have a mebibyte each
# Times that one is tried where the worker ends each time and nothing more of it is stored. More than of an ordinary one: it takes
# minutes, in which a machine may well be started again.
LARGE_TRIES_LIMIT = 10
LOCK = 0x7A68_7570  # advisory lock: one large document at a time, whoever stores it
_TURN = lanes.Turn()  # of this process: whose document was last


def receive_large(
    source: Iterator[bytes],
    *,
    media_type: str | None,
    organisation: int,
    by: str,
    at: datetime,
    behaviour: Behaviour = "rollback",
    max_events: int = epcis.NO_LIMIT,
) -> Receipt:
    """Take a document of any length; memory for some pieces of it only. Returns when the bytes are durable; the worker stores the
    events. Raises epcis.DocumentError where its form is wrong (rule too-many-events beyond `max_events`): then nothing is kept.
    """
    arriving = spool.Spool.begin(at)
    try:
        facts, events = epcis.look(arriving.taking(source), media_type=media_type, max_events=max_events)
        with transaction.atomic():
            media_type = "application/xml" if facts.format == "xml" else "application/ld+json"
            rows(
                """with made as (
                     insert into capture (token, organisation, by, received_at, media_type, behaviour, sha256, size, body, pieces)
                     values (%s, %s, %s, %s, %s, %s, %s, %s, '', %s) returning id),
                   sealed as (insert into capture_key (capture, sealed) select id, %s from made),
                   whole as (delete from capture_upload where token = %s)
                   insert into capture_queue (capture, organisation, received_at, octets, events, large)
                   select id, %s, %s, %s, %s, true from made""",
                [
                    *(arriving.token, organisation, by, at, media_type, behaviour),
                    *(arriving.digest.digest(), arriving.size, arriving.number),
                    *(arriving.sealed_key, arriving.token),
                    *(organisation, at, arriving.size, events),
                ],
            )
    except (OperationalError, InterfaceError):
        raise  # the database is away; what arrived goes with forget_unfinished
    except BaseException:
        arriving.discard()
        raise
    return Receipt(arriving.token, finished=False)


@dataclass(frozen=True, slots=True)
class _Large:
    """One such document, waiting to be stored."""

    capture: int
    token: str
    organisation: int
    by: str
    media_type: str
    behaviour: Behaviour
    pieces: int
    sealed_key: bytes
    reporter: codes.Code

    def opened(self, skip: int = 0) -> tuple[epcis.Document, Iterator[tuple[list[Projected], list[Verdict]]]]:
        """What it says of itself, and its events in batches; the first `skip` are left out."""
        facts, events = epcis.stream(
            lambda: spool.pieces_of(self.token, self.sealed_key, self.pieces), media_type=self.media_type
        )
        return facts, _batches(events, self.organisation, skip)


def _batches(
    events: Iterator[epcis.Event | epcis.Refusal], organisation: int, skip: int
) -> Iterator[tuple[list[Projected], list[Verdict]]]:
    held: list[epcis.Event | epcis.Refusal] = []
    octets = start = 0
    for index, one in enumerate(events):
        if index < skip:
            start = index + 1
            continue
        held.append(one)
        octets += len(one.raw) if isinstance(one, epcis.Event) else 0
        if len(held) >= BATCH_EVENTS or octets >= BATCH_OCTETS:
            yield _judgeable(held, organisation, start)
            held, octets, start = [], 0, index + 1
    if held:
        yield _judgeable(held, organisation, start)


def _judgeable(
    held: Sequence[epcis.Event | epcis.Refusal], organisation: int, start: int
) -> tuple[list[Projected], list[Verdict]]:
    projected, refused = projections(held, organisation, start)
    return projected, [Verdict.refusal(one) for one in refused]


@seldom()
def store_next(at: datetime) -> bool:
    """Store the events of a large document, the organisations in turn. False where none waits, or another worker is at one. Killed
    half-way, it goes on: with `proceed` after the last batch, with `rollback` from the first event, of which nobody saw anything."""
    lane = lanes.organisations(_TURN.after, 1, large=True)
    found = rows(
        """select c.id, c.token, c.organisation, c.by, c.media_type, c.behaviour, c.pieces, k.sealed
           from capture_queue q join capture c on c.id = q.capture join capture_key k on k.capture = c.id
           where q.large and q.organisation = any(%s) order by q.capture limit 1""",
        [lane],
    )
    if not found or not rows("select pg_try_advisory_lock(%s)", [LOCK])[0][0]:
        return False
    _TURN.after = lane[0]
    try:
        _try(_waiting(found[0]), at)
    finally:
        rows("select pg_advisory_unlock(%s)", [LOCK])
    return True


def _waiting(row: tuple[Any, ...]) -> _Large:
    capture, token, organisation, by, media_type, behaviour, pieces, sealed = row
    reporter = reporter_of(organisation)
    return _Large(capture, token, organisation, by, media_type, behaviour, pieces, bytes(sealed), reporter)


def _try(document: _Large, at: datetime) -> None:
    """Store it, unless that ended the process too often."""
    tries = lanes.note_again(document.capture)
    if tries > LARGE_TRIES_LIMIT:
        log.error("capture %s is set aside: storing it ended its process %d times", document.token, LARGE_TRIES_LIMIT)
        _end(document, at, set_aside(LARGE_TRIES_LIMIT), LARGE_TRIES_LIMIT)
    elif tries:
        _store(document, at)


def _store(document: _Large, at: datetime) -> None:
    try:
        if document.behaviour == "rollback":
            _store_whole(document, at)
        else:
            _store_batches(document, at)
    except (OperationalError, InterfaceError):
        if connection.is_usable():  # the database is away: the document waits, nothing is lost
            lanes.forgive([document.capture])
        raise
    except epcis.DocumentError as wrong:
        _end(document, at, epcis.Reason(wrong.path, wrong.rule, wrong.message, wrong.message_zh))
    except Exception:
        log.exception("capture %s cannot be stored", document.token)
        _end(document, at, INTERNAL)


def _store_whole(document: _Large, at: datetime) -> None:
    """All or nothing: first every event is judged and every name made, then all is written in one transaction."""
    judged = Tally()
    _progress(document)
    for projected, refused in document.opened()[1]:
        before = judged.rows
        judged.add(refused + foresee(projected, document.organisation))
        if not judged.success:  # the job says so while it runs
            _note(document, judged, before)
        if judged.success:
            batch_of(projected, document.organisation, document.reporter)
    if not judged.success:
        with transaction.atomic():
            if _taken(document):
                _finish(document, at, judged.taken_back(judged.done, judged.here))
        return
    stored = Tally()
    with transaction.atomic():
        if not _taken(document):
            return
        with transaction.atomic():
            facts, batches = document.opened()
            for projected, refused in batches:
                batch = batch_of(projected, document.organisation, document.reporter)
                stored.add(refused + decide(batch, document.capture, facts.format, at))
                if not stored.success:  # two events of the document, far apart, or somebody was faster
                    break
            else:
                _take_master_data(document, facts, at)
            transaction.set_rollback(not stored.success)
        _finish(document, at, stored if stored.success else stored.taken_back(judged.done, judged.here))


def _store_batches(document: _Large, at: datetime) -> None:
    """Each event for itself, each batch with how far we are."""
    tally = _progress(document)
    facts, batches = document.opened(skip=tally.done)
    for projected, refused in batches:
        batch = batch_of(projected, document.organisation, document.reporter)
        with transaction.atomic():
            before = tally.rows
            tally.add(refused + decide(batch, document.capture, facts.format, at))
            _note(document, tally, before)
            rows(
                "update capture_queue set tries = 1 where capture = %s and tries > 1", [document.capture]
            )  # it moves on
    with transaction.atomic():
        if _taken(document):
            _take_master_data(document, facts, at)
            _finish(document, at, tally)


def _take_master_data(document: _Large, facts: epcis.Document, at: datetime) -> None:
    take(facts.masterdata, organisation=document.organisation, capture_token=document.token, by=document.by, at=at)


def _progress(document: _Large) -> Tally:
    found = rows(
        "select done, counts::text, kept::text, omitted from capture_progress where capture = %s", [document.capture]
    )
    if not found:
        empty = "insert into capture_progress (capture, done, counts, kept, omitted) values (%s, 0, '{}', '[]', 0)"
        rows(empty, [document.capture])
        return Tally()
    done, counts, kept, omitted = found[0]
    tally = Tally(rows=msgspec.json.decode(kept), omitted=omitted, done=done)
    tally.counts.update(msgspec.json.decode(counts))
    return tally


def _note(document: _Large, tally: Tally, before: list[dict[str, Any]]) -> None:
    said = [tally.done, Jsonb({name: number for name, number in tally.counts.items() if number}), tally.omitted]
    if tally.rows == before:  # rows that are many and the same are not written again
        rows(
            "update capture_progress set done = %s, counts = %s, omitted = %s where capture = %s",
            [*said, document.capture],
        )
        return
    rows(
        "update capture_progress set done = %s, counts = %s, omitted = %s, kept = %s where capture = %s",
        [*said, Jsonb(tally.rows), document.capture],
    )


def _taken(document: _Large) -> bool:
    return bool(rows("delete from capture_queue where capture = %s returning capture", [document.capture]))


def _finish(document: _Large, at: datetime, tally: Tally) -> None:
    rows("delete from capture_progress where capture = %s", [document.capture])
    rows(
        """insert into capture_result
             (capture, finished_at, success, accepted, duplicate, conflict, refused, verdicts, omitted)
           values (%s, %s, %s, %s, %s, %s, %s, %s, %s)""",
        [
            *(document.capture, at, tally.success, *(tally.counts[name] for name in VERDICTS)),
            *(Jsonb(tally.rows), tally.omitted),
        ],
    )


def _end(document: _Large, at: datetime, why: epcis.Reason, tries: int = 0) -> None:
    """One document that cannot be stored must not hold up those behind it; its bytes are kept. `tries` of one that is set aside."""
    with transaction.atomic():
        if not _taken(document):
            return
        tally = _progress(document) if document.behaviour == "proceed" else Tally()
        tally.rows = [{"index": None, "verdict": "refused", "eventID": None, "reasons": [reason_row(why)]}, *tally.rows]
        tally.failed = True
        _finish(document, at, tally)
        if tries:
            ending.note_aside(document.capture, tries, at)
