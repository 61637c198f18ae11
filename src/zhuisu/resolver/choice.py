"""Which of several links answers a request: what was asked for, at the finest level that has it. Pure.

Source: GS1-Conformant resolver standard 1.0 (default link, link types, disambiguation); RFC 9110, 12.5 (language, media type).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

# A client sends a handful of preferences; more of them are only work.
MAX_PREFERENCES = 20


@dataclass(frozen=True, slots=True)
class Offer:
    """One link as it is offered: a target with what distinguishes it. `ours`: the platform's own page."""

    link_type: str
    href: str
    title: str
    title_en: str = ""
    languages: tuple[str, ...] = ()
    media_type: str = ""
    context: str = ""
    is_default: bool = False
    is_multi: bool = False
    ours: bool = False


@dataclass(frozen=True, slots=True)
class Wish:
    """What the request says beside the code: link type (full address, "" for the default), languages and media types by liking."""

    link_type: str = ""
    languages: tuple[str, ...] = ()
    media_types: tuple[str, ...] = ()
    context: str = ""


def preferences(header: str) -> tuple[str, ...]:
    """The values of an Accept or Accept-Language header, the best liked first; what has q=0 or is unreadable is left out.

    >>> preferences("en;q=0.5, zh-CN, *;q=0.1, fr;q=0")
    ('zh-CN', 'en', '*')
    """
    found: list[tuple[float, str]] = []
    for part in header.split(",", MAX_PREFERENCES)[:MAX_PREFERENCES]:
        value, *parameters = (piece.strip() for piece in part.split(";"))
        quality = next((piece[2:].strip() for piece in parameters if piece.lower().startswith("q=")), "1")
        try:
            weight = float(quality)
        except ValueError:
            continue
        if value and 0 < weight <= 1:
            found.append((weight, value))
    # Of what is liked alike, what is named comes before what "*" stands for (RFC 9110, 12.5.1).
    return tuple(value for _, value in sorted(found, key=lambda one: (-one[0], one[1].count("*"))))


def preferred(header: str, kinds: Sequence[str]) -> str:
    """The media type of these that an Accept header likes best, "" for none; parameters such as a profile make no difference."""
    liked = preferences(header)
    return next(
        (kind for one in liked for kind in kinds if one.lower() in ("*/*", kind, kind.partition("/")[0] + "/*")), ""
    )


def matching(levels: Sequence[Sequence[Offer]], wish: Wish) -> list[Offer]:
    """The links that answer: one, or several between which nothing in the request decides; none where no level has the type.

    `levels` hold the offers from the finest to the primary key; each level has one default.
    """
    if not wish.link_type:
        offers = levels[0]
        special = [offer for offer in offers if offer.is_multi and _asked_for(offer, wish)]
        if special:
            return _narrowed(special, wish)[:1]
        return [offer for offer in offers if offer.is_default][:1]
    for offers in levels:
        fitting = [offer for offer in offers if offer.link_type == wish.link_type]
        # Who answers for the code has said where this leads; the platform's page is for where nobody has.
        if fitting := [offer for offer in fitting if not offer.ours] or fitting:
            return _narrowed(fitting, wish)
    return []


def _asked_for(offer: Offer, wish: Wish) -> bool:
    """Whether each thing that distinguishes the link is one that the request names."""
    return (
        (not offer.context or offer.context == wish.context)
        and (not offer.languages or any(_speaks(offer, tag) for tag in wish.languages))
        and (not offer.media_type or offer.media_type in wish.media_types)
    )


def _speaks(offer: Offer, tag: str) -> bool:
    """Whether a link is in a language: "zh" asks for zh-CN as well, and "zh-TW" is better served by zh than by anything else."""
    wanted = tag.lower()
    spoken = [language.lower() for language in offer.languages]
    return any(
        wanted == one or one.startswith(wanted + "-") or (wanted.startswith(one + "-") and "-" not in one)
        for one in spoken
    )


def _narrowed(offers: list[Offer], wish: Wish) -> list[Offer]:
    """By context, then language, then media type: each keeps what fits best, else what makes no difference, else all."""
    offers = _kept(
        offers, [lambda offer: bool(wish.context) and offer.context == wish.context, lambda offer: not offer.context]
    )
    exact: list[Callable[[Offer], bool]] = []
    for tag in wish.languages:
        exact += [
            lambda offer, tag=tag: tag.lower() in map(str.lower, offer.languages),  # type: ignore[misc]
            lambda offer, tag=tag: _speaks(offer, tag),  # type: ignore[misc]
        ]
    offers = _kept(offers, [*exact, lambda offer: not offer.languages])
    media = [lambda offer, kind=kind: offer.media_type == kind for kind in wish.media_types]
    return _kept(offers, [*media, lambda offer: not offer.media_type])


def _kept(offers: list[Offer], tests: Sequence[Callable[[Offer], bool]]) -> list[Offer]:
    if len(offers) < 2:
        return offers
    return next((found for test in tests if (found := [offer for offer in offers if test(offer)])), offers)
