"""Patterns of EPCs by their structure (TDS 2.x §6 pure identity patterns; EPCIS 2.0 §8.2.7.1.1), never by their text."""

from __future__ import annotations

from dataclasses import dataclass

from zhuisu.codes import Code, CodeError, gs1_keys, gs1_urn

from ..keys import code_of
from .names import key_of

PATTERN = "urn:epc:idpat:"
# AIs of serial and lot, by which a URN scheme is told from its sisters under the same key.
_SERIAL_AIS = {"sgtin": ("21", None), "lgtin": ("10", "10"), "upui": ("235", None), "itip": ("21", None)}


@dataclass(frozen=True, slots=True)
class Pattern:
    """Codes with this key AI whose value, from `start` on, begins with `digits`; `scheme` is the URN's, for what it excludes."""

    scheme: str
    ai: str
    start: int
    digits: str
    whole: bool = False

    def fits(self, code: Code) -> bool:
        """Whether a code is of those the pattern stands for; a class is where all of its things are."""
        if not code.value.startswith(f"{self.ai}/"):
            return False
        qualifiers = code.value.split("/")[2::2]
        serial, needed = _SERIAL_AIS.get(self.scheme, (None, None))
        if needed is not None and qualifiers != [needed]:
            return False
        if serial is not None and qualifiers and qualifiers[0] != serial:
            return False
        value = gs1_keys.unquote(code.value.split("/", 2)[1])
        return value == self.digits if self.whole else value[self.start :].startswith(self.digits)


@dataclass(frozen=True, slots=True)
class Exactly:
    """One code and no other, in whatever form it is written."""

    key: str

    def fits(self, code: Code) -> bool:
        """Whether it is this code."""
        return code.canonical == self.key


def wanted_of(text: str, *, classes: bool) -> Pattern | Exactly:
    """What a value of a MATCH_ parameter stands for. `classes`: the parameter is about classes, not about things.

    A class given to a parameter about things stands for all its things: the URN of a class is a pattern (idpat…*), and its
    Digital Link says the same. Raises CodeError.
    """
    lowered = text[:16].lower()
    if lowered.startswith(("urn:epc:pat:", "urn:epc:raw:", "urn:epc:tag:")):
        raise CodeError(
            "pattern",
            "a pattern of tags is not possible in a query; write a pure identity pattern, urn:epc:idpat:…",
            "查询中不可使用标签模式；请使用纯标识模式 urn:epc:idpat:…",
        )
    if lowered.startswith(PATTERN):
        return _pattern(text)
    code = code_of(text)
    if code.scheme == "gs1.gtin" and not classes:
        return Pattern("sgtin", "01", 0, code.parsed["gtin"])
    return Exactly(key_of(text))


def _pattern(text: str) -> Pattern | Exactly:
    _, _, _, name, body = [*text.split(":", 4), ""][:5]
    layout = gs1_urn.LAYOUTS.get(name)
    if layout is None:
        raise _wrong(text, "no such EPC scheme has patterns", "没有这种 EPC 编码方案的模式")
    count = 2 + layout.middle + (layout.serial is not None)
    parts = body.split(".", count - 1)
    if len(parts) != count:
        raise _wrong(text, f"a pattern of {name} has {count} parts", f"{name} 的模式应有 {count} 段")
    known = parts[: parts.index("*")] if "*" in parts else parts
    if any(part != "*" for part in parts[len(known) :]) or any("*" in part for part in known):
        raise _wrong(
            text,
            "only whole parts can be *, and behind one that is, all are (TDS, pure identity pattern)",
            "只有整段可以写作 *，且其后各段都须为 *（TDS 纯标识模式）",
        )
    if len(known) == count:
        kind = "class" if name == "lgtin" else "id"
        return Exactly(code_of(f"urn:epc:{kind}:{name}:{body}").canonical)
    start = 1 if layout.indicator else len(layout.lead)
    if not known:
        return Pattern(name, layout.key, 0, "")
    if len(known) == 1:
        if not (known[0].isascii() and known[0].isdigit() and 6 <= len(known[0]) <= 12):
            raise _wrong(text, "a company prefix has 6 to 12 digits", "厂商识别代码应为 6 至 12 位数字")
        return Pattern(name, layout.key, start, known[0])
    return _of_reference(name, layout, known)


def _of_reference(name: str, layout: gs1_urn.Layout, known: list[str]) -> Pattern:
    """The pattern of one reference: read as a whole EPC with something put where the stars are, then cut again."""
    missing = ["01"] * (2 + layout.middle - len(known))
    serial = [] if layout.serial is None else ["1"]
    kind = "class" if name == "lgtin" else "id"
    value = gs1_keys.split(code_of(f"urn:epc:{kind}:{name}:{'.'.join([*known, *missing, *serial])}"))[layout.key]
    added = 2 * len(missing) + (layout.serial == "")
    return Pattern(name, layout.key, 0, value[: len(value) - added], whole=layout.digits is None)


def _wrong(text: str, message: str, message_zh: str) -> CodeError:
    return CodeError("pattern", f"{message}: {text!r}", f"{message_zh}：{text!r}")
