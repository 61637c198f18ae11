"""Real practice, second half: no smart phone, channels, vessels, departments that change, corrections. One test a claim."""

import re
from datetime import date, timedelta
from typing import Any

import pytest
from django.test import Client

import zhuisu.sectors
from chains import AT, Played, chain_of, document, lend, play
from zhuisu import codes
from zhuisu.accounts.models import Organisation, Person
from zhuisu.compliance import ledger
from zhuisu.compliance.ledger import Asked
from zhuisu.compliance.queries import known, verdicts
from zhuisu.compliance.rings import second_ring
from zhuisu.compliance.services import judge_next
from zhuisu.events.queries import item_by_code
from zhuisu.events.scope import ALL
from zhuisu.events.sequencer import publish
from zhuisu.events.store import rows
from zhuisu.lineage.queries import Walk, walk
from zhuisu.profiles import entry, sheets
from zhuisu.profiles.act import stock_by
from zhuisu.registry.catalogue import queries as catalogue
from zhuisu.registry.catalogue.services import take_over
from zhuisu.registry.models import Party, Place, Role

MEAT, IMPORTED, CHEMICALS = "meat_vegetables", "imported_food", "hazardous_chemicals"
TANK = "https://id.gs1.org/8004/9527600000410TK07"

pytestmark = pytest.mark.django_db


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


def settle() -> None:
    """What the worker does."""
    publish(AT)
    while judge_next(AT):
        pass


def number(epc: str) -> int:
    item = item_by_code(codes.parse_epc(epc))
    assert item, epc
    return item.id


def profile_of(sector: str) -> Any:
    return zhuisu.sectors.all()[sector].editions[0]


# No smart phone


def test_a_paper_that_comes_later_as_a_sheet_is_judged_on_its_own_days(client: Client) -> None:
    """A neighbour writes plantings and a treatment down; a station sends the sheet when the harvest is already recorded."""
    planted, treated, harvested = events("crops", 1, 3, 5)
    played = tell(client, "crops", planted, harvested, {**events("crops", 0)[0], "by": "farm/station"})
    assert played.broken() == {}
    profile = profile_of("crops")
    record = entry.record_of(profile, "treat", _read(treated)) | {"answerable": played.parties["farm"].party}
    lend(played.parties["farm/station"], codes.from_canonical(played.parties["farm"].party))
    paper = sheets.write(profile, "treat", [record])
    sheet = sheets.read(profile, "treat", paper, AT.date())
    assert not sheet.faults
    made = [entry.event(profile, "treat", each) for each in sheet.records]
    sent = entry.encoded(entry.document(made, AT))
    station = played.keys["farm/station"]
    answer = client.post("/epcis/capture", sent, content_type="application/ld+json", headers=station)
    assert answer.status_code == 202, answer.content.decode()
    settle()
    (told,) = [each for each in verdicts(ALL, all_events()).values() if each[0].step == "treat"]
    assert told[0].actor == played.parties["farm"].party and not told[0].findings
    assert told[0].happened_at.date() < AT.date()
    assert rules(played, 1) == {"harvest.withdrawal"}  # what was recorded before the sheet came is judged again


def all_events() -> list[int]:
    return [number for (number,) in rows("select event from log_entry order by position")]


def _read(event: dict[str, Any]) -> Any:
    from zhuisu import epcis

    (found,) = epcis.read(document({key: value for key, value in event.items() if key != "by"})).events
    return found


def test_a_neighbour_records_for_a_farmer_who_has_no_phone(client: Client) -> None:
    farmer = Party.objects.create(code="uri:urn:zhuisu:person:e17a03", name="村东农户", region="350212")
    Role.objects.create(party=farmer, sector="crops", role="farm", valid_from_on=date(2024, 1, 1))
    played = tell(client, "crops", events("crops", 0)[0])
    lend(played.parties["farm"], codes.from_canonical(farmer.code))
    person = Person.objects.create(organisation=played.parties["farm"], role="member", username="neighbour")
    desk = Client()
    desk.force_login(person)
    address = "/desk/records/crops/plant"
    page = desk.get(address, {"for": farmer.code}).content.decode()
    (once,) = re.findall(r'name="once" value="([^"]+)"', page)
    typed = {
        "once": once, "for": farmer.code, "answerable": fields(page)["answerable"], "things": "09520000000011/L1",
        "variety": "小白菜", "plotName": "村东自留地", "plantedOn": "2026-05-01", "eventTime": "2026-05-01T08:00",
    }  # fmt: skip
    answer = desk.post(address, typed)
    if answer.status_code == 200:
        (seen,) = re.findall(r'name="seen" value="([^"]+)"', answer.content.decode())
        answer = desk.post(address, typed | {"seen": seen})
    assert answer.status_code == 302, answer.content.decode()
    settle()
    (told,) = verdicts(ALL, all_events()[-1:]).values()
    assert told[0].actor == farmer.code and not told[0].findings


