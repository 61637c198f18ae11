"""`zhuisu verify`: the audit of the core."""

from typing import Annotated

import typer

from zhuisu.config.cli.common import progress, setup

MOST_FINDINGS = 50


def verify(
    as_json: Annotated[bool, typer.Option("--json", help="One line of JSON.")] = False,
) -> None:
    """Check every stored event against its bytes, the log against its signed heads, the items against their hashes.

    Exit code 0 only if nothing is amiss. Example: zhuisu verify
    """
    import json

    setup(migrate=False)
    from zhuisu.events.proof import Finding, audit
    from zhuisu.events.queries import head

    findings: list[Finding] = []
    checked = 0
    with progress(as_json) as bar:
        task = bar.add_task("verify", total=head())
        for said in audit():
            if isinstance(said, int):
                checked = said
                bar.update(task, completed=said)
            else:
                findings.append(said)
    if as_json:
        rows = [{"position": one.position, "event": one.event, "message": one.message} for one in findings]
        typer.echo(json.dumps({"events": checked, "findings": rows}, ensure_ascii=False))
    else:
        for one in findings[:MOST_FINDINGS]:
            typer.echo(f"position {one.position}, event {one.event}: {one.message}")
        typer.echo(f"{checked} events checked, {len(findings)} findings")
    if findings:
        raise typer.Exit(1)
