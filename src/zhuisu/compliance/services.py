"""Judging follows the log: what was published is judged behind a cursor, and again when the picture changes. And `may`, before an act."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
from django.db import InterfaceError, OperationalError, transaction

from zhuisu import epcis
from zhuisu.compliance import store
from zhuisu.compliance.again import MAX_CONCERNED, affected
from zhuisu.compliance.books import asking
from zhuisu.compliance.gathering import Asked, Scene, gather
from zhuisu.compliance.judging import Verdict, judge
from zhuisu.compliance.said import Said
from zhuisu.events.projection import EXTENSION, identity
from zhuisu.events.queries import head
from zhuisu.events.store import rows
from zhuisu.profiles.act import NAMESPACE
from zhuisu.profiles.judge import Finding
from zhuisu.profiles.model import Words

log = logging.getLogger(__name__)
_encode = msgspec.json.Encoder(decimal_format="number").encode

LOCK = 0x7A68_636D  # advisory lock: "zhcm"
# Events a round: bounds the transaction and the memory, not the backlog. The statements of a round are as many whatever its size,
# and what arrives out of order within it need not be judged twice.
BATCH = 1_000
MOST_WAITING = 200  # events that `may` judges on the way, since they wait for their judge
MOST_ASKED = 100  # events in one call of `may`: a till asks for one basket


def judge_next(at: datetime) -> int:
    """Judge a batch: first what waits to be judged again, then the next published events. Returns how many; 0: all is judged.

    One at a time, whoever calls; killed half-way, the batch is judged anew.
    """
    if not store.waits():
        return 0
    with transaction.atomic():
        if not rows("select pg_try_advisory_xact_lock(%s)", [LOCK])[0][0]:
            return 0  # another worker judges; this one need not wait for it
        # Every question here is by key. A planner whose statistics still say that a young table is empty would read it whole for
        # each of a thousand things: seconds instead of milliseconds.
        rows("select set_config('enable_seqscan', 'off', true)")
        position = store.cursor()
        _notice(position)
        waiting = store.queued(position, BATCH)
        if waiting:
            _judge(waiting, position, at)
            store.done([one.number for one in waiting])
        else:
            waiting = store.next_events(position, BATCH)
            position = waiting[-1].position if waiting else position
            _judge(waiting, position, at, fresh=True)
        store.move_cursor(position)
    return len(waiting)


def _judge(waiting: Sequence[store.Stored], position: int, at: datetime, *, fresh: bool = False) -> None:
    batch: list[Asked] = []
    verdicts: dict[int, list[Verdict]] = {}
    for one in waiting:
        if one.void:
            verdicts[one.number] = [_bare(one, "void")]
        elif not (one.declaration or one.gone):
            try:
                batch.append(Asked(one.number, one.position, one.read(), one.organisation))
            except epcis.DocumentError:
                log.exception("event %s cannot be read again", one.number)
                verdicts[one.number] = [_bare(one, "failed")]
    verdicts |= _judged(batch, position)
    changed = _keep(waiting, verdicts, position, at)
    moved = {one.number for one in waiting if not one.void} if fresh else changed
    voided = _voided(waiting, fresh)
    _queue(affected(moved | voided, position) | _times(voided), {one.number for one in waiting})


def _judged(batch: list[Asked], position: int) -> dict[int, list[Verdict]]:
    """The verdicts of a batch. What a fault of ours keeps from being judged is looked for and kept as failed: it must not hold up
    the events behind it, which are judged together all the same."""
    found = _tried(batch, position)
    if found is not None:
        return found
    faulty = _faulty(batch, position)
    failed = {one.number: [Verdict(one.number, "", "", "failed", "", "", 0, (), Said())] for one in faulty}
    return failed | _judged([one for one in batch if one.number not in failed], position)


def _tried(batch: list[Asked], position: int) -> dict[int, list[Verdict]] | None:
    """The verdicts of a batch, None where a fault of ours is in the way."""
    try:
        with transaction.atomic():
            return judge(gather(batch, position)) if batch else {}
    except (OperationalError, InterfaceError):
        raise  # the database is away: the batch waits
    except Exception:
        log.exception("events %s to %s cannot be judged", batch[0].number, batch[-1].number)
        return None


def _faulty(batch: list[Asked], position: int) -> list[Asked]:
    """The events that cannot be judged, by halving; the whole batch where only all of it together cannot."""
    half = len(batch) // 2
    if not half:
        return batch
    parts = [part for part in (batch[:half], batch[half:]) if _tried(part, position) is None]
    return [one for part in parts for one in _faulty(part, position)] or batch


def _bare(one: store.Stored, outcome: str) -> Verdict:
    return Verdict(one.number, "", "", outcome, "", "", 0, (), Said())


def _voided(waiting: Sequence[store.Stored], fresh: bool) -> set[int]:
    """Events that declarations of this batch void: they and what came after them are judged again."""
    declarations = [one.number for one in waiting if one.declaration]
    if not (fresh and declarations):
        return set()
    found = rows("select event from void where declared_by = any(%s)", [declarations])
    return {event for (event,) in found}


def _queue(events: dict[int, datetime], but: set[int]) -> None:
    wanted = {event: when for event, when in events.items() if event not in but}
    if wanted:
        rows(
            """insert into judge_queue (event, happened_at) select * from unnest(%s::bigint[], %s::timestamptz[])
               on conflict do nothing""",
            [list(wanted), list(wanted.values())],
        )


def _notice(position: int) -> None:
    """What changed in the register since: what happened to the things of a certificate or a product, what a party did in the days of
    a role, a licence, a quota or a mandate, what was done at a place, and what was judged by an official register, is judged again."""
    while found := store.notices():
        if things := {one.about for one in found if one.about}:
            judge_again_about(things, position)
        events: list[int] = []
        if wanted := {(one.party, one.since, one.until) for one in found if one.party}:
            events += _bounded(store.acted(wanted, position, MAX_CONCERNED))
        if places := {identity(one.place) for one in found if one.place}:
            events += _bounded(store.at_places(places, position, MAX_CONCERNED))
        if registers := {one.register for one in found if one.register}:
            events += _bounded(store.of_steps(asking(registers), MAX_CONCERNED))
        _queue(_times(set(events)), set())


def _bounded(events: list[int]) -> list[int]:
    if len(events) == MAX_CONCERNED:
        log.warning(
            "a change of the register concerns more than %s events; older ones keep their verdict", MAX_CONCERNED
        )
    return events


def judge_again_about(codes: set[str], position: int) -> None:
    """Have what happened to these things or products (canonical codes) judged again, the newest MAX_CONCERNED events."""
    events = set(_bounded(store.about({identity(code) for code in codes}, position, MAX_CONCERNED)))
    _queue(affected(events, position) | _times(events), set())


def _times(events: set[int]) -> dict[int, datetime]:
    return dict(rows("select id, happened_at from event where id = any(%s)", [list(events)])) if events else {}


def _keep(waiting: Sequence[store.Stored], verdicts: dict[int, list[Verdict]], position: int, at: datetime) -> set[int]:
    """Write the verdicts that differ from the last ones. Returns the events of which something else is said now."""
    before = store.kept([one.number for one in waiting])
    when = {one.number: one.at for one in waiting}
    new: list[tuple[tuple[Any, ...], Said, list[tuple[str, ...]]]] = []
    changed = set()
    for event, found in verdicts.items():
        held = {sector: kept for (of, sector), kept in before.items() if of == event}
        outcome = found[0].outcome if found else "judged"
        now = {each.sector: each for each in found if outcome != "void" or each.sector in held}
        gone = [Verdict(event, sector, "", outcome, "", "", 0, (), Said()) for sector in held if sector not in now]
        for one in [*now.values(), *gone]:
            texts = [_texts_of(each) for each in one.findings]
            last = held.get(one.sector)
            if last and _same(last, one, texts):
                continue
            errors = sum(each.severity == "error" for each in one.findings)
            row = (event, when[event], one.sector, one.step, one.outcome, one.edition, one.region, one.actor)
            new.append(((*row, position, at, errors, len(texts) - errors), one.said, texts))
            if (last is None and one.said != Said()) or (
                last and (last.step, last.said, last.outcome) != (one.step, one.said, one.outcome)
            ):
                changed.add(event)
    store.write(new)
    return changed


def _same(last: store.Kept, one: Verdict, texts: list[tuple[str, ...]]) -> bool:
    said = (one.step, one.outcome, one.edition, one.region, one.actor, one.said)
    return said == (last.step, last.outcome, last.edition, last.region, last.actor, last.said) and texts == list(
        last.findings
    )


def _texts_of(one: Finding) -> tuple[str, ...]:
    article = (one.article.zh, one.article.en) if one.article else ("", "")
    return (one.rule, one.severity, one.path, one.says.zh, one.says.en, *article)


@dataclass(frozen=True, slots=True)
class Answer:
    """Whether one act may be done, by one sector; and what speaks against it. `sector` is "" where no sector looks at it."""

    index: int
    sector: str
    step: str
    may: bool
    findings: tuple[Finding, ...]
    edition: str
    region: str


def may(documents: bytes | list[dict[str, Any]], *, organisation: int, at: datetime) -> list[Answer]:
    """Whether the events of a document (or bare events as JSON) may happen, each by every sector that looks at it, in order: the
    later ones as if those before them had happened. Nothing is written. `at`: when it is asked.

    Raises epcis.DocumentError for what is no document; a wrong event is answered by a finding with the reader's rule.
    """
    body = documents if isinstance(documents, bytes) else _document(documents, at)
    read = epcis.read(body, max_events=MOST_ASKED)
    answers = [_refused(one) for one in read.events if isinstance(one, epcis.Refusal)]
    position = head()
    batch = [
        Asked(-1 - index, position + 1 + index, one, organisation)
        for index, one in enumerate(read.events)
        if isinstance(one, epcis.Event) and not one.error_declaration
    ]
    verdicts = judge(_with_unjudged(batch, position)) if batch else {}
    for number, found in verdicts.items():
        answers += [_answer(-1 - number, one) for one in found if number < 0]
    return sorted(answers, key=lambda each: (each.index, each.sector))


def _with_unjudged(batch: list[Asked], position: int) -> Scene:
    """The scene of the batch; what happened to its things a moment ago and waits for its judge is judged on the way."""
    scene = gather(batch, position)
    judged_to = store.cursor()
    waiting = [one.event for one in scene.before if one.position > judged_to][:MOST_WAITING]
    if not waiting:
        return scene
    held = [one for one in store.events(waiting, position) if not one.gone]
    first = [Asked(one.number, one.position, one.read(), one.organisation) for one in held]
    return gather([*first, *batch], position)


def _answer(index: int, one: Verdict) -> Answer:
    allowed = one.outcome == "judged" and not any(each.severity == "error" for each in one.findings)
    return Answer(index, one.sector, one.step, allowed, one.findings, one.edition, one.region)


def _refused(one: epcis.Refusal) -> Answer:
    found = tuple(
        Finding(f"epcis.{each.rule}", "error", Words(each.message_zh, each.message), None, each.path)
        for each in one.reasons
    )
    return Answer(one.index, "", "", False, found, "", "")


def _document(events: list[dict[str, Any]], at: datetime) -> bytes:
    whole = {
        "@context": epcis.context_of({"f": NAMESPACE, "zs": EXTENSION.strip("{}")}),
        "type": "EPCISDocument",
        "schemaVersion": "2.0",
        "creationDate": at.isoformat(timespec="milliseconds"),
        "epcisBody": {"eventList": events},
    }
    return _encode(whole)
