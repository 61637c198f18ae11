"""The products of the demonstration, by GTIN. Indicator 9 marks goods traded by weight, 1 a case (GS1 General Specifications §2.1)."""

from zhuisu.config.demo.master import Good
from zhuisu.config.demo.parties import FIRMS

_CHILLED = ("0–4 ℃ 冷藏", "Keep at 0–4 °C")
_COOL = ("4–10 ℃ 冷藏", "Keep at 4–10 °C")
_TANK = ("2–4 ℃ 贮奶罐", "Tank at 2–4 °C")
_DRY = ("常温干燥避光", "Dry, away from light")
_MEAT, _FOOD, _CROP = "edible_agricultural", "food", "edible_agricultural"

# key, holder, item, name, English name, category, specification (zh, en), unit, storage (zh, en), shelf life in days, icon
_GOODS: tuple[tuple[str, str, str, str, str, str, str, str, str, tuple[str, str], int, str], ...] = (
    ("half", "slaughter", "900001", "白条猪肉（半片）", "Pork half-carcass", _MEAT, "带皮，称重计量", "Skin on, by weight", "KGM", _CHILLED, 5, "pork"),
    ("foreleg", "slaughter", "900011", "冷鲜猪前腿肉", "Chilled pork foreleg", _MEAT, "称重计量", "By weight", "KGM", _CHILLED, 5, "pork"),
    ("hindleg", "slaughter", "900012", "冷鲜猪后腿肉", "Chilled pork hind leg", _MEAT, "称重计量", "By weight", "KGM", _CHILLED, 5, "pork"),
    ("belly", "slaughter", "900013", "冷鲜猪五花肉", "Chilled pork belly", _MEAT, "称重计量", "By weight", "KGM", _CHILLED, 5, "pork"),
    ("ribs", "slaughter", "900014", "冷鲜猪排骨", "Chilled pork ribs", _MEAT, "称重计量", "By weight", "KGM", _CHILLED, 5, "pork"),
    ("loin", "slaughter", "900015", "冷鲜猪里脊肉", "Chilled pork loin", _MEAT, "称重计量", "By weight", "KGM", _CHILLED, 5, "pork"),
    ("bones", "slaughter", "900016", "猪骨及皮膘", "Pork bones, skin and fat", _MEAT, "称重计量", "By weight", "KGM", _CHILLED, 5, "pork"),
    ("fresh_pork", "market_siming", "900001", "鲜猪肉（档口分割）", "Fresh pork, cut at the stall", _MEAT, "称重计量", "By weight", "KGM", _CHILLED, 1, "pork"),
    ("raw_milk", "dairy", "900001", "生牛乳", "Raw cow's milk", _MEAT, "称重计量", "By weight", "KGM", _TANK, 2, "milk"),
    ("mixed_milk", "dairy", "900002", "混合生牛乳", "Mixed raw milk", _FOOD, "称重计量", "By weight", "KGM", _TANK, 1, "milk"),
    ("base_powder", "dairy", "900003", "婴幼儿配方乳粉基粉", "Base powder", _FOOD, "25 kg 袋", "25 kg bags", "KGM", _DRY, 365, "milk"),
    ("formula_bulk", "dairy", "900004", "婴儿配方奶粉 1 段（待装）", "Infant formula, stage 1, in bulk", _FOOD, "干混批", "Blend", "KGM", _DRY, 30, "milk"),
    ("growing_bulk", "dairy", "900005", "儿童成长奶粉（待装）", "Growing-up milk powder, in bulk", _FOOD, "干混批", "Blend", "KGM", _DRY, 30, "milk"),
    ("tin", "dairy", "000011", "婴儿配方奶粉（0–6 月龄，1 段）", "Infant formula, 0–6 months, stage 1", _FOOD, "900 g/听", "900 g tin", "EA", _DRY, 730, "milk"),
    ("tin_case", "dairy", "100011", "婴儿配方奶粉 1 段 整箱", "Infant formula, stage 1, case", _FOOD, "6 听/箱", "6 tins", "EA", _DRY, 730, "milk"),
    ("growing_tin", "dairy", "000012", "儿童成长奶粉", "Growing-up milk powder", _FOOD, "800 g/听", "800 g tin", "EA", _DRY, 730, "milk"),
    ("growing_case", "dairy", "100012", "儿童成长奶粉 整箱", "Growing-up milk powder, case", _FOOD, "6 听/箱", "6 tins", "EA", _DRY, 730, "milk"),
    ("cheese", "dairy", "000013", "原味奶酪棒", "Plain cheese sticks", _FOOD, "90 g/袋", "90 g bag", "EA", _CHILLED, 365, "milk"),
    ("cheddar", "importer", "000023", "原制奶酪（切达）", "Cheddar cheese", _FOOD, "20 kg 块", "20 kg blocks", "KGM", _CHILLED, 365, "milk"),
    ("whey", "importer", "000021", "脱盐乳清粉（D90）", "Demineralised whey powder D90", _FOOD, "25 kg 袋", "25 kg bags", "KGM", _DRY, 540, "milk"),
    ("lactose", "importer", "000022", "乳糖", "Lactose", _FOOD, "25 kg 袋", "25 kg bags", "KGM", _DRY, 730, "milk"),
    ("oil_powder", "ingredients", "000031", "植物油脂粉", "Vegetable oil powder", _FOOD, "20 kg 袋", "20 kg bags", "KGM", _DRY, 365, "oil"),
    ("premix", "ingredients", "000032", "维生素矿物质预混料", "Vitamin and mineral premix", _FOOD, "5 kg 袋", "5 kg bags", "KGM", _DRY, 365, "food"),
    ("pak_choi_field", "greens", "900001", "上海青（采收批）", "Pak choi, as harvested", _CROP, "称重计量", "By weight", "KGM", _COOL, 3, "vegetable"),
    ("pak_choi", "greens", "900002", "上海青（净菜）", "Pak choi, trimmed", _CROP, "15 kg 筐", "15 kg crates", "KGM", _COOL, 4, "vegetable"),
    ("tomato_field", "greens", "900003", "番茄（采收批）", "Tomatoes, as harvested", _CROP, "称重计量", "By weight", "KGM", _COOL, 8, "vegetable"),
    ("tomato", "greens", "900004", "番茄（分级）", "Tomatoes, graded", _CROP, "10 kg 筐", "10 kg crates", "KGM", _COOL, 10, "vegetable"),
    ("piglets_tongan", "pigs_tongan", "000001", "仔猪批", "Litter of piglets", _MEAT, "按头计", "By head", "EA", ("养殖场", "On the farm"), 0, "pork"),
    ("piglets_xiangan", "pigs_xiangan", "000001", "仔猪批", "Litter of piglets", _MEAT, "按头计", "By head", "EA", ("养殖场", "On the farm"), 0, "pork"),
    ("piglets_nanjing", "pigs_nanjing", "000001", "仔猪批", "Litter of piglets", _MEAT, "按头计", "By head", "EA", ("养殖场", "On the farm"), 0, "pork"),
    ("governor", "lift_maker", "000001", "电梯限速器 XS-12", "Lift overspeed governor XS-12", "special_equipment", "XS-12", "XS-12", "EA", ("", ""), 0, "equipment"),
    ("cylinder", "cylinder_maker", "000001", "车用压缩天然气气瓶 CNG2-80", "Vehicle CNG cylinder CNG2-80", "special_equipment", "80 L，20 MPa", "80 L, 20 MPa", "EA", ("", ""), 0, "equipment"),
    ("valve", "cylinder_maker", "000002", "车用气瓶瓶阀 QF-T1", "Vehicle cylinder valve QF-T1", "special_equipment", "QF-T1", "QF-T1", "EA", ("", ""), 0, "equipment"),
)  # fmt: skip

