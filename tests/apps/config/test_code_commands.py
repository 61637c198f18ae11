"""`zhuisu code check` without a scheme, and `zhuisu code explain`: readings with reasons, parts, and no person's number."""

import json
import logging

import pytest
from django.conf import settings
from typer.testing import CliRunner

from zhuisu.config.cli.app import app
from zhuisu.config.faults import Nameless

FULL = "11010519491231002X"


def run(*words: str, lang: str = "en_US.UTF-8") -> tuple[int, str, str]:
    result = CliRunner().invoke(app, ["code", *words], env={"LC_ALL": lang, "COLUMNS": "200"})
    return result.exit_code, result.stdout, result.stderr


def test_readings_have_reasons_in_the_language_of_the_terminal() -> None:
    code, said, _ = run("check", "86903931000326")
    assert code == 0
    assert "gs1.gtin:01/86903931000326  product (GTIN)" in said
    assert "cn.drug_base_code:86903931000326  drug base code" in said
    assert "it is this if it stands" in said
    assert "药品本位码" in run("check", "86903931000326", lang="zh_CN.UTF-8")[1]


def test_readings_as_json() -> None:
    code, said, _ = run("check", "https://example.org/q?c=84765620001563394047", "--json")
    answer = json.loads(said)
    assert code == 0
    assert [one["scheme"] for one in answer["readings"]] == ["cn.drug_trace_msfx", "uri"]
    assert set(answer["readings"][0]) == {"scheme", "name", "name_zh", "canonical", "reason", "reason_zh"}
    assert {"scheme", "code", "valid", "canonical", "parsed", "error"} < set(answer)
    assert "readings" not in json.loads(run("check", "6901234567892", "--scheme", "gs1.gtin", "--json")[1])


def test_what_is_no_code_or_only_a_doubt_is_not_well() -> None:
    code, said, wrong = run("check", "hello")
    assert (code, said) == (1, "")
    assert "no known scheme" in wrong
    code, said, _ = run("check", "94765620001563394047")
    assert code == 1
    assert "but in doubt" in said


@pytest.mark.parametrize(
    "text",
    [
        FULL,
        f"cn.ric:{FULL}",
        f"身份证：{FULL}",
        "110105 19491231 002X",
        "110105194912310021",
        "110105\t19491231\t002x",
        f"(01)06901234567892(21){FULL}",
        f"1. {FULL}",
    ],
)
@pytest.mark.parametrize("more", [(), ("--json",)])
def test_a_personal_number_is_masked_in_all_that_is_said(text: str, more: tuple[str, ...]) -> None:
    for words in (("check", text, *more), ("explain", text, *more)):
        _, said, wrong = run(*words)
        assert "1949" not in said + wrong
        assert "1231" not in said + wrong


def test_parts_as_a_table() -> None:
    code, said, _ = run("explain", "SC11464010500015")
    assert code == 0
    assert "right, by MOD 11,10" in said
    assert "西夏区, 银川市, 宁夏回族自治区" in said
    assert "校验码" in run("explain", "SC11464010500015", "--lang", "zh")[1]
    assert "it can also be: gs1.sgln:414/6901234567892" in run("explain", "6901234567892")[1]
    assert "in doubt" in run("explain", "350200100001238", "--scheme", "cn.reg15")[1]


def test_parts_as_json() -> None:
    answer = json.loads(run("explain", "[1]", "--scheme", "process", "--json")[1])
    assert answer["parts"][0]["text"] == "[1]"
    assert "[1]" in run("explain", "[1]", "--scheme", "process")[1]
    parts = json.loads(run("explain", FULL, "--scheme", "cn.ric", "--json")[1])["parts"]
    assert "".join(part["text"] for part in parts) == "110***********002X"


def test_wrong_use_of_explain_is_told() -> None:
    assert run("explain", "hello")[0] == 1
    assert run("explain", "6901234567892", "--lang", "fr")[0] == 2
    assert run("explain", "1", "--scheme", "cn.moon")[0] == 1


@pytest.mark.parametrize(
    "path", [f"/x/{FULL}", f"/x/{FULL.lower()}/", "/c/110105 19491231 002X", "/x?id=%31" + FULL[1:]]
)
def test_a_personal_number_in_an_address_is_masked_in_the_log(path: str) -> None:
    record = logging.LogRecord("django.request", logging.WARNING, "", 0, "%s: %s", ("Not Found", path), None)
    assert Nameless().filter(record)
    assert "1949" not in record.getMessage()
    assert record.getMessage().startswith("Not Found: /")
    assert settings.LOGGING["handlers"]["stderr"]["filters"] == ["away", "nameless"]
    plain = logging.LogRecord("x", logging.WARNING, "", 0, "%s of %d", ("100%", 3), None)
    assert Nameless().filter(plain) and plain.getMessage() == "100% of 3"
