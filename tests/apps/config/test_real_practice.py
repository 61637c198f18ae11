"""Real practice, first half: goods without a lot, tickets, returns and split packs, and who answers. One test a claim, named after it."""

from datetime import date
from decimal import Decimal
from typing import Any
from urllib.parse import quote

import pytest
from django.test import Client

import zhuisu.sectors
from chains import AT, Played, chain_of, document, play
from zhuisu import codes
from zhuisu.compliance import ledger
from zhuisu.compliance.acts import Wanted, acts
from zhuisu.compliance.ledger import Asked
from zhuisu.compliance.queries import verdicts
from zhuisu.compliance.rings import inferred
from zhuisu.compliance.services import judge_next
from zhuisu.events.queries import item_by_code
from zhuisu.events.scope import ALL
from zhuisu.events.sequencer import publish
from zhuisu.events.store import rows
from zhuisu.events.vocabulary import PartyRole
from zhuisu.lineage.export import as_dot, as_json
from zhuisu.lineage.queries import Walk, walk
from zhuisu.profiles import entry
from zhuisu.profiles.receipts import receipt_lot
from zhuisu.registry.models import Party, Role

PORK = "https://id.gs1.org/01/09520007000649/10/20261119-0108"
POOLED = "https://id.gs1.org/01/09520007000656/10/20261119-R2"
MEAT = "meat_vegetables"


def events(sector: str, *places: int) -> list[dict[str, Any]]:
    """Events of a sector's chain, by their places in it."""
    held = chain_of(sector)["events"]
    return [held[place] for place in places]


def tell(client: Client, sector: str, *told: dict[str, Any], **more: Any) -> Played:
    """These events of a sector, played; with the products that its chain registers."""
    return play(client, sector, {"events": list(told), "products": chain_of(sector).get("products", {}), **more})


def rules(played: Played, place: int) -> set[str]:
    """What the event at a place breaks, without the sector's name."""
    return {rule.partition(".")[2] for rule in played.broken().get(place, ())}


def weighed(event: dict[str, Any], side: str, quantity: float) -> dict[str, Any]:
    """The same event of another amount."""
    return event | {side: [event[side][0] | {"quantity": quantity}]}


def walked(epc: str, direction: Any) -> Walk:
    item = item_by_code(codes.parse_epc(epc))
    assert item, epc
    return walk([item.id], direction)


def codes_in(found: Walk) -> set[str]:
    return {one.canonical for one in found.items.values()}


def canonical(epc: str) -> str:
    return codes.parse_epc(epc).canonical


pytestmark = pytest.mark.django_db

# Goods without a lot


def stall_receipt(paper: str, *things: str, **more: Any) -> dict[str, Any]:
    """What a stall says of a delivery, as a record of the API."""
    return {
        "eventTime": "2026-11-19T05:10:00+08:00", "things": list(things), "quantity": [25], "unit": ["KGM"],
        "paper_inv": [paper], "nodeCode": "350203902", "buyerCode": "3502039020108",
        "traceCodeBefore": "35020690100110000415", "supplierName": "批发商十一号", **more,
    }  # fmt: skip


def receive(client: Client, played: Played, *records: dict[str, Any]) -> list[str]:
    """Records of receipts by the stall, through the API; the lots that stand in the stored events."""
    answer = client.post(
        f"/records/{MEAT}/retail_enter", {"records": list(records)}, "application/json", headers=played.keys["seller"]
    )
    assert answer.status_code == 201, answer.content.decode()
    settle()
    found = []
    for told in answer.json()["records"]:
        stored = client.get(f"/epcis/events/{quote(told['eventID'], safe='')}", headers=played.keys["seller"]).json()
        (event,) = stored["epcisBody"]["queryResults"]["resultsBody"]["eventList"]
        found += [one["epcClass"] for one in event["quantityList"]]
    return found


