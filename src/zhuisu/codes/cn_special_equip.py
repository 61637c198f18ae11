"""特种设备 (boilers, lifts, cranes …): the equipment code of the maker, and the number of its registration.

Equipment code, 17 or 18 characters: 4 kind, 5 maker (2 region, 3 licence), 4 year, then 5 sequence, or 4 in TSG 21 and
older texts (memory, 0.85; accepted); its first place may be a letter when the digits run out. Source: 特种设备代码编号方法.
Registration number, 20 digits: 4 kind, 6 division, 6 year and month, 4 sequence. No check digits. That the first digit
of a kind is 1-6, 8 or 9 is memory (0.9): another one is a warning.

>>> describe(parse_code("215010890201500098"))
{'product': '2150', 'maker': '10890', 'year': '2015', 'seq': '00098', 'digits': 18}
>>> parse_registration("21603101012006010101").parsed["month"]
'200601'
"""

import re
from typing import Any

from zhuisu.codes import cn_division, forms
from zhuisu.codes.model import Code, CodeError, Level, Scheme

_FORM = re.compile("[0-9]{13}[0-9A-Z][0-9]{3,4}")
_KINDS = "12345689"


def _with_kind(code: Code) -> Code:
    if code.value[0] in _KINDS:
        return code
    return forms.doubt(code, "kind", f"no kind begins with {code.value[0]}", f"设备品种首位不应为 {code.value[0]}")


def parse_code(text: str) -> Code:
    """Reads a 特种设备代码; raises CodeError with rule "length" or "form"."""
    number = forms.sized(forms.compact(text).upper(), 17, 18)
    if _FORM.fullmatch(number) is None:
        raise CodeError(
            "form",
            "digits; only the first place of the sequence may be a letter",
            "应为数字，仅顺序号首位可为字母",
        )
    parsed = {"product": number[:4], "maker": number[4:9], "year": number[9:13], "seq": number[13:]}
    return _with_kind(Code("cn.special_equip_code", number, Level.ASSET, parsed, text))


def describe(code: Code) -> dict[str, Any]:
    """The parts, and how many characters this form has."""
    parts = {name: code.parsed[name] for name in ("product", "maker", "year", "seq")}
    return {**parts, "digits": len(code.value)}


def parse_registration(text: str) -> Code:
    """Reads a 特种设备注册代码; raises CodeError with rule "length", "characters" or "date"."""
    number = forms.digits(text, 20)
    if not forms.is_date(int(number[10:14]), int(number[14:16]), 1):
        raise forms.no_date(number[10:16])
    parsed = {"product": number[:4], "division": number[4:10], "month": number[10:16], "seq": number[16:]}
    return _with_kind(Code("cn.special_equip_reg20", number, Level.ASSET, parsed, text))


def _likely_code(code: Code) -> bool | None:
    return True if "1950" <= code.parsed["year"] < "2100" else None


def _likely_registration(code: Code) -> bool | None:
    return True if "1950" <= code.parsed["month"] < "2100" and cn_division.known(code.parsed["division"]) else None


SCHEMES = (
    Scheme("cn.special_equip_code", Level.ASSET, parse_code, 43, describe, _likely_code),
    Scheme("cn.special_equip_reg20", Level.ASSET, parse_registration, 42, None, _likely_registration),
)
