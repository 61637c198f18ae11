"""What a sector asks for, to be read by anyone who is signed in: steps, data elements, duties, books, retention, reporting; and its files."""

from collections.abc import Mapping
from typing import Any

import msgspec
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET

from zhuisu import sectors
from zhuisu.accounts.models import Person
from zhuisu.profiles import elements, entry
from zhuisu.profiles.model import Duty, Profile, Report, Retention, Step
from zhuisu.profiles.schema import schema
from zhuisu.web import words
from zhuisu.web.doors import signed_in
from zhuisu.workspace.records import reads
from zhuisu.workspace.records.lists import filed
from zhuisu.workspace.records.said import language, told
from zhuisu.workspace.rights import may_capture, rights_of

_encode = msgspec.json.Encoder(decimal_format="number").encode
ANCHORS = {
    "event": _("事件发生后"),
    "expiry": _("保质期或有效期满后"),
    "end_of_service": _("停用后"),
    "scrapping": _("报废后"),
}


@require_GET
@signed_in
def index(request: HttpRequest, person: Person) -> HttpResponse:
    """All sectors, by class."""
    today = timezone.localdate()
    found: dict[str, list[Profile]] = {}
    for name in sectors.offered(settings.SECTORS_OFF):
        profile = reads.profile_of(name, today)
        if profile:
            found.setdefault(profile.sector_class, []).append(profile)
    order = list(words.CATEGORIES)
    classes = [(str(words.CATEGORIES[name]), found[name]) for name in sorted(found, key=order.index)]
    return render(request, "workspace/records/sectors.html", {"classes": classes, **rights_of(person)})


@require_GET
@signed_in
def sector(request: HttpRequest, person: Person, sector: str) -> HttpResponse:
    """One sector, as it is in force today where the reader is."""
    who = reads.actor(person.organisation, timezone.localdate())
    profile = _profile(person, sector)
    steps = [_step(profile, name, step) for name, step in profile.steps.items()]
    for each in steps:
        each["mine"] = bool(who and may_capture(person) and reads.may_do(who, profile, each["id"]))
    context = {
        "profile": profile,
        "category": str(words.CATEGORIES[profile.sector_class]),
        "steps": steps,
        "elements": [(one, _obligations(profile, one.steps)) for one in elements.elements(profile)],
        "duties": [(duty, profile.basis[duty.basis], _forbids(profile, duty)) for duty in profile.duties.values()],
        "ledgers": [
            (one, profile.basis[one.basis], _columns(profile, one.columns)) for one in profile.ledgers.values()
        ],
        "retention": [(one, _kept(one), profile.basis[one.basis]) for one in profile.retention],
        "reports": [(one, _within(one), profile.basis[one.basis]) for one in profile.reports.values()],
        "roles": [(role, _licences(profile, name)) for name, role in profile.roles.items()],
        **rights_of(person),
    }
    return render(request, "workspace/records/sector.html", context)


@require_GET
@signed_in
def step_schema(_request: HttpRequest, person: Person, sector: str, step: str) -> HttpResponse:
    """The JSON Schema of a record of a step."""
    profile = _profile(person, sector)
    if step not in profile.steps:
        raise Http404
    content = msgspec.json.format(_encode(schema(profile, step)), indent=2)
    response = HttpResponse(content, content_type="application/schema+json")
    response.headers["Content-Disposition"] = f'attachment; filename="{sector}-{step}.schema.json"'
    return response


@require_GET
@signed_in
def element_file(_request: HttpRequest, person: Person, sector: str, kind: str) -> HttpResponse:
    """The data elements as a table for a spreadsheet."""
    profile = _profile(person, sector)
    heads, *lines = elements.rows(profile, language())
    return filed(f"{sector}-elements", kind, heads, iter(lines))


def _profile(person: Person, sector: str) -> Profile:
    """The edition in force today where the reader is. Raises Http404."""
    today = timezone.localdate()
    who = reads.actor(person.organisation, today)
    profile = reads.profile_of(sector, today, who.region if who else person.organisation.region)
    if profile is None:
        raise Http404
    return profile


def _step(profile: Profile, name: str, step: Step) -> dict[str, Any]:
    columns = entry.columns(profile, name)
    return {
        "id": name,
        "step": step,
        "by": words.listed(*(told(profile.roles[role].name) for role in step.by)),
        "after": words.listed(*(told(profile.steps[each].name) for each in step.after)),
        "required": words.listed(*(told(column.words) for column in columns if column.required)),
        "basis": profile.basis[step.basis],
    }


def _obligations(profile: Profile, steps: Mapping[str, str]) -> list[tuple[str, str]]:
    """Who must say it: obligation and the steps' names, what is mandatory first."""
    found: dict[str, list[str]] = {}
    for step, duty in steps.items():
        found.setdefault(duty, []).append(told(profile.steps[step].name))
    return [(duty, words.listed(*found[duty])) for duty in ("M", "C", "O") if duty in found]


def _forbids(profile: Profile, duty: Duty) -> str:
    return words.listed(*(told(profile.steps[name].name) for name in duty.forbids))


def _columns(profile: Profile, names: tuple[str, ...]) -> str:
    known = {name: field.name for name, field in profile.fields.items()} | entry.WORDS
    return words.listed(*(told(known[name]) if name in known else name for name in names))


def _kept(one: Retention) -> str:
    years, months = divmod(one.months, 12)
    if months:
        period = ngettext("%(count)s 个月", "%(count)s 个月", one.months) % {"count": one.months}
    else:
        period = ngettext("%(count)s 年", "%(count)s 年", years) % {"count": years}
    return f"{ANCHORS[one.anchor]} {period}"


def _within(one: Report) -> str:
    if one.hours:
        return ngettext("%(count)s 小时内", "%(count)s 小时内", one.hours) % {"count": one.hours}
    if one.working_days:
        return ngettext("%(count)s 个工作日内", "%(count)s 个工作日内", one.working_days) % {"count": one.working_days}
    return now("每月 %(day)s 日前") % {"day": one.day_of_month} if one.day_of_month else now("及时")


def _licences(profile: Profile, name: str) -> str:
    role = profile.roles[name]
    return words.listed(
        *dict.fromkeys([*role.licences, *(each for held in role.licences_of.values() for each in held)])
    )
