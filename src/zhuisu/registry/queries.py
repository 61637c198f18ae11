"""Reads of master data. Each question is one query over many codes; what is not known is simply not in the answer."""

from collections.abc import Iterable

from django.db.models import Prefetch, Q

from zhuisu.registry.models import Certificate, Licence, Party, Place, Product


def parties(codes: Iterable[str]) -> dict[str, Party]:
    """Party by canonical code as asked, an alias included; licences and aliases come with them, oldest licence first."""
    wanted = set(codes)
    if not wanted:
        return {}
    found = (
        Party.objects.filter(Q(code__in=wanted) | Q(aliases__code__in=wanted))
        .distinct()
        .prefetch_related("aliases", Prefetch("licences", Licence.objects.order_by("valid_from_on", "id")))
    )
    answer = {}
    for party in found:
        for code in [party.code, *(alias.code for alias in party.aliases.all())]:
            if code in wanted:
                answer[code] = party
    return answer


def places(codes: Iterable[str]) -> dict[str, Place]:
    """Place by canonical code, with the party that operates it and that party's licences, oldest first."""
    wanted = set(codes)
    if not wanted:
        return {}
    licences = Prefetch("operator__licences", Licence.objects.order_by("valid_from_on", "id"))
    found = Place.objects.filter(code__in=wanted).select_related("operator").prefetch_related(licences)
    return {place.code: place for place in found}


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
