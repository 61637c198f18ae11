"""What a text can be, and why: whole texts, web addresses, labels copied as text; nothing guessed, nobody's number shown."""

import re
import time
from collections.abc import Callable
from unicodedata import normalize

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from code_samples import MADE, Dice
from zhuisu.codes import CodeError, parse, readings, schemes
from zhuisu.codes.pieces import MAX_PIECES, of_address, of_text
from zhuisu.codes.recognition import MAX_READINGS, hidden, personal, persons

DRUG, LOT, ITEM = "84765620001563394047", "37060000400010000003", "7KQANKLLHHLVMXTD"
SEED = "品种名称：甲\r\n生产经营者名称：某种业\r\n单元识别代码：A1\r\n追溯网址：https://trace.example.cn/s?id=A1"


def found(text: str) -> list[str]:
    return [one.code.canonical for one in readings(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # Scanners: symbology identifiers, and every way to write the separator.
        ("]C10106901234567892", ["gs1.gtin:01/06901234567892"]),
        ("]d2010690123456789221A1\x1d10L1", ["gs1.sgtin:01/06901234567892/21/A1"]),
        ("\x1d010690123456789221A1", ["gs1.sgtin:01/06901234567892/21/A1"]),
        ("010690123456789210L1<GS>21A1", ["gs1.sgtin:01/06901234567892/21/A1"]),
        ("010690123456789210L1␝21A1", ["gs1.sgtin:01/06901234567892/21/A1"]),
        ("010690123456789210L1\\x1d21A1", ["gs1.sgtin:01/06901234567892/21/A1"]),
        ("^010690123456789210L1^21A1", ["gs1.sgtin:01/06901234567892/21/A1"]),
        ("010690123456789210L1^21A1", ["gs1.sgtin:01/06901234567892/21/A1"]),
        ("0106901234567892 21A1", ["gs1.sgtin:01/06901234567892/21/A1"]),
        ("]E06901234567892", ["gs1.gtin:01/06901234567892"]),
        ("]E496385074", ["gs1.gtin:01/00000096385074"]),
        (f"]Q1{DRUG}", [f"cn.drug_trace_msfx:{DRUG}"]),
        (f"]C0{DRUG}", [f"cn.drug_trace_msfx:{DRUG}"]),
        (f"]Q1https://example.org/q?c={DRUG}", [f"cn.drug_trace_msfx:{DRUG}", f"uri:https://example.org/q?c={DRUG}"]),
        # Keyboards: full-width forms, blanks, brackets.
        ("８４７６５６２０００１５６３３９４０４７", [f"cn.drug_trace_msfx:{DRUG}"]),
        ("8476 5620 0015 6339 4047", [f"cn.drug_trace_msfx:{DRUG}"]),
        ("（01）06901234567892（21）A1", ["gs1.sgtin:01/06901234567892/21/A1"]),
        ("(01) 06901234567892\n(21) A1", ["gs1.sgtin:01/06901234567892/21/A1"]),
        ("7kqa-nkll hhlv mxtd", [f"zs.unit:{ITEM}"]),
        # What says itself what it is.
        (f"cn.drug_trace_msfx:{DRUG}", [f"cn.drug_trace_msfx:{DRUG}"]),
        ("urn:epc:id:sgtin:9506000.013435.7", ["gs1.sgtin:01/09506000134352/21/7"]),
        ("urn:epc:id:gid:1.2.3", ["epc.gid:urn:epc:id:gid:1.2.3"]),
        ("urn:zhuisu:cn.uscc:91350100M000100Y43", ["cn.uscc:91350100M000100Y43"]),
        ("urn:uuid:6d1c", ["uri:urn:uuid:6d1c"]),
        (SEED, ["cn.seed_qr:某种业/A1"]),
        # Web addresses: Digital Links of any host; ours; other platforms', whose owner may mean the whole of it.
        ("https://id.example/a/01/06901234567892/21/A1?17=271231", ["gs1.sgtin:01/06901234567892/21/A1"]),
        (f"https://x.example/i/zs.unit/{ITEM}", [f"zs.unit:{ITEM}"]),
        ("https://x.example/i/handle/88.118.8/2026", ["handle:88.118.8/2026"]),
        ("https://x.example/i/01/06901234567892/21/A1", ["gs1.sgtin:01/06901234567892/21/A1"]),
        (f"https://example.org/q?c={DRUG}&t=1764000000000", [f"cn.drug_trace_msfx:{DRUG}", f"uri:https://example.org/q?c={DRUG}&t=1764000000000"]),
        (f"http://example.org/trace/{LOT}", [f"cn.meatveg_trace20:{LOT}", f"uri:http://example.org/trace/{LOT}"]),
        (f"https://example.org/#/show?code={DRUG}", [f"cn.drug_trace_msfx:{DRUG}", f"uri:https://example.org/#/show?code={DRUG}"]),
        ("https://example.org/go?url=https%3A%2F%2Fid.example%2F01%2F06901234567892", ["gs1.gtin:01/06901234567892", "uri:https://example.org/go?url=https%3A%2F%2Fid.example%2F01%2F06901234567892"]),
        # Compressed: one random path in ten thousand reads so by chance, therefore the address stays beside it.
        ("https://example.com/DBFKk4XBoIVC", ["gs1.sgtin:01/09506000134352/21/A1", "uri:https://example.com/DBFKk4XBoIVC"]),
        ("https://example.com/verification", ["uri:https://example.com/verification"]),
        ("https://example.com/thing/7", ["uri:https://example.com/thing/7"]),
        ("https://example.com/?date=20260301123045&tel=6901234567892", ["uri:https://example.com/?date=20260301123045&tel=6901234567892"]),
        # Labels copied as text: the label says which, or that it is none.
        (f"追溯码：{DRUG} 批号：L20260301", [f"cn.drug_trace_msfx:{DRUG}"]),
        ("追溯码：8476 5620 0015 6339 4047　批号：L20260301 有效期至：2027-03-01", [f"cn.drug_trace_msfx:{DRUG}"]),
        (f"产品追溯码{DRUG}，请扫码查询", [f"cn.drug_trace_msfx:{DRUG}"]),
        ("扫码 7KQA NKLL HHLV MXTD 查真伪", [f"zs.unit:{ITEM}"]),
        (f'{{"code":"{DRUG}","t":1764000000000}}', [f"cn.drug_trace_msfx:{DRUG}"]),
        (f"(追溯码{DRUG})", [f"cn.drug_trace_msfx:{DRUG}"]),
        (f"*{DRUG}*", [f"cn.drug_trace_msfx:{DRUG}"]),
        (f"码是 {DRUG}.", [f"cn.drug_trace_msfx:{DRUG}"]),
        (f"“{DRUG}”", [f"cn.drug_trace_msfx:{DRUG}"]),
        (f"{DRUG},{LOT}", [f"cn.drug_trace_msfx:{DRUG}", f"cn.meatveg_trace20:{LOT}"]),
        (f"{SEED}\n其他：x", ["uri:https://trace.example.cn/s?id=A1"]),
        ("商品条码：6901234567892", ["gs1.gtin:01/06901234567892"]),
        ("EAN: 6901234567892", ["gs1.gtin:01/06901234567892"]),
        ("商品条码：6901234567890", []),
        ("药品本位码：86903931000326", ["cn.drug_base_code:86903931000326"]),
        ("随附单编号：350000000001", ["cn.alcohol_slip12:350000000001"]),
        ("批准文号 国药准字H20013062 规格 0.25g", ["cn.drug_approval_no:国药准字H20013062"]),
        ("电话：6901234567892", []),
        ("批号：6901234567892 邮编：350000", []),
        ("单价：10.5/kg 数量：12 产地：厦门", []),
        ("生产日期 20260301 净含量 500g", []),
        (f"查询 https://example.org/q?c={DRUG} 或拨打 4001234567", [f"cn.drug_trace_msfx:{DRUG}"]),
        ("生产许可证编号：SC11464010500015\n条形码：6901234567892", ["cn.food_licence_sc:SC11464010500015", "gs1.gtin:01/06901234567892", "gs1.sgln:414/6901234567892", "gs1.pgln:417/6901234567892"]),
        # Nothing.
        ("", []),
        ("   ", []),
        ("hello", []),
        ("](C1", []),
        ("(01)06901234567890", []),
        ("厦门市市场监督管理局", []),
        ("a:b", []),
        ("9" * 2049, []),
    ],
)  # fmt: skip
def test_what_a_text_can_be(text: str, expected: list[str]) -> None:
    got = found(text)
    if text.startswith("查询"):
        got = [name for name in got if not name.startswith("uri:")]
    assert got == expected