def test_every_receipt_of_goods_without_a_lot_mints_one_from_receiver_document_and_line(client: Client) -> None:
    played = tell(client, MEAT, *events(MEAT, 15), events(MEAT, 25)[0])  # makes the stalls known
    crate, loose = stall_receipt("JS-1", "09520007000649"), stall_receipt("JS-1")
    (of_product,), (without,) = receive(client, played, crate), receive(client, played, loose)
    seller = played.parties["seller"].party
    papers = "2026-11-19\npaper_inv=JS-1"
    assert of_product == receipt_lot(seller, papers, 1, "09520007000649")
    assert without == receipt_lot(seller, papers, 1) and without.startswith("urn:")
    (again,), (other,) = (
        receive(client, played, crate),
        receive(client, played, stall_receipt("JS-2", "09520007000649")),
    )
    assert again == of_product != other
    lots = receive(client, played, stall_receipt("JS-3", "09520007000649", "09520007000656", quantity=[1, 2]))
    assert len({one.rpartition("/")[2] for one in lots}) == 2
    kept = receive(client, played, stall_receipt("JS-4", PORK))
    assert kept == [PORK]


def test_what_is_sold_from_a_receipt_lot_leads_back_to_its_receipt(client: Client) -> None:
    lot = receipt_lot("seller", "JS-1", 1, "09520007000649")
    enter = weighed(events(MEAT, 13)[0], "quantityList", 25)
    enter["quantityList"][0]["epcClass"] = lot
    sold = weighed(events(MEAT, 18)[0], "quantityList", 2)
    sold["quantityList"][0]["epcClass"] = lot
    played = tell(client, MEAT, enter, sold, weighed(sold | {"f:ticketLine": 2}, "quantityList", 24))
    assert not rules(played, 0) and not rules(played, 1)
    assert rules(played, 2) == {"sell.stock"}  # of 25 kg, 2 and 24 were sold


def pooled(client: Client) -> Played:
    """Two lots that a stall pooled, a pool of that with a third, and a sale."""
    again = events(MEAT, 16)[0]
    next_day = again | {
        "eventTime": "2026-11-20T05:30:00+08:00",
        "inputQuantityList": [{"epcClass": POOLED, "quantity": 20, "uom": "KGM"}],
        "outputQuantityList": [{"epcClass": POOLED.replace("R2", "R3"), "quantity": 20, "uom": "KGM"}],
    }
    return tell(client, MEAT, *events(MEAT, 1, 4, 6, 10, 14, 15, 16), next_day, events(MEAT, 20)[0])


def test_pools_and_a_days_stock_are_declared_and_the_edges_through_them_are_inferred(client: Client) -> None:
    played = pooled(client)
    assert played.broken() == {}
    up = walked(POOLED.replace("R2", "R3"), "up")
    trade = "urn:zhuisu:cn.meatveg_trace20:35020690100270000096"
    assert {canonical(trade), canonical("https://id.gs1.org/01/09520007000632/10/2026Q3")} <= codes_in(up)
    pools = inferred(link.event for link in up.links)
    assert pools == {played.events[6], played.events[7]}  # the trade that made the lot before is no guess
    kinds = {edge.event in pools for edge in up.edges if edge.kind == "made"}
    assert kinds == {True, False}
    assert as_json(up, pools).count('"inferred": true') == 2
    assert as_dot(up, pools).count("style=dashed") == 3  # two lots into the pool of the day, that into the next day's


def test_meat_loses_weight_and_the_balance_has_a_tolerance(client: Client) -> None:
    split = events(MEAT, 17)[0]
    trade = events(MEAT, 9)[0]
    other = {"epcClass": trade["outputQuantityList"][0]["epcClass"].replace("0415", "0416"), "uom": "KGM"}
    much = weighed(split, "outputQuantityList", 70) | {"eventTime": "2026-11-19T05:41:00+08:00"}
    too_much = weighed(split, "outputQuantityList", 50) | {"eventTime": "2026-11-19T05:42:00+08:00"}
    lost = trade | {"outputQuantityList": [other | {"quantity": 300}], "eventTime": "2026-11-19T01:31:00+08:00"}
    played = tell(client, MEAT, *events(MEAT, 0, 3, 5, 9), lost, *events(MEAT, 12, 13), split, much, too_much)
    assert played.broken() == {4: {f"{MEAT}.trade.trade_weight.yield"}, 9: {f"{MEAT}.split.split_yield.yield"}}
    # 860 kg left, 858 arrived, 420 were traded and 418 came to the stall: nothing of it is a finding.


