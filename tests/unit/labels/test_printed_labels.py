"""Labels on paper: what fits, what is refused and why, that nothing overlaps, and that the file carries its fonts."""

import re
from collections.abc import Callable
from dataclasses import replace

import pypdfium2
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from zhuisu.labels import LAYOUTS, Label, LabelError, calibration, layout, pdf, roll, templates
from zhuisu.labels import fonts as label_fonts
from zhuisu.labels.drawing import square
from zhuisu.labels.layout import MM
from zhuisu.labels.text import clean, wrap

pytestmark = pytest.mark.usefixtures("fonts")
ALL = tuple(templates().values())
FOOD = templates()["food"]
SMALL = ("roll-40x30", "roll-60x40", "a4-70x37", "a4-63x38")
LARGE = ("a4-99x68", "a4-105x148", "roll-80x60", "roll-100x100", "roll-100x150")
Fill = Callable[..., Label]


def words(data: bytes) -> str:
    with pypdfium2.PdfDocument(data) as document:
        return "".join(page.get_textpage().get_text_bounded() for page in document)


def boxes(data: bytes) -> list[tuple[str, float, float, float, float]]:
    """Every printed character and where its ink is: left, bottom, right, top."""
    with pypdfium2.PdfDocument(data) as document:
        text = document[0].get_textpage()
        return [
            (text.get_text_range(at, 1), *text.get_charbox(at))
            for at in range(text.count_chars())
            if text.get_text_range(at, 1).strip()
        ]


@pytest.mark.parametrize("key", SMALL)
def test_every_trace_sticker_fits_on_small_paper(key: str, filled: Fill) -> None:
    for template in ALL:
        assert pdf([filled(template, brief=True)], LAYOUTS[key]).startswith(b"%PDF")


@pytest.mark.parametrize("key", LARGE)
def test_every_full_label_fits_on_large_paper_and_says_every_value(key: str, filled: Fill) -> None:
    for template in ALL:
        label = filled(template)
        printed = re.sub(r"\s", "", words(pdf([label], LAYOUTS[key])))
        bars = label.template.linear if LAYOUTS[key].label[0] > 85 else ""
        for one in template.fields:
            for text in (one.text or label.values.get(one.key, ""), *one.options):
                assert re.sub(r"\s", "", text) in printed or one.key == bars, (template.key, one.key)
        assert label.code.replace(" ", "") in printed


@pytest.mark.parametrize("key", [*SMALL, *LARGE, "roll-60x80"])
def test_no_character_leaves_the_label_or_meets_another_or_the_symbol(key: str, filled: Fill) -> None:
    paper = LAYOUTS[key]
    wide, high = paper.label[0] * MM, paper.label[1] * MM
    for template in ALL:
        label = filled(template, brief=key in SMALL or key == "roll-60x80")
        ink = boxes(pdf([label], roll(*paper.label, dpi=paper.dpi)))
        for character, left, bottom, right, top in ink:
            assert left > 0 and right < wide and bottom > 0 and top < high, (template.key, character)
        for at, (one, left, bottom, right, top) in enumerate(ink):
            for other, left2, bottom2, right2, top2 in ink[at + 1 :]:
                apart = right <= left2 + 0.6 or right2 <= left + 0.6 or top <= bottom2 + 0.6 or top2 <= bottom + 0.6
                assert apart, (template.key, one, other)


def test_the_quiet_zone_is_quiet(filled: Fill) -> None:
    for key in (*SMALL, "roll-60x80"):
        paper = roll(*LAYOUTS[key].label, dpi=300)
        for template in ALL:
            label = filled(template, brief=True)
            made = square(label)
            with pypdfium2.PdfDocument(pdf([label], paper)) as document:
                shapes = [one for one in document[0].get_objects() if one.type == pypdfium2.raw.FPDF_PAGEOBJ_PATH]
                left, bottom, right, top = max(
                    (one.get_bounds() for one in shapes), key=lambda box: (box[2] - box[0]) * (box[3] - box[1])
                )
            zone = made.quiet * (right - left) / made.columns - 0.5  # the drawn box includes half a hair line
            for character, left2, bottom2, right2, top2 in boxes(pdf([label], paper)):
                apart = right2 < left - zone or left2 > right + zone or top2 < bottom - zone or bottom2 > top + zone
                assert apart, (key, template.key, character)


def test_every_font_in_the_file_is_embedded(filled: Fill) -> None:
    data = pdf([filled(FOOD)], LAYOUTS["roll-80x60"])
    assert len(data) < 120_000, "whole fonts instead of subsets"
    named = set(re.findall(rb"/BaseFont /(\S+)", data))
    assert named and all(b"Noto" in name for name in named)
    assert data.count(b"/FontFile2") >= len(named)


