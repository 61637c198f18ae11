"""What a walk answers with. docs/concepts/walk.md says what it means."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from itertools import islice
from typing import Any, Literal, NamedTuple

from zhuisu.events.scope import Scope
from zhuisu.lineage.spans import moment
from zhuisu.lineage.walker import Link

MAX_ITEMS = 200_000  # more does not fit a screen, a sheet or a second; a recall of that size is told to be cut
MAX_DEPTH = 200  # the longest real chains have some thirty steps
MAX_EDGES = 20_000  # an event of 100 inputs and 1,000 outputs alone has 100,000 pairs

Direction = Literal["down", "up"]


class Portions(StrEnum):
    """Which portions of a lot follow into a container."""

    PACKED_AFTER = "packed-after"  # those packed when the lot was already reached
    ALL = "all"  # every one: the widest answer, for a recall that must not miss


class StopReason(StrEnum):
    """Why a walk goes no further at an item."""

    UNKNOWN_ORIGIN = "unknown-origin"  # up: nothing is recorded before it
    NOT_VISIBLE = "not-visible"  # what leads on, or came before, is not for the asker to see
    PRODUCT_ONLY = "product-only"  # only the product was named, no lot and no serial
    LIMIT_ITEMS = "limit-items"
    LIMIT_DEPTH = "limit-depth"


@dataclass(frozen=True, slots=True)
class Limits:
    """How far a walk may go. Reaching a limit is said in the answer."""

    max_items: int = MAX_ITEMS
    max_depth: int = MAX_DEPTH


class Reached(NamedTuple):
    """An item of the answer. `at`: the earliest time (down) or the latest (up), UTC; None where there is no bound.

    how: start, made, unpacked (came out of a container that it never went into), lot, same, whole (lay in the start
    container), content (up: lay in a container that was used), process.
    """

    item: int
    canonical: str
    level: int
    at: datetime | None
    how: str
    by_event: int | None
    depth: int
    parent: int | None
    life: int = 1  # which life of a code that is used again; the first is 1


class Carried(NamedTuple):
    """A container that held something of the answer: "in it", not "of it". spans: when, closed, UTC; None means no bound."""

    item: int
    canonical: str
    level: int
    spans: tuple[tuple[datetime | None, datetime | None], ...]
    by_event: int | None
    depth: int
    parent: int | None
    life: int = 1


class Stop(NamedTuple):
    """Where a walk ends before the goods do, and why."""

    item: int
    canonical: str
    level: int
    reason: StopReason


class Edge(NamedTuple):
    """One item before another, in the direction of the goods. kind: made, packed, unpacked, lot, same."""

    source: int
    target: int
    event: int | None
    kind: str
    at: datetime | None


@dataclass(slots=True)
class Aside:
    """What is not told but reckoned with: codes of one thing, things that no quantity follows, processes."""

    thing: dict[int, int] = field(default_factory=dict)  # item → the thing it names, where that has several codes
    unmeasured: set[int] = field(default_factory=set)  # things
    processes: set[int] = field(default_factory=set)


@dataclass(slots=True)
class Walk:
    """The answer. `items` is what it went into or came from; `carried` apart; `products` are known by product only."""

    direction: Direction
    start: list[int]
    position: int
    since: datetime | None
    until: datetime | None
    as_of: datetime | None = None
    items: Mapping[int, Reached] = field(default_factory=dict)
    carried: Mapping[int, Carried] = field(default_factory=dict)
    products: dict[int, Reached] = field(default_factory=dict)
    stops: list[Stop] = field(default_factory=list)
    truncated: bool = False
    # Makes the links: most askers never look at them. It is given the answer and does not hold it: a circle would keep the
    # arrays of a walk until the collector comes.
    gather: Callable[["Walk"], list[Link]] = lambda _: []
    aside: Aside = field(default_factory=Aside)
    scope: Scope | None = None  # the events that count; None: all
    view: Any = None  # the snapshot that was read, as known at the position; None: the database
    _links: list[Link] | None = None

    @property
    def links(self) -> list[Link]:
        """Every fact that joined what was reached; made when first asked for."""
        if self._links is None:
            self._links = self.gather(self)
        return self._links

    @property
    def counts(self) -> dict[str, int]:
        """How many items, containers, products, events."""
        events = {link.event for link in self.links}
        return {
            "items": len(self.items),
            "carried": len(self.carried),
            "products": len(self.products),
            "events": len(events),
        }

    @property
    def edges(self) -> list[Edge]:
        """At most MAX_EDGES of the edges, for a drawing; `links` has all of them, not multiplied out."""
        return list(islice(self.all_edges(), MAX_EDGES))

    def all_edges(self) -> Iterator[Edge]:
        """Every edge, one by one."""
        for link in self.links:
            at = moment(link.at)
            for source in link.sources:
                for target in link.targets:
                    yield Edge(source, target, link.event, link.kind, at)
