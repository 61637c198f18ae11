"""What a walk reads: the segments that follow each other, as known at a position. Numbers of items in, arrays out."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

import numpy as np

from zhuisu.events.vocabulary import Role
from zhuisu.lineage.snapshot.segment import MEASURED, PAGE, Array, Segment
from zhuisu.lineage.spans import instant

NEAR = 4  # texts that lie in a stretch not longer than this many times their length are read in one piece


class Found(NamedTuple):
    """Facts of the asked items or events: `row` says of which, in the order they were asked for."""

    row: Array
    event: Array  # running number
    item: Array
    role: Array
    group: Array
    amount: list[tuple[int, str]]  # (index of the fact here, "quantity\tunit")


def spread(starts: Array, counts: Array) -> tuple[Array, Array]:
    """Every index of the ranges [start, start + count), one range after the other, and which range each is of."""
    if len(counts) and counts.min() == 1 == counts.max():  # as most events have one output
        return np.arange(len(counts)), starts
    row = np.repeat(np.arange(len(counts)), counts)
    before = np.cumsum(counts) - counts
    return row, np.arange(len(row)) + (starts - before)[row]


def distinct(numbers: Array) -> Array:
    """Each number once, in order. Most lists are in order already."""
    if len(numbers) < 2 or (numbers[1:] > numbers[:-1]).all():
        return numbers
    ordered = np.sort(numbers)
    new = np.empty(len(ordered), bool)
    new[0] = True
    np.not_equal(ordered[1:], ordered[:-1], out=new[1:])
    return ordered[new]


def firsts(numbers: Array, slot: Array) -> Array:
    """Where each number stands first. `slot` has room for the largest; what is in it does not matter."""
    place = np.arange(len(numbers), dtype=np.int32)
    slot[numbers[::-1]] = place[::-1]
    return np.flatnonzero(slot[numbers] == place)


class View:
    """Segments in the order of the log, and which of their events are valid at a position."""

    def __init__(
        self,
        segments: Sequence[Segment],
        position: int,
        as_of: datetime | None = None,
        hidden: Array | None = None,
    ) -> None:
        self.segments = segments
        self.position = position
        self.numbers = max((len(one.arrays["page"]) for one in segments), default=0) * PAGE + PAGE
        self.events = segments[-1].first + segments[-1].events if segments else 0
        self.known = sum(int(np.searchsorted(one.arrays["position"], position, side="right")) for one in segments)
        self.dead = self._dead(as_of)
        self.hidden = hidden  # valid events that the asker may not see
        if hidden is not None:
            if self.dead is not None:
                self.hidden = hidden & ~self.dead
            self.dead = hidden if self.dead is None else hidden | self.dead

    def _dead(self, as_of: datetime | None) -> Array | None:
        """Events that are declared wrong, or happened too late; None where there are none."""
        gone = [one.arrays["void_of"][one.arrays["void_position"] <= self.position] for one in self.segments]
        void = np.concatenate([*gone, np.zeros(0, np.int64)])
        if as_of is None and not len(void):
            return None
        dead = np.zeros(self.events, bool)
        for one in self.segments:
            place = np.searchsorted(one.arrays["position"], void)
            here = place < one.events
            here[here] = one.arrays["position"][place[here]] == void[here]  # a declaration and the like have no facts
            dead[one.first + place[here]] = True
        if as_of is not None:
            late = [one.arrays["at"] > instant(as_of) for one in self.segments]
            dead |= np.concatenate(late) if late else dead
        return dead

    def valid(self, events: Array) -> Array:
        """Which of these events count."""
        known = events < self.known
        if self.dead is not None:
            known &= ~self.dead[events]
        return known

    def beyond(self, ids: Array, roles: Iterable[int]) -> set[int]:
        """Those of these items that had one of these roles in a valid event that the asker may not see."""
        found: set[int] = set()
        if self.hidden is None:
            return found
        for one in self.segments:
            start, index = one.arrays["facts"], one.index(ids)
            row, fact = spread(start[index].astype(np.int64), start[index + 1] - start[index])
            event = one.arrays["item_event"][fact]
            held = _table(roles)[one.arrays["item_role"][fact]] & (event < self.known) & self.hidden[event]
            found.update(ids[np.unique(row[held])].tolist())
        return found

    def flags(self, ids: Array) -> Array:
        """Level and flags of items; 0 for what is not here."""
        flags = np.zeros(len(ids), np.uint16)
        for one in self.segments:
            flags |= one.arrays["flags"][one.index(ids)]
        return flags

    def facts(self, ids: Array, roles: Iterable[int], *, amounts: bool = False) -> Found:
        """The valid facts of items in some roles; those of one item in the order of the log, the role, the group."""
        held = []
        for one in self.segments:
            start = one.arrays["facts"]
            index = one.index(ids)
            row, fact = spread(start[index].astype(np.int64), start[index + 1] - start[index])
            held.append(self._chosen(one, row, fact, ids, roles, amounts))
        return _together(held)

    def _chosen(self, one: Segment, row: Array, fact: Array, ids: Array, roles: Iterable[int], amounts: bool) -> Found:
        wanted = _table(roles)[one.arrays["item_role"][fact]]
        wanted &= self.valid(one.arrays["item_event"][fact])
        row, fact = row[wanted], fact[wanted]
        told: list[tuple[int, str]] = []
        if amounts and len(one.arrays["amount_fact"]):
            place = np.searchsorted(one.arrays["amount_fact"], fact)
            place = np.minimum(place, len(one.arrays["amount_fact"]) - 1)
            with_amount = np.flatnonzero(one.arrays["amount_fact"][place] == fact)
            ends, text = one.arrays["amount_end"], one.arrays["amounts"]
            for at, number in zip(
                with_amount.tolist(), one.arrays["amount_row"][place[with_amount]].tolist(), strict=True
            ):
                begin = int(ends[number - 1]) if number else 0
                told.append((at, bytes(text[begin : int(ends[number])]).decode()))
        arrays = one.arrays
        return Found(
            row, arrays["item_event"][fact], ids[row], arrays["item_role"][fact], arrays["item_group"][fact], told
        )

    def members(self, events: Array, roles: Iterable[int]) -> Found:
        """Who had a part in these events (running numbers) in some roles; those of one event by role, then by number."""
        held = []
        for one in self.segments:
            local = events - one.first
            here = (local >= 0) & (local < one.events)
            place = np.where(here, local, 0)
            start = one.arrays["start"]
            counts = (
                np.where(here, start[place + 1] - start[place], 0) if one.events else np.zeros(len(events), np.int64)
            )
            row, fact = spread(start[place].astype(np.int64), counts)
            wanted = _table(roles)[one.arrays["role"][fact]]
            row, fact = row[wanted], fact[wanted]
            arrays = one.arrays
            held.append(Found(row, events[row], arrays["item"][fact], arrays["role"][fact], arrays["group"][fact], []))
        return _together(held)

    def far(self, events: Array, role: int) -> tuple[Array, Array]:
        """The inputs, or the outputs, of these events (running numbers): which event each is of, and the item; by event, then number."""
        way, name = (0, "took") if role == Role.INPUT else (1, "gave")
        rows, items = [], []
        for one in self.segments:
            local, which = events, None
            if len(self.segments) > 1:
                which = np.flatnonzero((events >= one.first) & (events < one.first + one.events))
                if not len(which):
                    continue
                local = events[which] - one.first
            begin = one.arrays["act"].view(np.int32)[2 + way :: 4]
            start = begin[local]
            row, fact = spread(start, begin[local + 1] - start)
            rows.append(row if which is None else which[row])
            items.append(one.arrays[name][fact])
        if len(rows) == 1:
            return rows[0], items[0]
        row = np.concatenate([*rows, np.zeros(0, np.int64)])
        order = np.argsort(row, kind="stable")
        return row[order], np.concatenate([*items, np.zeros(0, np.int32)])[order]

    def takes(self, ids: Array, role: int) -> tuple[Array, Array]:
        """The valid events of which items (in order, each once) were inputs, or outputs: which item each is of, and the event; as facts() has them."""
        way, name = (0, "used") if role == Role.INPUT else (1, "made")
        rows, events = [], []
        for one in self.segments:
            begin, index = one.arrays["lead"][way::2], one.index(ids)
            start = begin[index]
            count = begin[index + 1] - start
            some = None
            if len(self.segments) > 1:
                some = np.flatnonzero(count)
                if not len(some):
                    continue
                start, count = start[some], count[some]
            row, fact = spread(start, count)
            event = one.arrays[name][fact]
            if self.dead is not None or self.known < one.first + one.events:
                fine = self.valid(event)
                row, event = row[fine], event[fine]
            rows.append(row if some is None else some[row])
            events.append(event)
        if len(rows) == 1:
            return rows[0], events[0]
        row = np.concatenate([*rows, np.zeros(0, np.int64)])
        order = np.argsort(row, kind="stable")
        return row[order], np.concatenate([*events, np.zeros(0, np.int32)])[order]

    def measures(self, events: Array) -> tuple[Found, Array, Array]:
        """All facts of events (running numbers, each once, in order) in the roles that are reckoned with; value and measure of each."""
        held = [self._measured(one, events) for one in self.segments]
        if not held:
            nothing = np.zeros(0, np.int64)
            return _together([]), np.zeros(0), nothing
        # The events are in the order of the log, and so are the segments.
        row, event, item, role, value, measure = (np.concatenate(columns) for columns in zip(*held, strict=True))
        return Found(row, event, item, role, np.zeros(len(row), np.int32), []), value, measure

    def _measured(self, one: Segment, events: Array) -> tuple[Array, ...]:
        arrays = one.arrays
        low, high = np.searchsorted(events, [one.first, one.first + one.events])
        local = events[low:high] - one.first
        start = arrays["start"]
        row, fact = spread(start[local].astype(np.int64), start[local + 1] - start[local])
        wanted = _table(MEASURED)[arrays["role"][fact]]
        row, fact = row[wanted], fact[wanted]
        value, measure = np.full(len(fact), np.nan), np.zeros(len(fact), np.int64)
        if len(arrays["measured"]):
            place = np.minimum(np.searchsorted(arrays["measured"], fact), len(arrays["measured"]) - 1)
            here = arrays["measured"][place] == fact
            value[here], measure[here] = arrays["value"][place[here]], arrays["measure"][place[here]]
        return row + low, events[row + low], arrays["item"][fact].astype(np.int64), arrays["role"][fact], value, measure

    def column(self, name: str, events: Array) -> Array:
        """A column of events (running numbers): at, parent, position, or event, their number in the database."""
        found = np.zeros(len(events), np.int64)
        for one in self.segments:
            if len(self.segments) == 1:
                return one.arrays[name][events]
            local = events - one.first
            here = np.flatnonzero((local >= 0) & (local < one.events))
            found[here] = one.arrays[name][local[here]]
        return found

    def texts(self, ids: Sequence[int]) -> list[str]:
        """The canonical codes of items; empty for what is not here."""
        wanted = np.asarray(ids, np.int64)
        told = [""] * len(wanted)
        for one in self.segments:
            index = one.index(wanted)
            starts = one.arrays["text_start"][index]
            ends = starts + one.arrays["text_size"][index]
            here = np.flatnonzero(ends > starts)
            text = one.arrays["text"]
            if not len(here):
                continue
            low = int(starts[here].min())
            near = int(ends[here].max()) - low <= NEAR * int((ends[here] - starts[here]).sum())
            held = text[low : int(ends[here].max())].tobytes() if near else b""
            for at, start, end in zip(here.tolist(), starts[here].tolist(), ends[here].tolist(), strict=True):
                told[at] = (held[start - low : end - low] if near else bytes(text[start:end])).decode()
        return told


def _table(roles: Iterable[int]) -> Array:
    """Which roles are wanted, to look up by role."""
    wanted = np.zeros(64, bool)
    wanted[[int(role) for role in roles]] = True
    return wanted


def _together(held: Sequence[Found]) -> Found:
    """What several segments say, in the order that was asked for; within it, that of the log."""
    some = [one for one in held if len(one.row)] or list(held[:1])
    if not some:
        nothing = np.zeros(0, np.int64)
        return Found(nothing, nothing, nothing, nothing, nothing, [])
    if len(some) == 1:
        return some[0]
    row, event, item, role, group = (np.concatenate(columns) for columns in list(zip(*some, strict=True))[:5])
    order = np.argsort(row, kind="stable")
    back = np.empty(len(order), np.int64)
    back[order] = np.arange(len(order))
    before = np.cumsum([0, *(len(one.row) for one in some)]).tolist()
    told = [(int(back[at + begin]), text) for one, begin in zip(some, before, strict=False) for at, text in one.amount]
    return Found(row[order], event[order], item[order], role[order], group[order], told)
