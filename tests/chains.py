"""Plays a sector's chain.json: parties with their roles and licences, each event captured over HTTP by who does it, then judged.

`plant` captures many chains at once without HTTP, at named places: for pictures.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from django.test import Client

import zhuisu.sectors
from coding import key_of
from support import CONTEXT
from zhuisu import codes, epcis
from zhuisu.accounts.models import Organisation
from zhuisu.compliance.queries import verdicts
from zhuisu.compliance.services import judge_next
from zhuisu.events.projection import identity
from zhuisu.events.scope import ALL
from zhuisu.events.sequencer import publish
from zhuisu.events.services import receive
from zhuisu.events.store import rows
from zhuisu.profiles.examples import CONTEXT as FIELDS
from zhuisu.profiles.judge import Judge
from zhuisu.profiles.model import Profile
from zhuisu.registry.models import Certificate, Licence, Mandate, Party, Place, Product, Quota, Role
from zhuisu.registry.official.services import About, load

AT = datetime(2026, 12, 1, tzinfo=UTC)
SINCE = date(2020, 1, 1)
UNTIL = date(2030, 12, 31)
REGION = "350200"
# Parties are called by one of these and what they are in the sector: no real one is.
PLAIN = (
    ("青禾", "Qinghe"),
    ("云顶", "Yunding"),
    ("鹭江", "Lujiang"),
    ("南山", "Nanshan"),
    ("东坪", "Dongping"),
    ("白沙", "Baisha"),
)


def chain_of(sector: str) -> dict[str, Any]:
    """The chain of a sector, as its file says it."""
    file = Path(zhuisu.sectors.__file__).parent / sector / "examples" / "chain.json"
    held: dict[str, Any] = json.loads(file.read_text("utf-8"))
    return held


@dataclass
class Played:
    """A chain in the database. `events`: the number of each event, in the order of the file; `parties` by their name in it."""

    sector: str
    chain: dict[str, Any]
    parties: dict[str, Organisation] = field(default_factory=dict)
    keys: dict[str, dict[str, str]] = field(default_factory=dict)
    events: list[int] = field(default_factory=list)

    def broken(self) -> dict[int, set[str]]:
        """The rules that the last verdicts say are broken, by the event's place in the chain; nothing where none is."""
        places = {number: place for place, number in enumerate(self.events)}
        found: dict[int, set[str]] = {}
        for number, each in verdicts(ALL, self.events).items():
            if rules := {one.rule for verdict in each for one in verdict.findings}:
                found[places[number]] = rules
        return found

    def steps(self) -> dict[int, str]:
        """The step that each event was judged to be, by its place in the chain."""
        places = {number: place for place, number in enumerate(self.events)}
        return {
            places[number]: one.step
            for number, each in verdicts(ALL, self.events).items()
            for one in each
            if one.sector == self.sector
        }


def expected(chain: dict[str, Any]) -> dict[int, set[str]]:
    """What the file says is broken, by the event's place."""
    found: dict[int, set[str]] = {}
    for wrong in chain["wrong"]:
        found.setdefault(wrong["event"], set()).update(wrong["breaks"])
    return found


def play(client: Client, sector: str, chain: dict[str, Any] | None = None, *, judged: bool = True) -> Played:
    """Capture a chain, event by event, and judge it. `chain`: another one than the sector's own."""
    played = Played(sector, chain or chain_of(sector))
    profile = zhuisu.sectors.all()[sector].editions[0]
    _register(played.chain, profile)
    judge = Judge(profile)
    for place, event in enumerate(played.chain["events"]):
        name = event.get("by") or _first_role(judge, event)
        sent = _named(played, profile, {key: value for key, value in event.items() if key != "by"})
        _lent(party_of(played, profile, name), sent)
        answer = client.post(
            "/epcis/capture", document(sent), content_type="application/ld+json", headers=played.keys[name]
        )
        assert answer.status_code == 202, (sector, place, answer.content.decode()[:2_000])
        publish(AT)
        ((number,),) = rows("select event from log_entry order by position desc limit 1")
        played.events.append(number)
    for quota in played.chain.get("quotas", ()):
        _quota(played, profile, quota)
    assert len(set(played.events)) == len(played.events), f"{sector}: two events of the chain are the same"
    _count()
    while judged and judge_next(AT):
        pass
    return played