@pytest.mark.parametrize(
    ("text", "reason", "reason_zh"),
    [
        ("SC11464010500015", "check character 5: right, by MOD 11,10", "校验码 5：正确（MOD 11,10）"),
        (LOT, "division 370600: 烟台市, 山东省", "行政区划 370600：山东省烟台市"),
        (DRUG, "begins with 8", "以 8 开头"),
        ("202402290004270277613509", "2024-02-29", "2024 年 2 月 29 日"),
        (f"https://example.org/q?c={DRUG}", "in the web address, behind “c”", "网址中的“c”之后"),
        (f"药品追溯码：{DRUG}", "the label names the scheme", "标签写明了编码体系"),
        ("6901234567892", "it is this if it stands under a bar code on goods", "是此码的场合：商品条码下方"),
        ("]E06901234567892", "(]E0)", "（]E0）"),
        ("https://id.example/01/06901234567892", "Digital Link", "Digital Link"),
        ("(01)06901234567892(17)271231", "expiry date (17) 271231: 2027-12-31", "2027 年 12 月 31 日"),
        # Only in doubt, or unlikely: said, and offered because nothing else reads it.
        ("9" + DRUG[1:], "but in doubt: the first digit is usually 8", "但存疑：首位通常为 8"),
        ("199999900000012", "but unlikely by its content", "可能性较小"),
        ("urn:uuid:6d1c", "nothing in it can be checked", "没有可校验的内容"),
    ],
)
def test_why(text: str, reason: str, reason_zh: str) -> None:
    first = readings(text)[0]
    assert reason in first.reason
    assert reason_zh in first.reason_zh


