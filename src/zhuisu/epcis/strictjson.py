"""Strict JSON: UTF-8, no double keys, bounded depth and numbers, no NaN, every number a Decimal, and where a value stood."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from decimal import Decimal, InvalidOperation
from itertools import count
from typing import Any

from .messages import error, reason
from .model import DocumentError, Reason

MAX_DEPTH = 64  # real events nest about ten deep; the walkers below are recursive
MAX_DIGITS = 40  # xsd:decimal asks for 18; PostgreSQL numeric holds far more
MAX_EXPONENT = 30
# Of one value in a stream: four of the largest events. What is longer could fill any memory.
MAX_WINDOW = 4 << 20  # characters

_SPACE = re.compile(r"[ \t\n\r]*").match
_SUSPECT_ESCAPE = re.compile(r"\\u(?:0000|[dD][89a-fA-F][0-9a-fA-F]{2})").search


class Bad(Exception):
    """A value that is JSON but is not taken; carries a reason without its path."""

    def __init__(self, rule: str, **values: object) -> None:
        super().__init__(rule)
        self.rule = rule
        self.values = values

    def reason(self, path: str) -> Reason:
        """The reason, placed."""
        return reason(path, self.rule, values=self.values)


def decimal(text: str) -> Decimal:
    """A JSON number without loss; raises Bad where it is unreasonably long (rule number)."""
    if len(text) <= MAX_EXPONENT and "e" not in text and "E" not in text:
        return Decimal(text)
    shown = {"value": text, "digits": MAX_DIGITS, "exponent": MAX_EXPONENT}
    if len(text) > 2 * MAX_DIGITS:
        raise Bad("number", **shown)
    try:
        number = Decimal(text)
    except InvalidOperation as trouble:
        raise Bad("number", **shown) from trouble
    digits = number.as_tuple()
    if len(digits.digits) > MAX_DIGITS or not isinstance(digits.exponent, int):
        raise Bad("number", **shown)
    if abs(digits.exponent) > MAX_EXPONENT:
        raise Bad("number", **shown)
    return number


def _constant(text: str) -> Any:
    raise Bad("number", value=text, digits=MAX_DIGITS, exponent=MAX_EXPONENT)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        seen: set[str] = set()
        for key, _ in pairs:
            if key in seen:
                raise Bad("duplicate-key", key=key)
            seen.add(key)
    return found


Scan = Callable[[str, int], tuple[Any, int]]


def _scanner(**hooks: Any) -> Scan:
    scan: Scan = json.JSONDecoder(**hooks).scan_once  # type: ignore[attr-defined]
    return scan


_NUMBERS: dict[str, Any] = {"parse_float": decimal, "parse_int": decimal, "parse_constant": _constant}
_strict = _scanner(object_pairs_hook=_object, **_NUMBERS)
# For reading what is published with doubled keys: the last one counts, as in most readers.
_last = _scanner(**_NUMBERS)
# Only finds where a value ends, so that one bad event does not take the others with it.
_lenient = _scanner(parse_float=str, parse_int=str, parse_constant=str)


class Reader:
    """A cursor over one JSON text: values whole, or members and elements one by one with their places.

    With `more` the text may be longer than memory: `text` is then a window, which `more` extends ("" at the end), and
    what lies before the cursor is given up.
    """

    def __init__(self, text: str, *, lax: bool = False, more: Callable[[], str] | None = None) -> None:
        self.text = text
        self.at = 0
        self.begun = 0  # where the last value starts in `text`, also one that was not taken
        self._more = more
        self._lines, self._columns = 0, 0  # given up before the window: lines, and letters of the line it begins in
        self._scan = _last if lax else _strict
        self._suspect = _SUSPECT_ESCAPE(text) is not None
        self._skip()

    def value(self, scan: Scan | None = None) -> Any:
        """The value at the cursor, which moves past it. Raises Bad if it is not taken, DocumentError if it is not JSON."""
        while True:
            self.begun = start = self.at
            try:
                found, end = (scan or self._scan)(self.text, start)
            except StopIteration as stop:
                if self._extended():
                    continue
                raise self._fail("a value is expected", stop.value) from None
            except json.JSONDecodeError as trouble:
                if self._extended():
                    continue
                raise self._fail(trouble.msg, trouble.pos) from None
            except RecursionError:
                raise error("", "depth", limit=MAX_DEPTH) from None
            if end < len(self.text) or not self._extended():  # a number that ends with the window may go on
                break
        self.at = end
        if scan is None:
            self._judge(found, start)
        return found

    def slice(self) -> str:
        """The text of the last value."""
        return self.text[self.begun : self.at]

    def skip_value(self) -> None:
        """Past the value at the cursor, whatever is in it, as long as it is JSON."""
        self.value(_lenient)

    def members(self) -> Iterator[str]:
        """The keys of the object at the cursor; at each the cursor stands at the value, which the caller must consume."""
        seen: set[str] = set()
        for _ in self._items("{", "}", "an object is expected"):
            if not self.stands('"'):
                raise self._fail("a key in double quotes is expected")
            key = self.value()
            if key in seen and self._scan is _strict:
                raise Bad("duplicate-key", key=key)
            seen.add(key)
            self._skip()
            if not self.stands(":"):
                raise self._fail("a colon is expected")
            self.at += 1
            self._skip()
            yield key

    def elements(self) -> Iterator[int]:
        """The indexes of the list at the cursor, in the same manner."""
        return self._items("[", "]", "a list is expected")

    def end(self) -> None:
        """Nothing may follow."""
        self._skip()
        if self.at < len(self.text):
            raise self._fail("something follows the end")

    def stands(self, mark: str) -> bool:
        """Whether `mark` is at the cursor."""
        return self.text.startswith(mark, self.at)

    def _items(self, opener: str, closer: str, want: str) -> Iterator[int]:
        if not self.stands(opener):
            raise self._fail(want)
        self.at += 1
        self._skip()
        for index in count():
            if index == 0 and self.stands(closer):
                break
            yield index
            self._skip()
            if self.stands(closer):
                break
            if not self.stands(","):
                raise self._fail("a comma is expected")
            self.at += 1
            self._skip()
        self.at += 1

    def _skip(self) -> None:
        while found := _SPACE(self.text, self.at):
            self.at = found.end()
            if self.at < len(self.text) or not self._extended():
                return

    def _extended(self) -> bool:
        """Lengthen the window and give up what lies before the cursor. False at the end of the text."""
        if self._more is None:
            return False
        held = len(self.text) - self.at
        if held > MAX_WINDOW:
            raise error("", "value-size", size=held, limit=MAX_WINDOW)
        gone, pieces, size = self.text[: self.at], [self.text[self.at :]], 0
        while size <= held and (piece := self._more()):  # doubled: a long value is not begun anew with every piece
            pieces.append(piece)
            size += len(piece)
        if not size:
            self._more = None
            return False
        self._columns = len(gone) - gone.rfind("\n") - 1 + (0 if "\n" in gone else self._columns)
        self._lines += gone.count("\n")
        self.text, self.at = "".join(pieces), 0
        self._suspect = _SUSPECT_ESCAPE(self.text) is not None
        return True

    def _fail(self, what: str, at: int | None = None) -> DocumentError:
        at = self.at if at is None else at
        line = self.text.count("\n", 0, at)
        column = at - self.text.rfind("\n", 0, at) + (0 if line else self._columns)
        return error("", "json-syntax", line=self._lines + line + 1, column=column, what=what)

    def _judge(self, found: Any, start: int) -> None:
        openers = self.text.count("{", start, self.at) + self.text.count("[", start, self.at)
        if openers > MAX_DEPTH and _depth(found, MAX_DEPTH + 1) > MAX_DEPTH:
            raise Bad("depth", limit=MAX_DEPTH)
        if self._suspect:
            storable(found)


def _depth(value: Any, limit: int) -> int:
    """How deep a value nests, looking at most `limit` levels down."""
    if limit == 0 or not isinstance(value, dict | list):
        return 0
    inner = value.values() if isinstance(value, dict) else value
    return 1 + max((_depth(one, limit - 1) for one in inner), default=0)


def storable(value: Any) -> None:
    """PostgreSQL holds no NUL, UTF-8 no half surrogate: raises Bad (rule text)."""
    if isinstance(value, str):
        if "\x00" in value or any("\ud800" <= letter <= "\udfff" for letter in value):
            raise Bad("text")
    elif isinstance(value, dict):
        for key, one in value.items():
            storable(key)
            storable(one)
    elif isinstance(value, list):
        for one in value:
            storable(one)
