"""国家药品编码本位码, the base code of a drug product: fourteen digits.

Layout: 86 (China), 9 (drug), 5 holder, 5 product, 1 check digit. Check: GS1 mod 10; found by trial, three of three
published codes agree. Source: 国家药品编码规则. It can be taken for a GTIN-14, so a bare number may be either.

>>> parse("86903931000326").parsed["product"]
'00032'
"""

from zhuisu.codes import forms, meanings
from zhuisu.codes.model import About, Code, CodeError, Field, Level, Scheme


def calc_check(body: str) -> str:
    """The check digit for the thirteen before it (GS1 mod 10).

    >>> calc_check("8690393100032")
    '6'
    """
    return str(-sum(int(digit) * (1 if place % 2 else 3) for place, digit in enumerate(body)) % 10)


def parse(text: str) -> Code:
    """Reads a base code; raises CodeError with rule "length", "characters", "prefix" or "check-digit"."""
    number = forms.digits(text, 14)
    if not number.startswith("869"):
        raise CodeError("prefix", "a drug's base code begins with 869", "药品本位码应以 869 开头")
    wanted = calc_check(number[:13])
    if number[13] != wanted:
        raise forms.wrong_check(number[13], wanted)
    parsed = {"country": "86", "klass": "9", "holder": number[3:8], "product": number[8:13], "check": number[13]}
    return Code("cn.drug_base_code", number, Level.CLASS, parsed, text)


ABOUT = About(
    "drug base code",
    "药品本位码",
    (
        Field("country", "国别码", 2, meanings.note("China", "中国", True)),
        Field("class", "类别码", 1, meanings.note("a drug", "药品", True)),
        Field("holder", "企业标识", 5),
        Field("product", "产品标识", 5),
        meanings.check_digit(1, "GS1 mod 10", "GS1 模 10", lambda value: calc_check(value[:-1])),
    ),
    check="GS1 mod 10",
    evidence="empirical",
    where="behind 药品本位码 in the register of drugs",
    where_zh="药品登记信息的“药品本位码”处",
    labels=("本位码",),
)
SCHEMES = (Scheme("cn.drug_base_code", Level.CLASS, parse, 25, about=ABOUT),)
