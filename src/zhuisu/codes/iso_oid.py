"""OID, object identifiers of ISO/IEC 9834-1 and GB/T 17969.1: numbers with dots between them.

The first arc is 0, 1 or 2, the second under 0 and 1 at most 39; no leading zeros. China: 1.2.156 and 2.16.156.
Evidence: memory (0.95), so an arc out of range is a warning.

>>> describe(parse("1.2.156.3001.1"))
{'arcs': 5, 'china': True}
"""

import re
from dataclasses import replace
from typing import Any

from zhuisu.codes import forms
from zhuisu.codes.model import About, Code, CodeError, Level, Part, Scheme

_FORM = re.compile(r"(?:0|[1-9][0-9]*)(?:\.(?:0|[1-9][0-9]*))+")
# A version or a decimal number has fewer.
_LEAST_GUESSED = 3


def parse(text: str) -> Code:
    """Reads an OID; raises CodeError with rule "form"."""
    oid = text.strip()
    if _FORM.fullmatch(oid) is None:
        raise CodeError("form", "numbers without leading zeros, dots between", "应为以点分隔、无前导零的数字")
    first, second = oid.split(".")[:2]
    china = f"{oid}.".startswith(("1.2.156.", "2.16.156."))
    parsed = {"arcs": str(oid.count(".") + 1), "china": "1" if china else ""}
    code = Code("iso.oid", oid, Level.OTHER, parsed, text)
    # Compared as text where it is long: a number of thousands of digits is no number to Python.
    if first in ("0", "1", "2") and (first == "2" or (len(second) <= 2 and int(second) <= 39)):
        return code
    return forms.doubt(code, "arc", "the first arc is 0-2, the second under 0 and 1 at most 39", "首两段超出范围")


def describe(code: Code) -> dict[str, Any]:
    """How many arcs, and whether they are China's."""
    return {"arcs": int(code.parsed["arcs"]), "china": bool(code.parsed["china"])}


def likely(code: Code) -> bool | None:
    """Whether the text is longer than a version number or a decimal."""
    return True if int(code.parsed["arcs"]) >= _LEAST_GUESSED else None


# By their dotted path.
_ARCS = {
    "0": ("ITU-T", "ITU-T"),
    "1": ("ISO", "ISO"),
    "2": ("ISO and ITU-T together", "ISO 与 ITU-T 联合"),
    "1.2": ("a member body of ISO", "ISO 成员体"),
    "2.16": ("a country", "国家"),
    "1.2.156": ("China", "中国"),
    "2.16.156": ("China", "中国"),
}


def layout(code: Code) -> list[Part]:
    """The arcs that are known, each with the dot behind it; the rest in one part."""
    arcs = code.value.split(".")
    wrong = "warning" in code.parsed
    parts = []
    for place in range(1, len(arcs) + 1):
        known = _ARCS.get(".".join(arcs[:place]))
        if known is None:
            break
        parts.append(Part(arcs[place - 1], "arc", "弧", *known, True))
    if rest := ".".join(arcs[len(parts) :]):
        said = ("out of range", "超出范围") if wrong else ("assigned under the arcs before it", "由上级弧的管理者分配")
        parts.append(Part(rest, "further arcs", "后续弧", *said, False if wrong else None))
    last = len(parts) - 1
    return [replace(part, text=part.text + ("." if place < last else "")) for place, part in enumerate(parts)]


ABOUT = About(
    "object identifier (OID)",
    "对象标识符（OID）",
    layout,
    check="the ranges of the first two arcs",
    evidence="memory",
    where="where an OID is meant",
    where_zh="表示 OID 之处",
    labels=("oid",),
)
SCHEMES = (Scheme("iso.oid", Level.OTHER, parse, 8, describe, likely, about=ABOUT),)
