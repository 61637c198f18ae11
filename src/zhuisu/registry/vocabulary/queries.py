"""What a caller's queries know of places, parties and products: his own master data over the node's register.

Never another organisation's master data: it would say what others buy and where they store (docs/concepts/vocabularies.md).
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db.models import Q, QuerySet, TextField
from django.db.models.fields.json import KeyTransform
from django.db.models.functions import Cast, Collate

from zhuisu.epcis.masterdata import attribute_of
from zhuisu.epcis.query import QueryError
from zhuisu.registry.models import VocabularyElement
from zhuisu.registry.vocabulary import register
from zhuisu.registry.vocabulary.words import FIELDS, key_of, uri_of

HAVING_LIMIT = 100_000  # elements with an attribute that a query asks for: their keys are held in memory
EXPORT_BATCH = 1_000  # elements of one statement while all are written out


class Vocabulary:
    """The vocabularies as one organisation's queries see them: read where they are needed, kept for the request."""

    def __init__(self, organisation: int) -> None:
        self.organisation = organisation
        self._edges: dict[str, Mapping[str, tuple[str, ...]]] = {}
        self._having: dict[tuple[str, str, frozenset[str] | None], frozenset[str]] = {}

    def below(self, kind: str, ids: Iterable[str]) -> frozenset[str]:
        """The keys of these elements and of all that lie below them, at any depth (EPCIS 2.0 §8.2.7.1, WD_readPoint).

        `kind` is a field of an event (words.FIELDS); ids in any writing, or keys. One that nothing is known of stands for
        itself. A circle ends where it began.
        """
        found = {_key(kind, one) for one in ids}
        edges = self._below_of(kind)
        front = list(found)
        while front:
            fresh = {child for key in front for child in edges.get(key, ())} - found
            found |= fresh
            front = list(fresh)
        return frozenset(found)

    def having(self, kind: str, name: str, values: Iterable[str] | None = None) -> frozenset[str]:
        """The keys of the elements with this attribute (HASATTR), or with one of these values of it (EQATTR).

        A name of the CBV in any of its spellings. What the organisation sent counts before the register, and of that what it
        sent in the field's own vocabulary before the general ones. A value that is no text, number or truth value counts as
        having the attribute, with nothing to compare. Raises epcis.query.QueryError beyond HAVING_LIMIT.
        """
        wanted = None if values is None else frozenset(values)
        asked = (kind, attribute_of(name), wanted)
        if asked not in self._having:
            self._having[asked] = self._read_having(*asked)
        return self._having[asked]

    def _read_having(self, kind: str, name: str, wanted: frozenset[str] | None) -> frozenset[str]:
        types = FIELDS.get(kind, ())
        sent: dict[str, dict[str, Any]] = {}
        said = _latest(self.organisation, types).filter(attributes__has_key=name).order_by("key", "type")
        for key, type, value in said.values_list("key", "type", KeyTransform(name, "attributes")):
            sent.setdefault(key, {})[type] = value
        registered = register.having(types, name, wanted, limit=HAVING_LIMIT)
        if len(registered) > HAVING_LIMIT:
            raise _too_many(name)
        fitting = {
            key
            for key, values in sent.items()
            if wanted is None
            or wanted.intersection(texts_of(values[next(one for one in types or values if one in values)]))
        }
        return frozenset(fitting | (registered - sent.keys()))

    def _below_of(self, kind: str) -> Mapping[str, tuple[str, ...]]:
        if kind not in self._edges:
            types = FIELDS.get(kind, ())
            edges: dict[str, tuple[str, ...]] = {}
            for parent, child in register.edges(types):
                edges[parent] = (*edges.get(parent, ()), child)
            sent = _latest(self.organisation, types).exclude(child_keys=[]).values_list("key", "child_keys")
            for key, children in sent:
                edges[key] = (*edges.get(key, ()), *children)
            self._edges[kind] = edges
        return self._edges[kind]


def _too_many(name: str) -> QueryError:
    return QueryError(
        "QueryTooComplexException",
        "",
        f"more than {HAVING_LIMIT} registered elements have {name}; ask for a rarer attribute or value",
        f"具有属性 {name} 的登记项超过 {HAVING_LIMIT} 个；请使用更少见的属性或取值",
    )


def vocabulary_of(organisation_id: int) -> Vocabulary:
    """What a caller's queries see. No statement until something of it is needed."""
    return Vocabulary(organisation_id)


def texts_of(value: Any) -> tuple[str, ...]:
    """The values of an attribute as a query compares them (EPCIS 2.0 §8.2.7.1, EQATTR)."""
    if isinstance(value, list):
        return tuple(text for one in value for text in texts_of(one))
    if isinstance(value, bool):
        return ("true" if value else "false",)
    return (str(value),) if isinstance(value, str | int | Decimal) else ()


