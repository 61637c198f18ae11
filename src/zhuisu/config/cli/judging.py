"""`zhuisu may` and `zhuisu findings`: may this be done, and what was done against the rules."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from zhuisu import epcis
from zhuisu.config.cli.common import documents, fail, language, now, setup

MOST_LINES = 200  # findings printed; more is asked for by sector, rule or day
AsJson = Annotated[bool, typer.Option("--json", help="One JSON document.")]


def may(
    files: Annotated[list[Path], typer.Argument(help="EPCIS documents (JSON, JSON-LD, XML), or folders of them.")],
    acting: Annotated[str, typer.Option("--as", help="Party code of the organisation that would do it.")],
    as_json: AsJson = False,
) -> None:
    """Ask whether the events of documents may be done, by all that is known now. Writes nothing.

    Exit code 0 only if none is forbidden. Example: zhuisu may harvest.json --as 91350212MA2XYGR01A
    """
    setup()
    from zhuisu.compliance import services
    from zhuisu.config.cli.accounts import _organisation

    owner = _organisation(acting)
    told: list[dict[str, Any]] = []
    for path in documents(files):
        try:
            found = services.may(path.read_bytes(), organisation=owner.pk, at=now())
        except epcis.DocumentError as wrong:
            fail(f"{path}: {wrong.path or 'document'}: {wrong.message} [{wrong.rule}]", 2)
        told += [
            {
                "file": str(path),
                "index": one.index,
                "sector": one.sector or None,
                "step": one.step or None,
                "may": one.may,
                "findings": [finding_row(each) for each in one.findings],
            }
            for one in found
        ]
    if as_json:
        typer.echo(json.dumps(told, ensure_ascii=False))
    else:
        for one in told:
            typer.echo(f"{one['file']} {one['index']}: {_place(one)} {'yes' if one['may'] else 'no'}")
            for each in one["findings"]:
                typer.echo(f"  {line_of(each)}")
    if not all(one["may"] for one in told):
        raise typer.Exit(1)


def findings(
    sector: Annotated[str, typer.Option(help="Only of this sector.")] = "",
    rule: Annotated[str, typer.Option(help="Only of this rule.")] = "",
    severity: Annotated[str, typer.Option(help="error or warning.")] = "",
    party: Annotated[str, typer.Option(help="Only of this party, by any of its codes.")] = "",
    limit: Annotated[int, typer.Option(help="At most so many.")] = MOST_LINES,
    as_json: Annotated[bool, typer.Option("--json", help="One line of JSON each.")] = False,
) -> None:
    """List what stands today: which events broke which rules, what was judged last first.

    Exit code 1 where a rule with the force of law is broken. Example: zhuisu findings --sector crops --json
    """
    setup()
    from zhuisu.compliance import queries
    from zhuisu.config.cli.accounts import _canonical
    from zhuisu.events.scope import ALL

    if severity not in ("", "error", "warning"):
        fail(f"--severity: error or warning, not {severity}", 2)
    wanted = queries.Filter(sector=sector, rule=rule, severity=severity, party=_canonical(party) if party else "")
    found = queries.findings(ALL, wanted, limit=max(limit, 0))
    for one in found:
        row = {
            "event": one.event_id,
            "at": one.happened_at.isoformat(),
            "sector": one.sector,
            "step": one.step,
            "party": one.actor,
            **finding_row(one.finding),
        }
        typer.echo(json.dumps(row, ensure_ascii=False) if as_json else f"{one.event_id} {line_of(row)}")
    if any(one.finding.severity == "error" for one in found):
        raise typer.Exit(1)


def finding_row(found: Any) -> dict[str, str]:
    """One broken rule, in both languages."""
    article = found.article
    return {
        "path": found.path,
        "rule": found.rule,
        "severity": found.severity,
        "message": found.says.en,
        "message_zh": found.says.zh,
        "article": article.en if article else "",
        "article_zh": article.zh if article else "",
    }


def line_of(row: dict[str, str]) -> str:
    """One broken rule as a line in the terminal's language."""
    suffix = "" if language() == "en" else "_zh"
    article = f" ({row[f'article{suffix}']})" if row["article"] else ""
    where = f"{row['path']}: " if row["path"] else ""
    return f"{where}{row[f'message{suffix}']}{article} [{row['rule']}, {row['severity']}]"


def _place(one: dict[str, Any]) -> str:
    return ".".join(part for part in (one["sector"], one["step"]) if part) or "-"
