"""Acts recorded by a form: what is offered, what is refused beside its field, what is asked before, what is stored."""

import itertools
import json
import re
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from support import AT
from zhuisu import sectors
from zhuisu.accounts.models import Organisation, Person
from zhuisu.accounts.services import create_organisation
from zhuisu.compliance.acts import Wanted, acts
from zhuisu.compliance.services import judge_next
from zhuisu.events.scope import scope_of
from zhuisu.events.sequencer import publish
from zhuisu.events.services import receive
from zhuisu.registry.mandates.services import give_mandate
from zhuisu.registry.models import Party, Place, Product, Role

FARM, STATION, SEED, FRUIT = (
    "gs1.pgln:417/9520000000028",
    "cn.uscc:91350212MA2XYGR01A",
    "09520000000011",
    "09520000000028",
)


@dataclass
class Land:
    """A farm with an account, and what it may record."""

    farm: Organisation
    party: Party

    def client(self, organisation: Organisation | None = None, role: str = "member") -> Client:
        """Someone signed in."""
        tenant = organisation or self.farm
        person, _made = Person.objects.get_or_create(
            organisation=tenant, role=role, defaults={"username": f"{tenant.pk}-{role}"}
        )
        client = Client()
        client.force_login(person)
        return client


def settle() -> None:
    """What the worker does."""
    publish(timezone.now())
    while judge_next(timezone.now()):
        continue


@pytest.fixture
def land(db: None) -> Land:
    farm = create_organisation(
        kind="enterprise", name="白鹭蔬菜合作社", party=STATION, region="350212", by="system", at=AT
    )
    party = Party.objects.create(code=STATION, name="白鹭蔬菜合作社", name_en="Egret Vegetable Co-op", region="350212")
    Role.objects.create(party=party, sector="crops", role="farm", valid_from_on=date(2024, 1, 1))
    Place.objects.create(code="gs1.sgln:414/9520000000028", name="东坡大棚", operator=party, region="350212")
    Product.objects.create(code=f"gs1.gtin:01/{SEED}", name="番茄苗", kind="crops.vegetable", holder=party)
    Product.objects.create(code=f"gs1.gtin:01/{FRUIT}", name="番茄", kind="crops.vegetable", holder=party)
    return Land(farm, party)


def fields(page: str) -> dict[str, str]:
    """What the form sends if nothing is touched."""
    form = page[page.index('id="act"') :]
    held = {}
    for tag in re.findall(r"<input [^>]*>", form):
        given = dict(re.findall(r'([\w-]+)="([^"]*)"', tag))
        if given.get("type") in ("radio", "checkbox") and " checked" not in tag:
            continue
        if "name" in given:
            held[given["name"]] = given.get("value", "")
    for name, text in re.findall(r'<textarea name="(\w+)"[^>]*>\n?([^<]*)</textarea>', form):
        held[name] = text
    for name, options in re.findall(r'<select name="(\w+)"[^>]*>(.*?)</select>', form, re.S):
        held[name] = next(iter(re.findall(r'value="([^"]*)" selected', options)), "")
    return held


PLANT = {"things": f"{SEED}/P26", "variety": "大红一号", "plotName": "东坡三号", "plantedOn": "2026-05-01"}
HARVEST = {
    "inputs": f"{SEED}/P26", "outputs": f"{FRUIT}/A26", "inputQuantity": "420公斤",
    "outputQuantity": "420", "outputUnit": "KGM", "harvestedOn": "2026-11-18",
}  # fmt: skip


def record(client: Client, step: str, typed: dict[str, str], **more: str) -> Any:
    """Open the form, type, send; what is only warned of is recorded all the same."""
    address = f"/desk/records/crops/{step}"
    sent = fields(client.get(address).content.decode()) | typed | more
    answer = client.post(address, sent)
    if answer.status_code == 200:
        answer = client.post(address, sent | {"seen": fields(answer.content.decode())["seen"]})
    return answer


def test_the_steps_of_the_own_roles_are_offered(land: Land) -> None:
    page = land.client().get("/desk/records").content.decode()
    assert "/desk/records/crops/harvest" in page
    assert "/desk/records/crops/enter" not in page  # a market's step
    found = land.client().get("/desk/records?q=收获").content.decode()
    assert "/desk/records/crops/harvest" in found
    assert "/desk/records/crops/plant" not in found


