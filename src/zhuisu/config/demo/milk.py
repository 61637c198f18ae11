"""Raw milk of six farms on two days, three mixings, three base powders."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from zhuisu.config.demo.goods import GOODS
from zhuisu.config.demo.journal import Amount, Deal, Journal, elements, thermometer
from zhuisu.config.demo.licences import FOOD_LICENCES
from zhuisu.config.demo.market import paper
from zhuisu.config.demo.master import Paper
from zhuisu.config.demo.numbers import day_text, moment, vary
from zhuisu.config.demo.parties import FIRMS
from zhuisu.config.demo.places import SITES

# farm → its letter, the least and most of a morning's milk in kilograms, and when the lorry reaches the dairy
FARMS: dict[str, tuple[str, int, int, str]] = {
    "milk_tongan": ("A", 1_150, 1_320, "08:40"),
    "milk_xiangan": ("B", 880, 960, "08:15"),
    "milk_zhangpu": ("C", 1_900, 2_150, "10:30"),
    "milk_pinghe": ("D", 1_420, 1_600, "10:55"),
    "milk_xinluo": ("E", 2_300, 2_480, "11:20"),
    "milk_zhangping": ("F", 2_050, 2_200, "12:05"),
}
LATE = ("milk_zhangping", 0)  # its lorry broke down on Monday and came in the evening, after the first mixing
LATE_ARRIVAL = "20:35"
LICENCE = FOOD_LICENCES["dairy"]
# number of the mixing → day, clock, the farms' milk in it as (letter, day)
MIXINGS: dict[int, tuple[int, str, tuple[tuple[str, int], ...]]] = {
    1: (0, "14:10", (("A", 0), ("B", 0), ("C", 0), ("D", 0), ("E", 0))),
    2: (1, "13:20", (("A", 1), ("B", 1), ("C", 1), ("F", 0))),
    3: (1, "15:40", (("D", 1), ("E", 1), ("F", 1))),
}


@dataclass(slots=True)
class Milk:
    """Lots by their place in the story, with grams."""

    raw: dict[tuple[str, int], Amount] = field(default_factory=dict)  # (farm letter, day)
    mixed: dict[int, Amount] = field(default_factory=dict)
    powder: dict[int, Amount] = field(default_factory=dict)
    papers: list[Paper] = field(default_factory=list)


def milk(journal: Journal) -> Milk:
    """From the milking parlour to released base powder."""
    done = Milk()
    for day in (0, 1):
        for farm in FARMS:
            _collect(journal, done, farm, day)
    for number in MIXINGS:
        _mix(journal, done, number)
        _dry(journal, done, number)
    return done


def _collect(journal: Journal, done: Milk, farm: str, day: int) -> None:
    letter, least, most, arrival = FARMS[farm]
    text = f"{letter}-{day_text(day)}"
    amount = Amount(GOODS["raw_milk"].lot(text), vary(least * 10, most * 10, "milk", text) * 100)
    done.raw[letter, day] = amount
    dairy, owner = FIRMS["dairy"], FIRMS[farm]
    milked = moment(day, "05:10", seconds=vary(0, 1_800, "milked", text))
    loaded = milked + timedelta(minutes=70)
    arrives = moment(day, LATE_ARRIVAL if (farm, day) == LATE else arrival, seconds=vary(0, 600, "arrives", text))
    tank = f"urn:epc:id:giai:{dairy.prefix}.TANK{letter}"
    cooled = [(milked + timedelta(minutes=20 * step), vary(29, 38, "tank", text, step)) for step in range(1, 4)]
    journal.observe(
        dairy,
        milked + timedelta(minutes=65),
        "creating_class_instance",
        action="ADD",
        amounts=[amount],
        site=SITES[farm],
        disposition="active",
        answers=owner,
        ilmd={"cbvmda:lotNumber": text, "cbvmda:countryOfOrigin": "CN"},
        temperatures=thermometer(tank, cooled),
    )
    deal = Deal(owner, dairy, FIRMS["cold_carrier"])
    journal.observe(
        dairy,
        loaded,
        "shipping",
        amounts=[amount],
        site=SITES[farm],
        disposition="in_transit",
        deal=deal,
        answers=owner,
        leaves=True,
    )
    _receive(journal, done, text, amount, arrives, deal)


def _receive(journal: Journal, done: Milk, text: str, amount: Amount, arrives: datetime, deal: Deal) -> None:
    dairy, site = FIRMS["dairy"], SITES["milk_reception"]
    on_arrival = thermometer(f"urn:epc:id:giai:{dairy.prefix}.PROBE1", [(arrives, vary(32, 48, "arrival", text))])
    journal.observe(
        dairy,
        arrives,
        "accepting",
        amounts=[amount],
        papers=[paper("cert", dairy, f"JJ{text}")],  # 生鲜乳交接单
        site=site,
        disposition="in_progress",
        deal=deal,
        answers=dairy,
        temperatures=on_arrival,
        extra=bought("生牛乳", deal.seller.name, arrives, f"JJ{text}"),
    )
    tested, number = arrives + timedelta(minutes=25), f"RM{text}"
    journal.observe(
        dairy,
        tested,
        "sampling",
        amounts=[amount],
        papers=[paper("testres", dairy, number)],
        site=site,
        disposition="conformant",
        answers=dairy,
    )
    done.papers.append(release_paper(number, "生牛乳进厂检验报告", "Raw milk intake report", amount.epc_class, tested))


def _mix(journal: Journal, done: Milk, number: int) -> None:
    day, clock, farms = MIXINGS[number]
    uses = [done.raw[key] for key in farms]
    text = f"M{day_text(day)}-{number}"
    gives = Amount(GOODS["mixed_milk"].lot(text), sum(amount.quantity for amount in uses) * 996 // 1000 // 100 * 100)
    done.mixed[number] = gives
    _process(journal, moment(day, clock), "mixing", "mixing_hall", uses, gives, text, "混合生牛乳")


def _dry(journal: Journal, done: Milk, number: int) -> None:
    """Whole milk has about 12.4 % solids; powder keeps 3 % water."""
    day, clock, _farms = MIXINGS[number]
    text = f"P{day_text(day)}-{number}"
    before = done.mixed[number]
    gives = Amount(
        GOODS["base_powder"].lot(text), before.quantity * vary(122, 126, "solids", text) // 1000 // 100 * 100
    )
    done.powder[number] = gives
    at = moment(day, clock) + timedelta(hours=2, minutes=30)
    _process(journal, at, "spray_drying", "drying_tower", [before], gives, text, "婴幼儿配方乳粉基粉")
    inspect(
        journal,
        done.papers,
        moment(day + 1, "07:40", seconds=number * 300),
        gives,
        f"BP{text}",
        "基粉检验报告",
        "Base powder report",
    )


def bought(name: str, supplier: str, at: datetime, certificate: str) -> dict[str, Any]:
    """What a buyer writes down when goods come in (进货查验)."""
    said = {"materialName": name, "arrivedOn": f"{at:%Y-%m-%d}", "supplierName": supplier}
    return elements(**said, certificateNumber=certificate)


def produced(name: str, specification: str, on: str, **more: Any) -> dict[str, Any]:
    """What the dairy writes down of a lot that it makes."""
    return elements(productName=name, specification=specification, producedOn=on, licenceNumber=LICENCE, **more)


def _process(
    journal: Journal, at: datetime, process: str, site: str, uses: list[Amount], gives: Amount, text: str, name: str
) -> None:
    journal.make(
        FIRMS["dairy"],
        at,
        "commissioning",
        process,
        uses=uses,
        gives=[gives],
        site=SITES[site],
        disposition="active",
        answers=FIRMS["dairy"],
        ilmd={"cbvmda:lotNumber": text} | produced(name, "散装", f"{at:%Y-%m-%d}"),
    )


def inspect(
    journal: Journal,
    papers: list[Paper],
    at: datetime,
    amount: Amount,
    number: str,
    title: str,
    title_en: str,
) -> None:
    """The dairy's own laboratory lets a lot of its own pass."""
    dairy = FIRMS["dairy"]
    journal.observe(
        dairy,
        at,
        "inspecting",
        amounts=[amount],
        papers=[paper("testres", dairy, number)],
        site=SITES["ingredient_store"],
        disposition="conformant",
        answers=dairy,
        extra=elements(testItem="理化和微生物", testConclusion="passed", certificateNumber=number),
    )
    papers.append(release_paper(number, title, title_en, amount.epc_class, at))


def release_paper(number: str, title: str, title_en: str, about: str, at: datetime) -> Paper:
    """A report of the dairy's laboratory."""
    dairy = FIRMS["dairy"]
    return Paper(
        "inspection",
        number,
        title,
        title_en,
        about,
        dairy.name,
        dairy.name_en,
        at,
        "合格，准予放行",
        "Passed, released",
    )
