"""Formula on the road: dairy to distributor to two shops, pallets undone, cases opened, some tins sold."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from zhuisu.config.demo.formula import Formula
from zhuisu.config.demo.goods import GOODS
from zhuisu.config.demo.journal import Deal, Journal, elements
from zhuisu.config.demo.market import paper
from zhuisu.config.demo.milk import bought
from zhuisu.config.demo.numbers import moment, vary
from zhuisu.config.demo.parties import FIRMS
from zhuisu.config.demo.places import SITES

CASES_TO_SHOP = {"shop_siming": 5, "shop_jimei": 4}  # so many of each run
OPENED = 3  # cases of each shop that are opened
SOLD_OF_CASE = 4


@dataclass(slots=True)
class FormulaSale:
    """Tins that reached a customer."""

    sold: list[str] = field(default_factory=list)


def formula_sale(journal: Journal, made: Formula) -> FormulaSale:
    """Friday: four pallets. Saturday: cases to the shops, and the re-used pallet. Sunday: that one undone as well."""
    done = FormulaSale()
    first, _second, third, _fourth = made.pallets
    _carry(journal, moment(4, "10:30"), list(made.pallets), 4)
    centre: dict[str, Any] = {
        "site": SITES["distribution_centre"],
        "disposition": "in_progress",
        "answers": FIRMS["distributor"],
    }
    journal.unpack(FIRMS["distributor"], moment(4, "15:10"), first, made.pallets[first], **centre)
    journal.unpack(FIRMS["distributor"], moment(4, "15:40"), third, **centre)
    _stocked(journal, moment(4, "16:05"), [*made.pallets[first], *made.pallets[third]])
    _carry(journal, moment(5, "10:20"), [made.reused], 5)
    journal.unpack(FIRMS["distributor"], moment(6, "09:05"), made.reused, made.second_load, **centre)
    _stocked(journal, moment(6, "09:30"), made.second_load)
    taken = 0
    for shop, count in CASES_TO_SHOP.items():
        cases = [*made.pallets[first][taken : taken + count], *made.pallets[third][taken : taken + count]]
        taken += count
        _deliver(journal, shop, cases)
        contents = {case: tins for run in made.runs for case, tins in run.cases.items()}
        _open_and_sell(journal, done, shop, {case: contents[case] for case in [*cases[:OPENED], *cases[-OPENED:]]})
    return done


def _carry(journal: Journal, at: datetime, pallets: list[str], day: int) -> None:
    """Dairy to distributor, known by the pallets' numbers alone."""
    dairy, distributor, carrier = FIRMS["dairy"], FIRMS["distributor"], FIRMS["cold_carrier"]
    deal = Deal(dairy, distributor, carrier)
    number = f"FH{at:%Y%m%d}-{len(pallets)}"
    papers = [paper("desadv", dairy, number), paper("testres", dairy, number), paper("cert", dairy, number)]
    arrives = moment(day, "13:15", seconds=vary(0, 1_200, "carried", day))
    journal.observe(
        dairy,
        at,
        "shipping",
        epcs=pallets,
        papers=papers,
        site=SITES["dairy_store"],
        disposition="in_transit",
        deal=deal,
        answers=dairy,
        leaves=True,
    )
    journal.observe(
        distributor,
        arrives,
        "receiving",
        epcs=pallets,
        papers=papers,
        site=SITES["distribution_centre"],
        disposition="in_progress",
        deal=deal,
        answers=distributor,
        extra=bought("婴儿配方奶粉、儿童成长奶粉", dairy.name, arrives, number),
    )


def _stocked(journal: Journal, at: datetime, cases: Iterable[str]) -> None:
    distributor = FIRMS["distributor"]
    journal.observe(
        distributor,
        at,
        "storing",
        epcs=list(cases),
        site=SITES["distribution_centre"],
        disposition="sellable_not_accessible",
        answers=distributor,
    )


def _deliver(journal: Journal, shop: str, cases: list[str]) -> None:
    distributor, shops = FIRMS["distributor"], FIRMS["baby_shops"]
    deal = Deal(distributor, shops)
    leaves = moment(5, "08:10", seconds=vary(0, 1_500, "leaves", shop))
    number = f"PS{leaves:%Y%m%d}-{SITES[shop].epc.split('.')[1]}"
    papers = [paper("desadv", distributor, number), paper("cert", distributor, number)]
    arrives = moment(5, "09:20", seconds=vary(0, 2_400, "arrives", shop))
    journal.observe(
        distributor,
        leaves,
        "shipping",
        epcs=cases,
        papers=papers,
        site=SITES["distribution_centre"],
        disposition="in_transit",
        deal=deal,
        answers=distributor,
        leaves=True,
    )
    journal.observe(
        shops,
        arrives,
        "receiving",
        epcs=cases,
        papers=papers,
        site=SITES[shop],
        disposition="in_progress",
        deal=deal,
        answers=shops,
        extra=bought(GOODS["tin"].name, distributor.name, arrives, number),
    )


def _open_and_sell(journal: Journal, done: FormulaSale, shop: str, cases: dict[str, tuple[str, ...]]) -> None:
    """Three cases of each run are opened; four tins of each are sold on Saturday and Sunday, the other two stand on the shelf."""
    shops, site = FIRMS["baby_shops"], SITES[shop]
    for number, (case, tins) in enumerate(cases.items()):
        opened = moment(5, "10:30", seconds=number * 240)
        journal.unpack(shops, opened, case, tins, site=site, disposition="in_progress", answers=shops)
        journal.observe(
            shops,
            opened + timedelta(minutes=2),
            "stocking",
            epcs=tins,
            site=site,
            disposition="sellable_accessible",
            answers=shops,
        )
        for tin in tins[:SOLD_OF_CASE]:
            seconds = vary(0, 30_000, "sold", tin)
            at = moment(5 + vary(0, 1, "sold on", tin), "11:20", seconds=seconds)
            ticket = f"X{at:%Y%m%d}-{vary(1_000, 9_999, 'ticket', tin)}"
            journal.observe(
                shops,
                at,
                "retail_selling",
                epcs=[tin],
                papers=[paper("inv", shops, ticket)],
                site=site,
                disposition="retail_sold",
                answers=shops,
                extra={"zs:ticketNumber": ticket, "zs:ticketLine": 1} | elements(ticketNumber=ticket, ticketLine=1),
            )
            done.sold.append(tin)
