"""The loops in which a large walk spends its time, for numba to compile. Only compiled.py imports this: it needs the extra `fast`.

They do what Herd.fire and Herd._arrive_together do for whole arrays, one thing after the other, and say so of what they leave to them. Most
of the time of such a loop is memory that is far away, so each asks for what it reads next before it needs it.
"""

from typing import Any

import numba
import numpy as np
from llvmlite import ir
from numba.core import cgutils, types
from numba.extending import intrinsic, register_jitable

from zhuisu.lineage.snapshot.segment import LEVEL_MASK, NEIGHBOUR_BITS, PAGE
from zhuisu.lineage.snapshot.slate import NODE

# Columns of a table of segments: numbers, and the addresses of arrays. So one compiled loop reads any count of segments.
PAGES, FIRST, PAGE_AT, LEAD_AT, LED_AT, ACT_AT, FAR_AT, FLAGS_AT = range(8)
COLUMNS = 8
FEW = 8  # events of one item
AHEAD = 24  # so many turns before its own a thing is asked for: some hundred nanoseconds
_ANY = (1 << 40,)  # the length of an array of which only the address is known

_LEVEL, _BITS, _NEIGHBOURS = LEVEL_MASK, NEIGHBOUR_BITS, PAGE - 1


@intrinsic  # type: ignore[untyped-decorator]
def _pointer(_context: Any, _address: Any) -> Any:
    """An address as a pointer."""

    def made(_context: Any, builder: Any, _signature: Any, given: Any) -> Any:
        return builder.inttoptr(given[0], cgutils.voidptr_t)

    return types.voidptr(types.int64), made


@intrinsic  # type: ignore[untyped-decorator]
def _soon(_context: Any, _address: Any) -> Any:
    """Ask the memory for what lies at an address, without waiting for it."""

    def made(context: Any, builder: Any, _signature: Any, given: Any) -> Any:
        number = ir.IntType(32)
        kind = ir.FunctionType(ir.VoidType(), [cgutils.voidptr_t, number, number, number])
        asked = cgutils.get_or_insert_function(builder.module, kind, "llvm.prefetch.p0")
        # For reading, to all levels of the cache, data.
        builder.call(asked, [builder.inttoptr(given[0], cgutils.voidptr_t), number(0), number(3), number(1)])
        return context.get_dummy_value()

    return types.void(types.int64), made


@register_jitable  # type: ignore[untyped-decorator]
def _ints(address: Any) -> Any:
    return numba.carray(_pointer(address), _ANY, np.int32)


@register_jitable  # type: ignore[untyped-decorator]
def _entry(segment: Any, item: Any) -> Any:
    """Segment.index for one item."""
    return _ints(segment[PAGE_AT])[min(item >> _BITS, segment[PAGES] - 1)] + (item & _NEIGHBOURS)


@register_jitable  # type: ignore[untyped-decorator]
def _holder(table: Any, event: Any) -> Any:
    """The segment that an event lies in: there are few, and each begins where the one before it ends."""
    s = len(table) - 1
    while event < table[s, FIRST]:
        s -= 1
    return s


@register_jitable  # type: ignore[untyped-decorator]
def _soon_event(segment: Any, event: Any, known_event_at: Any) -> None:
    """What _fire reads of an event: whether it fired, and from its line into the next one, which may lie in another line of the cache."""
    at = segment[ACT_AT] + 16 * (event - segment[FIRST])
    _soon(known_event_at + event)
    _soon(at)
    _soon(at + 31)


