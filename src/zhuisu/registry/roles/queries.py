"""Which parties have which roles."""

from zhuisu.registry.models import Party, Role


def roles(*, party: Party | None = None, sector: str = "") -> list[Role]:
    """Roles with their parties, by party, sector and first day; of one party, of one sector, or all."""
    found = Role.objects.select_related("party").order_by("party__code", "sector", "role", "valid_from_on")
    if party is not None:
        found = found.filter(party=party)
    return list(found.filter(sector=sector) if sector else found)
