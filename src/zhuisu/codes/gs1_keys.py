"""Which GS1 key a set of application identifiers names, and its canonical value: a Digital Link path without host.

Source: GS1 General Specifications 1.3 and 3; GS1 Digital Link URI Syntax 1.4, section 4 (keys and key qualifiers).
"""

import re
from collections.abc import Mapping
from functools import cache
from urllib.parse import quote as percent_quote

from zhuisu.codes import gs1_ai
from zhuisu.codes.model import Code, CodeError, Level

# Per primary key, from the most to the least specific: the qualifiers that enter the key, the scheme, the level.
Form = tuple[tuple[str, ...], str, Level]
FORMS: dict[str, tuple[Form, ...]] = {
    "00": (((), "gs1.sscc", Level.PACKAGE),),
    "01": (
        (("21",), "gs1.sgtin", Level.INSTANCE),
        (("235",), "gs1.upui", Level.INSTANCE),
        (("10",), "gs1.lgtin", Level.LOT),
        (("22",), "gs1.cpv", Level.CLASS),
        ((), "gs1.gtin", Level.CLASS),
    ),
    "8006": (
        (("21",), "gs1.itip", Level.INSTANCE),
        (("10",), "gs1.itip", Level.LOT),
        (("22",), "gs1.itip", Level.CLASS),
        ((), "gs1.itip", Level.CLASS),
    ),
    "8010": ((("8011",), "gs1.cpi", Level.INSTANCE), ((), "gs1.cpi", Level.CLASS)),
    "8003": (((), "gs1.grai", Level.ASSET),),
    "8004": ((("7040",), "gs1.giai", Level.ASSET), ((), "gs1.giai", Level.ASSET)),
    "253": (((), "gs1.gdti", Level.INSTANCE),),
    "255": (((), "gs1.gcn", Level.INSTANCE),),
    "8018": ((("8019",), "gs1.gsrn", Level.PROCESS), ((), "gs1.gsrn", Level.PARTY)),
    "8017": ((("8019",), "gs1.gsrnp", Level.PROCESS), ((), "gs1.gsrnp", Level.PARTY)),
    "402": (((), "gs1.gsin", Level.OTHER),),
    "401": (((), "gs1.ginc", Level.OTHER),),
    "8013": (((), "gs1.gmn", Level.CLASS),),
    "415": ((("8020",), "gs1.payment", Level.OTHER), ((), "gs1.payment", Level.OTHER)),
    "417": ((("7040",), "gs1.pgln", Level.PARTY), ((), "gs1.pgln", Level.PARTY)),
    "414": (
        (("254",), "gs1.sgln", Level.PLACE),
        (("7040",), "gs1.sgln", Level.PLACE),
        ((), "gs1.sgln", Level.PLACE),
    ),
}

NAMES = {
    "00": "sscc", "01": "gtin", "10": "lot", "21": "serial", "22": "cpv", "235": "tpx", "253": "gdti", "254": "extension",
    "255": "gcn", "401": "ginc", "402": "gsin", "414": "gln", "415": "gln", "417": "gln", "7040": "uic", "8003": "grai",
    "8004": "giai", "8006": "itip", "8010": "cpi", "8011": "serial", "8013": "gmn", "8017": "gsrn", "8018": "gsrn",
    "8019": "srin", "8020": "reference",
}  # fmt: skip
# The key proper, without a serial, of the keys that carry both in one AI; a key without serial names a class.
_BASE_LENGTH = {"253": 13, "255": 13, "8003": 14}

# In a mixed message the thing that is marked comes before what is only said about it.
_RANK = {
    Level.PACKAGE: 0, Level.INSTANCE: 0, Level.ASSET: 0, Level.LOT: 1, Level.CLASS: 2,
    Level.PROCESS: 3, Level.OTHER: 3, Level.PARTY: 4, Level.PLACE: 4,
}  # fmt: skip
_PLAIN = re.compile(r"[A-Za-z0-9._~-]*")


def quote(text: str, *, query: bool = False) -> str:
    """Percent-encodes everything but letters, digits and - . _ ~ (RFC 3986, 2.3); in a query a space becomes "+"."""
    if _PLAIN.fullmatch(text):
        return text
    return percent_quote(text, safe=" ").replace(" ", "+") if query else percent_quote(text, safe="")


def form_of(key: str, present: Mapping[str, str]) -> Form:
    """The most specific form of this primary key that the present AIs allow."""
    for form in FORMS[key]:
        if all(ai in present for ai in form[0]):
            break
    base = _BASE_LENGTH.get(key)
    if base is not None and len(present[key]) == base:
        return form[0], form[1], Level.CLASS
    return form


@cache
def _own(key: str) -> dict[str, str]:
    """The names of a primary key's own parts; an AI that only accompanies the key keeps its digits."""
    qualifiers = gs1_ai.look_up(key).qualifiers or ()
    return {ai: NAMES[ai] for ai in (key, *(ai for group in qualifiers for ai in group))}


def build(key: str, values: Mapping[str, str], source: str) -> Code:
    """The code that a primary key and the other AIs of one message name. The values are checked already."""
    qualifiers, scheme, level = form_of(key, values)
    value = "/".join(f"{ai}/{quote(values[ai])}" for ai in (key, *qualifiers))
    own = _own(key)
    parsed = {own.get(ai, ai): data for ai, data in values.items()}
    base = _BASE_LENGTH.get(key)
    if base is not None and len(values[key]) > base:
        parsed["serial"] = values[key][base:]
    return Code(scheme, value, level, parsed, source)


def primary(values: Mapping[str, str]) -> str:
    """The AI of the most specific primary key in a message; raises CodeError rule "no-key"."""
    keys = [ai for ai in FORMS if ai in values]
    if not keys:
        raise CodeError("no-key", "the message names nothing: no primary key in it", "数据中没有标识主键")
    return min(keys, key=lambda ai: _RANK[form_of(ai, values)[2]])


def split(code: Code) -> dict[str, str]:
    """The AIs of a GS1 code's canonical value, in order."""
    parts = code.value.split("/")
    return {ai: unquote(value) for ai, value in zip(parts[::2], parts[1::2], strict=True)}


_ESCAPE = re.compile(r"%([0-9A-Fa-f]{2})")


def unquote(text: str, *, query: bool = False) -> str:
    """Decodes %XX to the character of that number; a percent sign that begins no escape stays as it is."""
    if query:
        text = text.replace("+", " ")
    return _ESCAPE.sub(lambda found: chr(int(found[1], 16)), text) if "%" in text else text


def from_value(scheme: str, value: str) -> Code:
    """Reads a canonical value back ("01/09506000134352/21/7"); raises CodeError when it is not canonical."""
    parts = value.split("/")
    if len(parts) % 2 or parts[0] not in FORMS:
        raise CodeError("canonical", f"{value!r} is no canonical GS1 value", f"{value!r} 不是规范的 GS1 值")
    values = {ai: unquote(data) for ai, data in zip(parts[::2], parts[1::2], strict=True)}
    for ai, data in values.items():
        gs1_ai.check_value(ai, data)
    code = build(parts[0], values, f"{scheme}:{value}")
    if (code.scheme, code.value) != (scheme, value):
        raise CodeError("canonical", f"the canonical form is {code.canonical}", f"规范形式应为 {code.canonical}")
    return code
