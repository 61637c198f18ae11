"""Drawings as plain numbers that a template turns into SVG: the upright graph of origins, the route as stations.

Everything is laid out for a card on a phone (336 px inside), where one unit is one pixel and no text is under 12 px.
"""

from dataclasses import dataclass, field

WIDTH = 336
COLUMN, GUTTER = 160, 16  # two boxes side by side
SINGLE = 208  # the box of a level that has only one
LINE, PAD = 17, 9
TRACK, TRACKS = 5, 4  # lines to different boxes run beside each other in the gap between rows
STATIONS = 3  # stops of the route in one row
STOP_GAP = 108
STOP_TEXT = 92  # leaves room for the line to turn beside the last name of a row
TURN = 58
CLOSING = "，。、；：）》」』！？,.;:)]!?·"
OPENING = "（《「『(["
_LATIN = {**dict.fromkeys("iljtfrI.,:;'|()[]! ", 0.34), **dict.fromkeys("mwMW—…", 0.9)}  # of the height of the type


@dataclass(frozen=True, slots=True)
class Node:
    """One box: who or what, below it what more (a line each), where it leads."""

    key: str
    title: str
    sub: str = ""
    href: str = ""
    mark: str = ""  # "me", "more"


@dataclass(slots=True)
class Box:
    """A node with its place; y of each line of text is the baseline."""

    node: Node
    x: float
    y: float
    width: float
    height: float
    lines: list[tuple[float, str, str]] = field(default_factory=list)  # (y, class, text)

    @property
    def middle(self) -> float:
        return self.x + self.width / 2


@dataclass(slots=True)
class Drawing:
    """What the template needs; paths are SVG path data."""

    height: float
    boxes: list[Box] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)
    width: int = WIDTH


def text_width(text: str, size: float) -> float:
    """About how wide a text is in our fonts, in pixels: Chinese is square, Latin about half as wide as high."""
    return size * sum(
        1.0 if ord(c) > 0x2E7F else _LATIN.get(c, 0.64 if c.isupper() or c.isdigit() else 0.57) for c in text
    )


def wrap(text: str, width: float, size: float, lines: int) -> list[str]:
    """The text in at most so many lines of that width, about equally long; what does not fit ends in …"""
    rows = _fill(text, width, size, lines)
    narrower = width
    while len(rows) > 1 and not rows[-1].endswith("…") and narrower > width / 2:
        narrower -= size / 2
        tried = _fill(text, narrower, size, lines)
        if len(tried) > len(rows) or tried[-1].endswith("…"):
            break
        rows = tried
    return rows


def _may_break(before: str, after: str) -> bool:
    """Whether a line may end between two characters: not inside a Latin word or number, not against punctuation."""
    if after in CLOSING or before in OPENING:
        return False
    return " " in (before, after) or ord(before) > 0x2E7F or ord(after) > 0x2E7F


def _fill(text: str, width: float, size: float, lines: int) -> list[str]:
    """Line after line as full as can be; Latin words stay whole, no line begins with a closing mark."""
    rows: list[str] = []
    rest = text.strip()
    while rest and len(rows) < lines:
        end = len(rest)
        while end > 1 and text_width(rest[:end], size) > width:
            end -= 1
        if end < len(rest) and len(rows) == lines - 1:
            while end > 1 and text_width(rest[:end] + "…", size) > width:
                end -= 1
            return [*rows, rest[:end].rstrip() + "…"]
        cut = end
        while cut > 1 and cut < len(rest) and not _may_break(rest[cut - 1], rest[cut]):
            cut -= 1
        end = cut if cut > 1 else end
        rows.append(rest[:end].strip())
        rest = rest[end:].strip()
    return rows


def _box(node: Node, x: float, y: float, width: float) -> Box:
    box = Box(node, x, y, width, 0)
    at = y + PAD + 12
    for text in wrap(node.title, width - 22, 13, 2):
        box.lines.append((at, "t", text))
        at += LINE
    for text in node.sub.split("\n"):
        box.lines += [(at, "s", line) for line in wrap(text, width - 22, 12, 1)]
        at += LINE if text else 0
    box.height = at - 12 + PAD - 4 - y
    return box


