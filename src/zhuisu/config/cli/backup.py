"""`zhuisu backup` and `zhuisu restore`: the embedded database with every moment since, and what becomes of the keys."""

import os
import time
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from zhuisu.config.cli.common import fail, now, progress, setup

MOST_SHOWN = 10


def backup(
    folder: Annotated[Path, typer.Argument(help="Where the backup lies; the same folder each time.")],
    log: Annotated[bool, typer.Option("--log", help="Only bring its log up to now: seconds, not minutes.")] = False,
    every: Annotated[int, typer.Option(help="Do that again every so many seconds, until stopped.")] = 0,
    keep: Annotated[int, typer.Option(help="How many copies of the files stay; 0: all.")] = 0,
    seal: Annotated[Path | None, typer.Option(help="File with a passphrase: put the keys in, sealed by it.")] = None,
    forget: Annotated[bool, typer.Option("--forget", help="This folder gets no more: let the log go.")] = False,
) -> None:
    """Copy the embedded database while it runs, and its log up to now; the keys are listed, or sealed with --seal.

    Example: zhuisu backup /backups/zhuisu --keep 7 --seal /etc/zhuisu/passphrase
    """
    if os.environ.get("ZHUISU_DATABASE_URL"):
        fail("ZHUISU_DATABASE_URL names a server that is not ours: back it up with its own tools (docs/guides/back-up-and-restore.md)", 2)  # fmt: skip
    from zhuisu.config import backups, keyring
    from zhuisu.config.database import ensure_database, home

    url = ensure_database()
    passphrase = _passphrase(seal)
    try:
        if forget:
            backups.forget(url, folder)
            typer.echo("the server keeps no more log for this folder")
            return
        index = backups.follow(url, folder) if log or every else backups.take(url, folder, keep=keep)
        while True:
            # Last, so that they are not older than the database: codes handed out meanwhile can be counted again.
            keys = keyring.write_list(home() / "keys", folder)
            if passphrase:
                keyring.seal(home() / "keys", folder, passphrase)
            backups.remember(index.until, folder)
            if not every:
                break
            time.sleep(every)
            index = backups.follow(url, folder)
    except (backups.BackupError, keyring.KeysError) as wrong:
        fail(str(wrong))
    typer.echo(f"{len(index.bases)} copies; everything until {index.until.isoformat()} can be brought back")
    _tell_keys(len(keys), sealed=bool(passphrase), where=home() / "keys")


def _passphrase(path: Path | None) -> str:
    if path is None:
        return ""
    try:
        return path.read_text().strip()
    except OSError as wrong:
        fail(f"{path}: {wrong.strerror}", 2)


def _tell_keys(count: int, *, sealed: bool, where: Path) -> None:
    if sealed:
        typer.echo(f"{count} key files are inside, sealed; without the passphrase nobody opens them, we neither")
    else:
        typer.echo(
            f"THE KEYS ARE NOT IN THIS BACKUP. Without {where} no captured document opens, no head continues the log, no printed "
            f"code can be checked: copy its {count} files elsewhere, or use --seal.\n密钥不在此备份中：没有它们，文档、日志、已印的码都无法使用。请另存他处，或使用 --seal。",
            err=True,
        )


def restore(
    folder: Annotated[Path, typer.Argument(help="The backup.")],
    to: Annotated[Path, typer.Option("--to", help="A new folder, which becomes a $ZHUISU_HOME.")],
    until: Annotated[str, typer.Option(help="The moment, ISO 8601 with its zone; without: the newest.")] = "",
    unseal: Annotated[Path | None, typer.Option(help="File with the passphrase of the sealed keys.")] = None,
    keys: Annotated[Path | None, typer.Option(help="Folder of keys that were kept elsewhere.")] = None,
    check: Annotated[bool, typer.Option("--check/--no-check", help="Verify every event afterwards.")] = True,
) -> None:
    """Bring a backup back into a new folder, as it was at a moment, and verify every event and head of the log.

    Exit code 0 only if all is well. Example: zhuisu restore /backups/zhuisu --to /srv/zhuisu-2 --until 2026-11-20T09:30:00+08:00
    """
    moment = _moment(until)
    passphrase = _passphrase(unseal)
    from zhuisu.config import backups, keyring, restoring

    began = time.monotonic()
    try:
        held = keyring.unseal(folder, passphrase) if passphrase else keyring.taken(keys) if keys else {}
        missing = keyring.lacking(folder, held)
        base = restoring.restore(folder, to, moment)
        keyring.lay(held, to / "keys")
    except (backups.BackupError, keyring.KeysError) as wrong:
        fail(str(wrong))
    took = time.monotonic() - began
    typer.echo(f"restored from the copy of {base.at.isoformat()} in {took:.1f} s: {to}")
    if missing:
        fail(
            f"WITHOUT {' AND '.join(missing)} THIS CANNOT BE USED, and a start would make new keys that open nothing. Put the keys into "
            f"{to / 'keys'} first.\n没有这些密钥就无法使用；请先放回密钥，再启动。"
        )
    if check:
        _verify(to)
    typer.echo(f"start it with: ZHUISU_HOME={to} zhuisu up --no-demo")


def _moment(text: str) -> datetime | None:
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        fail(f"--until {text}: write it as 2026-11-20T09:30:00+08:00", 2)
    if moment.tzinfo is None:
        fail(f"--until {text} has no zone: write it as {text}+08:00", 2)
    if moment > now():
        fail(f"--until {text} is in the future", 2)
    return moment


def _verify(target: Path) -> None:
    """The restored store by its own keys."""
    os.environ.pop("ZHUISU_DATABASE_URL", None)
    os.environ["ZHUISU_HOME"] = str(target)
    setup(migrate=False)
    from zhuisu.events.proof import Finding, audit
    from zhuisu.events.queries import head

    findings, checked = [], 0
    with progress(False) as bar:
        task = bar.add_task("verify", total=head())
        for told in audit():
            if isinstance(told, Finding):
                findings.append(told)
            else:
                checked = told
                bar.update(task, completed=told)
    for one in findings[:MOST_SHOWN]:
        typer.echo(one.message, err=True)
    typer.echo(f"{checked} events checked, {len(findings)} findings")
    if findings:
        raise typer.Exit(1)
