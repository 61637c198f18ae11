"""What people say of codes: the lot with its dates, a reason, a note. One check for our own codes and imported ones."""

from datetime import date
from typing import NamedTuple

from zhuisu.registry.issuing.errors import IssueError

MAX_LOT = 20  # characters of a lot number: GS1 General Specifications, AI (10)
MAX_TEXT = 200  # characters of a reason or a note


class Lot(NamedTuple):
    """What codes of one production run share."""

    lot: str = ""
    produced_on: date | None = None
    expires_on: date | None = None

    @property
    def given(self) -> bool:
        """Whether anything of it is said."""
        return any(self)


def lot_of(lot: str, produced_on: date | None, expires_on: date | None) -> Lot:
    """These as a Lot. Raises IssueError: "lot" where it is too long or cannot be printed, "dates" where it expires too early."""
    if len(lot) > MAX_LOT or not lot.isprintable() or lot != lot.strip():
        raise IssueError(
            "lot",
            f"a lot number has at most {MAX_LOT} characters that can be printed, without blanks around them",
            f"批号最多 {MAX_LOT} 个可打印字符，首尾不得有空白",
            "lot",
        )
    if produced_on and expires_on and expires_on < produced_on:
        raise IssueError(
            "dates",
            f"expires on {expires_on}, before it is produced on {produced_on}",
            f"有效期至 {expires_on} 早于生产日期 {produced_on}",
            "expires_on",
        )
    return Lot(lot, produced_on, expires_on)


def check_text(text: str, field: str) -> None:
    """Raises IssueError "reason" or "note", as the field is called, for a text that is too long or that no database holds."""
    name_zh = "原因" if field == "reason" else "备注"
    if len(text) > MAX_TEXT:
        raise IssueError(
            field,
            f"{field} has {len(text)} characters, at most {MAX_TEXT}",
            f"{name_zh}有 {len(text)} 个字符，最多 {MAX_TEXT} 个",
            field,
        )
    if any(char == "\0" or "\ud800" <= char <= "\udfff" for char in text):
        raise IssueError(field, f"{field} is no text in UTF-8", f"{name_zh}不是 UTF-8 文本", field)
