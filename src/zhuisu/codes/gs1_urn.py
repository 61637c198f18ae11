"""EPC URNs: the pure identity form of GS1 keys (urn:epc:id:…, urn:epc:class:lgtin:…, urn:epc:idpat:…:*), read and written.

Source: GS1 EPC Tag Data Standard 2.x, sections 5 and 6 (URI grammar) and 7 (correspondence to GS1 keys).
"""

import re
from dataclasses import dataclass
from functools import lru_cache

from biip import ParseError
from biip.gs1_prefixes import GS1CompanyPrefix

from zhuisu.codes import gs1_ai, gs1_keys
from zhuisu.codes.gs1_lengths import Lengths, length_in
from zhuisu.codes.gs1_rules import check_digit
from zhuisu.codes.model import Code, CodeError, Level

# Written as they are in a URN; every other character of CSET 82 as %XX (TDS, section 5 and annex A).
_LITERAL = re.compile(r"(?:[A-Za-z0-9!'()*+,\-.:;=_]|%[0-9A-Fa-f]{2})+")
_TO_ESCAPE = re.compile(r"[^A-Za-z0-9!'()*+,\-.:;=_]")


@dataclass(frozen=True, slots=True)
class Layout:
    """How a URN's parts make the key: number of digits of prefix and reference together, AIs, indicator, serial."""

    name: str
    key: str
    digits: int | None = None  # prefix and reference together; None: reference is text
    indicator: bool = False  # the first digit of the reference stands before the prefix in the key
    check: bool = True
    lead: str = ""  # a fixed digit before the prefix
    middle: int = 0  # further parts of two digits between reference and serial
    serial: str | None = None  # AI of the serial part; "" when it stands in the key's own AI; None: there is none
    pattern: str | None = None  # the idpat name under which the serial may be "*"


LAYOUTS = {
    layout.name: layout
    for layout in (
        Layout("sgtin", "01", 13, indicator=True, serial="21", pattern="sgtin"),
        Layout("lgtin", "01", 13, indicator=True, serial="10"),
        Layout("upui", "01", 13, indicator=True, serial="235", pattern="upui"),
        Layout("itip", "8006", 13, indicator=True, middle=2, serial="21", pattern="itip"),
        Layout("sscc", "00", 17, indicator=True),
        Layout("gsrn", "8018", 17),
        Layout("gsrnp", "8017", 17),
        Layout("gsin", "402", 16),
        Layout("sgln", "414", 12, serial="254"),
        Layout("pgln", "417", 12),
        Layout("grai", "8003", 12, lead="0", serial="", pattern="grai"),
        Layout("gdti", "253", 12, serial="", pattern="gdti"),
        Layout("sgcn", "255", 12, serial="", pattern="sgcn"),
        Layout("giai", "8004", check=False),
        Layout("ginc", "401", check=False),
        Layout("cpi", "8010", check=False, serial="8011", pattern="cpi"),
    )
}
# Legal EPCs that no GS1 key stands behind: checked in form and kept as they are.
_FOREIGN: dict[str, tuple[re.Pattern[str], Level]] = {
    "gid": (re.compile(r"(?:0|[1-9][0-9]{0,8})\.(?:0|[1-9][0-9]{0,7})\.(?:0|[1-9][0-9]{0,10})"), Level.INSTANCE),
    "usdod": (re.compile(r"[0-9A-HJ-NP-Z]{5,6}\.(?:0|[1-9][0-9]{0,10})"), Level.INSTANCE),
    "adi": (
        re.compile(r"[0-9A-HJ-NP-Z]{5,6}\.(?:[A-Z0-9-]|%2F){0,32}\.(?:%23)?(?:[A-Z0-9-]|%2F){1,30}"),
        Level.INSTANCE,
    ),
    "bic": (re.compile(r"[A-Z]{3}[JUZ][0-9]{7}"), Level.ASSET),
    "imovn": (re.compile(r"[0-9]{7}"), Level.ASSET),
}


