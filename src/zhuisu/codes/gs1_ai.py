"""GS1 application identifiers: the table of gs1_ai.dat and the exact check of one value against it.

Source: GS1 General Specifications, section 3 (element strings) and 7.11 (character sets).
"""

import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from zhuisu.codes import gs1_rules
from zhuisu.codes.model import CodeError

_CHARSETS = {
    "n": "[0-9]",
    "x": r"[!\"%&'()*+,\-./0-9:;<=>?A-Z_a-z]",
    "y": r"[#\-/0-9A-Z]",
    "z": "[A-Za-z0-9_=-]",
}
_CHARSET_NAMES = {"n": "digits", "x": "CSET 82", "y": "CSET 39", "z": "base64url"}


@dataclass(frozen=True, slots=True)
class Component:
    """One part of an AI's data: its character set, least and greatest length, and the rules of its content."""

    charset: str
    least: int
    most: int
    optional: bool
    rules: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AI:
    """One application identifier.

    `predefined`: its length is known from its first digits, so no separator follows it in a symbol.
    `attribute`: it may stand in the query of a Digital Link. `qualifiers`: None unless it is a primary key;
    else the allowed ordered sequences of key qualifiers.
    """

    ai: str
    title: str
    predefined: bool
    attribute: bool
    components: tuple[Component, ...]
    qualifiers: tuple[tuple[str, ...], ...] | None
    pattern: re.Pattern[str]
    least: int
    most: int


def _component(text: str) -> Component:
    body, *rules = text.split(":")
    optional = body.startswith("?")
    body = body.removeprefix("?")
    least, _, most = body[1:].partition("-")
    return Component(body[0], int(least), int(most or least), optional, tuple(rules))


def _ai(ai: str, flags: str, spec: str, attributes: list[str], title: str) -> AI:
    components = tuple(_component(part) for part in spec.split("+"))
    qualifiers = None
    for attribute in attributes:
        name, _, value = attribute.partition("=")
        if name == "key":
            qualifiers = tuple(tuple(group.split(",")) for group in value.split("|")) if value else ((),)
    pattern = ""
    for part in reversed(components):
        one = f"({_CHARSETS[part.charset]}{{{part.least},{part.most}}})"
        pattern = f"(?:{one}{pattern})?" if part.optional else one + pattern
    least = sum(part.least for part in components if not part.optional)
    most = sum(part.most for part in components)
    return AI(ai, title, "p" in flags, "a" in flags, components, qualifiers, re.compile(pattern), least, most)


@cache
def table() -> dict[str, AI]:
    """Every assigned application identifier by its digits."""
    found = {}
    for line in files("zhuisu.codes").joinpath("gs1_ai.dat").read_text("utf-8").splitlines():
        if not line or line.startswith("#"):
            continue
        body, _, title = line.partition(" # ")
        span, flags, spec, *attributes = body.split()
        first, _, last = span.partition("-")
        for number in range(int(first), int(last or first) + 1):
            ai = str(number).zfill(len(first))
            found[ai] = _ai(ai, flags, spec, attributes, title)
    return found


def look_up(ai: str) -> AI:
    """The AI of these digits; raises CodeError rule "ai-unknown"."""
    entry = table().get(ai)
    if entry is None:
        raise CodeError("ai-unknown", f"({ai}) is not an application identifier", f"({ai}) 不是应用标识符")
    return entry


def check_value(ai: str, value: str) -> None:
    """Checks the data of one AI: length, character set and content rules; raises CodeError."""
    entry = look_up(ai)
    found = entry.pattern.fullmatch(value)
    if found is None:
        raise _misfit(entry, value)
    for part, data in zip(entry.components, found.groups(), strict=True):
        if data is None:
            continue
        for rule in part.rules:
            gs1_rules.RULES[rule](ai, data)


def _misfit(entry: AI, value: str) -> CodeError:
    if not entry.least <= len(value) <= entry.most:
        wanted = str(entry.most) if entry.least == entry.most else f"{entry.least}–{entry.most}"
        return CodeError(
            "length",
            f"({entry.ai}) has {len(value)} characters, should have {wanted}",
            f"({entry.ai}) 有 {len(value)} 个字符，应为 {wanted} 个",
        )
    sets = " + ".join(dict.fromkeys(_CHARSET_NAMES[part.charset] for part in entry.components))
    return CodeError(
        "characters", f"({entry.ai}) takes {sets} only: {value!r}", f"({entry.ai}) 只能使用 {sets}：{value!r}"
    )
