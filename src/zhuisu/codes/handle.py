"""Handle (RFC 3651), as in DOI and the 工业互联网标识解析体系: prefix of numbers with dots, slash, any suffix.

China's prefixes begin with 86, for the industrial internet with 88. The suffix is kept as it is. Evidence: memory (0.85).

>>> describe(parse("88.118.8/20261122000001"))
{'prefix': '88.118.8', 'suffix': '20261122000001', 'industrial_internet_cn': True}
"""

import re
from typing import Any

from zhuisu.codes.model import Code, CodeError, Level, Scheme

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


SCHEMES = (Scheme("handle", Level.OTHER, parse, 9, describe, likely),)
