"""The evaluator: whether an event fits a query. Exact; what the database narrows is decided here."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Protocol

from ..model import Event
from .kinds import test_of
from .model import Condition, Query
from .seen import Reading, Seen


class Vocabulary(Protocol):
    """What is known of vocabularies: which entries lie below which, and which have an attribute (EPCIS 2.0 §6.5)."""

    def below(self, kind: str, ids: Iterable[str]) -> frozenset[str]:
        """The keys of these entries, given by their keys, and of all their descendants."""

    def having(self, kind: str, name: str, values: Iterable[str] | None = None) -> frozenset[str]:
        """The keys of the entries with this attribute, or with one of these values of it."""


class _Nothing:
    def below(self, kind: str, ids: Iterable[str]) -> frozenset[str]:  # noqa: ARG002
        return frozenset(ids)

    def having(self, kind: str, name: str, values: Iterable[str] | None = None) -> frozenset[str]:  # noqa: ARG002
        return frozenset()


NOTHING_KNOWN: Vocabulary = _Nothing()
Ask = Callable[[Seen], bool]


def fits(query: Query, event: Event, recorded_at: datetime, vocabulary: Vocabulary = NOTHING_KNOWN) -> bool:
    """Whether the event fits every parameter of the query (order and limits aside)."""
    return evaluator(query, vocabulary)(event, recorded_at)


def evaluator(query: Query, vocabulary: Vocabulary = NOTHING_KNOWN) -> Callable[[Event, datetime], bool]:
    """The query made ready once, to be put to many events."""
    of_event = [_asked(one, vocabulary) for one in query.conditions if not one.family.of_reading]
    of_reading = [_asked_of_reading(one) for one in query.conditions if one.family.of_reading]

    def decide(event: Event, recorded_at: datetime) -> bool:
        seen = Seen(event, recorded_at)
        if not all(ask(seen) for ask in of_event):
            return False
        return not of_reading or any(all(ask(seen, one) for ask in of_reading) for one in seen.readings)

    return decide


def _asked(condition: Condition, vocabulary: Vocabulary) -> Ask:
    ask, about = condition.family.ask, condition.about
    if condition.family.about == "attributed":
        keys = attributed(condition, vocabulary)
        return lambda seen: not keys.isdisjoint(ask(seen, about))
    wanted = condition.wanted
    if condition.op == "WD":
        wanted = tuple(vocabulary.below(condition.family.stem, condition.wanted))
    test = test_of(condition.family.kind, condition.op, about, wanted)
    return lambda seen: any(test(found) for found in ask(seen, about))


def _asked_of_reading(condition: Condition) -> Callable[[Seen, Reading], bool]:
    ask, about = condition.family.ask, condition.about
    test = test_of(condition.family.kind, condition.op, about, condition.wanted)
    return lambda seen, reading: any(test(found) for found in ask(seen, reading, about))


def attributed(condition: Condition, vocabulary: Vocabulary) -> frozenset[str]:
    """The keys of the entries that a condition wants: HASATTR_, with one of the attributes; EQATTR_, with one of the values."""
    field, attribute = condition.about
    kind = field if isinstance(field, str) else ""  # whose vocabulary an extension field's values are of, nobody says
    if attribute is not None:
        return vocabulary.having(kind, attribute, condition.wanted)
    return frozenset().union(*(vocabulary.having(kind, name) for name in condition.wanted))
