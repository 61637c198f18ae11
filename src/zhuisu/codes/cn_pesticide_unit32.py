"""农药单元识别代码, the unit code on every sales pack of a pesticide: thirty-two digits.

Layout: 1 category (1 PD, 2 WP; 3 LS, temporary, until 2017), 6 last digits of the registration number, 1 production
(1 by the holder, 2 commissioned making, 3 commissioned packing), 3 specification chosen by the firm, 21 random.
No check digit. Source: 农业农村部公告第1049号 (from 2026-11-01), before it 农业部公告第2579号, by public pages and code.

>>> parse("10929272000000000000000000000000").parsed["production"]
'委托加工'
"""

from zhuisu.codes import forms, meanings
from zhuisu.codes.model import About, Code, CodeError, Field, Level, Scheme

_CATEGORIES = {"1": "PD", "2": "WP", "3": "LS"}
_PRODUCTION = {"1": "登记证持有人生产", "2": "委托加工", "3": "委托分装"}


def parse(text: str) -> Code:
    """Reads a unit code; raises CodeError with rule "length", "characters" or "kind"."""
    number = forms.digits(text, 32)
    if number[0] not in _CATEGORIES:
        raise CodeError("kind", "the category digit is 1, 2 or 3", "登记类别代码应为 1、2 或 3")
    if number[7] not in _PRODUCTION:
        raise CodeError("kind", "the production digit is 1, 2 or 3", "生产类型代码应为 1、2 或 3")
    parsed = {"category": _CATEGORIES[number[0]], "reg_last6": number[1:7], "production": _PRODUCTION[number[7]]}
    parsed |= {"spec": number[8:11], "random": number[11:]}
    return Code("cn.pesticide_unit32", number, Level.INSTANCE, parsed, text)


_KINDS = {
    "1": ("pesticide (PD)", "农药登记（PD）"),
    "2": ("hygienic pesticide (WP)", "卫生用农药登记（WP）"),
    "3": ("temporary registration (LS), until 2017", "临时登记（LS），2017 年止"),
}
_MAKING = {
    "1": ("made by the holder of the registration", "登记证持有人生产"),
    "2": ("commissioned making", "委托加工"),
    "3": ("commissioned packing", "委托分装"),
}
ABOUT = About(
    "pesticide unit code",
    "农药单元识别代码",
    (
        Field("category", "登记类别", 1, meanings.one_of(_KINDS)),
        Field(
            "registration",
            "登记证号后六位",
            6,
            meanings.note("the last six digits of the registration number", "农药登记证号的后六位数字"),
        ),
        Field("production", "生产类型", 1, meanings.one_of(_MAKING)),
        Field("specification", "产品规格", 3, meanings.note("chosen by the firm", "企业自行编制")),
        Field("random number", "随机码", 21, meanings.RANDOM),
    ),
    where="in the QR code on a pesticide's pack",
    where_zh="农药标签的二维码中",
    labels=("单元识别代码", "农药追溯码"),
)
SCHEMES = (Scheme("cn.pesticide_unit32", Level.INSTANCE, parse, 40, about=ABOUT),)
