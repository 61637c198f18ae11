"""The secret that a subscriber and we share: sealed at rest, and the signatures made with it (docs/reference/subscriptions.md)."""

import hashlib
import hmac
from datetime import datetime

from zhuisu.events import vault


def seal(secret: str, token: str) -> tuple[bytes, bytes]:
    """A secret as it is kept, bound to the id of its subscription."""
    return vault.seal(secret.encode(), _label(token))


def unseal(sealed: bytes, sealed_key: bytes, token: str) -> str:
    """The secret again. Raises cryptography's InvalidTag where it was changed or belongs to another subscription."""
    return vault.unseal(sealed, sealed_key, _label(token)).decode()


def headers(secret: str, body: bytes, *, delivery: str, at: datetime) -> dict[str, str]:
    """The headers that prove a delivery. GS1-Signature covers the body alone, as EPCIS has it; ours covers time and delivery id
    as well, so that an old delivery cannot be sent again by somebody else."""
    moment = str(int(at.timestamp()))
    key = secret.encode()
    return {
        "GS1-Signature": hmac.new(key, body, hashlib.sha256).hexdigest(),
        "Zhuisu-Signature": hmac.new(key, f"{moment}.{delivery}.".encode() + body, hashlib.sha256).hexdigest(),
        "Zhuisu-Timestamp": moment,
    }


def _label(token: str) -> str:
    return f"subscription:{token}"
