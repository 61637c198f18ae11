"""Pigs with ear tags from three farms: slaughter, chilling, cutting, cold transport. market.py takes over from there."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from zhuisu.config.demo.goods import GOODS
from zhuisu.config.demo.journal import Amount, Deal, Journal, elements, kilograms, thermometer
from zhuisu.config.demo.market import paper
from zhuisu.config.demo.master import Firm, Paper
from zhuisu.config.demo.numbers import day_of, day_text, moment, vary
from zhuisu.config.demo.parties import FIRMS
from zhuisu.config.demo.places import SITES

PIG = 1  # first digit of an ear tag: 1 pig, 2 cattle, 3 sheep
HOT_PIGS = 3  # a night's carcasses that leave unchilled, as halves
TRACE_NODE = "350212001"  # 节点码: division and number of the slaughterhouse (SB/T 10680-2012)
THERMOMETER = "urn:epc:id:giai:9521140.T07"
CHILLER_PROBE = "urn:epc:id:giai:9521110.C02"

# slaughter day (0 = Monday) → pigs that arrived the afternoon before, by farm
ARRIVALS: dict[int, tuple[tuple[str, int], ...]] = {
    1: (("pigs_tongan", 8), ("pigs_xiangan", 6)),
    2: (("pigs_nanjing", 8), ("pigs_tongan", 4)),
    3: (("pigs_tongan", 14), ("pigs_xiangan", 9), ("pigs_nanjing", 6)),
    4: (("pigs_xiangan", 8), ("pigs_tongan", 5)),
    5: (("pigs_tongan", 10), ("pigs_nanjing", 4)),
}
# (slaughter day, farm) whose pigs were inspected too early: the certificate is good for five days (动物防疫法 and 动物检疫管理办法)
EARLY_QUARANTINE = (4, "pigs_tongan")
# parts of a carcass in thousandths; the rest is drip and trimming loss
CUTS = (("foreleg", 252), ("hindleg", 281), ("belly", 172), ("ribs", 92), ("loin", 51), ("bones", 128))


@dataclass(frozen=True, slots=True)
class Pig:
    """One pig: its tag, whose it was, and its live weight in grams."""

    tag: str
    farm: Firm
    grams: int


@dataclass(frozen=True, slots=True)
class Half:
    """One half-carcass."""

    epc: str
    pig: Pig
    grams: int


@dataclass(slots=True)
class Night:
    """What one night's slaughter gave."""

    day: int
    pigs: list[Pig] = field(default_factory=list)
    hot: list[Half] = field(default_factory=list)
    cold: list[Half] = field(default_factory=list)
    lots: dict[str, int] = field(default_factory=dict)
    batch_of: dict[str, list[Half]] = field(default_factory=dict)  # cut lot → halves that its batch was cut from
    papers: list[Paper] = field(default_factory=list)


def quarantine(number: str) -> tuple[str, str]:
    """An animal quarantine certificate as a paper of an event."""
    return "cert", f"urn:zhuisu:cn.animal_quarantine:{number}"


def meat_inspection(day: int) -> tuple[str, str]:
    """The slaughterhouse's meat inspection of a night as a paper of an event."""
    return paper("testres", FIRMS["slaughter"], f"PZ{day_text(day)}")


def night(journal: Journal, day: int) -> Night:
    """Everything from the farms' gates on the day before to the cut lots in the chiller on the evening of the day."""
    done = Night(day)
    for farm, count in ARRIVALS[day]:
        done.pigs += _deliver(journal, done, FIRMS[farm], count)
    _slaughter(journal, done)
    _hot_dispatch(journal, done)
    _chill(journal, done)
    for batch, share in (("A", done.cold[0::2]), ("B", done.cold[1::2])):
        _cut(journal, done, batch, share)
    return done


def _first_sequence(farm: str, day: int) -> int:
    earlier = sum(count for before, loads in ARRIVALS.items() if before < day for key, count in loads if key == farm)
    return 90_000_000 + vary(1_000, 8_000, "tags", farm) + earlier


