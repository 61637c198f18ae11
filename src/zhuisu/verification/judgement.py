"""The state of one code, from facts alone: what the issue log says, what the events say, and which day it is. Pure."""

from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from zhuisu.codes import Level
from zhuisu.events.queries import Happening
from zhuisu.events.vocabulary import Role

# A checkout and the till's report of it may both be told as sales; nobody buys a thing back and sells it within the hour.
SALE_WINDOW = timedelta(hours=1)

SOLD = frozenset({"retail_sold", "dispensed"})  # CBV 2.0 §7.2
SALE_STEPS = frozenset({"retail_selling", "dispensing"})  # CBV 2.0 §7.1
# What must lie between two sales of one thing: it came back, or was withdrawn from the one who had it, or began anew.
BACK = frozenset({"returned", "sellable_accessible", "sellable_not_accessible"})
# What whoever declared a recall says of a thing that was checked and may be sold again.
CLEARED = frozenset({"conformant", "available", "sellable_accessible", "sellable_not_accessible"})

# A single thing that a person can hold. A lot, and any text of unknown meaning, may be in many hands at once.
SINGLE = frozenset({Level.INSTANCE, Level.PACKAGE, Level.ASSET})


class State(StrEnum):
    """What is known of a code. Of a single thing the first that is true, in this order; docs/concepts/verification.md."""

    CLASS = "class"
    PLACE = "place"
    PARTY = "party"
    FORGED = "forged"
    NEVER_ISSUED = "never-issued"
    VOIDED = "voided"
    RECALLED = "recalled"
    EXPIRED = "expired"
    USED = "used"
    INACTIVE = "inactive"
    GENUINE = "genuine"
    FOREIGN = "foreign"
    RECORDED = "recorded"
    UNKNOWN = "unknown"


# To the public these are one: whoever tries numbers must not learn which of them come near.
MISSES = frozenset({State.FORGED, State.NEVER_ISSUED, State.UNKNOWN})
OURS = frozenset({"issued", "active", "voided", "used"})  # kinds of registry.issuing.queries.Standing


@dataclass(frozen=True, slots=True)
class Sale:
    """One sale of a thing, as reported."""

    event: int
    event_id: str
    at: datetime
    organisation: int
    place: str | None


@dataclass(frozen=True, slots=True)
class Told:
    """What the events say of a thing. `recall` is the event that counts, `claim` the recall of someone who has no part in
    the thing; `doubles` are sales that followed another one."""

    recorded: bool = False
    recall: Happening | None = None
    claim: Happening | None = None
    sales: tuple[Sale, ...] = ()
    sold: bool = False  # and not come back since
    doubles: tuple[Sale, ...] = ()


@dataclass(frozen=True, slots=True)
class Facts:
    """All that the state of a code rests on. `kind` is that of its standing; `near`: a series of ours that it claims."""

    level: Level
    kind: str = "none"
    near: bool = False
    recorded: bool = False
    recalled: bool = False
    expired: bool = False
    sold: bool = False


def judge(facts: Facts) -> State:
    """The one state that a person must know first."""
    if facts.level in (Level.PLACE, Level.PARTY, Level.CLASS):
        return State[facts.level.name]
    if facts.kind in ("forged", "never-issued") and (facts.near or not facts.recorded):
        # Reports about a code that claims our series and is none of it do not make it one.
        return State(facts.kind)
    ours = facts.kind in OURS
    if not (ours or facts.kind == "foreign" or facts.recorded):
        return State.UNKNOWN
    checks = (
        (facts.kind == "voided", State.VOIDED),
        (facts.recalled, State.RECALLED),
        (facts.expired, State.EXPIRED),
        (facts.kind == "used" or (ours and facts.sold), State.USED),
        (facts.kind == "issued", State.INACTIVE),
        (facts.kind == "active", State.GENUINE),
        (facts.kind == "foreign", State.FOREIGN),
    )
    return next((state for true, state in checks if true), State.RECORDED)


def told_by(
    own: Sequence[Happening],
    lots: Sequence[Happening] = (),
    around: Sequence[Happening] = (),
    *,
    single: bool = True,
    outsiders: Container[int] = (),
) -> Told:
    """What these happenings, oldest first, say of a thing: its own, those of its lots, and those of what it lay in while it
    lay there. Voided ones say nothing. A sale of a lot is no sale of this thing, a recall by `outsiders` only a claim."""
    counted = [each for each in own if not each.voided]
    groups = (counted, lots, around)
    inner = ([each for each in group if each.organisation not in outsiders] for group in groups)
    recall = next((found for group in inner if (found := recall_in(group))), None)
    claim = recall_in(each for group in groups for each in group if each.organisation in outsiders)
    sales, doubles, sold = _sales(counted) if single else ((), (), False)
    return Told(bool(own), recall, claim, sales, sold, doubles)


def recall_in(happenings: Iterable[Happening]) -> Happening | None:
    """The last recall that whoever declared it has not lifted. Another's report lifts nothing."""
    open_recalls: dict[tuple[int, int], Happening] = {}
    for each in happenings:
        if each.voided:
            continue
        if each.disposition == "recalled":
            open_recalls[each.organisation, each.item] = each
        elif each.disposition in CLEARED:
            open_recalls.pop((each.organisation, each.item), None)
    return max(open_recalls.values(), key=lambda each: each.at, default=None)


def _sales(counted: Sequence[Happening]) -> tuple[tuple[Sale, ...], tuple[Sale, ...], bool]:
    """All sales, those that followed a sale without a return between, and whether it is sold now."""
    sales: list[Sale] = []
    doubles: list[Sale] = []
    sold: Sale | None = None
    for each in counted:
        if each.step in SALE_STEPS or each.disposition in SOLD:
            sale = Sale(each.event, each.event_id, each.at, each.organisation, each.read_point or each.biz_location)
            if sold and _same(sold, sale):
                continue
            if sold:
                doubles.append(sale)
            sales.append(sale)
            sold = sale
        elif each.disposition in BACK or each.role in (Role.COMMISSIONED, Role.DECOMMISSIONED):
            sold = None
    return tuple(sales), tuple(doubles), sold is not None


def _same(one: Sale, other: Sale) -> bool:
    """Whether two reports speak of one sale: of the same reporter at the same place, within the window."""
    together = (one.organisation, one.place) == (other.organisation, other.place)
    return one.event == other.event or (together and other.at - one.at <= SALE_WINDOW)
