"""What was recorded, to be read: lists, single acts, findings, and who may look."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from farm import PLANT, PLANTED, SEED, Land, captured, record, settle
from support import AT
from zhuisu import sectors
from zhuisu.accounts.services import create_organisation


def test_readers_and_authorities_look_and_do_not_record(land: Land) -> None:
    reader = land.client(role="reader")
    assert reader.get("/desk/records").status_code == 403
    assert reader.get("/desk/records/crops/plant").status_code == 403
    assert reader.get("/desk/records/done").status_code == 200
    office = create_organisation(
        kind="regulator", name="市农业局", party="cn.uscc:11350212000000000B", region="3502", by="system", at=AT
    )
    stranger = create_organisation(
        kind="regulator", name="外市农业局", party="cn.uscc:12350200DEM010343L", region="3501", by="system", at=AT
    )
    record(land.client(), "plant", PLANT, eventTime="2026-05-01T08:00")
    settle()
    assert "番茄苗 P26" in land.client(office).get("/desk/records/done").content.decode()
    assert "番茄苗 P26" not in land.client(stranger).get("/desk/records/done").content.decode()
    assert land.client(office).get("/desk/records/crops/plant").status_code == 403
    assert 'href="/desk/records"' not in land.client(office).get("/desk/findings").content.decode()


@pytest.mark.parametrize("step", ["nonsense", "plant/x"])
def test_what_does_not_exist_is_not_found(land: Land, step: str) -> None:
    assert land.client().get(f"/desk/records/crops/{step}").status_code == 404
    assert land.client().get("/desk/records/act?id=urn:uuid:00000000-0000-4000-8000-000000000000").status_code == 404
    assert land.client().get("/desk/sectors/nonsense").status_code == 404


def test_the_list_is_searched_and_taken_away(land: Land) -> None:
    client = land.client()
    record(client, "plant", PLANT | {"variety": "=cmd()"}, eventTime="2026-05-01T08:00")
    settle()
    for found in (
        f"q={SEED}/P26",
        "sector=crops",
        "sector=crops&step=plant",
        "found=none",
        "since=2026-05-01&until=2026-05-01",
    ):
        assert client.get(f"/desk/records/done?{found}").content.decode().count('class="when"') == 1, found
    for missed in (f"q={SEED}/P27", "sector=drugs", "found=error", "until=2026-04-30"):
        assert client.get(f"/desk/records/done?{missed}").content.decode().count('class="when"') == 0, missed
    assert "=cmd()" in client.get("/desk/records/done.csv").content.decode()
    assert client.get("/desk/records/done.xlsx").content[:2] == b"PK"


@pytest.mark.parametrize(
    "address",
    [
        *("records?for=%00", "records/crops/plant?for=%00", "records/crops/plant/sheet?for=%00", "records/done.exe"),
        *("records/crops/plant/sheet.xlsx?for=%00", "records/done.%0Aabc", "findings.exe", "findings.%0Aabc"),
        *("records/done?until=9999-12-31", "findings?until=9999-12-31", "findings?until=0001-01-01"),
        *("sectors/crops/elements.exe", "sectors/crops/elements.%0Aabc"),
    ],
)
def test_an_odd_address_is_answered(land: Land, address: str) -> None:
    client = land.client()
    client.raise_request_exception = False
    assert client.get(f"/desk/{address}").status_code in (200, 403, 404)
    if "." in address and "for=" not in address:
        assert client.get(f"/desk/{address}").status_code == 404


def test_nothing_is_said_to_be_stored_that_is_not(land: Land) -> None:
    assert land.client().get("/desk/records/act?id=made-up&new=1").status_code == 404


def test_an_act_is_read_by_the_edition_of_its_own_day(land: Land, monkeypatch: pytest.MonkeyPatch) -> None:
    """Half an hour past midnight in China is the day before in UTC."""
    captured(land, PLANTED | {"eventTime": "2026-05-01T00:30:00+08:00"})
    asked: list[date] = []
    real = sectors.profile

    def listening(name: str, day: date, region: str = "") -> Any:
        asked.append(day)
        return real(name, day, region)

    monkeypatch.setattr(sectors, "profile", listening)
    client = land.client()
    for page in ("records/done", "findings", "records/done.csv"):
        client.get(f"/desk/{page}")
    assert date(2026, 4, 30) not in asked
    assert date(2026, 5, 1) in asked


def test_evidence_leads_nowhere_but_to_the_web(land: Land) -> None:
    """An address that came over the API: no page of ours, and no script."""
    from zhuisu.profiles.entry import Column
    from zhuisu.profiles.model import Words
    from zhuisu.workspace.records.lists import public_pages
    from zhuisu.workspace.records.values import Told, _said

    column = Column("proof", Words("证明", "Proof"), "evidence", "event")
    bad = _said(column, {"href": "javascript:alert(1)", "sha256": "0"}, "")
    assert bad.link == ""
    good = _said(column, {"href": "https://example.org/a", "sha256": "0"}, "")
    assert good.link == "https://example.org/a"
    assert public_pages([Told("proof", "证明", [good])]) == []


def test_a_long_list_costs_no_more_questions_than_a_short_one(land: Land, django_assert_max_num_queries: Any) -> None:
    for number in range(12):
        captured(land, PLANTED | {"quantityList": [{"epcClass": f"https://id.gs1.org/01/{SEED}/10/P{number}"}]})
    client = land.client()
    with django_assert_max_num_queries(18):
        assert client.get("/desk/records/done").content.decode().count("番茄苗 P") == 12
    with django_assert_max_num_queries(20):
        client.get("/desk/records/done.csv")


def test_a_finding_says_what_to_do_by_its_kind(land: Land) -> None:
    """Each kind of rule that profiles make has its own sentence."""
    from zhuisu.workspace.records.advice import ADVICE

    kinds = {
        rule.id.rpartition(".")[2]
        for name in sectors.all()
        if (judge := sectors.judge(name, date(2026, 11, 20)))
        for rules in judge.rules.values()
        for rule in rules
    }
    assert not kinds - ADVICE.keys()
    client = land.client()
    captured(
        land, PLANTED | {"ilmd": {"f:kind": "crops.vegetable", "f:plotName": "东坡三号", "f:plantedOn": "2026-05-01"}}
    )
    assert str(ADVICE["required"]) in client.get("/desk/findings").content.decode()


def test_a_finding_speaks_the_words_of_the_edition_that_found_it(land: Land, monkeypatch: pytest.MonkeyPatch) -> None:
    from zhuisu.compliance.queries import Found
    from zhuisu.profiles.judge import Finding
    from zhuisu.profiles.model import Words
    from zhuisu.workspace.records import findings

    old = sectors.all()["pesticides"].editions[-1]
    now, said = datetime(2026, 1, 1, tzinfo=UTC), Finding("pesticides.sell.by", "error", Words("错", "wrong"), None, "")
    step = next(iter(old.steps))
    one = Found("1.1", 1, "urn:x", "pesticides", step, old.edition, "", "", "", now, now, said)
    assert findings.row(one)["step"] == old.steps[step].name.zh
    gone = Found("1.1", 1, "urn:x", "moonshine", "distil", "1", "", "", "", now, now, said)
    assert findings.row(gone)["sector"] == "moonshine"
