"""The documents say what the code does: every package, setting, limit, command, table and dependency, and every link."""

import ast
import json
import re
from collections.abc import Iterator
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import unquote

import pytest
import typer.main
from django.apps import apps

from repository import ROOT, SOURCE, event_tables, files, judgement_tables, requirements, short

DOCS = ROOT / "docs"
REFERENCE = DOCS / "reference"


@cache
def text(path: Path) -> str:
    return path.read_text("utf-8")


def ticked(path: Path) -> set[str]:
    """Everything that stands in `code` in a document."""
    return set(re.findall(r"`([^`\n]+)`", text(path)))


def table_rows(path: Path) -> Iterator[list[str]]:
    """The cells of every row of every table, without the lines of dashes."""
    for line in text(path).splitlines():
        if line.startswith("|") and not re.fullmatch(r"[|\s:-]+", line):
            yield [cell.strip() for cell in line.strip("|").split("|")]


def sources() -> list[Path]:
    return [path for path in files(".py") if path.is_relative_to(SOURCE)]


def test_every_package_has_its_place() -> None:
    (drawing,) = re.findall(r"## Rooms and direction\n\n```text\n(.*?)```", text(ROOT / "ARCHITECTURE.md"), re.S)
    packages = {path.parent.name for path in SOURCE.glob("*/__init__.py")}
    assert packages <= set(re.findall(r"\w+", drawing))


def test_every_setting_is_listed() -> None:
    places = [*sources(), *files(".py"), ROOT / "Makefile", ROOT / ".ci" / "run"]
    ours = {name for path in places if path != Path(__file__) for name in re.findall(r"\bZHUISU_[A-Z_]+\b", text(path))}
    listed = {name for name in ticked(REFERENCE / "settings.md") if name.startswith("ZHUISU_")}
    assert listed == ours
    said = {name for path in files(".md") for name in re.findall(r"\bZHUISU_[A-Z_]+\b", text(path))}
    assert said <= ours, "a document names a setting that the code does not read"


LIMIT = re.compile(r"(^|_)(MAX|MOST|LEAST|LIMIT|SECONDS|TRIES|WINDOW|LIFE|FAILURES|PAGE|BATCH|LEVELS|LENGTH)(_|$)")
NOT_LIMITS = {"demo", "bench", "migrations"}  # what a story counts, how much is measured


class Limit(NamedTuple):
    name: str
    file: str
    value: float  # timedelta in seconds


def limits() -> list[Limit]:
    found = []
    for path in sources():
        inside = path.relative_to(SOURCE)
        if NOT_LIMITS & set(inside.parts):
            continue
        for node in ast.parse(text(path)).body:
            target = node.targets[0] if isinstance(node, ast.Assign) else getattr(node, "target", None)
            if isinstance(target, ast.Name) and LIMIT.search(target.id) and not target.id.startswith("_"):
                value = number(node.value) if isinstance(node, ast.Assign | ast.AnnAssign) and node.value else None
                if value is not None:
                    found.append(Limit(target.id, inside.as_posix(), value))
    return found


def number(node: ast.expr) -> float | None:
    """The value of a constant written as a number, a product, or a timedelta."""
    names = {one.id for one in ast.walk(node) if isinstance(one, ast.Name)}
    if not names <= {"timedelta"} or any(isinstance(one, ast.Tuple | ast.Dict | ast.Set) for one in ast.walk(node)):
        return None
    value: Any = eval(compile(ast.Expression(node), "", "eval"), {"__builtins__": {}, "timedelta": timedelta})
    if isinstance(value, timedelta):
        return value.total_seconds()
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None


def test_numbers_are_seen() -> None:
    seen = [number(ast.parse(one, mode="eval").body) for one in ("2 * 3", "timedelta(minutes=2)", "'a'", "(1, 2)", "f")]
    assert seen == [6, 120, None, None, None]