def _deliver(journal: Journal, done: Night, farm: Firm, count: int) -> list[Pig]:
    first = _first_sequence(farm.key, done.day)
    pigs = [
        Pig(
            f"urn:zhuisu:cn.livestock_tag15:{PIG}{farm.region}{number}",
            farm,
            vary(1_050, 1_240, "live", farm.key, number) * 100,
        )
        for number in range(first, first + count)
    ]
    tags = [pig.tag for pig in pigs]
    house = FIRMS["slaughter"]
    number = f"{farm.region[:4]}9{vary(10_000, 99_999, 'quarantine', farm.key, done.day)}"
    leaves = moment(done.day - 1, "12:30", seconds=vary(0, 3_000, "leaves", farm.key, done.day))
    arrives = moment(done.day - 1, "15:00", seconds=vary(0, 5_000, "arrives", farm.key, done.day))
    deal, papers = Deal(farm, house), [quarantine(number)]
    lorry = f"闽D·演{vary(1_000, 9_999, 'lorry', farm.key, done.day)}"
    _raise(journal, done, farm, tags)
    inspected = _quarantine(journal, done, farm, tags, number)
    journal.observe(
        house,
        leaves,
        "shipping",
        epcs=tags,
        papers=papers,
        site=SITES[farm.key],
        disposition="in_transit",
        deal=deal,
        answers=farm,
        leaves=True,
        extra=elements(vehicleNumber=lorry, step="ship_animals"),
    )
    journal.observe(
        house,
        arrives,
        "receiving",
        epcs=tags,
        papers=papers,
        site=SITES["lairage"],
        disposition="in_progress",
        deal=deal,
        answers=house,
        extra=elements(certificateNumber=number, supplierName=farm.name, vehicleNumber=lorry),
    )
    journal.observe(
        house,
        arrives + timedelta(minutes=35),
        "holding",
        epcs=tags,
        site=SITES["lairage"],
        disposition="in_progress",
        answers=house,
    )
    done.papers += [_quarantine_of_animal(number, pig, inspected) for pig in pigs]
    return pigs


def _raise(journal: Journal, done: Night, farm: Firm, tags: list[str]) -> None:
    """Five months before: a litter of piglets goes on file, three weeks later each has its ear tag."""
    born = done.day - 1 - vary(150, 165, "born", farm.key, done.day)
    lot = GOODS[farm.key.replace("pigs", "piglets")].lot(f"{day_text(born)}-{done.day}")
    said: dict[str, Any] = {"site": SITES[farm.key], "disposition": "active", "answers": farm}
    house = FIRMS["slaughter"]  # keeps the farms' files on the platform
    journal.observe(
        house,
        moment(born, "09:00"),
        "commissioning",
        action="ADD",
        amounts=[Amount(lot, len(tags), None)],
        ilmd=elements(species="pig", bredOn=day_of(born), penName=f"{vary(1, 6, 'pen', farm.key, done.day)} 号舍"),
        **said,
    )
    journal.make(
        house,
        moment(born + 21, "09:30"),
        "commissioning",
        "tagging",
        uses=[Amount(lot, len(tags), None)],
        outputs=tags,
        ilmd=elements(taggedOn=day_of(born + 21)),
        **said,
    )


def _quarantine(journal: Journal, done: Night, farm: Firm, tags: list[str], number: str) -> datetime:
    """产地检疫: the official veterinarian looks at the pigs on the farm, as a rule on the morning of the journey."""
    at = moment(done.day - (7 if (done.day, farm.key) == EARLY_QUARANTINE else 1), "10:40")
    journal.observe(
        FIRMS["slaughter"],
        at,
        "inspecting",
        epcs=tags,
        papers=[quarantine(number)],
        site=SITES[farm.key],
        disposition="conformant",
        answers=FIRMS["animal_health"],
        extra=elements(certificateNumber=number, testConclusion="passed"),
    )
    return at


