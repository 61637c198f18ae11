"""Reads that take several steps where the tables lie on several machines (deploy/citus.sql): what lies with the events is read there,
what the coordinator holds (log, disputes, voids) here, and nothing is joined across."""

import re
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from functools import partial
from typing import Any

from zhuisu.events.projection import identity
from zhuisu.events.store import rows
from zhuisu.events.vocabulary import Role

Clauses = Sequence[
    tuple[str, list[Any]]
]  # SQL over event e, event_body b or log_entry l, never two of them; and its values

GIVEN = "e.id = any(%s::bigint[])"  # a clause that names the events
STEP_LIMIT = (
    20_000  # entries of the log that one statement puts to the events: as many as wanted, doubled while few fit
)
_OF_NO_HISTORY = (Role.SAME, Role.LOT_MEMBER, Role.LOT_OF)


def each_shard(table: str, keys: Collection[int], sql: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
    """The rows of a statement that is asked group by group: many keys shard by shard. `:keys` in it is where the numbers go, once
    for each table of a join: what is said of one of them does not narrow the shards of the others."""
    places = re.findall(":keys|%s", sql)
    asked, found = sql.replace(":keys", "%s::bigint[]"), list[tuple[Any, ...]]()
    for (held,) in rows("select keys_by_shard(%s::regclass, %s::bigint[])", [table, list(keys)]):
        given, told = (
            iter(values),
            "{" + ",".join(map(str, held)) + "}",
        )  # small numbers would be an array of another type
        found += rows(asked, [told if place == ":keys" else next(given) for place in places])
    return found


def among(where: str) -> str:
    """A condition over event e and what lies with it, for each_shard."""
    narrowed = re.sub(r"\b(\w+)\.event = e\.id", r"\1.event = e.id and \1.event = any(:keys)", where)
    return f"e.id = any(:keys) {'and b.event = any(:keys)' if 'b.event_id' in where else ''} and {narrowed}"


def numbers(clauses: Clauses, order: str, most: int, *, narrowed: bool) -> list[int]:
    """The numbers of the first `most` published events that satisfy all clauses. `order`: by l.position, e.id, or a time of e and
    e.id. `narrowed`: whether an index of the events leaves few of them."""
    of_log, of_events = _parted(clauses)
    if narrowed:
        found = _fitting(of_events)
        kept = _published(found, of_log)
        if order == "l.position":
            return sorted(kept, key=kept.__getitem__)[:most]
        return _in_order(list(kept), order, most)
    size = min(most, STEP_LIMIT)
    steps = (_by_position if order == "l.position" else partial(_by_time, order))(of_log, of_events, size)
    wanted: list[int] = []
    for step in steps:
        wanted += step
        if len(wanted) >= most:
            break
    return wanted[:most]


def _fitting(clauses: Clauses) -> list[int]:
    given = [values[0] for sql, values in clauses if sql == GIVEN]
    where, values = _where([one for one in clauses if one[0] != GIVEN])
    sql = f"select e.id from {_tables(where)} where"
    if not given:
        return [one for (one,) in rows(f"{sql} {where}", values)]
    keys = set(given[0]).intersection(*given)
    return [one for (one,) in each_shard("event", keys, f"{sql} {among(where)}", values)]


def _by_position(of_log: Clauses, of_events: Clauses, size: int) -> Iterator[list[int]]:
    """The log from its first entry that counts, some entries at a time; of each step those that fit."""
    where, values = _where(of_log)
    fits, wanted = _where(of_events)
    after = 0
    while True:
        entries = rows(
            f"select event, position from log_entry l where {where} and position > %s order by position limit %s",
            [*values, after, size],
        )
        held = [event for event, _ in entries]
        kept = {
            one for (one,) in each_shard("event", held, f"select e.id from {_tables(fits)} where {among(fits)}", wanted)
        }
        yield [event for event in held if event in kept]
        if len(entries) < size:
            return
        after, size = entries[-1][1], min(2 * size, STEP_LIMIT)


def _by_time(order: str, of_log: Clauses, of_events: Clauses, size: int) -> Iterator[list[int]]:
    """Events in the order of a time, some at a time; of each step those that are published."""
    where, values = _where(of_events)
    column, sign = order.split()[0], ("<" if "desc" in order else ">")
    key: tuple[Any, int] | None = None
    while True:
        behind, last = (f"({column}, e.id) {sign} (%s, %s)", list(key)) if key else ("true", [])
        found = rows(
            f"select e.id, {column} from {_tables(where)} where {where} and {behind} order by {order} limit %s",
            [*values, *last, size],
        )
        kept = _published([one for one, _ in found], of_log)
        yield [one for one, _ in found if one in kept]
        if len(found) < size:
            return
        key, size = (found[-1][1], found[-1][0]), min(2 * size, STEP_LIMIT)


def _in_order(found: list[int], order: str, most: int) -> list[int]:
    keyed = each_shard("event", found, f"select {order.split()[0]}, e.id from event e where e.id = any(:keys)")
    return [number for _, number in sorted(keyed, reverse="desc" in order)[:most]]


def _published(events: Collection[int], of_log: Clauses) -> dict[int, int]:
    """Their places in the log, of those that satisfy the clauses over it."""
    where, values = _where(of_log)
    return dict(
        rows(
            f"select event, position from log_entry l where event = any(%s::bigint[]) and {where}",
            [list(events), *values],
        )
    )


def _parted(clauses: Clauses) -> tuple[Clauses, Clauses]:
    return [one for one in clauses if one[0].startswith("l.")], [one for one in clauses if not one[0].startswith("l.")]


def _where(clauses: Clauses) -> tuple[str, list[Any]]:
    return " and ".join([sql for sql, _ in clauses] or ["true"]), [value for _, each in clauses for value in each]


def _tables(where: str) -> str:
    return "event e join event_body b on b.event = e.id" if "b.event_id" in where else "event e"


def stored(events: Sequence[int]) -> list[tuple[Any, ...]]:
    """Published events in this order, as rows of queries.STORED behind number and time."""
    found = each_shard(
        "event",
        events,
        """select e.id, e.happened_at, b.event_id, b.body, b.format, b.context::text, e.recorded_at, e.hash
           from event e join event_body b on b.event = e.id where e.id = any(:keys) and b.event = any(:keys)""",
    )
    places = _published(events, [])
    disputed = _disputed([row[-1] for row in found], None)
    by_number = {row[0]: (*row[:-1], places.get(row[0]), row[-1] in disputed) for row in found}
    return [by_number[one] for one in events if one in by_number and one in places]


def _disputed(hashes: Collection[Any], position: int | None) -> set[Any]:
    found = rows(
        """select d.hash from event_disputed d join log_entry l on l.event = d.event
           where d.hash = any(%s) and l.position <= coalesce(%s, l.position)""",
        [list(hashes), position],
    )
    return {key for (key,) in found}


def _voided(events: Collection[int], position: int) -> set[int]:
    found = rows(
        """select v.event from void v join log_entry l on l.event = v.declared_by
           where v.event = any(%s::bigint[]) and l.position <= %s""",
        [list(events), position],
    )
    return {event for (event,) in found}


def history(condition: tuple[str, list[Any]], items: Sequence[int], position: int, limit: int) -> list[tuple[Any, ...]]:
    """What queries.history reads, in the same order: `condition` is the scope's, over event e."""
    roles = [int(role) for role in Role if role not in _OF_NO_HISTORY]
    parts = rows(
        "select item, event, role, position, quantity, unit from item_parts(%s, %s::smallint[], 'infinity')",
        [list(items), roles],
    )
    places = _published({part[1] for part in parts}, [("l.position <= %s", [position])])
    sql, values = condition
    events = each_shard(
        "event",
        places,
        f"""select e.id, b.event_id, e.kind, e.action, e.happened_at, e.zone, e.step, e.disposition, e.read_point, e.biz_location,
                   e.organisation, e.hash
            from event e join event_body b on b.event = e.id where b.event = any(:keys) and {among(sql)}""",
        values,
    )
    by_number = {row[0]: row for row in events}
    codes = _codes({one for row in events for one in row[8:10] if one})
    voided, disputed = _voided(by_number, position), _disputed({row[11] for row in events}, position)
    held = sorted(
        (part for part in parts if part[1] in by_number),
        key=lambda part: (by_number[part[1]][4], places[part[1]], part[3]),
    )
    found = []
    for item, event, role, _, quantity, unit in held[:limit]:
        one = by_number[event]
        where = (codes.get(one[8]), codes.get(one[9]))
        found.append((item, *one[:8], role, *where, quantity, unit, event in voided, one[11] in disputed, one[10]))
    return found


def parties(events: Collection[int]) -> list[tuple[int, str, int]]:
    """What queries.parties_of reads, in the same order."""
    found = each_shard("event_party", events, "select event, party, role from event_party where event = any(:keys)")
    codes = _codes({party for _, party, _ in found})
    return sorted(
        ((event, codes[party], role) for event, party, role in found), key=lambda one: (one[0], one[2], one[1])
    )


def _codes(items: Collection[int]) -> dict[int, str]:
    return dict(rows("select id, canonical from items_by_id(%s)", [list(items)]))


def declared(events: Sequence[int]) -> list[tuple[Any, ...]]:
    """What the sequencer joins of declarations and the events that they declare wrong, where one of the two is among `events`."""
    if not rows("select 1 from declaration limit 1"):
        return []
    about = [key for (key,) in each_shard("event", events, "select hash from event where id = any(:keys)")]
    said = rows(
        """select hash, organisation, event, digest, version, declared_at from declaration
           where event = any(%s::bigint[]) or hash = any(%s)""",
        [list(events), about],
    )
    keys, new = [one[0] for one in said], set(events)
    held = rows("select hash, organisation, event, digest, version from event_seen where hash = any(%s)", [keys])
    held += rows("select hash, organisation, event, digest, version from event_disputed where hash = any(%s)", [keys])
    return [
        (*one[2:], *each[2:])
        for each in said
        for one in held
        if one[:2] == each[:2] and (one[2] in new or each[2] in new)
    ]


def held(events: Collection[int]) -> list[tuple[Any, ...]]:
    """What the audit reads of parts and parties: (event, code, role, position, quantity, unit, at, place), roles of parties below 0.
    A part that only one of the two copies has is told twice, so that it is found."""
    columns = "event, item, role, position, quantity, unit, at, place"
    by_event = Counter(each_shard("event_part", events, f"select {columns} from event_part where event = any(:keys)"))
    by_item = Counter(rows(f"select {columns} from part where event = any(%s::bigint[])", [list(events)]))
    found = [*by_event.elements(), *((by_event - by_item) + (by_item - by_event)).elements()]
    named = each_shard("event_party", events, "select event, party, -role from event_party where event = any(:keys)")
    found += [(*one, None, None, None, None, None) for one in named]
    codes = _codes({one for row in found for one in (row[1], row[7]) if one})
    return [(row[0], codes[row[1]], *row[2:7], codes.get(row[7])) for row in found]


def strays() -> Iterator[tuple[int | None, str]]:
    """(event or None, what is wrong) of facts outside the log, where the tables lie on several machines: what the audit looks for
    beyond the log's entries. Of every entry it has asked for the event and both copies of its parts already, so that counts tell."""
    ((events, logged),) = rows(
        "select (select count(*) from event), (select count(*) from log_entry) + (select coalesce(sum(cardinality(events)), 0) from log_queue)"
    )
    if events > logged:
        yield None, f"{events - logged} events stand in the store but not in the log"
    for table in ("event_part", "event_party"):
        sql = f"select distinct event from {table} p where not exists (select 1 from event e where e.id = p.event)"
        yield from ((event, f"rows of {table} belong to no event") for (event,) in rows(sql))
    ((by_item,),), ((by_event,),) = rows("select count(*) from part"), rows("select count(*) from event_part")
    if by_item != by_event:
        yield None, f"one copy of the parts has {by_item} rows, the other {by_event}"
    named = rows("select v.event, v.declared_by, d.hash from void v left join declaration d on d.event = v.declared_by")
    keys = [key for _, _, key in named if key]
    known = set(rows("select event, hash from seen_by_hash(%s::uuid[])", [keys]))
    known |= set(rows("select event, hash from event_disputed where hash = any(%s)", [keys]))
    for event, declared_by, key in named:
        if (event, key) not in known:
            yield event, f"it is void, but event {declared_by} does not declare it wrong"
    last = 0
    while found := rows("select id, canonical from item where id > %s order by id limit %s", [last, STEP_LIMIT]):
        last = found[-1][0]
        hashes = {number: identity(canonical) for number, canonical in found}
        right = dict(rows("select id, hash from items_by_hash(%s)", [list(hashes.values())]))
        for number, canonical in found:
            if right.get(number) != hashes[number]:
                yield None, f"item {number} does not have the hash of its code {canonical}"
