"""What a person types, or a cell of a sheet holds, as the value of a column: dates, numbers, choices and codes as people write them."""

import re
from collections.abc import Callable
from datetime import date, datetime, time
from decimal import Decimal, InvalidOperation
from typing import Any

from zhuisu import codes
from zhuisu.codes import Code, CodeError, Level
from zhuisu.profiles.columns import PERSON, UNITS, Column

# How a person without a code of their own stands in an event: the register's reference.
PERSON_URN = "urn:zhuisu:person:"
# No cell of a sheet holds more (Excel's own limit), and no field of a form needs more.
MAX_TEXT = 32_767

_WIDE = {**{code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}, 0x3000: 0x20}
_DATE = re.compile(
    r"(\d{4})\s*(?:[-/.]|年)\s*(\d{1,2})\s*(?:[-/.]|月)\s*(\d{1,2})\s*日?(?:[T\s]\s*00:00(?::00)?)?\Z|(\d{4})(\d\d)(\d\d)\Z"
)
_MOMENT = re.compile(
    r"(.+?)[T\s]*(\d{1,2})\s*[:时]\s*(\d{1,2})?\s*(?:[:分]\s*(\d{1,2})(?:\.(\d{1,6}))?\s*秒?)?\s*分?\s*(Z|[+-]\d\d:\d\d)?\Z"
)
_NUMBER = re.compile(r"([+-]?(?:\d{1,3}(?:,\d{3})+|\d+)?(?:\.\d*)?(?:[eE][+-]?\d{1,2})?)\s*(\D.*)?\Z")
_YES = frozenset({"是", "有", "对", "√", "✓", "yes", "y", "true", "1", "1.0"})
_NO = frozenset({"否", "无", "没有", "不", "×", "✗", "no", "n", "false", "0", "0.0"})
# The separators of ASCII count as blanks; in a code that was scanned, the group separator parts one element from the next.
_GAPS = re.compile(r"(?:(?![\x1c-\x1f])[\s、,，;；])+")
_GAPS_OF_ADDRESSES = re.compile(r"(?:(?![\x1c-\x1f])[\s、，；])+")  # a web address may hold commas and semicolons
_LINES = re.compile(r"[\n、,，;；]+")
# How people write units behind a number: the unit of UN/ECE Rec 20 and how many of it one is. 斤, 两, 担: 国务院关于在我国统一实行
# 法定计量单位的命令 (1984) left them outside the legal units; people write them all the same.
WRITTEN_UNITS: dict[str, tuple[str, Decimal]] = {
    **dict.fromkeys(("kg", "千克", "公斤", "kgm"), ("KGM", Decimal(1))),
    **dict.fromkeys(("g", "克", "grm"), ("GRM", Decimal(1))),
    **dict.fromkeys(("mg", "毫克", "mgm"), ("MGM", Decimal(1))),
    **dict.fromkeys(("t", "吨", "tne"), ("TNE", Decimal(1))),
    **dict.fromkeys(("l", "升", "ltr"), ("LTR", Decimal(1))),
    **dict.fromkeys(("ml", "毫升", "mlt"), ("MLT", Decimal(1))),
    **dict.fromkeys(("m", "米", "mtr"), ("MTR", Decimal(1))),
    **dict.fromkeys(("m3", "m³", "立方米", "立方", "方", "mtq"), ("MTQ", Decimal(1))),
    **dict.fromkeys(("m2", "m²", "平方米", "mtk"), ("MTK", Decimal(1))),
    **dict.fromkeys(("公顷", "ha", "har"), ("HAR", Decimal(1))),
    **dict.fromkeys(("%", "％", "p1"), ("P1", Decimal(1))),
    **dict.fromkeys(("℃", "°c", "度", "cel"), ("CEL", Decimal(1))),
    "斤": ("KGM", Decimal("0.5")),
    "市斤": ("KGM", Decimal("0.5")),
    "两": ("KGM", Decimal("0.05")),
    "担": ("KGM", Decimal(50)),
    **dict.fromkeys(
        (
            "个",
            "件",
            "头",
            "只",
            "羽",
            "尾",
            "株",
            "支",
            "瓶",
            "盒",
            "箱",
            "袋",
            "包",
            "台",
            "枚",
            "发",
            "条",
            "把",
            "剂",
        ),
        ("count", Decimal(1)),
    ),
}
# Units of one quantity, by what one is in the first of them: a field in kilograms takes "500 克" as 0.5.
_SCALES: tuple[dict[str, Decimal], ...] = (
    {"KGM": Decimal(1), "GRM": Decimal("0.001"), "MGM": Decimal("0.000001"), "TNE": Decimal(1000)},
    {"LTR": Decimal(1), "MLT": Decimal("0.001"), "MTQ": Decimal(1000)},
    {"MTR": Decimal(1), "KMT": Decimal(1000)},
    {"MTK": Decimal(1), "HAR": Decimal(10000)},
)


