"""What the profiles of its sectors add to an item's page: the names of steps, public data elements, clocks, sensor charts."""

from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from zhuisu import sectors
from zhuisu.compliance import queries as compliance
from zhuisu.compliance.ledger import edition_of
from zhuisu.compliance.queries import Verdict
from zhuisu.epcis.model import Event
from zhuisu.events.queries import Happening
from zhuisu.events.scope import PUBLIC
from zhuisu.portal import public
from zhuisu.profiles.model import Profile, Step
from zhuisu.web import chart, sector_words

MAX_VALUES = 4  # different values of one data element of what it was made from; a feed mixer has hundreds of maize lots
MAX_JUDGED = 2_000  # happenings of one page whose steps are asked for, the thing's own first
SOON_DAYS = 30  # a duty that is due within so many days is marked: time enough to call somebody
# A thing that begins in one of these was made, caught or grown then and there; one that begins otherwise came from somebody unknown.
MAKING = frozenset({"commissioning", "creating_class_instance", "collecting", "installing"})


@dataclass(frozen=True, slots=True)
class Clock:
    """One duty of a thing that stays. `left`: days until it is due, below zero when that is past."""

    name: str
    due_on: date
    last_on: date | None
    left: int
    basis: str

    @property
    def tone(self) -> str:
        """overdue, soon or ok."""
        return "overdue" if self.left < 0 else "soon" if self.left <= SOON_DAYS else "ok"

    @property
    def days(self) -> int:
        """Days, without their sign."""
        return abs(self.left)


@dataclass(slots=True)
class SectorPart:
    """What the template shows. `facts` are of the thing, `origins` of what it was made from: name and text."""

    names: list[str] = field(default_factory=list)
    facts: list[tuple[str, str]] = field(default_factory=list)
    origins: list[tuple[str, str]] = field(default_factory=list)
    titles: dict[int, str] = field(default_factory=dict)  # event → its step in the sector's own words
    unproven: bool = False  # it begins here with a step that does not make it: where it came from is said, not proven
    clocks: list[Clock] = field(default_factory=list)
    charts: list[chart.Chart] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Judged:
    """The steps that happenings were judged to be: for each event, profile and step of each sector that knows it."""

    steps: dict[int, list[tuple[Profile, Step]]]

    def titles(self, main: Sequence[str]) -> dict[int, str]:
        """The name of each event's step, by the sector that the page is about where several know it."""
        named = {}
        for event, found in self.steps.items():
            _profile, step = min(found, key=lambda pair: (pair[0].id not in main, pair[0].id))
            named[event] = sector_words.title(step.name)
        return named

    def public(self, event: int) -> bool:
        """Whether the event's step has anything to say to a stranger."""
        return any(public.open_fields(profile, step) for profile, step in self.steps.get(event, ()))


def judged_of(happenings: Iterable[Happening]) -> Judged:
    """The steps of these events: two statements."""
    numbers = list(dict.fromkeys(each.event for each in happenings))[:MAX_JUDGED]
    found = compliance.verdicts(PUBLIC, numbers) if numbers else {}
    steps = {event: [pair for each in held if (pair := _step_of(each))] for event, held in found.items()}
    return Judged({event: held for event, held in steps.items() if held})


def _step_of(verdict: Verdict) -> tuple[Profile, Step] | None:
    if not verdict.step or verdict.sector not in sectors.all():
        return None
    profile = edition_of(verdict.sector, verdict.edition)
    step = profile.steps.get(verdict.step)
    return (profile, step) if step else None


def sectors_of(judged: Judged, own: Iterable[Happening]) -> list[str]:
    """The sectors of the thing itself, by how much they know of it."""
    counted: dict[str, int] = {}
    for each in own:
        for profile, _step in judged.steps.get(each.event, ()):
            counted[profile.id] = counted.get(profile.id, 0) + 1
    # A sector that looks at a few of its events only, because of what lay beside it, is not what the thing is.
    most = max(counted.values(), default=0)
    held = [name for name in counted if 2 * counted[name] >= most]
    return sorted(held, key=lambda name: (-counted[name], name))


