"""The history checker: what clients sent and were told, against what the store holds. `violations` knows no database, `held` reads it."""

import hashlib
import json
import threading
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

VERDICTS = ("accepted", "duplicate", "conflict", "refused")


@dataclass(frozen=True)
class Sent:
    """A document as its client knows it. `flow`: the events that a walk from its first lot must meet."""

    name: str
    organisation: int
    events: tuple[str, ...]
    sha256: bytes
    behaviour: str = "rollback"
    flow: tuple[str, ...] = ()
    wrong: bool = False  # an event of it is bad: with rollback nothing of it may be stored


@dataclass
class Told:
    """One request, and what came back. status None: no answer came, so anything may be so."""

    document: str
    begun: float
    ended: float | None = None
    status: int | None = None
    token: str | None = None
    job: dict[str, Any] | None = None  # the last that was said of this capture: running, success, counts


@dataclass
class History:
    """Every request of every client, and what they saw of the log. Any thread may write."""

    documents: dict[str, Sent] = field(default_factory=dict)
    told: list[Told] = field(default_factory=list)
    heads: dict[int, bytes] = field(default_factory=dict)  # size -> root, as somebody saw them
    found: set[str] = field(default_factory=set)  # events that somebody was shown
    lock: threading.Lock = field(default_factory=threading.Lock)

    def sends(self, document: Sent, at: float) -> Told:
        """A request goes out; fill in what comes back."""
        one = Told(document.name, at)
        with self.lock:
            self.documents[document.name] = document
            self.told.append(one)
        return one

    def sees(self, heads: Iterable[tuple[int, bytes]] = (), events: Iterable[str] = ()) -> None:
        """What somebody read. It may never be otherwise again."""
        with self.lock:
            for size, root in heads:
                self.heads.setdefault(size, root)
            self.found.update(events)

    def acknowledged(self) -> Iterator[Told]:
        return (one for one in self.told if one.token is not None)

    def save(self, path: Path) -> None:
        """One line a request: for whoever looks into a failure."""
        path.write_text("".join(json.dumps(asdict(one), default=str) + "\n" for one in self.told))


@dataclass(frozen=True)
class Job:
    """What the store says of a capture."""

    number: int
    organisation: int
    sha256: bytes
    running: bool
    success: bool
    counts: Mapping[str, int]


@dataclass(frozen=True)
class Stored:
    """One event of the store."""

    number: int
    event_id: str
    organisation: int
    capture: int


@dataclass
class Held:
    """What the store holds when nothing is on its way any more."""

    jobs: dict[str, Job]
    events: list[Stored]
    log: list[tuple[int, int, bytes]]  # position, event, leaf
    heads: list[tuple[int, bytes, float]]  # size, root, published
    waiting: int  # documents and events that still wait
    queried: Counter[str]  # id -> how often a query gives it
    walked: set[str]  # events that a walk from all first lots meets
    findings: list[str]  # what the store's own audit says


def violations(history: History, held: Held) -> list[str]:
    """Each thing that should not be so, in words. Empty: the store kept what it said."""
    rules = (_acknowledged, _counts, _once, _whole, _log, _heads, _found)
    return [said for rule in rules for said in rule(history, held)] + held.findings


def _ids(held: Held) -> dict[tuple[int, str], list[Stored]]:
    found: dict[tuple[int, str], list[Stored]] = {}
    for one in held.events:
        found.setdefault((one.organisation, one.event_id), []).append(one)
    return found


def _acknowledged(history: History, held: Held) -> Iterator[str]:
    """Whatever was acknowledged is there, and ended as its client was told."""
    stored = {one.event_id for one in held.events}
    for told in history.acknowledged():
        document, job = history.documents[told.document], held.jobs.get(str(told.token))
        if job is None:
            yield f"lost: {told.document} was acknowledged as {told.token}, and is not there"
            continue
        if job.sha256 != document.sha256 or job.organisation != document.organisation:
            yield f"changed: {told.document} is not the document that was sent"
        if job.running:
            yield f"stuck: {told.document} is still running"
            continue
        if job.success and document.behaviour == "rollback":
            missing = [one for one in document.events if one not in stored]
            if missing:
                yield f"lost: {told.document} succeeded, but {len(missing)} of its events are not there: {missing[0]}"
        if told.job and not told.job["running"]:
            said = (told.job["success"], dict(told.job["counts"]))
            if said != (job.success, dict(job.counts)):
                yield f"told otherwise: {told.document} {said}, stored {job.success} {dict(job.counts)}"


