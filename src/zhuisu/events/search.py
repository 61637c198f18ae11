"""The search: indexes narrow, one pure evaluator decides. In log order, by time with a key, or sorted by a field."""

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import msgspec
from django.db import OperationalError, transaction
from psycopg.errors import QueryCanceled

from zhuisu import epcis
from zhuisu.epcis.query import (
    NOTHING_KNOWN,
    Condition,
    Exactly,
    Order,
    Pattern,
    Query,
    QueryError,
    Vocabulary,
    attributed,
    declared_marks,
    evaluator,
    marks_of,
    match_marks,
    sort_key,
)
from zhuisu.events import apart
from zhuisu.events.projection import ACTIONS, KINDS, identity
from zhuisu.events.queries import ANY_ROLES, EPC_ROLES, STORED, StoredEvent, head, stored_of
from zhuisu.events.scope import Scope, few_events
from zhuisu.events.store import is_spread, rows
from zhuisu.events.vocabulary import Role

EXAMINED_LIMIT = 20_000  # events put to the evaluator for one answer: about a second
SCAN_WINDOW = 500_000  # log positions of one statement that no index narrows: about a second of the database's time
SCANNED_LIMIT = 2_000_000  # log positions of one answer that no index narrows
FEW_LIMIT = (
    5_000  # events of an enterprise that are looked up by number: a small one in a large store reads its own alone
)
STATEMENT_SECONDS = 10  # of the database for one statement: a rare step in the order of time may lie behind everything
ANSWER_LIMIT = 16_777_216  # of the events of one answer: what a process can hold a few dozen of
_BATCH, _LARGEST_BATCH = 100, 2_000  # rows of a statement, doubled while little fits: what is read in vain stays small

_Clauses = list[tuple[str, list[Any]]]  # SQL and its values, all of which must hold


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where an answer ended. `upto` is the log position up to which the first page looked, where the order is not the log's."""

    upto: int
    position: int  # in log order: the last position that was looked at
    at: datetime | None = None  # ordered by time: that of the last event, with its number
    number: int = 0
    given: int = 0  # events given so far


@dataclass(frozen=True, slots=True)
class Found:
    """Events that fit, and where to go on; `next` is None where nothing follows."""

    events: list[StoredEvent]
    next: Cursor | None


@dataclass(frozen=True, slots=True)
class _Row:
    number: int
    happened_at: datetime
    stored: StoredEvent

    def at(self, order: str) -> datetime:
        return self.happened_at if order == "eventTime" else self.stored.recorded_at


