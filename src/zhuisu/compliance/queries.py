"""What was judged, to be read. Every question about events takes a Scope; nouns only."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any, Literal

from django.utils.timezone import get_default_timezone

from zhuisu import codes, sectors
from zhuisu.compliance import known as facts_of
from zhuisu.compliance import store
from zhuisu.compliance.gathering import world_at
from zhuisu.events.projection import identity
from zhuisu.events.queries import head
from zhuisu.events.scope import Scope
from zhuisu.events.store import rows
from zhuisu.profiles.act import Known
from zhuisu.profiles.judge import Finding
from zhuisu.profiles.model import Words
from zhuisu.registry.issuing.rights import day_of


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a sector said of an event. `position` and `judged_at`: what was known of the log, and when."""

    event: int
    event_id: str
    sector: str
    step: str  # "": no step of the sector
    outcome: str  # judged, void, failed
    edition: str
    region: str
    actor: str  # canonical code of the party that answers; "" where nobody looked
    happened_at: datetime
    position: int
    judged_at: datetime
    errors: int
    warnings: int
    last: bool
    findings: tuple[Finding, ...]


def judged_to() -> int:
    """The position of the log up to which events are judged."""
    return store.cursor()


def verdicts(scope: Scope, events: Collection[int], *, history: bool = False) -> dict[int, list[Verdict]]:
    """The last verdicts of these events (numbers as in events.queries.Happening) by sector; with `history` all there were,
    oldest first. Events outside the scope are not in the answer."""
    condition, parameters = scope.condition("e")
    found = rows(
        f"""select v.id, v.event, b.event_id, v.sector, v.step, v.outcome, v.edition, v.region, coalesce(i.canonical, ''),
                   e.happened_at, v.position, v.judged_at, v.errors, v.warnings, w.verdict = v.id
            from verdict v join verdict_last w on w.event = v.event and w.sector = v.sector
            join event e on e.id = v.event join event_body b on b.event = e.id left join item i on i.id = v.actor
            where v.event = any(%s) and v.sector <> '' and (%s or w.verdict = v.id) and {condition}
            order by v.event, v.sector, v.id""",
        [list(events), history, *parameters],
    )
    texts = _findings({row[0] for row in found})
    answer: dict[int, list[Verdict]] = {}
    for row in found:
        answer.setdefault(row[1], []).append(Verdict(*[*row[1:], tuple(texts.get(row[0], ()))]))
    return answer


def _findings(numbers: Collection[int]) -> dict[int, list[Finding]]:
    answer: dict[int, list[Finding]] = {}
    if numbers:
        for number, rule, severity, path, zh, en, article_zh, article_en in rows(
            """select verdict, rule, severity, path, says_zh, says_en, article_zh, article_en from finding
               where verdict = any(%s) order by verdict, number""",
            [list(numbers)],
        ):
            answer.setdefault(number, []).append(_finding(rule, severity, path, zh, en, article_zh, article_en))
    return answer


def _finding(rule: str, severity: Any, path: str, zh: str, en: str, article_zh: str, article_en: str) -> Finding:
    return Finding(rule, severity, Words(zh, en), Words(article_zh, article_en) if article_zh else None, path)


@dataclass(frozen=True, slots=True)
class Filter:
    """Which findings are asked for; what is left out narrows nothing. Times are of the event, `until` exclusive; `party` is a
    canonical code (who answers), `region` as many digits as are meant, `search` an event's id or a code of a thing."""

    sector: str = ""
    step: str = ""
    rule: str = ""
    severity: str = ""
    since: datetime | None = None
    until: datetime | None = None
    party: str = ""
    region: str = ""
    search: str = ""

    def conditions(self) -> list[tuple[str, list[Any]]]:
        """One line a word: the SQL over f(inding), v(erdict), e(vent), b(ody), and its values."""
        held: list[tuple[Any, str]] = [
            (self.sector, "v.sector = %s"),
            (self.step, "v.step = %s"),
            (self.rule, "f.rule = %s"),
            (self.severity, "f.severity = %s"),
            (self.since, "e.happened_at >= %s"),
            (self.until, "e.happened_at < %s"),
            (identity(self.party) if self.party else None, "v.actor in (select id from name where hash = %s)"),
            (self.region, "starts_with(v.region, %s)"),
        ]
        found = [(sql, [value]) for value, sql in held if value]
        if self.search:
            things = "e.id in (select p.event from part p join name n on n.id = p.item where n.hash = any(%s))"
            found.append((f"(b.event_id = %s or {things})", [self.search, _keys(self.search)]))
        return found


def _keys(text: str) -> list[Any]:
    """Every thing that a typed text may name."""
    return [reading.code.key for reading in codes.readings(text)]


@dataclass(frozen=True, slots=True)
class Found:
    """One finding that stands today."""

    cursor: str  # where the next page begins
    event: int
    event_id: str
    sector: str
    step: str
    edition: str
    region: str
    actor: str  # canonical code of the party that answers
    actor_name: str  # as registered; "" where it is not
    happened_at: datetime
    judged_at: datetime
    finding: Finding