def test_the_same_labels_make_the_same_file(filled: Fill) -> None:
    assert pdf([filled(FOOD)], LAYOUTS["a4-99x68"]) == pdf([filled(FOOD)], LAYOUTS["a4-99x68"])


def test_sheets_are_filled_row_by_row_and_may_begin_later(filled: Fill) -> None:
    paper = LAYOUTS["a4-99x68"]
    with pypdfium2.PdfDocument(pdf([filled(FOOD)] * 9, paper)) as document:
        assert len(document) == 2
    first = boxes(pdf([filled(FOOD)], paper, start=3))
    left, top = paper.place(3)
    assert (left, round(top, 1)) == (4.65 + 99.1 + 2.5, 13.1 + 67.7)
    assert all(x > left * MM and y2 < (297 - top) * MM for _, x, _, _, y2 in first)
    with pytest.raises(LabelError) as told:
        pdf([filled(FOOD)], paper, start=8)
    assert told.value.rule == "start"


def test_labels_of_a_stream_each_say_their_own_values(filled: Fill) -> None:
    label = filled(FOOD)
    values = dict(label.values)

    def stream():
        for number in range(50):
            values["lot"] = f"LOT{number:03}"
            yield replace(label, values=values if number % 2 else dict(values))

    printed = words(pdf(stream(), LAYOUTS["roll-80x60"]))
    assert re.findall(r"LOT\d{3}", printed) == [f"LOT{number:03}" for number in range(50)]


def test_crop_marks_lie_on_the_corners(filled: Fill) -> None:
    paper = replace(LAYOUTS["a4-99x68"], crop_marks=True)

    def lines(paper) -> set[tuple[int, ...]]:
        with pypdfium2.PdfDocument(pdf([filled(FOOD)], paper)) as document:
            shapes = [one for one in document[0].get_objects() if one.type == pypdfium2.raw.FPDF_PAGEOBJ_PATH]
            return {tuple(round(side) for side in one.get_bounds()) for one in shapes}

    marks = lines(paper) - lines(LAYOUTS["a4-99x68"])
    assert len(marks) == 8
    left, top = paper.left * MM, (297 - paper.top) * MM
    assert min(one[0] for one in marks) == round(left) and max(one[3] for one in marks) == round(top)


def refused(label: Label, key: str = "a4-99x68") -> LabelError:
    with pytest.raises(LabelError) as told:
        pdf([label], LAYOUTS[key])
    assert told.value.message.startswith("label 1: ")
    assert re.search("[\u4e00-\u9fff]", told.value.message_zh)
    return told.value


def with_value(label: Label, key: str, value: str) -> Label:
    return replace(label, values={**label.values, key: value})


def test_what_the_law_wants_must_be_filled(filled: Fill) -> None:
    label = with_value(filled(FOOD), "standard", " ")
    error = refused(label)
    assert (error.rule, error.field) == ("missing", "standard")
    assert "产品标准代号" in error.message_zh
    assert pdf([replace(label, brief=True)], LAYOUTS["a4-99x68"]), "the trace sticker does not replace the label"


def test_long_text_shrinks_then_wraps_and_is_refused_but_never_cut(filled: Fill) -> None:
    some = with_value(filled(FOOD), "ingredients", "小麦粉、白砂糖、" * 12)
    assert "小麦粉、白砂糖、" * 12 in re.sub(r"\s", "", words(pdf([some], LAYOUTS["a4-99x68"])))
    assert refused(with_value(some, "ingredients", "小麦粉、白砂糖、" * 60)).rule == "does-not-fit"
    assert refused(with_value(some, "ingredients", "糖" * 1001)).rule == "length"


@pytest.mark.parametrize(
    ("text", "rule"),
    [("白\u202e糖", "characters"), ("a\u2066b", "characters"), ("e\u0301\u0327\u0301", "characters"), ("\ue000", "characters"),
     ("\u0007", "characters"), ("U\u20ddX", "characters"), ("\U0001f35a", "glyph"), ("\u0e01", "glyph"), ("\U0003134a", "glyph")],
)  # fmt: skip
def test_what_would_deceive_or_print_as_a_box_is_refused(text: str, rule: str, filled: Fill) -> None:
    error = refused(with_value(filled(FOOD), "name", text))
    assert (error.rule, error.field) == (rule, "name")
    assert "U+" in error.message


def test_rare_characters_that_the_font_has_are_printed(filled: Fill) -> None:
    assert "䶮" in words(pdf([with_value(filled(FOOD), "maker", "䶮食品厂")], LAYOUTS["a4-99x68"]))