def _slaughter(journal: Journal, done: Night) -> None:
    """One transformation a pig; then the tags are taken back and the carcasses inspected."""
    house, line = FIRMS["slaughter"], SITES["slaughter_line"]
    halves: list[Half] = []
    for number, pig in enumerate(done.pigs, start=1):
        carcass = pig.grams * vary(703, 742, "yield", pig.tag) // 1000 // 100 * 100
        left = carcass // 200 * 100 + vary(-4, 4, "split", pig.tag) * 100
        pair = [
            Half(GOODS["half"].serial(f"{day_text(done.day)}{number:03d}{side}"), pig, grams)
            for side, grams in (("L", left), ("R", carcass - left))
        ]
        journal.make(
            house,
            moment(done.day, "02:10", seconds=number * 185),
            "killing",
            "slaughter",
            inputs=[pig.tag],
            outputs=[half.epc for half in pair],
            site=line,
            disposition="active",
            answers=house,
            ilmd={"cbvmda:countryOfOrigin": "CN"} | elements(slaughteredOn=day_of(done.day)),
            extra={
                "zs:inputWeightKg": [kilograms(pig.grams)],
                "zs:outputWeightKg": [kilograms(half.grams) for half in pair],
            }
            | elements(liveWeight=kilograms(pig.grams)),
        )
        halves += pair
    over = moment(done.day, "02:10", seconds=len(done.pigs) * 185)
    done.hot, done.cold = halves[: 2 * HOT_PIGS], halves[2 * HOT_PIGS :]
    journal.observe(
        house,
        over + timedelta(minutes=4),
        "decommissioning",
        action="DELETE",
        epcs=[pig.tag for pig in done.pigs],
        site=line,
        disposition="destroyed",
        answers=house,
        extra=elements(recoveredOn=day_of(done.day)),
    )
    epcs = [half.epc for half in halves]
    certificate = product_certificate(done.day, "H")
    journal.observe(
        house,
        over + timedelta(minutes=7),
        "inspecting",
        epcs=epcs,
        papers=[quarantine(certificate)],
        site=line,
        disposition="conformant",
        answers=FIRMS["animal_health"],
        extra=elements(certificateNumber=certificate, testConclusion="passed", step="quarantine_meat"),
    )
    journal.observe(
        house,
        over + timedelta(minutes=9),
        "inspecting",
        epcs=epcs,
        papers=[meat_inspection(done.day)],
        site=line,
        disposition="conformant",
        answers=house,
        extra=elements(testItem="肉品品质检验", testConclusion="passed", certificateNumber=f"PZ{day_text(done.day)}"),
    )


def _hot_dispatch(journal: Journal, done: Night) -> None:
    """Six halves go to the market warm, in the same night."""
    epcs = [half.epc for half in done.hot]
    ship(journal, moment(done.day, "04:20"), [], epcs, done.day, "H")
    for half in done.hot:
        done.papers += _papers_of_product(half.epc, product_certificate(done.day, "H"), moment(done.day, "04:05"))


def _chill(journal: Journal, done: Night) -> None:
    house, epcs = FIRMS["slaughter"], [half.epc for half in done.cold]
    start = moment(done.day, "05:10")
    readings = [
        (start + timedelta(hours=3 * step), max(18, 118 - 25 * step + vary(-3, 3, "chill", done.day, step)))
        for step in range(6)
    ]
    journal.observe(
        house,
        start + timedelta(hours=15, minutes=10),
        "storing",
        epcs=epcs,
        site=SITES["chiller"],
        disposition="in_progress",
        answers=house,
        temperatures=thermometer(CHILLER_PROBE, readings),
    )


