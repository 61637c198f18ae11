"""工业雷管编码, the code on the shell of a detonator: thirteen characters, not repeated in ten years.

Layout: 2 maker (01-99), 1 last digit of the year, 2 month, 2 day, 1 feature (a digit or a letter, but none of the small
letters c o s u v w x z), 5 sequence. Case counts. No check digit. Source: 工业雷管编码基本规则 (GA 441), one public page.

>>> parse("5320602A00123").parsed["feature"]
'A'
"""

import re

from zhuisu.codes import forms, meanings
from zhuisu.codes.model import About, Code, CodeError, Field, Level, Meaning, Scheme

_FORM = re.compile("[0-9]{7}[0-9A-Za-z][0-9]{5}")
# Years of a decade that have a 29 February depend on the decade; even digits may.
_YEARS = {True: 2024, False: 2023}


def parse(text: str) -> Code:
    """Reads a detonator's code; raises CodeError with rule "length", "form", "maker", "date" or "characters"."""
    code = forms.sized(forms.compact(text), 13)
    if _FORM.fullmatch(code) is None:
        raise CodeError("form", "digits; only place 8 may be a letter", "应为数字，仅第 8 位可为字母")
    if code[:2] == "00":
        raise CodeError("maker", "the maker is 01 to 99", "生产企业代号应为 01 至 99")
    if not forms.is_date(_YEARS[int(code[2]) % 2 == 0], int(code[3:5]), int(code[5:7])):
        raise forms.no_date(code[3:7])
    if code[7] in "cosuvwxz":
        raise CodeError("characters", f"the feature is never {code[7]}", f"特征号不使用字母 {code[7]}")
    parsed = {"maker": code[:2], "year_digit": code[2], "month": code[3:5], "day": code[5:7]}
    return Code("cn.detonator13", code, Level.INSTANCE, parsed | {"feature": code[7], "seq": code[8:]}, text)


def likely(code: Code) -> bool | None:
    """Thirteen digits are a GTIN, right or mistyped; only a letter as feature tells a detonator from it."""
    return True if code.value[7].isalpha() else None


def _month_and_day(text: str, code: Code) -> Meaning:
    year = code.value[2]
    return Meaning(
        f"{text[:2]}-{text[2:]} of a year that ends in {year}",
        f"尾数为 {year} 之年的 {int(text[:2])} 月 {int(text[2:])} 日",
        True,
    )


ABOUT = About(
    "detonator code",
    "工业雷管编码",
    (
        Field(
            "maker", "生产企业代号", 2, meanings.note("one of 01 to 99; the list is not public", "01 至 99，名录不公开")
        ),
        Field(
            "last digit of the year",
            "年份末位",
            1,
            meanings.note("no code comes again within ten years", "十年内不重复"),
        ),
        Field("month and day", "月日", 4, _month_and_day),
        Field("feature", "特征号", 1, meanings.note("type or line, by the maker's own rule", "品种或机台，由企业自定")),
        Field("sequence", "流水号", 5, meanings.SEQUENCE),
    ),
    where="on the shell of a detonator, or its box",
    where_zh="雷管管壳或其包装上",
    labels=("雷管编码", "管壳码"),
)
SCHEMES = (Scheme("cn.detonator13", Level.INSTANCE, parse, 40, likely=likely, about=ABOUT),)
