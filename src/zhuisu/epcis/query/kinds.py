"""How the values of a parameter are read and compared, by the kind of its family."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from zhuisu.codes import CodeError

from .. import cbv
from ..keys import code_of
from ..names import STANDARD
from ..normal import number
from ..strictjson import Bad
from ..units import in_base
from ..values import instant, is_uri
from .names import leaves
from .patterns import wanted_of
from .typed import ORDERINGS, alike, number_in, ordered, time_in

EVENT_TYPES = ("ObjectEvent", "AggregationEvent", "TransactionEvent", "TransformationEvent", "AssociationEvent")
ACTIONS = ("ADD", "OBSERVE", "DELETE")
_HEX = re.compile(r"[0-9A-Fa-f]+\Z").match


class Wrong(ValueError):
    """What is wrong with a value, in English and Chinese."""

    def __init__(self, message: str, message_zh: str) -> None:
        super().__init__(message)
        self.message_zh = message_zh


def full(text: str, prefixes: Mapping[str, str]) -> str:
    """A value that is a CURIE of a declared prefix in full; anything else untouched."""
    prefix, colon, local = text.partition(":")
    namespace = prefixes.get(prefix) or STANDARD.get(prefix)
    return namespace + local if colon and namespace and not local.startswith("//") else text


def _text(value: Any) -> str:
    if not isinstance(value, str) or not value:
        raise Wrong("must be a text that is not empty", "必须是非空文本")
    return value


def _of(words: tuple[str, ...]) -> Callable[..., str]:
    def read(value: Any, _prefixes: Mapping[str, str]) -> str:
        if value not in words:
            raise Wrong(
                f"no such value: {value}; possible: {', '.join(words)}", f"没有此值：{value}；可用：{'、'.join(words)}"
            )
        return str(value)

    return read


def word(vocabulary: str) -> Callable[..., str]:
    """Bare word, CURIE, web URI and URN of the CBV are one value (CBV 2.0 §7)."""

    def read(value: Any, prefixes: Mapping[str, str]) -> str:
        text = full(_text(value), prefixes)
        try:
            return cbv.bare(vocabulary, text)
        except cbv.NotInVocabulary:
            if cbv.open_ended(vocabulary) and is_uri(text):
                return text
            raise Wrong(f"no word of the CBV: {value}", f"不是 CBV 词汇：{value}") from None

    return read


def _key(value: Any, prefixes: Mapping[str, str]) -> str:
    try:
        return code_of(full(_text(value), prefixes)).canonical
    except CodeError as wrong:
        raise Wrong(str(wrong), wrong.message_zh) from None


def _matched(*, classes: bool) -> Callable[..., Any]:
    def read(value: Any, prefixes: Mapping[str, str]) -> Any:
        try:
            return wanted_of(full(_text(value), prefixes), classes=classes)
        except CodeError as wrong:
            raise Wrong(str(wrong), wrong.message_zh) from None

    return read


def _time(value: Any, _prefixes: Mapping[str, str]) -> datetime:
    try:
        # An unescaped plus of the zone arrives as a space, which is nowhere else in an instant.
        return instant(_text(value).replace(" ", "+"))
    except Bad:
        raise Wrong(
            f"no instant with a zone, such as 2026-11-22T08:00:00Z: {value}",
            f"不是带时区的时间（如 2026-11-22T08:00:00Z）：{value}",
        ) from None


def _number(value: Any, _prefixes: Mapping[str, str]) -> Decimal:
    found = value if isinstance(value, Decimal) else number_in(value.strip()) if isinstance(value, str) else None
    if found is None:
        raise Wrong(f"no number: {value}", f"不是数字：{value}")
    return found


def _flag(value: Any, _prefixes: Mapping[str, str]) -> bool:
    """EXISTS_: a boolean in the OpenAPI, an integer or null in the query schema, void (an empty text) in EPCIS 1.2."""
    found = {"true": True, "1": True, "": True, "none": True, "false": False, "0": False}.get(str(value).lower())
    if found is None:
        raise Wrong(f"must be true or false, not {value}", f"必须是 true 或 false，不能是 {value}")
    return found


def _plain(value: Any, _prefixes: Mapping[str, str]) -> str:
    return _text(value)


def _hex(value: Any, _prefixes: Mapping[str, str]) -> str:
    text = _text(value)
    if not _HEX(text):
        raise Wrong(f"no hexadecimal number: {value}", f"不是十六进制数：{value}")
    return text.lower()


def _free(value: Any, _prefixes: Mapping[str, str]) -> Any:
    # Not expanded: what a text in a field of the sender's own means is his to say.
    return value if isinstance(value, Decimal | bool) else _text(value)


def _attribute(value: Any, _prefixes: Mapping[str, str]) -> str:
    return (
        number(value) if isinstance(value, Decimal) else str(value).lower() if isinstance(value, bool) else _text(value)
    )


def comparable(value: Any, _prefixes: Mapping[str, str]) -> Decimal | datetime:
    """The value of GT, GE, LT, LE of a free field: a number or an instant (EPCIS 2.0 §8.2.7.1, GT_fieldname)."""
    if isinstance(value, Decimal):
        return value
    text = _text(value)
    found: Decimal | datetime | None = number_in(text.strip())
    if found is None:
        found = time_in(text.replace(" ", "+"))
    if found is None:
        raise Wrong(f"must be a number or an instant with a zone: {value}", f"必须是数字或带时区的时间：{value}")
    return found


READERS: dict[str, Callable[[Any, Mapping[str, str]], Any]] = {
    "eventType": _of(EVENT_TYPES),
    "action": _of(ACTIONS),
    "word:bizStep": word("bizStep"),
    "word:disposition": word("disposition"),
    "word:errorReason": word("errorReason"),
    "word:measurement": word("measurement"),
    "key": _key,
    "thing": _matched(classes=False),
    "class": _matched(classes=True),
    "time": _time,
    "number": _number,
    "amount": _number,
    "spread": _number,
    "exists": _flag,
    "flag": _flag,
    "text": _plain,
    "hex": _hex,
    "free": _free,
    "hasattr": lambda value, prefixes: full(_text(value), prefixes),
    "attribute": _attribute,
}


def _measured(op: str, found: tuple[Any, str | None], wanted: tuple[str, Any] | None, difference: bool) -> bool:
    value, uom = found
    if wanted is None or uom is None or not isinstance(value, Decimal):
        return False
    held = in_base(value, uom, difference=difference)
    return held is not None and held[0] == wanted[0] and ORDERINGS[op](held[1], wanted[1])


def test_of(kind: str, op: str, about: Any, wanted: tuple[Any, ...]) -> Callable[[Any], bool]:
    """Whether one value that an event has is what a condition wants."""
    if op == "EXISTS" or kind == "exists":
        return lambda _found: True
    if kind in ("amount", "spread"):
        bounds = [in_base(value, about, difference=kind == "spread") for value in wanted]
        return lambda found: any(_measured(op, found, bound, kind == "spread") for bound in bounds)
    if kind in ("thing", "class"):
        return lambda found: any(one.fits(found) for one in wanted)
    if kind == "free":
        if op == "EQ":
            return lambda found: any(alike(leaf, one) for leaf in leaves(found) for one in wanted)
        return lambda found: any(ordered(op, leaf, one) for leaf in leaves(found) for one in wanted)
    if kind == "time":
        return lambda found: any(
            ORDERINGS[op](instant(found) if isinstance(found, str) else found, one) for one in wanted
        )
    if kind == "number":
        return lambda found: any(ORDERINGS[op](found, one) for one in wanted)
    if kind == "hex":
        return lambda found: str(found).lower() in wanted
    held = frozenset(wanted)
    return lambda found: found in held
