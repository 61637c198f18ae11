"""`zhuisu bench`: measure in a throw-away database."""

import json
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import typer

from zhuisu.config.cli.common import apply_migrations, now, setup

QUICK, FULL = 5, 40  # documents of 500 events


def bench(
    quick: Annotated[bool, typer.Option("--quick", help="A tenth of the size.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="The report as JSON.")] = False,
) -> None:
    """Measure reading, judging, issuing, capture, may and walks; every figure with a baseline of the same run.

    Example: zhuisu bench --quick
    """
    setup(migrate=False)
    from zhuisu.config.bench import asking, capture, issuing, judging, reading, walk
    from zhuisu.config.bench.figures import machine

    found = list(reading.figures(200 if quick else 1_000))
    found += judging.figures(200 if quick else 1_000)
    found += issuing.figures(1_000_000 if quick else 10_000_000)
    with _scratch_database():
        found += capture.figures(QUICK if quick else FULL, 500)
    with _scratch_database():
        found += asking.figures(20 if quick else 100)
    with _scratch_database():
        found += walk.figures(20_000 if quick else 100_000)
    with _scratch_database():
        found += walk.from_snapshot(20_000 if quick else 100_000)
    if not quick:
        with _scratch_database():
            found += walk.from_snapshot(1_000_000, kept=False)
    rows = [one.as_row() for one in found]
    if as_json:
        report = {"machine": machine(), "taken_at": now().isoformat(timespec="seconds"), "figures": rows}
        typer.echo(json.dumps(report, ensure_ascii=False, indent=1))
        return
    for row in rows:
        ratio = f"  {row['ratio']:g} × {row['baseline_what']}" if row["ratio"] else ""
        typer.echo(f"{row['id']:4} {row['what']:56} {row['value']:>14,.2f} {row['unit']}{ratio}")


@contextmanager
def _scratch_database() -> Iterator[None]:
    """A new database beside the real one, gone afterwards."""
    from django.db import connection

    name, own = f"zhuisu_bench_{secrets.token_hex(4)}", connection.settings_dict["NAME"]
    _statement(f"create database {name}")
    connection.close()
    connection.settings_dict["NAME"] = name
    try:
        apply_migrations()
        yield
    finally:
        connection.close()
        connection.settings_dict["NAME"] = own
        _statement(f"drop database {name}")


def _statement(sql: str) -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(sql)
