"""Capture: from the bytes of a document to events that are stored once, with a verdict for each."""

import logging
import secrets
import uuid
import zlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import Any, Literal

from django.db import InterfaceError, OperationalError, transaction
from psycopg.types.json import Jsonb

from zhuisu import codes, epcis
from zhuisu.accounts.models import Organisation
from zhuisu.events import store, vault
from zhuisu.events.projection import Projected, identity, project

log = logging.getLogger(__name__)

INLINE_LIMIT = (
    2_000  # events of a document that the caller waits for; larger ones are durable at once and projected by the worker
)
VERDICTS = ("accepted", "duplicate", "conflict", "refused")
BAD = ("conflict", "refused")

Behaviour = Literal["rollback", "proceed"]


DISPUTED = epcis.Reason(
    path="eventID",
    rule="disputed-id",
    message="another organisation recorded other content under this eventID; both are kept and marked disputed",
    message_zh="另一主体已用此 eventID 上报了不同内容；两者都予保留并标记为有争议",
)
ROLLED_BACK = epcis.Reason(
    path="",
    rule="rolled-back",
    message="not stored, because another event of the document was refused",
    message_zh="未入库：同一文档中另有事件被拒绝，按要求整体回滚",
)
INTERNAL = epcis.Reason(
    path="",
    rule="internal",
    message="a fault of the platform kept this document from being stored; its bytes are kept, the operator is told",
    message_zh="平台内部故障，文档未能入库；原文已留存，并已通知运营方",
)
CONFLICT = epcis.Reason(
    path="eventID",
    rule="conflict",
    message="an event with this eventID and other content is recorded already; correct it by an error declaration and a new event",
    message_zh="此 eventID 已有内容不同的事件；请用差错声明加新事件来更正",
)


