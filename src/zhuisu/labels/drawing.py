"""Draws one label: symbol on whole printer dots, code in groups, words beside or above. Points, y downwards from the top."""

from dataclasses import dataclass
from math import ceil, floor
from typing import Any

from reportlab.pdfgen.pathobject import PDFPathObject

from zhuisu.codes.gs1_link import parse_digital_link
from zhuisu.labels import setting
from zhuisu.labels.errors import LabelError
from zhuisu.labels.fonts import BOLD, MONO, REGULAR, width
from zhuisu.labels.layout import MM
from zhuisu.labels.outline import Loop
from zhuisu.labels.symbols import Symbol, symbol
from zhuisu.labels.template import Label

# Below a quarter of a millimetre telephones and thermal heads fail (GS1 General Specifications 5.12 begins at 0.254 mm).
LEAST_MODULE_MM = 0.25
LEAST_DOTS = 2  # a module of one dot spreads or vanishes with the heat of the printer's head
# GS1 General Specifications 5.12, table 2: for scanning in warehouses GS1-128 has modules from 0.495 mm and bars of
# 31.75 mm (from memory). 0.51 is a whole number of dots of every printer here: 4, 6 and 12.
BAR_MODULE_MM = 0.51
BAR_HIGH_MM = 31.75
LEAST_CODE_PT = 6.0
COMFORTABLE_CODE_PT = 6.2  # from here on two lines are better than larger letters on four
CODE_COLUMN_PT = 36.0  # two groups of four at 6.6 points, below a symbol that is smaller than that
MONO_WIDE = 0.6  # every character of the mono font, in its size
MONO_ASCENT = 0.72  # height of its capitals
STACK_MM = (
    85.0  # from this width on there is room for bars; square labels from here on have their words above the symbol
)
LEAST_TEXT = setting.LEAST_TEXT_PT
SCAN = "扫码查询追溯信息"


@dataclass(frozen=True, slots=True)
class Pen:
    """A canvas whose origin is the top left corner of one label."""

    canvas: Any
    left: float
    top: float
    page_high: float
    dot: float  # points of one printer dot

    def words(self, x: float, y: float, text: str, font: str, size: float) -> None:
        """Writes with the baseline at y."""
        self.canvas.setFont(font, size)
        self.canvas.drawString(self.left + x, self.page_high - self.top - y, text)

    def rule(self, x: float, y: float, to: float, weight: float) -> None:
        """A level line."""
        self.canvas.setLineWidth(weight)
        at = self.page_high - self.top - y
        self.canvas.line(self.left + x, at, self.left + to, at)

    def box(self, one: setting.Box) -> None:
        """A box, ticked or not."""
        x, y = self.left + one.x, self.page_high - self.top - one.y - one.side
        self.canvas.setLineWidth(one.side * 0.09)
        self.canvas.rect(x, y, one.side, one.side)
        if one.ticked:
            self.canvas.setLineWidth(one.side * 0.15)
            self.canvas.line(x + one.side * 0.18, y + one.side * 0.5, x + one.side * 0.42, y + one.side * 0.22)
            self.canvas.line(x + one.side * 0.42, y + one.side * 0.22, x + one.side * 0.84, y + one.side * 0.8)

    def band(self, one: setting.Band) -> None:
        """White words on black."""
        x, y = self.left + one.x, self.page_high - self.top - one.y - one.high
        self.canvas.rect(x, y, one.wide, one.high, stroke=0, fill=1)
        self.canvas.setFillGray(1)
        self.canvas.setFont(BOLD, one.size)
        self.canvas.drawCentredString(x + one.wide / 2, y + one.high / 2 - one.size * 0.37, one.text)
        self.canvas.setFillGray(0)

    def snapped(self, x: float, y: float) -> tuple[float, float]:
        """The nearest whole dot of the page, counted from its top left."""
        return (
            round((self.left + x) / self.dot) * self.dot - self.left,
            round((self.top + y) / self.dot) * self.dot - self.top,
        )

    def symbol(self, one: Symbol, x: float, y: float, dots: int, bars: float = 0.0) -> None:
        """A symbol with its first dark module at (x, y), which are moved to the nearest dot; `bars`: height of bars."""
        x, y = self.snapped(x, y)
        module = dots * self.dot
        down = module
        if one.linear:
            down = round(bars / self.dot) * self.dot
            path = " ".join(f"{start} -1 {run} 1 re" for start, run in one.runs())
        else:
            path = " ".join(_path(loop) for loop in one.loops())
        self.canvas.saveState()
        self.canvas.transform(module, 0, 0, down, self.left + x, self.page_high - self.top - y)
        # Whole numbers in a scale of modules: ten times faster to write than points, and exact.
        self.canvas.drawPath(PDFPathObject([path]), stroke=0, fill=1)
        self.canvas.restoreState()

    def marks(self, one: setting.Setting, x: float, y: float) -> None:
        """Everything that was set, moved to (x, y)."""
        moved = Pen(self.canvas, self.left + x, self.top + y, self.page_high, self.dot)
        for mark in one.marks:
            match mark:
                case setting.Words():
                    moved.words(mark.x, mark.y, mark.text, mark.font, mark.size)
                case setting.Rule():
                    moved.rule(mark.x, mark.y, mark.to, mark.weight)
                case setting.Box():
                    moved.box(mark)
                case setting.Band():
                    moved.band(mark)


