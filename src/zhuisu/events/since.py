"""Whether something was published since a position that concerns what an answer rests on: parts of statements, and what they need."""

import uuid
from collections.abc import Collection

from zhuisu.events.store import rows

# The last published position, as a scalar.
HEAD = "(select coalesce(max(size), 0) from log_head)"
# Whether since %(head)s an event named one of %(items)s, voided one of %(events)s, or disputed one of the ids in %(hashes)s.
TOUCHED = """(
  exists (select 1 from part p join log_entry l on l.event = p.event
          where p.item = any(%(items)s::bigint[]) and l.position > %(head)s)
  or exists (select 1 from void v join log_entry l on l.event = v.declared_by
             where v.event = any(%(events)s::bigint[]) and l.position > %(head)s)
  or exists (select 1 from event_disputed d join log_entry l on l.event = d.event
             where d.hash = any(%(hashes)s::uuid[]) and l.position > %(head)s))"""
# Whether one of the codes with the keys %(missing)s is an item by now.
APPEARED = "exists (select 1 from name m join item i on i.id = m.id where m.hash = any(%(missing)s::uuid[]))"


def items_by_keys(keys: Collection[uuid.UUID]) -> dict[uuid.UUID, int]:
    """The items with these keys, those that there are."""
    found = rows("select n.hash, n.id from name n join item i on i.id = n.id where n.hash = any(%s)", [list(keys)])
    return dict(found)


def events_of(items: Collection[int], limit: int) -> list[tuple[int, uuid.UUID]]:
    """Events that name these items, published or not, with the hashes of their ids; at most `limit`."""
    return [
        (event, key)
        for event, key in rows(
            """select e.id, e.hash from (select distinct event from part where item = any(%s) limit %s) p
               join event e on e.id = p.event""",
            [list(items), limit],
        )
    ]