def part_of(
    judged: Judged,
    own: Sequence[Happening],
    origins: Iterable[Happening],
    opened: Mapping[str, Event],
    *,
    mine: Container[int],
    outsiders: Container[int],
) -> SectorPart:
    """The part of the page, from happenings that have passed public.py: `own` those shown of the thing, `origins` those of what it
    was made from; `opened` their events by id."""
    part = SectorPart()
    counted = [each for each in own if not (each.voided or each.disputed or each.organisation in outsiders)]
    ours = [each for each in counted if each.item in mine]
    main = sectors_of(judged, ours)
    all_sectors = sectors.all()
    part.names = [sector_words.of(all_sectors[name].editions[0].name) for name in main]
    part.titles = judged.titles(main)
    part.facts = [(name, texts[-1]) for name, texts in _facts(judged, ours, opened, main)]
    shown = {name for name, _text in part.facts}
    told = [each for each in origins if not (each.voided or each.disputed)]
    part.origins = [
        (name, "、".join(texts[:MAX_VALUES]) + (" …" if len(texts) > MAX_VALUES else ""))
        for name, texts in _facts(judged, told, opened, main)
        if name not in shown
    ]
    part.unproven = _unproven(judged, ours)
    part.charts = chart.charts(_readings(judged, counted, opened))
    return part


def _facts(
    judged: Judged, happenings: Iterable[Happening], opened: Mapping[str, Event], main: Sequence[str]
) -> list[tuple[str, list[str]]]:
    """Public data elements by name, each with its different values, the oldest first; in the order of the profiles, `main` first."""
    gathered: dict[tuple[str, str], list[str]] = {}
    order: dict[tuple[str, str], tuple[bool, str, int]] = {}
    for each in happenings:
        event = opened.get(each.event_id)
        if event is None:
            continue
        for profile, step in judged.steps.get(each.event, ()):
            for name, value in public.open_values(profile, step, event):
                element = profile.fields[name]
                text = sector_words.value(element, value)
                key = (profile.id if profile.id not in main else "", sector_words.of(element.name))
                held = gathered.setdefault(key, [])
                order.setdefault(key, (profile.id not in main, profile.id, profile.public.index(name)))
                if text in held:
                    held.remove(text)
                held.append(text)
    by_name: dict[str, list[str]] = {}
    for key in sorted(gathered, key=lambda one: order[one]):
        by_name.setdefault(key[1], []).extend(gathered[key])
    return list(by_name.items())


def _unproven(judged: Judged, ours: Sequence[Happening]) -> bool:
    """Whether the first that is known of a thing is a step in which it came from somebody else."""
    first = next(iter(ours), None)
    return first is not None and any(
        step.first and step.biz_step not in MAKING for _profile, step in judged.steps.get(first.event, ())
    )


def _readings(judged: Judged, happenings: Iterable[Happening], opened: Mapping[str, Event]) -> Iterable[chart.Reading]:
    """The sensor readings of steps whose profile watches them; what no profile watches is not drawn."""
    for each in happenings:
        event = opened.get(each.event_id)
        if event is None:
            continue
        for _profile, step in judged.steps.get(each.event, ()):
            watched = list(step.sensors.values())
            measures = {sensor.measure for sensor in watched}
            if watched:
                yield from chart.readings_of(
                    event.data, watched, at=each.at, what=sector_words.title(step.name), measures=measures
                )
                break


def clocks_of(items: Sequence[int], judged: Judged, on: date) -> list[Clock]:
    """The duties of a thing that run, the one that is due first in front; nothing asked where its sectors have none."""
    held = {profile.id for found in judged.steps.values() for profile, _step in found if profile.duties}
    if not held:
        return []
    made = []
    for due in compliance.dues(items, on):
        profile = sectors.profile(due.sector, on)
        duty = profile.duties.get(due.duty) if profile else None
        if profile and duty:
            made.append(
                Clock(
                    sector_words.title(duty.name), due.due_on, due.last_on, (due.due_on - on).days,
                    sector_words.law(profile.basis[duty.basis]),
                )
            )  # fmt: skip
    return sorted(made, key=lambda each: each.due_on)
