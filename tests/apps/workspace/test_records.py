"""Acts recorded by a form: what is offered, what is refused beside its field, what is asked before, what is stored."""

import re
from dataclasses import dataclass
from datetime import date
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from support import AT
from zhuisu.accounts.models import Organisation, Person
from zhuisu.accounts.services import create_organisation
from zhuisu.compliance.services import judge_next
from zhuisu.events.sequencer import publish
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
    client = land.client(station)
    assert "还没有登记从事什么" in client.get("/desk/records").content.decode()
    code = STATION.partition(":")[2]
    assert client.get("/desk/records/crops/plant").status_code == 403
    assert f"/desk/records/crops/plant?for={code}" in client.get(f"/desk/records?for={code}").content.decode()
    page = client.get(f"/desk/records/crops/plant?for={code}").content.decode()
    assert fields(page)["answerable"] == code
    answer = client.post("/desk/records/crops/plant", fields(page) | PLANT | {"eventTime": "2026-05-01T08:00"})
    assert answer.status_code == 302, answer.content.decode()
    settle()
    assert "白鹭蔬菜合作社" in client.get(answer.url).content.decode()
    assert "没有这" not in client.get("/desk/records?for=nobody").content.decode()


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
    from zhuisu import sectors
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
