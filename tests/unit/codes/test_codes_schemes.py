"""Schemes are found by their files; Chinese codes; the verdict of the command line; doctests."""

import doctest
import pkgutil
import re
from importlib import import_module
from pathlib import Path

import pytest

import zhuisu.codes
from zhuisu.codes import CodeError, Level, check, from_canonical, parse, parse_epc, schemes, to_digital_link, to_urn
from zhuisu.codes.cn_uscc import calc_check

MODULES = [module.name for module in pkgutil.iter_modules(zhuisu.codes.__path__, "zhuisu.codes.")]


@pytest.mark.parametrize("name", MODULES)
def test_doctests(name: str) -> None:
    assert doctest.testmod(import_module(name)).failed == 0


def test_schemes_are_found() -> None:
    found = schemes()
    assert {
        "gs1.sgtin",
        "gs1.lgtin",
        "gs1.gtin",
        "gs1.sscc",
        "gs1.sgln",
        "gs1.gln",
        "gs1.pgln",
        "gs1.grai",
        "gs1.giai",
        "gs1.gdti",
    } <= set(found)
    assert {"gs1.gsrn", "gs1.gsrnp", "gs1.itip", "gs1.cpi", "gs1.gcn", "cn.uscc", "cn.org_code", "uri"} <= set(found)
    assert found["gs1.sgtin"].level == Level.INSTANCE
    assert found["cn.uscc"].level == Level.PARTY


def test_credit_code() -> None:
    code = parse(" 91350100M000100y43 ")
    assert code.canonical == "cn.uscc:91350100M000100Y43"
    assert code.parsed == {"dept": "9", "category": "1", "division": "350100", "org_code": "M000100Y4", "check": "3"}
    assert from_canonical(code.canonical) == code
    assert parse_epc(to_urn(code)) == code
    with pytest.raises(CodeError, match="no Digital Link"):
        to_digital_link(code)
    with pytest.raises(CodeError) as refusal:
        parse("91350100M000100Y44")
    assert refusal.value.message == "check character is 4, should be 3"
    # Right by the check character of GB 32100, wrong by that of the organisation code inside.
    body = "91350100M000100X4"
    with pytest.raises(CodeError, match="organisation code inside"):
        parse(body + calc_check(body), "cn.uscc")


@pytest.mark.parametrize(
    ("scheme", "code", "valid", "error"),
    [
        (None, "9506000134352", True, None),
        ("gs1.gtin", "9506000134352", True, None),
        ("gs1.gtin", "(01)09506000134352(21)1", False, "this is gs1.sgtin, not gs1.gtin"),
        ("gs1.sgln", "9506000134352", True, None),
        ("gs1.element_string", "(17)271231", True, None),
        ("gs1.element_string", "(17)271331", False, "(17) 271331: there is no month 13"),
        ("cn.moon", "1", None, "unknown scheme"),
        (None, "", False, "the text is empty or too long"),
        (None, "hello", False, "no known scheme reads this text"),
        ("cn.org_code", "60003734-1", True, None),
    ],
)
def test_verdict(scheme: str | None, code: str, valid: bool | None, error: str | None) -> None:
    answer = check(scheme, code)
    assert list(answer) == ["scheme", "code", "valid", "canonical", "parsed", "error"]
    assert (answer["valid"], answer["error"]) == (valid, error)
    assert answer["code"] == code


def test_own_urn_of_an_unknown_scheme_is_private() -> None:
    assert parse_epc("urn:zhuisu:ns:thing").scheme == "uri"


def test_one_thing_has_one_name() -> None:
    for text in (
        "uri:https://id.gs1.org/01/09506000134352",
        "uri:urn:epc:id:sgtin:9506000.013435.7",
        "gs1.gtin:01/9506000134352",
    ):
        with pytest.raises(CodeError):
            from_canonical(text)


DOCS = Path(__file__).parents[3] / "docs/reference"
PAGE = (DOCS / "codes-china.md").read_text("utf-8") + (DOCS / "codes.md").read_text("utf-8")


def test_every_scheme_is_documented() -> None:
    assert [name for name in schemes() if f"`{name}`" not in PAGE] == []
    examples = re.findall(r"`([a-z0-9_.]+:[^`…]+)` \|$", PAGE, re.MULTILINE)
    assert len(examples) > 45
    for example in examples:
        assert from_canonical(example).canonical == example


def test_every_rule_is_documented() -> None:
    source = "\n".join(path.read_text("utf-8") for path in Path(zhuisu.codes.__path__[0]).glob("*.py"))
    rules = set(re.findall(r'(?:CodeError|_error|_expect)\(\s*"([a-z0-9-]+)"', source))
    rules |= set(re.findall(r'_fail\(ai, data, "([a-z0-9-]+)"', source)) | set(re.findall(r', "([a-z-]+)"\)$', source))
    assert len(rules) > 20
    assert [rule for rule in rules if f"`{rule}`" not in PAGE.partition("## Errors")[2]] == []
