"""A throw-away database and home for one measurement: beside the real ones, and gone afterwards whatever happens."""

import os
import secrets
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from zhuisu.config.cli.common import apply_migrations

PREFIX = "zhuisu_bench_"


@contextmanager
def own_environment(**values: str | None) -> Iterator[None]:
    """For this process and those that it starts; None: not set."""
    held = {name: os.environ.get(name) for name in values}
    try:
        _set(values)
        yield
    finally:
        _set(held)


def _set(values: Mapping[str, str | None]) -> None:
    for name, value in values.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value


@contextmanager
def own_counters() -> Iterator[None]:
    """What this process counts of its own requests is not among the figures of the node (metrics.FOLDER)."""
    with tempfile.TemporaryDirectory(prefix=PREFIX) as folder, own_environment(PROMETHEUS_MULTIPROC_DIR=folder):
        yield


@contextmanager
def scratch_database() -> Iterator[None]:
    """Empty tables and an empty home, for this process and for those that it starts."""
    from django.conf import settings
    from django.db import connection
    from django.test.utils import override_settings

    name, own = PREFIX + secrets.token_hex(4), connection.settings_dict["NAME"]
    address = urlsplit(os.environ.get("ZHUISU_DATABASE_URL") or "postgresql:///zhuisu")
    url = f"{address.scheme}://{address.netloc}/{name}?{address.query}"
    _statement(f"create database {name}")
    try:
        with tempfile.TemporaryDirectory(prefix=PREFIX) as home, override_settings(HOME=Path(home)):
            connection.close()
            connection.settings_dict["NAME"] = name
            with own_environment(ZHUISU_DATABASE_URL=url, ZHUISU_HOME=str(settings.HOME)):
                apply_migrations()
                yield
    finally:
        connection.close()
        connection.settings_dict["NAME"] = own
        _statement(f"drop database {name} with (force)")


def _statement(sql: str) -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(sql)
