"""Marks: numbers by which the database finds the events that may fit a query. The evaluator decides; a mark only narrows.

An event's marks and a query's are made of the same parts: an event that fits has one mark of every group the query asks for.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from decimal import Decimal
from functools import lru_cache
from hashlib import blake2b
from typing import Any

from zhuisu.codes import Code, CodeError, gs1_keys, gs1_urn
from zhuisu.epcis.remembering import remembered

from ..keys import code_of
from ..model import Event
from .model import Condition, Query
from .names import inside, iri_of, key_of, leaves, tail
from .patterns import Exactly, Pattern
from .seen import Seen
from .typed import number_in, time_in

ANY_MARK = 0  # of an event with more to be found by than is kept: every query looks at it
HEADS_REMEMBERED = 16  # products of an event whose marks are remembered together
MARKS_LIMIT = 256  # marks of one event: a few kilobytes; more products and fields than one real event has
PREFIX = 6  # digits of the shortest company prefix (GS1 General Specifications §1.4.4)
PREFIX_MOST = 12
# Where the company prefix begins in the value of a key AI, and how long the part is that names the class.
_STARTS = {one.key: 1 if one.indicator else len(one.lead) for one in gs1_urn.LAYOUTS.values()}
_BASES = {"01": 14, "8006": 14, "8003": 14, "253": 13, "255": 13, "414": 13, "8010": 30}
_PRODUCT = len("01/") + 14
# Parts of an event that few have, and those that few say more of than their id: they are read only where they are.
_SELDOM = frozenset({"sensorElementList", "persistentDisposition", "errorDeclaration"})
_PLACES = ("readPoint", "bizLocation")
_SENSED_KEYS = ("deviceID", "dataProcessingMethod", "microorganism", "chemicalSubstance", "bizRules")


@remembered(65536)
def mark(*parts: str) -> int:
    """A signed 64-bit number for these parts; never ANY_MARK but once in 2**64."""
    return int.from_bytes(
        blake2b("\x1f".join(parts).encode(errors="surrogatepass"), digest_size=8).digest(), signed=True
    )


def event_marks(event: Event) -> tuple[int, ...]:
    """All marks of an event, in order."""
    found = {mark for head in _heads(event) for mark in _head_marks(head)}
    if event.biz_transactions or event.sources or event.destinations:
        pairs = (("bt", event.biz_transactions), ("source", event.sources), ("destination", event.destinations))
        found.update(mark(name, key_of(one)) for name, pair in pairs for _, one in pair)
    if event.transformation_id:
        found.add(mark("transformation", key_of(event.transformation_id)))
    if event.error_declaration:
        found.add(mark("error"))
        found.update(_of_declared(event))
    if event.extensions:
        found.update(_of_fields(event.extensions))
    if event.ilmd:
        found.update(_of_fields(event.ilmd))
    data = event.data
    if not _SELDOM.isdisjoint(data) or len(data.get("readPoint", ())) > 1 or len(data.get("bizLocation", ())) > 1:
        found.update(_of_parts(Seen(event, event.event_time)))
    return _in_order(found)


def _in_order(marks: Iterable[int]) -> tuple[int, ...]:
    found = sorted({*marks})
    return tuple(found) if len(found) <= MARKS_LIMIT else (ANY_MARK,)


def plain_marks(things: Iterable[Code]) -> tuple[int, ...]:
    """The same of an event that is plain (Event.is_plain), from the codes of its things."""
    heads = frozenset([_head(code) for code in things])  # many serials, few products
    return _remembered_marks(heads) if len(heads) <= HEADS_REMEMBERED else _of_heads(heads)


def _of_heads(heads: frozenset[str]) -> tuple[int, ...]:
    return _in_order(mark for head in heads for mark in _head_marks(head))


_remembered_marks = lru_cache(maxsize=4096)(_of_heads)  # the events of a sender are about the same few products


def _texts(event: Event) -> list[str]:
    """Every identifier of a thing or class in the event."""
    texts = [*event.epcs, *event.child_epcs, *event.input_epcs, *event.output_epcs]
    for lists in (event.quantities, event.child_quantities, event.input_quantities, event.output_quantities):
        if lists:
            texts += [one.epc_class for one in lists]
    return [*texts, event.parent_id] if event.parent_id else texts


def _of_declared(event: Event) -> Iterator[int]:
    """A declaration has no rows for its things and places in the tables that other events are found by."""
    for text in (*_texts(event), event.read_point, event.biz_location):
        if text:
            yield mark("declared", key_of(text))


def _heads(event: Event) -> set[str]:
    heads = set()
    for text in _texts(event):
        with suppress(CodeError):
            heads.add(_head(code_of(text)))
    return heads


def _head(code: Code) -> str:
    """The key of a code without its qualifiers, as 01/GTIN; nothing where the code is none of GS1's."""
    if code.scheme == "gs1.sgtin" or code.scheme == "gs1.lgtin":  # most of them
        return code.value[:_PRODUCT]
    if not code.scheme.startswith("gs1."):
        return ""
    value = code.value
    end = value.find("/", value.find("/") + 1)
    return value if end < 0 else value[:end]


