"""Everything that the judgement of a batch of events must know, read with a few statements for all of them at once."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from zhuisu import codes, epcis
from zhuisu.compliance import store
from zhuisu.compliance.books import Books, Registers, open_books
from zhuisu.compliance.reach import Reach, one_of_each
from zhuisu.compliance.said import default_stock
from zhuisu.compliance.world import Happening, Part, World
from zhuisu.events.projection import Projected, lot_code_of, product_code_of, project
from zhuisu.events.vocabulary import PartyRole, Role
from zhuisu.registry.issuing.labelled import Labelled, labelled
from zhuisu.registry.issuing.rights import day_of
from zhuisu.registry.mandates.queries import between, holds
from zhuisu.registry.models import Certificate, Licence, Mandate, Party, Place, Product
from zhuisu.registry.models import Role as PartyInSector

AUTHORITIES = frozenset({"regulator", "operator"})  # organisations that may say of anything that it is recalled


@dataclass(frozen=True, slots=True)
class Asked:
    """An event that is to be judged, stored or not: what is not has a number below zero and a position behind the log."""

    number: int
    position: int
    event: epcis.Event
    organisation: int


@dataclass(frozen=True, slots=True)
class Deed:
    """The same with the numbers of all that it names."""

    asked: Asked
    happening: Happening
    items: dict[str, int]  # identifier as it stands in the event → item
    named: int  # item of the party that it names as answerable, else of the reporter
    reporter: int  # item of the reporter's party
    buyer: int  # item; 0: nobody
    place: str  # canonical code of the business location

    @property
    def event(self) -> epcis.Event:
        """The event itself."""
        return self.asked.event

    @property
    def on(self) -> date:
        """The event's own local day."""
        return self.happening.on


@dataclass(frozen=True, slots=True)
class Scene:
    """A batch of deeds and all that is known around them. Parties are numbered as the register does, unknown ones below zero."""

    world: World
    deeds: list[Deed]
    before: list[Happening]
    party_of: Mapping[int, int]  # item → party
    roles: Mapping[int, list[Any]]
    licences: Mapping[int, list[Any]]
    regions: Mapping[int, str]  # party → region
    places: Mapping[str, str]  # canonical code → region
    own_regions: Mapping[int, str]  # organisation → region
    books: Books
    registers: Registers


@dataclass(frozen=True, slots=True)
class _Numbers:
    """The codes that the batch names, with their items; what the log never named gets a number below zero."""

    of: dict[codes.Code, int]
    product_of: dict[int, int]

    @classmethod
    def read(cls, wanted: set[codes.Code]) -> "_Numbers":
        products = {code: product_code_of(code.parsed["gtin"]) for code in wanted if code.parsed.get("gtin")}
        wanted |= set(products.values())
        held = store.numbers({code.key for code in wanted})
        fresh = sorted((code for code in wanted if code.key not in held), key=lambda code: code.canonical)
        of = {code: held[code.key] for code in wanted if code.key in held}
        of |= {code: -1 - place for place, code in enumerate(fresh)}
        return cls(of, {of[code]: of[product] for code, product in products.items() if code != product})


def gather(batch: Sequence[Asked], position: int) -> Scene:
    """The scene of these events, from what the log held at a position."""
    projected = {one.number: project(one.event, 0, organisation=one.organisation, identified=False) for one in batch}
    who = {row[0]: row for row in store.reporters({one.organisation for one in batch})}
    reporters = {number: codes.from_canonical(row[1]) for number, row in who.items()}
    numbers = _Numbers.read({code for one in projected.values() for code in one.all_codes()} | set(reporters.values()))
    deeds = [_deed(one, projected[one.number], numbers.of[reporters[one.organisation]], numbers.of) for one in batch]
    reach = Reach({one.number for one in batch}, max(one.event.event_time for one in batch), position)
    reach.spread(part for deed in deeds for part in deed.happening.parts)
    for deed in deeds:
        same = [part.item for part in deed.happening.parts if part.role == Role.SAME]
        reach.same += [(same[0], other) for other in same[1:]]
    register = _register(reach, numbers)
    before = reach.happenings()
    party_of = _parties([*before, *(deed.happening for deed in deeds)], numbers)
    world = _world(reach, register, {one.organisation for one in before} | set(who))
    acting = {party for deed in deeds for party in deed.happening.actors if party > 0}
    buyers = {deed.buyer: party_of.get(deed.buyer, -abs(deed.buyer)) for deed in deeds if deed.buyer}
    return Scene(
        world,
        deeds,
        before,
        party_of,
        _by_party(PartyInSector.objects.filter(party_id__in=acting)),
        _by_party(Licence.objects.filter(party_id__in=acting)),
        dict(Party.objects.filter(pk__in=acting).values_list("pk", "region")),
        dict(Place.objects.filter(code__in={deed.place for deed in deeds if deed.place}).values_list("code", "region")),
        {number: row[3] for number, row in who.items()},
        open_books([deed.asked.number for deed in deeds], [deed.happening.at for deed in deeds], buyers, acting),
        Registers([deed.event for deed in deeds]),
    )


