"""The platform's own code: what the check character catches (all of it, not a sample), tolerant reading, refusals, there and back."""

from itertools import combinations, pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zhuisu.codes import (
    Code,
    CodeError,
    Level,
    candidates,
    check,
    ff1,
    forms,
    from_canonical,
    gs1_rules,
    parse,
    parse_epc,
    to_urn,
    zs_unit,
)
from zhuisu.codes.zs_unit import ALPHABET, COUNTERS, LENGTH, WEIGHTS, check_character, code_of, counter_of, read, shown

KEY = bytes(range(32))
fifteen = st.text(ALPHABET, min_size=15, max_size=15)
series = st.text(ALPHABET, min_size=4, max_size=4)


def made(body: str) -> str:
    return body + check_character(body)


def refused(text: str) -> bool:
    try:
        read(text)
    except CodeError as error:
        return error.rule == "check-digit"
    return False


def test_weights_prove_what_the_check_catches() -> None:
    """A wrong character changes the sum by weight times difference, an exchange by difference times difference: modulo a prime never 0."""
    assert all(zs_unit.RADIX % one for one in range(2, zs_unit.RADIX))
    assert len(set(WEIGHTS)) == LENGTH
    assert 0 not in WEIGHTS
    # Two equal neighbours that both become another equal pair: the sum of neighbouring weights is not 0 either.
    assert all((one + other) % zs_unit.RADIX for one, other in pairwise(WEIGHTS))


@pytest.mark.parametrize(
    "text", ["7KQA3M9TWX2C8HR", "222222222222222", "YYYYYYYYYYYYYYY", "23456789ACDEFGH", "QPNMLKJHGFEDCA9"]
)
def test_every_wrong_character_and_every_exchange(text: str) -> None:
    whole = made(text)
    assert read(whole).value == whole
    for place in range(LENGTH):
        for char in ALPHABET:
            other = whole[:place] + char + whole[place + 1 :]
            assert char == whole[place] or refused(other)
    for one, other in combinations(range(LENGTH), 2):
        chars = list(whole)
        chars[one], chars[other] = chars[other], chars[one]
        assert whole[one] == whole[other] or refused("".join(chars))


@given(fifteen, st.integers(0, 15), st.integers(0, 15), st.sampled_from(ALPHABET))
def test_random_wrong_characters_and_exchanges(text: str, one: int, other: int, char: str) -> None:
    whole = made(text)
    assert whole[one] == char or refused(whole[:one] + char + whole[one + 1 :])
    chars = list(whole)
    chars[one], chars[other] = chars[other], chars[one]
    assert whole[one] == whole[other] or refused("".join(chars))


def test_read() -> None:
    code = read("7KQA3M9TWX2C8HRL")
    assert code == Code("zs.unit", "7KQA3M9TWX2C8HRL", Level.INSTANCE, {}, "")
    assert code.parsed == {"series": "7KQA", "body": "3M9TWX2C8HR", "check": "L"}
    assert code.canonical == "zs.unit:7KQA3M9TWX2C8HRL"
    assert shown(code.value) == "7KQA 3M9T WX2C 8HRL"
    assert code_of(KEY, 1, "7KQA", 0) != code_of(KEY, 2, "7KQA", 0)


@pytest.mark.parametrize(
    "text",
    [
        "7KQA 3M9T WX2C 8HRL",
        " 7kqa-3m9t-wx2c-8hrl ",
        "7KQA3M9TWX2C8HR1",
        "7KQA3M9TWX2C8HRI",
        "7KQA3M9TWX2CBHRi",
        "7KQA3M9TWXZC8HRl",
        "7kqa\u30003m9t\u2014wx2c b hrl",
        "７ＫＱＡ　３Ｍ９Ｔ　ＷＸ２Ｃ　８ＨＲＬ",
        "zs.unit:7KQA3M9TWX2C8HRL",
        "urn:zhuisu:zs.unit:7KQA3M9TWX2C8HRL",
    ],
)
def test_read_tolerantly(text: str) -> None:
    assert parse(text).canonical == "zs.unit:7KQA3M9TWX2C8HRL"
    if not text.startswith("urn:"):  # a URN names its scheme itself
        assert parse(text, "zs.unit").canonical == "zs.unit:7KQA3M9TWX2C8HRL"


@pytest.mark.parametrize(
    ("text", "rule", "says"),
    [
        ("", "length", "0 characters, should be 16"),
        ("7KQA3M9TWX2C8HR", "length", "15 characters, should be 16"),
        ("7KQA3M9TWX2C8HRLL", "length", "17 characters"),
        ("7KQA3M9TWX2C8HRM", "check-digit", "check character is M, should be L"),
        ("7KQ03M9TWX2C8HRL", "characters", "character 4 is 0"),
        ("7kqo3m9twx2c8hrl", "characters", "character 4 is O"),
        ("7KQA3M9T*X2C8HRL", "characters", "character 9 is '*'"),
        ("7KQA3M9T码X2C8HRL", "characters", "character 9"),
        ("7KQA3M9TWX2C8Hß", "length", "15 characters"),  # whose capital form is two letters
        ("7KQA3M9TWX2C8HRı", "characters", "character 16"),  # whose capital form is I
    ],
)
def test_refusals(text: str, rule: str, says: str) -> None:
    with pytest.raises(CodeError) as refusal:
        read(text)
    assert refusal.value.rule == rule
    assert says in refusal.value.message
    assert refusal.value.message_zh


@given(st.text(max_size=40))
@settings(max_examples=300)
def test_no_text_breaks_it(text: str) -> None:
    try:
        code = read(text)
    except CodeError:
        return
    assert read(code.value) == code


