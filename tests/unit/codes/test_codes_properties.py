"""Properties of all codes: round trips, check digits against a plain oracle, the short way against the long way,
and texts of every kind that must end in a code or a CodeError."""

import calendar
import random
import string
from collections.abc import Callable

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from zhuisu.codes import (
    Code,
    CodeError,
    candidates,
    check,
    cn_org_code,
    cn_uscc,
    from_canonical,
    gs1_fast,
    parse,
    parse_digital_link,
    parse_elements,
    parse_epc,
    to_ai,
    to_digital_link,
    to_urn,
    write_elements,
    write_link,
)
from zhuisu.codes.gs1_ai import check_value
from zhuisu.codes.gs1_rules import check_digit
from zhuisu.codes.reading import read_uri

CSET82 = string.ascii_letters + string.digits + "!\"%&'()*+,-./:;<=>?_"
CSET39 = string.ascii_uppercase + string.digits + "#-/"
SPECIAL = "/!()*'#\"%&+,:;<=>?"


def oracle(body: str) -> str:
    """Mod 10 as the standard's table has it: weights 3 and 1 by turns, the rightmost digit 3, up to the next ten."""
    total = 0
    for distance, digit in enumerate(reversed(body)):
        total += int(digit) * (3 if distance % 2 == 0 else 1)
    return str((10 - total % 10) % 10)


digits = st.text(string.digits, min_size=1, max_size=17)
serials = st.text(CSET82, min_size=1, max_size=20) | st.text("%2F/a0.", min_size=1, max_size=20)
prefixes = st.text(string.digits, min_size=6, max_size=12)


@st.composite
def urns(draw: Callable[..., str]) -> tuple[str, int]:
    """An EPC URN of any GS1 scheme, canonically written, and the length of its company prefix."""
    gcp = draw(prefixes)
    scheme = draw(st.sampled_from(list(BUILDERS)))
    total, tail = BUILDERS[scheme]
    reference = draw(st.text(string.digits, min_size=total - len(gcp), max_size=total - len(gcp)))
    kind = "class" if scheme == "lgtin" else "id"
    return f"urn:epc:{kind}:{scheme}:{gcp}.{reference}{draw(tail)}", len(gcp)


def escaped(text: str) -> str:
    return "".join(f"%{ord(char):02X}" if char in '"%&/<>?#' else char for char in text)


def serial(alphabet: str, most: int) -> st.SearchStrategy[str]:
    return st.text(alphabet, min_size=1, max_size=most).map(lambda text: "." + escaped(text))


BUILDERS: dict[str, tuple[int, st.SearchStrategy[str]]] = {
    "sgtin": (13, serial(CSET82, 20)),
    "lgtin": (13, serial(CSET82, 20)),
    "upui": (13, serial(CSET82, 28)),
    "itip": (13, serial(CSET82, 20).map(lambda text: ".01.02" + text)),
    "sscc": (17, st.just("")),
    "gsrn": (17, st.just("")),
    "gsrnp": (17, st.just("")),
    "gsin": (16, st.just("")),
    "sgln": (12, serial(CSET82, 20)),
    "pgln": (12, st.just("")),
    "grai": (12, serial(CSET82, 16)),
    "gdti": (12, serial(CSET82, 17)),
    "sgcn": (12, serial(string.digits, 12)),
    "giai": (12, st.text(CSET82, min_size=1, max_size=18).map(escaped)),
    "ginc": (12, st.text(CSET82, min_size=1, max_size=18).map(escaped)),
    "cpi": (
        12,
        st.tuples(st.text(CSET39, min_size=1, max_size=18).map(escaped), st.integers(1, 10**12 - 1)).map(
            lambda p: f"{p[0]}.{p[1]}"
        ),
    ),
}


@given(urns())
@settings(max_examples=600)
def test_urn_to_link_and_back(made: tuple[str, int]) -> None:
    urn, length = made
    code = parse_epc(urn)
    link = to_digital_link(code, "https://example.com/stem")
    assert to_urn(code) == urn
    assert parse_epc(link) == code
    assert to_urn(parse_epc(link), length) == urn
    assert from_canonical(code.canonical) == code
    assert parse(to_ai(code)) == code
    assert parse("^" + to_ai(code, bracketed=False).replace("\x1d", "^")) == code
    assert parse(urn) == code
    assert parse_epc(link).level == code.level
    assert all(char in string.ascii_letters + string.digits + "-._~%/" for char in code.value)


@pytest.mark.parametrize("char", SPECIAL.replace("#", ""))
def test_every_special_character(char: str) -> None:
    for value in (char, f"a{char}", f"{char}b", f"a{char}{char}2F"):
        urn = f"urn:epc:id:sgtin:9506000.013435.{escaped(value)}"
        code = parse_epc(urn)
        assert code.parsed["serial"] == value
        assert parse_epc(to_digital_link(code)) == code
        assert parse_epc(to_digital_link(code)).parsed["serial"] == value
        assert to_urn(code, 7) == urn
        assert parse("^0109506000134352" + f"21{value}") == code


