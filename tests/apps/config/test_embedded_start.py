"""The embedded server: there although its first start failed, and with a share of the machine that its keeper may change."""

import os
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from zhuisu.config import database
from zhuisu.config.database import GIB, MIB, tuned


@pytest.fixture
def folder(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="zhuisu-start-", ignore_cleanup_errors=True) as name:
        Path(name).chmod(0o755)  # the server gives up root and must reach its files
        monkeypatch.setenv("ZHUISU_HOME", name)
        monkeypatch.setenv("ZHUISU_DATABASE_URL", "")  # and put back afterwards
        yield Path(name)


def started(monkeypatch: pytest.MonkeyPatch, *statements: str) -> dict[str, int]:
    """Start it, ask for the octets of its settings, run statements, stop it."""
    monkeypatch.setenv("ZHUISU_DATABASE_URL", "")
    embedded = database.Embedded.start_unless_named()
    assert embedded
    try:
        with psycopg.connect(os.environ["ZHUISU_DATABASE_URL"], autocommit=True) as line:
            assert line.execute("select current_database()").fetchone() == (database.EMBEDDED_NAME,)
            for each in statements:
                line.execute(each)
            asked = "select name, pg_size_bytes(current_setting(name)) from pg_settings where name = any(%s)"
            return dict(line.execute(asked, [["shared_buffers", "max_wal_size"]]).fetchall())
    finally:
        embedded.leave()


def test_a_first_start_that_fails_is_followed_by_one_that_does_not(
    monkeypatch: pytest.MonkeyPatch, folder: Path
) -> None:
    server = database.bundled().postgres_server.PostgresServer
    tries, start = [], server.ensure_postgres_running

    def slow(self: Any) -> None:
        tries.append(self)
        if len(tries) < 3:  # as pg_ctl does where recovery takes longer than it waits
            raise subprocess.TimeoutExpired("pg_ctl", 10)
        start(self)

    monkeypatch.setattr(server, "ensure_postgres_running", slow)
    monkeypatch.setattr(database, "START_PAUSE_SECONDS", 0.0)
    assert started(monkeypatch)
    assert len(tries) == 3


def test_it_takes_its_share_and_whoever_keeps_it_has_the_last_word(
    monkeypatch: pytest.MonkeyPatch, folder: Path
) -> None:
    monkeypatch.setattr(database, "tuned", lambda _memory, _disk: {"shared_buffers": "96MB", "max_wal_size": "1536MB"})
    ours = {"shared_buffers": 96 * MIB, "max_wal_size": 1536 * MIB}
    assert started(monkeypatch, "alter system set shared_buffers = '48MB'") == ours
    assert started(monkeypatch) == ours | {"shared_buffers": 48 * MIB}
    own = (folder / "postgres" / "postgresql.conf").read_text()
    assert own.count(database.TUNING_FILE) == 1
    (folder / "postgres" / database.TUNING_FILE).unlink()
    assert started(monkeypatch) == ours | {"shared_buffers": 48 * MIB}


@pytest.mark.parametrize(
    ("memory", "disk", "buffers", "log"),
    [
        (512 * MIB, 8 * GIB, "128MB", "1024MB"),  # as PostgreSQL is delivered
        (8 * GIB, 100 * GIB, "1024MB", "2048MB"),
        (256 * GIB, 4096 * GIB, "4096MB", "4096MB"),
    ],
)
def test_its_share_follows_the_machine(memory: int, disk: int, buffers: str, log: str) -> None:
    found = tuned(memory, disk)
    assert (found["shared_buffers"], found["max_wal_size"]) == (buffers, log)
