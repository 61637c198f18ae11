"""Reads a stretch of the log out of the database as columns: a few COPYs in binary, no row ever becomes a Python object."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from django.db import connection

from zhuisu.events.store import rows
from zhuisu.lineage.snapshot.segment import CHILD, FLAG_OF, LOTS, ROLES, Array, Columns, Segment, build

_MOVES = tuple(role for role, flag in FLAG_OF.items() if flag & CHILD)  # whose quantities end portions
_HEADER = 19  # of a binary COPY: signature, flags, length of the extension
_AT = "(extract(epoch from p.at) * 1000000)::bigint"


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
    facts = _copy(
        f"""select p.item, l.position, p.event, {_AT}, p.role::int8,
                   case when p.role = any(%s::smallint[]) then p.position else 0 end::int8
            from log_entry l join part p on p.event = l.event
            where l.position > %s and l.position <= %s and p.role = any(%s::smallint[])
              and (p.quantity is null or not p.role = any(%s::smallint[]))""",
        [list(LOTS), *stretch, list(ROLES), list(_MOVES)],
        6,
    )
    measured = rows(
        f"""select p.item, l.position, p.event, {_AT}, p.role::int8, 0::int8, p.quantity::text, coalesce(p.unit, '')
            from log_entry l join part p on p.event = l.event
            where l.position > %s and l.position <= %s and p.role = any(%s::smallint[]) and p.quantity is not null""",
        [*stretch, list(_MOVES)],
    )
    amount = np.full(len(facts), -1)
    if measured:
        facts = np.concatenate([facts, np.array([row[:6] for row in measured], np.int64)])
        amount = np.concatenate([amount, np.arange(len(measured))])
    amount_end, amounts = _texts([f"{row[6]}\t{row[7]}" for row in measured])
    item, position, event, at, role, group = facts.T if len(facts) else np.zeros((6, 0), np.int64)
    event_position, one = np.unique(position, return_index=True)
    ids, level, text_end, text = _items(item)
    voids = _copy(
        """select l.position, d.position from void v join log_entry d on d.event = v.declared_by
           join log_entry l on l.event = v.event
           where greatest(l.position, d.position) > %s and greatest(l.position, d.position) <= %s""",
        stretch,
        2,
    )
    told = Columns(
        *(item, position, role, group, amount, event_position, event[one], at[one]),
        *(ids, level, text_end, text, amount_end, amounts, voids[:, 0].copy(), voids[:, 1].copy()),
    )
    return build(after, upto, first, identity(upto), told)


def _texts(told: Sequence[str]) -> tuple[Array, Array]:
    """Where each text ends, and all of them in one row."""
    encoded = [one.encode() for one in told]
    ends = np.cumsum([len(one) for one in encoded], dtype=np.int64)
    return ends, np.frombuffer(b"".join(encoded), np.uint8)


def _items(item: Array) -> tuple[Array, Array, Array, Array]:
    """Number, level and canonical code of every item that the facts name. One without a row has level 0 and no code."""
    ids = np.unique(item)
    held = "{" + ",".join(map(str, ids.tolist())) + "}"
    select = "from item where id = any((select %s::bigint[])::bigint[]) order by id"
    known = _copy(f"select id, level::int8, octet_length(canonical)::int8 {select}", [held], 3)
    raw = _raw(f"select canonical {select}", [held])
    level, length = np.zeros(len(ids), np.int64), np.zeros(len(ids), np.int64)
    where = np.searchsorted(ids, known[:, 0])
    level[where], length[where] = known[:, 1], known[:, 2]
    # Each row is a count of columns (2 bytes), a length (4), the text.
    begins = _HEADER + np.cumsum(known[:, 2] + 6) - (known[:, 2] + 6)
    data = np.frombuffer(raw, np.uint8)[:-2]
    keep = np.ones(len(data), bool)
    keep[:_HEADER] = False
    keep[(begins[:, None] + np.arange(6)).ravel()] = False
    return ids, level, np.cumsum(length), data[keep]


def _copy(sql: str, parameters: Sequence[Any], columns: int) -> Array:
    """Rows of bigints, none of them null, as an array."""
    raw = _raw(sql, parameters)
    row = np.dtype([("count", ">i2"), ("values", [("length", ">i4"), ("value", ">i8")], (columns,))])
    found = np.frombuffer(raw, row, offset=_HEADER, count=(len(raw) - _HEADER - 2) // row.itemsize)
    return found["values"]["value"].astype(np.int64)


def _raw(sql: str, parameters: Sequence[Any]) -> bytes:
    wrapped = connection.wrap_database_errors
    with (
        connection.cursor() as cursor,
        wrapped,
        cursor.copy(f"copy ({sql}) to stdout (format binary)", parameters) as stream,
    ):
        return b"".join(bytes(chunk) for chunk in stream)
