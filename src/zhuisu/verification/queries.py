"""Reads of looking: scans of one thing, and findings. What a person may see of them is decided here."""

from dataclasses import dataclass
from datetime import date

from django.db.models import Q, QuerySet
from django.db.models.expressions import RawSQL
from django.utils import timezone

from zhuisu.accounts.models import Organisation
from zhuisu.codes import Code
from zhuisu.events.store import rows
from zhuisu.registry.issuing.queries import Standing
from zhuisu.verification.models import Finding
from zhuisu.verification.regions import CITY

FINDINGS_LIMIT = 20  # of one thing on its page: each stands for a cause of its own
PAGE_LIMIT = 200  # findings of a list
DAYS_LIMIT = 400  # lines of scans by day and region


@dataclass(frozen=True, slots=True)
class Past:
    """What was found about one thing before, newest first, at most FINDINGS_LIMIT: kind and cause."""

    findings: tuple[tuple[str, str], ...] = ()

    @property
    def kinds(self) -> frozenset[str]:
        """Which kinds of findings there are."""
        return frozenset(kind for kind, _ in self.findings)


def past_of(code: Code) -> Past:
    """The findings of a thing, with one statement."""
    return Past(
        tuple(
            (kind, cause)
            for kind, cause in rows(
                "select kind, cause from verification_finding where item = %s order by at desc limit %s",
                [code.canonical, FINDINGS_LIMIT],
            )
        )
    )


@dataclass(frozen=True, slots=True)
class DayCount:
    """Scans of one thing on one day of the platform's zone in one region (empty: not known)."""

    day: date
    region: str
    scans: int


def days_of(code: Code) -> list[DayCount]:
    """Scans of one thing by day and region, newest day first."""
    found = rows(
        """select (at at time zone %s)::date, region, count(*) from verification_scan where item = %s
           group by 1, 2 order by 1 desc, 3 desc, 2 limit %s""",
        [timezone.get_current_timezone_name(), code.key, DAYS_LIMIT],
    )
    return [DayCount(*row) for row in found]


def answers_for(viewer: Organisation, organisation: Organisation | None) -> bool:
    """Whether a viewer may see all about codes of an organisation: itself, an authority of its region, or the operator."""
    if viewer.kind == Organisation.Kind.OPERATOR:
        return True
    if organisation is None:
        return False
    if viewer.kind == Organisation.Kind.REGULATOR:
        return bool(viewer.region) and organisation.region.startswith(viewer.region)
    return organisation.pk == viewer.pk


def may_know(viewer: Organisation, standing: Standing) -> bool:
    """Whether a viewer learns which kind of miss a code is: any authority, the operator, and the enterprise it imitates."""
    authority = viewer.kind in (Organisation.Kind.OPERATOR, Organisation.Kind.REGULATOR)
    issuer = standing.organisation or (standing.series.organisation if standing.series else None)
    return authority or (issuer is not None and issuer.pk == viewer.pk)


def findings(
    viewer: Organisation, *, item: str = "", kind: str = "", before: int | None = None, limit: int = 50
) -> list[Finding]:
    """Findings that a viewer may see, newest first: of its own codes; of organisations or places of an authority's region;
    all for the operator. `before` is the number of the last one of the page before."""
    found = _visible(viewer).select_related("organisation")
    if item:
        found = found.filter(item=item)
    if kind:
        found = found.filter(kind=kind)
    if before is not None:
        found = found.filter(pk__lt=before)
    return list(found.order_by("-pk")[: min(limit, PAGE_LIMIT)])


def _visible(viewer: Organisation) -> QuerySet[Finding]:
    every = Finding.objects.all()
    if viewer.kind == Organisation.Kind.OPERATOR:
        return every
    if viewer.kind == Organisation.Kind.ENTERPRISE:
        return every.filter(organisation=viewer)
    if not viewer.region:  # a mistake in the authority's record, never a licence to see all
        return every.none()
    # Scans know cities at the finest: what happened in a city concerns the authorities of its districts too.
    there = RawSQL("exists (select 1 from unnest(regions) r where starts_with(r, %s))", [viewer.region[:CITY]])
    return every.alias(there=there).filter(Q(organisation__region__startswith=viewer.region) | Q(there=True))