def _counts(history: History, held: Held) -> Iterator[str]:
    """A capture's verdicts are as many as its events, and its rows as many as it accepted."""
    brought = Counter(one.capture for one in held.events)
    sizes = {one.sha256: one for one in history.documents.values()}
    for token, job in held.jobs.items():
        document = sizes.get(job.sha256)
        if document is None:
            yield f"from nowhere: capture {token} is of no document that was sent"
            continue
        if job.running:
            continue
        total, accepted = sum(job.counts[name] for name in VERDICTS), job.counts["accepted"]
        if total != len(document.events):
            yield f"counts: {document.name} has {len(document.events)} events and {total} verdicts"
        if accepted != brought[job.number]:
            yield f"counts: {document.name} accepted {accepted}, its rows are {brought[job.number]}"
        bad = job.counts["conflict"] + job.counts["refused"]
        if document.behaviour == "rollback" and bad and accepted:
            yield f"half: {document.name} was taken back, and {accepted} of its events are there"
        if job.success == bool(bad):
            yield f"counts: {document.name} success {job.success} with {bad} bad events"
    known = {job.number for job in held.jobs.values()}
    for number in brought.keys() - known:
        yield f"from nowhere: {brought[number]} events belong to no capture"


def _once(history: History, held: Held) -> Iterator[str]:
    """Nothing twice, and nothing that nobody sent."""
    sent = {one for document in history.documents.values() for one in document.events}
    for (_, event_id), rows in _ids(held).items():
        if len(rows) > 1:
            yield f"twice: {event_id} is stored {len(rows)} times"
        if event_id not in sent:
            yield f"from nowhere: {event_id} was never sent"
    for number, times in Counter(one.number for one in held.events).items():
        if times > 1:
            yield f"twice: event number {number}"


def _whole(history: History, held: Held) -> Iterator[str]:
    """Of a document that is all or nothing, all or nothing is there, whoever brought it; of a wrong one nothing that no other has."""
    ids = _ids(held)
    documents = list(history.documents.values())
    sharers = Counter(one for document in documents for one in set(document.events))
    right = {
        one
        for document in documents
        if not document.wrong or document.behaviour == "proceed"
        for one in document.events
    }
    for document in history.documents.values():
        if document.behaviour != "rollback":
            continue
        there = [one for one in document.events if (document.organisation, one) in ids]
        alone = [one for one in there if one not in right]
        if document.wrong and alone:
            yield f"half: {document.name} is wrong, and {len(alone)} of its events are there"
        own = [one for one in document.events if sharers[one] == 1] if not document.wrong else []
        if 0 < sum((document.organisation, one) in ids for one in own) < len(own):
            yield f"half: {len(there)} of {len(document.events)} events of {document.name} are there"


def _log(_: History, held: Held) -> Iterator[str]:
    """Positions 1, 2, 3 …, and each stored event has one."""
    for place, (position, _event, _leaf) in enumerate(held.log, 1):
        if position != place:
            yield f"log: position {position} stands at place {place}"
            break
    logged = Counter(event for _, event, _ in held.log)
    yield from (f"log: event {event} has {times} positions" for event, times in logged.items() if times > 1)
    numbers = {one.number for one in held.events}
    if missing := numbers - logged.keys():
        yield f"log: {len(missing)} stored events have no position"
    if strange := logged.keys() - numbers:
        yield f"log: {len(strange)} positions are of no stored event"
    if held.waiting:
        yield f"stuck: {held.waiting} documents or events still wait"


def _heads(history: History, held: Held) -> Iterator[str]:
    """Every head is the root of the leaves before it (RFC 9162 §2.1.1), and none that was seen is another now."""
    tree, leaves = Tree([leaf for _, _, leaf in held.log]), len(held.log)
    for size, root, _ in held.heads:
        if size > leaves or tree.root(size) != root:
            yield f"head: that of {size} is not the root of the leaves before it"
    times = [published for _, _, published in held.heads]
    if times != sorted(times):
        yield "head: times go backwards"
    if leaves and (not held.heads or held.heads[-1][0] != leaves):
        yield f"head: the last is not at the log's end, {leaves}"
    roots = {size: root for size, root, _ in held.heads}
    for size, root in history.heads.items():
        if roots.get(size) != root:
            yield f"head: that of {size} was another when it was seen"


