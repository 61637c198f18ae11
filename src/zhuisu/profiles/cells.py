"""Excel sheets of a step's records, in: found by their header, read cell by cell, faults named by cell. What comes is not trusted."""

import io
import re
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from python_calamine import CalamineError, CalamineWorkbook, PasswordError, XmlError, ZipError

from zhuisu.profiles.columns import Column
from zhuisu.profiles.entry import Fault, check, columns
from zhuisu.profiles.entry import read as read_texts
from zhuisu.profiles.judge import Judge
from zhuisu.profiles.model import Profile, Words

# A year of a busy shop fits; who has more sends EPCIS documents. Read within seconds.
MAX_ROWS = 10_000
# Header rows, a title, blank lines between.
_MORE_ROWS = 1_000
# The widest step has some forty columns.
MAX_COLUMNS = 100
MAX_SHEETS = 10
# All of these rows and columns filled.
MAX_CELLS = 1_000_000
# 10,000 full rows are about 2 MB packed and 30 MB unpacked; what unpacks to more is a bomb.
MAX_BYTES = 20 << 20
MAX_UNPACKED = 128 << 20
# A header stands within the first rows, below a title at most.
_HEADER_WITHIN = 10
# One word alone may stand in any sheet; two of the step's columns side by side are its header.
_LEAST_NAMED = 2
_REFERENCE = re.compile(rb"\sr\s*=\s*[\"']\s*([A-Za-z]{0,3})(\d{1,10})")
_CELL = re.compile(rb"<(?:\w+:)?c[\s/>]")
_NUMBER = re.compile(rb"<(?:\w+:)?v[^>]{0,200}>\s*(\d{1,9})\s*<")
_SHARED = re.compile(rb"<(?:\w+:)?si[\s/>]")
_STAR = re.compile(r"[*＊\s]+|[（(][^（）()]*[)）]\Z")

Cells = list[list[Any]]


class SheetError(ValueError):
    """A file that cannot be read as sheets at all: rule, sentence in English and Chinese."""

    def __init__(self, rule: str, message: str, message_zh: str) -> None:
        super().__init__(message)
        self.rule, self.message, self.message_zh = rule, message, message_zh


@dataclass(frozen=True, slots=True)
class CellFault:
    """A fault at a cell: sheet by name, row and place (column) counted from 0; the rest as profiles.entry.Fault."""

    sheet: str
    row: int
    place: int
    column: str
    rule: str
    says: Words
    severity: Literal["error", "warning"] = "error"
    article: Words | None = None

    @property
    def cell(self) -> str:
        """Its name in Excel, such as C7."""
        return f"{_letters(self.place)}{self.row + 1}"


@dataclass(frozen=True, slots=True)
class Sheet:
    """What a file says: the records in order, where each stands (sheet, row from 0), and what is wrong by cell."""

    records: tuple[dict[str, Any], ...]
    places: tuple[tuple[str, int], ...]
    faults: tuple[CellFault, ...]


def _letters(place: int) -> str:
    text = ""
    place += 1
    while place:
        place, rest = divmod(place - 1, 26)
        text = chr(65 + rest) + text
    return text


def book_of(data: bytes) -> list[tuple[str, Cells]]:
    """The visible sheets of an .xlsx by name, with their cells as calamine gives them (formulas by their last value). Raises SheetError."""
    _measure(data)
    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(data))
        if len(book.sheets_metadata) > MAX_SHEETS:
            raise SheetError("sheets", f"more than {MAX_SHEETS} sheets", f"工作表超过 {MAX_SHEETS} 张")
        shown = [each for each in book.sheets_metadata if str(each.visible).endswith("Visible")]
        return [(each.name, _cells(book, each.name)) for each in shown if str(each.typ).endswith("WorkSheet")]
    except PasswordError as wrong:
        raise SheetError("password", "the file is locked with a password", "文件设有密码，无法读取") from wrong
    except SheetError:
        raise
    except (CalamineError, XmlError, ZipError, ValueError, OSError) as wrong:
        raise _unreadable() from wrong


def _cells(book: CalamineWorkbook, name: str) -> Cells:
    return book.get_sheet_by_name(name).to_python(skip_empty_area=False)


def _unreadable() -> SheetError:
    return SheetError(
        "file",
        "this is no .xlsx file that can be read: save it as Excel workbook (.xlsx)",
        "这不是可读的 .xlsx 文件，请另存为“Excel 工作簿（.xlsx）”",
    )


def _measure(data: bytes) -> None:
    """Unpacks every part once and looks how far its cells reach, how many there are, and how much text they name: calamine holds all of
    it, every cell between, and a shared text once for each cell. Any part may be a sheet: its name is the sender's to choose."""
    if len(data) > MAX_BYTES:
        raise SheetError("size", f"more than {MAX_BYTES >> 20} MB", f"文件超过 {MAX_BYTES >> 20} MB")
    lengths: list[int] = []
    named: Counter[bytes] = Counter()
    left, cells = MAX_UNPACKED, 0
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            for part in packed.infolist():
                with packed.open(part) as stream:
                    text = stream.read(left + 1)
                left -= len(text)
                if left < 0:
                    raise _too_large()
                if b"sheetData" in text:
                    _reach(text)
                cells += len(_CELL.findall(text))
                named.update(_NUMBER.findall(text))
                lengths += [len(each) for each in _SHARED.split(text)[1:]]
    except (zipfile.BadZipFile, EOFError, NotImplementedError, OSError, RuntimeError, zlib.error) as wrong:
        raise _unreadable() from wrong
    weight = sum(times * lengths[int(number)] for number, times in named.items() if int(number) < len(lengths))
    if cells > MAX_CELLS or weight > MAX_UNPACKED:
        raise _too_large()


