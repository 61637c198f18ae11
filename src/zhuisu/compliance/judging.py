"""One deed after another in the order in which they happened: which sectors look at it, what they find, what it changes."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import msgspec

from zhuisu import epcis, sectors
from zhuisu.compliance import known as facts_of
from zhuisu.compliance.gathering import Deed, Scene
from zhuisu.compliance.said import Carried, Said, kind_of, plain, said_of
from zhuisu.compliance.world import later
from zhuisu.events.vocabulary import Role
from zhuisu.profiles.act import Act, Facts, Known
from zhuisu.profiles.judge import Finding, Judge
from zhuisu.profiles.model import Bar, Basis, Words
from zhuisu.registry.regions import region_of_act

_PLACE = re.compile(r"(\w+)\[(\d+)\]")
# List of things in an event by the name that findings use, and its field.
_LISTS = {
    "epcList": "epcs",
    "quantityList": "quantities",
    "childEPCs": "child_epcs",
    "childQuantityList": "child_quantities",
    "inputEPCList": "input_epcs",
    "inputQuantityList": "input_quantities",
}


_CUT = Words(
    "其中某物的记录过多，只看了最新的一部分：更早的环节和库存未计入，请人工核对",
    "so much happened to one of its things that only the newest of it was looked at: earlier steps and stock are not counted; check by hand",
)


# Whoever acts for another without authority binds himself alone until the other agrees.
_AGENCY = Basis(Words("《中华人民共和国民法典》", "Civil Code of the PRC"), "第一百七十一条", "law")
_CLAIMED = Words(
    "所写的责任主体当日没有授权记录人：按记录人自己的作业判定，不计在该主体名下",
    "the party named as answerable gave no mandate for that day: it is judged as the reporter's own act and not charged to that party",
)
ANSWERABLE = "zs:answerableParty"  # where an event names who answers


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one sector says of one event."""

    event: int
    sector: str
    step: str
    outcome: str
    edition: str
    region: str
    actor: int  # item of the party that answers
    findings: tuple[Finding, ...]
    said: Said


def judge(scene: Scene) -> dict[int, list[Verdict]]:
    """The verdicts of all deeds of a scene, by event."""
    verdicts: dict[int, list[Verdict]] = {}
    deeds = {deed.asked.number: deed for deed in scene.deeds}
    happenings = [*scene.before, *(deed.happening for deed in scene.deeds)]
    for one in sorted(happenings, key=lambda each: each.order):
        if deed := deeds.get(one.event):
            found = _judge_one(scene, deed)
            verdicts[one.event] = found
            one.said = {each.sector: (each.step, each.said) for each in found if each.outcome == "judged"}
            for each in found:
                scene.books.note(one, each.sector, each.said, _buyer(scene, deed))
        scene.world.apply(one)
    return verdicts


@dataclass(frozen=True, slots=True)
class _Actor:
    """Who answers for an event in one sector, on its day."""

    number: int
    item: int
    roles: frozenset[str]
    licences: frozenset[str]
    region: str
    claimed: bool  # it names another one, who gave the reporter no mandate


def _actor(scene: Scene, deed: Deed, sector: str) -> _Actor:
    happening, on = deed.happening, deed.on
    number = happening.answers(sector)
    roles = {each.role for each in scene.roles.get(number, ()) if each.sector == sector and _valid(each, on)}
    licences = frozenset(each.kind for each in scene.licences.get(number, ()) if _valid(each, on))
    region = region_of_act(
        scene.places.get(deed.place, ""), scene.regions.get(number, ""), scene.own_regions[deed.asked.organisation]
    )
    item = deed.named if number == happening.actor else deed.reporter
    return _Actor(number, item, frozenset(roles), licences, region, number != happening.actor)


def _actors(scene: Scene, deed: Deed, held: Mapping[int, frozenset[str]]) -> dict[str, _Actor]:
    """Who answers in each sector of the things, and in each in which someone who may answer has a role."""
    names = {sector for found in held.values() for sector in found}
    names |= {each.sector for number in deed.happening.actors for each in scene.roles.get(number, ())}
    return {name: _actor(scene, deed, name) for name in sorted(names)}


def _valid(held: Any, on: date) -> bool:
    return bool(held.valid_from_on <= on and (held.valid_to_on is None or on <= held.valid_to_on))


def _judge_one(scene: Scene, deed: Deed) -> list[Verdict]:
    held = {item: _sectors_of(scene, deed, item) for item in deed.items.values()}
    actors = _actors(scene, deed, held)
    judges = _judges(deed, actors, held)
    verdicts = []
    for name, judge in judges.items():
        seen, back = _own_part(deed, name, held, judges)
        actor = actors[name]
        step = judge.step_of(seen, actor.roles) or ""
        facts = _facts(scene, deed, judge, step, actor)
        found = judge.findings(seen, facts) if step else ()
        strange = bool(step) and actor.roles.isdisjoint(judge.profile.steps[step].by)
        carried = _inherited(scene, deed, name)
        said = said_of(seen, facts, judge.profile, step, carried, strange=strange) if step else plain(seen)
        findings = tuple(replace(each, path=_path(each.path, back)) for each in found)
        if step and any(scene.world.blind(item, deed.happening.at) for item in deed.items.values()):
            findings += (Finding(f"{name}.{step}.cut", "warning", _CUT, None, ""),)
        if step and actor.claimed:
            findings += (Finding(f"{name}.{step}.answerable.mandate", "error", _CLAIMED, _AGENCY.cited(), ANSWERABLE),)
        verdicts.append(
            Verdict(
                deed.asked.number, name, step, "judged", judge.profile.edition, actor.region, actor.item, findings, said
            )
        )
    if not verdicts and (said := plain(deed.event)) != Said():
        actor = _actor(scene, deed, "")
        verdicts.append(Verdict(deed.asked.number, "", "", "judged", "", actor.region, actor.item, (), said))
    return verdicts


