"""Valid forms that were refused and invalid ones that were taken: the boundary of each scheme, case by case."""

from datetime import date

import pytest

from code_samples import with_mod11_2, with_mod11_10
from zhuisu.codes import check, explain, from_canonical, parse

LABEL = "品种名称：甲\n生产经营者名称：{}\n单元识别代码：A1\n追溯网址：{}"


@pytest.mark.parametrize(
    ("scheme", "text", "valid"),
    [
        # Invisible characters come along when a page or a document is copied.
        ("gs1.gtin", "\u200b6901234567892\ufeff", True),
        ("cn.uscc", "91110000\u00a0600037341\u00adL", True),
        ("cn.food_licence_sc", "ＳＣ１１４６４０１０５０００１５", True),
        ("cn.food_licence_sc", "sc-11464010500015", True),
        ("cn.food_licence_sc", "SC" + with_mod11_10("0146401050001"), False),
        ("cn.org_code", "60003734－1", True),
        ("cn.org_code", "60003734−1", False),  # a minus sign is no hyphen
        ("cn.drug_approval_no", "国药准字 Ｈ２００１３０６２", True),
        ("cn.drug_approval_no", "国药准字H2001306", False),
        ("cn.drug_approval_no", "国药准字HX20170001", False),
        ("cn.drug_trace_msfx", "８４７６５６２０００１５６３３９４０４７", False),
        ("cn.drug_base_code", "869 03931 00032 6", True),
        # The calendar: leap years by the rule of centuries, months, year 0.
        ("cn.vetdrug_trace24", "200002290004270277613509", True),
        ("cn.vetdrug_trace24", "210002290004270277613509", False),
        ("cn.vetdrug_trace24", "202302290004270277613509", False),
        ("cn.vetdrug_trace24", "202304310004270277613509", False),
        ("cn.vetdrug_trace24", "202300010004270277613509", False),
        ("cn.vetdrug_trace24", "000001010004270277613509", False),
        ("cn.ric", with_mod11_2("350200" + "19000228" + "123"), True),
        ("cn.ric", with_mod11_2("350200" + "19000229" + "123"), False),
        ("cn.ric", with_mod11_2("350200" + "17991231" + "123"), False),
        ("cn.ric", with_mod11_2("830000" + "19900101" + "123"), True),
        ("cn.special_equip_reg20", "21603101012006120101", True),
        ("cn.special_equip_reg20", "21603101012006000101", False),
        # Pressure piping goes on with a letter when four digits are used up; nothing else does.
        ("cn.special_equip_reg20", "8310350200201601A002", True),
        ("cn.special_equip_reg20", "8310350200201601a002", True),
        ("cn.special_equip_reg20", "3110350200201601A002", False),
        ("cn.special_equip_reg20", "83103502002016010A02", False),
        ("cn.special_equip_code", "2150108902015A0098", True),
        ("cn.special_equip_code", "215010890A01500098", False),
        ("cn.detonator13", "5320229A00123", True),
        ("cn.detonator13", "5310229A00123", False),
        ("cn.detonator13", "5320230A00123", False),
        ("cn.detonator13", "5320602w00123", False),
        ("cn.detonator13", "5320602W00123", True),
        ("cn.ecode", "10064" + "1" * 20, True),
        ("cn.ecode", "10064" + "1" * 21, False),
        ("cn.ecode", "20128" + "1" * 28, True),
        ("cn.ecode", "20128" + "1" * 29, False),
        ("cn.ecode", "300121" + "A" * 39, True),
        ("cn.ecode", "300121" + "A" * 40, False),
        ("cn.ecode", "400121" + "追溯", True),
        ("cn.ecode", "00001" + "1", False),  # V0: its layout is not known, it warns
        ("iso.oid", "2.48.1", True),
        ("iso.oid", "1.39", True),
        ("iso.oid", "1.40", False),
        ("iso.oid", "1..2", False),
        ("iso.oid", "1.2.", False),
        ("handle", "88.118.8/", False),
        ("handle", "88.118.8/a b", False),
        ("handle", "．88/a", False),
        ("cn.ma_idcode", "ma.156.1003.16291", True),
        ("cn.ma_idcode", "MA．156．1003．16291", True),
        ("cn.ma_idcode", "MA.156.1003.16291.", False),
        ("cn.livestock_tag15", "０ 37061200001234", False),
        ("cn.pesticide_unit32", "1092 9272 0000 0000 0000 0000 0000 0000", True),
        ("gs1.gtin", "6-901234-567892", True),
        ("gs1.gln", "6901234567892 ", True),
        ("gs1.sscc", "(00)106901234567890005", True),
        ("gs1.element_string", "(01)06901234567892(17)240229", True),
        ("gs1.element_string", "(01)06901234567892(17)230229", False),
        ("gs1.element_string", "(01)06901234567892(17)240200", True),
        ("gs1.element_string", "(01)06901234567892(10)", False),
        ("gs1.element_string", "(01)06901234567892(10)" + "A" * 21, False),
        ("gs1.element_string", "(01)06901234567892(10)批号", False),
        ("gs1.element_string", "(01)06901234567892(10)A(10)B", False),
        ("cn.organic17", "0022 6000 0000 00001", True),
        ("cn.alcohol_slip12", "000000000001", False),
    ],
)
def test_verdict(scheme: str, text: str, valid: bool) -> None:
    answer = check(scheme, text)
    assert answer["valid"] is valid, answer
    assert bool(answer["error"]) is not valid