def plant(wanted: Iterable[str]) -> list[Played]:
    """Capture the chains of these sectors without HTTP, each event at its party's own place; publish and judge them all at once."""
    planted = []
    for sector in wanted:
        played, profile = Played(sector, chain_of(sector)), zhuisu.sectors.all()[sector].editions[0]
        _register(played.chain, profile)
        judge = Judge(profile)
        for event in played.chain["events"]:
            name = event.get("by") or _first_role(judge, event)
            sent = _named(played, profile, {key: value for key, value in event.items() if key != "by"})
            actor = party_of(played, profile, name)
            _lent(actor, sent)
            # What was used up or taken apart is nowhere afterwards: it was read there.
            sent.setdefault("readPoint" if sent.get("action") == "DELETE" else "bizLocation", {"id": _place(actor)})
            receive(document(sent), media_type=None, organisation=actor.pk, by="system:test", at=AT)
        for quota in played.chain.get("quotas", ()):
            _quota(played, profile, quota)
        planted.append(played)
    publish(AT)
    _count()
    while judge_next(AT):
        pass
    return planted


def _count() -> None:
    """What a node's autovacuum does within a minute, it cannot do for rows that no test ever commits: without it the planner takes
    the tables for empty."""
    rows("analyze part, event, event_body, event_party, log_entry, item, name, void, declaration")


def _place(party: Organisation) -> str:
    """The party's own place, as events name it."""
    link = f"https://id.gs1.org/414/{party.party.rpartition('/')[2]}"
    owner = Party.objects.get(code=party.party)
    where = {"region": REGION, "region_name": "福建省 厦门市", "region_name_en": "Xiamen, Fujian", "operator": owner}
    named = {"name": owner.name + "所在地", "name_en": owner.name_en}
    Place.objects.get_or_create(code=codes.parse_epc(link).canonical, defaults=named | where)
    return link


def document(event: dict[str, Any]) -> bytes:
    """An EPCIS document of one event of a chain."""
    whole = {
        "@context": [CONTEXT[0], FIELDS, {"zs": "urn:zhuisu:ns:"}],
        "type": "EPCISDocument",
        "schemaVersion": "2.0",
        "creationDate": AT.isoformat(),
        "epcisBody": {"eventList": [{"eventTimeZoneOffset": "+08:00", **event}]},
    }
    return json.dumps(whole, ensure_ascii=False).encode()


def party_of(played: Played, profile: Profile, name: str) -> Organisation:
    """The organisation behind a name of the chain ("farm", "farm/east"), made where it is new."""
    if name not in played.parties:
        role = name.partition("/")[0]
        assert role in profile.roles, f"{profile.id}: {name!r} is no role"
        code = codes.parse_epc(_pgln(profile.id, name)).canonical
        held = profile.roles[role]
        said = dict(zip(("name", "name_en"), _called(profile, name), strict=True))
        made = Organisation.objects.create(kind="enterprise", party=code, region=REGION, **said)
        party = Party.objects.create(code=code, region=REGION, **said)
        Role.objects.create(party=party, sector=profile.id, role=role, valid_from_on=SINCE)
        if name not in played.chain.get("unlicensed", ()):
            kinds = {*held.licences, *(kind for each in held.licences_of.values() for kind in each)}
            for kind in sorted(kinds):
                Licence.objects.create(party=party, kind=kind, number="1", valid_from_on=SINCE)
        played.parties[name], played.keys[name] = made, key_of(made)
    return played.parties[name]


