"""Handle (RFC 3651), as in DOI and the 工业互联网标识解析体系: prefix of numbers with dots, slash, any suffix.

China's prefixes begin with 86, for the industrial internet with 88. The suffix is kept as it is. Evidence: memory (0.85).

>>> describe(parse("88.118.8/20261122000001"))
{'prefix': '88.118.8', 'suffix': '20261122000001', 'industrial_internet_cn': True}
"""

import re
from typing import Any

from zhuisu.codes.model import About, Code, CodeError, Field, Level, Meaning, Scheme

_FORM = re.compile(r"([0-9]+(?:\.[0-9]+)*)/(\S+)")


def parse(text: str) -> Code:
    """Reads a handle; raises CodeError with rule "form"."""
    name = text.strip()
    parts = _FORM.fullmatch(name)
    if parts is None or not (name.isprintable() and parts[1].isascii()):
        raise CodeError("form", "numbers with dots, a slash, and a suffix", "应为以点分隔的数字、斜线及后缀")
    return Code("handle", name, Level.OTHER, {"prefix": parts[1], "suffix": parts[2]}, text)


def describe(code: Code) -> dict[str, Any]:
    """The parts, and whether the prefix is of China's industrial internet."""
    return {**code.parsed, "industrial_internet_cn": f"{code.parsed['prefix']}.".startswith("88.")}


def likely(code: Code) -> bool | None:
    """A prefix without a dot could be the AI of a GS1 path."""
    return True if "." in code.parsed["prefix"] else None


def _prefix(text: str, _code: Code) -> Meaning:
    first = text.rstrip("/").partition(".")[0]
    if first == "88":
        return Meaning("China's industrial internet", "中国工业互联网标识", True)
    if first == "86":
        return Meaning("China", "中国", True)
    return Meaning("DOI", "DOI", True) if first == "10" else Meaning("a prefix not known here", "此处没有收录的前缀")


ABOUT = About(
    "Handle",
    "Handle 标识",
    (
        Field("prefix", "前缀", lambda code: len(code.parsed["prefix"]) + 1, _prefix),
        Field(
            "suffix",
            "后缀",
            None,
            lambda _text, _code: Meaning("assigned by the owner of the prefix", "由前缀持有者自编"),
        ),
    ),
    evidence="memory",
    where="in a symbol of the Handle system or the industrial internet",
    where_zh="Handle 或工业互联网标识的码中",
    labels=("handle",),
)
SCHEMES = (Scheme("handle", Level.OTHER, parse, 9, describe, likely, about=ABOUT),)