def _bad(text: str, message: str, message_zh: str, rule: str = "urn") -> CodeError:
    return CodeError(rule, f"{message}: {text!r}", f"{message_zh}：{text!r}")


def _decode(text: str) -> str:
    if _LITERAL.fullmatch(text) is None:
        raise _bad(
            text, "a character must be written %XX, or the part is empty", "有字符应写作 %XX，或该段为空", "escape"
        )
    return gs1_keys.unquote(text)


def from_urn(text: str) -> Code:
    """Reads an EPC URN. The company prefix it shows is kept in parsed["gcp"].

    Raises CodeError with rule "urn" (no such form), "escape", "pattern" (a pattern that is no class),
    "gcp-length", or the rule that a value breaks.

    >>> from_urn("urn:epc:id:sgtin:9506000.013435.7").canonical
    'gs1.sgtin:01/09506000134352/21/7'
    """
    _, _, kind, name, body = _parts(text)
    if kind == "id" and name in _FOREIGN:
        form, level = _FOREIGN[name]
        if form.fullmatch(body) is None:
            raise _bad(text, f"not a {name} EPC", f"不是 {name} 型 EPC")
        return Code(f"epc.{name}", text, level, {"body": body}, text)
    layout = LAYOUTS.get(name)
    if layout is None or (kind == "class") != (name == "lgtin") or kind not in ("id", "class", "idpat"):
        raise _bad(text, "no such EPC scheme", "没有这种 EPC 编码方案")
    parts = body.split(".", 2 + layout.middle if layout.serial is not None else 1)
    if len(parts) != 2 + layout.middle + (layout.serial is not None):
        raise _bad(text, f"a {name} has more parts", f"{name} 缺少部分字段")
    serial = parts.pop() if layout.serial is not None else ""
    if kind == "idpat":
        if layout.pattern is None or serial != "*" or "*" in parts:
            raise _bad(text, "this pattern is not one class", "该模式不对应单一类别", "pattern")
        serial = ""
    values = _values(layout, parts, text)
    if kind != "idpat" and layout.serial is not None:
        decoded = _decode(serial)
        if layout.serial == "":
            values[layout.key] += decoded
        elif not (name == "sgln" and decoded == "0"):
            values[layout.serial] = decoded
    for ai, value in values.items():
        gs1_ai.check_value(ai, value)
    code = gs1_keys.build(layout.key, values, text)
    code.parsed["gcp"] = parts[0]
    return code


def _parts(text: str) -> list[str]:
    parts = text.split(":", 4)
    if len(parts) != 5 or parts[0].lower() != "urn" or parts[1].lower() != "epc":
        raise _bad(text, "not an EPC URN", "不是 EPC URN")
    return parts


def _digits(text: str) -> bool:
    return text.isascii() and text.isdigit()


def _values(layout: Layout, parts: list[str], text: str) -> dict[str, str]:
    """The key AI from prefix, reference and the parts between."""
    gcp, reference, *middle = parts
    if not (_digits(gcp) and 6 <= len(gcp) <= 12):
        raise _bad(text, "a company prefix has 6 to 12 digits", "厂商识别代码应为 6 至 12 位数字", "gcp-length")
    if layout.digits is None:
        if not reference:
            raise _bad(text, "the reference is empty", "参考代码为空")
        return {layout.key: gcp + _decode(reference)}
    numeric = _digits(reference) or (not reference and not layout.indicator)
    if not numeric or len(gcp) + len(reference) != layout.digits:
        raise _bad(
            text,
            f"prefix and reference together have {layout.digits} digits",
            f"厂商识别代码与参考代码合计应为 {layout.digits} 位数字",
        )
    body = reference[0] + gcp + reference[1:] if layout.indicator else layout.lead + gcp + reference
    value = body + check_digit(body)
    for part in middle:
        if not (_digits(part) and len(part) == 2):
            raise _bad(text, "piece and total have two digits each", "件号与总件数各为两位数字")
        value += part
    return {layout.key: value}


