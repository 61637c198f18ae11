"""MA codes (IDcode, ISO/IEC 15459 agency MA): parts with dots between them; and the device identifier among them.

General layout: MA, country (three digits), industry, unit, and what the unit adds (memory, 0.75, but for devices).
UDI-DI: MA.156.M0.<6 registrant>.<1 package><6 item><1 check>. Check: every character of the whole text is written as a
number (0-8 as they are, 9 left out, A-Z 10-35, a-g 36-42, h-z 45-63, then - . @ $ , * + % / # ! ^ ~ 64-76), a 0 behind,
then Luhn. Source: wanbiaoku.com for the layout; one public program for the check, which is odd enough (0.7) that a
wrong check digit is a warning.

>>> calc_check("MA.156.M0.100472.1110331")
'6'
>>> describe(parse("MA.156.1003.16291.10"))
{'country': '156', 'industry': '1003', 'unit': '16291', 'rest': ['10']}
"""

import re
from typing import Any

from zhuisu.codes import forms, meanings
from zhuisu.codes.model import About, Code, CodeError, Field, Level, Meaning, Part, Scheme

_PART = r"[0-9A-Za-z\-@$,*+%/#!^~]+"
_FORM = re.compile(rf"MA\.([0-9]{{3}})\.({_PART})\.({_PART})((?:\.{_PART})*)")
_DEVICE = re.compile(r"MA\.156\.M0\.([0-9]{6})\.([0-9])([0-9A-Za-z]{6})([0-9])")
_NUMBERS = {
    **{str(digit): str(digit) for digit in range(9)},
    **{chr(65 + place): str(10 + place) for place in range(26)},
    **{char: str(36 + place) for place, char in enumerate("abcdefg")},
    **{char: str(45 + place) for place, char in enumerate("hijklmnopqrstuvwxyz")},
    **{char: str(64 + place) for place, char in enumerate("-.@$,*+%/#!^~")},
}


def calc_check(body: str) -> str:
    """The check digit for a text of the MA alphabet."""
    number = "".join(_NUMBERS.get(char, "") for char in body) + "0"
    doubled = (int(digit) * (1 + place % 2) for place, digit in enumerate(reversed(number)))
    return str(-sum(each // 10 + each % 10 for each in doubled) % 10)


def _plain(text: str) -> str:
    """Without blanks around it, the agency in capitals; the rest as it is, for its case counts in the check."""
    text = text.strip()
    return text[:2].upper() + text[2:]


def parse(text: str) -> Code:
    """Reads any MA code; raises CodeError with rule "form"."""
    plain = _plain(text)
    parts = _FORM.fullmatch(plain)
    if parts is None:
        raise CodeError("form", "MA, three digits, and parts with dots", "应为 MA、三位国家代码及以点分隔的各段")
    parsed = {"country": parts[1], "industry": parts[2], "unit": parts[3], "rest": parts[4][1:]}
    return Code("cn.ma_idcode", plain, Level.OTHER, parsed, text)


def describe(code: Code) -> dict[str, Any]:
    """The parts; what the unit added as a list."""
    rest = code.parsed["rest"]
    return {**code.parsed, "rest": rest.split(".") if rest else []}


def parse_device(text: str) -> Code:
    """Reads a device identifier; raises CodeError with rule "form"."""
    plain = _plain(text)
    parts = _DEVICE.fullmatch(plain)
    if parts is None:
        raise CodeError(
            "form",
            "MA.156.M0, six digits, then package digit, six characters and a check digit",
            "应为 MA.156.M0、六位注册人代码，及一位包装、六位产品与一位校验码",
        )
    parsed = {"registrant": parts[1], "package": parts[2], "item": parts[3], "check": parts[4]}
    code = Code("cn.ma_udi_di", plain, Level.CLASS, parsed, text)
    wanted = calc_check(plain[:-1])
    if parts[4] == wanted:
        return code
    error = forms.wrong_check(parts[4], wanted)
    return forms.doubt(code, error.rule, error.message, error.message_zh)


def likely(code: Code) -> bool:
    """A device identifier is that, and not another MA code beside it."""
    return _DEVICE.fullmatch(code.value) is None


_COUNTRIES = {"156.": ("China", "中国")}
_AGENCY = Field("agency", "发码机构", 3, meanings.note("MA, by ISO/IEC 15459", "MA（ISO/IEC 15459）", True))
_COUNTRY = Field("country", "国家代码", 4, meanings.one_of(_COUNTRIES))
_NAMES = (("industry", "行业或品类代码"), ("unit", "单位代码"))


def layout(code: Code) -> list[Part]:
    """The parts between the dots, each with the dot behind it."""
    pieces = re.findall(r"[^.]*\.|[^.]+$", code.value)
    agency = Part("MA.", "agency", "发码机构", "MA, by ISO/IEC 15459", "MA（ISO/IEC 15459）", True)
    country = _COUNTRIES.get(pieces[1])
    parts = [
        agency,
        Part(pieces[1], "country", "国家代码", *(country or ("not looked up", "不作核对")), True if country else None),
    ]
    for place, piece in enumerate(pieces[2:]):
        name, name_zh = _NAMES[place] if place < len(_NAMES) else ("added by the unit", "单位自编部分")
        parts.append(Part(piece, name, name_zh, meanings.ASSIGNED.text, meanings.ASSIGNED.text_zh, None))
    return parts


def _check(text: str, code: Code) -> Meaning:
    said = meanings.checked(
        "the MA rule (one program's, so it warns only)",
        "MA 校验规则（仅见于一个公开程序，只作提示）",
        lambda value: calc_check(value[:-1]),
    )
    return said(text, code)


_GENERAL = About(
    "MA code (IDcode)",
    "MA 码（IDcode）",
    layout,
    evidence="memory",
    where="in a QR code of the MA system",
    where_zh="MA 标识体系的二维码中",
    labels=("ma码", "idcode"),
)
_DEVICE_ABOUT = About(
    "MA device identifier (UDI-DI)",
    "MA 医疗器械产品标识（UDI-DI）",
    (
        _AGENCY,
        _COUNTRY,
        Field("industry", "行业代码", 3, meanings.note("medical devices", "医疗器械", True)),
        Field("registrant", "注册人代码", 7),
        Field("package level", "包装层级", 1),
        Field("item", "产品代码", 6),
        Field("check digit", "校验码", 1, _check),
    ),
    check="Luhn over the MA alphabet",
    evidence="memory",
    where="on a medical device, in a symbol of the MA system",
    where_zh="医疗器械的 MA 码中",
)
SCHEMES = (
    Scheme("cn.ma_udi_di", Level.CLASS, parse_device, 7, about=_DEVICE_ABOUT),
    Scheme("cn.ma_idcode", Level.OTHER, parse, 8, describe, likely, about=_GENERAL),
)
