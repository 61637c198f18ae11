"""The time line and the route: happenings that a stranger may see, in words."""

from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from zhuisu.events.queries import Happening
from zhuisu.portal.drawing import Drawing, Node, route
from zhuisu.portal.public import Register
from zhuisu.registry.models import Party, Place
from zhuisu.web import words

MAX_STEPS = 60  # on one page; more is said in words
MAX_BODIES = 24  # events of a page that are opened, of each use: one may name ten thousand things
MAX_STOPS = 18
COMMON = {"active", "in_progress", "in_transit"}  # says no more than the step itself
COLD_STEPS = {
    "transporting",
    "shipping",
    "receiving",
    "storing",
    "sensor_reporting",
    "arriving",
    "departing",
    "loading",
}
# What the maker printed on the label: CBV 2.0 §9.2, ILMD attributes that concern no person and no customer.
LABEL_FACTS = (
    "itemExpirationDate",
    "bestBeforeDate",
    "sellByDate",
    "productionDate",
    "harvestStartDate",
    "countryOfOrigin",
)


@dataclass(frozen=True, slots=True)
class Step:
    """One event as a line: who, where, when, what."""

    title: str
    when: datetime  # on the clock of the place
    zone: str
    who: str
    where: str
    region: str
    state: str
    temperature: str
    voided: bool
    disputed: bool
    carried: bool  # it happened to the container that it was in
    outside: bool  # reported by someone who has no part in the thing
    party: Party | None
    place: Place | None


def cold(happenings: Iterable[Happening]) -> list[Happening]:
    """Those that may tell a temperature."""
    return [each for each in happenings if each.step in COLD_STEPS]


def steps_of(
    happenings: Iterable[Happening],
    register: Register,
    own: Container[int],
    bodies: dict[str, dict[str, Any]],
    outsiders: Container[int] = (),
    titles: Mapping[int, str] | None = None,
) -> list[Step]:
    """The happenings as lines, oldest first. `own` are the items of the thing itself, `bodies` events as sent, by id; `titles` the
    names of their steps where a sector knows them."""
    named = titles or {}
    return [
        _step(
            each,
            register,
            own,
            temperature(bodies.get(each.event_id, {})),
            each.organisation in outsiders,
            named.get(each.event, ""),
        )
        for each in happenings
    ]


def _step(
    happening: Happening, register: Register, own: Container[int], celsius: str, outside: bool, title: str
) -> Step:
    place, party = register.place(happening), register.party(happening)
    return Step(
        title=title or words.step(happening.step),
        when=words.local(happening.at, happening.zone),
        zone=happening.zone,
        who=words.said(party, "name") if party else "",
        where=words.said(place, "name") if place else "",
        region=words.said(place, "region_name") if place else "",
        state="" if happening.disposition in COMMON else words.disposition(happening.disposition),
        temperature=celsius,
        voided=happening.voided,
        disputed=happening.disputed,
        carried=happening.item not in own,
        outside=outside,
        party=party,
        place=place,
    )


def temperature(said: dict[str, Any]) -> str:
    """The span of all temperatures that sensors reported in an event, in degrees Celsius: "1.8–3.6 ℃"; empty without."""
    values: list[float] = []
    for element in said.get("sensorElementList", []):
        for report in element.get("sensorReport", []):
            if (
                str(report.get("type", "")).rpartition(":")[2].rpartition("/")[2] == "Temperature"
                and report.get("uom") == "CEL"
            ):
                found = (report.get(name) for name in ("value", "minValue", "maxValue"))
                values += [value for value in found if isinstance(value, int | float)]
    if not values:
        return ""
    low, high = min(values), max(values)
    return f"{low:g} ℃" if low == high else f"{low:g}–{high:g} ℃"


def label_facts(said: dict[str, Any]) -> dict[str, str]:
    """The public ILMD attributes of an event, by their local name."""
    ilmd = said.get("ilmd")
    facts = {}
    for key, value in ilmd.items() if isinstance(ilmd, dict) else ():
        name = key.rpartition(":")[2].rpartition("}")[2]
        if name in LABEL_FACTS and isinstance(value, str) and len(value) <= 40:
            facts[name] = value
    return facts


def route_of(steps: Iterable[Step]) -> Drawing | None:
    """Places in the order of time, each stay once; None where there are fewer than two. Voided steps are left out."""
    stops: list[Node] = []
    last = None
    for step in steps:
        if step.place is not None and not step.voided and step.place.pk != last:
            last = step.place.pk
            stops.append(Node(str(len(stops) + 1), step.where, step.region))
    return route(stops[-MAX_STOPS:]) if len(stops) > 1 else None
