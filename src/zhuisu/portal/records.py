"""What one item's page rests on: read once, at one position of the log, each kind of thing with one statement."""

import json
from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from zhuisu import epcis
from zhuisu.accounts.models import Organisation
from zhuisu.codes import Level
from zhuisu.epcis.model import Event
from zhuisu.events.queries import Happening, Item, events_by_ids, head, history
from zhuisu.events.scope import PUBLIC
from zhuisu.lineage.queries import Limits, Walk, last_seen, walk
from zhuisu.portal import public
from zhuisu.portal.addresses import product_of_canonical
from zhuisu.portal.loads import Load, load_of, loads_of
from zhuisu.portal.public import Register
from zhuisu.registry import queries as registry
from zhuisu.registry.mandates.queries import between
from zhuisu.verification.gathering import MADE

MAX_ORIGINS = 2_000  # items of a walk up on one page
MAX_ONWARD = 5_000  # items of a walk down that are counted by city
MAX_NESTING = 6  # box in case on pallet in container on ship
MAX_MEMBERS = 50  # serials of a lot whose origins speak for the lot, where the lot itself was never named
MAX_HAPPENINGS = 8_000  # of one page: four for each origin


@dataclass(slots=True)
class Records:
    """`own`: the thing by all its codes (a lot that was never named itself: its members). `load`: the one the page is about."""

    item: Item
    up: Walk
    down: Walk
    own: frozenset[int]
    lots: frozenset[int]
    histories: dict[int, list[Happening]]  # of all items that the page speaks of
    happenings: list[Happening]  # of `own` and `lots`, in order
    loads: list[Load]  # of a single thing
    load: Load | None  # where there are several
    register: Register
    seen: list[str]  # of a lot: canonical codes of the places where what came of it was seen last
    cut: bool  # there are more happenings than one page reads

    @property
    def mine(self) -> frozenset[int]:
        return self.own | self.lots

    @property
    def reached(self) -> frozenset[int]:
        """Every item that the page speaks of or counts."""
        walks = (self.up.items, self.up.products, self.down.items, self.down.products, self.down.carried)
        return self.mine.union(*walks)

    @property
    def carried(self) -> list[Happening]:
        """What happened to the containers that held it, at any time."""
        return [each for box in self.down.carried for each in self.histories.get(box, ())]

    def of_load(self, happenings: Iterable[Happening]) -> list[Happening]:
        """Those that belong to the load that the page is about."""
        return [each for each in happenings if self.load is None or load_of(each, self.loads) == self.load]


def records_of(item: Item, levels: int, load: int | None = None) -> Records | None:
    """Everything the page of an item needs for so many levels of origins; of a re-used code, of one load (by default the
    last). None where nothing that a page may show ever happened to it."""
    single = public.is_single(item.level)
    position, limits = head(), Limits(max_items=MAX_ORIGINS, max_depth=levels + 2)
    up = walk([item.id], "up", position=position, limits=limits)
    own = {item.id} | {each.item for each in up.items.values() if each.how == "same" and each.depth == 0}
    lots = {each.item for each in up.items.values() if each.how == "lot" and each.parent in own}
    start, onward = ([item.id], Limits(MAX_ONWARD, MAX_NESTING)) if single else (sorted(own), Limits(MAX_ONWARD))
    down = walk(start, "down", position=position, limits=onward)
    boxes = [*down.carried] if single else []
    found, cut = _read([*own, *lots, *boxes], [*up.items, *up.products], position)
    happenings = _of(found, own | lots)
    if not happenings and item.level == Level.LOT:
        members = sorted(each.item for each in down.items.values() if each.how == "lot" and each.parent in own)
        own |= set(members[:MAX_MEMBERS])
        up = walk(sorted(own), "up", position=position, limits=limits)
        found, cut = _read([*own], [*up.items, *up.products], position)
        happenings = list({each.event: each for each in _of(found, own) if each.role in MADE}.values())
    if not happenings:
        return None
    loads = loads_of(_of(found, own), _of(found, _contents(up, own))) if single else []
    chosen = next((each for each in loads if each.number == load), loads[-1]) if len(loads) > 1 else None
    if chosen:  # what lay in it at another time is not where this load came from
        up = walk([item.id], "up", since=chosen.since, until=chosen.until, position=position, limits=limits)
    seen = {} if single else last_seen([number for number in down.items if number != item.id], position)
    where = [each.canonical for each in seen.values()]
    products = [*_canonicals(up), *(made.canonical for made in down.items.values() if made.depth == 1), item.canonical]
    register = _register(found, where, products)
    return Records(
        item, up, down, frozenset(own), frozenset(lots), by_item(found), happenings, loads, chosen, register, where, cut
    )


