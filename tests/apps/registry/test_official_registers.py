"""Registers of approvals: taken over whole or not at all, asked by number, by code and by part of a code."""

import csv
import io
import random
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st
from xlsxwriter import Workbook

from support import AT
from zhuisu.accounts.models import AuditEntry, Organisation
from zhuisu.registry.issuing.errors import IssueError
from zhuisu.registry.official import files, numbers, queries, services
from zhuisu.registry.official.services import About, Loaded

HEADING = "批准文号,通用名称,生产企业,批准日期,有效期至,注销日期,企业代码,规格"
TWO = f"""{HEADING}
兽药字 010012001,盐酸多西环素可溶性粉,北山兽药厂,2024-03-01,2029-02-28,,00042,100g：10g
兽药字010012002,氟苯尼考粉,北山兽药厂,2019/3/1,2024年2月29日,,00042,
"""
ABOUT = About("主管部门公开数据", date(2026, 11, 1), "兽药产品批准文号", "Veterinary drug approvals")
DAY = date(2026, 11, 20)


@pytest.fixture
def operator(db: None) -> Organisation:
    return Organisation.objects.create(kind="operator", name="平台", party="uri:urn:zhuisu:platform")


def load(
    operator: Organisation, content: str | bytes = TWO, about: About = ABOUT, at: datetime = AT, **options: Any
) -> Loaded:
    content = content if isinstance(content, bytes) else content.encode()
    return services.load("vet", content, about, operator=operator, by="system:test", at=at, **options)


def test_a_number_is_known_in_any_spelling_and_an_unknown_one_is_not(operator: Organisation) -> None:
    assert load(operator) == Loaded(2, 0)
    asked = ["兽药字010012001", "兽药字 ０１００１２００１ ", "兽药字010012009", ""]
    with CaptureQueriesContext(
        connection,
    ) as asking:
        found = queries.known("vet", asked)
    assert len(asking) == 1
    assert {number: entry.name for number, entry in found.items()} == dict.fromkeys(asked[:2], "盐酸多西环素可溶性粉")
    entry = found[asked[0]]
    assert (entry.holder, entry.details, entry.valid_to_on) == ("北山兽药厂", {"规格": "100g：10g"}, date(2029, 2, 28))
    assert queries.loaded("vet") and not queries.loaded("other")


def test_a_scanned_code_leads_to_its_maker_and_says_no_more_than_that(operator: Organisation) -> None:
    load(operator)
    found = queries.look("vet", "202402290004270277613509", DAY)
    assert (found.how, found.state, len(found.entries)) == ("part", "listed", 2)
    assert queries.look("vet", "202402290004370277613509", DAY) == queries.Answer("unknown", "", ())
    assert queries.look("vet", "兽药字010012001", DAY).how == "number"
    assert queries.look("vet", "\x00", DAY).state == "unknown"


def test_the_unit_code_of_a_pesticide_leads_to_its_registration(operator: Organisation) -> None:
    load(operator, "登记证号,农药名称,登记证持有人,有效期至\nPD20092927,吡虫啉,南江农药厂,2029-01-01\n")
    found = queries.look("vet", "1" + "092927" + "2" + "0" * 24, DAY)
    assert (found.how, [entry.number for entry in found.entries]) == ("part", ["PD20092927"])


def test_an_approval_stands_as_its_days_say(operator: Organisation) -> None:
    load(
        operator,
        "number,valid_from,valid_to,withdrawn\nA1,2026-11-20,2026-11-20,\nA2,2026-11-21,,\nA3,,2026-11-19,\nA4,,,2026-11-20\nA5,,,2026-11-21\n",
    )
    states = {number: queries.look("vet", number, DAY).state for number in ("A1", "A2", "A3", "A4", "A5")}
    assert states == {"A1": "listed", "A2": "not_yet", "A3": "expired", "A4": "withdrawn", "A5": "listed"}
    assert set(queries.known("vet", states, DAY)) == {"A1", "A2", "A3", "A5"}


def test_a_new_file_takes_the_place_of_the_old_one_and_is_written_down(operator: Organisation) -> None:
    load(operator)
    later = About("主管部门公开数据", date(2026, 11, 15))
    assert load(operator, f"{HEADING}\n兽药字010012003,甲,乙,,,,,\n", later) == Loaded(1, 2)
    assert not queries.known("vet", ["兽药字010012001"])
    assert load(operator, f"{HEADING}\n兽药字010012003,甲,乙,,,,,\n", later).again
    held = queries.register("vet")
    assert held is not None
    assert (held.title, held.entries, held.as_of_on) == ("兽药产品批准文号", 1, date(2026, 11, 15))
    assert AuditEntry.objects.filter(verb="register.load", target="register:vet").count() == 2