def world_at(items: Iterable[int], at: datetime, position: int) -> World:
    """What is known of these items at a moment, what happened at that moment included."""
    reach = Reach((), at, position)
    reach.spread(Part(item, int(Role.OBSERVED)) for item in items)
    numbers = _Numbers({}, {})
    register = _register(reach, numbers)
    before = reach.happenings()
    _parties(before, numbers)
    world = _world(reach, register, {one.organisation for one in before})
    for one in sorted(before, key=lambda each: each.order):
        world.apply(one)
    return world


def _deed(one: Asked, projected: Projected, reporter: int, numbers: Mapping[codes.Code, int]) -> Deed:
    event = one.event
    named = [(numbers[code], int(role)) for code, role in projected.parties] + [(reporter, int(PartyRole.REPORTER))]
    happening = Happening(
        event=one.number,
        at=event.event_time,
        position=one.position,
        on=event.local_day,
        disposition=event.disposition or "",
        organisation=one.organisation,
        reporter=reporter,
        parties=frozenset(party for party, _ in named),
        parts=[Part(numbers[p.code], int(p.role), p.quantity, p.unit, p.position) for p in projected.parts],
        actor=store.answerable(named),
        stock=default_stock(event),
    )
    return Deed(
        one,
        happening,
        {text: numbers[codes.parse_epc(text)] for text in identifiers(event)},
        happening.actor,
        reporter,
        next((party for party, role in named if role == PartyRole.DESTINATION_OWNER), 0),
        projected.biz_location.canonical if projected.biz_location else "",
    )


def identifiers(event: epcis.Event) -> Iterator[str]:
    """Everything that the event is about, as it stands there."""
    yield from (*event.epcs, *event.child_epcs, *event.input_epcs, *event.output_epcs)
    for held in (event.quantities, event.child_quantities, event.input_quantities, event.output_quantities):
        yield from (each.epc_class for each in held)
    if event.parent_id:
        yield event.parent_id


def _items(reach: Reach, numbers: _Numbers) -> tuple[dict[int, int], dict[int, str], dict[int, int]]:
    """Level, canonical code and product of all that the judgement looks at; what happened to the products is loaded, too."""
    named = {number: code for code, number in numbers.of.items()}
    levels = {item: int(named[item].level) for item in reach.whole if item in named}
    canonical = {item: code.canonical for item, code in named.items()}
    product_of = dict(numbers.product_of)
    for item, level, product, text in store.levels([item for item in reach.whole if item not in named]):
        levels[item], canonical[item] = level, text
        if product is not None:
            product_of[item] = product
    products = {product_of[item] for item in levels if item in product_of} - levels.keys()
    canonical |= {item: text for item, _, _, text in store.levels(products - named.keys())}
    reach.load(products)
    return levels | dict.fromkeys(products, int(codes.Level.CLASS)), canonical, product_of


