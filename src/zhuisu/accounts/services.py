"""Changes to people, organisations and keys. Each takes who does it and when, and writes an audit entry."""

import secrets
from datetime import datetime
from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from zhuisu import codes
from zhuisu.accounts import standing

from .models import ApiKey, AuditEntry, FailedSignIn, Organisation, Person
from .queries import SIGN_IN_WINDOW, key_digest, sign_in_door

KEY_RANDOM_BYTES = 30  # 240 bits are 40 characters of base64url, without padding
KEY_PREFIX_LENGTH = 12  # zs_ and 54 bits: enough to tell keys apart, far too little to guess the rest


def record(
    verb: str,
    *,
    by: str,
    at: datetime,
    organisation: Organisation | None = None,
    target: str = "",
    **detail: Any,
) -> AuditEntry:
    """Write down that `by` did `verb` to `target` at `at`. Never give a secret in `detail`."""
    return AuditEntry.objects.create(
        at=at, organisation=organisation, actor=by[:120], verb=verb[:60], target=target[:200], detail=detail
    )


@transaction.atomic
def create_organisation(
    *, kind: str, name: str, party: str, by: str, at: datetime, name_en: str = "", region: str = ""
) -> Organisation:
    """A new tenant. Raises ValidationError where a field does not fit or the party is here already."""
    organisation = Organisation(kind=kind, name=name, name_en=name_en, party=party, region=region)
    organisation.full_clean()
    try:
        codes.from_canonical(party)
    except codes.CodeError as wrong:
        raise ValidationError({"party": str(wrong)}) from None
    if kind == Organisation.Kind.REGULATOR and not region:
        # No region would be every region: that is the operator's sight, and must be given on purpose.
        raise ValidationError({"region": _("监管部门须填写所管辖的行政区划。")})
    organisation.save()
    record("organisation.create", by=by, at=at, organisation=organisation, target=party, kind=kind, name=name)
    return organisation


@transaction.atomic
def create_person(
    *,
    organisation: Organisation,
    username: str,
    password: str,
    role: str,
    by: str,
    at: datetime,
    first_name: str = "",
) -> Person:
    """Someone who may sign in for an organisation. Raises ValidationError, also where the password is too weak."""
    person = Person(organisation=organisation, username=username, role=role, first_name=first_name, date_joined=at)
    validate_password(password, person)
    person.set_password(password)
    person.full_clean()
    person.save()
    record("person.create", by=by, at=at, organisation=organisation, target=f"person:{username}", role=role)
    return person


@transaction.atomic
def issue_key(
    *, organisation: Organisation, label: str, by: str, at: datetime, may_capture: bool = True
) -> tuple[ApiKey, str]:
    """A new key and its text. The text is kept nowhere: show it once. Raises ValidationError for a bad label."""
    text = "zs_" + secrets.token_urlsafe(KEY_RANDOM_BYTES)
    key = ApiKey(
        organisation=organisation,
        label=label,
        prefix=text[:KEY_PREFIX_LENGTH],
        digest=key_digest(text),
        may_capture=may_capture,
        created_at=at,
    )
    key.full_clean()
    key.save()
    record(
        "key.issue",
        by=by,
        at=at,
        organisation=organisation,
        target=f"key:{key.prefix}",
        label=label,
        may_capture=may_capture,
    )
    return key, text


@transaction.atomic
def revoke_key(key: ApiKey, *, by: str, at: datetime) -> bool:
    """End a key for good. False where it had ended before; the first moment stays."""
    ended = ApiKey.objects.filter(pk=key.pk, revoked_at=None).update(revoked_at=at)
    if ended:
        standing.changed()
        key.revoked_at = at
        record("key.revoke", by=by, at=at, organisation=key.organisation, target=f"key:{key.prefix}")
    return bool(ended)


def note_sign_in(person: Person, *, address: str, at: datetime) -> None:
    """Someone has signed in: the failures before it are forgiven."""
    FailedSignIn.objects.filter(door=sign_in_door(person.username, address)).delete()
    record("person.sign_in", by=f"person:{person.username}", at=at, organisation=person.organisation)


def note_failed_sign_in(name: str, *, address: str, at: datetime) -> None:
    """A wrong password for this name from this address. What is older than the window is swept away."""
    FailedSignIn.objects.filter(at__lt=at - SIGN_IN_WINDOW).delete()
    FailedSignIn.objects.create(door=sign_in_door(name, address), at=at)
