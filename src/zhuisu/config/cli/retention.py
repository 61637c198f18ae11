"""`zhuisu retention`: what the law no longer wants kept, orders to keep, and what went."""

import json
from datetime import date
from typing import Annotated

import typer

from zhuisu.codes.recognition import hidden
from zhuisu.config.cli.accounts import BY
from zhuisu.config.cli.common import fail, now, setup

app = typer.Typer(help="What the law no longer wants kept.", no_args_is_help=True)
holds = typer.Typer(help="Orders to keep.", no_args_is_help=True)
app.add_typer(holds, name="hold")

AsJson = Annotated[bool, typer.Option("--json", help="One line of JSON each.")]
Month = Annotated[str, typer.Option(help="In which the events were recorded (UTC), such as 2026-05.")]
Class = Annotated[str, typer.Option("--class", help="Sectors of the events, joined by +; none: of no sector.")]


@app.command()
def due(month: Month = "", name: Class = "", as_json: AsJson = False) -> None:
    """List what is here by month and class: how many events, until when the law wants them, and what else keeps them.

    Reads every event of the months; name one where the store is large. Example: zhuisu retention due --month 2024-05
    """
    setup()
    from zhuisu.compliance.keeping import units
    from zhuisu.events.keeping import KeepingError

    at = now()
    try:
        found = units(at, _month(month) if month else None, name)
    except KeepingError as error:
        fail(str(error), 2)
    for one in found:
        row = {
            "month": f"{one.month:%Y-%m}",
            "class": one.name,
            "events": one.events,
            "kept_until": one.kept_until.isoformat() if one.kept_until else None,
            "stays": one.stays or None,
            "may_go": one.may_go(at.date()),
        }
        until = f"until {row['kept_until'] or '?'}" + (f", {one.stays}" if one.stays else "")
        line = f"{row['month']}  {one.name}  {one.events} events  {until}{'  may go' if row['may_go'] else ''}"
        typer.echo(json.dumps(row) if as_json else line)


@app.command()
def release(
    month: Month,
    name: Class,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Let the bodies of a month's events of one class go, for ever, and the keys of their documents. Hashes and rows stay.

    Exit code 1 where something of it must be kept: then nothing goes. Example: zhuisu retention release --month 2024-05 --class crops
    """
    setup()
    from zhuisu.compliance.keeping import release as let_go
    from zhuisu.events.keeping import KeepingError

    first = _month(month)
    if not yes:
        typer.confirm(f"{month} {name}: destroy what was sent of these events for ever?", abort=True)
    try:
        one = let_go(first, name, by=BY, at=now())
    except KeepingError as error:
        fail(str(error))
    typer.echo(f"record {one.number}: {one.events} events let go, {one.documents} documents unreadable")


@app.command()
def records(as_json: AsJson = False) -> None:
    """List what went, and check the signature of each record. `zhuisu verify` checks their events too.

    Exit code 1 where a signature is not this platform's. Example: zhuisu retention records
    """
    setup()
    from zhuisu.events.gone import records as all_records

    good = True
    for one in all_records():
        ours = one.is_ours()
        good = good and ours
        row = {
            "record": one.number,
            "month": f"{one.month:%Y-%m}",
            "class": one.name,
            "events": one.events,
            "documents": one.documents,
            "kept_until": one.kept_until.isoformat(),
            "root": one.root.hex(),
            "by": one.by,
            "at": one.at.isoformat(),
            "signature": "good" if ours else "WRONG",
        }
        line = f"{one.number}  {row['month']}  {one.name}  {one.events} events  {row['at']}  {one.by}  signature {row['signature']}"
        typer.echo(json.dumps(row) if as_json else line)
    if not good:
        raise typer.Exit(1)


@holds.command(name="add")
def add_hold(
    reason: Annotated[str, typer.Argument(help="Who ordered it, and why.")],
    code: Annotated[str, typer.Option(help="Keep what names this thing, lot or product.")] = "",
    month: Annotated[str, typer.Option(help="Keep what was recorded in this month, such as 2026-05.")] = "",
) -> None:
    """Order to keep: what names a thing, what was recorded in a month, what does both; with neither all there is.

    Example: zhuisu retention hold add "order of the court" --month 2026-05
    """
    setup()
    from zhuisu import codes
    from zhuisu.events import keeping
    from zhuisu.events.queries import item_by_code

    if not reason.strip():
        fail("a reason is needed", 2)
    try:
        item = item_by_code(codes.parse(code)) if code else None
    except codes.CodeError as error:
        fail(f"{hidden(code, mistyped=True)}: {hidden(error.message, mistyped=True)}", 2)
    if code and not item:
        fail("no event ever named this thing", 2)
    try:
        number = keeping.hold(item.id if item else None, _month(month) if month else None, reason, by=BY, at=now())
    except keeping.KeepingError as error:
        fail(str(error), 2)
    typer.echo(f"{number}")


@holds.command(name="list")
def list_holds(as_json: AsJson = False) -> None:
    """List the orders to keep that stand.

    Example: zhuisu retention hold list
    """
    setup()
    from zhuisu.events.keeping import holds as standing

    for one in standing():
        month = f"{one.month:%Y-%m}" if one.month else None
        row = {"hold": one.number, "code": one.code, "month": month, "reason": one.reason, "by": one.by}
        row["placed_at"] = one.placed_at.isoformat()
        line = f"{one.number}  {one.code or 'any thing'}  {month or 'any month'}  {one.reason}"
        typer.echo(json.dumps(row, ensure_ascii=False) if as_json else line)


@holds.command(name="lift")
def lift_hold(number: Annotated[int, typer.Argument(help="Number of the order.")]) -> None:
    """Lift an order to keep. It stays in the table, with who lifted it and when.

    Example: zhuisu retention hold lift 3
    """
    setup()
    from zhuisu.events.keeping import lift

    if not lift(number, by=BY, at=now()):
        fail(f"no order {number} stands", 2)
    typer.echo(f"{number} lifted")


def _month(text: str) -> date:
    """The first day of a month written as 2026-05."""
    try:
        return date.fromisoformat(f"{text}-01")
    except ValueError:
        fail(f"no month: {text}; write 2026-05", 2)
