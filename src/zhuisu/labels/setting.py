"""Sets the words of a label: rows of name and value in a box, as large as they fit, never cut. Points, y downwards."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from zhuisu.labels.errors import LabelError
from zhuisu.labels.fonts import BOLD, REGULAR, width
from zhuisu.labels.layout import MM
from zhuisu.labels.template import Label, ticked
from zhuisu.labels.text import wrap

# GB 7718-2011 3.9 wants characters at least 1.8 mm high (K: from memory); a Chinese character of this font is 0.92 em high.
LEAST_TEXT_PT = 5.6
STEP_PT = 0.2  # finer steps are not seen
LEADING = 1.32  # of the size, from baseline to baseline
ASCENT = 0.86  # of the size: from the top of a Chinese character to the baseline
DESCENT = 0.12
TITLE = 1.55  # the title's size in that of the rows
ROW_GAP = 0.18  # of the size, between two rows
NAME_SHARE = 0.36  # a column of names wider than this leaves the values too little: then name and value run on
SHORT_SHARE = 0.47  # a row narrower than this part of the width may stand beside another
COMFORTABLE_PT = 7.0  # down to here names stand in a column of their own; below, run-in saves the room
RATHER_ALIGNED = 1.25  # a column of names is worth letters that are smaller by this
PAIRED_SHARE = 0.22  # with a wider column of names, two rows side by side look torn
SMALL_TITLE = 1.15  # a title shrinks this far, in the size of the rows, to stay on one line
PATIENCE = 0.88  # a size this much smaller is worth it where it leaves fewer lines with one or two characters


@dataclass(frozen=True, slots=True)
class Words:
    """A piece of a line."""

    x: float
    y: float  # the baseline
    text: str
    font: str
    size: float


@dataclass(frozen=True, slots=True)
class Box:
    """A box to tick, its top left corner and its side."""

    x: float
    y: float
    side: float
    ticked: bool


@dataclass(frozen=True, slots=True)
class Rule:
    """A line; as thick as `weight`."""

    x: float
    y: float
    to: float
    weight: float


@dataclass(frozen=True, slots=True)
class Band:
    """White words on black: a warning that the law wants to stand out."""

    x: float
    y: float
    wide: float
    high: float
    text: str
    size: float


Mark = Words | Box | Rule | Band


@dataclass(frozen=True, slots=True)
class Item:
    """One row to set: the field's key for messages, its name and what stands beside it."""

    key: str
    kind: str
    name: str
    value: str
    options: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Setting:
    """What was set: its marks within the box, and how high it came out."""

    marks: tuple[Mark, ...]
    high: float
    size: float
    wide: float  # of its widest title line
    widows: int  # last lines of one or two characters, and values that begin below their name


def items(label: Label, *, without: str = "") -> tuple[Item, ...]:
    """The rows of a label below its title: filled fields, fixed words, room to sign; `without` is drawn elsewhere."""
    made = []
    for one in label.template.fields:
        value = label.values.get(one.key, "") if one.kind != "fixed" else one.text
        shown = one.brief or not label.brief
        if shown and one.key not in (label.template.title, without) and (value or one.kind == "sign"):
            made.append(Item(one.key, one.kind, one.name, value, one.options))
    return tuple(made)


@lru_cache(maxsize=64)  # the labels of one batch differ in their code only
def set_in(
    heading: str, title: str, rows: tuple[Item, ...], wide: float, high: float, most: float, *, pairs: bool
) -> Setting:
    """The largest setting up to `most` points that fits into the box; LabelError "does-not-fit" where even the least does not.

    `pairs`: two short rows may stand side by side.
    """
    aligned = _best(heading, title, rows, wide, high, most, column=True, pairs=pairs)
    if aligned is not None and aligned.size * RATHER_ALIGNED >= most:
        return aligned
    running = _best(heading, title, rows, wide, high, most, column=False, pairs=pairs)
    if aligned is not None and (running is None or aligned.size * RATHER_ALIGNED >= running.size):
        return aligned
    if running is not None:
        return running
    least = _set(heading, title, rows, wide, LEAST_TEXT_PT, column=False, pairs=pairs)
    needs, has = (least.high if least else 0.0) / MM, max(0.0, high) / MM
    raise LabelError(
        "does-not-fit",
        f"the text needs {needs:.1f} mm of height at the least size and has {has:.1f} mm;"
        " take a larger label, shorter texts, or the small trace sticker",
        f"最小字号下文字需要 {needs:.1f} 毫米高，只有 {has:.1f} 毫米；请换大一些的标签、缩短文字，或改用追溯小标签",
    )


def _best(
    heading: str,
    title: str,
    rows: tuple[Item, ...],
    wide: float,
    high: float,
    most: float,
    *,
    column: bool,
    pairs: bool,
) -> Setting | None:
    """The largest size that fits, or one a little smaller that leaves fewer widows."""
    best: Setting | None = None
    size = most
    while size >= (COMFORTABLE_PT if column else LEAST_TEXT_PT) - 1e-6:
        if best is not None and (size < best.size * PATIENCE or not best.widows):
            break
        done = _set(heading, title, rows, wide, size, column=column, pairs=pairs)
        if done is not None and done.high <= high + 1e-6 and (best is None or done.widows < best.widows):
            best = done
        size -= STEP_PT
    return best


