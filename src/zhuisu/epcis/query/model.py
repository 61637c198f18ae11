"""A query as a value: what was asked, as conditions that can be put to an event."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .families import Family

Given = str | Decimal | bool | None | tuple["Given", ...]


class QueryError(ValueError):
    """A query that cannot be answered. `exception` is the name EPCIS 2.0 has for it (§8.2.6), `parameter` the one at fault."""

    def __init__(self, exception: str, parameter: str, message: str, message_zh: str) -> None:
        super().__init__(f"{parameter}: {message}" if parameter else message)
        self.exception = exception
        self.parameter = parameter
        self.message = message
        self.message_zh = message_zh


@dataclass(frozen=True, slots=True)
class Field:
    """An extension field by name. A prefix that the query does not declare means what the event's own document declared."""

    iri: str | None
    prefix: str = ""
    local: str = ""


@dataclass(frozen=True, slots=True)
class Condition:
    """One parameter: its family, its operator, what it is about (a type, a unit, a field), the values it wants."""

    name: str
    op: str
    family: Family
    about: Any
    wanted: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Order:
    """`by` is eventTime, recordTime, or an extension field."""

    by: str | Field
    descending: bool = True


@dataclass(frozen=True, slots=True)
class Query:
    """What was asked. Equal where the same parameters were given with the same prefixes; the rest follows from them."""

    parameters: tuple[tuple[str, Given], ...] = ()
    prefixes: tuple[tuple[str, str], ...] = ()
    conditions: tuple[Condition, ...] = field(default=(), compare=False)
    order: Order | None = field(default=None, compare=False)
    event_count_limit: int | None = field(default=None, compare=False)
    max_event_count: int | None = field(default=None, compare=False)

    def also(self, other: Query) -> Query:
        """This query, and the conditions of the other too; order and limits are this one's."""
        return replace(self, conditions=self.conditions + other.conditions)

    def as_json(self) -> dict[str, Any]:
        """Names and values as POST /queries wants them (`query` of a named query); read_json makes the same query of it."""
        found = {name: _plain(value) for name, value in self.parameters}
        return found | ({"@context": dict(self.prefixes)} if self.prefixes else {})


def _plain(value: Given) -> Any:
    if isinstance(value, tuple):
        return [_plain(one) for one in value]
    if isinstance(value, Decimal):
        if value == value.to_integral_value() and abs(value) < 2**53:
            return int(value)
        number = float(value)
        # A number that a double cannot hold is written as text, which read_json takes for a number where one is wanted.
        return number if Decimal(repr(number)) == value else {"@value": str(value)}
    return value
