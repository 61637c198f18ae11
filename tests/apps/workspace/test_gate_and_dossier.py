"""At the desk: the check at the gate, the dossier of a thing that stays with its clocks, a logger's file, and the public side of both."""

import uuid
from datetime import date
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

import chains
from zhuisu import codes, sectors
from zhuisu.accounts.models import Organisation, Person
from zhuisu.compliance import clocks
from zhuisu.compliance.services import judge_next
from zhuisu.events.queries import item_by_code
from zhuisu.events.scope import ALL, scope_of
from zhuisu.events.sequencer import publish
from zhuisu.registry.models import Party, Role
from zhuisu.resolver.paths import page_path

SINCE = date(2020, 1, 1)


def desk_of(organisation: Organisation, role: str = "member") -> Client:
    person, _made = Person.objects.get_or_create(
        organisation=organisation, role=role, defaults={"username": f"{organisation.pk}-{role}"}
    )
    client = Client()
    client.force_login(person)
    return client


def market(sector: str, role: str) -> Organisation:
    made = Organisation.objects.create(
        kind="enterprise", name="示范市场", party="gs1.pgln:417/9529999999993", region="350206"
    )
    party = Party.objects.create(code=made.party, name=made.name, region="350206")
    Role.objects.create(party=party, sector=sector, role=role, valid_from_on=SINCE)
    return made


def judged() -> None:
    publish(timezone.now())
    while judge_next(timezone.now()):
        pass


def test_the_gate_answers_for_a_thing_by_the_rules_of_its_sector(db: None, client: Client) -> None:
    played = chains.play(client, "crops")
    gate = desk_of(market("crops", "wholesale_market"))
    shipped = next(
        each["quantityList"][0]["epcClass"]
        for place, each in enumerate(played.chain["events"])
        if played.steps()[place] == "ship"
    )
    page = gate.get("/desk/entry", {"code": shipped}).content.decode()
    assert "big-answer" in page and "登记：" in page and "/desk/records/crops/enter?things=" in page
    never = gate.get("/desk/entry", {"code": "https://id.gs1.org/01/09520000000028/10/NEVER"}).content.decode()
    assert "big-answer yes" not in never and "没有它的任何记录" in never
    assert "不允许" in never or "提醒" in never
    assert gate.get("/desk/entry", {"code": "///"}).status_code == 422


def test_a_recalled_thing_does_not_come_in_and_a_stranger_to_the_sector_is_told_so(db: None, client: Client) -> None:
    played = chains.play(client, "crops")
    shipped = "https://id.gs1.org/01/09520000000028/10/20261118A"
    event = {
        "type": "ObjectEvent", "action": "OBSERVE", "bizStep": "holding", "disposition": "recalled",
        "eventTime": "2026-11-20T08:00:00+08:00", "quantityList": [{"epcClass": shipped}],
    }  # fmt: skip
    answer = client.post(
        "/epcis/capture", chains.document(event), content_type="application/ld+json", headers=played.keys["farm"]
    )
    assert answer.status_code == 202
    judged()
    page = desk_of(market("crops", "wholesale_market")).get("/desk/entry", {"code": shipped}).content.decode()
    assert "big-answer no" in page and "正在召回" in page
    other = Organisation.objects.create(kind="enterprise", name="别处", party="gs1.pgln:417/9529999999986", region="35")
    assert "没有登记" in desk_of(other).get("/desk/entry", {"code": shipped}).content.decode()


@pytest.fixture
def lift(db: None, client: Client) -> chains.Played:
    return chains.play(client, "elevators")


