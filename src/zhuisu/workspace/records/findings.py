"""What was found wrong: a list to work through, and how much of it by day and by rule. Authorities see their region."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as now
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET

from zhuisu import codes, sectors
from zhuisu.accounts.models import Person
from zhuisu.compliance import queries
from zhuisu.compliance.ledger import edition_of
from zhuisu.compliance.queries import Filter
from zhuisu.events.scope import Scope, scope_of
from zhuisu.web.doors import signed_in
from zhuisu.workspace.records import lists, reads
from zhuisu.workspace.records.lists import filed, midnight, sector_names, step_names
from zhuisu.workspace.records.said import told
from zhuisu.workspace.rights import rights_of

PAGE = 30  # findings of a page
EXPORT_LIMIT = 10_000  # rows of an export, built in memory
EXPORT_STEP = 500
DAYS = 30  # of the chart: a month, one bar a day
RULES_LIMIT = 8  # rules of the chart: what there is most of

SEVERITIES = (("", _("违规和提醒")), ("error", _("违规")), ("warning", _("提醒")))


class FindingForm(forms.Form):
    """What the list is narrowed to. Anything wrong in it is left out."""

    q = forms.CharField(required=False, max_length=300)
    severity = forms.ChoiceField(required=False, choices=SEVERITIES)
    sector = forms.CharField(required=False, max_length=40)
    step = forms.CharField(required=False, max_length=40)
    rule = forms.CharField(required=False, max_length=160)
    party = forms.CharField(required=False, max_length=120)
    since = forms.DateField(required=False, validators=lists.DAYS)
    until = forms.DateField(required=False, validators=lists.DAYS)
    before = forms.RegexField(r"\d{1,18}\.\d{1,9}", required=False, max_length=30)


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar of a chart, in its own unit square: where it stands, how high its parts are, in per cent."""

    name: str
    errors: int
    warnings: int
    start: float
    error: float
    warning: float

    @property
    def top(self) -> float:
        """Where the errors begin, from above."""
        return 100 - self.error

    @property
    def cap(self) -> float:
        """Where the warnings begin, from above."""
        return 100 - self.error - self.warning


@require_GET
@signed_in
def listed(request: HttpRequest, person: Person) -> HttpResponse:
    """What was found wrong, the latest first, with charts by day and by rule."""
    asked, wanted = asked_of(request)
    scope = scope_of(person.organisation)
    found = queries.findings(scope, wanted, before=asked["before"], limit=PAGE + 1)
    shown = found[:PAGE]
    by_rule = queries.counts(scope, wanted, "rule", limit=RULES_LIMIT)
    days = _days(scope, wanted, timezone.localdate())
    severities = queries.counts(scope, wanted, "severity")
    context = {
        "rows": [row(one) for one in shown],
        "older": shown[-1].cursor if len(found) > PAGE else None,
        "asked": asked,
        "narrowed": any(value for name, value in asked.items() if name != "before"),
        "severities": SEVERITIES,
        "sectors": sector_names(person),
        "steps": step_names(asked["sector"]),
        "days": days,
        "ends": (days[0].name, days[-1].name),
        "most": max((one.errors + one.warnings for one in days), default=0),
        "rules": [(one, _rule_name(one.key), _share(one, by_rule)) for one in by_rule],
        "errors": sum(one.errors for one in severities),
        "warnings": sum(one.warnings for one in severities),
        "export_limit": EXPORT_LIMIT,
        **rights_of(person),
    }
    return render(request, "workspace/records/findings.html", context)


@require_GET
@signed_in
def export(request: HttpRequest, person: Person, kind: str) -> HttpResponse:
    """The same list as a file for a spreadsheet."""
    _asked, wanted = asked_of(request)
    heads = [
        *(now("时间"), now("程度"), now("行业"), now("步骤"), now("问题"), now("依据"), now("规则")),
        *(now("责任主体"), now("责任主体码"), now("行政区划"), now("核对时间"), now("事件编号")),
    ]
    return filed("findings", kind, heads, _cells(person, wanted))