# What the sectors' profiles call them. Raw milk is of none (cows and their tags are not in the week), but the dairy that buys it must
# check it.
_KINDS = {
    "livestock.pork": ("piglets_tongan", "piglets_xiangan", "piglets_nanjing", "half", "foreleg", "hindleg", "belly", "ribs", "loin", "bones", "fresh_pork"),
    "crops.vegetable": ("pak_choi_field", "pak_choi", "tomato_field", "tomato"),
    "food.infant_formula": ("formula_bulk", "tin", "tin_case"),
    "food.dairy": ("mixed_milk", "base_powder", "growing_bulk", "growing_tin", "growing_case", "cheese", "cheddar", "whey", "lactose"),
    "food.other_food": ("oil_powder", "premix"),
    "elevators.traction_passenger": ("governor",),
    "gas_cylinders.vehicle_cng": ("cylinder", "valve"),
}  # fmt: skip
_KIND_OF = {key: kind for kind, keys in _KINDS.items() for key in keys}

GOODS = {
    key: Good(
        key,
        FIRMS[holder],
        item,
        name,
        name_en,
        category,
        spec,
        spec_en,
        unit,
        *storage,
        days,
        icon,
        _KIND_OF.get(key, ""),
    )
    for key, holder, item, name, name_en, category, spec, spec_en, unit, storage, days, icon in _GOODS
}
