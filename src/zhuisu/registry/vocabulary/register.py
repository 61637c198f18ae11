"""The node's register seen as vocabularies: places, parties and products under the attribute names of CBV 2.0 §9.

It is the same for every caller: what the register says of a business or a place is public here, as it is on the portal.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Model, Q, QuerySet
from django.db.models.functions import Collate

from zhuisu.codes.model import PERSONAL
from zhuisu.registry.models import Certificate, Party, PartyAlias, Place, Product
from zhuisu.registry.vocabulary.words import BUSINESS_LOCATION, EPC_CLASS, LOCATION, PARTY, READ_POINT, SOURCE_DEST

_MDA = "urn:epcglobal:cbv:mda:"
_OWN = "urn:zhuisu:ns:"
CERTIFICATE = _OWN + "certificate"
_OPERATOR = _OWN + "operator"


@dataclass(frozen=True, slots=True)
class _Kind:
    """A table of the register: where its rows are listed, which vocabularies they answer, which field is which attribute."""

    model: type[Model]
    listed: str
    types: frozenset[str]
    attributes: Mapping[str, str]


KINDS = (
    _Kind(
        Place,
        LOCATION,
        frozenset({LOCATION, READ_POINT, BUSINESS_LOCATION, SOURCE_DEST}),
        {
            _MDA + "name": "name",
            _OWN + "nameEn": "name_en",
            _OWN + "kind": "kind",
            _OWN + "region": "region",
            _OWN + "regionName": "region_name",
            _OPERATOR: "operator__code",
        },
    ),
    _Kind(
        Party,
        PARTY,
        frozenset({PARTY, SOURCE_DEST}),
        {_MDA + "name": "name", _OWN + "nameEn": "name_en", _OWN + "kind": "kind", _OWN + "region": "region"},
    ),
    _Kind(
        Product,
        EPC_CLASS,
        frozenset({EPC_CLASS}),
        {
            _MDA + "descriptionShort": "name",
            _OWN + "nameEn": "name_en",
            _MDA + "netContentDescription": "specification",
            _MDA + "manufacturerOfTradeItemPartyName": "holder__name",
            _OWN + "kind": "kind",
        },
    ),
)
LISTED = tuple(kind.listed for kind in KINDS)


def edges(types: Iterable[str]) -> list[tuple[str, str]]:
    """(place, a place that lies directly in it) of the whole register, where the types are those of places."""
    if not any(kind.model is Place for kind in _of(types)):
        return []
    return list(Place.objects.filter(parent__isnull=False).values_list("parent__code", "code"))


def having(types: Iterable[str], name: str, values: Iterable[str] | None, *, limit: int) -> set[str]:
    """The codes of all rows with this attribute, or with one of these values of it; a party's other codes with it. Where there
    are more than `limit`, some limit + 1 of them or more."""
    found: set[str] = set()
    for kind in _of(types):
        held = _with(kind, name, values)
        found |= set(held.values_list("code", flat=True)[: limit + 1])
        if kind.model is Party:
            others = PartyAlias.objects.filter(party__in=held.values("pk"))
            found |= set(others.values_list("code", flat=True)[: limit + 1])
    return found


def _with(kind: _Kind, name: str, values: Iterable[str] | None) -> QuerySet[Any]:
    if kind.model is Product and name == CERTIFICATE:
        proven = Certificate.objects.filter(voided_at=None)
        if values is not None:
            proven = proven.filter(number__in=list(values))
        return _rows(kind).filter(code__in=proven.values("about"))
    field = kind.attributes.get(name)
    if field is None:
        return _rows(kind).none()
    held = _rows(kind)
    if name == _OPERATOR:  # a natural person's number is not told, so it cannot be asked for either
        persons = Q(*((f"{field}__startswith", f"{scheme}:") for scheme in PERSONAL), _connector=Q.OR)
        held = held.exclude(persons)
    if values is not None:
        return held.filter(**{f"{field}__in": [one for one in values if one]})
    return held.filter(**{f"{field}__gt": ""})


def listed(type: str, *, q: str, after: str, limit: int, only: str | None = None) -> list[tuple[str, dict[str, Any]]]:
    """(code, attributes) of the rows of one vocabulary in the order of their codes, behind `after`; `q` in code or name;
    `only`: just this code."""
    for kind in KINDS:
        if kind.listed != type:
            continue
        found = _rows(kind).annotate(place=Collate("code", "C")).filter(place__gt=after)
        if q:
            found = found.filter(Q(code__icontains=q) | Q(name__icontains=q) | Q(name_en__icontains=q))
        if only is not None:
            found = found.filter(code=only)
        rows = found.order_by("place").values("code", *kind.attributes.values())[:limit]
        return [(row["code"], _named(kind, row)) for row in rows]
    return []


def around(keys: Sequence[str]) -> tuple[dict[str, list[str]], dict[str, list[str]]]:
    """Of registered places: the places directly in each, and the place each lies in."""
    inside: dict[str, list[str]] = {}
    over: dict[str, list[str]] = {}
    found = Place.objects.filter(Q(parent__code__in=keys) | Q(code__in=keys, parent__isnull=False)).order_by("code")
    for parent, child in found.values_list("parent__code", "code"):
        inside.setdefault(parent, []).append(child)
        over.setdefault(child, []).append(parent)
    return inside, over


def filled() -> list[str]:
    """The vocabularies in which the register has something."""
    return [kind.listed for kind in KINDS if _rows(kind).exists()]


def _of(types: Iterable[str]) -> list[_Kind]:
    wanted = set(types)
    return [kind for kind in KINDS if wanted & kind.types]


def _rows(kind: _Kind) -> QuerySet[Any]:
    """A natural person's number is a key of ours alone: such a row is no public master data."""
    found = kind.model._default_manager.all()
    for scheme in PERSONAL:
        found = found.exclude(code__startswith=f"{scheme}:")
    return found


def _named(kind: _Kind, row: Mapping[str, Any]) -> dict[str, Any]:
    said = {name: row[field] for name, field in kind.attributes.items() if row[field]}
    if said.get(_OPERATOR, "").partition(":")[0] in PERSONAL:
        del said[_OPERATOR]
    return said
