"""What the pages of records read: what somebody does in which sectors, and what a form may offer to be filled in with."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.db.models import Q

from zhuisu import codes, sectors
from zhuisu.accounts.models import Organisation
from zhuisu.profiles.model import Profile, Step
from zhuisu.profiles.typed import code_of as typed_code
from zhuisu.registry.mandates.queries import sectors_lent
from zhuisu.registry.models import Party, Place, Product, Role
from zhuisu.registry.queries import parties, places
from zhuisu.web import words
from zhuisu.workspace.records.said import told

PLACES_LIMIT = 12  # own places, products and things offered beside a field: what a thumb scrolls through


@dataclass(frozen=True, slots=True)
class Actor:
    """For whom is recorded: a party of the register, and what it does on a day, by sector."""

    organisation: Organisation
    party: Party | None
    roles: dict[str, frozenset[str]]
    other: str = ""  # the party's code, where it is not the own one

    @property
    def region(self) -> str:
        """Where it acts, as far as the registers know."""
        return (self.party.region if self.party else "") or self.organisation.region


@dataclass(frozen=True, slots=True)
class Offer:
    """A step that somebody may record."""

    sector: str
    id: str
    step: Step
    as_whom: str  # the roles in which it is done


def actor(organisation: Organisation, day: date, other: str = "") -> Actor | None:
    """Who acts: the organisation's own party, or another one by its code, in the sectors in which it gave a mandate of that day.
    None where it gave none, or no such party is registered: whoever asks is not told which."""
    code = other or organisation.party
    known = parties({code, organisation.party})
    party = known.get(code)
    if other and party != known.get(organisation.party):
        lent = sectors_lent(party, known.get(organisation.party), day) if party else frozenset()
        if party is None or not lent:
            return None
        roles = {sector: held for sector, held in roles_of(party, day).items() if not lent.isdisjoint(("", sector))}
        return Actor(organisation, party, roles, other)
    return Actor(organisation, party, roles_of(party, day) if party else {}, other)


def roles_of(party: Party, day: date) -> dict[str, frozenset[str]]:
    """What a party does on a day: roles by sector."""
    rows = Role.objects.filter(party=party, valid_from_on__lte=day)
    rows = rows.filter(Q(valid_to_on=None) | Q(valid_to_on__gte=day))
    found: dict[str, set[str]] = {}
    for sector, role in rows.values_list("sector", "role"):
        found.setdefault(sector, set()).add(role)
    return {sector: frozenset(roles) for sector, roles in found.items()}


def profile_of(sector: str, day: date, region: str = "") -> Profile | None:
    """The edition of a sector that is in force on a day, with what the region adds. None: no such sector, or none then."""
    return sectors.profile(sector, day, region)


def offers(who: Actor, day: date, search: str = "") -> list[tuple[Profile, list[Offer]]]:
    """The steps that somebody may record, by sector; `search` narrows by name, in either language."""
    found = []
    for sector in sorted(who.roles):
        profile = profile_of(sector, day, who.region)
        if profile is None:
            continue
        steps = [_offer(profile, name, who.roles[sector]) for name in profile.steps]
        fitting = [one for one in steps if one and _matches(profile, one, search)]
        if fitting:
            found.append((profile, fitting))
    return found


def may_do(who: Actor, profile: Profile, step: str) -> bool:
    """Whether one of somebody's roles does this step."""
    return bool(who.roles.get(profile.id, frozenset()) & frozenset(profile.steps[step].by))


def places_of(party: Party | None) -> list[tuple[str, str]]:
    """Own places: code as a form takes it, and name."""
    found = Place.objects.filter(operator=party).order_by("name")[:PLACES_LIMIT] if party else []
    return [(typed(each.code), words.said(each, "name")) for each in found]


def products_of(party: Party | None, sector: str) -> list[Product]:
    """Own products of a sector, those that are of no sector yet included."""
    if party is None:
        return []
    own = Product.objects.filter(holder=party)
    return list(own.filter(Q(kind__startswith=f"{sector}.") | Q(kind="")).order_by("name")[:PLACES_LIMIT])


def typed(canonical: str) -> str:
    """A code as a person reads and types it: element string where GS1 has one, else its own text."""
    try:
        code = codes.from_canonical(canonical)
        return codes.to_ai(code) if code.scheme.startswith("gs1.") else code.value
    except codes.CodeError:
        return canonical


def written(text: str) -> str:
    """A code as it stands in an event, as a person types it: a lot as GTIN/lot, other GS1 keys as element string."""
    try:
        code = codes.parse(text)
    except codes.CodeError:
        return text
    if code.scheme == "gs1.lgtin":
        return f"{code.parsed['gtin']}/{code.parsed['lot']}"
    return text if code.scheme == "uri" else typed(code.canonical)


def code_of(text: str) -> codes.Code:
    """A thing's code as somebody typed it, GTIN/lot included. Raises codes.CodeError."""
    return typed_code(text)


def canonical(text: str) -> str:
    """The canonical form of a party's code as somebody typed it; "" for none, the text itself where it is no code."""
    text = text.replace("\x00", "")  # no database takes it
    try:
        return codes.parse(text).canonical if text else ""
    except codes.CodeError:
        return text


def role_names(who: Actor, day: date) -> list[str]:
    """What somebody does, in words: sector and role."""
    found = []
    for sector, roles in sorted(who.roles.items()):
        profile = profile_of(sector, day, who.region)
        if profile:
            said = [told(profile.roles[role].name) for role in sorted(roles) if role in profile.roles]
            found.append(f"{told(profile.name)}: {words.listed(*said)}")
    return found


def names_of(canonical: Iterable[str]) -> dict[str, str]:
    """Names of parties by canonical code, in the reader's language."""
    return {code: words.said(party, "name") for code, party in parties(canonical).items()}


def place_names(canonical: Iterable[str]) -> dict[str, str]:
    """Names of places by canonical code, in the reader's language."""
    return {code: words.said(place, "name") for code, place in places(canonical).items()}


def _offer(profile: Profile, name: str, roles: frozenset[str]) -> Offer | None:
    step = profile.steps[name]
    acting = [told(profile.roles[role].name) for role in step.by if role in roles]
    return Offer(profile.id, name, step, words.listed(*acting)) if acting else None


def _matches(profile: Profile, offer: Offer, search: str) -> bool:
    held = (offer.id, offer.step.name.zh, offer.step.name.en, profile.name.zh, profile.name.en, offer.as_whom)
    return not search or any(search.casefold() in text.casefold() for text in held)
