"""Codes that the demonstration's dairy ordered from the platform, so that every state can be scanned.

Which codes come out is chance (a key of each installation makes them); what becomes of them is always the same.
"""

from datetime import date, datetime
from typing import Any

from zhuisu.accounts.models import Organisation
from zhuisu.config.demo.goods import GOODS
from zhuisu.config.demo.journal import Amount, Deal, Journal, elements
from zhuisu.config.demo.market import paper
from zhuisu.config.demo.milk import bought, produced
from zhuisu.config.demo.numbers import moment
from zhuisu.config.demo.parties import FIRMS
from zhuisu.config.demo.places import SITES
from zhuisu.config.demo.samples import Sample
from zhuisu.events.services import receive
from zhuisu.registry.issuing import keys
from zhuisu.registry.issuing.errors import IssueError
from zhuisu.registry.issuing.orders import issue_once
from zhuisu.registry.issuing.services import Codes, Rolls, Whole, activate, use, void
from zhuisu.registry.models import Batch, Party, Product
from zhuisu.registry.services import verify_party

GOOD = GOODS["cheese"]
CHEDDAR_IN_PACK = 52  # grams
# order → pieces, pieces a roll, lot, made, best before
ORDERS: dict[str, tuple[int, int | None, str, date, date]] = {
    "demonstration-1": (1000, 100, "20261118Q", date(2026, 11, 18), date(2027, 11, 17)),
    "demonstration-2": (24, None, "20250402Q", date(2025, 4, 2), date(2025, 10, 1)),
    "demonstration-3": (24, None, "20261102Q", date(2026, 11, 2), date(2027, 11, 1)),
}
ROLLS_ON_THE_LINE = (1, 2, 3, 4)  # the other rolls of the first order are still in the store room
SOLD, SPOILED = 3, (7, 8, 9)  # places in the first order


def issue(maker: Organisation, operator: Organisation, *, by: str, at: datetime) -> None:
    """Verify the dairy, hand out its codes, change their states. What was done before is not done again."""
    party = Party.objects.get(code=maker.party)
    if party.verified_at is None:
        verify_party(party, operator=operator, by=by, at=at, note="演示数据")
    product = Product.objects.get(code=GOOD.canonical)
    batches = {}
    for number, (count, roll_size, _lot, _made, _until) in ORDERS.items():
        order: dict[str, Any] = {
            "product": product,
            "level": "item",
            "count": count,
            "roll_size": roll_size,
            "note": "演示数据",
        }
        batches[number], _fresh = issue_once(number, organisation=maker, by=by, at=at, **order)
    who: dict[str, Any] = {"organisation": maker, "by": by, "at": at}
    for number, (_count, roll_size, lot, made, until) in ORDERS.items():
        chosen = Rolls(batches[number], ROLLS_ON_THE_LINE) if roll_size else Whole(batches[number])
        # A stretch that has voided codes in it cannot be activated as a whole once more.
        if not batches[number].acts.filter(verb="activate").exists():
            activate(chosen, lot=lot, produced_on=made, expires_on=until, **who)
    first = batches["demonstration-1"]
    use(Codes((_code(first, SOLD),)), **who)
    void(Codes(tuple(_code(first, place) for place in SPOILED)), reason="贴标机卡纸，标签破损", **who)
    _capture(batches, by=by, at=at)


def samples(maker: Organisation) -> tuple[Sample, ...]:
    """A code of each state; none where the keys of these codes are gone."""
    prefix = f"{maker.pk}:demonstration-"
    known = Batch.objects.select_related("series__key").filter(request_id__startswith=prefix)
    batches = {batch.request_id.partition(":")[2]: batch for batch in known if batch.request_id}
    if set(batches) != set(ORDERS):
        return ()
    first = batches["demonstration-1"]
    try:
        return (
            _sample(first, 0, "一袋奶酪棒：平台赋码，已启用", "cheese sticks with a code of the platform, active"),
            _sample(first, 999, "还没有启用的码", "a code that is not active yet"),
            _sample(first, SPOILED[0], "已作废的码", "a voided code"),
            _sample(first, SOLD, "已使用的码", "a code that was used"),
            _sample(batches["demonstration-2"], 0, "已过保质期的一袋", "a pack past its date"),
            _sample(batches["demonstration-3"], 0, "被召回批次的一袋", "a pack of a recalled lot"),
        )
    except IssueError:
        return ()


