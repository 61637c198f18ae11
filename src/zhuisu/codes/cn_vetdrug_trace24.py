"""兽药追溯码, the code on every pack of a veterinary drug: twenty-four digits.

Layout: 8 date of application, 5 enterprise, 11 random; no check digit. Issued by the national system, on each level of
packing. Source: 农业部公告第2210号 and later ones, by two public pages.

>>> parse("202402290004270277613509").parsed
{'applied': '2024-02-29', 'enterprise': '00042', 'random': '70277613509'}
"""

from zhuisu.codes import forms, meanings
from zhuisu.codes.model import About, Code, Field, Level, Scheme


def parse(text: str) -> Code:
    """Reads a trace code; raises CodeError with rule "length", "characters" or "date"."""
    number = forms.digits(text, 24)
    year, month, day = number[:4], number[4:6], number[6:8]
    if not forms.is_date(int(year), int(month), int(day)):
        raise forms.no_date(number[:8])
    parsed = {"applied": f"{year}-{month}-{day}", "enterprise": number[8:13], "random": number[13:]}
    return Code("cn.vetdrug_trace24", number, Level.INSTANCE, parsed, text)


def likely(code: Code) -> bool | None:
    """The national system began in 2015; any other century is chance."""
    return True if "2010" <= code.value[:4] < "2100" else None


ABOUT = About(
    "veterinary drug trace code",
    "兽药追溯码",
    (
        Field("date of application", "申请日期", 8, meanings.day),
        Field(
            "enterprise",
            "企业代码",
            5,
            meanings.note("its number in the national system", "国家兽药追溯系统的企业编号"),
        ),
        Field("random number", "随机码", 11, meanings.RANDOM),
    ),
    where="in the QR code on a veterinary drug's pack",
    where_zh="兽药包装的二维码中",
    labels=("兽药追溯码",),
)
SCHEMES = (Scheme("cn.vetdrug_trace24", Level.INSTANCE, parse, 40, likely=likely, about=ABOUT),)