@dataclass(slots=True)
class _Walk:
    """One way through the candidates: what may be seen, what narrows, in which order; and how far it went."""

    scope: Scope
    query: Query
    vocabulary: Vocabulary
    since: int
    upto: int
    narrowed: bool = False
    clauses: _Clauses = field(default_factory=list)
    examined: int = 0
    stopped: Cursor | None = None  # where the budget ended, with more to look at

    def __post_init__(self) -> None:
        self.clauses = [self.scope.condition("e"), *_clauses(self.query, self.vocabulary)]
        self.narrowed = any(sql in _INDEXED for sql, _ in self.clauses) or _between(self.query)
        if not self.narrowed and (few := few_events(self.scope, FEW_LIMIT)) is not None:
            self.clauses[0] = (apart.GIVEN, [few])
            self.narrowed = True

    def hits(self, start: Cursor | None) -> Iterator[tuple[_Row, epcis.Event]]:
        """Every candidate that fits, from behind `start`; ends at the end, or where the budget does (see stopped)."""
        decide = evaluator(self.query, self.vocabulary)
        last: _Row | None = None
        for row in self._candidates(start):
            if self.examined == EXAMINED_LIMIT and last is not None:
                self.stopped = _cursor(last, self.query, self.upto)
                return
            self.examined += 1
            last, stored = row, row.stored
            event = epcis.read_event(stored.body, epcis.STANDARD_CONTEXT | stored.context)
            if event.event_id is None:
                event = msgspec.structs.replace(event, event_id=stored.event_id)
            if decide(event, stored.recorded_at):
                yield row, event

    def _candidates(self, start: Cursor | None) -> Iterator[_Row]:
        order = self.query.order
        if order is not None and isinstance(order.by, str):
            column = "e.happened_at" if order.by == "eventTime" else "e.recorded_at"
            yield from self._by_time(column, order.descending, start)
        else:
            yield from self._by_position(max(self.since, start.position if start else 0))

    def _by_time(self, column: str, descending: bool, start: Cursor | None) -> Iterator[_Row]:
        sign, way = ("<", "desc") if descending else (">", "asc")
        inside = ("l.position > %s and l.position <= %s", [self.since, self.upto])
        key = (start.at, start.number) if start and start.at else None
        size = _BATCH
        while True:
            behind = [(f"({column}, e.id) {sign} (%s, %s)", list(key))] if key else []
            place = f"{column} {way}, e.id {way}"
            found = self._rows([inside, *behind], place, size)
            yield from found
            if len(found) < size:
                return
            key = (found[-1].at("eventTime" if column == "e.happened_at" else "recordTime"), found[-1].number)
            if self.narrowed:
                yield from self._listed([inside, (f"({column}, e.id) {sign} (%s, %s)", list(key))], place)
                return
            size = min(2 * size, _LARGEST_BATCH)

    def _by_position(self, after: int) -> Iterator[_Row]:
        size, scanned = _BATCH, 0
        while after < self.upto:
            end = self.upto if self.narrowed else min(self.upto, after + SCAN_WINDOW)
            found = self._rows([("l.position > %s and l.position <= %s", [after, end])], "l.position", size)
            yield from found
            if len(found) == size:
                after = found[-1].stored.position
                if self.narrowed:
                    yield from self._listed([("l.position > %s and l.position <= %s", [after, end])], "l.position")
                    return
                size = min(2 * size, _LARGEST_BATCH)
                continue
            scanned += end - after
            after = end
            if scanned >= SCANNED_LIMIT and after < self.upto:
                self.stopped = Cursor(self.upto, after)
                return

    def _rows(self, clauses: _Clauses, order: str, size: int) -> list[_Row]:
        return _read([*clauses, *self.clauses], order, size, narrowed=self.narrowed)

    def _listed(self, clauses: _Clauses, order: str) -> Iterator[_Row]:
        """The numbers of all candidates at once, then their events: where an index narrows little, the database sorts what is
        left for every statement anew."""
        where, values = _where([*clauses, *self.clauses])
        sql = f"select e.id from event e join log_entry l on l.event = e.id where {where} order by {order} limit %s"
        if is_spread():
            numbers = apart.numbers([*clauses, *self.clauses], order, EXAMINED_LIMIT, narrowed=True)
        else:
            numbers = [number for (number,) in _in_time(sql, [*values, EXAMINED_LIMIT])]
        size = _BATCH
        while numbers:
            size = min(2 * size, _LARGEST_BATCH)
            batch, numbers = numbers[:size], numbers[size:]
            read = {row.number: row for row in _read([(apart.GIVEN, [batch])], "e.id", size)}
            yield from (read[number] for number in batch)


def _where(clauses: _Clauses) -> tuple[str, list[Any]]:
    return " and ".join(sql for sql, _ in clauses), [value for _, each in clauses for value in each]


def _read(clauses: _Clauses, order: str, size: int, *, narrowed: bool = True) -> list[_Row]:
    if is_spread():
        found = apart.stored(apart.numbers(clauses, order, size, narrowed=narrowed))
        return [_Row(row[0], row[1], stored_of(row[2:])) for row in found]
    where, values = _where(clauses)
    sql = STORED.replace("select ", "select e.id, e.happened_at, ", 1)
    found = _in_time(f"{sql} where {where} order by {order} limit %s", [*values, size])
    return [_Row(row[0], row[1], stored_of(row[2:])) for row in found]


