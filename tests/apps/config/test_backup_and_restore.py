"""What docs/guides/back-up-and-restore.md promises, done: copies and log, back to a moment between two captures, keys sealed or missing."""

import json
import os
import subprocess
import sys
import tarfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from typer.testing import CliRunner

import restored
from support import document, event
from zhuisu.accounts.models import Organisation
from zhuisu.config import backups, keyring, restoring
from zhuisu.config.cli.app import app
from zhuisu.events.sequencer import publish
from zhuisu.events.services import receive

PASSPHRASE = "a passphrase that is long enough"
HERE = Path(restored.__file__)


@pytest.fixture
def url(transactional_db: None) -> str:
    """The test database, by the socket of the embedded server."""
    if not (settings.HOME / "postgres").is_dir():
        pytest.skip("backups are of the embedded server; ZHUISU_DATABASE_URL names another")
    held = connection.settings_dict
    return f"postgresql://{held['USER']}@/{held['NAME']}?host={held['HOST']}"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Somewhere that the embedded server's own user reaches."""
    for each in [tmp_path, *tmp_path.parents][:4]:
        each.chmod(0o755)
    return tmp_path


def take(firm: Organisation, first: int, count: int) -> None:
    """Capture `count` lots, each made of the one before, and publish them."""
    events = []
    for number in range(first, first + count):
        lot = "urn:epc:class:lgtin:9506000.013435.{}"
        made = {"outputQuantityList": [{"epcClass": lot.format(number), "quantity": 5, "uom": "KGM"}]}
        used = {"inputQuantityList": [{"epcClass": lot.format(number - 1), "quantity": 5, "uom": "KGM"}]}
        at = (datetime(2026, 11, 1, tzinfo=UTC) + timedelta(minutes=number)).isoformat()
        events.append(event("TransformationEvent", eventTime=at, bizStep="commissioning", **made, **used))
    now = datetime.now(UTC)
    receive(document(*events), media_type=None, organisation=firm.pk, by="system:test", at=now, project_now=True)
    publish(now)


def of(home: Path, walks: int) -> dict[str, Any]:
    """What a restored installation says, started as any other."""
    ours = {name: value for name, value in os.environ.items() if name not in ("ZHUISU_DATABASE_URL", "PGAPPNAME")}
    done = subprocess.run(
        [sys.executable, "-W", "ignore", str(HERE), connection.settings_dict["NAME"], str(walks)],
        env=ours | {"ZHUISU_HOME": str(home), "PYTHONPATH": str(HERE.parent)},
        capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)  # type: ignore[no-any-return]


