"""What holds of a sector is said once, in its folder: nothing else knows a sector by its name, and a new folder needs no other change."""

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

import zhuisu.sectors
from zhuisu import labels
from zhuisu.config.cli.app import app
from zhuisu.profiles import sheets
from zhuisu.profiles.columns import columns
from zhuisu.profiles.elements import elements
from zhuisu.profiles.examples import examples
from zhuisu.profiles.judge import Judge
from zhuisu.profiles.loading import FILE, load
from zhuisu.profiles.schema import schema

SOURCE = zhuisu.sectors.FOLDER.parent
NAMES = frozenset(file.parent.name for file in zhuisu.sectors.FOLDER.glob(f"*/{FILE}"))
# Demonstration data may be of a sector.
DATA = SOURCE / "config" / "demo"
# Words that happen to be a sector's name, by file and by the variable that holds them, and what they are there.
WORDS = {
    ("profiles/model.py", "Class"): "two of the seven classes of important products",
    ("web/words.py", "CATEGORIES"): "the names of the seven classes",
    ("workspace/codes/label_form.py", "TEMPLATE_OF_CATEGORY"): "the template of each of the seven classes",
    ("codes/cn_food_licence_sc.py", "_KINDS"): "what an SC licence is for: food or an additive",
}
# A name in quotes, in what is no Python; a picture may be called food.
QUOTED = re.compile(rf"""(?<![\w-])(?<!icon == )["']({"|".join(sorted(NAMES))})["']""")


def held_by(tree: ast.Module, name: str) -> set[int]:
    """The constants of a module's own variable."""
    found: set[int] = set()
    for node in tree.body:
        targets = (
            node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
        )
        if any(isinstance(target, ast.Name) and target.id == name for target in targets):
            found |= {id(each) for each in ast.walk(node) if isinstance(each, ast.Constant)}
    return found


def names_in(file: Path) -> Iterator[tuple[int, str]]:
    """(line, name) of every constant of a Python file that is a sector's name."""
    tree, path = ast.parse(file.read_text("utf-8")), file.relative_to(SOURCE).as_posix()
    excused = set().union(*(held_by(tree, variable) for held, variable in WORDS if held == path))
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and node.value in NAMES and id(node) not in excused:
            yield node.lineno, str(node.value)


def elsewhere(pattern: str) -> list[Path]:
    """Files outside the sectors and the demonstration data."""
    return [
        file
        for file in sorted(SOURCE.rglob(pattern))
        if zhuisu.sectors.FOLDER not in file.parents and DATA not in file.parents
    ]


def test_no_program_knows_a_sector_by_its_name() -> None:
    found = [f"{file.relative_to(SOURCE)}:{line} {name}" for file in elsewhere("*.py") for line, name in names_in(file)]
    assert found == []


def test_no_page_script_or_statement_knows_a_sector_by_its_name() -> None:
    files = [file for kind in ("html", "js", "sql", "txt") for file in elsewhere(f"*.{kind}")]
    found = [
        f"{file.relative_to(SOURCE)}: {name}"
        for file in files
        for name in QUOTED.findall(file.read_text("utf-8", "replace"))
    ]
    assert len(files) > 20
    assert found == []


def test_every_excuse_is_still_needed() -> None:
    for path, variable in WORDS:
        tree = ast.parse((SOURCE / path).read_text("utf-8"))
        excused = held_by(tree, variable)
        used = [node for node in ast.walk(tree) if id(node) in excused and getattr(node, "value", None) in NAMES]
        assert used, f"{path}: {variable} names no sector any more"


def test_a_sector_names_a_label_template_that_there_is() -> None:
    known = set(labels.templates())
    for sector in zhuisu.sectors.all().values():
        for edition in sector.editions:
            assert not edition.label_template or edition.label_template in known, (sector.id, edition.label_template)


@pytest.fixture
def orchards(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder of sectors with a toy one: another's folder under a new name, and nothing else done."""
    source, target = zhuisu.sectors.FOLDER / "crops", tmp_path / "orchards"
    for file in source.rglob("*.*"):
        copy = target / file.relative_to(source)
        copy.parent.mkdir(parents=True, exist_ok=True)
        text = file.read_text("utf-8").replace('id = "crops"', 'id = "orchards"', 1)
        copy.write_text(re.sub(r"\bcrops\.", "orchards.", text), "utf-8")
    monkeypatch.setattr(zhuisu.sectors, "FOLDER", tmp_path)
    zhuisu.sectors.all.cache_clear()
    yield target
    zhuisu.sectors.all.cache_clear()


def test_a_toy_sector_is_a_folder_and_no_other_change(orchards: Path) -> None:
    sector = load(orchards.parent)["orchards"]
    profile = sector.editions[0]
    judge = Judge(profile)
    assert all(rule.id.startswith("orchards.") for rules in judge.rules.values() for rule in rules)
    for example in examples(orchards):
        assert {finding.rule for finding in judge.findings(example.event, example.facts)} == example.breaks
    for step_id, step in profile.steps.items():
        names = {column.name for column in columns(profile, step_id)}
        assert names >= {"eventTime", "place", *step.required, *step.optional}
        assert set(schema(profile, step_id)["properties"]) >= {"eventTime", *step.required}
    assert {each.identifier for each in elements(profile)} >= {f"orchards.{name}" for name in profile.fields}


def test_a_toy_sector_has_a_sheet_for_every_step(orchards: Path) -> None:
    profile = zhuisu.sectors.all()["orchards"].editions[0]
    for step_id in profile.steps:
        data = sheets.write(profile, step_id, (), "zh")
        assert data[:2] == b"PK"
        assert not sheets.read(profile, step_id, data, profile.valid_from).records


def test_the_commands_know_a_toy_sector(orchards: Path) -> None:
    listed = json.loads(CliRunner().invoke(app, ["sectors", "--json"]).stdout)
    assert [one["id"] for one in listed] == ["orchards"]