def _found(history: History, held: Held) -> Iterator[str]:
    """A query gives each stored event once; a walk meets each of a flow; what was once shown is still there."""
    stored = Counter(one.event_id for one in held.events)
    for event_id in stored.keys() | held.queried.keys():
        if held.queried[event_id] != stored[event_id]:
            yield f"found: a query gives {event_id} {held.queried[event_id]} times, stored {stored[event_id]}"
    flow = {one for document in history.documents.values() for one in document.flow} & stored.keys()
    if missing := flow - held.walked:
        yield f"found: a walk does not meet {len(missing)} stored events: {min(missing)}"
    if vanished := history.found - stored.keys():
        yield f"vanished: {len(vanished)} events were shown and are not there: {min(vanished)}"


class Tree:
    """RFC 9162 §2.1.1 by its definition; full subtrees are kept, so that a thousand roots cost little more than one."""

    def __init__(self, leaves: Sequence[bytes]) -> None:
        self.leaves, self.kept = leaves, dict[tuple[int, int], bytes]()

    def root(self, size: int) -> bytes:
        return self._of(0, size) if size else hashlib.sha256().digest()

    def _of(self, start: int, size: int) -> bytes:
        if size == 1:
            return self.leaves[start]
        full = size & (size - 1) == 0
        if full and (start, size) in self.kept:
            return self.kept[start, size]
        left = 1 << (size - 1).bit_length() - 1
        made = hashlib.sha256(b"\x01" + self._of(start, left) + self._of(start + left, size - left)).digest()
        if full:
            self.kept[start, size] = made
        return made


def held(history: History) -> Held:
    """Everything that the store holds, by its own queries where it has one."""
    from zhuisu.events.proof import Finding, audit
    from zhuisu.events.queries import capture_jobs
    from zhuisu.events.scope import ALL
    from zhuisu.events.store import rows

    jobs = {
        one.token: Job(
            one.id,
            one.organisation,
            one.sha256,
            one.finished_at is None,
            one.success is not False,
            {name: getattr(one, name) or 0 for name in VERDICTS},
        )
        for one in capture_jobs(ALL, limit=1_000_000)
    }
    events = rows(
        "select e.id, b.event_id, e.organisation, e.capture from event e left join event_body b on b.event = e.id"
    )
    log = rows("select position, event, leaf from log_entry order by position")
    heads = rows("select size, root, published_at from log_head order by size")
    ((waiting,),) = rows("select (select count(*) from capture_queue) + (select count(*) from log_queue)")
    return Held(
        jobs,
        [Stored(*one) for one in events],
        [(position, event, bytes(leaf)) for position, event, leaf in log],
        [(size, bytes(root), at.timestamp()) for size, root, at in heads],
        waiting,
        queried(),
        walked(history),
        [f"audit: {one.message} ({one.event})" for one in audit() if isinstance(one, Finding)],
    )


def queried() -> Counter[str]:
    """Every event that a query for all gives, page by page."""
    from zhuisu.epcis.query import read_json
    from zhuisu.events.scope import ALL
    from zhuisu.events.search import search

    found: Counter[str] = Counter()
    query, after = read_json({}), None
    while True:
        page = search(ALL, query, limit=1_000, after=after)
        found.update(one.event_id for one in page.events)
        if (after := page.next) is None:
            return found


def walked(history: History) -> set[str]:
    """The events that one walk meets, down from the first lot of every flow."""
    from zhuisu.events.store import rows
    from zhuisu.lineage.queries import Limits, walk

    firsts = [one.flow[0] for one in history.documents.values() if one.flow]
    starts = rows(
        """select distinct p.item from event_body b join part p on p.event = b.event
           join item i on i.id = p.item where b.event_id = any(%s) and i.lot is not null""",
        [firsts],
    )
    if not starts:
        return set()
    answer = walk([item for (item,) in starts], "down", limits=Limits(max_items=1_000_000, max_depth=10_000))
    numbers = {one.event for one in answer.links} | {one.by_event for one in answer.items.values()}
    found = rows("select event_id from event_body where event = any(%s)", [[one for one in numbers if one is not None]])
    return {event_id for (event_id,) in found} | {one for one in firsts if one}
