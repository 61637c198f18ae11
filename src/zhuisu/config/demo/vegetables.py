"""Vegetables of a cooperative: field, harvest, test, 承诺达标合格证, wholesale, two stalls, tickets."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from zhuisu.config.demo.goods import GOODS
from zhuisu.config.demo.journal import Amount, Deal, Journal, elements
from zhuisu.config.demo.market import Sale, paper, retail_entry, sell, stall, wholesale_entry, wholesale_trade
from zhuisu.config.demo.master import Paper
from zhuisu.config.demo.numbers import day_of, day_text, moment, vary
from zhuisu.config.demo.parties import FIRMS
from zhuisu.config.demo.places import SITES

STALLS = ("stall_huli_31", "stall_siming_22")
KITCHENS = ("kitchen_jimei", "canteen_siming")
TICKETS = 9


@dataclass(frozen=True, slots=True)
class Batch:
    """One harvest. before = product as harvested, after = as packed."""

    before: str
    after: str
    field: str
    day: int
    kilograms: int
    kept: int  # thousandths that are left after trimming or grading
    planted: int  # days before Monday
    variety: str
    hectares: int  # thousandths
    pesticide: str
    against: str


BATCHES = (
    Batch("pak_choi_field", "pak_choi", "field_3", 2, 420, 934, 38, "上海青（矮脚）", 40, "苏云金杆菌可湿性粉剂", "小菜蛾"),
    Batch("tomato_field", "tomato", "field_5", 3, 560, 961, 96, "番茄（红果）", 60, "啶虫脒乳油", "烟粉虱"),
)  # fmt: skip
INTERVAL = 7  # days of the safety interval
SPRAYED = 12  # days before the harvest
TEST_ITEM = "有机磷和氨基甲酸酯类农药残留"
# A stall that did not write down from whom it bought: (stall, product)
UNWRITTEN = ("stall_siming_22", "tomato")


@dataclass(slots=True)
class Vegetables:
    """What the chain left behind. The first lot and promise are the sample's."""

    lots: list[Amount] = field(default_factory=list)
    promises: list[str] = field(default_factory=list)
    sales: list[Sale] = field(default_factory=list)
    papers: list[Paper] = field(default_factory=list)