def test_the_choice_says_what_would_tell() -> None:
    """Three readings of one number: each says where such a code stands. A single reading says nothing of the kind."""
    several = readings("6901234567892")
    assert len({one.reason.rpartition("it is this if")[2] for one in several}) == len(several) == 3
    assert "it is this if" not in readings(DRUG)[0].reason


def test_every_bare_reading_of_a_valid_code_is_there() -> None:
    """Whatever a scheme offers for its own valid codes stays offered, with the reasons of others beside it."""
    dice = Dice(11)
    for name, scheme in schemes().items():
        if scheme.rank is None or name in (
            "uri",
            "cn.division",
            "cn.organic17",
            "cn.meatveg_subject13",
            "cn.livestock_tag15",
        ):
            continue
        missed = [
            text
            for text in (MADE[name](dice) for _ in range(40))
            if not any(one.split(":")[0] == name for one in found(text))
        ]
        # By content: a year that cannot be, a form that GS1 reads better.
        allowed = {"cn.detonator13": 40, "handle": 0, "cn.ecode": 0}.get(name, 8)
        assert len(missed) <= allowed, (name, missed[:3])


FULL = "11010519491231002X"


@pytest.mark.parametrize(
    "text",
    [FULL, FULL.lower(), "110105 19491231 002X", "110105-19491231-002x", f"身份证号：{FULL}", f"购买人 {FULL} 电话 13800000000", f"https://example.org/q?id={FULL}", "１１０１０５１９４９１２３１００２Ｘ"],
)  # fmt: skip
def test_a_personal_number_is_never_read_nor_shown(text: str) -> None:
    assert personal(text)
    assert readings(text) == []
    assert not re.search("1231 ?-?002", hidden(text))
    assert hidden(text).endswith("002X") or "***" in hidden(text)


DISGUISES = [
    "{}", "1 {}", "5-{}", "]Q1{}", "No.{}", "ID{}号", "/p/{}/x", "https://a.example/p/{}", "https://{}.example/", '{{"id":"{}"}}', "姓名：甲 证件号：{} 电话", "a\n{}\tb",
    "(01)06901234567892(21){}", "010690123456789221{}", "https://id.example/01/06901234567892/21/{}", "urn:epc:id:sgtin:6901234.056789.{}",
    "gs1.sgtin:01/06901234567892/21/{}", "(8004){}", "handle:88.118.8/{}", "1.2.156.{}", "uri:urn:x:{}", "urn:zhuisu:cn.ric:{}", "{} 药品追溯码：" + DRUG,
]  # fmt: skip
WRITTEN: dict[str, Callable[[str], str]] = {
    "plain": str,
    "small": str.lower,
    "groups": lambda text: f"{text[:6]} {text[6:14]} {text[14:]}",
    "points": lambda text: f"{text[:6]}.{text[6:14]}/{text[14:]}",
    "dashes": lambda text: f"{text[:6]}–{text[6:14]}_{text[14:]}",
    "unseen": lambda text: "\u200b".join(text),
    "apart": "  ".join,
    "full-width": lambda text: text.translate({code: code + 0xFEE0 for code in range(0x21, 0x7F)}),
    "arabic": lambda text: text.translate({0x30 + digit: 0x660 + digit for digit in range(10)}),
    "cyrillic": lambda text: text.replace("X", "Х"),
    "percent": lambda text: "".join(f"%{ord(char):02X}" for char in text),
    "percent twice": lambda text: "".join(f"%25{ord(char):02X}" for char in text),
}
BOTH = "110101199408097386"  # right as an SSCC, too


# Behind a raw element string, with signs in it, nothing tells it from a serial: those two are not promised.
DISGUISED = [
    (within, written)
    for within in DISGUISES
    for written in WRITTEN
    if not (within.startswith("0106") and written in ("points", "cyrillic"))
]


