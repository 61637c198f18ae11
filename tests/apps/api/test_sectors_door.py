"""Sectors, registers and the catalogue over HTTP: what is declared, what is approved, what must be traced where."""

import io
from datetime import date
from typing import Any

import jsonschema
import pytest
from django.test import Client
from python_calamine import CalamineWorkbook

from coding import key_of
from support import AT
from zhuisu import sectors
from zhuisu.accounts.models import Organisation
from zhuisu.registry.catalogue.files import LISTS
from zhuisu.registry.catalogue.services import take_over
from zhuisu.registry.official.services import About, load

VETS = "批准文号,通用名称,生产企业,有效期至,注销日期,企业代码\n兽药字010012001,盐酸多西环素可溶性粉,北山兽药厂,2099-02-28,,00042\n兽药字010012009,氟苯尼考粉,北山兽药厂,,2020-01-01,\n"


@pytest.fixture
def operator(db: None) -> Organisation:
    return Organisation.objects.create(kind="operator", name="平台", party="uri:urn:zhuisu:platform")


@pytest.fixture
def key(dairy: Organisation) -> dict[str, str]:
    return key_of(dairy, may_capture=False)


@pytest.fixture
def vets(operator: Organisation) -> None:
    about = About("主管部门公开数据", date(2026, 11, 1), "兽药产品批准文号", "Veterinary drug approvals")
    load("veterinary_drug_approvals", VETS.encode(), about, operator=operator, by="system", at=AT)


def get(client: Client, where: str, key: dict[str, str], status: int = 200, **headers: str) -> Any:
    answer = client.get(where, headers=key | headers)
    assert answer.status_code == status, answer.content.decode()
    return answer.json() if "json" in answer["Content-Type"] else answer


def test_every_sector_is_listed_and_each_can_be_read(client: Client, key: dict[str, str]) -> None:
    listed = get(client, "/sectors", key)
    assert [one["id"] for one in listed] == sorted(sectors.all())
    for one in listed:
        whole = get(client, one["href"], key)
        assert whole["id"] == one["id"] and set(whole["steps"]) == set(one["steps"])
        assert whole["name"]["zh"] and whole["basis"]


def test_a_sector_that_is_switched_off_is_not_listed(client: Client, key: dict[str, str], settings: Any) -> None:
    settings.SECTORS_OFF = frozenset({"crops"})
    assert [one["id"] for one in get(client, "/sectors", key)] == sorted(sectors.all().keys() - {"crops"})


def test_the_dictionary_of_data_elements_says_who_must_say_what(client: Client, key: dict[str, str]) -> None:
    elements = {one["identifier"]: one for one in get(client, "/sectors/crops/elements", key)}
    harvested = elements["crops.harvestedOn"]
    assert harvested["type"]["zh"] == "日期型" and harvested["obligation"]["harvest"] == "M"
    assert harvested["source"]["zh"]
    answer = get(client, "/sectors/crops/elements.csv?lang=zh", key)
    lines = answer.content.decode("utf-8-sig").splitlines()
    assert lines[0].startswith("标识符,名称") and any(line.startswith("crops.harvestedOn,") for line in lines)
    assert answer["Content-Disposition"] == 'attachment; filename="crops-elements.csv"'


def test_the_schema_of_a_step_judges_its_records(client: Client, key: dict[str, str]) -> None:
    whole = get(client, "/sectors/crops", key)
    answer = client.get(whole["steps"]["harvest"]["schema"], headers=key)
    assert answer["Content-Type"] == "application/schema+json"
    found = answer.json()
    jsonschema.Draft202012Validator.check_schema(found)
    assert "harvestedOn" in found["required"]


def test_the_sheet_of_a_step_is_excel_in_the_language_asked_for(client: Client, key: dict[str, str]) -> None:
    titles = {}
    for lang in ("zh", "en"):
        answer = get(client, f"/sectors/crops/harvest/sheet.xlsx?lang={lang}", key)
        book = CalamineWorkbook.from_filelike(io.BytesIO(answer.content))
        titles[lang] = [str(cell) for cell in book.get_sheet_by_index(0).to_python()[0]]
    assert len(titles["zh"]) == len(titles["en"]) and titles["zh"] != titles["en"]


