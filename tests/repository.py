"""The repository's own files, for the tests that read them: no environments, no caches, nothing that was fetched."""

import os
import re
import tomllib
from functools import cache
from pathlib import Path

from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "src" / "zhuisu"
LEFT_OUT = {"var", "node_modules", "vendor", "build", "dist", "__pycache__"}
TEXT_SUFFIXES = {
    *(".py", ".md", ".sql", ".toml", ".txt", ".json", ".html", ".css", ".js", ".svg", ".po", ".dat", ".cfg", ".yml"),
    "",  # Makefile, LICENSE, .ci/run
}


@cache
def files(*suffixes: str) -> tuple[Path, ...]:
    """Text files of the repository with these suffixes (without any: all), in order."""
    wanted = set(suffixes) or TEXT_SUFFIXES
    found = []
    for folder, folders, names in os.walk(ROOT):
        folders[:] = [name for name in folders if name not in LEFT_OUT and not _hidden(name)]
        found += [Path(folder, name) for name in names if Path(name).suffix in wanted and not _is_link_to_git(name)]
    return tuple(sorted(found))


def _hidden(name: str) -> bool:
    return (name.startswith(".") and name != ".ci") or name.endswith(".egg-info")


def _is_link_to_git(name: str) -> bool:
    return name == ".git"  # in a work tree it is a file that names a folder of the machine


def short(path: Path) -> str:
    """The path from the repository's root, as people write it."""
    return path.relative_to(ROOT).as_posix()


@cache
def event_sql() -> str:
    return "\n".join(path.read_text("utf-8") for path in sorted((SOURCE / "events" / "sql").glob("*.sql")))


@cache
def event_tables() -> frozenset[str]:
    """Every table that events/sql creates."""
    return frozenset(re.findall(r"^create table (\w+)", event_sql(), re.M))


@cache
def judgement_tables() -> frozenset[str]:
    """Every table that compliance/sql creates."""
    held = "\n".join(path.read_text("utf-8") for path in sorted((SOURCE / "compliance" / "sql").glob("*.sql")))
    return frozenset(re.findall(r"^create table (\w+)", held, re.M))


def requirements() -> list[Requirement]:
    """Every dependency of pyproject.toml, extras included."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    lines = [*project["dependencies"], *(line for extra in project["optional-dependencies"].values() for line in extra)]
    return [Requirement(line) for line in lines]
