"""What a judge looks at: one event as the act of a party on things, and the few facts about them that it asked for."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import Any

from zhuisu.epcis.model import Event, Quantity
from zhuisu.profiles.model import Bar, When
from zhuisu.profiles.units import counts_pieces, in_unit

# Where the profiles' data elements stand in an event: '{namespace}name' in `ilmd` or beside the event's own fields.
NAMESPACE = "urn:zhuisu:field:"


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of one thing just before the event: looked up in one batch for all things of all events."""

    # Which of the profile's kinds of product it is; "" where nobody said. Asked for what comes out of an event too.
    kind: str = ""
    steps: frozenset[str] = frozenset()  # ids of steps that happened to it or to what it is of
    states: frozenset[Bar] = frozenset()
    overdue: frozenset[str] = frozenset()  # duties whose time is up
    papers: frozenset[str] = frozenset()  # kinds of certificates about it
    stock: Decimal | None = None  # what is left of it with the actor, in the unit of the event; None: not known
    expires_on: date | None = None
    days: Mapping[str, date] = field(default_factory=dict)  # step → the last day on which it happened to the thing
    packed: bool = False  # it lies in a container that has no part in the event, and nobody unpacked it


@dataclass(frozen=True, slots=True)
class Facts:
    """The day, the actor on that day, and what is known of the things (by identifier as it stands in the event)."""

    on: date
    roles: frozenset[str] = frozenset()
    licences: frozenset[str] = frozenset()  # kinds valid on that day
    quota: Decimal | None = None  # what the actor may still bring forth, in the unit of the event; None: not known
    things: Mapping[str, Known] = field(default_factory=dict)
    # Limit → what the buyer got within its days, in its unit (`counted` of each such event), without this event.
    bought: Mapping[str, Decimal] = field(default_factory=dict)
    unlisted: frozenset[str] = frozenset()  # fields whose value the official register does not know


@dataclass(frozen=True)
class Act:
    """An event and its facts. `sector`: who looks at it; `parent`: what holds the children is acted on too."""

    event: Event
    facts: Facts
    sector: str = ""
    parent: bool = False

    def value(self, name: str, place: str) -> Any:
        """What stands in a data element; None where it is not there. An empty text counts as not there."""
        held = self.event.ilmd if place == "item" else self.event.extensions
        value = held.get(NAMESPACE_KEY + name)
        return None if isinstance(value, str) and not value.strip() else value

    def things(self) -> tuple[tuple[str, str], ...]:
        """(path in the event, identifier) of everything that the step acts on: what goes in, or what is there."""
        return self._things

    @cached_property
    def _things(self) -> tuple[tuple[str, str], ...]:
        event = self.event
        parent = (("parentID", event.parent_id),) if self.parent and event.parent_id else ()
        return (
            *parent,
            *_indexed("inputEPCList", event.input_epcs),
            *_classes("inputQuantityList", event.input_quantities),
            *_indexed("epcList", event.epcs),
            *_classes("quantityList", event.quantities),
            *_indexed("childEPCs", event.child_epcs),
            *_classes("childQuantityList", event.child_quantities),
        )

    @cached_property
    def kinds(self) -> frozenset[str]:
        """The kinds of all things of the event, what goes in and what comes out; "" among them where one is not known."""
        return frozenset(self.known(thing).kind for _, thing in self._things) | self.kinds_made

    @cached_property
    def kind_named(self) -> str:
        """The kind of the sector that the event itself names (KIND_KEY); "" where it names none."""
        sector, _, kind = str(self.event.ilmd.get(KIND_KEY) or self.event.extensions.get(KIND_KEY) or "").partition(".")
        return kind if sector == self.sector else ""

    @cached_property
    def kinds_made(self) -> frozenset[str]:
        """The kinds of what comes out of a transformation, else of what the step acts on. What the event says itself (KIND_KEY) wins."""
        event = self.event
        if self.kind_named:
            return frozenset({self.kind_named})
        made = (*event.output_epcs, *(each.epc_class for each in event.output_quantities))
        return frozenset(self.known(thing).kind for thing in (made or (thing for _, thing in self._things)))

    def amounts(self) -> Iterator[tuple[str, Quantity]]:
        """(path, amount) of everything that is counted or weighed."""
        event = self.event
        for name, held in (
            ("quantityList", event.quantities),
            ("childQuantityList", event.child_quantities),
            ("inputQuantityList", event.input_quantities),
            ("outputQuantityList", event.output_quantities),
        ):
            yield from ((f"{name}[{place}]", each) for place, each in enumerate(held))

    def met(self, when: When, place: str = "event") -> bool:
        """Whether a condition holds; `place` is where its field stands."""
        if when.roles and not self.facts.roles & frozenset(when.roles):
            return False
        if when.kinds and self.kinds.isdisjoint(when.kinds):
            return False
        if not when.field:
            return True
        given = self.value(when.field, place)
        said = str(given).lower() if isinstance(given, bool) else str(given)
        return given is not None and (not when.any_of or said in when.any_of)

    def counted(self, unit: str, kinds: tuple[str, ...] = ()) -> Decimal:
        """How much the act takes or hands over, in the unit; of these kinds only, where some are named.

        What stands in another measure does not count; a single thing is one piece.
        """
        event, found = self.event, Decimal(0)
        for each in (*event.input_quantities, *event.quantities, *event.child_quantities):
            if each.quantity is not None and (not kinds or self.known(each.epc_class).kind in kinds):
                found += in_unit(each.quantity, each.uom, unit) or 0
        if counts_pieces(unit):
            single = (*event.input_epcs, *event.epcs, *event.child_epcs)
            found += sum(not kinds or self.known(thing).kind in kinds for thing in single)
        return found

    def readings(self, measure: str) -> Iterator[tuple[str, str | None, Decimal]]:
        """(path, unit, value) of every reading of a measure in the event's sensor elements, least and greatest values included."""
        for e, element in enumerate(self.event.data.get("sensorElementList") or ()):
            for r, report in enumerate(element.get("sensorReport") or ()):
                if measure_of(report) == measure:
                    held = (report.get(name) for name in ("value", "minValue", "maxValue", "meanValue"))
                    path = f"sensorElementList[{e}].sensorReport[{r}]"
                    yield from ((path, report.get("uom"), Decimal(value)) for value in held if value is not None)

    def known(self, thing: str) -> Known:
        """What is known of a thing; nothing where nobody said anything."""
        return self.facts.things.get(thing, NOTHING)