def test_a_past_day_gets_the_edition_of_that_day(client: Client, key: dict[str, str]) -> None:
    old = get(client, "/sectors/pesticides?day=2020-01-01", key)["edition"]
    assert old != get(client, "/sectors/pesticides?day=2026-11-20", key)["edition"]
    get(client, "/sectors/pesticides?day=1980-01-01", key, 404)
    assert "pesticides" not in [one["id"] for one in get(client, "/sectors?day=1980-01-01", key)]


@pytest.mark.parametrize(
    ("where", "status"),
    [
        ("/sectors/unicorns", 404),
        ("/sectors/crops/nothing/at/all", 404),
        ("/sectors/crops/fly/schema", 404),
        ("/sectors/unicorns/elements", 404),
        ("/sectors/crops/harvest/sheet.xlsx?lang=fr", 400),
        ("/sectors?day=yesterday", 400),
        ("/sectors?region=3", 400),
        ("/sectors?colour=red", 400),
        ("/registers/none/1", 404),
        ("/registers/none%00/1", 404),
        ("/catalogue?day=2026-02-30", 400),
        ("/catalogue/nothing", 404),
        ("/records", 404),
    ],
)
def test_what_is_asked_wrongly_is_a_problem(client: Client, key: dict[str, str], where: str, status: int) -> None:
    problem = get(client, where, key, status)
    assert problem["detail_zh"] and problem["status"] == status


@pytest.mark.parametrize("where", ["/sectors", "/sectors/crops", "/registers", "/catalogue", "/catalogue/departments"])
def test_nobody_reads_without_a_key(client: Client, db: None, where: str) -> None:
    assert client.get(where).status_code == 401
    assert client.options(where).status_code == 204


def test_a_veterinary_drug_is_genuine_withdrawn_or_unknown(client: Client, key: dict[str, str], vets: None) -> None:
    (register,) = get(client, "/registers", key)
    assert (register["name"], register["entries"], register["asOf"]) == ("veterinary_drug_approvals", 2, "2026-11-01")
    at = "/registers/veterinary_drug_approvals/"
    genuine = get(client, at + "兽药字 010012001", key)
    assert (genuine["state"], genuine["by"]) == ("listed", "number")
    assert genuine["entries"][0]["holder"] == "北山兽药厂"
    assert get(client, at + "兽药字010012009", key)["state"] == "withdrawn"
    assert get(client, at + "兽药字010012009?day=2019-06-01", key)["state"] == "listed"
    unknown = get(client, at + "兽药字999999999", key)
    assert (unknown["state"], unknown["by"], unknown["entries"]) == ("unknown", None, [])
    scanned = get(client, at + "202402290004270277613509", key)
    assert (scanned["state"], scanned["by"]) == ("listed", "part")


def test_the_catalogue_of_a_place_on_a_day(client: Client, key: dict[str, str], operator: Organisation) -> None:
    for file in LISTS.glob("*.toml"):
        take_over(file.read_bytes(), operator=operator, by="system", at=AT)
    today = get(client, "/catalogue?region=450702&day=2026-11-20", key)
    lifts = next(one for one in today["kinds"] if one["kind"] == "elevators")
    assert lifts["text"] == "电梯" and lifts["department"]["name"] == "钦州市市场监督管理局"
    assert today["documents"][0]["source"] == "钦州市加快推进重要产品追溯体系建设的实施方案"
    before = get(client, "/catalogue?region=450702&day=2018-12-20", key)
    lifts = next(one for one in before["kinds"] if one["kind"] == "elevators")
    assert lifts["department"]["name"] == "钦州市质量技术监督局"
    # Without a region: the caller's own, for which nothing was taken over.
    assert get(client, "/catalogue", key)["kinds"] == []
    held = get(client, "/catalogue/departments?region=4507", key)
    assert {one["successor"] for one in held if one["function"] == "quality_supervision"} == {"钦州市市场监督管理局"}