def _parties(happenings: Iterable[Happening], numbers: _Numbers) -> dict[int, int]:
    """The registered party behind each item; in the happenings it takes the item's place."""
    found = list(happenings)
    items = {party for one in found for party in one.parties}
    unknown = {code.canonical: item for code, item in numbers.of.items() if item in items and item < 0}
    party_of = store.registered([item for item in items if item > 0])
    party_of |= {unknown[text]: party for text, party in store.registered_codes(list(unknown)).items()}
    for one in found:
        one.actor = party_of.get(one.actor, -abs(one.actor))
        one.reporter = party_of.get(one.reporter, -abs(one.reporter))
        one.parties = frozenset(party_of.get(party, -abs(party)) for party in one.parties)
    _mandates(found)
    return party_of


def _mandates(happenings: Collection[Happening]) -> None:
    """In which sectors who reported may record for whom he named: one statement, and none where all record for themselves."""
    lent = [one for one in happenings if one.actor != one.reporter and one.actor > 0 and one.reporter > 0]
    held: dict[tuple[int, int], list[Mandate]] = defaultdict(list)
    for mandate in between({one.actor for one in lent}, {one.reporter for one in lent}):
        held[mandate.giver_id, mandate.holder_id].append(mandate)
    for one in lent:
        found = held.get((one.actor, one.reporter), ())
        one.mandated = frozenset(each.sector for each in found if holds(each, each.sector, one.on))


@dataclass(slots=True)
class _Register:
    """What the register and the issue log say of the things of a scene."""

    levels: dict[int, int]
    canonical: dict[int, str]
    product_of: dict[int, int]
    labels: dict[int, Labelled]
    lots: dict[int, int]  # item → item of the lot that the issue log gives it, where events speak of that lot


def _register(reach: Reach, numbers: _Numbers) -> _Register:
    """Level, code and product of each thing, and its label; the lots that the issue log names are looked at, too."""
    levels, canonical, product_of = _items(reach, numbers)
    by_code = {canonical[item]: item for item in levels}
    labels = {by_code[text]: label for text, label in labelled(by_code).items()}
    wanted = {item: lot_code_of(one.gtin, one.lot) for item, one in labels.items() if one.gtin and one.lot}
    held = store.numbers({lot.key for lot in wanted.values()})
    lots = {item: held[lot.key] for item, lot in wanted.items() if lot.key in held}
    if fresh := set(lots.values()) - levels.keys():
        reach.spread(Part(lot, int(Role.LOT_OF)) for lot in fresh)
        levels, canonical, product_of = _items(reach, numbers)
    return _Register(levels, canonical, product_of, labels, lots)


def _world(reach: Reach, register: _Register, organisations: set[int]) -> World:
    """The things before anything happened, with all that the register says of them."""
    authorities = {row[0] for row in store.reporters(organisations) if row[2] in AUTHORITIES}
    world = World(register.levels, one_of_each(reach.same), authorities)
    for item in reach.cut:
        world.thing(item).cut = True
    if reach.older:
        keepers = store.registered({one.actor for each in reach.older.values() for one in each.sums})
        for item, before in reach.older.items():
            before.into(world.thing(item), keepers)
    texts = {register.canonical[item] for item in register.levels}
    products = {row[0]: row[1:] for row in Product.objects.filter(code__in=texts).values_list("code", "kind", "holder")}
    papers: dict[str, list[tuple[str, date, date | None]]] = defaultdict(list)
    found = Certificate.objects.filter(about__in=texts).values_list("about", "kind", "issued_at", "voided_at")
    for about, kind, at, voided_at in found:
        papers[about].append((kind, day_of(at), day_of(voided_at) if voided_at else None))
    for item in register.levels:
        thing, text = world.thing(item), register.canonical[item]
        kind, holder = products.get(text, ("", None))
        thing.kind, thing.holder = kind or thing.kind, holder or thing.holder
        thing.certificates += tuple(papers.get(text, ()))
        if label := register.labels.get(item):
            thing.issuer, thing.printed_on = label.organisation, label.expires_on
        for other in (register.product_of.get(item), register.lots.get(item)):
            if other is not None:
                thing.of[world.one(other)] = None
    return world


def _by_party(found: Iterable[Any]) -> dict[int, list[Any]]:
    held: dict[int, list[Any]] = defaultdict(list)
    for one in found:
        held[one.party_id].append(one)
    return held
