"""Acts as they were judged: which step of which sector an event is, who sent it, and how it stands today. For lists and pages."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from zhuisu import codes, epcis
from zhuisu.events.bodies import unpacked
from zhuisu.events.projection import identity
from zhuisu.events.scope import Scope
from zhuisu.events.store import full_context, rows


@dataclass(frozen=True, slots=True)
class Acted:
    """One event as one sector judges it, with its own bytes. Times are aware, UTC; `zone` is the offset as sent."""

    id: int
    event_id: str
    sector: str
    step: str
    edition: str
    region: str
    outcome: str  # judged, void, failed
    errors: int
    warnings: int
    happened_at: datetime
    zone: str
    recorded_at: datetime
    organisation: int
    actor: str  # canonical code of the party that answers
    body: bytes
    format: str  # json or xml
    context: str  # JSON: the prefixes that its document declared

    @property
    def cursor(self) -> str:
        """Where the next page begins."""
        return f"{self.id}.{self.sector}"

    def event(self) -> epcis.Event:
        """The event as a value."""
        return epcis.read_event(self.body, full_context(self.context))


@dataclass(frozen=True, slots=True)
class Wanted:
    """What acts are asked for; what is left out narrows nothing. `found`: "error", "warning" (nothing worse), "none", "any"."""

    sector: str = ""
    step: str = ""
    found: str = ""
    since: datetime | None = None
    until: datetime | None = None  # exclusive
    organisation: int | None = None
    things: tuple[codes.Code, ...] = ()  # one of these has a part in it
    event_ids: tuple[str, ...] = ()

    def conditions(self) -> list[tuple[str, list[Any]]]:
        """One line a condition: SQL over v (verdict_last) and e (event), and its values."""
        held: list[tuple[Any, str]] = [
            (self.sector, "v.sector = %s"),
            (self.step, "d.step = %s"),
            (self.since, "v.happened_at >= %s"),
            (self.until, "v.happened_at < %s"),
            (self.organisation, "e.organisation = %s"),
            (
                [code.key for code in self.things],
                "e.id in (select p.event from part p join name n on n.id = p.item where n.hash = any(%s))",
            ),
            ([identity(text) for text in self.event_ids], "e.hash = any(%s)"),
        ]
        return [(sql, [value]) for value, sql in held if value not in (None, "", [])] + [(_FOUND[self.found], [])]


_FOUND = {
    "": "true",
    "error": "v.errors > 0",
    "warning": "(v.errors = 0 and v.warnings > 0)",
    "any": "(v.errors > 0 or v.warnings > 0)",
    "none": "(v.errors = 0 and v.warnings = 0)",
}


def acts(scope: Scope, wanted: Wanted, *, limit: int, before: str = "") -> list[Acted]:
    """Acts that a caller may see, the latest recorded first, those behind `before` (a row's `cursor`). One statement.

    What was declared wrong is among them, as it was judged while it counted.
    """
    condition, parameters = scope.condition("e")
    clauses = [("(v.step <> '' or l.outcome = 'void')", []), (condition, parameters), *wanted.conditions()]
    number, _dot, sector = before.partition(".")
    if number.isdecimal() and len(number) < 19:
        clauses.append(("(v.event, v.sector) < (%s, %s)", [int(number), sector]))
    where = " and ".join(sql for sql, _ in clauses)
    values = [value for _, each in clauses for value in each]
    found = rows(
        f"""select e.id, b.event_id, v.sector, d.step, d.edition, d.region, l.outcome, v.errors, v.warnings, e.happened_at,
                   e.zone, e.recorded_at, e.organisation, coalesce(a.canonical, ''), b.body, b.format, b.context::text
            from verdict_last v join verdict l on l.id = v.verdict
            join lateral (select step, edition, region, actor from verdict w
                          where w.event = v.event and w.sector = v.sector and w.step <> '' order by w.id desc limit 1) d on true
            join event e on e.id = v.event join event_body b on b.event = e.id and b.format <> 'gone' left join item a on a.id = d.actor
            where {where} order by v.event desc, v.sector desc limit %s""",
        [*values, limit],
    )
    return [_acted(row) for row in found]


def act_by_id(scope: Scope, event_id: str) -> list[Acted]:
    """What the sectors say of the event of one id; nothing where it is not judged yet, or not for this caller's eyes."""
    found = acts(scope, Wanted(event_ids=(event_id,)), limit=_MOST_SECTORS)
    return [one for one in found if one.event_id == event_id]


# More sectors than there are kinds of things in a mixed pallet.
_MOST_SECTORS = 40


def _acted(row: tuple[Any, ...]) -> Acted:
    values = (*row[:-3], unpacked(row[-3]), *row[-2:])
    return Acted(*values)
