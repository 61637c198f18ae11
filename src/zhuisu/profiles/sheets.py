"""Excel sheets of a step's records, out: a sheet to fill in with its explanations, and the sender's own sheet with its faults marked."""

import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, Literal

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.utility import xl_col_to_name, xl_rowcol_to_cell
from xlsxwriter.worksheet import Worksheet

from zhuisu.profiles.cells import MAX_ROWS, CellFault, Sheet, book_of, read
from zhuisu.profiles.columns import Column, columns
from zhuisu.profiles.elements import TYPES
from zhuisu.profiles.model import Profile, Words
from zhuisu.profiles.typed import MAX_TEXT

__all__ = ["MAX_ROWS", "CellFault", "Sheet", "marked", "read", "shown", "write"]

Lang = Literal["zh", "en"]
# Nothing that a record says may become a formula, an address or a number of Excel's.
_OPTIONS = {
    "in_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
    "nan_inf_to_errors": False,
}
# What a spreadsheet takes for the start of a formula when a cell is edited or the sheet is saved as CSV.
_ACTIVE = ("=", "+", "-", "@", "\t", "\r")
# Excel keeps fifteen digits of a number; a longer one goes as text.
_DIGITS = 15
_ZONE = "+08:00"
_EXCEL_FROM = date(1900, 3, 1)  # before it, Excel counts a day that there never was
_WORDS = {
    "fill": Words("填报", "Records"),
    "explained": Words("填写说明", "Explanations"),
    "choices": Words("可选项", "Choices"),
    "faults": Words("错误清单", "Faults"),
    "yes": Words("是", "yes"),
    "no": Words("否", "no"),
}
_EXPLAINED = (
    Words("栏目", "Column"),
    Words("标识", "Key"),
    Words("必填", "Required"),
    Words("类型", "Type"),
    Words("计量单位", "Unit"),
    Words("可填内容", "What may stand there"),
    Words("说明", "Help"),
    Words("依据", "Source"),
)
_RULES = (
    Words(
        "一行是一次操作；一次操作涉及多个编码的，写在同一格里，用换行、空格或顿号隔开。",
        "One row is one act. Several codes of one act stand in one cell, parted by lines, blanks or commas.",
    ),
    Words(
        "几行单号相同也是几次操作，不会合并；批次不同、数量不同的，一批一行最清楚。",
        "Rows with the same document number stay separate acts; one row a lot is the clearest.",
    ),
    Words(
        "带 * 的栏必填。栏目顺序可以调换，不用的选填栏可以删去；请勿改动栏目名称。",
        "Columns with * are required. Their order is free; do not rename them.",
    ),
    Words(
        "日期写 2026-05-01，时间写 2026-05-01 08:30（北京时间）。",
        "Dates: 2026-05-01; times: 2026-05-01 08:30 (Beijing time).",
    ),
    Words(
        "文件写网址、空格、SHA-256。个人只写登记簿中的编号，不写姓名和证件号码。",
        "Files: address, blank, SHA-256. Persons: the register's reference only.",
    ),
)


def _of(words: Words, lang: Lang) -> str:
    return words.zh if lang == "zh" else words.en


@dataclass(frozen=True)
class _Formats:
    """The cell formats of one workbook: made once, as Excel has a limit of them."""

    header: Format
    required: Format
    key: Format
    text: Format
    quoted: Format
    day: Format
    moment: Format
    bad: Format
    wrap: Format

    @classmethod
    def of(cls, book: xlsxwriter.Workbook) -> "_Formats":
        head = {
            "bold": True,
            "bg_color": "#E7EDF3",
            "border": 1,
            "border_color": "#C3CDD8",
            "text_wrap": True,
            "valign": "top",
        }
        return cls(
            header=book.add_format(head),
            required=book.add_format({**head, "font_color": "#9B1C1C"}),
            key=book.add_format({"font_size": 8, "font_color": "#7A8794"}),
            text=book.add_format({"num_format": "@"}),
            quoted=book.add_format({"num_format": "@", "quote_prefix": True}),
            day=book.add_format({"num_format": "yyyy-mm-dd"}),
            moment=book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"}),
            bad=book.add_format(
                {"bg_color": "#F9D6D5", "font_color": "#7A1512", "num_format": "@", "quote_prefix": True}
            ),
            wrap=book.add_format({"text_wrap": True, "valign": "top"}),
        )


