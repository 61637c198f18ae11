"""The key file of each issuer, in $ZHUISU_HOME/keys/issuers. Made once, never replaced, never logged."""

import hashlib
import os
import secrets
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path

from django.conf import settings

from zhuisu.accounts.models import Organisation
from zhuisu.codes import zs_unit
from zhuisu.registry.issuing.errors import IssueError
from zhuisu.registry.issuing.models import IssuerKey

# Where there is no key at all, the same work is done with this one: whoever asks must not learn from the time it took.
DUMMY = bytes(zs_unit.KEY_BYTES)
_REMEMBERED = 4096  # key files that a process holds in memory: one each for as many issuers


@dataclass(frozen=True, slots=True)
class KeyState:
    """One key as it should be, and how its file is: present, missing, swapped, or open for others of the machine to read."""

    record: IssuerKey
    path: Path
    state: str


def folder() -> Path:
    """Where the files are."""
    home: Path = settings.HOME
    return home / "keys" / "issuers"


def path_of(organisation: int, version: int) -> Path:
    """The file of an issuer's key of a version."""
    return folder() / f"{organisation}.{version}.key"


def fingerprint(key: bytes) -> str:
    """SHA-256, hexadecimal. A key has 256 random bits: its fingerprint gives nothing away."""
    return hashlib.sha256(key).hexdigest()


def key_of(record: IssuerKey) -> bytes:
    """The key of this record. Raises IssueError: "key-missing" or "key-swapped"; another one is never made in its place."""
    path = path_of(record.organisation_id, record.version)
    key = _content(path)
    if key is None:
        raise IssueError(
            "key-missing",
            f"the key file {path.name} is missing or cannot be read: bring it back from the backup of the keys folder",
            f"密钥文件 {path.name} 缺失或无法读取：请从密钥目录的备份中恢复",
        )
    if fingerprint(key) != record.fingerprint:
        raise IssueError(
            "key-swapped",
            f"the key file {path.name} is not the one that its codes were made with: bring the right one back",
            f"密钥文件 {path.name} 与赋码时所用的不一致：请恢复原文件",
        )
    return key


def stand_in(record: IssuerKey | None) -> bytes:
    """A key for a code that no series fits, got with as much work as a real one: another issuer's, or none where it is lost."""
    try:
        return key_of(record) if record else DUMMY
    except IssueError:
        return DUMMY


def make(organisation: Organisation, version: int, *, by: str, at: datetime) -> IssuerKey:
    """The record of a new key, and its file. The caller holds the organisation's row locked.

    A file that is there without a record comes from a transaction that did not end, or from a database older than
    the files: it is taken over, for codes may have been made with it; series names are random, so none comes twice.
    """
    if version > zs_unit.MAX_VERSION:
        raise IssueError("key-versions", "this issuer has used up its key versions", "该主体的密钥版本已用尽")
    path = path_of(organisation.pk, version)
    try:
        if not path.exists():
            _write(path, secrets.token_bytes(zs_unit.KEY_BYTES))
        key = path.read_bytes()
    except OSError as error:
        raise IssueError(
            "key-folder",
            f"the key file {path.name} cannot be written: {error.strerror}",
            f"无法写入密钥文件 {path.name}（{error.strerror}）",
        ) from None
    if len(key) != zs_unit.KEY_BYTES:
        raise IssueError(
            "key-swapped",
            f"{path.name} is not a key: it has {len(key)} bytes, should have {zs_unit.KEY_BYTES}",
            f"{path.name} 不是密钥文件：有 {len(key)} 字节，应为 {zs_unit.KEY_BYTES} 字节",
        )
    return IssuerKey.objects.create(
        organisation=organisation, version=version, fingerprint=fingerprint(key), made_at=at, made_by=by
    )


def states() -> list[KeyState]:
    """Every key that was ever made, and whether its file is there and right."""
    answer = []
    for record in IssuerKey.objects.select_related("organisation").order_by("organisation_id", "version"):
        path = path_of(record.organisation_id, record.version)
        key = _content(path)
        if key is None:
            state = "missing"
        elif fingerprint(key) != record.fingerprint:
            state = "swapped"
        else:
            state = "open" if path.stat().st_mode & 0o077 else "present"
        answer.append(KeyState(record, path, state))
    return answer


def _content(path: Path) -> bytes | None:
    """The file's bytes, remembered for as long as the file stays the same; None where it cannot be read."""
    try:
        found = path.stat()
        return _read(path, found.st_ino, found.st_mtime_ns, found.st_size)
    except OSError:
        return None


@lru_cache(maxsize=_REMEMBERED)
def _read(path: Path, _inode: int, _changed: int, _size: int) -> bytes:
    return path.read_bytes()


def _write(path: Path, key: bytes) -> None:
    """Written whole before it gets its name; what stands there already is never touched."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.parent.chmod(0o700)
    draft = path.with_suffix(f".{os.getpid()}.{secrets.token_hex(4)}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(key)
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(draft, path)
    except FileExistsError:
        return  # another process was first: its key counts
    finally:
        draft.unlink()
    kept = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(kept)  # the name too must survive a power cut before a code is printed
    finally:
        os.close(kept)
