"""The schemes of docs/reference/codes-china.md: forms, check rules, doubts, recognition, and who may see a personal number."""

import random
import re
import string
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest

from zhuisu.codes import (
    CodeError,
    Level,
    candidates,
    check,
    cn_division,
    cn_ric,
    from_canonical,
    parse,
    parse_epc,
    schemes,
    to_urn,
)
from zhuisu.codes.model import PERSONAL

Dice = random.Random


def number(dice: Dice, length: int) -> str:
    return "".join(dice.choices(string.digits, k=length))


def word(dice: Dice, least: int, most: int, letters: str = string.ascii_letters + string.digits) -> str:
    return "".join(dice.choices(letters, k=dice.randint(least, most)))


def day(dice: Dice, first: int = 1950, last: int = 2030) -> str:
    return (date(first, 1, 1) + timedelta(days=dice.randrange((last - first) * 365))).strftime("%Y%m%d")


DIVISIONS = tuple(cn_division.table())


def division(dice: Dice) -> str:
    return dice.choice(DIVISIONS)


# Plain oracles for the check rules, written another way than the code.
def with_mod11_10(body: str) -> str:
    """The digit that brings the running product of ISO 7064 MOD 11,10 to 1, found by trying all."""
    for last in string.digits:
        product = 10
        for digit in body + last:
            total = (product + int(digit)) % 10 or 10
            product = total * 2 % 11
        if total == 1:
            return body + last
    raise AssertionError(body)


def with_mod11_2(body: str) -> str:
    """ISO 7064 MOD 11-2: the whole, read with powers of two from the right, is 1 modulo 11."""
    for last in "0123456789X":
        values = [int(digit) for digit in body] + [10 if last == "X" else int(last)]
        if sum(value << place for place, value in enumerate(reversed(values))) % 11 == 1:
            return body + last
    raise AssertionError(body)


def with_mod10(body: str) -> str:
    for last in string.digits:
        text = body + last
        if (sum(map(int, text[-1::-2])) + 3 * sum(map(int, text[-2::-2]))) % 10 == 0:
            return text
    raise AssertionError(body)


MA_ALPHABET = "012345678" + "\0" + string.ascii_uppercase + "abcdefg" + "\0\0" + "hijklmnopqrstuvwxyz" + "-.@$,*+%/#!^~"


def with_ma_check(body: str) -> str:
    """Luhn over the places in the alphabet, where 9 and two more have none."""
    row = [int(digit) for char in body if char != "9" for digit in str(MA_ALPHABET.index(char))]
    for last in range(10):
        total = last
        for place, digit in enumerate(reversed(row)):
            total += digit if place % 2 else (2 * digit if digit < 5 else 2 * digit - 9)
        if total % 10 == 0:
            return f"{body}{last}"
    raise AssertionError(body)


LETTERS = ("H", "Z", "S", "T", "B", "F", "J", "HJ", "ZJ", "SJ", "HC", "ZC", "SC")
MADE: dict[str, Callable[[Dice], str]] = {
    "cn.reg15": lambda d: with_mod11_10(division(d) + number(d, 8)),
    "cn.division": division,
    "cn.ric": lambda d: with_mod11_2(division(d) + day(d, 1900) + number(d, 3)),
    "cn.food_licence_sc": lambda d: "SC" + with_mod11_10(d.choice("12") + number(d, 2) + division(d) + number(d, 4)),
    "cn.drug_approval_no": lambda d: "国药准字" + d.choice(LETTERS) + number(d, 8),
    "cn.drug_trace_msfx": lambda d: "8" + number(d, 19),
    "cn.drug_base_code": lambda d: with_mod10("869" + number(d, 10)),
    "cn.pesticide_unit32": lambda d: d.choice("12") + number(d, 6) + d.choice("123") + number(d, 24),
    "cn.vetdrug_trace24": lambda d: day(d, 2015) + number(d, 16),
    "cn.seed_qr": lambda d: "\r\n".join(
        (
            f"品种名称：{word(d, 1, 9, '郑单玉 958')}甲",
            f"{d.choice(['生产经营者名称', '进口商名称'])}：{word(d, 1, 9, '某种业:/%有限公司')}甲",
            f"单元识别代码：{word(d, 1, 20)}",
            f"追溯网址：https://trace.example.cn/{word(d, 1, 9)}",
        )
    ),
    "cn.meatveg_node9": lambda d: division(d) + number(d, 3),
    "cn.meatveg_subject13": lambda d: division(d) + number(d, 7),
    "cn.meatveg_trace20": lambda d: division(d) + number(d, 14),
    "cn.livestock_tag15": lambda d: d.choice("123") + division(d) + number(d, 8),
    "cn.special_equip_code": lambda d: (
        d.choice("12345689") + number(d, 8) + day(d)[:4] + d.choice("0A") + number(d, d.choice((3, 4)))
    ),
    "cn.special_equip_reg20": lambda d: d.choice("12345689") + number(d, 3) + division(d) + day(d)[:6] + number(d, 4),
    "cn.detonator13": lambda d: f"{d.randint(1, 99):02}" + day(d)[3:] + d.choice("abZ09") + number(d, 5),
    "cn.alcohol_slip12": lambda d: division(d)[:2] + number(d, 10),
    "cn.organic17": lambda d: number(d, 17),
    "cn.ecode": lambda d: d.choice(("10064" + number(d, 20), "20128" + number(d, 28), "300121" + word(d, 1, 39))),
    "cn.ma_idcode": lambda d: f"MA.156.{number(d, 4)}.{number(d, 5)}" + "".join(f".{word(d, 1, 5)}" for _ in range(2)),
    "cn.ma_udi_di": lambda d: with_ma_check(f"MA.156.M0.{number(d, 6)}.{number(d, 1)}{word(d, 6, 6)}"),
    "iso.oid": lambda d: f"{d.choice(('2', '1.2.156', '2.16.156'))}.{d.randrange(10**6)}.{d.randrange(10**6)}",
    "handle": lambda d: (
        f"{d.choice(('88.118', '86.1000', '20.500', '10'))}.{d.randrange(999)}/{word(d, 1, 20)}/{word(d, 1, 5)}"
    ),
}
# Whose check rule is public and finds every change of one digit.
CHECKED = ("cn.reg15", "cn.ric", "cn.food_licence_sc", "cn.drug_base_code")


