"""`zhuisu code`: check and convert identifiers. Needs no database."""

import json
from pathlib import Path
from typing import Annotated

import typer

from zhuisu import codes
from zhuisu.codes.model import PERSONAL
from zhuisu.config.cli.common import fail

app = typer.Typer(help="Check and convert identifiers.", no_args_is_help=True)


@app.command()
def check(
    code: Annotated[str, typer.Argument(help="The code as written: a number, URN, Digital Link or AI string.")] = "",
    scheme: Annotated[str | None, typer.Option(help="Scheme to read it as, such as gs1.gtin.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One line of JSON.")] = False,
    batch: Annotated[Path | None, typer.Option(help='Lines {"scheme":…,"code":…}; "-" is standard input.')] = None,
) -> None:
    """Say whether a code is well formed, what it is, and its canonical form. Exit code 0 only if all are valid.

    Example: zhuisu code check 6901234567892 --scheme gs1.gtin
    """
    if batch is not None:
        raise typer.Exit(0 if _check_batch(batch) else 1)
    if not code:
        fail("name a code, or --batch FILE", 2)
    answer = codes.check(scheme, code)
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
            answer = codes.check(scheme, code)
            good = good and bool(answer["valid"])
            typer.echo(json.dumps(answer, ensure_ascii=False))
    return good


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
        fail(error.message)
