"""What a stranger may see of an item, as rules. Nothing a query returns reaches a public page without passing here.

A serial (a package, an asset): its own path, and no other thing's. A lot: where it came from and what its maker did with it;
of those who bought of it only how many, city by city, five or more together. People: never; a code is named only where it
stands in the register as a business.
"""

from collections import defaultdict
from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from zhuisu.codes.recognition import personal
from zhuisu.epcis.model import Event, local_day
from zhuisu.events.queries import Happening
from zhuisu.events.vocabulary import PartyRole, Role
from zhuisu.portal.addresses import product_of_canonical
from zhuisu.profiles.act import NAMESPACE_KEY
from zhuisu.profiles.model import Profile, Step
from zhuisu.registry.mandates.queries import holds
from zhuisu.registry.models import Mandate, Party, Place, Product, Promise
from zhuisu.verification.gathering import MADE
from zhuisu.verification.judgement import SINGLE
from zhuisu.web import words

# Fewer buyers in one city could be told apart by a competitor who knows the others.
LEAST_TOGETHER = 5

# What these events say is about the thing itself; the other roles speak of what was put into it or made of it.
OWN_ROLES = frozenset(Role) - {Role.SAME, Role.LOT_MEMBER, Role.LOT_OF}
# A party that has a part in an event, the one that answers for the step first.
ACTORS = (PartyRole.ANSWERABLE, PartyRole.ON_BEHALF_OF)
SENDERS = (PartyRole.SOURCE_CUSTODIAN, PartyRole.SOURCE_OWNER)


def is_single(level: int) -> bool:
    """Whether a code names one thing that is in one place at a time."""
    return level in SINGLE


@dataclass(frozen=True, slots=True)
class Register:
    """The master data that the happenings of one page name."""

    parties: dict[str, Party] = field(default_factory=dict)
    places: dict[str, Place] = field(default_factory=dict)
    reporters: dict[int, str] = field(default_factory=dict)  # organisation → canonical party code
    products: dict[str, Product] = field(default_factory=dict)
    regions: dict[str, Place] = field(default_factory=dict)  # a place of each region, for the region's name
    mandates: Sequence[Mandate] = ()  # between those named and those who reported

    def region(self, happening: Happening | None, party: Party | None) -> Place | None:
        """A place whose region is where the party is: the place of the happening if it is the party's own, else any of the
        region in which the party is registered. Where another party recorded the step, its place says nothing of this one."""
        place = self.place(happening) if happening else None
        if place and (party is None or place.operator_id == party.pk):
            return place
        return self.regions.get(party.region) if party else None

    def product(self, canonical: str) -> Product | None:
        """The product of an item, by the item's canonical code."""
        return self.products.get(product_of_canonical(canonical))

    def home(self, canonical: str) -> frozenset[int]:
        """The organisations of the holder of an item's product, among those that reported something."""
        product = self.product(canonical)
        holder = product.holder if product else None
        own = (pk for pk, code in self.reporters.items() if holder and self.parties.get(code) == holder)
        return frozenset(own)

    def place(self, happening: Happening) -> Place | None:
        """Where it happened: the read point, else the business location; None where the register has neither."""
        for code in (happening.read_point, happening.biz_location):
            if code and code in self.places:
                return self.places[code]
        return None

    def party(self, happening: Happening) -> Party | None:
        """Who answers for the step to a stranger: whoever is meant, where that is who reported it or who gave him a mandate of that
        day (of any sector); else who reported it. Anyone may name anyone: who neither acted nor agreed stays unnamed."""
        reporter, meant = self._reporter(happening), self.meant(happening)
        if meant is None or reporter is None or meant.pk == reporter.pk:
            return reporter
        on = local_day(happening.at, happening.zone)
        pair = meant.pk, reporter.pk
        agreed = any((each.giver_id, each.holder_id) == pair and holds(each, each.sector, on) for each in self.mandates)
        return meant if agreed else reporter

    def meant(self, happening: Happening) -> Party | None:
        """Who is said to answer: whom the event names, who works at the place, who sent, who reported it. To leave out what others
        did, not to be shown."""
        named = {role: code for code, role in happening.parties if code in self.parties}
        place = self.place(happening)
        if code := next((named[role] for role in ACTORS if role in named), None):
            return self.parties[code]
        if place and place.operator:
            return place.operator
        code = next((named[role] for role in SENDERS if role in named), None)
        return self.parties[code] if code else self._reporter(happening)

    def _reporter(self, happening: Happening) -> Party | None:
        return self.parties.get(self.reporters.get(happening.organisation, ""))