def write(profile: Profile, step_id: str, records: Iterable[Mapping[str, Any]] = (), lang: Lang = "zh") -> bytes:
    """An .xlsx to fill in (room for MAX_ROWS records), with the records that are given already in it. Raises KeyError for an unknown step.

    First row: the columns' names, * where required; second row, small: their keys. What Excel would take for a formula stays text.
    """
    held = columns(profile, step_id)
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, _OPTIONS)
    formats = _Formats.of(book)
    sheet = book.add_worksheet(_of(_WORDS["fill"], lang))
    _head(sheet, held, formats, lang)
    for row, record in enumerate(records, start=2):
        for place, column in enumerate(held):
            if column.name in record:
                _cell(sheet, row, place, shown(column, record[column.name], lang), formats)
    _explain(book.add_worksheet(_of(_WORDS["explained"], lang)), profile, step_id, held, formats, lang)
    _lists(book.add_worksheet(_of(_WORDS["choices"], lang)), sheet, held, lang)
    book.close()
    return out.getvalue()


def _head(sheet: Worksheet, held: Sequence[Column], formats: _Formats, lang: Lang) -> None:
    sheet.freeze_panes(2, 0)
    sheet.set_row(0, 32)
    for place, column in enumerate(held):
        star = "*" if column.required else ""
        sheet.write_string(0, place, _of(column.words, lang) + star, formats.required if star else formats.header)
        sheet.write_string(1, place, column.name, formats.key)
        # Long numbers are codes: in a cell that is no text Excel would round them.
        form = {"date": formats.day, "datetime": formats.moment}.get(column.type, formats.text)
        plain = column.type in ("number", "integer") and not column.many
        sheet.set_column(place, place, 30 if column.type == "code" else 16, None if plain else form)


def _explain(
    sheet: Worksheet, profile: Profile, step_id: str, held: Sequence[Column], formats: _Formats, lang: Lang
) -> None:
    """What each column means, its type, unit, choices and article."""
    step = profile.steps[step_id]
    sheet.write_string(0, 0, f"{_of(profile.name, lang)}: {_of(step.name, lang)}", formats.header)
    sheet.write_string(1, 0, f"{profile.id} {profile.edition} {step_id}", formats.key)
    for row, words in enumerate(_RULES, start=2):
        sheet.write_string(row, 0, _of(words, lang))
    top = len(_RULES) + 3
    for place, words in enumerate(_EXPLAINED):
        sheet.write_string(top, place, _of(words, lang), formats.header)
    for row, column in enumerate(held, start=top + 1):
        for place, text in enumerate(_explained(profile, column, lang)):
            sheet.write_string(row, place, text[:MAX_TEXT], formats.wrap)
    for place, width in enumerate((22, 18, 10, 12, 10, 50, 40, 36)):
        sheet.set_column(place, place, width)


def _explained(profile: Profile, column: Column, lang: Lang) -> list[str]:
    asked = _of(_WORDS["yes" if column.required else "no"], lang)
    conditions = [profile.fields[when.field].name for when in column.demand if when.field]
    if conditions:
        asked += ("；取决于" if lang == "zh" else "; depends on ") + ", ".join(_of(each, lang) for each in conditions)
    low, high = ("" if each is None else f"{each:f}" for each in (column.min, column.max))
    allowed = "; ".join(_of(words, lang) for words in column.choices.values())
    allowed = allowed or (f"{low}–{high}" if low or high else ", ".join(column.schemes) or column.pattern)
    help_text = _of(column.help, lang) if column.help else ""
    source = _of(column.basis.cited(), lang) if column.basis else ""
    return [
        _of(column.words, lang),
        column.name,
        asked,
        _of(TYPES[column.type], lang),
        column.unit,
        allowed,
        help_text,
        source,
    ]


def _lists(choices: Worksheet, sheet: Worksheet, held: Sequence[Column], lang: Lang) -> None:
    """Pick lists, and what Excel itself can check while somebody types."""
    choices.hide()
    used = 0
    for place, column in enumerate(held):
        labels = [_of(words, lang) for words in column.choices.values()]
        if column.type == "yes_no":
            labels = [_of(_WORDS["yes"], lang), _of(_WORDS["no"], lang)]
        if not labels or column.many:
            continue
        for row, label in enumerate(labels):
            choices.write_string(row, used, label)
        name = xl_col_to_name(used, col_abs=True)
        source = f"='{choices.get_name()}'!{name}$1:{name}${len(labels)}"
        # A warning, no stop: the key and the other language are right too, and the reader says what is not.
        said = {"validate": "list", "source": source, "error_type": "warning"}
        sheet.data_validation(2, place, MAX_ROWS + 1, place, said)
        used += 1


def shown(column: Column, value: Any, lang: Lang = "zh") -> Any:
    """A value as a cell holds it."""
    if isinstance(value, list):
        return "\n".join(str(shown(column, each, lang)) for each in value)
    if isinstance(value, bool):
        return _of(_WORDS["yes" if value else "no"], lang)
    if column.choices and value in column.choices:
        return _of(column.choices[value], lang)
    if isinstance(value, dict):
        return " ".join(str(each) for each in value.values())
    if column.type == "date":
        return _as_date(value) or value
    if column.type == "datetime":
        return _as_moment(value) or value
    if isinstance(value, int | Decimal) and column.many:
        return f"{value:f}" if isinstance(value, Decimal) else str(value)
    return value


