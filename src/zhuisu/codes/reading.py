"""Reading any text as a code: finds the scheme modules of this folder by their files and asks them."""

import pkgutil
from datetime import date
from functools import cache, lru_cache
from importlib import import_module
from typing import Any
from urllib.parse import quote, unquote

from msgspec.structs import replace

from zhuisu.codes import cn_ric, gs1, gs1_fast, gs1_keys, gs1_link, gs1_text, gs1_urn, uri
from zhuisu.codes.forms import FULL_WIDTH
from zhuisu.codes.gs1_lengths import Lengths
from zhuisu.codes.model import MAX_LENGTH, PERSONAL, Code, CodeError, Scheme, masked

# How many different identifiers a process remembers (about 10 MB): the working set of a few large documents.
_REMEMBERED = 16384
OWN_URN = "urn:zhuisu:"
# Behind bare GTIN and SSCC, before what has no check digit.
_MESSAGE_RANK = 12
# What surrounds a typed or scanned text without belonging to it; never GS, which is part of an element string.
_BLANKS = " \t\r\n\u00a0\u2009\u202f\u3000"
# What copying from a page or a document brings along unseen; in no code's alphabet.
_UNSEEN = dict.fromkeys(map(ord, "\u200b\u200c\u200d\u2060\ufeff\u00ad"))


@cache
def schemes() -> dict[str, Scheme]:
    """Every scheme by name. A module of this folder with a tuple SCHEMES of Scheme is found by its file."""
    package = import_module("zhuisu.codes")
    found: dict[str, Scheme] = {}
    for module in pkgutil.iter_modules(package.__path__, "zhuisu.codes."):
        if module.name.endswith("_batch"):  # codes by the million: no scheme, and numpy is slow to load
            continue
        for scheme in getattr(import_module(module.name), "SCHEMES", ()):
            if isinstance(scheme, Scheme):
                found[scheme.name] = scheme
    return found


@lru_cache(maxsize=_REMEMBERED)
def parse_epc(text: str) -> Code:
    """Reads an identifier as it stands in an EPCIS document: an EPC URN, a Digital Link, or any other URI.

    A web address that holds no GS1 key of the right shape, and any other URI, is private: scheme "uri", untouched.
    Raises CodeError. The result is shared: do not change its parsed parts.
    """
    fast = gs1_fast.urn(text) if text.startswith("urn:") else gs1_fast.link(text)
    return fast if fast is not None else read_uri(text)


def read_uri(text: str) -> Code:
    """What parse_epc does, the long way."""
    start = text[:8].lower()
    if text.startswith(OWN_URN):
        return _own_urn(text)
    if start == "urn:epc:" and len(text) <= MAX_LENGTH:
        return gs1_urn.from_urn(text)
    if start.startswith("http") and gs1_link.looks_like_link(text):
        return gs1_link.from_link(text)
    return uri.parse(text)


def _own_urn(text: str) -> Code:
    """urn:zhuisu:<scheme>:<value>: how a code that has no URI of its own stands in an EPCIS document. An unknown scheme is private."""
    name, _, value = text[len(OWN_URN) :].partition(":")
    if name not in schemes() or name == "uri":
        return uri.parse(text)
    if name in PERSONAL:
        raise CodeError("personal", "a person's number has no URN", "个人号码没有 URN 形式，不得写入事件")
    return replace(schemes()[name].read(unquote(value)), source=text)


def plain(text: str) -> str:
    """A typed or scanned text without blanks around it and, unless it is a web address, without full-width forms."""
    text = (text if text.isascii() else text.translate(_UNSEEN)).strip(_BLANKS)
    return text if text.isascii() or "://" in text else text.translate(FULL_WIDTH)


def candidates(text: str) -> list[Code]:
    """All readings of a text that carries no scheme of its own, the likeliest first; empty when there is none.

    A 13-digit number with a right check digit may be a product (GTIN), a place or a party (GLN). A reading with a
    warning is never guessed; one that its scheme finds unlikely only where nothing else reads the text.
    """
    text = plain(text)
    if _is_person(text):
        return []
    found = [guess for scheme in schemes().values() if (guess := _guess(scheme, text)) is not None]
    if text[:1].isdigit() and not any(code.scheme.startswith("gs1.") for _, _, code in found):
        found += [(_MESSAGE_RANK, True, code) for code in _message(text)]
    found.sort(key=lambda one: one[0])
    return [code for _, likely, code in found if likely] or [code for _, _, code in found]