def test_every_limit_is_listed_with_its_value() -> None:
    listed = {}
    for cells in table_rows(REFERENCE / "limits.md"):
        if len(cells) == 4 and (name := re.fullmatch(r"`([A-Z0-9_]+)`", cells[0])):
            value = re.match(r"[\d,.]+", cells[1])
            assert value, f"{name[1]}: no number at the beginning of {cells[1]}"
            listed[name[1], cells[3].strip("`")] = float(value[0].replace(",", ""))
    assert listed == {(limit.name, limit.file): limit.value for limit in limits()}


def commands(command: Any, words: str) -> Iterator[tuple[str, Any]]:
    if hasattr(command, "commands"):
        if command.invoke_without_command and words != "zhuisu":  # a group that says something by itself
            yield words, command
        for name, inner in command.commands.items():
            yield from commands(inner, f"{words} {name}")
    else:
        yield words, command


def test_every_command_and_option_is_explained() -> None:
    from zhuisu.config.cli.app import app

    page = text(REFERENCE / "command-line.md")
    sections = dict(re.findall(r"^### `([^`]+)`\n(.*?)(?=^##|\Z)", page, re.M | re.S))
    found = dict(commands(typer.main.get_command(app), "zhuisu"))
    assert sections.keys() == found.keys()
    for words, command in found.items():
        options = {
            name for one in command.params for name in (*one.opts, *one.secondary_opts) if name.startswith("--")
        } - {"--help"}
        said = set(re.findall(r"(?<![\w-])--[a-z][a-z-]*", sections[words]))
        assert options <= said, f"{words}: {sorted(options - said)} is not explained"
        if words != "zhuisu trace":  # explains --since by ZHUISU_TIME_ZONE alone
            assert said <= options | {"--help"}, f"{words}: {sorted(said - options)} does not exist"


def test_every_table_is_listed() -> None:
    listed = {cells[0].strip("`") for cells in table_rows(REFERENCE / "tables.md") if cells[0] != "table"}
    models = {
        model._meta.db_table
        for app in apps.get_app_configs()
        if app.name.startswith("zhuisu.")
        for model in app.get_models()
    }
    assert listed == set(event_tables() | judgement_tables()) | models


def test_every_dependency_has_a_reason_and_a_licence() -> None:
    listed = {cells[0]: cells for cells in table_rows(REFERENCE / "dependencies.md") if cells[0] != "package"}
    told = json.loads(text(ROOT / "package.json"))
    browser = told["dependencies"] | told["devDependencies"]
    assert listed.keys() == {one.name for one in requirements()} | set(browser)
    assert all(len(cells) == 3 and all(cells) for cells in listed.values())


LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)")
FENCE = re.compile(r"^```.*?^```", re.M | re.S)


def links(path: Path) -> Iterator[tuple[Path, str]]:
    """Where the relative links of a document lead: file and anchor."""
    for target in LINK.findall(FENCE.sub("", text(path))):
        if not re.match(r"[a-z]+:", target):
            file, _, anchor = unquote(target).partition("#")
            yield (path.parent / file).resolve() if file else path, anchor


def anchors(path: Path) -> set[str]:
    """The anchors of a document's headings, as GitHub makes them."""
    heads = re.findall(r"^#+ (.+)$", FENCE.sub("", text(path)), re.M)
    return {re.sub(r"[^\w\- ]", "", head.lower()).strip().replace(" ", "-") for head in heads}


def test_every_link_leads_somewhere() -> None:
    broken = []
    for path in files(".md"):
        for file, anchor in links(path):
            if not file.exists():
                broken.append(f"{short(path)}: {file.name} is not there")
            elif anchor and file.suffix == ".md" and anchor not in anchors(file):
                broken.append(f"{short(path)}: {file.name} has no heading #{anchor}")
    assert not broken, "\n".join(broken)


def examples(path: Path) -> Iterator[list[str]]:
    """What documents tell people to type: the words behind `zhuisu`, in code on a line or in a block."""
    blocks = [line for block in FENCE.findall(text(path)) for line in block.splitlines()]
    for line in [*blocks, *ticked(path)]:
        words = line.split("#")[0].split()
        for place, word in enumerate(words):
            is_python = place > 0 and words[place - 1] in ("from", "import")
            if (word == "zhuisu" and not is_python) or word.endswith("bin/zhuisu"):
                yield words[place + 1 :]


