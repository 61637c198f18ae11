"""The command line as a person or a script meets it: what it prints, and its exit codes."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from support import document, event
from zhuisu.config.cli.app import app
from zhuisu.events import store

TIN = "urn:epc:id:sgtin:9506000.013435.1"
LOT = "urn:epc:class:lgtin:9506000.113435.M1"
MADE = event(
    "TransformationEvent",
    eventID="urn:x:made",
    inputQuantityList=[{"epcClass": LOT, "quantity": 2, "uom": "KGM"}],
    outputEPCList=[TIN],
)


def run(*words: str | Path, given: str | None = None) -> Result:
    return CliRunner().invoke(app, [str(word) for word in words], input=given)


@pytest.fixture
def made(tmp_path: Path) -> Path:
    path = tmp_path / "made.json"
    path.write_bytes(document(MADE, event(eventID="urn:x:tin")))
    return path


def last(result: Result) -> Any:
    return json.loads(result.stdout.splitlines()[-1])


@pytest.mark.django_db
def test_load_twice_stores_once(made: Path) -> None:
    first, second = run("load", made), run("load", made, "--json")
    assert (first.exit_code, last(first)) == (0, {"accepted": 2, "duplicate": 0, "conflict": 0, "refused": 0})
    assert (second.exit_code, last(second)) == (0, {"accepted": 0, "duplicate": 2, "conflict": 0, "refused": 0})


@pytest.mark.django_db
def test_load_says_what_is_wrong_and_where(made: Path, tmp_path: Path) -> None:
    bad = tmp_path / "bad.json"
    bad.write_bytes(document(event(eventID="urn:x:tin", disposition="active"), event(action="BUILD")))
    cut = tmp_path / "cut.json"
    cut.write_bytes(made.read_bytes()[:200])
    result = run("load", made, bad, cut)
    assert result.exit_code == 1
    assert last(result) == {"accepted": 2, "duplicate": 0, "conflict": 1, "refused": 2}
    assert "event 0: eventID" in result.stdout
    assert "event 1: action" in result.stdout
    assert "Traceback" not in result.output


@pytest.mark.django_db
def test_rollback_takes_all_or_none(tmp_path: Path) -> None:
    path = tmp_path / "half.json"
    path.write_bytes(document(MADE, event(action="BUILD")))
    assert run("load", path, "--rollback").exit_code == 1
    assert store.rows("select count(*) from event") == [(0,)]


@pytest.mark.django_db
def test_trace_in_every_format(made: Path) -> None:
    run("load", made)
    up = run("trace", TIN, "--up", "--format", "json")
    assert up.exit_code == 0
    assert "gs1.lgtin:01/09506001134352/10/M1" in up.stdout or "10/M1" in up.stdout
    for form in ("text", "csv", "dot"):
        assert "10/M1" in run("trace", TIN, "--up", "--format", form).stdout
    before = run("trace", LOT, "--down", "--as-of", "2026-11-19", "--format", "csv")
    assert "/21/1" not in before.stdout
    assert "/21/1" in run("trace", LOT, "--down", "--format", "csv").stdout
    unknown = run("trace", LOT, "--down", "--known-at", "2020-01-01", "--format", "csv")
    assert "/21/1" not in unknown.stdout


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("trace", TIN, "--up"), 1),  # nothing recorded
        (("trace", "6901234567890", "--up"), 2),  # wrong check digit
        (("trace", TIN), 2),  # neither up nor down
        (("trace", TIN, "--up", "--format", "pdf"), 2),
        (("trace", TIN, "--up", "--as-of", "soon"), 2),
        (("load", "no-such-file.json"), 2),
    ],
)
def test_wrong_use_is_told(words: tuple[str, ...], code: int) -> None:
    result = run(*words)
    assert result.exit_code == code
    assert result.stderr.strip()
    assert "Traceback" not in result.output


def test_code_check() -> None:
    good = run("code", "check", "6901234567892", "--scheme", "gs1.gtin", "--json")
    assert good.exit_code == 0
    assert json.loads(good.stdout) | {"parsed": {}} == {
        "scheme": "gs1.gtin",
        "code": "6901234567892",
        "valid": True,
        "canonical": "gs1.gtin:01/06901234567892",
        "parsed": {},
        "error": None,
    }
    assert run("code", "check", "6901234567890", "--scheme", "gs1.gtin").exit_code == 1


def test_code_check_of_many(tmp_path: Path) -> None:
    lines = [
        {"scheme": "gs1.gtin", "code": "6901234567892"},
        {"scheme": "cn.uscc", "code": "91110000600037341O"},
    ]
    path = tmp_path / "codes.jsonl"
    path.write_text("\n".join(json.dumps(line) for line in lines))
    result = run("code", "check", "--batch", path)
    assert result.exit_code == 1
    assert [json.loads(line)["valid"] for line in result.stdout.splitlines()] == [True, False]
    assert run("code", "check", "--batch", "-", given=json.dumps(lines[0])).exit_code == 0
    path.write_text("not json")
    assert "line 1" in run("code", "check", "--batch", path).stderr


@pytest.mark.parametrize(
    ("to", "written"),
    [
        ("dl", "https://id.gs1.org/01/80614141123458/21/6789"),
        ("ai", "(01)80614141123458(21)6789"),
        ("urn", "urn:epc:id:sgtin:0614141.812345.6789"),
    ],
)
def test_code_convert(to: str, written: str) -> None:
    for form in ("urn:epc:id:sgtin:0614141.812345.6789", "https://id.gs1.org/01/80614141123458/21/6789"):
        result = run("code", "convert", form, "--to", to, "--gcp-length", "7")
        assert (result.exit_code, result.stdout.strip()) == (0, written)


def test_validate_and_hash(made: Path, tmp_path: Path) -> None:
    assert run("epcis", "validate", made).exit_code == 0
    (answer,) = json.loads(run("epcis", "hash", made, "--json").stdout)
    assert [one["index"] for one in answer["events"]] == [0, 1]
    assert all(one["hash"].startswith("ni:///sha-256;") for one in answer["events"])
    wrong = tmp_path / "wrong.json"
    wrong.write_bytes(document(event(eventTime="noon")))
    result = run("epcis", "validate", wrong, "--json")
    assert result.exit_code == 1
    assert json.loads(result.stdout)["errors"][0]["path"] == "eventTime"


@pytest.mark.django_db
def test_verify_finds_what_was_changed(made: Path) -> None:
    run("load", made)
    assert run("verify").exit_code == 0
    assert "1 documents unsealed" in run("verify", "--documents").stdout
    report = json.loads(run("verify", "--documents", "--json").stdout)
    assert (report["documents"], report["keys_destroyed"], report["findings"]) == (1, 0, [])
    store.rows("alter table part disable trigger append_only")
    store.rows("update part set position = 9 where role = 10")
    result = run("verify", "--json")
    assert result.exit_code == 1
    assert "parts" in json.loads(result.stdout)["findings"][0]["message"]


@pytest.mark.parametrize(
    "command",
    ["up", "down", "load", "trace", "code check", "code convert", "epcis validate", "epcis hash", "bench", "verify"],
)
def test_every_command_explains_itself_with_an_example(command: str) -> None:
    result = run(*command.split(), "--help")
    assert result.exit_code == 0
    assert "Example:" in result.stdout
