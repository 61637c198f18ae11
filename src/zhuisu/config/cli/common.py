"""What several commands need: a database that is ready, a clock, files, and one way to fail."""

import os
import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NoReturn

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

PLATFORM_PARTY = "uri:urn:zhuisu:platform"
LONG_LIVED = frozenset({"up", "worker", "project", "judge", "deliver", "snapshot"})
DOCUMENT_SUFFIXES = {".json", ".jsonld", ".xml"}


def now() -> datetime:
    """The time of the act. Below the faces time is an argument; this is where it comes from."""
    return datetime.now(UTC)


def fail(message: str, code: int = 1) -> NoReturn:
    """One line on standard error, and the exit code."""
    typer.echo(f"zhuisu: {message}", err=True)
    raise typer.Exit(code)


def setup(*, migrate: bool = True) -> None:
    """A running database with today's tables, and Django set up on it."""
    from zhuisu.config.database import ensure_database

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "zhuisu.config.settings")
    ensure_database()
    import django
    from django.utils import translation

    # What the database calls this process: `select application_name from pg_stat_activity`; its last question is its heartbeat.
    name = next(iter(LONG_LIVED.intersection(sys.argv[1:2])), "")
    os.environ["PGAPPNAME"] = f"zhuisu {name}".strip()
    django.setup()
    if name:
        from zhuisu.config import processes

        processes.announce(name)
    translation.activate(language())
    if migrate:
        apply_migrations()


def language() -> str:
    """The terminal's language, as every Unix program takes it from the environment: Chinese or else English."""
    told = os.environ.get("LC_ALL") or os.environ.get("LC_MESSAGES") or os.environ.get("LANG") or ""
    return "zh-hans" if told.startswith("zh") else "en"


def apply_migrations() -> None:
    """Bring the tables up to date; does nothing where they are."""
    from django.core.management import call_command
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        call_command("migrate", verbosity=0, interactive=False)


def platform_organisation() -> Any:
    """The operator's own organisation: who captures where nobody else is named."""
    from zhuisu.accounts.models import Organisation

    organisation, _ = Organisation.objects.get_or_create(
        party=PLATFORM_PARTY,
        defaults={"kind": Organisation.Kind.OPERATOR, "name": "平台运营方", "name_en": "Platform operator"},
    )
    return organisation


def documents(paths: Sequence[Path]) -> Iterator[Path]:
    """The files named, and for a folder all documents below it, in the order of their names."""
    for path in paths:
        if path.is_dir():
            yield from sorted(file for file in path.rglob("*") if file.suffix in DOCUMENT_SUFFIXES)
        elif path.is_file():
            yield path
        else:
            fail(f"no such file: {path}", 2)


def progress(quiet: bool) -> Progress:
    """A bar on standard error; silent where standard error is no terminal or JSON is wanted."""
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    return Progress(*columns, console=console, transient=True, disable=quiet or not console.is_terminal)
