"""What the events say of one thing, read for whoever has no page to read them for."""

import json
from collections.abc import Iterable, Mapping
from datetime import date, datetime

from zhuisu.codes import Code
from zhuisu.events.projection import lot_code_of
from zhuisu.events.queries import Filter, Happening, Item, find_events, head, history, item_by_code
from zhuisu.events.scope import PUBLIC
from zhuisu.events.vocabulary import Role
from zhuisu.lineage.queries import Limits, Walk, walk
from zhuisu.registry.issuing.queries import Standing
from zhuisu.verification.judgement import Told, told_by

MAX_NEAR = 200  # items around one thing: its other codes, its lot, box in case on pallet
MAX_NESTING = 6  # as on a page: box in case on pallet in container on ship
MAX_READ = 2_000  # happenings of all these; a lot that the whole country handles has more, the oldest are read first


def around(down: Walk, own: Iterable[int], histories: Mapping[int, Iterable[Happening]]) -> list[Happening]:
    """What happened to the containers of a thing while it was inside (closed intervals)."""
    path, found = set(own), []
    for box in sorted(down.carried.values(), key=lambda each: each.depth):
        if box.parent in path:  # what holds it, and what holds that; not what holds what was made of it
            path.add(box.item)
            found += [each for each in histories.get(box.item, ()) if _within(each.at, box.spans)]
    return sorted(found, key=lambda each: (each.at, each.event))


def _within(at: datetime, spans: Iterable[tuple[datetime | None, datetime | None]]) -> bool:
    return any((start is None or start <= at) and (end is None or at <= end) for start, end in spans)


def issued_lot(standing: Standing) -> Code | None:
    """The code of the lot that the issue log gives a code; None where it gives none, or the product has no GTIN."""
    if not standing.lot or standing.series is None or not standing.series.gtin:
        return None
    return lot_code_of(standing.series.gtin, standing.lot)


def of_issued_lot(standing: Standing) -> list[Happening]:
    """What happened to that lot, whether or not an event ever said that the thing is of it."""
    code = issued_lot(standing)
    lot = item_by_code(code) if code else None
    return history(PUBLIC, [lot.id], limit=MAX_READ) if lot else []


def told_of(item: Item | None, standing: Standing) -> tuple[Told, date | None]:
    """What the events say of a single thing, and the expiry date on its label if its making tells one."""
    issued_lot = of_issued_lot(standing)
    if item is None:
        return told_by((), issued_lot), None
    position = head()
    up = walk([item.id], "up", position=position, limits=Limits(MAX_NEAR, 1))
    own = {item.id} | {each.item for each in up.items.values() if each.how == "same" and each.depth == 0}
    lots = {each.item for each in up.items.values() if each.how == "lot" and each.parent in own}
    down = walk([item.id], "down", position=position, limits=Limits(MAX_NEAR, MAX_NESTING))
    histories: dict[int, list[Happening]] = {}
    for each in history(PUBLIC, [*own, *lots, *down.carried], position=position, limit=MAX_READ):
        histories.setdefault(each.item, []).append(each)
    mine = _in_order(histories.get(one, []) for one in own)
    of_lots = _in_order([*(histories.get(one, []) for one in lots), issued_lot])
    return told_by(mine, of_lots, around(down, own, histories)), _printed(mine)


def _in_order(groups: Iterable[Iterable[Happening]]) -> list[Happening]:
    return sorted((each for group in groups for each in group), key=lambda each: (each.at, each.event))


def _printed(mine: Iterable[Happening]) -> date | None:
    """The expiry date that the making event gives (CBV 2.0 §9.2, itemExpirationDate); None where there is none."""
    made = next((each for each in mine if each.role in (Role.OUTPUT, Role.COMMISSIONED) and not each.voided), None)
    for stored in find_events(PUBLIC, Filter(event_ids=(made.event_id,)), limit=1) if made else ():
        ilmd = json.loads(stored.body).get("ilmd") if stored.format == "json" else None
        for name, value in ilmd.items() if isinstance(ilmd, dict) else ():
            if name.rpartition(":")[2] == "itemExpirationDate":
                return day_of(value)
    return None


def day_of(text: object) -> date | None:
    """The date that a text begins with; None where it begins with none."""
    try:
        return date.fromisoformat(str(text)[:10])
    except ValueError:
        return None