@pytest.mark.parametrize(("within", "written"), DISGUISED)
def test_no_disguise_brings_a_personal_number_out(within: str, written: str) -> None:
    for number in (FULL, BOTH):
        text = within.format(WRITTEN[written](number))
        for one in readings(text):
            assert number not in re.sub("[^0-9X]", "", (one.code.canonical + one.reason).upper())
        if written != "percent" and "69012345678922" not in text:
            assert number[6:14] not in re.sub(r"\D", "", normalize("NFKC", hidden(text)))
        if "69012345678922" not in text:
            assert [code.value for code in persons(text)] == [number]


def test_a_personal_number_is_no_guess_either() -> None:
    """One in ten of them is a right SSCC as well: read by nobody who was not told so."""
    assert schemes()["gs1.sscc"].read(BOTH)
    with pytest.raises(CodeError) as refused:
        parse(BOTH)
    assert BOTH not in refused.value.message + refused.value.message_zh
    assert parse(BOTH, "gs1.sscc").scheme == "gs1.sscc"


def test_a_personal_number_is_not_taken_for_equipment() -> None:
    """Born in January of a year with 2 at its end, a lift's code from 2010 on has the same form."""
    number = next(text for text in (f"11010519820101{end:04}" for end in range(10_000)) if personal(text))
    assert not any(one.code.scheme.startswith("cn.") for one in readings(number))
    assert found("215010890201500098") == ["cn.special_equip_code:215010890201500098"]


@pytest.mark.parametrize("text", [f"cn.ric:{FULL}", f"urn:zhuisu:cn.ric:{FULL}", f"https://x.example/i/cn.ric/{FULL}"])
def test_a_personal_number_that_is_named_is_no_reading_either(text: str) -> None:
    """Whoever asks for a verdict on one names the scheme to `parse` or `check`; what a face shows comes from here."""
    assert readings(text) == []
    assert "1949" not in hidden(text)


def test_what_looks_like_a_number_of_a_person_and_is_none_stays() -> None:
    assert hidden("110105194912310021") == "110105194912310021"
    assert hidden("110105194912310021", mistyped=True) == "110***********0021"
    assert not personal("376130321109103420")


HOSTILE = [
    "(" * 2048, "(01)" * 512, "0" * 2048, "1." * 1024, "a:" * 1024, "：" * 2048, "http://" * 290, "https://a/" + "/" * 2000,
    "https://a/?" + "&" * 2000, "https://a/?" + "a=1&" * 500, "12 " * 682, "1-" * 1024, "ABCD " * 409, "码" * 2048, "码:" * 1024,
    "]C1" * 680, "^" * 2048, "<GS>" * 512, "[" * 2048, "https://[" + "1" * 2000, "%" * 2048, "https://a/" + "%25" * 600, "国药准字" * 512,
    "1" * 17 + "x" * 2000, "1 " * 1024, " " * 2047 + "x", "a" * 2048, "://" * 680, "handle:" * 290, "\n".join("8" * 20 for _ in range(97)),
    "1 \u200b" * 682, "1+._" * 512, "%31" * 682, "%2531" * 409, "]Q1" * 682, "1" * 17 + " 1" * 1000,
    '{"' + '":"8","'.join(f"k{n}" for n in range(200)) + '":1}', "[" * 1000 + "]" * 1000, "😀" * 2048, "\ud800" * 2048, "\u202e8" * 1024, "\u200b" * 2048,
    "]A0" * 682, "https://a/?u=" * 157, "https://a/?u=" + "https%3A%2F%2Fa%2F%3Fu%3D" * 80, "{" * 2048, "*" * 2048,
]  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE)
def test_a_hostile_text_takes_no_time(text: str) -> None:
    """About 15 ms of a slow core; what grew with the square of the length would take many seconds. The core's time, so that
    a busy machine fails nothing."""
    for tried in (text, text[:2048]):
        start = time.process_time()
        assert len(readings(tried)) <= MAX_READINGS
        hidden(tried, mistyped=True)
        assert time.process_time() - start < 2
    assert len(of_text(text)) <= MAX_PIECES
    assert len(of_address(text)) <= MAX_PIECES


@given(st.text(st.characters(), max_size=80))
@settings(max_examples=400)
def test_any_text(text: str) -> None:
    for one in readings(text):
        assert one.reason
        assert one.reason_zh


@given(st.lists(st.sampled_from(["追溯码：", "批号:", "https://a.example/", "?c=", "&", "/01/", DRUG, LOT, ITEM, "6901234567892", "(01)", "]C1", "\x1d", " ", "\n", "，", "身份证", FULL, "%2F", "a", "国药准字", "="]), max_size=12))  # fmt: skip
@settings(max_examples=400)
def test_any_label(words: list[str]) -> None:
    text = "".join(words)
    for one in readings(text):
        assert one.code.scheme != "cn.ric"
        assert one.reason
