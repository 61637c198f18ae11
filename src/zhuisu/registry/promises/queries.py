"""Reads of promise certificates: an organisation's own with filters, and the one of a number."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from unicodedata import normalize

from django.db.models import Q, QuerySet
from django.utils.timezone import get_current_timezone

from zhuisu.accounts.models import Organisation
from zhuisu.registry.promises.models import Promise


@dataclass(frozen=True, slots=True)
class Asked:
    """What a list is narrowed to; `before` is the number of the last row seen."""

    search: str = ""
    form: str = ""
    state: str = ""  # valid, void
    since: date | None = None
    until: date | None = None
    before: int | None = None

    @property
    def narrowed(self) -> bool:
        """Whether anything but the place in the list is asked for."""
        return bool(self.search or self.form or self.state or self.since or self.until)


def by_number(number: str) -> Promise | None:
    """The certificate of a number, typed in any case, with or without its hyphens; None where there is none."""
    plain = "".join(each for each in normalize("NFKC", number).upper() if each.isascii() and each.isalnum())
    if len(plain) != 16:
        return None
    held = Promise.objects.select_related("certificate", "organisation")
    return held.filter(certificate__number=f"{plain[:8]}-{plain[8:12]}-{plain[12:]}").first()


def promises(organisation: Organisation, asked: Asked) -> QuerySet[Promise]:
    """The certificates that the caller may see, newest first: an enterprise its own, a regulator its region's, the operator all."""
    found = Promise.objects.select_related("certificate", "organisation").order_by("-pk")
    if organisation.kind == Organisation.Kind.ENTERPRISE:
        found = found.filter(organisation=organisation)
    elif organisation.kind == Organisation.Kind.REGULATOR:
        # A regulator without a region would see all: a mistake in its record is never a licence.
        found = (
            found.filter(organisation__region__startswith=organisation.region) if organisation.region else found.none()
        )
    if asked.search:
        found = found.filter(
            Q(certificate__number__icontains=asked.search)
            | Q(certificate__about__contains=asked.search)
            | Q(said__name__icontains=asked.search)
        )
    if asked.form:
        found = found.filter(form=asked.form)
    if asked.state:
        found = found.filter(certificate__voided_at__isnull=asked.state == "valid")
    if asked.since:
        found = found.filter(certificate__issued_at__gte=_midnight(asked.since))
    if asked.until and asked.until < date.max:
        found = found.filter(certificate__issued_at__lt=_midnight(asked.until + timedelta(days=1)))
    return found.filter(pk__lt=asked.before) if asked.before else found


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), get_current_timezone())