class EntryError(ValueError):
    """A text that says no value of its column: the rule as in profiles.values, and a sentence in both languages."""

    def __init__(self, rule: str, message: str, message_zh: str) -> None:
        super().__init__(message)
        self.rule, self.message, self.message_zh = rule, message, message_zh


def from_text(column: Column, text: object, zone: str = "+08:00") -> Any:
    """The value that a text or a cell says: None where it is empty; a list where the column holds many. Raises EntryError.

    A cell may hold a number, a truth value, a date or a datetime (as Excel stores them). Full-width digits and signs are read as
    plain ones. A unit behind a number is converted to the column's own (500 克 → 0.5 KGM; 3 斤 → 1.5 KGM) or refused.
    `zone` is the offset of a time that names none. Only the form is judged here; bounds are judged by profiles.values.
    """
    if text is None or (isinstance(text, str) and not text.strip()):
        return None
    if isinstance(text, str) and len(text) > MAX_TEXT:
        raise EntryError("length", f"more than {MAX_TEXT} characters", f"超过 {MAX_TEXT} 个字符")
    if not column.many:
        return _one(column, text, zone)
    if not isinstance(text, str):
        return [_one(column, text, zone)]
    parts = _parts(column, text)
    return [_one(column, part, zone) for part in parts] or None


def _parts(column: Column, text: str) -> list[str]:
    """Codes, numbers and units are parted by blanks, commas or lines; what may hold blanks itself only by commas and lines."""
    if column.type == "number":
        text = re.sub(r"(?<=\d),(?=\d{3}(?:\D|\Z))", "", text.translate(_WIDE).replace("，", ","))
        text = re.sub(r"(?<=\d)[ \t]+(?=[^\d\s+-])", "", text)
    splitter = _LINES if column.place == "paper" or (column.type == "code" and "(" in text) else _GAPS
    if column.type == "code" and "://" in text:
        splitter = _GAPS_OF_ADDRESSES
    return [part.strip() for part in splitter.split(text) if part.strip()]


def _one(column: Column, text: object, zone: str) -> Any:
    return _OF_TYPE[column.type](column, text, zone)


def _plain(text: object) -> str:
    """A cell as text: Excel holds 5 as 5.0, which no person wrote."""
    if isinstance(text, bool):
        return "true" if text else "false"
    if isinstance(text, float):
        return str(int(text)) if text.is_integer() and abs(text) < 1e15 else repr(text)
    return str(text).strip()


def _text(_column: Column, text: object, _zone: str) -> str:
    if isinstance(text, datetime) and text.time() == time():
        return text.date().isoformat()
    return _plain(text)


def _number(column: Column, text: object, _zone: str) -> Decimal | int:
    if isinstance(text, bool):
        raise _no("type", column, "12.5")
    if isinstance(text, int):
        return text
    said = _plain(text).translate(_WIDE).strip()
    found = _NUMBER.match(said)
    try:
        number = Decimal(found[1].replace(",", "")) if found else None
    except InvalidOperation:
        number = None
    if number is None or found is None:
        raise _no("type", column, "12.5")
    if found[2]:
        number *= _factor(column, found[2])
    whole = number == number.to_integral_value() and number.adjusted() < 18
    return int(number) if whole else number.normalize()


def _factor(column: Column, written: str) -> Decimal:
    """How many of the column's unit one written unit is."""
    unit, factor = WRITTEN_UNITS.get(written.strip().lower(), ("", Decimal(1)))
    if unit and unit == column.unit:
        return factor
    for scale in _SCALES:
        if unit in scale and column.unit in scale:
            return factor * scale[unit] / scale[column.unit]
    if unit == "count" and column.type == "integer" and not column.unit:
        return factor
    if not column.unit:
        raise EntryError("unit", "a number alone: the unit has a column of its own", "只写数字，计量单位另有一栏")
    raise EntryError(
        "unit", f"the unit is {column.unit}, not {written.strip()}", f"单位应为 {column.unit}，不是{written.strip()}"
    )


def _day(text: object) -> str | None:
    if isinstance(text, datetime):
        return text.date().isoformat()
    if isinstance(text, date):
        return text.isoformat()
    found = _DATE.match(_plain(text).translate(_WIDE))
    if not found:
        return None
    year, month, day = (int(each) for each in (found.group(1, 2, 3) if found[1] else found.group(4, 5, 6)))
    try:
        return date(year, month, day).isoformat()
    except ValueError:
        return None


