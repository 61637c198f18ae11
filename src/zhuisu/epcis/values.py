"""One reader for each kind of value in an event: it takes what was sent, notes what is wrong, gives what the Event holds."""

from __future__ import annotations

import re
from datetime import MAXYEAR, MINYEAR, UTC, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any

from . import cbv
from .keys import Code, CodeError, Level, code_of
from .messages import reason
from .model import ErrorDeclaration, Quantity, Reason
from .names import Names, gather
from .strictjson import Bad

MAX_EVENT_BYTES = 1 << 20  # an event of 20,000 serials; a larger one is a mistake or an attack

_TIME = re.compile(
    r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(?:\.\d{1,32})?(?:[Zz]|[+-](?:0\d|1[0-4]):[0-5]\d)\Z", re.ASCII
).match
_ZONE = re.compile(r"[+-](?:(?:0\d|1[0-3]):[0-5]\d|14:00)\Z", re.ASCII).match
_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[^\s<>\"{}|\\^`\x00-\x20]+\Z").match
_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})").search
_UOM = re.compile(r"[A-Z0-9]{2,3}\Z", re.ASCII).match
_CLASSES = frozenset({Level.CLASS, Level.LOT})
_THINGS = frozenset({Level.INSTANCE, Level.PACKAGE})


def is_uri(text: str) -> bool:
    """Whether a text is an absolute URI or IRI (RFC 3986, RFC 3987)."""
    return bool(_URI(text)) and ("%" not in text or not _PERCENT(text))


def is_zone(text: str) -> bool:
    """Whether a text is a time zone offset as XML Schema writes it."""
    return _ZONE(text) is not None


def is_uom(text: str) -> bool:
    """Whether a text has the form of a unit code (UN/ECE Recommendation 20)."""
    return _UOM(text) is not None


@lru_cache(maxsize=4096)
def instant(text: str) -> datetime:
    """An RFC 3339 instant in UTC, cut to microseconds; raises Bad (rule time)."""
    if not _TIME(text):
        raise Bad("time", value=text)
    try:
        at = datetime.fromisoformat(text.upper()).astimezone(UTC)  # it cuts what is finer than a microsecond
    except (ValueError, OverflowError):
        raise Bad("time", value=text) from None
    if at.year in (MINYEAR, MAXYEAR):  # a rounding or another zone would leave the calendar
        raise Bad("time", value=text)
    return at


