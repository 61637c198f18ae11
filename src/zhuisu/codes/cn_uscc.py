"""统一社会信用代码, the unified social credit code of GB 32100-2015: eighteen characters.

Layout: 1 registering department, 1 category, 6 division (GB/T 2260, digits), 9 organisation code (GB 11714),
1 check character; all from 0-9 A-Z without I O S V Z.
Check: weights 3^(i-1) mod 31; 31 minus the sum modulo 31, read in the same alphabet. The organisation code inside
carries its own check character, which is checked too.

>>> calc_check("91110000600037341")
'L'
"""

import re

from zhuisu.codes import cn_org_code, meanings
from zhuisu.codes.model import About, Code, CodeError, Field, Level, Meaning, Scheme

_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_FORM = re.compile(f"[{_ALPHABET}]{{2}}[0-9]{{6}}[{_ALPHABET}]{{10}}")


def compact(text: str) -> str:
    """The code without blanks and hyphens, in upper case."""
    return re.sub(r"[\s\-]+", "", text).upper()


def calc_check(body: str) -> str:
    """The check character for the seventeen before it."""
    total = sum(_ALPHABET.index(char) * pow(3, place, 31) for place, char in enumerate(body))
    return _ALPHABET[-total % 31]


def parse(text: str) -> Code:
    """Reads a unified social credit code; raises CodeError with rule "length", "characters" or "check-digit"."""
    code = compact(text)
    if len(code) != 18:
        raise CodeError("length", f"{len(code)} characters, should be 18", f"有 {len(code)} 个字符，应为 18 个")
    if _FORM.fullmatch(code) is None:
        raise CodeError(
            "characters",
            "0-9 and A-Z without I O S V Z, and digits in places 3 to 8",
            "只用数字与大写字母（不含 I、O、S、V、Z），第 3 至 8 位为数字",
        )
    wanted = calc_check(code[:17])
    if code[17] != wanted:
        raise CodeError(
            "check-digit",
            f"check character is {code[17]}, should be {wanted}",
            f"校验码为 {code[17]}，应为 {wanted}",
        )
    inner = cn_org_code.calc_check(code[8:16])
    if code[16] != inner:
        raise CodeError(
            "check-digit",
            f"check character of the organisation code inside is {code[16]}, should be {inner}",
            f"其中组织机构代码的校验码为 {code[16]}，应为 {inner}",
        )
    parsed = {"dept": code[0], "category": code[1], "division": code[2:8], "org_code": code[8:17], "check": code[17]}
    return Code("cn.uscc", code, Level.PARTY, parsed, text)


# From memory (0.9), so a department or category that is not here is no error.
_DEPARTMENTS = {
    "1": ("office of institutional organisation", "机构编制"),
    "2": ("foreign affairs", "外交"),
    "3": ("justice", "司法行政"),
    "4": ("culture", "文化"),
    "5": ("civil affairs", "民政"),
    "6": ("tourism", "旅游"),
    "7": ("religious affairs", "宗教"),
    "8": ("trade unions", "工会"),
    "9": ("market regulation", "市场监管"),
    "A": ("Central Military Commission", "中央军委改革和编制办公室"),
    "N": ("agriculture", "农业"),
    "Y": ("other", "其他"),
}
_CATEGORIES = {
    "11": ("state organ", "机关"),
    "12": ("public institution", "事业单位"),
    "51": ("social organisation", "社会团体"),
    "52": ("private non-enterprise unit", "民办非企业单位"),
    "53": ("foundation", "基金会"),
    "91": ("enterprise", "企业"),
    "92": ("individual business", "个体工商户"),
    "93": ("farmers' cooperative", "农民专业合作社"),
    "99": ("other", "其他"),
    "N1": ("collective economic organisation of a group", "组级集体经济组织"),
    "N2": ("collective economic organisation of a village", "村级集体经济组织"),
    "N3": ("collective economic organisation of a township", "乡镇级集体经济组织"),
}


def _category(_text: str, code: Code) -> Meaning:
    return meanings.one_of(_CATEGORIES)(code.value[:2], code)


ABOUT = About(
    "unified social credit code",
    "统一社会信用代码",
    (
        Field("registering department", "登记管理部门", 1, meanings.one_of(_DEPARTMENTS)),
        Field("category", "机构类别", 1, _category),
        Field("division", "登记管理机关行政区划", 6, meanings.division),
        Field("organisation code", "主体标识码（组织机构代码）本体", 8, meanings.SEQUENCE),
        Field(
            "its check character",
            "组织机构代码校验码",
            1,
            meanings.checked("mod 11 of GB 11714", "GB 11714 模 11", lambda value: cn_org_code.calc_check(value[8:16])),
        ),
        meanings.check_digit(1, "mod 31 of GB 32100", "GB 32100 模 31", lambda value: calc_check(value[:17])),
    ),
    check="mod 31 (GB 32100-2015), and mod 11 (GB 11714) inside",
    evidence="standard",
    where="on an organisation's licence, behind 统一社会信用代码",
    where_zh="营业执照的“统一社会信用代码”处",
    labels=("统一社会信用代码", "信用代码"),
)
SCHEMES = (Scheme("cn.uscc", Level.PARTY, parse, 5, about=ABOUT),)