def _canonicals(found: Walk) -> list[str]:
    return [each.canonical for held in (found.items, found.products) for each in held.values()]


def _read(first: Iterable[int], others: Iterable[int], position: int) -> tuple[list[Happening], bool]:
    """What happened to all these items, in order; where that is too much for one page, to `first`, then some of the others.
    Whether something was left out."""
    wanted = list(dict.fromkeys([*first, *others]))
    found = history(PUBLIC, wanted, position=position, limit=MAX_HAPPENINGS)
    if len(found) < MAX_HAPPENINGS:
        return found, False
    # The oldest are read first, and these are mostly those of the origins.
    nearest = set(first)
    own = history(PUBLIC, sorted(nearest), position=position, limit=MAX_HAPPENINGS)
    return [*own, *(each for each in found if each.item not in nearest)], True


def _of(found: Iterable[Happening], items: Container[int]) -> list[Happening]:
    return [each for each in found if each.item in items]


def by_item(happenings: Iterable[Happening]) -> dict[int, list[Happening]]:
    """The same, item by item."""
    gathered: dict[int, list[Happening]] = {}
    for each in happenings:
        gathered.setdefault(each.item, []).append(each)
    return gathered


def _contents(up: Walk, own: set[int]) -> set[int]:
    """What was ever packed into it: a walk up from a container reaches that in one step."""
    return {item for link in up.links if link.kind == "packed" and own & link.targets.keys() for item in link.sources}


def _register(happenings: Sequence[Happening], where: Iterable[str], canonicals: Iterable[str]) -> Register:
    """All master data that the page can name: parties, places, products, mandates, each with one statement."""
    organisations = {each.organisation for each in happenings}
    reporters = dict(Organisation.objects.filter(pk__in=organisations).values_list("pk", "party"))
    named = {code for each in happenings for code, _role in each.parties} | set(reporters.values())
    spots = {code for each in happenings for code in (each.read_point, each.biz_location) if code}
    places = registry.places(spots.union(where))
    products = registry.products({product_of_canonical(each) for each in canonicals} - {""})
    parties = registry.parties(named)
    regions = {place.region: place for place in places.values()}
    regions |= registry.regions({party.region for party in parties.values()} - regions.keys() - {""})
    people = {party.pk for party in parties.values()} | {
        place.operator_id for place in places.values() if place.operator_id
    }
    reporting = {parties[code].pk for code in reporters.values() if code in parties}
    lent = between(people, reporting) if people - reporting else []
    return Register(parties, places, reporters, products, regions, lent)


@dataclass(frozen=True, slots=True)
class Opened:
    """Events of a page that were opened: as they were sent (JSON; one that came as XML is left out), and as values, by their id."""

    said: dict[str, dict[str, Any]]
    events: dict[str, Event]


def opened_of(happenings: Iterable[Happening], limit: int) -> Opened:
    """At most so many events (the last), with one statement. What declares another wrong is left out."""
    wanted = tuple(dict.fromkeys(each.event_id for each in happenings))[-limit:]
    opened = Opened({}, {})
    for stored in events_by_ids(PUBLIC, wanted, limit=4 * limit) if wanted else ():
        if stored.event_id in opened.events:
            continue
        event = epcis.read_event(stored.body, epcis.STANDARD_CONTEXT | stored.context)
        if event.error_declaration is not None:
            continue
        opened.events[stored.event_id] = event
        if stored.format == "json":
            opened.said[stored.event_id] = dict(json.loads(stored.body))
    return opened
