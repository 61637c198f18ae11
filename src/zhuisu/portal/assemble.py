"""One item's page: asks the core and the register, passes everything through the rules of public.py, and puts it into words."""

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from pathlib import Path

from django.conf import settings
from django.utils import timezone
from django.utils.translation import get_language

from zhuisu.accounts.models import Organisation
from zhuisu.codes import Code, Level
from zhuisu.events.queries import Happening, Item, history, item_by_code, items
from zhuisu.events.scope import PUBLIC
from zhuisu.lineage.queries import Limits, Walk, last_seen, walk
from zhuisu.portal import public, words
from zhuisu.portal.addresses import address_of_canonical, label_of_canonical
from zhuisu.portal.origin import Ancestry, origin_of, quantity
from zhuisu.portal.page import Answerable, Page, Paper, Right
from zhuisu.portal.path import MAX_STEPS, body, label_facts, route_of, steps_of
from zhuisu.portal.public import Register
from zhuisu.portal.verdict import verdict_of
from zhuisu.registry import queries as registry
from zhuisu.registry.models import Certificate, Party, Product

MAX_ORIGINS = 2_000  # items of a walk up on one page
MAX_ONWARD = 5_000  # items of a walk down that are counted by city
MAX_NESTING = 6  # box in case on pallet in container on ship
MAX_MEMBERS = 50  # serials of a lot whose origins speak for the lot, where the lot itself was never named
MAX_ANSWERABLE = 16
MAX_PAPERS = 40


def page_of(code: Code, *, levels: int, at: datetime) -> Page:
    """The page of a code; `levels` of origins are drawn. `at` is now: expiry is judged by it."""
    page = Page(code, item=item_by_code(code))
    gtin = code.parsed.get("gtin")
    product_code = f"gs1.gtin:01/{gtin}" if gtin else ""
    page.product = registry.products([product_code]).get(product_code) if gtin else None
    if code.level in (Level.PLACE, Level.PARTY):
        page.place = registry.places([code.canonical]).get(code.canonical)
        page.party = registry.parties([code.canonical]).get(code.canonical)
        party = page.place.operator if page.place else page.party
        if party:
            page.answerable = _answerable([(party, "", timezone.localdate(at), False)], [])
    elif page.item is not None and code.level != Level.CLASS:
        _fill(page, page.item, levels)
    page.verdict = verdict_of(page, at)
    return page


def _fill(page: Page, item: Item, levels: int) -> None:
    limits = Limits(max_items=MAX_ORIGINS, max_depth=levels + 2)
    up = walk([item.id], "up", limits=limits)
    own = {item.id} | {each.item for each in up.items.values() if each.how == "same" and each.depth == 0}
    lots = {each.item for each in up.items.values() if each.how == "lot" and each.parent in own}
    happenings = history(PUBLIC, [*own, *lots])
    mine = own | lots
    if not happenings and item.level == Level.LOT:
        members = walk([item.id], "down", limits=Limits(max_items=MAX_ONWARD, max_depth=1))
        chosen = sorted(each.item for each in members.items.values() if each.how == "lot")[:MAX_MEMBERS]
        if chosen:
            up = walk([item.id, *chosen], "up", limits=limits)
            mine |= set(chosen)
            happenings = [each for each in history(PUBLIC, chosen) if each.role in public.MADE]
            happenings = list({each.event: each for each in happenings}.values())
            own |= set(chosen)
    if not happenings:
        return
    ancestors = [number for number in (*up.items, *up.products) if number not in mine]
    before = history(PUBLIC, ancestors, limit=4 * MAX_ORIGINS) if ancestors else []
    page.position = up.position
    page.made = public.making([each for each in happenings if each.item in own] or happenings)
    down = _downward(item, own)
    carried = history(PUBLIC, [each.item for each in down.carried.values()]) if page.single and down.carried else []
    register = _register([*happenings, *before, *carried])
    _fill_path(page, happenings, carried, own, down, register)
    _fill_origin(page, Ancestry(up, frozenset(mine), *_known(up), _by_item(before), register), levels)
    _fill_onward(page, item, happenings, down, register)
    _fill_papers(page, up, lots)
    _fill_lot(page, item, lots)


