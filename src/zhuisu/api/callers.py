"""Who is calling: a system by its key, or, for reading only, a person who is signed in."""

from dataclasses import dataclass

from django.http import HttpRequest

from zhuisu.accounts.models import Organisation, Person
from zhuisu.accounts.queries import key_by_text, organisation_of

from .problems import unauthorised
from .throttle import spend

CALLER = "zhuisu.caller"  # where the request keeps who called, for its line in the log
RATE = "zhuisu.rate"  # where the request keeps what its answer says of the rate limit


@dataclass(frozen=True, slots=True)
class Caller:
    """For whom a request is made, and as whom it is written down."""

    organisation: Organisation
    by: str  # key:PREFIX or person:NAME
    may_capture: bool


def caller_of(request: HttpRequest) -> Caller:
    """The caller, or a 401 problem. A key that is sent must be good, also where a session would do."""
    request.META[CALLER] = caller = _caller_of(request)
    return caller


def _caller_of(request: HttpRequest) -> Caller:
    text = _key_text(request)
    if text is not None:
        key = key_by_text(text)
        if key is None:
            raise unauthorised("The key is unknown or was revoked.", "密钥不存在或已作废。", error="invalid_token")
        request.META[RATE] = spend(key.prefix, key.organisation.pk)
        return Caller(key.organisation, f"key:{key.prefix}", key.may_capture)
    # The views are csrf-exempt, so a cookie must never be enough to change anything.
    if request.method in ("GET", "HEAD"):
        person = request.user
        if isinstance(person, Person):
            return Caller(organisation_of(person), f"person:{person.username}", False)
    raise unauthorised(
        "Send a key: Authorization: Bearer zs_… or X-API-Key: zs_…",
        "请提供密钥：Authorization: Bearer zs_… 或 X-API-Key: zs_…",
    )


def _key_text(request: HttpRequest) -> str | None:
    scheme, _, text = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return text.strip()
    if scheme:
        return ""  # another scheme is no key of ours
    return request.headers.get("X-API-Key")
