"""Wholesale entry and trade, retail entry and tickets: the same for meat and vegetables."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from zhuisu.config.demo.journal import Amount, Deal, Journal, elements, kilograms
from zhuisu.config.demo.master import Firm, Site
from zhuisu.config.demo.numbers import moment, vary
from zhuisu.config.demo.parties import FIRMS
from zhuisu.config.demo.places import SITES

KEEP_BACK = 2_500  # grams of a lot that stay on the counter; a ticket is never cut from less


@dataclass(slots=True)
class Stall:
    """A retail stall and what lies on it, in grams by lot."""

    firm: Firm
    site: Site
    market: Firm
    stock: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Sale:
    """One line of a retail ticket."""

    ticket: str
    line: int
    lot: str
    grams: int
    at: datetime


def stall(key: str) -> Stall:
    """The stall of that name; the market whose place it is reports for it."""
    return Stall(FIRMS[key], SITES[key], FIRMS["market_huli" if "huli" in key else "market_siming"])


def paper(kind: str, firm: Firm, number: str) -> tuple[str, str]:
    """A business transaction of CBV 2.0 §8.5: numbered by the firm that its GLN names."""
    return kind, f"urn:epcglobal:cbv:bt:{firm.gln}:{number}"


def wholesale_entry(
    journal: Journal,
    at: datetime,
    deal: Deal,
    site: Site,
    amounts: Sequence[Amount],
    epcs: Sequence[str],
    papers: Sequence[tuple[str, str]],
    number: str,
    test: Mapping[str, Any] | None = None,
) -> None:
    """进场: the market checks the papers at its gate (number: of the certificate) and may test; then the trader has the goods at his place."""
    market = FIRMS["wholesale"]
    goods = {"amounts": amounts, "epcs": epcs, "papers": papers}
    gate = SITES["wholesale_gate"]
    said = elements(supplierName=deal.seller.name, certificateNumber=number)
    journal.observe(
        market, at, "accepting", **goods, site=gate, disposition="in_progress", deal=deal, answers=market, extra=said
    )
    if test:
        tested = at + timedelta(minutes=4)
        journal.observe(
            market, tested, "inspecting", **goods, site=gate, disposition="conformant", answers=market, extra=test
        )
    shelved = at + timedelta(minutes=7)
    journal.observe(
        market,
        shelved,
        "stocking",
        amounts=amounts,
        epcs=epcs,
        site=site,
        disposition="sellable_accessible",
        answers=deal.buyer,
    )


def wholesale_trade(
    journal: Journal,
    at: datetime,
    seller: Firm,
    buyer: Firm,
    site: Site,
    amounts: Sequence[Amount],
    epcs: Sequence[str] = (),
) -> None:
    """电子结算: one settlement for all that a buyer takes."""
    market = FIRMS["wholesale"]
    number = f"JS{at:%Y%m%d}-{vary(1000, 9999, 'settlement', at, buyer.key, seller.key)}"
    journal.trade(
        market,
        at,
        amounts=amounts,
        epcs=epcs,
        papers=[paper("inv", market, number)],
        site=site,
        disposition="reserved",
        deal=Deal(seller, buyer),
        answers=seller,
    )


def retail_entry(
    journal: Journal,
    at: datetime,
    to: Stall,
    seller: Firm,
    amounts: Sequence[Amount],
    epcs: Sequence[str] = (),
    *,
    papers: Sequence[tuple[str, str]] = (),
    number: str = "",
) -> None:
    """The stall checks what it bought (进货查验; number: of the certificate) and lays it out. Without number it wrote nothing down."""
    deal = Deal(seller, to.firm)
    said = elements(supplierName=seller.name, certificateNumber=number) if number else {}
    gate = SITES["huli_gate" if to.market.key == "market_huli" else "siming_gate"]
    journal.observe(
        to.market,
        at,
        "accepting",
        amounts=amounts,
        epcs=epcs,
        papers=papers,
        site=gate,
        disposition="conformant",
        deal=deal,
        answers=to.firm,
        extra=said,
    )
    laid_out = at + timedelta(minutes=6)
    journal.observe(
        to.market,
        laid_out,
        "stocking",
        amounts=amounts,
        epcs=epcs,
        site=to.site,
        disposition="sellable_accessible",
        answers=to.firm,
    )
    for amount in amounts:
        to.stock[amount.epc_class] = to.stock.get(amount.epc_class, 0) + amount.quantity


def sell(
    journal: Journal, day: int, at: Stall, tickets: int, opens: str = "06:40", smallest: int = 260, largest: int = 1_680
) -> list[Sale]:
    """A day's tickets of the stall's scale. Line by line, because two equal lines of one ticket are two sales."""
    sales: list[Sale] = []
    for number in range(1, tickets + 1):
        when = moment(day, opens, seconds=number * 31_000 // tickets + vary(0, 900, at.firm.key, day, number))
        ticket = f"T{when:%Y%m%d}-{at.site.epc.rpartition('.')[2].zfill(2)}{number:04d}"
        for line in range(1, vary(1, 3, "lines", at.firm.key, day, number) + 1):
            offered = [lot for lot, grams in at.stock.items() if grams > KEEP_BACK]
            if not offered:
                return sales
            lot = offered[vary(0, len(offered) - 1, "lot", ticket, at.firm.key, line)]
            grams = vary(smallest // 2, largest // 2, "grams", ticket, at.firm.key, line) * 2
            if sales and line == 2 and number % 4 == 3:
                lot, grams = _same_again(sales[-1], at) or (lot, grams)
            at.stock[lot] -= grams
            sales.append(Sale(ticket, line, lot, grams, when))
            _write_line(journal, at, sales[-1])
    return sales


def _same_again(before: Sale, at: Stall) -> tuple[str, int] | None:
    """Some customers want two portions of the same."""
    return (before.lot, before.grams) if at.stock[before.lot] > KEEP_BACK else None


def _write_line(journal: Journal, at: Stall, sale: Sale) -> None:
    said = elements(ticketNumber=sale.ticket, ticketLine=sale.line)
    journal.observe(
        at.market,
        sale.at,
        "retail_selling",
        amounts=[Amount(sale.lot, sale.grams)],
        papers=[paper("inv", at.market, sale.ticket)],
        site=at.site,
        disposition="retail_sold",
        answers=at.firm,
        extra={"zs:ticketNumber": sale.ticket, "zs:ticketLine": sale.line, "zs:weightKg": kilograms(sale.grams)} | said,
    )
