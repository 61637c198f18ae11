"""Decides what becomes of events that are captured together, and writes the rows of those that are new."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Self

from zhuisu import codes, epcis
from zhuisu.accounts.models import Organisation
from zhuisu.events import store
from zhuisu.events.lines import Recording
from zhuisu.events.projection import Projected, key_of, project
from zhuisu.events.verdicts import CONFLICT, DISPUTED, Verdict


@dataclass(frozen=True, slots=True)
class Batch:
    """Events that are decided together, with what was looked up before their transaction began."""

    projected: Sequence[Projected]
    taken: dict[str, store.Claim]
    organisation: int
    reporter: codes.Code
    numbers: dict[str, int]  # of items, by the canonical text of their codes


def projections(
    events: Sequence[epcis.Event | epcis.Refusal], organisation: int, start: int = 0
) -> tuple[list[Projected], list[epcis.Refusal]]:
    """The rows of the good events, and the wrong ones; the first is the document's event number `start`. Our own extensions are
    checked here: an event whose code in one of them is wrong is refused like any other."""
    projected, refused = [], []
    for index, one in enumerate(events, start):
        if isinstance(one, epcis.Refusal):
            refused.append(one)
            continue
        try:
            projected.append(project(one, index, organisation=organisation))
        except codes.CodeError as wrong:
            reason = epcis.Reason("zs:*", wrong.rule, wrong.message, wrong.message_zh)
            refused.append(epcis.Refusal(index, one.event_id, (reason,)))
    return projected, refused


def reporter_of(organisation: int) -> codes.Code:
    """The party code of an organisation: it stands in every event that it captures."""
    ((party,),) = Organisation.objects.filter(pk=organisation).values_list("party")
    return codes.from_canonical(party)


def batch_of(projected: Sequence[Projected], organisation: int, reporter: codes.Code) -> Batch:
    """Look at what is held already, and number the codes of what is not: duplicates, the cheap case, need no numbers.

    Before the document's own transaction: names are made in one that is short and alone, or two writers could wait for
    each other.
    """
    projected, taken = _comparable(projected, store.claims([one.hash for one in projected]))
    new = [one for one in projected if one.hash not in taken or taken[one.hash].digest != one.content]
    numbers = store.intern([reporter, *(code for one in new for code in one.all_codes())]) if new else {}
    return Batch(projected, taken, organisation, reporter, numbers)


def decide(batch: Batch, capture: int, format: str, at: datetime) -> list[Verdict]:
    """Claim identities, judge what was claimed already, write the rows of the new ones; inside the open transaction."""
    wrong = _wrong_declarations(batch)
    round_ = _Round.of(batch, [one for one in batch.projected if one.index not in wrong])
    outcomes = [_conflict(one) for one in batch.projected if one.index in wrong]
    outcomes += [round_.judge(one) for one in round_.candidates]
    accepted = round_.accepted
    if round_.disputing:
        made = store.dispute(batch.organisation, [(one.hash, one.digest) for one in round_.disputing.values()])
        accepted = accepted + [(made[one.hash], one) for one in round_.disputing.values()]
    if accepted:
        by = Recording(capture, batch.organisation, batch.numbers[batch.reporter.canonical], at, format)
        store.insert_events(accepted, batch.numbers, by)
    if round_.seen_elsewhere:
        store.witness(batch.organisation, capture, round_.seen_elsewhere)
    return outcomes


def foresee(projected: Sequence[Projected], organisation: int) -> list[Verdict]:
    """What `decide` would say now, without a claim, a lock, a name or a row. Two statements, more where ids are contested."""
    projected, taken = _comparable(projected, store.claims([one.hash for one in projected]))
    batch = Batch(projected, taken, organisation, reporter_of(organisation), {})
    wrong = _wrong_declarations(batch)
    round_ = _Round.foreseen(batch, [one for one in projected if one.index not in wrong])
    outcomes = [_conflict(one) for one in projected if one.index in wrong]
    return outcomes + [round_.judge(one) for one in round_.candidates]


@dataclass
class _Round:
    """The identities of one batch's events: who holds each, and which are new."""

    organisation: int
    candidates: Sequence[Projected]
    first: dict[str, Projected]
    made: dict[str, int]
    taken: dict[str, store.Claim]
    disputes: dict[str, list[store.Claim]]
    accepted: list[tuple[int, Projected]] = field(default_factory=list)
    disputing: dict[str, Projected] = field(default_factory=dict)
    seen_elsewhere: list[int] = field(default_factory=list)

    @classmethod
    def of(cls, batch: Batch, candidates: Sequence[Projected]) -> Self:
        first = _first(candidates)
        free = [(key, one.digest) for key, one in first.items() if key not in batch.taken]
        made = store.claim(batch.organisation, free) if free else {}
        taken = batch.taken
        if len(made) < len(free):  # somebody else committed the same identity since we looked
            late = store.claims([key for key, _ in free if key not in made])
            candidates, taken = _comparable(candidates, taken | late)
            first = _first(candidates)
        contested = _contested(candidates, taken)
        disputes = store.disputes(contested) if contested else {}
        return cls(batch.organisation, candidates, first, made, taken, disputes)

    @classmethod
    def foreseen(cls, batch: Batch, candidates: list[Projected]) -> Self:
        """The same as far as it can be told without taking anything."""
        first = _first(candidates)
        made = {key: 0 for key in first if key not in batch.taken}
        contested = _contested(candidates, batch.taken)
        disputes = store.disputes(contested, hold=False) if contested else {}
        return cls(batch.organisation, candidates, first, made, batch.taken, disputes)

    def judge(self, one: Projected) -> Verdict:
        if one.hash in self.made:
            holder = self.first[one.hash]
            if one is holder:
                self.accepted.append((self.made[one.hash], one))
                return _verdict(one, "accepted")
            return _verdict(one, "duplicate") if one.content == holder.content else _conflict(one)
        held = self.taken[one.hash]
        for other in (held, *self.disputes.get(one.hash, ())):
            if other.digest == one.content:
                if other.organisation != self.organisation:
                    self.seen_elsewhere.append(other.event)
                return _verdict(one, "duplicate", here=True)
        return self._dispute(one, held)

    def _dispute(self, one: Projected, held: store.Claim) -> Verdict:
        ours = self.disputing.get(one.hash)
        if ours and ours.content == one.content:
            return _verdict(one, "duplicate")
        if ours or any(self.organisation == other.organisation for other in (held, *self.disputes[one.hash])):
            return _conflict(one)
        self.disputing[one.hash] = one
        return Verdict(one.index, "accepted", one.event_id, (DISPUTED,), given_id=True)