def _sectors_of(scene: Scene, deed: Deed, item: int) -> frozenset[str]:
    """What the event says of what begins in it goes before what was known."""
    said = kind_of(deed.event)
    outputs = {part.item for part in deed.happening.parts if part.role == Role.OUTPUT}
    if said and deed.event.type in ("ObjectEvent", "TransformationEvent") and (not outputs or item in outputs):
        return frozenset({said.partition(".")[0]})
    return facts_of.sectors_of(scene.world, item)


def _judges(deed: Deed, actors: Mapping[str, _Actor], held: Mapping[int, frozenset[str]]) -> dict[str, Judge]:
    """Who judges the event: the sectors of its things that know such a step, else those in which the actor has the step's role."""
    named = {sector for found in held.values() for sector in found}
    own = {name: judge for name in sorted(named) if (judge := sectors.judge(name, deed.on, actors[name].region))}
    fitting = {name: judge for name, judge in own.items() if judge.step_of(deed.event, actors[name].roles)}
    if fitting:
        return fitting
    possible = {}
    for name, actor in actors.items():
        judge = sectors.judge(name, deed.on, actor.region) if actor.roles else None
        if judge and (step := judge.step_of(deed.event, actor.roles)):
            possible[name] = judge, bool(actor.roles & set(judge.profile.steps[step].by))
    # Who may do the step in one sector does it in that one; only who may do it in none is told so by all.
    allowed = any(may for _, may in possible.values())
    return {name: judge for name, (judge, may) in possible.items() if may or not allowed} or own


def _own_part(
    deed: Deed, sector: str, held: Mapping[int, frozenset[str]], judges: Mapping[str, Judge]
) -> tuple[epcis.Event, dict[str, list[int]]]:
    """The event with only those things at which the sector looks, and where each stood: a thing whose own sectors say nothing of
    the event is everyone's."""

    def mine(text: str) -> bool:
        own = held[deed.items[text]] & judges.keys()
        return not own or sector in own

    kept: dict[str, list[int]] = {}
    changes: dict[str, Any] = {}
    for name, field in _LISTS.items():
        things = getattr(deed.event, field)
        places = [place for place, each in enumerate(things) if mine(each if isinstance(each, str) else each.epc_class)]
        if len(places) < len(things):
            kept[name] = places
            changes[field] = tuple(things[place] for place in places)
    return (msgspec.structs.replace(deed.event, **changes) if changes else deed.event), kept


def _path(path: str, back: Mapping[str, list[int]]) -> str:
    """Where the thing stood in the event before the others were taken out."""
    return _PLACE.sub(lambda m: f"{m[1]}[{back[m[1]][int(m[2])]}]" if m[1] in back else m[0], path) if back else path


def _facts(scene: Scene, deed: Deed, judge: Judge, step: str, actor: _Actor) -> Facts:
    profile, event, now = judge.profile, deed.event, deed.happening
    weighed = {
        each.epc_class: each.uom
        for held in (event.quantities, event.child_quantities, event.input_quantities)
        for each in held
    }
    named = {scene.world.one(item) for item in deed.items.values()}
    things: dict[str, Known] = {
        text: facts_of.known(
            scene.world, item, profile, now.on, actor.number, weighed.get(text), weighed=text in weighed
        )
        for text, item in deed.items.items()
    }
    for text, item in deed.items.items():
        if scene.world.holder(item, named) is not None:
            things[text] = replace(things[text], packed=True)
        if scene.world.blind(item, now.at):
            things[text] = replace(things[text], stock=None)
    if not step:
        return Facts(now.on, actor.roles, actor.licences, things=things)
    one = profile.steps[step]
    if "unlisted" in one.barred:
        for text in scene.registers.unlisted_things(profile).intersection(things):
            things[text] = replace(things[text], states=things[text].states | {"unlisted"})
    facts = Facts(
        now.on,
        actor.roles,
        actor.licences,
        things=things,
        bought=scene.books.bought_by(_buyer(scene, deed), profile, step, now),
        unlisted=scene.registers.unlisted_fields(profile, step, event, now.on),
    )
    if one.quota:
        act = Act(event, facts, profile.id, one.parent)
        facts = replace(facts, quota=scene.books.quota_left(act, profile, now))
    return facts


def _buyer(scene: Scene, deed: Deed) -> int:
    return scene.party_of.get(deed.buyer, -abs(deed.buyer))


def _inherited(scene: Scene, deed: Deed, sector: str) -> tuple[Carried, ...]:
    """What passes from what goes in to what comes out."""
    carried: dict[tuple[Bar, str], date | None] = {}
    for part in deed.happening.parts:
        if part.role == Role.INPUT:
            for one in facts_of.carried(scene.world, part.item, sector, deed.on):
                key = one.state, one.origin
                carried[key] = later(carried[key], one.until) if key in carried else one.until
    return tuple(
        Carried(state, origin, until) for (state, origin), until in sorted(carried.items(), key=lambda e: e[0])
    )