def search(
    scope: Scope,
    query: Query,
    *,
    limit: int,
    vocabulary: Vocabulary = NOTHING_KNOWN,
    after: Cursor | None = None,
    since: int = 0,
    upto: int | None = None,
) -> Found:
    """The events in scope that fit a query, at most `limit`, from behind `after`.

    `since` (exclusive) and `upto` (inclusive) are log positions. Without orderBy in the order of the log, up to its head as it
    is now; with orderBy up to the head as it was for the first page. An answer may be short, even empty, with more to follow:
    what no index narrows is examined within a budget. Raises QueryError: QueryTooLargeException where more than maxEventCount
    fit, QueryTooComplexException where the budget ends before that, or an order, can be known.
    """
    order = query.order
    if upto is None:
        upto = after.upto if after and order else head()
    walk = _Walk(scope, query, vocabulary, since, upto)
    if order is not None and not isinstance(order.by, str):
        return _sorted(walk, order, limit, after)
    given = after.given if after else 0
    remaining = query.event_count_limit - given if query.event_count_limit else None
    size = limit if remaining is None else min(limit, remaining)
    most = query.max_event_count if after is None else None
    page, octets, count = [], 0, 0
    full, more = size <= 0, False
    for row, _ in walk.hits(after):
        count += 1
        if most is not None and count > most:
            raise _too_large(most)
        if full:
            more = True
            if most is None:
                break
            continue
        page.append(row)
        octets += len(row.stored.body)
        full = len(page) == size or octets >= ANSWER_LIMIT
        if full and len(page) == remaining and most is None:
            break
    stopped = walk.stopped if not more else None
    if most is not None and walk.stopped:
        raise _too_complex()
    events = [row.stored for row in page]
    if remaining is not None and len(page) >= remaining:
        return Found(events, None)
    if more:
        return Found(events, replace(_cursor(page[-1], query, upto), given=given + len(page)))
    return Found(events, replace(stopped, given=given + len(page)) if stopped else None)


def _sorted(walk: _Walk, order: Order, limit: int, after: Cursor | None) -> Found:
    """By an extension field: all that fit, within the budget; then the page. Those without the field come last."""
    keyed: list[tuple[Any, int]] = []
    without: list[int] = []
    for row, event in walk.hits(None):
        key = sort_key(order, event, row.stored.recorded_at)
        if key is None:
            without.append(row.stored.position)
        else:
            keyed.append((key, row.stored.position))
        if walk.query.max_event_count and len(keyed) + len(without) > walk.query.max_event_count:
            raise _too_large(walk.query.max_event_count)
    if walk.stopped:
        raise _too_complex()
    keyed.sort(key=lambda one: one[0], reverse=order.descending)
    positions = [*(position for _, position in keyed), *without][: walk.query.event_count_limit]
    given = after.given if after else 0
    wanted = positions[given : given + limit]
    if is_spread():
        held = [
            row[2:]
            for row in apart.stored(
                apart.numbers([("l.position = any(%s)", [wanted])], "l.position", limit, narrowed=False)
            )
        ]
    else:
        held = rows(f"{STORED} where l.position = any(%s)", [wanted])
    found = {one.position: one for one in map(stored_of, held)}
    done = given + len(wanted)
    following = Cursor(walk.upto, 0, given=done) if done < len(positions) else None
    return Found([found[position] for position in wanted if position in found], following)  # one may have gone since


def _cursor(row: _Row, query: Query, upto: int) -> Cursor:
    order = query.order
    if order is None or not isinstance(order.by, str):
        return Cursor(upto, row.stored.position)
    return Cursor(upto, 0, row.at(order.by), row.number)


def _in_time(sql: str, values: list[Any]) -> list[tuple[Any, ...]]:
    """The rows of one statement. Raises QueryError where the database would need longer than STATEMENT_SECONDS; OperationalError
    where somebody else cancels it. What the two are told by is the time: the words of the database are in its own language."""
    begun = time.monotonic()
    try:
        with transaction.atomic():
            rows("select set_config('statement_timeout', %s, true)", [f"{STATEMENT_SECONDS * 1000}ms"])
            begun = time.monotonic()
            found = rows(sql, values)
            rows("set local statement_timeout to default")  # the transaction may be a caller's
    except OperationalError as wrong:
        if isinstance(wrong.__cause__, QueryCanceled) and time.monotonic() - begun >= STATEMENT_SECONDS:
            raise _too_complex() from None
        raise
    return found


def _too_large(most: int) -> QueryError:
    return QueryError(
        "QueryTooLargeException",
        "maxEventCount",
        f"more than {most} events fit; ask for fewer, or page through them with perPage",
        f"符合条件的事件超过 {most} 个；请缩小范围，或用 perPage 分页",
    )


