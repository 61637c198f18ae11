"""Which values the events that a caller may see have: the collections of EPCIS 2.0 §12.4. No event is read to list them."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

import msgspec

from zhuisu import codes, epcis
from zhuisu.events.bodies import unpacked
from zhuisu.events.queries import ANY_ROLES, CLASS_LEVELS
from zhuisu.events.scope import Scope, few_events
from zhuisu.events.store import full_context, is_spread, rows

EXAMINED_LIMIT = (
    5_000  # items looked at for one page of EPCs: some tenths of a second where the caller sees none of them
)
FEW_LIMIT = (
    2_000  # up to here all EPCs of a caller's events are gathered at once, so that his first page is never empty
)
_SEEN_ROLES = [int(role) for role in ANY_ROLES]
_EPC_LEVELS = [int(level) for level in codes.Level if level not in (*CLASS_LEVELS, codes.Level.PROCESS)]


class Field(IntEnum):
    """The fields of an event that event_use lists (events/sql/0003)."""

    STEP = 1
    DISPOSITION = 2
    READ_POINT = 3
    BIZ_LOCATION = 4


@dataclass(frozen=True, slots=True)
class Used:
    """A value in use: bare word, URI or canonical code; and an event of the caller's scope that has it."""

    value: str
    event: int


def used(scope: Scope, field: Field, *, after: str = "", limit: int) -> list[Used]:
    """Values in use, in the order of their characters, those behind `after`."""
    condition, parameters = _viewers(scope)
    found = rows(
        f"""select u.value, min(u.event) from event_use u where u.field = %s and u.value > %s and {condition}
            group by u.value order by u.value limit %s""",
        [int(field), after, *parameters, limit],
    )
    return [Used(value, event) for value, event in found]


def is_used(scope: Scope, field: Field, value: str) -> bool:
    """Whether an event that the caller may see has this value."""
    condition, parameters = _viewers(scope)
    return bool(
        rows(
            f"""select 1 from event_use u where u.field = %s and md5(u.value) = md5(%s) and u.value = %s and {condition} limit 1""",
            [int(field), value, value, *parameters],
        )
    )


def _viewers(scope: Scope) -> tuple[str, list[Any]]:
    """The rows of event_use (alias u) that stand for what the scope sees: the same events as Scope.condition."""
    if scope.kind in ("all", "public"):
        return "u.kind = 0", []
    if scope.kind == "organisation":
        return (
            "((u.kind = 2 and u.viewer = %s) or (u.kind = 1 and u.viewer = any(%s)))",
            [scope.organisation, list(scope.parties)],
        )
    if not scope.region:
        return "false", []
    return (
        """((u.kind = 2 and u.viewer in (select id from accounts_organisation where starts_with(region, %s)))
            or (u.kind = 3 and exists (select 1 from item ri join registry_place rp on rp.code = ri.canonical
                                       where ri.id = u.viewer and starts_with(rp.region, %s))))""",
        [scope.region, scope.region],
    )


@dataclass(frozen=True, slots=True)
class Epcs:
    """A page of things: of each its number, canonical code and an event that names it. `next`: behind which number there may
    be more, None at the end."""

    found: tuple[tuple[int, str, int], ...]
    next: int | None


def epcs(scope: Scope, *, after: int = 0, limit: int) -> Epcs:
    """The things (no classes, no lots) in the events that the caller may see, by number, those behind `after`.

    At most EXAMINED_LIMIT items are looked at: a page may hold fewer than `limit`, or none, and still have a next.
    """
    if is_spread():
        return _epcs_apart(scope, after, limit)
    own = few_events(scope, FEW_LIMIT)
    if own is not None:
        found = rows(
            """select i.id, i.canonical, min(p.event) from part p join item i on i.id = p.item
               where p.event = any(%s) and p.item > %s and p.role = any(%s) and i.level = any(%s)
               group by i.id, i.canonical order by i.id limit %s""",
            [own, after, _SEEN_ROLES, _EPC_LEVELS, limit + 1],
        )
        shown = found[:limit]
        return Epcs(tuple(shown), shown[-1][0] if len(found) > limit else None)
    condition, parameters = scope.condition("e")
    ((last, examined),) = rows(
        """select max(id), count(*) from (select id from item where id > %s order by id limit %s) i""",
        [after, EXAMINED_LIMIT],
    )
    if not examined:
        return Epcs((), None)
    found = rows(
        f"""select i.id, i.canonical, s.event from item i cross join lateral (
              select p.event from part p join event e on e.id = p.event join log_entry l on l.event = e.id
              where p.item = i.id and p.role = any(%s) and {condition} limit 1) s
            where i.id > %s and i.id <= %s and i.level = any(%s) order by i.id limit %s""",
        [_SEEN_ROLES, *parameters, after, last, _EPC_LEVELS, limit + 1],
    )
    shown = found[:limit]
    if len(found) > limit:
        return Epcs(tuple(shown), shown[-1][0])
    return Epcs(tuple(shown), last if examined == EXAMINED_LIMIT else None)


