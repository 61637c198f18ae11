"""`zhuisu organisation`, `person`, `key`: the first tenants of a node. Pages for all of it come with the workspace."""

import secrets
from typing import Annotated, Any

import typer

from zhuisu.config.cli.common import fail, now, setup

organisations = typer.Typer(help="Organisations: who records, who looks, who runs the platform.", no_args_is_help=True)
people = typer.Typer(help="People who sign in.", no_args_is_help=True)
keys = typer.Typer(help="Keys that systems sign in with.", no_args_is_help=True)

BY = "system:command-line"
Party = Annotated[str, typer.Option(help="Party code, such as cn.uscc:9135… or any written form of it.")]


@organisations.command(name="add")
def add_organisation(
    name: Annotated[str, typer.Argument(help="Its name.")],
    party: Party,
    kind: Annotated[str, typer.Option(help="enterprise, regulator or operator.")] = "enterprise",
    region: Annotated[str, typer.Option(help="GB/T 2260; of a regulator, what it answers for.")] = "",
    name_en: Annotated[str, typer.Option(help="Its name in English.")] = "",
) -> None:
    """Add an organisation.

    Example: zhuisu organisation add 某某农场 --party 91350212MA2XYGR01A --region 350212
    """
    setup()
    from zhuisu.accounts.services import create_organisation

    made = _valid(
        create_organisation,
        kind=kind,
        name=name,
        name_en=name_en,
        party=_canonical(party),
        region=region,
        by=BY,
        at=now(),
    )
    typer.echo(f"added {made.name} as {made.party}")


@people.command(name="add")
def add_person(
    username: Annotated[str, typer.Argument(help="The name to sign in with.")],
    organisation: Party,
    role: Annotated[str, typer.Option(help="admin, member or reader.")] = "member",
) -> None:
    """Add a person, with a password that is printed once.

    Example: zhuisu person add lin --organisation 91350212MA2XYGR01A --role admin
    """
    setup()
    from zhuisu.accounts.services import create_person

    password = secrets.token_urlsafe(12)
    owner = _organisation(organisation)
    _valid(create_person, organisation=owner, username=username, password=password, role=role, by=BY, at=now())
    typer.echo(f"{username}  {password}  {owner.name}")


@keys.command(name="issue")
def issue(
    organisation: Party,
    label: Annotated[str, typer.Option(help="What it is for, so that people can tell keys apart.")],
    read_only: Annotated[bool, typer.Option("--read-only", help="May read, may not capture.")] = False,
) -> None:
    """Issue a key. It is printed once and kept nowhere.

    Example: zhuisu key issue --organisation 91350212MA2XYGR01A --label ERP
    """
    setup()
    from zhuisu.accounts.services import issue_key

    owner = _organisation(organisation)
    _, text = _valid(issue_key, organisation=owner, label=label, by=BY, at=now(), may_capture=not read_only)
    typer.echo(text)


def _canonical(party: str) -> str:
    from zhuisu import codes

    try:
        return codes.parse(party).canonical
    except codes.CodeError as error:
        fail(f"{party}: {error.message}", 2)


def _organisation(party: str) -> Any:
    from zhuisu.accounts.models import Organisation

    canonical = _canonical(party)
    found = Organisation.objects.filter(party=canonical).first()
    return found or fail(f"no organisation has the party code {canonical}", 2)


def _valid(action: Any, **fields: Any) -> Any:
    """Do it, or say which field does not fit."""
    from django.core.exceptions import ValidationError

    try:
        return action(**fields)
    except ValidationError as error:
        told = error.message_dict if hasattr(error, "error_dict") else {"": error.messages}
        fail("; ".join(f"{name}: {' '.join(messages)}".removeprefix(": ") for name, messages in told.items()), 2)
