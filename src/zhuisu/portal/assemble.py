"""One item's page: asks the core and the register, passes everything through the rules of public.py, and puts it into words."""

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path

from django.conf import settings
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from zhuisu.codes import Level
from zhuisu.events.queries import Happening
from zhuisu.events.vocabulary import Role
from zhuisu.portal import public
from zhuisu.portal.addresses import address_of_canonical, label_of_canonical, product_of_canonical
from zhuisu.portal.facts import title_of
from zhuisu.portal.loads import load_of
from zhuisu.portal.origin import Ancestry, origin_of, quantity
from zhuisu.portal.page import Answerable, LoadSteps, Page, Paper, Right
from zhuisu.portal.path import MAX_BODIES, MAX_STEPS, Step, cold, label_facts, route_of, steps_of
from zhuisu.portal.public import Register
from zhuisu.portal.records import Opened, Records, opened_of, records_of
from zhuisu.portal.sector import Judged, clocks_of, judged_of, part_of
from zhuisu.portal.verdict import verdict_of
from zhuisu.registry import queries as registry
from zhuisu.registry.models import Certificate, Party
from zhuisu.verification.gathering import around, day_of, issued_lot, of_issued_lot, outsiders
from zhuisu.verification.judgement import Told, told_by
from zhuisu.verification.services import Look, Visit, finish
from zhuisu.web import words

NO_PATH = frozenset({Level.PLACE, Level.PARTY, Level.CLASS})  # no thing that something happens to
MAX_ANSWERABLE = 16
MAX_PAPERS = 40


def page_of(look: Look, *, levels: int, at: datetime, visit: Visit, load: int | None = None) -> Page:
    """The page of what was looked up; `levels` of origins are drawn; of a re-used code it is about one `load`, by default
    the last. `at` is now: expiry is judged by it. Notes the scan."""
    code = look.code
    page = Page(code, item=look.item)
    if code.level in (Level.PLACE, Level.PARTY):
        page.place = registry.places([code.canonical]).get(code.canonical)
        page.party = registry.parties([code.canonical]).get(code.canonical)
        party = page.place.operator if page.place else page.party
        if party:
            page.answerable = _answerable([(party, "", timezone.localdate(at), False)], [])
    wanted = page.item and code.level not in NO_PATH and not (page.single and look.missed)
    records = records_of(page.item, levels, load) if page.item and wanted else None
    told = _told(page, look, records)
    if records:
        page.product = records.register.product(code.canonical)
        issuer = {look.standing.organisation.pk} if look.standing.organisation else set()
        page.home = records.register.home(code.canonical) | issuer
        _fill(page, records, levels, timezone.localdate(at))
    elif not page.single and (product := product_of_canonical(code.canonical)):
        page.product = registry.products([product]).get(product)
    _fill_answer(page, look, records, told, at=at, visit=visit)
    page.verdict = verdict_of(page)
    return page


def _fill_answer(page: Page, look: Look, records: Records | None, told: Told, *, at: datetime, visit: Visit) -> None:
    """What the issue log and the events say of the code together, and who issued it."""
    standing = look.standing
    page.answer = finish(look, told, at=at, visit=visit, printed=day_of(page.label.get("itemExpirationDate")))
    if standing.real and standing.organisation:
        page.product = page.product or standing.product
        code = standing.organisation.party
        known = records.register.parties if records else {}
        issuer = known.get(code) or registry.parties([code]).get(code)
        page.issuer_name = words.said(standing.organisation, "name")
        if issuer:
            since = timezone.localdate(standing.batch.at if standing.batch else at)
            said = _("签发追溯码") if standing.batch else _("导入追溯码")
            page.answerable = _answerable([(issuer, said, since, False)], page.answerable)
    if told.recall:
        page.recall = _recall(page, told.recall, records)