def _corners(points: list[tuple[float, float]]) -> str:
    """Path data along the points, with round corners."""
    clean = [p for i, p in enumerate(points) if i == 0 or p != points[i - 1]]
    data = f"M{clean[0][0]:g} {clean[0][1]:g}"
    for before, here, after in zip(clean, clean[1:], clean[2:], strict=False):
        ends = []
        for other in (before, after):
            length = abs(other[0] - here[0]) + abs(other[1] - here[1])
            radius = min(5.0, length / 2)
            ends.append(tuple(h + (o - h) / length * radius for h, o in zip(here, other, strict=True)))
        data += f"L{ends[0][0]:g} {ends[0][1]:g}Q{here[0]:g} {here[1]:g} {ends[1][0]:g} {ends[1][1]:g}"
    return data + f"L{clean[-1][0]:g} {clean[-1][1]:g}"


def graph(levels: list[list[Node]], edges: set[tuple[str, str]]) -> Drawing:
    """Boxes level below level, two in a row, the farthest origin on top; edges run down from key to key.

    An edge that passes a row goes through the gap between its boxes, so no line ever crosses a box.
    """
    rows: list[list[Box]] = []
    tracks = min(TRACKS, max(1, len({target for _, target in edges})))
    gap = 16 + TRACK * tracks
    y = 2.0
    for level in levels:
        for start in range(0, len(level), 2):
            pair = level[start : start + 2]
            single = len(level) == 1
            width = SINGLE if single else COLUMN
            left = (WIDTH - SINGLE) / 2 if single else 0
            row = [_box(node, left + i * (COLUMN + GUTTER), y, width) for i, node in enumerate(pair)]
            height = max(box.height for box in row)
            for box in row:
                box.height = height
            rows.append(row)
            y += height + gap
    drawing = Drawing(height=y - gap + 2, boxes=[box for row in rows for box in row])
    where = {box.node.key: (index, box) for index, row in enumerate(rows) for box in row}
    targets = {key: i % TRACKS for i, key in enumerate(k for k in where if any(t == k for _, t in edges))}
    for source, target in sorted(edges):
        if source in where and target in where and where[source][0] < where[target][0]:
            drawing.paths.append(_edge(rows, where[source], where[target], targets[target], tracks))
    for key in targets:
        box = where[key][1]
        drawing.paths.append(
            f"M{box.middle - 4:g} {box.y - 6:g}L{box.middle:g} {box.y - 1:g}L{box.middle + 4:g} {box.y - 6:g}"
        )
    return drawing


def _edge(rows: list[list[Box]], start: tuple[int, Box], end: tuple[int, Box], track: int, tracks: int) -> str:
    index, source = start
    stop, target = end
    points = [(source.middle, source.y + source.height)]
    for row in range(index, stop):
        below = rows[row][0].y + rows[row][0].height + 7 + track * TRACK
        points.append((points[-1][0], below))
        if row + 1 == stop:
            points.append((target.middle, below))
        else:
            single = rows[row + 1][0].x > 0
            points.append(
                ((WIDTH - SINGLE) / 2 - 8 - track * 4 if single else WIDTH / 2 + (track - (tracks - 1) / 2) * 3, below)
            )
    return _corners([*points, (target.middle, target.y - 1)])


def route(stops: list[Node]) -> Drawing:
    """Places in order as stations on one line that turns at the end of each row (no map geometry: the order is the fact)."""
    drawing = Drawing(height=0)
    texts = [
        [("t", line) for line in wrap(node.title, STOP_TEXT, 13, 3)]
        + [("s", line) for line in wrap(node.sub, STOP_TEXT, 12, 1)]
        for node in stops
    ]
    y, data = 16.0, ""
    for start in range(0, len(stops), STATIONS):
        row = start // STATIONS
        for index, node in enumerate(stops[start : start + STATIONS]):
            column = index if row % 2 == 0 else STATIONS - 1 - index
            x = WIDTH / 2 + (column - 1) * STOP_GAP
            lines = [(y + 31 + 16 * n, kind, text) for n, (kind, text) in enumerate(texts[start + index])]
            data += _leg(drawing.boxes[-1] if drawing.boxes else None, x, y)
            drawing.boxes.append(Box(node, x, y, STOP_GAP, 0, lines))
        y += 50 + 16 * max(len(each) for each in texts[start : start + STATIONS])
    drawing.height = y - 24
    drawing.paths = [data] if len(stops) > 1 else []
    return drawing


def _leg(last: Box | None, x: float, y: float) -> str:
    """The line from the last station to the next: straight in a row, round the corner to the row below."""
    if last is None:
        return f"M{x:g} {y:g}"
    if last.y == y:
        return f"L{x:g} {y:g}"
    side = 1 if x > WIDTH / 2 else -1
    out, near = x + side * TURN, x + side * 25
    return f"H{near:g}C{out:g} {last.y:g} {out:g} {y:g} {near:g} {y:g}L{x:g} {y:g}"