def test_every_scheme_is_made_here() -> None:
    old = {name for name in schemes() if name.startswith(("gs1.", "epc."))} | {
        "cn.uscc",
        "cn.org_code",
        "uri",
        "process",
    }
    assert set(schemes()) - old == set(MADE)


@pytest.mark.parametrize("scheme", MADE)
def test_read_and_written_again(scheme: str) -> None:
    dice = Dice(scheme)
    for _ in range(300):
        text = MADE[scheme](dice)
        code = parse(text, scheme)
        assert "warning" not in code.parsed, (text, code.parsed)
        assert (code.scheme, code.source, code.level) == (scheme, text, schemes()[scheme].level)
        assert from_canonical(code.canonical) == code
        assert parse(code.value, scheme) == code
        assert from_canonical(code.canonical).key == code.key
        assert check(scheme, text)["valid"] is True
        if scheme not in PERSONAL:
            assert parse_epc(to_urn(code)) == code
            assert check(scheme, text)["canonical"] == code.canonical


@pytest.mark.parametrize("scheme", CHECKED)
def test_one_changed_digit_is_found(scheme: str) -> None:
    dice = Dice(scheme)
    for _ in range(1000):
        text = MADE[scheme](dice)
        place = dice.choice([place for place, char in enumerate(text) if char.isdigit()])
        changed = text[:place] + dice.choice(string.digits.replace(text[place], "")) + text[place + 1 :]
        assert check(scheme, changed)["valid"] is False, (text, changed)


def test_one_changed_digit_of_a_device_is_found() -> None:
    """But for 9, which the rule leaves out."""
    dice = Dice(1)
    for _ in range(1000):
        text = MADE["cn.ma_udi_di"](dice)
        place = dice.choice([place for place, char in enumerate(text) if char in "012345678" and place > 9])
        changed = text[:place] + dice.choice("012345678".replace(text[place], "")) + text[place + 1 :]
        assert check("cn.ma_udi_di", changed)["valid"] is False, (text, changed)


def damaged(dice: Dice, text: str) -> str:
    """A text with a few characters changed, left out or put in; or any text."""
    signs = string.printable + "　：٣²Ⅷ１Ａ·国\x1d\x00\ud800é"
    if dice.random() < 0.3:
        return word(dice, 0, 40, signs)
    for _ in range(dice.randint(0, 3)):
        place = dice.randint(0, len(text))
        text = text[:place] + dice.choice(("", dice.choice(signs), "9" * 30)) + text[place + dice.randint(0, 2) :]
    return text


@pytest.mark.parametrize("scheme", MADE)
def test_random_texts_raise_nothing_else(scheme: str) -> None:
    dice = Dice(scheme)
    good = 0
    for _ in range(10_000):
        text = damaged(dice, MADE[scheme](dice))
        try:
            code = schemes()[scheme].read(text)
        except CodeError as error:
            assert error.message and error.message_zh and re.fullmatch("[a-z-]+", error.rule)
            continue
        good += 1
        assert schemes()[scheme].read(code.value) == code, text
    assert good > 100


