"""Printed symbols are read again by a library that shares no code with their writer, at the dots of real printers."""

import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace

import pypdfium2
import pytest
import zxingcpp
from PIL import Image

from decoder import Picture, decoded, missing, pictures
from zhuisu.codes.gs1_keys import quote
from zhuisu.labels import Label, LabelError, Layout, pdf, roll, templates
from zhuisu.labels.drawing import bars, square

DPIS = (203, 300, 600)
ALPHABET = "23456789ACDEFGHJKLMNPQRTUVWXY"
GTIN = "06901234567892"


@dataclass(frozen=True)
class Case:
    kind: str
    label: Label
    paper: Layout
    wanted: str  # as the second decoder says it
    flag: str  # symbology identifier


@pytest.fixture(scope="module", autouse=True)
def second(fonts: None) -> None:
    if reason := missing():
        pytest.skip(reason)


def code(chance: random.Random, length: int = 16) -> str:
    return "".join(chance.choices(ALPHABET, k=length))


def shown(text: str) -> str:
    return " ".join(text[at : at + 4] for at in range(0, len(text), 4))


def label(template: str, text: str, link: str, **told: object) -> Label:
    found = templates()[template]
    values = {one.key: one.example for one in found.fields if one.example}
    return Label(**({"template": found, "values": values, "code": shown(text), "link": link, "brief": True} | told))


