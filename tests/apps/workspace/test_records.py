"""Acts recorded by a form: what is offered, what is refused beside its field, what is asked before, what is stored."""

import re
from datetime import date
from typing import Any

import pytest

from farm import HARVEST, PLANT, SEED, STATION, Land, fields, record, settle
from support import AT
from zhuisu import sectors
from zhuisu.accounts.services import create_organisation
from zhuisu.compliance.acts import Wanted, acts
from zhuisu.events.scope import scope_of
from zhuisu.registry.mandates.services import give_mandate
from zhuisu.registry.models import Party


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
