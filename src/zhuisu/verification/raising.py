"""Findings: what follows from sales, scans and misses, written down once for each cause."""

import hashlib
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from django.db import transaction

from zhuisu.accounts.models import Organisation
from zhuisu.accounts.services import record
from zhuisu.codes import Code
from zhuisu.registry.issuing.queries import Standing
from zhuisu.verification.judgement import Sale, Told
from zhuisu.verification.models import Finding
from zhuisu.verification.queries import Past
from zhuisu.verification.travel import Travel

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Cause:
    """What a finding is raised for: the kind, the thing and `what` together are the cause. `organisation`: whom to tell."""

    kind: Finding.Kind
    code: Code | None
    what: str
    organisation: int | None
    detail: Mapping[str, object]
    regions: tuple[str, ...] = field(default=())


def raise_sales(code: Code, standing: Standing, told: Told, past: Past, at: datetime) -> set[str]:
    """What the sales of a thing say: sold again without a return, or sold after its recall. The kinds there are.

    Told is the issuer, or where nobody issued the code here, the reporter of the sale.
    """
    found = [
        _Cause(
            Finding.Kind.REPEATED_SALE, code, sale.event_id, _whom(standing, sale), _sold(sale, told.sales[0].event_id)
        )
        for sale in told.doubles
    ]
    recall = told.recall
    found += [
        _Cause(Finding.Kind.SOLD_AFTER_RECALL, code, sale.event_id, _whom(standing, sale), _sold(sale, recall.event_id))
        for sale in told.sales
        if recall is not None and sale.at > recall.at
    ]
    for cause in found:
        _raise(cause, past, at)
    return {str(cause.kind) for cause in found}


def sales_kinds(told: Told) -> frozenset[str]:
    """The kinds that `raise_sales` finds, without raising anything."""
    recall = told.recall
    late = recall is not None and any(sale.at > recall.at for sale in told.sales)
    kinds = ((Finding.Kind.REPEATED_SALE, bool(told.doubles)), (Finding.Kind.SOLD_AFTER_RECALL, late))
    return frozenset(str(kind) for kind, true in kinds if true)


def _whom(standing: Standing, sale: Sale) -> int:
    return standing.organisation.pk if standing.organisation else sale.organisation


def _sold(sale: Sale, after: str) -> dict[str, object]:
    return {"event": sale.event_id, "sold_at": sale.at.isoformat(), "after": after}


def raise_travel(code: Code, issuer: int | None, found: Travel, past: Past, at: datetime) -> set[str]:
    """Once for a thing: that there are two of it needs no second proof."""
    detail = {
        "first": {"at": found.first.at.isoformat(), "region": found.first.region},
        "second": {"at": found.second.at.isoformat(), "region": found.second.region},
        "km_at_least": round(found.km),
        "hours": round(found.hours, 3),
    }
    regions = (found.first.region, found.second.region)
    _raise(_Cause(Finding.Kind.IMPOSSIBLE_TRAVEL, code, "", issuer, detail, regions), past, at)
    return {str(Finding.Kind.IMPOSSIBLE_TRAVEL)}


def raise_burst(minute: int, misses: int, sources: int, at: datetime) -> None:
    """Far too many codes that do not exist, in one minute (since 1970). Once an hour: an attack of a day is not 1,440 findings."""
    detail = {"minute": minute, "misses": misses, "sources": sources}
    if _raise(_Cause(Finding.Kind.FORGED_BURST, None, str(minute // 60), None, detail), Past(), at):
        log.warning("%d codes that do not exist were looked up in a minute, from %d sources", misses, sources)


def _raise(cause: _Cause, past: Past, at: datetime) -> bool:
    """Write a finding down unless its cause was found before; whether it was written now."""
    item = cause.code.canonical if cause.code else ""
    digest = hashlib.sha256(f"{cause.kind}\0{item}\0{cause.what}".encode()).hexdigest()
    if (str(cause.kind), digest) in past.findings:
        return False
    given = {
        "item": item,
        "at": at,
        "organisation_id": cause.organisation,
        "regions": list(cause.regions),
        "detail": dict(cause.detail),
    }
    with transaction.atomic():
        _, fresh = Finding.objects.get_or_create(kind=cause.kind, cause=digest, defaults=given)
        if fresh:
            whom = Organisation.objects.filter(pk=cause.organisation or 0).first()
            target = cause.code.shown if cause.code else ""
            record("finding.raise", by="system", at=at, organisation=whom, target=target, kind=str(cause.kind))
    return fresh
