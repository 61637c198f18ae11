"""The demonstration's numbers: every check digit right, none that could belong to somebody."""

import json
import re
from collections.abc import Iterator
from itertools import cycle
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from zhuisu import codes
from zhuisu.config.demo.build import build
from zhuisu.config.demo.numbers import mod10, mod11_10, uscc, vary

USCC_WEIGHTS = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)
ORGANISATION_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)
ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
GS1_NUMBER = re.compile(r"/?(00|01|414|417)/(\d+)")


def texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for part in value.values():
            yield from texts(part)
    elif isinstance(value, list):
        for part in value:
            yield from texts(part)


def everything() -> set[str]:
    demo = build()
    found = {text for _, document in demo.documents for text in texts(json.loads(document)["epcisBody"])}
    return found | {
        row.canonical for rows in (demo.master.parties, demo.master.places, demo.master.products) for row in rows
    }


def is_mod10(number: str) -> bool:
    return sum(int(digit) * weight for digit, weight in zip(reversed(number), cycle((1, 3)), strict=False)) % 10 == 0


def is_uscc(number: str) -> bool:
    values = [ALPHABET.index(character) for character in number]
    whole = sum(value * weight for value, weight in zip(values[:17], USCC_WEIGHTS, strict=True)) + values[17]
    inner = number[8:17]
    check = 11 - sum(int(c, 36) * w for c, w in zip(inner[:8], ORGANISATION_WEIGHTS, strict=True)) % 11
    return whole % 31 == 0 and inner[8] == {10: "X", 11: "0"}.get(check, str(check))


def test_every_gs1_number_has_its_check_digit_and_the_prefix_for_examples() -> None:
    canonical = {
        codes.parse_epc(text).canonical for text in everything() if text.startswith(("urn:epc:", "https://id."))
    }
    numbers = {match for text in everything() | canonical for match in GS1_NUMBER.findall(text)}
    assert {key for key, _ in numbers} == {"00", "01", "414", "417"}
    for key, number in numbers:
        assert len(number) == {"00": 18, "01": 14}.get(key, 13)
        assert is_mod10(number), number
        assert number[0 if key[0] == "4" else 1 :].startswith("952"), number


def test_every_credit_code_has_its_check_characters_and_a_division_of_its_own() -> None:
    demo = build()
    for firm in demo.master.parties:
        assert is_uscc(firm.uscc), firm.name
        assert firm.uscc[2:8] == firm.region
        assert firm.uscc[8:12] == "DEM0"
    assert len({firm.uscc for firm in demo.master.parties}) == len(demo.master.parties)


@given(st.integers(0, 9999), st.sampled_from(("350203", "350212", "310115")), st.sampled_from(("91", "92", "93")))
def test_a_made_credit_code_is_right(number: int, division: str, category: str) -> None:
    assert is_uscc(uscc(category, division, number))


@given(st.text("0123456789", min_size=7, max_size=17))
def test_a_made_gs1_number_is_right(digits: str) -> None:
    assert is_mod10(digits + mod10(digits))


@given(st.text("0123456789", min_size=13, max_size=13))
def test_the_licence_check_digit_closes_the_recursion(digits: str) -> None:
    """ISO 7064 says of a whole number: the running product, taken once more with the check digit, ends at 1."""
    product = 10
    for digit in digits:
        product = ((product + int(digit)) % 10 or 10) * 2 % 11
    assert (product + int(mod11_10(digits))) % 10 == 1


def test_every_food_licence_has_its_check_digit() -> None:
    numbers = [right.number for right in build().master.licences if right.number[:2] in ("SC", "JY")]
    assert len(numbers) == 8
    for number in numbers:
        assert re.fullmatch(r"(SC|JY)\d{14}", number)
        assert mod11_10(number[2:15]) == number[15]


def test_ear_tags_and_trace_codes_have_their_layout() -> None:
    private = {text for text in everything() if text.startswith("urn:zhuisu:cn.")}
    tags = [text for text in private if "livestock_tag15" in text]
    assert len(tags) == 82
    assert all(re.fullmatch(r"urn:zhuisu:cn\.livestock_tag15:1(350212|350213|350627)9\d{7}", tag) for tag in tags)
    (trace,) = [text for text in private if "meatveg_trace20" in text]
    assert re.fullmatch(r"urn:zhuisu:cn\.meatveg_trace20:3502120010001\d{7}", trace)


@given(st.integers(-50, 50), st.integers(0, 100), st.text())
def test_vary_stays_inside_and_never_changes(low: int, width: int, about: str) -> None:
    assert low <= vary(low, low + width, about) <= low + width
    assert vary(low, low + width, about) == vary(low, low + width, about)
