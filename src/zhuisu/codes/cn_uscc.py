"""统一社会信用代码, the unified social credit code of GB 32100-2015: eighteen characters.

Layout: 1 registering department, 1 category, 6 division (GB/T 2260, digits), 9 organisation code (GB 11714),
1 check character; all from 0-9 A-Z without I O S V Z.
Check: weights 3^(i-1) mod 31; 31 minus the sum modulo 31, read in the same alphabet. The organisation code inside
carries its own check character, which is checked too.

>>> calc_check("91110000600037341")
'L'
"""

import re

from zhuisu.codes import cn_org_code
from zhuisu.codes.model import Code, CodeError, Level, Scheme

_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_FORM = re.compile(f"[{_ALPHABET}]{{2}}[0-9]{{6}}[{_ALPHABET}]{{10}}")


def compact(text: str) -> str:
    """The code without blanks and hyphens, in upper case."""
    return re.sub(r"[\s\-]+", "", text).upper()


def calc_check(body: str) -> str:
    """The check character for the seventeen before it."""
    total = sum(_ALPHABET.index(char) * pow(3, place, 31) for place, char in enumerate(body))
    return _ALPHABET[-total % 31]


def parse(text: str) -> Code:
    """Reads a unified social credit code; raises CodeError with rule "length", "characters" or "check-digit"."""
    code = compact(text)
    if len(code) != 18:
        raise CodeError("length", f"{len(code)} characters, should be 18", f"有 {len(code)} 个字符，应为 18 个")
    if _FORM.fullmatch(code) is None:
        raise CodeError(
            "characters",
            "0-9 and A-Z without I O S V Z, and digits in places 3 to 8",
            "只用数字与大写字母（不含 I、O、S、V、Z），第 3 至 8 位为数字",
        )
    wanted = calc_check(code[:17])
    if code[17] != wanted:
        raise CodeError(
            "check-digit",
            f"check character is {code[17]}, should be {wanted}",
            f"校验码为 {code[17]}，应为 {wanted}",
        )
    inner = cn_org_code.calc_check(code[8:16])
    if code[16] != inner:
        raise CodeError(
            "check-digit",
            f"check character of the organisation code inside is {code[16]}, should be {inner}",
            f"其中组织机构代码的校验码为 {code[16]}，应为 {inner}",
        )
    parsed = {"dept": code[0], "category": code[1], "division": code[2:8], "org_code": code[8:17], "check": code[17]}
    return Code("cn.uscc", code, Level.PARTY, parsed, text)


SCHEMES = (Scheme("cn.uscc", Level.PARTY, parse, 5),)
