"""特种设备 (boilers, lifts, cranes …): the equipment code of the maker, and the number of its registration.

Equipment code, 17 or 18 characters: 4 kind, 5 maker (2 region, 3 licence), 4 year, then 5 sequence, or 4 in TSG 21 and
older texts (memory, 0.85; accepted); its first place may be a letter when the digits run out. Source: 特种设备代码编号方法.
Registration number, 20 digits: 4 kind, 6 division, 6 year and month, 4 sequence, which for pressure piping (kind 8…) goes on
with A000 after 9999. No check digits. That the first digit
of a kind is 1-6, 8 or 9 is memory (0.9): another one is a warning. The catalogue goes on with letters in the second place
where the digits run out (4D00 mechanical parking; memory, 0.8): such a kind is read, with a warning.

>>> describe(parse_code("215010890201500098"))
{'product': '2150', 'maker': '10890', 'year': '2015', 'seq': '00098', 'digits': 18}
>>> parse_registration("21603101012006010101").parsed["month"]
'200601'
"""

import re
from typing import Any

from zhuisu.codes import cn_division, cn_ric, forms, meanings
from zhuisu.codes.model import About, Code, CodeError, Field, Level, Meaning, Scheme

_FORM = re.compile("[0-9][0-9A-F][0-9]{11}[0-9A-Z][0-9]{3,4}")
_REGISTRATION_FORM = re.compile("[0-9][0-9A-F][0-9]{18}|8[0-9]{15}[A-Z][0-9]{3}")
_KINDS = "12345689"


def _with_kind(code: Code) -> Code:
    if code.value[1].isalpha():
        return forms.doubt(
            code, "kind", f"kind {code.value[:4]} with a letter", f"设备品种代码 {code.value[:4]} 带字母"
        )
    if code.value[0] in _KINDS:
        return code
    return forms.doubt(code, "kind", f"no kind begins with {code.value[0]}", f"设备品种首位不应为 {code.value[0]}")


def parse_code(text: str) -> Code:
    """Reads a 特种设备代码; raises CodeError with rule "length" or "form"."""
    number = forms.sized(forms.compact(text).upper(), 17, 18)
    if _FORM.fullmatch(number) is None:
        raise CodeError(
            "form",
            "digits; only the second place of the kind and the first of the sequence may be a letter",
            "应为数字，仅品种第二位和顺序号首位可为字母",
        )
    parsed = {"product": number[:4], "maker": number[4:9], "year": number[9:13], "seq": number[13:]}
    return _with_kind(Code("cn.special_equip_code", number, Level.ASSET, parsed, text))


def describe(code: Code) -> dict[str, Any]:
    """The parts, and how many characters this form has."""
    parts = {name: code.parsed[name] for name in ("product", "maker", "year", "seq")}
    return {**parts, "digits": len(code.value)}


def parse_registration(text: str) -> Code:
    """Reads a 特种设备注册代码; raises CodeError with rule "length", "characters" or "date"."""
    number = forms.sized(forms.compact(text).upper(), 20)
    if _REGISTRATION_FORM.fullmatch(number) is None:
        raise CodeError(
            "characters",
            "only digits; of pressure piping (8…) the sequence may begin with a letter",
            "只能是数字；压力管道（8 开头）的顺序号首位可为字母",
        )
    if not forms.is_date(int(number[10:14]), int(number[14:16]), 1):
        raise forms.no_date(number[10:16])
    parsed = {"product": number[:4], "division": number[4:10], "month": number[10:16], "seq": number[16:]}
    return _with_kind(Code("cn.special_equip_reg20", number, Level.ASSET, parsed, text))


def _likely_code(code: Code) -> bool | None:
    return True if "1950" <= code.parsed["year"] < "2100" and not _person(code.value) else None


def _person(number: str) -> bool:
    """Whether it is the right number of a person, date and check: then it is rather that, and shown to nobody."""
    try:
        cn_ric.parse(number)
    except CodeError:
        return False
    return True


def _likely_registration(code: Code) -> bool | None:
    return True if "1950" <= code.parsed["month"] < "2100" and cn_division.known(code.parsed["division"]) else None


_NAMES = {
    "1": ("boiler", "锅炉"),
    "2": ("pressure vessel", "压力容器"),
    "3": ("lift", "电梯"),
    "4": ("crane", "起重机械"),
    "5": ("vehicle for factory grounds", "场（厂）内专用机动车辆"),
    "6": ("amusement ride", "大型游乐设施"),
    "8": ("pressure piping", "压力管道"),
    "9": ("passenger ropeway", "客运索道"),
}


def _kind(text: str, _code: Code) -> Meaning:
    names = _NAMES.get(text[0])
    return (
        Meaning(*names, True)
        if names
        else Meaning(f"no kind begins with {text[0]}", f"设备品种首位不应为 {text[0]}", False)
    )


def _year(text: str, code: Code) -> Meaning:
    return Meaning(f"made in {text}", f"{text} 年制造", _likely_code(code))


_CODE = About(
    "special equipment code",
    "特种设备代码",
    (
        Field("kind", "设备品种", 4, _kind),
        Field(
            "maker",
            "制造单位",
            5,
            meanings.note("region and licence number; the list is not kept here", "地区与许可编号，此处没有名录"),
        ),
        Field("year", "制造年份", 4, _year),
        Field("sequence", "顺序号", None, meanings.SEQUENCE),
    ),
    evidence="memory",
    where="on the product plate of a boiler, vessel, lift, crane …",
    where_zh="设备产品铭牌的“设备代码”处",
    labels=("设备代码",),
)
_REGISTRATION = About(
    "special equipment registration number",
    "特种设备注册代码",
    (
        Field("kind", "设备品种", 4, _kind),
        Field("division", "注册机构区划", 6, meanings.division),
        Field("month", "注册年月", 6, meanings.day),
        Field("sequence", "顺序号", 4, meanings.SEQUENCE),
    ),
    evidence="memory",
    where="on a registration certificate of equipment, behind 注册代码",
    where_zh="使用登记证的“注册代码”处",
    labels=("注册代码",),
)
SCHEMES = (
    Scheme("cn.special_equip_code", Level.ASSET, parse_code, 43, describe, _likely_code, about=_CODE),
    Scheme(
        "cn.special_equip_reg20", Level.ASSET, parse_registration, 42, None, _likely_registration, about=_REGISTRATION
    ),
)
