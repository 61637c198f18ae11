"""Who is asking: people, their organisations, and the systems that sign in with a key."""

import hashlib
import re
from datetime import datetime, timedelta

from django.db.models import QuerySet

from .models import ApiKey, AuditEntry, FailedSignIn, Organisation, Person

# Ten wrong passwords in a quarter of an hour are no slip of the hand.
SIGN_IN_FAILURES = 10
SIGN_IN_WINDOW = timedelta(minutes=15)

_KEY = re.compile(r"zs_[A-Za-z0-9_-]{40}")


def organisation_of(person: Person) -> Organisation:
    """The organisation that a person acts for."""
    return person.organisation


def organisation_by_party(party: str) -> Organisation | None:
    """The organisation with this canonical party code, such as cn.uscc:…"""
    return Organisation.objects.filter(party=party).first()


def key_digest(text: str) -> str:
    """What is kept of a key: its SHA-256, hexadecimal. A key has 240 random bits, so it needs no slow hash."""
    return hashlib.sha256(text.encode()).hexdigest()


def key_by_text(text: str) -> ApiKey | None:
    """The living key that reads like this, with its organisation; None where it is unknown, revoked or no key at all."""
    if not _KEY.fullmatch(text):
        return None
    found = ApiKey.objects.select_related("organisation").filter(digest=key_digest(text), revoked_at=None)
    return found.first()


def keys_of(organisation: Organisation) -> QuerySet[ApiKey]:
    """All keys of an organisation, living ones first, newest first."""
    return ApiKey.objects.filter(organisation=organisation).order_by("-revoked_at", "-created_at", "-id")


def audit_of(organisation: Organisation, limit: int) -> list[AuditEntry]:
    """The newest audit entries of an organisation."""
    return list(AuditEntry.objects.filter(organisation=organisation).order_by("-at", "-id")[:limit])


def sign_in_door(name: str, address: str) -> str:
    """The digest under which failed tries of one name from one address are counted."""
    return hashlib.sha256(f"{name.strip().casefold()}\0{address}".encode(errors="replace")).hexdigest()


def may_try_sign_in(name: str, address: str, at: datetime) -> bool:
    """False once this name has failed too often from this address within the window before `at`."""
    recent = FailedSignIn.objects.filter(door=sign_in_door(name, address), at__gt=at - SIGN_IN_WINDOW)
    return recent.count() < SIGN_IN_FAILURES
