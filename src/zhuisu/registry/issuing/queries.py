"""Reads of issuing: where a code stands, and the series, batches and acts of an organisation."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

import numpy as np
from django.db.models import Exists, OuterRef, Q, QuerySet

from zhuisu import codes
from zhuisu.accounts.models import Organisation
from zhuisu.codes import zs_unit
from zhuisu.registry.issuing import keys, states
from zhuisu.registry.issuing.changing import overlapping
from zhuisu.registry.issuing.models import Act, Batch, ImportedBatch, ImportedPage, LotSpan, Series, StatePage, mark_of
from zhuisu.registry.issuing.selections import Part
from zhuisu.registry.issuing.spans import common, cut
from zhuisu.registry.issuing.states import State
from zhuisu.registry.models import Product

PAGE_LIMIT = 200  # rows of a list of batches, series or acts: more nobody reads on one page
NEAR_LIMIT = 2_000  # acts looked through for those about one code: the newest whose span holds it

Kind = Literal["issued", "active", "voided", "used", "never-issued", "forged", "foreign", "none"]


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a code stands with its issuer. `identity` is the canonical text of the thing, None where nobody issued it.

    Of "foreign" (imported) codes `imported` is the batch; lot, dates and product are then what its sender said.
    """

    kind: Kind
    series: Series | None = None
    batch: Batch | None = None
    counter: int | None = None
    lot: str = ""
    produced_on: date | None = None
    expires_on: date | None = None
    product: Product | None = None
    organisation: Organisation | None = None
    level: str = ""
    identity: str | None = None
    imported: ImportedBatch | None = None

    @property
    def real(self) -> bool:
        """Whether its issuer, ours or another, handed it out."""
        return self.kind in ("issued", "active", "voided", "used", "foreign")


