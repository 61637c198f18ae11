"""Registers, lists and certificates that somebody wrote carelessly, or to do harm."""

import io
from datetime import date, timedelta
from typing import Any

import pytest
from xlsxwriter import Workbook

from support import AT
from zhuisu.accounts.models import AuditEntry, Organisation
from zhuisu.registry.catalogue import queries as catalogue
from zhuisu.registry.catalogue import services as catalogues
from zhuisu.registry.catalogue.files import LISTS
from zhuisu.registry.issuing.errors import IssueError
from zhuisu.registry.models import CatalogueList, Department, Register
from zhuisu.registry.official import files, numbers, queries, services
from zhuisu.registry.official.services import About
from zhuisu.registry.promises import queries as promises
from zhuisu.registry.promises.queries import Asked

ABOUT = About("主管部门公开数据", date(2026, 11, 1), "兽药产品批准文号")
DAY = date(2026, 11, 20)
TRIAL = """name = "trial"
region = "35"
title = { zh = "试行目录", en = "Trial list" }
source = { zh = "某文件", en = "Some document" }
evidence = "source"
valid_from = 2020-01-01
[[departments]]
function = "agriculture"
name = { zh = "某农业局", en = "Some agriculture bureau" }
valid_from = 2020-01-01
"""


@pytest.fixture
def operator(db: None) -> Organisation:
    return Organisation.objects.create(kind="operator", name="平台", party="uri:urn:zhuisu:platform")


def load(operator: Organisation, content: str | bytes, about: About = ABOUT, **options: Any) -> services.Loaded:
    content = content if isinstance(content, bytes) else content.encode()
    return services.load("vet", content, about, operator=operator, by="system:test", at=AT, **options)


def take(operator: Organisation, text: str) -> CatalogueList:
    return catalogues.take_over(text.encode(), operator=operator, by="system:test", at=AT)


def excel(*rows: list[Any]) -> bytes:
    held = io.BytesIO()
    book = Workbook(held, {"in_memory": True})
    sheet = book.add_worksheet()
    for place, row in enumerate(rows):
        sheet.write_row(place, 0, row)
    book.close()
    return held.getvalue()


@pytest.mark.parametrize(
    "text", ["202411", "2024111", "2024-111", "202411-1", "45000", "24-1-1", "2024-13-01", "2024-02-30"]
)
def test_a_day_that_could_be_two_days_is_none(text: str) -> None:
    found = files.read(f"number,valid_to\nA1,{text}\n".encode())
    assert [one.rule for one in found.faults] == ["date"] and not found.lines


@pytest.mark.parametrize(
    "text",
    ["2024-11-01", "2024/11/1", "2024年11月1日", "2024.11.01", "20241101", "2024-11-01 00:00:00", "２０２４-11-01"],
)
def test_a_day_is_read_however_it_is_written(text: str) -> None:
    found = files.read(f"number,valid_to\nA1,{text}\n".encode())
    assert [one.valid_to_on for one in found.lines] == [date(2024, 11, 1)], found.faults


def test_a_long_code_that_excel_kept_as_a_number_has_lost_digits_and_is_refused() -> None:
    found = files.read(excel(["批准文号", "追溯码"], [202402290004270277613509.0, "x"], ["A2", 81234567890123456789.0]))
    assert [(one.line, one.column, one.rule) for one in found.faults] == [
        (2, "批准文号", "digits"),
        (3, "追溯码", "digits"),
    ]
    assert files.read(excel(["批准文号"], [10012001.0])).lines[0].number == "10012001"


@pytest.mark.parametrize(
    "mark", ["\ufeff", "\u200e", "\u200f", "\u202a", "\u202c", "\u00ad", "\u200d", "\u2060", "\u3000"]
)
def test_marks_that_nobody_sees_do_not_make_another_number(mark: str) -> None:
    assert numbers.key_of(f"{mark}兽药字{mark}010012001{mark}") == "兽药字010012001"


def test_of_many_approvals_of_one_maker_one_that_is_valid_is_enough(operator: Organisation) -> None:
    lines = [f"A{place:03d},2020-01-01,00042" for place in range(60)] + ["Z999,2099-01-01,00042"]
    load(operator, "批准文号,有效期至,企业代码\n" + "\n".join(lines))
    found = queries.look("vet", "202402290004270277613509", DAY)
    assert (found.state, found.how) == ("listed", "part")
    assert found.entries[0].number == "Z999" and len(found.entries) == queries.MAX_FOUND
    load(operator, "批准文号,有效期至,注销日期,企业代码\nA1,2020-01-01,,00042\nA0,,2020-01-01,00042\n")
    assert queries.look("vet", "202402290004270277613509", DAY).state == "expired"


def test_the_same_file_of_a_later_day_moves_the_day(operator: Organisation) -> None:
    text = "批准文号\nA1\n"
    load(operator, text)
    later = About("主管部门公开数据 2", date(2026, 11, 10))
    assert load(operator, text, later).again
    held = Register.objects.get()
    assert (held.as_of_on, held.source, held.title) == (later.as_of_on, later.source, ABOUT.title)
    assert AuditEntry.objects.filter(verb="register.load").count() == 2
    assert load(operator, text, later).again and AuditEntry.objects.filter(verb="register.load").count() == 2


def test_a_register_stands_for_no_day_to_come(operator: Organisation) -> None:
    with pytest.raises(IssueError) as wrong:
        load(operator, "批准文号\nA1\n", About("x", AT.date() + timedelta(days=2), "x"))
    assert wrong.value.rule == "as_of"


@pytest.mark.parametrize(
    ("old", "new", "rule"),
    [
        ('region = "35"', 'region = "350000"', "region"),
        ('name = "trial"', 'name = ""', "length"),
        ('name = "trial"', f'name = "{"x" * 61}"', "length"),
        ("试行目录", "试" * 121, "length"),
        ("Some document", "x" * 301, "length"),
        ("某农业局", "某" * 81, "length"),
        ("某农业局", "某\\u0000", "length"),
        ('function = "agriculture"', f'function = "{"x" * 41}"', "length"),
        ('function = "agriculture"', 'function = ""', "length"),
    ],
)
def test_a_list_that_would_not_hold_is_refused_and_changes_nothing(
    operator: Organisation, old: str, new: str, rule: str
) -> None:
    assert old in TRIAL
    with pytest.raises(IssueError) as wrong:
        take(operator, TRIAL.replace(old, new))
    assert wrong.value.rule == rule and wrong.value.message_zh
    assert not CatalogueList.objects.exists()


def test_a_list_takes_no_department_from_another_list(operator: Organisation) -> None:
    take(operator, TRIAL)
    with pytest.raises(IssueError) as wrong:
        take(operator, TRIAL.replace('"trial"', '"other"'))
    assert wrong.value.rule == "department" and "trial" in wrong.value.message
    assert [one.catalogue.name for one in Department.objects.all()] == ["trial"]
    take(operator, TRIAL)


def test_a_region_is_the_same_with_and_without_its_noughts(operator: Organisation) -> None:
    for file in sorted(LISTS.glob("*.toml")):
        catalogues.take_over(file.read_bytes(), operator=operator, by="system:test", at=AT)
    assert catalogue.departments("4507") == catalogue.departments("450700") != []


def test_certificates_are_listed_to_the_last_day_of_the_calendar(dairy: Organisation) -> None:
    assert not promises.promises(dairy, Asked(since=date.min, until=date.max)).exists()
    assert promises.by_number("\ud800") is None
