"""组织机构代码, the organisation code of GB 11714-1997: eight characters and a check character.

Layout: 8 of 0-9 A-Z, then the check character (0-9 or X). Written with or without a hyphen before the check.
Check: weights 3 7 9 10 5 8 4 2, letters count from A = 10; 11 minus the sum modulo 11; 10 is X, 11 is 0.

>>> calc_check("60003734")
'1'
>>> parse("60003734-1").value
'600037341'
"""

import re

from zhuisu.codes import meanings
from zhuisu.codes.model import About, Code, CodeError, Field, Level, Scheme

_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)
_FORM = re.compile(r"[0-9A-Z]{8}[0-9X]")


def compact(text: str) -> str:
    """The code without blanks and hyphens, in upper case."""
    return re.sub(r"[\s\-]+", "", text).upper()


def calc_check(body: str) -> str:
    """The check character for the eight before it."""
    total = sum(int(char, 36) * weight for char, weight in zip(body, _WEIGHTS, strict=True))
    return "0123456789X0"[11 - total % 11]


def parse(text: str) -> Code:
    """Reads an organisation code; raises CodeError with rule "length", "characters" or "check-digit"."""
    code = compact(text)
    if len(code) != 9:
        raise CodeError("length", f"{len(code)} characters, should be 9", f"有 {len(code)} 个字符，应为 9 个")
    if _FORM.fullmatch(code) is None:
        raise CodeError("characters", "eight of 0-9 A-Z, then 0-9 or X", "前八位为数字或大写字母，末位为数字或 X")
    wanted = calc_check(code[:8])
    if code[8] != wanted:
        raise CodeError(
            "check-digit",
            f"check character is {code[8]}, should be {wanted}",
            f"校验码为 {code[8]}，应为 {wanted}",
        )
    return Code("cn.org_code", code, Level.PARTY, {"body": code[:8], "check": code[8]}, text)


ABOUT = About(
    "organisation code",
    "组织机构代码",
    (
        Field("body", "本体代码", 8, meanings.SEQUENCE),
        meanings.check_digit(1, "mod 11 of GB 11714", "GB 11714 模 11", lambda value: calc_check(value[:8])),
    ),
    check="mod 11 (GB 11714-1997)",
    evidence="standard",
    where="on old certificates of an organisation, behind 组织机构代码",
    where_zh="旧版证照的“组织机构代码”处",
    labels=("组织机构代码",),
)
SCHEMES = (Scheme("cn.org_code", Level.PARTY, parse, 60, about=ABOUT),)
