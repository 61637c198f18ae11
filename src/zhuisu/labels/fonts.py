"""The three fonts of a label: found beside this file, registered once, embedded as subsets. Widths and what they can show."""

from functools import cache
from pathlib import Path

from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFError, TTFont

from zhuisu.labels.errors import LabelError

FOLDER = Path(__file__).with_name("fonts")
REGULAR, BOLD, MONO = "NotoSansSC-Regular", "NotoSansSC-Bold", "NotoSansMono-Medium"
ADVICE = "python -m zhuisu.config.assets"


@cache
def load() -> None:
    """Makes the fonts known to the PDF writer; raises LabelError "font" that says what to run where they are missing."""
    for name in (REGULAR, BOLD, MONO):
        try:
            font = TTFont(name, FOLDER / f"{name}.ttf")
        except (OSError, TTFError) as error:
            raise LabelError(
                "font",
                f"the font {name} is not here, so that labels cannot be printed; run: {ADVICE}",
                f"缺少字体 {name}，无法打印标签；请运行：{ADVICE}",
            ) from error
        pdfmetrics.registerFont(font)


def width(text: str, font: str, size: float) -> float:
    """How wide a line is, in points, at this size in points."""
    return float(pdfmetrics.stringWidth(text, font, size))


def check(text: str, font: str, field: str = "") -> None:
    """Refuses what the font has no picture for: LabelError "glyph" that names the character and its place."""
    known = pdfmetrics.getFont(font).face.charToGlyph
    for at, character in enumerate(text, 1):
        if ord(character) not in known:
            raise LabelError(
                "glyph",
                f"the font cannot show {character} (U+{ord(character):04X}, character {at})",
                f"字体中没有“{character}”（U+{ord(character):04X}，第 {at} 个字符），不能打印",
                field,
            )
