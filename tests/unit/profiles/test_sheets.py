"""Excel sheets: what goes out comes back, faults are marked where they are, and nothing in a cell is trusted."""

import io
import re
import zipfile
from datetime import date
from decimal import Decimal
from random import Random
from typing import Any

import pytest
import xlsxwriter
from python_calamine import CalamineWorkbook

from records import STEPS, TODAY, profile_of, right
from toys import BUYER, LOT, OTHER_LOT, THING, making, toys
from zhuisu.profiles import cells, entry, sheets

ON = date(2026, 6, 1)


def book(*sheets_: tuple[str, list[list[Any]]]) -> bytes:
    """A file as another program would write it."""
    out = io.BytesIO()
    made = xlsxwriter.Workbook(out, {"strings_to_formulas": False})
    for name, rows in sheets_:
        sheet = made.add_worksheet(name)
        for row, held in enumerate(rows):
            for place, value in enumerate(held):
                sheet.write(row, place, value)
    made.close()
    return out.getvalue()


def part(data: bytes, name: str) -> str:
    return zipfile.ZipFile(io.BytesIO(data)).read(name).decode()


def cell_names(found: sheets.Sheet) -> set[tuple[str, str]]:
    return {(each.cell, each.column) for each in found.faults}


def test_what_goes_out_comes_back() -> None:
    records = [
        making(),
        making(
            outputs=[THING, OTHER_LOT],
            outputQuantity=[Decimal("0.000001")],
            eventTime="2026-05-01T08:30:00.25Z",
            weight=Decimal("123456789012345.6789"),
            testedAt="2026-05-01T08:30:15+08:00",
            wrapped=True,
            wrapper="a, b",
            parts=7,
            photo={"href": "https://a.example/x.pdf", "sha256": "0" * 64},
        ),
    ]
    for lang in ("zh", "en"):
        found = sheets.read(toys(), "make", sheets.write(toys(), "make", records, lang), ON)
        assert found.faults == ()
        assert list(found.records) == records
        assert found.places == (("填报" if lang == "zh" else "Records", 2), (found.places[0][0], 3))


def test_right_records_of_every_sector_come_back() -> None:
    random = Random(4)
    for name, step in random.sample(STEPS, 6):
        records = [right(name, step, random) for _ in range(3)]
        found = sheets.read(profile_of(name), step, sheets.write(profile_of(name), step, records), TODAY)
        assert found.faults == ()
        assert list(found.records) == records


def test_the_sheet_to_fill_in_explains_itself() -> None:
    data = sheets.write(toys(), "make")
    held = dict(cells.book_of(data))
    assert list(held) == ["填报", "填写说明"]
    assert held["填报"][0][0] == "时间*"
    assert held["填报"][1][:2] == ["eventTime", "inputs"]
    told = {row[1]: row for row in held["填写说明"] if len(row) > 7}
    assert told["paint"][2:6] == ["是", "代码型", "", "红; 无"]
    assert told["lead"][2] == "否；取决于油漆"
    assert told["madeOn"][7] == "玩具法 第一条"
    sheet = part(data, "xl/worksheets/sheet1.xml")
    assert 'state="frozen"' in sheet
    assert re.search(r'<dataValidation type="list"[^>]*sqref="[A-Z]+3:[A-Z]+10002"', sheet)


def test_columns_are_found_by_key_or_name_in_any_order_and_empty_rows_are_passed_over() -> None:
    rows: list[list[Any]] = [
        ["Monthly list"],
        [],
        ["Ticket", "things", "时间 *", "Buyer (code)"],
        [],
        ["17", f"{THING}", "2026/5/2 8:30", BUYER],
        ["", "  ", None, ""],
        [18, f"{LOT}\n{OTHER_LOT}", "2026年5月2日", BUYER],
    ]
    found = sheets.read(toys(), "give", book(("notes", [["hello"]]), ("一", rows)), ON)
    assert [each.column for each in found.faults] == [""]
    assert found.faults[0].cell == "A3"
    found = sheets.read(toys(), "sell", book(("一", rows)), ON)
    assert [each["ticket"] for each in found.records] == ["17", "18"]
    assert found.records[0]["eventTime"] == "2026-05-02T08:30:00+08:00"
    assert cell_names(found) == {("A7", "quantity")}
    assert found.places == (("一", 4), ("一", 6))


