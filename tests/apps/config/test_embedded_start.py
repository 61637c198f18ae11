"""The embedded server is there although its first start failed, and who then asks for it gets one that runs."""

import os
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import psycopg
import pytest

from zhuisu.config import database


def test_a_first_start_that_fails_is_followed_by_one_that_does_not(monkeypatch: pytest.MonkeyPatch) -> None:
    server = database.bundled().postgres_server.PostgresServer
    tries, start = [], server.ensure_postgres_running

    def slow(self: Any) -> None:
        tries.append(self)
        if len(tries) < 3:  # as pg_ctl does where recovery takes longer than it waits
            raise subprocess.TimeoutExpired("pg_ctl", 10)
        start(self)

    monkeypatch.setattr(server, "ensure_postgres_running", slow)
    monkeypatch.setattr(database, "START_PAUSE_SECONDS", 0.0)
    with tempfile.TemporaryDirectory(prefix="zhuisu-start-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)  # the server gives up root and must reach its files
        monkeypatch.setenv("ZHUISU_HOME", folder)
        monkeypatch.setenv("ZHUISU_DATABASE_URL", "")  # and put back afterwards
        embedded = database.Embedded.start_unless_named()
        assert embedded and len(tries) == 3
        try:
            with psycopg.connect(os.environ["ZHUISU_DATABASE_URL"]) as line:
                assert line.execute("select current_database()").fetchone() == (database.EMBEDDED_NAME,)
        finally:
            embedded.leave()
