"""Infant formula: blending, tins, cases and pallets; one pallet's SSCC is used again for another load."""

from dataclasses import dataclass, field
from datetime import date, timedelta

from zhuisu.config.demo.goods import GOODS
from zhuisu.config.demo.journal import Amount, Deal, Journal, elements
from zhuisu.config.demo.licences import FORMULA_REGISTRATION
from zhuisu.config.demo.market import paper
from zhuisu.config.demo.master import Good, Paper
from zhuisu.config.demo.milk import Milk, bought, produced, release_paper
from zhuisu.config.demo.numbers import MONDAY, day_of, day_text, moment, vary
from zhuisu.config.demo.parties import FIRMS
from zhuisu.config.demo.places import SITES

TINS_IN_CASE, CASES_ON_PALLET = 6, 10
# product → supplier, supplier's lot, kilograms received on Monday
INGREDIENTS = {
    "whey": ("importer", "WD260702", 500, "FR"),
    "lactose": ("importer", "LA260815", 300, "NL"),
    "oil_powder": ("ingredients", "VO261020", 240, "CN"),
    "premix": ("ingredients", "PX261103", 40, "CN"),
}
# grams of base powder and of each ingredient in one charge of the blender
CHARGE = {"whey": 38_000, "lactose": 14_000, "oil_powder": 13_000, "premix": 2_400}
CHARGE_POWDER, CHARGE_OUT = 44_900, 112_000
GROWING_CHARGE = {"lactose": 6_000, "oil_powder": 5_000, "premix": 1_000}
GROWING_POWDER, GROWING_OUT = 38_300, 50_000
REGISTERED = {"formulaRegistration": FORMULA_REGISTRATION}


@dataclass(frozen=True, slots=True)
class Run:
    """One run of the filling line: one tin lot."""

    text: str
    lot: str
    good: Good
    tins: tuple[str, ...]
    cases: dict[str, tuple[str, ...]]  # case → its six tins


@dataclass(slots=True)
class Formula:
    """What the chain left behind."""

    bulk: str = ""
    growing_bulk: str = ""
    runs: list[Run] = field(default_factory=list)  # first, second (both of bulk), third (growing-up milk)
    pallets: dict[str, tuple[str, ...]] = field(default_factory=dict)  # first loads: SSCC → cases
    reused: str = ""
    second_load: tuple[str, ...] = ()
    papers: list[Paper] = field(default_factory=list)


def formula(journal: Journal, milk: Milk) -> Formula:
    """Wednesday: first charge, first run, second charge (with the late milk), second run. Thursday: another product."""
    done = Formula()
    stock = _ingredients(journal, done)
    done.bulk = _charge(journal, milk, stock, 1, 2, "08:40")
    _fill(journal, done, done.bulk, "A", 2, "10:10", "tin", 120)
    _charge(journal, milk, stock, 2, 2, "13:20")
    _fill(journal, done, done.bulk, "B", 2, "14:50", "tin", 120)
    done.growing_bulk = _charge(journal, milk, stock, 3, 3, "08:50")
    _fill(journal, done, done.growing_bulk, "C", 3, "10:20", "growing_tin", 60)
    _palletise(journal, done)
    return done


def _ingredients(journal: Journal, done: Formula) -> dict[str, str]:
    """What is bought comes with the supplier's lot; where that came from is not known here."""
    dairy, lots = FIRMS["dairy"], {}
    for number, (key, (supplier, text, weight, country)) in enumerate(INGREDIENTS.items()):
        amount = Amount(GOODS[key].lot(text), weight * 1000)
        lots[key] = amount.epc_class
        at = moment(0, "09:20", seconds=number * 1_500)
        journal.observe(
            dairy,
            at,
            "accepting",
            amounts=[amount],
            papers=[
                paper("desadv", FIRMS[supplier], f"SH{day_text(0)}-{number + 1}"),
                paper("cert", FIRMS[supplier], text),
            ],
            site=SITES["ingredient_store"],
            disposition="in_progress",
            deal=Deal(FIRMS[supplier], dairy),
            answers=dairy,
            extra={"zs:declaredOrigin": country} | bought(GOODS[key].name, FIRMS[supplier].name, at, text),
        )
        checked = at + timedelta(hours=3)
        journal.observe(
            dairy,
            checked,
            "sampling",
            amounts=[amount],
            papers=[paper("testres", dairy, f"YL{text}")],
            site=SITES["ingredient_store"],
            disposition="conformant",
            answers=dairy,
        )
        title, title_en = f"{GOODS[key].name}进货查验记录", f"{GOODS[key].name_en}: intake check"
        done.papers.append(release_paper(f"YL{text}", title, title_en, amount.epc_class, checked))
    return lots


