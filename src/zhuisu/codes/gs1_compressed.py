"""Compressed GS1 Digital Links: the AIs of a link as bits, the bits as letters of the URL-safe base64 alphabet; read and written.

Layout: two hexadecimal digits name an AI (its first two digits, the others follow as four bits each) or an optimisation code that
stands for a sequence of AIs (gs1_compressed.dat); "F" begins a parameter that is no AI. Then the value, component by component:
digits of fixed length as one number; of variable length behind their count; other texts behind three bits that name their alphabet.
Source: GS1 Digital Link Standard 1.1 (2020), chapter on compression. The later editions keep the form for links that are printed.
"""

import math
import re
from collections.abc import Iterable, Sequence
from functools import cache
from importlib.resources import files

from zhuisu.codes import gs1_ai, gs1_keys, gs1_link
from zhuisu.codes.model import MAX_LENGTH, CodeError

BASE64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
# A GTIN alone, the shortest thing worth compressing, takes 8 + 47 bits: ten letters.
MIN_LETTERS = 10
_SEGMENT = re.compile(r"[A-Za-z0-9_-]+")
_LINK = re.compile(r"(https?://[^/?#]+)(/[^?#]*)(?:\?([^#]*))?(?:#.*)?", re.IGNORECASE | re.DOTALL)
# The alphabets of a text: digits as one number, then characters of 4, 4, 6 and 7 bits each.
_NUMBER, _LOWER, _UPPER, _SAFE, _ASCII = range(5)
_WIDTH = {_LOWER: 4, _UPPER: 4, _SAFE: 6, _ASCII: 7}
_LETTERS = {_LOWER: "0123456789abcdef", _UPPER: "0123456789ABCDEF", _SAFE: BASE64}
_FORMS = (
    (_NUMBER, re.compile("[0-9]+")),
    (_UPPER, re.compile("[0-9A-F]+")),
    (_LOWER, re.compile("[0-9a-f]+")),
    (_SAFE, _SEGMENT),
)
_LENGTH_BITS = 7  # of the name and of the value of a parameter that is no AI
# (digits only, fixed length, most characters)
Piece = tuple[bool, bool, int]
Pairs = list[tuple[str, str]]


def _error(message: str, message_zh: str) -> CodeError:
    return CodeError(
        "compressed", f"not a compressed Digital Link: {message}", f"不是压缩的 Digital Link：{message_zh}"
    )


def _value_bits(digits: int) -> int:
    """Bits of a number of so many digits; the hundredth is the standard's own, and makes 59 digits take 197 bits."""
    return math.ceil(digits * math.log2(10) + 0.01)


class _Bits:
    """Bits that are read from the left."""

    def __init__(self, segment: str) -> None:
        self.text = "".join(f"{BASE64.index(letter):06b}" for letter in segment)
        self.at = 0

    def number(self, bits: int) -> int:
        end = self.at + bits
        if end > len(self.text):
            raise _error("it ends in the middle of a value", "内容不完整")
        self.at, start = end, self.at
        return int(self.text[start:end] or "0", 2)

    def digits(self, count: int) -> str:
        found = str(self.number(_value_bits(count))).zfill(count) if count else ""
        if len(found) > count:
            raise _error("a number is too large for its length", "数值超出位数")
        return found

    def characters(self, kind: int, count: int) -> str:
        if kind == _NUMBER:
            return self.digits(count)
        if kind not in _WIDTH:
            raise _error("an unknown alphabet", "未知的字符编码")
        places = [self.number(_WIDTH[kind]) for _ in range(count)]
        return "".join(chr(place) if kind == _ASCII else _LETTERS[kind][place] for place in places)

    @property
    def finished(self) -> bool:
        """Whether only the filling of the last letter is left."""
        return len(self.text) - self.at < 6 and "1" not in self.text[self.at :]


@cache
def _optimised() -> dict[str, tuple[str, ...]]:
    lines = files("zhuisu.codes").joinpath("gs1_compressed.dat").read_text("utf-8").splitlines()
    rows = (line.split() for line in lines if line and not line.startswith("#"))
    return {code: tuple(ais) for code, *ais in rows}


