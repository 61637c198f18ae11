"""One stretch of the log as flat arrays: who had which part in which event, found by item and by event. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from zhuisu.codes import Level
from zhuisu.events.vocabulary import Role

Array = npt.NDArray[Any]

NEIGHBOUR_BITS = (
    6  # item numbers are dense, those of a short stretch are not: 64 neighbours share an entry of the table
)
PAGE = 1 << NEIGHBOUR_BITS
LEVEL_MASK = 15  # the low bits of an item's flags are its codes.Level; 0: no such item

# What an item ever had, in valid events or not. Who asks by a flag may only be told too much.
INPUT, OUTPUT, CHILD, PUT_PARENT, TAKE_PARENT, LOT_OF, LOT_MEMBER, SAME, ENDED, BEGUN, EMPTIED, TAKEN = (
    1 << n for n in range(4, 16)
)
FLAG_OF: dict[int, int] = {
    Role.INPUT: INPUT,
    Role.OUTPUT: OUTPUT,
    Role.PACK_PARENT: PUT_PARENT,
    Role.PACKED: CHILD,
    Role.UNPACK_PARENT: TAKE_PARENT,
    Role.UNPACKED: CHILD | TAKEN,
    Role.FIT_PARENT: PUT_PARENT,
    Role.FITTED: CHILD,
    Role.UNFIT_PARENT: TAKE_PARENT,
    Role.UNFITTED: CHILD | TAKEN,
    Role.SAME: SAME,
    Role.LOT_MEMBER: LOT_MEMBER,
    Role.LOT_OF: LOT_OF,
    Role.DECOMMISSIONED: ENDED,
    Role.COMMISSIONED: BEGUN,
}
ROLES = tuple(sorted(int(role) for role in FLAG_OF))
MEASURED = (Role.COMMISSIONED, Role.DECOMMISSIONED, Role.INPUT, Role.OUTPUT)  # whose quantities are reckoned with
PARENTS = (Role.PACK_PARENT, Role.UNPACK_PARENT, Role.FIT_PARENT, Role.UNFIT_PARENT)
LOTS = (Role.LOT_OF, Role.LOT_MEMBER)
NO_UNIT_LEVELS = np.isin(np.arange(16), [0, Level.CLASS, Level.PLACE, Level.PARTY])
PORTIONED_LEVELS = np.isin(np.arange(16), [Level.LOT, Level.CLASS])

_FLAGS = np.zeros(64, np.uint16)
for _role, _flag in FLAG_OF.items():
    _FLAGS[_role] = _flag


class Columns(NamedTuple):
    """What a stretch is built of. Facts in any order; `position` is the event's place in the log, `amount` a row of amounts or -1."""

    item: Array
    position: Array
    role: Array
    group: Array
    amount: Array
    value: Array  # in the smallest unit of its measure; not a number where none is said, or no role of MEASURED
    measure: Array  # lineage.measure; 0 where none is said
    # events, by position
    event_position: Array
    event: Array  # number in the database
    at: Array  # microseconds since 1970
    # items, by number
    ids: Array
    level: Array
    text_start: Array  # of each item's canonical code in `text`
    text_size: Array
    text: Array  # UTF-8
    amount_end: Array
    amounts: Array  # "12.5\tKGM"
    # voids: the positions of the event that is declared wrong and of the declaration
    void_of: Array
    void_position: Array


@dataclass(frozen=True, slots=True, eq=False)
class Segment:
    """A stretch of the log, after position `after` up to `upto`. Its first event with facts has the running number `first`."""

    after: int
    upto: int
    first: int
    identity: str  # of the log at `upto`: see extract.identity
    arrays: Mapping[str, Array]
    name: str | None = None  # of the file that it was read from

    @property
    def events(self) -> int:
        """How many events have facts."""
        return len(self.arrays["position"])

    @property
    def facts(self) -> int:
        """How many facts there are."""
        return len(self.arrays["item"])

    @property
    def size(self) -> int:
        """Bytes of the arrays."""
        return sum(array.nbytes for array in self.arrays.values())

    def index(self, ids: Array) -> Array:
        """Where the entries of these items stand; an empty one for those that are not here."""
        page = self.arrays["page"]
        where: Array = page[np.minimum(ids >> NEIGHBOUR_BITS, len(page) - 1)] + (ids & (PAGE - 1))
        return where


