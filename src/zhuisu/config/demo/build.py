"""Puts the week together: master data, documents, and the story that tests and the tutorial tell. No clock, no chance."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

from zhuisu import codes
from zhuisu.config.demo.equipment import Equipment, equipment
from zhuisu.config.demo.formula import Formula, formula
from zhuisu.config.demo.formula_sale import FormulaSale, formula_sale
from zhuisu.config.demo.goods import GOODS
from zhuisu.config.demo.journal import Journal
from zhuisu.config.demo.licences import licences
from zhuisu.config.demo.master import Firm, Good, Paper, Right, Site
from zhuisu.config.demo.milk import MIXINGS, Milk, milk
from zhuisu.config.demo.parties import CAPTURING, FIRMS
from zhuisu.config.demo.places import SITES
from zhuisu.config.demo.pork import Half, Night
from zhuisu.config.demo.pork_sale import Pork, pork
from zhuisu.config.demo.vegetables import Vegetables, vegetables


@dataclass(frozen=True, slots=True)
class Master:
    """What the registry and the accounts need to know before the first event."""

    parties: tuple[Firm, ...]
    capturing: tuple[Firm, ...]
    places: tuple[Site, ...]
    products: tuple[Good, ...]
    licences: tuple[Right, ...]
    certificates: tuple[Paper, ...]


@dataclass(frozen=True, slots=True)
class Story:
    """Facts that a walk must find. Everything is a canonical code."""

    formula_lot: str  # the bulk lot, made by two charges
    milk_lots: tuple[str, ...]  # the farm lots in it, both charges
    milk_farms: tuple[str, ...]  # the six farms, as parties
    late_milk_lot: str  # one farm's milk of Monday: in the second charge alone
    tin_lot_before: str
    tin_lot_after: str
    tins_before: frozenset[str]  # made before the late milk came in
    tins_after: frozenset[str]  # made after it
    cases_after: frozenset[str]
    pallets_after: frozenset[str]
    pallet: str  # its SSCC is used twice
    first_load: frozenset[str]  # cases and tins
    second_load: frozenset[str]
    second_tin_lot: str
    sold_tins: tuple[str, ...]
    pork_lot: str  # of a retail ticket
    pork_ticket: str
    pork_tags: tuple[str, ...]  # the pigs whose halves were cut into that batch
    pork_farms: tuple[str, ...]
    ear_tag: str
    carcass: str
    trace_code: str  # another code of the same carcass
    vegetable_lot: str
    promise: str  # number of the vegetable lot's 承诺达标合格证
    lift: str  # its yearly inspection is overdue
    cylinder: str


@dataclass(frozen=True, slots=True)
class Demo:
    """The whole week."""

    master: Master
    documents: tuple[tuple[str, bytes], ...]  # (canonical code of the sender, EPCISDocument), in the order sent
    story: Story


@cache
def build() -> Demo:
    """The same bytes every time."""
    journal = Journal()
    meat = pork(journal)
    raw = milk(journal)
    powder = formula(journal, raw)
    shops = formula_sale(journal, powder)
    greens = vegetables(journal)
    lasting = equipment(journal)
    papers = [*meat.papers, *raw.papers, *powder.papers, *greens.papers]
    master = Master(
        parties=tuple(FIRMS.values()),
        capturing=tuple(FIRMS[key] for key in CAPTURING),
        places=tuple(SITES.values()),
        products=tuple(GOODS.values()),
        licences=tuple(licences()),
        certificates=tuple(papers),
    )
    return Demo(master, tuple(journal.documents()), _story(meat, raw, powder, shops, greens, lasting))


def _canonical(epc: str) -> str:
    return codes.parse_epc(epc).canonical


def _all(epcs: Iterable[str]) -> frozenset[str]:
    return frozenset(map(_canonical, epcs))


def _story(meat: Pork, raw: Milk, powder: Formula, shops: FormulaSale, greens: Vegetables, lasting: Equipment) -> Story:
    before, after, second = powder.runs
    contents = {case: tins for run in powder.runs for case, tins in run.cases.items()}
    first_load = powder.pallets[powder.reused]
    in_formula = [raw.raw[key].epc_class for number in (1, 2) for key in MIXINGS[number][2]]
    cut_from = _batch(meat.nights, meat.sample.lot)
    return Story(
        formula_lot=_canonical(powder.bulk),
        milk_lots=tuple(map(_canonical, in_formula)),
        milk_farms=tuple(firm.canonical for key, firm in FIRMS.items() if key.startswith("milk_")),
        late_milk_lot=_canonical(raw.raw["F", 0].epc_class),
        tin_lot_before=_canonical(before.lot),
        tin_lot_after=_canonical(after.lot),
        tins_before=_all(before.tins),
        tins_after=_all(after.tins),
        cases_after=_all(after.cases),
        pallets_after=_all(sscc for sscc, cases in powder.pallets.items() if set(cases) & set(after.cases)),
        pallet=_canonical(powder.reused),
        first_load=_all([*first_load, *(tin for case in first_load for tin in contents[case])]),
        second_load=_all([*powder.second_load, *(tin for case in powder.second_load for tin in contents[case])]),
        second_tin_lot=_canonical(second.lot),
        sold_tins=tuple(map(_canonical, shops.sold)),
        pork_lot=_canonical(meat.sample.lot),
        pork_ticket=meat.sample.ticket,
        pork_tags=tuple(_canonical(half.pig.tag) for half in cut_from.values()),
        pork_farms=tuple(dict.fromkeys(half.pig.farm.canonical for half in cut_from.values())),
        ear_tag=_canonical(next(iter(cut_from.values())).pig.tag),
        carcass=_canonical(meat.carcass),
        trace_code=_canonical(meat.trace_code),
        vegetable_lot=_canonical(greens.lots[0].epc_class),
        promise=greens.promises[0],
        lift=_canonical(lasting.lift),
        cylinder=_canonical(lasting.cylinder),
    )


def _batch(nights: list[Night], lot: str) -> dict[str, Half]:
    """Ear tag → half, for the batch that a lot was cut from."""
    return {half.pig.tag: half for night in nights for half in night.batch_of.get(lot, ())}
