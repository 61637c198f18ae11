"""The drawings: nothing lies upon anything else, whatever the graph; no line of text is wider than its box."""

import itertools
import re

from hypothesis import given
from hypothesis import strategies as st

from zhuisu.portal.drawing import STOP_TEXT, WIDTH, Box, Node, graph, route, text_width, wrap

NAMES = st.text("厦门市同安区云埔养殖场有限公司 Xiamen Dairy Co., A-1（）", min_size=1, max_size=30).filter(str.strip)


@st.composite
def graphs(draw: st.DrawFn) -> tuple[list[list[Node]], set[tuple[str, str]]]:
    sizes = draw(st.lists(st.integers(1, 8), min_size=1, max_size=4))
    levels = [
        [Node(f"{level}-{n}", draw(NAMES), draw(st.sampled_from(["", "乳糖", "乳糖\nLA260815"]))) for n in range(size)]
        for level, size in enumerate(sizes)
    ]
    flat = [(level, node.key) for level, nodes in enumerate(levels) for node in nodes]
    edges = draw(st.sets(st.tuples(st.sampled_from(flat), st.sampled_from(flat)), max_size=20))
    return levels, {(a[1], b[1]) for a, b in edges if a[0] < b[0]}


def corners(path: str) -> list[tuple[float, float]]:
    numbers = [float(text) for text in re.findall(r"-?\d+(?:\.\d+)?", path)]
    return list(zip(numbers[::2], numbers[1::2], strict=True))


def overlap(one: Box, other: Box) -> bool:
    return (
        one.x < other.x + other.width
        and other.x < one.x + one.width
        and one.y < other.y + other.height
        and other.y < one.y + one.height
    )


@given(graphs())
def test_no_box_lies_on_another_and_no_line_crosses_one(drawn: tuple[list[list[Node]], set[tuple[str, str]]]) -> None:
    levels, edges = drawn
    drawing = graph(levels, edges)
    boxes = drawing.boxes
    assert [box.node.key for box in boxes] == [node.key for level in levels for node in level]
    assert not any(overlap(a, b) for i, a in enumerate(boxes) for b in boxes[:i])
    assert all(box.x >= 0 and box.x + box.width <= WIDTH and box.y + box.height <= drawing.height for box in boxes)
    assert len(drawing.paths) == len(edges) + len({target for _, target in edges})
    for path in drawing.paths:
        points = corners(path)
        for (x1, y1), (x2, y2) in itertools.pairwise(points):
            middle = ((x1 + x2) / 2, (y1 + y2) / 2)
            for box in boxes:
                inside_x = box.x + 0.5 < middle[0] < box.x + box.width - 0.5
                inside_y = box.y + 0.5 < middle[1] < box.y + box.height - 0.5
                assert not (inside_x and inside_y), (path, box)


@given(graphs())
def test_text_stays_in_its_box_and_is_not_too_small_to_read(
    drawn: tuple[list[list[Node]], set[tuple[str, str]]],
) -> None:
    for box in graph(*drawn).boxes:
        for y, kind, text in box.lines:
            assert box.y < y < box.y + box.height
            assert text_width(text, 13 if kind == "t" else 12) <= box.width - 20


@given(NAMES, st.integers(60, 200), st.integers(1, 3))
def test_wrapped_text_fits_and_is_complete_or_says_that_it_is_not(name: str, width: int, lines: int) -> None:
    rows = wrap(name, width, 13, lines)
    assert 1 <= len(rows) <= lines
    assert all(text_width(row, 13) <= width for row in rows)
    joined = "".join(rows).replace(" ", "")
    if joined.endswith("…"):
        assert name.replace(" ", "").startswith(joined[:-1])
    else:
        assert joined == name.replace(" ", "")


def test_words_and_numbers_stay_whole() -> None:
    assert wrap("Lanluting Haicang Distribution Centre", 150, 13, 3) == ["Lanluting Haicang", "Distribution Centre"]
    assert not any(row.startswith(("）", "，")) for row in wrap("婴儿配方奶粉（0–6 月龄，1 段）", 100, 13, 3))


@given(st.lists(NAMES, min_size=2, max_size=10))
def test_stations_stand_in_order_and_inside(names: list[str]) -> None:
    drawing = route([Node(str(n), name, "厦门市 同安区") for n, name in enumerate(names, 1)])
    assert [box.node.title for box in drawing.boxes] == names
    spots = [(box.x, box.y) for box in drawing.boxes]
    assert len(set(spots)) == len(spots)
    for box in drawing.boxes:
        assert all(text_width(text, 13 if kind == "t" else 12) <= STOP_TEXT for _, kind, text in box.lines)
        assert max(y for y, _, _ in box.lines) <= drawing.height
        assert box.x - STOP_TEXT / 2 >= 0 and box.x + STOP_TEXT / 2 <= WIDTH
    assert all(abs(a[1] - b[1]) < 1 or a[0] == b[0] for a, b in itertools.pairwise(spots))
