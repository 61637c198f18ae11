"""What capture says of each event of a document, and of the document: values, and the rows that are kept of them."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import msgspec

from zhuisu import epcis

VERDICTS = ("accepted", "duplicate", "conflict", "refused")
BAD = ("conflict", "refused")
# Rows of verdicts kept of one document: as many as a document has that its sender waits for. The rest is counted.
KEPT_LIMIT = 10_000

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


def set_aside(tries: int) -> epcis.Reason:
    """Of a document that ended the process that stored it, again and again."""
    return epcis.Reason(
        path="",
        rule="set-aside",
        message=f"storing this document ended the process that did it, {tries} times; it is set aside, its bytes are kept, the operator is "
        "told; send its events again in smaller documents",
        message_zh=f"存储本文档时处理进程连续 {tries} 次中断；文档已搁置，原文已留存，并已通知运营方；请拆分为较小的文档重新发送其中的事件",
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


class Verdict(msgspec.Struct, frozen=True):
    """What became of one event of a document."""

    index: int
    verdict: str  # accepted, duplicate, conflict, refused
    event_id: str | None
    reasons: tuple[epcis.Reason, ...] = ()
    given_id: bool = False  # the sender sent none: this is ours, needed to correct the event later
    here: bool = False  # stored before this document: stays a duplicate where the document is taken back

    @classmethod
    def refusal(cls, one: epcis.Refusal) -> "Verdict":
        """That of an event which could not be read."""
        return cls(one.index, "refused", one.event_id, one.reasons)


@dataclass(frozen=True, slots=True)
class Receipt:
    """What the sender gets at once. `finished` is False while a large document waits for the worker."""

    token: str
    finished: bool
    success: bool = True
    counts: dict[str, int] = field(default_factory=dict)
    verdicts: tuple[Verdict, ...] = ()


def settled(verdicts: Iterable[Verdict], behaviour: Behaviour) -> tuple[bool, list[Verdict]]:
    """Whether a document succeeds, and its verdicts in order; with rollback one bad event takes the others back."""
    found = sorted(verdicts, key=lambda one: one.index)
    success = not any(one.verdict in BAD for one in found)
    if not success and behaviour == "rollback":
        found = [one if one.verdict in BAD or one.here else _taken_back(one) for one in found]
    return success, found


def counts_of(verdicts: Iterable[Verdict]) -> dict[str, int]:
    """How many there are of each."""
    counts = Counter(one.verdict for one in verdicts)
    return {name: counts[name] for name in VERDICTS}


def _taken_back(one: Verdict) -> Verdict:
    return Verdict(one.index, "refused", one.event_id, (ROLLED_BACK,))


def verdict_rows(verdicts: Iterable[Verdict]) -> list[dict[str, Any]]:
    """The verdicts worth keeping: an event that is not listed was accepted under its own id."""
    return [verdict_row(one) for one in verdicts if one.given_id or one.verdict != "accepted"]


def verdict_row(one: Verdict) -> dict[str, Any]:
    """One verdict as it is kept and shown."""
    return {
        "index": one.index,
        "verdict": one.verdict,
        "eventID": one.event_id,
        "reasons": [reason_row(reason) for reason in one.reasons],
    }


def reason_row(reason: epcis.Reason) -> dict[str, str]:
    """One reason as it is kept and shown."""
    return {
        "path": reason.path,
        "rule": reason.rule,
        "message": reason.message,
        "message_zh": reason.message_zh,
    }


def kept(rows: Sequence[dict[str, Any]], limit: int = KEPT_LIMIT) -> tuple[list[dict[str, Any]], int]:
    """At most so many rows, bad ones before the others, in their order; and how many were left out."""
    if len(rows) <= limit:
        return list(rows), 0
    chosen = sorted(rows, key=lambda row: row["verdict"] not in BAD)[:limit]
    # A row without an index is about the whole document.
    return sorted(chosen, key=lambda row: -1 if row["index"] is None else row["index"]), len(rows) - limit


@dataclass
class Tally:
    """Counts and the rows worth keeping of a document of any length, gathered batch by batch in bounded memory."""

    counts: Counter[str] = field(default_factory=Counter)
    rows: list[dict[str, Any]] = field(default_factory=list)
    omitted: int = 0
    done: int = 0  # events
    here: int = 0  # of the duplicates, those that were stored before the document
    failed: bool = False  # as a whole

    def add(self, verdicts: Sequence[Verdict]) -> None:
        """The verdicts of the next events."""
        self.done += len(verdicts)
        self.here += sum(one.here for one in verdicts)
        self.counts.update(one.verdict for one in verdicts)
        self.rows, left_out = kept(self.rows + verdict_rows(sorted(verdicts, key=lambda one: one.index)))
        self.omitted += left_out

    @property
    def success(self) -> bool:
        """Whether nothing was bad so far."""
        return not self.failed and not any(self.counts[name] for name in BAD)

    def taken_back(self, events: int, here: int) -> "Tally":
        """What is said where `events` are taken back, `here` of which were stored before: the bad ones by their reasons, the others
        by their number."""
        bad = [row for row in self.rows if row["verdict"] in BAD]
        conflict = self.counts["conflict"]
        counts = Counter(duplicate=here, conflict=conflict, refused=events - here - conflict)
        return Tally(counts, bad, events - here - len(bad), events)