def _too_large() -> SheetError:
    limit = MAX_UNPACKED >> 20
    return SheetError("size", f"it unpacks to more than {limit} MB", f"解压后超过 {limit} MB")


def _reach(text: bytes) -> None:
    """Refuses cells beyond the limits."""
    for letters, digits in set(_REFERENCE.findall(text)):
        place = 0
        for letter in letters.upper():
            place = place * 26 + letter - 64
        if place > MAX_COLUMNS:
            raise SheetError("columns", f"more than {MAX_COLUMNS} columns", f"超过 {MAX_COLUMNS} 列")
        if int(digits) > MAX_ROWS + _MORE_ROWS:
            raise _too_many_rows()


def _too_many_rows() -> SheetError:
    return SheetError("rows", f"more than {MAX_ROWS} rows: split the file", f"超过 {MAX_ROWS} 行，请分成几个文件")


def read(profile: Profile, step_id: str, data: bytes, on: date, judge: Judge | None = None) -> Sheet:
    """The records of every sheet that has a header of the step, with every fault of every row. `on`: today.

    A header names columns by key or by name in either language, in any order; a column that it does not know is a fault. Rows without
    anything are passed over. Raises SheetError for a file that is none or too large, KeyError for a step that does not exist.
    """
    held = columns(profile, step_id)
    records: list[dict[str, Any]] = []
    places: list[tuple[str, int]] = []
    faults: list[CellFault] = []
    headed = False
    for name, rows in book_of(data):
        header = _header(held, rows)
        if header is None:
            continue
        headed = True
        top, known = header
        faults += _strange(name, rows[top], top, known)
        for row, texts in _filled(rows, top, known):
            if len(records) >= MAX_ROWS:
                raise _too_many_rows()
            record, unread = read_texts(profile, step_id, texts)
            told = {each.column for each in unread}
            found = [*unread, *(each for each in check(profile, step_id, record, on, judge) if each.column not in told)]
            faults += [_at(name, row, known, each) for each in found]
            records.append(record)
            places.append((name, row))
    if not headed:
        wanted = "、".join(each.words.zh for each in held if each.required)
        raise SheetError(
            "header",
            "no sheet has the header of this step; take the template",
            f"没有找到表头，请使用模板；至少要有：{wanted}",
        )
    return Sheet(tuple(records), tuple(places), tuple(faults))


def _label(text: object) -> str:
    return _STAR.sub("", str(text)).casefold()


def _header(held: Sequence[Column], rows: Cells) -> tuple[int, dict[int, str]] | None:
    """The row of the header and which column stands where; None where no row is one."""
    labels: dict[str, list[str]] = {}
    for column in held:
        for text in {_label(column.name), _label(column.words.zh), _label(column.words.en)}:
            labels.setdefault(text, []).append(column.name)
    keys = {_label(column.name): column.name for column in held}
    best: tuple[int, dict[int, str]] | None = None
    for row, cells in enumerate(rows[:_HEADER_WITHIN]):
        found = _named(cells, labels, keys, rows[row + 1] if row + 1 < len(rows) else [])
        if len(found) > (len(best[1]) if best else 0):
            best = row, found
    return best if best and len(best[1]) >= _LEAST_NAMED else None


def _named(cells: list[Any], labels: dict[str, list[str]], keys: dict[str, str], below: list[Any]) -> dict[int, str]:
    """Which column stands where; of two columns of one name, the row of keys below says which is which."""
    found: dict[int, str] = {}
    for place, cell in enumerate(cells):
        names = labels.get(_label(cell), []) if isinstance(cell, str) else []
        key = keys.get(_label(below[place])) if place < len(below) and isinstance(below[place], str) else None
        name = key if key in names else next((each for each in names if each not in found.values()), None)
        if name is not None and name not in found.values():
            found[place] = name
    return found


def _strange(sheet: str, cells: list[Any], row: int, known: dict[int, str]) -> Iterator[CellFault]:
    for place, cell in enumerate(cells):
        if place not in known and str(cell).strip():
            text = str(cell).strip()[:60]
            says = Words(
                f"这一步没有“{text}”这一栏，或它出现了两次", f"this step has no column “{text}”, or it stands twice"
            )
            yield CellFault(sheet, row, place, "", "entry.undeclared", says)


def _filled(rows: Cells, top: int, known: dict[int, str]) -> Iterator[tuple[int, dict[str, Any]]]:
    """The rows that say something, below the header and its row of keys."""
    for row, cells in enumerate(rows[top + 1 :], start=top + 1):
        texts = {name: cells[place] for place, name in known.items() if place < len(cells)}
        said = {name: text for name, text in texts.items() if text is not None and str(text).strip()}
        if not said or (row == top + 1 and all(_label(text) == _label(name) for name, text in said.items())):
            continue
        yield row, said


def _at(sheet: str, row: int, known: dict[int, str], fault: Fault) -> CellFault:
    """The fault at its cell; what is about a column that the sheet does not have, at the first cell of the row."""
    place = next((place for place, name in known.items() if name == fault.column), min(known))
    return CellFault(sheet, row, place, fault.column, fault.rule, fault.says, fault.severity, fault.article)