def test_planting_is_recorded_and_shown(land: Land) -> None:
    client = land.client()
    page = client.get("/desk/records/crops/plant").content.decode()
    assert fields(page)["place"] == "(414)9520000000028"
    answer = record(client, "plant", PLANT, eventTime="2026-05-01T08:00")
    assert answer.status_code == 302, answer.content.decode()
    settle()
    shown = client.get(answer.url).content.decode()
    assert "大红一号" in shown
    assert "东坡大棚" in shown
    listed = client.get("/desk/records/done").content.decode()
    assert "番茄苗 P26" in listed


def test_what_is_wrong_stands_beside_its_field_and_what_was_typed_is_kept(land: Land) -> None:
    typed = HARVEST | {"harvestedOn": "2999-01-01", "inputs": "nonsense!", "inputQuantity": "很多"}
    client = land.client()
    sent = fields(client.get("/desk/records/crops/harvest").content.decode()) | typed
    answer = client.post("/desk/records/crops/harvest", sent)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert {"inputs", "inputQuantity", "harvestedOn"} <= set(re.findall(r'id="id_(\w+)_error"', page))
    kept = fields(page)
    assert kept["outputQuantity"] == "420"
    assert kept["inputs"] == "nonsense!"
    assert kept["inputQuantity"] == "很多"
    assert kept["once"] == sent["once"]


def test_the_same_form_sent_twice_is_one_act(land: Land) -> None:
    client = land.client()
    sent = fields(client.get("/desk/records/crops/plant").content.decode()) | PLANT | {"eventTime": "2026-05-01T08:00"}
    first, second = (client.post("/desk/records/crops/plant", sent) for _ in range(2))
    assert first.url == second.url
    settle()
    assert client.get("/desk/records/done").content.decode().count('class="when"') == 1
    other = client.post("/desk/records/crops/plant", sent | {"variety": "另一种"})
    assert other.status_code == 409


def test_a_no_is_said_first_and_what_happened_is_recorded_with_it(land: Land) -> None:
    client = land.client()
    record(client, "plant", PLANT, eventTime="2026-05-01T08:00")
    treat = {
        "things": f"{SEED}/P26", "inputKind": "pesticide", "inputName": "吡虫啉", "usedAmount": "10 g", "usedOn": "2026-11-10",
        "inputSource": "镇农资店", "registrationNumber": "PD20160001", "stopUntil": "2026-11-30", "eventTime": "2026-11-10T08:00",
    }  # fmt: skip
    record(client, "treat", treat)
    settle()
    address = "/desk/records/crops/harvest"
    sent = fields(client.get(address).content.decode()) | HARVEST | {"eventTime": "2026-11-18T06:30"}
    asked = client.post(address, sent)
    page = asked.content.decode()
    assert asked.status_code == 200
    assert "按规定不能这样做" in page
    assert "crops.harvest.withdrawal" in page
    assert not client.get("/desk/records/done?step=harvest&sector=crops").content.decode().count('class="when"')
    done = client.post(address, sent | {"seen": fields(page)["seen"]})
    assert done.status_code == 302
    settle()
    act = client.get(done.url).content.decode()
    assert "crops.harvest.withdrawal" in act
    found = client.get("/desk/findings?severity=error").content.decode()
    assert "crops.harvest.withdrawal" in found
    assert "crops.harvest.withdrawal" in client.get("/desk/findings.csv").content.decode()
    # What was warned of is another thing than what is sent now: it is said again.
    changed = client.post(address, sent | {"seen": "stale", "once": "6a1b2c3d-0000-4000-8000-000000000001"})
    assert changed.status_code == 200


def test_an_entry_is_corrected_in_one_step(land: Land) -> None:
    client = land.client()
    first = record(client, "plant", PLANT, eventTime="2026-05-01T08:00")
    settle()
    old = first.url.partition("id=")[2].partition("&")[0]
    address = f"/desk/records/correct?id={old}"
    page = client.get(address).content.decode()
    assert fields(page)["variety"] == "大红一号"
    assert fields(page)["things"] == f"{SEED}/P26"
    sent = fields(page) | {"variety": "粉果二号", "why": "incorrect_data"}
    answer = client.post(address, sent)
    if answer.status_code == 200:
        answer = client.post(address, sent | {"seen": fields(answer.content.decode())["seen"]})
    assert answer.status_code == 302, answer.content.decode()
    settle()
    shown = client.get(answer.url).content.decode()
    assert "粉果二号" in shown
    listed = client.get("/desk/records/done").content.decode()
    assert "已更正" in listed
    assert client.get(address).status_code == 404  # what is corrected is corrected no more
    before = client.get(f"/desk/records/act?id={old}").content.decode()
    assert "不再作数" in before


