"""What a walk alone cannot say of its answer: which joins are only inferred, and what its vessels held before (the second ring)."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from zhuisu import sectors
from zhuisu.codes import Level
from zhuisu.events.store import rows
from zhuisu.events.vocabulary import Role
from zhuisu.lineage.queries import Walk
from zhuisu.profiles.model import Step

# Which events count: those that the log held at a position, and that nothing known by then had declared wrong.
_COUNTS = """join log_entry g on g.event = p.event and g.position <= %s
  where not exists (select 1 from void x join log_entry d on d.event = x.declared_by where x.event = p.event and d.position <= %s)"""


def inferred(events: Iterable[int | None]) -> frozenset[int]:
    """Those of the events (numbers) that were judged to be a pool or a day's stock: that one of their inputs is in one of their
    outputs is inferred. One statement."""
    wanted = [each for each in events if each is not None]
    names = _steps(lambda step: step.pool)
    return frozenset(
        number
        for (number,) in rows(
            "select event from verdict_last where event = any(%s) and sector || '.' || step = any(%s)", [wanted, names]
        )
    )


@dataclass(frozen=True, slots=True)
class Load:
    """What was loaded into a vessel: items by number, when (UTC), and in which event."""

    vessel: int
    item: int
    at: datetime
    event: int


def second_ring(walk: Walk) -> list[Load]:
    """What lay in the vessels of a walk before that which the walk is about, since they were last cleaned, the oldest first.

    A vessel is a container with a name of its own for years: tank, silo, cylinder, tray (level ASSET). It may have left traces; the
    walk itself does not follow it. Two statements, however many vessels there are.
    """
    begins: dict[int, list[datetime | None]] = {
        each.item: [start for start, _ in each.spans]
        for each in walk.carried.values()
        if each.level == Level.ASSET and each.item not in walk.start
    }
    own = walk.items.keys()
    found: set[Load] = set()
    cleaned = _cleaned(list(begins), walk.position)
    loads = _loads(list(begins), walk.position)
    for vessel, starts in begins.items():
        for start in starts:
            if start is None:
                continue
            since = max((at for at in cleaned[vessel] if at <= start), default=None)
            earlier = (one for one in loads[vessel] if one.at < start and (since is None or one.at > since))
            found.update(one for one in earlier if one.item not in own)
    return sorted(found, key=lambda one: (one.at, one.vessel, one.item))


def _steps(like: Callable[[Step], bool]) -> list[str]:
    """Steps of any edition, as sector.step."""
    return sorted(
        {
            f"{name}.{step_id}"
            for name, sector in sectors.all().items()
            for edition in sector.editions
            for step_id, step in edition.steps.items()
            if like(step)
        }
    )


def _cleaned(vessels: list[int], position: int) -> dict[int, list[datetime]]:
    found: dict[int, list[datetime]] = defaultdict(list)
    for vessel, at in rows(
        f"""select p.item, p.at from part p {_COUNTS} and p.item = any(%s) and exists (
              select 1 from verdict v where v.event = p.event and v.sector || '.' || v.step = any(%s))""",
        [position, position, vessels, _steps(lambda step: step.cleans)],
    ):
        found[vessel].append(at)
    return found


def _loads(vessels: list[int], position: int) -> dict[int, list[Load]]:
    found: dict[int, list[Load]] = defaultdict(list)
    for row in rows(
        f"""select p.item, c.item, p.at, p.event from part p join part c on c.event = p.event and c.role = %s {_COUNTS}
            and p.item = any(%s) and p.role = %s""",
        [int(Role.PACKED), position, position, vessels, int(Role.PACK_PARENT)],
    ):
        found[row[0]].append(Load(*row))
    return found
