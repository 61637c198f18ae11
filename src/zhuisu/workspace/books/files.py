"""A book as a file: a sheet for a spreadsheet program, or text with commas; no cell is ever taken for a formula."""

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import xlsxwriter
from django.utils.translation import gettext as _

from zhuisu.web.tables import neutral
from zhuisu.workspace.books.shown import Row

WIDEST = 40  # characters of a column of the sheet
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@dataclass(frozen=True, slots=True)
class Book:
    """What goes into the file. `about`: lines above the table; `note`: a line below it."""

    title: str
    about: Sequence[tuple[str, str]]
    heads: Sequence[str]
    rows: Sequence[Row]
    note: str = ""
    whose: bool = False  # of several, with a column that says whose entry it is

    @property
    def all_heads(self) -> list[str]:
        """With the step in front and the state behind: a book keeps what was declared wrong."""
        return [_("环节"), *self.heads, *([_("上报单位")] if self.whose else []), _("状态"), _("更正为"), _("记录编号")]

    def cells(self, row: Row) -> list[str]:
        """One line."""
        one = row.entry
        state = _("已声明有误") if one.voided else _("有效")
        if one.left_out and row.first:
            state += _("（另有 %(count)s 行未列出）") % {"count": one.left_out}
        who = [row.who] if self.whose else []
        return [row.step, *row.cells, *who, state, "、".join(one.corrected_by), one.event_id]


def as_csv(book: Book) -> tuple[bytes, str]:
    """UTF-8 with a mark, so that a spreadsheet does not take it for GBK."""
    note = [[book.note]] if book.note else []
    lines = [book.all_heads, *([neutral(each) for each in book.cells(row)] for row in book.rows), *note]
    return lines_as_csv(lines), "text/csv; charset=utf-8"


def lines_as_csv(lines: Iterable[Sequence[str]]) -> bytes:
    """Lines of cells that are neutral already."""
    held = io.StringIO()
    held.write("\ufeff")
    csv.writer(held).writerows(lines)
    return held.getvalue().encode()


def as_xlsx(book: Book) -> tuple[bytes, str]:
    """The title and what the book is above, the table frozen below it, what was declared wrong struck through."""
    octets = io.BytesIO()
    options = {"strings_to_formulas": False, "strings_to_urls": False, "in_memory": True}
    with xlsxwriter.Workbook(octets, options) as sheets:
        sheet = sheets.add_worksheet(book.title[:28].translate({ord(each): "_" for each in "[]:*?/\\'"}))
        bold = sheets.add_format({"bold": True, "bg_color": "#d8efe8", "border": 1, "text_wrap": True})
        struck = sheets.add_format({"font_strikeout": True, "font_color": "#566573"})
        sheet.write_string(0, 0, book.title, sheets.add_format({"bold": True, "font_size": 16}))
        for place, (name, text) in enumerate(book.about, 1):
            sheet.write_string(place, 0, name)
            sheet.write_string(place, 1, text)
        top = len(book.about) + 2
        widths = [_width(head) for head in book.all_heads]
        for column, head in enumerate(book.all_heads):
            sheet.write_string(top, column, head, bold)
        for place, row in enumerate(book.rows, top + 1):
            for column, text in enumerate(book.cells(row)):
                sheet.write_string(place, column, text, struck if row.entry.voided else None)
                widths[column] = max(widths[column], _width(text))
        for column, width in enumerate(widths):
            sheet.set_column(column, column, min(width + 2, WIDEST))
        if book.note:
            sheet.write_string(top + len(book.rows) + 2, 0, book.note)
        sheet.freeze_panes(top + 1, 0)
        sheet.set_landscape()
        sheet.set_paper(9)  # A4
        sheet.fit_to_pages(1, 0)
        sheet.repeat_rows(top)
    return octets.getvalue(), XLSX


def _width(text: str) -> int:
    return sum(2 if ord(each) > 0x2E7F else 1 for each in text)


FORMATS = {"xlsx": as_xlsx, "csv": as_csv}
