"""Regions (GB/T 2260): how they are written, and in which one an act is done: one rule for judging, records and schemas."""

import re
from collections.abc import Iterable

from zhuisu.registry.models import Party, PartyAlias, Place

_REGION = re.compile(r"(?:[0-9]{2}){1,3}").fullmatch


def is_region(text: str) -> bool:
    """Whether a text is two, four or six digits."""
    return bool(_REGION(text))


def without_noughts(region: str) -> str:
    """As many digits as the region covers: 350200 is 3502."""
    while region.endswith("00"):
        region = region[:-2]
    return region


def region_of_act(place: str, party: str, organisation: str) -> str:
    """The region (GB/T 2260) of the business location; else of the party that answers; else of the organisation that reports.
    Each is "" where it is not known."""
    return place or party or organisation


def regions_of_acts(acts: Iterable[tuple[str, str]], organisation: str) -> list[str]:
    """The region of each act, by the canonical codes of its place ("" for none) and of the party that answers, an alias included;
    `organisation`: region of who reports. Three queries for all."""
    asked = list(acts)
    wanted = {party for _, party in asked}
    places = dict(Place.objects.filter(code__in={place for place, _ in asked if place}).values_list("code", "region"))
    parties = dict(PartyAlias.objects.filter(code__in=wanted).values_list("code", "party__region"))
    parties |= dict(Party.objects.filter(code__in=wanted).values_list("code", "region"))
    return [region_of_act(places.get(place, ""), parties.get(party, ""), organisation) for place, party in asked]