@cache
def _pieces(ai: str) -> tuple[Piece, ...]:
    """The parts of an AI's value as compression sees them: neighbours of one kind count as one, what may be absent varies."""
    found: list[Piece] = []
    for part in gs1_ai.look_up(ai).components:
        numeric, fixed = part.charset == "n", part.least == part.most and not part.optional
        last = found[-1] if found else (None, False, 0)
        if last[0] is numeric and (last[1] is fixed or not numeric):
            found[-1] = (numeric, last[1] and fixed, last[2] + part.most)
        else:
            found.append((numeric, fixed, part.most))
    return tuple(found)


@cache
def _ai_length(start: str) -> int:
    """How many digits the AIs with these first two have; 0 where there are none."""
    return next((len(ai) for ai in gs1_ai.table() if ai.startswith(start)), 0)


def _read_value(bits: _Bits, ai: str) -> str:
    value = ""
    for numeric, fixed, most in _pieces(ai):
        kind = _NUMBER if numeric else bits.number(3)
        count = most if fixed else bits.number(most.bit_length())
        if numeric and not fixed and not count:
            bits.number(_value_bits(0))
        value += bits.characters(kind, count)
    gs1_ai.check_value(ai, value)
    return value


def _read_names(bits: _Bits, first: str, *, in_order: bool) -> tuple[str, ...]:
    if first in _optimised():
        names = _optimised()[first]
        return names if in_order else tuple(sorted(names))
    length = _ai_length(first) if first.isdigit() else 0
    if not length:
        raise _error(f"no AI begins with {first}", f"没有以 {first} 开头的应用标识符")
    return (first + "".join(f"{bits.number(4):X}" for _ in range(length - 2)),)


def _read_other(bits: _Bits) -> tuple[str, str]:
    bits.at -= 4
    name = bits.characters(_SAFE, bits.number(_LENGTH_BITS))
    kind = bits.number(3)
    return name, bits.characters(kind, bits.number(_LENGTH_BITS))


def _read(segment: str, *, in_order: bool) -> tuple[Pairs, Pairs]:
    bits = _Bits(segment)
    ais: Pairs = []
    others: Pairs = []
    while not bits.finished:
        first = f"{bits.number(8):02X}"
        if first.startswith("F"):
            others.append(_read_other(bits))
            continue
        ais += [(ai, _read_value(bits, ai)) for ai in _read_names(bits, first, in_order=in_order)]
    return ais, others


def decompress(segment: str) -> tuple[Pairs, Pairs]:
    """The AIs in a compressed segment, every value checked, and the parameters that are no AIs.

    GS1's toolkit writes the AIs of an optimisation code in the order of their digits, the standard's table has two of them otherwise:
    where the table's order reads nothing, the other is tried. Raises CodeError, rule "compressed" or that of a value.

    >>> decompress(compress([("01", "09506000134352"), ("10", "L1")]))
    ([('01', '09506000134352'), ('10', 'L1')], [])
    """
    if not _SEGMENT.fullmatch(segment) or len(segment) > MAX_LENGTH:
        raise _error("characters outside A-Z a-z 0-9 - _", "含有 A-Z a-z 0-9 - _ 以外的字符")
    try:
        return _read(segment, in_order=True)
    except CodeError as error:
        try:
            return _read(segment, in_order=False)
        except CodeError:
            raise error from None