def _too_complex() -> QueryError:
    return QueryError(
        "QueryTooComplexException",
        "",
        f"more than {EXAMINED_LIMIT} events, or too many to read in time, would have to be examined one by one; name things, business transactions, "
        "extension values or a range of eventTime, which narrow by index, or leave out maxEventCount and orderBy",
        f"须逐个检查的事件超过 {EXAMINED_LIMIT} 个，或无法在限定时间内读取；请给出可用索引缩小范围的条件（物品、业务单据、扩展字段值或 eventTime 区间），"
        "或去掉 maxEventCount 与 orderBy",
    )


_PLACES = "(e.%s in (select id from name where hash = any(%%s)) or e.marks && %%s::bigint[])"
_MARKED = "e.marks && %s::bigint[]"
_BY_IDS = """e.id in (select event from event_seen where hash = any(%s)
                      union all select event from event_disputed where hash = any(%s)
                      union all select event from declaration where hash = any(%s))"""
_MATCHED = """e.id in (select mp.event from part mp join name mn on mn.id = mp.item
                       where mn.hash = any(%s) and mp.role = any(%s)
                       union all select me.id from event me where me.marks && %s::bigint[])"""
_INDEXED = frozenset({_MARKED, _BY_IDS, _MATCHED})
# stem → (SQL of the column, value of the wanted): these columns say exactly what the event does.
_COLUMNS: dict[str, tuple[str, Callable[[Any], Any]]] = {
    "eventType": ("e.kind = any(%s)", lambda one: int(KINDS[one])),
    "action": ("e.action = any(%s)", lambda one: int(ACTIONS[one])),
    "bizStep": ("e.step = any(%s)", str),
    "disposition": ("e.disposition = any(%s)", str),
}
_PLACE_COLUMNS = {"readPoint": "read_point", "bizLocation": "biz_location"}
_TIMES = {"eventTime": "e.happened_at", "recordTime": "e.recorded_at"}
_MATCH_ROLES = {"epc": EPC_ROLES, "epcClass": EPC_ROLES}


def _clauses(query: Query, vocabulary: Vocabulary) -> _Clauses:
    """SQL that every event which fits satisfies, over `e`; most of it exact, some of it wider than the condition."""
    found: _Clauses = [(_MARKED, [group]) for group in marks_of(query)]
    for one in query.conditions:
        found += _clause(one, vocabulary)
    return found


def _clause(one: Condition, vocabulary: Vocabulary) -> _Clauses:
    stem = one.family.stem
    if stem in _COLUMNS and not one.family.about:
        sql, value = _COLUMNS[stem]
        return [(sql, [[value(wanted) for wanted in one.wanted]])]
    if stem in _TIMES and not one.family.about:
        return [(f"{_TIMES[stem]} {'>=' if one.op == 'GE' else '<'} %s", [one.wanted[0]])]
    if stem in _PLACE_COLUMNS and not one.family.about:
        return [_placed(stem, vocabulary.below(stem, one.wanted) if one.op == "WD" else one.wanted)]
    if one.family.about == "attributed" and one.about[0] in _PLACE_COLUMNS:
        return [_placed(one.about[0], attributed(one, vocabulary))]
    if stem == "eventID":
        return [(_BY_IDS, [[identity(text) for text in one.wanted]] * 3)]
    return _match(one) if one.op == "MATCH" else []


def _placed(field: str, keys: Iterable[str]) -> tuple[str, list[Any]]:
    found = sorted(keys)
    return _PLACES % _PLACE_COLUMNS[field], [[identity(key) for key in found], declared_marks(found)]


def _match(one: Condition) -> _Clauses:
    """Things by their rows, patterns by marks; a pattern without a digit narrows nothing."""
    marks = match_marks(wanted for wanted in one.wanted if isinstance(wanted, Pattern))
    if marks is None:
        return []
    keys = [wanted.key for wanted in one.wanted if isinstance(wanted, Exactly)]
    roles: tuple[Role, ...] = _MATCH_ROLES.get(one.family.stem, ANY_ROLES)
    marks += declared_marks(keys)
    return [(_MATCHED, [[identity(key) for key in keys], [int(role) for role in roles], sorted(set(marks))])]


def _between(query: Query) -> bool:
    """Whether a range of event or record times is given, which an index finds."""
    held = {(one.family.stem, one.op) for one in query.conditions if one.family.stem in _TIMES}
    return any({(stem, "GE"), (stem, "LT")} <= held for stem in _TIMES)
