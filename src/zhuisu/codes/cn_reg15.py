"""营业执照注册号, the registration number of a business before 2015: fifteen digits.

Layout: 6 registering authority (a division), 8 sequence, 1 check digit.
Check: ISO 7064 MOD 11,10 (GB/T 17710). Evidence: memory (0.85), so a wrong check digit is a warning, and no division
is demanded. Old records also hold longer registration texts; those are not of this scheme.

>>> parse("350200100001235").parsed
{'authority': '350200', 'seq': '10000123', 'check': '5'}
>>> parse("350200100001238").parsed["warning"]
'check character is 8, should be 5'
"""

from zhuisu.codes import cn_division, forms, meanings
from zhuisu.codes.model import About, Code, Field, Level, Scheme


def parse(text: str) -> Code:
    """Reads a registration number; raises CodeError with rule "length" or "characters"."""
    number = forms.digits(text, 15)
    parsed = {"authority": number[:6], "seq": number[6:14], "check": number[14]}
    code = Code("cn.reg15", number, Level.PARTY, parsed, text)
    wanted = forms.mod11_10(number[:14])
    if number[14] == wanted:
        return code
    error = forms.wrong_check(number[14], wanted)
    return forms.doubt(code, error.rule, error.message, error.message_zh)


def likely(code: Code) -> bool:
    """The authority's division is mostly in the table."""
    return cn_division.known(code.parsed["authority"])


ABOUT = About(
    "business registration number",
    "营业执照注册号",
    (
        Field("registering authority", "登记机关", 6, meanings.division),
        Field("sequence", "顺序码", 8, meanings.SEQUENCE),
        meanings.check_digit(1, "MOD 11,10", "MOD 11,10", lambda value: forms.mod11_10(value[:14])),
    ),
    check="ISO 7064 MOD 11,10 (GB/T 17710)",
    evidence="memory",
    where="on a business licence from before 2015",
    where_zh="2015 年以前的营业执照上",
    labels=("注册号",),
)
SCHEMES = (Scheme("cn.reg15", Level.PARTY, parse, 45, likely=likely, about=ABOUT),)