def _lent(holder: Organisation, event: dict[str, Any]) -> None:
    """Whom the event of a chain names as answerable lets its sender record for him."""
    if named := event.get("zs:answerableParty"):
        lend(holder, codes.parse_epc(named))


def lend(holder: Organisation, giver: codes.Code) -> None:
    """A registered party lets an organisation record in its name."""
    found = Party.objects.filter(code=giver.canonical).exclude(code=holder.party).first()
    if found is not None:
        held, given = Party.objects.get(code=holder.party), {"given_by": "system:test", "given_at": AT}
        Mandate.objects.get_or_create(giver=found, holder=held, valid_from_on=SINCE, defaults=given)


def _called(profile: Profile, name: str) -> tuple[str, str]:
    """What a party of a chain is called, Chinese and English: a plain name, and what it is."""
    role, _slash, which = name.partition("/")
    zh, en = PLAIN[identity(f"{profile.id}/{name}").int % len(PLAIN)]
    words = profile.roles[role].name
    zh_role = words.zh.partition("（")[0].partition("、")[0]
    en_role = words.en.removeprefix("the ").partition(" (")[0].partition(",")[0]
    return f"{zh}{zh_role}" + ("（分部）" if which else ""), f"{en} {en_role}" + (" (branch)" if which else "")


def _pgln(sector: str, name: str) -> str:
    """A party code of the example prefix 952, always the same for the same name."""
    body = f"952{identity(f'{sector}/{name}').int % 10**9:09d}"
    odd, even = sum(int(digit) for digit in body[::2]), sum(int(digit) for digit in body[1::2])
    return f"https://id.gs1.org/417/{body}{-(odd + 3 * even) % 10}"


def _first_role(judge: Judge, event: dict[str, Any]) -> str:
    (read,) = epcis.read(document({**event, "sourceList": [], "destinationList": []})).events
    assert isinstance(read, epcis.Event), (event, read)
    step = judge.step_of(read)
    assert step, f"no step: {event}"
    return judge.profile.steps[step].by[0]


def _named(played: Played, profile: Profile, held: Any) -> Any:
    """The same with the codes of the parties in the place of their names."""
    if isinstance(held, dict):
        return {key: _named(played, profile, value) for key, value in held.items()}
    if isinstance(held, list):
        return [_named(played, profile, each) for each in held]
    if isinstance(held, str) and held.startswith("party:"):
        party_of(played, profile, held.removeprefix("party:"))
        return _pgln(profile.id, held.removeprefix("party:"))
    return held


def _register(chain: dict[str, Any], profile: Profile) -> None:
    for gtin, kind in chain.get("products", {}).items():
        assert kind in profile.kinds, f"{profile.id}: {kind!r} is no kind"
        code = codes.parse_epc(f"https://id.gs1.org/01/{gtin}").canonical
        called = profile.kinds[kind].name
        Product.objects.create(code=code, name=called.zh, name_en=called.en, kind=f"{profile.id}.{kind}")
    for name, values in chain.get("registers", {}).items():
        load(
            name,
            "\n".join(["number", *values]).encode(),
            About("示例", SINCE, title=name),
            operator=Organisation.objects.get_or_create(
                kind="operator", name="运营方", party="uri:urn:zhuisu:platform"
            )[0],
            by="system:test",
            at=AT,
        )
    for each in chain.get("certificates", ()):
        Certificate.objects.create(
            kind=each["kind"],
            number=each["number"],
            title=each["kind"],
            about=codes.parse_epc(each["about"]).canonical,
            issuer="-",
            issued_at=datetime.combine(SINCE, datetime.min.time(), UTC),
        )


def _quota(played: Played, profile: Profile, quota: dict[str, Any]) -> None:
    organisation = party_of(played, profile, quota["by"])
    Quota.objects.create(
        party=Party.objects.get(code=organisation.party),
        sector=profile.id,
        kind=quota.get("kind", ""),
        amount=quota["amount"],
        unit=quota["unit"],
        valid_from_on=SINCE,
        valid_to_on=UNTIL,
    )
