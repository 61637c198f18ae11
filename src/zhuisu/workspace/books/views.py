"""The books: which there are, one with its entries, its export and its print."""

from datetime import date, datetime, time, timedelta
from typing import Any

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from zhuisu import codes, sectors
from zhuisu.accounts.models import Organisation, Person
from zhuisu.accounts.services import record
from zhuisu.compliance import ledger
from zhuisu.compliance.ledger import Asked
from zhuisu.events.scope import scope_of
from zhuisu.registry import queries as registry
from zhuisu.registry.models import Product, Role
from zhuisu.web import sector_words
from zhuisu.web.doors import signed_in
from zhuisu.workspace.books import files, shown
from zhuisu.workspace.rights import rights_of

PAGE = 30  # entries of a page
PRINT_LIMIT = 500  # entries of one print: some forty sheets
EXPORT_LIMIT = 10_000  # entries of a file: read and written in a few seconds, some ten megabytes
LAST_MOMENT = 253_402_300_800  # seconds from 1970 to the year 10000, where the database's moments and ours end
MAX_PRODUCTS = 50  # products whose name holds what was searched


class BookForm(forms.Form):
    """What a book is narrowed to. Anything wrong in it is left out."""

    q = forms.CharField(required=False, max_length=200)
    since = forms.DateField(required=False)
    until = forms.DateField(required=False)
    before = forms.CharField(required=False, max_length=60)


@require_GET
@signed_in
def books(request: HttpRequest, person: Person) -> HttpResponse:
    """The books that the organisation keeps: those of its roles, and those that have entries."""
    owner = _owner(person)
    counted: dict[tuple[str, str], tuple[int, datetime]] = {}
    for each in ledger.kept(scope_of(person.organisation), owner):
        counted[each.sector, each.step] = (each.entries, each.last_at)
    roles = _roles(person.organisation) if owner else {}
    listed = []
    for name, sector in sectors.all().items():
        profile = sector.editions[0]
        for key, held in profile.ledgers.items():
            found = [counted[name, step] for step in held.steps if (name, step) in counted]
            mine = any(
                roles.get(name, set()) & set(profile.steps[step].by) for step in held.steps if step in profile.steps
            )
            if found or mine:
                last = max((at for _count, at in found), default=None)
                basis = profile.basis[held.basis]
                listed.append(
                    {
                        "sector": name, "key": key, "name": sector_words.of(held.name), "of": sector_words.of(profile.name),
                        "entries": sum(count for count, _at in found), "last": last,
                        "law": sector_words.law(basis),
                    }
                )  # fmt: skip
    return render(request, "workspace/books/list.html", {"books": listed, **rights_of(person)})


@require_GET
@signed_in
def book(request: HttpRequest, person: Person, sector: str, key: str) -> HttpResponse:
    """One book, the latest entries first; with print=1 all of the span, ready for paper."""
    profile, held = _book_or_404(sector, key)
    asked, form = _asked(request)
    scope, owner = scope_of(person.organisation), _owner(person)
    printing = request.GET.get("print") == "1"
    limit = PRINT_LIMIT if printing else PAGE
    before = "" if printing else (form.cleaned_data.get("before") or "")
    entries = ledger.rows_of(scope, owner, sector, key, asked, limit=limit + 1, before=_cursor(before))
    heads = ledger.columns(sector, key)
    rows = shown.rows(heads, entries[:limit], whose=owner is None)
    used = [place for place in range(len(heads)) if any(row.cells[place] for row in rows)]
    basis = profile.basis[held.basis]
    context = {
        "sector": sector,
        "key": key,
        "name": sector_words.of(held.name),
        "of": sector_words.of(profile.name),
        "law": sector_words.law(basis),
        "heads": [sector_words.of(heads[place].words) for place in used],
        "rows": [(row, [(sector_words.of(heads[place].words), row.cells[place]) for place in used]) for row in rows],
        "unused": [sector_words.of(head.words) for place, head in enumerate(heads) if place not in used]
        if rows
        else [],
        "totals": shown.sums(profile, ledger.totals(scope, owner, sector, key, asked)),
        "older": entries[limit - 1].cursor if len(entries) > limit else None,
        "asked": form.cleaned_data,
        "printing": printing,
        "whose": owner is None,
        "print_limit": PRINT_LIMIT,
        "narrowed": any(form.cleaned_data.get(name) for name in ("q", "since", "until", "before")),
        "now": timezone.now(),
        **rights_of(person),
    }
    return render(request, "workspace/books/book.html", context)


