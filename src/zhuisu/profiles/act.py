"""What a judge looks at: one event as the act of a party on things, and the few facts about them that it asked for."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from zhuisu.epcis.model import Event, Quantity
from zhuisu.profiles.model import Bar, When

# Where the profiles' data elements stand in an event: '{namespace}name' in `ilmd` or beside the event's own fields.
NAMESPACE = "urn:zhuisu:field:"


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of one thing just before the event: looked up in one batch for all things of all events."""

    kind: str = ""  # which of the profile's kinds of product it is; "" where nobody said
    steps: frozenset[str] = frozenset()  # ids of steps that happened to it or to what it is of
    states: frozenset[Bar] = frozenset()
    overdue: frozenset[str] = frozenset()  # duties whose time is up
    papers: frozenset[str] = frozenset()  # kinds of certificates about it
    stock: Decimal | None = None  # what is left of it with the actor, in the unit of the event; None: not known
    expires_on: date | None = None
    days: Mapping[str, date] = field(default_factory=dict)  # step → the last day on which it happened to the thing


@dataclass(frozen=True, slots=True)
class Facts:
    """The day, the actor on that day, and what is known of the things (by identifier as it stands in the event)."""

    on: date
    roles: frozenset[str] = frozenset()
    licences: frozenset[str] = frozenset()  # kinds valid on that day
    quota: Decimal | None = None  # what the actor may still bring forth, in the unit of the event; None: not known
    things: Mapping[str, Known] = field(default_factory=dict)
    bought: Mapping[str, Decimal] = field(
        default_factory=dict
    )  # limit → what the buyer got within its days, without this event
    unlisted: frozenset[str] = frozenset()  # fields whose value the official register does not know


@dataclass(frozen=True, slots=True)
class Act:
    """An event and its facts."""

    event: Event
    facts: Facts

    def value(self, name: str, place: str) -> Any:
        """What stands in a data element; None where it is not there. An empty text counts as not there."""
        held = self.event.ilmd if place == "item" else self.event.extensions
        value = held.get(NAMESPACE_KEY + name)
        return None if isinstance(value, str) and not value.strip() else value

    def things(self) -> Iterator[tuple[str, str]]:
        """(path in the event, identifier) of everything that the step acts on: what goes in, or what is there."""
        event = self.event
        yield from _indexed("inputEPCList", event.input_epcs)
        yield from _classes("inputQuantityList", event.input_quantities)
        yield from _indexed("epcList", event.epcs)
        yield from _classes("quantityList", event.quantities)
        yield from _indexed("childEPCs", event.child_epcs)
        yield from _classes("childQuantityList", event.child_quantities)

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
        if when.kinds and not any(self.known(thing).kind in when.kinds for _, thing in self.things()):
            return False
        if not when.field:
            return True
        given = self.value(when.field, place)
        said = str(given).lower() if isinstance(given, bool) else str(given)
        return given is not None and (not when.any_of or said in when.any_of)

    def readings(self, measure: str) -> Iterator[tuple[str, str | None, Decimal]]:
        """(path, unit, value) of every reading of a measure in the event's sensor elements, least and greatest values included."""
        for e, element in enumerate(self.event.data.get("sensorElementList") or ()):
            for r, report in enumerate(element.get("sensorReport") or ()):
                if str(report.get("type", "")).rpartition(":")[2] == measure:
                    held = (report.get(name) for name in ("value", "minValue", "maxValue", "meanValue"))
                    path = f"sensorElementList[{e}].sensorReport[{r}]"
                    yield from ((path, report.get("uom"), Decimal(value)) for value in held if value is not None)

    def known(self, thing: str) -> Known:
        """What is known of a thing; nothing where nobody said anything."""
        return self.facts.things.get(thing, NOTHING)


NAMESPACE_KEY = "{" + NAMESPACE + "}"
# An event names its step where two steps of a sector look alike in EPCIS's own words.
STEP_KEY = NAMESPACE_KEY + "step"
# CBV 2.0 §9: the attribute that every trade uses for the last day.
EXPIRY_KEY = "{urn:epcglobal:cbv:mda:}itemExpirationDate"
NOTHING = Known()


def _indexed(name: str, held: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    return ((f"{name}[{place}]", each) for place, each in enumerate(held))


def _classes(name: str, held: tuple[Quantity, ...]) -> Iterator[tuple[str, str]]:
    return ((f"{name}[{place}]", each.epc_class) for place, each in enumerate(held))
