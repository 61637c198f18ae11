"""A throw-away database and home for one measurement: beside the real ones, and gone afterwards whatever happens."""

import os
import secrets
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from zhuisu.config.cli.common import apply_migrations

PREFIX = "zhuisu_bench_"
COUNTERS = "PROMETHEUS_MULTIPROC_DIR"


@contextmanager
def own_counters() -> Iterator[None]:
    """What this process counts of its own requests is not among the figures of the node (metrics.FOLDER)."""
    held = os.environ.get(COUNTERS)
    with tempfile.TemporaryDirectory(prefix=PREFIX) as folder:
        os.environ[COUNTERS] = folder
        try:
            yield
        finally:
            os.environ.pop(COUNTERS)
            if held is not None:
                os.environ[COUNTERS] = held


@contextmanager
def scratch_database() -> Iterator[None]:
    """Empty tables and an empty home, for this process and for those that it starts."""
    from django.conf import settings
    from django.db import connection
    from django.test.utils import override_settings

    name, own = PREFIX + secrets.token_hex(4), connection.settings_dict["NAME"]
    held = {each: os.environ.get(each) for each in ("ZHUISU_DATABASE_URL", "ZHUISU_HOME")}
    address = urlsplit(held["ZHUISU_DATABASE_URL"] or "postgresql:///zhuisu")
    _statement(f"create database {name}")
    try:
        with tempfile.TemporaryDirectory(prefix=PREFIX) as home, override_settings(HOME=Path(home)):
            connection.close()
            connection.settings_dict["NAME"] = name
            os.environ["ZHUISU_DATABASE_URL"] = f"{address.scheme}://{address.netloc}/{name}?{address.query}"
            os.environ["ZHUISU_HOME"] = str(settings.HOME)
            apply_migrations()
            yield
    finally:
        connection.close()
        connection.settings_dict["NAME"] = own
        for each, value in held.items():
            if value is None:
                os.environ.pop(each, None)
            else:
                os.environ[each] = value
        _statement(f"drop database {name} with (force)")


def _statement(sql: str) -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(sql)
