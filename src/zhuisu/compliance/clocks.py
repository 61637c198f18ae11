"""Things that stay and what is due for them: which an organisation has to do with, and when each duty must next be done."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from zhuisu import sectors
from zhuisu.accounts.models import Organisation
from zhuisu.codes import Level
from zhuisu.compliance.queries import Due, dues
from zhuisu.events.queries import Item, items
from zhuisu.events.scope import Scope, scope_of
from zhuisu.events.store import rows
from zhuisu.events.vocabulary import Role

# On one list: a large maintenance company's lifts of a district. More are asked for by their codes.
MAX_THINGS = 500
# What acted on a thing itself; a part that was fitted to it, or what was filled into it, has no clock of its own here.
_OWN = (Role.OBSERVED, Role.COMMISSIONED, Role.OUTPUT, Role.FIT_PARENT, Role.SEEN_FIT_PARENT, Role.PACK_PARENT)


@dataclass(frozen=True, slots=True)
class Kept:
    """A thing that stays, with the duties that run for it, the most urgent first."""

    item: Item
    dues: tuple[Due, ...]

    @property
    def overdue(self) -> bool:
        """Whether anything is past its day."""
        return any(each.overdue for each in self.dues)


def with_duties() -> tuple[str, ...]:
    """The sectors that have duties with clocks."""
    return tuple(name for name, sector in sectors.all().items() if sector.editions[0].duties)


def things_of(scope: Scope, owner: Organisation | None, on: date, sector: str = "") -> list[Kept]:
    """Things of sectors with duties that the caller may see something of, and for which the owner answered for something (None: whoever
    did); what has ended is left out. The most urgent first, at most MAX_THINGS."""
    wanted = [name for name in with_duties() if sector in ("", name)]
    condition, parameters = scope.condition("e")
    mine, parties = ("w.actor = any(%s)", [list(scope_of(owner).parties)]) if owner else ("true", [])
    found = rows(
        f"""select p.item, max(w.happened_at) from verdict_last w join event e on e.id = w.event join part p on p.event = w.event
            join item i on i.id = p.item
            where w.sector = any(%s) and w.step <> '' and {condition} and {mine} and p.role = any(%s) and i.level <> all(%s)
            group by 1 order by 2 desc limit %s""",
        [wanted, *parameters, *parties, [int(role) for role in _OWN], [int(Level.LOT), int(Level.CLASS)], MAX_THINGS],
    )
    return kept((number for number, _at in found), on)


def kept(numbers: Iterable[int], on: date) -> list[Kept]:
    """These things with the duties that run for them; those without are left out."""
    wanted = list(numbers)
    held: dict[int, list[Due]] = {}
    for each in dues(wanted, on):
        held.setdefault(each.item, []).append(each)
    known = items(held)
    return [Kept(known[number], tuple(each)) for number, each in held.items()]


def same_as(item: int) -> list[int]:
    """The item and its other codes: those that some event names as codes of one thing."""
    found = rows(
        """select distinct o.item from part p join part o on o.event = p.event and o.role = p.role
           where p.item = %s and p.role = %s""",
        [item, Role.SAME],
    )
    return sorted({item, *(number for (number,) in found)})