def test_negative_stock_is_a_finding_and_not_a_refusal(client: Client) -> None:
    sold = events(MEAT, 18)[0]
    much = weighed(sold | {"f:ticketLine": 2}, "quantityList", 200)
    played = tell(client, MEAT, *events(MEAT, 0, 3, 5, 9, 12, 13, 17), sold, much, sold | {"f:ticketLine": 3})
    assert played.broken() == {
        8: {f"{MEAT}.sell.stock"},
        9: {f"{MEAT}.sell.stock"},
    }  # all three were accepted: play() asks it
    (found,) = verdicts(ALL, [played.events[8]])[played.events[8]][0].findings
    assert found.path == "quantityList[0]" and found.says.zh


# Two equal ticket lines in one second


def test_two_equal_ticket_lines_in_one_second_are_two_sales(client: Client) -> None:
    first, second = events(MEAT, 18, 19)
    assert first["eventTime"] == second["eventTime"] and first["quantityList"] == second["quantityList"]
    line = {"f:ticketLine": 2}
    played = tell(client, MEAT, *events(MEAT, 0, 3, 5, 9, 12, 13, 17), first, first | line)
    assert played.broken() == {}
    seller = played.parties["seller"]
    sales = ledger.rows_of(ALL, seller, MEAT, "sales", Asked(), limit=9)
    assert [each.record["ticketLine"] for each in sales] == [2, 1]
    (total,) = ledger.totals(ALL, seller, MEAT, "sales", Asked())
    assert total.amount == 2 * Decimal(str(first["quantityList"][0]["quantity"]))


def test_the_same_ticket_line_sent_twice_is_one_sale(client: Client) -> None:
    sold = events(MEAT, 18)[0]
    played = tell(client, MEAT, *events(MEAT, 15, 18))
    sent = document({key: value for key, value in sold.items() if key != "by"})
    headers = played.keys["seller"]
    answer = client.post("/epcis/capture", sent, content_type="application/ld+json", headers=headers)
    assert answer.status_code == 202
    told = client.get(answer["Location"], headers=headers).json()
    assert told["success"], told
    settle()
    assert len(ledger.rows_of(ALL, played.parties["seller"], MEAT, "sales", Asked(), limit=9)) == 1


def settle() -> None:
    """What the worker does."""
    publish(AT)
    while judge_next(AT):
        pass


# Returns, exchange and split packs

PACKS = [f"https://id.gs1.org/01/09520000031404/21/MHJ000{n}" for n in (1, 2, 3)]


def drugs(client: Client, *told: dict[str, Any]) -> Played:
    """Packs in the stock of a pharmacy that opened its books, and what happened to them then."""
    opening = events("drugs", 28)[0]
    return tell(client, "drugs", opening, *told)


def sale(pack: str, at: str, line: int, **more: Any) -> dict[str, Any]:
    sold = events("drugs", 19)[0]
    return (
        sold
        | {"epcList": [pack], "eventTime": at, "f:ticketLine": line, "by": "pharmacy", "f:buyerPerson": PERSON}
        | more
    )


PERSON = "urn:zhuisu:person:6f1c08aa"


def back(pack: str, at: str) -> dict[str, Any]:
    given = events("drugs", 23)[0]
    return given | {"epcList": [pack], "eventTime": at, "f:arrivedOn": at[:10]}


def test_a_return_re_opens_the_sale(client: Client) -> None:
    day = "2026-11-0{}T10:00:00+08:00".format
    sold, again = sale(PACKS[0], day(2), 1), sale(PACKS[0], day(3), 2)
    played = drugs(client, sold, again, back(PACKS[0], day(4)), sale(PACKS[0], day(5), 3), sale(PACKS[0], day(6), 4))
    assert "sell.sold" not in rules(played, 1) | rules(played, 3) | rules(played, 4)
    assert "sell.sold" in rules(played, 2)
    assert "sell.sold" in rules(played, 5)


def test_an_exchange_is_a_lawful_second_scan_of_the_one_and_a_sale_of_the_other(client: Client) -> None:
    day = "2026-11-0{}T10:00:00+08:00".format
    swap = [back(PACKS[0], day(3)), sale(PACKS[1], day(3), 2)]
    played = drugs(client, sale(PACKS[0], day(2), 1), *swap, sale(PACKS[0], day(5), 3))
    assert not [rule for found in played.broken().values() for rule in found if rule.endswith((".sold", ".after"))]