@given(digits)
def test_check_digit(body: str) -> None:
    assert check_digit(body) == oracle(body)


@given(
    st.sampled_from(
        [("gs1.gtin", 7), ("gs1.gtin", 11), ("gs1.gtin", 12), ("gs1.gtin", 13), ("gs1.gln", 12), ("gs1.sscc", 17)]
    ),
    st.data(),
)
def test_one_wrong_digit_or_two_swapped(kind: tuple[str, int], data: st.DataObject) -> None:
    scheme, size = kind
    body = data.draw(st.text(string.digits, min_size=size, max_size=size))
    number = body + oracle(body)
    assert parse(number, scheme).value.endswith(number)
    at = data.draw(st.integers(0, size))
    other = data.draw(st.sampled_from([digit for digit in string.digits if digit != number[at]]))
    with pytest.raises(CodeError, match="check digit"):
        parse(number[:at] + other + number[at + 1 :], scheme)
    at = data.draw(st.integers(0, size - 1))
    swapped = number[:at] + number[at + 1] + number[at] + number[at + 2 :]
    caught = (int(number[at]) - int(number[at + 1])) % 5 != 0
    assert check(scheme, swapped)["valid"] is not caught


USCC = "0123456789ABCDEFGHJKLMNPQRTUWXY"


@given(st.text(string.digits, min_size=6, max_size=6), st.text(USCC, min_size=8, max_size=8), st.data())
def test_credit_codes(division: str, body: str, data: st.DataObject) -> None:
    inner = cn_org_code.calc_check(body)
    total = sum(
        (int(char) if char.isdigit() else ord(char) - 55) * weight
        for char, weight in zip(body, (3, 7, 9, 10, 5, 8, 4, 2), strict=True)
    )
    assert (total + 11 * 11 + (10 if inner == "X" else int(inner))) % 11 == 0
    code = "91" + division + body + inner
    code += cn_uscc.calc_check(code)
    weights = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28, 1)
    assert sum(USCC.index(char) * weight for char, weight in zip(code, weights, strict=True)) % 31 == 0
    assert parse(code.lower()).canonical == f"cn.uscc:{code}"
    assert parse(code[8:17], "cn.org_code").value == code[8:17]
    at = data.draw(st.integers(0, 17))
    wrong = code[:at] + data.draw(st.sampled_from([char for char in USCC if char != code[at]])) + code[at + 1 :]
    assert check("cn.uscc", wrong)["valid"] is False


plain = st.text(string.ascii_letters + string.digits + "._-~%/", min_size=0, max_size=22)


@given(
    prefixes,
    st.text(string.digits, min_size=1, max_size=8),
    plain,
    st.sampled_from(["id:sgtin", "class:lgtin", "id:sscc"]),
)
@example("9506000", "013435", "7", "id:sgtin")
@settings(max_examples=500)
def test_the_short_way_for_urns(gcp: str, item: str, tail: str, kind: str) -> None:
    same_as_the_long_way(f"urn:epc:{kind}:{gcp}.{item}.{tail}", gs1_fast.urn)
    same_as_the_long_way(f"urn:epc:{kind}:{gcp}.{(item * 7)[: 13 - len(gcp)]}.{tail}", gs1_fast.urn)


@given(
    st.text(string.digits, min_size=13, max_size=13),
    st.sampled_from(["21", "10", "22", "8004"]),
    plain,
    st.sampled_from(["", "/a", "/01", "/8004/1234", "/01/09506000134352", "//"]),
)
@example("0950600013435", "21", "7", "")
@settings(max_examples=500)
def test_the_short_way_for_links(body: str, kind: str, tail: str, stem: str) -> None:
    same_as_the_long_way(f"https://example.com{stem}/01/{body}{oracle(body)}/{kind}/{tail}", gs1_fast.link)
    same_as_the_long_way(f"https://example.com{stem}/01/{body}7/{kind}/{tail}", gs1_fast.link)


@given(
    prefixes, st.text(string.digits, min_size=17, max_size=17), st.sampled_from(["", "/a", "/01", "/01/09506000134352"])
)
def test_the_short_way_for_logistic_units(gcp: str, body: str, stem: str) -> None:
    for text in (f"urn:epc:id:sscc:{gcp}.{body[: 17 - len(gcp)]}", f"urn:epc:id:sscc:{gcp}.{body[: 18 - len(gcp)]}"):
        same_as_the_long_way(text, gs1_fast.urn)
    same_as_the_long_way(f"https://example.com{stem}/00/{body}{oracle(body)}", gs1_fast.link)
    same_as_the_long_way(f"https://example.com{stem}/00/{body}3", gs1_fast.link)
    assert gs1_fast.urn(f"urn:epc:id:sscc:{gcp}.{body[: 17 - len(gcp)]}")
    assert gs1_fast.link(f"https://example.com/00/{body}{oracle(body)}")


