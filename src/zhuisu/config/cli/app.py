"""The root of the command line, and what its commands share."""

import os
import sys
import warnings
from typing import Annotated

import typer

from zhuisu import __version__
from zhuisu.config.cli import (
    accounts,
    backup,
    balance,
    bench,
    capture,
    catalogue,
    conformance,
    doctor,
    epcis,
    issue,
    judging,
    link,
    mandate,
    projectors,
    proof,
    register,
    retention,
    role,
    sectors,
    server,
    snapshot,
    trace,
    vocabulary,
)

app = typer.Typer(
    name="zhuisu",
    help="追溯: where it came from, where it went, who answers for it.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    add_completion=False,
)
app.command()(server.up)
app.command()(server.down)
app.command(hidden=True)(server.worker)
app.command(hidden=True)(projectors.project)
app.command(hidden=True)(server.judge)
app.command(hidden=True)(server.deliver)
app.command(hidden=True)(snapshot.snapshot)
app.command()(server.migrate)
app.command()(backup.backup)
app.command()(backup.restore)
app.command()(doctor.doctor)
app.command()(capture.load)
app.command()(trace.trace)
app.command()(balance.balance)
app.add_typer(issue.app, name="code")
app.add_typer(epcis.app, name="epcis")
app.add_typer(accounts.organisations, name="organisation")
app.add_typer(accounts.people, name="person")
app.add_typer(accounts.keys, name="key")
app.add_typer(link.links, name="link")
app.add_typer(link.forwards, name="forward")
app.add_typer(sectors.app, name="sectors")
app.add_typer(role.app, name="role")
app.add_typer(mandate.app, name="mandate")
app.add_typer(register.app, name="register")
app.add_typer(catalogue.app, name="catalogue")
app.command()(judging.may)
app.command()(judging.findings)
app.command()(vocabulary.vocabulary)
app.command()(vocabulary.place)
app.add_typer(bench.app, name="bench")
app.command()(proof.verify)
app.add_typer(retention.app, name="retention")
app.command()(conformance.conformance)
app.command()(conformance.openapi)


@app.callback(invoke_without_command=True)
def root(version: Annotated[bool, typer.Option("--version", help="Print the version and stop.")] = False) -> None:
    """追溯: where it came from, where it went, who answers for it."""
    if version:
        typer.echo(__version__)
        raise typer.Exit


def main() -> None:
    """Entry point of the `zhuisu` command. What goes wrong is one line, not a stack trace; ZHUISU_DEBUG=1 shows it whole."""
    warnings.filterwarnings("ignore", message="XDG_RUNTIME_DIR")
    try:
        app()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(141)  # the reader closed the pipe: what a shell calls SIGPIPE
    except Exception as error:
        if os.environ.get("ZHUISU_DEBUG") == "1":
            raise
        lines = str(error).strip().splitlines()
        typer.echo(f"zhuisu: {type(error).__name__}: {lines[0] if lines else ''}", err=True)
        sys.exit(3)
