"""What the events say of one thing, read for whoever has no page to read them for."""

import json
from collections.abc import Iterable, Mapping, Sequence, Set
from datetime import date, datetime

from zhuisu.accounts.models import Organisation
from zhuisu.codes import Code
from zhuisu.compliance.insiders import Report, insiders
from zhuisu.events.projection import lot_code_of
from zhuisu.events.queries import Happening, Item, events_by_ids, head, history, item_by_code, items
from zhuisu.events.scope import PUBLIC
from zhuisu.events.vocabulary import Role
from zhuisu.lineage.queries import Limits, Walk, walk
from zhuisu.registry import queries as registry
from zhuisu.registry.issuing.queries import Standing
from zhuisu.verification.judgement import Told, told_by

MADE = frozenset({Role.OUTPUT, Role.COMMISSIONED})
MAX_NEAR = 200  # items around one thing: its other codes, its lot, box in case on pallet
MAX_NESTING = 6  # as on a page: box in case on pallet in container on ship
AUTHORITIES = frozenset({Organisation.Kind.REGULATOR, Organisation.Kind.OPERATOR})
RECALLED = frozenset({"recalled"})
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
        return told_by((), issued_lot, outsiders=outsiders(issued_lot, None, standing)), None
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
    held = around(down, own, histories)
    strange = outsiders([*mine, *of_lots, *held], item, standing)
    return told_by(mine, of_lots, held, outsiders=strange), _printed(mine, standing)


def outsiders(
    happenings: Sequence[Happening], item: Item | None, standing: Standing, alarms: Set[str] = RECALLED
) -> frozenset[int]:
    """Reporters of these happenings that have no part in the thing; nobody where none of them reports one of `alarms`.

    Part in it have: its issuer and the holder of its product, else the reporter of its making; whom one of these names in
    an event of it, and whom that one names in turn; and every authority. Else anyone could spoil a competitor's goods.
    """
    issuer = standing.organisation.pk if standing.organisation else None
    first = {standing.organisation.party} if standing.organisation else set()
    if not any(each.disposition in alarms and each.organisation != issuer for each in happenings):
        return frozenset()
    reporters = {one.pk: one for one in Organisation.objects.filter(pk__in={each.organisation for each in happenings})}
    named = {code for each in happenings for code, _ in each.parties} | {one.party for one in reporters.values()}
    known = registry.parties(named | first)
    own = {code: party.code for code, party in known.items()}  # one code for a party, whichever of its codes was used

    def party_of(organisation: int) -> str:
        code = reporters[organisation].party
        return own.get(code, code)

    told = [
        Report(party_of(each.organisation), [own.get(code, code) for code, _ in each.parties], each.role in MADE)
        for each in happenings
        if not each.voided
    ]
    given = {own.get(code, code) for code in first} if issuer is not None else None
    part = insiders(given, _holder(item, standing), told)
    return frozenset(pk for pk, one in reporters.items() if one.kind not in AUTHORITIES and party_of(pk) not in part)


def _holder(item: Item | None, standing: Standing) -> set[str]:
    """The party whose product the thing is, as the register knows it."""
    product = standing.product
    if product is None and item is not None and item.product is not None:
        code = items([item.product])[item.product].canonical
        product = registry.products([code]).get(code)
    return {product.holder.code} if product and product.holder else set()


def _in_order(groups: Iterable[Iterable[Happening]]) -> list[Happening]:
    return sorted((each for group in groups for each in group), key=lambda each: (each.at, each.event))


def _printed(mine: Iterable[Happening], standing: Standing) -> date | None:
    """The expiry date that the making event gives (CBV 2.0 §9.2, itemExpirationDate), the issuer's if it reported one; None
    where there is none."""
    making = [each for each in mine if each.role in MADE and not each.voided]
    issuer = standing.organisation.pk if standing.organisation else None
    made = next((each for each in making if each.organisation == issuer), next(iter(making), None))
    for stored in events_by_ids(PUBLIC, [made.event_id], limit=1) if made else ():
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
