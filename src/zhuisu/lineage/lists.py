"""A walk as a list for people with a spreadsheet: CSV or XLSX, line by line, however many lots a recall has."""

import csv
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import TextIO

import xlsxwriter

from zhuisu.codes import Level
from zhuisu.events.store import rows
from zhuisu.lineage.answer import Carried, Reached, Walk
from zhuisu.lineage.mixing import Share

COLUMNS = ("kind", "code", "level", "from", "to", "how", "event", "depth", "parent")
# Of what was asked, how much went into it: at the most, with perfect mixing, and of that how much is still there (shares.md).
SHARE_COLUMNS = ("at most", "share", "held")
# A spreadsheet takes a cell that begins with one of these for a formula.
FORMULA_STARTS = frozenset("=+-@\t\r")
PART = 10_000  # lines whose event ids are asked for at once
_NAMES = "select event, event_id from event_body where event = any(%s)"
# Rows of one sheet, Excel's own limit; a list that is longer goes on on the next sheet, under the same heads.
SHEET_ROWS_LIMIT = 1_048_576
# Cells are text and nothing else: no formula, no link (a sheet can hold 65,530 of those, codes are more), no number.
_AS_TEXT = {
    "constant_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
}

Line = tuple[str, ...]


def stamp(at: datetime | None) -> str | None:
    """RFC 3339 in UTC; None where there is no bound."""
    return at.isoformat().replace("+00:00", "Z") if at else None


def neutral(cell: object) -> str:
    """A cell that no spreadsheet takes for a formula."""
    text = "" if cell is None else str(cell)
    return "'" + text if text[:1] in FORMULA_STARTS else text


def share_cells(share: Share | None) -> Line:
    """Fractions of 1 with six digits; empty where it is not known, or no share is asked for."""
    return tuple("" if one is None else f"{float(one):.6g}" for one in share) if share else ("", "", "")


def columns(shares: Mapping[int, Share] | None) -> Line:
    """The heads of lines()."""
    return COLUMNS if shares is None else (*COLUMNS, *SHARE_COLUMNS)


def lines(walk: Walk, shares: Mapping[int, Share] | None = None) -> Iterator[Line]:
    """One line for each item, product, stay of a container and stop, under columns(); one at a time, for there may be a million."""
    if shares is None:
        yield from _lines(walk)
        return
    told = iter(_lines(walk))
    for item in walk.items:
        yield (*next(told), *share_cells(shares[item]))
    for line in told:
        yield (*line, *share_cells(None))


def _lines(walk: Walk) -> Iterator[Line]:
    held, down = (walk.items, walk.carried, walk.products), walk.direction == "down"
    levels = {level.value: level.name.lower() for level in Level}
    names: dict[int | None, str] = {None: ""}
    stamps, parents = _Stamps(), _Parents(held)
    for kind, found in (("item", walk.items), ("product", walk.products), ("carried", walk.carried)):
        for some in _parts(found.values()):
            new = list({one.by_event for one in some} - names.keys())
            names |= dict.fromkeys(new, "") | dict(rows(_NAMES, [new])) if new else {}
            for one in some:
                about = (names[one.by_event], str(one.depth), parents[one.parent])
                if isinstance(one, Carried):
                    spans: Iterable[tuple[str, str]] = ((stamps[start], stamps[end]) for start, end in one.spans)
                else:
                    spans = (((stamps[one.at], "") if down else ("", stamps[one.at])),)
                how = kind if isinstance(one, Carried) else one.how
                for span in spans:
                    yield (kind, one.canonical, levels[one.level], *span, how, *about)
    for stop in walk.stops:
        yield ("stop", stop.canonical, levels[stop.level], "", "", stop.reason.value, "", "", "")


def _parts(found: Iterable[Reached | Carried]) -> Iterator[list[Reached | Carried]]:
    """So many at a time: each is made when it is looked at, and that costs."""
    ahead = iter(found)
    while some := list(islice(ahead, PART)):
        yield some


class _Stamps(dict[datetime | None, str]):
    """Many things happened at one instant: its text is made once."""

    def __missing__(self, at: datetime | None) -> str:
        made = self[at] = stamp(at) or ""
        return made


class _Parents(dict[int | None, str]):
    """Many things came out of one: its code is looked for once."""

    def __init__(self, held: Iterable[Mapping[int, Reached] | Mapping[int, Carried]]) -> None:
        super().__init__({None: ""})
        self._held = tuple(held)

    def __missing__(self, item: int | None) -> str:
        made = self[item] = next((each[item].canonical for each in self._held if item in each), "")  # type: ignore[index]
        return made


def write_csv(walk: Walk, file: TextIO, shares: Mapping[int, Share] | None = None) -> None:
    """UTF-8 with a header; lines end in CR LF (RFC 4180). `file` must not translate line ends (newline="")."""
    sheet = csv.writer(file)
    sheet.writerow(columns(shares))
    # As neutral() does, but for millions of cells that are texts already.
    sheet.writerows(
        [f"'{cell}" if cell[:1] in FORMULA_STARTS else cell for cell in line] for line in lines(walk, shares)
    )


def write_xlsx(
    walk: Walk, path: Path, shares: Mapping[int, Share] | None = None, *, sheet_rows: int = SHEET_ROWS_LIMIT
) -> None:
    """The same as a workbook, every cell a text as it is; as many sheets as it takes. Memory for a line, a file for the rest."""
    with xlsxwriter.Workbook(path, _AS_TEXT) as book:
        for place, line in enumerate(lines(walk, shares)):
            row = place % (sheet_rows - 1) + 1
            if row == 1:
                sheet = _sheet(book, columns(shares))
            _write(sheet, row, line)
        if not book.worksheets():
            _sheet(book, columns(shares))


def _sheet(book: xlsxwriter.Workbook, heads: Line) -> xlsxwriter.worksheet.Worksheet:
    sheet = book.add_worksheet()
    sheet.freeze_panes(1, 0)
    sheet.set_column(1, 1, 48)
    _write(sheet, 0, heads)
    return sheet


def _write(sheet: xlsxwriter.worksheet.Worksheet, row: int, line: Iterable[str]) -> None:
    for column, text in enumerate(line):
        if text and sheet.write_string(row, column, text):
            raise ValueError(f"a cell of {len(text)} characters does not fit a sheet: {text[:80]}")
