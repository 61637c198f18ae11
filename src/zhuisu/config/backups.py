"""Backups of the embedded database: a copy of its files while it runs, and its write-ahead log up to this moment.

Together they bring back every moment between: restoring.py. PostgreSQL's own tools do both; nothing has to be set or started anew.
"""

import hashlib
import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import psycopg

from zhuisu.config.database import bundled, home

INDEX = "backup.json"
# A copy that nobody continues must not fill the disk with log kept for it; it then begins anew with a fresh copy of the files.
SLOT_LIMIT = "8GB"
TOOL_SECONDS = 6 * 3600  # for the copy of a large database; a tool that hangs is ended
_SEGMENT = re.compile(r"[0-9A-F]{24}(\.partial)?")
_SEGMENT_OCTETS = 16 << 20  # PostgreSQL's default, which the embedded server has


class BackupError(Exception):
    """It could not be done; the text says what is wrong and what would be right."""


class Base(NamedTuple):
    """A copy of the files: its folder's name, when it was whole, and the first file of the log that it needs."""

    name: str
    at: datetime
    first: str


class Index(NamedTuple):
    """What a folder holds: copies, oldest first, and the moment up to which everything can be brought back."""

    bases: list[Base]
    until: datetime
    slot: str
    database: str


def read_index(folder: Path) -> Index:
    """Raises BackupError where the folder is no backup."""
    try:
        held = json.loads((folder / INDEX).read_text())
        bases = [Base(one["name"], datetime.fromisoformat(one["at"]), one["first"]) for one in held["bases"]]
        return Index(bases, datetime.fromisoformat(held["until"]), held["slot"], held["database"])
    except (OSError, ValueError, KeyError) as wrong:
        raise BackupError(f"{folder} is no backup: {INDEX} cannot be read") from wrong


def _write_index(folder: Path, index: Index) -> None:
    bases = [{"name": one.name, "at": one.at.isoformat(), "first": one.first} for one in index.bases]
    told = {
        "format": 1,
        "bases": bases,
        "until": index.until.isoformat(),
        "slot": index.slot,
        "database": index.database,
    }
    beside = folder / f".{INDEX}.{os.getpid()}"
    beside.write_text(json.dumps(told, indent=1))
    beside.replace(folder / INDEX)


def tool(name: str) -> str:
    """One of the programs that come with the embedded server."""
    utils = bundled().utils
    return str(utils.POSTGRES_VERSIONS[utils.TARGET_POSTGRES_VERSION] / name)


def run(name: str, *arguments: str, **options: Any) -> None:
    """Run one of them. Raises BackupError with the last line it said."""
    done = subprocess.run(
        [tool(name), *arguments], capture_output=True, text=True, timeout=TOOL_SECONDS, check=False, **options
    )
    if done.returncode:
        said = (done.stderr.strip() or done.stdout.strip() or f"code {done.returncode}").splitlines()[-1]
        raise BackupError(f"{name}: {said}")