class Refused(ValueError):
    """Some events of a document are wrong, and the sender wants all of them or none. Nothing was stored."""

    def __init__(self, refusals: Sequence[epcis.Refusal]) -> None:
        super().__init__(f"{len(refusals)} events refused")
        self.refusals = list(refusals)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of one event of a document."""

    index: int
    verdict: str  # accepted, duplicate, conflict, refused
    event_id: str | None
    reasons: tuple[epcis.Reason, ...] = ()
    given_id: bool = False  # the sender sent none: this is ours, needed to correct the event later
    here: bool = False  # stored before this document: stays a duplicate where the document is taken back


@dataclass(frozen=True, slots=True)
class Receipt:
    """What the sender gets at once. `finished` is False while a large document waits for the worker."""

    token: str
    finished: bool
    success: bool = True
    counts: dict[str, int] = field(default_factory=dict)
    verdicts: tuple[Verdict, ...] = ()


@dataclass(frozen=True, slots=True)
class _Job:
    """One document to be judged, with what was looked up before its transaction began."""

    read: epcis.Document
    projected: list[Projected]
    taken: dict[uuid.UUID, store.Claim]
    reporter: codes.Code
    numbers: dict[codes.Code, int]
    organisation: int
    behaviour: Behaviour


def receive(
    document: bytes,
    *,
    media_type: str | None,
    organisation: int,
    by: str,
    at: datetime,
    behaviour: Behaviour = "rollback",
    project_now: bool | None = None,
) -> Receipt:
    """Take one EPCIS document for an organisation.

    Returns when the bytes are durable; up to INLINE_LIMIT events they are then also stored and judged one by one.
    Raises epcis.DocumentError where the document cannot be read, Refused where an event is wrong and behaviour is
    "rollback"; in both cases nothing is stored.
    """
    read, projected = _read(document, media_type)
    refusals = [one for one in read.events if isinstance(one, epcis.Refusal)]
    if refusals and behaviour == "rollback":
        raise Refused(refusals)
    inline = len(read.events) <= INLINE_LIMIT if project_now is None else project_now
    token = secrets.token_urlsafe(18)
    if not inline:
        with transaction.atomic():
            capture = _store_document(document, token, read.format, organisation, by, at, behaviour)
            store.rows("insert into capture_queue (capture) values (%s)", [capture])
        return Receipt(token, finished=False)
    job = _prepare(read, projected, organisation, behaviour)
    with transaction.atomic():
        capture = _store_document(document, token, read.format, organisation, by, at, behaviour)
        return _finish(job, capture, token, at)


def project_next(at: datetime) -> bool:
    """Store the events of the oldest waiting document. False where none waits. Killed half-way, the document waits again."""
    found = store.rows(
        """select c.id, c.token, c.organisation, c.media_type, c.behaviour, c.body, k.sealed
           from capture_queue q join capture c on c.id = q.capture join capture_key k on k.capture = c.id
           order by q.capture limit 1"""
    )
    if not found:
        return False
    capture, token, organisation, media_type, behaviour, body, sealed = found[0]
    try:
        document = zlib.decompress(vault.unseal(bytes(body), bytes(sealed), token))
        job = _prepare(*_read(document, media_type), organisation, behaviour)
        with transaction.atomic():
            if _taken(capture):
                _finish(job, capture, token, at)
    except (OperationalError, InterfaceError):
        raise  # the database is away, or two workers met: the document waits, nothing is lost
    except Exception:
        log.exception("capture %s cannot be stored", token)
        with transaction.atomic():
            if _taken(capture):
                _give_up(capture, at)
    return True


def _taken(capture: int) -> bool:
    """Take a document from the queue; False where another worker was faster."""
    return bool(store.rows("delete from capture_queue where capture = %s returning capture", [capture]))


def _give_up(capture: int, at: datetime) -> None:
    """One document that a fault of ours cannot store must not hold up those behind it; its bytes are kept."""
    reason = {"path": "", "rule": "internal", "message": INTERNAL.message, "message_zh": INTERNAL.message_zh}
    verdict = {"index": None, "verdict": "refused", "eventID": None, "reasons": [reason]}
    store.rows(
        """insert into capture_result (capture, finished_at, success, accepted, duplicate, conflict, refused, verdicts)
           values (%s, %s, false, 0, 0, 0, 0, %s)""",
        [capture, at, Jsonb([verdict])],
    )


def _read(document: bytes, media_type: str | None) -> tuple[epcis.Document, list[Projected]]:
    """The document, and the rows of its good events. Our own extensions are checked here: an event whose code in one of
    them is wrong becomes a refusal like any other."""
    read = epcis.read(document, media_type=media_type)
    projected = []
    for index, one in enumerate(read.events):
        if isinstance(one, epcis.Event):
            try:
                projected.append(project(one, index))
            except codes.CodeError as wrong:
                reason = epcis.Reason("zs:*", wrong.rule, wrong.message, wrong.message_zh)
                read.events[index] = epcis.Refusal(index, one.event_id, (reason,))
    return read, projected


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


def _prepare(read: epcis.Document, projected: list[Projected], organisation: int, behaviour: Behaviour) -> _Job:
    """Look at what is held already, and number the codes of what is not: duplicates, the cheap case, need no numbers.

    Before the document's own transaction: names are made in one that is short and alone, or two writers could wait for
    each other.
    """
    ((party,),) = Organisation.objects.filter(pk=organisation).values_list("party")
    taken = store.claims([one.hash for one in projected])
    new = [one for one in projected if one.hash not in taken or taken[one.hash].digest != one.digest]
    reporter = codes.from_canonical(party)
    numbers = store.intern({reporter, *(code for one in new for code in one.all_codes())}) if new else {}
    return _Job(read, projected, taken, reporter, numbers, organisation, behaviour)


def _finish(job: _Job, capture: int, token: str, at: datetime) -> Receipt:
    """Judge and store inside the open transaction; write how it ended."""
    refused = [
        Verdict(one.index, "refused", one.event_id, one.reasons)
        for one in job.read.events
        if isinstance(one, epcis.Refusal)
    ]
    with transaction.atomic():
        verdicts = refused + _store_events(job, capture, at)
        success = not any(one.verdict in BAD for one in verdicts)
        taken_back = not success and job.behaviour == "rollback"
        transaction.set_rollback(taken_back)
    if taken_back:
        verdicts = [one if one.verdict in BAD or one.here else _taken_back(one) for one in verdicts]
    verdicts.sort(key=lambda one: one.index)
    counts = Counter(one.verdict for one in verdicts)
    store.rows(
        """insert into capture_result (capture, finished_at, success, accepted, duplicate, conflict, refused, verdicts)
           values (%s, %s, %s, %s, %s, %s, %s, %s)""",
        [capture, at, success, *(counts[name] for name in VERDICTS), Jsonb(verdict_rows(verdicts))],
    )
    return Receipt(token, True, success, {name: counts[name] for name in VERDICTS}, tuple(verdicts))


def _taken_back(one: Verdict) -> Verdict:
    return Verdict(one.index, "refused", one.event_id, (ROLLED_BACK,))


def verdict_rows(verdicts: Sequence[Verdict]) -> list[dict[str, Any]]:
    """The verdicts worth keeping: an event that is not listed was accepted under its own id."""
    return [
        {
            "index": one.index,
            "verdict": one.verdict,
            "eventID": one.event_id,
            "reasons": [
                {"path": r.path, "rule": r.rule, "message": r.message, "message_zh": r.message_zh} for r in one.reasons
            ],
        }
        for one in verdicts
        if one.given_id or one.verdict != "accepted"
    ]


def _store_events(job: _Job, capture: int, at: datetime) -> list[Verdict]:
    """Claim identities, judge what was claimed already, write the rows of the new ones."""
    wrong = _wrong_declarations(job)
    round_ = _Round.of(job, [one for one in job.projected if one.index not in wrong])
    outcomes = [_conflict(one) for one in job.projected if one.index in wrong]
    outcomes += [round_.judge(one) for one in round_.candidates]
    accepted = round_.accepted
    if round_.disputing:
        made = store.dispute(job.organisation, [(one.hash, one.digest) for one in round_.disputing.values()])
        accepted = accepted + [(made[one.hash], one) for one in round_.disputing.values()]
    if accepted:
        by = store.Recording(capture, job.organisation, job.numbers[job.reporter], at, job.read.format)
        store.insert_events(accepted, job.numbers, by)
    if round_.seen_elsewhere:
        store.witness(job.organisation, capture, round_.seen_elsewhere)
    return outcomes


@dataclass
class _Round:
    """The identities of one document's events: who holds each, and which are new."""

    organisation: int
    candidates: list[Projected]
    first: dict[uuid.UUID, Projected]
    made: dict[uuid.UUID, int]
    taken: dict[uuid.UUID, store.Claim]
    disputes: dict[uuid.UUID, list[store.Claim]]
    accepted: list[tuple[int, Projected]] = field(default_factory=list)
    disputing: dict[uuid.UUID, Projected] = field(default_factory=dict)
    seen_elsewhere: list[int] = field(default_factory=list)

    @classmethod
    def of(cls, job: _Job, candidates: list[Projected]) -> "_Round":
        first: dict[uuid.UUID, Projected] = {}
        for one in candidates:
            first.setdefault(one.hash, one)
        free = [(key, one.digest) for key, one in first.items() if key not in job.taken]
        made = store.claim(job.organisation, free) if free else {}
        taken = job.taken
        if len(made) < len(free):  # somebody else committed the same identity since we looked
            taken = taken | store.claims([key for key, _ in free if key not in made])
        contested = {one.hash for one in candidates if one.hash in taken and taken[one.hash].digest != one.digest}
        disputes = store.disputes(sorted(contested)) if contested else {}
        return cls(job.organisation, candidates, first, made, taken, disputes)

    def judge(self, one: Projected) -> Verdict:
        if one.hash in self.made:
            holder = self.first[one.hash]
            if one is holder:
                self.accepted.append((self.made[one.hash], one))
                return _verdict(one, "accepted")
            return _verdict(one, "duplicate") if one.digest == holder.digest else _conflict(one)
        held = self.taken[one.hash]
        for other in (held, *self.disputes.get(one.hash, ())):
            if other.digest == one.digest:
                if other.organisation != self.organisation:
                    self.seen_elsewhere.append(other.event)
                return _verdict(one, "duplicate", here=True)
        return self._dispute(one, held)

    def _dispute(self, one: Projected, held: store.Claim) -> Verdict:
        ours = self.disputing.get(one.hash)
        if ours and ours.digest == one.digest:
            return _verdict(one, "duplicate")
        if ours or any(self.organisation == other.organisation for other in (held, *self.disputes[one.hash])):
            return _conflict(one)
        self.disputing[one.hash] = one
        return Verdict(one.index, "accepted", one.event_id, (DISPUTED,), given_id=True)


def _wrong_declarations(job: _Job) -> set[int]:
    """Declarations about other content than was recorded: they would void what their sender never saw (EPCIS 2.0 §7.4.1.4)."""
    about = {one.index: identity(one.event_id) for one in job.projected if one.event.error_declaration}
    held = store.claims(list(about.values())) if about else {}
    digests = {one.index: one.digest for one in job.projected if one.index in about}
    return {
        index
        for index, key in about.items()
        if key in held and held[key].organisation == job.organisation and held[key].digest != digests[index]
    }


def _verdict(one: Projected, verdict: str, *, here: bool = False) -> Verdict:
    return Verdict(one.index, verdict, one.event_id, given_id=one.event.event_id is None, here=here)


def _conflict(one: Projected) -> Verdict:
    return Verdict(one.index, "conflict", one.event_id, (CONFLICT,))
