"""Any text from a scanner or a keyboard: every code that it can be, the likeliest first, each with the reason.

What the text is as a whole comes first; then the codes that stand within it (pieces.py cuts a web address or a label
that was copied as text into pieces); at last what only breaks a rule that rests on memory. Nothing is guessed: who
gets several readings asks the person. A person's number is never among them, not even where it is named.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from unicodedata import decimal
from urllib.parse import unquote

from msgspec.structs import replace

from zhuisu.codes import cn_ric, gs1_compressed, gs1_link, gs1_text, pieces, reading
from zhuisu.codes.forms import FULL_WIDTH, compact
from zhuisu.codes.model import MAX_LENGTH, PERSONAL, Code, CodeError, Part, masked
from zhuisu.codes.parts import about, explain
from zhuisu.codes.pieces import Piece
from zhuisu.codes.reading import plain, schemes

# More would be a list, not a choice: no label carries so many codes.
MAX_READINGS = 16
# A reason names no more than these: the first say most.
_MOST_PROOFS = 4
# An address within an address (?url=…) is looked into, one within that no more.
_MOST_DEPTH = 2

# How printers, spreadsheets and other programs write the group separator that a screen cannot show.
_SEPARATORS = re.compile(r"<GS>|\{GS\}|<FNC1>|\{FNC1\}|\\x1[dD]|\\u001[dD]|&#29;|␝|\^")
# ISO/IEC 15424: what a scanner that is so set puts before the data: "]", a letter for the symbology, a modifier.
_SYMBOLOGY = re.compile(r"\][A-Za-z][0-9A-Za-z]")
_GS1_SYMBOLS = ("]C1", "]d2", "]Q3", "]e0", "]J1")
# A citizen's number in digits of any script, also in groups, behind other digits ("1. 1101…"), with what looks like an X.
_GAP = r"[\s\-‐-―._/+·・\u00ad\u200b-\u200d\u2060\ufeff]{0,3}"
_LAST = "XxＸｘХхΧχ×"
_PERSON = re.compile(rf"(?:(?<!\d)|(?<=\][A-Za-z]\d))(?=(\d(?:{_GAP}\d){{16}}{_GAP}[\d{_LAST}])(?!\d))")
# EAN-13, UPC and EAN-8: what they carry is the GTIN of a product.
_RETAIL = ("]E0", "]E4")
_ELEMENTS = ("an element string of GS1 application identifiers", "GS1 应用标识符元素串")
# A piece of a text is a code only by its label, or by being as long as the codes of single things are.
_LEAST_WITHIN, _LEAST_UNNAMED = 8, 12
# Dates, prices, versions and areas look like these.
_NEVER_WITHIN = frozenset({"cn.division", "uri", "process"})
_NEVER_UNNAMED = frozenset({"handle", "iso.oid", "cn.ecode"})

_Found = tuple[Code, str, str]


@dataclass(frozen=True, slots=True)
class Reading:
    """One code that a text can be, and why, in both languages."""

    code: Code
    reason: str
    reason_zh: str


def readings(text: str) -> list[Reading]:
    """All codes that a text can be, the likeliest first; empty where there is none. Never raises.

    >>> for one in readings("https://example.org/q?c=84765620001563394047"):
    ...     print(one.code.canonical)
    cn.drug_trace_msfx:84765620001563394047
    uri:https://example.org/q?c=84765620001563394047
    """
    stripped = plain(text)
    # What is right as a person's number is nothing else, though one in ten of them is also a right SSCC.
    if not stripped or len(stripped) > MAX_LENGTH or personal(stripped):
        return []
    found = _whole(stripped) or _within(stripped) or _private(stripped)
    found = found if any(_likely(code) for code, _, _ in found) else found + _doubtful(stripped)
    found = [one for one in found if one[0].scheme not in PERSONAL and not personal(one[0].canonical)]
    found = list({code.canonical: (code, said, said_zh) for code, said, said_zh in reversed(found)}.values())[::-1]
    sources = [code.source for code, _, _ in found]
    return [
        _reasoned(code, said, said_zh, among_several=sources.count(code.source) > 1)
        for code, said, said_zh in found[:MAX_READINGS]
    ]


def personal(text: str) -> bool:
    """Whether the text is, or holds, a right number of a person: such a number is shown to nobody."""
    return bool(persons(text))


def hidden(text: str, *, mistyped: bool = False) -> str:
    """The text with every number of a person masked, to be shown or logged; `mistyped`: also where its check is wrong.

    >>> hidden("ID 110105 19491231 002x")
    'ID 110***********002x'
    """
    text_decoded = _decoded(text)
    covered, at = "", 0
    for found, kept, number in _numbers(text_decoded):
        looks_so = mistyped and number[0] != "0" and number[6] in "12"
        if found.start() >= at and (looks_so or _try(cn_ric.parse, number)):
            covered += text_decoded[at : found.start()] + masked(kept)
            at = found.end(1)
    return covered + text_decoded[at:] if at else text


def persons(text: str) -> list[Code]:
    """The right numbers of persons that stand in a text, in whatever disguise: for who shows them masked."""
    return [code for _, _, number in _numbers(_decoded(text)) for code in _try(cn_ric.parse, number)]


def _numbers(text: str) -> Iterator[tuple[re.Match[str], str, str]]:
    """What may be a person's number: where it stands, without what parts it, and in plain digits with X."""
    for found in _PERSON.finditer(text):
        kept = "".join(char for char in found[1] if char.isdecimal() or char in _LAST)
        yield found, kept, "".join(str(decimal(char)) if char.isdecimal() else "X" for char in kept)


