"""居民身份证号, the citizen identification number of GB 11643-1999: seventeen digits and a check character.

Layout: 6 division, 8 date of birth, 3 sequence (odd: male), 1 check character 0-9 or X; also on the 港澳台居民居住证
(81, 82, 83 in front). Check: ISO 7064 MOD 11-2. The division is never looked up: a number keeps the division of the
day it was given, under a code that may have been younger than the person.

A personal number (PIPL art. 28 and 51). `value` and `canonical` hold it in full, because it is a key: never print or
log them. What may be shown is `Code.shown`, and `parsed`, which is masked; repr() of the code is masked too. It is
never guessed from a bare text, has no URN and is refused in events, which nobody can delete.

>>> code = parse("11010519491231002x")
>>> code.shown, code.parsed
('cn.ric:110***********002X', {'masked': '110***********002X'})
"""

import re
from datetime import date
from typing import Any

from zhuisu.codes import forms
from zhuisu.codes.model import About, Code, CodeError, Level, Part, Scheme, masked

_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_FORM = re.compile(r"[0-9]{17}[0-9X]")
# Without a date to compare with: nobody alive was born before, and a number from after it is a slip of the pen.
EARLIEST, LATEST = date(1800, 1, 1), date(2049, 12, 31)


def calc_check(body: str) -> str:
    """The check character for the seventeen digits before it.

    >>> calc_check("11010519491231002")
    'X'
    """
    total = sum(int(digit) * weight for digit, weight in zip(body, _WEIGHTS, strict=True))
    return "10X98765432"[total % 11]


def parse(text: str, today: date | None = None) -> Code:
    """Reads a number; raises CodeError with rule "length", "characters", "date" or "check-digit".

    With `today` a birth after it is refused; a face that knows the day gives it. No message holds the number.
    """
    number = forms.sized(forms.compact(text).upper(), 18)
    if _FORM.fullmatch(number) is None:
        raise CodeError("characters", "seventeen digits, then a digit or X", "前十七位为数字，末位为数字或 X")
    year, month, day = int(number[6:10]), int(number[10:12]), int(number[12:14])
    if not forms.is_date(year, month, day):
        raise CodeError("date", "the date of birth does not exist", "出生日期不存在")
    if not EARLIEST <= date(year, month, day) <= (today or LATEST):
        raise CodeError("date", "the date of birth is out of range", "出生日期超出范围")
    wanted = calc_check(number[:17])
    if number[17] != wanted:
        raise forms.wrong_check(number[17], wanted)
    return Code("cn.ric", number, Level.PARTY, {"masked": masked(number)}, text)


def describe(code: Code) -> dict[str, Any]:
    """The parts of the number, for who gave it and asks for them by the scheme's name. Together they are the number."""
    number = code.value
    birth = f"{number[6:10]}-{number[10:12]}-{number[12:14]}"
    sex = "M" if int(number[16]) % 2 else "F"
    return {"division": number[:6], "birth": birth, "sex": sex, "seq": number[14:17], "check": number[17]}


def layout(code: Code) -> list[Part]:
    """The parts, masked as the number is; their texts together are the masked number."""
    text = masked(code.value)
    right = "right, by MOD 11-2", "正确（MOD 11-2）"
    return [
        Part(
            text[:6],
            "division",
            "行政区划",
            "of the day the number was given; not looked up",
            "编号当时的区划，不作核对",
            None,
        ),
        Part(text[6:14], "date of birth", "出生日期", "exists; not shown", "日期存在，不予显示", True),
        Part(text[14:17], "sequence", "顺序码", "among those born there that day", "同日同地出生者的顺序", None),
        Part(text[17], "check character", "校验码", *right, True),
    ]


ABOUT = About(
    "citizen identification number",
    "居民身份证号",
    layout,
    check="ISO 7064 MOD 11-2 (GB 11643-1999)",
    evidence="standard",
    where="on a person's identity card",
    where_zh="居民身份证上",
    labels=("身份证", "公民身份号码", "身份号码"),
)
SCHEMES = (Scheme("cn.ric", Level.PARTY, parse, None, describe, about=ABOUT),)