def _cut(journal: Journal, done: Night, batch: str, halves: list[Half]) -> None:
    house = FIRMS["slaughter"]
    at = moment(done.day, "21:00" if batch == "A" else "22:30")
    total = sum(half.grams for half in halves)
    gives: list[Amount] = []
    for number, (cut, share) in enumerate(CUTS, start=1):
        text = f"{day_text(done.day)}-{batch}{number:02d}"
        grams = total * (share + vary(-4, 3, "cut", text)) // 1000 // 100 * 100
        gives.append(Amount(GOODS[cut].lot(text), grams))
    journal.make(
        house,
        at,
        "disassembling",
        "cutting",
        inputs=[half.epc for half in halves],
        gives=gives,
        site=SITES["cutting_room"],
        disposition="active",
        answers=house,
        ilmd={"cbvmda:lotNumber": f"{day_text(done.day)}-{batch}", "cbvmda:countryOfOrigin": "CN"}
        | elements(cutName="六分体分割", producedOn=day_of(done.day)),
        extra={"zs:inputWeightKg": [kilograms(half.grams) for half in halves]},
    )
    for lot, grams, _unit in gives:
        done.lots[lot] = grams
        done.batch_of[lot] = halves
        done.papers += _papers_of_product(lot, product_certificate(done.day, batch), at + timedelta(minutes=40))


def ship(journal: Journal, at: datetime, amounts: list[Amount], epcs: list[str], day: int, batches: str) -> None:
    """Meat of one day from the dock to the wholesale market: loaded, then on the road with a temperature record of 1.8 to 3.6 ℃."""
    house, carrier = FIRMS["slaughter"], FIRMS["cold_carrier"]
    deal = Deal(house, FIRMS["meat_trader"], carrier)
    numbers = [product_certificate(day, batch) for batch in batches]
    papers = [*map(quarantine, numbers), meat_inspection(day)]
    goods = {"amounts": amounts, "epcs": epcs, "papers": papers}
    journal.observe(
        house,
        at,
        "shipping",
        **goods,
        site=SITES["slaughter_dock"],
        disposition="in_transit",
        deal=deal,
        answers=house,
        leaves=True,
        extra=elements(
            certificateNumber="、".join(numbers), slaughterDay=day_of(day), inspectionNumber=f"PZ{day_text(day)}"
        ),
    )
    readings = [(at + timedelta(minutes=2 + 6 * step), vary(18, 36, "road", at, step)) for step in range(7)]
    journal.observe(
        house,
        at + timedelta(minutes=40),
        "transporting",
        amounts=amounts,
        epcs=epcs,
        site=SITES["wholesale_gate"],
        disposition="in_transit",
        answers=carrier,
        leaves=True,
        temperatures=thermometer(THERMOMETER, readings),
    )


def trace_code(day: int, flow: int) -> str:
    """肉菜流通追溯码, 20 digits: node, operator 0001 of the node, seven of flow (SB/T 10680-2012)."""
    return f"urn:zhuisu:cn.meatveg_trace20:{TRACE_NODE}0001{day:02d}{flow:05d}"


def product_certificate(day: int, batch: str) -> str:
    """Number of the certificate that goes with a load of meat."""
    return f"35029{vary(10_000, 99_999, 'product', day, batch)}"


def _quarantine_of_animal(number: str, pig: Pig, at: datetime) -> Paper:
    return Paper(
        "quarantine",
        number,
        "动物检疫合格证明（动物 B）",
        "Animal quarantine certificate (animals, B)",
        pig.tag,
        "产地动物卫生监督机构（演示）",
        "Animal health inspection at origin (demonstration)",
        at + timedelta(minutes=40),
        "检疫合格",
        "Fit",
    )


def _papers_of_product(about: str, number: str, at: datetime) -> list[Paper]:
    return [
        Paper(
            "quarantine",
            number,
            "动物检疫合格证明（产品 B）",
            "Animal quarantine certificate (products, B)",
            about,
            "同安区动物卫生监督机构（演示）",
            "Animal health inspection of Tong'an (demonstration)",
            at,
            "检疫合格",
            "Fit",
        ),
        Paper(
            "inspection",
            f"PZ{number}",
            "肉品品质检验合格证",
            "Meat inspection certificate",
            about,
            FIRMS["slaughter"].name,
            FIRMS["slaughter"].name_en,
            at,
            "合格",
            "Passed",
        ),
    ]