def _fire(
    table: Any, nodes: Any, begin: Any, slate: Any, slate_at: Any, since: Any, until: Any, clear: Any,
    known_event: Any, known_event_at: Any, dead: Any, known: Any, up: Any, events: Any, parents: Any, used: Any,
    when: Any, far_begin: Any, far_end: Any, first: Any,
) -> Any:  # fmt: skip
    """Every event that the labels of nodes hold, and that did not fire yet, fires: a line in `events` and `parents` from `used` on, and from
    `used - first` on its time and where its far side lies. Gives at which node it stopped since the lines were full, how many
    lines there are, and how much is reached."""
    total = 0
    for n in range(begin, len(nodes)):
        base = table[0]
        if n + AHEAD < len(nodes):
            later = nodes[n + AHEAD]
            _soon(slate_at + 16 * later)
            for s in range(len(table)):
                _soon(table[s, LEAD_AT] + 8 * _entry(table[s], later))
            later = nodes[n + AHEAD // 2]
            _soon(base[LED_AT] + 4 * _ints(base[LEAD_AT])[2 * _entry(base, later) + up])
            entry = 2 * _entry(base, nodes[n + AHEAD // 4]) + up
            low, high = _ints(base[LEAD_AT])[entry], _ints(base[LEAD_AT])[entry + 2]
            for fact in range(low, min(high, low + FEW)):
                _soon_event(base, np.int64(_ints(base[LED_AT])[fact]), known_event_at)
        node = nodes[n]
        own = slate[node]
        at, of, inside = own.at, own.row > 0, own.box_row > 0
        for s in range(len(table)):
            segment = table[s]
            lead, led = _ints(segment[LEAD_AT]), _ints(segment[LED_AT])
            act, act_at = numba.carray(_pointer(segment[ACT_AT]), _ANY, np.int64), _ints(segment[ACT_AT])
            entry = 2 * _entry(segment, node) + up
            for fact in range(lead[entry], lead[entry + 2]):
                event = np.int64(led[fact])
                if fact + FEW < lead[entry + 2]:
                    _soon_event(segment, np.int64(led[fact + FEW]), known_event_at)
                state = known_event[event]
                if (state != 0 and not up) or event >= known or (len(dead) > 0 and dead[event]):
                    continue
                local = event - segment[FIRST]
                moment = act[2 * local]
                if up:
                    held = moment <= at  # as FastUp.holds: also of what the exact engine took over at this level
                else:
                    held = (of and at <= moment) or (inside and since[node] <= moment and moment <= until[node])
                if not held:
                    continue
                if state == 0:
                    if used == len(events):
                        return n, used, total
                    low, high = act_at[4 * local + 3 - up], act_at[4 * local + 7 - up]
                    state = np.int8(2 if high > low else 1)
                    known_event[event] = state
                    total += high - low
                    events[used], parents[used] = event, node
                    line = used - first
                    when[line], far_begin[line], far_end[line] = moment, low, high
                    used += 1
                if up and state == 2:
                    clear[node] = True
    return len(nodes), used, total


def _settle(
    table: Any, slate: Any, slate_at: Any, depths: Any, events: Any, when: Any, far_begin: Any, far_end: Any,
    first: Any, used: Any, up: Any, depth: Any, leading: Any, special: Any, plain_levels: Any,
    order: Any, tail: Any, touched: Any, again: Any, others: Any, other_rows: Any,
) -> Any:  # fmt: skip
    """What the events of these lines reach gets its label. What leads on goes into `touched` if it is new, into `again` if its label grew or it
    was known as a container; what is not plain goes into `others`, with its line. Gives how many there are in `order`, `touched`,
    `again` and `others`, how many were nowhere before, and which flags the first two have."""
    new = same = left = fresh = 0
    seen = np.uint16(0)
    for row in range(first, used):
        line = row - first
        far = _ints(table[_holder(table, events[row]), FAR_AT])
        if row + AHEAD < used:
            ahead = line + AHEAD // 2
            if far_begin[ahead] < far_end[ahead]:  # who reaches nothing may stand behind the last link
                later = np.int64(_ints(table[_holder(table, events[first + ahead]), FAR_AT])[far_begin[ahead]])
                _soon(slate_at + 16 * later)
                for s in range(len(table)):
                    _soon(table[s, FLAGS_AT] + 2 * _entry(table[s], later))
            _soon(table[_holder(table, events[row + AHEAD]), FAR_AT] + 4 * far_begin[line + AHEAD])
        moment = when[line]
        for fact in range(far_begin[line], far_end[line]):
            item = np.int64(far[fact])
            own = slate[item]
            at, old, box = own.at, own.row, own.box_row
            wider = moment > at if up else moment < at
            if old >= first:  # of this very level, so looked at already
                if wider:
                    slate[item].at = moment
                continue
            flags = np.uint16(0)
            for each in range(len(table)):
                segment = table[each]
                flags |= numba.carray(_pointer(segment[FLAGS_AT]), _ANY, np.uint16)[_entry(segment, item)]
            if old < 0 or (flags & special) != 0 or not plain_levels[flags & _LEVEL]:
                others[left], other_rows[left] = item, row
                left += 1
                continue
            leads = (flags & leading) != 0
            if old == 0:
                slate[item].at = moment
                slate[item].row = row
                order[tail] = item
                tail += 1
                if box == 0:
                    fresh += 1
                if leads and (box == 0 or depths[box] >= depth):
                    touched[new] = item
                    new += 1
                elif leads:
                    again[same] = item
                    same += 1
            else:
                if wider:
                    slate[item].at = moment
                if depth < depths[old]:
                    slate[item].row = row
                    wider = True
                if wider and leads:
                    again[same] = item
                    same += 1
            if leads:
                seen |= flags
    return tail, new, same, left, fresh, seen


def _collect(order: Any, slate: Any, slate_at: Any, nodes: Any, at: Any, rows: Any) -> Any:
    """The lines of what was reached and is not elsewhere by now; the slate is wiped there. Gives how many."""
    kept = 0
    for n in range(len(order)):
        if n + AHEAD < len(order):
            _soon(slate_at + 16 * np.int64(order[n + AHEAD]))
        item = np.int64(order[n])
        own = slate[item]
        if own.row > 0:
            nodes[kept], at[kept], rows[kept] = item, own.at, own.row
            kept += 1
        slate[item].row = slate[item].box_row = 0
    return kept


def compiled() -> tuple[Any, Any, Any]:
    """fire, settle and collect as machine code: seconds the first time, afterwards read from numba's cache."""
    long, short, small, yes = types.int64, types.int32, types.int8, types.boolean
    slate = numba.from_dtype(NODE)[::1]
    longs, shorts = long[::1], short[::1]
    table = long[:, ::1]
    fire, settle, collect = (numba.njit(signature, cache=True, nogil=True)(loop) for signature, loop in (
        ((table, shorts, long, slate, long, longs, longs, yes[::1],
          small[::1], long, yes[::1], long, long, shorts, shorts, long,
          longs, shorts, shorts, long), _fire),
        ((table, slate, long, shorts, shorts, longs, shorts, shorts,
          long, long, long, long, types.uint16, types.uint16, yes[::1],
          shorts, long, shorts, shorts, shorts, shorts), _settle),
        ((shorts, slate, long, shorts, longs, shorts), _collect),
    ))  # fmt: skip
    return fire, settle, collect
