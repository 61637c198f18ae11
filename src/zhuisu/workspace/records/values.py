"""The values of an act in words: for its page, for lists, for files."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any
from urllib.parse import quote

from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as now

from zhuisu import codes, sectors
from zhuisu.compliance.acts import Acted
from zhuisu.profiles import entry
from zhuisu.profiles.entry import Column
from zhuisu.profiles.model import Profile
from zhuisu.registry.models import Product
from zhuisu.web import words
from zhuisu.workspace.records import offered, reads
from zhuisu.workspace.records.said import told

MOST_SHOWN = 50  # values of one column on a page; the rest is counted
PUBLIC = "/i/"  # where public pages begin
_COUNTED = "count"
_ABOUT = ("outputs", "things", "parent", "inputs")  # where the things of an act stand, what it brought forth first


@dataclass(frozen=True, slots=True)
class Said:
    """One value in words; `link` leads to its public page, `code` says that it is read letter by letter."""

    text: str
    link: str = ""
    code: str = ""


@dataclass(frozen=True, slots=True)
class Told:
    """One column of an act in words."""

    name: str
    label: str
    values: list[Said]
    omitted: int = 0


@dataclass(frozen=True, slots=True)
class Known:
    """The names of all that some acts speak of, by canonical code."""

    parties: Mapping[str, str]
    places: Mapping[str, str]
    products: Mapping[str, Product]


NOBODY = Known({}, {}, {})


@dataclass(frozen=True, slots=True)
class Reading:
    """An act with its edition (None where the sector or the step is gone since) and its record."""

    act: Acted
    profile: Profile | None
    record: dict[str, Any]
    known: Known

    def columns(self) -> Iterator[tuple[Column, Any]]:
        """What it says, in the order of its columns."""
        columns = entry.columns(self.profile, self.act.step) if self.profile else ()
        return ((column, self.record[column.name]) for column in columns if column.name in self.record)


def profile_of(one: Acted) -> Profile | None:
    """The edition of an act's own day, as its verdict has it; None where the sector or the step is gone since."""
    profile = sectors.profile(one.sector, words.local(one.happened_at, one.zone).date(), one.region)
    return profile if profile and one.step in profile.steps else None


def readings(listed: Sequence[Acted]) -> list[Reading]:
    """Acts with their records; the names of all that they speak of are asked for together."""
    found = []
    for one in listed:
        profile = profile_of(one)
        record = entry.record_of(profile, one.step, one.event()) if profile else {}
        found.append(Reading(one, profile, record, NOBODY))
    known = _known(found)
    return [replace(each, known=known) for each in found]


def told_of(one: Reading) -> list[Told]:
    """All values of an act, in the order of its columns."""
    listed = []
    for column, held in one.columns():
        if column.name not in ("unit", "inputUnit", "outputUnit"):
            many = _listed(held)
            units = one.record.get(column.name.replace("quantity", "unit").replace("Quantity", "Unit"))
            said = [
                _said(column, value, _unit(column, units, place), one.known)
                for place, value in enumerate(many[:MOST_SHOWN])
            ]
            listed.append(Told(column.name, told(column.words), said, max(0, len(many) - MOST_SHOWN)))
    return listed


def summary(one: Reading) -> str:
    """What an act is about, in a line: its things by name and how much of them."""
    texts = [str(text) for name in _ABOUT for text in _listed(one.record.get(name))]
    if not texts:
        return ""
    first = offered.label(texts[0], one.known.products)
    more = now("等 %(count)s 个") % {"count": words.number(len(texts))} if len(texts) > 1 else ""
    return " ".join(part for part in (first, more, amount(one.record)) if part)


def amount(record: Mapping[str, Any]) -> str:
    """How much: the sum, where one unit is said for all."""
    for quantity, unit in (("outputQuantity", "outputUnit"), ("quantity", "unit"), ("inputQuantity", "inputUnit")):
        numbers, units = _listed(record.get(quantity)), set(_listed(record.get(unit)))
        if numbers and len(units) <= 1:
            return (
                f"{words.number(sum(Decimal(str(each)) for each in numbers))} {unit_name(next(iter(units), _COUNTED))}"
            )
    return ""


def unit_name(code: str) -> str:
    """A unit as people write it."""
    return words.unit("" if code == _COUNTED else code)


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


def _unit(column: Column, units: Any, place: int) -> str:
    if column.unit:
        return words.unit(column.unit)
    if not column.name.lower().endswith("quantity"):
        return ""
    listed = _listed(units) or [_COUNTED]
    return unit_name(str(listed[place] if place < len(listed) else listed[0]))


def _known(found: Sequence[Reading]) -> Known:
    texts: dict[str, set[str]] = {"place": set(), "party": set(), "thing": set()}
    for one in found:
        for column, held in one.columns():
            if column.type == "code":
                kind = "place" if column.name == "place" else column.place
                texts.setdefault(kind, set()).update(map(str, _listed(held)[:MOST_SHOWN]))
    read = {kind: [code for text in each if (code := offered.code_of(text))] for kind, each in texts.items()}
    return Known(
        reads.names_of({code.canonical for code in read["party"]}),
        reads.place_names({code.canonical for code in read["place"]}),
        offered.products_of(read["thing"]),
    )


def _said(column: Column, value: Any, unit: str, known: Known = NOBODY) -> Said:
    if isinstance(value, bool) or column.type == "yes_no":
        return Said(now("是") if str(value).lower() == "true" else now("否"))
    if column.choices:
        return Said(told(column.choices.get(str(value))) or str(value))
    if isinstance(value, dict):
        address = str(value.get("href", ""))
        # What comes over the API may be any address: only those of the web are led to.
        link = address if address.startswith(("https://", "http://")) else ""
        return Said(address, link, str(value.get("sha256", "")))
    if column.type in ("number", "integer") and not isinstance(value, str):
        return Said(f"{words.number(Decimal(str(value)))} {unit}".strip())
    if column.type == "datetime" and (at := parse_datetime(str(value))):
        return Said(f"{at:%Y-%m-%d %H:%M}")
    if column.type == "code":
        return _code(column, str(value), known)
    return Said(str(value))


def _code(column: Column, text: str, known: Known) -> Said:
    code = offered.code_of(text)
    if code is None:
        return Said(text)
    written = reads.written(text)
    if column.place == "party":
        name = (known.places if column.name == "place" else known.parties).get(code.canonical)
        return Said(name or written, code=written if name else "")
    if column.place != "thing":
        return Said(written)
    label = offered.label(text, known.products)
    return Said(label, public_link(code), written if written != label else "")


def public_link(code: codes.Code) -> str:
    """Where the public page of a thing is."""
    return f"{PUBLIC}{code.scheme}/{quote(code.value)}"
