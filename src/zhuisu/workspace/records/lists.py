"""What was recorded: a list to search and to take away, and the page of one act with its verdicts."""

import csv
import io
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import Any

import xlsxwriter
from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as now
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET

from zhuisu import codes, sectors
from zhuisu.accounts.models import Organisation, Person
from zhuisu.compliance import queries
from zhuisu.compliance.acts import Acted, Wanted, act_by_id, acts
from zhuisu.compliance.queries import Verdict
from zhuisu.events.queries import event_by_id, numbers_of
from zhuisu.events.queries import gone as gone_of
from zhuisu.events.scope import Scope, scope_of
from zhuisu.web import words
from zhuisu.web.doors import signed_in
from zhuisu.web.tables import neutral
from zhuisu.workspace.promises import issuing
from zhuisu.workspace.records import reads, values
from zhuisu.workspace.records.said import told
from zhuisu.workspace.records.values import Reading
from zhuisu.workspace.rights import may_capture, named, rights_of

PAGE = 30  # acts of a page
EXPORT_LIMIT = 10_000  # rows of an export, built in memory: a few megabytes
EXPORT_STEP = 500
THINGS_LIMIT = 3  # things that the page of an act leads on from
ID_LENGTH = 400  # characters of an eventID in an address

# What days are asked for: of others there are no records, and a calendar may have no day before or after them.
DAYS = (MinValueValidator(date(1900, 1, 1)), MaxValueValidator(date(2999, 12, 31)))

FOUND = (
    ("", _("全部")),
    ("any", _("有问题")),
    ("error", _("有违规")),
    ("warning", _("只有提醒")),
    ("none", _("没有问题")),
)


class ListForm(forms.Form):
    """What the list is narrowed to. Anything wrong in it is left out."""

    q = forms.CharField(required=False, max_length=300)
    sector = forms.CharField(required=False, max_length=40)
    step = forms.CharField(required=False, max_length=40)
    found = forms.ChoiceField(required=False, choices=FOUND)
    since = forms.DateField(required=False, validators=DAYS)
    until = forms.DateField(required=False, validators=DAYS)
    before = forms.RegexField(r"\d{1,18}\.\w*", required=False, max_length=80)


@require_GET
@signed_in
def listed(request: HttpRequest, person: Person) -> HttpResponse:
    """The acts, narrowed, a page at a time."""
    asked, wanted = asked_of(request, person)
    found = acts(scope_of(person.organisation), wanted, limit=PAGE + 1, before=asked["before"])
    shown = found[:PAGE]
    names = named(Organisation.objects.in_bulk({one.organisation for one in shown}).values())
    context = {
        "rows": [row(one, names.get(one.act.organisation, "")) for one in values.readings(shown)],
        "older": shown[-1].cursor if len(found) > PAGE else None,
        "asked": asked,
        "narrowed": any(value for name, value in asked.items() if name != "before"),
        "choices": FOUND,
        "sectors": sector_names(person),
        "steps": step_names(asked["sector"]),
        "export_limit": EXPORT_LIMIT,
        **rights_of(person),
    }
    return render(request, "workspace/records/list.html", context)


@require_GET
@signed_in
def export(request: HttpRequest, person: Person, kind: str) -> HttpResponse:
    """The same list as a file for a spreadsheet."""
    _asked, wanted = asked_of(request, person)
    return filed("records", kind, _heads(), _cells(person, wanted))


@require_GET
@signed_in
def act(request: HttpRequest, person: Person) -> HttpResponse:
    """One act: its values in words, what was found, and every verdict there was."""
    event_id = request.GET.get("id", "")[:ID_LENGTH].replace("\x00", "")
    scope = scope_of(person.organisation)
    judged = act_by_id(scope, event_id)
    stored = event_by_id(scope, event_id) if event_id else []
    if (
        not stored and not judged and not numbers_of(scope, [event_id])
    ):  # one of a moment ago is stored and not published yet
        raise Http404
    mine = bool(judged) and judged[0].organisation == person.organisation_id and may_capture(person)
    context = {
        "event_id": event_id,
        "judged": [detail(one) | (_onward(one) if mine else {}) for one in values.readings(judged)],
        "histories": _histories(scope, judged),
        "new": "new" in request.GET,
        "gone": gone_of(scope, event_id) if not stored and event_id else None,
        "waiting": not judged,
        "mine": mine,
        **rights_of(person),
    }
    return render(request, "workspace/records/act.html", context)


def detail(one: Reading) -> dict[str, Any]:
    """What the page of an act shows of one sector's view of it."""
    told_of = values.told_of(one)
    act = one.act
    return {
        "act": act,
        "profile": one.profile,
        "step": one.profile.steps[act.step] if one.profile else None,
        "told": told_of,
        "things": public_pages(told_of),
        "at": words.local(act.happened_at, act.zone),
        "reporter": named(Organisation.objects.filter(pk=act.organisation)).get(act.organisation, ""),
        "actor": reads.names_of([act.actor]).get(act.actor, act.actor),
    }


def _onward(one: Reading) -> dict[str, Any]:
    """What is usually done next with things that an act brought forth: a promise certificate for each lot that takes one, labels."""
    event, day = one.act.event(), timezone.localdate()
    if one.act.outcome != "judged" or event.biz_step not in issuing.BEGINS:
        return {}
    made = [each.epc_class for each in event.output_quantities or event.quantities][:THINGS_LIMIT]
    lots = [issuing.named(lot) for text in made if (lot := issuing.lot_of(text))]
    return {"promises": [lot.epc for lot in lots if issuing.profile_of(lot, [], day)], "labels": True}


