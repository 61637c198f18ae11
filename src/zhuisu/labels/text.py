"""Text on its way to paper: what may not stand on a label, and where a Chinese or Latin line may break."""

import re
import unicodedata

from zhuisu.labels.errors import LabelError
from zhuisu.labels.fonts import width

# An ingredients list of a large pack; more fits on no label of ours at the least size of letters.
MAX_TEXT_LENGTH = 1000

# Shown as nothing: they come along when text is copied from a page, and printing is the same without them.
_INVISIBLE = dict.fromkeys(map(ord, "\u00ad\u200b\u200c\u200d\u2060\ufeff"))
# A unit keeps closing signs with what stands before and opening signs with what follows (GB/T 15834, line breaks).
_UNIT = re.compile(r"[（《〈「『“‘〔【(\[]*(?:[!-~\u00c0-\u024f]+|.)[，。、；：）》〉」』”’〕】！？…%‰℃]*")


def clean(text: str, field: str = "") -> str:
    """The text as it is printed: composed, blanks made one, invisible characters gone.

    Raises LabelError "length", or "characters" for control characters and marks that turn the direction of writing
    (a label must not read otherwise than it is stored), for unattached accents and for private characters.
    """
    composed = unicodedata.normalize("NFC", text.translate(_INVISIBLE))
    if len(composed) > MAX_TEXT_LENGTH:
        raise LabelError(
            "length",
            f"{len(composed)} characters are too many for a label; at most {MAX_TEXT_LENGTH}",
            f"文字过长：{len(composed)} 个字符，最多 {MAX_TEXT_LENGTH} 个",
            field,
        )
    line = " ".join(composed.split())
    for at, character in enumerate(line, 1):
        if unicodedata.category(character) in ("Cc", "Cf", "Co", "Cs", "Mn", "Me"):
            raise LabelError(
                "characters",
                f"character {at} (U+{ord(character):04X}) is a control or combining character and cannot be printed",
                f"第 {at} 个字符（U+{ord(character):04X}）是控制字符或组合符号，不能打印",
                field,
            )
    return line


def wrap(text: str, font: str, size: float, room: float, first: float | None = None) -> list[str]:
    """The lines of a text in `room` points of width; `first` is the room of the first line where it differs.

    Breaks between Chinese characters and between Latin words; a word longer than a line is broken where the line ends.
    """
    lines: list[str] = []
    line, left = "", room if first is None else first
    for unit in _UNIT.findall(text):
        for piece in [unit] if width(unit.strip(), font, size) <= room else _pieces(unit, font, size, room):
            if line and width((line + piece).rstrip(), font, size) > left:
                lines.append(line.rstrip())
                line, left = "", room
            elif not line and not lines and first is not None and width(piece.strip(), font, size) > left:
                lines.append("")  # not even one unit stands beside the name: begin below it
                left = room
            line += piece if line else piece.lstrip()
    return [*lines, line.rstrip()] if line or not lines else lines


def _pieces(unit: str, font: str, size: float, room: float) -> list[str]:
    pieces, piece = [], ""
    for character in unit:
        if piece and width(piece + character, font, size) > room:
            pieces.append(piece)
            piece = ""
        piece += character
    return [*pieces, piece]