def _decoded(text: str) -> str:
    """The text as an address within an address would be read."""
    return unquote(unquote(text)) if "%" in text else text


def _whole(text: str, depth: int = 0) -> list[_Found]:
    """What the text is as a whole, by the form it shows, or as a bare number."""
    name = text.partition(":")[0]
    start = text[:8].lower()
    if name != text and (name in schemes() or name.startswith("epc.")):
        return _said(_try(reading.from_canonical, text), "names its scheme", "写明了编码体系")
    if start.startswith("urn:"):
        return _said(_try(reading.parse_epc, text), "a URN", "以 URN 书写")
    if start.startswith(("http://", "https://")) and not re.search(r"\s", text):
        return _address(text, depth)
    if text.startswith(_RETAIL):
        how = f"the scanner says it is an EAN or UPC bar code ({text[:3]})", f"扫描器指明为 EAN/UPC 条码（{text[:3]}）"
        return _said(_try(schemes()["gs1.gtin"].read, text[3:]), *how)
    if _SYMBOLOGY.match(text) and not text.startswith(_GS1_SYMBOLS):
        return [] if text[3:4] == "]" else _whole(text[3:], depth)
    message = _SEPARATORS.sub(gs1_text.GS, text)
    if message[:1] in ("(", "]", gs1_text.GS) or (message != text and text[:1].isdigit()):
        return _said(_try(gs1_text.from_elements, message, text), *_ELEMENTS)
    number = compact(text)
    bare = [code for code in reading.candidates(number if number.isdigit() else text) if code.scheme != "uri"]
    if not bare and " " in text:
        # Some scanners send a blank for the separator; no GS1 value has one.
        return _said(_try(gs1_text.from_elements, text.replace(" ", gs1_text.GS), text), *_ELEMENTS)
    return [(code, "", "") for code in dict.fromkeys(bare)]


def _try(read: Callable[[str], Code], text: str, source: str | None = None) -> list[Code]:
    try:
        code = read(text)
    except CodeError:
        return []
    return [code if source is None or code.source == source else replace(code, source=source)]


def _said(found: list[Code], said: str, said_zh: str) -> list[_Found]:
    return [(code, said, said_zh) for code in found]


def _address(text: str, depth: int) -> list[_Found]:
    """A web address: a Digital Link, or one of any platform that carries codes; the address itself may be the code."""
    if gs1_link.looks_like_link(text):
        link = _said(_try(reading.parse_epc, text), "a GS1 Digital Link", "GS1 Digital Link 网址")
        if link:
            return link
    inside = "stands in the web address", "位于网址中"
    if depth >= _MOST_DEPTH:
        return _private(text)
    own = [one for one in pieces.of_address(text) if one.scheme and one.scheme == one.label]
    if own and (found := _all(own, *inside, depth + 1)):
        return found
    how = "a compressed GS1 Digital Link", "压缩的 GS1 Digital Link 网址"
    packed = _said(_try(lambda link: gs1_link.from_link(gs1_compressed.uncompressed(link)), text, text), *how)
    return [*packed, *_all(pieces.of_address(text), *inside, depth + 1), *_private(text)]


def _private(text: str) -> list[_Found]:
    """The text as a URI of its owner's; only where it is one in sight, for "a:b" is mostly a label."""
    if not re.match(r"(?:urn:|[A-Za-z][A-Za-z0-9+.\-]*://)", text):
        return []
    how = "an address that no known scheme claims: its owner may use the whole of it as the code"
    return _said(_try(schemes()["uri"].read, text), how, "不属于任何已知编码体系，所有者可能以整个地址为码")