def _as_date(value: Any) -> date | None:
    try:
        day = date.fromisoformat(value)
    except (TypeError, ValueError):
        return None
    return day if day >= _EXCEL_FROM else None


def _as_moment(value: Any) -> datetime | None:
    """A Beijing time as Excel's own, which knows no zone; any other stays a text."""
    try:
        moment = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        return None
    plain = str(value).endswith(_ZONE) and not moment.microsecond and moment.date() >= _EXCEL_FROM
    return moment.replace(tzinfo=None) if plain and "." not in str(value) else None


def _cell(sheet: Worksheet, row: int, place: int, value: Any, formats: _Formats, form: Format | None = None) -> None:
    if isinstance(value, bool):
        sheet.write_boolean(row, place, value, form)
    elif isinstance(value, int | float | Decimal) and _exact(value):
        sheet.write_number(row, place, float(value), form)
    elif isinstance(value, datetime):
        sheet.write_datetime(row, place, value, form or formats.moment)
    elif isinstance(value, date):
        sheet.write_datetime(row, place, datetime.combine(value, time()), form or formats.day)
    elif isinstance(value, time | timedelta):
        sheet.write_string(row, place, str(value), form or formats.text)
    elif value is not None and str(value) != "":
        text = str(value)[:MAX_TEXT]
        sheet.write_string(row, place, text, form or (formats.quoted if text.startswith(_ACTIVE) else formats.text))


def _exact(value: int | float | Decimal) -> bool:
    number = Decimal(str(value))
    return number.is_finite() and len(number.as_tuple().digits) <= _DIGITS and abs(number.adjusted()) < 300


def marked(profile: Profile, step_id: str, data: bytes, faults: Sequence[CellFault], lang: Lang = "zh") -> bytes:
    """The sender's sheet again, as .xlsx: values where they stood, each cell with a fault coloured and with a note, and a list of all faults
    in front. The sender's own colours are lost. Raises SheetError where the file cannot be read."""
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, _OPTIONS)
    formats = _Formats.of(book)
    listed = book.add_worksheet(_of(_WORDS["faults"], lang))
    wrong: dict[tuple[str, int, int], list[str]] = {}
    for each in faults:
        wrong.setdefault((each.sheet, each.row, each.place), []).append(_of(each.says, lang))
    taken = {listed.get_name().casefold()}
    for name, rows in book_of(data):
        shown = name if name.casefold() not in taken else f"{name[:28]} 2"
        taken.add(shown.casefold())
        sheet = book.add_worksheet(shown)
        for row, cells in enumerate(rows):
            for place, value in enumerate(cells):
                _cell(sheet, row, place, value, formats)
        for (where, row, place), said in wrong.items():
            if where == name:
                cells = rows[row] if row < len(rows) else []
                value = cells[place] if place < len(cells) else ""
                if value in ("", None):
                    sheet.write_blank(row, place, None, formats.bad)
                else:
                    _cell(sheet, row, place, value, formats, _bad(value, formats, book))
                sheet.write_comment(row, place, "\n".join(said), {"x_scale": 2})
    _list_faults(listed, profile, step_id, faults, formats, lang)
    book.close()
    return out.getvalue()


def _bad(value: Any, formats: _Formats, book: xlsxwriter.Workbook) -> Format:
    if isinstance(value, date):
        shape = "yyyy-mm-dd hh:mm:ss" if isinstance(value, datetime) else "yyyy-mm-dd"
        return book.add_format({"bg_color": "#F9D6D5", "font_color": "#7A1512", "num_format": shape})
    return formats.bad


def _list_faults(
    sheet: Worksheet, profile: Profile, step_id: str, faults: Sequence[CellFault], formats: _Formats, lang: Lang
) -> None:
    names = {column.name: _of(column.words, lang) for column in columns(profile, step_id)}
    header = (
        ("工作表", "单元格", "栏目", "问题", "依据", "规则")
        if lang == "zh"
        else ("Sheet", "Cell", "Column", "Problem", "Source", "Rule")
    )
    for place, text in enumerate(header):
        sheet.write_string(0, place, text, formats.header)
    for row, each in enumerate(faults, start=1):
        source = _of(each.article, lang) if each.article else ""
        cell = xl_rowcol_to_cell(each.row, each.place)
        told = (each.sheet, cell, names.get(each.column, each.column), _of(each.says, lang), source, each.rule)
        for place, text in enumerate(told):
            _cell(sheet, row, place, text, formats)
    for place, width in enumerate((14, 10, 20, 60, 40, 40)):
        sheet.set_column(place, place, width)
    sheet.freeze_panes(1, 0)
