"""药品批准文号, the approval number of a drug: 国药准字, letters, eight digits.

Layout: H chemical, Z traditional, S biological, T diagnostic, B health, F excipient, J packed from import; since the
rules of 2020 a second letter: J imported, C from Hong Kong, Macau or Taiwan. Then eight digits; no check.
Evidence: memory (0.8): other letters are a warning.

>>> describe(parse("国药准字 hj20170001"))
{'kind': 'H', 'imported': True, 'number': '20170001'}
"""

import re
from typing import Any

from zhuisu.codes import forms
from zhuisu.codes.model import Code, CodeError, Level, Scheme

_FORM = re.compile(r"国药准字([A-Z])([A-Z]?)([0-9]{8})")
_KINDS = re.compile("[HZS][JC]?|[TBFJ]")


def parse(text: str) -> Code:
    """Reads an approval number; raises CodeError with rule "form"."""
    number = forms.compact(text).upper()
    parts = _FORM.fullmatch(number)
    if parts is None:
        raise CodeError("form", "国药准字, one or two letters, eight digits", "应为国药准字加一至两位字母加八位数字")
    parsed = {"kind": parts[1], "origin": parts[2], "number": parts[3]}
    code = Code("cn.drug_approval_no", number, Level.CLASS, parsed, text)
    if _KINDS.fullmatch(parts[1] + parts[2]):
        return code
    return forms.doubt(code, "kind", f"unusual letters {parts[1] + parts[2]}", f"少见的字母 {parts[1] + parts[2]}")


def describe(code: Code) -> dict[str, Any]:
    """Kind, whether a second letter says that it comes from outside the mainland, and the number."""
    return {"kind": code.parsed["kind"], "imported": code.parsed["origin"] != "", "number": code.parsed["number"]}


SCHEMES = (Scheme("cn.drug_approval_no", Level.CLASS, parse, 6, describe),)