def test_invisible_characters_that_come_with_copied_text_are_dropped() -> None:
    assert clean("小\u200b麦\ufeff粉 \n\t 糖\u00ad") == "小麦粉 糖"


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ({"code": " "}, "empty"),
        ({"link": ""}, "empty"),
        ({"symbol": "gs1-datamatrix", "link": "https://example.org/x"}, "link"),
        ({"values": {"nmae": "x"}}, "unknown-field"),
        ({"code": "ABCDEFGHJKLM" * 30}, "does-not-fit"),
    ],
)
def test_what_cannot_be_printed_is_said(change: dict[str, object], rule: str, filled: Fill) -> None:
    if rule == "link":
        with pytest.raises(LabelError):
            pdf([replace(filled(FOOD), **change)], LAYOUTS["a4-99x68"])
    else:
        assert refused(replace(filled(FOOD), **change)).rule == rule


def test_a_link_too_long_for_a_small_label_is_said_with_the_size_it_needs(filled: Fill) -> None:
    error = refused(replace(filled(FOOD, brief=True), link="https://example.org/" + "a" * 300), "roll-40x30")
    assert error.rule == "module"
    assert "mm" in error.message


def test_a_tick_that_is_no_option_is_refused(filled: Fill) -> None:
    error = refused(with_value(filled(templates()["farm-producer"]), "basis", "自我承诺"), "roll-80x60")
    assert (error.rule, error.field) == ("option", "basis")


def test_without_fonts_it_says_what_to_run(monkeypatch: pytest.MonkeyPatch, tmp_path, filled: Fill) -> None:
    monkeypatch.setattr(label_fonts, "FOLDER", tmp_path)
    label_fonts.load.cache_clear()
    with pytest.raises(LabelError, match=r"python -m zhuisu\.config\.assets") as told:
        pdf([filled(FOOD)], LAYOUTS["a4-99x68"])
    assert told.value.rule == "font"
    monkeypatch.undo()
    label_fonts.load.cache_clear()
    label_fonts.load()


def test_too_many_labels_are_refused(monkeypatch: pytest.MonkeyPatch, filled: Fill) -> None:
    monkeypatch.setattr("zhuisu.labels.sheets.MAX_LABELS", 2)
    with pytest.raises(LabelError) as told:
        pdf([filled(FOOD)] * 3, LAYOUTS["a4-99x68"])
    assert told.value.rule == "too-many"


@pytest.mark.parametrize(
    ("change", "rule"), [({"dpi": 96}, "dpi"), ({"label": (10, 30)}, "label-size"), ({"columns": 4}, "page-size")]
)
def test_paper_that_cannot_be_is_refused(change: dict[str, object], rule: str) -> None:
    with pytest.raises(LabelError) as told:
        replace(LAYOUTS["a4-70x37"], **change)
    assert told.value.rule == rule


@pytest.mark.parametrize("key", sorted(LAYOUTS))
def test_the_calibration_page_outlines_every_place(key: str) -> None:
    with pypdfium2.PdfDocument(calibration(LAYOUTS[key])) as document:
        shapes = [one for one in document[0].get_objects() if one.type == pypdfium2.raw.FPDF_PAGEOBJ_PATH]
        outlines = {tuple(round(side) for side in one.get_bounds()) for one in shapes}
        assert len(document) == 1
    assert len(outlines) >= LAYOUTS[key].per_page
    assert layout.LAYOUTS[key].key == key


@given(
    st.text(st.characters(codec="gb2312", exclude_categories=["Cc"]), max_size=80).map(
        lambda text: " ".join(text.split())
    ),
    st.floats(30, 200),
    st.floats(5.6, 12),
)
def test_wrapping_loses_nothing_and_keeps_within_the_line(text: str, room: float, size: float) -> None:
    lines = wrap(text, label_fonts.REGULAR, size, room)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")
    for line in lines:
        assert label_fonts.width(line, label_fonts.REGULAR, size) <= room + 1e-6 or len(line) == 1
    assert all(line == line.strip() for line in lines)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.dictionaries(st.sampled_from([one.key for one in FOOD.fields]), st.text(max_size=60)),
    st.sampled_from(sorted(LAYOUTS)),
)
def test_any_values_are_printed_or_refused_with_a_reason(
    fonts: None, filled: Fill, values: dict[str, str], key: str
) -> None:
    label = filled(FOOD)
    try:
        pdf([replace(label, values={**label.values, **values})], LAYOUTS[key])
    except LabelError as error:
        assert error.rule and error.message and error.message_zh
