"""Reads of the resolver: the links of a code at every level, and the platform that a code is forwarded to."""

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import quote

from django.db.models import QuerySet

from zhuisu import codes
from zhuisu.accounts.models import Organisation
from zhuisu.codes.model import PERSONAL
from zhuisu.resolver import link_types
from zhuisu.resolver.choice import Offer
from zhuisu.resolver.models import Forward, Link
from zhuisu.resolver.paths import Asked, asked_of_code, company_digits, page_path

LIST_LIMIT = 500  # links or forwards in one list; more nobody reads at once
# What the public page of a code is about. The page speaks both languages of the platform.
_PAGE_TYPES = {
    codes.Level.CLASS: ("pip", "traceability"),
    codes.Level.PLACE: ("locationInfo",),
    codes.Level.PARTY: ("registryEntry",),
}
PAGE_LANGUAGES = ("zh", "en")
# Scans of things in somebody's hands lead to the public page, whatever their maker wishes: it alone tells of a recall.
ALWAYS_OURS = frozenset({codes.Level.INSTANCE, codes.Level.LOT, codes.Level.PACKAGE})


@dataclass(frozen=True, slots=True)
class LinkLevel:
    """A code and the links that lead from it; exactly one of them is the default."""

    code: codes.Code
    offers: tuple[Offer, ...]


@dataclass(frozen=True, slots=True)
class Handler:
    """The platform that answers for a code, and the address of the code there."""

    name: str
    name_en: str
    href: str


def registered(levels: Sequence[codes.Code]) -> dict[str, list[Link]]:
    """The links that holders registered, by canonical code. One statement."""
    wanted = [code.canonical for code in levels]
    found: dict[str, list[Link]] = {}
    for link in Link.objects.filter(anchor__in=wanted).order_by("pk"):
        found.setdefault(link.anchor, []).append(link)
    return found


def links(code: codes.Code) -> list[LinkLevel]:
    """Every link of a code, level by level from the finest to the primary key. One statement."""
    asked = asked_of_code(code) if code.scheme.startswith("gs1.") else None
    levels = asked.levels if asked else [code]
    return offered(levels, registered(levels))


def offered(levels: Sequence[codes.Code], found: dict[str, list[Link]]) -> list[LinkLevel]:
    """The registered links of each level together with the platform's own page, which every code has: nobody learns from the
    list whether the code exists."""
    return [LinkLevel(code, _offers(code, found.get(code.canonical, ()))) for code in levels]


def _offers(code: codes.Code, own: Sequence[Link]) -> tuple[Offer, ...]:
    free = code.level not in ALWAYS_OURS
    offers = [
        Offer(
            link.link_type,
            link.href,
            link.title,
            link.title_en,
            (link.language,) if link.language else (),
            link.media_type,
            link.context,
            free and link.is_default,
            free and link.is_multi,
        )
        for link in own
    ]
    default = any(offer.is_default for offer in offers)
    for number, name in enumerate(_PAGE_TYPES.get(code.level, ("traceability",))):
        address = link_types.GS1 + name
        title, title_en = link_types.titles()[address]
        offers.append(
            Offer(
                address,
                page_path(code),
                title,
                title_en,
                PAGE_LANGUAGES,
                "text/html",
                is_default=not default and number == 0,
                ours=True,
            )
        )
    return tuple(offers)


def forward_of(code: codes.Code, asked: Asked | None = None) -> Handler | None:
    """The platform that resolves this code, by the longest beginning that an operator has entered. One statement; none for a
    number of a person, which is passed on to nobody."""
    if code.scheme in PERSONAL:
        return None
    if code.scheme.startswith("gs1."):
        asked = asked or asked_of_code(code)
        scheme, text, value = "gs1", company_digits(asked.ais), asked.path
    else:
        scheme, text, value = code.scheme, code.value, quote(code.value, safe="")
    starts = [text[:length] for length in range(min(len(text), 40) + 1)]
    rows = Forward.objects.filter(scheme=scheme, prefix__in=starts)
    best = max(rows, key=lambda forward: len(forward.prefix), default=None)
    return Handler(best.name, best.name_en, best.template.replace("{value}", value)) if best else None


def links_of(organisation: Organisation, *, anchor: str = "", limit: int = LIST_LIMIT) -> QuerySet[Link]:
    """An organisation's links, all of them for the platform's operator; newest first."""
    rows = Link.objects.select_related("organisation").order_by("-pk")
    if organisation.kind != Organisation.Kind.OPERATOR:
        rows = rows.filter(organisation=organisation)
    return (rows.filter(anchor=anchor) if anchor else rows)[:limit]


def forwards(limit: int = LIST_LIMIT) -> QuerySet[Forward]:
    """Every forward, by scheme and prefix."""
    return Forward.objects.order_by("scheme", "prefix")[:limit]


def contexts() -> list[str]:
    """The words for contexts that are in use, for the resolver's description of itself."""
    words = Link.objects.exclude(context="").order_by("context").values_list("context", flat=True).distinct()
    return list(words[:LIST_LIMIT])
