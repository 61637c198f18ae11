"""`zhuisu bench`: measure in throw-away databases, compare two reports, show one as a page."""

import json
import os
import signal
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from zhuisu.config.cli.common import fail, now, setup

app = typer.Typer(invoke_without_command=True)
INTERRUPTED = 130  # what a shell calls SIGINT


@app.callback()
def bench(
    context: typer.Context,
    quick: Annotated[bool, typer.Option("--quick", help="A tenth of the size, in some minutes.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="The report as JSON.")] = False,
    only: Annotated[list[str] | None, typer.Option(metavar="GROUP", help="This group alone; repeatable.")] = None,
) -> None:
    """Measure everything, each figure with a baseline of the same run, and say which goals are kept.

    Example: zhuisu bench --quick --only capture --only walk
    """
    if context.invoked_subcommand:
        return
    from zhuisu.config.bench.groups import GROUPS

    names = [group.name for group in GROUPS]
    if strange := sorted(set(only or ()) - set(names)):
        fail(f"no such group: {', '.join(strange)}; there are {', '.join(names)}", 2)
    # Its own requests are no news to whoever reads the progress.
    os.environ.setdefault("ZHUISU_LOG_LEVEL", "WARNING")
    setup(migrate=False)
    from zhuisu.config.bench.figures import FULL, QUICK, machine
    from zhuisu.config.bench.run import report, run
    from zhuisu.config.bench.scratch import own_counters

    # Whoever stops it by a signal must not find its databases left behind either.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    about = {"machine": machine(), "taken_at": now().isoformat(timespec="seconds")}
    scale = QUICK if quick else FULL
    chosen = [group for group in GROUPS if not only or group.name in only]
    try:
        with own_counters():
            ran = run(chosen, scale, lambda line: typer.echo(f"zhuisu bench: {line}", err=True))
    except KeyboardInterrupt:
        fail("interrupted; nothing is left behind", INTERRUPTED)
    found = report(ran, scale, about)
    typer.echo(json.dumps(found, ensure_ascii=False, indent=1) if as_json else as_text(found))
    if any(each.failed for each in ran):
        raise typer.Exit(1)


@app.command()
def compare(
    old: Annotated[Path, typer.Argument(help="A report.", exists=True, dir_okay=False)],
    new: Annotated[Path, typer.Argument(help="A later one.", exists=True, dir_okay=False)],
    as_json: Annotated[bool, typer.Option("--json", help="The differences as JSON.")] = False,
) -> None:
    """What changed between two reports, by ratios: machines differ, ratios do not. Exit code 1 where something became worse.

    Example: zhuisu bench compare before.json after.json
    """
    from zhuisu.config.bench import comparing

    found = comparing.compared(_report(old), _report(new))
    typer.echo(json.dumps(found, ensure_ascii=False, indent=1) if as_json else comparing.as_text(found))
    if found["worse"]:
        raise typer.Exit(1)


@app.command("report")
def page(
    file: Annotated[Path, typer.Argument(metavar="REPORT", help="A report as JSON.", exists=True, dir_okay=False)],
) -> None:
    """A report as one HTML page, on standard output: goals, charts, machine and date.

    Example: zhuisu bench report report.json > report.html
    """
    from zhuisu.config.bench.page import page_of

    typer.echo(page_of(_report(file)))


def _report(path: Path) -> Any:
    from zhuisu.config.bench.shape import Wrong, read

    try:
        return read(path.read_bytes())
    except Wrong as wrong:
        fail(f"{path}: {wrong}", 2)


def as_text(found: dict[str, Any]) -> str:
    """The goals, then every figure, a line each."""
    lines = []
    for row in found["goals"]:
        mark = {True: "kept", False: "MISSED", None: "-"}[row["pass"]]
        said = row.get("why") or f"{row['value']:,g} {row['unit']}" + (
            f", ratio {row['ratio']:g}" if row["ratio"] else ""
        )
        lines.append(f"{mark:6} {row['id']:4} {row['what']}  [{row['target']}]  {said}")
    lines.append("")
    for row in found["figures"]:
        ratio = f"  {row['ratio']:g} × {row['baseline_what']}" if row["ratio"] else ""
        lines.append(f"{row['id']:5} {row['what']:60} {row['value']:>14,.6g} {row['unit']}{ratio}")
    return "\n".join(lines)