_STANDING = """from finding f join verdict v on v.id = f.verdict join verdict_last w on w.verdict = v.id
               join event e on e.id = v.event join event_body b on b.event = e.id"""


def findings(scope: Scope, wanted: Filter, *, before: str = "", limit: int = 50) -> list[Found]:
    """Findings of the last verdicts, what was judged last first; `before` is the cursor of the last one seen."""
    condition, parameters = scope.condition("e")
    clauses = [(condition, parameters), *wanted.conditions()]
    if before:
        verdict, _, number = before.partition(".")
        clauses.append(("(f.verdict, -f.number) < (%s, %s)", [int(verdict), -int(number)]))
    found = rows(
        f"""select f.verdict, f.number, v.event, b.event_id, v.sector, v.step, v.edition, v.region,
                   coalesce(i.canonical, ''), coalesce(p.name, ''), e.happened_at, v.judged_at,
                   f.rule, f.severity, f.path, f.says_zh, f.says_en, f.article_zh, f.article_en
            {_STANDING} left join item i on i.id = v.actor left join registry_party p on p.code = i.canonical
            where {" and ".join(sql for sql, _ in clauses)} order by f.verdict desc, f.number limit %s""",
        [*(value for _, values in clauses for value in values), limit],
    )
    return [Found(*[f"{row[0]}.{row[1]}", *row[2:12], _finding(*row[12:])]) for row in found]


@dataclass(frozen=True, slots=True)
class Count:
    """How many findings stand under one key, and in how many events."""

    key: str
    errors: int
    warnings: int
    events: int


_GROUPS = {
    "rule": "f.rule",
    "sector": "v.sector",
    "step": "v.sector || '.' || v.step",
    "severity": "f.severity",
    "day": "to_char(e.happened_at at time zone %s, 'YYYY-MM-DD')",
    "region": "v.region",
    "party": "(select canonical from item where id = v.actor)",
}
By = Literal["rule", "sector", "step", "severity", "day", "region", "party"]


def counts(scope: Scope, wanted: Filter, by: By, *, zone: str = "Asia/Shanghai", limit: int = 400) -> list[Count]:
    """Findings of the last verdicts by one of the groups: days in their order, everything else the most frequent first."""
    condition, parameters = scope.condition("e")
    clauses = [(condition, parameters), *wanted.conditions()]
    order = "1" if by == "day" else "count(*) desc, 1"
    found = rows(
        f"""select coalesce({_GROUPS[by]}, ''), count(*) filter (where f.severity = 'error'),
                   count(*) filter (where f.severity = 'warning'), count(distinct v.event)
            {_STANDING} where {" and ".join(sql for sql, _ in clauses)} group by 1 order by {order} limit %s""",
        [*([zone] if by == "day" else []), *(value for _, values in clauses for value in values), limit],
    )
    return [Count(*row) for row in found]


def sectors_of(items: Iterable[int]) -> dict[int, set[str]]:
    """The sectors that judged something about each item, and that of its product's kind."""
    wanted = list(items)
    answer: dict[int, set[str]] = {item: set() for item in wanted}
    for item, sector in rows(
        """select p.item, w.sector from part p join verdict_last w on w.event = p.event
           where p.item = any(%s) and w.sector <> ''
           union
           select i.id, split_part(r.kind, '.', 1) from item i join item c on c.id = coalesce(i.product, i.id)
           join registry_product r on r.code = c.canonical where i.id = any(%s) and r.kind <> ''""",
        [wanted, wanted],
    ):
        answer[item].add(sector)
    return answer


def known(items: Iterable[int], at: datetime, sector: str = "") -> dict[int, Known]:
    """What is known of each item at a moment (its day is the node's), for one sector, else for the first that it is of; items of none are left out."""
    wanted = list(items)
    world, on = world_at(wanted, at, head()), day_of(at)
    answer: dict[int, Known] = {}
    for item in wanted:
        for name in [sector] if sector else sorted(facts_of.sectors_of(world, item)):
            if profile := sectors.profile(name, on):
                answer.setdefault(item, facts_of.known(world, item, profile, on))
    return answer


@dataclass(frozen=True, slots=True)
class Due:
    """A duty of a thing, and when it must next be done. `last_on` None: never yet."""

    item: int
    sector: str
    duty: str
    due_on: date
    overdue: bool
    last_on: date | None
    basis: str  # key of the profile's basis


def dues(items: Iterable[int], on: date) -> list[Due]:
    """The duties that run for these items on a day of the node, the most urgent first. What has ended owes nothing any more."""
    wanted = list(items)
    world = world_at(wanted, datetime.combine(on, time.max, get_default_timezone()), head())
    found = []
    for item in wanted:
        for name in facts_of.sectors_of(world, item):
            profile = sectors.profile(name, on)
            if profile is None or "ended" in facts_of.states_of(world, item, name, on):
                continue
            for each in facts_of.dues(world, item, profile):
                basis = profile.duties[each.duty].basis
                found.append(Due(item, name, each.duty, each.due_on, each.due_on < on, each.last_on, basis))
    return sorted(found, key=lambda each: (each.due_on, each.item, each.duty))