def public_pages(told_of: list[values.Told]) -> list[values.Said]:
    """The first things of an act that have a public page."""
    return [said for each in told_of for said in each.values if said.link.startswith(values.PUBLIC)][:THINGS_LIMIT]


def row(one: Reading, sender: str) -> dict[str, Any]:
    """One line of the list."""
    act, profile = one.act, one.profile
    return {
        "act": act,
        "step": told(profile.steps[act.step].name) if profile else act.step,
        "sector": told(profile.name) if profile else act.sector,
        "about": values.summary(one),
        "at": words.local(act.happened_at, act.zone),
        "sender": sender,
    }


def asked_of(request: HttpRequest, person: Person) -> tuple[dict[str, Any], Wanted]:
    """What the address asks for, as the page shows it and as the query takes it."""
    form = ListForm(request.GET)
    form.is_valid()
    held: dict[str, Any] = {name: form.cleaned_data.get(name) or "" for name in form.fields}
    held["q"] = held["q"].replace("\x00", "").strip()
    own = person.organisation.pk if person.organisation.kind == Organisation.Kind.ENTERPRISE else None
    things, ids = searched(held["q"])
    wanted = Wanted(
        sector=held["sector"] if held["sector"] in sectors.all() else "",
        step=held["step"],
        found=held["found"],
        since=midnight(held["since"]) if held["since"] else None,
        until=midnight(held["until"] + timedelta(1)) if held["until"] else None,
        organisation=own,
        things=things,
        event_ids=ids,
    )
    return held, wanted


def searched(text: str) -> tuple[tuple[codes.Code, ...], tuple[str, ...]]:
    """What a search means: a thing by any written form of its code, else an event by its id."""
    if not text:
        return (), ()
    try:
        return (reads.code_of(text),), ()
    except codes.CodeError:
        found = tuple(each.code for each in codes.readings(text))
        return (found, ()) if found else ((), (text,))


def midnight(day: date) -> datetime:
    """When a day begins on this node's clock."""
    return timezone.make_aware(datetime.combine(day, time()))


def sector_names(person: Person) -> list[tuple[str, str]]:
    """The sectors to choose from: an enterprise's own first, the others behind."""
    who = reads.actor(person.organisation, timezone.localdate())
    own = set(who.roles) if who else set()
    known = [(name, told(sector.editions[0].name)) for name, sector in sectors.all().items()]
    return sorted(known, key=lambda each: (each[0] not in own, each[1]))


def step_names(sector: str) -> list[tuple[str, str]]:
    """The steps of a sector; none where no sector is chosen."""
    profile = reads.profile_of(sector, timezone.localdate()) if sector else None
    return [(name, told(step.name)) for name, step in profile.steps.items()] if profile else []


def filed(name: str, kind: str, heads: list[str], lines: Iterator[list[Any]]) -> HttpResponse:
    """Rows as CSV or as an Excel workbook, every cell neutral. Raises Http404 for any other kind of file."""
    if kind not in ("csv", "xlsx"):
        raise Http404
    if kind == "csv":
        response = HttpResponse(
            "\ufeff", content_type="text/csv; charset=utf-8"
        )  # else a spreadsheet takes UTF-8 for GBK
        writer = csv.writer(response)
        writer.writerow(heads)
        writer.writerows([neutral(cell) for cell in line] for line in lines)
    else:
        held = io.BytesIO()
        book = xlsxwriter.Workbook(held, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
        sheet = book.add_worksheet()
        sheet.freeze_panes(1, 0)
        sheet.write_row(0, 0, heads, book.add_format({"bold": True}))
        for number, line in enumerate(lines, 1):
            for place, cell in enumerate(line):
                sheet.write_string(number, place, neutral(cell))
        sheet.autofit()
        book.close()
        response = HttpResponse(held.getvalue(), content_type=XLSX)
    response.headers["Content-Disposition"] = f'attachment; filename="{name}.{kind}"'
    return response


XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def _heads() -> list[str]:
    return [
        *(now("时间"), now("行业"), now("步骤"), now("什么东西"), now("违规"), now("提醒"), now("申报主体")),
        *(now("责任主体"), now("收到时间"), now("事件编号"), now("记录内容")),
    ]


def _cells(person: Person, wanted: Wanted) -> Iterator[list[Any]]:
    scope, written, before = scope_of(person.organisation), 0, ""
    while found := acts(scope, wanted, limit=EXPORT_STEP, before=before):
        if written >= EXPORT_LIMIT:
            text = now("已到 %(count)s 行的上限，更早的没有导出：请用条件缩小范围后再导出。")
            yield [text % {"count": EXPORT_LIMIT}]
            return
        names = named(Organisation.objects.in_bulk({one.organisation for one in found}).values())
        for one in values.readings(found):
            yield _line(one, row(one, names.get(one.act.organisation, "")))
        written, before = written + len(found), found[-1].cursor


def _line(one: Reading, line: dict[str, Any]) -> list[Any]:
    act = one.act
    said = "; ".join(f"{each.label}: {words.listed(*(s.text for s in each.values))}" for each in values.told_of(one))
    received = f"{timezone.localtime(act.recorded_at):%Y-%m-%d %H:%M:%S}"
    return [
        *(f"{line['at']:%Y-%m-%d %H:%M:%S}", line["sector"], line["step"], line["about"], act.errors, act.warnings),
        *(line["sender"], act.actor, received, act.event_id, said),
    ]


def _histories(scope: Scope, judged: list[Acted]) -> list[Verdict]:
    """Every verdict there was, the latest first."""
    found = queries.verdicts(scope, [one.id for one in judged], history=True)
    return sorted((each for listed in found.values() for each in listed), key=lambda each: each.judged_at, reverse=True)
