"""畜禽标识, the ear tag of a pig, head of cattle or sheep: fifteen digits, one tag for one animal.

Layout: 1 species (1 猪, 2 牛, 3 羊), 6 county, 8 sequence; no check digit.
Source: 畜禽标识和养殖档案管理办法 (2006), art. 7 to 15. The county is not looked up: tags outlive a county's code.

>>> parse("1-370612-00001234").parsed
{'species': '猪', 'county': '370612', 'seq': '00001234'}
"""

from zhuisu.codes import cn_division, forms
from zhuisu.codes.model import Code, CodeError, Level, Scheme

_SPECIES = {"1": "猪", "2": "牛", "3": "羊"}


def parse(text: str) -> Code:
    """Reads an ear tag; raises CodeError with rule "length", "characters" or "kind"."""
    number = forms.digits(text, 15)
    if number[0] not in _SPECIES:
        raise CodeError("kind", "the species digit is 1, 2 or 3", "畜禽种类代码应为 1、2 或 3")
    parsed = {"species": _SPECIES[number[0]], "county": number[1:7], "seq": number[7:]}
    return Code("cn.livestock_tag15", number, Level.INSTANCE, parsed, text)


SCHEMES = (
    Scheme(
        "cn.livestock_tag15", Level.INSTANCE, parse, 40, likely=lambda code: cn_division.known(code.parsed["county"])
    ),
)