def _is_person(text: str) -> bool:
    """Whether the text is right as a person's number, which is nobody's to guess at: one in ten is also a right SSCC."""
    try:
        cn_ric.parse(text)
    except CodeError:
        return False
    return True


def _guess(scheme: Scheme, text: str) -> tuple[int, bool, Code] | None:
    """The scheme's reading of a bare text, behind its rank and whether it is likely; None where it is none."""
    if scheme.rank is None:
        return None
    try:
        code = scheme.read(text)
    except CodeError:
        return None
    likely = scheme.likely(code) if scheme.likely else True
    return None if likely is None or "warning" in code.parsed else (scheme.rank, likely, code)


def _message(text: str) -> list[Code]:
    """A raw element string whose first mark was lost: without it, it looks like any number."""
    try:
        return [gs1_text.from_elements(text)]
    except CodeError:
        return []


def parse(text: str, scheme: str | None = None) -> Code:
    """Reads any written form: URN, Digital Link, element string, our canonical text, a bare number, a private URI.

    Blanks around the text are dropped, and blanks and hyphens inside bare numbers. With `scheme` the text must be
    of that scheme. Raises CodeError; rule "scheme-unknown" for a scheme that does not exist.
    """
    known = scheme is None or scheme in schemes() or scheme == "gs1.element_string" or scheme.startswith("epc.")
    if not known:
        raise CodeError("scheme-unknown", f"unknown scheme {scheme!r}", f"未知的编码方案 {scheme!r}")
    exact = scheme is not None and scheme in schemes() and schemes()[scheme].exact
    stripped = text if exact else plain(text)
    if not stripped or len(stripped) > MAX_LENGTH:
        raise CodeError("length", "the text is empty or too long", "文本为空或过长")
    code = _parse_any(stripped) if scheme is None else _parse_as(stripped, scheme)
    return code if code.source == text else replace(code, source=text)


def _parse_any(text: str) -> Code:
    own = text.partition(":")[0]
    if own != text and own in schemes() and own != "uri":
        return from_canonical(text)
    form = text[:8].lower()
    if form.startswith(("urn:", "http:", "https:", "uri:")):
        return from_canonical(text) if form.startswith("uri:") else parse_epc(text)
    if text[:1] in ("(", "]", "^", gs1_text.GS):
        return gs1_text.from_elements(text)
    found = candidates(text)
    if found and found[0].scheme != "uri":
        return found[0]
    try:
        return gs1_text.from_elements(text)
    except CodeError:
        if found:
            return found[0]
    raise _why_not(text)


def _why_not(text: str) -> CodeError:
    """The most helpful refusal: what is wrong with the number that this looks like."""
    number = gs1.compact(text)
    like = {8: "gs1.gtin", 12: "gs1.gtin", 13: "gs1.gtin", 14: "gs1.gtin", 18: "gs1.sscc"}.get(len(number))
    if len(number) == 18 and not number.isdigit():
        like = "cn.uscc"
    if len(number) == 16 and number.isascii() and number.isalnum() and not number.isdigit():
        like = "cn.food_licence_sc" if number[:2].upper() == "SC" else "zs.unit"
    if like is not None and (number.isdigit() or not like.startswith("gs1.")):
        try:
            schemes()[like].read(text)
        except CodeError as error:
            return error
    # The text is not repeated: it may hold what nobody should read in an answer or a log.
    return CodeError("unknown", "no known scheme reads this text", "没有已知的编码方案能读懂这段文字")


def _parse_as(text: str, name: str) -> Code:
    if name == "gs1.element_string":
        return gs1_text.from_elements(text)
    scheme = schemes().get(name)
    if text.startswith(name + ":") and name != "uri":
        return from_canonical(text)
    code = scheme.read(text) if scheme else parse_epc(text)
    if name not in (code.scheme, "gs1.gln"):
        raise CodeError("scheme", f"this is {code.scheme}, not {name}", f"这是 {code.scheme}，不是 {name}")
    return code


