"""Reads a register's file, CSV or Excel, by its headings; what is wrong is said by line."""

import csv
import io
import re
import unicodedata
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from python_calamine import CalamineError, CalamineWorkbook

from zhuisu.registry.issuing.errors import IssueError
from zhuisu.registry.official.models import NUMBER_LENGTH
from zhuisu.registry.official.numbers import key_of, own_parts

MAX_FILE = 67_108_864  # octets: 64 MiB, some 400,000 approvals with their details
MAX_UNPACKED = 536_870_912  # octets of an Excel file unpacked: eight times as much; more is no table but an attack
MAX_LINES = 500_000  # approvals of a file: all drugs of the country are under 200,000
MAX_CELL = 2_000  # characters kept of one cell of the details: a composition has some hundreds
MAX_TOLD = 100  # faults told of a file: more nobody reads, and the first explain the rest

_COLUMNS = {
    "number": {"number", "批准文号", "登记证号", "注册证号", "注册证编号", "备案编号", "文号", "证号", "许可证号"},
    "name": {"name", "产品名称", "通用名称", "兽药名称", "农药名称", "药品名称", "品种名称", "名称"},
    "holder": {
        "holder",
        "持有人",
        "登记证持有人",
        "上市许可持有人",
        "注册人",
        "企业名称",
        "生产企业",
        "生产单位",
        "生产厂家",
    },
    "valid_from_on": {"validfrom", "批准日期", "发证日期", "有效期起", "有效起始日", "首次批准日期"},
    "valid_to_on": {"validto", "有效期至", "有效截止日", "有效期止", "截止日期"},
    "withdrawn_on": {"withdrawn", "withdrawnon", "注销日期", "撤销日期"},
    "codes": {"codes", "code", "编码", "代码", "本位码", "药品本位码", "企业代码", "产品标识码", "追溯码"},
}
_DATES = ("withdrawn_on", "valid_to_on", "valid_from_on")
# Without marks between them only eight digits are one day: 2024111 is two.
_DATE = re.compile(
    r"([0-9]{4})(?:([0-9]{2})([0-9]{2})|[-/.年]([0-9]{1,2})[-/.月]([0-9]{1,2})日?)(?:[ T]00:00(?::00)?)?"
)
_EXACT = 10**15  # Excel keeps fifteen digits of a number and makes noughts of the rest
_APART = re.compile(r"[\s;；,，、|]+")


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with one line of a file. The heading is line 1."""

    line: int
    column: str
    rule: str
    message: str
    message_zh: str


@dataclass(frozen=True, slots=True)
class Line:
    """One approval as its line says it."""

    key: str
    number: str
    name: str
    holder: str
    valid_from_on: date | None
    valid_to_on: date | None
    withdrawn_on: date | None
    codes: list[str]
    details: dict[str, str]


@dataclass(slots=True)
class Read:
    """A file as read. `faulty` counts all faults; `faults` tells the first of them."""

    lines: list[Line] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    faulty: int = 0

    def fault(self, line: int, column: str, rule: str, message: str, message_zh: str) -> None:
        """Note a fault."""
        self.faulty += 1
        if len(self.faults) < MAX_TOLD:
            self.faults.append(Fault(line, column, rule, message, message_zh))


def read(content: bytes) -> Read:
    """Every line of a CSV file (UTF-8 or GB 18030) or of the first sheet of an Excel file.

    Faults by line: no number, a number twice, a cell too long, an unreadable date, an end before its beginning.
    Raises IssueError "file", "lines", "columns" or "empty".
    """
    if len(content) > MAX_FILE:
        raise _file(
            f"the file has {len(content)} octets, at most {MAX_FILE}", f"文件有 {len(content)} 字节，最多 {MAX_FILE}"
        )
    rows = _sheet(content) if content[:2] in (b"PK", b"\xd0\xcf") else _csv(content)
    heading = [str(cell).strip() for cell in next(rows, (1, []))[1]]
    places = _places(heading)
    found = Read()
    seen: dict[str, int] = {}
    for line, cells in rows:
        if line > MAX_LINES:
            raise IssueError(
                "lines", f"more than {MAX_LINES} lines: cut the file", f"超过 {MAX_LINES} 行：请拆分", "content"
            )
        before = found.faulty
        made = _line(line, heading, places, cells, found)
        if made.key and made.key in seen:
            first = seen[made.key]
            found.fault(
                line, heading[places["number"]], "twice", f"stands in line {first} already", f"在第 {first} 行已出现"
            )
        seen.setdefault(made.key, line)
        if found.faulty == before:
            found.lines.append(made)
    if not found.lines and not found.faulty:
        raise IssueError("empty", "the file lists nothing", "文件中没有任何记录", "content")
    return found


def _line(line: int, heading: list[str], places: dict[str, int], cells: list[Any], found: Read) -> Line:
    said = {column: cells[place] if place < len(cells) else "" for column, place in places.items()}
    number, name, holder = (_text(said.get(column, "")) for column in ("number", "name", "holder"))
    key = key_of(number)
    at = heading[places["number"]]
    if not key:
        found.fault(line, at, "number", "has no number", "没有填写号码")
    for column in ("number", "codes"):
        cell = said.get(column)
        if isinstance(cell, int | float) and abs(cell) >= _EXACT:
            found.fault(
                line,
                heading[places[column]],
                "digits",
                "Excel kept a long code as a number and lost its last digits: format the column as text and enter it again",
                "长编码被 Excel 存成了数值，末尾几位已丢失：请把该列设为文本后重新填写",
            )
    if max(len(key), len(number)) > NUMBER_LENGTH:
        found.fault(line, at, "length", f"has more than {NUMBER_LENGTH} characters", f"超过 {NUMBER_LENGTH} 个字符")
    dates = {column: _day(line, heading[places[column]], said[column], found) for column in _DATES if column in places}
    begins, ends = dates.get("valid_from_on"), dates.get("valid_to_on")
    if begins and ends and ends < begins:
        found.fault(
            line, heading[places["valid_to_on"]], "dates", f"ends before it begins on {begins}", f"早于起始日 {begins}"
        )
    parts = [key_of(part) for part in _APART.split(_text(said.get("codes", ""))) if part]
    if any(len(part) > NUMBER_LENGTH for part in parts):
        found.fault(line, heading[places["codes"]], "length", "holds a code that is too long", "含有过长的编码")
    taken = set(places.values())
    rest = {
        title: _text(cell)[:MAX_CELL]
        for place, (title, cell) in enumerate(zip(heading, cells, strict=False))
        if place not in taken and title and _text(cell)
    }
    everything = list(dict.fromkeys([*parts, *own_parts(key)]))
    return Line(key, number, name[:200], holder[:200], begins, ends, dates.get("withdrawn_on"), everything, rest)


def _text(cell: Any) -> str:
    """A cell as people see it: a number that Excel made of a code loses its point and nought."""
    if isinstance(cell, float) and cell.is_integer():
        cell = int(cell)
    return str(cell).replace("\x00", "").strip()


def _day(line: int, title: str, cell: Any, found: Read) -> date | None:
    if isinstance(cell, datetime):
        return cell.date()
    if isinstance(cell, date):
        return cell
    text = unicodedata.normalize("NFKC", _text(cell))
    if not text or text in ("-", "/", "长期", "长期有效"):
        return None
    parts = _DATE.fullmatch(text)
    try:
        if parts is None:
            raise ValueError(text)
        return date(*(int(each) for each in parts.groups() if each))
    except ValueError:
        found.fault(
            line,
            title,
            "date",
            f"is no date such as 2026-11-22: {text[:40]}",
            f"不是日期（如 2026-11-22）：{text[:40]}",
        )
        return None


def _places(heading: list[str]) -> dict[str, int]:
    """Column → its place. The first heading that fits wins; the others are details."""
    found: dict[str, int] = {}
    for place, title in enumerate(heading):
        plain = title.lower().replace("_", "").replace(" ", "")
        column = next((column for column, said in _COLUMNS.items() if plain in said), None)
        if column:
            found.setdefault(column, place)
    if "number" not in found:
        told = ", ".join(heading)[:80]
        raise IssueError(
            "columns",
            f"the first line must name a column for the number (number, 批准文号, 登记证号 …); it says: {told}",
            f"首行须有号码列（批准文号、登记证号、注册证号……）；现为：{told}",
            "content",
        )
    return found


def _csv(content: bytes) -> Iterator[tuple[int, list[Any]]]:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = content.decode(encoding)
            break
        except UnicodeDecodeError:
            continue
    else:
        text = "\x00"
    if "\x00" in text:
        raise _file("the file is neither Excel nor text in UTF-8 or GBK", "文件既不是 Excel，也不是 UTF-8 或 GBK 文本")
    first = text.partition("\n")[0]
    reader = csv.reader(io.StringIO(text, newline=""), delimiter="\t" if "\t" in first else ",")
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield reader.line_num, list(cells)
    except csv.Error as wrong:
        raise _file(f"line {reader.line_num}: {wrong}", f"第 {reader.line_num} 行不是有效的 CSV") from None


def _sheet(content: bytes) -> Iterator[tuple[int, list[Any]]]:
    try:
        if content[:2] == b"PK":
            with zipfile.ZipFile(io.BytesIO(content)) as packed:
                if sum(each.file_size for each in packed.infolist()) > MAX_UNPACKED:
                    raise _file("the Excel file is too large unpacked", "Excel 文件解压后过大")
        sheet = CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_index(0)
    except (CalamineError, zipfile.BadZipFile) as wrong:
        raise _file(f"the Excel file cannot be read: {str(wrong)[:80]}", "Excel 文件无法读取") from None
    first = sheet.start[0] + 1 if sheet.start else 1
    for line, cells in enumerate(sheet.iter_rows(), first):
        if any(_text(cell) for cell in cells):
            yield line, list(cells)


def _file(message: str, message_zh: str) -> IssueError:
    return IssueError("file", message, message_zh, "content")
