"""The outlines of a grid of dark and light squares, so that a symbol is one path without seams between its modules."""

import re
from collections.abc import Iterable, Iterator, Sequence

Point = tuple[int, int]
Loop = list[Point]
_ONES = re.compile("1+")


def loops(matrix: Sequence[Sequence[bool]]) -> list[Loop]:
    """Closed outlines of the dark squares, corners only, x to the right and y down; dark lies on the right-hand side.

    Sides and uprights take turns in an outline. Where four squares meet like a chess board, either way on is right.

    >>> loops([[True, True]])
    [[(0, 0), (2, 0), (2, 1), (0, 1)]]
    """
    level: dict[Point, list[Point]] = {}
    upright: dict[Point, list[Point]] = {}
    for y, start, end, dark_below in _sides(matrix):
        one, other = ((start, y), (end, y)) if dark_below else ((end, y), (start, y))
        level.setdefault(one, []).append(other)
    for x, start, end, dark_right in _sides(list(zip(*matrix, strict=True))):
        one, other = ((x, end), (x, start)) if dark_right else ((x, start), (x, end))
        upright.setdefault(one, []).append(other)
    found = []
    while level:
        first = point = next(iter(level))
        loop: Loop = []
        while not loop or point != first:
            corner = _taken(level, point)
            loop += (point, corner)
            point = _taken(upright, corner)
        found.append(loop)
    return found


def _sides(lines: Sequence[Iterable[bool]]) -> Iterator[tuple[int, int, int, bool]]:
    """Between which two lines, from where to where, dark and light touch, and whether the dark one comes after.

    A line as one number: comparing two is one step, and the text of its bits is searched for runs.
    """
    numbers = [int("".join("1" if dark else "0" for dark in line), 2) for line in lines]
    wide = len(list(lines[0]))
    before = 0
    for at, line in enumerate([*numbers, 0]):
        for dark_after, only in ((True, line & ~before), (False, before & ~line)):
            for run in _ONES.finditer(format(only, f"0{wide}b")):
                yield at, run.start(), run.end(), dark_after
        before = line


def _taken(edges: dict[Point, list[Point]], point: Point) -> Point:
    ends = edges[point]
    end = ends.pop()
    if not ends:
        del edges[point]
    return end