class Values:
    """The readers, with the names in force and the list of what was wrong so far in one event."""

    def __init__(self, names: Names, form: str = "json") -> None:
        self.names = names
        self.form = form
        self.reasons: list[Reason] = []
        self.warnings: list[Reason] = []

    def wrong(self, path: str, rule: str, *, sentence: str | None = None, **values: object) -> None:
        """Notes one reason."""
        self.reasons.append(reason(path, rule, sentence=sentence, values=values))

    def text(self, value: Any, path: str) -> str | None:
        """A text that is not empty."""
        if not isinstance(value, str):
            self.wrong(path, "wrong-type", want="text")
        elif not value:
            self.wrong(path, "empty-text")
        else:
            return value
        return None

    def items(self, value: Any, path: str) -> list[Any]:
        """A list."""
        if isinstance(value, list):
            return value
        self.wrong(path, "wrong-type", want="list")
        return []

    def fields(self, value: Any, path: str, allowed: frozenset[str], required: tuple[str, ...] = ()) -> dict[str, Any]:
        """An object that has only these fields, and all of the required ones."""
        if not isinstance(value, dict):
            self.wrong(path, "wrong-type", want="object")
            return {}
        for name in value.keys() - allowed:
            self.wrong(f"{path}.{name}", "unknown-field", name=name)
        for name in required:
            if name not in value:
                self.wrong(f"{path}.{name}", "required", name=name)
        return value

    def time(self, value: Any, path: str) -> datetime | None:
        """An instant."""
        text = self.text(value, path)
        if text is not None:
            try:
                return instant(text)
            except Bad as bad:
                self.reasons.append(bad.reason(path))
        return None

    def zone(self, value: Any, path: str) -> str | None:
        """A time zone offset, kept as sent (EPCIS 2.0 §7.4.1)."""
        text = self.text(value, path)
        if text is not None and not is_zone(text):
            self.wrong(path, "time-zone", value=text)
        return text

    def action(self, value: Any, path: str) -> str | None:
        """ADD, OBSERVE or DELETE."""
        text = self.text(value, path)
        if text is not None and text not in ("ADD", "OBSERVE", "DELETE"):
            self.wrong(path, "action")
        return text

    def uri(self, value: Any, path: str) -> str | None:
        """A URI, with a declared CURIE prefix expanded and otherwise untouched."""
        text = self.text(value, path)
        if text is None:
            return None
        text = self.names.uri(text)
        if not is_uri(text):
            self.wrong(path, "uri", value=text)
        return text

    def code(self, value: Any, path: str, forbidden: frozenset[Level] = frozenset(), rule: str = "") -> Code | None:
        """A URI as a code: where it is a GS1 key, a correct one and not of a forbidden level."""
        text = self.text(value, path)
        if text is None:
            return None
        text = self.names.uri(text)
        try:
            code = code_of(text)
        except CodeError as trouble:
            if self.uri(text, path) and not self._told(path):
                self.reasons.append(Reason(path, trouble.rule, trouble.message, trouble.message_zh))
            return Code("uri", text, Level.OTHER, {}, text)
        if code.scheme == "uri":
            self.uri(text, path)
        elif code.level in forbidden:
            self.wrong(path, rule, value=text)
        return code

    def key(self, value: Any, path: str, forbidden: frozenset[Level] = frozenset(), rule: str = "") -> str | None:
        """The same, as the text that was sent."""
        code = self.code(value, path, forbidden, rule)
        return None if code is None else code.source

    def _told(self, path: str) -> bool:
        return bool(self.reasons) and self.reasons[-1].path == path

    def thing(self, value: Any, path: str) -> str | None:
        """The key of one thing, not of a class."""
        return self.key(value, path, _CLASSES, "class-in-epc-list")

    def things(self, value: Any, path: str) -> tuple[str, ...]:
        """A list of keys of things, each thing once however it is written."""
        found: list[str] = []
        seen: set[tuple[str, str]] = set()
        for index, one in enumerate(self.items(value, path)):
            code = self.code(one, f"{path}[{index}]", _CLASSES, "class-in-epc-list")
            if code is None:
                continue
            found.append(code.source)
            identity = (code.scheme, code.value)
            if identity in seen:
                self.wrong(f"{path}[{index}]", "duplicate-item", value=code.source)
            seen.add(identity)
        return tuple(found)

    def quantities(self, value: Any, path: str) -> tuple[Quantity, ...]:
        """A list of amounts (EPCIS 2.0 §7.3.3.3)."""
        found = []
        for index, one in enumerate(self.items(value, path)):
            place = f"{path}[{index}]"
            parts = self.fields(one, place, frozenset({"epcClass", "quantity", "uom"}), ("epcClass",))
            if "epcClass" not in parts:
                continue
            epc_class = self.key(parts["epcClass"], f"{place}.epcClass", _THINGS, "instance-as-class")
            amount = self.amount(parts["quantity"], f"{place}.quantity") if "quantity" in parts else None
            uom = self.text(parts["uom"], f"{place}.uom") if "uom" in parts else None
            if uom is not None and not is_uom(uom):
                self.wrong(f"{place}.uom", "uom", value=uom)
            if "uom" in parts and "quantity" not in parts:
                self.wrong(f"{place}.uom", "uom-without-quantity")
            found.append(Quantity(epc_class or "", amount, uom))
        return tuple(found)

    def number(self, value: Any, path: str) -> Decimal | None:
        """A number."""
        if isinstance(value, Decimal):
            return value
        self.wrong(path, "wrong-type", want="number")
        return None

    def amount(self, value: Any, path: str) -> Decimal | None:
        """A number greater than zero."""
        number = self.number(value, path)
        if number is not None and number <= 0:
            self.wrong(path, "quantity")
        return number

    def word(self, vocabulary: str, value: Any, path: str) -> str | None:
        """A word of the CBV, bare, or a URI of another vocabulary."""
        text = self.text(value, path)
        if text is None:
            return None
        text = self.names.uri(text)
        try:
            word = cbv.bare(vocabulary, text)
        except cbv.NotInVocabulary:
            why = reason(path, "vocabulary", value=text, name=path.rpartition(".")[2])
            # The GS1 Web Vocabulary grows without a new CBV. XML may use all of it; the JSON schema takes it as CURIEs alone.
            grown = cbv.open_ended(vocabulary) and (":" in text if self.form == "xml" else text != value)
            (self.warnings if grown else self.reasons).append(why)
            return text
        if ":" in word and not is_uri(word):
            self.wrong(path, "uri", value=text)
        return word

    def place(self, value: Any, path: str) -> str | None:
        """A readPoint or bizLocation: its id; extensions beside it are allowed (§7.3.5)."""
        if not isinstance(value, dict):
            self.wrong(path, "wrong-type", want="object")
            return None
        self.extended(value, path, frozenset({"id"}))
        if "id" not in value:
            self.wrong(f"{path}.id", "required", name="id")
            return None
        return self.key(value["id"], f"{path}.id")

    def typed(self, value: Any, path: str, name: str, vocabulary: str, *, need: bool) -> tuple[tuple[Any, str], ...]:
        """A list of objects with a type and an id: business transactions, sources, destinations (§7.3.5)."""
        found = []
        required = ("type", name) if need else (name,)
        for index, one in enumerate(self.items(value, path)):
            place = f"{path}[{index}]"
            parts = self.fields(one, place, frozenset({"type", name}), required)
            kind = self.word(vocabulary, parts["type"], f"{place}.type") if "type" in parts else None
            if name in parts:
                found.append((kind, self.key(parts[name], f"{place}.{name}") or ""))
        return tuple(found)

    def uris(self, value: Any, path: str) -> tuple[str, ...]:
        """A URI or a list of them."""
        if not isinstance(value, list):
            value = [value]
        return tuple(self.uri(one, f"{path}[{index}]") or "" for index, one in enumerate(value))

    def error_declaration(self, value: Any, path: str) -> ErrorDeclaration | None:
        """EPCIS 2.0 §7.4.1.3."""
        if not isinstance(value, dict):
            self.wrong(path, "wrong-type", want="object")
            return None
        self.extended(value, path, frozenset({"declarationTime", "reason", "correctiveEventIDs"}))
        if "declarationTime" not in value:
            self.wrong(f"{path}.declarationTime", "required", name="declarationTime")
            return None
        declared_at = self.time(value["declarationTime"], f"{path}.declarationTime")
        why = self.word("errorReason", value["reason"], f"{path}.reason") if "reason" in value else None
        ids: tuple[str, ...] = ()
        if "correctiveEventIDs" in value:
            place = f"{path}.correctiveEventIDs"
            ids = self.uris(self.items(value["correctiveEventIDs"], place), place)
        return ErrorDeclaration(declared_at, why, ids) if declared_at else None

    def extended(self, value: dict[str, Any], path: str, standard: frozenset[str]) -> dict[str, Any]:
        """The fields beside the standard ones, by full name; each needs a declared prefix."""
        found: dict[str, Any] = {}
        for name in value:
            if name not in standard:
                self.extension(name, value[name], path, found)
        return found

    def extension(self, name: str, value: Any, path: str, into: dict[str, Any]) -> None:
        """One extension field of the sender's own; `into` gets it by full name."""
        place = f"{path}.{name}" if path else name
        if ":" not in name and not (self.form == "xml" and name.startswith("{")):
            self.wrong(place, "unknown-field", name=name)
            return
        try:
            gather(into, self.names.key(name), self.names.expanded(value))
        except Bad as bad:
            self.reasons.append(bad.reason(place))