def test_several_sheets_are_read_one_after_the_other() -> None:
    rows = [["时间", "追溯对象编码", "小票号", "buyer"], ["2026-05-02", THING, "1", BUYER]]
    found = sheets.read(toys(), "sell", book(("a", rows), ("b", rows)), ON)
    assert [place for place, _ in found.places] == ["a", "b"]


def test_each_fault_stands_at_its_cell() -> None:
    rows = [
        ["eventTime", "things", "ticket", "buyer", "surprise", "ticket"],
        ["2026-05-02", "nonsense", "x", BUYER, "?", ""],
        ["morgen", THING, "12", "", "", ""],
    ]
    found = sheets.read(toys(), "sell", book(("一", rows)), ON)
    assert cell_names(found) == {
        ("E1", ""),
        ("F1", ""),
        ("B2", "things"),
        ("C2", "ticket"),
        ("A3", "eventTime"),
        ("D3", "buyer"),
    }
    assert all(each.says.zh and each.says.en for each in found.faults)


ACTIVE = ["=cmd|' /C calc'!A0", "+1+1", "-1", "@SUM(A1)", '=HYPERLINK("http://x")', "http://example.org", "\t=1"]


def test_what_looks_like_a_formula_stays_text_out_and_in() -> None:
    records = [making(paint="red", lead=1, wrapper=text) for text in ACTIVE]
    data = sheets.write(toys(), "make", records)
    for held in (data, sheets.marked(toys(), "make", data, ())):
        for name in zipfile.ZipFile(io.BytesIO(held)).namelist():
            if name.startswith("xl/worksheets"):
                assert not re.search(r"<f[ >]|<hyperlink", part(held, name))
        assert 'quotePrefix="1"' in part(held, "xl/styles.xml")
    found = sheets.read(toys(), "make", data, ON)
    assert [each["wrapper"] for each in found.records] == [text.strip() for text in ACTIVE]


def test_a_formula_counts_by_its_last_value() -> None:
    out = io.BytesIO()
    made = xlsxwriter.Workbook(out)
    sheet = made.add_worksheet()
    sheet.write_row(0, 0, ["eventTime", "things", "ticket", "buyer"])
    sheet.write_row(1, 0, ["2026-05-02", THING])
    sheet.write_formula(1, 2, "=10+7", value=17)
    sheet.write_string(1, 3, BUYER)
    made.close()
    found = sheets.read(toys(), "sell", out.getvalue(), ON)
    assert (found.records[0]["ticket"], found.faults) == ("17", ())


def test_exactly_the_bad_cells_of_ten_thousand_rows_are_marked() -> None:
    bad = set(Random(7).sample(range(cells.MAX_ROWS), 50))
    rows: list[list[Any]] = [["eventTime", "things", "ticket", "buyer"]]
    rows += [["2026-05-02", THING, "x" if row in bad else "1", BUYER] for row in range(cells.MAX_ROWS)]
    data = book(("一", rows))
    found = sheets.read(toys(), "sell", data, ON)
    assert len(found.records) == cells.MAX_ROWS
    assert {each.cell for each in found.faults} == {f"C{row + 2}" for row in bad}
    returned = sheets.marked(toys(), "sell", data, found.faults)
    assert marked_cells(returned, "一") == {f"C{row + 2}" for row in bad}
    listed, given = (
        CalamineWorkbook.from_filelike(io.BytesIO(returned)),
        CalamineWorkbook.from_filelike(io.BytesIO(data)),
    )
    assert {row[1] for row in listed.get_sheet_by_name("错误清单").to_python()[1:]} == {f"C{row + 2}" for row in bad}
    assert listed.get_sheet_by_name("一").to_python() == given.get_sheet_by_name("一").to_python()


def marked_cells(data: bytes, _name: str) -> set[str]:
    """The cells of the sender's sheet (the second) that are coloured, which must be those that have a note."""
    noted = set(re.findall(r'<comment ref="([A-Z]+\d+)"', part(data, "xl/comments1.xml")))
    styles = part(data, "xl/styles.xml")
    fills = styles[styles.index("<fills") : styles.index("</fills>")].split("<fill>")[1:]
    red = next(place for place, fill in enumerate(fills) if "F9D6D5" in fill)
    xfs = styles[styles.index("<cellXfs") : styles.index("</cellXfs>")].split("<xf ")[1:]
    coloured = {str(place) for place, xf in enumerate(xfs) if f'fillId="{red}"' in xf}
    sheet = part(data, "xl/worksheets/sheet2.xml")
    found = {cell for cell, style in re.findall(r'<c r="([A-Z]+\d+)" s="(\d+)"', sheet) if style in coloured}
    assert found == noted
    return noted