def making(happenings: Sequence[Happening], home: Container[int] = ()) -> Happening | None:
    """The event in which the thing began, as recorded: made or commissioned, else its earliest; voided ones last.

    `home` are the organisations of issuer and product holder: nobody makes their things by an earlier date in a report.
    """
    valid = [each for each in happenings if not each.voided] or list(happenings)
    made = [each for each in valid if each.role in MADE]
    return next((each for each in made if each.organisation in home), next(iter(made or valid), None))


def makers_steps(happenings: Sequence[Happening], register: Register, home: Container[int] = ()) -> list[Happening]:
    """Of a lot: what its maker recorded at its own places. Who bought of it does not appear."""
    first = making(happenings, home)
    if first is None:
        return []
    maker = register.meant(first)

    def own(happening: Happening) -> bool:
        if happening.event == first.event:
            return True
        place = register.place(happening)
        at_home = place is None or place.operator is None or (maker is not None and place.operator.pk == maker.pk)
        acting = register.meant(happening)
        same = acting is not None and maker is not None and acting.pk == maker.pk
        return happening.organisation == first.organisation and at_home and same

    return [each for each in happenings if own(each)]


def single_steps(
    own: Iterable[Happening],
    carried: Iterable[Happening],
    inside: dict[int, list[tuple[datetime | None, datetime | None]]],
) -> list[Happening]:
    """Of a single thing: its own happenings, and those of its containers while it was inside (closed intervals)."""

    def within(happening: Happening) -> bool:
        return any(
            (start is None or start <= happening.at) and (end is None or happening.at <= end)
            for start, end in inside.get(happening.item, ())
        )

    seen: dict[int, Happening] = {}
    for happening in [*own, *(each for each in carried if within(each))]:
        seen.setdefault(happening.event, happening)
    return sorted(seen.values(), key=lambda each: (each.at, each.event))


@dataclass(frozen=True, slots=True)
class CityCount:
    """How many businesses of one city; `city` is the first four digits of GB/T 2260."""

    city: str
    businesses: int


@dataclass(frozen=True, slots=True)
class Spread:
    """Where a lot went: cities with five or more businesses, the rest together if five or more, else only that there are some."""

    cities: tuple[CityCount, ...] = ()
    others: int = 0  # businesses in all other cities together; 0 where these are fewer than five
    few: bool = False  # some more, fewer than five: not shown

    @property
    def nothing(self) -> bool:
        return not self.cities and not self.others and not self.few


def spread(places: Iterable[Place], maker: Party | None) -> Spread:
    """Counts by city of the businesses at whose places a lot, or what was made of it, was seen. The maker is not counted."""
    cities: dict[str, set[object]] = defaultdict(set)
    for place in places:
        if maker is None or place.operator_id != maker.pk:
            cities[place.region[:4]].add(("party", place.operator_id) if place.operator_id else ("place", place.pk))
    shown = {city: len(who) for city, who in cities.items() if city and len(who) >= LEAST_TOGETHER}
    rest = len(set().union(*(who for city, who in cities.items() if city not in shown)))
    return Spread(
        cities=tuple(CityCount(c, n) for c, n in sorted(shown.items(), key=lambda pair: (-pair[1], pair[0]))),
        others=rest if rest >= LEAST_TOGETHER else 0,
        few=0 < rest < LEAST_TOGETHER,
    )


# What a promise certificate says to a stranger. Not the contact, which is often a private telephone, nor who voided it and why.
PROMISE = ("name", "quantity", "origin", "basis", "issued")


def promise_facts(promise: Promise) -> list[tuple[str, str]]:
    """Name and text of what a stranger may read of a promise certificate. Who promises stands there as the register names the
    organisation, not as it was typed: a typed name may be a person's."""
    names = {
        "name": _("产品名称"), "quantity": _("数量（重量）"), "origin": _("产地"), "basis": _("承诺依据"), "issued": _("开具日期"),
    }  # fmt: skip
    facts = [(names[key], str(promise.said[key])) for key in PROMISE if promise.said.get(key)]
    return [(_("样式"), promise.get_form_display()), *facts, (_("开具者"), words.said(promise.certificate, "issuer"))]


def open_fields(profile: Profile, step: Step) -> tuple[str, ...]:
    """The data elements of a step that its profile makes public, in the profile's order. Whatever a profile says, what names a
    person and where a file lies stay shut."""
    held = {*step.required, *step.optional}
    return tuple(
        name for name in profile.public if name in held and profile.fields[name].type not in ("person", "evidence")
    )


def open_values(profile: Profile, step: Step, event: Event) -> list[tuple[str, Any]]:
    """The public data elements of an event that have a value; one that holds a person's number is none."""
    found = []
    for name in open_fields(profile, step):
        element = profile.fields[name]
        value = (event.ilmd if element.place == "item" else event.extensions).get(NAMESPACE_KEY + name)
        if value in (None, "") or isinstance(value, dict | list) or (isinstance(value, str) and personal(value)):
            continue
        found.append((name, value))
    return found
