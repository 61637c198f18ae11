"""酒类流通随附单编号, the number of the slip that travelled with alcohol from 2006 to 2016: twelve digits.

Layout: 2 province, 10 by local rule; no check digit. Source: public pages on the 酒类流通管理办法 (repealed 2016): kept for
history. Twelve digits are a GTIN-12 to everyone else, so the scheme must be named. A province that GB/T 2260 does not
have is a warning.

>>> parse("350000000001").parsed
{'province': '35', 'rest': '0000000001'}
"""

from zhuisu.codes import cn_division, forms, meanings
from zhuisu.codes.model import About, Code, Field, Level, Scheme


def parse(text: str) -> Code:
    """Reads a slip's number; raises CodeError with rule "length" or "characters"."""
    number = forms.digits(text, 12)
    code = Code("cn.alcohol_slip12", number, Level.OTHER, {"province": number[:2], "rest": number[2:]}, text)
    if cn_division.province(number):
        return code
    return forms.doubt(code, "table", f"GB/T 2260 has no province {number[:2]}", f"没有省级代码 {number[:2]}")


ABOUT = About(
    "alcohol circulation slip number",
    "酒类流通随附单编号",
    (Field("province", "省级代码", 2, meanings.province), Field("number by local rule", "本省编号", 10)),
    where="on the slip that went with alcohol until 2016",
    where_zh="2016 年以前的酒类流通随附单上",
    labels=("随附单编号", "随附单"),
)
SCHEMES = (Scheme("cn.alcohol_slip12", Level.OTHER, parse, about=ABOUT),)
