"""What people are told of the GS1 schemes: names, and the parts of a key and of what stands beside it in the message.

Source: GS1 General Specifications, sections 1.4 (prefixes), 2 and 3 (keys, application identifiers), 7.9 (check digits);
GB 12904 and GB/T 16986 for the Chinese words. Whose a prefix is: the public table of biip.
"""

from biip import ParseError
from biip.gs1_prefixes import GS1Prefix, GS18Prefix

from zhuisu.codes import forms, gs1_ai, gs1_keys, gs1_rules, gs1_urn, zs_unit
from zhuisu.codes.model import About, Code, CodeError, Meaning, Part

_CHINA = ("GS1 China", "中国物品编码中心")
_SERIAL = Meaning("given by the company to one piece", "企业给单件的编号")
_COMPANY = Meaning("of the company", "厂商", True)
_UNDIVIDED = Meaning(
    "company and its own number; where one ends is not in the public table",
    "厂商代码与企业自编号；分界不在公开前缀表中",
)
_OWN = Meaning("numbered by the company", "企业自行编号")
# Two digits of a year: by section 7.12 of the General Specifications the century within fifty years of today; so far ahead.
_LAST_CENTURY_FROM = 77
_DATES = frozenset({"11", "12", "13", "15", "16", "17", "4326", "7006"})
# How many digits stand before the prefix, how many the key has with its check digit; 0: text, without a check digit.
_KEYS = {
    "00": (1, 18), "01": (1, 14), "8006": (1, 14), "8003": (1, 14), "253": (0, 13), "255": (0, 13), "8018": (0, 18),
    "8017": (0, 18), "402": (0, 17), "414": (0, 13), "415": (0, 13), "417": (0, 13), "401": (0, 0), "8004": (0, 0),
    "8010": (0, 0), "8013": (0, 0),
}  # fmt: skip
# The Chinese and English names of what stands on packs here; other AIs are named by their English data title.
_NAMES = {
    "10": ("lot", "批号"), "11": ("production date", "生产日期"), "13": ("packing date", "包装日期"),
    "15": ("best before", "最佳食用日期"), "16": ("sell by", "销售截止日期"), "17": ("expiry date", "有效期至"),
    "20": ("variant", "产品变体"), "21": ("serial number", "序列号"), "22": ("consumer product variant", "消费品变体"),
    "235": ("third-party serial (TPX)", "第三方控制的序列号"), "240": ("additional identification", "附加产品标识"),
    "250": ("secondary serial", "二级序列号"), "251": ("reference to source", "源实体参考号"),
    "254": ("extension", "扩展部分"), "30": ("count", "数量"), "37": ("count of items inside", "所含贸易单元数量"),
    "02": ("content (GTIN)", "所含贸易单元 GTIN"), "422": ("country of origin", "原产国"), "400": ("order number", "订单号"),
    "410": ("ship to", "交货地"), "412": ("bought from", "供货方"), "7040": ("importer index", "进口商索引"),
    "7003": ("expiry date and time", "有效期（日期与时间）"), "8008": ("production date and time", "生产日期与时间"),
    "8011": ("serial number", "序列号"), "8019": ("service relation instance", "服务关系实例"),
    "8020": ("payment reference", "付款单参考号"), "8200": ("product URL", "产品网址"),
    "91": ("internal to a company", "企业内部信息"), "92": ("internal to a company", "企业内部信息"),
    "93": ("internal to a company", "企业内部信息"),
}  # fmt: skip
# By the first three digits of four; the last says how many decimals the number has.
_MEASURES_ZH = {
    "310": "净重（千克）", "311": "长度（米）", "312": "宽度（米）", "313": "高度（米）", "314": "面积（平方米）", "315": "净体积（升）",
    "316": "净体积（立方米）", "330": "毛重（千克）", "331": "物流长度（米）", "332": "物流宽度（米）", "333": "物流高度（米）",
    "334": "物流面积（平方米）", "335": "毛体积（升）", "336": "毛体积（立方米）", "390": "金额", "391": "金额（含币种）", "392": "价格",
    "393": "价格（含币种）", "703": "加工者批准号", "723": "证书编号",
}  # fmt: skip
_LEADS = {
    "00": ("extension digit", "扩展位", "chosen by the company", "企业自选"),
    "8003": ("filling digit", "填充位", "always 0", "固定为 0"),
}