def from_canonical(canonical: str) -> Code:
    """Reads our own canonical text "scheme:value" back; raises CodeError where it is not canonical."""
    name, _, value = canonical.partition(":")
    if name.startswith("gs1."):
        return gs1_keys.from_value(name, value)
    if name.startswith("epc."):
        code = gs1_urn.from_urn(value)
    elif name in schemes():
        code = schemes()[name].read(value)
    else:
        raise CodeError("scheme-unknown", f"unknown scheme {name!r}", f"未知的编码方案 {name!r}")
    if code.canonical != canonical:
        raise CodeError("canonical", f"the canonical form is {code.shown}", f"规范形式应为 {code.shown}")
    return code


def to_urn(code: Code, gcp_length: int | None = None, lengths: Lengths | None = None) -> str:
    """The URN of a code; a private URI is its own. See gs1_urn.to_urn for the company prefix."""
    if code.scheme == "uri":
        return code.value
    if code.scheme.startswith(("gs1.", "epc.")):
        return gs1_urn.to_urn(code, gcp_length, lengths)
    if code.scheme in PERSONAL:
        raise CodeError("personal", "a person's number has no URN", "个人号码没有 URN 形式，不得写入事件")
    return f"{OWN_URN}{code.scheme}:{quote(code.value, safe='')}"


def _gs1_only(code: Code, form: str) -> dict[str, str]:
    if not code.scheme.startswith("gs1."):
        raise CodeError("no-form", f"{code.scheme} has no {form}", f"{code.scheme} 没有 {form} 形式")
    return gs1_keys.split(code)


def to_digital_link(code: Code, domain: str = "https://id.gs1.org") -> str:
    """The Digital Link of a GS1 key under a domain; raises CodeError rule "no-form" for other schemes."""
    _gs1_only(code, "Digital Link")
    return f"{domain.rstrip('/')}/{code.value}"


def to_ai(code: Code, bracketed: bool = True) -> str:
    """The element string of a GS1 key, bracketed for people or raw for a symbol; raises CodeError rule "no-form"."""
    return gs1_text.write_elements(_gs1_only(code, "element string").items(), bracketed=bracketed)


def check(scheme: str | None, code: str, today: date | None = None) -> dict[str, Any]:
    """The verdict on one text for the command line: scheme, code, valid, canonical, parsed, error.

    `valid` is None where the scheme does not exist. A code with a warning is not valid here, though it can be read:
    this is a verdict, not a door. With `today` a person born after it has no number. A personal number is masked, except for the parts that were asked for by its scheme.
    """
    answer: dict[str, Any] = {
        "scheme": scheme,
        "code": masked(code) if scheme in PERSONAL else code,
        "valid": False,
        "canonical": None,
        "parsed": {},
        "error": None,
    }
    try:
        if scheme == "gs1.element_string":
            values = dict(gs1_text.parse_elements(code))
            keys = [ai for ai in gs1_keys.FORMS if ai in values]
            canonical = gs1_keys.build(gs1_keys.primary(values), values, code).canonical if keys else None
            return answer | {"valid": True, "canonical": canonical, "parsed": values}
        found = parse(code, scheme)
        if today is not None and found.scheme in PERSONAL:
            cn_ric.parse(found.value, today)
    except CodeError as error:
        missing = error.rule == "scheme-unknown"
        return answer | {"valid": None if missing else False, "error": "unknown scheme" if missing else error.message}
    known = schemes().get(scheme or found.scheme)
    parsed = known.describe(found) if known and known.describe else found.parsed
    warning = found.parsed.get("warning")
    return answer | {
        "scheme": scheme or found.scheme,
        "code": masked(code) if found.scheme in PERSONAL else code,
        "valid": warning is None,
        "canonical": found.shown,
        "parsed": {name: part for name, part in parsed.items() if not name.startswith("warning")},
        "error": warning,
    }