def _path(loop: Loop) -> str:
    (x, y), *others = loop
    return f"{x} {-y} m " + " ".join(f"{x} {-y} l" for x, y in others) + " h"


def draw(pen: Pen, label: Label, wide_mm: float, high_mm: float) -> None:
    """Draws the label into its place; raises LabelError where something does not fit."""
    wide, high = wide_mm * MM, high_mm * MM
    if not setting.items(label) and not label.template.heading:
        _alone(pen, label, wide, high)
    elif min(wide_mm, high_mm) >= STACK_MM or high > wide:
        _stacked(pen, label, wide, high)
    else:
        _beside(pen, label, wide, high)


def square(label: Label) -> Symbol:
    """The label's square symbol: of its link, or of the lines that its kind of product prescribes."""
    template = label.template
    kind = label.symbol or template.symbol
    if template.lines and not kind.startswith("gs1-"):
        filled = {**label.values, "code": label.code.replace(" ", ""), "link": label.link}
        data = "\r\n".join(line.format_map(_Filled(filled)) for line in template.lines)
    elif kind.startswith("gs1-"):
        data = "".join(f"({ai}){value}" for ai, value in parse_digital_link(label.link).ais)
    else:
        data = label.link
    return symbol(kind, data, ecc=template.ecc)


def bars(label: Label) -> Symbol | None:
    """The label's linear symbol, if its template has one: the SSCC that was given, else the code itself."""
    told = label.template.linear
    value = label.values.get(told, "") if told not in ("", "code") else ""
    if value:
        return symbol("gs1-128", value if value.startswith("(") else f"(00){value.replace(' ', '')}")
    return symbol("code128", label.code.replace(" ", "")) if told else None


class _Filled(dict[str, str]):
    def __missing__(self, key: str) -> str:
        return ""


def dots_for(one: Symbol, room: float, dot: float, wished_mm: float) -> int:
    """Printer dots for one module so that the symbol with its quiet zone is at most `room` points wide, and no larger than
    wished: beyond that it is no easier to read and takes the words their room.

    Raises LabelError "module" where a module would be smaller than can be printed and read.
    """
    takes = one.columns + 2 * one.quiet
    wished = max(floor(wished_mm * MM / dot + 0.01), LEAST_DOTS)
    dots = min(floor(room / takes / dot + 1e-6), wished)
    least = max(LEAST_DOTS, ceil(LEAST_MODULE_MM * MM / dot - 0.02))
    if dots < least:
        raise LabelError(
            "module",
            f"the symbol has {takes} modules with its quiet zone and needs {takes * least * dot / MM:.1f} mm;"
            f" there are {room / MM:.1f} mm. Take a larger label or a shorter link",
            f"符号连同空白区共 {takes} 个模块，至少需要 {takes * least * dot / MM:.1f} 毫米，只有 {room / MM:.1f} 毫米；"
            "请换大一些的标签或缩短链接",
        )
    return dots