def _set(
    heading: str, title: str, rows: tuple[Item, ...], wide: float, size: float, *, column: bool, pairs: bool
) -> Setting | None:
    names = max((width(one.name, REGULAR, size) for one in rows if one.kind != "fixed"), default=0.0)
    if column and names > NAME_SHARE * wide:
        return None
    marks: list[Mark] = []
    y = 0.0
    if heading and title:
        marks.append(_band(heading, wide, size))
        y += size * 1.9
    if title or heading:
        large = _title_size(title or heading, wide, size)
        for line in wrap(title or heading, BOLD, large, wide):
            marks.append(Words(0, y + ASCENT * large, line, BOLD, large))
            y += large * 1.2
        if rows:
            marks.append(Rule(0, y + size * 0.22, wide, 0.5))
            y += size * 0.62
    indent = names + size * 0.8 if column else 0.0
    pairs = pairs and indent <= PAIRED_SHARE * wide
    for group in _groups(rows, wide, size, indent) if pairs else ([one] for one in rows):
        part = wide if len(group) == 1 else (wide - size) / 2
        deepest = y
        for number, one in enumerate(group):
            below = _row(marks, one, number * (part + size), y, part, size, indent)
            deepest = max(deepest, below)
        y = deepest + size * ROW_GAP
    return Setting(tuple(marks), y - (size * ROW_GAP if rows else 0), size, _title_wide(marks), _widows(marks, size))


def _title_wide(marks: list[Mark]) -> float:
    return max((width(one.text, one.font, one.size) for one in marks if isinstance(one, Words)), default=0.0)


def _title_size(text: str, wide: float, size: float) -> float:
    one_line = wide / max(width(text, BOLD, 1.0), 1e-6)
    return min(size * TITLE, one_line) if one_line >= size * SMALL_TITLE else size * TITLE


def _widows(marks: list[Mark], size: float) -> int:
    """Lines of a value that hold one or two characters, or none."""
    words = [one for one in marks if isinstance(one, Words) and one.size == size]
    later = [one for number, one in enumerate(words) if number and _continues(words[number - 1], one, size)]
    return sum(len(one.text) <= 2 for one in later) + sum(not one.text for one in words)


def _continues(above: Words, below: Words, size: float) -> bool:
    return abs(below.y - above.y - size * LEADING) < 1e-6


def _band(text: str, wide: float, size: float) -> Band:
    room = min(wide, width(text, BOLD, size * 1.05) + size * 1.2)
    return Band(0, 0, room, size * 1.6, text, size * 1.05)


def _groups(rows: tuple[Item, ...], wide: float, size: float, indent: float) -> Iterator[list[Item]]:
    waiting: list[Item] = []
    for one in rows:
        beside = indent or width(one.name + "：", REGULAR, size)
        short = one.kind == "text" and beside + width(one.value, REGULAR, size) <= SHORT_SHARE * wide
        if not short:
            if waiting:
                yield waiting
            waiting = []
            yield [one]
        else:
            waiting.append(one)
            if len(waiting) == 2:
                yield waiting
                waiting = []
    if waiting:
        yield waiting


def _row(marks: list[Mark], one: Item, x: float, y: float, wide: float, size: float, indent: float) -> float:
    """Sets one row and says where the next may begin; the last line's leading is counted."""
    step = size * LEADING
    base = y + ASCENT * size
    if one.kind == "fixed":
        head = width(one.name + "：", REGULAR, size)
        lines = wrap(one.value, REGULAR, size, wide, wide - head)
        marks.append(Words(x, base, f"{one.name}：", BOLD, size))
        marks += [
            Words(x + (0 if number else head), base + number * step, line, REGULAR, size)
            for number, line in enumerate(lines)
        ]
        return y + step * len(lines)
    name = one.name if indent else f"{one.name}："
    begin = indent or width(name, REGULAR, size)
    marks.append(Words(x, base, name, REGULAR, size))
    if one.kind == "sign":
        marks.append(Rule(x + begin, base + size * 0.9, x + wide, 0.4))
        return y + step * 1.9
    if one.kind == "ticks":
        return _ticks(marks, one, (x + begin, y), wide - begin, size)
    if indent:
        lines = wrap(one.value, REGULAR, size, wide - begin)
        for number, line in enumerate(lines):
            marks.append(Words(x + begin, base + number * step, line, REGULAR, size))
        return y + step * len(lines)
    lines = wrap(one.value, REGULAR, size, wide, wide - begin)
    for number, line in enumerate(lines):
        marks.append(Words(x + (0 if number else begin), base + number * step, line, REGULAR, size))
    return y + step * len(lines)


def _ticks(marks: list[Mark], one: Item, at: tuple[float, float], wide: float, size: float) -> float:
    """Every option with its box, those that are chosen ticked; an option stands on one line."""
    chosen = ticked(one.value)
    left, y = at
    x = left
    side = size * 0.82
    for option in one.options:
        takes = side + size * 0.3 + width(option, REGULAR, size)
        if x > left and x + takes > left + wide:
            x, y = left, y + size * LEADING
        base = y + ASCENT * size
        marks.append(Box(x, base - side + size * 0.06, side, option in chosen))
        marks.append(Words(x + side + size * 0.3, base, option, REGULAR, size))
        x += takes + size * 0.9
    return y + size * LEADING