def _recall(page: Page, recall: Happening, records: Records | None) -> Step:
    """The recall as a line. Of a lot's, whoever is not the maker or the issuer stays unnamed, as on the lot's own path."""
    issuer = page.answer.standing.organisation if page.answer else None
    step = next(iter(steps_of([recall], records.register if records else Register(), (), {})))
    if issuer is not None and recall.organisation == issuer.pk:
        return replace(step, who=step.who or page.issuer_name)
    of_lot = records is None or recall.item in records.lots or not page.single
    ours = page.made is not None and recall.organisation == page.made.organisation
    return step if ours or not of_lot else replace(step, who="")


def _told(page: Page, look: Look, records: Records | None) -> Told:
    """What the events say, of a single thing also by its lot and by what it lay in; notes who has no part in it."""
    own, lots, held = [], [], []
    if records:
        happenings = records.of_load(records.happenings)
        own = [each for each in happenings if not page.single or each.item in records.own]
        lots = [each for each in happenings if page.single and each.item not in records.own]
        held = records.of_load(around(records.down, records.own, records.histories)) if page.single else []
    lot = issued_lot(look.standing)
    known = {records.up.items[number].canonical for number in records.lots} if records else set()
    if lot and lot.canonical not in known:
        lots += of_issued_lot(look.standing)
    page.outsiders = outsiders([*own, *lots, *held], page.item, look.standing, words.WARNINGS)
    told = told_by(own, lots, held, single=page.single, outsiders=page.outsiders)
    return replace(told, recorded=records is not None)


def _fill(page: Page, records: Records, levels: int, on: date) -> None:
    happenings = records.of_load(records.happenings)
    page.position = records.up.position
    page.made = public.making([each for each in happenings if each.item in records.own] or happenings, page.home)
    page.cut, page.partial = records.cut, records.down.truncated
    judged = _fill_path(page, records)
    page.sector.clocks = clocks_of(sorted(records.own), judged, on)
    page.rests = records.reached
    # What is due of a thing may follow from others' events, what a load holds from those of all other loads.
    duties = any(profile.duties for found in judged.steps.values() for profile, _step in found)
    page.rests_on_all = (
        duties or records.cut or records.load is not None or records.up.truncated or records.down.truncated
    )
    ancestry = Ancestry(records.up, records.mine, records.histories, records.register)
    _fill_origin(page, ancestry, levels)
    if page.single:
        _fill_became(page, records)
    else:
        _fill_spread(page, records)
    _fill_papers(page, records)
    _fill_lot(page, records)


def _fill_path(page: Page, records: Records) -> Judged:
    """The path and what its events say; returns the steps that they were judged to be."""
    register = records.register
    shown = _shown(page, records)
    ours = shown[-MAX_STEPS:] if records.load is None else records.of_load(shown)[-MAX_STEPS:]
    page.hidden_steps = len(records.of_load(shown)) - len(ours)
    origins = _origins(records)
    judged = judged_of([*shown, *origins])
    opened = _opened(page, shown, origins, judged)
    page.sector = part_of(judged, ours, origins, opened.events, mine=records.mine, outsiders=page.outsiders)

    def lines(happenings: list[Happening]) -> list[Step]:
        return steps_of(happenings, register, records.mine, opened.said, page.outsiders, page.sector.titles)

    page.steps = lines(ours)
    page.route = route_of(page.steps)
    container = any(each.role == Role.PACK_PARENT for each in records.happenings)
    page.loads = [
        LoadSteps(load, load == records.load, lines(steps[-MAX_STEPS:]), container)
        for load in reversed(records.loads)
        if records.load and (steps := [each for each in shown if load_of(each, records.loads) == load])
    ]
    rows: list[tuple[Party, str, date, bool]] = [
        (step.party, step.title, step.when.date(), False) for step in page.steps if step.party and not step.voided
    ]
    page.answerable = _answerable(rows, [])
    if page.made:
        page.label = label_facts(opened.said.get(page.made.event_id, {}))
        page.made_step = next(iter(steps_of([page.made], register, records.own, {}, (), page.sector.titles)), None)
        page.amount = "" if page.single else quantity(page.made)
    return judged