NAMESPACE_KEY = "{" + NAMESPACE + "}"
# An event names its step where two steps of a sector look alike in EPCIS's own words.
STEP_KEY = NAMESPACE_KEY + "step"
# An event may name the kind of what begins: "sector.kind".
KIND_KEY = NAMESPACE_KEY + "kind"
# CBV 2.0 §9: where an attribute of the item stands in `ilmd`.
CBV_KEY = "{urn:epcglobal:cbv:mda:}"
# CBV 2.0 §9: the attribute that every trade uses for the last day.
EXPIRY_KEY = "{urn:epcglobal:cbv:mda:}itemExpirationDate"
NOTHING = Known()
# CBV 2.0 §7.1: by these business steps things come to the actor …
COMING = frozenset({"commissioning", "creating_class_instance", "receiving", "accepting"})
# … and by these they leave.
LEAVING = frozenset(
    {"shipping", "departing", "retail_selling", "dispensing", "consuming", "destroying", "decommissioning"}
)


def stock_by(transformation: bool, biz_step: str, action: str | None) -> str:
    """Whether things come into the actor's books ("in"), leave them ("out") or do not move ("none"), from the event's own words: its
    business step, else what becomes of the object. "": the parts say (transformations)."""
    if transformation:
        return ""
    if biz_step in COMING or biz_step in LEAVING:
        return "in" if biz_step in COMING else "out"
    return {"ADD": "in", "DELETE": "out"}.get(action or "", "none")


def measure_of(report: Mapping[str, Any]) -> str:
    """What a sensor report measures, as the GS1 Web Vocabulary calls it: gs1:Temperature, its whole address, the word alone."""
    return str(report.get("type", "")).rpartition(":")[2].rpartition("/")[2]


def _indexed(name: str, held: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    return ((f"{name}[{place}]", each) for place, each in enumerate(held))


def _classes(name: str, held: tuple[Quantity, ...]) -> Iterator[tuple[str, str]]:
    return ((f"{name}[{place}]", each.epc_class) for place, each in enumerate(held))
