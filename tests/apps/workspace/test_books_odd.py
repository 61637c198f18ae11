"""Books, dossiers and the gate under odd questions: days at the end of time, cursors that are none, codes with signs, other readers."""

import csv
import io
import uuid
from dataclasses import replace
from datetime import date
from typing import Any
from urllib.parse import unquote

import pytest
from django.test import Client
from django.urls import resolve, reverse

import chains
from zhuisu import codes, sectors
from zhuisu.accounts.models import Organisation, Person
from zhuisu.compliance import ledger
from zhuisu.compliance.ledger import Asked
from zhuisu.events.scope import ALL
from zhuisu.profiles.typed import EntryError
from zhuisu.registry.models import Party, Place, Role
from zhuisu.workspace.books import files, logs, shown
from zhuisu.workspace.books.gate import looked_up
from zhuisu.workspace.books.views import _cursor


def desk_of(organisation: Organisation) -> Client:
    person = Person.objects.create(organisation=organisation, role="member", username=uuid.uuid4().hex[:20])
    client = Client()
    client.force_login(person)
    return client


@pytest.fixture
def crops(db: None) -> chains.Played:
    return chains.plant(["crops"])[0]


@pytest.mark.parametrize(
    "query",
    [
        "until=9999-12-31", "since=0001-01-01&until=0001-01-01", "before=9e99.1", "before=" + "9" * 40 + ".1", "before=nan.1",
        "before=1e400.5", "before=-1.5", "before=1." + "9" * 30, "q=%00", "q=%27%22%3Cb%3E", "since=2026-02-30",
        "before=%EF%BC%91.%EF%BC%92", "q=" + "9" * 5000,
    ],
)  # fmt: skip
def test_an_odd_question_is_answered(crops: chains.Played, query: str) -> None:
    desk = desk_of(crops.parties["farm"])
    for ending in ("", ".csv", ".xlsx"):
        assert desk.get(f"/desk/books/crops/sales{ending}?{query}").status_code == 200


def test_the_next_page_of_entries_before_1970_begins_where_the_last_ended() -> None:
    assert _cursor("-315619200.000000.7") == "-315619200.000000.7"


def test_an_authority_reads_whose_entry_it_is(crops: chains.Played) -> None:
    authority = Organisation.objects.create(
        kind="regulator", name="市局", party="gs1.pgln:417/9529999999986", region="35"
    )
    desk = desk_of(authority)
    names = {one.name for one in crops.parties.values()}
    page = desk.get("/desk/books/crops/sales").content.decode()
    rows = list(csv.reader(io.StringIO(desk.get("/desk/books/crops/sales.csv").content.decode("utf-8-sig"))))
    column = rows[0].index("上报单位")
    said = {row[column] for row in rows[1:]}
    assert len(said) > 1 and said <= names and all(name in page for name in said)
    own = desk_of(crops.parties["farm"]).get("/desk/books/crops/sales.csv").content.decode("utf-8-sig")
    assert "上报单位" not in own.splitlines()[0]


def test_what_a_file_leaves_out_is_said(crops: chains.Played, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ledger, "MAX_LINES", 1)
    heads = [ledger.Head(name, ledger.MORE_WORDS["papers"], 0) for name in ledger.SIDES[0]]
    things = [f"urn:zhuisu:cn.livestock_tag15:13502129001000{number}" for number in range(3)]
    lines, left_out = ledger._lines({"things": things}, heads)
    assert (len(lines), left_out) == (1, 2)
    (entry, *_more) = ledger.rows_of(ALL, None, "crops", "sales", Asked(), limit=1)
    row = shown.Row(replace(entry, left_out=2), True, (), "")
    assert "另有 2 行未列出" in files.Book("", (), (), ()).cells(row)[1]


def test_a_thing_with_signs_in_its_number_has_its_dossier(db: None) -> None:
    code = codes.parse_epc("https://id.gs1.org/01/09520000075019/21/A%2FB%25%3F1")
    address = reverse("desk-thing", args=(code.scheme, code.value))
    assert resolve(unquote(address)).kwargs == {"scheme": code.scheme, "value": code.value}


@pytest.mark.parametrize(
    "octets",
    [
        b"2026-11-22 08:00,4\n" + b"x" * 200_000 + b",4\n",
        b"2026-11-22 08:00,4\n0001-01-01T00:00:00+23:59,4\n",
        b"9999-12-31T23:59:59-12:00,4\n",
        "２０２６-11-22 08:00,4\n2026-11-22 08:00,nan\n".encode(),
        b"\x00\x00,\x00\n\x00,1\n",
        b"\xff\xfe2\x000\x00",
    ],
)
def test_a_loggers_file_that_is_none_is_said(octets: bytes) -> None:
    with pytest.raises(EntryError):
        logs.elements(logs.readings(octets), next(iter(_sensors())))


def _sensors() -> Any:
    for sector in sectors.all().values():
        for step in sector.editions[0].steps.values():
            yield from step.sensors.values()


def test_what_a_region_wants_in_the_receipt_does_not_close_the_gate(db: None) -> None:
    """Shanghai asks for more in the record of a receipt; that is not yet written when a guard asks."""
    planted = chains.plant(["food"])[0]
    owner = Organisation.objects.create(
        kind="enterprise", name="示范超市", party="gs1.pgln:417/9529999999993", region="310115"
    )
    party = Party.objects.create(code=owner.party, name=owner.name, region="310115")
    Place.objects.create(code="gs1.sgln:414/9529999999993", name="门店", region="310115", operator=party)
    Role.objects.create(party=party, sector="food", role="retailer", valid_from_on=date(2020, 1, 1))
    dairy = [gtin for gtin, kind in planted.chain["products"].items() if kind == "dairy"]
    lots = [
        each["epcClass"]
        for event in planted.chain["events"]
        for each in event.get("quantityList", ())
        if any(gtin in each["epcClass"] for gtin in dairy)
    ]
    regional = sectors.judge("food", date(2026, 12, 1), "310115")
    assert regional and any(rule.id.endswith(".demanded") for rule in regional.rules["receive"])
    found = looked_up([codes.parse_epc(lots[-1])], lots[-1], owner, chains.AT)
    (way,) = [each for each in found.ways if each.step == "receive"]
    assert not [each.rule for each in (*way.against, *way.warns) if each.rule.endswith(".demanded")]
    assert "big-answer" in desk_of(owner).get("/desk/entry", {"code": lots[-1]}).content.decode()