def _charge(journal: Journal, milk: Milk, stock: dict[str, str], number: int, day: int, clock: str) -> str:
    """One charge of the blender. Both charges of the formula bear one lot number: a lot that is made twice."""
    growing = number == 3
    recipe = GROWING_CHARGE if growing else CHARGE
    uses = [Amount(milk.powder[number].epc_class, GROWING_POWDER if growing else CHARGE_POWDER)]
    uses += [Amount(stock[key], grams) for key, grams in recipe.items()]
    text = f"{'G' if growing else 'F'}{day_text(day)}"
    good = GOODS["growing_bulk" if growing else "formula_bulk"]
    gives = Amount(good.lot(text), GROWING_OUT if growing else CHARGE_OUT)
    said = {} if growing else REGISTERED
    journal.make(
        FIRMS["dairy"],
        moment(day, clock),
        "commissioning",
        "dry_blending",
        uses=uses,
        gives=[gives],
        site=SITES["blending_hall"],
        disposition="active",
        answers=FIRMS["dairy"],
        ilmd={"cbvmda:lotNumber": text} | produced(good.name, "散装", day_of(day), **said),
    )
    return gives.epc_class


def _fill(journal: Journal, done: Formula, bulk: str, letter: str, day: int, clock: str, key: str, count: int) -> None:
    """The lot is made from the bulk; then each six tins get their serials, and a case."""
    dairy, good, line = FIRMS["dairy"], GOODS[key], SITES["filling_line"]
    text = f"{day_text(day)}{letter}"
    lot, begin = good.lot(text), moment(day, clock)
    made = MONDAY + timedelta(days=day)
    ilmd = {
        "cbvmda:lotNumber": text,
        "cbvmda:itemExpirationDate": date(made.year + 2, made.month, made.day - 1).isoformat(),
        "cbvmda:countryOfOrigin": "CN",
    }
    net = 900 if key == "tin" else 800
    said = {"site": line, "answers": dairy}
    registered = REGISTERED if key == "tin" else {}
    uses = [Amount(bulk, count * net * 1006 // 1000)]
    gives = [Amount(lot, count, None)]
    journal.make(
        dairy,
        begin,
        "commissioning",
        "filling",
        uses=uses,
        gives=gives,
        disposition="active",
        ilmd=ilmd | produced(good.name, good.specification, day_of(day), **registered),
        **said,
    )
    tins = tuple(
        good.serial(f"{letter}{number:03d}{vary(10**7, 10**8 - 1, text, number)}") for number in range(1, count + 1)
    )
    cases: dict[str, tuple[str, ...]] = {}
    case_good = GOODS["tin_case" if key == "tin" else "growing_case"]
    for number in range(count // TINS_IN_CASE):
        six = tins[number * TINS_IN_CASE : (number + 1) * TINS_IN_CASE]
        case = case_good.serial(f"{letter}{number + 1:02d}{vary(10**5, 10**6 - 1, 'case', text, number)}")
        at = begin + timedelta(minutes=4, seconds=150 * number)
        journal.observe(dairy, at, "commissioning", action="ADD", epcs=six, disposition="active", ilmd=ilmd, **said)
        journal.pack(dairy, at + timedelta(seconds=70), case, six, disposition="in_progress", **said)
        cases[case] = six
    done.runs.append(Run(text, lot, good, tins, cases))


def _palletise(journal: Journal, done: Formula) -> None:
    """Four pallets of formula on Wednesday evening; on Saturday the label of the third goes round another load."""
    dairy, store = FIRMS["dairy"], SITES["dairy_store"]
    said = {"site": store, "disposition": "in_progress", "answers": dairy}
    loads = [tuple(run.cases)[half : half + CASES_ON_PALLET] for run in done.runs[:2] for half in (0, CASES_ON_PALLET)]
    for number, load in enumerate(loads, start=1):
        sscc = f"urn:epc:id:sscc:{dairy.prefix}.1{20260 + number:09d}"
        done.pallets[sscc] = load
        journal.pack(dairy, moment(2, "17:40", seconds=number * 600), sscc, load, **said)
    done.reused = list(done.pallets)[2]
    done.second_load = tuple(done.runs[2].cases)
    journal.pack(dairy, moment(5, "08:50"), done.reused, done.second_load, **said)
    for run, released in zip(done.runs, (moment(4, "08:10"), moment(4, "08:30"), moment(5, "08:05")), strict=True):
        report = f"FG{run.text}"
        amount = Amount(run.lot, len(run.tins), None)
        journal.observe(
            dairy,
            released,
            "inspecting",
            amounts=[amount],
            papers=[paper("testres", dairy, report)],
            site=store,
            disposition="conformant",
            answers=dairy,
            extra=elements(testItem="出厂检验全项", testConclusion="passed", certificateNumber=report),
        )
        done.papers.append(release_paper(report, "出厂检验报告", "Release report", run.lot, released))