@dataclass(frozen=True, slots=True)
class Element:
    """One element as a caller sees it. `sent`: his organisation's own word, else the register's alone."""

    type: str
    key: str
    written: str
    attributes: dict[str, Any]
    children: tuple[str, ...]
    sent: bool
    parents: tuple[str, ...] = ()
    capture_token: str = ""
    at: datetime | None = None


def types_of(organisation: int) -> list[str]:
    """The URIs of the vocabularies in which the caller finds something, in order."""
    sent = VocabularyElement.objects.filter(organisation=organisation, latest=True)
    return sorted({*sent.values_list("type", flat=True).distinct(), *register.filled()})


def elements(
    organisation: int, type: str, *, q: str = "", after: str = "", limit: int, registered: bool = True
) -> list[Element]:
    """The elements of one vocabulary in the order of their keys, those behind `after`; `q` stands in id, name or attributes."""
    sent = _sent(organisation, type).filter(place__gt=after)
    if q:
        sent = sent.annotate(said=Cast("attributes", TextField())).filter(
            Q(written__icontains=q) | Q(key__icontains=q) | Q(said__icontains=q)
        )
    found = {one.key: _element(one) for one in sent[:limit]}
    known = register.listed(type, q=q, after=after, limit=limit) if registered else []
    for key, said in known:
        held = found.get(key)
        if held is not None:
            found[key] = replace(held, attributes=said | held.attributes)
        elif not q or not _sent(organisation, type).filter(key=key).exists():
            found[key] = Element(type, key, uri_of(type, key), said, (), sent=False)
    return _with_places([found[key] for key in sorted(found)[:limit]])


def element(organisation: int, type: str, text: str) -> Element | None:
    """One element by any writing of its id, with what lies directly above it."""
    key = key_of(type, text)
    sent = _sent(organisation, type).filter(key=key).first()
    known = register.listed(type, q="", after="", limit=1, only=key)
    if sent is None and not known:
        return None
    said = known[0][1] if known else {}
    held = _element(sent) if sent else Element(type, key, uri_of(type, key), {}, (), sent=False)
    (found,) = _with_places([replace(held, attributes=said | held.attributes)])
    parents = _latest(organisation, (type,)).filter(child_keys__contains=[key]).order_by("key")
    return replace(found, parents=tuple(dict.fromkeys([*parents.values_list("written", flat=True), *found.parents])))


def versions(organisation: int, type: str, text: str, *, limit: int) -> list[VocabularyElement]:
    """What the organisation said of an element, newest first."""
    held = VocabularyElement.objects.filter(organisation=organisation, type=type, key=key_of(type, text))
    return list(held.order_by("-pk")[:limit])


def all_sent(organisation: int) -> Iterator[tuple[str, list[Element]]]:
    """Everything that the organisation sent, as it counts now, vocabulary by vocabulary, some at a time."""
    sent = VocabularyElement.objects.filter(organisation=organisation, latest=True)
    for type in sorted(set(sent.values_list("type", flat=True).distinct())):
        after = ""
        while found := [_element(one) for one in _sent(organisation, type).filter(place__gt=after)[:EXPORT_BATCH]]:
            yield type, found
            after = found[-1].key


def _key(kind: str, text: str) -> str:
    types = FIELDS.get(kind, ())
    return key_of(types[0] if types else "", text)


def _latest(organisation: int, types: tuple[str, ...]) -> QuerySet[VocabularyElement]:
    """The elements that count now. No types: of all; a field of somebody's own says not which vocabulary it is from."""
    held = VocabularyElement.objects.filter(organisation=organisation, latest=True)
    return held.filter(type__in=types) if types else held


def _sent(organisation: int, type: str) -> QuerySet[Any]:
    return _latest(organisation, (type,)).annotate(place=Collate("key", "C")).order_by("place")


def _element(row: VocabularyElement) -> Element:
    return Element(
        row.type, row.key, row.written, row.attributes, tuple(row.children), True, (), row.capture_token, row.at
    )


def _with_places(found: list[Element]) -> list[Element]:
    """With what the register knows of places one in another."""
    if not found or found[0].type not in register.LISTED:
        return found
    inside, over = register.around([one.key for one in found])
    return [
        replace(
            one,
            children=_joined(one.type, one.children, inside.get(one.key, ())),
            parents=_joined(one.type, one.parents, over.get(one.key, ())),
        )
        for one in found
    ]


def _joined(type: str, written: tuple[str, ...], keys: Iterable[str]) -> tuple[str, ...]:
    """Ids as sent, and behind them those of keys that are not among them."""
    told = {key_of(type, one) for one in written}
    return (*written, *(uri_of(type, key) for key in keys if key not in told))
