"""`zhuisu conformance`: how faithful a server of EPCIS 2.0 is, point by point; any server, or a throw-away one of ours."""

import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from zhuisu import conformance as runner
from zhuisu.config.cli.common import fail, now

START_SECONDS = 120  # a database made from nothing, migrated, on a busy machine
STOP_SECONDS = 30
# The runner receives deliveries at this address: a server that is never reachable from outside may deliver there.
LOOPBACK = "127.0.0.0/8"
# Small enough that the runner can try exactly the limit and one more.
SMALL_LIMITS = {"ZHUISU_CAPTURE_EVENTS": "1000", "ZHUISU_CAPTURE_BYTES": "1048576"}
PARTIES = (
    ("enterprise", "91350212MA2XYGR01A"),
    ("enterprise", "91350206MA31QWE52L"),
    ("regulator", "uri:urn:example:regulator"),
)


def conformance(
    url: Annotated[str, typer.Argument(help="Base address of EPCIS, such as https://example.org/epcis.")] = "",
    key: Annotated[
        str,
        typer.Option(
            help="Key of an organisation; with a space, a whole Authorization header.", envvar="ZHUISU_CONFORMANCE_KEY"
        ),
    ] = "",
    second_key: Annotated[str, typer.Option(help="Key of another organisation, for what it must not see.")] = "",
    self_: Annotated[bool, typer.Option("--self", help="Try this program on a throw-away server.")] = False,
    listen: Annotated[
        str, typer.Option(help="host:port at which the server reaches this program with its deliveries.")
    ] = "",
    points: Annotated[str, typer.Option(help="Only these, such as 1,7,40-45.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="One line of JSON a point.")] = False,
    html: Annotated[Path | None, typer.Option(help="Write the report as a page.")] = None,
    markdown: Annotated[Path | None, typer.Option(help="Write the table of points for documents.")] = None,
) -> None:
    """Ask a server of EPCIS 2.0 what the standard wants of it. It captures test data of its own under GS1's example prefix.

    Exit code 0 only if no point fails. Example: zhuisu conformance --self --html report.html
    """
    if bool(url) == self_:
        fail("give either the address of a server or --self", 2)
    wanted = _points(points)
    if self_:
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))  # else the server would live on
        with throw_away() as (address, keys):
            rows = _run(address, keys[0], keys[1], listen, wanted, as_json)
    else:
        rows = _run(url, key, second_key, listen, wanted, as_json)
    server = "zhuisu, on a throw-away server" if self_ else url
    if html:
        html.write_text(runner.as_html(rows, server=server, at=f"{now():%Y-%m-%d}"), "utf-8")
    if markdown:
        markdown.write_text(runner.as_markdown(rows), "utf-8")
    if any(row.verdict == "fail" for row in rows):
        raise typer.Exit(1)


def openapi() -> None:
    """Print the OpenAPI document of what is served under /epcis.

    Example: zhuisu openapi
    """
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "zhuisu.config.settings")
    import django

    django.setup()
    from zhuisu.api.epcis.openapi import document

    typer.echo(document().decode())


def _run(url: str, key: str, second_key: str, listen: str, wanted: list[int], as_json: bool) -> list[runner.Row]:
    at: datetime = now()
    run = runner.Run(url, key, second_key, mark=secrets.token_hex(4), at=at, listen=listen)
    if reason := runner.obstacle(run):
        fail(reason, 2)
    try:
        _ = listen and run.listener
    except (OSError, ValueError, OverflowError) as wrong:
        fail(f"--listen {listen}: {wrong}", 2)

    def tell(row: runner.Row) -> None:
        if as_json:
            typer.echo(json.dumps(row.as_json(), ensure_ascii=False))
        else:
            typer.echo(
                f"{row.point:3} {row.verdict:15} {row.title}" + ("" if row.verdict == "pass" else f"\n    {row.why}")
            )

    return runner.run_all(run, wanted, tell)


def _points(text: str) -> list[int]:
    numbers: set[int] = set()
    try:
        for part in filter(None, text.split(",")):
            first, _, last = part.partition("-")
            numbers.update(range(int(first), int(last or first) + 1))
    except ValueError:
        fail(f"no list of points: {text}", 2)
    if numbers - set(runner.POINTS) or (text and not numbers):
        fail(f"no points of 1 to {max(runner.POINTS)}: {text}", 2)
    return sorted(numbers)


@contextmanager
def throw_away() -> Iterator[tuple[str, list[str]]]:
    """A node on a folder of its own with two enterprises and a regulator: its EPCIS address, and a key of each."""
    home = Path(tempfile.mkdtemp(prefix="zhuisu-conformance-"))
    home.chmod(0o755)  # the embedded database gives up root and must reach its files
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    left_out = ("ZHUISU_DATABASE_URL", "ZHUISU_STATIC", "ZHUISU_HOME")
    ours = {name: value for name, value in os.environ.items() if name not in left_out}
    ours |= {"ZHUISU_HOME": str(home), "ZHUISU_OUTBOUND_ALLOWED": LOOPBACK} | SMALL_LIMITS
    with (home / "log").open("w+") as log:
        command = [sys.executable, "-m", "zhuisu.config", "up", "--port", str(port), "--no-demo"]
        process = subprocess.Popen(command, env=ours, stdout=log, stderr=log)
        try:
            _wait(process, home / "log")
            yield f"http://127.0.0.1:{port}/epcis", [_key(kind, party, ours) for kind, party in PARTIES]
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(STOP_SECONDS)
            shutil.rmtree(home, ignore_errors=True)


def _wait(process: "subprocess.Popen[bytes]", log: Path) -> None:
    for _ in range(START_SECONDS * 5):
        if "ready:" in log.read_text():
            return
        try:
            process.wait(0.2)
        except subprocess.TimeoutExpired:
            continue
        break
    fail(f"the throw-away server did not start: {log.read_text()[-500:]}")


def _key(kind: str, party: str, environment: dict[str, str]) -> str:
    """Make the organisation, and a key for it."""

    def zhuisu(*arguments: str) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "zhuisu.config", *arguments],
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        return done.stdout.strip() if done.returncode == 0 else fail(done.stderr.strip())

    zhuisu("organisation", "add", f"{kind} {party}", "--party", party, "--kind", kind, "--region", "350200")
    return zhuisu("key", "issue", "--organisation", party, "--label", "conformance")
