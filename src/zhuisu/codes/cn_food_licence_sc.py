"""食品生产许可证编号, the number of a food production licence: SC and fourteen digits.

Layout: SC, 3 category (the first digit 1: food, 2: additive), 6 division of the authority (its zones included, so not
looked up), 4 sequence, 1 check digit. Check: ISO 7064 MOD 11,10 (GB/T 17710); found by trial, nine of ten printed
numbers agree. Source: 食品生产许可管理办法 and public pages about it. The QS numbers before it are not of this scheme.

>>> parse("sc 1146401050001 5").canonical
'cn.food_licence_sc:SC11464010500015'
"""

import re

from zhuisu.codes import forms
from zhuisu.codes.model import Code, CodeError, Level, Scheme

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


SCHEMES = (Scheme("cn.food_licence_sc", Level.OTHER, parse, 6),)