def _date(column: Column, text: object, _zone: str) -> str:
    day = _day(text)
    if day is None:
        raise _no("type", column, "2026-05-01")
    return day


def _datetime(column: Column, text: object, zone: str) -> str:
    if isinstance(text, datetime):
        return text.isoformat(timespec="seconds") + ("" if text.tzinfo else zone)
    if (day := _day(text)) is not None:
        return f"{day}T00:00:00{zone}"
    found = _MOMENT.match(_plain(text).translate(_WIDE).strip())
    day = _day(found[1]) if found else None
    if found is None or day is None:
        raise _no("type", column, "2026-05-01 08:30")
    hour, minute, second = (int(each or 0) for each in found.group(2, 3, 4))
    if hour > 23 or minute > 59 or second > 59:
        raise _no("type", column, "2026-05-01 08:30")
    fraction = f".{found[5]}" if found[5] else ""
    return f"{day}T{hour:02}:{minute:02}:{second:02}{fraction}{found[6] or zone}"


def _choice(column: Column, text: object, _zone: str) -> str:
    said = _plain(text).translate(_WIDE).strip()
    if said in column.choices:
        return said
    folded = said.casefold()
    for key, words in column.choices.items():
        if folded in (key.casefold(), words.zh.translate(_WIDE).casefold(), words.en.casefold()):
            return key
    written = WRITTEN_UNITS.get(folded, ("", Decimal(1)))
    if column.choices is UNITS and written[0] in UNITS and written[1] == 1:
        return written[0]
    shown_zh, shown = "、".join(each.zh for each in column.choices.values()), ", ".join(column.choices)
    raise EntryError("choice", f"none of the choices: {shown[:300]}", f"不在可选项内：{shown_zh[:300]}")


def _yes_no(_column: Column, text: object, _zone: str) -> bool:
    said = _plain(text).translate(_WIDE).strip().casefold()
    if said in _YES or said in _NO:
        return said in _YES
    raise EntryError("type", "yes or no", "请填“是”或“否”")


def _code(column: Column, text: object, _zone: str) -> str:
    said = _plain(text)
    if column.place not in ("thing", "party"):
        return said
    try:
        return identifier(said, column.schemes)
    except CodeError as wrong:
        raise EntryError("scheme", wrong.message, wrong.message_zh) from wrong


def _evidence(_column: Column, text: object, _zone: str) -> dict[str, str]:
    href, _, digest = _plain(text).rpartition(" ")
    if not href:
        raise EntryError(
            "type", "an https address, a blank, and the file's SHA-256", "写 https 网址、空格、文件的 SHA-256"
        )
    return {"href": href.strip(), "sha256": digest.strip().lower()}


def _no(rule: str, column: Column, like: str) -> EntryError:
    return EntryError(rule, f"“{column.words.en}” is written like {like}", f"“{column.words.zh}”应写成 {like} 这样")


_OF_TYPE: dict[str, Callable[[Column, Any, str], Any]] = {
    "text": _text,
    "number": _number,
    "integer": _number,
    "date": _date,
    "datetime": _datetime,
    "choice": _choice,
    "yes_no": _yes_no,
    "code": _code,
    "person": _text,
    "evidence": _evidence,
}
_LOT_OF = re.compile(r"(\d{8}|\d{12,14})/([!-~]{1,20})\Z")


def code_of(text: str, schemes: tuple[str, ...] = ()) -> Code:
    """The code that a text is: a URI as it stands, "GTIN/lot" as a lot, else the first of the schemes that reads it, else any.

    Raises codes.CodeError.
    """
    said = text.strip()
    if said.lower().startswith(("urn:", "http://", "https://")):
        return codes.parse_epc(said)
    if lot := _LOT_OF.match(said):
        return codes.parse(f"(01){lot[1].zfill(14)}(10){lot[2]}")
    for scheme in schemes:
        if scheme in (PERSON, "uri"):
            continue
        try:
            return codes.parse(said, scheme)
        except CodeError:
            continue
    return codes.parse(said)


def identifier(text: str, schemes: tuple[str, ...] = ()) -> str:
    """A code as it stands in an event: a URI as it came, a GS1 key as its Digital Link, any other as its URN. Raises codes.CodeError."""
    code = code_of(text, schemes)
    if text.strip().lower().startswith(("urn:", "http://", "https://")):
        return text.strip()
    return codes.to_digital_link(code) if code.scheme.startswith("gs1.") else codes.to_urn(code)


def is_lot(code: Code) -> bool:
    """Whether a code names a lot or a class, which EPCIS counts and weighs, and not one thing."""
    return code.level in (Level.LOT, Level.CLASS)
