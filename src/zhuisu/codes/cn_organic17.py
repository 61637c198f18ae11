"""有机码, the code on the smallest sales pack of a certified organic product: seventeen digits.

Layout: 3 certifier, 2 year (of this century), 12 random; no check digit. The words 有机码 before it are no part of it.
Source: one public page on the rules of 国家认监委.

>>> parse("00226000000000001").parsed
{'certifier': '002', 'year': '2026', 'random': '000000000001'}
"""

from zhuisu.codes import forms
from zhuisu.codes.model import Code, Level, Scheme


def parse(text: str) -> Code:
    """Reads an organic code; raises CodeError with rule "length" or "characters"."""
    number = forms.digits(text, 17)
    parsed = {"certifier": number[:3], "year": f"20{number[3:5]}", "random": number[5:]}
    return Code("cn.organic17", number, Level.INSTANCE, parsed, text)


def likely(code: Code) -> bool:
    """The codes began in 2012; half a century of them is enough."""
    return "2012" <= code.parsed["year"] <= "2062"


SCHEMES = (Scheme("cn.organic17", Level.INSTANCE, parse, 44, None, likely),)