def test_one_wrong_line_leaves_everything_as_it_was(operator: Organisation) -> None:
    load(operator)
    bad = f"{HEADING}\n兽药字1,甲,乙,,,,,\n,甲,乙,,,,,\n兽药字 1,甲,乙,,,,,\n兽药字2,甲,乙,2026-13-01,,,,\n兽药字3,甲,乙,2026-01-02,2026-01-01,,,\n"
    outcome = load(operator, bad)
    assert [(fault.line, fault.column, fault.rule) for fault in outcome.faults] == [
        (3, "批准文号", "number"),
        (4, "批准文号", "twice"),
        (5, "批准日期", "date"),
        (6, "有效期至", "dates"),
    ]
    assert outcome.faulty == 4 and len(queries.known("vet", ["兽药字010012001", "兽药字1"])) == 1


def test_a_dry_run_stores_nothing(operator: Organisation) -> None:
    assert load(operator, dry_run=True) == Loaded(2, 0)
    assert not queries.loaded("vet")


@pytest.mark.parametrize(
    ("content", "rule"),
    [
        (b"\xff\xfe\x00", "file"),
        (b"PK\x03\x04nothing", "file"),
        ("名称,厂家\n甲,乙\n", "columns"),
        (HEADING, "empty"),
        ("", "columns"),
        ('number\n"a\nb', None),
    ],
)
def test_what_is_no_register_is_refused(operator: Organisation, content: str | bytes, rule: str | None) -> None:
    if rule is None:
        load(operator, content)
        return
    with pytest.raises(IssueError) as refused:
        load(operator, content)
    assert refused.value.rule == rule and not queries.loaded("vet")


def test_who_may_load_and_what_must_be_said(operator: Organisation, dairy: Organisation) -> None:
    with pytest.raises(IssueError, match="only the operator"):
        load(dairy)
    for about, rule in ((About(" ", DAY, "甲"), "source"), (About("部门", DAY), "title")):
        with pytest.raises(IssueError) as refused:
            load(operator, about=about)
        assert refused.value.rule == rule
    load(operator)
    with pytest.raises(IssueError) as refused:
        load(operator, "number\nA\n", About("部门", date(2020, 1, 1)))
    assert refused.value.rule == "older"
    with pytest.raises(IssueError, match="lower case"):
        services.load("Vet 1", TWO.encode(), ABOUT, operator=operator, by="x", at=AT)


def test_excel_and_gbk_say_the_same_as_csv() -> None:
    plain = files.read(TWO.encode())
    assert files.read(TWO.encode("gb18030")) == plain
    held = io.BytesIO()
    with Workbook(held, {"default_date_format": "yyyy-mm-dd"}) as book:
        sheet = book.add_worksheet()
        for place, row in enumerate(csv.reader(io.StringIO(TWO))):
            sheet.write_row(place, 0, row)
        sheet.write_datetime(1, 3, date(2024, 3, 1))
    assert files.read(held.getvalue()) == plain


def test_numbers_that_excel_holds_as_numbers_stay_codes() -> None:
    held = io.BytesIO()
    with Workbook(held) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["文号", "代码"])
        sheet.write_row(1, 0, [20240001, 6901234567892])
    (line,) = files.read(held.getvalue()).lines
    assert (line.number, line.codes) == ("20240001", ["6901234567892"])


@given(st.text(alphabet="国药准字PDabz019 -－　（）()", max_size=20))
def test_spelling_is_settled_once(text: str) -> None:
    key = numbers.key_of(text)
    assert numbers.key_of(key) == key and " " not in key and key == key.upper()


@pytest.mark.slow
def test_a_hundred_thousand_approvals_load(operator: Organisation) -> None:
    chance = random.Random(4)
    rows = "\n".join(
        f"国药准字H{n:08d},药品{n},企业{chance.randrange(900)},2020-01-01,2030-01-01,,,规格" for n in range(100_000)
    )
    assert load(operator, f"{HEADING}\n{rows}\n").count == 100_000
    assert len(queries.known("vet", [f"国药准字H{n:08d}" for n in range(0, 100_000, 1000)])) == 100
    assert (
        load(
            operator, f"{HEADING}\n{rows}\n兽药字1,,,,,,,\n", about=About("部门", ABOUT.as_of_on + timedelta(days=1))
        ).before
        == 100_000
    )