def standing(code: codes.Code) -> Standing:
    """Where a code stands. Seven queries, one key file and one decryption whatever the answer, so that its time tells a guesser nothing.

    - "issued", "active", "voided", "used": a code of ours, typed alone or in its SGTIN.
    - "never-issued": our form with a right check character, but of no series: a zs.unit code, or the serial of an SGTIN
      whose GTIN has codes of ours.
    - "forged": the series exists but not this code of it, or not under this GTIN; or, under a GTIN that has codes of
      ours, a serial of sixteen characters of our alphabet whose check character is wrong.
    - "foreign": another scheme's code that an enterprise imported, or an SGTIN whose maker's own serials were.
    - "none": nothing is known of it here.

    Raises IssueError "key-missing" or "key-swapped" where the issuer's key file is gone: that is no answer about the code.
    """
    text16, gtin = _ours(code)
    name = text16[: zs_unit.SERIES]
    # Where there is no such series, the next one by name stands in: the same rows are read and the same file.
    near = Series.objects.select_related("organisation", "product", "key").filter(name__gte=name)
    near_by = near.order_by("name").first()
    series = near_by if near_by and near_by.name == name else None
    ours_by_gtin = Series.objects.filter(gtin=gtin).exclude(gtin="").exists()
    key = keys.key_of(series.key) if series else keys.stand_in(near_by.key if near_by else None)
    version = near_by.key_version if near_by else 1
    whole = zs_unit.check_character(text16[:-1]) == text16[-1]
    counter = zs_unit.counter_of(key, version, text16)
    number = near_by.pk if near_by else 0
    place = min(counter, zs_unit.MAX_PER_SERIES)
    batch = Batch.objects.filter(series=number, first__lte=place).order_by("-first").first()
    page = StatePage.objects.filter(series=number, page=place // states.PAGE_CODES).values_list("bits", flat=True)
    bits = page.first()
    span = LotSpan.objects.filter(series=number, first__lte=place).order_by("-first").first()
    state = states.state_at(None if bits is None else bytes(bits), place % states.PAGE_CODES)
    imported = _imported(code)
    if series and batch and whole and counter <= batch.last and (gtin == series.gtin or code.scheme == "zs.unit"):
        batch.series = series
        lot = span if span and counter <= span.last else None
        return Standing(
            _KINDS[state],
            series,
            batch,
            counter,
            lot.lot if lot else "",
            lot.produced_on if lot else None,
            lot.expires_on if lot else None,
            series.product,
            series.organisation,
            series.level,
            series.canonical(text16),
        )
    if imported:
        return Standing(
            "foreign",
            lot=imported.lot,
            produced_on=imported.produced_on,
            expires_on=imported.expires_on,
            product=imported.product,
            organisation=imported.organisation,
            identity=code.canonical,
            imported=imported,
        )
    if text16 == _NOBODY or not (whole or ours_by_gtin):
        return Standing("none")
    if series or not whole:
        return Standing("forged", series)
    return Standing("never-issued" if ours_by_gtin or code.scheme == "zs.unit" else "none")


_KINDS: dict[State, Kind] = {
    State.ISSUED: "issued",
    State.ACTIVE: "active",
    State.VOIDED: "voided",
    State.USED: "used",
}
# Stands in for what has not our form, so that the same work is done. Its check character is wrong: no series gives it out.
_NOBODY = "2222222222222223"


def _ours(code: codes.Code) -> tuple[str, str]:
    """The sixteen characters of a code of our form, with its GTIN if it has one; else what stands in for them."""
    if code.scheme == "zs.unit":
        return code.value, ""
    if code.scheme == "gs1.sgtin":
        gtin, _, serial = code.value.removeprefix("01/").partition("/21/")
        if len(serial) == zs_unit.LENGTH and set(serial) <= set(zs_unit.ALPHABET):
            return serial, gtin
    return _NOBODY, ""


def _imported(code: codes.Code) -> ImportedBatch | None:
    """The imported batch that holds a code. Two queries: of lists the few pages with its mark, of ranges the one it lies in."""
    value = code.value
    ranges = ImportedBatch.objects.filter(scheme=code.scheme, kind=ImportedBatch.Kind.RANGE)
    around = ranges.filter(lo__lte=value, hi__gte=value).select_related("organisation", "product")
    found = [one for one in around if len(one.lo) == len(value)]  # by bytes 1500 lies between 100 and 200
    # By the mark alone, which has the scheme in it: with the scheme beside it PostgreSQL may take every batch of it first.
    pages = ImportedPage.objects.filter(marks__contains=[mark_of(code.scheme, value)])
    near = pages.select_related("batch__organisation", "batch__product")
    found += [page.batch for page in near if page.batch.scheme == code.scheme and page.holds(value)]
    return found[0] if found else None


def states_of(part: Part) -> dict[int, State]:
    """The states of the counters of a part of a selection, one query."""
    pages = dict(cut(part.spans, states.PAGE_CODES))
    found = StatePage.objects.filter(series=part.batch.series_id, page__in=pages)
    stored = {page: states.unpack(bytes(bits)) for page, bits in found.values_list("page", "bits")}
    return {
        page * states.PAGE_CODES + place: State(int(stored[page][place])) if page in stored else State.ISSUED
        for page, spans in pages.items()
        for first, last in spans
        for place in range(first, last + 1)
    }


def series_of(organisation: Organisation) -> QuerySet[Series]:
    """The organisation's series, newest first, with product and key."""
    return Series.objects.filter(organisation=organisation).select_related("product", "key").order_by("-pk")


def batches_of(
    organisation: Organisation,
    *,
    search: str = "",
    product: int | None = None,
    level: str = "",
    before: int | None = None,
    limit: int = 30,
) -> list[Batch]:
    """The organisation's batches, newest first, at most PAGE_LIMIT; `before` is the number of the last one of the page before.

    `search` is looked for in the name of the series, the product's name and code, the note, and the lots.
    """
    found = Batch.objects.filter(series__organisation=organisation).select_related(
        "series__product", "series__key", "series__organisation"
    )
    if search:
        end = OuterRef("first") + OuterRef("count")
        lots = LotSpan.objects.filter(series=OuterRef("series"), first__lt=end, last__gte=OuterRef("first"))
        found = found.filter(
            Q(series__name__iexact=search)
            | Q(series__product__name__icontains=search)
            | Q(series__product__code__icontains=search)
            | Q(note__icontains=search)
            | Exists(lots.filter(lot__icontains=search))
        )
    if product is not None:
        found = found.filter(series__product=product)
    if level:
        found = found.filter(series__level=level)
    if before is not None:
        found = found.filter(pk__lt=before)
    return list(found.order_by("-pk")[: min(limit, PAGE_LIMIT)])


def batch_of(organisation: Organisation, pk: int) -> Batch | None:
    """One batch of the organisation, with series, product and key; None where it has none of this number."""
    found = Batch.objects.select_related("series__product", "series__key", "series__organisation")
    return found.filter(series__organisation=organisation, pk=pk).first()


def acts_of(batch: Batch, *, limit: int = PAGE_LIMIT) -> list[Act]:
    """What was done to codes of a batch, newest first."""
    return list(Act.objects.filter(batch=batch.pk).order_by("-pk")[: min(limit, PAGE_LIMIT)])


def acts_about(where: Standing, *, limit: int = PAGE_LIMIT) -> list[Act]:
    """What was done to the code of a standing, newest first, as far as the log's first 1,000 ranges a line show it."""
    if where.batch is None or where.counter is None:
        return []
    spot = [(where.counter, where.counter)]
    acts = Act.objects.filter(batch=where.batch.pk, first__lte=where.counter, last__gte=where.counter).order_by("-pk")
    near = acts[:NEAR_LIMIT]
    found = [act for act in near if common([(first, last) for first, last in act.ranges], spot)]
    return found[: min(limit, PAGE_LIMIT)]


def lots_of(batch: Batch, *, limit: int = PAGE_LIMIT) -> list[LotSpan]:
    """The lots of a batch's codes, in the order of their counters."""
    return list(overlapping(batch.series_id, batch.first, batch.last)[: min(limit, PAGE_LIMIT)])


def counts_of(batch: Batch) -> dict[str, int]:
    """How many codes of a batch are in each state."""
    return counts_of_all([batch])[batch.pk]


def counts_of_all(batches: Sequence[Batch]) -> Mapping[int, dict[str, int]]:
    """The counts of several batches, by their numbers. One query a batch."""
    return {batch.pk: _counts(batch) for batch in batches}


def _counts(batch: Batch) -> dict[str, int]:
    size = states.PAGE_CODES
    pages = StatePage.objects.filter(series=batch.series_id, page__range=(batch.first // size, batch.last // size))
    totals = np.zeros(len(State), dtype=np.int64)
    for page, bits in pages.values_list("page", "bits").iterator():
        start, end = max(batch.first - page * size, 0), min(batch.last - page * size + 1, size)
        totals += np.bincount(states.unpack(bytes(bits))[start:end], minlength=len(State))
    totals[State.ISSUED] += batch.count - int(totals.sum())  # codes whose page is not there
    return {state.name.lower(): int(totals[state]) for state in State}


def imported_batches_of(
    organisation: Organisation, *, before: int | None = None, limit: int = 30
) -> list[ImportedBatch]:
    """The organisation's imported batches, newest first."""
    found = ImportedBatch.objects.filter(organisation=organisation).select_related("product")
    if before is not None:
        found = found.filter(pk__lt=before)
    return list(found.order_by("-pk")[: min(limit, PAGE_LIMIT)])
