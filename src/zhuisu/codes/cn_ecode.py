"""Ecode, the identifier of things of GB/T 31866: version, number system (NSI), main code (MD).

Layout, from memory of the 2015 edition's table (0.7): V1 4 digits NSI, up to 20 digits MD; V2 4 and up to 28 digits;
V3 5 and up to 39 letters or digits; V4 5 and any text. No check digit. The 2023 text was not read, so all beyond the
parting into version, NSI and MD warns only. Case counts. Source: GB/T 38662 for the structure; a public resolver for
the beginnings 10064, 10096, 20128, 300121, by which alone a bare text is guessed.

>>> describe(parse("300121ABC123def456"))
{'version': 3, 'nsi': '00121', 'md': 'ABC123def456'}
"""

import re
from typing import Any

from zhuisu.codes import forms, meanings
from zhuisu.codes.model import About, Code, CodeError, Field, Level, Meaning, Scheme

_NSI = {"3": 5, "4": 5}
_MAIN = {"1": re.compile("[0-9]{1,20}"), "2": re.compile("[0-9]{1,28}"), "3": re.compile("[0-9A-Za-z]{1,39}")}
_SEEN = ("10064", "10096", "20128", "300121")


def parse(text: str) -> Code:
    """Reads an Ecode; raises CodeError with rule "form" where it cannot be parted into version, NSI and MD."""
    version, width = text[:1], _NSI.get(text[:1], 4)
    nsi, main = text[1 : 1 + width], text[1 + width :]
    number = version + nsi
    if not (number.isascii() and number.isdigit() and main and text.isprintable()):
        raise CodeError(
            "form", "a version digit, four or five digits, and a main code", "应为版本号、四至五位数字及主码"
        )
    code = Code("cn.ecode", text, Level.OTHER, {"version": version, "nsi": nsi, "md": main}, text)
    if version in _MAIN and _MAIN[version].fullmatch(main) is None:
        return forms.doubt(code, "form", f"unusual main code for V{version}", f"V{version} 的主码形式少见")
    if version == "0":
        return forms.doubt(
            code,
            "kind",
            "V0 stands for GS1 codes; its layout is not known here",
            "V0 用于兼容 GS1 编码，其结构此处没有收录",
        )
    if version not in "1234":
        return forms.doubt(code, "kind", f"version {version} is not in use", f"版本 {version} 未使用")
    return code


def describe(code: Code) -> dict[str, Any]:
    """The parts, the version as a number."""
    return {"version": int(code.parsed["version"]), "nsi": code.parsed["nsi"], "md": code.parsed["md"]}


def _version(text: str, _code: Code) -> Meaning:
    if text in "1234":
        return Meaning(f"V{text} of the structure", f"V{text} 结构", True)
    said = ("for GS1 codes, of unknown layout", "兼容 GS1，结构未收录") if text == "0" else ("not in use", "未使用")
    return Meaning(*said, False)


def _main(_text: str, code: Code) -> Meaning:
    if code.parsed.get("warning_rule") == "form":
        return Meaning("unusual length or characters for its version", "长度或字符与版本不符", False)
    return Meaning("assigned under its number system", "由编码体系内部分配")


def likely(code: Code) -> bool | None:
    """Of bare texts only those that begin as published ones do."""
    return True if code.value.startswith(_SEEN) else None


ABOUT = About(
    "Ecode",
    "Ecode 编码",
    (
        Field("version", "版本号 V", 1, _version),
        Field(
            "number system (NSI)",
            "编码体系标识 NSI",
            lambda code: len(code.parsed["nsi"]),
            meanings.note("whose numbers these are; the register is not public", "所属编码体系，登记表不公开"),
        ),
        Field("main code (MD)", "主码 MD", None, _main),
    ),
    evidence="memory",
    where="in a symbol with the Ecode mark",
    where_zh="带有 Ecode 标识的码中",
    labels=("ecode",),
)
SCHEMES = (Scheme("cn.ecode", Level.OTHER, parse, 80, describe, likely, about=ABOUT),)
