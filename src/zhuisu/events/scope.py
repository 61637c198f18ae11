"""Who may see which events. Every query takes a Scope; there is no other way to the tables (docs/concepts/visibility.md)."""

from dataclasses import dataclass
from typing import Any

from zhuisu.accounts.models import Organisation
from zhuisu.events.store import rows


@dataclass(frozen=True, slots=True)
class Scope:
    """What a caller may see. `public` sees all items, but portal/public.py decides which of their fields."""

    kind: str  # all, public, organisation, region
    organisation: int | None = None
    parties: tuple[int, ...] = ()  # items of the organisation's party codes
    region: str = ""

    def condition(self, event: str = "e") -> tuple[str, list[Any]]:
        """SQL over the alias of table event, and its parameters."""
        if self.kind in ("all", "public"):
            return "true", []
        if self.kind == "organisation":
            return (
                f"({event}.organisation = %s or exists (select 1 from event_party sp"
                f" where sp.event = {event}.id and sp.party = any(%s)))",
                [self.organisation, list(self.parties)],
            )
        if (
            not self.region
        ):  # a regulator that answers for no region is a mistake in its record, never a licence to see all
            return "false", []
        pattern = f"{self.region}%"
        return (
            f"""({event}.organisation in (select id from accounts_organisation where region like %s)
                or exists (select 1 from registry_place rp join item ri on ri.canonical = rp.code
                           where rp.region like %s and ri.id in ({event}.read_point, {event}.biz_location)))""",
            [pattern, pattern],
        )


ALL = Scope("all")
PUBLIC = Scope("public")


def scope_of(organisation: Organisation) -> Scope:
    """An enterprise sees its own events and those that name it; a regulator its region; the operator everything."""
    if organisation.kind == Organisation.Kind.OPERATOR:
        return ALL
    if organisation.kind == Organisation.Kind.REGULATOR:
        return Scope("region", organisation.pk, region=organisation.region)
    found = rows(
        """select i.id from item i where i.canonical = any(
             select %s union
             select a.code from registry_partyalias a join registry_party p on p.id = a.party_id where p.code = %s)""",
        [organisation.party, organisation.party],
    )
    return Scope("organisation", organisation.pk, tuple(sorted(number for (number,) in found)))
