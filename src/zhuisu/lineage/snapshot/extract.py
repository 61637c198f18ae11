"""Reads a stretch of the log out of the database as columns: a few COPYs in binary, no row ever becomes a Python object."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from django.db import connection

from zhuisu.events.store import rows
from zhuisu.lineage.measure import INCOMPARABLE, LEAST_AMOUNT, MAX_AMOUNT, unit_of, unpacked
from zhuisu.lineage.snapshot.segment import CHILD, FLAG_OF, LOTS, MEASURED, ROLES, Array, Columns, Segment, build
from zhuisu.lineage.snapshot.view import distinct

_MOVES = tuple(role for role, flag in FLAG_OF.items() if flag & CHILD)  # whose quantities end portions
_AT = "(extract(epoch from p.at) * 1000000)::bigint"
# The letters of a unit as one number (measure.packed); 0: no unit; -1: too long a one.
_UNIT = """case when p.unit is null then 0 when octet_length(p.unit) > 7 then -1
           else ('x' || lpad(encode(convert_to(p.unit, 'UTF8'), 'hex'), 16, '0'))::bit(64)::int8 end"""
# Rows come as arrays, one for each column of so many neighbours: a row that becomes a Python object costs more than all else.
_POSITIONS = 500
_IDS = 100_000
_COPY_HEADER = 19  # bytes of a binary COPY: signature, flags, length of the extension
_ARRAY_HEADER = 20  # bytes of a binary array: dimensions, nulls, type, length, first index
_ELEMENT = np.dtype([("length", ">i4"), ("value", ">i8")])


def identity(position: int) -> str:
    """What the log was at a position: its last event, and the root of the head there. Another log has another."""
    found = rows(
        """select l.event, encode(l.leaf, 'hex'), encode(h.root, 'hex') from log_entry l
           left join log_head h on h.size = l.position where l.position = %s""",
        [position],
    )
    return ":".join(str(value or "") for value in found[0]) if found else ""


def read(after: int, upto: int, first: int) -> Segment:
    """The segment of the log after one position up to another; `first`: how many events with facts come before it."""
    stretch = (after, upto)
    facts = _columns(
        f"""select array_agg(p.item), array_agg(l.position), array_agg(p.event), array_agg({_AT}), array_agg(p.role::int8),
                   array_agg(case when p.role = any(%s::smallint[]) then p.position else 0 end::int8)
            from log_entry l join part p on p.event = l.event
            where l.position > %s and l.position <= %s and p.role = any(%s::smallint[])
              and (p.quantity is null or not p.role = any(%s::smallint[]))
            group by l.position / {_POSITIONS}""",
        [list(LOTS), *stretch, list(ROLES), [*_MOVES, *MEASURED]],
        6,
    )
    # Numbers that no float of 64 bits can hold are -1: not said.
    reckoned = _columns(
        f"""select array_agg(p.item), array_agg(l.position), array_agg(p.event), array_agg({_AT}), array_agg(p.role::int8),
                   array_agg(0::int8),
                   array_agg(case when p.quantity = 0 or p.quantity >= %s and p.quantity < %s then p.quantity else -1 end::float8),
                   array_agg({_UNIT})
            from log_entry l join part p on p.event = l.event
            where l.position > %s and l.position <= %s and p.role = any(%s::smallint[]) and p.quantity is not null
            group by l.position / {_POSITIONS}""",
        [LEAST_AMOUNT, MAX_AMOUNT, *stretch, [int(role) for role in MEASURED]],
        8,
    )
    measured = rows(
        f"""select p.item, l.position, p.event, {_AT}, p.role::int8, 0::int8, p.quantity::text, coalesce(p.unit, '')
            from log_entry l join part p on p.event = l.event
            where l.position > %s and l.position <= %s and p.role = any(%s::smallint[]) and p.quantity is not null""",
        [*stretch, list(_MOVES)],
    )
    value, measure = _measures(reckoned[6].view(np.float64), reckoned[7])
    value = np.r_[np.full(facts.shape[1], np.nan), value, np.full(len(measured), np.nan)]
    measure = np.r_[np.zeros(facts.shape[1], np.int64), measure, np.zeros(len(measured), np.int64)]
    facts = np.concatenate([facts, reckoned[:6]], axis=1)
    amount = np.full(facts.shape[1], -1)
    if measured:
        facts = np.concatenate([facts, np.array([row[:6] for row in measured], np.int64).T], axis=1)
        amount = np.concatenate([amount, np.arange(len(measured))])
    amount_end, amounts = _texts([f"{row[6]}\t{row[7]}" for row in measured])
    item, position, event, at, role, group = facts
    order = np.argsort(position, kind="stable")
    ordered = position[order]
    one = order[np.r_[True, ordered[1:] != ordered[:-1]]] if len(order) else order
    ids, level, text_start, text_size, text = _items(item)
    voids = _columns(
        """select array_agg(l.position), array_agg(d.position) from void v join log_entry d on d.event = v.declared_by
           join log_entry l on l.event = v.event
           where greatest(l.position, d.position) > %s and greatest(l.position, d.position) <= %s having count(*) > 0""",
        stretch,
        2,
    )
    told = Columns(
        *(item, position, role, group, amount, value, measure, position[one], event[one], at[one]),
        *(ids, level, text_start, text_size, text, amount_end, amounts, voids[0], voids[1]),
    )
    return build(after, upto, first, identity(upto), told)


def _measures(quantity: Array, unit: Array) -> tuple[Array, Array]:
    """Amounts in the smallest unit of their measure, and the measure: 0 where they cannot be reckoned with."""
    units, own = np.unique(unit, return_inverse=True)
    told = [unit_of(unpacked(number)) if number >= 0 else (INCOMPARABLE, 1) for number in units.tolist()]
    measure = np.array([one for one, _ in told], np.int64)[own]
    measure[quantity < 0] = INCOMPARABLE
    value: Array = quantity * np.array([float(factor) for _, factor in told])[own]
    return value, measure


def numbers(sql: str, parameters: Sequence[Any]) -> Array:
    """One column of bigints, gathered by the database."""
    found: Array = _columns(sql, parameters, 1)[0]
    return found


def _texts(told: Sequence[str]) -> tuple[Array, Array]:
    """Where each text ends, and all of them in one row."""
    encoded = [one.encode() for one in told]
    ends = np.cumsum([len(one) for one in encoded], dtype=np.int64)
    return ends, np.frombuffer(b"".join(encoded), np.uint8)


def _items(item: Array) -> tuple[Array, Array, Array, Array, Array]:
    """Number, level and canonical code of every item that the facts name. One without a row has level 0 and no code."""
    ids = distinct(item)
    level, start, size = (np.zeros(len(ids), np.int64) for _ in range(3))
    texts = []
    before = 0
    for (number, levels, lengths), text in _rows(
        f"""select array_agg(id), array_agg(level::int8), array_agg(octet_length(canonical)::int8), string_agg(canonical, '')
            from item where id = any((select %s::bigint[])::bigint[]) group by id / {_IDS}""",
        ["{" + ",".join(map(str, ids.tolist())) + "}"],
        3,
    ):
        where = np.searchsorted(ids, number)
        level[where], size[where] = levels, lengths
        start[where] = before + np.cumsum(lengths) - lengths
        before += len(text)
        texts.append(text)
    return ids, level, start, size, np.frombuffer(b"".join(texts), np.uint8)


def _columns(sql: str, parameters: Sequence[Any], columns: int) -> Array:
    """Columns of bigints, gathered by the database, as one array of so many lines."""
    found = [numbers for numbers, _ in _rows(sql, parameters, columns)]
    return np.concatenate(found, axis=1) if found else np.zeros((columns, 0), np.int64)


def _rows(sql: str, parameters: Sequence[Any], columns: int) -> Iterator[tuple[Array, bytes]]:
    """Rows of arrays of bigints (of one length, no nulls), and the text after them where there is one."""
    raw = _raw(sql, parameters)
    place = _COPY_HEADER
    while (fields := int.from_bytes(raw[place : place + 2], "big", signed=True)) != -1:
        place += 2
        numbers, text = [], b""
        for field in range(fields):
            size = int.from_bytes(raw[place : place + 4], "big")
            place += 4
            if field < columns:
                count = (size - _ARRAY_HEADER) // _ELEMENT.itemsize
                numbers.append(np.frombuffer(raw, _ELEMENT, count, place + _ARRAY_HEADER)["value"].astype(np.int64))
            else:
                text = raw[place : place + size]
            place += size
        yield np.array(numbers), text


def _raw(sql: str, parameters: Sequence[Any]) -> bytes:
    wrapped = connection.wrap_database_errors
    with (
        connection.cursor() as cursor,
        wrapped,
        cursor.copy(f"copy ({sql}) to stdout (format binary)", parameters) as stream,
    ):
        return b"".join(bytes(chunk) for chunk in stream)