def build(after: int, upto: int, first: int, identity: str, told: Columns) -> Segment:
    """Sort facts into both orders and index them."""
    if len(told.item) >= 2**31 or first + len(told.event) >= 2**31:
        raise ValueError("a segment holds at most 2^31 facts, a snapshot 2^31 events")
    event = np.searchsorted(told.event_position, told.position).astype(np.int32)
    order = np.lexsort((told.group, told.item, (event.astype(np.int64) << 6) | told.role))
    item, event, role = told.item[order], event[order], told.role[order].astype(np.int8)
    group, amount = told.group[order].astype(np.int32), told.amount[order]
    measured = np.flatnonzero(told.measure[order] != 0)
    count = len(told.event)
    by_item = np.argsort(item, kind="stable")
    flags, parent = _flags(item, event, role, count)
    with_amount = amount[by_item]
    amount_fact = np.flatnonzero(with_amount >= 0).astype(np.int32)
    ids = told.ids
    arrays = {
        "position": told.event_position.astype(np.int64),
        "event": told.event.astype(np.int64),
        "at": told.at.astype(np.int64),
        "parent": narrow(parent),
        "start": np.searchsorted(event, np.arange(count + 1)).astype(np.int32),
        "item": narrow(item),
        "role": role,
        "group": group,
        "item_event": event[by_item] + np.int32(first),
        "item_role": role[by_item],
        "item_group": group[by_item],
        "void_of": told.void_of,
        "void_position": told.void_position,
        "text": told.text,
        "amounts": told.amounts,
        "amount_end": told.amount_end,
        "amount_fact": amount_fact,
        "amount_row": with_amount[amount_fact].astype(np.int32),
        "measured": measured.astype(np.int32),
        "value": told.value[order[measured]],
        "measure": told.measure[order[measured]],
    }
    own = item[by_item]
    entry_flags = told.level.astype(np.uint16)
    begins = np.searchsorted(own, ids)  # every item of the facts is among ids, and the other way round
    if len(ids):
        entry_flags |= np.bitwise_or.reduceat(flags[by_item], begins)
    counts = np.diff(np.r_[begins, len(own)])
    arrays |= index(ids, counts, entry_flags, told.text_start, told.text_size)
    arrays |= linked(arrays)
    return Segment(after, upto, first, identity, arrays)


def linked(arrays: Mapping[str, Array]) -> dict[str, Array]:
    """The links once more, alone and close together: most of a walk is reading these, and of all that it costs memory that is
    far away costs most.

    `lead`, two for each entry of an item: where its events begin in `used` (it was an input) and in `made` (an output). `act`,
    two for each event: its time; where its inputs begin in `took` and its outputs in `gave`. What is next begins where these end.
    """
    count = len(arrays["position"])
    lead = np.zeros((len(arrays["facts"]), 2), np.int32)
    act = np.zeros((count + 1, 2), np.int64)
    act[:count, 0] = arrays["at"]
    begins = act.view(np.int32)[:, 2:]
    found: dict[str, Array] = {}
    for way, (role, by_item, by_event) in enumerate(((Role.INPUT, "used", "took"), (Role.OUTPUT, "made", "gave"))):
        own = arrays["item_role"] == role
        lead[:, way] = _before(own)[arrays["facts"]]
        found[by_item] = arrays["item_event"][own]
        own = arrays["role"] == role
        begins[:, way] = _before(own)[arrays["start"]]
        found[by_event] = arrays["item"][own]
    return {**found, "lead": lead.ravel(), "act": act.ravel()}


def _before(which: Array) -> Array:
    """How many are true before each place, and in all."""
    counted = np.zeros(len(which) + 1, np.int32)
    np.cumsum(which, out=counted[1:])
    return counted


def narrow(numbers: Array) -> Array:
    """Half the bytes, as long as the numbers allow it."""
    small: Array = numbers.astype(np.int32 if not len(numbers) or numbers.max() < 2**31 else np.int64)
    return small


def _flags(item: Array, event: Array, role: Array, events: int) -> tuple[Array, Array]:
    """The flag of each fact, and the container that each event names (of several the one with the last role, as facts.py has it)."""
    flags = _FLAGS[role]
    with_child = np.zeros(events, bool)
    with_child[event[np.isin(role, (Role.UNPACKED, Role.UNFITTED))]] = True
    emptying = np.isin(role, (Role.UNPACK_PARENT, Role.UNFIT_PARENT)) & ~with_child[event]
    flags[emptying] |= EMPTIED
    parent = np.zeros(events, np.int64)
    for each in PARENTS:
        found = np.flatnonzero(role == each)[::-1]  # backwards: the first of an event is written last
        parent[event[found]] = item[found]
    return flags, parent


def index(ids: Array, counts: Array, flags: Array, text_start: Array, text_size: Array) -> dict[str, Array]:
    """Entries by item number, 64 neighbours together; the first 64 are empty and stand for all that is not here.

    ids: in order; counts: how many facts each has.
    """
    pages = ids >> NEIGHBOUR_BITS
    pages = pages[np.r_[True, pages[1:] != pages[:-1]]] if len(pages) else pages
    page = np.zeros(int(pages[-1]) + 2 if len(pages) else 1, np.int32)
    page[pages] = np.arange(1, len(pages) + 1, dtype=np.int32) * PAGE
    entries = (len(pages) + 1) * PAGE
    place = page[ids >> NEIGHBOUR_BITS] + (ids & (PAGE - 1))
    arrays: dict[str, Array] = {
        "page": page,
        "facts": np.zeros(entries + 1, np.int32),
        "flags": np.zeros(entries, np.uint16),
        "text_start": np.zeros(entries, np.int64),
        "text_size": np.zeros(entries, np.int32),
    }
    arrays["facts"][place + 1] = counts
    arrays["facts"] = np.cumsum(arrays["facts"], dtype=np.int32)
    arrays["flags"][place], arrays["text_start"][place], arrays["text_size"][place] = flags, text_start, text_size
    return arrays
