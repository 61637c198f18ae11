"""What people call the things of a walk: the product, whose it was first, where it was last."""

from collections.abc import Mapping, Sequence

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from zhuisu.events import queries as events
from zhuisu.events.store import rows
from zhuisu.events.vocabulary import PartyRole
from zhuisu.lineage.queries import Walk, last_seen
from zhuisu.registry.queries import parties, places, products

MOST_NAMED = 5_000  # items; more lines than that nobody reads, and a sheet has the codes
# Who a thing came from, as its first event says: its owner before, else who answers for that step, else who reported it.
FIRST_OWNER = (PartyRole.SOURCE_OWNER, PartyRole.ANSWERABLE, PartyRole.REPORTER)


def names_of(walk: Walk) -> dict[int, str]:
    """A few words for each item that the register knows; in the active language. Empty for a very large walk."""
    ids = [*walk.items, *walk.carried, *walk.products]
    if len(ids) > MOST_NAMED:
        return {}
    product, place = _products(ids), _last_places(ids, walk.position)
    owner = _first_owners(ids, walk.position)
    told: dict[int, str] = {}
    for item in dict.fromkeys(ids):
        said = [product.get(item, "")]
        if item in owner:
            said.append(_("来自 %(party)s") % {"party": owner[item]})
        if item in place:
            said.append(_("最近在 %(place)s") % {"place": place[item]})
        told[item] = " · ".join(part for part in said if part)
    return told


def _shown(row: object) -> str:
    """The name of a row of master data in the active language."""
    english = getattr(row, "name_en", "") if (get_language() or "").startswith("en") else ""
    return english or str(row)


def _products(ids: Sequence[int]) -> dict[int, str]:
    things = events.items(ids)
    classes = events.items(thing.product or item for item, thing in things.items())
    known = products(one.canonical for one in classes.values())
    found = {item: classes[thing.product or item].canonical for item, thing in things.items()}
    return {item: _shown(known[code]) for item, code in found.items() if code in known}


def _last_places(ids: Sequence[int], position: int) -> dict[int, str]:
    seen = last_seen(ids, position)
    known = places(one.canonical for one in seen.values())
    return {item: _shown(known[one.canonical]) for item, one in seen.items() if one.canonical in known}


def _first_owners(ids: Sequence[int], position: int) -> dict[int, str]:
    found = rows(
        """select distinct on (f.item) f.item, i.canonical
           from (select distinct on (p.item) p.item, p.event from part p
                 join log_entry l on l.event = p.event and l.position <= %s
                 where p.item = any(%s) order by p.item, p.at, l.position) f
           join event_party r on r.event = f.event and r.role = any(%s) join item i on i.id = r.party
           order by f.item, array_position(%s::int[], r.role::int)""",
        [position, list(ids), list(map(int, FIRST_OWNER)), list(map(int, FIRST_OWNER))],
    )
    known: Mapping[str, object] = parties(code for _item, code in found)
    return {item: _shown(known[code]) for item, code in found if code in known}
