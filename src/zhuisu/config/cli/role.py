"""`zhuisu role`: what a party does in a sector, from when to when. By it the rules know who may do which step."""

import json
from datetime import date, datetime
from typing import Annotated, Any

import typer

from zhuisu.config.cli.accounts import BY, _canonical
from zhuisu.config.cli.common import fail, now, setup
from zhuisu.registry.issuing.errors import IssueError

app = typer.Typer(help="Roles of parties in sectors.", no_args_is_help=True)

Party = Annotated[str, typer.Argument(help="Party code, such as cn.uscc:9135… or any written form of it.")]
Sector = Annotated[str, typer.Argument(help="Folder name of the sector, such as crops.")]
RoleId = Annotated[str, typer.Argument(help="A role of the sector's profile, such as farm.")]
Day = Annotated[str, typer.Option(help="A day such as 2026-11-22; none: today.")]
AsJson = Annotated[bool, typer.Option("--json", help="One line of JSON each.")]


@app.command()
def add(
    party: Party,
    sector: Sector,
    role: RoleId,
    valid_from: Annotated[str, typer.Option("--from", help="First day, such as 2026-11-22; none: today.")] = "",
    valid_to: Annotated[str, typer.Option("--to", help="Last day; none: open.")] = "",
) -> None:
    """Give a party a role in a sector.

    Example: zhuisu role add 91350212MA2XYGR01A crops farm --from 2026-01-01
    """
    setup()
    from zhuisu.registry.roles.services import give_role

    made = _done(
        give_role,
        _party(party),
        sector,
        role,
        valid_from_on=day_of(valid_from, "--from") or now().astimezone().date(),
        valid_to_on=day_of(valid_to, "--to"),
    )
    typer.echo(_line(made))


@app.command()
def end(party: Party, sector: Sector, role: RoleId, on: Day = "") -> None:
    """End a role: the day is the last on which it holds.

    Example: zhuisu role end 91350212MA2XYGR01A crops farm --on 2026-12-31
    """
    setup()
    from zhuisu.registry.roles.services import end_role

    last = day_of(on, "--on") or now().astimezone().date()
    typer.echo(_line(_done(end_role, _party(party), sector, role, last_on=last)))


@app.command(name="list")
def list_roles(
    party: Annotated[str, typer.Argument(help="Only of this party.")] = "",
    sector: Annotated[str, typer.Option(help="Only of this sector.")] = "",
    as_json: AsJson = False,
) -> None:
    """List roles, by party.

    Example: zhuisu role list --sector crops
    """
    setup()
    from zhuisu.registry.roles.queries import roles

    for one in roles(party=_party(party) if party else None, sector=sector):
        typer.echo(json.dumps(_fields(one), ensure_ascii=False) if as_json else _line(one))


def day_of(text: str, option: str) -> date | None:
    """A day that was typed; None for nothing."""
    try:
        return datetime.strptime(text, "%Y-%m-%d").date() if text else None  # noqa: DTZ007 - a day has no zone
    except ValueError:
        fail(f"{option}: {text} is no day such as 2026-11-22", 2)


def _party(code: str) -> Any:
    from zhuisu.registry.queries import parties

    canonical = _canonical(code)
    return parties([canonical]).get(canonical) or fail(f"the register has no party {canonical}", 2)


def _done(verb: Any, *values: Any, **named: Any) -> Any:
    try:
        return verb(*values, **named, by=BY, at=now())
    except IssueError as wrong:
        fail(f"{wrong.field}: {wrong.message}" if wrong.field else wrong.message, 2)


def _fields(one: Any) -> dict[str, Any]:
    return {
        "party": one.party.code,
        "name": one.party.name,
        "sector": one.sector,
        "role": one.role,
        "from": one.valid_from_on.isoformat(),
        "to": one.valid_to_on.isoformat() if one.valid_to_on else None,
    }


def _line(one: Any) -> str:
    until = one.valid_to_on or ""
    return f"{one.party.code}  {one.party.name}  {one.sector}.{one.role}  {one.valid_from_on} – {until}".rstrip()