def test_split_dispensing_leaves_a_remainder_that_may_be_dispensed(client: Client) -> None:
    part = events("drugs", 22)[0] | {"by": "pharmacy", "epcList": [PACKS[0]]}
    rest = part | {"eventTime": "2026-11-04T09:40:00+08:00", "f:partAmount": 18, "f:remainingAmount": 0}
    whole = sale(PACKS[0], "2026-11-05T10:00:00+08:00", 1)
    played = drugs(client, part, rest, whole)
    assert not rules(played, 1) and not rules(played, 2)
    said = acts(ALL, Wanted(sector="drugs", step="dispense_part"), limit=9)
    profile = zhuisu.sectors.all()["drugs"].editions[0]
    left = [entry.record_of(profile, each.step, each.event())["remainingAmount"] for each in said]
    assert left == [0, 18]  # the latest first
    assert "sell.sold" not in rules(played, 3)  # what was opened is not sold


def test_an_opened_carton_closes_its_packing_by_inference_with_a_finding(client: Client) -> None:
    carton, *packs = events("drugs", 9)[0]["parentID"], *events("drugs", 9)[0]["childEPCs"]
    told = events("drugs", 0, 1, 2, 5, 7, 9, 10, 12)
    shipped = events("drugs", 15)[0]
    alone = shipped | {"epcList": packs[:1]}
    again = shipped | {"epcList": packs[:1], "eventTime": "2026-10-16T10:00:00+08:00"}
    whole = shipped | {"epcList": [carton], "eventTime": "2026-10-16T11:00:00+08:00"}
    played = tell(client, "drugs", *told, alone, again, whole)
    (found,) = verdicts(ALL, [played.events[8]])[played.events[8]][0].findings
    assert (found.rule, found.severity, found.path) == ("drugs.ship.packed", "warning", "epcList[0]")
    assert "ship.packed" not in rules(played, 9) | rules(
        played, 10
    )  # it is closed: told once, and the carton goes on without it


def test_repacked_goods_never_expire_later_than_their_earliest_input(client: Client) -> None:
    repack = events("food", 17)[0]
    last = repack["ilmd"]["cbvmda:itemExpirationDate"]
    second = events("food", 5)[0]
    later = {**second["ilmd"], "cbvmda:itemExpirationDate": "2028-06-30"}
    both = repack["inputQuantityList"] + [{**second["outputQuantityList"][0], "quantity": 50}]

    def again(hour: int, **more: Any) -> dict[str, Any]:
        output = [repack["outputQuantityList"][0] | {"quantity": 99}]
        mixed = repack | {"inputQuantityList": both, "outputQuantityList": output}
        return mixed | {"eventTime": f"2026-11-12T{hour:02}:00:00+08:00", "ilmd": repack["ilmd"] | more}

    told = [*events("food", 0, 1, 4), second | {"ilmd": later}, repack]
    played = tell(client, "food", *told, again(9), again(10, **{"cbvmda:itemExpirationDate": "2028-06-30"}))
    assert last < "2028-06-30"
    assert not rules(played, 4) and not rules(played, 5)
    assert rules(played, 6) == {"repackage.expiry"}


# Who answers may not be who typed


def actor(played: Played, place: int) -> str:
    """The code of the party by whose roles and licences the event at a place was judged."""
    (found,) = verdicts(ALL, [played.events[place]])[played.events[place]]
    return found.actor


def code_of(played: Played, name: str) -> str:
    return played.parties[name].party


def reporter(played: Played, place: int) -> str:
    ((found,),) = rows(
        "select i.canonical from event_party p join item i on i.id = p.party where p.event = %s and p.role = %s",
        [played.events[place], int(PartyRole.REPORTER)],
    )
    return str(found)


def test_the_holder_answers_for_what_its_contract_maker_made(client: Client) -> None:
    told = events("drugs", 0, 1, 2)
    played = tell(client, "drugs", *told, unlicensed=["holder"])
    assert reporter(played, 2) != actor(played, 2) == code_of(played, "holder")
    assert rules(played, 2) == {"make.holder.licence"}  # the maker has its licence; it is not asked for it


