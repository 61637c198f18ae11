"""营业执照注册号, the registration number of a business before 2015: fifteen digits.

Layout: 6 registering authority (a division), 8 sequence, 1 check digit.
Check: ISO 7064 MOD 11,10 (GB/T 17710). Evidence: memory (0.85), so a wrong check digit is a warning, and no division
is demanded. Old records also hold longer registration texts; those are not of this scheme.

>>> parse("350200100001235").parsed
{'authority': '350200', 'seq': '10000123', 'check': '5'}
>>> parse("350200100001238").parsed["warning"]
'check character is 8, should be 5'
"""

from zhuisu.codes import cn_division, forms
from zhuisu.codes.model import Code, Level, Scheme


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


SCHEMES = (Scheme("cn.reg15", Level.PARTY, parse, 45, likely=lambda code: cn_division.known(code.parsed["authority"])),)