@require_GET
@signed_in
def export(request: HttpRequest, person: Person, sector: str, key: str, kind: str) -> HttpResponse:
    """A book as a sheet (xlsx) or as text (csv): all its columns, the oldest entry first, as a book is read."""
    profile, held = _book_or_404(sector, key)
    asked, _form = _asked(request)
    scope, owner = scope_of(person.organisation), _owner(person)
    entries = ledger.rows_of(scope, owner, sector, key, asked, limit=EXPORT_LIMIT + 1)
    cut = len(entries) > EXPORT_LIMIT
    heads = ledger.columns(sector, key)
    rows = shown.rows(heads, entries[:EXPORT_LIMIT][::-1], whose=owner is None)
    basis = profile.basis[held.basis]
    made = files.Book(
        title=sector_words.of(held.name),
        about=[
            (_("主体"), rights_of(person)["organisation"]),
            (_("行业"), sector_words.of(profile.name)),
            (_("依据"), sector_words.law(basis)),
            (_("时间"), _span(asked)),
            (_("导出时间"), f"{timezone.localtime():%Y-%m-%d %H:%M}"),
        ],
        heads=[sector_words.of(head.words) for head in heads],
        rows=rows,
        whose=owner is None,
        note=_("已到 %(count)s 条的上限，更早的没有导出：请缩小日期范围后再导出。") % {"count": EXPORT_LIMIT}
        if cut
        else "",
    )
    record(
        "book.export", by=f"person:{person.username}", at=timezone.now(), organisation=person.organisation,
        target=f"book:{sector}.{key}", entries=len(entries[:EXPORT_LIMIT]), kind=kind,
    )  # fmt: skip
    octets, media_type = files.FORMATS[kind](made)
    response = HttpResponse(octets, content_type=media_type)
    response.headers["Content-Disposition"] = f'attachment; filename="{sector}-{key}.{kind}"'
    return response


def _span(asked: Asked) -> str:
    since = f"{timezone.localtime(asked.since):%Y-%m-%d}" if asked.since else _("最早")
    until = f"{timezone.localtime(asked.until - timedelta(days=1)):%Y-%m-%d}" if asked.until else _("今天")
    return _("%(first)s 至 %(last)s") % {"first": since, "last": until}


def _owner(person: Person) -> Organisation | None:
    """Whose books: an enterprise's own; authorities and the operator read those of all that they may see."""
    return person.organisation if person.organisation.kind == Organisation.Kind.ENTERPRISE else None


def _roles(organisation: Organisation) -> dict[str, set[str]]:
    party = registry.parties([organisation.party]).get(organisation.party)
    held: dict[str, set[str]] = {}
    for role in Role.objects.filter(party=party) if party else ():
        held.setdefault(role.sector, set()).add(role.role)
    return held


def _book_or_404(sector: str, key: str) -> Any:
    try:
        return ledger.book(sector, key)
    except KeyError:
        raise Http404 from None


def _asked(request: HttpRequest) -> tuple[Asked, BookForm]:
    form = BookForm(request.GET)
    form.is_valid()
    held = form.cleaned_data
    text = (held.get("q") or "").replace("\x00", "").strip()
    since = _midnight(held["since"]) if held.get("since") else None
    until = _midnight(held["until"] + timedelta(days=1)) if held.get("until") and held["until"] < date.max else None
    return Asked(since, until, _things(text) if text else (), text), form


def _things(text: str) -> tuple[codes.Code, ...]:
    """What a searched text may name: codes as it reads, and products whose name holds it."""
    found = list(shown.codes_of(text))
    named = Product.objects.filter(name__icontains=text).values_list("code", flat=True)[:MAX_PRODUCTS]
    return (*found, *(codes.from_canonical(each) for each in named))


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), timezone.get_current_timezone())


def _cursor(text: str) -> str:
    """A place in the book as the page before gave it; what is none is left out."""
    moment, _dot, number = text.rpartition(".")
    try:
        known = abs(float(moment)) < LAST_MOMENT  # false of NaN, too
    except ValueError:
        return ""
    return text if number.isdecimal() and known else ""
