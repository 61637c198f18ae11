"""Mass balance of the whole graph: of every lot what came in, what went out, what is left, in one pass over the snapshot's arrays.

docs/concepts/balance.md says what the figures mean and which are findings.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from zhuisu.codes import Level
from zhuisu.events.queries import head
from zhuisu.events.vocabulary import Role
from zhuisu.lineage.measure import PIECES, shown_in
from zhuisu.lineage.snapshot import current, extract
from zhuisu.lineage.snapshot.segment import LEVEL_MASK, Array, Segment
from zhuisu.lineage.snapshot.view import View

# Scales and rounding: what is written down twice differs by so much. A sector or an authority may ask for another.
TOLERANCE = 0.001  # of what came in
COMMON = (1, 2, PIECES)  # measures that most amounts are of: mass, volume, pieces
_COLUMNS = ((Role.COMMISSIONED, Role.OUTPUT), (Role.INPUT,), (Role.DECOMMISSIONED,))  # came, used, ended
_COLUMN_OF = np.zeros(64, np.int8)
for _place, _roles in enumerate(_COLUMNS):
    _COLUMN_OF[list(_roles)] = _place
_ADMITTED = np.isin(np.arange(16), [Level.LOT, Level.OTHER])  # what has quantities


class Finding(NamedTuple):
    """A lot of which more went out than came in. Amounts in `unit`."""

    item: int
    canonical: str
    unit: str
    came: float
    used: float
    ended: float
    excess: float


class Yield(NamedTuple):
    """An event whose inputs and outputs are all known by mass. Kilograms."""

    event: int
    put_in: float
    got_out: float


class Balance(NamedTuple):
    """A line for each lot and measure, in the order of the lots: amounts in the measure's smallest unit (measure.shown_in).

    `clear`: that what came in is known, in this measure alone; only these lines can be findings.
    """

    view: View
    item: Array
    measure: Array
    came: Array
    used: Array
    ended: Array
    clear: Array
    tolerance: float

    @property
    def left(self) -> Array:
        """What is still there; below nothing where more went out."""
        left: Array = self.came - self.used - self.ended
        return left

    @property
    def over(self) -> Array:
        """The lines of which more went out than came in, and than the tolerance allows."""
        over: Array = np.flatnonzero(self.clear & (self.left < -self.tolerance * self.came))
        return over

    def findings(self) -> list[Finding]:
        """What over says, the largest excess of what came in first."""
        over = self.over
        over = over[np.argsort(self.left[over] / self.came[over], kind="stable")]
        texts = self.view.texts(self.item[over].tolist())
        found = []
        for line, text in zip(over.tolist(), texts, strict=True):
            unit, size = shown_in(int(self.measure[line]))
            amounts = (float(column[line]) / size for column in (self.came, self.used, self.ended, -self.left))
            found.append(Finding(int(self.item[line]), text, unit, *amounts))
        return found


def balance(position: int | None = None, tolerance: float = TOLERANCE) -> Balance:
    """Of all lots, as known at a log position (by default the head). Reads the snapshot; where there is none, all of the log."""
    known = head() if position is None else position
    return balance_of(current.view(known, None) or View([extract.read(0, known, 0)], known), tolerance)


def balance_of(view: View, tolerance: float = TOLERANCE) -> Balance:
    """The same of a view."""
    silent = np.zeros(view.numbers, bool)
    common = {measure: [np.zeros(view.numbers) for _ in _COLUMNS] for measure in COMMON}
    rare: list[list[Array]] = [[np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0, np.int8), np.zeros(0)]]
    for segment in view.segments:
        _add(view, segment, common, rare, silent)
    lines = [_dense(measure, sums) for measure, sums in common.items()]
    lines.append(_sparse(*(np.concatenate(column) for column in zip(*rare, strict=True))))
    columns = [np.concatenate(column) for column in zip(*lines, strict=True)]
    kept = np.flatnonzero(_ADMITTED[view.flags(columns[0]) & LEVEL_MASK])
    kept = kept[np.argsort(columns[0][kept], kind="stable")]
    item, measure, came, used, ended = (column[kept] for column in columns)
    alone = np.ones(len(item), bool)
    alone[1:] &= item[1:] != item[:-1]
    alone[:-1] &= item[1:] != item[:-1]
    return Balance(view, item, measure, came, used, ended, (came > 0) & ~silent[item] & alone, tolerance)


def _dense(measure: int, sums: list[Array]) -> tuple[Array, ...]:
    items = np.flatnonzero((sums[0] > 0) | (sums[1] > 0) | (sums[2] > 0))
    return items, np.full(len(items), measure), *(column[items] for column in sums)


def _sparse(item: Array, measure: Array, column: Array, value: Array) -> tuple[Array, ...]:
    """Amounts in units that few use: whoever invents units by the thousand takes memory for what was said, not for all lots."""
    order = np.lexsort((measure, item))
    item, measure, column, value = item[order], measure[order], column[order], value[order]
    begins = np.flatnonzero(np.r_[True, (item[1:] != item[:-1]) | (measure[1:] != measure[:-1])][: len(item)])
    if not len(begins):
        return item, measure, value, value, value
    sums = [np.add.reduceat(np.where(column == place, value, 0.0), begins) for place in range(len(_COLUMNS))]
    some = (sums[0] > 0) | (sums[1] > 0) | (sums[2] > 0)
    return item[begins][some], measure[begins][some], *(one[some] for one in sums)


def _add(view: View, segment: Segment, common: dict[int, list[Array]], rare: list[list[Array]], silent: Array) -> None:
    """The amounts of a segment, by item number; and of which items an amount that came in is not known."""
    arrays = segment.arrays
    events = np.arange(segment.events, dtype=np.int32)
    # Where everything counts, nobody needs to know which event a fact is of.
    valid = None
    if view.dead is not None or view.known < segment.first + segment.events:
        valid = np.repeat(view.valid(events + np.int32(segment.first)), np.diff(arrays["start"]))
    fact = arrays["measured"]
    if len(fact) < segment.facts:
        unsaid = np.isin(arrays["role"], _COLUMNS[0])
        unsaid[fact] = False
        silent[arrays["item"][unsaid if valid is None else unsaid & valid]] = True
    value, measure = arrays["value"], arrays["measure"]
    if valid is not None:
        fine = valid[fact]
        fact, value, measure = fact[fine], value[fine], measure[fine]
    item, column = arrays["item"][fact], _COLUMN_OF[arrays["role"][fact]]
    for each, sums in common.items():
        own = measure == each
        some = (item, column, value) if own.all() else (item[own], column[own], value[own])
        for place, total in enumerate(sums):
            here = some[1] == place
            total += np.bincount(some[0][here], some[2][here], len(silent))
    other = ~np.isin(measure, COMMON)
    if other.any():
        rare.append([item[other].astype(np.int64), measure[other], column[other], value[other]])


def yields(view: View) -> Iterator[Yield]:
    """How much came out of each event that says all its inputs and outputs by mass. Those of more than all that went in are
    for whoever asks to judge: water and salt are often not written down."""
    for segment in view.segments:
        arrays = segment.arrays
        event = np.repeat(np.arange(segment.events), np.diff(arrays["start"]))
        fact = arrays["measured"]
        told = np.zeros(segment.facts, bool)
        told[fact[arrays["measure"] == 1]] = True
        reckoned = np.isin(arrays["role"], (Role.INPUT, Role.OUTPUT))
        silent = np.bincount(event[reckoned & ~told], minlength=segment.events) > 0
        value = np.zeros(segment.facts)
        value[fact] = arrays["value"]
        sums = [
            np.bincount(event[told & (arrays["role"] == role)], value[told & (arrays["role"] == role)], segment.events)
            for role in (Role.INPUT, Role.OUTPUT)
        ]
        whole = np.flatnonzero(~silent & (sums[0] > 0) & (sums[1] > 0))
        whole = whole[view.valid(whole + segment.first)]
        size = shown_in(1)[1]
        for line in whole.tolist():
            yield Yield(int(arrays["event"][line]), float(sums[0][line]) / size, float(sums[1][line]) / size)
