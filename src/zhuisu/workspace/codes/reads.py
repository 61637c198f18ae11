"""What the pages for codes read: whose batches a person may see, and batches as rows with their counts drawn."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.db.models import Exists, OuterRef, Q, QuerySet, Sum
from django.utils.translation import gettext_lazy as _

from zhuisu.accounts.models import Organisation, Person
from zhuisu.registry.issuing import queries
from zhuisu.registry.models import Act, Batch, LotSpan, Party, Product

# What the issue log says of a batch: the filter by state asks it, since states themselves are bits and not rows.
DONE = {
    "idle": _("还没有启用过"),
    "activate": _("有启用"),
    "use": _("有使用"),
    "void": _("有作废"),
}
# What a line of the issue log did, as the buttons say it.
DEEDS = {"issue": _("赋码"), "activate": _("启用"), "void": _("作废"), "use": _("标记已使用")}
STATES = (("active", _("已启用")), ("issued", _("未启用")), ("used", _("已使用")), ("voided", _("已作废")))


@dataclass(frozen=True, slots=True)
class Asked:
    """What the list is narrowed to; anything left out narrows nothing."""

    search: str = ""
    level: str = ""
    done: str = ""
    since: date | None = None
    until: date | None = None
    before: int | None = None

    @property
    def narrowed(self) -> bool:
        """Whether anything but the page is asked for."""
        return bool(self.search or self.level or self.done or self.since or self.until)


@dataclass(frozen=True, slots=True)
class Share:
    """One piece of a bar: which state, its name, how many, and where it is drawn, in per cent of the width."""

    state: str
    name: str
    count: int
    start: float
    width: float


@dataclass(frozen=True, slots=True)
class Row:
    """A batch with what its line shows."""

    batch: Batch
    counts: dict[str, int]
    bar: list[Share]
    lots: str
    issuer: str = ""


def issuers(person: Person) -> QuerySet[Organisation]:
    """Whose codes a person may see: the own organisation's; an authority's region; for the operator everybody's."""
    own = person.organisation
    if own.kind == Organisation.Kind.ENTERPRISE:
        return Organisation.objects.filter(pk=own.pk)
    enterprises = Organisation.objects.filter(kind=Organisation.Kind.ENTERPRISE)
    if own.kind == Organisation.Kind.OPERATOR:
        return enterprises
    return enterprises.filter(region__startswith=own.region) if own.region else enterprises.none()


def batches(person: Person, asked: Asked) -> QuerySet[Batch]:
    """The batches that a person may see and asks for, newest first; `before` is the number of the last one shown."""
    found = Batch.objects.filter(series__organisation__in=issuers(person))
    found = found.select_related("series__product", "series__key", "series__organisation")
    if asked.search:
        found = found.filter(_searched(asked.search))
    if asked.level:
        found = found.filter(series__level=asked.level)
    if asked.since:
        found = found.filter(at__date__gte=asked.since)
    if asked.until:
        found = found.filter(at__date__lte=asked.until)
    if asked.done:
        acts = Act.objects.filter(batch=OuterRef("pk"))
        idle = asked.done == "idle"
        found = found.filter(~Exists(acts.exclude(verb="issue")) if idle else Exists(acts.filter(verb=asked.done)))
    if asked.before is not None:
        found = found.filter(pk__lt=asked.before)
    return found.order_by("-pk")


def batch_for(person: Person, number: int) -> Batch | None:
    """One batch that a person may see."""
    return batches(person, Asked()).filter(pk=number).first()


def total(found: QuerySet[Batch]) -> int:
    """How many codes these batches have together."""
    return int(found.order_by().aggregate(sum=Sum("count"))["sum"] or 0)


def rows(found: Iterable[Batch], names: dict[int, str] | None = None) -> list[Row]:
    """The batches with their counts, bars and lots. `names`: of the issuers, where they differ."""
    listed = list(found)
    counts = queries.counts_of_all(listed)
    return [
        Row(
            batch,
            counts[batch.pk],
            bar(counts[batch.pk]),
            "、".join(dict.fromkeys(span.lot for span in queries.lots_of(batch, limit=3) if span.lot)),
            (names or {}).get(batch.series.organisation_id, ""),
        )
        for batch in listed
    ]


def summed(listed: Iterable[Row]) -> dict[str, int]:
    """The counts of all rows together."""
    counts = [row.counts for row in listed]
    return {state: sum(each[state] for each in counts) for state, _name in STATES}


def bar(counts: dict[str, int]) -> list[Share]:
    """The counts as pieces of one bar, in the order of a code's life; empty pieces are left out."""
    whole = sum(counts.values()) or 1
    shares, start = [], 0.0
    for state, name in STATES:
        if counts[state]:
            width = 100 * counts[state] / whole
            shares.append(Share(state, str(name), counts[state], round(start, 3), round(width, 3)))
            start += width
    return shares


def part(batch: Batch, first: int, count: int) -> Batch:
    """A stretch of a batch, from a place on, as a batch of its own that is nowhere stored: for the counts of a roll."""
    return Batch(pk=batch.pk, series=batch.series, first=batch.first + first, count=count)


def own_products(organisation: Organisation) -> QuerySet[Product]:
    """The products of an organisation's party."""
    party = Party.objects.filter(Q(code=organisation.party) | Q(aliases__code=organisation.party))
    return Product.objects.filter(holder__in=party).order_by("name")


def _searched(text: str) -> Q:
    spans = LotSpan.objects.filter(series=OuterRef("series"), lot__icontains=text)
    in_lot = spans.filter(first__lt=OuterRef("first") + OuterRef("count"), last__gte=OuterRef("first"))
    return (
        Q(series__name__iexact=text)
        | Q(series__product__name__icontains=text)
        | Q(series__product__name_en__icontains=text)
        | Q(series__product__code__icontains=text)
        | Q(note__icontains=text)
        | Q(Exists(in_lot))
    )