def test_an_act_that_never_was_is_taken_back(land: Land) -> None:
    client = land.client()
    first = record(client, "plant", PLANT, eventTime="2026-05-01T08:00")
    settle()
    address = f"/desk/records/correct?id={first.url.partition('id=')[2].partition('&')[0]}"
    sent = fields(client.get(address).content.decode()) | {"why": "did_not_occur"}
    assert client.post(address, sent).status_code == 302
    settle()
    assert "已更正" in client.get("/desk/records/done").content.decode()


def test_once_more_with_the_same_values(land: Land) -> None:
    client = land.client()
    first = record(client, "plant", PLANT, eventTime="2026-05-01T08:00")
    settle()
    old = first.url.partition("id=")[2].partition("&")[0]
    again = fields(client.get(f"/desk/records/crops/plant?again={old}").content.decode())
    assert again["variety"] == "大红一号"
    assert again["eventTime"] != "2026-05-01T08:00"


def test_a_station_records_for_a_farmer_who_answers(land: Land) -> None:
    station = create_organisation(
        kind="enterprise", name="村级服务站", party="cn.uscc:91350206MA31QWE52L", region="350206", by="system", at=AT
    )
    holder = Party.objects.create(code=station.party, name=station.name, region="350206")
    client = land.client(station)
    assert "还没有登记从事什么" in client.get("/desk/records").content.decode()
    code = STATION.partition(":")[2]
    assert client.get("/desk/records/crops/plant").status_code == 403
    unlent, nobody = (client.get("/desk/records", {"for": each}).content.decode() for each in (code, "nobody"))
    assert "没有授权本单位记录" in unlent and "没有授权本单位记录" in nobody and "crops/plant" not in unlent
    assert client.get(f"/desk/records/crops/plant?for={code}").status_code == 403
    giver, since = Party.objects.get(code=STATION), date(2020, 1, 1)
    give_mandate(giver, holder, "livestock", valid_from_on=since, by="system", at=AT)
    assert client.get(f"/desk/records/crops/plant?for={code}").status_code == 403
    give_mandate(giver, holder, "crops", valid_from_on=since, by="system", at=AT)
    assert f"/desk/records/crops/plant?for={code}" in client.get(f"/desk/records?for={code}").content.decode()
    page = client.get(f"/desk/records/crops/plant?for={code}").content.decode()
    assert fields(page)["answerable"] == code
    answer = client.post("/desk/records/crops/plant", fields(page) | PLANT | {"eventTime": "2026-05-01T08:00"})
    assert answer.status_code == 302, answer.content.decode()
    settle()
    assert "白鹭蔬菜合作社" in client.get(answer.url).content.decode()


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


def test_every_sector_has_its_page_and_every_step_its_form(land: Land) -> None:
    from zhuisu.workspace.records.forms import form_for

    client = land.client()
    assert "/desk/sectors/crops" in client.get("/desk/sectors").content.decode()
    assert client.get("/desk/sectors/crops").status_code == 200
    assert client.get("/desk/sectors/crops/elements.csv").status_code == 200
    assert client.get("/desk/sectors/crops/plant.schema.json").json()["type"] == "object"
    for name, sector in sectors.all().items():
        profile = sector.editions[0]
        for step in profile.steps:
            form = form_for(profile, step)()
            assert list(form.groups({})), (name, step)
        assert str(form), name


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


def captured(land: Land, event: dict[str, Any]) -> str:
    """An event that came over the API; its id."""
    whole = {
        "@context": ["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld", {"f": "urn:zhuisu:field:"}],
        "type": "EPCISDocument", "schemaVersion": "2.0", "creationDate": "2026-11-20T09:30:00+08:00",
        "epcisBody": {"eventList": [{"eventID": f"urn:uuid:00000000-0000-4000-8000-{next(NUMBERS):012d}", **event}]},
    }  # fmt: skip
    receipt = receive(
        json.dumps(whole).encode(), media_type=None, organisation=land.farm.pk, by="system:test", at=timezone.now()
    )
    assert receipt.success
    settle()
    return str(whole["epcisBody"]["eventList"][0]["eventID"])


