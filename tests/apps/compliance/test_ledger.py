"""The books that the law wants: made from what was recorded, each thing a line, what was declared wrong marked and not counted."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

import chains
from zhuisu import codes, sectors
from zhuisu.compliance import ledger
from zhuisu.compliance.ledger import Asked
from zhuisu.compliance.services import judge_next
from zhuisu.events.scope import ALL, scope_of
from zhuisu.events.sequencer import publish
from zhuisu.profiles.model import Words
from zhuisu.workspace.books import shown

AT = chains.AT


@pytest.fixture
def played(db: None, client: Client) -> chains.Played:
    return chains.play(client, "crops")


def total(found: list[ledger.Total], step: str, *, into: bool = False) -> list[tuple[Decimal, str]]:
    return [(each.amount, each.unit) for each in found if each.step == step and each.into == into]


def test_a_sales_book_has_its_columns_and_one_line_a_thing(played: chains.Played) -> None:
    names = [head.name for head in ledger.columns("crops", "sales")]
    assert names == list(dict.fromkeys(sectors.all()["crops"].editions[0].ledgers["sales"].columns))
    entries = ledger.rows_of(ALL, None, "crops", "sales", Asked(), limit=50)
    assert [each.step for each in entries][-1] == "ship" and {each.step for each in entries} == {"ship", "sell"}
    assert sorted([each.at for each in entries], reverse=True) == [each.at for each in entries]
    sold = next(each for each in entries if each.step == "sell")
    said = played.chain["events"][played.events.index(sold.event)]
    line = sold.lines[0]
    assert line["quantity"] == Decimal(str(said["quantityList"][0]["quantity"])) and line["unit"] == "KGM"
    assert line["ticketNumber"] == said["f:ticketNumber"] and line["things"] == [said["quantityList"][0]["epcClass"]]


def test_a_book_is_its_owners(played: chains.Played) -> None:
    farm = played.parties["farm"]
    books = {
        name: ledger.rows_of(scope_of(one), one, "crops", "sales", Asked(), limit=50)
        for name, one in played.parties.items()
    }
    assert {each.step for each in books["farm"]} == {"ship"}
    assert sum(map(len, books.values())) == len(ledger.rows_of(ALL, None, "crops", "sales", Asked(), limit=50))
    stranger = next(one for name, one in played.parties.items() if name != "farm")
    assert ledger.rows_of(scope_of(stranger), farm, "crops", "production", Asked(), limit=50) == []
    assert {(each.sector, each.step) for each in ledger.kept(scope_of(farm), farm)} >= {
        ("crops", "plant"),
        ("crops", "ship"),
    }


def test_days_things_lots_and_pages_narrow_it(played: chains.Played) -> None:
    everything = ledger.rows_of(ALL, None, "crops", "production", Asked(), limit=50)
    since = datetime(2026, 11, 1, tzinfo=UTC)
    assert {each.event for each in ledger.rows_of(ALL, None, "crops", "production", Asked(since=since), limit=50)} == {
        each.event for each in everything if each.at >= since
    }
    assert len(ledger.rows_of(ALL, None, "crops", "production", Asked(until=since), limit=50)) + len(
        [each for each in everything if each.at >= since]
    ) == len(everything)
    product = codes.parse("09520000000028", "gs1.gtin")
    for asked in (Asked(lot="20261118A"), Asked(things=(product,))):
        found = ledger.rows_of(ALL, None, "crops", "production", asked, limit=50)
        assert found and {each.step for each in found} == {"harvest"}
    paged, before = [], ""
    while page := ledger.rows_of(ALL, None, "crops", "production", Asked(), limit=2, before=before):
        paged += page
        before = page[-1].cursor
    assert [each.event for each in paged] == [each.event for each in everything]


def test_what_is_declared_wrong_stays_struck_through_and_counts_no_more(played: chains.Played, client: Client) -> None:
    harvests = {place: each for place, each in enumerate(played.chain["events"]) if played.steps()[place] == "harvest"}
    made = {place: Decimal(str(each["outputQuantityList"][0]["quantity"])) for place, each in harvests.items()}
    whole = total(ledger.totals(ALL, None, "crops", "production", Asked()), "harvest")
    assert whole == [(sum(made.values()), "KGM")]
    place = next(iter(harvests))
    number = played.events[place]
    entry = next(
        each for each in ledger.rows_of(ALL, None, "crops", "production", Asked(), limit=50) if each.event == number
    )
    said = {**played.chain["events"][place], "eventID": entry.event_id}
    said.pop("by", None)
    said["errorDeclaration"] = {
        "declarationTime": "2026-11-30T08:00:00+08:00", "reason": "incorrect_data", "correctiveEventIDs": ["urn:uuid:1"],
    }  # fmt: skip
    answer = client.post(
        "/epcis/capture", chains.document(said), content_type="application/ld+json", headers=played.keys["farm"]
    )
    assert answer.status_code == 202, answer.content
    publish(AT)
    left = [(sum(made.values()) - made[place], "KGM")]
    assert total(ledger.totals(ALL, None, "crops", "production", Asked()), "harvest") == left, (
        "already before it is judged"
    )
    while judge_next(AT):
        pass
    entry = next(
        each for each in ledger.rows_of(ALL, None, "crops", "production", Asked(), limit=50) if each.event == number
    )
    assert entry.voided and entry.step == "harvest" and entry.lines
    assert total(ledger.totals(ALL, None, "crops", "production", Asked()), "harvest") == left


def test_single_things_of_one_product_are_one_line_and_lots_each_their_own() -> None:
    gtin = "09506000134352"
    serials = [f"https://id.gs1.org/01/{gtin}/21/{number}" for number in range(3)]
    lot = f"https://id.gs1.org/01/{gtin}/10/L1"
    heads = [ledger.Head(name, Words(name, name), 0) for name in ledger.SIDES[0]]
    record = {"things": [*serials, lot], "quantity": [Decimal(5)], "unit": ["KGM"]}
    lines, left_out = ledger._lines(record, heads)
    assert left_out == 0
    assert [dict(each) for each in lines] == [
        {"things": serials, "quantity": Decimal(3), "unit": "count"},
        {"things": [lot], "quantity": Decimal(5), "unit": "KGM"},
    ]
    tags = [f"urn:zhuisu:cn.livestock_tag15:13502129001000{number}" for number in range(10)]
    many, _rest = ledger._lines({"things": tags}, heads)
    assert len(many) == 10


def test_a_book_costs_one_statement(played: chains.Played, django_assert_num_queries: Callable[[int], Any]) -> None:
    with django_assert_num_queries(1):
        ledger.rows_of(ALL, None, "crops", "sales", Asked(), limit=50)
    with django_assert_num_queries(1):
        ledger.totals(ALL, None, "crops", "sales", Asked())


def test_an_unknown_book_is_said(db: None) -> None:
    for sector, key in (("crops", "nothing"), ("nothing", "sales")):
        with pytest.raises(KeyError):
            ledger.columns(sector, key)
    assert json.dumps([head.name for head in ledger.columns("crops", "production")])


def test_a_line_names_its_goods_its_lot_and_its_papers() -> None:
    gtin, tag = "09506000134352", "urn:zhuisu:cn.livestock_tag15:135021290010001"
    lot, other = f"https://id.gs1.org/01/{gtin}/10/L%2F1", f"https://id.gs1.org/01/{gtin}/10/L2"
    heads = [ledger.Head(name, Words(name, name), 0) for name in ledger.SIDES[0]]
    heads += [ledger.Head(name, Words(name, name)) for name in ("product", "lotNumber", "papers")]
    record = {
        "things": [tag, lot, other], "quantity": [Decimal(5), Decimal(6)], "unit": ["KGM", "KGM"],
        "document": "urn:epc:id:gdti:1.2.3", "paper_cert": ["urn:zhuisu:x:9"],
    }  # fmt: skip
    lines, _left_out = ledger._lines(record, heads)
    assert [(line["product"], line.get("lotNumber"), line["quantity"], line["unit"]) for line in lines] == [
        (tag, None, Decimal(1), "count"), (lot, "L/1", Decimal(5), "KGM"), (other, "L2", Decimal(6), "KGM"),
    ]  # fmt: skip
    assert [line.get("papers") for line in lines] == [["urn:epc:id:gdti:1.2.3", "urn:zhuisu:x:9"], None, None]


def test_the_name_of_the_goods_stands_in_a_column_of_its_own(played: chains.Played) -> None:
    names = [head.name for head in ledger.columns("crops", "sales")]
    assert names[names.index("things") + 1 :][:2] == ["product", "lotNumber"]
    heads = ledger.columns("crops", "sales")
    found = shown.rows(heads, ledger.rows_of(ALL, None, "crops", "sales", Asked(), limit=50))
    cells = dict(zip(names, found[-1].cells, strict=True))
    kinds = [kind.name.zh for kind in sectors.all()["crops"].editions[0].kinds.values()]
    assert cells["product"] in kinds and cells["lotNumber"] == cells["things"] != ""
