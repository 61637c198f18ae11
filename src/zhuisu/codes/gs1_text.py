"""GS1 element strings: AIs with brackets as people read them, or raw as a scanner sends them, read and written.

Source: GS1 General Specifications 7.8 (processing of element strings) and 4.14 (human readable interpretation).
"""

import re
from collections.abc import Iterable

from zhuisu.codes import gs1_ai, gs1_keys
from zhuisu.codes.model import MAX_LENGTH, Code, CodeError

GS = "\x1d"
Message = list[tuple[str, str]]

# What scanners put before the data of a symbol in GS1 mode (ISO/IEC 15424).
_SYMBOLOGY = re.compile(r"\](?:C1|d2|Q3|e0|J1)")
_BRACKET = re.compile(r"\(([0-9]{2,4})\)")


def parse_elements(text: str) -> Message:
    """Reads an element string, bracketed or raw, into its AIs in order; every value is checked.

    Raw: a group separator (0x1D) ends a value of variable length; a leading "^" says that "^" stands for it.
    A repeated AI with the same value counts once (as GS1's own syntax engine has it); with another value it is refused.
    Raises CodeError with rule "length", "ai-unknown", "repeated", or the rule that a value breaks.

    >>> parse_elements("(01)09506000134352(10)L1")
    [('01', '09506000134352'), ('10', 'L1')]
    """
    if len(text) > MAX_LENGTH:
        raise CodeError("length", "the element string is too long", "元素串过长")
    body = _SYMBOLOGY.sub("", text, count=1) if text.startswith("]") else text
    if body.startswith("("):
        pairs = _bracketed(body)
    elif body.startswith("^"):
        pairs = _raw(body[1:].replace("^", GS))
    else:
        pairs = _raw(body.removeprefix(GS))
    values: dict[str, str] = {}
    for ai, value in pairs:
        gs1_ai.check_value(ai, value)
        if values.setdefault(ai, value) != value:
            raise CodeError("repeated", f"({ai}) stands twice with different values", f"({ai}) 重复且取值不同")
    return list(values.items())


def _bracketed(text: str) -> Message:
    """Splits "(01)…(10)…"; an opening bracket inside a value that could be an AI is written with a backslash."""
    pairs: Message = []
    at = 0
    while at < len(text):
        found = _BRACKET.match(text, at)
        if found is None:
            raise CodeError("brackets", f"no (AI) at character {at + 1}", f"第 {at + 1} 个字符处不是（应用标识符）")
        end = at = found.end()
        while (following := text.find("(", end)) >= 0:
            escaped = text[following - 1] == "\\"
            if not escaped and _BRACKET.match(text, following):
                break
            end = following + 1
        stop = len(text) if following < 0 else following
        # Blanks are in no GS1 character set, but printers break the line between AIs.
        pairs.append((found[1], text[at:stop].replace("\\(", "(").strip(" \t\r\n")))
        at = stop
    return pairs


def _ai_at(text: str, at: int) -> gs1_ai.AI:
    """The AI that begins here: no AI is the beginning of another."""
    table = gs1_ai.table()
    for length in (2, 3, 4):
        entry = table.get(text[at : at + length])
        if entry is not None:
            return entry
    shown = text[at : at + 4]
    raise CodeError(
        "ai-unknown", f"no application identifier begins with {shown!r}", f"没有以 {shown!r} 开头的应用标识符"
    )


def _raw(text: str) -> Message:
    pairs: Message = []
    at = 0
    while at < len(text):
        entry = _ai_at(text, at)
        at += len(entry.ai)
        end = text.find(GS, at)
        end = len(text) if end < 0 else end
        if entry.predefined:
            end = min(end, at + entry.most)
        pairs.append((entry.ai, text[at:end]))
        # A separator after a predefined length is superfluous but lawful (General Specifications 7.8).
        at = end + 1 if text[end : end + 1] == GS else end
    if not pairs:
        raise CodeError("length", "the element string is empty", "元素串为空")
    return pairs


def from_elements(text: str) -> Code:
    """The most specific code that an element string names."""
    values = dict(parse_elements(text))
    return gs1_keys.build(gs1_keys.primary(values), values, text)


def write_elements(ais: Iterable[tuple[str, str]], *, bracketed: bool = True, separator: str = GS) -> str:
    """Writes AIs as an element string; raw without the leading separator, which the symbol itself implies.

    >>> write_elements([("01", "09506000134352"), ("10", "L1"), ("21", "7")], bracketed=False, separator="^")
    '010950600013435210L1^217'
    """
    pairs = list(ais)
    if bracketed:
        return "".join(f"({ai})" + value.replace("(", "\\(") for ai, value in pairs)
    text = ""
    for number, (ai, value) in enumerate(pairs, 1):
        last = number == len(pairs) or gs1_ai.look_up(ai).predefined
        text += ai + value + ("" if last else separator)
    return text