@settings(max_examples=200, deadline=None)
@given(st.binary(min_size=32, max_size=32), st.integers(0, 255), series, st.integers(0, COUNTERS - 1))
def test_counter_there_and_back(key: bytes, version: int, name: str, counter: int) -> None:
    text = code_of(key, version, name, counter)
    code = read(text)
    assert (code.value, code.parsed["series"]) == (text, name)
    assert counter_of(key, version, text) == counter
    assert from_canonical(code.canonical) == code == parse_epc(to_urn(code))


@given(fifteen)
@settings(deadline=None)
def test_a_forgery_decrypts_to_some_counter(text: str) -> None:
    counter = counter_of(KEY, 1, made(text))
    assert 0 <= counter < COUNTERS
    assert code_of(KEY, 1, text[:4], counter) == made(text)


def test_body_is_ff1_as_written_down() -> None:
    """Decision 0010: another program with the key must find the same code."""
    numerals = [0] * 8 + [1, 2, 3]  # counter 1 * 29² + 2 * 29 + 3
    body = ff1.encrypt(KEY, 29, b"7KQA\x05", numerals)
    text = code_of(KEY, 5, "7KQA", 841 + 58 + 3)
    assert text[4:15] == "".join(ALPHABET[one] for one in body)


def test_series_and_versions_are_strangers() -> None:
    """The same body under another series, version or key has another counter."""
    text = code_of(KEY, 1, "7KQA", 5)
    other = made("7KQC" + text[4:15])
    found = {counter_of(KEY, 2, text), counter_of(KEY, 1, other), counter_of(bytes(32), 1, text)}
    assert len(found) == 3
    assert 5 not in found


@pytest.mark.parametrize(
    ("key", "version", "name", "counter", "why"),
    [
        (KEY[:16], 1, "7KQA", 0, "32 bytes"),
        (KEY, 256, "7KQA", 0, "key version 256"),
        (KEY, -1, "7KQA", 0, "key version -1"),
        (KEY, 1, "7KQ", 0, "a series has 4"),
        (KEY, 1, "7KQO", 0, "a series has 4"),
        (KEY, 1, "7KQA", -1, "counter -1"),
        (KEY, 1, "7KQA", COUNTERS, "counter 12200509765705829"),
    ],
)
def test_wrong_use(key: bytes, version: int, name: str, counter: int, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        code_of(key, version, name, counter)


@pytest.mark.parametrize("text", ["7KQA3M9TWX2C8HR", "7kqa3m9twx2c8hrl", "7KQA 3M9T WX2C 8HR"])
def test_only_canonical_codes_have_a_counter(text: str) -> None:
    with pytest.raises(ValueError, match="not a canonical code"):
        counter_of(KEY, 1, text)


def test_a_bare_text_is_ours_but_steals_nothing() -> None:
    assert [code.scheme for code in candidates("7KQA 3M9T WX2C 8HRL")] == ["zs.unit"]
    # A food licence without a zero, read tolerantly, passes our check once in 29 times. It stays a licence.
    bodies = [str(one) for one in range(11111111111111 // 10, 11111111111111 // 10 + 1500)]
    licences = [f"SC{body}{forms.mod11_10(body)}" for body in bodies if "0" not in body]
    both = [text for text in licences if "0" not in text and not refused(text)]
    assert len(both) > 10
    assert all([code.scheme for code in candidates(text)] == ["cn.food_licence_sc"] for text in both)


def test_a_number_without_letters_is_ours_only_where_nothing_else_reads_it() -> None:
    digits = [f"{one:012}".translate(str.maketrans("01", "89")) for one in range(3_000)]
    documents = [f"253{one}{gs1_rules.check_digit(one)}" for one in digits]
    both = [text for text in documents if not set(text) & set("01") and not refused(text)]
    assert len(both) > 10
    assert all([code.scheme for code in candidates(text)] == ["gs1.gdti"] for text in both)
    alone = [text for one in digits if (text := made("222" + one)).isdigit()]
    assert len(alone) > 10
    assert all([code.scheme for code in candidates(text)] == ["zs.unit"] for text in alone)


@pytest.mark.parametrize(("typed", "meant"), ["1L", "IL", "iL", "lL", "B8", "b8", "S5", "s5", "Z2", "z2"])
def test_misread_characters(typed: str, meant: str) -> None:
    whole = made(f"7KQA{meant}M9TWX2C8H{meant}")
    assert read(f"7KQA{typed}M9TWX2C8H{typed}{whole[-1]}").value == whole


def test_verdict() -> None:
    answer = check("zs.unit", "7kqa 3m9t wx2c 8hrl")
    assert (answer["valid"], answer["canonical"]) == (True, "zs.unit:7KQA3M9TWX2C8HRL")
    assert answer["parsed"] == {"series": "7KQA", "body": "3M9TWX2C8HR", "check": "L"}
    assert check("zs.unit", "7KQA3M9TWX2C8HRM")["valid"] is False


@pytest.mark.parametrize(
    ("text", "rule", "told"),
    [
        ("7KQA 3M9T WX2C 8HRM", "check-digit", "should be L"),
        ("7kqa-3m9t-wx2c-8hra", "check-digit", "should be L"),
        ("7KQA3M9TWX2C8HRO", "characters", "neither the digit 0 nor the letter O"),
        ("7KQA 3M9T WX0C 8HRL", "characters", "character 11 is 0"),
        ("1234567890123456", "unknown", "no known scheme"),
        ("SC11464010500016", "check-digit", "should be 5"),
    ],
)
def test_a_mistyped_code_of_ours_is_told_what_is_wrong_with_it(text: str, rule: str, told: str) -> None:
    with pytest.raises(CodeError) as refused:
        parse(text)
    assert refused.value.rule == rule
    assert told in refused.value.message
