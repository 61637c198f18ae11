"""Keys outside the database: the one that seals captured documents, and the one that signs heads of the log."""

import os
import secrets
from functools import cache
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings

KEY_BYTES = 32
NONCE_BYTES = 12


def seal(body: bytes, label: str) -> tuple[bytes, bytes]:
    """The body under a fresh key of its own, and that key under the platform's key. `label` is bound to both."""
    key = AESGCM.generate_key(KEY_BYTES * 8)
    return _encrypt(key, body, label), _encrypt(_master_key(), key, label)


def new_key(label: str) -> tuple[bytes, bytes]:
    """A fresh key for a document that comes in pieces, and the same under the platform's key."""
    key = AESGCM.generate_key(KEY_BYTES * 8)
    return key, _encrypt(_master_key(), key, label)


def opened_key(sealed_key: bytes, label: str) -> bytes:
    """The key of a document again. Raises cryptography's InvalidTag where a byte was changed."""
    return _decrypt(_master_key(), sealed_key, label)


def seal_piece(key: bytes, body: bytes, label: str) -> bytes:
    """One piece under its document's key; `label` names the document and the place in it."""
    return _encrypt(key, body, label)


def unseal_piece(key: bytes, sealed: bytes, label: str) -> bytes:
    """The piece again. Raises cryptography's InvalidTag where a byte was changed or a piece stands in another's place."""
    return _decrypt(key, sealed, label)


def unseal(sealed_body: bytes, sealed_key: bytes, label: str) -> bytes:
    """The body again. Raises cryptography's InvalidTag where a byte was changed."""
    return _decrypt(_decrypt(_master_key(), sealed_key, label), sealed_body, label)


def sign_head(message: bytes) -> bytes:
    """Ed25519 signature (64 bytes) by the platform's log key."""
    return _log_key().sign(message)


def head_is_ours(message: bytes, signature: bytes) -> bool:
    """Whether the log key of this platform made the signature."""
    try:
        _log_key().public_key().verify(signature, message)
    except InvalidSignature:
        return False
    return True


def _encrypt(key: bytes, plain: bytes, label: str) -> bytes:
    nonce = secrets.token_bytes(NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, plain, label.encode())


def _decrypt(key: bytes, sealed: bytes, label: str) -> bytes:
    return AESGCM(key).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], label.encode())


def _master_key() -> bytes:
    return _key_file(settings.HOME / "keys" / "documents.key")


def _log_key() -> Ed25519PrivateKey:
    return _log_key_file(settings.HOME / "keys" / "log.key")


@cache
def _log_key_file(path: Path) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(_key_file(path))


@cache
def _key_file(path: Path) -> bytes:
    """The key in this file, made at the first call. Written whole before it gets its name, so two starts agree."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_suffix(f".{os.getpid()}.{secrets.token_hex(4)}")
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(secrets.token_bytes(KEY_BYTES))
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(draft, path)
        except FileExistsError:  # another process was first: its key counts
            return path.read_bytes()
        finally:
            draft.unlink()
    return path.read_bytes()
