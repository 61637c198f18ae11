"""Loads the demonstration once: master data, organisations, sign-ins, then every document through the ordinary door."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from django.db import transaction

from zhuisu import codes
from zhuisu.accounts.models import AuditEntry, Organisation
from zhuisu.accounts.services import create_organisation, record
from zhuisu.compliance.services import judge_next
from zhuisu.config.demo import issued
from zhuisu.config.demo.build import Demo, Master, build
from zhuisu.config.demo.master import Firm
from zhuisu.config.demo.official import publish_examples
from zhuisu.config.demo.parties import FIRMS, region_name
from zhuisu.config.demo.places import REGION_OF_SITE
from zhuisu.config.demo.roles import ROLES, SINCE
from zhuisu.config.demo.samples import Sample, samples
from zhuisu.config.demo.sign_ins import SignIn, sign_ins
from zhuisu.events.sequencer import publish
from zhuisu.events.services import receive
from zhuisu.registry.models import Certificate, Licence, Mandate, Party, PartyAlias, Place, Product, Role
from zhuisu.registry.queries import parties, places

_ANSWERABLE = re.compile(rb'"zs:answerableParty": ?"([^"]+)"')
_WHERE = re.compile(rb'"(?:readPoint|bizLocation)": ?\{"id": ?"([^"]+)"')

BY = "system"
VERB = "demonstration.load"
KINDS = {"authority": Organisation.Kind.REGULATOR, "operator": Organisation.Kind.OPERATOR}
SIGN_IN_OF = {"enterprise": "dairy", "cooperative": "greens", "regulator": "authority", "operator": "operator"}
ISSUING = ("dairy", "operator")  # who gets codes, and who verifies that it may
XIAMEN_PREFIX = "3502"  # what the authority answers for: every district


@dataclass(frozen=True, slots=True)
class Loaded:
    """What is there now. `fresh` is False where it had been loaded before."""

    fresh: bool
    samples: tuple[Sample, ...]
    sign_ins: tuple[SignIn, ...]

    def lines(self) -> Iterator[str]:
        """For people: the codes to try and the log-ins, Chinese and English."""
        for sample in self.samples:
            yield f"{sample.code}  {sample.zh} / {sample.en}"
        for one in self.sign_ins:
            yield f"{one.username}  {one.password}  {one.zh} / {one.en}"


def load(at: datetime) -> Loaded:
    """Load what is missing; a second call changes nothing. A load that was killed half-way is finished by the next."""
    demo = build()
    digest = sha256(b"".join(document for _, document in demo.documents)).hexdigest()
    fresh = not AuditEntry.objects.filter(verb=VERB, target=digest).exists()
    if fresh:
        with transaction.atomic():
            _master_data(demo.master)
            organisations = _organisations(demo.master, at)
            _mandates(demo, at)
        _capture(demo, organisations, at)
        maker, operator = (Organisation.objects.get(party=FIRMS[key].canonical) for key in ISSUING)
        publish_examples(operator, by=BY, at=at)
        issued.issue(maker, operator, by=BY, at=at)
        publish(at)
        while judge_next(at):
            pass
        record(VERB, by=BY, at=at, target=digest, documents=len(demo.documents))
    people = {name: Organisation.objects.get(party=FIRMS[key].canonical) for name, key in SIGN_IN_OF.items()}
    tried = (*samples(demo.story), *issued.samples(people["enterprise"]))
    return Loaded(fresh, tried, sign_ins(people, by=BY, at=at))


def _mandates(demo: Demo, at: datetime) -> None:
    """Whom the story's documents name as answerable, and at whose places they happen, lets their senders record: a market for its
    stalls. Else the judge charges the sender, and the public page names him."""
    pairs, where = _named(demo, _ANSWERABLE), _named(demo, _WHERE)
    known = parties({code for pair in pairs for code in pair} | {sender for sender, _document in demo.documents})
    held = places({code for code, _sender in where})
    wanted = {(known[giver].pk, known[holder].pk) for giver, holder in pairs}
    operators = {code: place.operator_id for code, place in held.items() if place.operator_id}
    wanted |= {(operators[code], known[sender].pk) for code, sender in where if code in operators}
    had = set(Mandate.objects.values_list("giver_id", "holder_id"))
    Mandate.objects.bulk_create(
        Mandate(giver_id=giver, holder_id=holder, valid_from_on=SINCE, given_by=BY, given_at=at)
        for giver, holder in sorted(wanted - had)
        if giver != holder
    )


def _named(demo: Demo, pattern: re.Pattern[bytes]) -> set[tuple[str, str]]:
    """(canonical code, sender) of what the documents name where the pattern looks."""
    return {
        (codes.parse_epc(named.decode()).canonical, sender)
        for sender, document in demo.documents
        for named in set(pattern.findall(document))
    }


def _capture(demo: Demo, organisations: dict[str, int], at: datetime) -> None:
    for sender, document in demo.documents:
        receive(document, media_type="application/ld+json", organisation=organisations[sender], by=BY, at=at)


def _organisations(master: Master, at: datetime) -> dict[str, int]:
    """Primary key by canonical party code, of all that capture or sign in."""
    firms = [*master.capturing, FIRMS["authority"], FIRMS["operator"]]
    had = set(Organisation.objects.values_list("party", flat=True))
    for firm in firms:
        if firm.canonical not in had:
            kind = KINDS.get(firm.kind, Organisation.Kind.ENTERPRISE)
            region = XIAMEN_PREFIX if kind == Organisation.Kind.REGULATOR else firm.region
            create_organisation(
                kind=kind, name=firm.name, name_en=firm.name_en, party=firm.canonical, region=region, by=BY, at=at
            )
    found = Organisation.objects.filter(party__in=[firm.canonical for firm in firms])
    return dict(found.values_list("party", "pk"))


def _master_data(master: Master) -> None:
    """Parties, places, products, licences, certificates; what is there already stays as it is."""
    had = set(Party.objects.values_list("code", flat=True))
    Party.objects.bulk_create([_party(firm) for firm in master.parties], ignore_conflicts=True)
    parties = {
        party.code: party for party in Party.objects.filter(code__in=[firm.canonical for firm in master.parties])
    }
    PartyAlias.objects.bulk_create(
        [PartyAlias(code=firm.alias, party=parties[firm.canonical]) for firm in master.parties if firm.prefix],
        ignore_conflicts=True,
    )
    Licence.objects.bulk_create(
        Licence(
            party=parties[right.firm.canonical],
            kind=right.kind,
            kind_en=right.kind_en,
            number=right.number,
            valid_from_on=right.valid_from_on,
            valid_to_on=right.valid_to_on,
        )
        for right in master.licences
        if right.firm.canonical not in had
    )
    _roles(parties)
    _places(master, parties)
    _products(master, parties)
    _certificates(master)


def _party(firm: Firm) -> Party:
    return Party(code=firm.canonical, name=firm.name, name_en=firm.name_en, kind=firm.kind, region=firm.region)


def _roles(parties: dict[str, Party]) -> None:
    had = set(Role.objects.values_list("party__code", "sector", "role"))
    Role.objects.bulk_create(
        Role(party=parties[FIRMS[key].canonical], sector=sector, role=role, valid_from_on=SINCE)
        for sector, roles in ROLES.items()
        for role, keys in roles.items()
        for key in keys
        if (FIRMS[key].canonical, sector, role) not in had
    )


def _places(master: Master, parties: dict[str, Party]) -> None:
    rows = []
    for site in master.places:
        region = REGION_OF_SITE.get(site.key, site.firm.region)
        name, name_en = region_name(region)
        rows.append(
            Place(
                code=site.canonical,
                name=site.name,
                name_en=site.name_en,
                kind=site.kind,
                region=region,
                region_name=name,
                region_name_en=name_en,
                operator=parties[site.firm.canonical],
            )
        )
    Place.objects.bulk_create(rows, ignore_conflicts=True)


def _products(master: Master, parties: dict[str, Party]) -> None:
    Product.objects.bulk_create(
        [
            Product(
                code=good.canonical,
                name=good.name,
                name_en=good.name_en,
                category=good.category,
                specification=good.specification,
                specification_en=good.specification_en,
                unit=good.unit,
                storage=good.storage,
                storage_en=good.storage_en,
                shelf_days=good.shelf_days or None,
                icon=good.icon,
                kind=good.kind,
                holder=parties[good.holder.canonical],
            )
            for good in master.products
        ],
        ignore_conflicts=True,
    )


def _certificates(master: Master) -> None:
    Certificate.objects.bulk_create(
        [
            Certificate(
                kind=paper.kind,
                number=paper.number,
                title=paper.title,
                title_en=paper.title_en,
                about=paper.canonical,
                issuer=paper.issuer,
                issuer_en=paper.issuer_en,
                issued_at=paper.issued_at,
                conclusion=paper.conclusion,
                conclusion_en=paper.conclusion_en,
            )
            for paper in master.certificates
        ],
        ignore_conflicts=True,
    )
