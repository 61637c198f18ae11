"""What people type and cells hold, as values."""

from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from toys import LOT, OTHER_LOT, THING, toys
from zhuisu.profiles import entry
from zhuisu.profiles.entry import Column, EntryError, from_text
from zhuisu.profiles.sheets import shown

COLUMNS: dict[str, Column] = {
    column.name: column for step in ("make", "sell") for column in entry.columns(toys(), step)
}

# As Excel has them: without a zone.
MIDNIGHT, HALF_PAST_EIGHT = (datetime.combine(date(2026, 5, 1), at) for at in (time(), time(8, 30)))

SAID: list[tuple[str, Any, Any]] = [
    ("madeOn", "2026-05-01", "2026-05-01"),
    ("madeOn", "2026-5-1", "2026-05-01"),
    ("madeOn", "2026/05/01", "2026-05-01"),
    ("madeOn", "2026.5.1", "2026-05-01"),
    ("madeOn", "2026年5月1日", "2026-05-01"),
    ("madeOn", "２０２６年５月１日", "2026-05-01"),
    ("madeOn", "20260501", "2026-05-01"),
    ("madeOn", "2026-05-01 00:00:00", "2026-05-01"),
    ("madeOn", date(2026, 5, 1), "2026-05-01"),
    ("madeOn", MIDNIGHT, "2026-05-01"),
    ("testedAt", "2026-5-1 8:30", "2026-05-01T08:30:00+08:00"),
    ("testedAt", "2026年5月1日8时30分", "2026-05-01T08:30:00+08:00"),
    ("testedAt", "2026-05-01T08:30", "2026-05-01T08:30:00+08:00"),
    ("testedAt", "2026-05-01T08:30:15.5Z", "2026-05-01T08:30:15.5Z"),
    ("testedAt", "2026/5/1", "2026-05-01T00:00:00+08:00"),
    ("testedAt", HALF_PAST_EIGHT, "2026-05-01T08:30:00+08:00"),
    ("lead", "12.5", Decimal("12.5")),
    ("lead", "１２．５", Decimal("12.5")),
    ("lead", "1,234.5", Decimal("1234.5")),
    ("lead", 2.5, Decimal("2.5")),
    ("lead", 5.0, 5),
    ("weight", "12.5 kg", Decimal("12.5")),
    ("weight", "12.5公斤", Decimal("12.5")),
    ("weight", "3斤", Decimal("1.5")),
    ("weight", "500 克", Decimal("0.5")),
    ("weight", "0.2吨", 200),
    ("parts", "12", 12),
    ("parts", "12 个", 12),
    ("parts", 12.0, 12),
    ("wrapped", "是", True),
    ("wrapped", "否", False),
    ("wrapped", " YES ", True),
    ("wrapped", False, False),
    ("paint", "红", "red"),
    ("paint", "Red One", "red"),
    ("paint", "red", "red"),
    ("kind", "娃娃", "doll"),
    ("ticket", 17.0, "17"),
    ("ticket", "=1+1", "=1+1"),
    ("things", "09520000073206/L1\n09520000073206/L2", [LOT, OTHER_LOT]),
    ("things", "(01)09520000073206(21)S1、(01)09520000073206(10)L1", [THING, LOT]),
    ("things", f"{THING}，{LOT}", [THING, LOT]),
    ("things", "156110105000001 156110105000002", [
        "urn:zhuisu:cn.livestock_tag15:156110105000001",
        "urn:zhuisu:cn.livestock_tag15:156110105000002",
    ]),
    ("quantity", "60\n20", [60, 20]),
    ("quantity", "1,234 5.5", [1234, Decimal("5.5")]),
    ("quantity", "60，20", [60, 20]),
    ("unit", "公斤", ["KGM"]),
    ("unit", "千克、克", ["KGM", "GRM"]),
    ("unit", "头", ["count"]),
    ("paper_testres", "HG 2026-1\nHG 2026-2", ["HG 2026-1", "HG 2026-2"]),
    ("photo", f"https://a.example/x.pdf  {'AB' * 32}", {"href": "https://a.example/x.pdf", "sha256": "ab" * 32}),
    ("maker", "urn:zhuisu:person:p-1", "urn:zhuisu:person:p-1"),
    ("ticket", "   ", None),
    ("things", "", None),
    ("lead", None, None),
]  # fmt: skip


@pytest.mark.parametrize(("column", "text", "value"), SAID)
def test_a_text_says_a_value(column: str, text: Any, value: Any) -> None:
    assert from_text(COLUMNS[column], text) == value


UNSAID = [
    ("madeOn", "2026-13-01", "type"),
    ("madeOn", "morgen", "type"),
    ("testedAt", "2026-05-01 25:00", "type"),
    ("lead", "viel", "type"),
    ("lead", True, "type"),
    ("weight", "3 升", "unit"),
    ("weight", "3 fathoms", "unit"),
    ("quantity", "60 stone", "unit"),
    ("wrapped", "vielleicht", "type"),
    ("paint", "绿", "choice"),
    ("unit", "斤", "choice"),
    ("things", "nonsense", "scheme"),
    ("things", "09520000073207", "scheme"),
    ("photo", "https://a.example/x.pdf", "type"),
    ("ticket", "x" * 40_000, "length"),
]


@pytest.mark.parametrize(("column", "text", "rule"), UNSAID)
def test_what_says_no_value_is_said_in_both_languages(column: str, text: Any, rule: str) -> None:
    with pytest.raises(EntryError) as found:
        from_text(COLUMNS[column], text)
    assert found.value.rule == rule
    assert found.value.message != found.value.message_zh


@pytest.mark.parametrize(
    ("quantity", "unit", "said"),
    [
        ("60公斤", "", ([60], ["KGM"])),
        ("25斤", None, ([Decimal("12.5")], ["KGM"])),
        ("60公斤 5 克", "", ([60, 5], ["KGM", "GRM"])),
        ("12头", "", ([12], ["count"])),
        ("12", "千克", ([12], ["KGM"])),
    ],
)
def test_a_unit_behind_a_quantity_goes_to_its_column(quantity: str, unit: Any, said: tuple[Any, Any]) -> None:
    record, unread = entry.read(toys(), "sell", {"quantity": quantity, "unit": unit})
    assert (record["quantity"], record["unit"]) == said
    assert not unread


def test_two_units_for_one_quantity_are_not_guessed_at() -> None:
    _, unread = entry.read(toys(), "sell", {"quantity": "60公斤", "unit": "克"})
    assert [(each.column, each.rule) for each in unread] == [("quantity", "entry.unit")]


def test_what_cannot_be_read_stays_and_is_at_fault_for_check_too() -> None:
    record, unread = entry.read(
        toys(), "sell", {"eventTime": "2026-5-1", "ticket": "17", "things": "zzz", "no such": "x"}
    )
    assert {each.column for each in unread} == {"things", "no such"}
    found = {each.column for each in entry.check(toys(), "sell", record, date(2026, 6, 1))}
    assert found == {"things", "buyer"}


@given(text=st.text(max_size=60), name=st.sampled_from(sorted(COLUMNS)))
def test_any_text_is_a_value_or_an_entry_error(text: str, name: str) -> None:
    try:
        value = from_text(COLUMNS[name], text)
    except EntryError as wrong:
        assert wrong.rule in {"type", "unit", "choice", "scheme", "length"}
        return
    if value is not None and COLUMNS[name].type != "text":
        assert from_text(COLUMNS[name], shown(COLUMNS[name], value)) == value