@pytest.mark.parametrize(
    "text", ["9" * 9999, "1." * 4999 + "1", f"1.{'9' * 9999}", f"88.1/{'x' * 9999}", "MA.156" + ".A" * 4999]
)
@pytest.mark.parametrize("scheme", MADE)
def test_a_long_text_is_read_or_refused(scheme: str, text: str) -> None:
    try:
        assert schemes()[scheme].read(text).value
    except CodeError as error:
        assert len(error.message) < 200  # a message does not repeat it


def test_random_texts_are_guessed_or_refused() -> None:
    dice = Dice(3)
    for _ in range(3000):
        text = damaged(dice, MADE[dice.choice(list(MADE))](dice))
        candidates(text)
        check(None, text)


@pytest.mark.parametrize(
    ("scheme", "text", "parsed"),
    [
        ("cn.drug_approval_no", "国药准字HC20170001", {"kind": "H", "imported": True, "number": "20170001"}),
        ("cn.pesticide_unit32", "3" + "0" * 6 + "1" + "0" * 24, None),
        ("cn.special_equip_code", "2150108902015A001", None),
        ("cn.special_equip_code", "21501089020150001A", False),
        ("cn.detonator13", "5320229A00123", None),
        ("cn.detonator13", "5330229A00123", False),
        ("cn.detonator13", "5320602C00123", None),
        ("cn.drug_trace_msfx", " 84765620001563394047", False),
        ("cn.drug_trace_msfx", "8476562 0001563394047", False),
        ("cn.meatveg_trace20", " 3706 0000 4000 1000 0003 ", None),
        ("cn.seed_qr", "https://trace.example.cn/35010001261101000001", False),
        ("cn.seed_qr", "品种名称：甲\n进口商名称：乙\n单元识别代码：A1\n追溯网址：https://example.com", None),
        ("cn.organic17", "有机码00226000000000001", False),
        ("cn.ecode", "1006", False),
        ("iso.oid", "1", False),
        ("iso.oid", "0.39", {"arcs": 2, "china": False}),
        ("iso.oid", "1.2.1560", {"arcs": 3, "china": False}),
        ("handle", "880.1/x", {"prefix": "880.1", "suffix": "x", "industrial_internet_cn": False}),
        ("handle", "88.1/", False),
        ("cn.ma_idcode", "MA.156.1003", False),
        ("cn.food_licence_sc", "SC3" + with_mod11_10("146401050001")[0:13], False),
    ],
)
def test_verdicts(scheme: str, text: str, parsed: dict[str, Any] | bool | None) -> None:
    answer = check(scheme, text)
    assert answer["valid"] is (parsed is not False), answer
    if isinstance(parsed, dict):
        assert answer["parsed"] == parsed


@pytest.mark.parametrize(
    ("scheme", "text", "rule"),
    [
        ("cn.reg15", "350200100001238", "check-digit"),
        ("cn.drug_trace_msfx", "94765620001563394047", "prefix"),
        ("cn.drug_approval_no", "国药准字X20013062", "kind"),
        ("cn.special_equip_code", "71501089020150098", "kind"),
        ("cn.alcohol_slip12", "990000000001", "table"),
        ("cn.ecode", "1006411111111111111111111111111", "form"),
        ("cn.ecode", "700641", "kind"),
        ("cn.ma_udi_di", "MA.156.M0.100472.11103310", "check-digit"),
        ("cn.seed_qr", "某种业/ABCDEFGHIJ0123456789X", "characters"),
        ("iso.oid", "3.1.1", "arc"),
    ],
)
def test_what_is_only_remembered_warns(scheme: str, text: str, rule: str) -> None:
    """It is read, keeps its name and key, and is not guessed; the verdict says what is wrong."""
    code = parse(text, scheme)
    assert code.parsed["warning_rule"] == rule
    assert code.parsed["warning"] and code.parsed["warning_zh"]
    assert from_canonical(code.canonical) == code
    assert scheme not in {one.scheme for one in candidates(text)}
    answer = check(scheme, text)
    assert (answer["valid"], answer["error"]) == (False, code.parsed["warning"])
    assert answer["canonical"] == code.canonical
    assert not any(name.startswith("warning") for name in answer["parsed"])


