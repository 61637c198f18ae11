"""`zhuisu verify`: the audit of the core."""

import json
from typing import Annotated, Any

import typer

from zhuisu.config.cli.common import progress, setup

MOST_FINDINGS = 50


def verify(
    documents: Annotated[bool, typer.Option("--documents", help="Unseal every captured document too.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One line of JSON.")] = False,
) -> None:
    """Check every stored event against its bytes, the log against its signed heads, the items against their hashes.

    Exit code 0 only if nothing is amiss. Example: zhuisu verify --documents
    """
    setup(migrate=False)
    from zhuisu.events.proof import Documents, Finding, audit, audit_documents
    from zhuisu.events.queries import documents_held, head

    findings: list[Finding] = []
    checked, held = 0, Documents(0, 0)
    with progress(as_json) as bar:
        task = bar.add_task("verify", total=head())
        for said in audit():
            if isinstance(said, int):
                checked = said
                bar.update(task, completed=said)
            else:
                findings.append(said)
        if documents:
            task = bar.add_task("documents", total=documents_held())
            for told in audit_documents():
                if isinstance(told, Documents):
                    held = told
                    bar.advance(task)
                else:
                    findings.append(told)
    report: dict[str, Any] = {"events": checked}
    if documents:
        report |= {"documents": held.opened, "keys_destroyed": held.destroyed}
    _print(report, findings, as_json)
    if findings:
        raise typer.Exit(1)


def _print(report: dict[str, Any], findings: list[Any], as_json: bool) -> None:
    if as_json:
        rows = [{"position": one.position, "event": one.event, "message": one.message} for one in findings]
        typer.echo(json.dumps(report | {"findings": rows}, ensure_ascii=False))
        return
    for one in findings[:MOST_FINDINGS]:
        where = "" if one.position is None and one.event is None else f"position {one.position}, event {one.event}: "
        typer.echo(where + one.message)
    if "documents" in report:
        typer.echo(
            f"{report['documents']} documents unsealed, of {report['keys_destroyed']} more the key was destroyed"
        )
    typer.echo(f"{report['events']} events checked, {len(findings)} findings")