def _origins(records: Records) -> list[Happening]:
    """What the makers of the things that it was made from recorded of these, nearest last."""
    gathered = []
    for each in sorted(records.up.items.values(), key=lambda one: -one.depth):
        held = records.histories.get(each.item, []) if each.item not in records.mine else []
        gathered += public.makers_steps(held, records.register, records.register.home(each.canonical))
    return gathered


def _opened(page: Page, shown: list[Happening], origins: list[Happening], judged: Judged) -> Opened:
    """The events whose content the page needs: the making, temperatures, and what the profiles make public; the thing's own first."""
    spoken = [each for each in shown if judged.public(each.event)]
    sources = [each for each in origins if judged.public(each.event)]
    made = [page.made] if page.made else []
    return opened_of([*sources[-MAX_BODIES:], *cold(shown)[-MAX_BODIES:], *spoken[-MAX_BODIES:], *made], 3 * MAX_BODIES)


def _shown(page: Page, records: Records) -> list[Happening]:
    """What a stranger may see of the path, in order."""
    if not page.single:
        shown = public.makers_steps(records.happenings, records.register, page.home)
        return list({each.event: each for each in reversed(shown)}.values())[::-1]
    own = records.own
    lots = [each for each in records.happenings if each.item not in own]
    inside, path = {}, set(own)
    for box in sorted(records.down.carried.values(), key=lambda each: each.depth):
        if box.parent in path:  # what holds it, and what holds that; not what holds what was made of it
            path.add(box.item)
            inside[box.item] = list(box.spans)
    mine = [each for each in records.happenings if each.item in own]
    return public.single_steps(
        [*mine, *public.makers_steps(lots, records.register, page.home)], records.carried, inside
    )


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
    title = title_of(page)
    page.origin = origin_of(ancestry, levels, title, label_of_canonical(page.code.canonical))
    rows = [
        (party, words.step(first.step), words.local(first.at, first.zone).date(), True)
        for party, first in page.origin.makers
    ]
    page.answerable = _answerable(rows, page.answerable)[:MAX_ANSWERABLE]


def _fill_became(page: Page, records: Records) -> None:
    """Of a single thing: what was made of it."""
    load = records.load
    counted: Counter[str] = Counter()
    for each in records.down.items.values():
        if each.how == "made" and each.depth == 1 and (load is None or load.holds(each.at)):
            product = records.register.product(each.canonical)
            counted[words.said(product, "name") if product else words.kind_of_canonical(each.canonical)] += 1
    page.became = counted.most_common()


def _fill_spread(page: Page, records: Records) -> None:
    """Of a lot, how many businesses in which city: where it was seen itself, and where what came of it was seen last."""
    if page.made is None:
        return
    register = records.register
    places = [register.places[code] for code in records.seen if code in register.places]
    places += [place for each in records.happenings if not each.voided and (place := register.place(each))]
    page.spread = public.spread(places, register.meant(page.made))
    page.city_names = {place.region[:4]: words.city(place.region_name, place.region_name_en) for place in places}


def _fill_papers(page: Page, records: Records) -> None:
    """Certificates about the thing, its lot, and what it was made of, nearest first; one that covers many stands once."""
    reached = {each.canonical: each for each in records.up.items.values()}
    gathered: dict[tuple[str, str], Paper] = {}
    found = registry.certificates(reached)
    for canonical in sorted(found, key=lambda code: (reached[code].depth, code)):
        ours = reached[canonical].depth == 0 or reached[canonical].item in records.lots
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


def _fill_lot(page: Page, records: Records) -> None:
    if records.lots:
        lot = records.up.items[min(records.lots)].canonical
        page.lot = (label_of_canonical(lot), address_of_canonical(lot))
    elif records.item.lot:
        page.lot = (records.item.lot, "")


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
