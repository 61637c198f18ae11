"""What is remembered of texts: short ones, and never a long one, however many a sender sends."""

import sys
from collections.abc import Callable
from typing import Any

import pytest

from zhuisu.api.epcis import documents
from zhuisu.epcis import cbv, plain, plaindigest
from zhuisu.epcis.query import marks, typed
from zhuisu.epcis.remembering import REMEMBERED_LENGTH, remembered
from zhuisu.profiles import act_rules
from zhuisu.registry.vocabulary import words

ASKED: dict[str, tuple[Callable[..., Any], tuple[str, ...], str]] = {
    "number": (typed.number_in, (), "1" * 5_000),
    "mark": (marks.mark, ("ext",), "a" * 5_000),
    "word": (cbv.bare, ("bizStep",), "urn:x:" + "a" * 5_000),
    "place": (plaindigest._link, (), "urn:x:" + "a" * 5_000),
    "zone": (plain.known_zone, (), "a" * 5_000),
    "unit": (plain.known_unit, (), "a" * 5_000),
    "vocabulary": (words.key_of, (words.LOCATION,), "urn:x:" + "a" * 5_000),
    "organisation": (act_rules._is_organisation, (), "urn:x:" + "a" * 5_000),
    "prefixes": (documents._curie, (), "a" * 5_000),
}


@pytest.mark.parametrize("name", ASKED)
def test_a_long_text_is_not_kept(name: str) -> None:
    asked, before, text = ASKED[name]
    text = "".join(text)
    held = sys.getrefcount(text)
    said = asked(*before, text)
    assert sys.getrefcount(text) <= held + (said is text)


def test_short_ones_are_asked_once() -> None:
    asked: list[str] = []

    @remembered(2)
    def look(text: str) -> int:
        asked.append(text)
        return len(text)

    short, long = "a" * REMEMBERED_LENGTH, "a" * (REMEMBERED_LENGTH + 1)
    for text in (short, long):
        assert [look(text), look(text)] == [len(text)] * 2
    assert asked == [short, long, long]