def layout(code: Code) -> list[Part]:
    """The parts of the key, of its qualifiers, and of all else that the message says (its texts are not the value)."""
    values = gs1_keys.split(code)
    key = next(iter(values))
    parts = _key(key, values[key], code)
    for ai, data in list(values.items())[1:]:
        parts.append(_piece(ai, data, _serial(data) if ai in ("21", "235", "8011") else None))
    beside = {ai: data for ai, data in code.parsed.items() if ai.isdigit() and ai not in values}
    parts += [_piece(ai, data) for ai, data in beside.items() if ai in gs1_ai.table()]
    return parts


def _key(key: str, data: str, code: Code) -> list[Part]:
    lead, size = _KEYS[key]
    if not size:
        tail = 2 if key == "8013" else 0
        parts = _numbered(data[: len(data) - tail], code)
        if tail:
            said = Meaning("right, by mod 1021", "正确（模 1021）", True)
            parts.append(Part(data[-2:], "check characters", "校验字符对", *said))
        return parts
    number, rest = data[:size], data[size:]
    parts = []
    if key in ("01", "8006"):
        parts, number = _gtin_lead(number)
    elif lead:
        parts, number = [Part(number[0], *_LEADS[key][:2], *_LEADS[key][2:], None)], number[1:]
    parts += _numbered(number[:-1], code)
    # The whole number, for the weights count from its right end.
    right = gs1_rules.check_digit(data[: size - 1]) == data[size - 1]
    said = Meaning("right, by mod 10", "正确（模 10）", True) if right else Meaning("wrong", "不正确", False)
    parts.append(Part(number[-1], "check digit", "校验码", *said))
    if key == "8006":
        parts.append(Part(rest[:2], "piece", "部件序号", f"piece {int(rest[:2])}", f"第 {int(rest[:2])} 件", True))
        parts.append(Part(rest[2:], "pieces", "部件总数", f"of {int(rest[2:])}", f"共 {int(rest[2:])} 件", True))
    elif rest:
        parts.append(Part(rest, "serial number", "序列号", *_SERIAL))
    return parts


def _gtin_lead(number: str) -> tuple[list[Part], str]:
    """What stands before the prefix: zeros that fill a shorter GTIN, or the indicator of a GTIN-14."""
    zeros = 6 if number.startswith("000000") else 2 if number.startswith("00") else 1
    if number[0] == "0":
        size = 14 - zeros
        said = (f"a GTIN-{size}, filled with zeros to fourteen digits", f"GTIN-{size}，前补零至十四位")
        return [Part(number[:zeros], "filling zeros", "填充位", *said, None)], number[zeros:]
    said = (
        ("of variable measure", "变量贸易单元")
        if number[0] == "9"
        else ("a grouping, numbered by the company", "包装层级，企业自选")
    )
    return [Part(number[0], "indicator", "指示符", *said, None)], number[1:]


def issuer(number: str) -> Meaning | None:
    """Which GS1 organisation gave out the first three digits of a GTIN-8, -12, -13 or a GLN; None where unknown.

    >>> issuer("6901234567892").text
    'GS1 China'
    """
    try:
        found = GS18Prefix.extract(number) if len(number) == 8 else GS1Prefix.extract(number.zfill(13))
    except ParseError:
        return None
    if found is None:
        return None
    names = _CHINA if "690" <= found.value <= "699" else (found.usage, found.usage)
    return Meaning(*names, True)