LABEL = "品种名称：甲\r\n生产经营者名称：某种业\r\n单元识别代码：A1\r\n追溯网址：https://trace.example.cn/s?id=A1"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("135021290007335", ["cn.livestock_tag15"]),
        ("1-350212-90007335", ["cn.livestock_tag15"]),
        ("110108000000016", ["cn.reg15"]),
        ("35021200100010300027", ["cn.meatveg_trace20"]),
        ("84765620001563394047 ", ["cn.drug_trace_msfx"]),
        ("21503701022015110999", ["cn.special_equip_reg20"]),
        ("202302031234534087047639", ["cn.vetdrug_trace24"]),
        ("10929272000000000000000000000000", ["cn.pesticide_unit32"]),
        ("sc11464010500015", ["cn.food_licence_sc"]),
        (LABEL, ["cn.seed_qr"]),
        ("1.2.156.3001.1", ["iso.oid"]),
        ("88.118.8/20261122000001", ["handle"]),
        ("MA.156.1003.16291", ["cn.ma_idcode"]),
        ("MA.156.M0.100472.11103316", ["cn.ma_udi_di"]),
        ("215010890201500098", ["cn.special_equip_code"]),
        ("00226000000000001", ["cn.organic17"]),
        ("370600004", ["cn.meatveg_node9"]),
        ("3706000040001", ["cn.meatveg_subject13"]),
        ("5320602A00123", ["cn.detonator13"]),
        ("国药准字H20013062", ["cn.drug_approval_no"]),
        ("300121ABC123def456", ["cn.ecode"]),
        ("450700", ["cn.division"]),
        # Of no county of the table: offered, because nothing else reads it.
        ("199999900000012", ["cn.livestock_tag15"]),
        # What GS1 reads comes first, and a raw element string is not a long number.
        ("6901234567892", ["gs1.gtin", "gs1.sgln", "gs1.pgln"]),
        ("86903931000326", ["gs1.gtin", "cn.drug_base_code"]),
        ("11271231010950600013435221123456", ["gs1.sgtin", "cn.pesticide_unit32"]),
        ("00095060001234567893", ["gs1.sscc"]),
        ("036000291452", ["gs1.gtin"]),
        ("91350100M000100Y43", ["cn.uscc"]),
        # Never guessed: a person, a decimal, a version, a doubt, a slip of ten years ago.
        ("11010519491231002X", []),
        ("1.5", []),
        ("3.1.1", []),
        ("121200000124", []),
    ],
)
def test_recognition(text: str, found: list[str]) -> None:
    assert [code.scheme for code in candidates(text)] == found
    if found:
        assert parse(text).scheme == found[0]
    else:
        with pytest.raises(CodeError):
            parse(text)


def test_a_mistyped_licence_says_what_is_wrong() -> None:
    with pytest.raises(CodeError, match="should be 5"):
        parse("SC11464010500016")


def test_a_mistyped_product_number_is_not_guessed_to_be_something_else() -> None:
    dice = Dice(5)
    for _ in range(500):
        right = with_mod10("69" + number(dice, 10))
        wrong = right[:-1] + str((int(right[-1]) + 1) % 10)
        with pytest.raises(CodeError, match="check digit"):
            parse(wrong)


def test_levels() -> None:
    assert parse("135021290007335").level == Level.INSTANCE
    assert parse("35021200100010300027").level == Level.LOT
    assert schemes()["cn.drug_base_code"].level == Level.CLASS


def test_divisions_have_years() -> None:
    assert parse("110103", "cn.division").parsed == {"province": "北京市", "name": "崇文区", "from": "", "to": "2010"}
    assert check("cn.division", "120110")["parsed"] == {"province": "天津市", "county": "[-1991]东郊区,[1992-]东丽区"}
    assert cn_division.known("110103", 2009) and not cn_division.known("110103", 2015)
    assert not cn_division.known("350213", 2000) and cn_division.known("350213", 2020)
    assert cn_division.province("350") == "福建省" and cn_division.province("99") == ""
    assert len(cn_division.table()) > 6000
    assert all(re.fullmatch("[1-8][0-9]{5}", code) for code in cn_division.table())
    for spans in cn_division.table().values():
        assert all(not span.end or (span.start or 1981) <= span.end <= 2025 for span in spans)


def test_a_personal_number_is_never_shown() -> None:
    full = "11010519491231002X"
    code = parse(full.lower(), "cn.ric")
    assert code.value == full
    assert code.shown == "cn.ric:110***********002X"
    assert full not in repr(code) + str(code) + str(code.parsed)
    assert full not in str(check("cn.ric", full)) + str(check(None, f"cn.ric:{full}"))
    assert "11010519491231002" not in str(check("cn.ric", "110105194912310021"))
    for attempt in (
        lambda: parse_epc(f"urn:zhuisu:cn.ric:{full}"),
        lambda: to_urn(code),
        lambda: from_canonical(f"cn.ric:{full.lower()}"),
        lambda: parse("110105194912310021", "cn.ric"),
        lambda: parse("110105194912320028", "cn.ric"),
        lambda: parse(full),
    ):
        with pytest.raises(CodeError) as refusal:
            attempt()
        assert not re.search("[0-9]{7}", refusal.value.message + refusal.value.message_zh)


def test_a_birth_is_not_after_today() -> None:
    text = with_mod11_2("350200" + "20260301" + "123")
    assert cn_ric.parse(text).value == text
    assert cn_ric.parse(text, date(2026, 3, 1)).value == text
    with pytest.raises(CodeError, match="out of range"):
        cn_ric.parse(text, date(2026, 2, 28))
