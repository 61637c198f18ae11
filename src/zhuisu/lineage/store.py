"""The reads of the walk: a handful of statements a level, each for the whole frontier at once. Only valid events are seen."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple, Protocol

from zhuisu.events.scope import Scope
from zhuisu.events.store import is_spread, rows
from zhuisu.events.vocabulary import Role

# Microseconds since 1970 (extract gives a numeric: nothing is lost).
_AT = "(extract(epoch from p.at) * 1000000)::bigint"
_LOTS = [int(Role.LOT_OF), int(Role.LOT_MEMBER)]
# Known at the position, and not declared wrong by what was known then.
VALID = """join log_entry l on l.event = p.event and l.position <= %s
 where not exists (select 1 from void v join log_entry d on d.event = v.declared_by
                   where v.event = p.event and d.position <= %s)"""


class Known(NamedTuple):
    """Which facts count: those the log held at a position, that had happened by a moment (None: no bound), and that a scope
    shows (None: all)."""

    position: int
    as_of: datetime | None
    scope: Scope | None = None


def _shown(scope: Scope | None, *, hidden: bool = False) -> tuple[str, list[Any]]:
    """SQL after VALID, and its parameters: only what a scope shows, or only what it hides."""
    if scope is None:
        return ("and false" if hidden else ""), []
    condition, parameters = scope.condition()
    return (
        f"and {'not ' if hidden else ''}exists (select 1 from event e where e.id = p.event and {condition})",
        parameters,
    )


@dataclass(slots=True, eq=False)
class Part:
    """What one valid event says of one or more items alike. `position`: the event's place in the log; `group`: part.position."""

    role: int
    event: int
    at: int
    position: int
    group: int | None  # which lot of the event; None where it is not about lots
    quantity: Any
    unit: str | None


class Source(Protocol):
    """Where facts are read: the database (this module), or a snapshot."""

    def parts(self, items: Collection[int], roles: Sequence[int], known: Known) -> list[tuple[list[int], Part]]:
        """See parts()."""

    def others(self, events: Collection[int], roles: Sequence[int]) -> dict[tuple[int, int], list[int]]:
        """See others()."""

    def lots(self, events: Collection[int], role: int) -> dict[tuple[int, int | None], list[int]]:
        """See lots()."""

    def items(self, ids: Collection[int]) -> list[tuple[int, list[int], list[str]]]:
        """See items()."""

    def number(self, event: int) -> int:
        """See number()."""


def _array(numbers: Iterable[int]) -> str:
    """A PostgreSQL array as text: a tenth of the time that a list parameter takes, element by element."""
    return "{" + ",".join(map(str, numbers)) + "}"


# What follows gathers items into arrays: a row for each of 100,000 tins costs more than all else that a walk does with them.


def parts(items: Collection[int], roles: Sequence[int], known: Known) -> list[tuple[list[int], Part]]:
    """The parts that these items had in valid events, in these roles: [(items, their part)], in the order of the log.

    The numbers stand in a subquery so that the planner does not weigh each of 100,000 against its statistics.
    """
    if not items:
        return []
    apart = known.scope is not None and is_spread()  # who sees what lies with the events: asked there
    shown, parameters = _shown(None if apart else known.scope)
    found = rows(
        f"""select p.items, p.role, p.event, {_AT}, l.position, p.lot, p.quantity, p.unit from (
              select array_agg(item) as items, role, event, at, quantity, unit,
                     case when role = any(%s::smallint[]) then position end as lot
              from item_parts(%s::bigint[], %s::smallint[], %s::timestamptz)
              group by role, event, at, quantity, unit, lot) p {VALID} {shown}
            order by l.position, p.role, p.lot""",
        [_LOTS, _array(items), _array(roles), known.as_of or "infinity", known.position, known.position, *parameters],
    )
    if apart and known.scope:
        seen = known.scope.shows({row[2] for row in found})
        found = [row for row in found if row[2] in seen]
    return [(each, Part(*row)) for each, *row in found]


def beyond(items: Collection[int], roles: Sequence[int], known: Known) -> set[int]:
    """Those of these items that had one of these roles in a valid event that the scope hides."""
    if is_spread():
        return _beyond_apart(items, roles, known)
    shown, parameters = _shown(known.scope, hidden=True)
    found = rows(
        f"""select distinct p.item from item_parts(%s::bigint[], %s::smallint[], %s::timestamptz) p {VALID} {shown}""",
        [_array(items), _array(roles), known.as_of or "infinity", known.position, known.position, *parameters],
    )
    return {item for (item,) in found}


def _beyond_apart(items: Collection[int], roles: Sequence[int], known: Known) -> set[int]:
    """beyond() in two statements: who sees an event is asked where the events lie."""
    found = parts(items, roles, known._replace(scope=None)) if known.scope else []
    seen = known.scope.shows({part.event for _, part in found}) if known.scope else set()
    return {item for each, part in found if part.event not in seen for item in each}


def others(events: Collection[int], roles: Sequence[int]) -> dict[tuple[int, int], list[int]]:
    """Who else had a part in these events (known to be valid): (event, role) → items, in order."""
    if not events:
        return {}
    found = rows(
        """select event, role, array_agg(item order by item) from event_parts(%s::bigint[], %s::smallint[])
           group by event, role order by event, role""",
        [_array(events), _array(roles)],
    )
    return {(event, role): items for event, role, items in found}


def lots(events: Collection[int], role: int) -> dict[tuple[int, int | None], list[int]]:
    """The lots, or the members of lots, in these events: (event, group) → items, in order."""
    if not events:
        return {}
    found = rows(
        """select event, position, array_agg(item order by item) from event_parts(%s::bigint[], array[%s::smallint])
           group by event, position""",
        [_array(events), role],
    )
    return {(event, group): items for event, group, items in found}


def said(events: Collection[int], roles: Sequence[int]) -> list[tuple[int, int, int, Any, str | None]]:
    """What these events (known to be valid) say of quantities: (event, role, item, quantity, unit), one for each part."""
    if not events:
        return []
    return rows(
        "select event, role, item, quantity, unit from event_parts(%s::bigint[], %s::smallint[])",
        [_array(events), _array(roles)],
    )


def items(ids: Collection[int]) -> list[tuple[int, list[int], list[str]]]:
    """Level, numbers and canonical codes of these items."""
    if not ids:
        return []
    return rows(
        "select level, array_agg(id), array_agg(canonical) from items_by_id(%s::bigint[]) group by level",
        [_array(ids)],
    )


def number(event: int) -> int:
    """The number that an event has in the database."""
    return event
