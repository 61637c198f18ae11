"""`zhuisu register`: official registers of approvals, taken over as files and asked."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from zhuisu.config.cli.accounts import BY
from zhuisu.config.cli.common import fail, now, platform_organisation, setup
from zhuisu.config.cli.role import day_of
from zhuisu.registry.issuing.errors import IssueError

app = typer.Typer(
    help="Official registers: drugs, pesticides, veterinary drugs that are approved.", no_args_is_help=True
)
AsJson = Annotated[bool, typer.Option("--json", help="One JSON document.")]
Name = Annotated[str, typer.Argument(help="Name of the register, as profiles write it.")]


@app.command()
def load(
    name: Name,
    file: Annotated[Path, typer.Argument(help="CSV or Excel; the first line names the columns.")],
    source: Annotated[str, typer.Option(help="Who published it.")],
    title: Annotated[str, typer.Option(help="Its name in Chinese; needed the first time.")] = "",
    title_en: Annotated[str, typer.Option(help="Its name in English.")] = "",
    as_of: Annotated[str, typer.Option(help="The day that it stands for; none: today.")] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what is wrong.")] = False,
    as_json: AsJson = False,
) -> None:
    """Replace a register by a file: all of it, or nothing where a line is wrong.

    Exit code 0 only if every line is right. Example: zhuisu register load pesticide_registrations list.xlsx --source 农业农村部 --title 农药登记
    """
    setup()
    from zhuisu.registry.official.services import About
    from zhuisu.registry.official.services import load as take_over

    if not file.is_file():
        fail(f"no such file: {file}", 2)
    about = About(source, day_of(as_of, "--as-of") or now().astimezone().date(), title, title_en)
    try:
        outcome = take_over(
            name, file.read_bytes(), about, operator=platform_organisation(), by=BY, at=now(), dry_run=dry_run
        )
    except IssueError as wrong:
        fail(wrong.message, 2)
    if as_json:
        faults = [
            {
                "line": one.line,
                "column": one.column,
                "rule": one.rule,
                "message": one.message,
                "message_zh": one.message_zh,
            }
            for one in outcome.faults
        ]
        told = {"lines": outcome.count, "before": outcome.before, "again": outcome.again, "faulty": outcome.faulty}
        typer.echo(json.dumps(told | {"faults": faults}, ensure_ascii=False))
    else:
        for one in outcome.faults:
            typer.echo(f"{file}:{one.line}: {one.column}: {one.message} [{one.rule}]")
        verb = "here already" if outcome.again else "refused" if outcome.faulty else "right" if dry_run else "loaded"
        typer.echo(f"{name}: {outcome.count} lines {verb}, {outcome.before} before, {outcome.faulty} faults")
    if outcome.faulty:
        raise typer.Exit(1)


@app.command(name="list")
def list_registers(as_json: AsJson = False) -> None:
    """Registers that were loaded, and those that profiles name and nobody loaded: these judge nothing.

    Example: zhuisu register list
    """
    setup()
    from zhuisu import sectors
    from zhuisu.registry.official.queries import registers

    wanted = {
        field.register
        for sector in sectors.all().values()
        for field in sector.editions[0].fields.values()
        if field.register
    }
    held = {one.name: one for one in registers()}
    rows = [_row(name, held.get(name), name in wanted) for name in sorted(wanted | held.keys())]
    if as_json:
        typer.echo(json.dumps(rows, ensure_ascii=False))
        return
    for row in rows:
        told = f"{row['entries']} as of {row['as_of']}" if row["loaded"] else "not loaded"
        typer.echo(f"{row['name']:32} {told}  {row['title']}")


def _row(name: str, one: Any, used: bool) -> dict[str, Any]:
    return {
        "name": name,
        "title": one.title if one else "",
        "loaded": one is not None,
        "used": used,
        "entries": one.entries if one else 0,
        "as_of": one.as_of_on.isoformat() if one else None,
        "source": one.source if one else "",
    }


@app.command()
def look(
    name: Name,
    number: Annotated[str, typer.Argument(help="Approval number in any spelling, or a scanned code.")],
    day: Annotated[str, typer.Option(help="A day such as 2026-11-22; none: today.")] = "",
    as_json: AsJson = False,
) -> None:
    """Ask a register for a number or a code. Exit code 0 only if it is listed on the day.

    Example: zhuisu register look pesticide_registrations PD20130001
    """
    setup()
    from zhuisu.registry.official import queries

    if not queries.loaded(name):
        fail(f"no register {name} was loaded", 2)
    on = day_of(day, "--day") or now().astimezone().date()
    found = queries.look(name, number, on)
    entries = [
        {"number": one.number, "state": queries.state_of(one, on), "name": one.name, "holder": one.holder}
        for one in found.entries
    ]
    if as_json:
        typer.echo(json.dumps({"state": found.state, "by": found.how or None, "entries": entries}, ensure_ascii=False))
    else:
        typer.echo(f"{found.state}{f' by {found.how}' if found.how else ''}")
        for entry in entries:
            typer.echo("  ".join(entry.values()))
    if found.state != "listed":
        raise typer.Exit(1)
