"""The keys of an installation in a backup: listed, so that their absence is seen; or sealed by a passphrase, so that they can lie beside it."""

import hashlib
import io
import json
import secrets
import tarfile
from pathlib import Path
from typing import NamedTuple

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

LIST = "keys.json"
SEALED = "keys.sealed"
MIN_PASSPHRASE = 16  # characters: a thief of the backup may guess for years
NEEDED = ("documents.key", "log.key")
_MAGIC = b"zhuisu-keys-1\n"
_SALT, _NONCE = 16, 12
# RFC 7914: 32 MiB and a tenth of a second for each guess.
_SCRYPT = {"n": 1 << 15, "r": 8, "p": 1, "maxmem": 1 << 26, "dklen": 32}
# What signs sessions and the sample log-ins is made again; what another installation needs not know stays out.
_LEFT_OUT = ("session.key", "demo-sign-ins.json")


class KeysError(Exception):
    """The keys cannot be sealed, opened, or are not those of the backup. The text says which and why."""


class Listed(NamedTuple):
    """A file below keys/: its name with /, and the SHA-256 of what is in it."""

    name: str
    sha256: str


def listed(keys: Path) -> list[Listed]:
    """Every key file of an installation."""
    return [Listed(name, hashlib.sha256(held).hexdigest()) for name, held in _files(keys)]


def _files(keys: Path) -> list[tuple[str, bytes]]:
    paths = sorted(path for path in keys.rglob("*") if path.is_file()) if keys.is_dir() else []
    return [(str(path.relative_to(keys)), path.read_bytes()) for path in paths if path.name not in _LEFT_OUT]


def write_list(keys: Path, folder: Path) -> list[Listed]:
    """List the keys in a backup's folder."""
    found = listed(keys)
    _whole(folder / LIST, json.dumps([one._asdict() for one in found], indent=1).encode())
    return found


def seal(keys: Path, folder: Path, passphrase: str) -> None:
    """Seal the keys into a backup's folder. Raises KeysError where the passphrase is too short."""
    if len(passphrase) < MIN_PASSPHRASE:
        raise KeysError(f"the passphrase has fewer than {MIN_PASSPHRASE} characters")
    held = io.BytesIO()
    with tarfile.open(fileobj=held, mode="w") as archive:
        for name, body in _files(keys):
            about = tarfile.TarInfo(name)
            about.size, about.mode = len(body), 0o600
            archive.addfile(about, io.BytesIO(body))
    salt, nonce = secrets.token_bytes(_SALT), secrets.token_bytes(_NONCE)
    sealed = AESGCM(_key(passphrase, salt)).encrypt(nonce, held.getvalue(), _MAGIC)
    _whole(folder / SEALED, _MAGIC + salt + nonce + sealed)


def unseal(folder: Path, passphrase: str) -> dict[str, bytes]:
    """The sealed keys of a backup, by name. Raises KeysError where there are none or the passphrase is another."""
    try:
        sealed = (folder / SEALED).read_bytes()
    except FileNotFoundError:
        raise KeysError(f"there are no sealed keys in {folder}") from None
    if not sealed.startswith(_MAGIC):
        raise KeysError(f"{SEALED} is no file of sealed keys")
    rest = sealed[len(_MAGIC) :]
    salt, nonce, body = rest[:_SALT], rest[_SALT : _SALT + _NONCE], rest[_SALT + _NONCE :]
    try:
        plain = AESGCM(_key(passphrase, salt)).decrypt(nonce, body, _MAGIC)
    except InvalidTag:
        raise KeysError("the passphrase is another, or the sealed keys are damaged") from None
    found = {}
    with tarfile.open(fileobj=io.BytesIO(plain)) as archive:
        for about in archive.getmembers():
            if stream := archive.extractfile(about):
                found[about.name] = stream.read()
    return found


def taken(keys: Path) -> dict[str, bytes]:
    """Keys that were kept elsewhere, by name."""
    return dict(_files(keys))


def lacking(folder: Path, held: dict[str, bytes]) -> list[str]:
    """The names of the two keys nothing opens without, as far as the backup's installation had them and they are not the same here."""
    try:
        wanted = {one["name"]: one["sha256"] for one in json.loads((folder / LIST).read_text())}
    except FileNotFoundError:
        raise KeysError(f"there is no list of keys in {folder}: is it a backup?") from None
    return [
        name for name in NEEDED
        if name in wanted and hashlib.sha256(held.get(name, b"")).hexdigest() != wanted[name]
    ]  # fmt: skip


def lay(held: dict[str, bytes], keys: Path) -> None:
    """Write keys into an installation, readable by their owner alone."""
    keys.mkdir(parents=True, exist_ok=True)
    for name, body in held.items():
        path = (keys / name).resolve()
        if not path.is_relative_to(keys.resolve()):
            raise KeysError(f"a key is named {name}: that is outside the folder of keys")
        path.parent.mkdir(parents=True, exist_ok=True)
        _whole(path, body)


def _key(passphrase: str, salt: bytes) -> bytes:
    return hashlib.scrypt(passphrase.encode(), salt=salt, **_SCRYPT)


def _whole(path: Path, body: bytes) -> None:
    """Written beside and renamed: what has the name is whole."""
    beside = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    beside.touch(0o600, exist_ok=False)
    beside.write_bytes(body)
    beside.replace(path)