@dataclass(frozen=True, slots=True)
class CodeLines:
    """The code in groups, on as many lines as let it stand largest."""

    lines: tuple[str, ...]
    size: float

    @property
    def high(self) -> float:
        """From the top of the first line to the baseline of the last."""
        return self.size * (MONO_ASCENT + 1.12 * (len(self.lines) - 1))


def code_lines(code: str, wide: float, high: float, most: float) -> CodeLines:
    """Breaks the code between its groups; raises LabelError "does-not-fit" below the least size."""
    groups = code.split() if " " in code.strip() else [code]
    best = CodeLines((), 0.0)
    for count in range(1, len(groups) + 1):
        if count > 2 and best.size >= COMFORTABLE_CODE_PT:
            break
        each = ceil(len(groups) / count)
        lines = tuple(" ".join(groups[at : at + each]) for at in range(0, len(groups), each))
        size = _code_size(lines, wide, high, most)
        if size > best.size + 0.01:
            best = CodeLines(lines, size)
    if best.size < LEAST_CODE_PT and len(groups) == 1:
        for each in range(len(code), 3, -1):
            lines = tuple(code[at : at + each] for at in range(0, len(code), each))
            if (size := _code_size(lines, wide, high, most)) > best.size + 0.01:
                best = CodeLines(lines, size)
    if best.size < LEAST_CODE_PT:
        raise LabelError(
            "does-not-fit",
            f"the code does not fit beside its symbol at {LEAST_CODE_PT:g} points; take a larger label",
            f"代码在最小字号 {LEAST_CODE_PT:g} 磅下仍放不下，请换大一些的标签",
        )
    return best


def _code_size(lines: tuple[str, ...], wide: float, high: float, most: float) -> float:
    longest = max(map(len, lines))
    return min(most, wide / (longest * MONO_WIDE), high / (MONO_ASCENT + 1.12 * (len(lines) - 1)))


def _write_code(pen: Pen, one: CodeLines, x: float, y: float, wide: float | None = None) -> None:
    """Writes the code from its top left; centred in `wide` where that is given."""
    for number, line in enumerate(one.lines):
        begin = x if wide is None else x + (wide - width(line, MONO, one.size)) / 2
        pen.words(begin, y + one.size * (MONO_ASCENT + 1.12 * number), line, MONO, one.size)


def _title(label: Label) -> str:
    return label.values.get(label.template.title, "") if label.template.title else ""


def _wished(wide: float, high: float) -> float:
    """The module that a label of this size, in points, can afford."""
    if min(wide, high) < 58 * MM:
        return 0.5
    return 0.6 if high < 120 * MM else 0.75


def _beside(pen: Pen, label: Label, wide: float, high: float) -> None:
    """Symbol on the left, the code below it, words on the right."""
    margin = _margin(wide, high)
    one = square(label)
    room = high - 2 * margin
    dots = dots_for(one, min(0.44 * wide, 0.8 * room + margin), pen.dot, _wished(wide, high))
    module = dots * pen.dot
    quiet, dark = one.quiet * module, one.columns * module
    x = y = max(margin, quiet)
    column = max(dark, min(CODE_COLUMN_PT, 0.4 * wide))
    pen.symbol(one, x + (column - dark) / 2, y, dots)
    below = y + dark + quiet
    _write_code(pen, code_lines(label.code, column, high - margin - below, 11), x, below, column)
    begin = x + column + max(quiet, margin)
    done = setting.set_in(
        label.template.heading,
        _title(label),
        setting.items(label),
        wide - begin - margin,
        high - margin - y,
        10.0 if high < 60 * MM else 11.0,
        pairs=wide > 90 * MM,
    )
    pen.marks(done, begin, y)