@lru_cache(maxsize=65536)
def known_prefix_length(digits: str) -> int | None:
    """How many of these first digits of a key are the company prefix, by the public table (biip); None where it is silent."""
    if digits.startswith("00000"):
        return 8  # a GTIN-8 inside a GTIN-14: TDS section 7 writes five zeros and the GS1-8 prefix
    try:
        found = GS1CompanyPrefix.extract(digits)
    except ParseError:
        return None
    return len(found.value) if found else None


def to_urn(code: Code, gcp_length: int | None = None, lengths: Lengths | None = None) -> str:
    """The EPC URN of a GS1 code.

    The length of the company prefix is the argument (6 to 12), else what the code's own URN showed, else what the
    operator's table `lengths` or the public prefix table says; where none knows, CodeError rule "gcp-length": it is
    never guessed.
    Raises CodeError rule "no-urn" for a key without an EPC URN.
    """
    if code.scheme.startswith("epc."):
        return code.value
    values = gs1_keys.split(code) if code.scheme.startswith("gs1.") else {}
    layout, serial, kind = _layout_of(code, values)
    value = values[layout.key]
    if layout.digits is None:
        head, tail, middle = value, "", ""
    else:
        end = len(layout.lead) + layout.digits
        head, tail = value[len(layout.lead) : end], value[end + 1 :]
        middle = "".join(f".{tail[i : i + 2]}" for i in range(0, 2 * layout.middle, 2))
    body = head[1:] if layout.indicator else head
    length = _length(body, gcp_length, code.parsed.get("gcp"), lengths or {})
    reference = body[length:]
    if layout.indicator:
        reference = head[0] + reference
    if layout.digits is None and not reference:
        raise CodeError("gcp-length", "nothing is left after the company prefix", "厂商识别代码之后没有内容")
    if layout.serial == "":
        serial = tail or "*"
    urn = f"urn:epc:{kind}:{layout.name}:{body[:length]}.{_escape(reference)}{middle}"
    return urn if serial is None else f"{urn}.{serial if serial == '*' and kind == 'idpat' else _escape(serial)}"


def _length(body: str, given: int | None, shown: str | None, lengths: Lengths) -> int:
    length = given
    if length is None and shown is not None and body.startswith(shown):
        length = len(shown)
    if length is None:
        digits = re.match("[0-9]*", body)[0]  # type: ignore[index]
        length = length_in(lengths, digits) or known_prefix_length(digits)
    if length is None or not 6 <= length <= 12 or not _digits(body[:length]):
        raise CodeError(
            "gcp-length",
            "the length of the company prefix (6 to 12) is not known",
            "厂商识别代码的长度（6 至 12 位）未知",
        )
    return length


def _layout_of(code: Code, values: dict[str, str]) -> tuple[Layout, str | None, str]:
    """The layout, the serial part and the URN kind of a code; the qualifiers must be the layout's own."""
    key = next(iter(values), "")
    qualifiers = [ai for ai in values if ai != key]
    for layout in LAYOUTS.values():
        if layout.key != key:
            continue
        if layout.serial and qualifiers == [layout.serial]:
            return layout, values[layout.serial], "class" if layout.name == "lgtin" else "id"
        if not qualifiers and layout.serial is None:
            return layout, None, "id"
        if not qualifiers and layout.serial == "":
            return layout, None, "idpat" if code.level == Level.CLASS else "id"
        if not qualifiers and layout.name == "sgln":
            return layout, "0", "id"
        if not qualifiers and layout.pattern:
            return layout, "*", "idpat"
    raise CodeError("no-urn", f"{code.canonical} has no EPC URN", f"{code.canonical} 没有对应的 EPC URN")


def _escape(text: str) -> str:
    return _TO_ESCAPE.sub(lambda found: f"%{ord(found[0]):02X}", text)
