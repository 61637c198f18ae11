"""One value of a data element: whether it is of its type and within its bounds. Forms, sheets, schemas and events all ask here."""

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal, InvalidOperation
from typing import Any, Protocol

from zhuisu import codes
from zhuisu.profiles.model import Words

_CHINA = timezone(timedelta(hours=8))
# Longer than any number that is meant; more digits are an attack on whoever multiplies them.
MAX_DIGITS = 24
# RFC 3339, as JSON Schema's date-time has it: seconds and an offset are never left out.
DAY = r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
MOMENT = rf"{DAY}T[0-9]{{2}}:[0-9]{{2}}:[0-9]{{2}}(\.[0-9]{{1,6}})?(Z|[+-](0[0-9]|1[0-4]):[0-5][0-9])"
_DAY, _MOMENT = re.compile(rf"{DAY}\Z"), re.compile(rf"{MOMENT}\Z")
PERSON = r"urn:zhuisu:person:\S+"
_PERSON = re.compile(rf"{PERSON}\Z")
# A file is named by an address that nobody on the way can change, and by its SHA-256.
HREF, SHA256 = r"https://\S+", r"[0-9a-f]{64}"
MAX_HREF = 2000
_HREF, _SHA256 = re.compile(rf"{HREF}\Z"), re.compile(rf"{SHA256}\Z")


class Bounded(Protocol):
    """What has a type and bounds: a field of a profile, a column of a record."""

    @property
    def type(self) -> str: ...
    @property
    def min(self) -> Decimal | None: ...
    @property
    def max(self) -> Decimal | None: ...
    @property
    def max_length(self) -> int: ...
    @property
    def pattern(self) -> str: ...
    @property
    def choices(self) -> Mapping[str, Words]: ...
    @property
    def schemes(self) -> tuple[str, ...]: ...
    @property
    def not_future(self) -> bool: ...


def plain(field: Bounded, value: Any, written: bool = True) -> Any:
    """What a text of an XML event says as a value of its type: XML has texts only, JSON has types. A text that says none stays as it is.

    `written`: the event came as XML; with False the value comes back untouched.
    """
    if not written or not isinstance(value, str):
        return value
    if field.type == "yes_no" and value in ("true", "false"):
        return value == "true"
    if field.type in ("number", "integer"):
        try:
            return Decimal(value)
        except InvalidOperation:
            return value
    return value


def fault(field: Bounded, value: Any, on: date) -> str:
    """The rule that a value breaks: "type", "range", "length", "pattern", "choice", "scheme", "future"; "" where it breaks none.

    `value` is what stands in a JSON event or a record: a text, a number, a truth value (what XML says: see plain). Dates are texts, YYYY-MM-DD.
    `on` is the day that counts as today.
    """
    return _OF_TYPE[field.type](field, value, on)


def comparable(field: Bounded, value: Any, by_day: bool = False) -> str | Decimal | None:
    """A value in the form in which it is compared with another: numbers as numbers, days and moments so that the later is the greater
    (`by_day`: a moment as its day), yes and no as "true" and "false". None: it is not there, or cannot be read."""
    value = plain(field, value)
    if value is None or fault(field, value, date.max) not in ("", "range", "pattern", "scheme"):
        return None
    if field.type in ("number", "integer"):
        return Decimal(value)
    if field.type == "datetime" and not by_day:
        return Decimal(datetime.fromisoformat(value).timestamp())
    if field.type == "datetime":
        return local_day(datetime.fromisoformat(value)).isoformat()
    return str(value).lower() if isinstance(value, bool) else str(value)


def local_day(moment: datetime) -> date:
    """The day of a moment where it happened. One written in UTC names no place: its day is China's."""
    return (moment if moment.utcoffset() else moment.astimezone(_CHINA)).date()


def _text(field: Bounded, value: Any, _on: date) -> str:
    if not isinstance(value, str) or not value.strip():
        return "type"
    if len(value) > field.max_length:
        return "length"
    return "pattern" if field.pattern and not re.fullmatch(field.pattern, value) else ""


def _number(field: Bounded, value: Any, _on: date) -> str:
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        return "type"
    try:
        number = Decimal(str(value)) if isinstance(value, float) else Decimal(value)
    except InvalidOperation:
        return "type"
    if not number.is_finite() or len(number.as_tuple().digits) > MAX_DIGITS or abs(number.adjusted()) > MAX_DIGITS:
        return "type"
    if field.type == "integer" and number != number.to_integral_value():
        return "type"
    below = field.min is not None and number < field.min
    return "range" if below or (field.max is not None and number > field.max) else ""


def _date(field: Bounded, value: Any, on: date) -> str:
    if not isinstance(value, str) or not _DAY.match(value):
        return "type"
    try:
        day = date.fromisoformat(value)
    except ValueError:
        return "type"
    return "future" if field.not_future and day > on else ""


def _datetime(field: Bounded, value: Any, on: date) -> str:
    if not isinstance(value, str) or not _MOMENT.match(value):
        return "type"
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        return "type"
    return "future" if field.not_future and local_day(moment) > on else ""


def _choice(field: Bounded, value: Any, _on: date) -> str:
    return "" if isinstance(value, str) and value in field.choices else "choice"


def _yes_no(_field: Bounded, value: Any, _on: date) -> str:
    return "" if isinstance(value, bool) else "type"


def _code(field: Bounded, value: Any, _on: date) -> str:
    if not isinstance(value, str):
        return "type"
    for scheme in field.schemes:
        try:
            codes.parse(value, scheme)
        except codes.CodeError:
            continue
        return ""
    return "scheme"


def _person(field: Bounded, value: Any, _on: date) -> str:
    """A natural person stands in an event only as the register's reference, never by name or number."""
    if isinstance(value, str) and _PERSON.match(value):
        return "" if len(value) <= field.max_length else "length"
    return "type"


def _evidence(_field: Bounded, value: Any, _on: date) -> str:
    """A file by reference: an https address and its SHA-256, so that a later change of the file shows."""
    if not isinstance(value, dict) or set(value) != {"href", "sha256"}:
        return "type"
    href, digest = value["href"], value["sha256"]
    if not isinstance(href, str) or not _HREF.match(href) or len(href) > MAX_HREF:
        return "type"
    return "" if isinstance(digest, str) and _SHA256.match(digest) else "type"


_OF_TYPE: dict[str, Callable[[Bounded, Any, date], str]] = {
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
