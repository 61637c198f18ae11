"""When a content lay in which container: the replay of all that moved it. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import NamedTuple

from zhuisu.events.vocabulary import Role
from zhuisu.lineage.spans import END
from zhuisu.lineage.store import Part

# The child's role → its container's. Packing puts a unit into one container at a time, fitting into any number.
PARENT_OF: dict[int, Role] = {
    Role.PACKED: Role.PACK_PARENT,
    Role.UNPACKED: Role.UNPACK_PARENT,
    Role.FITTED: Role.FIT_PARENT,
    Role.UNFITTED: Role.UNFIT_PARENT,
}
CHILD_OF = {int(parent): Role(child) for child, parent in PARENT_OF.items()}
PUTTING = frozenset({Role.PACKED, Role.FITTED})
TAKING: dict[int, Role] = {Role.UNPACKED: Role.PACKED, Role.UNFITTED: Role.FITTED}  # → the role that put it in
# What ends stays of a kind: an end of either side ends all.
ENDING: dict[int, Role | None] = {
    Role.UNPACK_PARENT: Role.PACKED,
    Role.UNFIT_PARENT: Role.FITTED,
    Role.DECOMMISSIONED: None,
}
EVERYWHERE = 0  # no item has this number


class Change(NamedTuple):
    """A part that may move a content: its own, or one that ends what lies in a container."""

    part: Part
    item: int  # the code of the content (or of what ended) that the event named
    container: int  # or EVERYWHERE
    container_item: int  # the code that the event named


class Stay(NamedTuple):
    """One closed interval of a content in a container. Both are things (the representative of their codes)."""

    content: int
    container: int
    start: int
    end: int
    event: int  # that put it in
    content_item: int  # the codes that this event named
    container_item: int


class Escape(NamedTuple):
    """A child that came out of a container into which it never went: it counts as made from what was in it."""

    content: int
    container: int
    at: int
    event: int
    content_item: int
    container_item: int


@dataclass(slots=True)
class Held:
    """What of one content is in one container now: its portions, and how much there is where every report says it."""

    portions: list[Change] = field(default_factory=list)  # that put it in
    amount: Decimal | None = None
    unit: str | None = None

    def put(self, change: Change, *, portioned: bool) -> None:
        """One more packing. What does not lie in portions is simply still there."""
        part = change.part
        known = not self.portions or (self.amount is not None and self.unit == part.unit)
        self.amount = (self.amount or Decimal(0)) + part.quantity if known and part.quantity is not None else None
        self.unit = part.unit
        if portioned or not self.portions:
            self.portions.append(change)

    def take(self, quantity: Decimal | None, unit: str | None) -> bool:
        """Whether nothing is left. A removal without a quantity takes all; one that cannot be reckoned leaves some."""
        if quantity is None:
            return True
        if self.amount is None or self.unit != unit:
            return False
        self.amount -= quantity
        return self.amount <= 0


def replay(content: int, changes: list[Change], *, portioned: bool) -> tuple[list[Stay], list[Escape]]:
    """The stays of a content, and where it came out without having gone in.

    Equal instants keep the order of the log. Packing and fitting know nothing of each other. portioned: it may lie in
    several containers at once (a lot), each packing with its own beginning.
    """
    stays: list[Stay] = []
    escapes: list[Escape] = []
    inside: dict[tuple[int, int], Held] = {}  # (container, role that put it in) → what is in it

    def close(keys: Iterable[tuple[int, int]], at: int) -> None:
        for key in keys:
            for part, item, container, named in inside.pop(key).portions:
                stays.append(Stay(content, container, part.at, at, part.event, item, named))

    for change in sorted(changes, key=lambda change: (change.part.at, change.part.position, change.part.role)):
        part, item, container, named = change
        if part.role in PUTTING:
            if part.role == Role.PACKED and not portioned:
                close([key for key in inside if key[1] == part.role and key[0] != container], part.at)
            inside.setdefault((container, part.role), Held()).put(change, portioned=portioned)
        elif part.role in ENDING:
            kind = ENDING[part.role]
            close([key for key in inside if container in (EVERYWHERE, key[0]) and kind in (None, key[1])], part.at)
        elif (container, TAKING[part.role]) not in inside:
            escapes.append(Escape(content, container, part.at, part.event, item, named))
        elif inside[container, TAKING[part.role]].take(part.quantity, part.unit):
            close([(container, TAKING[part.role])], part.at)
    close(list(inside), END)
    return stays, escapes