def test_a_lift_has_its_clocks_at_the_desk_and_in_public(lift: chains.Played, client: Client) -> None:
    code = codes.parse_epc(lift.chain["last"])
    item = item_by_code(code)
    assert item is not None
    on = date(2035, 1, 1)
    (held,) = clocks.kept([item.id], on)
    assert held.overdue and all(each.due_on < on for each in held.dues)
    assert not any(each.overdue for each in clocks.kept([item.id], date(2000, 1, 1)))
    assert item.id in {each.item.id for each in clocks.things_of(ALL, None, on)}
    keeper = next(
        one
        for one in lift.parties.values()
        if item.id in {each.item.id for each in clocks.things_of(scope_of(one), one, on)}
    )
    desk = desk_of(keeper)
    listed = desk.get("/desk/things").content.decode()
    address = f"/desk/things/{code.scheme}/{code.value}"
    assert address in listed
    assert desk.get("/desk/things", {"q": lift.chain["last"]}).url == address
    dossier = desk.get(address).content.decode()
    kinds = {name: each.name.zh for name, each in sectors.all()["elevators"].editions[0].kinds.items()}
    assert not [name for name in kinds if f">{name}<" in dossier] and any(
        f">{text}<" in dossier for text in kinds.values()
    )
    assert ">地点编码<" not in dossier and ">购买人或收货方编码<" not in dossier
    assert "法定期限" in dossier and "全部记录" in dossier and ("已超期" in dossier or "还有" in dossier)
    assert address.rpartition("/")[2] in desk.get("/desk/things.csv").content.decode()
    public = client.get(page_path(code), headers={"user-agent": "Mozilla/5.0 (Android) Mobile"}).content.decode()
    assert 'id="clocks"' in public and "应于" in public


def test_a_dossier_is_nobodys_who_may_not_see_its_records(lift: chains.Played) -> None:
    code = codes.parse_epc(lift.chain["last"])
    stranger = Organisation.objects.create(
        kind="enterprise", name="别处", party="gs1.pgln:417/9529999999986", region="35"
    )
    desk = desk_of(stranger)
    assert desk.get(f"/desk/things/{code.scheme}/{code.value}").status_code == 404
    assert code.value not in desk.get("/desk/things").content.decode()
    assert desk.get("/desk/things/gs1.sgtin/nothing").status_code == 404


def test_a_loggers_file_becomes_the_readings_of_a_step_and_a_chart_in_the_dossier(db: None, client: Client) -> None:
    from django.core.files.uploadedfile import SimpleUploadedFile

    played = chains.play(client, "food")
    place, said = next((n, each) for n, each in enumerate(played.chain["events"]) if "sensorElementList" in each)
    step = played.steps()[place]
    name = said.get("by") or next(iter(played.parties))
    thing = (said.get("epcList") or [each["epcClass"] for each in said.get("quantityList", ())])[0]
    keeper = next(one for one in played.parties.values() if Role.objects.filter(
        party__code=one.party, role__in=chains.zhuisu.sectors.all()["food"].editions[0].steps[step].by).exists())  # fmt: skip
    desk = desk_of(keeper)
    code = codes.parse_epc(thing)
    page = desk.get(f"/desk/things/log/food/{step}", {"thing": code.canonical})
    assert page.status_code == 200, name
    rows = "time,temp\n2026-11-22 08:00,4\n2026-11-22 08:05,55\n"
    values: dict[str, Any] = {
        key.removeprefix("f:"): value for key, value in said.items() if key.startswith("f:")
    } | {"request_id": str(uuid.uuid4()), "eventTime": "2026-11-22T08:05:00+08:00", "things": thing, "quantity": "1", "unit": "KGM"}  # fmt: skip
    answer = desk.post(f"/desk/things/log/food/{step}", {**values, "file": SimpleUploadedFile("a.csv", rows.encode())})
    assert answer.status_code == 302, [line for line in answer.content.decode().splitlines() if "error" in line][:10]
    judged()
    dossier = desk.get(answer.url).content.decode()
    assert "个读数超限" in dossier and "55 ℃" in dossier
    bad = desk.post(f"/desk/things/log/food/{step}", {**values, "file": SimpleUploadedFile("a.csv", b"no")})
    assert bad.status_code == 422 and "没有读数" in bad.content.decode()
