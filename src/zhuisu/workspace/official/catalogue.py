"""What must be traced in a region on a day, by which document, and which department answers for it."""

from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as now
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET

from zhuisu import sectors
from zhuisu.accounts.models import Person
from zhuisu.codes import cn_division
from zhuisu.registry.catalogue import queries
from zhuisu.registry.models import CatalogueEntry, Department
from zhuisu.registry.queries import regions
from zhuisu.registry.regions import is_region
from zhuisu.web import words
from zhuisu.web.doors import signed_in
from zhuisu.workspace.records.said import english, told
from zhuisu.workspace.rights import rights_of


class AskedForm(forms.Form):
    """Where and when."""

    region = forms.CharField(required=False, max_length=6)
    day = forms.DateField(required=False, error_messages={"invalid": _("日期应写成 2026-11-22 的样子。")})

    def clean_region(self) -> str:
        """The digits of a region; "" for the country."""
        text = str(self.cleaned_data["region"]).strip()
        if text and not is_region(text):
            raise forms.ValidationError(_("行政区划代码应为 2、4 或 6 位数字，如 4507。"))
        return text


@dataclass(slots=True)
class Line:
    """One line of a document, and what it means here."""

    entry: CatalogueEntry
    department: Department | None
    kinds: dict[str, list[str]] = field(default_factory=dict)  # sector → its kinds; none: all of it

    @property
    def means(self) -> list[str]:
        """The kinds in words, a sector at a time."""
        return [
            f"{sector}{now('：')}{words.listed(*kinds)}" if kinds else sector for sector, kinds in self.kinds.items()
        ]


@require_GET
@signed_in
def page(request: HttpRequest, person: Person) -> HttpResponse:
    """The list of a region on a day; without a question that of the reader's own region today."""
    form = AskedForm(
        {"region": request.GET.get("region", person.organisation.region), "day": request.GET.get("day", "")}
    )
    fine = form.is_valid()
    region = form.cleaned_data.get("region", "") if fine else ""
    day = (form.cleaned_data.get("day") if fine else None) or timezone.localdate()
    lines = _lines(region, day) if fine else []
    context = {
        "form": form,
        "fine": fine,
        "region": region,
        "place": _place(region),
        "day": day,
        "lines": lines,
        "documents": list({each.entry.catalogue_id: each.entry.catalogue for each in lines}.values()),
        "departments": _departments(region) if fine else [],
        "english": english(),
        "any": bool(lines) or bool(queries.lists()),
        **rights_of(person),
    }
    return render(request, "workspace/official/catalogue.html", context, status=200 if fine else 422)


def _departments(region: str) -> list[Department]:
    """Who held what, of the nearest region around that has departments of its own."""
    around = [region[:digits] for digits in (6, 4, 2) if len(region) >= digits] or [""]
    return next((found for each in around if (found := queries.departments(each))), [])


def _lines(region: str, day: date) -> list[Line]:
    """The lines of the documents, nearest region first, each with all its kinds."""
    found: dict[tuple[Any, ...], Line] = {}
    for one in queries.mandatory(region, day):
        entry = one.entry
        key = (entry.catalogue_id, entry.text, entry.article, entry.function, entry.valid_from_on)
        sector, kind = _kind(one.kind, day)
        held = found.setdefault(key, Line(entry, one.department)).kinds.setdefault(sector, [])
        held += [kind] if kind else []
    return sorted(found.values(), key=lambda each: (-len(each.entry.catalogue.region), each.entry.pk))


def _kind(kind: str, day: date) -> tuple[str, str]:
    """A kind of product in words: its sector, and itself; "" for the whole sector."""
    name, _dot, own = kind.partition(".")
    sector = sectors.all()[name]
    editions = [*filter(None, [sector.on(day)]), *sector.editions]
    said = next((each.kinds[own].name for each in editions if own in each.kinds), None)
    return told(editions[0].name), told(said)


def _place(region: str) -> str:
    """The region's name: that of a place in it, which has both languages, else in Chinese that of the national table."""
    if not region:
        return ""
    if known := regions([region]).get(region):
        return words.said(known, "region_name")
    return "" if english() else " ".join(cn_division.names(region.ljust(6, "0")))
