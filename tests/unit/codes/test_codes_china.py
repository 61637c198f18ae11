"""The schemes of docs/reference/codes-china.md: forms, doubts, recognition, and who may see a personal number.

What holds of every scheme alike is in test_codes_every_scheme.py.
"""

import re
from datetime import date
from typing import Any

import pytest

from code_samples import MADE, Dice, damaged, number, with_mod10, with_mod11_2, with_mod11_10
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


def test_random_texts_are_guessed_or_refused() -> None:
    dice = Dice(3)
    for _ in range(800):
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
        ("cn.special_equip_code", "4D0010890201500098", "kind"),
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
