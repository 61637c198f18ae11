"""`zhuisu vocabulary`: master data as queries see it. `zhuisu place`: which registered place lies in which."""

import json
from typing import Annotated, Any

import typer

from zhuisu.config.cli.accounts import BY, _canonical, _organisation
from zhuisu.config.cli.common import fail, now, platform_organisation, setup

MAX_SHOWN = 1_000  # elements printed of one vocabulary: a terminal holds no more


def vocabulary(
    type: Annotated[str, typer.Option(help="One vocabulary: its URI, or its last word, such as Location.")] = "",
    q: Annotated[str, typer.Option(help="Only what has this in its id or attributes.")] = "",
    organisation: Annotated[
        str, typer.Option(help="Party code of the organisation that looks; none: the operator.")
    ] = "",
    as_json: Annotated[bool, typer.Option("--json", help="One line of JSON each.")] = False,
) -> None:
    """What documents and the register say of places, parties and products.

    Exit code 1 where there is nothing. Example: zhuisu vocabulary --type Location --json
    """
    setup()
    from zhuisu.registry.vocabulary import queries
    from zhuisu.registry.vocabulary.words import type_of

    who = (_organisation(organisation) if organisation else platform_organisation()).pk
    types = [type_of(type)] if type else queries.types_of(who)
    found = [one for name in types for one in queries.elements(who, name, q=q, limit=MAX_SHOWN)]
    for one in found:
        if as_json:
            told = {"type": one.type, "id": one.written, "attributes": one.attributes, "children": one.children}
            typer.echo(json.dumps(told | {"sent": one.sent}, ensure_ascii=False, default=str))
        else:
            said = "; ".join(f"{_tail(name)}={value}" for name, value in one.attributes.items())
            typer.echo(f"{_tail(one.type)}  {one.written}  {said}".rstrip())
    if not found:
        raise typer.Exit(1)


def place(
    code: Annotated[str, typer.Argument(help="Code of a registered place, in any written form.")],
    inside: Annotated[str, typer.Option(help="Code of the place that it lies in; none: in no other.")] = "",
) -> None:
    """Say in which registered place another lies: a query for events within the one finds those at the other.

    Example: zhuisu place urn:epc:id:sgln:9506000.00002.A --inside urn:epc:id:sgln:9506000.00002.0
    """
    setup()
    from zhuisu.registry.vocabulary.services import PlaceError, put_place

    try:
        put_place(_place(code), _place(inside) if inside else None, by=BY, at=now())
    except PlaceError as wrong:
        fail(wrong.message, 2)
    typer.echo(f"{code}: {f'inside {inside}' if inside else 'inside no other place'}")


def _place(text: str) -> Any:
    from zhuisu.registry.models import Place

    found = Place.objects.filter(code=_canonical(text)).first()
    return found or fail(f"no registered place has the code {text}", 2)


def _tail(uri: str) -> str:
    return uri.rpartition(":")[2].rpartition("/")[2]