@lru_cache(maxsize=16384)
def _head_marks(head: str) -> tuple[int, ...]:
    """The company and the class that a key shows."""
    ai, _, value = head.partition("/")
    start = _STARTS.get(ai)
    if start is None:
        return ()
    plain = gs1_keys.unquote(value)
    company = mark("company", ai, plain[start : start + PREFIX])
    return (company, mark("class", ai, plain[: _BASES[ai]])) if ai in _BASES else (company,)


def _of_parts(seen: Seen) -> Iterator[int]:
    data = seen.event.data
    for side in ("set", "unset"):
        held = (data.get("persistentDisposition") or {}).get(side) or ()
        for word in [held] if isinstance(held, str) else held:
            yield mark("persistent", seen.word("disposition", word))
    for part in ("ERROR_DECLARATION", *_PLACES):
        yield from _of_fields(seen.within(part))
    for one in seen.readings:
        yield mark("sensor")
        for value in one.all_of("type"):
            yield mark("measured", seen.word("measurement", value))
        for name in _SENSED_KEYS:
            for value in one.all_of(name):
                yield mark("sensed", name, seen.key(value))
        for held in (one.element, one.metadata, one.report):
            yield from _of_fields(seen.expanded(held))
    if data.get("sensorElementList"):
        yield mark("sensor")


def _of_fields(held: dict[str, Any]) -> Iterator[int]:
    for key, value in (*held.items(), *(pair for one in held.values() for pair in inside(one))):
        name = tail(iri_of(key))
        yield mark("field", name)
        for leaf in leaves(value):
            yield mark("value", name, _loose(leaf))


def _loose(value: Any) -> str:
    """The same text for all values that could be found equal (typed.alike); for some others too."""
    if isinstance(value, str):
        text = value.strip()
        if text.lower() in ("true", "false"):
            return text.lower()
        number = number_in(text)
        if number is None:
            moment = time_in(text)
            return moment.isoformat() if moment else key_of(value)
        value = number
    if isinstance(value, bool):
        return str(value).lower()
    # Python's hash of numbers is the same for equal ones and from run to run, whatever their exponent.
    return f"number {hash(value)}" if isinstance(value, Decimal) else ""


def marks_of(query: Query) -> list[list[int]]:
    """Groups of marks: an event that fits has one of each group. Families that no mark narrows have no group; nor have
    MATCH_ parameters, see match_marks."""
    groups = [_group(one) for one in query.conditions]
    return [sorted({*group, ANY_MARK}) for group in groups if group]


_BY_KEY = {
    "bizTransaction_": "bt",
    "source_": "source",
    "destination_": "destination",
    "transformationID": "transformation",
    "persistentDisposition_set": "persistent",
    "persistentDisposition_unset": "persistent",
    "type": "measured",
}


def _group(condition: Condition) -> list[int]:
    family, stem = condition.family, condition.family.stem
    if family.kind == "free":
        name = tail(condition.about.iri or condition.about.local)
        if condition.op == "EQ":
            return [mark("value", name, _loose(one)) for one in condition.wanted]
        return [mark("field", name)]
    if stem in _BY_KEY:
        return [mark(_BY_KEY[stem], one) for one in condition.wanted]
    if family.of_reading:
        return [mark("sensed", stem, one) for one in condition.wanted] if stem in _SENSED_KEYS else [mark("sensor")]
    if stem == "sensorElementList":
        return [mark("sensor")]
    if stem.startswith("error") or stem == "correctiveEventID":
        return [mark("error")]
    return []


def declared_marks(keys: Iterable[str]) -> list[int]:
    """The marks by which error declarations about these things or places are found."""
    return [ANY_MARK, *(mark("declared", key) for key in keys)]


def match_marks(wanted: Iterable[Pattern | Exactly]) -> list[int] | None:
    """The marks of the patterns among the wanted codes; None where one of them has no digit to go by."""
    found = [ANY_MARK]
    for one in wanted:
        if isinstance(one, Pattern):
            if not one.digits:
                return None
            # More digits than a company prefix can have: the pattern names a class.
            if one.whole or len(one.digits) > PREFIX_MOST:
                found.append(mark("class", one.ai, one.digits[: _BASES[one.ai]]))
            else:
                found.append(mark("company", one.ai, one.digits[:PREFIX]))
    return found
