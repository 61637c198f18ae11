"""What an event says of its things for later: the facts that the next verdicts need, without reading the event again. Pure."""

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from msgspec import Struct

from zhuisu.epcis.model import Event
from zhuisu.profiles.act import EXPIRY_KEY, KIND_KEY, Act, Facts, stock_by
from zhuisu.profiles.model import Bar, Profile, Step


class Change(Struct, frozen=True, omit_defaults=True, array_like=True):
    """A state that begins (on the days from `since` to `until`, where they are said) or ends."""

    state: Bar
    clears: bool = False
    since: date | None = None
    until: date | None = None
    own: bool = False  # it ends what the same step began, and nothing else


class Carried(Struct, frozen=True, omit_defaults=True, array_like=True):
    """A state that passes from what goes in to what comes out: from which step it is, and its last day (None: no end)."""

    state: Bar
    origin: str
    until: date | None = None


class Said(Struct, frozen=True, omit_defaults=True):
    """What one sector's verdict keeps of an event."""

    kind: str = ""  # "sector.kind" of what begins here, or is here
    changes: tuple[Change, ...] = ()
    due_on: date | None = None  # when the duty that this step fulfils is due next
    expires_on: date | None = None  # of what begins here
    papers: tuple[str, ...] = ()  # kinds of business transactions
    stock: str = ""  # in, out or none; "": as the parts say
    parent: bool = False  # the parent is acted on, too
    counted: dict[str, Decimal] = {}  # limit of the step → what counts towards it, in its unit
    made: tuple[
        tuple[str, str | None, Decimal], ...
    ] = ()  # of a step with a quota: (kind, unit, amount) of what came forth
    inherited: tuple[Carried, ...] = ()
    strange: bool = False  # who did it has no role for it: it changes no state of a thing in which he has no part


def kind_of(event: Event) -> str:
    """The kind of product that the event names: "sector.kind", or ""."""
    found = event.ilmd.get(KIND_KEY) or event.extensions.get(KIND_KEY)
    return found if isinstance(found, str) and "." in found else ""


def plain(event: Event) -> Said:
    """What the event says whatever its sector."""
    return Said(
        kind=kind_of(event),
        expires_on=day_of(event.ilmd.get(EXPIRY_KEY)),
        papers=tuple(sorted({kind for kind, _ in event.biz_transactions if kind})),
    )


def said_of(
    event: Event, facts: Facts, profile: Profile, name: str, inherited: tuple[Carried, ...], *, strange: bool = False
) -> Said:
    """What the event says as a step of a sector."""
    step = profile.steps[name]
    act = Act(event, facts, profile.id, step.parent)
    base = plain(event)
    return Said(
        kind=base.kind,
        changes=tuple(_changes(act, profile, step)),
        due_on=_due(act, profile, name),
        expires_on=base.expires_on,
        papers=base.papers,
        stock=step.stock or default_stock(event),
        parent=step.parent,
        counted={key: amount for key, one in step.limits.items() if (amount := act.counted(one.unit, one.kinds))},
        made=tuple(_made(act)) if step.quota else (),
        inherited=inherited,
        strange=strange,
    )


def default_stock(event: Event) -> str:
    """Whether things come into the actor's books or leave them; "" where the parts say (transformations) or nothing moves."""
    return stock_by(
        event.type == "TransformationEvent", event.biz_step or "", event.action if event.type == "ObjectEvent" else ""
    )


def _changes(act: Act, profile: Profile, step: Step) -> list[Change]:
    changes = []
    for effect in step.effects:
        place = profile.fields[effect.when.field].place if effect.when and effect.when.field else "event"
        if effect.when and not act.met(effect.when, place):
            continue
        since, until = _named(act, profile, effect.past), _named(act, profile, effect.until)
        if (effect.past and not since) or (effect.until and not until):
            continue  # the day is missing: that is a finding of its own, and no state follows from nothing
        # A step that finds either that it failed or that it passed takes back its own finding; one that begins anew, all.
        own = effect.clears and any(
            each.state == effect.state and not each.clears and each.when is not None for each in step.effects
        )
        changes.append(Change(effect.state, effect.clears, plus(since, 1) if since else None, until, own))
    return changes


def _made(act: Act) -> Iterator[tuple[str, str | None, Decimal]]:
    kinds = act.kinds_made
    alike = next(iter(kinds)) if len(kinds) == 1 else ""
    for each in act.event.output_quantities or act.event.quantities:
        if each.quantity is not None:
            yield alike or act.known(each.epc_class).kind, each.uom, each.quantity


def _named(act: Act, profile: Profile, name: str) -> date | None:
    return day_of(act.value(name, profile.fields[name].place)) if name else None


def _due(act: Act, profile: Profile, name: str) -> date | None:
    found = (_named(act, profile, duty.due_field) for duty in profile.duties.values() if duty.step == name)
    return next((day for day in found if day), None)


def plus(day: date, days: int) -> date:
    """So many days later; 9999-12-31, by which many mean "never", has none."""
    return day + timedelta(days) if (date.max - day).days > days else date.max


def day_of(value: Any) -> date | None:
    """The day of a date or time as it stands in an event; None where it is none."""
    try:
        return date.fromisoformat(str(value)[:10]) if value else None
    except ValueError:
        return None
