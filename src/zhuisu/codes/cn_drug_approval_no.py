"""药品批准文号, the approval number of a drug: 国药准字, letters, eight digits.

Layout: H chemical, Z traditional, S biological, T diagnostic, B health, F excipient, J packed from import; since the
rules of 2020 a second letter: J imported, C from Hong Kong, Macau or Taiwan. Then eight digits; no check.
Evidence: memory (0.8): other letters are a warning.

>>> describe(parse("国药准字 hj20170001"))
{'kind': 'H', 'imported': True, 'number': '20170001'}
"""

import re
from typing import Any

from zhuisu.codes import forms, meanings
from zhuisu.codes.model import About, Code, CodeError, Field, Level, Scheme

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


_LETTERS = {
    "H": ("chemical drug", "化学药品"),
    "Z": ("traditional Chinese medicine", "中药"),
    "S": ("biological product", "生物制品"),
    "T": ("diagnostic of a drug's kind", "体外化学诊断试剂"),
    "B": ("health drug", "保健药品"),
    "F": ("excipient", "药用辅料"),
    "J": ("packed here from import", "进口分包装药品"),
}
_ORIGINS = {"J": ("made abroad", "境外生产"), "C": ("from Hong Kong, Macau or Taiwan", "港澳台生产")}

ABOUT = About(
    "drug approval number",
    "药品批准文号",
    (
        Field(
            "prefix",
            "字头",
            4,
            meanings.note("approved by the national drug authority", "国家药品监督管理部门批准", True),
        ),
        Field("kind", "类别", 1, meanings.one_of(_LETTERS, ok=False)),
        Field("origin", "来源", lambda code: len(code.parsed["origin"]), meanings.one_of(_ORIGINS, ok=False)),
        Field("number", "编号", 8, meanings.note("year of approval and sequence, mostly", "多为批准年份与顺序号")),
    ),
    where="on a drug's pack and leaflet, behind 批准文号",
    where_zh="药品包装与说明书的“批准文号”处",
    labels=("批准文号",),
)
SCHEMES = (Scheme("cn.drug_approval_no", Level.CLASS, parse, 6, describe, about=ABOUT),)
