"""The GS1 schemes: one reader for every written form of a key, and bare numbers of the length that people type.

Source: GS1 General Specifications 2 and 7.9; GB 12904 (GTIN), GB/T 16828 (GLN), GB/T 18127 (SSCC), GB/T 16986 (AIs).
"""

import re
from collections.abc import Callable
from typing import Any

from zhuisu.codes import gs1_ai, gs1_keys, gs1_link, gs1_parts, gs1_text, gs1_urn
from zhuisu.codes.model import Code, CodeError, Level, Scheme

_SEPARATORS = re.compile(r"[\s\-‐-―]+")


def compact(text: str) -> str:
    """A number without the blanks and hyphens that people and printers put between its digits."""
    return _SEPARATORS.sub("", text)


def read_form(text: str) -> Code | None:
    """Reads a text that shows by its form that it is GS1's (URN, Digital Link, element string); None if it does not."""
    if text[:8].lower() == "urn:epc:":
        return gs1_urn.from_urn(text)
    if text[:7].lower() == "http://" or text[:8].lower() == "https://":
        return gs1_link.from_link(text)
    if text[:1] in ("(", "]", "^", gs1_text.GS):
        return gs1_text.from_elements(text)
    return None


# Keys that people type as bare numbers: AI, lengths, name.
_BARE = {
    "gs1.gtin": ("01", (8, 12, 13, 14), "GTIN"),
    "gs1.sgln": ("414", (13,), "GLN"),
    "gs1.pgln": ("417", (13,), "GLN"),
    "gs1.sscc": ("00", (18,), "SSCC"),
    "gs1.gsrn": ("8018", (18,), "GSRN"),
    "gs1.gsrnp": ("8017", (18,), "GSRN"),
    "gs1.gsin": ("402", (17,), "GSIN"),
}
_PATH = re.compile("[0-9]{2,4}/")


def _bare(scheme: str, text: str) -> Code | None:
    """Reads a bare number; None if this scheme has none, or the text is no number."""
    number = compact(text)
    if scheme not in _BARE or not (number.isascii() and number.isdigit()):
        return None
    key, lengths, name = _BARE[scheme]
    if len(number) not in lengths:
        wanted = ", ".join(map(str, lengths))
        raise CodeError(
            "length",
            f"{name} has {len(number)} digits, should have {wanted}",
            f"{name} 有 {len(number)} 位，应为 {wanted} 位",
        )
    value = number.zfill(14) if key == "01" else number
    gs1_ai.check_value(key, value)
    return gs1_keys.build(key, {key: value}, text)


def _reader(scheme: str) -> Callable[[str], Code]:
    """Reads every written form of one scheme: what shows its form, the canonical value, a bare number, raw AIs."""

    def read(text: str) -> Code:
        code = read_form(text)
        if code is None and _PATH.match(text):
            code = gs1_keys.from_value(scheme, text)
        if code is None:
            try:
                code = _bare(scheme, text) or gs1_text.from_elements(text)
            except CodeError as error:
                code = _raw_after(text, error)
        if code.scheme != scheme:
            raise CodeError("scheme", f"this is {code.scheme}, not {scheme}", f"这是 {code.scheme}，不是 {scheme}")
        return code

    return read


def _raw_after(text: str, error: CodeError) -> Code:
    """A number of the wrong length may still be a raw element string; if not, the first error says more."""
    if error.rule != "length":
        raise error
    try:
        return gs1_text.from_elements(text)
    except CodeError:
        raise error from None


def _gtin_parts(code: Code) -> dict[str, Any]:
    gtin = code.parsed["gtin"]
    digits = compact(code.source)
    kind = len(digits) if digits.isdigit() and len(digits) < 14 else 14
    return {"kind": f"GTIN-{kind}", "gtin14": gtin, "check": gtin[-1]}


def _gln_parts(code: Code) -> dict[str, Any]:
    gln = code.parsed["gln"]
    return {"check": gln[-1], "gs1_china": "690" <= gln[:3] <= "699"}


def _sscc_parts(code: Code) -> dict[str, Any]:
    sscc = code.parsed["sscc"]
    return {"extension": sscc[0], "body": sscc[1:-1], "check": sscc[-1]}


# How likely a bare number is this; and the parts that people want to see.
_RANKS = {"gs1.gtin": 10, "gs1.sscc": 11, "gs1.sgln": 20, "gs1.pgln": 21, "gs1.gsrn": 30, "gs1.gsrnp": 31}
_PARTS = {"gs1.gtin": _gtin_parts, "gs1.sgln": _gln_parts, "gs1.pgln": _gln_parts, "gs1.sscc": _sscc_parts}

SCHEMES = (
    *(
        Scheme(name, level, _reader(name), _RANKS.get(name), _PARTS.get(name), about=gs1_parts.ABOUT[name])
        for name, level in {form[1]: form[2] for forms in gs1_keys.FORMS.values() for form in reversed(forms)}.items()
    ),
    # A GLN of which nobody says whether it is a place or a party is read as the place.
    Scheme("gs1.gln", Level.PLACE, _reader("gs1.sgln"), None, _gln_parts, about=gs1_parts.ABOUT["gs1.gln"]),
)
