"""A walk as a list: the workbook says what the CSV says, as text, on as many sheets as it takes."""

import csv
import io
import zipfile
from pathlib import Path
from xml.etree import ElementTree

import pytest
from histories import number, when
from stories import Story

from clustering import copy_parts
from zhuisu.events.store import copy
from zhuisu.lineage.lists import COLUMNS, lines, write_csv, write_xlsx
from zhuisu.lineage.queries import walk

pytestmark = pytest.mark.django_db
MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


def sheets(path: Path) -> list[list[list[str]]]:
    """Every sheet of a workbook as rows of texts, read without the library that wrote it."""
    with zipfile.ZipFile(path) as book:
        names = sorted((name for name in book.namelist() if name.startswith("xl/worksheets/")), key=len)
        return [rows_of(ElementTree.fromstring(book.read(name))) for name in names]


def rows_of(sheet: ElementTree.Element) -> list[list[str]]:
    assert not list(sheet.iter(f"{MAIN}f")), "a formula"
    assert not list(sheet.iter(f"{MAIN}hyperlink")), "a link"
    rows = []
    for row in sheet.iter(f"{MAIN}row"):
        cells = [""] * len(COLUMNS)
        for cell in row:
            assert cell.get("t") == "inlineStr"
            cells[ord(str(cell.get("r"))[0]) - ord("A")] = "".join(cell.itertext())
        rows.append(cells)
    return rows


@pytest.fixture
def answer():
    story = Story((1, "made", "lMilk gWhey", "bTin bCan"), (2, "pack", "cBox", "bTin"), (3, "made", "cBox", "bGift"))
    return story.ask("lMilk", "down")


def test_the_workbook_says_what_the_csv_says(answer, tmp_path):
    write_xlsx(answer, tmp_path / "list.xlsx")
    text = io.StringIO()
    write_csv(answer, text)
    (sheet,) = sheets(tmp_path / "list.xlsx")
    assert sheet == list(csv.reader(io.StringIO(text.getvalue())))
    assert len(sheet) == 1 + len(list(lines(answer))) > 4


def test_a_list_that_does_not_fit_a_sheet_goes_on_on_the_next(answer, tmp_path):
    whole = [list(line) for line in lines(answer)]
    write_xlsx(answer, tmp_path / "list.xlsx", sheet_rows=3)
    found = sheets(tmp_path / "list.xlsx")
    assert [len(sheet) for sheet in found][:-1] == [3] * (len(found) - 1)
    assert all(tuple(sheet[0]) == COLUMNS for sheet in found)
    assert [row for sheet in found for row in sheet[1:]] == whole


def test_an_empty_list_has_its_heads(tmp_path):
    answer = walk([number()], "down", position=0)
    if not list(lines(answer)):
        write_xlsx(answer, tmp_path / "list.xlsx")
        assert sheets(tmp_path / "list.xlsx") == [[list(COLUMNS)]]


@pytest.mark.parametrize(
    "evil", ["=1+1", "+1", "-1", "@SUM(A1)", "＝1+1", "https://id.gs1.org/01/09506000134352", "{=1}"]
)
def test_a_code_that_somebody_chose_stays_a_text_as_it_is(evil, tmp_path):
    item, event, position = (number() for _ in range(3))
    copy("item", "id, canonical, scheme, level", [(item, evil, "uri", 1)])
    copy_parts("item, event, at, role, position", [(item, event, when(1), 10, 0)])
    copy("log_entry", "position, event, leaf", [(position, event, b"")])
    write_xlsx(walk([item], "down", position=position), tmp_path / "list.xlsx")
    assert sheets(tmp_path / "list.xlsx")[0][1][1] == evil