def test_a_birth_after_today_is_refused_where_the_day_is_known() -> None:
    text = with_mod11_2("350200" + "20300101" + "123")
    assert check("cn.ric", text)["valid"] is True
    assert check("cn.ric", text, date(2026, 11, 22)) | {"code": ""} == {
        "scheme": "cn.ric",
        "code": "",
        "valid": False,
        "canonical": None,
        "parsed": {},
        "error": "the date of birth is out of range",
    }
    assert check("gs1.gtin", "6901234567892", date(2026, 11, 22))["valid"] is True


@pytest.mark.parametrize("address", ["https://trace.example.cn/A1", "www.example.cn/A1"])
def test_full_width_brackets_make_no_other_seed(address: str) -> None:
    """The same firm, typed with either brackets, on a label with or without a whole web address: one thing, one key."""
    wide = parse(LABEL.format("某种业（厦门）有限公司", address), "cn.seed_qr")
    narrow = parse(LABEL.format("某种业(厦门)有限公司", address), "cn.seed_qr")
    assert wide == narrow
    assert wide.key == narrow.key
    assert parse(wide.canonical) == from_canonical(wide.canonical) == wide


@pytest.mark.parametrize(
    ("scheme", "text", "parts"),
    [
        ("cn.uscc", "91350100M000100Y43", {"category": "enterprise", "division": "福州市, 福建省", "check character": "right, by mod 31 of GB 32100"}),
        ("cn.division", "110103", {"province": "北京市", "county": "崇文区 (until 2010)"}),
        ("cn.reg15", "350200100001238", {"check character": "should be 5 by MOD 11,10"}),
        ("cn.special_equip_code", "71501089020150098", {"kind": "no kind begins with 7"}),
        ("cn.special_equip_reg20", "8310350200201601A002", {"kind": "pressure piping", "month": "2016-01"}),
        ("cn.alcohol_slip12", "990000000001", {"province": "there is no such province"}),
        ("cn.drug_approval_no", "国药准字HJ20170001", {"kind": "chemical drug", "origin": "made abroad"}),
        ("cn.drug_approval_no", "国药准字X20013062", {"kind": "none that is known here"}),
        ("cn.ma_udi_di", "MA.156.M0.100472.11103310", {"check digit": "should be 6 by the MA rule (one program's, so it warns only)"}),
        ("cn.detonator13", "5320602A00123", {"month and day": "06-02 of a year that ends in 2"}),
        ("cn.ecode", "700641", {"version": "not in use"}),
        ("iso.oid", "3.1.1", {"further arcs": "out of range"}),
        ("handle", "10.1000/1", {"prefix": "DOI"}),
        ("gs1.sscc", "376130321109103420", {"extension digit": "chosen by the company", "check digit": "right, by mod 10"}),
        ("gs1.sgtin", "(01)96901234567895(21)7KQANKLLHHLVMXTD", {"indicator": "of variable measure", "serial number (21)": "in the form of this platform's codes; its check character is right"}),
        ("gs1.itip", "(8006)069012345678920103", {"piece": "piece 1", "pieces": "of 3"}),
        ("gs1.sgtin", "(01)06901234567892(21)1(17)270200(3103)001500(15)770101", {"expiry date (17)": "2027-02", "net weight (kg) (3103)": "1.500", "best before (15)": "1977-01-01"}),
        ("gs1.gmn", "(8013)1987654Ad4X4bL5ttr2310c2K", {"check characters": "right, by mod 1021"}),
    ],
)  # fmt: skip
def test_what_the_parts_say(scheme: str, text: str, parts: dict[str, str]) -> None:
    said = {part.name: part.meaning for part in explain(parse(text, scheme))}
    assert {name: said.get(name) for name in parts} == parts


def test_where_the_company_ends_is_taken_from_the_urn() -> None:
    parts = explain(parse("urn:epc:id:sgtin:9506000.013435.7"))
    assert [part.text for part in parts] == ["0", "9506000", "13435", "2", "7"]
    assert parts[1].name == "company prefix"
