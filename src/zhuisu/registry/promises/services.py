"""Issuing and voiding promise certificates: the certificate in the register and what stands on it."""

from collections.abc import Mapping
from datetime import date, datetime
from hashlib import sha256

from django.db import connection, transaction

from zhuisu.accounts.models import Organisation
from zhuisu.accounts.services import record
from zhuisu.registry.issuing.errors import IssueError
from zhuisu.registry.models import Certificate
from zhuisu.registry.promises.models import Promise

TITLE, TITLE_EN = "承诺达标合格证", "Promise certificate"
# No digit or letter that is mistaken for another when it is read aloud from a wet label.
ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
NUMBER_LENGTH = 8  # 30^8: nobody finds another farm's certificates by counting
MAX_REASON = 200  # characters: one sentence


def number_of(request_id: str, on: date) -> str:
    """The number of the certificate that a request makes: the day and eight signs that only the request knows.
    The same request has the same number, so that sending it twice makes one certificate."""
    value = int.from_bytes(sha256(request_id.encode()).digest()[:8])
    signs = ""
    for _place in range(NUMBER_LENGTH):
        value, rest = divmod(value, len(ALPHABET))
        signs += ALPHABET[rest]
    return f"{on:%Y%m%d}-{signs[:4]}-{signs[4:]}"


def made_before(organisation: Organisation, request_id: str) -> Promise | None:
    """The certificate that this request of the organisation has made. Inside a transaction; whoever sends the same request at once
    waits until that ends, and sees it."""
    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"promise:{request_id}"])
    held = Promise.objects.select_related("certificate")
    return held.filter(organisation=organisation, request_id=request_id).first()


@transaction.atomic
def issue(
    *,
    organisation: Organisation,
    by: str,
    at: datetime,
    on: date,
    form: str,
    about: str,
    issuer: str,
    said: Mapping[str, str],
    request_id: str,
    issuer_en: str = "",
    sector: str = "",
    event_id: str = "",
) -> tuple[Promise, bool]:
    """Write down a promise certificate (农业农村部令 2025 年第 4 号); whether it is new: the same request makes it once.

    `about`: canonical code of the lot, may be empty; `said`: what is printed, by the label's keys. Raises IssueError "form"
    for a form that the decree does not have.
    """
    if form not in Promise.Form.values:
        raise IssueError(
            "form", f"a promise certificate is of the producer or of the buyer, not {form!r}",
            "合格证只有生产者开具和收购者开具两种", "form",
        )  # fmt: skip
    if before := made_before(organisation, request_id):
        return before, False
    number = number_of(request_id, on)
    certificate = Certificate.objects.create(
        kind=Certificate.Kind.PROMISE,
        number=number,
        title=TITLE,
        title_en=TITLE_EN,
        about=about,
        issuer=issuer[:120],
        issuer_en=issuer_en[:160],
        issued_at=at,
        conclusion=said.get("basis", "")[:120],
    )
    made = Promise.objects.create(
        certificate=certificate,
        organisation=organisation,
        form=form,
        said=dict(said),
        request_id=request_id,
        event_id=event_id,
        sector=sector,
        issued_by=by[:120],
    )
    record("promise.issue", by=by, at=at, organisation=organisation, target=f"promise:{number}", about=about, form=form)
    return made, True


@transaction.atomic
def void(promise: Promise, *, organisation: Organisation, by: str, at: datetime, reason: str) -> Promise:
    """Say that a certificate proves nothing from now on; it stays readable as void. Raises IssueError: "not-yours", "reason",
    "void-already"."""
    held = Promise.objects.select_for_update(of=("self",)).select_related("certificate").get(pk=promise.pk)
    if held.organisation_id != organisation.pk:
        raise IssueError("not-yours", "only who issued a certificate voids it", "只有开具者可以作废合格证")
    if not reason.strip():
        raise IssueError("reason", "say why the certificate is voided", "请写明作废原因", "reason")
    if held.certificate.voided_at:
        raise IssueError("void-already", "this certificate is void already", "这张合格证已经作废")
    held.certificate.voided_at = at
    held.certificate.save(update_fields=["voided_at"])
    held.void_by, held.void_reason = by[:120], reason.strip()[:MAX_REASON]
    held.save(update_fields=["void_by", "void_reason"])
    number = held.certificate.number
    record("promise.void", by=by, at=at, organisation=organisation, target=f"promise:{number}", reason=held.void_reason)
    return held
