"""EPCIS and CBV words as people say them. Terms follow GB/T 38155 where it has one; a word we do not know is shown as sent."""

import re
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

from django.utils.translation import get_language
from django.utils.translation import gettext as now
from django.utils.translation import gettext_lazy as _

# CBV 2.0 §7.1
STEPS = {
    "accepting": _("验收"),
    "arriving": _("到达"),
    "assembling": _("组装"),
    "collecting": _("收集"),
    "commissioning": _("赋码登记"),
    "consigning": _("托运"),
    "creating_class_instance": _("生产成批"),
    "cycle_counting": _("循环盘点"),
    "decommissioning": _("注销追溯码"),
    "departing": _("离开"),
    "destroying": _("销毁"),
    "disassembling": _("拆解"),
    "dispensing": _("配发"),
    "encoding": _("写码"),
    "entering_exiting": _("进出"),
    "holding": _("暂存待处理"),
    "inspecting": _("检验"),
    "installing": _("安装"),
    "killing": _("使标签失效"),
    "loading": _("装载"),
    "other": _("其他作业"),
    "packing": _("装箱"),
    "picking": _("拣选"),
    "receiving": _("收货"),
    "removing": _("拆除"),
    "repackaging": _("换包装"),
    "repairing": _("修理"),
    "replacing": _("更换"),
    "reserving": _("预留"),
    "retail_selling": _("零售"),
    "sampling": _("抽样"),
    "sensor_reporting": _("传感器记录"),
    "shipping": _("发货"),
    "staging_outbound": _("待发"),
    "stock_taking": _("盘点"),
    "stocking": _("上架"),
    "storing": _("入库储存"),
    "transforming": _("加工"),
    "transporting": _("运输"),
    "unloading": _("卸货"),
    "unpacking": _("拆箱"),
    "void_shipping": _("撤销发货"),
}

# CBV 2.0 §7.2
DISPOSITIONS = {
    "active": _("已启用"),
    "available": _("可用"),
    "completeness_inferred": _("推定完整"),
    "completeness_verified": _("核实完整"),
    "conformant": _("合格"),
    "container_closed": _("已封箱"),
    "container_open": _("已开箱"),
    "damaged": _("已损坏"),
    "destroyed": _("已销毁"),
    "dispensed": _("已配发"),
    "disposed": _("已处置"),
    "encoded": _("已写码"),
    "expired": _("已过期"),
    "in_progress": _("进行中"),
    "in_transit": _("在途"),
    "inactive": _("已停用"),
    "mismatch_class": _("品种不符"),
    "mismatch_instance": _("单品不符"),
    "mismatch_quantity": _("数量不符"),
    "needs_replacement": _("需更换"),
    "no_pedigree_match": _("与谱系不符"),
    "non_conformant": _("不合格"),
    "non_sellable_other": _("不可销售"),
    "partially_dispensed": _("部分配发"),
    "recalled": _("被召回"),
    "reserved": _("已预留"),
    "retail_sold": _("已售出"),
    "returned": _("被退回"),
    "sellable_accessible": _("在售"),
    "sellable_not_accessible": _("库存待售"),
    "stolen": _("被盗"),
    "unavailable": _("不可用"),
    "unknown": _("状态不明"),
}

# Dispositions that a buyer must see first.
WARNINGS = {
    "damaged",
    "destroyed",
    "disposed",
    "expired",
    "mismatch_class",
    "mismatch_instance",
    "non_conformant",
    "non_sellable_other",
    "no_pedigree_match",
    "recalled",
    "stolen",
}