NUMBERS = itertools.count(1)
PLANTED: dict[str, Any] = {
    "type": "ObjectEvent", "action": "ADD", "bizStep": "commissioning", "eventTime": "2026-05-01T00:00:30.250Z",
    "eventTimeZoneOffset": "+08:00", "epcList": [], "f:step": "plant",
    "quantityList": [{"epcClass": f"https://id.gs1.org/01/{SEED}/10/P26"}],
    "ilmd": {"f:kind": "crops.vegetable", "f:variety": "大红一号", "f:plotName": "东坡三号", "f:plantedOn": "2026-05-01"},
    "readPoint": {"id": "https://id.gs1.org/414/9520000000028"},
    "bizTransactionList": [{"type": "inv", "bizTransaction": "urn:epcglobal:cbv:bt:9520000.00002:77"}],
}  # fmt: skip


def test_a_correction_changes_what_was_changed_and_nothing_else(land: Land) -> None:
    """The time on another clock and what no column of the form holds."""
    client = land.client()
    old = captured(land, PLANTED)
    address = f"/desk/records/correct?id={old}"
    sent = fields(client.get(address).content.decode())
    assert sent["eventTime"] == "2026-05-01T08:00:30.250"
    sent |= {"variety": "粉果二号", "why": "incorrect_data"}
    answer = client.post(address, sent)
    if answer.status_code == 200:
        answer = client.post(address, sent | {"seen": fields(answer.content.decode())["seen"]})
    assert answer.status_code == 302, answer.content.decode()
    settle()
    (made,) = acts(scope_of(land.farm), Wanted(), limit=1)
    new = made.event()
    assert made.event_id != old
    assert new.event_time == datetime(2026, 5, 1, 0, 0, 30, 250_000, UTC)
    assert new.read_point
    assert [kind for kind, _ in new.biz_transactions] == ["inv"]
    assert "粉果二号" in client.get(answer.url).content.decode()
    # The same form once more, as after a lost answer: it is the same correction.
    again = client.post(address, sent)
    assert again.status_code == 302
    assert again.url == answer.url


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


def test_from_a_harvest_it_goes_on_to_certificate_and_labels(land: Land) -> None:
    client = land.client()
    planted = record(client, "plant", PLANT, eventTime="2026-05-01T08:00")
    harvested = record(client, "harvest", HARVEST, eventTime="2026-11-18T08:00")
    settle()
    page = client.get(harvested.url).content.decode()
    lot = re.search(r'href="/desk/promises/new\?lot=([^"]+)"', page)
    assert lot
    assert "/desk/codes" in page
    assert "checked" in client.get(f"/desk/promises/new?lot={lot[1]}").content.decode()
    assert "/desk/promises/new" not in land.client(role="reader").get(harvested.url).content.decode()
    assert planted.status_code == 302


def test_a_scanned_code_keeps_its_separators(land: Land) -> None:
    """Lot and expiry as a GS1 symbol holds them: one code, not two."""
    scanned = f"01{SEED}10P26\x1d17281231"
    answer = record(land.client(), "plant", PLANT | {"things": scanned}, eventTime="2026-05-01T08:00")
    assert answer.status_code == 302, answer.content.decode()
    settle()
    (made,) = acts(scope_of(land.farm), Wanted(), limit=1)
    assert [each.epc_class for each in made.event().quantities] == [f"https://id.gs1.org/01/{SEED}/10/P26"]


def test_only_forms_may_open_the_camera(land: Land) -> None:
    client = land.client()
    for address, opens in (("records/crops/plant", True), ("records", False), ("records/done", False)):
        headers = client.get(f"/desk/{address}").headers
        assert ("camera=(self)" in headers["Permissions-Policy"]) == opens
        assert ("wasm-unsafe-eval" in headers["Content-Security-Policy"]) == opens


def test_the_dictionary_is_that_of_the_partys_region_as_the_form_is(land: Land) -> None:
    """The register may know better than the account where somebody is."""
    asked: list[str] = []
    real = sectors.profile

    def profile(name: str, day: date, region: str = "") -> Any:
        asked.append(region)
        return real(name, day, region)

    Party.objects.filter(pk=land.party.pk).update(region="310115")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sectors, "profile", profile)
        client = land.client()
        for address in ("/desk/sectors/crops/plant.schema.json", "/desk/records/crops/plant/sheet.xlsx"):
            assert client.get(address).status_code == 200
            assert set(asked) == {"310115"}, address
            asked.clear()


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
