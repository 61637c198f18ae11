"""Which mandates there are, and whether one holds on a day."""

from collections.abc import Collection, Sequence
from datetime import date

from django.db.models import Q

from zhuisu.registry.models import Mandate, Party
from zhuisu.registry.queries import parties


def mandates(
    *, giver: Party | None = None, holder: Party | None = None, search: str = "", before: int = 0, limit: int = 0
) -> list[Mandate]:
    """Mandates of a giver, of a holder, or all, with both parties, the newest first; `search`: part of a name, a code or a note of
    either; `before`: number of the last one seen; `limit` 0: all."""
    found = Mandate.objects.select_related("giver", "holder").order_by("-id")
    for name, party in (("giver", giver), ("holder", holder)):
        found = found.filter(**{name: party}) if party is not None else found
    if search:
        words = Q(note__icontains=search)
        for side in ("giver", "holder"):
            for column in ("name", "name_en", "code"):
                words |= Q(**{f"{side}__{column}__icontains": search})
        found = found.filter(words)
    found = found.filter(id__lt=before) if before else found
    return list(found[:limit] if limit else found)


def between(givers: Collection[int], holders: Collection[int]) -> list[Mandate]:
    """All mandates by which any of these parties (numbers of the register) lets any of those record."""
    if not givers or not holders:
        return []
    return list(Mandate.objects.filter(giver_id__in=givers, holder_id__in=holders))


def holds(one: Mandate, sector: str, on: date) -> bool:
    """Whether a mandate covers an act of a sector on a day."""
    ended = one.valid_to_on is not None and one.valid_to_on < on
    return one.sector in ("", sector) and one.valid_from_on <= on and not ended


def sectors_lent(giver: Party, holder: Party | None, on: date) -> frozenset[str]:
    """The sectors in which a party may record for another on a day; "" among them: in all."""
    if holder is None:
        return frozenset()
    return frozenset(one.sector for one in between([giver.pk], [holder.pk]) if holds(one, one.sector, on))


def answering(reporter: str, sector: str, named: Sequence[tuple[str, date]]) -> list[str]:
    """Who answers for each act of a sector, by canonical codes: whom it names ("": nobody) on its day where he gave the reporter a
    mandate, else the reporter. No query where nobody else is named, else three at most."""
    others = {code for code, _ in named if code not in ("", reporter)}
    if not others:
        return [reporter] * len(named)
    known = parties({reporter, *others})
    held = known.get(reporter)
    numbers = {code: known[code].pk for code in others if code in known}
    lent = between(set(numbers.values()), {held.pk}) if held else []
    return [
        code
        if any(each.giver_id == numbers.get(code) and holds(each, sector, on) for each in lent)
        or (held is not None and numbers.get(code) == held.pk)
        else reporter
        for code, on in named
    ]
