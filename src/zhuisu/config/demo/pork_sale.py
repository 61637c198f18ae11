"""Pork from the slaughterhouse's dock to the retail ticket."""

from dataclasses import dataclass, field
from datetime import timedelta

from zhuisu.config.demo.goods import GOODS
from zhuisu.config.demo.journal import Amount, Deal, Journal, elements, kilograms
from zhuisu.config.demo.market import Sale, Stall, retail_entry, sell, stall, wholesale_entry, wholesale_trade
from zhuisu.config.demo.master import Paper
from zhuisu.config.demo.numbers import day_of, day_text, moment, vary
from zhuisu.config.demo.parties import FIRMS
from zhuisu.config.demo.places import SITES
from zhuisu.config.demo.pork import ARRIVALS, Half, Night, night, product_certificate, quarantine, ship, trace_code

STALLS = ("stall_huli_12", "stall_huli_15", "stall_siming_6", "stall_siming_9")
KITCHENS = ("kitchen_jimei", "kitchen_haicang", "canteen_siming")
TICKETS = 7  # a stall and day
SAMPLE_DAY = 3  # Thursday: pigs of all three farms in one batch
SAMPLE_CUT = "foreleg"


@dataclass(slots=True)
class Pork:
    """What the chain left behind, for the story and the tests."""

    nights: list[Night] = field(default_factory=list)
    sales: list[Sale] = field(default_factory=list)
    papers: list[Paper] = field(default_factory=list)
    carcass: str = ""
    trace_code: str = ""

    @property
    def sample(self) -> Sale:
        """A ticket line with foreleg of Thursday's slaughter."""
        lot = next(lot for lot in self.nights[SAMPLE_DAY - 1].lots if lot.endswith(f"{day_text(SAMPLE_DAY)}-A01"))
        return next(sale for sale in self.sales if sale.lot == lot)


def pork(journal: Journal) -> Pork:
    """Five nights of slaughter and what was sold of them."""
    done = Pork()
    stalls = [stall(key) for key in STALLS]
    for day in ARRIVALS:
        made = night(journal, day)
        done.nights.append(made)
        done.papers += made.papers
        _warm_halves(journal, done, made, stalls[-1])
        if day > min(ARRIVALS):
            _chilled_lots(journal, done.nights[-2], stalls)
        done.sales += [sale for each in stalls for sale in sell(journal, day, each, TICKETS)]
    last = max(ARRIVALS) + 1
    _chilled_lots(journal, done.nights[-1], stalls)
    done.sales += [sale for each in stalls for sale in sell(journal, last, each, TICKETS)]
    return done


def _chilled_lots(journal: Journal, made: Night, stalls: list[Stall]) -> None:
    """Last night's cuts: by cold lorry to the wholesale market, from there to four stalls and three kitchens."""
    trader, day = FIRMS["meat_trader"], made.day + 1
    amounts = [Amount(lot, grams) for lot, grams in made.lots.items()]
    numbers = [product_certificate(made.day, batch) for batch in "AB"]
    papers, number = [quarantine(each) for each in numbers], "、".join(numbers)
    ship(journal, moment(day, "04:10"), amounts, [], made.day, "AB")
    deal = Deal(FIRMS["slaughter"], trader, FIRMS["cold_carrier"])
    wholesale_entry(journal, moment(day, "04:58"), deal, SITES["meat_hall"], amounts, [], papers, number)
    for place, to in enumerate(stalls):
        at = moment(day, "05:12", seconds=place * 190)
        taken = _portion(made, to.firm.key, 45, 80)
        wholesale_trade(journal, at, trader, to.firm, SITES["meat_hall"], taken)
        retail_entry(journal, at + timedelta(minutes=48), to, trader, taken, papers=papers, number=number)
    for place, key in enumerate(KITCHENS):
        at = moment(day, "05:31", seconds=place * 240)
        wholesale_trade(journal, at, trader, FIRMS[key], SITES["meat_hall"], _portion(made, key, 140, 210))


def _portion(made: Night, who: str, low: int, high: int) -> list[Amount]:
    """What one buyer takes: so many thousandths of each lot, to the 100 grams."""
    return [
        Amount(lot, grams * vary(low, high, "takes", who, lot) // 1000 // 100 * 100) for lot, grams in made.lots.items()
    ]


def _warm_halves(journal: Journal, done: Pork, made: Night, to: Stall) -> None:
    """Six warm halves: wholesale, one stall, cut there. One of them is also named by its trace code of 20 digits."""
    trader, epcs = FIRMS["meat_trader"], [half.epc for half in made.hot]
    certificate = product_certificate(made.day, "H")
    papers = [quarantine(certificate)]
    if made.day == SAMPLE_DAY:
        done.carcass, done.trace_code = epcs[0], trace_code(made.day, 27)
        journal.observe(
            FIRMS["slaughter"],
            moment(made.day, "04:12"),
            "encoding",
            epcs=[done.carcass],
            site=SITES["slaughter_dock"],
            disposition="active",
            answers=FIRMS["slaughter"],
            extra={"zs:sameAs": [done.trace_code]},
        )
    deal = Deal(FIRMS["slaughter"], trader, FIRMS["cold_carrier"])
    wholesale_entry(journal, moment(made.day, "05:02"), deal, SITES["meat_hall"], [], epcs, papers, certificate)
    wholesale_trade(journal, moment(made.day, "05:20"), trader, to.firm, SITES["meat_hall"], [], epcs)
    retail_entry(journal, moment(made.day, "06:02"), to, trader, [], epcs, papers=papers, number=certificate)
    for number, half in enumerate(made.hot, start=1):
        _cut_at_stall(journal, made.day, number, half, to)


def _cut_at_stall(journal: Journal, day: int, number: int, half: Half, to: Stall) -> None:
    lot = GOODS["fresh_pork"].lot(f"{day_text(day)}-09{number:02d}")
    grams = half.grams * vary(962, 978, "stall", lot) // 1000 // 10 * 10
    journal.make(
        to.market,
        moment(day, "06:12", seconds=number * 200),
        "disassembling",
        "cutting",
        inputs=[half.epc],
        gives=[Amount(lot, grams)],
        site=to.site,
        disposition="sellable_accessible",
        answers=to.firm,
        ilmd={"cbvmda:lotNumber": f"{day_text(day)}-09{number:02d}", "cbvmda:countryOfOrigin": "CN"}
        | elements(cutName="档口分割", producedOn=day_of(day)),
        extra={"zs:inputWeightKg": [kilograms(half.grams)]},
    )
    to.stock[lot] = grams
