"""A made-up sector with every kind of column, for tests of records, schemas and sheets."""

import tomllib
from decimal import Decimal
from functools import cache
from typing import Any

import msgspec

from zhuisu.profiles.model import Profile

TOML = """
id = "toys"
edition = "1"
valid_from = 2026-01-01
sector_class = "food"
name = { zh = "玩具", en = "Toys" }
codes = [{ level = "lot", schemes = ["gs1.lgtin"] }, { level = "item", schemes = ["gs1.sgtin", "cn.livestock_tag15"] }]
kinds.drum = { name = { zh = "鼓", en = "Drum" } }
kinds.doll = { name = { zh = "娃娃", en = "Doll" } }
[basis.law]
law = { zh = "玩具法", en = "Toy Law" }
article = "第一条"
evidence = "law"
[basis.hearsay]
law = { zh = "听说", en = "Hearsay" }
article = "-"
evidence = "memory"
[roles.maker]
name = { zh = "制造者", en = "the maker" }
[fields]
paint = { name = { zh = "油漆", en = "Paint" }, type = "choice", basis = "law", place = "item", choices = { red = { zh = "红", en = "red one" }, none = { zh = "无", en = "none" } } }
lead = { name = { zh = "铅含量", en = "Lead" }, type = "number", basis = "hearsay", place = "item", min = 0, max = 90.5 }
weight = { name = { zh = "净重", en = "Weight" }, type = "number", basis = "law", place = "item", unit = "KGM", min = 0, help = { zh = "不含包装", en = "without wrapping" } }
parts = { name = { zh = "零件数", en = "Parts" }, type = "integer", basis = "law", place = "item", min = 1, max = 99 }
madeOn = { name = { zh = "制造日期", en = "Made on" }, type = "date", basis = "law", place = "item", not_future = true }
testedAt = { name = { zh = "检验时间", en = "Tested at" }, type = "datetime", basis = "law", place = "item" }
ticket = { name = { zh = "小票号", en = "Ticket" }, type = "text", basis = "law", max_length = 8, pattern = "[0-9]+" }
wrapped = { name = { zh = "已包装", en = "Wrapped" }, type = "yes_no", basis = "law", place = "item" }
wrapper = { name = { zh = "包装材料", en = "Wrapper" }, type = "text", basis = "law", place = "item" }
product = { name = { zh = "商品条码", en = "GTIN" }, type = "code", schemes = ["gs1.gtin"], basis = "law", place = "item" }
maker = { name = { zh = "制造人", en = "Maker" }, type = "person", basis = "law", place = "item" }
photo = { name = { zh = "照片", en = "Photo" }, type = "evidence", basis = "law", place = "item" }
[steps.make]
name = { zh = "制造", en = "making" }
event = "TransformationEvent"
biz_step = "creating_class_instance"
by = ["maker"]
basis = "law"
first = true
required = ["madeOn", "paint"]
optional = ["lead", "weight", "parts", "testedAt", "wrapped", "wrapper", "product", "maker", "photo"]
demands = [
  { field = "lead", when = { field = "paint", any_of = ["red"] }, basis = "law" },
  { field = "wrapper", when = { field = "wrapped", any_of = ["true"] }, basis = "law" },
]
attributes = ["lotNumber"]
amount = true
sensors.shelf = { measure = "Temperature", unit = "CEL", basis = "law", min = 2, max = 8, required = true }
[steps.enter]
name = { zh = "首次登记", en = "first registration" }
event = "ObjectEvent"
action = "ADD"
biz_step = "commissioning"
by = ["maker"]
basis = "law"
first = true
required = ["madeOn"]
[steps.sell]
name = { zh = "销售", en = "selling" }
event = "ObjectEvent"
action = "OBSERVE"
biz_step = "retail_selling"
by = ["maker"]
basis = "law"
after = ["make"]
required = ["ticket"]
buyer_known = true
amount = true
papers = [
  { kind = "testres", name = { zh = "检验报告", en = "test report" }, basis = "law" },
  { kind = "cert", id = "origin", or_kinds = ["pedigree"], name = { zh = "产地证明", en = "proof of origin" }, basis = "law" },
  { kind = "cert", id = "safety", name = { zh = "安全证明", en = "proof of safety" }, basis = "law" },
]
[steps.give]
name = { zh = "赠送", en = "giving" }
event = "ObjectEvent"
action = "OBSERVE"
biz_step = "retail_selling"
by = ["maker"]
basis = "law"
after = ["make"]
[steps.pack]
name = { zh = "装箱", en = "packing" }
event = "AggregationEvent"
action = "ADD"
biz_step = "packing"
by = ["maker"]
basis = "law"
after = ["make"]
[steps.unpack]
name = { zh = "拆箱", en = "unpacking" }
event = "AggregationEvent"
action = "DELETE"
biz_step = "unpacking"
by = ["maker"]
basis = "law"
after = ["pack"]
[steps.fit]
name = { zh = "安装", en = "fitting" }
event = "AssociationEvent"
action = "ADD"
biz_step = "installing"
by = ["maker"]
basis = "law"
after = ["make"]
[steps.vouch]
name = { zh = "开具凭证", en = "vouching" }
event = "TransactionEvent"
action = "ADD"
biz_step = "other"
by = ["maker"]
basis = "law"
after = ["make"]
"""
THING, OTHER_THING = (f"https://id.gs1.org/01/09520000073206/21/S{number}" for number in (1, 2))
LOT, OTHER_LOT = (f"https://id.gs1.org/01/09520000073206/10/L{number}" for number in (1, 2))
CASE, BUYER = "https://id.gs1.org/00/095200001234567896", "https://id.gs1.org/417/9520000001117"


@cache
def toys() -> Profile:
    return msgspec.convert(tomllib.loads(TOML, parse_float=Decimal), Profile)


def making(**over: Any) -> dict[str, Any]:
    """A right record of making, with what differs; None takes a value away."""
    record = {
        "eventTime": "2026-05-01T08:30:00+08:00",
        "inputs": [LOT],
        "inputQuantity": [Decimal("12.5")],
        "inputUnit": ["KGM"],
        "outputs": [OTHER_THING],
        "sensor_shelf": [Decimal(3), Decimal("4.5")],
        "kind": "drum",
        "lotNumber": "L-7",
        "madeOn": "2026-04-30",
        "paint": "none",
        **over,
    }
    return {name: value for name, value in record.items() if value is not None}


def selling(**over: Any) -> dict[str, Any]:
    """A right record of selling."""
    record = {
        "eventTime": "2026-05-02T08:30:00+08:00",
        "things": [THING],
        "buyer": BUYER,
        "paper_testres": ["HG-1"],
        "paper_origin": ["A/1"],
        "paper_safety": ["S 2"],
        "ticket": "17",
        **over,
    }
    return {name: value for name, value in record.items() if value is not None}
