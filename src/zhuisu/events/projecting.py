"""Projectors: documents that are durable are read, judged and stored behind, many of them in one transaction, by several at once."""

import logging
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import islice

from django.db import InterfaceError, OperationalError, connection, transaction

from zhuisu import codes, epcis
from zhuisu.events import ending, lanes, vault
from zhuisu.events.again import sent_before
from zhuisu.events.backlog import note_pace
from zhuisu.events.bodies import unpacked_document
from zhuisu.events.collecting import seldom
from zhuisu.events.deciding import Batch, batch_of, reporter_of
from zhuisu.events.ending import Ending, Job
from zhuisu.events.projection import Digest, Projected
from zhuisu.events.store import intern, rows
from zhuisu.events.verdicts import INTERNAL, Behaviour, Receipt

log = logging.getLogger(__name__)

POSTPONED_LIFE = timedelta(seconds=5)  # before a document is tried again that failed where others did not


@dataclass(frozen=True, slots=True)
class _Document:
    """One document of a group, opened and read, with what is known before its transaction begins."""

    capture: int
    token: str
    organisation: int
    by: str
    behaviour: Behaviour
    octets: int
    read: epcis.Document
    projected: list[Projected]
    refusals: list[epcis.Refusal]
    known: Receipt | None = None  # what is said of it where its sender sent the very same bytes before

    def job(self, batch: Batch) -> Job:
        return Job(self.read, self.refusals, batch, self.behaviour, self.by)


@dataclass
class Projector:
    """One hand that stores documents: it takes them organisation by organisation, and never one that another has."""

    turn: lanes.Turn = field(default_factory=lanes.Turn)
    postponed: dict[int, datetime] = field(default_factory=dict)

    @seldom()
    def step(self, at: datetime) -> int:
        """Store the events of a group of documents in one transaction; how many documents ended, 0 where none waits.

        Killed half-way, they wait again. Raises OperationalError or InterfaceError where the database is away; where it fails for
        some documents only, the others are stored first, and those are tried again a little later.
        """
        self.postponed = {capture: until for capture, until in self.postponed.items() if until > at}
        with self.turn.taken(self.postponed) as captures:
            if not captures:
                return 0
            first = lanes.note_first(captures)
            ended = self._group(first, at) if first else 0
            if len(first) < len(captures):
                ended += sum(self._suspect(one, at) for one in lanes.tried(set(captures).difference(first)))
            return ended

    def _group(self, captures: Sequence[int], at: datetime) -> int:
        try:
            documents, ended = _opened(captures, at)
        except (OperationalError, InterfaceError):
            if connection.is_usable():
                lanes.forgive(captures)
            raise
        if not documents:
            return ended
        try:
            return ended + _together(documents, at)
        except Exception as trouble:
            if not connection.is_usable():
                raise
            if len(documents) > 1 and not isinstance(trouble, ending.Unforeseen):
                log.warning("%d documents are stored one by one: %s", len(documents), str(trouble).partition("\n")[0])
        return ended + self._one_by_one(documents, at)

    def _suspect(self, capture: int, at: datetime) -> int:
        """One whose storing ended before it was done. If it is to blame, nobody dies with it."""
        tries = lanes.note_again(capture)
        if tries > lanes.TRIES_LIMIT:
            return int(ending.put_aside(capture, lanes.TRIES_LIMIT, at))
        return self._group([capture], at) if tries else 0

    def _one_by_one(self, documents: Sequence[_Document], at: datetime) -> int:
        """Each for itself: one that cannot be stored ends alone."""
        trouble: Exception | None = None
        ended = 0
        for one in documents:
            try:
                ended += _alone(one, at)
            except (OperationalError, InterfaceError) as error:
                if not connection.is_usable():
                    raise
                trouble = error
                self.postponed[one.capture] = at + POSTPONED_LIFE
                lanes.forgive([one.capture])
            except Exception:
                log.exception("capture %s cannot be stored", one.token)
                ended += ending.give_up(one.capture, INTERNAL, at)
        if trouble:
            raise trouble
        return ended


_NEXT = lanes.Turn(documents=1)  # of this process: whose document was last


def project_next(at: datetime) -> bool:
    """Store the events of one waiting document that is not large, the organisations in turn. False where none waits."""
    return bool(Projector(_NEXT).step(at))


