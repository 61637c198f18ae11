"""The licences of the demonstration's parties. Numbers have the right form and belong to nobody."""

from datetime import date

from zhuisu.config.demo.master import Right
from zhuisu.config.demo.numbers import mod11_10
from zhuisu.config.demo.parties import FIRMS

_FROM, _TO = date(2024, 3, 1), date(2029, 2, 28)


def _food_number(prefix: str, body: str) -> str:
    return prefix + body + mod11_10(body)


# The licences to make food, by firm: 1 = food; 29 infant formula, 31 other foods
FOOD_LICENCES = {
    key: _food_number("SC", f"{category}{FIRMS[key].region}9001")
    for key, category in {"dairy": "129", "ingredients": "131"}.items()
}
MAKERS_LICENCES = {"lift_maker": "TS3310901-2028", "cylinder_maker": "TS2210902-2028"}
FORMULA_REGISTRATION = "国食注字YP20269001"
EQUIPMENT = {
    "lift_maker": "特种设备生产许可证",
    "lift_service": "特种设备生产许可证",
    "cylinder_maker": "特种设备生产许可证",
    "inspection_body": "特种设备检验检测机构核准证",
}
EQUIPMENT_EN = {
    "特种设备生产许可证": "Special equipment production licence",
    "特种设备检验检测机构核准证": "Approval of a special equipment inspection body",
}
# Its certificate ended on the Tuesday of the week, and it went on sending pigs.
LAPSED, LAPSED_ON = "pigs_nanjing", date(2026, 11, 17)


def _right(
    key: str, kind: str, kind_en: str, number: str, valid_from_on: date = _FROM, valid_to_on: date | None = _TO
) -> Right:
    return Right(FIRMS[key], kind, kind_en, number, valid_from_on, valid_to_on)


def _food_licences() -> list[Right]:
    made = [_right(key, "食品生产许可证", "Food production licence", number) for key, number in FOOD_LICENCES.items()]
    sellers = [key for key, firm in FIRMS.items() if firm.kind in ("importer", "distributor", "retailer", "catering")]
    for number, key in enumerate(sellers, start=1):
        kind = "3" if FIRMS[key].kind == "catering" else "1"
        body = f"{kind}{FIRMS[key].region}{900000 + number}"
        made.append(_right(key, "食品经营许可证", "Food trading licence", _food_number("JY", body)))
    return made


def _market_files() -> list[Right]:
    """Who opens a market files with the authority; who sells edible farm products in it is in the market's own file."""
    made = [
        _right(
            key,
            "集中交易市场开办者备案",
            "Filing of a market operator",
            f"{FIRMS[key].region}-SC-90{number:02d}",
            valid_to_on=None,
        )
        for number, key in enumerate(("wholesale", "market_huli", "market_siming"), start=1)
    ]
    sellers = [key for key, firm in FIRMS.items() if firm.kind in ("stall", "wholesaler")]
    for number, key in enumerate(sellers, start=1):
        text = f"{FIRMS[key].region}-RC-90{number:02d}"
        made.append(_right(key, "入场销售者建档", "Market seller on file", text, valid_to_on=None))
    return made


def licences() -> list[Right]:
    """All of them."""
    pig_farms = [key for key in FIRMS if key.startswith("pigs_")]
    milk_farms = [key for key in FIRMS if key.startswith("milk_")]
    rights = [
        _right("slaughter", "生猪定点屠宰证", "Designated pig slaughter certificate", "A35020003"),
        _right("dairy", "婴幼儿配方乳粉产品配方注册证书", "Infant formula registration", FORMULA_REGISTRATION),
        _right("cold_carrier", "道路运输经营许可证", "Road transport licence", "闽交运管许可厦字350205900001号"),
        _right(
            "greens",
            "绿色食品标志使用证书",
            "Green food certificate",
            "LB-15-90010000001A",
            valid_to_on=date(2027, 2, 28),
        ),
        _right("property", "物业服务企业备案", "Filing of a property manager", "厦物备9000018", valid_to_on=None),
        _right("taxi", "道路运输经营许可证", "Road transport licence", "闽交运管许可厦字350206900018号"),
        _right("gas_station", "特种设备生产许可证", "Special equipment production licence", "TS3900018-2029"),
        _right("gas_station", "气瓶充装许可证", "Cylinder filling licence", "TS4900018-2029"),
        _right("laboratory", "检验检测机构资质认定证书", "Laboratory accreditation (CMA)", "269913340001"),
    ]
    for number, (key, kind) in enumerate(EQUIPMENT.items(), start=1):
        rights.append(_right(key, kind, EQUIPMENT_EN[kind], MAKERS_LICENCES.get(key, f"TS{number}900{number}-2029")))
    for number, key in enumerate([*pig_farms, *milk_farms, "slaughter"], start=1):
        region = FIRMS[key].region
        rights.append(
            _right(
                key,
                "动物防疫条件合格证",
                "Animal disease prevention certificate",
                f"（{region}）动防合字第2490{number:02d}号",
                valid_to_on=LAPSED_ON if key == LAPSED else None,
            )
        )
    for number, key in enumerate(milk_farms, start=1):
        rights.append(
            _right(
                key,
                "生鲜乳收购许可证",
                "Raw milk collection licence",
                f"闽{FIRMS[key].region}{9000 + number}",
                valid_to_on=date(2027, 2, 28),
            )
        )
    return [*rights, *_food_licences(), *_market_files()]