def _downward(item: Item, own: set[int]) -> Walk:
    if public.is_single(item.level, item.canonical):
        return walk([item.id], "down", limits=Limits(max_items=MAX_ONWARD, max_depth=MAX_NESTING))
    return walk(sorted(own), "down", limits=Limits(max_items=MAX_ONWARD))


def _known(up: Walk) -> tuple[dict[int, Item], dict[int, Product]]:
    known = items([*up.items, *up.products])
    classes = items({each.product for each in known.values() if each.product})
    named = {**{n: each for n, each in known.items() if each.level == Level.CLASS}, **classes}
    found = registry.products(each.canonical for each in named.values())
    return known, {number: found[each.canonical] for number, each in named.items() if each.canonical in found}


def _by_item(happenings: Iterable[Happening]) -> dict[int, list[Happening]]:
    by_item: dict[int, list[Happening]] = {}
    for each in happenings:
        by_item.setdefault(each.item, []).append(each)
    return by_item


def _register(happenings: Sequence[Happening]) -> Register:
    organisations = {each.organisation for each in happenings}
    reporters = dict(Organisation.objects.filter(pk__in=organisations).values_list("pk", "party"))
    named = {code for each in happenings for code, _role in each.parties} | set(reporters.values())
    spots = {code for each in happenings for code in (each.read_point, each.biz_location) if code}
    return Register(registry.parties(named), registry.places(spots), reporters)


def _fill_path(
    page: Page, happenings: list[Happening], carried: list[Happening], own: set[int], down: Walk, register: Register
) -> None:
    if page.single:
        lots = [each for each in happenings if each.item not in own]
        inside = {}
        path = {page.item.id, *own} if page.item else own
        for box in sorted(down.carried.values(), key=lambda each: each.depth):
            if box.parent in path:
                path = path | {box.item}
                inside[box.item] = list(box.spans)
        mine = [each for each in happenings if each.item in own]
        shown = public.single_steps([*mine, *public.makers_steps(lots, register)], carried, inside)
    else:
        shown = public.makers_steps(happenings, register)
        shown = list({each.event: each for each in reversed(shown)}.values())[::-1]
    page.hidden_steps = max(0, len(shown) - MAX_STEPS)
    page.steps = steps_of(shown[-MAX_STEPS:], register, frozenset(each.item for each in happenings))
    page.route = route_of(page.steps)
    rows: list[tuple[Party, str, date, bool]] = [
        (step.party, step.title, step.when.date(), False) for step in page.steps if step.party and not step.voided
    ]
    page.answerable = _answerable(rows, [])
    if page.made:
        page.label = label_facts(body(page.made.event_id))
        page.made_step = next(iter(steps_of([page.made], register, frozenset(own))), None)
        page.amount = "" if page.single else quantity(page.made)


def _answerable(rows: Iterable[tuple[Party, str, date, bool]], known: list[Answerable]) -> list[Answerable]:
    """One line a party, in the order of first appearance; licences are judged on the day of the first step."""
    gathered: dict[int, tuple[Party, list[str], date, bool]] = {}
    for party, step, on, source in rows:
        entry = gathered.setdefault(party.pk, (party, [], on, source))
        if step and step not in entry[1]:
            entry[1].append(step)
    there = {each.party.pk for each in known}
    fresh = [entry for pk, entry in gathered.items() if pk not in there]
    return known + [
        Answerable(
            party=party,
            name=words.said(party, "name"),
            kind=str(words.PARTY_KINDS.get(party.kind, "")),
            steps=tuple(steps),
            on=on,
            rights=tuple(_rights(party, on)),
            source=source,
        )
        for party, steps, on, source in fresh
    ]