def take(url: str, folder: Path, *, keep: int = 0) -> Index:
    """Copy the files of the server at `url` into the folder, then the log up to now. `keep`: so many copies stay, 0 for all."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    (folder / "log").mkdir(exist_ok=True, mode=0o700)
    with psycopg.connect(url, autocommit=True) as line:
        slot = _ready_slot(line, folder)
        name = f"{datetime.now(UTC):%Y%m%dT%H%M%S.%fZ}"
        unfinished = folder / f"{name}.unfinished"
        arguments = (
            "--format=tar",
            "--compress=gzip:1",
            "--wal-method=fetch",
            "--checkpoint=fast",
            "--manifest-checksums=SHA256",
        )
        run("pg_basebackup", f"--dbname={url}", f"--pgdata={unfinished}", *arguments)
        unfinished.rename(folder / name)
        at = _clock(line)
    known = _known(folder)
    base = Base(name, at, _first_segment(folder / name))
    index = Index([*(known.bases if known else []), base], at, slot, psycopg.conninfo.conninfo_to_dict(url)["dbname"])  # type: ignore[arg-type]
    _write_index(folder, index)
    follow(url, folder)
    if keep:
        _drop_old(folder, keep)
    return read_index(folder)


def follow(url: str, folder: Path) -> Index:
    """Copy the log up to now: whatever was acknowledged before this was called can be brought back."""
    index = read_index(folder)
    with psycopg.connect(url, autocommit=True) as line:
        found = line.execute(
            "select wal_status from pg_replication_slots where slot_name = %s", [index.slot]
        ).fetchone()
        if not found or found[0] == "lost":
            raise BackupError("the log since the last copy is no longer there: take a new copy, without --log")
        until = _clock(line)
        # A transaction of our own stands behind that moment: recovery to it then finds where to stop.
        line.execute("select pg_logical_emit_message(true, 'zhuisu', 'backup')")
        ((position,),) = line.execute("select pg_current_wal_flush_lsn()").fetchall()
        # And one behind the position: the tool looks whether it has enough only when something comes.
        line.execute("select pg_logical_emit_message(true, 'zhuisu', 'backup')")
        run(
            *("pg_receivewal", f"--dbname={url}", f"--slot={index.slot}", f"--directory={folder / 'log'}"),
            *(f"--endpos={position}", "--no-loop"),
        )
    index = index._replace(until=until)
    _write_index(folder, index)
    return index


def forget(url: str, folder: Path) -> None:
    """The server keeps no more log for this folder."""
    with psycopg.connect(url, autocommit=True) as line:
        line.execute(
            "select pg_drop_replication_slot(slot_name) from pg_replication_slots where slot_name = %s and not active",
            [_slot(folder)],
        )


def _slot(folder: Path) -> str:
    return "zhuisu_" + hashlib.sha256(str(folder.resolve()).encode()).hexdigest()[:16]


def _ready_slot(line: psycopg.Connection[Any], folder: Path) -> str:
    """The name under which the server keeps what this folder has not yet got; made, or made anew where it was lost."""
    slot = _slot(folder)
    line.execute(f"alter system set max_slot_wal_keep_size = '{SLOT_LIMIT}'")
    line.execute("select pg_reload_conf()")
    line.execute(
        "select pg_drop_replication_slot(slot_name) from pg_replication_slots where slot_name = %s and wal_status = 'lost'",
        [slot],
    )
    if not line.execute("select 1 from pg_replication_slots where slot_name = %s", [slot]).fetchone():
        # The log that is here does not join what comes: it serves the older copies alone, up to where it ends.
        if any((folder / "log").iterdir()):
            (folder / "log").rename(folder / f"log-until-{datetime.now(UTC):%Y%m%dT%H%M%SZ}")
            (folder / "log").mkdir(mode=0o700)
            (folder / INDEX).unlink(missing_ok=True)
        line.execute("select pg_create_physical_replication_slot(%s, true)", [slot])
    return slot


def _known(folder: Path) -> Index | None:
    return read_index(folder) if (folder / INDEX).exists() else None


def _clock(line: psycopg.Connection[Any]) -> datetime:
    ((at,),) = line.execute("select clock_timestamp()").fetchall()
    return at.astimezone(UTC)  # type: ignore[no-any-return]


def _first_segment(base: Path) -> str:
    """The file of the log in which a copy begins, out of its manifest."""
    (told,) = json.loads((base / "backup_manifest").read_bytes())["WAL-Ranges"]
    high, low = (int(part, 16) for part in told["Start-LSN"].split("/"))
    return f"{told['Timeline']:08X}{high:08X}{low // _SEGMENT_OCTETS:08X}"


def segments(folder: Path, first: str) -> Iterable[Path]:
    """The files of the log from one on."""
    held = sorted(path for path in (folder / "log").iterdir() if _SEGMENT.fullmatch(path.name))
    return [path for path in held if path.name[:24] >= first]


def _drop_old(folder: Path, keep: int) -> None:
    index = read_index(folder)
    kept = index.bases[-keep:]
    for base in index.bases[:-keep]:
        shutil.rmtree(folder / base.name, ignore_errors=True)
    _write_index(folder, index._replace(bases=kept))
    needed = {path.name for path in segments(folder, kept[0].first)}
    for path in (folder / "log").iterdir():
        if path.name not in needed:
            path.unlink()


def _note() -> Path:
    return home() / "last-backup.json"


def remember(at: datetime, folder: Path) -> None:
    """A backup went well."""
    _note().write_text(json.dumps({"at": at.astimezone(UTC).isoformat(), "folder": str(folder)}))


def newest() -> datetime | None:
    """When the last backup went well; None where none did, or the note cannot be read."""
    try:
        return datetime.fromisoformat(json.loads(_note().read_text())["at"])
    except (OSError, ValueError, KeyError):
        return None


OLD = timedelta(hours=26)  # a nightly backup that did not come; what `zhuisu doctor` and the alert rules ask