def _numbered(body: str, code: Code) -> list[Part]:
    """Company prefix and the company's own number, parted where the URN showed it or the public table knows."""
    shown = code.parsed.get("gcp")
    digits = body[: next((at for at, char in enumerate(body) if not char.isdigit()), len(body))]
    length = len(shown) if shown and body.startswith(shown) else gs1_urn.known_prefix_length(digits)
    whose = issuer(body + "0") if len(body) in (7, 11, 12) else issuer(digits[:12].ljust(13, "0"))
    by = (f", prefix {body[:3]} of {whose.text}", f"，前缀 {body[:3]} 属{whose.text_zh}") if whose else ("", "")
    if length is None or not 0 < length < len(body) or len(body) == 7:
        said = (_UNDIVIDED.text + by[0], _UNDIVIDED.text_zh + by[1])
        return [Part(body, "company and item", "厂商与项目代码", *said, True if whose else None)]
    return [
        Part(body[:length], "company prefix", "厂商识别代码", _COMPANY.text + by[0], _COMPANY.text_zh + by[1], True),
        Part(body[length:], "reference", "项目代码", *_OWN),
    ]


def _serial(data: str) -> Meaning:
    """What a serial says: one of this platform's form carries a check character of its own."""
    try:
        ours = zs_unit.read(data).value == data
    except CodeError:
        ours = False
    form = Meaning(
        "in the form of this platform's codes; its check character is right", "符合本平台码的形式，其校验码正确"
    )
    return form if ours else _SERIAL


def names(ai: str) -> tuple[str, str]:
    """The names of an application identifier, with its digits."""
    if ai in _NAMES:
        english, chinese = _NAMES[ai]
    else:
        english = gs1_ai.look_up(ai).title.lower()
        chinese = _MEASURES_ZH.get(ai[:3], f"应用标识符 {gs1_ai.look_up(ai).title}")
    return f"{english} ({ai})", f"{chinese}（{ai}）"


def _piece(ai: str, data: str, said: Meaning | None = None) -> Part:
    name, name_zh = names(ai)
    meaning = said or _meaning(ai, data)
    return Part(data, name, name_zh, meaning.text, meaning.text_zh, meaning.ok)


def _meaning(ai: str, data: str) -> Meaning:
    if ai in _DATES:
        return _date(data)
    if ai[:2] in ("31", "32", "33", "34", "35", "36") and len(ai) == 4 and data.isdigit():
        number = f"{int(data) / 10 ** int(ai[3]):.{ai[3]}f}"
        return Meaning(number, number, True)
    if ai in ("10", "21"):
        return Meaning("given by the company", "企业编定")
    return Meaning("in the right form", "形式正确")


def _date(data: str) -> Meaning:
    """YYMMDD; day 00 means the month."""
    year = int(data[:2]) + (1900 if int(data[:2]) >= _LAST_CENTURY_FROM else 2000)
    month, day = int(data[2:4]), int(data[4:6])
    if not forms.is_date(year, month, day or 1):
        return Meaning("no such date", "没有这个日期", False)
    if not day:
        return Meaning(f"{year}-{month:02}", f"{year} 年 {month} 月", True)
    return Meaning(f"{year}-{month:02}-{day:02}", f"{year} 年 {month} 月 {day} 日", True)


def _about(name: str, name_zh: str, check: str, where: str, where_zh: str, *labels: str) -> About:
    return About(name, name_zh, layout, check, "standard" if check else "", where, where_zh, labels)