def zipped(parts: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        for name, data in parts.items():
            made.writestr(name, data)
    return out.getvalue()


def changed(old: bytes, new: bytes, moved: str = "xl/worksheets/sheet1.xml") -> bytes:
    """A right file with one sheet changed, and perhaps moved to where nobody looks for it."""
    with zipfile.ZipFile(io.BytesIO(book(("一", [["eventTime", "things"]])))) as held:
        parts = {name: held.read(name) for name in held.namelist()}
    sheet = parts.pop("xl/worksheets/sheet1.xml").replace(old, new)
    rels = parts["xl/_rels/workbook.xml.rels"].replace(b"worksheets/sheet1.xml", moved.removeprefix("xl/").encode())
    return zipped(parts | {moved: sheet, "xl/_rels/workbook.xml.rels": rels})


# So small are the limits here; the real ones would take seconds.
SMALL = 1 << 20
TALL = b"<row><c><v>1</v></c></row>"
BROKEN: list[tuple[bytes, str]] = [
    (b"", "file"),
    (b"a,b\r\n1,2\r\n", "file"),
    (b"\xd0\xcf\x11\xe0" + b"\0" * 600, "file"),
    (b"PK\x03\x04" + b"\0" * 60, "file"),
    (zipped({"nothing": b"x"}), "file"),
    (zipped({"xl/workbook.xml": b"<x/>"}), "file"),
    (zipped({"any": b" " * (SMALL + 1)}), "size"),
    (b"x" * (cells.MAX_BYTES + 1), "size"),
    (changed(b'r="B1"', b"r='XFD1048576'"), "columns"),
    (changed(b'r="B1"', b'r = "ZZ1"'), "columns"),
    (changed(b'r="B1"', b'r="ZZ1"', moved="xl/elsewhere.xml"), "columns"),
    (changed(b"</sheetData>", TALL * 1001 + b"</sheetData>"), "size"),
    (zipped({"a": b"<sst><si><t>" + b"x" * (1 << 16) + b"</t></si></sst>", "b": b"<v>0</v>" * 200}), "size"),
    (book(("一", [["", ""]] * 3 + [["something", "else"]])), "header"),
    (book(*((str(number), [[1]]) for number in range(cells.MAX_SHEETS + 1))), "sheets"),
]


@pytest.mark.parametrize(("data", "rule"), BROKEN, ids=[f"{place}-{rule}" for place, (_, rule) in enumerate(BROKEN)])
def test_a_file_that_is_none_or_a_bomb_is_refused_with_a_reason(
    data: bytes, rule: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cells, "MAX_UNPACKED", SMALL)
    monkeypatch.setattr(cells, "MAX_CELLS", 1000)
    with pytest.raises(cells.SheetError) as found:
        sheets.read(toys(), "sell", data, ON)
    assert found.value.rule == rule
    assert found.value.message_zh


def test_a_sheet_is_found_wherever_it_lies() -> None:
    moved = dict(cells.book_of(changed(b"", b"", moved="xl/elsewhere.xml")))
    assert moved == {"一": [["eventTime", "things"]]}


def test_more_rows_than_are_read_in_one_go_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cells, "MAX_ROWS", 2)
    rows = [["eventTime", "things", "ticket", "buyer"], *[["2026-05-02", THING, "1", BUYER]] * 3]
    with pytest.raises(cells.SheetError) as found:
        sheets.read(toys(), "sell", book(("一", rows)), ON)
    assert found.value.rule == "rows"


def test_a_cell_is_longer_than_a_person_types_without_harm() -> None:
    rows = [["eventTime", "things", "ticket", "buyer"], ["2026-05-02", "x" * 32_767, "1", BUYER]]
    found = sheets.read(toys(), "sell", book(("一", rows)), ON)
    assert cell_names(found) == {("B2", "things")}
    assert sheets.marked(toys(), "sell", book(("一", rows)), found.faults)


def test_no_step_is_wider_than_a_sheet_may_be() -> None:
    assert max(len(entry.columns(profile_of(name), step)) for name, step in STEPS) * 2 < cells.MAX_COLUMNS
