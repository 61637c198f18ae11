"""Values by type: numbers exactly, instants, texts; how a parameter's value is read and how two values compare."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import Any

from zhuisu.epcis.remembering import remembered

from ..strictjson import Bad
from ..values import instant
from .names import key_of

_NUMBER = re.compile(r"[+-]?(?:\d{1,40}(?:\.\d{0,40})?|\.\d{1,40})(?:[eE][+-]?\d{1,2})?\Z", re.ASCII).match
_LOOKS_LIKE_TIME = re.compile(r"\d{4}-\d\d-\d\d[Tt]").match
ORDERINGS: dict[str, Callable[[Any, Any], bool]] = {
    "EQ": operator.eq,
    "GT": operator.gt,
    "GE": operator.ge,
    "LT": operator.lt,
    "LE": operator.le,
}


@remembered(4096)
def number_in(text: str) -> Decimal | None:
    """The number that a text writes, exactly; None where it writes none."""
    return Decimal(text) if _NUMBER(text) else None


def time_in(text: str) -> datetime | None:
    """The instant that a text writes, in UTC; None where it writes none."""
    if not _LOOKS_LIKE_TIME(text):
        return None
    try:
        return instant(text)
    except Bad:
        return None


def number_of(value: Any) -> Decimal | None:
    """A value of an event as a number: one that is one, or a text (XML has nothing else) that writes one."""
    if isinstance(value, Decimal):
        return value
    return number_in(value.strip()) if isinstance(value, str) else None


def alike(found: Any, wanted: Any) -> bool:
    """Equality of a field's value with a parameter's: by the type that the event gave it.

    A text equals only the same text, another form of the same identifier, or the same instant: "007" is not 7. A wanted
    number (JSON queries can say so) equals a text that writes it, since XML has only texts.
    """
    if isinstance(found, bool) or isinstance(wanted, bool):
        return str(found).lower() == str(wanted).lower()
    if isinstance(found, Decimal):
        return number_of(wanted) == found
    if not isinstance(found, str):
        return False
    if isinstance(wanted, Decimal):
        return number_of(found) == wanted
    if found == wanted:
        return True
    if ":" not in found or ":" not in wanted:
        return False
    moment = time_in(found)
    return key_of(found) == key_of(wanted) if moment is None else moment == time_in(wanted)


def ordered(op: str, found: Any, wanted: Decimal | datetime) -> bool:
    """GT, GE, LT, LE: a number with a number, an instant with an instant; else false."""
    if isinstance(wanted, Decimal):
        number = number_of(found)
        return number is not None and ORDERINGS[op](number, wanted)
    moment = time_in(found) if isinstance(found, str) else None
    return moment is not None and ORDERINGS[op](moment, wanted)