_MOD10 = "GS1 mod 10"
ABOUT = {
    "gs1.sscc": _about("logistic unit (SSCC)", "物流单元（SSCC）", _MOD10, "on a pallet or carton label, behind (00)", "托盘、箱标签的 (00) 之后", "sscc", "系列货运包装箱代码"),
    "gs1.sgtin": _about("one piece (GTIN and serial)", "单件（GTIN 与序列号）", _MOD10, "with (21) behind (01)", "(01) 之后带 (21)"),
    "gs1.upui": _about("unique pack (GTIN and TPX)", "单件（GTIN 与第三方序列号）", _MOD10, "with (235) behind (01)", "(01) 之后带 (235)"),
    "gs1.lgtin": _about("lot (GTIN and lot)", "批次（GTIN 与批号）", _MOD10, "with (10) behind (01)", "(01) 之后带 (10)"),
    "gs1.cpv": _about("product variant (GTIN and CPV)", "产品变体（GTIN 与 CPV）", _MOD10, "with (22) behind (01)", "(01) 之后带 (22)"),
    "gs1.gtin": _about("product (GTIN)", "商品条码（GTIN）", _MOD10, "under a bar code on goods, or behind (01)", "商品条码下方，或 (01) 之后", "gtin", "gtin14", "gtin13", "ean", "ean13", "upc", "商品条码", "商品条形码", "69码"),
    "gs1.itip": _about("piece of a product (ITIP)", "贸易项目部件（ITIP）", _MOD10, "behind (8006)", "(8006) 之后"),
    "gs1.cpi": _about("component or part (CPID)", "组件与零件（CPID）", "", "behind (8010)", "(8010) 之后"),
    "gs1.grai": _about("returnable asset (GRAI)", "可回收资产（GRAI）", _MOD10, "behind (8003), on a crate or keg", "(8003) 之后，如周转箱、桶", "grai"),
    "gs1.giai": _about("individual asset (GIAI)", "单个资产（GIAI）", "", "behind (8004)", "(8004) 之后", "giai"),
    "gs1.gdti": _about("document (GDTI)", "文件类型（GDTI）", _MOD10, "behind (253)", "(253) 之后"),
    "gs1.gcn": _about("coupon (GCN)", "优惠券（GCN）", _MOD10, "behind (255)", "(255) 之后"),
    "gs1.gsrn": _about("service recipient (GSRN)", "服务对象（GSRN）", _MOD10, "behind (8018)", "(8018) 之后"),
    "gs1.gsrnp": _about("service provider (GSRN)", "服务提供者（GSRN）", _MOD10, "behind (8017)", "(8017) 之后"),
    "gs1.gsin": _about("shipment (GSIN)", "装运（GSIN）", _MOD10, "behind (402)", "(402) 之后", "gsin"),
    "gs1.ginc": _about("consignment (GINC)", "托运（GINC）", "", "behind (401)", "(401) 之后"),
    "gs1.gmn": _about("model (GMN)", "型号（GMN）", "GS1 check character pair, mod 1021", "behind (8013)", "(8013) 之后"),
    "gs1.payment": _about("payment slip", "付款单", _MOD10, "behind (415) and (8020)", "(415) 与 (8020) 之后"),
    "gs1.pgln": _about("party (GLN)", "参与方（GLN）", _MOD10, "as the number of a company, or behind (417)", "作为企业的编号，或 (417) 之后"),
    "gs1.sgln": _about("place (GLN)", "位置（GLN）", _MOD10, "as the number of a place, or behind (414)", "作为地点的编号，或 (414) 之后"),
    "gs1.gln": _about("place or party (GLN)", "位置或参与方（GLN）", _MOD10, "as the number of a place or a company", "作为地点或企业的编号"),
}  # fmt: skip


def _foreign(code: Code) -> list[Part]:
    """The parts of an EPC that no GS1 key stands behind."""
    head, _, body = code.value.rpartition(":")
    kind = Part(
        f"{head}:", "kind of EPC", "EPC 类型", "an EPC URN of the Tag Data Standard", "标签数据标准的 EPC URN", True
    )
    said = ("in the right form; assigned by its issuer", "形式正确，由发码方编定")
    pieces = body.split(".")
    dotted = [piece + ("." if place < len(pieces) - 1 else "") for place, piece in enumerate(pieces)]
    return [kind, *(Part(piece, "component", "组成部分", *said, None) for piece in dotted)]


EPC = About("EPC", "EPC 标识", _foreign, where="as an EPC URN", where_zh="以 EPC URN 书写")