def test_the_owner_of_goods_in_a_cold_store_answers_for_what_the_store_ships(client: Client) -> None:
    sector = "imported_food"
    shipped = events(sector, 17)[0] | {"by": "warehouse"}
    other = shipped | {"eventTime": "2026-10-21T08:00:00+08:00"}
    told = [*events(sector, 0, 3, 5, 7, 9, 10, 12, 22, 13), shipped | {"zs:answerableParty": "party:importer"}, other]
    told[4] = told[4] | {"quantityList": told[4]["quantityList"][:1]}
    told[2] = told[2] | {"epcList": told[2]["epcList"][:1]}
    told[3] = told[3] | {"epcList": told[3]["epcList"][:1]}
    played = tell(client, sector, *told)
    assert reporter(played, 9) == code_of(played, "warehouse") and actor(played, 9) == code_of(played, "importer")
    assert not rules(played, 9)
    assert rules(played, 10) == {"distribute.by"}
    book = next(name for name, one in profile_of(sector).ledgers.items() if "distribute" in one.steps)
    owners = {
        name: [each.event for each in ledger.rows_of(ALL, played.parties[name], sector, book, Asked(), limit=9)]
        for name in ("importer", "warehouse")
    }
    assert played.events[9] in owners["importer"] and played.events[9] not in owners["warehouse"]


def profile_of(sector: str) -> Any:
    return zhuisu.sectors.all()[sector].editions[0]


def test_the_market_types_for_the_stall_beside_it_and_the_stall_answers(client: Client) -> None:
    sold = events(MEAT, 18)[0] | {"by": "retail_market"}
    told = [*events(MEAT, 0, 3, 5, 9, 12, 13, 17), sold | {"zs:answerableParty": "party:seller"}]
    played = tell(client, MEAT, *told, sold | {"f:ticketLine": 2})
    assert not rules(played, 7)
    assert (reporter(played, 7), actor(played, 7)) == (code_of(played, "retail_market"), code_of(played, "seller"))
    assert "sell.by" in rules(played, 8)  # the market itself sells nothing
    sales = ledger.rows_of(ALL, played.parties["seller"], MEAT, "sales", Asked(), limit=9)
    assert [each.event for each in sales] == [played.events[7]]


def test_a_village_station_files_for_a_farmer_without_a_credit_code(client: Client) -> None:
    planted, harvested = events("crops", 16, 17)
    name = "urn:zhuisu:person:e17a03"  # the register's number of a household; no phone, no credit code
    farmer = Party.objects.create(code=f"uri:{name}", name="村东农户")
    Role.objects.create(party=farmer, sector="crops", role="farm", valid_from_on=date(2026, 10, 1))
    early = planted | {"eventTime": "2026-09-30T08:00:00+08:00"}
    filed = [each | {"zs:answerableParty": name} for each in (planted, harvested, early)]
    played = tell(client, "crops", *filed)
    assert actor(played, 0) == actor(played, 1) == farmer.code
    assert reporter(played, 0) == code_of(played, "farm/station")
    assert not rules(played, 0) and not rules(played, 1)
    assert "plant.by" in rules(played, 2)  # the day before it was registered


LIFT = "urn:zhuisu:cn.special_equip_code:311045901202600001"


def test_using_and_maintaining_unit_of_a_lift_answer_each_within_its_dates(client: Client) -> None:
    used, kept = events("elevators", 25, 27)
    told = [
        *events("elevators", 2),
        used | {"by": "user/old"},
        kept | {"by": "maintainer/old"},
        kept | {"by": "maintainer/new", "eventTime": "2026-11-05T10:30:00+08:00"},
        used | {"by": "user/old", "eventTime": "2026-10-02T20:00:00+08:00"},
        kept | {"by": "maintainer/old", "eventTime": "2026-10-05T10:30:00+08:00"},
    ]
    played = play(client, "elevators", {"events": told}, judged=False)
    change = date(2026, 11, 1)
    old = [code_of(played, name) for name in ("user/old", "maintainer/old")]
    Role.objects.filter(party__code__in=old).update(valid_to_on=date(2026, 10, 31))
    Role.objects.filter(party__code=code_of(played, "maintainer/new")).update(valid_from_on=change)
    settle()
    assert "use.by" in rules(played, 1) and "use.by" not in rules(played, 4)
    assert "maintain.by" in rules(played, 2)
    assert "maintain.by" not in rules(played, 3) | rules(played, 5)
    page = client.get("/i/cn.special_equip_code/311045901202600001").content.decode()
    units = [code_of(played, name) for name in ("maintainer/old", "maintainer/new", "user/old")]
    assert all(one.name in page for one in Party.objects.filter(code__in=units))