def _alone(pen: Pen, label: Label, wide: float, high: float) -> None:
    """Symbol and code, with a name at most: side by side on a wide label, one above the other on another."""
    margin = _margin(wide, high)
    one = square(label)
    title = _title(label)
    broad = wide >= 1.25 * high
    room = min(0.5 * wide, high) if broad else min(wide, 0.66 * high)
    dots = dots_for(one, room, pen.dot, 0.75)
    quiet, dark = one.quiet * dots * pen.dot, one.columns * dots * pen.dot
    x = max(margin, quiet) if broad else (wide - dark) / 2
    left = x + dark + max(quiet, margin) if broad else margin
    words = wide - margin - left
    most = 0.5 * (high - 2 * margin) if broad else high - 2 * margin - dark - quiet
    named = setting.set_in("", title, (), words, 0.5 * most, 10.0, pairs=False) if title else None
    above = named.high + margin if named else 0.0
    code = code_lines(label.code, words, most - (0 if broad else above), 18)
    if broad:
        pen.symbol(one, x, (high - dark) / 2, dots)
        y = (high - above - code.high) / 2
    else:
        y = (high - dark - quiet - above - code.high) / 2
        pen.symbol(one, x, y, dots)
        y += dark + quiet
    if named:
        pen.marks(named, left if broad else left + (words - named.wide) / 2, y)
    _write_code(pen, code, left, y + above, None if broad else words)


def _stacked(pen: Pen, label: Label, wide: float, high: float) -> None:
    """Words above; below a rule the symbol with the code beside it, and bars under all where the template has them."""
    margin = _margin(wide, high)
    inner = wide - 2 * margin
    one, linear = square(label), bars(label) if wide > STACK_MM * MM else None
    wished = _wished(wide, high) if linear is None else min(0.6, _wished(wide, high) - 0.1)
    dots = dots_for(one, min(0.5 * wide, 0.36 * high), pen.dot, wished)
    quiet, dark = one.quiet * dots * pen.dot, one.columns * dots * pen.dot
    bottom = high - max(margin, quiet if linear is None else 0)
    if linear is not None:
        bottom = _bars(pen, linear, label, wide, high, margin) - quiet
    x, top = max(margin, quiet), bottom - dark
    pen.symbol(one, x, top, dots)
    begin = x + dark + max(quiet, margin)
    beside = wide - margin - begin
    small = min(9.0, max(LEAST_TEXT, dark * 0.13))
    if width(SCAN, BOLD, small) <= beside:
        pen.words(begin, top + small * 0.86, SCAN, BOLD, small)
    code = code_lines(label.code, beside, 0.6 * dark, 19)
    _write_code(pen, code, begin, top + (dark - code.high) / 2 + 0.2 * small)
    if link := _shortened(label.link, beside):
        pen.words(begin, top + dark - 0.12 * LEAST_TEXT, link, REGULAR, LEAST_TEXT)
    line = top - max(quiet, 0.7 * margin)
    pen.rule(margin, line, wide - margin, 0.5)
    rows = setting.items(label, without=label.template.linear if linear is not None else "")
    room = line - 0.6 * margin - margin
    most = 12.0 if min(wide, high) > STACK_MM * MM else 10.0
    done = setting.set_in(label.template.heading, _title(label), rows, inner, room, most, pairs=wide > 70 * MM)
    pen.marks(done, margin, margin)


def _margin(wide: float, high: float) -> float:
    return min(max(0.045 * min(wide, high), 1.5 * MM), 4 * MM)


def _bars(pen: Pen, one: Symbol, label: Label, wide: float, high: float, margin: float) -> float:
    """Bars with their text below, centred at the foot of the label; says where they begin."""
    module = BAR_MODULE_MM if one.kind == "gs1-128" else 0.4
    dots = dots_for(one, wide, pen.dot, module)
    across = one.columns * dots * pen.dot
    text = one.text if one.kind == "gs1-128" else label.code
    size = min(9.0, across / (MONO_WIDE * len(text)))
    tall = min(BAR_HIGH_MM * MM, 0.22 * high)
    top = high - margin - size * 1.3 - tall
    pen.symbol(one, (wide - across) / 2, top, dots, tall)
    pen.words((wide - width(text, MONO, size)) / 2, high - margin - size * 0.1, text, MONO, size)
    return top


def _shortened(link: str, wide: float) -> str:
    """The link without its protocol, or nothing where the line is too long for it: the symbol says it anyway."""
    said = link.partition("://")[2] or link
    return said if width(said, REGULAR, LEAST_TEXT) <= wide else ""
