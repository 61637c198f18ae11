"""The dossier of one thing that stays (or of an animal, a cold box): its clocks, its values, all steps, its sensor readings."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from zhuisu import codes, sectors
from zhuisu.accounts.models import Organisation, Person
from zhuisu.compliance import clocks, ledger
from zhuisu.compliance.clocks import Kept
from zhuisu.compliance.ledger import Entry, Head
from zhuisu.compliance.queries import Due
from zhuisu.events.queries import Item, item_by_code
from zhuisu.events.scope import scope_of
from zhuisu.profiles import entry
from zhuisu.profiles.model import Profile
from zhuisu.registry import queries as registry
from zhuisu.resolver.paths import page_path
from zhuisu.web import chart, sector_words, words
from zhuisu.web.doors import signed_in
from zhuisu.web.tables import neutral
from zhuisu.workspace.books import files, shown
from zhuisu.workspace.books.gate import roles_of
from zhuisu.workspace.rights import may_capture, named, rights_of

STEPS = 200  # entries of one dossier page: a lift has some thirty a year
SOON_DAYS = 30  # as on the public page
WHOLE = ("eventTime", *shown.THINGS, *shown.AMOUNTS, *shown.MEASURES)


@dataclass(frozen=True, slots=True)
class Clock:
    """One duty in words. `left`: days until it is due, below zero when that is past. `who`: who did it last."""

    name: str
    due_on: date
    last_on: date | None
    left: int
    basis: str
    who: str = ""
    sector: str = ""
    step: str = ""

    @property
    def tone(self) -> str:
        """overdue, soon or ok."""
        return "overdue" if self.left < 0 else "soon" if self.left <= SOON_DAYS else "ok"

    @property
    def days(self) -> int:
        """Days, without their sign."""
        return abs(self.left)


@dataclass(slots=True)
class Row:
    """One thing of the list."""

    name: str
    label: str
    address: str
    sector: str
    clocks: list[Clock] = field(default_factory=list)

    @property
    def tone(self) -> str:
        """That of the most urgent."""
        return self.clocks[0].tone if self.clocks else "ok"


@dataclass(frozen=True, slots=True)
class Line:
    """One step of the dossier: its values as name and text."""

    entry: Entry
    title: str
    sector: str
    who: str
    values: list[tuple[str, str]]


@require_GET
@signed_in
def things(request: HttpRequest, person: Person) -> HttpResponse:
    """Things that stay, with their clocks; a code leads to its dossier."""
    text = request.GET.get("q", "").replace("\x00", "").strip()[:2048]
    if text:
        found = next((code for code in shown.codes_of(text) if item_by_code(code)), None)
        if found:
            return redirect("desk-thing", scheme=found.scheme, value=found.value)
    rows, only = _rows(request, person)
    context = {
        "rows": rows,
        "only": only,
        "text": text,
        "sectors": [(name, sector_words.of(sectors.all()[name].editions[0].name)) for name in clocks.with_duties()],
        "sector": request.GET.get("sector", ""),
        "limit": clocks.MAX_THINGS,
        "counts": {tone: sum(row.tone == tone for row in rows) for tone in ("overdue", "soon", "ok")},
        **rights_of(person),
    }
    return render(request, "workspace/books/things.html", context, status=404 if text else 200)


@require_GET
@signed_in
def export(request: HttpRequest, person: Person) -> HttpResponse:
    """The same list as CSV: one line for each duty."""
    rows, _only = _rows(request, person)
    heads = (_("设备"), _("编码"), _("行业"), _("事项"), _("应于"), _("剩余天数"), _("上次"), _("依据"))
    lines = [
        [
            neutral(each)
            for each in (
                row.name,
                row.label,
                row.sector,
                clock.name,
                clock.due_on,
                clock.left,
                clock.last_on,
                clock.basis,
            )
        ]
        for row in rows
        for clock in row.clocks
    ]
    response = HttpResponse(files.lines_as_csv([heads, *lines]), content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = 'attachment; filename="equipment.csv"'
    return response


@require_GET
@signed_in
def thing(request: HttpRequest, person: Person, scheme: str, value: str) -> HttpResponse:
    """The dossier of one thing, as far as the person may see its records."""
    code, item = _item_or_404(scheme, value)
    numbers = clocks.same_as(item.id)
    found = ledger.entries_about(scope_of(person.organisation), numbers, limit=STEPS + 1)
    if not found:
        raise Http404
    on = timezone.localdate()
    names = shown.names_of(found)
    who = named(Organisation.objects.in_bulk({one.organisation for one in found}).values())
    lines = [_line(one, names, who) for one in found[:STEPS]]
    held = next(iter(clocks.kept([item.id], on)), None)
    last: dict[tuple[str, str], str] = {}
    for line in reversed(lines):
        if not line.entry.voided:
            last[line.entry.sector, line.entry.step] = line.who
    product = registry.products([shown.product_of(code.canonical)])
    counted = [one for one in found[:STEPS] if not one.voided]
    context = {
        "code": code,
        "label": shown.label_of(code.value, code),
        "title": next((words.said(each, "name") for each in product.values()), lines[0].sector),
        "clocks": [clock_of(due, on, last) for due in held.dues] if held else [],
        "lines": lines,
        "cut": len(found) > STEPS,
        "facts": _facts(lines),
        "charts": chart.charts(_readings(counted)),
        "papers": registry.certificates([code.canonical]).get(code.canonical, []),
        "address": page_path(code),
        "logs": _log_steps(person, {one.sector for one in found}, on),
        **rights_of(person),
    }
    return render(request, "workspace/books/thing.html", context)


def _item_or_404(scheme: str, value: str) -> tuple[codes.Code, Item]:
    try:
        code = codes.from_canonical(f"{scheme}:{value}")
    except codes.CodeError:
        raise Http404 from None
    item = item_by_code(code)
    if item is None:
        raise Http404
    return code, item


def _rows(request: HttpRequest, person: Person) -> tuple[list[Row], bool]:
    """The list, and whether only what is overdue is in it."""
    on, only = timezone.localdate(), request.GET.get("only") == "overdue"
    owner = person.organisation if person.organisation.kind == Organisation.Kind.ENTERPRISE else None
    found = clocks.things_of(scope_of(person.organisation), owner, on, request.GET.get("sector", "")[:40])
    listed = [each for each in found if each.overdue or not only]
    products = registry.products({shown.product_of(each.item.canonical) for each in listed} - {""})
    return [_row(each, on, products) for each in listed], only


def _row(held: Kept, on: date, products: dict[str, Any]) -> Row:
    code = codes.from_canonical(held.item.canonical)
    product = products.get(shown.product_of(held.item.canonical))
    found = sectors.all()[held.dues[0].sector].editions[0]
    return Row(
        words.said(product, "name") if product else sector_words.of(found.name),
        shown.label_of(code.value, code),
        reverse("desk-thing", args=(code.scheme, code.value)),
        sector_words.of(found.name),
        [clock_of(due, on, {}) for due in held.dues],
    )


def clock_of(due: Due, on: date, last: dict[tuple[str, str], str]) -> Clock:
    """A duty in words; `last`: who did each step last."""
    profile = sectors.profile(due.sector, on) or sectors.all()[due.sector].editions[0]
    duty = profile.duties[due.duty]
    law = sector_words.law(profile.basis[due.basis])
    who = last.get((due.sector, duty.step), "")
    return Clock(
        sector_words.title(duty.name), due.due_on, due.last_on, (due.due_on - on).days, law, who, due.sector, duty.step
    )


def _line(one: Entry, names: shown.Names, who: dict[int, str]) -> Line:
    profile = sectors.all()[one.sector].editions[0]
    values = []
    for column in entry.columns(profile, one.step) if one.step in profile.steps else ():
        held = one.record.get(column.name)
        if held is None or column.name in WHOLE or column.place == "sensor":
            continue
        head = Head(column.name, ledger.MORE_WORDS.get(column.name, column.words), element=column)
        values.append((sector_words.of(head.words), shown.cell(head, held, names)))
    return Line(one, sector_words.title(one.name), sector_words.of(profile.name), who.get(one.organisation, ""), values)


def _facts(lines: Sequence[Line]) -> list[tuple[str, str]]:
    """The values of the steps in which it began: what the name plate says."""
    first = next((line for line in reversed(lines) if not line.entry.voided and line.values), None)
    return first.values if first else []


def _readings(counted: Sequence[Entry]) -> list[chart.Reading]:
    found: list[chart.Reading] = []
    for one in counted:
        profile = ledger.edition_of(one.sector, "")
        step = profile.steps.get(one.step)
        found += chart.readings_of(
            one.said.data, step.sensors.values() if step else (), at=one.at, what=sector_words.of(one.name)
        )
    return found


def _log_steps(person: Person, held: set[str], on: date) -> list[tuple[str, str, str]]:
    """Steps with sensors that the person's organisation may record: sector, step, name."""
    if not may_capture(person):
        return []
    roles = roles_of(person.organisation, on)
    found = []
    for name in sorted(held & roles.keys()):
        profile: Profile | None = sectors.profile(name, on)
        for key, step in profile.steps.items() if profile else ():
            if step.sensors and step.event == "ObjectEvent" and roles[name] & set(step.by):
                found.append((name, key, sector_words.of(step.name)))
    return found
