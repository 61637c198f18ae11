"""畜禽标识, the ear tag of a pig, head of cattle or sheep: fifteen digits, one tag for one animal.

Layout: 1 species (1 猪, 2 牛, 3 羊), 6 county, 8 sequence; no check digit.
Source: 畜禽标识和养殖档案管理办法 (2006), art. 7 to 15. The county is not looked up: tags outlive a county's code.

>>> parse("1-370612-00001234").parsed
{'species': '猪', 'county': '370612', 'seq': '00001234'}
"""

from zhuisu.codes import cn_division, forms, meanings
from zhuisu.codes.model import About, Code, CodeError, Field, Level, Scheme

_SPECIES = {"1": "猪", "2": "牛", "3": "羊"}


def parse(text: str) -> Code:
    """Reads an ear tag; raises CodeError with rule "length", "characters" or "kind"."""
    number = forms.digits(text, 15)
    if number[0] not in _SPECIES:
        raise CodeError("kind", "the species digit is 1, 2 or 3", "畜禽种类代码应为 1、2 或 3")
    parsed = {"species": _SPECIES[number[0]], "county": number[1:7], "seq": number[7:]}
    return Code("cn.livestock_tag15", number, Level.INSTANCE, parsed, text)


def likely(code: Code) -> bool:
    """A tag's county is mostly in the table."""
    return cn_division.known(code.parsed["county"])


_KINDS = {"1": ("pig", "猪"), "2": ("cattle", "牛"), "3": ("sheep or goat", "羊")}
ABOUT = About(
    "livestock ear tag",
    "畜禽标识（耳标）",
    (
        Field("species", "畜种", 1, meanings.one_of(_KINDS)),
        Field("county", "县级区划", 6, meanings.division),
        Field("sequence", "顺序号", 8, meanings.SEQUENCE),
    ),
    where="on an animal's ear tag",
    where_zh="牲畜耳标上",
    labels=("耳标", "畜禽标识"),
)
SCHEMES = (Scheme("cn.livestock_tag15", Level.INSTANCE, parse, 40, likely=likely, about=ABOUT),)
