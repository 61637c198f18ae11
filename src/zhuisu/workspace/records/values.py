"""The values of an act in words: for its page, for lists, for files."""

from collections.abc import Mapping
from dataclasses import dataclass
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
from zhuisu.web import words
from zhuisu.workspace.records import offered, reads
from zhuisu.workspace.records.said import told

MOST_SHOWN = 50  # values of one column on a page; the rest is counted
_COUNTED = "count"


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


def profile_of(one: Acted) -> Profile | None:
    """The edition by which an act was judged; None where the sector or the step is gone since."""
    profile = sectors.profile(one.sector, one.happened_at.date(), one.region)
    return profile if profile and one.step in profile.steps else None


def record_of(one: Acted) -> dict[str, Any]:
    """The record of an act; empty where its step is gone."""
    profile = profile_of(one)
    return entry.record_of(profile, one.step, one.event()) if profile else {}


def told_of(one: Acted) -> list[Told]:
    """All values of an act, in the order of its columns."""
    profile = profile_of(one)
    if profile is None:
        return []
    record = entry.record_of(profile, one.step, one.event())
    listed = []
    for column in entry.columns(profile, one.step):
        if column.name in record and column.name not in ("unit", "inputUnit", "outputUnit"):
            held = record[column.name]
            many = held if isinstance(held, list) else [held]
            units = record.get(column.name.replace("quantity", "unit").replace("Quantity", "Unit"))
            said = [_said(column, value, _unit(column, units, place)) for place, value in enumerate(many[:MOST_SHOWN])]
            listed.append(Told(column.name, told(column.words), said, max(0, len(many) - MOST_SHOWN)))
    return listed


def plain(column: Column, value: Any) -> str:
    """A value as one line of text, for a cell."""
    many = value if isinstance(value, list) else [value]
    return words.listed(*(_said(column, one, "").text for one in many if one is not None))


def summary(record: Mapping[str, Any]) -> str:
    """What an act is about, in a line: its things by name and how much of them."""
    texts = [str(text) for name in ("outputs", "things", "parent", "inputs") for text in _listed(record.get(name))]
    if not texts:
        return ""
    first = offered.labels(texts[:1])[0]
    more = now("等 %(count)s 个") % {"count": words.number(len(texts))} if len(texts) > 1 else ""
    return " ".join(part for part in (first, more, amount(record)) if part)


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


def _said(column: Column, value: Any, unit: str) -> Said:
    if isinstance(value, bool) or column.type == "yes_no":
        return Said(now("是") if str(value).lower() == "true" else now("否"))
    if column.choices:
        return Said(told(column.choices.get(str(value))) or str(value))
    if isinstance(value, dict):
        return Said(str(value.get("href", "")), str(value.get("href", "")), str(value.get("sha256", "")))
    if column.type in ("number", "integer") and not isinstance(value, str):
        return Said(f"{words.number(Decimal(str(value)))} {unit}".strip())
    if column.type == "datetime" and (at := parse_datetime(str(value))):
        return Said(f"{at:%Y-%m-%d %H:%M}")
    if column.type == "code":
        return _code(column, str(value))
    return Said(str(value))


def _code(column: Column, text: str) -> Said:
    try:
        code = codes.parse(text)
    except codes.CodeError:
        return Said(text)
    written = reads.written(text)
    if column.place == "party":
        known = (reads.place_names if column.name == "place" else reads.names_of)([code.canonical])
        return Said(known.get(code.canonical, written), code=written if code.canonical in known else "")
    if column.place != "thing":
        return Said(written)
    label = offered.labels([text])[0]
    return Said(label, public_link(code), written if written != label else "")


def public_link(code: codes.Code) -> str:
    """Where the public page of a thing is."""
    return f"/i/{code.scheme}/{quote(code.value)}"