def _sample(batch: Batch, place: int, zh: str, en: str) -> Sample:
    text16 = _code(batch, place)
    gtin = batch.series.gtin
    return Sample(f"(01){gtin}(21){text16}", batch.series.canonical(text16), zh, en)


def _code(batch: Batch, place: int) -> str:
    return batch.code_at(keys.key_of(batch.series.key), place)


def _capture(batches: dict[str, Batch], *, by: str, at: datetime) -> None:
    """What the dairy reports of the things that bear these codes: made, commissioned, sent to its store, one lot called back."""
    journal, dairy, line, store = Journal(), FIRMS["dairy"], SITES["filling_line"], SITES["dairy_store"]
    _make(journal)
    for number, day in (("demonstration-1", 2), ("demonstration-3", 1)):
        epcs = [GOOD.serial(_code(batches[number], place)) for place in range(6)]
        _count, _rolls, lot, _made, until = ORDERS[number]
        ilmd = {"cbvmda:lotNumber": lot, "cbvmda:itemExpirationDate": until.isoformat()}
        said = {"epcs": epcs, "answers": dairy}
        journal.observe(
            dairy,
            moment(day, "16:10"),
            "commissioning",
            action="ADD",
            site=line,
            disposition="active",
            ilmd=ilmd,
            **said,
        )
        journal.observe(
            dairy, moment(day, "18:00"), "storing", site=store, disposition="sellable_not_accessible", **said
        )
    lot = GOOD.lot(ORDERS["demonstration-3"][2])
    journal.observe(
        dairy,
        moment(5, "10:00"),
        "holding",
        amounts=[Amount(lot, ORDERS["demonstration-3"][0], None)],
        site=store,
        disposition="recalled",
        answers=dairy,
        extra=elements(recallNumber="ZH2026-0001", recallReason="包装封口不严，可能受潮", recallLevel="three"),
    )
    organisation = batches["demonstration-1"].series.organisation_id
    for _sender, document in journal.documents():
        receive(document, media_type="application/ld+json", organisation=organisation, by=by, at=at)


def _make(journal: Journal) -> None:
    """Cheddar is bought, and the sticks of two lots are made of it."""
    dairy, seller, line = FIRMS["dairy"], FIRMS["importer"], SITES["filling_line"]
    cheddar, bought_at = GOODS["cheddar"].lot("CH260801"), moment(-15, "10:00")
    journal.observe(
        dairy,
        bought_at,
        "accepting",
        amounts=[Amount(cheddar, 100_000)],
        papers=[paper("cert", seller, "CH260801")],
        site=SITES["ingredient_store"],
        disposition="in_progress",
        deal=Deal(seller, dairy),
        answers=dairy,
        extra={"zs:declaredOrigin": "NZ"} | bought(GOODS["cheddar"].name, seller.name, bought_at, "CH260801"),
    )
    for number, day in (("demonstration-1", 2), ("demonstration-3", -14)):
        count, _rolls, lot, made, until = ORDERS[number]
        ilmd = {"cbvmda:lotNumber": lot, "cbvmda:itemExpirationDate": until.isoformat()}
        journal.make(
            dairy,
            moment(day, "09:30"),
            "commissioning",
            "moulding",
            uses=[Amount(cheddar, count * CHEDDAR_IN_PACK)],
            gives=[Amount(GOOD.lot(lot), count, None)],
            site=line,
            disposition="active",
            answers=dairy,
            ilmd=ilmd | produced(GOOD.name, GOOD.specification, made.isoformat()),
        )