def asked_of(request: HttpRequest) -> tuple[dict[str, Any], Filter]:
    """What the address asks for, as the page shows it and as the query takes it."""
    form = FindingForm(request.GET)
    form.is_valid()
    held: dict[str, Any] = {name: form.cleaned_data.get(name) or "" for name in form.fields}
    for name, value in held.items():
        if isinstance(value, str):
            held[name] = value.replace("\x00", "").strip()
    wanted = Filter(
        sector=held["sector"],
        step=held["step"],
        rule=held["rule"],
        severity=held["severity"],
        since=midnight(held["since"]) if held["since"] else None,
        until=midnight(held["until"] + timedelta(1)) if held["until"] else None,
        party=reads.canonical(held["party"]),
        search=_search(held["q"]),
    )
    return held, wanted


def row(one: queries.Found) -> dict[str, Any]:
    """One line of the list."""
    profile = edition_of(one.sector, one.edition) if one.sector in sectors.all() else None
    step = profile.steps.get(one.step) if profile else None
    return {
        "found": one,
        "finding": one.finding,
        "sector": told(profile.name) if profile else one.sector,
        "step": told(step.name) if step else one.step,
        "actor": one.actor_name or reads.typed(one.actor),
    }


def _search(text: str) -> str:
    """A lot is found also as people write it, GTIN/lot."""
    try:
        return codes.to_digital_link(reads.code_of(text)) if "/" in text and "://" not in text else text
    except codes.CodeError:
        return text


def _days(scope: Scope, wanted: Filter, today: date) -> list[Bar]:
    """The findings of the days asked for, at most DAYS of them, as bars."""
    last = timezone.localdate(wanted.until - timedelta(seconds=1)) if wanted.until else today
    first = last - timedelta(DAYS - 1)
    narrowed = replace(
        wanted, since=max(wanted.since or midnight(first), midnight(first)), until=midnight(last + timedelta(1))
    )
    zone = timezone.get_current_timezone_name()
    held = {one.key: one for one in queries.counts(scope, narrowed, "day", zone=zone)}
    most = max((one.errors + one.warnings for one in held.values()), default=0) or 1
    bars = []
    for place in range(DAYS):
        day = (first + timedelta(place)).isoformat()
        errors, warnings = (held[day].errors, held[day].warnings) if day in held else (0, 0)
        heights = [round(100 * part / most, 2) for part in (errors, warnings)]
        bars.append(Bar(day, errors, warnings, round(100 * place / DAYS, 3), *heights))
    return bars


def _share(one: queries.Count, all_of: list[queries.Count]) -> tuple[float, float]:
    """Widths of the two parts of a rule's bar, in per cent of the longest."""
    most = max(each.errors + each.warnings for each in all_of) or 1
    return round(100 * one.errors / most, 2), round(100 * one.warnings / most, 2)


def _rule_name(rule: str) -> str:
    """A rule in words: its step and its sentence, where today's edition still has it."""
    sector, _dot, rest = rule.partition(".")
    step = rest.partition(".")[0]
    judge = sectors.judge(sector, timezone.localdate())
    if judge is None or step not in judge.profile.steps:
        return rule
    sentence = next((told(one.says) for one in judge.rules[step] if one.id == rule), "")
    where = f"{told(judge.profile.name)} {told(judge.profile.steps[step].name)}"
    return f"{where}{now('：')}{sentence}" if sentence else where


def _cells(person: Person, wanted: Filter) -> Iterator[list[Any]]:
    scope, written, before = scope_of(person.organisation), 0, ""
    names = {key: str(label) for key, label in SEVERITIES}
    while found := queries.findings(scope, wanted, before=before, limit=EXPORT_STEP):
        if written >= EXPORT_LIMIT:
            text = now("已到 %(count)s 行的上限，更早的没有导出：请用条件缩小范围后再导出。")
            yield [text % {"count": EXPORT_LIMIT}]
            return
        for one in found:
            line = row(one)
            article = told(one.finding.article) if one.finding.article else ""
            moments = [f"{timezone.localtime(at):%Y-%m-%d %H:%M:%S}" for at in (one.happened_at, one.judged_at)]
            yield [
                *(
                    moments[0],
                    names[one.finding.severity],
                    line["sector"],
                    line["step"],
                    told(one.finding.says),
                    article,
                ),
                *(one.finding.rule, line["actor"], one.actor, one.region, moments[1], one.event_id),
            ]
        written, before = written + len(found), found[-1].cursor