def vegetables(journal: Journal) -> Vegetables:
    """Two harvests; both are sold on the two days after."""
    done = Vegetables()
    stalls = [stall(key) for key in STALLS]
    for batch in BATCHES:
        packed = _harvest(journal, done, batch)
        _to_market(journal, batch, packed, done.promises[-1])
        trader, day = FIRMS["greens_trader"], batch.day + 1
        for place, to in enumerate(stalls):
            at = moment(day, "05:05", seconds=place * 260)
            taken = [Amount(packed.epc_class, packed.quantity * (210 + 40 * place) // 1000 // 100 * 100)]
            wholesale_trade(journal, at, trader, to.firm, SITES["greens_hall"], taken)
            number = "" if (to.firm.key, batch.after) == UNWRITTEN else done.promises[-1]
            papers = [promise_paper(done.promises[-1])]
            retail_entry(journal, at + timedelta(minutes=44), to, trader, taken, papers=papers, number=number)
        for place, key in enumerate(KITCHENS):
            at = moment(day, "05:26", seconds=place * 200)
            taken = [Amount(packed.epc_class, packed.quantity * 220 // 1000 // 100 * 100)]
            wholesale_trade(journal, at, trader, FIRMS[key], SITES["greens_hall"], taken)
        done.sales += [sale for each in stalls for sale in sell(journal, day, each, TICKETS, "06:20", 300, 1_400)]
    return done


def _harvest(journal: Journal, done: Vegetables, batch: Batch) -> Amount:
    coop, day = FIRMS["greens"], batch.day
    text = f"{day_text(day)}-{SITES[batch.field].epc.rpartition('.')[2]}"
    cut = Amount(GOODS[batch.before].lot(text), batch.kilograms * 1000)
    ilmd = {"cbvmda:lotNumber": text, "cbvmda:countryOfOrigin": "CN", "cbvmda:harvestEndDate": f"2026-11-{16 + day}"}
    _grow(journal, batch, cut.epc_class)
    inputs = {"zs:lastPesticideOn": f"2026-11-{16 + day - SPRAYED:02d}", "zs:withdrawalDays": INTERVAL}
    journal.observe(
        coop,
        moment(day, "06:30"),
        "creating_class_instance",
        action="ADD",
        amounts=[cut],
        site=SITES[batch.field],
        disposition="active",
        answers=coop,
        ilmd=ilmd,
        extra=inputs,
    )
    house = SITES["packing_house"]
    journal.observe(
        coop, moment(day, "08:20"), "receiving", amounts=[cut], site=house, disposition="in_progress", answers=coop
    )
    packed = Amount(GOODS[batch.after].lot(text), cut.quantity * batch.kept // 1000 // 100 * 100)
    journal.make(
        coop,
        moment(day, "09:40"),
        "creating_class_instance",
        "grading",
        uses=[cut],
        gives=[packed],
        site=house,
        disposition="active",
        answers=coop,
        ilmd={"cbvmda:lotNumber": text, "cbvmda:countryOfOrigin": "CN"} | elements(harvestedOn=day_of(day)),
    )
    done.lots.append(packed)
    _test_and_promise(journal, done, batch, packed, text)
    return packed


def _grow(journal: Journal, batch: Batch, lot: str) -> None:
    """Planted, fertilised and sprayed: the field's batch bears the number under which it is to be harvested from the first day on."""
    coop, field_name = FIRMS["greens"], SITES[batch.field].name
    here: dict[str, Any] = {"site": SITES[batch.field], "answers": coop}
    journal.observe(
        coop,
        moment(-batch.planted, "07:30"),
        "commissioning",
        action="ADD",
        amounts=[Amount(lot, batch.hectares, "HAR")],
        disposition="active",
        ilmd=elements(
            variety=batch.variety,
            plotName=field_name,
            plotArea=batch.hectares / 1000,
            plantedOn=day_of(-batch.planted),
        ),
        **here,
    )
    fertilised, sprayed = -batch.planted + 10, batch.day - SPRAYED
    for day, said in (
        (
            fertilised,
            elements(
                inputKind="fertilizer",
                inputName="商品有机肥",
                usedAmount="每亩 300 千克，沟施",
                usedOn=day_of(fertilised),
                inputSource="翔安区农资示范店（演示）",
            ),
        ),
        (
            sprayed,
            elements(
                inputKind="pesticide",
                inputName=batch.pesticide,
                registrationNumber=f"PD2099{vary(1_000, 9_999, 'registration', batch.pesticide)}",
                usedAmount=f"每亩 40 克，兑水喷雾，防治{batch.against}",
                usedOn=day_of(sprayed),
                inputSource="翔安区农资示范店（演示）",
                stopUntil=day_of(sprayed + INTERVAL),
            ),
        ),
    ):
        journal.observe(
            coop,
            moment(day, "07:10"),
            "other",
            amounts=[Amount(lot, batch.hectares, "HAR")],
            disposition="in_progress",
            extra=elements(step="treat") | said,
            **here,
        )


def _test_and_promise(journal: Journal, done: Vegetables, batch: Batch, packed: Amount, text: str) -> None:
    """Sample, result, and the cooperative's promise (农业农村部令2025年第4号, form 1)."""
    coop, house, laboratory = FIRMS["greens"], SITES["packing_house"], FIRMS["laboratory"]
    report, promise = f"ZH{text}", f"CN{text}-{vary(1_000, 9_999, 'promise', text)}"
    done.promises.append(promise)
    sampled, tested = moment(batch.day, "10:15"), moment(batch.day, "13:50")
    journal.observe(
        coop,
        sampled,
        "sampling",
        amounts=[packed],
        papers=[paper("testprd", coop, report)],
        site=house,
        disposition="in_progress",
        answers=laboratory,
    )
    journal.observe(
        coop,
        tested,
        "inspecting",
        amounts=[packed],
        papers=[paper("testres", coop, report), promise_paper(promise)],
        site=house,
        disposition="conformant",
        answers=coop,
        extra=elements(testItem=TEST_ITEM, testConclusion="passed"),
    )
    journal.trade(
        coop,
        tested + timedelta(minutes=20),
        "other",
        amounts=[packed],
        papers=[promise_paper(promise)],
        site=house,
        disposition="conformant",
        answers=coop,
        extra=elements(certificateForm="producer", certificateNumber=promise, promiseBasis="outside_test"),
    )
    about = packed.epc_class
    done.papers += [
        Paper(
            "test",
            report,
            "农药残留检测报告",
            "Pesticide residue report",
            about,
            laboratory.name,
            laboratory.name_en,
            tested,
            "合格",
            "Passed",
        ),
        Paper(
            "promise",
            promise,
            "承诺达标合格证",
            "Promise certificate of edible farm products",
            about,
            coop.name,
            coop.name_en,
            tested + timedelta(minutes=20),
            "委托检测合格",
            "Basis: tested and passed by a laboratory",
        ),
    ]


def promise_paper(number: str) -> tuple[str, str]:
    """The promise certificate as a paper of an event."""
    return "cert", f"urn:zhuisu:cn.promise_certificate:{number}"


def _to_market(journal: Journal, batch: Batch, packed: Amount, promise: str) -> None:
    coop, trader = FIRMS["greens"], FIRMS["greens_trader"]
    deal, papers = Deal(coop, trader), [promise_paper(promise)]
    journal.observe(
        coop,
        moment(batch.day, "21:30"),
        "shipping",
        amounts=[packed],
        papers=papers,
        site=SITES["packing_house"],
        disposition="in_transit",
        deal=deal,
        answers=coop,
        leaves=True,
        extra=elements(certificateNumber=promise),
    )
    test = elements(testItem=f"{TEST_ITEM}（快检）", testConclusion="passed")
    at = moment(batch.day, "23:10")
    wholesale_entry(journal, at, deal, SITES["greens_hall"], [packed], [], papers, promise, test)
