"""Capture: from the bytes of a document to events that are stored once, with a verdict for each."""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from zhuisu import epcis
from zhuisu.events.again import sent_before
from zhuisu.events.collecting import seldom
from zhuisu.events.deciding import batch_of, foresee, reporter_of
from zhuisu.events.ending import Ending, Job, read_of, settle, write_endings
from zhuisu.events.journal import Sender, journal, keep, keep_waiting, new_token
from zhuisu.events.large import receive_large
from zhuisu.events.projecting import project_next
from zhuisu.events.verdicts import Behaviour, Receipt, Refused, Verdict, counts_of, settled

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
class Foreseen:
    """What capture would say of a document, and the events that were judged, by their place."""

    success: bool
    counts: dict[str, int]
    verdicts: list[Verdict]
    events: dict[int, epcis.Event]


@seldom()
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
    who: Sender = {"organisation": organisation, "by": by, "at": at, "behaviour": behaviour}
    token = new_token()
    if (known := sent_before(document, media_type, organisation, token)) is not None:
        with transaction.atomic():
            write_endings([Ending.of(keep(document, token, "json", **who), known)], at)
        return known
    read, projected, refusals = read_of(document, media_type, organisation, bare=bare)
    if refusals and behaviour == "rollback":
        raise Refused(refusals)
    inline = len(read.events) <= INLINE_LIMIT if project_now is None else project_now
    if not inline:
        return keep_waiting(document, read.format, len(read.events), **who)
    job = Job(read, refusals, batch_of(projected, organisation, reporter_of(organisation)), behaviour, by)
    with transaction.atomic():
        capture = keep(document, token, read.format, **who)
        receipt = settle(job, capture, token, at)
        write_endings([Ending.of(capture, receipt)], at)
    return receipt


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
    _, projected, refusals = read_of(document, media_type, organisation, bare=bare)
    verdicts = [Verdict.refusal(one) for one in refusals] + foresee(projected, organisation)
    success, told = settled(verdicts, behaviour)
    return Foreseen(success, counts_of(told), told, {one.index: one.event for one in projected})


__all__ = [
    "DIRECT_EVENTS_LIMIT",
    "DIRECT_OCTETS_LIMIT",
    "INLINE_LIMIT",
    "Behaviour",
    "Foreseen",
    "Receipt",
    "Refused",
    "Sender",
    "Verdict",
    "foreseen",
    "journal",
    "project_next",
    "receive",
    "receive_event",
    "receive_large",
]
