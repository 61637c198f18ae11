"""`zhuisu link` and `zhuisu forward`: where codes lead besides the public page, and which codes other platforms answer for."""

import json
from typing import Annotated, Any

import typer

from zhuisu.codes.recognition import hidden
from zhuisu.config.cli.accounts import BY, _organisation
from zhuisu.config.cli.common import fail, now, platform_organisation, setup

links = typer.Typer(help="Links of codes, for the resolver.", no_args_is_help=True)
forwards = typer.Typer(help="Codes that other platforms resolve.", no_args_is_help=True)

Organisation = Annotated[str, typer.Option(help="Party code of who registers it; none: the platform's operator.")]
AsJson = Annotated[bool, typer.Option("--json", help="One line of JSON each.")]


@links.command(name="add")
def add_link(
    code: Annotated[str, typer.Argument(help="The code in any written form: a product, a lot, an item, a place …")],
    href: Annotated[str, typer.Argument(help="The https address it leads to.")],
    link_type: Annotated[str, typer.Option("--type", help="Link type, such as gs1:pip.")],
    title: Annotated[str, typer.Option(help="What people read; none: the link type's own.")] = "",
    title_en: Annotated[str, typer.Option(help="The same in English.")] = "",
    language: Annotated[str, typer.Option(help="zh, en or zh-CN.")] = "",
    media: Annotated[str, typer.Option(help="IANA media type, such as text/html.")] = "",
    context: Annotated[str, typer.Option(help="Where it holds, such as CN.")] = "",
    default: Annotated[bool, typer.Option("--default", help="Followed where nothing else is asked for.")] = False,
    variant: Annotated[bool, typer.Option("--variant", help="Preferred to the default where it fits better.")] = False,
    organisation: Organisation = "",
) -> None:
    """Register a link from a code to a page.

    Example: zhuisu link add 09506000134352 https://dairy.example/powder --type gs1:pip
    """
    setup()
    from zhuisu import codes
    from zhuisu.resolver.services import add_link as add

    try:
        read = codes.parse(code)
    except codes.CodeError as error:
        fail(f"{hidden(code, mistyped=True)}: {hidden(error.message, mistyped=True)}", 2)
    link = _done(
        add,
        code=read,
        href=href,
        link_type=link_type,
        title=title,
        title_en=title_en,
        language=language,
        media_type=media,
        context=context,
        is_default=default,
        is_multi=variant,
        organisation=_owner(organisation),
    )
    typer.echo(f"{link.pk}  {link.anchor}  {link.link_type}  {link.href}")


@links.command(name="list")
def list_links(
    code: Annotated[str, typer.Argument(help="Only of this code.")] = "",
    organisation: Organisation = "",
    as_json: AsJson = False,
) -> None:
    """List links, the newest first: of one organisation, or all of them.

    Example: zhuisu link list 09506000134352
    """
    setup()
    from zhuisu import codes
    from zhuisu.resolver.queries import links_of

    try:
        anchor = codes.parse(code).canonical if code else ""
    except codes.CodeError as error:
        fail(f"{hidden(code, mistyped=True)}: {hidden(error.message, mistyped=True)}", 2)
    for link in links_of(_owner(organisation), anchor=anchor):
        marks = {"default": link.is_default, "variant": link.is_multi}
        told = {"number": link.pk, "code": link.anchor, "type": link.link_type, "href": link.href, "title": link.title}
        told |= {"language": link.language, "media": link.media_type, "context": link.context}
        told |= {"organisation": link.organisation.party}
        _tell(told, [name for name, on in marks.items() if on], as_json)


@links.command(name="remove")
def remove_link(
    number: Annotated[int, typer.Argument(help="Its number, as list shows it.")], organisation: Organisation = ""
) -> None:
    """End a link.

    Example: zhuisu link remove 7
    """
    setup()
    from zhuisu.resolver.services import remove_link as remove

    link = _done(remove, number, organisation=_owner(organisation))
    typer.echo(f"removed {link.anchor}  {link.link_type}  {link.href}")


@forwards.command(name="add")
def add_forward(
    scheme: Annotated[str, typer.Argument(help="A scheme such as cn.drug_trace_msfx; gs1 for company prefixes.")],
    template: Annotated[str, typer.Argument(help="The other platform's address, with {value} where the code stands.")],
    name: Annotated[str, typer.Option(help="What people are told of that platform.")],
    prefix: Annotated[str, typer.Option(help="Only codes that begin so.")] = "",
    name_en: Annotated[str, typer.Option(help="The name in English.")] = "",
) -> None:
    """Say that other people's codes are resolved elsewhere. The longest prefix wins.

    Example: zhuisu forward add gs1 "https://id.gs1.org/{value}" --prefix 9506000 --name "GS1"
    """
    setup()
    from zhuisu.resolver.services import add_forward as add

    forward = _done(
        add,
        scheme=scheme,
        prefix=prefix,
        template=template,
        name=name,
        name_en=name_en,
        organisation=platform_organisation(),
    )
    typer.echo(f"{forward.pk}  {forward.scheme}:{forward.prefix}  {forward.template}")


@forwards.command(name="list")
def list_forwards(as_json: AsJson = False) -> None:
    """List the codes that are resolved elsewhere.

    Example: zhuisu forward list
    """
    setup()
    from zhuisu.resolver.queries import forwards as known

    for forward in known():
        told = {"number": forward.pk, "scheme": forward.scheme, "prefix": forward.prefix}
        _tell(told | {"template": forward.template, "name": forward.name}, [], as_json)


@forwards.command(name="remove")
def remove_forward(number: Annotated[int, typer.Argument(help="Its number, as list shows it.")]) -> None:
    """Resolve these codes here again.

    Example: zhuisu forward remove 3
    """
    setup()
    from zhuisu.resolver.services import remove_forward as remove

    forward = _done(remove, number, organisation=platform_organisation())
    typer.echo(f"removed {forward.scheme}:{forward.prefix}  {forward.template}")


def _owner(party: str) -> Any:
    return _organisation(party) if party else platform_organisation()


def _done(action: Any, *values: Any, **fields: Any) -> Any:
    """Do it, or say what does not fit."""
    from zhuisu.resolver.targets import LinkError

    try:
        return action(*values, by=BY, at=now(), **fields)
    except LinkError as error:
        fail(f"{error.field}: {error.message}".removeprefix(": "), 2)


def _tell(told: dict[str, Any], marks: list[str], as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(told | {"marks": marks}, ensure_ascii=False))
    else:
        typer.echo("  ".join(str(value) for value in [*told.values(), *marks] if value != ""))