def _within(text: str) -> list[_Found]:
    """The codes within a text of several words, such as a label that was copied."""
    return _all(pieces.of_text(text), "stands within the text", "位于文本中")


def _all(found: list[Piece], said: str, said_zh: str, depth: int = 0) -> list[_Found]:
    """The codes of all pieces: first those that their label names, then those behind a label for codes, then others."""
    ranked: list[tuple[int, _Found]] = []
    for piece in found:
        behind, behind_zh = (f", behind “{piece.label}”", f"的“{piece.label}”之后") if piece.label else ("", "")
        for rank, (code, how, how_zh) in _piece(piece, depth):
            own, own_zh = (f"; {how}", f"；{how_zh}") if how else ("", "")
            ranked.append((rank, (code, f"{said}{behind}{own}", f"{said_zh}{behind_zh}{own_zh}")))
    return [one for _, one in sorted(ranked, key=lambda pair: pair[0])]


def _piece(piece: Piece, depth: int) -> list[tuple[int, _Found]]:
    text = piece.text.translate(FULL_WIDTH) if "://" not in piece.text else piece.text
    if piece.scheme in PERSONAL or personal(text):
        return []
    if piece.scheme and text[:1] not in ("(", "]") and "://" not in text:
        return [
            (0, (code, "the label names the scheme", "标签写明了编码体系"))
            for code in _try(schemes()[piece.scheme].read, text)
        ]
    if piece.kind == pieces.OTHER:
        return []
    return [
        (1 if piece.kind == pieces.CODE else 2, one) for one in _whole(text, depth) if _counts(one[0], text, piece.kind)
    ]


def _counts(code: Code, text: str, kind: str) -> bool:
    """Whether a piece is long and plain enough to be taken for a code."""
    if code.scheme in _NEVER_WITHIN:
        return "://" in text
    if kind == pieces.CODE:
        return len(compact(text)) >= _LEAST_WITHIN
    return code.scheme not in _NEVER_UNNAMED and len(compact(text)) >= _LEAST_UNNAMED


def _doubtful(text: str) -> list[_Found]:
    """Where nothing else reads it: what breaks only a rule that rests on memory."""
    found: list[_Found] = []
    for scheme in sorted((one for one in schemes().values() if one.rank is not None), key=lambda one: one.rank or 0):
        codes = [code for code in _try(scheme.read, text) if "warning" in code.parsed]
        if scheme.likely is None or all(scheme.likely(code) is not None for code in codes):
            found += [(code, "", "") for code in codes]
    return found


def _likely(code: Code) -> bool:
    scheme = schemes().get(code.scheme)
    return scheme is None or scheme.likely is None or scheme.likely(code) is not False


def _reasoned(code: Code, said: str, said_zh: str, *, among_several: bool) -> Reading:
    parts = explain(code)
    proofs = sorted((part for part in parts if part.ok), key=lambda part: "check" not in part.name)[:_MOST_PROOFS]
    doubts = [part for part in parts if part.ok is False]
    english, chinese = ([said], [said_zh]) if said else ([], [])
    size = len(compact(code.source))
    if not said and (code.source.isascii() or size < _LEAST_WITHIN):
        digits = compact(code.source).isdigit()
        english.append(f"{size} {'digits' if digits else 'characters'}")
        chinese.append(f"{size} {'位数字' if digits else '个字符'}")
    english += [_proof(part) for part in proofs] or ["nothing in it can be checked"]
    chinese += [_proof_zh(part) for part in proofs] or ["其中没有可校验的内容"]
    if doubts or "warning" in code.parsed:
        english.append("but in doubt: " + (code.parsed.get("warning") or _proof(doubts[0])))
        chinese.append("但存疑：" + (code.parsed.get("warning_zh") or _proof_zh(doubts[0])))
    elif not _likely(code):
        english.append("but unlikely by its content, offered because nothing likelier reads it")
        chinese.append("但从内容看可能性较小，因无更可能的编码而列出")
    facts = about(code.scheme)
    if among_several and facts.where:
        english.append(f"it is this if it stands {facts.where}")
        chinese.append(f"是此码的场合：{facts.where_zh}")
    return Reading(code, "; ".join(english), "；".join(chinese))


def _proof(part: Part) -> str:
    return f"{part.name} {part.text.rstrip('.')}: {part.meaning}"


def _proof_zh(part: Part) -> str:
    return f"{part.name_zh} {part.text.rstrip('.')}：{part.meaning_zh}"
