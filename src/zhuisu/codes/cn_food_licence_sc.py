"""食品生产许可证编号, the number of a food production licence: SC and fourteen digits.

Layout: SC, 3 category (the first digit 1: food, 2: additive), 6 division of the authority (its zones included, so not
looked up), 4 sequence, 1 check digit. Check: ISO 7064 MOD 11,10 (GB/T 17710); found by trial, nine of ten printed
numbers agree. Source: 食品生产许可管理办法 and public pages about it. The QS numbers before it are not of this scheme.

>>> parse("sc 1146401050001 5").canonical
'cn.food_licence_sc:SC11464010500015'
"""

import re

from zhuisu.codes import forms, meanings
from zhuisu.codes.model import About, Code, CodeError, Field, Level, Meaning, Scheme

_FORM = re.compile(r"SC[0-9]{14}")
_KINDS = {"1": "food", "2": "additive"}


def parse(text: str) -> Code:
    """Reads a licence number; raises CodeError with rule "length", "form", "kind" or "check-digit"."""
    number = forms.sized(forms.compact(text).upper(), 16)
    if _FORM.fullmatch(number) is None:
        raise CodeError("form", "SC and fourteen digits", "应为 SC 加十四位数字")
    if number[2] not in _KINDS:
        raise CodeError("kind", "the category begins with 1 (food) or 2 (additive)", "类别编码应以 1 或 2 开头")
    wanted = forms.mod11_10(number[2:15])
    if number[15] != wanted:
        raise forms.wrong_check(number[15], wanted)
    parsed = {"kind": _KINDS[number[2]], "category": number[2:5], "division": number[5:11]}
    parsed |= {"seq": number[11:15], "check": number[15]}
    return Code("cn.food_licence_sc", number, Level.OTHER, parsed, text)


_CATEGORIES = {
    "1": ("food, category {0}", "食品，类别编号 {0}"),
    "2": ("food additive, category {0}", "食品添加剂，类别编号 {0}"),
}


def _category(text: str, _code: Code) -> Meaning:
    said, said_zh = _CATEGORIES[text[0]]
    return Meaning(said.format(text[1:]), said_zh.format(text[1:]), True)


ABOUT = About(
    "food production licence number",
    "食品生产许可证编号",
    (
        Field("prefix", "字头", 2, meanings.note("生产, production", "“生产”的拼音首字母", True)),
        Field("category", "食品类别", 3, _category),
        Field("division of the authority", "发证机关所在区划", 6, meanings.division),
        Field("sequence", "顺序号", 4, meanings.SEQUENCE),
        meanings.check_digit(1, "MOD 11,10", "MOD 11,10", lambda value: forms.mod11_10(value[2:15])),
    ),
    check="ISO 7064 MOD 11,10 (GB/T 17710)",
    evidence="empirical",
    where="on a pack of food, behind 生产许可证编号",
    where_zh="食品包装的“生产许可证编号”处",
    labels=("生产许可证",),
)
SCHEMES = (Scheme("cn.food_licence_sc", Level.OTHER, parse, 6, about=ABOUT),)