def _epcs_apart(scope: Scope, after: int, limit: int) -> Epcs:
    """The same, where the tables lie on several machines: the items, their parts, and who sees those events, one after the other."""
    shown: list[tuple[int, str, int]] = []
    size = limit
    examined = 0
    while examined < EXAMINED_LIMIT:
        held = rows("select id, canonical, level from item where id > %s order by id limit %s", [after, size])
        things = {number: canonical for number, canonical, level in held if level in _EPC_LEVELS}
        events = _shown_parts(scope, list(things))
        shown += [(number, things[number], events[number]) for number in things if number in events]
        if len(shown) > limit:
            return Epcs(tuple(shown[:limit]), shown[limit - 1][0])
        if len(held) < size:
            return Epcs(tuple(shown), None)
        after, examined, size = held[-1][0], examined + size, min(2 * size, EXAMINED_LIMIT - examined - size)
    return Epcs(tuple(shown), after)


def _shown_parts(scope: Scope, items: list[int]) -> dict[int, int]:
    """Of each item the first event in scope that names it as a thing."""
    named = rows(
        """select p.item, p.event from item_parts(%s::bigint[], %s::smallint[], 'infinity') p
           join log_entry l on l.event = p.event order by p.item, p.event desc""",
        [items, _SEEN_ROLES],
    )
    visible = scope.shows({event for _, event in named})
    return {item: event for item, event in named if event in visible}


def has_epc(scope: Scope, code: codes.Code) -> bool:
    """Whether an event that the caller may see names this thing as one of its EPCs; never true of a class or lot."""
    if int(code.level) not in _EPC_LEVELS:
        return False
    if is_spread():
        named = rows("select id from items_by_hash(array[%s::uuid])", [code.key])
        return bool(_shown_parts(scope, [item for (item,) in named]))
    condition, parameters = scope.condition("e")
    return bool(
        rows(
            f"""select 1 from part p join event e on e.id = p.event join log_entry l on l.event = e.id
                where p.item = (select id from name where hash = %s) and p.role = any(%s) and {condition} limit 1""",
            [code.key, _SEEN_ROLES, *parameters],
        )
    )


class _Places(msgspec.Struct):
    """Of an event as JSON only its two places; the rest is skipped without being built."""

    readPoint: dict[str, Any] | None = None
    bizLocation: dict[str, Any] | None = None


def places_as_sent(events: Sequence[int]) -> dict[str, str]:
    """Canonical code → id as written, of the read points and business locations of these events."""
    texts: list[str] = []
    for body, form, context in _bodies(events):
        if form == "json":
            places = msgspec.json.decode(body, type=_Places)
            told = [str(one.get("id", "")) for one in (places.readPoint, places.bizLocation) if one]
            # A CURIE needs the prefixes of its document, as does any place whose id is not the common form.
            if all(text.startswith(("urn:", "http")) for text in told):
                texts += told
                continue
        event = epcis.read_event(body, full_context(context))
        texts += [text for text in (event.read_point, event.biz_location) if text]
    return _by_code(texts)


def epcs_as_sent(events: Sequence[int]) -> dict[str, str]:
    """Canonical code → EPC as written, of all things that these events name."""
    texts: list[str] = []
    for body, _, context in _bodies(events):
        event = epcis.read_event(body, full_context(context))
        texts += [*event.epcs, *event.child_epcs, *event.input_epcs, *event.output_epcs]
        texts += [event.parent_id] if event.parent_id else []
    return _by_code(texts)


def _by_code(texts: Sequence[str]) -> dict[str, str]:
    return {codes.parse_epc(text).canonical: text for text in texts}


def _bodies(events: Sequence[int]) -> list[tuple[bytes, str, str]]:
    found = rows(
        """select body, format, context::text from event_body where event = any(%s) and format <> 'gone' order by event""",
        [sorted(set(events))],
    )
    return [(unpacked(body), form, context) for body, form, context in found]
