"""Asks the catalogue: what must be traced in a region on a day, and which department answers for it."""

from dataclasses import dataclass
from datetime import date

from django.db.models import Q
from django.db.models.functions import Length

from zhuisu.registry.catalogue.models import CatalogueEntry, CatalogueList, Department
from zhuisu.registry.regions import without_noughts

MAX_SUCCESSIONS = 20  # departments that took over from one another: a ring in the data must end


@dataclass(frozen=True, slots=True)
class Mandatory:
    """A kind of product (sector.kind, or a whole sector) that must be traced: where, since when, by which document, and whose
    department answers for it on the day that was asked for."""

    kind: str
    entry: CatalogueEntry
    department: Department | None


def lists() -> list[CatalogueList]:
    """Every document that was taken over, by region and name."""
    return list(CatalogueList.objects.order_by("region", "name"))


def mandatory(region: str, day: date) -> list[Mandatory]:
    """What must be traced in a region (GB/T 2260) on a day: by documents of the region itself, of those above it, and of the
    country. By kind; the nearest region's document first."""
    held = (
        CatalogueEntry.objects.filter(catalogue__region__in=_above(region), valid_from_on__lte=day)
        .filter(Q(valid_to_on=None) | Q(valid_to_on__gte=day))
        .select_related("catalogue")
        .order_by("kind", Length("catalogue__region").desc(), "valid_from_on", "id")
    )
    entries = list(held)
    rows = _rows(region)
    return [Mandatory(one.kind, one, _holder(rows, one.function, one.catalogue.region, day)) for one in entries]


def is_mandatory(kind: str, region: str, day: date) -> bool:
    """Whether a kind of product (sector.kind) must be traced in a region on a day."""
    sector = kind.partition(".")[0]
    return (
        CatalogueEntry.objects.filter(
            kind__in=[kind, sector], catalogue__region__in=_above(region), valid_from_on__lte=day
        )
        .filter(Q(valid_to_on=None) | Q(valid_to_on__gte=day))
        .exists()
    )


def departments(region: str | None = None) -> list[Department]:
    """Departments with their successors, the oldest first; of one region, or all."""
    held = Department.objects.select_related("successor").order_by("region", "function", "valid_from_on")
    return list(held if region is None else held.filter(region=without_noughts(region)))


def department(function: str, region: str, day: date) -> Department | None:
    """Who holds a function in a region on a day: the region's own department, else that of the region above it, at last the
    country's. Of one that has ended by then, who took over from it: so old events and open cases follow. None where nobody is
    known, also for days before the first."""
    return _holder(_rows(region), function, region, day)


def now_of(old: Department, day: date) -> Department | None:
    """Who answers on a day for what a department once did: itself, or the last of those who took over. None where it ended
    without a successor."""
    return _at({one.pk: one for one in departments(old.region)}, old, day)


def _rows(region: str) -> dict[int, Department]:
    """Every department of a region and of those above it. Who takes over stands in the same region."""
    return {one.pk: one for one in Department.objects.filter(region__in=_above(region))}


def _holder(rows: dict[int, Department], function: str, region: str, day: date) -> Department | None:
    above = _above(region)
    begun = [
        one for one in rows.values() if one.function == function and one.region in above and one.valid_from_on <= day
    ]
    for one in sorted(begun, key=lambda each: (len(each.region), each.valid_from_on), reverse=True):
        if (found := _at(rows, one, day)) is not None:
            return found
    return None


def _at(rows: dict[int, Department], one: Department, day: date) -> Department | None:
    for _ in range(MAX_SUCCESSIONS):
        if one.valid_to_on is None or one.valid_to_on >= day:
            return one
        if one.successor_id is None:
            return None
        one = rows[one.successor_id]
    return None


def _above(region: str) -> list[str]:
    """A region and those that it lies in: 350212 → 350212, 3502, 35, and the country. 350200 is 3502."""
    region = without_noughts(region)
    return [region[:digits] for digits in (6, 4, 2) if len(region) >= digits] + [""]
