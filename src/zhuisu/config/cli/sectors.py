"""`zhuisu sectors`: what is declared, and whether documents keep to it. Needs no database."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

import zhuisu.profiles
import zhuisu.sectors
from zhuisu import epcis
from zhuisu.config.cli.common import documents, language
from zhuisu.profiles.judge import Finding
from zhuisu.profiles.loading import Sector
from zhuisu.profiles.model import Profile

TEMPLATE = Path(zhuisu.profiles.__file__).parent / "template"
PLACEHOLDER = "NEW_SECTOR"
NAME = re.compile(r"[a-z][a-z0-9_]{1,40}")
app = typer.Typer(help="Declared sectors, and documents judged by them.", invoke_without_command=True)
Json = Annotated[bool, typer.Option("--json", help="One JSON document.")]


@app.callback()
def sectors(context: typer.Context, as_json: Json = False) -> None:
    """Every declared sector: its class, edition, steps and duties.

    Example: zhuisu sectors --json
    """
    if context.invoked_subcommand:
        return
    found = [_told(sector.editions[0]) for sector in zhuisu.sectors.all().values()]
    if as_json:
        typer.echo(json.dumps(found, ensure_ascii=False))
        return
    for one in found:
        name = one["name"]["en" if language() == "en" else "zh"]
        typer.echo(
            f"{one['id']:20} {one['edition']:8} {one['class']:20} {len(one['steps']):3} {len(one['duties']):3}  {name}"
        )


def _told(profile: Profile) -> dict[str, Any]:
    return {
        "id": profile.id,
        "edition": profile.edition,
        "class": profile.sector_class,
        "name": {"zh": profile.name.zh, "en": profile.name.en},
        "steps": list(profile.steps),
        "duties": list(profile.duties),
        "codes": {use.level: list(use.schemes) for use in profile.codes},
    }


@app.command()
def check(
    sector: Annotated[str, typer.Argument(help="Folder name of the sector, such as crops.")],
    files: Annotated[list[Path], typer.Argument(help="EPCIS documents (JSON, JSON-LD, XML), or folders of them.")],
    region: Annotated[
        str, typer.Option(help="GB/T 2260 code: what it demands beyond the nation is asked for too.")
    ] = "",
    as_json: Json = False,
) -> None:
    """Judge the events of documents by a sector, as far as an event alone can be judged: elements, values, parties, readings.

    Who acted, what went before and what the books say is not known here. Exit code 0 only if no rule with the force of law is broken.

    Example: zhuisu sectors check crops harvest.json
    """
    if sector not in zhuisu.sectors.all():
        raise typer.BadParameter(f"no sector {sector!r}; zhuisu sectors lists them", param_hint="sector")
    judged = [line for path in documents(files) for line in _judged(zhuisu.sectors.all()[sector], path, region)]
    if as_json:
        typer.echo(json.dumps(judged, ensure_ascii=False))
    else:
        for line in judged:
            typer.echo(_line(line))
    if any(line["severity"] == "error" for line in judged):
        raise typer.Exit(1)


@app.command()
def new(
    name: Annotated[str, typer.Argument(help="Lower case letters, digits and _, such as honey.")],
    into: Annotated[Path | None, typer.Option(help="Folder of sectors; without it, this installation's own.")] = None,
) -> None:
    """Write the folder of a new sector: a small profile with examples and a chain that pass its own tests. Then change it.

    Example: zhuisu sectors new honey
    """
    if not NAME.fullmatch(name) or name == PLACEHOLDER:
        raise typer.BadParameter("lower case letters, digits and _, a letter first", param_hint="name")
    folder = (into or zhuisu.sectors.FOLDER) / name
    if folder.exists():
        raise typer.BadParameter(f"{folder} is there already", param_hint="name")
    for source in sorted(TEMPLATE.rglob("*.*")):
        target = folder / source.relative_to(TEMPLATE)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(source.read_text("utf-8").replace(PLACEHOLDER, name), "utf-8")
    typer.echo(f"{folder}: change profile.toml, then its examples; pytest tests/test_sectors.py -k {name}")


def _judged(sector: Sector, path: Path, region: str) -> Iterator[dict[str, Any]]:
    try:
        events = epcis.read(path.read_bytes()).events
    except epcis.DocumentError as error:
        yield _problem(path, None, error)
        return
    for index, event in enumerate(events):
        if isinstance(event, epcis.Refusal):
            yield from (_problem(path, index, reason) for reason in event.reasons)
            continue
        judge = sector.judge(event.local_day, region)
        for finding in judge.findings(event, None) if judge else ():
            yield _found(path, index, finding)


def _found(path: Path, index: int, finding: Finding) -> dict[str, Any]:
    article = finding.article
    return {
        "file": str(path),
        "event": index,
        "path": finding.path,
        "rule": finding.rule,
        "severity": finding.severity,
        "message": finding.says.en,
        "message_zh": finding.says.zh,
        "article": article.en if article else "",
        "article_zh": article.zh if article else "",
    }


def _problem(path: Path, index: int | None, said: epcis.Reason | epcis.DocumentError) -> dict[str, Any]:
    """A document or event that is no EPCIS at all."""
    told = {name: getattr(said, name) for name in ("path", "rule", "message", "message_zh")}
    return {"file": str(path), "event": index, **told, "severity": "error", "article": "", "article_zh": ""}


def _line(line: dict[str, Any]) -> str:
    suffix = "" if language() == "en" else "_zh"
    article = f" ({line['article' + suffix]})" if line["article"] else ""
    where = "" if line["event"] is None else f" {line['event']}"
    return f"{line['file']}{where} {line['path']}: {line['message' + suffix]}{article} [{line['rule']}, {line['severity']}]"