def there_and_back(url: str, folder: Path, *, lots: int, walks: int) -> None:
    firm = Organisation.objects.create(kind="enterprise", name="示范", party="cn.uscc:91350212MA0000015N")
    copy, home = folder / "backup", folder / "home"
    take(firm, 1, lots // 2)
    backups.take(url, copy)
    take(firm, lots // 2 + 1, lots - lots // 2)
    asked = datetime.now(UTC)
    before = restored.told(walks)
    take(firm, lots + 1, 5)
    index = backups.follow(url, copy)
    keyring.write_list(settings.HOME / "keys", copy)
    keyring.seal(settings.HOME / "keys", copy, PASSPHRASE)
    assert index.until > asked

    held = keyring.unseal(copy, PASSPHRASE)
    assert not keyring.lacking(copy, held)
    restoring.restore(copy, home, asked)
    keyring.lay(held, home / "keys")
    after = of(home, walks)
    assert len(after["events"]) == lots
    assert after["findings"] == []
    assert after == before, "what was acknowledged by then, and nothing that came later"

    backups.forget(url, copy)


def test_back_to_a_moment_between_two_captures(url: str, folder: Path) -> None:
    there_and_back(url, folder, lots=12, walks=20)


@pytest.mark.long
def test_a_thousand_walks_agree_after_a_restore(url: str, folder: Path) -> None:
    there_and_back(url, folder, lots=2_000, walks=1_000)
    newest = folder / "newest"
    restoring.restore(folder / "backup", newest)
    keyring.lay(keyring.unseal(folder / "backup", PASSPHRASE), newest / "keys")
    assert len(of(newest, 1)["events"]) == 2_005


def index_of(folder: Path) -> Path:
    """A folder that says it holds one copy, of half past nine, and the log until ten."""
    at = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)
    base = {"name": "copy", "at": at.isoformat(), "first": "0" * 24}
    told = {"bases": [base], "until": (at + timedelta(minutes=30)).isoformat(), "slot": "s", "database": "d"}
    (folder / backups.INDEX).write_text(json.dumps(told))
    return folder


@pytest.mark.parametrize(
    ("until", "why"),
    [("2026-11-20T09:00:00+00:00", "nothing before it"), ("2026-11-20T10:00:01+00:00", "reaches to")],
)
def test_a_moment_that_is_not_in_it_is_told(tmp_path: Path, until: str, why: str) -> None:
    with pytest.raises(backups.BackupError, match=why):
        restoring.restore(index_of(tmp_path), tmp_path / "home", datetime.fromisoformat(until))
    assert not (tmp_path / "home").exists()


def test_a_folder_in_use_and_a_folder_that_is_no_backup_are_refused(tmp_path: Path) -> None:
    with pytest.raises(backups.BackupError, match="is no backup"):
        restoring.restore(tmp_path, tmp_path / "home")
    with pytest.raises(backups.BackupError, match="is not empty"):
        restoring.restore(index_of(tmp_path), tmp_path)


def test_a_damaged_copy_is_not_restored(tmp_path: Path) -> None:
    copy = index_of(tmp_path) / "copy"
    copy.mkdir()
    (tmp_path / "log").mkdir()
    (tmp_path / "held").write_bytes(b"other than was copied")
    with tarfile.open(copy / "base.tar.gz", "w:gz") as archive:
        archive.add(tmp_path / "held", "PG_VERSION")
    (copy / "backup_manifest").write_text(json.dumps({"Files": [{"Path": "PG_VERSION", "Checksum": "00"}]}))
    with pytest.raises(backups.BackupError, match="PG_VERSION is not what was copied"):
        restoring.restore(tmp_path, tmp_path / "home")


@pytest.fixture
def keys(tmp_path: Path) -> Path:
    held = tmp_path / "keys"
    (held / "issuers").mkdir(parents=True)
    for name in ("documents.key", "log.key", "session.key", "issuers/a.key"):
        (held / name).write_bytes(name.encode())
    return held


def test_keys_are_sealed_and_come_back(keys: Path, tmp_path: Path) -> None:
    keyring.write_list(keys, tmp_path)
    keyring.seal(keys, tmp_path, PASSPHRASE)
    assert b"documents.key" not in (tmp_path / keyring.SEALED).read_bytes()
    held = keyring.unseal(tmp_path, PASSPHRASE)
    assert held.keys() == {"documents.key", "log.key", "issuers/a.key"}
    keyring.lay(held, tmp_path / "new")
    assert (tmp_path / "new/issuers/a.key").read_bytes() == b"issuers/a.key"
    assert (tmp_path / "new/log.key").stat().st_mode & 0o077 == 0
    with pytest.raises(keyring.KeysError, match="passphrase is another"):
        keyring.unseal(tmp_path, PASSPHRASE + "x")
    with pytest.raises(keyring.KeysError, match="fewer than"):
        keyring.seal(keys, tmp_path, "short")
    with pytest.raises(keyring.KeysError, match="outside"):
        keyring.lay({"../a": b""}, tmp_path / "new")


def test_a_key_that_lacks_or_is_another_is_named(keys: Path, tmp_path: Path) -> None:
    keyring.write_list(keys, tmp_path)
    held = keyring.taken(keys)
    assert keyring.lacking(tmp_path, held) == []
    assert keyring.lacking(tmp_path, {}) == ["documents.key", "log.key"]
    assert keyring.lacking(tmp_path, held | {"log.key": b"made anew"}) == ["log.key"]


def test_another_servers_database_is_its_operators(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("ZHUISU_DATABASE_URL", "postgresql://somebody@else/where")
    told = CliRunner().invoke(app, ["backup", str(tmp_path)])
    assert told.exit_code == 2
    assert "back-up-and-restore" in told.output


@pytest.mark.parametrize("until", ["yesterday", "2026-11-20T09:30:00", "2999-01-01T00:00:00+08:00"])
def test_a_moment_needs_its_zone_and_must_have_been(until: str, tmp_path: Path) -> None:
    assert CliRunner().invoke(app, ["restore", str(tmp_path), "--to", "x", "--until", until]).exit_code == 2