def uncompressed(uri: str) -> str:
    """The plain Digital Link of a compressed one; also where the key, or key and qualifiers, stand in front uncompressed.

    Raises CodeError, rule "compressed" where the URI is no compressed link, else that of what is wrong in it.
    """
    found = _LINK.fullmatch(uri) if len(uri) <= MAX_LENGTH else None
    *front, segment = found[2].strip("/").split("/") if found else [""]
    at = next((i for i in range(len(front) - 2, -1, -2) if _name(front[i]) in gs1_keys.FORMS), len(front))
    if not found or (len(segment) < MIN_LETTERS and at == len(front)):
        raise _error("no segment of enough letters", "路径末段过短")
    ais, others = decompress(segment)
    named = [(_name(ai), gs1_keys.unquote(value)) for ai, value in zip(front[at::2], front[at + 1 :: 2], strict=True)]
    if not any(ai in gs1_keys.FORMS for ai, _ in [*named, *ais]):
        raise _error("no primary key in it", "其中没有标识主键")
    query = [part for part in re.split("[&;]", found[3] or "") if part]
    ais += [
        (ai, gs1_keys.unquote(value, query=True))
        for ai, _, value in (part.partition("=") for part in query)
        if ai.isdigit()
    ]
    kept = [f"{gs1_keys.quote(name, query=True)}={gs1_keys.quote(value, query=True)}" for name, value in others]
    kept += [part for part in query if not part.partition("=")[0].isdigit()]
    link = gs1_link.write_link([*named, *ais], found[1] + "".join(f"/{part}" for part in front[:at]))
    return link + ("&" if "?" in link else "?") * bool(kept) + "&".join(kept)


def _name(segment: str) -> str:
    return gs1_link.WORDS.get(segment.lower(), segment)


def _put(number: int, bits: int) -> str:
    return f"{number:0{bits}b}"


def _put_text(text: str, *, length_bits: int) -> str:
    kind = next((kind for kind, form in _FORMS if form.fullmatch(text)), _ASCII)
    head = _put(kind, 3) + (_put(len(text), length_bits) if length_bits else "")
    if kind == _NUMBER:
        return head + _put(int(text), _value_bits(len(text)))
    return head + "".join(
        _put(ord(char) if kind == _ASCII else _LETTERS[kind].index(char), _WIDTH[kind]) for char in text
    )


def _put_value(ai: str, value: str) -> str:
    bits = ""
    at = 0
    for numeric, fixed, most in _pieces(ai):
        part = value[at : at + most]
        at += len(part)
        if numeric:
            bits += "" if fixed else _put(len(part), most.bit_length())
            bits += _put(int(part or "0"), _value_bits(len(part)))
        else:
            bits += _put_text(part, length_bits=0 if fixed else most.bit_length())
    return bits


def _put_ai(ai: str) -> str:
    return "".join(_put(int(digit), 4) for digit in ai)


def compress(ais: Iterable[tuple[str, str]], others: Sequence[tuple[str, str]] = ()) -> str:
    """A checked AI message, and parameters that are no AIs, as one compressed segment. Raises CodeError where a value is wrong.

    The two optimisation codes whose order standard and toolkit do not agree on are read, never written.
    """
    values: dict[str, str] = {}
    for ai, value in ais:
        gs1_ai.check_value(ai, value)
        values[ai] = value
    left = sorted(values)
    bits = ""
    codes = {code: names for code, names in _optimised().items() if names == tuple(sorted(names))}
    while fits := [code for code, names in codes.items() if set(names) <= set(left)]:
        best = max(fits, key=lambda code: len("".join(codes[code])))
        bits += "".join(_put(int(digit, 16), 4) for digit in best)
        bits += "".join(_put_value(ai, values[ai]) for ai in codes[best])
        left = [ai for ai in left if ai not in codes[best]]
    bits += "".join(_put_ai(ai) + _put_value(ai, values[ai]) for ai in left)
    for name, value in others:
        if not _SEGMENT.fullmatch(name) or max(len(name), len(value)) >= 1 << _LENGTH_BITS or not value.isascii():
            raise _error(f"parameter {name!r} cannot be compressed", f"参数 {name!r} 不能压缩")
        bits += "1111" + _put(len(name), _LENGTH_BITS) + "".join(_put(BASE64.index(char), 6) for char in name)
        bits += _put_text(value, length_bits=_LENGTH_BITS)
    bits += "0" * (-len(bits) % 6)
    return "".join(BASE64[int(bits[at : at + 6], 2)] for at in range(0, len(bits), 6))
