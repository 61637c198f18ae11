"""Drawings of figures as SVG: bars of goals against their limits, lines over sizes on two logarithmic axes."""

import math
from collections.abc import Mapping, Sequence
from html import escape

WIDTH, HEIGHT = 360, 250  # a phone shows them as they are, a large screen larger
LEFT, RIGHT, TOP, BOTTOM = 46, 12, 12, 34
# Ten times beyond its limit either way: further out a bar only says "far".
FAR = 10.0
SHAPES = ("circle", "square", "triangle", "diamond", "cross", "bar", "ring", "dot")

Points = Sequence[tuple[float, float]]


def bar(score: float, state: str) -> str:
    """How far a figure lies on the good side (right) or the bad one of its limit (the middle), at most FAR times."""
    reach = max(-1.0, min(1.0, math.log(max(score, 1e-9)) / math.log(FAR)))
    start, width = (50.0, reach * 50) if reach >= 0 else (50 + reach * 50, -reach * 50)
    return (
        '<svg class="bar" viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true">'
        '<rect class="ground" x="0" y="0" width="100" height="10"/>'
        f'<rect class="{state}" x="{start:.2f}" y="1.5" width="{max(width, 0.6):.2f}" height="7"/>'
        '<line class="limit" x1="50" x2="50" y1="0" y2="10"/></svg>'
    )


def lines(series: Mapping[str, Points], x_label: str, y_label: str, title: str) -> str:
    """One line for each series over logarithmic axes; all numbers must be above 0."""
    points = [point for each in series.values() for point in each]
    across, up = _axis([x for x, _ in points]), _axis([y for _, y in points])

    def x_of(value: float) -> float:
        return LEFT + across.place(value) * (WIDTH - LEFT - RIGHT)

    def y_of(value: float) -> float:
        return HEIGHT - BOTTOM - up.place(value) * (HEIGHT - TOP - BOTTOM)

    parts = [f'<svg class="chart" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(title)}">']
    for value in across.decades():
        parts.append(
            f'<line class="grid" x1="{x_of(value):.1f}" x2="{x_of(value):.1f}" y1="{TOP}" y2="{HEIGHT - BOTTOM}"/>'
        )
        parts.append(
            f'<text x="{x_of(value):.1f}" y="{HEIGHT - BOTTOM + 13}" text-anchor="middle">{short(value)}</text>'
        )
    for value in up.decades():
        parts.append(
            f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y_of(value):.1f}" y2="{y_of(value):.1f}"/>'
        )
        parts.append(f'<text x="{LEFT - 5}" y="{y_of(value) + 3.5:.1f}" text-anchor="end">{short(value)}</text>')
    for place, held in enumerate(series.values()):
        placed = [(x_of(x), y_of(y)) for x, y in sorted(held)]
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in placed)
        parts.append(f'<g class="s{place % len(SHAPES)}"><polyline points="{path}"/>')
        parts += [mark(place, x, y) for x, y in placed]
        parts.append("</g>")
    parts.append(f'<text class="axis" x="{WIDTH - RIGHT}" y="{HEIGHT - 4}" text-anchor="end">{escape(x_label)}</text>')
    parts.append(f'<text class="axis" x="{LEFT}" y="{HEIGHT - 4}">{escape(y_label)} ↑</text></svg>')
    return "".join(parts)


class _Axis:
    """A logarithmic axis over whole decades."""

    def __init__(self, first: int, last: int) -> None:
        self.first, self.last = first, last

    def place(self, value: float) -> float:
        return (math.log10(value) - self.first) / (self.last - self.first)

    def decades(self) -> list[float]:
        step = 1 if self.last - self.first <= 7 else 2
        return [10.0**power for power in range(self.first, self.last + 1, step)]


def _axis(values: Sequence[float]) -> _Axis:
    first, last = math.floor(math.log10(min(values))), math.ceil(math.log10(max(values)))
    return _Axis(first, max(last, first + 1))


def mark(place: int, x: float, y: float, half: float = 3.2) -> str:
    """The mark of one series, so that nobody needs to tell colours apart."""
    shape = SHAPES[place % len(SHAPES)]
    corners = {
        "square": ((-1, -1), (1, -1), (1, 1), (-1, 1)),
        "triangle": ((0, -1.2), (1.1, 0.9), (-1.1, 0.9)),
        "diamond": ((0, -1.3), (1.3, 0), (0, 1.3), (-1.3, 0)),
        "cross": ((-1, -0.35), (1, -0.35), (1, 0.35), (-1, 0.35)),
        "bar": ((-0.35, -1.2), (0.35, -1.2), (0.35, 1.2), (-0.35, 1.2)),
    }.get(shape)
    if corners:
        path = " ".join(f"{x + a * half:.1f},{y + b * half:.1f}" for a, b in corners)
        return f'<polygon points="{path}"/>'
    size = {"circle": 1.0, "ring": 1.0, "dot": 0.6}[shape] * half
    return f'<circle class="{shape}" cx="{x:.1f}" cy="{y:.1f}" r="{size:.1f}"/>'


def short(value: float) -> str:
    """1k, 10M, 0.01: what fits under a tick."""
    for size, letter in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if value >= size:
            return f"{value / size:g}{letter}"
    return f"{value:g}"
