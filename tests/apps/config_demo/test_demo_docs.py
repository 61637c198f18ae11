"""What the tutorial and the reference tell about the demonstration is in the demonstration."""

import json
import re
from pathlib import Path

import pytest

from zhuisu import codes
from zhuisu.config.demo.build import build
from zhuisu.config.demo.samples import samples

DOCS = Path(__file__).parents[3] / "docs"
PAGES = ("tutorial/01-first-look.md", "tutorial/01-first-look.zh-CN.md", "reference/demonstration-data.md")
CODE = re.compile(r"\(0[01]\)[0-9A-Z()-]+|urn:zhuisu:cn\.[a-z0-9_]+:\d+")


@pytest.fixture(scope="module")
def known() -> set[str]:
    found = set()
    for _, document in build().documents:
        for text in re.findall(r'"((?:urn:|https://id)[^"]+)"', document.decode()):
            found.add(codes.parse_epc(text).canonical)
    return found


@pytest.mark.parametrize("page", PAGES)
def test_every_code_in_the_docs_is_in_the_week(page: str, known: set[str]) -> None:
    text = (DOCS / page).read_text()
    named = {match.rstrip("()") for match in CODE.findall(text)}
    assert len(named) >= 3
    for code in named:
        assert codes.parse(code).canonical in known, code
    events = sum(len(json.loads(document)["epcisBody"]["eventList"]) for _, document in build().documents)
    assert re.search(rf"\b{events}\b", text)


@pytest.mark.parametrize("page", PAGES[:2])
def test_the_tutorial_shows_the_samples_as_they_are_printed(page: str) -> None:
    text = (DOCS / page).read_text()
    for sample in samples(build().story):
        assert sample.code in text
    for sample in samples(build().story)[:2]:
        assert f"{sample.code}  {sample.zh} / {sample.en}" in text


def test_the_reference_counts_right() -> None:
    text = (DOCS / PAGES[2]).read_text()
    demo = build()
    sold = [
        event["quantityList"][0]["epcClass"]
        for _, document in demo.documents
        for event in json.loads(document)["epcisBody"]["eventList"]
        if event["bizStep"] == "retail_selling" and "quantityList" in event
    ]
    pigs = {tag for _, document in demo.documents for tag in re.findall(rb"livestock_tag15:(\d+)", document)}
    assert f"{len(pigs)} pigs" in text
    greens = sum("9521180" in lot for lot in sold)
    assert f"{len(demo.documents)} documents" in text
    assert f"{len(demo.story.sold_tins)} tins of them sold" in text
    assert f"{len(sold) - greens} lines of retail tickets" in text
    assert f"{greens} lines of tickets" in text