def test_every_example_is_a_command_that_exists() -> None:
    from zhuisu.config.cli.app import app

    root = typer.main.get_command(app)
    seen, broken = 0, []
    for path in files(".md"):
        for words in examples(path):
            command, left = root, list(words)
            while left and left[0] in getattr(command, "commands", {}):
                command = command.commands[left.pop(0)]  # type: ignore[attr-defined]
            known = {name for one in command.params for name in (*one.opts, *one.secondary_opts)} | {"--help"}
            wrong = {word.split("=")[0] for word in left if word.startswith("--")} - known
            unknown = hasattr(command, "commands") and left and re.match(r"[a-z]", left[0])
            seen += command is not root
            if wrong or unknown:
                broken.append(f"{short(path)}: zhuisu {' '.join(words)}")
    assert seen > 10
    assert not broken, "\n".join(broken)


def test_every_document_is_in_the_index() -> None:
    known = {file for file, _ in links(DOCS / "README.md")}
    lost = [
        short(path) for path in files(".md") if path.is_relative_to(DOCS) and path not in {*known, DOCS / "README.md"}
    ]
    assert not lost, f"docs/README.md does not name: {lost}"


def test_what_people_read_is_there_in_chinese() -> None:
    for path in [ROOT / "README.md", *(DOCS / "guides").glob("*.md"), *(DOCS / "tutorial").glob("*.md")]:
        twin = path.with_name(path.name.replace(".zh-CN", "") if ".zh-CN" in path.name else f"{path.stem}.zh-CN.md")
        assert twin.exists(), f"{short(path)} has no {twin.name}"
        heads = [len(re.findall(r"^#+ ", FENCE.sub("", text(one)), re.M)) for one in (path, twin)]
        assert heads[0] == heads[1], f"{short(path)} and {twin.name} do not have the same headings"


FILE = re.compile(r"[\w.-]+(?:/[\w.-]+)+(?:\.(?:py|md|sql|toml|json|txt|html|css|js|dat|po)|/)")


def test_documents_name_files_that_exist() -> None:
    broken = []
    for path in files(".md"):
        for said in ticked(path):
            name, _, test = said.partition("::")
            if not FILE.fullmatch(name) or name.startswith(("var/", "../", "keys/")):  # these: of an installation
                continue
            found = [base / name for base in (ROOT, SOURCE, path.parent, DOCS) if (base / name).exists()]
            if not found:
                broken.append(f"{short(path)}: {name}")
            elif test and not re.search(rf"^def {test}\(", text(found[0]), re.M):
                broken.append(f"{short(path)}: {said}")
    assert not broken, "\n".join(broken)


def test_decisions_are_numbered_without_gaps() -> None:
    names = sorted(path.name for path in (DOCS / "decisions").glob("*.md"))
    assert [int(name[:4]) for name in names] == list(range(1, len(names) + 1))
    for name in names:
        parts = re.findall(r"^\*\*(\w+)\.\*\*", text(DOCS / "decisions" / name), re.M)
        assert parts == ["Context", "Decision", "Why", "Consequences"], name


@pytest.mark.django_db
def test_the_official_documents_fare_as_the_table_says(shared: Path) -> None:
    from support import AT
    from zhuisu.accounts.models import Organisation
    from zhuisu.events.services import receive

    folder = shared / "data" / "epcis" / "gs1" / "json"
    sender = Organisation.objects.create(kind="enterprise", name="上报者", party="uri:urn:zhuisu:test:sender")

    def fares(path: Path) -> str:
        receipt = receive(
            path.read_bytes(), media_type=None, organisation=sender.pk, by="system:test", at=AT, behaviour="proceed"
        )
        return ", ".join(f"{count} {name}" for name, count in receipt.counts.items() if count)

    said = {
        cells[0].strip("`"): cells[2]
        for cells in table_rows(REFERENCE / "official-documents.md")
        if len(cells) == 3 and re.match(r"\d", cells[2])
    }
    assert said == {path.relative_to(folder).as_posix(): fares(path) for path in sorted(folder.rglob("*.jsonld"))}
