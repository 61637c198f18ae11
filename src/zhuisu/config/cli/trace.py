"""`zhuisu trace`: walk up or down from a code, as the operator of the platform."""

from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from zhuisu import codes
from zhuisu.config.cli.common import fail, setup


def trace(
    code: Annotated[str, typer.Argument(help="Any code of the thing: Digital Link, URN, AI string, number.")],
    up: Annotated[bool, typer.Option("--up", help="What it came from.")] = False,
    down: Annotated[bool, typer.Option("--down", help="Where it went.")] = False,
    as_of: Annotated[str | None, typer.Option(metavar="T", help="Only what had happened by then.")] = None,
    known_at: Annotated[str | None, typer.Option(metavar="T", help="Only what the platform knew by then.")] = None,
    since: Annotated[str | None, typer.Option(metavar="T", help="Down: what it did from then on.")] = None,
    format: Annotated[str, typer.Option(help="text, json, csv, xlsx or dot.")] = "text",
    output: Annotated[Path | None, typer.Option(metavar="FILE", help="Write it there; xlsx must be.")] = None,
) -> None:
    """Where a thing came from, or where it went; down, how much of it is in each.

    Example: zhuisu trace https://id.gs1.org/01/09506000134352/10/L1 --up --as-of 2026-11-20
    """
    if up == down:
        fail("choose --up or --down", 2)
    if format not in ("text", "json", "csv", "xlsx", "dot"):
        fail("--format is text, json, csv, xlsx or dot", 2)
    if format == "xlsx" and output is None:
        fail("a sheet is a file: say --output FILE", 2)
    try:
        asked = codes.parse(code)
    except codes.CodeError as error:
        fail(error.message, 2)
    setup(migrate=False)
    from zhuisu.compliance.rings import inferred
    from zhuisu.lineage import export
    from zhuisu.lineage.lists import write_xlsx
    from zhuisu.lineage.names import names_of
    from zhuisu.lineage.shares import shares

    walked = _walk(asked, "up" if up else "down", _time(as_of), _time(known_at), _time(since, last=False))
    of_it = shares(walked) if down else None
    pooled = inferred(link.event for link in walked.links)
    writers = {
        "json": lambda: export.as_json(walked, pooled, of_it),
        "csv": lambda: export.as_csv(walked, of_it),
        "dot": lambda: export.as_dot(walked, pooled),
        "text": lambda: export.as_text(walked, names_of(walked), pooled, of_it) + _second_ring(walked),
    }
    if output is None:
        typer.echo(writers[format](), nl=False)
    elif format == "xlsx":
        write_xlsx(walked, output, of_it)
    else:
        output.write_text(writers[format](), encoding="utf-8", newline="")
    if walked.truncated:
        typer.echo("zhuisu: a limit was reached, the answer is cut", err=True)


def _second_ring(walked: Any) -> str:
    """What the vessels of a walk held before, uncleaned; it is no part of the walk."""
    from django.utils.translation import gettext as _

    from zhuisu.compliance.rings import second_ring
    from zhuisu.events.queries import items

    loads = second_ring(walked)
    names = items({each for one in loads for each in (one.vessel, one.item)})
    lines = [f"  {names[one.item].canonical}  {names[one.vessel].canonical}  {one.at.isoformat()}" for one in loads]
    return "".join(f"{line}\n" for line in [_("同一容器此前装过、其后未清洗:"), *lines]) if lines else ""


def _walk(
    asked: codes.Code,
    direction: Literal["up", "down"],
    as_of: datetime | None,
    known_at: datetime | None,
    since: datetime | None,
) -> Any:
    from zhuisu.events.queries import item_by_code
    from zhuisu.lineage.queries import as_known_at, walk

    item = item_by_code(asked)
    if item is None:
        fail(f"nothing is recorded of {asked.canonical}")
    position = as_known_at(known_at) if known_at else None
    return walk([item.id], direction, since=since, as_of=as_of, position=position)


def _time(text: str | None, *, last: bool = True) -> datetime | None:
    """An instant; a date alone means its last moment (or its first), a time without zone the platform's time zone."""
    if text is None:
        return None
    from datetime import time, timedelta
    from zoneinfo import ZoneInfo

    from django.conf import settings

    try:
        value = datetime.fromisoformat(text)
    except ValueError:
        fail(f"not a time: {text} (write 2026-11-20 or 2026-11-20T08:00:00+08:00)", 2)
    if last and len(text) == len("2026-11-20"):
        value = datetime.combine(value.date(), time.min) + timedelta(days=1, microseconds=-1)
    return value if value.tzinfo else value.replace(tzinfo=ZoneInfo(settings.TIME_ZONE))
