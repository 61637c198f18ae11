"""The normal form of an event as the very bytes that its digest is of, field by field without building it first.

A field that is not plainly written goes through normal.py; a property test holds the two ways equal.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from hashlib import blake2b
from typing import Any

import msgspec

from zhuisu.epcis.remembering import remembered

from . import cbv
from .keys import CodeError, code_of
from .model import Event
from .names import Names
from .normal import fraction, normal_extensions, normal_field, number
from .plain import WHOLE, gs1_or_other, known_unit, known_zone

encode = msgspec.json.Encoder(order="sorted").encode
_ID = "https://id.gs1.org/"
_WORDS = {
    vocabulary: {word: f'"{cbv.web_uri(vocabulary, word)}"' for word in cbv.WORDS[vocabulary]}
    for vocabulary in ("bizStep", "disposition")
}
_PLACES_REMEMBERED = 4096  # texts of places and classes: a few hundred bytes each

Writer = Callable[[Any], str | None]


def digest(event: Event) -> bytes:
    """BLAKE2b-16 of everything the event says but eventID, recordTime and errorDeclaration.

    Equal for the same event in XML and JSON, with URNs or Digital Links, re-ordered or re-spaced; a list is a
    multiset, as in JSON-LD.
    """
    said: dict[str, str] = {
        "eventType": f'"{event.type}"',
        "eventTime": f'"{event.event_time.isoformat()[:19]}{fraction(event.event_time_text)}Z"',
    }
    names: Names | None = None
    for name, value in event.data.items():
        write = WRITERS.get(name)
        text = write(value) if write is not None and value else None
        if text is None and name != "eventTime":
            names = names or Names(event.context)
            found = normal_field(name, value, names)
            text = None if found is None else _text(found)
        if text is not None:
            said[name] = text
    if event.ilmd or event.extensions:
        for name, found in normal_extensions(event, names or Names(event.context)).items():
            said[name] = _text(found)
    whole = ",".join([f"{_KEYS.get(name) or _key(name)}:{said[name]}" for name in sorted(said)])
    return blake2b(f"{{{whole}}}".encode(), digest_size=16).digest()


def ordered(value: Any) -> Any:
    """A value in normal form with every list in one order: of the JSON of its members."""
    if isinstance(value, dict):  # most values are texts: a call for each would double the work
        return {name: one if isinstance(one, str) else ordered(one) for name, one in value.items()}
    if isinstance(value, list):
        if all(isinstance(one, str) for one in value):
            return sorted(value)
        return sorted([ordered(one) for one in value], key=encode)
    return value


def _text(found: Any) -> str:
    return encode(ordered(found)).decode()


def _key(name: str) -> str:
    return encode(name).decode()


def _value_of(text: Any) -> str | None:
    """The canonical value of a GS1 key that is no CURIE: nothing in it needs an escape (gs1_keys.quote)."""
    code = gs1_or_other(text)
    return code.value if code is not None and code.scheme.startswith("gs1.") else None


def _links(value: Any) -> str | None:
    if type(value) is not list:
        return None
    try:
        codes = [code_of(one) for one in value if one.startswith(WHOLE)]
    except (CodeError, AttributeError):  # a key that is wrong, or no text
        return None
    if len(codes) != len(value) or not all(code.scheme.startswith("gs1.") for code in codes):
        return None
    found = [f'"{_ID}{code.value}"' for code in codes]
    if len(found) > 1:
        found.sort(key=_inside)
    return f"[{','.join(found)}]"


def _inside(quoted: str) -> str:
    return quoted[:-1]  # texts are ordered without their closing quote


@remembered(_PLACES_REMEMBERED)
def _link(text: str) -> str | None:
    found = _value_of(text)
    return None if found is None else f'"{_ID}{found}"'


def _one_link(value: Any) -> str | None:
    return _link(value) if type(value) is str else None


def _place(value: Any) -> str | None:
    if type(value) is not dict or len(value) != 1 or type(value.get("id")) is not str:
        return None
    text = _link(value["id"])
    return None if text is None else f'{{"id":{text}}}'


def _quantities(value: Any) -> str | None:
    if type(value) is not list:
        return None
    found = []
    for one in value:
        if type(one) is not dict:
            return None
        link = _value_of(one.get("epcClass"))
        amount, uom = one.get("quantity"), one.get("uom")
        if link is None or type(amount) is not Decimal:
            return None
        text = f'{{"epcClass":"{_ID}{link}","quantity":"{number(amount)}"'
        if len(one) == 2:
            found.append(text + "}")
        elif len(one) == 3 and type(uom) is str and known_unit(uom):
            found.append(f'{text},"uom":"{uom}"}}')
        else:
            return None
    found.sort()
    return f"[{','.join(found)}]"


def _word(vocabulary: str) -> Writer:
    texts = _WORDS[vocabulary]

    def write(value: Any) -> str | None:
        return texts.get(value) if type(value) is str else None

    return write


def _zone(value: Any) -> str | None:
    return f'"{value}"' if type(value) is str and known_zone(value) else None


def _action(value: Any) -> str | None:
    return f'"{value}"' if value == "OBSERVE" or value == "ADD" or value == "DELETE" else None


def _nothing(_: Any) -> None:
    """Written from the Event itself."""


WRITERS: dict[str, Writer] = {
    "eventTime": _nothing,
    "eventTimeZoneOffset": _zone,
    "action": _action,
    "bizStep": _word("bizStep"),
    "disposition": _word("disposition"),
    "readPoint": _place,
    "bizLocation": _place,
    "parentID": _one_link,
    **dict.fromkeys(("epcList", "childEPCs", "inputEPCList", "outputEPCList"), _links),
    **dict.fromkeys(("quantityList", "childQuantityList", "inputQuantityList", "outputQuantityList"), _quantities),
}
_KEYS = {name: _key(name) for name in ("eventType", *WRITERS)}