def _rights(party: Party, on: date) -> Iterable[Right]:
    """Of each kind of licence the one that was valid on the day, else the last one: a renewal does not make the old one a fault."""
    chosen: dict[str, Right] = {}
    for licence in party.licences.all():  # oldest first
        valid = licence.valid_from_on <= on and (licence.valid_to_on is None or on <= licence.valid_to_on)
        if valid or licence.kind not in chosen or not chosen[licence.kind].valid:
            chosen[licence.kind] = Right(licence, words.said(licence, "kind"), valid)
    return chosen.values()


def _fill_origin(page: Page, ancestry: Ancestry, levels: int) -> None:
    title = words.said(page.product, "name") if page.product else words.kind_of_canonical(page.code.canonical)
    page.origin = origin_of(ancestry, levels, title, label_of_canonical(page.code.canonical))
    rows = [
        (party, words.step(first.step), words.local(first.at, first.zone).date(), True)
        for party, first in page.origin.makers
    ]
    page.answerable = _answerable(rows, page.answerable)[:MAX_ANSWERABLE]


def _fill_onward(page: Page, item: Item, happenings: list[Happening], down: Walk, register: Register) -> None:
    """Of a lot, how many businesses in which city: where it was seen itself, and where what came of it was seen last."""
    if page.made is None:
        return
    if page.single:
        made = items(each.item for each in down.items.values() if each.how == "made" and each.depth == 1)
        classes = items({each.product for each in made.values() if each.product})
        names = registry.products(each.canonical for each in classes.values())
        counted = Counter(
            words.said(names.get(classes[each.product].canonical), "name")
            if each.product in classes and classes[each.product].canonical in names
            else words.kind_of_canonical(each.canonical)
            for each in made.values()
        )
        page.became = counted.most_common()
        return
    seen = last_seen([number for number in down.items if number != item.id])
    places = list(registry.places({each.canonical for each in seen.values()}).values())
    places += [place for each in happenings if not each.voided and (place := register.place(each))]
    page.partial = down.truncated
    page.spread = public.spread(places, register.party(page.made))
    page.city_names = {place.region[:4]: words.city(place.region_name, place.region_name_en) for place in places}


def _fill_papers(page: Page, up: Walk, lots: set[int]) -> None:
    """Certificates about the thing, its lot, and what it was made of, nearest first; one that covers many stands once."""
    reached = {each.canonical: each for each in up.items.values()}
    gathered: dict[tuple[str, str], Paper] = {}
    found = registry.certificates(reached)
    for canonical in sorted(found, key=lambda code: (reached[code].depth, code)):
        ours = reached[canonical].depth == 0 or reached[canonical].item in lots
        for each in found[canonical]:
            paper = gathered.setdefault((each.kind, each.number), _paper(each))
            if not ours:
                paper.about.append((label_of_canonical(canonical), address_of_canonical(canonical)))
    page.papers = list(gathered.values())[:MAX_PAPERS]


def _paper(certificate: Certificate) -> Paper:
    return Paper(
        certificate,
        words.said(certificate, "title"),
        words.said(certificate, "issuer"),
        words.said(certificate, "conclusion"),
    )


def _fill_lot(page: Page, item: Item, lots: set[int]) -> None:
    known = items(lots)
    if lots and known:
        lot = known[min(lots)]
        page.lot = (lot.lot or label_of_canonical(lot.canonical), address_of_canonical(lot.canonical))
    elif item.lot:
        page.lot = (item.lot, "")


def samples() -> list[dict[str, str]]:
    """Codes to try, where demonstration data is loaded: its loader leaves them in a file beside the data."""
    file = Path(settings.HOME) / "samples.json"
    if not file.is_file():
        return []
    english = get_language() == "en"
    return [
        {
            "title": each["en" if english else "zh"],
            "text": each["code"] if each["code"].startswith("(") else label_of_canonical(each["canonical"]),
            "address": address_of_canonical(each["canonical"]),
        }
        for each in json.loads(file.read_text("utf-8"))
    ]
