"""`zhuisu code`: check and convert identifiers. Needs no database."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from zhuisu import codes
from zhuisu.codes.model import PERSONAL
from zhuisu.codes.parts import about
from zhuisu.codes.recognition import hidden, personal
from zhuisu.config.cli.common import fail, language, now

app = typer.Typer(help="Check and convert identifiers.", no_args_is_help=True)


@app.command()
def check(
    code: Annotated[str, typer.Argument(help="The code as written: a number, URN, Digital Link or AI string.")] = "",
    scheme: Annotated[str | None, typer.Option(help="Scheme to read it as, such as gs1.gtin.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One line of JSON.")] = False,
    batch: Annotated[Path | None, typer.Option(help='Lines {"scheme":…,"code":…}; "-" is standard input.')] = None,
) -> None:
    """Say whether a code is well formed, what it is, and its canonical form. Exit code 0 only if all are valid.

    Without --scheme: every code that the text can be, the likeliest first, with the reason.

    Example: zhuisu code check 6901234567892 --scheme gs1.gtin
    """
    if batch is not None:
        raise typer.Exit(0 if _check_batch(batch) else 1)
    if not code:
        fail("name a code, or --batch FILE", 2)
    if scheme is None:
        raise typer.Exit(0 if _say_readings(code, as_json=as_json) else 1)
    answer = _verdict(scheme, code)
    if as_json:
        typer.echo(json.dumps(answer, ensure_ascii=False))
    elif answer["valid"]:
        # A person's number stays masked on a terminal; its parts together would spell it out.
        shown = {} if answer["scheme"] in PERSONAL else answer["parsed"]
        parts = ", ".join(f"{name} {value}" for name, value in shown.items())
        typer.echo(f"{answer['canonical']}  ({parts})" if parts else answer["canonical"])
    else:
        typer.echo(f"not valid: {answer['error']}", err=True)
    if not answer["valid"]:
        raise typer.Exit(1)


def _verdict(scheme: str | None, code: str) -> dict[str, Any]:
    """What `codes.check` says; a number of a person in it is masked, also a mistyped one where nothing else is right."""
    answer = codes.check(scheme, code, now().date())
    texts = {name: text for name, text in answer.items() if isinstance(text, str)}
    return answer | {name: hidden(text, mistyped=not answer["valid"]) for name, text in texts.items()}


def _say_readings(text: str, *, as_json: bool) -> bool:
    """Every code that the text can be, with the reason; whether one is without a doubt. A person's number is masked."""
    found = codes.readings(text)
    answer = _verdict(None, text) | {"readings": [_in_json(one) for one in found]}
    if personal(text):
        answer["parsed"] = {}  # the parts together are the number; who asks for them names the scheme
    if as_json:
        typer.echo(json.dumps(answer, ensure_ascii=False))
    else:
        chinese = language().startswith("zh")
        for one in found:
            name = about(one.code.scheme).name_zh if chinese else about(one.code.scheme).name
            typer.echo(f"{one.code.shown}  {name}\n    {one.reason_zh if chinese else one.reason}")
        if not found and answer["valid"]:  # a person's number that was named: never a reading, but a verdict
            typer.echo(answer["canonical"])
        elif not found:
            typer.echo(f"not valid: {answer['error']}", err=True)
    return any("warning" not in one.code.parsed for one in found) or bool(answer["valid"])


def _in_json(one: codes.Reading) -> dict[str, Any]:
    names = about(one.code.scheme)
    return {
        "scheme": one.code.scheme,
        "name": names.name,
        "name_zh": names.name_zh,
        "canonical": one.code.shown,
        "reason": one.reason,
        "reason_zh": one.reason_zh,
    }


def _check_batch(path: Path) -> bool:
    stream = typer.get_text_stream("stdin") if str(path) == "-" else path.open(encoding="utf-8")
    good = True
    with stream:
        for number, line in enumerate(stream, start=1):
            if not line.strip():
                continue
            try:
                asked = json.loads(line)
                scheme, code = asked.get("scheme"), asked["code"]
            except (ValueError, KeyError, AttributeError):
                fail(f'line {number} of {path} is not {{"scheme":…,"code":…}}', 2)
            answer = _verdict(scheme, code)
            good = good and bool(answer["valid"])
            typer.echo(json.dumps(answer, ensure_ascii=False))
    return good


@app.command()
def explain(
    code: Annotated[str, typer.Argument(help="The code as written.")],
    scheme: Annotated[str | None, typer.Option(help="Scheme to read it as; without it the likeliest reading.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One line of JSON.")] = False,
    lang: Annotated[str, typer.Option(help="zh or en; without it the terminal's language.")] = "",
) -> None:
    """Say what each part of a code means, in the order it is written, and whether it is right.

    Example: zhuisu code explain SC11464010500015
    """
    if lang not in ("", "zh", "en"):
        fail("--lang is zh or en", 2)
    try:
        found = codes.readings(code) if scheme is None else []
        read = found[0].code if found else codes.parse(code, scheme)
    except codes.CodeError as error:
        fail(hidden(error.message, mistyped=True))
    parts = codes.explain(read)
    names = about(read.scheme)
    if as_json:
        answer = {"scheme": read.scheme, "name": names.name, "name_zh": names.name_zh, "canonical": read.shown}
        typer.echo(hidden(json.dumps(answer | {"parts": [asdict(part) for part in parts]}, ensure_ascii=False)))
        return
    _show_parts(read, parts, others=found[1:], chinese=(lang or language()).startswith("zh"))


def _show_parts(read: codes.Code, parts: list[codes.Part], *, others: list[codes.Reading], chinese: bool) -> None:
    names = about(read.scheme)
    heads = ("部分", "名称", "含义", "核对") if chinese else ("part", "name", "meaning", "right?")
    verdicts = {True: "正确", False: "存疑", None: "—"} if chinese else {True: "yes", False: "in doubt", None: "—"}
    table = Table(
        *heads, title=hidden(f"{read.shown}  {names.name_zh if chinese else names.name}"), title_justify="left"
    )
    for part in parts:
        said = (part.name_zh, part.meaning_zh) if chinese else (part.name, part.meaning)
        # Text, not markup: a code may hold brackets.
        table.add_row(*(Text(hidden(cell)) for cell in (part.text, *said, verdicts[part.ok])))
    Console().print(table)
    if others:
        rest = ", ".join(hidden(one.code.shown) for one in others)
        typer.echo(f"也可能是：{rest}" if chinese else f"it can also be: {rest}")


@app.command()
def convert(
    code: Annotated[str, typer.Argument(help="The code as written.")],
    to: Annotated[str, typer.Option(help="urn, dl (Digital Link) or ai (element string).")],
    gcp_length: Annotated[int | None, typer.Option(help="Digits of the GS1 company prefix, for urn.")] = None,
) -> None:
    """Write a code in another form.

    Example: zhuisu code convert urn:epc:id:sgtin:0614141.812345.6789 --to dl
    """
    try:
        read = codes.parse(code)
        if to == "urn":
            typer.echo(codes.to_urn(read, gcp_length=gcp_length))
        elif to == "dl":
            typer.echo(codes.to_digital_link(read))
        elif to == "ai":
            typer.echo(codes.to_ai(read))
        else:
            fail("--to is urn, dl or ai", 2)
    except codes.CodeError as error:
        fail(hidden(error.message, mistyped=True))