def test_nothing_to_report_today_is_a_step_that_moves_no_goods(client: Client) -> None:
    opening, zero = events(MEAT, 15, 25)
    played = tell(client, MEAT, opening, zero | {"by": "seller/vegetables"})
    assert played.steps() == {0: "opening", 1: "zero_report"} and played.broken() == {}
    assert known([number("https://id.gs1.org/01/09520007000632/10/2026Q3")], AT)
    with_step = [name for name, sector in zhuisu.sectors.all().items() if "zero_report" in sector.editions[0].steps]
    zeros = {name: profile_of(name).steps["zero_report"] for name in with_step}
    moves = {name for name, one in zeros.items() if (one.stock or stock_by(False, one.biz_step, one.action)) != "none"}
    assert with_step and not moves


def test_opening_stock_may_be_sold_and_says_that_its_origin_is_only_declared(client: Client) -> None:
    opening = events(MEAT, 15)[0]
    lot = opening["quantityList"][0]["epcClass"]
    opened = opening | {"quantityList": [{"epcClass": lot, "quantity": 50, "uom": "KGM"}]}
    sold = events(MEAT, 20)[0] | {"quantityList": [{"epcClass": lot, "quantity": 20, "uom": "KGM"}]}
    played = tell(client, MEAT, opened, sold, sold | {"f:ticketLine": 2}, sold | {"f:ticketLine": 3})
    assert played.broken() == {3: {f"{MEAT}.sell.stock"}}
    page = client.get("/i" + lot.removeprefix("https://id.gs1.org")).content.decode()
    assert "首次登记" in page


# Channels


def test_a_shop_and_a_market_sell_by_their_own_tickets(client: Client) -> None:
    """The same goods over the counter of a shop and at a stall: two sectors' steps, both without a finding."""
    played = tell(client, "food", *events("food", 16), shop_sale())
    assert played.steps()[1] == "sell" and played.broken() == {}
    stall = tell(client, MEAT, *events(MEAT, 15), events(MEAT, 20)[0] | {"quantityList": stall_goods()})
    assert stall.steps()[1] == "sell" and stall.broken() == {}


def shop_sale() -> dict[str, Any]:
    opening, sold = events("food", 16, 18)
    return sold | {"quantityList": [opening["quantityList"][0] | {"quantity": 1, "uom": "KGM"}]}


def stall_goods() -> list[dict[str, Any]]:
    return [{"epcClass": "https://id.gs1.org/01/09520007000632/10/2026Q3", "quantity": 1, "uom": "KGM"}]


def test_an_online_order_carries_its_waybill(client: Client) -> None:
    opening, sold = events("drugs", 28, 19)
    online = sold | {"by": "pharmacy", "epcList": opening["epcList"][:1], "f:salesChannel": "online"}
    online |= {"f:buyerPerson": "urn:zhuisu:person:6f1c08aa"}
    other = online | {"epcList": opening["epcList"][1:2], "f:waybillNumber": "SF1102000001"}
    played = tell(client, "drugs", opening, online, other)
    assert rules(played, 1) - rules(played, 2) == {"sell.waybillNumber.demanded"}


def test_a_group_purchase_is_supplied_received_and_has_its_own_book(client: Client) -> None:
    supplied, received = events(MEAT, 21, 22)
    played = tell(client, MEAT, *events(MEAT, 1, 4, 6, 11), supplied, received)
    assert played.broken() == {}
    buyer = played.parties["group_buyer"]
    (line,) = ledger.rows_of(ALL, buyer, MEAT, "group_purchases", Asked(), limit=9)
    assert line.event == played.events[5] and line.record["quantity"] == [199]


def test_bonded_goods_name_their_zone_and_the_place_says_where_it_is(client: Client) -> None:
    Place.objects.create(code="gs1.sgln:414/9520007001301", name="示例综合保税区", kind="bonded_zone", region="350213")
    declared = events(IMPORTED, 9)[0] | {"quantityList": events(IMPORTED, 9)[0]["quantityList"][:1]}
    declared |= {"bizLocation": {"id": "https://id.gs1.org/414/9520007001301"}}
    without = {key: value for key, value in declared.items() if key != "f:tradeZone"}
    general = without | {"f:tradeMode": "general", "eventTime": "2026-09-29T12:00:00+08:00"}
    told = [*events(IMPORTED, 0, 3, 5, 7), declared, without | {"eventTime": "2026-09-29T11:00:00+08:00"}, general]
    told[2], told[3] = (each | {"epcList": each["epcList"][:1]} for each in told[2:4])
    played = tell(client, IMPORTED, *told)
    assert not rules(played, 4) and not rules(played, 6)
    assert rules(played, 5) == {"declare.tradeZone.demanded"}
    (found,) = verdicts(ALL, [played.events[4]])[played.events[4]]
    assert found.region == "350213"  # of the zone, not of the importer


