"""A profile's words and values as people read them, in the reader's language."""

from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any, Protocol

from django.utils.translation import get_language
from django.utils.translation import gettext as now
from django.utils.translation import gettext_lazy as _

from zhuisu.profiles.model import Basis, Words
from zhuisu.web import words

MAX_SHOWN = 300  # characters of one value on a page
MORE_UNITS = {
    "CEL": "℃", "P1": "%", "MTK": "m²", "MTQ": "m³", "HAR": "ha", "KMT": "km", "MMT": "mm", "MTS": "m/s", "MPA": "MPa",
    "MGM": "mg", "KWT": "kW", "DAY": _("天"), "MON": _("个月"), "ANN": _("年"), "HUR": _("小时"), "KMH": "km/h", "M1": "mg/L",
    "MIN": _("分钟"), "HEA": _("头"), "4N": "MBq",
}  # fmt: skip
# What is counted: the element's own name says what the pieces are (floors, riders).
COUNTED = frozenset({"EA", "H87", "C62", "NMP", "Q30"})  # Q30: pH, which has no unit


class Said(Protocol):
    """What a data element says of its values: a profiles.model.Field or a profiles.columns.Column."""

    @property
    def type(self) -> str:
        """Which type."""

    @property
    def unit(self) -> str:
        """UN/ECE Rec 20, or empty."""

    @property
    def choices(self) -> Any:
        """Words of each choice."""


def of(said: Words) -> str:
    """A text of a profile in the reader's language."""
    return said.en if (get_language() or "").startswith("en") else said.zh


def title(said: Words) -> str:
    """The name of a step or a duty as a headline: in a sentence the English one begins small, with its article."""
    text = of(said)
    if text == said.zh:
        return text
    text = text.removeprefix("the ")
    return text[:1].upper() + text[1:]


def law(basis: Basis) -> str:
    """Law and article in one line, in the reader's language."""
    return of(basis.cited())


def value(element: Said, given: Any) -> str:
    """A value of a data element as text: a choice by its label, a number with its unit; empty where there is none."""
    if given is None or given == "":
        return ""
    if isinstance(given, list | tuple):
        return "、".join(value(element, each) for each in given)
    if element.type == "yes_no":
        return now("是") if str(given).lower() == "true" else now("否")
    if element.type == "choice":
        found = element.choices.get(str(given))
        return of(found) if found else str(given)[:MAX_SHOWN]
    if element.type in ("number", "integer"):
        named = MORE_UNITS.get(element.unit) or words.UNITS.get(element.unit) or element.unit
        unit = "" if element.unit in COUNTED else str(named)
        return f"{_number(given)} {unit}".strip()
    if element.type == "datetime" and isinstance(given, datetime):
        return f"{given:%Y-%m-%d %H:%M}"
    text = str(given)
    return text[:16].replace("T", " ") if element.type == "datetime" else text[:MAX_SHOWN]


def _number(given: Any) -> str:
    try:
        return words.number(Decimal(str(given)))
    except InvalidOperation:
        return str(given)[:MAX_SHOWN]
