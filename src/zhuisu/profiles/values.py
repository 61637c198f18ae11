"""One value of a data element: whether it is of its type and within its bounds. Forms, sheets, schemas and events all ask here."""

import re
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any
from urllib.parse import urlsplit

from zhuisu import codes
from zhuisu.profiles.model import Field

# Longer than any number that is meant; more digits are an attack on whoever multiplies them.
MAX_DIGITS = 24
_HEX64 = re.compile(r"[0-9a-f]{64}\Z")


def fault(field: Field, value: Any, on: date) -> str:
    """The rule that a value breaks: "type", "range", "length", "pattern", "choice", "scheme", "future"; "" where it breaks none.

    `value` is what stands in an event: a text, a Decimal, a whole number, a truth value. Dates are texts, YYYY-MM-DD.
    `on` is the day that counts as today.
    """
    return _OF_TYPE[field.type](field, value, on)


def _text(field: Field, value: Any, _on: date) -> str:
    if not isinstance(value, str) or not value.strip():
        return "type"
    if len(value) > field.max_length:
        return "length"
    return "pattern" if field.pattern and not re.fullmatch(field.pattern, value) else ""


def _number(field: Field, value: Any, _on: date) -> str:
    if isinstance(value, bool) or not isinstance(value, int | Decimal | str):
        return "type"
    try:
        number = Decimal(value)
    except InvalidOperation:
        return "type"
    if not number.is_finite() or len(number.as_tuple().digits) > MAX_DIGITS or abs(number.adjusted()) > MAX_DIGITS:
        return "type"
    if field.type == "integer" and number != number.to_integral_value():
        return "type"
    below = field.min is not None and number < field.min
    return "range" if below or (field.max is not None and number > field.max) else ""


def _date(field: Field, value: Any, on: date) -> str:
    if not isinstance(value, str) or not re.fullmatch(r"\d{4}-\d\d-\d\d", value):
        return "type"
    try:
        day = date.fromisoformat(value)
    except ValueError:
        return "type"
    return "future" if field.not_future and day > on else ""


def _datetime(field: Field, value: Any, on: date) -> str:
    if not isinstance(value, str) or len(value) > 40:
        return "type"
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        return "type"
    if moment.tzinfo is None:
        return "type"
    return "future" if field.not_future and moment.date() > on else ""


def _choice(field: Field, value: Any, _on: date) -> str:
    return "" if isinstance(value, str) and value in field.choices else "choice"


def _yes_no(_field: Field, value: Any, _on: date) -> str:
    return "" if isinstance(value, bool) or (isinstance(value, str) and value in ("true", "false")) else "type"


def _code(field: Field, value: Any, _on: date) -> str:
    if not isinstance(value, str):
        return "type"
    for scheme in field.schemes:
        try:
            codes.parse(value, scheme)
        except codes.CodeError:
            continue
        return ""
    return "scheme"


def _person(field: Field, value: Any, on: date) -> str:
    """A natural person stands in an event only as the register's reference, never by name or number."""
    return "" if isinstance(value, str) and value.startswith("urn:zhuisu:person:") else _text(field, None, on)


def _evidence(_field: Field, value: Any, _on: date) -> str:
    """A file by reference: an https address and its SHA-256, so that a later change of the file shows."""
    if not isinstance(value, dict) or set(value) != {"href", "sha256"}:
        return "type"
    href, digest = value["href"], value["sha256"]
    if not isinstance(href, str) or urlsplit(href).scheme != "https" or len(href) > 2000:
        return "type"
    return "" if isinstance(digest, str) and _HEX64.match(digest) else "type"


_OF_TYPE: dict[str, Callable[[Field, Any, date], str]] = {
    "text": _text,
    "number": _number,
    "integer": _number,
    "date": _date,
    "datetime": _datetime,
    "choice": _choice,
    "yes_no": _yes_no,
    "code": _code,
    "person": _person,
    "evidence": _evidence,
}