def test_border_residents_trade_begins_at_the_border_market(client: Client) -> None:
    Place.objects.create(code="gs1.sgln:414/9520007001318", name="示例互市区", kind="border_market", region="451481")
    entered = events(IMPORTED, 8)[0] | {"bizLocation": {"id": "https://id.gs1.org/414/9520007001318"}}
    without = {key: value for key, value in entered.items() if key != "f:tradeZone"}
    played = tell(client, IMPORTED, entered, without | {"eventTime": "2026-11-11T08:00:00+08:00"})
    assert not rules(played, 0)
    assert rules(played, 1) == {"border_entry.tradeZone.required"}
    (found,) = verdicts(ALL, [played.events[0]])[played.events[0]]
    assert (found.step, found.region) == ("border_entry", "451481")


def test_foreign_parties_are_known_by_a_gln_or_by_their_customs_number(client: Client) -> None:
    made, shipped = events(IMPORTED, 31, 32)
    unknown = {**made["ilmd"], "f:makerNumber": "UYRZ99999999"}
    other = made | {"quantityList": [{"epcClass": made["quantityList"][0]["epcClass"] + "X"}], "ilmd": unknown}
    registers = {"overseas_food_producers": ["UYRZ90010001"]}
    wrong = shipped | {"f:exporterCode": "not a GLN", "eventTime": "2026-09-11T09:00:00+08:00"}
    named = shipped | {"f:exporterCode": "9520007001295"}
    played = tell(client, IMPORTED, made, named, other, wrong, registers=registers)
    (found,) = verdicts(ALL, [played.events[0]])[played.events[0]]
    assert found.actor.startswith("gs1.pgln:") and not rules(played, 0) and not rules(played, 1)
    assert rules(played, 2) == {"make_abroad.makerNumber.listed"}
    assert rules(played, 3) == {"export.exporterCode.value"}


# Vessels remember


def loads(client: Client, *between: dict[str, Any]) -> tuple[Played, Walk]:
    """A tank lorry takes one lot, then `between`, then another; and the walk down from the second."""
    load, unload = events(CHEMICALS, 10, 12)
    second = load | {
        "eventTime": "2026-03-16T07:20:00+08:00",
        "childQuantityList": [load["childQuantityList"][0] | {"epcClass": lot(2), "quantity": 900}],
    }
    played = tell(client, CHEMICALS, *events(CHEMICALS, 0, 1, 2, 3), load, unload, *between, second)
    return played, walk([number(lot(2))], "down")


def lot(which: int) -> str:
    return f"https://id.gs1.org/01/09520007600429/10/XS2026030{4 + which}-{which}"


def test_a_vessels_previous_load_stays_in_the_second_ring(client: Client) -> None:
    played, found = loads(client)
    (ring,) = second_ring(found)
    assert (ring.vessel, ring.item, ring.event) == (number(TANK), number(lot(1)), played.events[4])
    assert number(lot(1)) not in found.items and number(TANK) in found.carried  # apart from the walk itself
    assert second_ring(walk([number(lot(1))], "down")) == []  # nothing was in it before


def test_a_cleaning_step_ends_it_and_a_cleaning_that_was_declared_wrong_does_not(client: Client) -> None:
    cleaned = events(CHEMICALS, 13)[0] | {"eventID": "urn:uuid:real-practice-cleaning"}
    played, found = loads(client, cleaned)
    assert played.steps()[6] == "clean" and second_ring(found) == []
    said = {"declarationTime": "2026-11-30T08:00:00+08:00", "reason": "did_not_occur"}
    client.post(
        "/epcis/capture", document(cleaned | {"errorDeclaration": said}), content_type="application/ld+json",
        headers=played.keys["carrier"],
    )  # fmt: skip
    settle()
    assert [each.item for each in second_ring(walk([number(lot(2))], "down"))] == [number(lot(1))]
    assert second_ring(walk([number(lot(2))], "down", position=found.position)) == []  # as it was known before


# Departments change

