"""Reads of master data. Each question is one query over many codes; what is not known is simply not in the answer."""

from collections.abc import Iterable

from django.db.models import F, Prefetch, Q

from zhuisu.registry.models import Certificate, Licence, Party, Place, Product

LICENCES = Licence.objects.order_by("valid_from_on", "id")


def parties(codes: Iterable[str]) -> dict[str, Party]:
    """Party by canonical code as asked, an alias included; licences come with them, oldest first. Two queries."""
    wanted = set(codes)
    if not wanted:
        return {}
    # A row for each alias: of the party as often as it has aliases that were asked for, or all where its code was.
    rows = (
        Party.objects.annotate(alias=F("aliases__code"))
        .filter(Q(code__in=wanted) | Q(alias__in=wanted))
        .prefetch_related(Prefetch("licences", LICENCES))
    )
    answer: dict[str, Party] = {}
    first: dict[int, Party] = {}
    for party in rows:
        known = first.setdefault(party.pk, party)
        answer.update((code, known) for code in (party.code, party.alias) if code in wanted)
    return answer


def places(codes: Iterable[str]) -> dict[str, Place]:
    """Place by canonical code, with the party that operates it and that party's licences, oldest first."""
    wanted = set(codes)
    if not wanted:
        return {}
    licences = Prefetch("operator__licences", LICENCES)
    found = Place.objects.filter(code__in=wanted).select_related("operator").prefetch_related(licences)
    return {place.code: place for place in found}


def regions(codes: Iterable[str]) -> dict[str, Place]:
    """One place of each of these regions (GB/T 2260, six digits): it knows the region's name in both languages."""
    wanted = set(codes)
    found = Place.objects.filter(region__in=wanted).order_by("region", "id").distinct("region") if wanted else []
    return {place.region: place for place in found}


def products(codes: Iterable[str]) -> dict[str, Product]:
    """Product by canonical code, with its holder."""
    wanted = set(codes)
    found = Product.objects.filter(code__in=wanted).select_related("holder") if wanted else []
    return {product.code: product for product in found}


def registered(code: str) -> bool:
    """Whether the register knows this canonical code, as a product, a place or a party."""
    return bool(products([code]) or places([code]) or parties([code]))


def certificates(codes: Iterable[str]) -> dict[str, list[Certificate]]:
    """Certificates by the canonical code of the item that they are about, newest first."""
    wanted = set(codes)
    answer: dict[str, list[Certificate]] = {}
    if wanted:
        for certificate in Certificate.objects.filter(about__in=wanted).order_by("-issued_at", "number"):
            answer.setdefault(certificate.about, []).append(certificate)
    return answer