def _opened(captures: Sequence[int], at: datetime) -> tuple[list[_Document], int]:
    """The documents that still wait, read; and how many ended at once, because they cannot be read."""
    found = rows(
        """select c.id, c.token, c.organisation, c.by, c.behaviour, c.size, c.media_type, c.body, k.sealed
           from capture_queue q join capture c on c.id = q.capture join capture_key k on k.capture = c.id
           where q.capture = any(%s) order by q.capture""",
        [list(captures)],
    )
    documents, ended = [], 0
    for capture, token, organisation, by, behaviour, octets, media_type, body, sealed in found:
        try:
            document = unpacked_document(vault.unseal(bytes(body), bytes(sealed), token))
            known = sent_before(document, media_type, organisation, token)
            if known is None:
                read = ending.read_of(document, media_type, organisation)
            else:
                read = epcis.Document("json", []), [], []
            documents.append(_Document(capture, token, organisation, by, behaviour, octets, *read, known))
        except (OperationalError, InterfaceError):
            raise  # the database is away: it is no fault of the document's
        except epcis.DocumentError as wrong:
            why = epcis.Reason(wrong.path, wrong.rule, wrong.message, wrong.message_zh)
            ended += ending.give_up(capture, why, at)
        except Exception:
            log.exception("capture %s cannot be read", token)
            ended += ending.give_up(capture, INTERNAL, at)
    return documents, ended


def _together(documents: Sequence[_Document], at: datetime) -> int:
    """All of them in one transaction, as if one by one in the order of their arrival."""
    batches = _batches(documents)
    calm = _calm(documents, batches)
    with transaction.atomic():
        here = ending.taken([one.capture for one in documents])
        endings, events, octets = [], 0, 0
        for one, batch in zip(documents, batches, strict=True):
            if one.capture in here:
                settle = ending.settle_calm if one.capture in calm else ending.settle
                receipt = one.known or settle(one.job(batch), one.capture, one.token, at)
                endings.append(Ending.of(one.capture, receipt))
                events, octets = events + sum(receipt.counts.values()), octets + one.octets
        if endings:
            ending.write_endings(endings, at)
            note_pace(len(endings), events, octets, at)
    return len(endings)


def _alone(one: _Document, at: datetime) -> int:
    batch = batch_of(one.projected, one.organisation, reporter_of(one.organisation))
    with transaction.atomic():
        if not ending.taken([one.capture]):
            return 0
        receipt = one.known or ending.settle(one.job(batch), one.capture, one.token, at)
        ending.write_endings([Ending.of(one.capture, receipt)], at)
        note_pace(1, sum(receipt.counts.values()), one.octets, at)
    return 1


def _batches(documents: Sequence[_Document]) -> list[Batch]:
    """What each is decided with, looked up for all of them at once."""
    reporters: dict[int, codes.Code] = {}
    for one in documents:
        if one.organisation not in reporters:
            reporters[one.organisation] = reporter_of(one.organisation)
    everything = [event for one in documents for event in one.projected]
    first = documents[0].organisation
    shared = batch_of(everything, first, reporters[first])
    if shared.numbers and len(reporters) > 1:
        shared = replace(shared, numbers=shared.numbers | intern(reporters.values()))
    events = iter(shared.projected)
    return [
        replace(
            shared,
            projected=list(islice(events, len(one.projected))),
            organisation=one.organisation,
            reporter=reporters[one.organisation],
        )
        for one in documents
    ]


def _calm(documents: Sequence[_Document], batches: Sequence[Batch]) -> set[int]:
    """The documents of which nothing will have to be taken back, as far as can be known: no event is wrong, has an id that is held
    with other content, or that stands in another document of the group; none declares an error; and there is no master data."""
    senders = Counter(key for batch in batches for key in {event.hash for event in batch.projected})
    calm = set()
    for one, batch in zip(documents, batches, strict=True):
        if one.read.masterdata or one.refusals:
            continue
        digests: dict[str, Digest] = {}
        for event in batch.projected:
            known = batch.taken.get(event.hash)
            if (
                senders[event.hash] > 1
                or event.event.error_declaration
                or digests.setdefault(event.hash, known.digest if known else event.content) != event.content
            ):
                break
        else:
            calm.add(one.capture)
    return calm
