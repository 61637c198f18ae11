"""A made-up trade of lots for the benches of walks and balances: ten layers from farm to shop, mixing, rework, additives used
everywhere. As arrays, as a snapshot on the disk, and as rows of the database."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from zhuisu.lineage.snapshot.segment import Columns, Segment

Ints = npt.NDArray[np.int64]

SHAPE = (4, 4, 6, 8, 10, 12, 12, 12, 14, 18)  # of a hundred lots, how many are in which layer
INPUTS = 1.52  # of a lot, beside the first, on the average
MOST_INPUTS = 16
NEAR, WINDOW = 0.7, 0.002  # this part of the inputs was made not longer ago than this part of the whole time
REWORK = 0.02  # of the inputs come out of the same layer
ADDITIVES, USED_BY = 20, 0.01  # so many lots of the fourth layer go into this part of all later ones
DAWN = 1_700_000_000_000_000  # microseconds since 1970
YEAR = 31_536_000_000_000
STEP = 3_600_000_000  # between a layer and the next, at the least: an hour
KILOGRAM = 1_000_000
PER_LOT = 1_000_000_000.0  # milligrams: each lot is a tonne, and all of it is used


@dataclass(frozen=True, slots=True)
class Lots:
    """Lots have the numbers 1 … in the order in which they were made, and so have the events that made them.

    `source`, `target`: the links, each a lot that went into another, in the order of the targets.
    """

    count: int
    source: Ints
    target: Ints
    at: Ints  # of lot 1, 2 …: when it was made

    @property
    def links(self) -> int:
        """How many there are."""
        return len(self.source)


def lots(count: int, seed: int = 1) -> Lots:
    """About 2.5 links a lot."""
    rng = np.random.default_rng(seed)
    sizes = np.array(SHAPE) * count // 100
    sizes[-1] += count - sizes.sum()
    begins = np.r_[0, np.cumsum(sizes)]
    place = np.concatenate([np.sort(rng.random(size)) for size in sizes])
    layer = np.repeat(np.arange(len(SHAPE)), sizes)
    sources, targets = [], []
    for n in range(1, len(SHAPE)):
        own = np.arange(begins[n], begins[n + 1])
        many = 1 + np.minimum(rng.poisson(INPUTS, len(own)), MOST_INPUTS)
        target = np.repeat(own, many)
        back = np.where(rng.random(len(target)) < NEAR, rng.random(len(target)) * WINDOW, rng.random(len(target)))
        wanted = place[target] * (1 - np.where(back < WINDOW, 0, back)) - np.where(back < WINDOW, back, 0)
        again = rng.random(len(target)) < REWORK
        for within, some in ((n - 1, ~again), (n, again)):
            held = place[begins[within] : begins[within + 1]]
            found = np.searchsorted(held, wanted[some], side="right") - 1
            fine = found >= 0
            sources.append(begins[within] + found[fine])
            targets.append(target[some][fine])
    for additive in rng.choice(np.arange(begins[3], begins[3] + max(1, sizes[3] // 20)), ADDITIVES):
        later = np.arange(begins[4], begins[-1])
        later = later[(rng.random(len(later)) < USED_BY) & (place[later] >= place[additive])]
        sources.append(np.full(len(later), additive))
        targets.append(later)
    at = DAWN + (place * YEAR).astype(np.int64) + layer * STEP
    order = np.argsort(at, kind="stable")
    number = np.empty(count, np.int64)
    number[order] = np.arange(1, count + 1)
    pair = np.unique(number[np.concatenate(targets)] << 32 | number[np.concatenate(sources)])
    source, target = pair & 0xFFFFFFFF, pair >> 32
    fine = source < target  # in rework of one instant nothing goes into itself
    return Lots(count, source[fine], target[fine], at[order])


def among(own: Lots, times: int) -> tuple[Lots, Ints]:
    """These, and so many less one as large trades of others beside them, all in the order of time. And which number each of
    these, from 1, has now."""
    trades = [own, *(lots(own.count, seed) for seed in range(2, times + 1))]
    begins = np.cumsum([0, *(trade.count for trade in trades)])
    at = np.concatenate([trade.at for trade in trades])
    order = np.argsort(at, kind="stable")
    number = np.empty(len(at), np.int64)
    number[order] = np.arange(1, len(at) + 1)
    source, target = (
        np.concatenate([number[getattr(trade, side) - 1 + begin] for trade, begin in zip(trades, begins, strict=False)])
        for side in ("source", "target")
    )
    order = np.lexsort((source, target))
    return Lots(len(at), source[order], target[order], np.sort(at)), np.r_[0, number[: own.count]]


def columns(told: Lots) -> "Columns":
    """What a snapshot of them is built of: an event for each lot, with its inputs and its quantity."""
    from zhuisu.codes import Level
    from zhuisu.events.vocabulary import Role
    from zhuisu.lineage.snapshot.segment import Columns

    own = np.arange(1, told.count + 1)
    fed = np.bincount(told.target, minlength=told.count + 1)[1:] > 0
    used = np.bincount(told.source, minlength=told.count + 1)
    item = np.r_[own, told.source]
    role = np.r_[np.where(fed, Role.OUTPUT, Role.COMMISSIONED), np.full(told.links, Role.INPUT)]
    value = np.r_[np.full(told.count, PER_LOT), PER_LOT / used[told.source]]
    names = text(told.count)
    size = len(names) // told.count
    none = np.zeros(0, np.int64)
    return Columns(
        item=item,
        position=np.r_[own, told.target],
        role=role,
        group=np.zeros(len(item), np.int64),
        amount=np.full(len(item), -1),
        value=value,
        measure=np.ones(len(item), np.int64),
        event_position=own,
        event=own,
        at=told.at,
        ids=own,
        level=np.full(told.count, int(Level.LOT)),
        text_start=(own - 1) * size,
        text_size=np.full(told.count, size),
        text=np.frombuffer(names, np.uint8),
        amount_end=none,
        amounts=np.zeros(0, np.uint8),
        void_of=none,
        void_position=none,
    )


def text(count: int) -> bytes:
    """The codes of all lots, one after the other, each as long."""
    return b"".join(b"gs1.lgtin:01/06900000000007/10/%08d" % number for number in range(1, count + 1))


def segment(told: Lots, identity: str = "") -> "Segment":
    """All of them as one stretch of a log."""
    from zhuisu.lineage.snapshot.segment import build

    return build(0, told.count, 0, identity, columns(told))


def stretch(told: Lots, after: int, upto: int) -> "Segment":
    """That part of their log, as a segment."""
    from zhuisu.lineage.snapshot.segment import build

    whole = columns(told)
    facts = (whole.position > after) & (whole.position <= upto)
    some = slice(after, upto)
    held = {
        name: getattr(whole, name)[facts]
        for name in ("item", "position", "role", "group", "amount", "value", "measure")
    }
    held |= {name: getattr(whole, name)[some] for name in ("event_position", "event", "at")}
    here = np.unique(held["item"]) - 1
    held |= {name: getattr(whole, name)[here] for name in ("ids", "level", "text_start", "text_size")}
    return build(after, upto, after, "", whole._replace(**held))


def publish(told: Lots) -> "Segment":
    """Their snapshot on the disk, of a log that has but its last entry: walks read nothing else of the database. Needs empty tables."""
    from zhuisu.events.trade import end_log
    from zhuisu.lineage.snapshot import current, files
    from zhuisu.lineage.snapshot.extract import identity

    end_log(told.count)
    made = segment(told, identity(told.count))
    files.publish([files.write(made)])
    current.forget()
    return made


def store(told: Lots) -> None:
    """The same as rows: item, part, log. Needs empty tables; some millions of rows take minutes."""
    from zhuisu.events.trade import insert

    facts = columns(told)
    names, size = text(told.count).decode(), len(text(1))
    at = told.at[facts.position - 1]
    held = (facts.item, facts.position, at, facts.role, facts.value / KILOGRAM)
    insert(
        (names[begin : begin + size] for begin in range(0, len(names), size)),
        zip(*(column.tolist() for column in held), strict=True),
        told.count,
    )
