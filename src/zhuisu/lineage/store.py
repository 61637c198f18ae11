"""The reads of the walk: a handful of statements a level, each for the whole frontier at once. Only valid events are seen."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from zhuisu.events.store import rows

# Microseconds since 1970 (extract gives a numeric: nothing is lost).
_AT = "(extract(epoch from p.at) * 1000000)::bigint"
# Known at the position, and not declared wrong by what was known then.
VALID = """join log_entry l on l.event = p.event and l.position <= %s
 where not exists (select 1 from void v join log_entry d on d.event = v.declared_by
                   where v.event = p.event and d.position <= %s)"""


class Known(NamedTuple):
    """Which facts count: those the log held at a position, and that had happened by a moment (None: no bound)."""

    position: int
    as_of: datetime | None


class Row(NamedTuple):
    """One part of one item in one valid event. `position`: the event's place in the log; `group`: part.position."""

    item: int
    role: int
    event: int
    at: int
    position: int
    group: int
    quantity: Any
    unit: str | None


def _array(numbers: Iterable[int]) -> str:
    """A PostgreSQL array as text: a tenth of the time that a list parameter takes, element by element."""
    return "{" + ",".join(map(str, numbers)) + "}"


def parts(items: Iterable[int], roles: Sequence[int], known: Known) -> Iterator[Row]:
    """The parts that these items had in valid events, in these roles."""
    found = rows(
        f"""select p.item, p.role, p.event, {_AT}, l.position, p.position, p.quantity, p.unit
            from part p {VALID} and p.item = any(%s::bigint[]) and p.role = any(%s::smallint[]) and p.at <= %s""",
        [known.position, known.position, _array(items), _array(roles), known.as_of or "infinity"],
    )
    return map(Row._make, found)


def others(events: Iterable[int], roles: Sequence[int]) -> list[tuple[int, int, int, int, str, int]]:
    """Who else had a part in these events (known to be valid), in order: event, role, item, part.position, code, level."""
    return rows(
        """select p.event, p.role, p.item, p.position, i.canonical, i.level
           from part p join item i on i.id = p.item
           where p.event = any(%s::bigint[]) and p.role = any(%s::smallint[]) order by p.event, p.role, p.item""",
        [_array(events), _array(roles)],
    )


def items(ids: Iterable[int]) -> list[tuple[int, str, int]]:
    """Number, canonical code and level of these items."""
    return rows("select id, canonical, level from item where id = any(%s::bigint[])", [_array(ids)])
