"""Gives and ends roles. A role that ended stays: old events are judged by it."""

from datetime import date, datetime

from django.db import transaction
from django.db.models import Q

from zhuisu import sectors
from zhuisu.accounts.services import record
from zhuisu.registry.issuing.errors import IssueError
from zhuisu.registry.models import Party, Role


@transaction.atomic
def give_role(
    party: Party,
    sector: str,
    role: str,
    *,
    valid_from_on: date,
    valid_to_on: date | None = None,
    by: str,
    at: datetime,
) -> Role:
    """A role of a sector's profile (any edition) for a party. Raises IssueError "sector", "role", "dates", or "held" where the
    party has it on one of these days already."""
    found = sectors.all().get(sector)
    if found is None:
        raise IssueError("sector", f"no sector {sector}", f"没有行业 {sector}", "sector")
    roles = list(dict.fromkeys(name for edition in found.editions for name in edition.roles))
    if role not in roles:
        said = ", ".join(roles)
        raise IssueError(
            "role", f"{sector} has no role {role}; it has {said}", f"{sector} 没有角色 {role}；可用：{said}", "role"
        )
    if valid_to_on and valid_to_on < valid_from_on:
        raise IssueError("dates", "the last day is before the first", "截止日早于起始日", "valid_to_on")
    Party.objects.select_for_update().get(pk=party.pk)  # two calls at once must see one another
    overlap = Q(valid_to_on=None) | Q(valid_to_on__gte=valid_from_on)
    held = party.roles.filter(overlap, sector=sector, role=role)
    if valid_to_on:
        held = held.filter(valid_from_on__lte=valid_to_on)
    if (first := held.order_by("valid_from_on").first()) is not None:
        raise IssueError(
            "held",
            f"the party has this role from {first.valid_from_on}: end it first",
            f"该主体自 {first.valid_from_on} 起已有此角色：请先终止",
            "valid_from_on",
        )
    made = Role.objects.create(
        party=party, sector=sector, role=role, valid_from_on=valid_from_on, valid_to_on=valid_to_on
    )
    record(
        "role.give",
        by=by,
        at=at,
        target=party.code,
        sector=sector,
        role=role,
        valid_from=valid_from_on.isoformat(),
        valid_to=valid_to_on.isoformat() if valid_to_on else None,
    )
    return made


@transaction.atomic
def end_role(party: Party, sector: str, role: str, *, last_on: date, by: str, at: datetime) -> Role:
    """The day becomes the last on which the party has the role. Raises IssueError "held" where it has none on that day."""
    held = (
        party.roles.select_for_update()
        .filter(Q(valid_to_on=None) | Q(valid_to_on__gte=last_on), sector=sector, role=role, valid_from_on__lte=last_on)
        .order_by("valid_from_on")
        .first()
    )
    if held is None:
        raise IssueError(
            "held",
            f"the party has no role {sector}.{role} on {last_on}",
            f"该主体在 {last_on} 没有角色 {sector}.{role}",
            "role",
        )
    held.valid_to_on = last_on
    held.save(update_fields=["valid_to_on"])
    record("role.end", by=by, at=at, target=party.code, sector=sector, role=role, valid_to=last_on.isoformat())
    return held
