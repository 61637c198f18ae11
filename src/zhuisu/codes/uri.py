"""Private identifiers: any URI that no known scheme claims is an identifier of its own, kept untouched.

Source: CBV 2.0, section 8, allows private and industry-wide URIs; RFC 3986 and 3987 give their form.
"""

import re

from zhuisu.codes import gs1_link
from zhuisu.codes.model import MAX_LENGTH, About, Code, CodeError, Field, Level, Meaning, Scheme

_FORM = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*:[^\s\x00-\x20\x7f-\xa0\ud800-\udfff<>\"{}|\\^`]+")


def parse(text: str) -> Code:
    """Takes a URI as it is; raises CodeError rule "uri" where the text is none."""
    if len(text) > MAX_LENGTH or _FORM.fullmatch(text) is None:
        raise CodeError("uri", f"not a URI: {text[:80]!r}", f"不是 URI：{text[:80]!r}")
    return Code("uri", text, Level.OTHER, {}, text)


def read(text: str) -> Code:
    """Takes a URI that is private; raises CodeError rule "scheme" for one that a known scheme claims.

    Else one thing would have two names.
    """
    if text[:8].lower() == "urn:epc:" or gs1_link.looks_like_link(text):
        raise CodeError("scheme", f"this is a GS1 identifier: {text[:80]!r}", f"这是 GS1 标识：{text[:80]!r}")
    return parse(text)


def _kind(text: str, _code: Code) -> Meaning:
    web = text.lower() in ("http:", "https:")
    return Meaning("a web address", "网址") if web else Meaning("another kind of URI", "其他 URI")


ABOUT = About(
    "private identifier (URI)",
    "自有标识（URI）",
    (
        Field("kind", "类型", lambda code: code.value.index(":") + 1, _kind),
        Field(
            "rest",
            "其余部分",
            None,
            lambda _text, _code: Meaning("its owner's own; nothing in it can be checked", "由其所有者自编，无法校验"),
        ),
    ),
    where="as it is, where its owner uses the whole address as the code",
    where_zh="所有者以整个地址作为编码时",
)
SCHEMES = (Scheme("uri", Level.OTHER, read, 90, about=ABOUT),)