SCHEMES = {
    "gs1.gtin": _("商品条码（GTIN）"),
    "gs1.sgtin": _("单品追溯码（GTIN + 序列号）"),
    "gs1.lgtin": _("批次追溯码（GTIN + 批号）"),
    "gs1.sscc": _("物流单元码（SSCC）"),
    "gs1.sgln": _("位置码（GLN）"),
    "gs1.gln": _("位置码（GLN）"),
    "gs1.pgln": _("主体码（GLN）"),
    "gs1.grai": _("可回收资产码（GRAI）"),
    "gs1.giai": _("单个资产码（GIAI）"),
    "gs1.gdti": _("单证码（GDTI）"),
    "gs1.gsrn": _("服务关系码（GSRN）"),
    "gs1.gsrnp": _("服务提供者码（GSRN）"),
    "gs1.itip": _("组件码（ITIP）"),
    "gs1.cpi": _("零部件码（CPID）"),
    "gs1.gcn": _("优惠券码（GCN）"),
    "cn.uscc": _("统一社会信用代码"),
    "cn.org_code": _("组织机构代码"),
    "cn.reg15": _("营业执照注册号"),
    "cn.division": _("行政区划代码"),
    "cn.food_licence_sc": _("食品生产许可证编号"),
    "cn.drug_approval_no": _("药品批准文号"),
    "cn.drug_trace_msfx": _("药品追溯码（码上放心）"),
    "cn.drug_base_code": _("药品本位码"),
    "cn.pesticide_unit32": _("农药单元识别代码"),
    "cn.vetdrug_trace24": _("兽药追溯码"),
    "cn.seed_qr": _("种子标签二维码"),
    "cn.meatveg_node9": _("肉菜流通节点码"),
    "cn.meatveg_subject13": _("肉菜流通主体码"),
    "cn.special_equip_code": _("特种设备代码"),
    "cn.special_equip_reg20": _("特种设备注册代码"),
    "cn.detonator13": _("雷管编码"),
    "cn.alcohol_slip12": _("酒类随附单编号"),
    "cn.organic17": _("有机码"),
    "cn.ecode": _("Ecode 标识"),
    "cn.ma_idcode": _("MA 标识码（IDcode）"),
    "cn.ma_udi_di": _("医疗器械产品标识（MA）"),
    "iso.oid": _("对象标识符（OID）"),
    "handle": _("Handle 标识"),
    "cn.livestock_tag15": _("畜禽标识（耳标）"),
    "cn.meatveg_trace20": _("肉菜追溯码"),
    "uri": _("自有编码"),
    "zs.unit": _("平台追溯码"),
}

# The seven classes of important products (商务部等七部门, 2019) and the wider class of all food
CATEGORIES = {
    "edible_agricultural": _("食用农产品"),
    "food": _("食品"),
    "drugs": _("药品"),
    "agricultural_inputs": _("农业生产资料"),
    "special_equipment": _("特种设备"),
    "dangerous_goods": _("危险品"),
    "rare_earth": _("稀土产品"),
}

PARTY_KINDS = {
    "farm": _("养殖场或种植基地"),
    "slaughterhouse": _("屠宰厂"),
    "wholesale_market": _("批发市场"),
    "wholesaler": _("批发商"),
    "retail_market": _("零售市场"),
    "retailer": _("零售商"),
    "stall": _("摊位"),
    "catering": _("餐饮"),
    "carrier": _("承运人"),
    "manufacturer": _("生产企业"),
    "importer": _("进口商"),
    "distributor": _("经销商"),
    "laboratory": _("检测机构"),
    "authority": _("监管部门"),
    "operator": _("平台运营方"),
}

# UN/ECE Recommendation 20
UNITS = {
    "KGM": "kg",
    "GRM": "g",
    "TNE": "t",
    "LTR": "L",
    "MLT": "mL",
    "MTR": "m",
    "EA": _("件"),
    "H87": _("件"),
    "XBX": _("箱"),
}


def step(word: str | None) -> str:
    """The business step in the reader's language."""
    if not word:
        return now("记录")
    return str(STEPS.get(word, word))


def disposition(word: str | None) -> str:
    """The disposition in the reader's language; empty where none was sent."""
    return str(DISPOSITIONS.get(word, word)) if word else ""


def scheme(name: str) -> str:
    """What kind of code this is."""
    return str(SCHEMES.get(name, name))


def kind_of_canonical(canonical: str) -> str:
    """What kind of thing a canonical code names, where no product is known."""
    name = canonical.partition(":")[0]
    if name == "uri" and canonical.startswith("uri:urn:zhuisu:"):
        name = canonical.split(":")[3]
    return scheme(name)


def unit(code: str | None) -> str:
    """A unit of measure as people write it."""
    return str(UNITS.get(code, code)) if code else now("件")


def said(thing: Any, name: str) -> str:
    """A field of a master data row in the reader's language; Chinese where no English was given."""
    english = getattr(thing, f"{name}_en", "") if get_language() == "en" else ""
    return str(english or getattr(thing, name, "") or "")


def listed(*parts: str) -> str:
    """Parts of a line, those that are there, with the comma of the reader's language."""
    return now("，").join(part for part in parts if part)


def city(region_name: str, region_name_en: str) -> str:
    """The city of a region's name: the first word in Chinese, the last part in English."""
    if get_language() == "en" and region_name_en:
        return region_name_en.rpartition(",")[2].strip()
    return region_name.partition(" ")[0]


def number(value: Decimal | int) -> str:
    """A number without needless zeros, thousands apart."""
    text = f"{value:,f}" if isinstance(value, Decimal) else f"{value:,}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def local(at: datetime, zone: str) -> datetime:
    """A moment on the clock of the place where it happened: the offset as sent, such as +08:00."""
    match = re.fullmatch(r"([+-])(\d\d):?(\d\d)", zone)
    if not match:
        return at.astimezone(UTC)
    offset = timedelta(hours=int(match[2]), minutes=int(match[3]))
    return at.astimezone(timezone(-offset if match[1] == "-" else offset))
