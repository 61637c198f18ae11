"""`zhuisu mandate`: which party lets which other record in its name, entered for those who have no account of their own."""

import json
from typing import Annotated, Any

import typer

from zhuisu.config.cli.common import fail, now, setup
from zhuisu.config.cli.role import AsJson, _done, _party, day_of

app = typer.Typer(help="Mandates: who lets whom record in its name.", no_args_is_help=True)

Giver = Annotated[str, typer.Argument(help="Code of the party that answers.")]
Holder = Annotated[str, typer.Argument(help="Code of the party that records.")]
Sector = Annotated[str, typer.Option(help="Only in this sector; none: in all.")]


@app.command()
def give(
    giver: Giver,
    holder: Holder,
    sector: Sector = "",
    valid_from: Annotated[str, typer.Option("--from", help="First day, such as 2026-11-22; none: today.")] = "",
    valid_to: Annotated[str, typer.Option("--to", help="Last day; none: until it is withdrawn.")] = "",
    note: Annotated[str, typer.Option(help="Number of the written mandate.")] = "",
) -> None:
    """Let a party record in the name of another.

    Example: zhuisu mandate give 91350212MA2XYGR01A 91350206MA31QWE52L --sector crops
    """
    setup()
    from zhuisu.registry.mandates.services import give_mandate

    made = _done(
        give_mandate,
        _party(giver),
        _party(holder),
        sector,
        valid_from_on=day_of(valid_from, "--from") or now().astimezone().date(),
        valid_to_on=day_of(valid_to, "--to"),
        note=note,
    )
    typer.echo(_line(made))


@app.command()
def withdraw(
    number: Annotated[int, typer.Argument(help="Number of the mandate, as `zhuisu mandate list` shows it.")],
    on: Annotated[str, typer.Option(help="Its last day, such as 2026-11-22; none: today.")] = "",
) -> None:
    """End a mandate: the day is the last on which it holds.

    Example: zhuisu mandate withdraw 7 --on 2026-12-31
    """
    setup()
    from zhuisu.registry.mandates.services import withdraw_mandate
    from zhuisu.registry.models import Mandate

    held = Mandate.objects.filter(pk=number).first() or fail(f"no mandate {number}", 2)
    last = day_of(on, "--on") or now().astimezone().date()
    typer.echo(_line(_done(withdraw_mandate, held, last_on=last)))


@app.command(name="list")
def list_mandates(
    giver: Annotated[str, typer.Option(help="Only given by this party.")] = "",
    holder: Annotated[str, typer.Option(help="Only held by this party.")] = "",
    as_json: AsJson = False,
) -> None:
    """List mandates, the newest first.

    Example: zhuisu mandate list --holder 91350206MA31QWE52L
    """
    setup()
    from zhuisu.registry.mandates.queries import mandates

    of_giver, of_holder = (_party(code) if code else None for code in (giver, holder))
    for one in mandates(giver=of_giver, holder=of_holder):
        typer.echo(json.dumps(_fields(one), ensure_ascii=False) if as_json else _line(one))


def _fields(one: Any) -> dict[str, Any]:
    return {
        "number": one.pk,
        "giver": one.giver.code,
        "holder": one.holder.code,
        "sector": one.sector,
        "from": one.valid_from_on.isoformat(),
        "to": one.valid_to_on.isoformat() if one.valid_to_on else None,
        "note": one.note,
    }


def _line(one: Any) -> str:
    days = f"{one.valid_from_on} – {one.valid_to_on or ''}".rstrip()
    who = f"{one.giver.code} {one.giver.name} → {one.holder.code} {one.holder.name}"
    return f"{one.pk}  {who}  {one.sector or 'all sectors'}  {days}  {one.note}".rstrip()