def qr(chance: random.Random, number: int) -> Case:
    """Links of the lengths that make a QR of version 1 to 10 at level M, with each level of error correction."""
    level = "LMQH"[number % 4]
    length = (13, 25, 45, 70, 100, 130, 160, 200, 240, 280)[number // 4 % 10]
    link = ("http://a.cn/" + code(chance, 300))[:length]
    made = label("food", code(chance), link)
    made = replace(made, template=replace(made.template, ecc=level))
    return Case("qr", made, roll(60, 40, dpi=DPIS[number % 3]), link, "]Q1")


def sheet_label(chance: random.Random, number: int) -> Case:
    """The labels of every kind of product, as an enterprise prints them."""
    template = list(templates())[number % len(templates())]
    text = code(chance)
    made = label(template, text, f"https://zs.example.org/01/{GTIN}/21/{text}", brief=number % 2 == 0)
    sizes = ((100, 100), (100, 150), (99.1, 67.7)) if number % 2 else ((40, 30), (60, 40), (70, 37), (60, 80))
    return Case("qr", made, roll(*sizes[number % len(sizes)], dpi=DPIS[number % 3]), square(made).data, "]Q1")


def datamatrix(chance: random.Random, number: int) -> Case:
    text = code(chance, 3 + number * 3 % 70)
    made = label("general", code(chance), text if number % 3 != 1 else text.lower() + "/x-y_z~", symbol="datamatrix")
    return Case("datamatrix", made, roll(60, 40, dpi=DPIS[number % 3]), made.link, "]d1")


def gs1_datamatrix(chance: random.Random, number: int) -> Case:
    lot, serial = code(chance, 1 + number % 20), code(chance, 1 + number % 16)
    link = f"https://zs.example.org/01/{GTIN}/10/{quote(lot)}/21/{serial}?17=291231"
    made = label("drug", serial, link, symbol="gs1-datamatrix")
    wanted = f"\x1d01{GTIN}10{lot}\x1d21{serial}\x1d17291231"
    return Case("gs1-datamatrix", made, roll(60, 40, dpi=DPIS[number % 3]), wanted, "]d2")


def code128(chance: random.Random, number: int) -> Case:
    text = code(chance, 8 + number * 7 % 41)
    if number % 4 == 0:
        text = "".join(chance.choices("0123456789", k=len(text)))  # two digits a character: code set C
    made = label("fireworks", text, f"https://zs.example.org/i/x/{text}")
    paper = roll(210 if len(text) > 24 else 110, 100, dpi=DPIS[number % 3])
    return Case("code128", made, paper, text, "]C0")


def gs1_128(chance: random.Random, number: int) -> Case:
    digits = f"0690123{number:010d}"
    check = -sum(int(digit) * (3, 1)[at % 2] for at, digit in enumerate(digits)) % 10
    elements = (f"(00){digits}{check}", f"(01){GTIN}(10){code(chance, 8)}(37)24")[number % 2]
    made = label("case", code(chance), "https://zs.example.org/x", brief=False)
    made = replace(made, values={**made.values, "sscc": elements})
    raw = elements.replace("(00)", "00").replace("(01)", "01").replace("(10)", "10").replace("(37)", "\x1d37")
    paper = roll(*((100, 150), (150, 100))[number % 2], dpi=DPIS[number % 3])
    return Case("gs1-128", made, paper, "]C1" + raw, "]C1")


MAKERS = (qr, sheet_label, datamatrix, gs1_datamatrix, code128, gs1_128)


def cases(each: int) -> Iterator[Case]:
    chance = random.Random(20260)
    for make in MAKERS:
        for number in range(each):
            yield make(chance, number)


def flags(case: Case, picture: Picture) -> set[str]:
    image = Image.frombytes("L", (picture.wide, picture.high), picture.light)
    return {one.symbology_identifier for one in zxingcpp.read_barcodes(image)}


def aimed(case: Case, data: bytes, picture: Picture, around: float = 5.5) -> Picture:
    """The part of the label that a person holds the scanner at: the square symbol and so many modules around it."""
    if "128" in case.kind:
        return picture
    with pypdfium2.PdfDocument(data) as document:
        page = document[0]
        shapes = [one.get_bounds() for one in page.get_objects() if one.type == pypdfium2.raw.FPDF_PAGEOBJ_PATH]
        left, _, right, top = max(
            (box for box in shapes if abs((box[2] - box[0]) - (box[3] - box[1])) < 2), key=lambda box: box[2] - box[0]
        )
        high = page.get_height()
    dots, around = case.paper.dpi / 72, around * (right - left) / square(case.label).columns
    x, y = max(0, int((left - around) * dots)), max(0, int((high - top - around) * dots))
    side = int((right - left + 2 * around) * dots)
    return picture.part(x, y, min(side, picture.wide - x), min(side, picture.high - y))


def check(chosen: list[Case]) -> None:
    files = [pdf([one.label], one.paper) for one in chosen]
    printed = [pictures(data, one.paper.dpi)[0] for data, one in zip(files, chosen, strict=True)]
    read = decoded([one.kind for one in chosen], [aimed(*one) for one in zip(chosen, files, printed, strict=True)])
    wrong = [
        (one.kind, one.label.template.key, one.paper.key, one.paper.dpi, one.wanted, got)
        for one, got in zip(chosen, read, strict=True)
        if got != one.wanted
    ]
    assert not wrong, f"{len(wrong)} of {len(chosen)}: {wrong[:5]}"
    unflagged = [one for one, seen in zip(chosen, printed, strict=True) if one.flag not in flags(one, seen)]
    assert not unflagged, [(one.kind, one.flag) for one in unflagged[:5]]


def test_some_of_every_symbology_are_read_again() -> None:
    check(list(cases(4)))


@pytest.mark.slow
def test_300_printed_labels_of_every_symbology_and_size_are_read_again() -> None:
    chosen = list(cases(50))
    assert len(chosen) == 300
    versions = {(square(one.label).columns - 17) // 4 for one in chosen if one.kind == "qr"}
    assert set(range(1, 11)) <= versions
    assert {square(one.label).columns for one in chosen if one.kind == "datamatrix"} >= {
        10,
        12,
        14,
        16,
        18,
        20,
        22,
        24,
        26,
    }
    assert {len(one.wanted) for one in chosen if one.kind == "code128"} == set(range(8, 49))
    assert Counter(one.paper.dpi for one in chosen).keys() == set(DPIS)
    check(chosen)


@pytest.mark.parametrize("dpi", DPIS)
@pytest.mark.parametrize("size", [(40, 30), (60, 40), (60, 80), (100, 150)])
def test_a_symbol_stands_on_whole_dots_of_the_printer(size: tuple[int, int], dpi: int) -> None:
    made = label("food", code(random.Random(2)), "https://zs.example.org/01/06901234567892/21/7KQA3M9TWX2C8HRE")
    case = Case("qr", made, roll(*size, dpi=dpi), made.link, "]Q1")
    data = pdf([made], case.paper)
    seen = aimed(case, data, pictures(data, dpi)[0], around=0)
    grey = [one for one in seen.light if 8 < one < 247]
    assert not grey, "grey edges: a module begins or ends between two dots"


def test_a_wrong_symbol_is_seen() -> None:
    good = sheet_label(random.Random(1), 0)
    with pytest.raises(AssertionError, match="1 of 1"):
        check([replace(good, wanted=good.wanted + "X")])


def test_bars_are_left_out_where_they_cannot_be_printed() -> None:
    narrow = replace(code128(random.Random(1), 9).label, code=shown("A" * 40))
    with pytest.raises(LabelError) as told:
        pdf([narrow], roll(100, 100))
    assert told.value.rule == "module"
    made = bars(narrow)
    assert made is not None and made.columns == 35 + 11 * 40
