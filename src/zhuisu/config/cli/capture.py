"""`zhuisu load`: capture documents from files, as a system would over HTTP."""

import json
import time
from collections import Counter
from pathlib import Path
from typing import Annotated, Any

import typer

from zhuisu import epcis
from zhuisu.config.cli.common import documents, fail, now, platform_organisation, progress, setup

WAIT_SECONDS = 0.5  # between two looks at a document that the worker stores
MOST_REASONS = 20  # lines of reasons printed a file; the rest is counted


def load(
    files: Annotated[list[Path], typer.Argument(help="EPCIS documents, or folders of them.")],
    as_json: Annotated[bool, typer.Option("--json", help="One line of JSON a file, and one with the totals.")] = False,
    rollback: Annotated[bool, typer.Option("--rollback", help="All events of a document, or none of them.")] = False,
    organisation: Annotated[str, typer.Option(help="Party code of the organisation that captures.")] = "",
) -> None:
    """Capture EPCIS documents; each event is accepted, a duplicate, a conflict or refused.

    Exit code 0 only if nothing conflicts and nothing is refused. Example: zhuisu load events.json --json
    """
    setup()
    from zhuisu.events.sequencer import publish

    paths = list(documents(files))
    sender = _organisation(organisation)
    totals: Counter[str] = Counter(accepted=0, duplicate=0, conflict=0, refused=0)
    with progress(as_json) as bar:
        task = bar.add_task("load", total=len(paths))
        for path in paths:
            outcome = _load_file(path, sender.pk, "rollback" if rollback else "proceed")
            totals.update(outcome["counts"])
            _report(path, outcome, as_json)
            publish(now())
            bar.advance(task)
    typer.echo(json.dumps(dict(totals)))
    if totals["conflict"] or totals["refused"]:
        raise typer.Exit(1)


def _organisation(party: str) -> Any:
    if not party:
        return platform_organisation()
    from zhuisu.accounts.models import Organisation

    found = Organisation.objects.filter(party=party).first()
    return found or fail(f"no organisation has the party code {party}", 2)


def _load_file(path: Path, organisation: int, behaviour: Any) -> dict[str, Any]:
    """The counts and the reasons of one document. A document that cannot be read counts as one refusal."""
    from zhuisu.events.services import DIRECT_OCTETS_LIMIT, Refused, receive

    media_type = "application/xml" if path.suffix == ".xml" else None
    who = {"organisation": organisation, "by": "system:load", "at": now(), "behaviour": behaviour}
    try:
        if path.stat().st_size > DIRECT_OCTETS_LIMIT:
            return _load_large(path, media_type, who)
        receipt = receive(path.read_bytes(), media_type=media_type, project_now=True, **who)
    except epcis.DocumentError as error:
        return {"counts": {"refused": 1}, "reasons": [f"{error.path or 'document'}: {error.message} [{error.rule}]"]}
    except Refused as refused:
        reasons = [_line(one.index, one.reasons) for one in refused.refusals]
        return {"counts": {"refused": len(reasons)}, "reasons": reasons}
    bad = [one for one in receipt.verdicts if one.verdict in ("conflict", "refused")]
    return {"counts": receipt.counts, "reasons": [_line(one.index, one.reasons) for one in bad]}


def _load_large(path: Path, media_type: str | None, who: dict[str, Any]) -> dict[str, Any]:
    """A document that is longer than is read in one go: stored here, or by the worker where one is at it already."""
    from zhuisu.events.large import receive_large, store_next
    from zhuisu.events.queries import capture_job
    from zhuisu.events.scope import ALL

    with path.open("rb") as file:
        token = receive_large(epcis.pieces_of(file)(), media_type=media_type, **who).token
    while (job := capture_job(ALL, token)) is None or job.finished_at is None:
        if not store_next(now()):
            time.sleep(WAIT_SECONDS)
    counts = {name: getattr(job, name) or 0 for name in ("accepted", "duplicate", "conflict", "refused")}
    bad = [one for one in job.verdicts or [] if one["verdict"] in ("conflict", "refused")]
    if not job.success and not counts["conflict"] and not counts["refused"]:
        counts["refused"] = 1  # the document as a whole
    return {"counts": counts, "reasons": [_line(one["index"], _reasons(one)) for one in bad]}


def _reasons(verdict: dict[str, Any]) -> tuple[epcis.Reason, ...]:
    return tuple(epcis.Reason(**one) for one in verdict["reasons"])


def _line(index: int | None, reasons: tuple[epcis.Reason, ...]) -> str:
    said = "; ".join(f"{one.path}: {one.message} [{one.rule}]" if one.path else one.message for one in reasons)
    return f"event {index}: {said}" if index is not None else f"document: {said}"


def _report(path: Path, outcome: dict[str, Any], as_json: bool) -> None:
    counts = {name: outcome["counts"].get(name, 0) for name in ("accepted", "duplicate", "conflict", "refused")}
    if as_json:
        typer.echo(json.dumps({"file": str(path), **counts, "reasons": outcome["reasons"]}, ensure_ascii=False))
        return
    if outcome["reasons"]:
        typer.echo(f"{path}: " + ", ".join(f"{count} {name}" for name, count in counts.items() if count))
    for line in outcome["reasons"][:MOST_REASONS]:
        typer.echo(f"  {line}")
    if (more := len(outcome["reasons"]) - MOST_REASONS) > 0:
        typer.echo(f"  … and {more} more")
