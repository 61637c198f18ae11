"""Prints labels on sheets or rolls as one PDF, fonts embedded, and a page that shows whether a printer keeps its measure."""

import io
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from reportlab import rl_config
from reportlab.pdfgen.canvas import Canvas

from zhuisu.codes.model import CodeError
from zhuisu.labels import fonts
from zhuisu.labels.drawing import Pen, draw
from zhuisu.labels.errors import LabelError
from zhuisu.labels.layout import MM, Layout
from zhuisu.labels.template import Label, Template, checked, missing
from zhuisu.labels.text import clean

rl_config.useA85 = 0  # PDF has been binary for thirty years: text armour makes the file a quarter larger and slower

# One print job: about the labels of three hours on a desktop printer, and a file that every PDF reader opens at once.
MAX_LABELS = 10_000
CROP_MM = 3.0  # length of a crop mark


def pdf(labels: Iterable[Label], layout: Layout, *, start: int = 0) -> bytes:
    """All labels as one PDF, in their order; `start` leaves that many places of the first sheet free (used paper).

    Raises LabelError that names the label by its number and the field by its key: "missing" where the law wants a field
    that is empty (brief labels excepted), "does-not-fit", "module", "glyph", "characters", "font", "start", "too-many".
    """
    fonts.load()
    if not 0 <= start < layout.per_page:
        raise LabelError(
            "start",
            f"a sheet has {layout.per_page} places; {start} cannot be left free",
            f"每页 {layout.per_page} 个位置，不能空出 {start} 个",
        )
    buffer = io.BytesIO()
    canvas = _canvas(buffer, layout)
    at = start
    printable = Printable()
    for number, label in enumerate(labels, 1):
        if number > MAX_LABELS:
            raise LabelError(
                "too-many",
                f"one file takes {MAX_LABELS:,} labels; print the rest in another",
                f"一个文件最多 {MAX_LABELS} 张标签，请分批打印",
            )
        if at == layout.per_page:
            canvas.showPage()
            at = 0
        left, top = layout.place(at)
        pen = Pen(canvas, left * MM, top * MM, _page(layout)[1], 72 / layout.dpi)
        try:
            draw(pen, printable.label(label), *layout.label)
        except CodeError as error:
            raise LabelError(
                error.rule, f"label {number}: {error.message}", f"第 {number} 张：{error.message_zh}"
            ) from error
        except LabelError as error:
            raise LabelError(
                error.rule, f"label {number}: {error.message}", f"第 {number} 张：{error.message_zh}", error.field
            ) from error
        if layout.crop_marks:
            _crop_marks(canvas, layout, left, top)
        at += 1
    canvas.save()
    return buffer.getvalue()


def calibration(layout: Layout) -> bytes:
    """One page to lay over the label paper: every place outlined, two rulers, and what to do when they are off."""
    fonts.load()
    buffer = io.BytesIO()
    canvas = _canvas(buffer, layout)
    wide, high = _page(layout)
    canvas.setLineWidth(0.3)
    for number in range(layout.per_page):
        left, top = layout.place(number)
        canvas.rect(left * MM, high - (top + layout.label[1]) * MM, layout.label[0] * MM, layout.label[1] * MM)
        canvas.setFont(fonts.MONO, 7)
        canvas.drawString(left * MM + 6, high - top * MM - 12, str(number + 1))
    _rulers(canvas, layout, wide, high)
    canvas.save()
    return buffer.getvalue()


def _rulers(canvas: Any, layout: Layout, wide: float, high: float) -> None:
    length = int(min(100, layout.page[0] - 10) // 10 * 10)
    left, base = (wide - length * MM) / 2, high / 2
    for millimetre in range(length + 1):
        tall = 4 if millimetre % 10 == 0 else 2.6 if millimetre % 5 == 0 else 1.6
        canvas.line(left + millimetre * MM, base, left + millimetre * MM, base + tall * MM)
    words = (
        f"此线应长 {length} 毫米；不符时请在打印对话框选“实际大小”（100%）。",
        f"This line is {length} mm long; if not, print at actual size (100 %).",
    )
    for number, text in enumerate(words):
        size = min(7.0, 7.0 * (wide - 12) / fonts.width(text, fonts.REGULAR, 7.0))
        canvas.setFont(fonts.REGULAR, size)
        canvas.drawCentredString(wide / 2, base - 10 - number * 10, text)


def _page(layout: Layout) -> tuple[float, float]:
    """The page in points; a roll's is a whole number of dots, so that the printer need not scale it."""
    wide, high = layout.page[0] * MM, layout.page[1] * MM
    if layout.per_page > 1:
        return wide, high
    dot = 72 / layout.dpi
    return round(wide / dot) * dot, round(high / dot) * dot


def _canvas(buffer: io.BytesIO, layout: Layout) -> Any:
    """invariant: the same labels make the same bytes, and no clock is read."""
    canvas = Canvas(buffer, pagesize=_page(layout), invariant=1, pageCompression=1, initialFontName=fonts.REGULAR)
    canvas.setTitle("zhuisu labels")
    canvas.setViewerPreference("PrintScaling", "None")
    return canvas


class Printable:
    """Makes the texts of labels fit to print; what was looked at for the label before is not looked at again."""

    def __init__(self) -> None:
        self._before: tuple[Template, bool, dict[str, str]] | None = None
        self._values: dict[str, str] = {}

    def label(self, label: Label) -> Label:
        """The same label with cleaned texts; raises LabelError."""
        told = (label.template, label.brief, dict(label.values))
        if told != self._before:
            self._values = _values(label)
            self._before = told
        code, link = clean(label.code), clean(label.link)
        if not code or not link:
            raise LabelError("empty", "a label needs a code and a link", "标签须有代码和链接")
        fonts.check(code, fonts.MONO)
        fonts.check(link, fonts.REGULAR)
        return replace(label, values=self._values, code=code, link=link)


def _values(label: Label) -> dict[str, str]:
    checked(label.template, label.values)
    if not label.brief and (empty := missing(label.template, label.values)):
        names = "、".join(one.name for one in empty)
        english = ", ".join(one.name_en for one in empty)
        raise LabelError(
            "missing", f"the law wants on this label: {english}", f"缺少依法应标注的内容：{names}", empty[0].key
        )
    values = {}
    for key, value in label.values.items():
        values[key] = clean(value, key)
        fonts.check(values[key], fonts.BOLD if key == label.template.title else fonts.REGULAR, key)
    return values


def _crop_marks(canvas: Any, layout: Layout, left: float, top: float) -> None:
    high = _page(layout)[1]
    canvas.setLineWidth(0.2)
    reach = min(CROP_MM, 0.2 * min(layout.label))
    for x, inward_x in ((left, 1), (left + layout.label[0], -1)):
        for y, inward_y in ((top, 1), (top + layout.label[1], -1)):
            canvas.line(x * MM, high - y * MM, (x + inward_x * reach * 0.4) * MM, high - y * MM)
            canvas.line(x * MM, high - y * MM, x * MM, high - (y + inward_y * reach * 0.4) * MM)
