"""来源: what a thing was made from, level by level, gathered into boxes that a person can read."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from zhuisu.codes import Level
from zhuisu.events.queries import Happening
from zhuisu.lineage.queries import Reached, StopReason, Walk
from zhuisu.portal.addresses import address_of_canonical, label_of_canonical
from zhuisu.portal.drawing import Drawing, Node, graph
from zhuisu.portal.public import Register, making
from zhuisu.registry.models import Party
from zhuisu.web import words

ME = "me"
MAX_BOXES = 8  # a level; more do not fit a phone, the list below has them
MAX_LISTED = 60  # of one box in the list


@dataclass(frozen=True, slots=True)
class Source:
    """One thing that it came from."""

    item: int
    label: str
    address: str
    quantity: str
    when: datetime | None


@dataclass(slots=True)
class Group:
    """Sources of one kind from one maker."""

    key: str
    level: int
    product: str
    party: Party | None
    who: str
    region: str
    sources: list[Source] = field(default_factory=list)
    ends: bool = False  # nothing is recorded before any of them

    @property
    def more(self) -> int:
        return max(0, len(self.sources) - MAX_LISTED)

    @property
    def listed(self) -> list[Source]:
        return self.sources[:MAX_LISTED]


@dataclass(slots=True)
class Origin:
    """The whole answer of one page."""

    groups: list[Group]
    drawing: Drawing | None
    levels: int  # drawn
    deeper: bool  # there is at least one more level
    truncated: bool
    makers: list[tuple[Party, Happening]]

    @property
    def by_level(self) -> list[tuple[int, list[Group]]]:
        levels: dict[int, list[Group]] = defaultdict(list)
        for group in self.groups:
            levels[group.level].append(group)
        return sorted(levels.items())


@dataclass(frozen=True, slots=True)
class Ancestry:
    """What origin_of needs: the walk up to one level more than is drawn, and everything known of its items."""

    walk: Walk
    mine: frozenset[int]  # the item itself, its other codes, its lot or its members: the box at the foot
    happenings: Mapping[int, list[Happening]]
    register: Register


def contracted(walk: Walk, mine: frozenset[int]) -> set[tuple[int, int]]:
    """Edges between items, with processes (a transformation told in several events) left out and our own codes as one (0)."""
    known = set(walk.items) | set(walk.carried) | set(walk.products)
    into: dict[int, set[int]] = defaultdict(set)
    for edge in walk.edges:
        source, target = (0 if end in mine else end for end in (edge.source, edge.target))
        if source != target:
            into[target].add(source)

    def sources(target: int, seen: frozenset[int] = frozenset()) -> Iterable[int]:
        for source in into[target] - seen:
            if source in known or source == 0:
                yield source
            else:
                yield from sources(source, seen | {source})

    return {(source, target) for target in [*into] if target in known or target == 0 for source in sources(target)}


def layers(edges: set[tuple[int, int]], depth: Mapping[int, int]) -> dict[int, int]:
    """How many levels above us each item stands: the longest way down to 0; what goes round in a circle (rework), the shortest.

    `depth` are the items that are shown, with their shortest way.
    """
    above: dict[int, set[int]] = defaultdict(set)
    waits: Counter[int] = Counter()
    for source, target in edges:
        if source in depth and (target in depth or target == 0):
            above[target].add(source)
            waits[source] += 1
    layer = {0: 0}
    ready = [0]
    while ready:
        target = ready.pop()
        for source in above[target]:
            layer[source] = max(layer.get(source, 0), layer[target] + 1)
            waits[source] -= 1
            if not waits[source]:
                ready.append(source)
    for item, count in waits.items():
        if count:
            layer[item] = max(1, depth[item])
    del layer[0]
    return layer


def origin_of(ancestry: Ancestry, levels: int, title: str, subtitle: str) -> Origin:
    """The origins within so many levels, as boxes, list and drawing."""
    walk = ancestry.walk
    depth = {item: each.depth for item, each in {**walk.products, **walk.items}.items() if item not in ancestry.mine}
    base = min(depth.values(), default=1) - 1  # a lot between a serial and its origins is no level of its own
    shown = {item: steps - base for item, steps in depth.items() if steps - base <= levels}
    edges = contracted(walk, ancestry.mine)
    placed = layers(edges, shown)
    groups = _groups(ancestry, placed)
    makers: dict[int, tuple[Party, Happening]] = {}
    for item in sorted(placed, key=lambda each: (placed[each], each)):
        first = _made(ancestry, item)
        party = ancestry.register.party(first) if first else None
        if first and party:
            makers.setdefault(party.pk, (party, first))
    return Origin(
        groups=list(groups.values()),
        drawing=_draw(groups, placed, edges, Node(ME, title, subtitle, mark="me")) if groups else None,
        levels=levels,
        deeper=any(steps - base > levels for steps in depth.values()),
        truncated=any(stop.reason == StopReason.LIMIT_ITEMS for stop in walk.stops),
        makers=list(makers.values()),
    )


def _groups(ancestry: Ancestry, placed: dict[int, int]) -> dict[str, Group]:
    """Serials of one maker and product share a box, lots only where a level would have too many boxes."""
    kinds = {item: _kind(ancestry, item) for item in placed}
    crowded = {
        level
        for level, count in Counter(placed[item] for item in placed if _is_lot(ancestry, item)).items()
        if count > MAX_BOXES - 2
    }
    ends = {stop.item for stop in ancestry.walk.stops if stop.reason == StopReason.UNKNOWN_ORIGIN}
    groups: dict[str, Group] = {}
    for item in sorted(placed, key=lambda each: (placed[each], *kinds[each][:2], each)):
        level = placed[item]
        product, who, party, region = kinds[item]
        alone = _is_lot(ancestry, item) and level not in crowded
        key = f"{level}-{item}" if alone else f"{level}-{party.pk if party else 0}-{product}"
        group = groups.setdefault(key, Group(key, level, product, party, who, region))
        group.sources.append(_source(ancestry, item))
        group.ends = group.ends or item in ends
    for number, group in enumerate(groups.values(), 1):
        group.key = f"s{number}"
    return {group.key: group for group in groups.values()}


def _reached(ancestry: Ancestry, item: int) -> Reached:
    return ancestry.walk.items.get(item) or ancestry.walk.products[item]


def _made(ancestry: Ancestry, item: int) -> Happening | None:
    return making(ancestry.happenings.get(item, []), ancestry.register.home(_reached(ancestry, item).canonical))


def _is_lot(ancestry: Ancestry, item: int) -> bool:
    return _reached(ancestry, item).level == Level.LOT


def _kind(ancestry: Ancestry, item: int) -> tuple[str, str, Party | None, str]:
    """Product and maker in words, the maker, and where the maker is."""
    canonical, register = _reached(ancestry, item).canonical, ancestry.register
    product = register.product(canonical)
    first = _made(ancestry, item)
    party = register.party(first) if first else None
    if first is None and product is not None:  # only the product is known: what it says of itself
        party = product.holder
    what = words.said(product, "name") if product else words.kind_of_canonical(canonical)
    who = words.said(party, "name") if party else _("主体未登记")
    return what, who, party, words.said(register.region(first, party), "region_name")


def _source(ancestry: Ancestry, item: int) -> Source:
    known = _reached(ancestry, item)
    first = _made(ancestry, item)
    return Source(
        item=item,
        label=_("只知道品种") if known.level == Level.CLASS else label_of_canonical(known.canonical),
        address=address_of_canonical(known.canonical),
        quantity=quantity(first),
        when=words.local(first.at, first.zone) if first else None,
    )


def quantity(happening: Happening | None) -> str:
    """How much was made, with its unit; empty where it was not said."""
    if happening is None or happening.quantity is None:
        return ""
    return f"{words.number(Decimal(happening.quantity))} {words.unit(happening.unit)}"


def _draw(groups: dict[str, Group], placed: dict[int, int], edges: set[tuple[int, int]], me: Node) -> Drawing:
    of = {source.item: key for key, group in groups.items() for source in group.sources}
    fed = {of.get(target, "") for source, target in edges if source in of}
    rows: list[list[Node]] = []
    hidden: dict[str, str] = {}
    for level in sorted(set(placed.values()), reverse=True):
        here = [group for group in groups.values() if group.level == level]
        here.sort(key=lambda group: group.key not in fed)  # what leads further up stands nearest to it
        shown = here if len(here) <= MAX_BOXES else here[: MAX_BOXES - 1]
        nodes = [Node(group.key, group.who, _sub(group), href=_href(group)) for group in shown]
        if len(shown) < len(here):
            more = f"more-{level}"
            hidden.update({group.key: more for group in here[len(shown) :]})
            count = len(here) - len(shown)
            text = ngettext("另有 %(count)s 个来源", "另有 %(count)s 个来源", count) % {"count": count}
            nodes.append(Node(more, text, _("见下面的清单"), href="#origin-list", mark="more"))
        rows.append(nodes)

    def key(item: int) -> str:
        found = ME if item == 0 else of.get(item, "")
        return hidden.get(found, found)

    lines = {(key(source), key(target)) for source, target in edges}
    return graph([*rows, [me]], {(a, b) for a, b in lines if a and b and a != b})


def _sub(group: Group) -> str:
    if len(group.sources) == 1:
        return f"{group.product}\n{group.sources[0].label}"
    return f"{group.product}\n× {len(group.sources)}"


def _href(group: Group) -> str:
    return group.sources[0].address if len(group.sources) == 1 else f"#{group.key}"
