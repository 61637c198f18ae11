"""Brings an installation back from a backup, as it was at its end or at any moment since the oldest copy."""

import contextlib
import hashlib
import json
import os
import shutil
import tarfile
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg

from zhuisu.config.backups import BackupError, Base, Index, read_index, run, segments
from zhuisu.config.database import bundled

RECOVERY_SECONDS = 4 * 3600  # in which the log must have been played: some gigabytes a minute
LOOK_SECONDS = 0.2  # between two looks whether it has
_CHUNK = 1 << 20


def restore(folder: Path, target: Path, until: datetime | None = None) -> Base:
    """Bring the database back into `target`/postgres; the copy that was used. `until` is aware; everything that was acknowledged by then
    is there, and nothing that was sent later. Raises BackupError; then nothing of `target` should be used."""
    index = read_index(folder)
    base = _base(index, until)
    if target.exists() and any(target.iterdir()):
        raise BackupError(f"{target} is not empty: restore into a new folder, and move it when all is well")
    data = target / "postgres"
    data.mkdir(parents=True)
    for each in (target, data):
        each.chmod(0o755 if each == target else 0o700)
    with tarfile.open(folder / base.name / "base.tar.gz") as archive:
        archive.extractall(data, filter="data")
    _check(data, folder / base.name / "backup_manifest")
    for path in segments(folder, base.first):
        name = path.name.removesuffix(".partial")
        if path.name == name or not (folder / "log" / name).exists():
            shutil.copyfile(path, data / "pg_wal" / name)
    _tidy(data)
    _play(data, until)
    return base


def _base(index: Index, until: datetime | None) -> Base:
    if until is None:
        return index.bases[-1]
    if until > index.until:
        raise BackupError(f"the backup reaches to {index.until.isoformat()}, not to {until.isoformat()}")
    fitting = [base for base in index.bases if base.at <= until]
    if not fitting:
        raise BackupError(
            f"the oldest copy is of {index.bases[0].at.isoformat()}: nothing before it can be brought back"
        )
    return fitting[-1]


def _check(data: Path, manifest: Path) -> None:
    """Every file is the one that was copied: PostgreSQL's own manifest lists their SHA-256."""
    for one in json.loads(manifest.read_bytes())["Files"]:
        name = one.get("Path") or bytes.fromhex(one["Encoded-Path"]).decode()
        found = hashlib.sha256()
        try:
            with (data / name).open("rb") as stream:
                while piece := stream.read(_CHUNK):
                    found.update(piece)
        except OSError as wrong:
            raise BackupError(f"the copy is damaged: {name} is missing") from wrong
        if found.hexdigest() != one["Checksum"]:
            raise BackupError(f"the copy is damaged: {name} is not what was copied")


def _tidy(data: Path) -> None:
    """What belonged to the server that was copied: its processes, its slots for other backups."""
    old = [data / name for name in ("postmaster.pid", "postmaster.opts", ".handle_pids.json", "log")]
    for path in (*old, *data.glob(".s.PGSQL.*")):
        path.unlink(missing_ok=True)
    shutil.rmtree(data / "pg_replslot", ignore_errors=True)
    (data / "pg_replslot").mkdir(0o700)
    (data / "recovery.signal").touch(0o600)


def _play(data: Path, until: datetime | None) -> None:
    """Let the server play the log up to the moment, and stop it."""
    user = _owner(data)
    with _socket_folder(data) as sockets:
        settings = ["restore_command=exit 1", "hot_standby=off", "recovery_target_action=promote", "listen_addresses="]
        if until is not None:
            settings.append(f"recovery_target_time={until.astimezone(UTC):%Y-%m-%d %H:%M:%S.%f}+00")
        told = " ".join(f'-c "{one}"' for one in [*settings, f"unix_socket_directories={sockets}"])
        log = data / "restore.log"
        common = ("-D", str(data), "-w", "-t", str(RECOVERY_SECONDS))
        try:
            run("pg_ctl", *common, "-l", str(log), "-o", told, "start", **user)
            _finish(data, sockets)
        except BackupError as wrong:
            lines = log.read_text(errors="replace").splitlines() if log.exists() else []
            fatal = [line.partition("FATAL:")[2].strip() for line in lines if "FATAL:" in line]
            raise BackupError(f"the log could not be played: {fatal[-1] if fatal else wrong}") from wrong
        finally:
            if (data / "postmaster.pid").exists():
                run("pg_ctl", *common, "-m", "fast", "stop", **user)
    log.unlink(missing_ok=True)


def _finish(data: Path, sockets: Path) -> None:
    """Wait until the server has come to the moment and takes connections: until then it takes none."""
    end = time.monotonic() + RECOVERY_SECONDS
    while time.monotonic() < end and (data / "postmaster.pid").exists():
        try:
            with psycopg.connect(f"postgresql://postgres@/postgres?host={sockets}", autocommit=True) as line:
                line.execute("checkpoint")
                return
        except psycopg.OperationalError:  # not yet
            time.sleep(LOOK_SECONDS)
    raise BackupError("the server stopped before it came to the moment")


def _owner(data: Path) -> dict[str, Any]:
    """PostgreSQL refuses to run as root: the files go to the user that the embedded server makes for itself."""
    if os.geteuid() != 0:
        return {}
    utils = bundled().utils
    utils.ensure_user_exists("pgserver")
    utils.ensure_prefix_permissions(data)
    for path in (data, *data.rglob("*")):
        shutil.chown(path, "pgserver", "pgserver")
    return {"user": "pgserver"}


@contextlib.contextmanager
def _socket_folder(data: Path) -> Iterator[Path]:
    """A socket's path may be no longer than 107 octets, and nobody else may connect meanwhile."""
    with tempfile.TemporaryDirectory(prefix="zhuisu-") as made:
        folder = Path(made)
        shutil.chown(folder, data.owner(), data.group())
        yield folder
