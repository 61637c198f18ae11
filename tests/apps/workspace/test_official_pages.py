"""The desk's pages of official registers and the catalogue: genuine, withdrawn, unknown; what must be traced here."""

import re
from datetime import date
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from support import AT
from zhuisu.accounts.models import Organisation, Person
from zhuisu.registry.catalogue.files import LISTS
from zhuisu.registry.catalogue.services import take_over
from zhuisu.registry.official.services import About, load

LINES = """批准文号,通用名称,生产企业,批准日期,有效期至,注销日期,企业代码,规格
兽药字010012001,盐酸多西环素可溶性粉,北山兽药厂,2024-01-01,2099-02-28,,00042,<b>100g</b>
兽药字010012002,氟苯尼考粉,北山兽药厂,2015-01-01,2020-01-01,,00042,
兽药字010012003,=cmd|x,北山兽药厂,2015-01-01,,2020-01-01,00042,
兽药字010012004,阿莫西林可溶性粉,北山兽药厂,2098-01-01,,,00042,
"""


@pytest.fixture
def operator(db: None) -> Organisation:
    return Organisation.objects.create(kind="operator", name="平台", party="uri:urn:zhuisu:platform")


@pytest.fixture
def vets(operator: Organisation) -> None:
    about = About("主管部门公开数据", date(2026, 11, 1), "兽药产品批准文号", "Veterinary drug approvals")
    load("veterinary_drug_approvals", LINES.encode(), about, operator=operator, by="system", at=AT)


@pytest.fixture
def lists(operator: Organisation) -> None:
    for file in sorted(LISTS.glob("*.toml")):
        take_over(file.read_bytes(), operator=operator, by="system:test", at=AT)


@pytest.fixture
def reader(dairy: Organisation) -> Client:
    client = Client()
    client.force_login(Person.objects.create(organisation=dairy, role="reader", username="reader"))
    return client


def page(client: Client, where: str, status: int = 200, **asked: Any) -> str:
    answer = client.get(where, asked)
    assert answer.status_code == status
    return answer.content.decode()


@pytest.mark.parametrize(
    ("text", "tone", "said"),
    [
        ("兽药字010012001", "yes", "登记在册，现行有效"),
        (" 兽药字 ０１００１２００１ ", "yes", "登记在册，现行有效"),
        ("兽药字010012002", "warn", "已过有效期"),
        ("兽药字010012003", "no", "已注销或撤销"),
        ("兽药字010012004", "warn", "尚未生效"),
        ("兽药字010012009", "warn", "可能属于还没有导入的登记库"),
        ("202402290004270277613509", "warn", "这一件仍须核对"),
        ("<script>alert(1)</script>", "warn", "登记库中没有"),
        ("9" * 2048, "warn", "登记库中没有"),
        ("\u202e\x00", "", ""),
    ],
)
def test_a_number_is_genuine_withdrawn_or_unknown(reader: Client, vets: None, text: str, tone: str, said: str) -> None:
    shown = page(reader, "/desk/registers", q=text)
    assert (f"big-answer {tone}" in shown if tone else "big-answer" not in shown) and said in shown
    assert "<script>alert" not in shown and "<b>100g" not in shown


def test_a_number_is_called_unknown_only_by_the_register_that_was_asked(reader: Client, vets: None) -> None:
    shown = page(reader, "/desk/registers", q="兽药字010012009", register="veterinary_drug_approvals")
    assert "big-answer no" in shown and "不要购进或使用" in shown


def test_what_is_too_long_says_so_and_asks_nothing(reader: Client, vets: None) -> None:
    assert "太长" in page(reader, "/desk/registers", 422, q="9" * 2049)


def test_a_register_that_nobody_loaded_is_named_and_makes_no_answer(reader: Client, vets: None) -> None:
    assert "未导入" in page(reader, "/desk/registers")
    assert "big-answer" not in page(reader, "/desk/registers", q="兽药字010012001", register="atlantis")


def test_without_any_register_nothing_is_called_false(reader: Client, db: None) -> None:
    shown = page(reader, "/desk/registers", q="兽药字010012001")
    assert "还没有导入任何登记库" in shown and "big-answer" not in shown


def test_the_catalogue_of_a_place_on_a_day(reader: Client, lists: None) -> None:
    shown = page(reader, "/desk/catalogue", region="450702", day="2018-12-20")
    assert (
        "电梯" in shown
        and "钦州市质量技术监督局" in shown
        and "450702" not in shown.split("<h2", 2)[1].split("</h2>")[0]
    )
    later = page(reader, "/desk/catalogue", region="4507", day="2026-11-20")
    assert "钦州市市场监督管理局" in later and "职责由 钦州市市场监督管理局 承接" in later
    assert "没有必须追溯的产品" in page(reader, "/desk/catalogue", region="4507", day="2018-11-01")


@pytest.mark.parametrize(
    "asked", [{"region": "钦州"}, {"region": "４５０７"}, {"region": "450"}, {"day": "tomorrow"}, {"day": "2026-02-30"}]
)
def test_a_wrong_question_is_said(reader: Client, lists: None, asked: dict[str, str]) -> None:
    assert 'role="alert"' in page(reader, "/desk/catalogue", 422, **asked)


def test_any_region_and_day_has_an_answer(reader: Client, lists: None) -> None:
    for region in ("", "00", "99", "000000", "450000", "530102"):
        for day in ("0001-01-01", "2000-01-01", "9999-12-31", ""):
            page(reader, "/desk/catalogue", region=region, day=day)


def test_the_english_pages_are_english(reader: Client, vets: None, lists: None) -> None:
    for where, asked in (
        ("/desk/registers", {"q": "兽药字010012009"}),
        ("/desk/catalogue", {"region": "4507", "day": "2026-11-20"}),
        ("/desk/catalogue", {"region": "x"}),
    ):
        shown = reader.get(where, asked | {"lang": "en"}).content.decode()
        main = re.sub(r'<span lang="zh-Hans">.*?</span>', "", shown[shown.index("<main") : shown.index("</main>")])
        left = "".join(each for each in main if "\u4e00" <= each <= "\u9fff")
        for own in ("兽药字", "厦门鹭岛乳业有限公司", "主管部门公开数据"):
            left = left.replace(own, "")
        articles = set("附件第项") if "catalogue" in where else set()  # as the document numbers its lines
        assert set(left) <= articles, left[:200]


def test_nobody_looks_without_signing_in_and_nothing_is_sent(client: Client, reader: Client, vets: None) -> None:
    for where in ("/desk/registers", "/desk/catalogue"):
        assert client.get(where).status_code == 302 and reader.post(where).status_code == 405


def test_a_page_costs_few_statements(reader: Client, vets: None, lists: None) -> None:
    for where, asked, most in (
        ("/desk/registers", {"q": "兽药字010012001"}, 12),
        ("/desk/catalogue", {"region": "530102", "day": "2026-11-20"}, 14),
    ):
        with CaptureQueriesContext(connection) as asking:
            page(reader, where, **asked)
        assert len(asking) <= most, len(asking)
