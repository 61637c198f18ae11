"""`zhuisu code issue` to `rotate` and `zhuisu organisation verify`, as a person types them."""

import csv
import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from zhuisu.accounts.models import AuditEntry, Organisation
from zhuisu.config.cli.app import app
from zhuisu.events import store
from zhuisu.registry.issuing import keys as key_files
from zhuisu.registry.issuing import marks
from zhuisu.registry.models import Licence, Party, Product, Series

pytestmark = pytest.mark.django_db
OWNER = "91350212MA2XYGR01A"
GTIN = "06901234567892"


def run(*words: str | Path | int, given: str | None = None) -> Result:
    return CliRunner().invoke(app, [str(word) for word in words], input=given)


def code(*words: str | Path | int, given: str | None = None) -> Result:
    return run("code", *words, "--organisation", OWNER, given=given)


def told(result: Result) -> Any:
    return json.loads(result.stdout.splitlines()[-1])


@pytest.fixture(autouse=True)
def english(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", "C.UTF-8")


@pytest.fixture
def maker() -> Organisation:
    made = Organisation.objects.create(kind="enterprise", name="鹭岛乳业", party=f"cn.uscc:{OWNER}")
    party = Party.objects.create(code=made.party, name=made.name)
    Licence.objects.create(party=party, kind="食品生产许可证", number="SC1", valid_from_on=date(2024, 1, 1))
    Product.objects.create(code=f"gs1.gtin:01/{GTIN}", name="奶粉", category="food", holder=party)
    return made


def test_from_verification_to_the_last_use(maker: Organisation, tmp_path: Path) -> None:
    order = ("issue", "--product", GTIN, "--count", 250, "--roll-size", 100)
    early = code(*order)
    assert early.exit_code == 1
    assert "(identity)" in early.stderr
    assert run("organisation", "verify", OWNER, "--note", "seen").exit_code == 0
    batch = told(code(*order, "--json"))
    assert (batch["count"], batch["rolls"], batch["level"]) == (250, 3, "item")

    file = tmp_path / "print.csv"
    shown = code("export", "--batch", batch["batch"], "--address", "https://trace.example", "--output", file)
    assert shown.exit_code == 0, shown.output
    rows = list(csv.DictReader(file.read_text("ascii").splitlines()))
    assert len(rows) == 250
    part = code("export", "--batch", batch["batch"], "--address", "https://trace.example", "--first", 249)
    assert part.stdout_bytes.splitlines()[1].decode() == ",".join(rows[249].values())

    lot = ("--lot", "L1", "--expires-on", "2027-05-01")
    assert told(code("activate", "--batch", batch["batch"], "--rolls", "1,3", *lot, "--json")) == {
        "changed": 150,
        "already": 0,
        "refused": [],
    }
    ends = ("--first", rows[100]["code"], "--last", rows[109]["link"])
    assert told(code("activate", *ends, "--dry-run", "--json"))["changed"] == 10
    assert code("activate", *ends, *lot).stdout.startswith("10 changed")
    used = code("use", rows[0]["code"], rows[1]["link"])
    assert used.stdout.startswith("2 changed")
    scans = "\n".join([rows[0]["code"], rows[150]["code"], "7KQA3M9TWX2C8HRE"])
    refused = code("use", "--codes", "-", given=scans)
    assert refused.exit_code == 1
    assert "2: " in refused.stderr
    assert "(issued)" in refused.stderr
    assert "(check-digit)" in refused.stderr
    assert code("void", rows[200]["code"], "--reason", "torn").exit_code == 0
    listed = told(run("code", "batches", "--organisation", OWNER, "--search", "L1", "--json"))
    assert [listed[state] for state in ("issued", "active", "voided", "used")] == [90, 157, 1, 2]
    assert "157 active" in run("code", "batches", "--organisation", OWNER).stdout


def test_codes_are_named_in_one_way(maker: Organisation) -> None:
    for words in ((), ("A", "--batch", 1), ("--first", "A"), ("--rolls", "1")):
        assert code("activate", *words).exit_code == 2
    assert code("activate", "--batch", 77).exit_code == 2
    assert run("code", "activate", "A", "--organisation", "91350206MA31QWE52L").exit_code == 2


@pytest.mark.parametrize(
    ("rolls", "exit_code"), [("x", 2), ("1-", 2), ("1-99999999", 2), ("²", 2), ("9" * 5_000, 2), ("3", 1)]
)
def test_rolls_that_are_none(maker: Organisation, rolls: str, exit_code: int) -> None:
    run("organisation", "verify", OWNER)
    batch = told(code("issue", "--product", GTIN, "--count", 10, "--roll-size", 5, "--json"))["batch"]
    assert code("activate", "--batch", batch, "--rolls", rolls).exit_code == exit_code


def test_keys_are_listed_and_rotated(maker: Organisation) -> None:
    assert code("rotate").exit_code == 1
    run("organisation", "verify", OWNER)
    code("issue", "--product", GTIN, "--count", 10)
    assert code("rotate").exit_code == 0
    listed = run("code", "keys", "--json")
    assert listed.exit_code == 0
    lines = [json.loads(line) for line in listed.stdout.splitlines()]
    assert [(one["version"], one["state"]) for one in lines] == [(1, "present"), (2, "present")]
    key_files.path_of(maker.pk, 1).rename(tmp := key_files.path_of(maker.pk, 99))
    lost = run("code", "keys")
    assert lost.exit_code == 1
    assert lost.stdout.startswith("missing")
    tmp.unlink()


def test_other_authorities_codes(maker: Organisation, tmp_path: Path) -> None:
    drug = [f"8{number:019d}" for number in range(20)]
    tree = tmp_path / "tree.csv"
    tree.write_text(f"追溯码,上级码\n{drug[1]},{drug[11]}\n{drug[2]},{drug[11]}\n", "gbk")
    done = code("import", tree, "--tree", "--scheme", "cn.drug_trace_msfx", "--json")
    assert done.exit_code == 0, done.output
    assert told(done)["count"] == 3
    assert store.rows("select count(*) from log_queue")[0][0] >= 1
    assert "before" in code("import", tree, "--tree", "--scheme", "cn.drug_trace_msfx").stdout
    ends = ("--first", "137061200000001", "--last", "137061200000100")
    assert "100 codes" in code("import", *ends, "--scheme", "cn.livestock_tag15", "--lot", "L1").stdout
    wrong = code("import", "-", "--scheme", "cn.drug_trace_msfx", given=f"{drug[5]}\n12\n{drug[1]}\n")
    assert wrong.exit_code == 1
    assert "2: " in wrong.stderr
    assert "3: " in wrong.stderr
    assert code("import", "--scheme", "cn.drug_trace_msfx").exit_code == 2
    assert code("import", tree, "--scheme", "zs.unit").exit_code == 1


def test_what_a_hand_gets_wrong_is_one_line_and_no_trace(maker: Organisation, tmp_path: Path) -> None:
    run("organisation", "verify", OWNER)
    number = told(code("issue", "--product", GTIN, "--count", 10, "--json"))["batch"]
    spoilt = tmp_path / "spoilt.txt"
    spoilt.write_bytes(b"\xff\xfe\x00")
    export = ("export", "--batch", number, "--address")
    drug = ("import", "--scheme", "cn.drug_trace_msfx", "--first", "8" * 20, "--last", "8" * 20)
    for words, exit_code, said in (
        (("activate", "--codes", spoilt), 2, "UTF-8"),
        (("batches", "--limit", -1), 2, "--limit"),
        ((*export, "=1+1"), 1, "(address)"),
        ((*export, "https://a", "--output", tmp_path), 1, "directory"),
        ((*export, "https://a", "--output", tmp_path / "no" / "x.csv"), 1, "No such file"),
        ((*drug, "--lot", "x" * 41), 1, "(lot)"),
        ((*drug, "--note", "\udcff"), 1, "(note)"),
        (("issue", "--product", GTIN, "--count", 1, "--note", "\udcff"), 1, "(note)"),
    ):
        done = code(*words)
        assert (done.exit_code, type(done.exception)) == (exit_code, SystemExit), words
        assert said in done.stderr, (words, done.stderr)


def test_who_took_the_codes_to_a_printer_is_written_down(maker: Organisation, tmp_path: Path) -> None:
    run("organisation", "verify", OWNER)
    number = told(code("issue", "--product", GTIN, "--count", 10, "--json"))["batch"]
    code("export", "--batch", number, "--address", "https://a", "--output", tmp_path / "x.csv", "--count", 4)
    (entry,) = AuditEntry.objects.filter(verb="codes.print", organisation=maker)
    assert (entry.target, entry.detail) == (f"batch:{number}", {"form": "csv", "count": 4})


def test_a_restored_database_is_brought_up_to_what_was_handed_out(maker: Organisation) -> None:
    run("organisation", "verify", OWNER)
    code("issue", "--product", GTIN, "--count", 10)
    series = Series.objects.get()
    marks.note(maker.pk, series.name, 25)
    assert "15 codes of series" in code("recover").stdout
    marks.note(maker.pk, "2222", 5)
    unknown = code("recover")
    assert (unknown.exit_code, unknown.stdout) == (1, "")
    assert "2222" in unknown.stderr
