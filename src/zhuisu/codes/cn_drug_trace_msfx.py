"""药品追溯码 of the 码上放心 platform, one per pack of any level: twenty digits.

Layout: 7 drug identifier (药品标识码), 9 serial, 4 made by a secret rule, which nobody else can check.
Source: NMPAB/T 1002-2019 (twenty digits, the first seven the identifier) and public pages. That the first digit is 8 is
memory (0.8): another one is a warning. A number with nothing to check must stand exactly: where the scheme is named,
a text with blanks is refused, for it may have been damaged on the way. Other drugs carry GS1 codes or numbers of
their maker's own.

>>> parse("84765620001563394047").parsed
{'drug_identifier': '8476562', 'serial': '000156339', 'verifier': '4047'}
"""

from zhuisu.codes import forms, meanings
from zhuisu.codes.model import About, Code, CodeError, Field, Level, Meaning, Scheme


def parse(text: str) -> Code:
    """Reads a trace code; raises CodeError with rule "length" or "characters"."""
    if not (text.isascii() and text.isdigit()):
        raise CodeError("characters", "only digits", "只能是数字")
    number = forms.sized(text, 20)
    parsed = {"drug_identifier": number[:7], "serial": number[7:16], "verifier": number[16:]}
    code = Code("cn.drug_trace_msfx", number, Level.INSTANCE, parsed, text)
    if number[0] == "8":
        return code
    return forms.doubt(code, "prefix", "the first digit is usually 8", "首位通常为 8")


def _identifier(text: str, _code: Code) -> Meaning:
    if text[0] == "8":
        return Meaning(
            "product, form, strength and pack; begins with 8, as usual",
            "品种、剂型、规格与包装；以 8 开头，符合惯例",
            True,
        )
    return Meaning("the first digit is usually 8", "首位通常为 8", False)


_SECRET = meanings.note(
    "made by a rule that its platform keeps secret: nobody else can check it", "由发码平台的保密算法生成，外部无法校验"
)
ABOUT = About(
    "drug trace code (码上放心)",
    "药品追溯码（码上放心）",
    (
        Field("drug identifier", "药品标识码", 7, _identifier),
        Field("serial", "序列号", 9, meanings.SEQUENCE),
        Field("verifier", "校验段", 4, _SECRET),
    ),
    where="on a drug's pack, behind 药品追溯码 or 电子监管码",
    where_zh="药品包装的“药品追溯码”或“电子监管码”处",
    labels=("药品追溯码", "药品电子监管码", "电子监管码"),
)
SCHEMES = (Scheme("cn.drug_trace_msfx", Level.INSTANCE, parse, 40, exact=True, about=ABOUT),)