def same_as_the_long_way(text: str, short: Callable[[str], Code | None]) -> None:
    code = short(text)
    if code is None:
        return
    slow = read_uri(text)
    assert (code.canonical, code.level, code.parsed, code.source) == (
        slow.canonical,
        slow.level,
        slow.parsed,
        slow.source,
    )


messages = st.fixed_dictionaries(
    {"01": st.just("09506000134352")},
    optional={
        "10": serials,
        "21": serials,
        "22": serials,
        "240": st.text(CSET82, min_size=1, max_size=30),
        "17": st.just("271231"),
        "3103": st.text(string.digits, min_size=6, max_size=6),
        "37": st.text(string.digits, min_size=1, max_size=8),
        "95": st.text(CSET82, min_size=1, max_size=90),
    },
)


@given(messages, st.randoms())
@settings(max_examples=300)
def test_messages(message: dict[str, str], order: random.Random) -> None:
    pairs = list(message.items())
    order.shuffle(pairs)
    assert parse_elements(write_elements(pairs)) == pairs
    assert parse_elements("]C1" + write_elements(pairs, bracketed=False)) == pairs
    assert parse_elements("\x1d" + write_elements(pairs, bracketed=False) + "\x1d") == pairs
    link = parse_digital_link(write_link(pairs))
    assert dict(link.ais) == message
    assert parse(write_link(pairs)) == parse(write_elements(pairs))


@given(st.integers(0, 99), st.integers(0, 13), st.integers(0, 32))
@example(28, 2, 29)
@example(27, 2, 29)
@example(0, 2, 29)
def test_dates(year: int, month: int, day: int) -> None:
    real = 1 <= month <= 12 and 1 <= day <= calendar.monthrange(2000 + year, month)[1]
    for ai, lawful in (("17", real or (1 <= month <= 12 and day == 0)), ("7006", real)):
        try:
            check_value(ai, f"{year:02}{month:02}{day:02}")
        except CodeError:
            assert not lawful
        else:
            assert lawful


def survive(text: str) -> None:
    """Every door ends in an answer or a CodeError."""
    for door in (parse, parse_epc, candidates, from_canonical, parse_elements, parse_digital_link):
        try:
            door(text)
        except CodeError as error:
            assert error.rule
            assert error.message
            assert error.message_zh
    for scheme in (None, "gs1.gtin", "gs1.sgln", "gs1.element_string", "cn.uscc", "cn.org_code", "uri", "nothing"):
        answer = check(scheme, text)
        if answer["valid"] and answer["canonical"]:
            again = from_canonical(answer["canonical"])
            assert again.canonical == answer["canonical"]
            assert again.key


@given(st.text(st.characters(), max_size=60))
@settings(max_examples=300)
@example("https://id.gs1.org/²/١٢")
@example("(8007)--")
@example("\ud800:\udfff")
@example("urn:epc:id:sgtin:" + "1" * 5000)
def test_any_text(text: str) -> None:
    survive(text)


PIECES = [
    "urn:epc:id:", "urn:epc:class:", "urn:epc:idpat:", "URN:EPC:ID:", "sgtin:", "lgtin:", "cpi:", "sgln:", "gid:", "itip:", "https://", "http://id.gs1.org",
    "/01/", "/21/", "/00/", "/8004/", "/414/", "gs1.sgtin:", "uri:", "cn.uscc:", "epc.gid:", "process:", "urn:zhuisu:", "9506000", "09506000134352", ".013435", ".", "*", "%", "%2F", "%00",
    "(01)", "(21)", "(10", ")", "\x1d", "^", "]C1", "]d2", "?17=", "271231", "&", "#", "²", "١", "０", "　", " ", "-", "é", "\ud800", "\n", "91", "X", "\\", "[", "?",
]  # fmt: skip


def test_ten_thousand_texts() -> None:
    chance = random.Random(20260501)
    for _ in range(10_000):
        survive("".join(chance.choice(PIECES) for _ in range(chance.randint(0, 8))))


@given(st.text(CSET82, min_size=1, max_size=20), st.text(CSET82, min_size=1, max_size=20))
def test_different_serials_are_different_things(one: str, other: str) -> None:
    assume(one != other)
    first = parse(write_elements([("01", "09506000134352"), ("21", one)]))
    second = parse(write_elements([("01", "09506000134352"), ("21", other)]))
    assert first != second
    assert first.key != second.key
