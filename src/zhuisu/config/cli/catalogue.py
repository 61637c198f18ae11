"""`zhuisu catalogue`: which kinds of product must be traced where from when, and who answers for them."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from zhuisu.config.cli.accounts import BY
from zhuisu.config.cli.common import fail, language, now, platform_organisation, setup
from zhuisu.config.cli.role import day_of
from zhuisu.registry.issuing.errors import IssueError

app = typer.Typer(help="The dynamic catalogue of products that must be traced.", no_args_is_help=True)
AsJson = Annotated[bool, typer.Option("--json", help="One JSON document.")]
Region = Annotated[str, typer.Option(help="GB/T 2260: two, four or six digits; none: the country.")]
Day = Annotated[str, typer.Option(help="A day such as 2026-11-22; none: today.")]


@app.command(name="import")
def take_over(
    files: Annotated[
        list[Path], typer.Argument(help="TOML files; or the name of a sample list: nation, qinzhou, yunnan.")
    ],
) -> None:
    """Take over lists: each whole, in the place of its earlier edition.

    Example: zhuisu catalogue import nation qinzhou
    """
    setup()
    from zhuisu.registry.catalogue.files import LISTS
    from zhuisu.registry.catalogue.services import take_over as store

    for file in files:
        sample = LISTS / f"{file}.toml"
        path = file if file.is_file() else sample
        if not path.is_file():
            known = ", ".join(sorted(one.stem for one in LISTS.glob("*.toml")))
            fail(f"no such file, and no sample list (there are {known}): {file}", 2)
        try:
            held = store(path.read_bytes(), operator=platform_organisation(), by=BY, at=now())
        except IssueError as wrong:
            fail(f"{path}: {wrong.message}", 2)
        typer.echo(f"{held.name}: {held.entries.count()} kinds, {held.departments.count()} departments")


@app.command(name="list")
def mandatory(region: Region = "", day: Day = "", as_json: AsJson = False) -> None:
    """What must be traced in a region on a day, and whose department answers for it.

    Example: zhuisu catalogue list --region 450702 --day 2026-11-22
    """
    setup()
    from zhuisu.registry.catalogue import queries

    found = queries.mandatory(_region(region), day_of(day, "--day") or now().astimezone().date())
    rows = [
        {
            "kind": one.kind,
            "text": one.entry.text,
            "text_en": one.entry.text_en,
            "from": one.entry.valid_from_on.isoformat(),
            "to": one.entry.valid_to_on.isoformat() if one.entry.valid_to_on else None,
            "source": one.entry.catalogue.source,
            "article": one.entry.article,
            "department": one.department.name if one.department else "",
            "department_en": one.department.name_en if one.department else "",
        }
        for one in found
    ]
    _show(rows, as_json, lambda row: f"{row['kind']:36} {row['from']}  {_own(row, 'text')}  {_own(row, 'department')}")


@app.command()
def departments(region: Region = "", as_json: AsJson = False) -> None:
    """Who held which function in a region, from when to when, and who took over.

    Example: zhuisu catalogue departments --region 4507
    """
    setup()
    from zhuisu.registry.catalogue import queries

    rows = [
        {
            "function": one.function,
            "name": one.name,
            "name_en": one.name_en,
            "from": one.valid_from_on.isoformat(),
            "to": one.valid_to_on.isoformat() if one.valid_to_on else None,
            "successor": one.successor.name if one.successor else "",
            "successor_en": one.successor.name_en if one.successor else "",
        }
        for one in queries.departments(_region(region))
    ]
    _show(
        rows,
        as_json,
        lambda row: (
            f"{row['function']:22} {row['from']} – {row['to'] or '':10}  {_own(row, 'name')}"
            + (f" → {_own(row, 'successor')}" if row["successor"] else "")
        ),
    )


def _region(text: str) -> str:
    from zhuisu.registry.regions import is_region

    if text and not is_region(text):
        fail(f"--region: {text} is not two, four or six digits of GB/T 2260", 2)
    return text


def _own(row: dict[str, Any], name: str) -> Any:
    return row[name if language() != "en" else f"{name}_en"]


def _show(rows: list[dict[str, Any]], as_json: bool, line: Any) -> None:
    if as_json:
        typer.echo(json.dumps(rows, ensure_ascii=False))
    else:
        for row in rows:
            typer.echo(line(row))
