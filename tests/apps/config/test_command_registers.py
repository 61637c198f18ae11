"""`zhuisu role`, `register`, `catalogue` and `may` as a person or a script meets them."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from support import AT, document
from zhuisu.accounts.models import AuditEntry, Organisation
from zhuisu.compliance.services import judge_next
from zhuisu.config.cli.app import app
from zhuisu.registry.models import Party, Role

PARTY = "91350212MA2XYGR01A"
HARVEST: dict[str, Any] = {
    "type": "TransformationEvent",
    "bizStep": "creating_class_instance",
    "eventTime": "2026-11-18T06:30:00+08:00",
    "eventTimeZoneOffset": "+08:00",
    "inputQuantityList": [
        {"epcClass": "https://id.gs1.org/01/09520000000011/10/P26-07", "quantity": 420, "uom": "KGM"}
    ],
    "outputQuantityList": [
        {"epcClass": "https://id.gs1.org/01/09520000000028/10/20261118", "quantity": 4, "uom": "KGM"}
    ],
}


def run(*words: str | Path, lang: str = "en_US.UTF-8") -> Result:
    return CliRunner().invoke(app, [str(word) for word in words], env={"LC_ALL": lang})


@pytest.fixture
def farmer(dairy: Organisation) -> Party:
    return Party.objects.create(code=dairy.party, name=dairy.name)


def test_a_role_is_given_once_ended_and_given_again(farmer: Party) -> None:
    given = run("role", "add", PARTY, "crops", "farm", "--from", "2026-01-01")
    assert given.exit_code == 0 and "crops.farm  2026-01-01" in given.stdout
    again = run("role", "add", PARTY, "crops", "farm", "--from", "2026-06-01")
    assert again.exit_code == 2 and "end it first" in again.stderr
    assert run("role", "end", PARTY, "crops", "farm", "--on", "2026-05-31").exit_code == 0
    assert run("role", "add", PARTY, "crops", "farm", "--from", "2026-06-01", "--to", "2026-12-31").exit_code == 0
    listed = [json.loads(line) for line in run("role", "list", PARTY, "--json").stdout.splitlines()]
    assert [(one["from"], one["to"]) for one in listed] == [("2026-01-01", "2026-05-31"), ("2026-06-01", "2026-12-31")]
    assert set(AuditEntry.objects.filter(target=farmer.code).values_list("verb", flat=True)) >= {
        "role.give",
        "role.end",
    }
    assert run("role", "list", "--sector", "food").stdout == ""


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("role", "add", PARTY, "unicorns", "farm"), "no sector unicorns"),
        (("role", "add", PARTY, "crops", "king"), "it has farm"),
        (("role", "add", PARTY, "crops", "farm", "--from", "2026-02-30"), "no day such as"),
        (("role", "add", PARTY, "crops", "farm", "--from", "2026-02-01", "--to", "2026-01-01"), "before the first"),
        (("role", "add", "91350200MA00000000", "crops", "farm"), "zhuisu:"),
        (("role", "end", PARTY, "crops", "farm"), "has no role"),
    ],
)
def test_a_role_that_cannot_be_is_refused(farmer: Party, words: tuple[str, ...], said: str) -> None:
    result = run(*words)
    assert result.exit_code == 2 and said in result.stderr and not Role.objects.exists()


@pytest.mark.django_db
def test_a_register_is_loaded_listed_and_asked(tmp_path: Path) -> None:
    file = tmp_path / "list.csv"
    file.write_text("登记证号,农药名称,登记证持有人,有效期至\nPD20092927,吡虫啉,南江农药厂,2099-01-01\n", "utf-8")
    words = ("register", "load", "pesticide_registrations", file, "--source", "主管部门")
    assert "needs a title" in run(*words).stderr
    tried = run(*words, "--title", "农药登记", "--dry-run")
    assert (tried.exit_code, tried.stdout) == (0, "pesticide_registrations: 1 lines right, 0 before, 0 faults\n")
    assert run("register", "look", "pesticide_registrations", "PD20092927").exit_code == 2
    assert run(*words, "--title", "农药登记").exit_code == 0
    assert "here already" in run(*words).stdout
    assert "1 as of" in run("register", "list").stdout
    found = run("register", "look", "pesticide_registrations", "pd 20092927", "--json")
    assert (found.exit_code, json.loads(found.stdout)["by"]) == (0, "number")
    assert run("register", "look", "pesticide_registrations", "PD20000001").exit_code == 1


@pytest.mark.django_db
def test_a_wrong_line_is_told_by_its_number(tmp_path: Path) -> None:
    file = tmp_path / "list.csv"
    file.write_text("number\nA\n\nA\n", "utf-8")
    result = run("register", "load", "drugs_x", file, "--source", "x", "--title", "x")
    assert result.exit_code == 1 and f"{file}:4: number: stands in line 2 already [twice]" in result.stdout
    told = json.loads(run("register", "load", "drugs_x", file, "--source", "x", "--title", "x", "--json").stdout)
    assert told["faulty"] == 1 and told["faults"][0]["line"] == 4
    assert run("register", "load", "drugs_x", tmp_path / "no.csv", "--source", "x").exit_code == 2


@pytest.mark.django_db
def test_the_catalogue_is_taken_over_and_asked(tmp_path: Path) -> None:
    assert run("catalogue", "import", "nation", "qinzhou").exit_code == 0
    said = run("catalogue", "list", "--region", "450702", "--day", "2018-12-20", lang="zh_CN.UTF-8").stdout
    assert "elevators" in said and "钦州市质量技术监督局" in said
    (lifts,) = [
        one
        for one in json.loads(run("catalogue", "list", "--region", "4507", "--json").stdout)
        if one["kind"] == "elevators"
    ]
    assert lifts["department"] == "钦州市市场监督管理局"
    assert (
        "钦州市质量技术监督局 → 钦州市市场监督管理局"
        in run("catalogue", "departments", "--region", "4507", lang="zh_CN.UTF-8").stdout
    )
    assert "sample list" in run("catalogue", "import", "atlantis").stderr
    for command in ("list", "departments"):
        assert "GB/T 2260" in run("catalogue", command, "--region", "钦州").stderr
    wrong = tmp_path / "wrong.toml"
    wrong.write_text("name = 1\n", "utf-8")
    assert run("catalogue", "import", wrong).exit_code == 2


def test_may_answers_with_the_rules_and_an_exit_code(farmer: Party, tmp_path: Path) -> None:
    Role.objects.create(party=farmer, sector="crops", role="farm", valid_from_on="2020-01-01")
    file = tmp_path / "harvest.json"
    file.write_bytes(document(HARVEST))
    asked = run("may", file, "--as", PARTY)
    assert asked.exit_code == 1 and "crops.harvest no" in asked.stdout
    assert "[crops.harvest.harvestedOn.required, error]" in asked.stdout
    (told,) = json.loads(run("may", file, "--as", PARTY, "--json").stdout)
    assert told["may"] is False and told["findings"][0]["message_zh"]
    file.write_text("{", "utf-8")
    assert run("may", file, "--as", PARTY).exit_code == 2


def test_findings_are_listed_with_their_rules(farmer: Party, tmp_path: Path) -> None:
    Role.objects.create(party=farmer, sector="crops", role="farm", valid_from_on="2020-01-01")
    assert run("findings").exit_code == 0
    file = tmp_path / "harvest.json"
    file.write_bytes(document(HARVEST | {"eventID": "urn:x:harvest"}))
    assert run("load", file, "--organisation", farmer.code).exit_code == 0
    while judge_next(AT):
        pass
    listed = run("findings", "--sector", "crops", "--json")
    told = [json.loads(line) for line in listed.stdout.splitlines()]
    assert listed.exit_code == 1 and {one["event"] for one in told} == {"urn:x:harvest"}
    assert "crops.harvest.harvestedOn.required" in {one["rule"] for one in told}
    (line,) = run("findings", "--rule", "crops.harvest.harvestedOn.required", "--party", PARTY).stdout.splitlines()
    assert line.startswith("urn:x:harvest ilmd.") and line.endswith("[crops.harvest.harvestedOn.required, error]")
    assert run("findings", "--sector", "food").exit_code == 0
    assert run("findings", "--severity", "awful").exit_code == 2


def test_a_mandate_is_given_listed_and_withdrawn(farmer: Party) -> None:
    holder = Party.objects.create(code="cn.uscc:91350206MA31QWE52L", name="服务站")
    made = run(
        "mandate", "give", PARTY, "91350206MA31QWE52L", "--sector", "crops", "--from", "2026-01-01", "--note", "WT-1"
    )
    assert made.exit_code == 0, made.output
    number = made.output.split()[0]
    (line,) = run("mandate", "list", "--holder", "91350206MA31QWE52L", "--json").output.splitlines()
    told = json.loads(line)
    assert (told["giver"], told["holder"], told["sector"], told["note"], told["to"]) == (
        farmer.code, holder.code, "crops", "WT-1", None,
    )  # fmt: skip
    assert run("mandate", "list", "--giver", "91350206MA31QWE52L").output == ""
    ended = run("mandate", "withdraw", number, "--on", "2099-12-31")
    assert ended.exit_code == 0 and "2099-12-31" in ended.output
    assert AuditEntry.objects.filter(verb__startswith="mandate.").count() == 2


@pytest.mark.parametrize(
    "words",
    [
        ("give", PARTY, PARTY),
        ("give", PARTY, "91350206MA31QWE52L"),
        ("give", PARTY, "91350206MA31QWE52L", "--from", "soon"),
        ("withdraw", "999"),
    ],
)
def test_what_is_no_mandate_is_said_in_one_line(farmer: Party, words: tuple[str, ...]) -> None:
    answer = run("mandate", *words)
    assert answer.exit_code == 2 and "Traceback" not in answer.output
