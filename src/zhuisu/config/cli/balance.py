"""`zhuisu balance`: of which lots more went out than came in, over the whole graph."""

import json
from typing import Annotated, Any

import typer

from zhuisu.config.cli.common import fail, setup

SHOWN = 20  # findings on a terminal; JSON and CSV have all


def balance(
    as_json: Annotated[bool, typer.Option("--json", help="The whole report as JSON.")] = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="A line for each finding.")] = False,
    tolerance: Annotated[
        float, typer.Option(metavar="PART", help="Of what came in: less than that is rounding.")
    ] = 0.001,
) -> None:
    """Adds up what came into every lot and what went out of it. Exit code 1 where more went out than came in.

    Example: zhuisu balance --tolerance 0.005 --csv > findings.csv
    """
    if not 0 <= tolerance < 1:
        fail("--tolerance is a part of 1, such as 0.005", 2)
    setup(migrate=False)
    from zhuisu.lineage.balance import balance as balance_of_all

    found = balance_of_all(tolerance=tolerance)
    findings = found.findings()
    counts = {"lots": len(set(found.item.tolist())), "reckoned": int(found.clear.sum()), "findings": len(findings)}
    rows = [{name: value for name, value in one._asdict().items() if name != "item"} for one in findings]
    if as_json:
        typer.echo(json.dumps({"position": found.view.position, "tolerance": tolerance, **counts, "over": rows}))
    elif as_csv:
        _csv(rows)
    else:
        _text(counts, rows)
    if findings:
        raise typer.Exit(1)


def _csv(rows: list[dict[str, Any]]) -> None:
    import csv
    import io

    from zhuisu.lineage.lists import neutral

    text = io.StringIO()
    sheet = csv.writer(text)
    sheet.writerow(("code", "unit", "came", "used", "ended", "excess"))
    sheet.writerows([neutral(cell) for cell in row.values()] for row in rows)
    typer.echo(text.getvalue(), nl=False)


def _text(counts: dict[str, int], rows: list[dict[str, Any]]) -> None:
    from django.utils.translation import gettext as _

    typer.echo(_("%(lots)d 个批次,%(reckoned)d 个可核算,%(findings)d 个出大于入") % counts)
    for row in rows[:SHOWN]:
        amounts = "  ".join(f"{name} {row[name]:g}" for name in ("came", "used", "ended", "excess"))
        typer.echo(f"  {row['canonical']}  {amounts}  {row['unit']}")
    if len(rows) > SHOWN:
        typer.echo(_("……另有 %(n)d 个;--csv 列出全部") % {"n": len(rows) - SHOWN})
