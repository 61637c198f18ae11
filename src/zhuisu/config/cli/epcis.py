"""`zhuisu epcis`: validate and hash EPCIS documents. Needs no database."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from zhuisu import epcis
from zhuisu.config.cli.common import documents

app = typer.Typer(help="Validate and hash EPCIS documents.", no_args_is_help=True)
Files = Annotated[list[Path], typer.Argument(help="EPCIS documents (JSON, JSON-LD, XML), or folders of them.")]


@app.command()
def validate(
    files: Files, as_json: Annotated[bool, typer.Option("--json", help="One line of JSON a file.")] = False
) -> None:
    """Say of each document whether it would be accepted, and if not where and why. Exit code 0 only if all are valid.

    Example: zhuisu epcis validate shipment.json
    """
    good = True
    for path in documents(files):
        answer = _validate(path)
        good = good and answer["valid"]
        if as_json:
            typer.echo(json.dumps(answer, ensure_ascii=False))
            continue
        typer.echo(f"{path}: {'valid, ' if answer['valid'] else 'NOT valid, '}{answer['events']} events")
        for one in answer["errors"]:
            where = "document" if one["index"] is None else f"event {one['index']}"
            typer.echo(f"  {where} {one['path']}: {one['message']} [{one['rule']}]")
    if not good:
        raise typer.Exit(1)


def _validate(path: Path) -> dict[str, Any]:
    try:
        read = epcis.read(path.read_bytes(), media_type="application/xml" if path.suffix == ".xml" else None)
    except epcis.DocumentError as error:
        return {"file": str(path), "valid": False, "events": 0, "errors": [_error(None, error)]}
    refusals = [one for one in read.events if isinstance(one, epcis.Refusal)]
    errors = [_error(one.index, reason) for one in refusals for reason in one.reasons]
    return {"file": str(path), "valid": not errors, "events": len(read.events), "errors": errors}


def _error(index: int | None, said: epcis.Reason | epcis.DocumentError) -> dict[str, Any]:
    names = ("path", "rule", "message", "message_zh")
    return {"index": index} | {name: getattr(said, name) for name in names}


@app.command(name="hash")
def hash_(
    files: Files,
    as_json: Annotated[bool, typer.Option("--json", help="A JSON list: file, events: index, hash, prehash.")] = False,
) -> None:
    """The CBV 2.0 event hash of every event.

    Example: zhuisu epcis hash shipment.json
    """
    good = True
    answers = []
    for path in documents(files):
        try:
            events = list(_hashes(path))
        except epcis.DocumentError as error:
            good = False
            typer.echo(f"{path}: {error.message} [{error.rule}]", err=True)
            continue
        good = good and all("hash" in one for one in events)
        answers.append({"file": str(path), "events": events})
        if not as_json:
            for one in events:
                typer.echo(f"{one.get('hash', one.get('error'))}  {path}#{one['index']}")
    if as_json:
        typer.echo(json.dumps(answers, ensure_ascii=False, indent=1))
    if not good:
        raise typer.Exit(1)


def _hashes(path: Path) -> Iterator[dict[str, Any]]:
    # lax: the hash of a published event must not depend on whether we would accept it.
    media_type = "application/xml" if path.suffix == ".xml" else None
    read = epcis.read(path.read_bytes(), media_type=media_type, lax=True)
    for index, one in enumerate(read.events):
        if isinstance(one, epcis.Refusal):
            yield {"index": index, "error": "; ".join(f"{r.path}: {r.message}" for r in one.reasons)}
        else:
            yield {"index": index, "hash": epcis.event_hash(one), "prehash": epcis.prehash(one)}
