"""Who may see which events. Every query takes a Scope; there is no other way to the tables (docs/concepts/visibility.md)."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from zhuisu.accounts.models import Organisation
from zhuisu.events.apart import among, each_shard
from zhuisu.events.projection import identity
from zhuisu.events.store import is_spread, rows


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
                f"""({event}.organisation = %s
                    or exists (select 1 from event_party sp where sp.event = {event}.id and sp.party = any(%s))
                    or exists (select 1 from event_witness sw where sw.event = {event}.id and sw.organisation = %s))""",
                [self.organisation, list(self.parties), self.organisation],
            )
        if not self.region:  # a mistake in the regulator's record, never a licence to see all
            return "false", []
        if is_spread():
            return self._region_apart(event)
        return (
            f"""({event}.organisation in (select id from accounts_organisation where starts_with(region, %s))
                or exists (select 1 from event_witness sw join accounts_organisation so on so.id = sw.organisation
                           where sw.event = {event}.id and starts_with(so.region, %s))
                or exists (select 1 from item ri join registry_place rp on rp.code = ri.canonical
                           where ri.id in ({event}.read_point, {event}.biz_location) and starts_with(rp.region, %s)))""",
            [self.region] * 3,
        )

    def _region_apart(self, event: str) -> tuple[str, list[Any]]:
        """The same, where the tables lie on several machines: the places of the region are looked up first."""
        codes = rows("select code from registry_place where starts_with(region, %s)", [self.region])
        places = rows("select id from items_by_hash(%s)", [[identity(code) for (code,) in codes]])
        here = "(select id from accounts_organisation where starts_with(region, %s))"
        known = [place for (place,) in places]
        return (
            f"""({event}.organisation in {here} or {event}.read_point = any(%s) or {event}.biz_location = any(%s)
                or exists (select 1 from event_witness sw where sw.event = {event}.id and sw.organisation in {here}))""",
            [self.region, known, known, self.region],
        )

    def shows(self, events: Collection[int]) -> set[int]:
        """Those of these events that a caller sees, where the tables lie on several machines."""
        condition, parameters = self.condition()
        found = each_shard("event", events, f"select e.id from event e where {among(condition)}", parameters)
        return {event for (event,) in found}


ALL = Scope("all")
PUBLIC = Scope("public")


def scope_of(organisation: Organisation) -> Scope:
    """An enterprise sees the events that it sent and those that name it; a regulator its region; the operator everything."""
    if organisation.kind == Organisation.Kind.OPERATOR:
        return ALL
    if organisation.kind == Organisation.Kind.REGULATOR:
        return Scope("region", organisation.pk, region=organisation.region)
    known = rows(
        """with own as (select id from registry_party where code = %s
                        union select party_id from registry_partyalias where code = %s)
           select code from registry_party where id in (select id from own)
           union select code from registry_partyalias where party_id in (select id from own)""",
        [organisation.party, organisation.party],
    )
    keys = [identity(code) for code in {organisation.party, *(code for (code,) in known)}]
    found = rows("select id from name where hash = any(%s)", [keys])
    return Scope("organisation", organisation.pk, tuple(sorted(number for (number,) in found)))


def few_events(scope: Scope, most: int) -> list[int] | None:
    """All published events that an enterprise sees, where it sees `most` or fewer; None where there are more, or the scope is
    another."""
    if scope.kind != "organisation":
        return None
    found = rows(
        """select f.id, l.position from (
             (select id from event where organisation = %s order by id limit %s)
             union
             (select event from event_party where party = any(%s) limit %s)
             union
             (select event from event_witness where organisation = %s limit %s)) f
           left join log_entry l on l.event = f.id""",
        [*(scope.organisation, most + 1), *(list(scope.parties), most + 1), *(scope.organisation, most + 1)],
    )
    # Those not yet published count too: where there are more than were read, some of the published are missing.
    return [number for number, position in found if position is not None] if len(found) <= most else None