SUCCESSION = """name = "example"
region = "3502"
title = { zh = "示例职能", en = "Example functions" }
source = { zh = "示例文件", en = "Example document" }
evidence = "source"
valid_from = 2010-01-01

[[departments]]
function = "old_food"
name = { zh = "示例食品药品监督管理局", en = "Example food and drug administration" }
valid_from = 2013-01-01
valid_to = 2018-12-31
successor = "market_regulation"

[[departments]]
function = "market_regulation"
name = { zh = "示例市场监督管理局", en = "Example market regulation" }
valid_from = 2019-01-01
"""


@pytest.fixture
def departments(db: None) -> None:
    operator = Organisation.objects.create(kind="operator", name="运营方", party="uri:urn:zhuisu:test:operator")
    take_over(SUCCESSION.encode(), operator=operator, by="system:test", at=AT)


def test_old_events_and_open_cases_follow_to_the_department_that_took_over(departments: None, client: Client) -> None:
    then, now = date(2018, 6, 1), AT.date()
    old = catalogue.department("old_food", "350212", then)
    assert old and old.name == "示例食品药品监督管理局"
    follows = catalogue.now_of(old, now)  # of a case that was opened then
    asked = catalogue.department("old_food", "350212", now)  # of an event of then, asked today
    assert follows and follows == asked and follows.name == "示例市场监督管理局"
    assert catalogue.now_of(old, old.valid_to_on or now) == old  # its last day is still its own
    assert catalogue.now_of(old, (old.valid_to_on or now) + timedelta(1)) == follows


def test_the_department_of_an_event_is_found_by_its_sectors_word_its_region_and_its_day(
    departments: None, client: Client
) -> None:
    played = tell(client, "food", *events("food", 16), shop_sale())
    (found,) = verdicts(ALL, [played.events[1]])[played.events[1]]
    functions = set(profile_of(found.sector).regulators.values())
    assert "market_regulation" in functions
    one = catalogue.department("market_regulation", found.region, found.happened_at.date())
    assert one and one.name == "示例市场监督管理局"


# "Correct this entry"


def test_one_click_is_a_declaration_and_a_new_event_and_both_verdicts_are_kept(client: Client) -> None:
    opening = events(MEAT, 15)[0]
    goods = opening["quantityList"][0]["epcClass"]
    opened = opening | {"quantityList": [{"epcClass": goods, "quantity": 50, "uom": "KGM"}]}
    sold = events(MEAT, 20)[0] | {"quantityList": [{"epcClass": goods, "quantity": 500, "uom": "KGM"}]}
    played = tell(client, MEAT, opened, sold)
    assert rules(played, 1) == {"sell.stock"}
    seller = played.parties["seller/vegetables"]
    desk = Client()
    desk.force_login(Person.objects.create(organisation=seller, role="member", username="stall"))
    ((old,),) = rows("select event_id from event_body where event = %s", [played.events[1]])
    page = desk.get("/desk/records/correct", {"id": old}).content.decode()
    form = fields(page) | {"quantity": "0.5", "why": "incorrect_data"}
    answer = desk.post(f"/desk/records/correct?id={old}", form)
    if answer.status_code == 200:
        form |= {"seen": fields(answer.content.decode())["seen"]}
        answer = desk.post(f"/desk/records/correct?id={old}", form)
    assert answer.status_code == 302, answer.content.decode()
    settle()
    kept = verdicts(ALL, [played.events[1]], history=True)[played.events[1]]
    assert [(each.outcome, [one.rule for one in each.findings]) for each in kept] == [
        ("judged", [f"{MEAT}.sell.stock"]),
        ("void", []),
    ]
    new = all_events()[-1]
    (told,) = verdicts(ALL, [new])[new]
    assert told.step == "sell" and not told.findings
    assert len(all_events()) == 4  # opening, the wrong sale, the declaration, the right sale: nothing was overwritten


def fields(page: str) -> dict[str, str]:
    """What the form sends if nothing is touched."""
    form = page[page.index('id="act"') :]
    held = {}
    for tag in re.findall(r"<input [^>]*>", form):
        given = dict(re.findall(r'([\w-]+)="([^"]*)"', tag))
        if "name" in given and (given.get("type") not in ("radio", "checkbox") or " checked" in tag):
            held[given["name"]] = given.get("value", "")
    for name, text in re.findall(r'<textarea name="(\w+)"[^>]*>\n?([^<]*)</textarea>', form):
        held[name] = text
    for name, options in re.findall(r'<select name="(\w+)"[^>]*>(.*?)</select>', form, re.S):
        held[name] = next(iter(re.findall(r'value="([^"]*)" selected', options)), "")
    return held
