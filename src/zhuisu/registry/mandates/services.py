"""Gives and withdraws mandates. One that was withdrawn stays: what was done under it counts."""

from datetime import date, datetime, timedelta

from django.db import transaction
from django.db.models import Q

from zhuisu import sectors
from zhuisu.accounts.models import Organisation
from zhuisu.accounts.services import record
from zhuisu.registry.issuing.errors import IssueError
from zhuisu.registry.issuing.rights import day_of
from zhuisu.registry.models import Mandate, Party

# In force or to come, of one giver: a market's operator records for a thousand stalls, but each stall gives one. The judge reads
# all mandates between the parties of a batch.
MAX_MANDATES = 1_000


@transaction.atomic
def give_mandate(
    giver: Party,
    holder: Party,
    sector: str = "",
    *,
    valid_from_on: date,
    valid_to_on: date | None = None,
    note: str = "",
    by: str,
    at: datetime,
    organisation: Organisation | None = None,
) -> Mandate:
    """From the first to the last day (None: open) the holder may record acts for which the giver answers, in one sector or all ("").
    `organisation`: who gives it at its desk. What it covers is judged again, whenever it happened.

    Raises IssueError "self", "sector", "dates", "held" (one of these two for this sector holds on one of the days) or "many"."""
    if giver.pk == holder.pk:
        raise IssueError("self", "a party needs no mandate of its own", "本单位记录自己的作业无需授权", "holder")
    if sector and sector not in sectors.all():
        raise IssueError("sector", f"no sector {sector}", f"没有行业 {sector}", "sector")
    if valid_to_on and valid_to_on < valid_from_on:
        raise IssueError("dates", "the last day is before the first", "截止日早于起始日", "valid_to_on")
    Party.objects.select_for_update().get(pk=giver.pk)  # two calls at once must see one another
    open_still = Q(valid_to_on=None) | Q(valid_to_on__gte=valid_from_on)
    held = giver.mandates_given.filter(open_still, holder=holder, sector=sector)
    if valid_to_on:
        held = held.filter(valid_from_on__lte=valid_to_on)
    if (first := held.order_by("valid_from_on").first()) is not None:
        raise IssueError(
            "held",
            f"there is such a mandate from {first.valid_from_on}: withdraw it first",
            f"自 {first.valid_from_on} 起已有同样的授权：请先撤回",
            "valid_from_on",
        )
    if giver.mandates_given.filter(Q(valid_to_on=None) | Q(valid_to_on__gte=day_of(at))).count() >= MAX_MANDATES:
        raise IssueError("many", f"no more than {MAX_MANDATES} mandates at a time", f"有效的授权最多 {MAX_MANDATES} 份")
    made = Mandate.objects.create(
        giver=giver, holder=holder, sector=sector, valid_from_on=valid_from_on, valid_to_on=valid_to_on,
        note=note[:120], given_by=by[:120], given_at=at,
    )  # fmt: skip
    _record("mandate.give", made, by, at, organisation)
    return made


@transaction.atomic
def withdraw_mandate(
    mandate: Mandate, *, last_on: date, by: str, at: datetime, organisation: Organisation | None = None
) -> Mandate:
    """The day becomes the last on which the mandate holds. Raises IssueError "ended" where it ended already, "past" for a day before
    yesterday: who recorded in good faith is not made a stranger afterwards."""
    held = Mandate.objects.select_for_update().select_related("giver", "holder").get(pk=mandate.pk)
    yesterday = day_of(at) - timedelta(days=1)
    if last_on < yesterday:
        raise IssueError(
            "past",
            f"what was recorded until {yesterday} stays recorded",
            f"{yesterday} 及以前的记录仍然有效，不能倒签撤回",
            "last_on",
        )
    if held.valid_to_on is not None and held.valid_to_on <= last_on:
        raise IssueError("ended", f"it ends on {held.valid_to_on}", f"该授权到 {held.valid_to_on} 为止", "last_on")
    held.valid_to_on, held.withdrawn_by, held.withdrawn_at = last_on, by[:120], at
    held.save(update_fields=["valid_to_on", "withdrawn_by", "withdrawn_at"])
    _record("mandate.withdraw", held, by, at, organisation)
    return held


def _record(verb: str, one: Mandate, by: str, at: datetime, organisation: Organisation | None) -> None:
    record(
        verb,
        by=by,
        at=at,
        organisation=organisation,
        target=one.giver.code,
        holder=one.holder.code,
        sector=one.sector,
        valid_from=one.valid_from_on.isoformat(),
        valid_to=one.valid_to_on.isoformat() if one.valid_to_on else None,
    )
