"""有机码, the code on the smallest sales pack of a certified organic product: seventeen digits.

Layout: 3 certifier, 2 year (of this century), 12 random; no check digit. The words 有机码 before it are no part of it.
Source: one public page on the rules of 国家认监委.

>>> parse("00226000000000001").parsed
{'certifier': '002', 'year': '2026', 'random': '000000000001'}
"""

from zhuisu.codes import forms, meanings
from zhuisu.codes.model import About, Code, Field, Level, Meaning, Scheme


def parse(text: str) -> Code:
    """Reads an organic code; raises CodeError with rule "length" or "characters"."""
    number = forms.digits(text, 17)
    parsed = {"certifier": number[:3], "year": f"20{number[3:5]}", "random": number[5:]}
    return Code("cn.organic17", number, Level.INSTANCE, parsed, text)


def likely(code: Code) -> bool:
    """The codes began in 2012; half a century of them is enough."""
    return "2012" <= code.parsed["year"] <= "2062"


def _year(text: str, code: Code) -> Meaning:
    plausible = True if likely(code) else None
    return Meaning(f"20{text}", f"20{text} 年", plausible)


ABOUT = About(
    "organic product code",
    "有机码",
    (
        Field(
            "certifier",
            "认证机构",
            3,
            meanings.note("its number in the national list, which is not kept here", "认证机构代号，此处没有名录"),
        ),
        Field("year", "年份", 2, _year),
        Field("random number", "随机号", 12, meanings.RANDOM),
    ),
    where="on an organic product's mark, behind 有机码",
    where_zh="有机产品标志的“有机码”处",
    labels=("有机码",),
)
SCHEMES = (Scheme("cn.organic17", Level.INSTANCE, parse, 44, None, likely, about=ABOUT),)