def _comparable(
    projected: Sequence[Projected], taken: dict[str, store.Claim]
) -> tuple[Sequence[Projected], dict[str, store.Claim]]:
    """The same events and claims; where two of one identity have other bytes, all of it in the normal form."""
    digests = {key: held.digest for key, held in taken.items()}
    unequal = {one.hash for one in projected if digests.setdefault(one.hash, one.content) != one.content}
    if not unequal:
        return projected, taken
    again = store.in_normal_form({key: taken[key] for key in unequal if key in taken})
    return [one.in_normal_form() if one.hash in unequal else one for one in projected], taken | again


def _first(candidates: Sequence[Projected]) -> dict[str, Projected]:
    first: dict[str, Projected] = {}
    for one in candidates:
        first.setdefault(one.hash, one)
    return first


def _contested(candidates: Sequence[Projected], taken: dict[str, store.Claim]) -> list[str]:
    return sorted({one.hash for one in candidates if one.hash in taken and taken[one.hash].digest != one.content})


def _wrong_declarations(batch: Batch) -> set[int]:
    """Declarations about other content than was recorded: they would void what their sender never saw (EPCIS 2.0 §7.4.1.4)."""
    about = {one.index: key_of(one.event_id) for one in batch.projected if one.event.error_declaration}
    if not about:
        return set()
    held = {key: [one] for key, one in store.in_normal_form(store.claims(list(about.values()))).items()}
    if others := [key for key, (one,) in held.items() if one.organisation != batch.organisation]:
        held |= store.disputes(others, hold=False)
    own = {key: one.digest for key, claims in held.items() for one in claims if one.organisation == batch.organisation}
    digests = {one.index: one.content for one in batch.projected if one.index in about}
    return {index for index, key in about.items() if own.get(key, digests[index]) != digests[index]}


def _verdict(one: Projected, verdict: str, *, here: bool = False) -> Verdict:
    return Verdict(one.index, verdict, one.event_id, given_id=one.event.event_id is None, here=here)


def _conflict(one: Projected) -> Verdict:
    return Verdict(one.index, "conflict", one.event_id, (CONFLICT,))
