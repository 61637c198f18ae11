"""Symbols as grids, pictures and errors; the outline against a plain oracle."""

import io
import re
import xml.etree.ElementTree as ET

import pytest
import zxingcpp
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from zhuisu.labels import KINDS, LabelError, symbol
from zhuisu.labels.outline import Loop, loops
from zhuisu.labels.symbols import MAX_CODE128_LENGTH, MAX_DATA_LENGTH, MAX_SCALE

LINK = "https://example.org/01/06901234567892/21/7KQA3M9TWX2C8HRE"
ELEMENTS = "(01)06901234567892(21)7KQA3M9TWX2C8HRE"
DATA = {kind: ELEMENTS if kind.startswith("gs1-") else "7KQA3M9TWX2C8HRE" for kind in KINDS}


def inside(found: list[Loop], x: float, y: float) -> bool:
    """Whether a ray to the right crosses an odd number of uprights."""
    crossed = 0
    for loop in found:
        for (x1, y1), (x2, y2) in zip(loop, loop[1:] + loop[:1], strict=True):
            assert (x1 == x2) != (y1 == y2), "neither level nor upright"
            crossed += x1 == x2 and x1 > x and min(y1, y2) < y < max(y1, y2)
    return crossed % 2 == 1


@given(
    st.integers(1, 9).flatmap(
        lambda wide: st.lists(st.lists(st.booleans(), min_size=wide, max_size=wide), min_size=1, max_size=9)
    )
)
def test_the_outline_holds_exactly_the_dark_squares(matrix: list[list[bool]]) -> None:
    found = loops(matrix)
    for y, row in enumerate(matrix):
        for x, dark in enumerate(row):
            assert inside(found, x + 0.5, y + 0.5) == dark


@pytest.mark.parametrize("kind", KINDS)
def test_the_picture_holds_what_was_written_and_says_that_it_is_gs1(kind: str) -> None:
    made = symbol(kind, DATA[kind])
    image = Image.open(io.BytesIO(made.png(4))).convert("L")
    (read,) = zxingcpp.read_barcodes(image)
    assert read.text == DATA[kind]
    wanted = {
        "gs1-128": "]C1",
        "gs1-datamatrix": "]d2",
        "gs1-qr": "]Q3",
        "qr": "]Q1",
        "datamatrix": "]d1",
        "code128": "]C0",
    }
    assert read.symbology_identifier == wanted[kind]
    assert image.width == (made.columns + 2 * made.quiet) * 4


@pytest.mark.parametrize("kind", KINDS)
def test_the_svg_has_its_size_in_millimetres_and_one_dark_path(kind: str) -> None:
    made = symbol(kind, DATA[kind])
    root = ET.fromstring(made.svg(0.5))
    assert float(root.attrib["width"].removesuffix("mm")) == pytest.approx(made.width_mm(0.5))
    dark = [one for one in root.iter("{http://www.w3.org/2000/svg}path") if one.attrib["fill"] == "#000"]
    assert len(dark) == 1
    starts = [float(x) for x in re.findall(r"M([\d.]+)", dark[0].attrib["d"])]
    assert min(starts) >= made.quiet, "the quiet zone is not quiet"
    assert made.text in "".join(root.itertext()) or not made.linear


def test_quiet_zones_are_as_wide_as_the_standards_want() -> None:
    assert [symbol(kind, DATA[kind]).quiet for kind in ("qr", "datamatrix", "code128", "gs1-128")] == [4, 2, 10, 10]
    assert symbol("qr", LINK, quiet=False).quiet == 0


@pytest.mark.parametrize(("level", "columns"), [("L", 29), ("M", 33), ("Q", 33), ("H", 41)])
def test_more_error_correction_makes_a_larger_symbol(level: str, columns: int) -> None:
    assert symbol("qr", LINK, ecc=level).columns == columns


@pytest.mark.parametrize(
    ("kind", "data", "rule"),
    [
        ("aztec", "A", "kind"),
        ("qr", "", "empty"),
        ("qr", "A" * (MAX_DATA_LENGTH + 1), "too-long"),
        ("datamatrix", "品" * 201, "too-long"),
        ("code128", "A" * (MAX_CODE128_LENGTH + 1), "too-long"),
        ("code128", "品名", "characters"),
        ("code128", "A\x1dB", "characters"),
        ("gs1-128", "(01)06901234567893", "check-digit"),
        ("gs1-128", "(01)06901234567892(21)12345678901234567890(10)1234567890", "too-long"),
        ("gs1-datamatrix", "(05)1", "ai-unknown"),
        ("gs1-datamatrix", "7KQA", "ai-unknown"),
    ],
)
def test_what_a_symbol_cannot_hold_is_said_in_both_languages(kind: str, data: str, rule: str) -> None:
    with pytest.raises(LabelError) as told:
        symbol(kind, data)
    assert told.value.rule == rule
    assert told.value.message
    assert re.search("[\u4e00-\u9fff]", told.value.message_zh)


def test_wrong_levels_and_scales_are_refused() -> None:
    with pytest.raises(LabelError, match="L, M, Q or H"):
        symbol("qr", "A", ecc="X")
    for scale in (0, MAX_SCALE + 1):
        with pytest.raises(LabelError) as told:
            symbol("qr", "A").png(scale)
        assert told.value.rule == "scale"


def test_a_bracket_inside_a_value_is_no_new_element() -> None:
    made = symbol("gs1-datamatrix", "(01)06901234567892(10)A\\(21)B")
    (read,) = zxingcpp.read_barcodes(Image.open(io.BytesIO(made.png(4))).convert("L"))
    assert read.bytes == b"010690123456789210A(21)B"


@given(st.sampled_from(KINDS), st.text(max_size=60))
def test_any_text_makes_a_symbol_or_a_reason(kind: str, text: str) -> None:
    try:
        made = symbol(kind, text)
    except LabelError as error:
        assert error.rule and error.message and error.message_zh
    else:
        assert made.columns > 0
