"""Sets of closed intervals of time, and the lives of a code. Instants are whole microseconds since 1970; pure."""

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise

Span = tuple[int, int]  # both ends belong to it

BEGINNING = -(2**62)  # before every event
END = 2**62  # after every event
ALWAYS: tuple[Span, ...] = ((BEGINNING, END),)

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_TICK = timedelta(microseconds=1)


def instant(at: datetime) -> int:
    """Microseconds since 1970 of an aware moment."""
    return (at - _EPOCH) // _TICK


def moment(at: int) -> datetime | None:
    """The aware moment (UTC) of an instant; None where it stands for no bound."""
    return _EPOCH + timedelta(microseconds=at) if BEGINNING < at < END else None


def add(spans: list[Span], new: Span) -> bool:
    """Unite a set of spans (sorted, apart from each other) with one more, in place. False where it held that already."""
    start, end = new
    if start > end or (spans and spans[-1][0] <= start and end <= spans[-1][1]):
        return False
    first = bisect_left(spans, start, key=lambda span: span[1])
    last = first
    while last < len(spans) and spans[last][0] <= end:
        last += 1
    if last - first == 1 and spans[first][0] <= start and end <= spans[first][1]:
        return False
    if last > first:
        start, end = min(start, spans[first][0]), max(end, spans[last - 1][1])
    spans[first:last] = [(start, end)]
    return True


def holds(spans: Iterable[Span], at: int) -> bool:
    """Whether an instant lies in the set."""
    return any(start <= at <= end for start, end in spans)


def cut(spans: Iterable[Span], start: int, end: int) -> list[Span]:
    """The part of the set between start and end."""
    return [(max(s, start), min(e, end)) for s, e in spans if s <= end and e >= start]


def lives(changes: Iterable[tuple[int, int, bool]]) -> tuple[Span, ...]:
    """The lives of one code, from its (at, log position, begins) changes.

    A commission after an end opens a new life. The old one lasts until then, so that a late report still finds it;
    an end and a beginning at the same instant share this instant, for a tie counts as possible.
    """
    found: list[Span] = []
    start, ended = BEGINNING, None
    for at, _, begins in sorted(changes):
        if not begins:
            ended = at
        elif ended is not None:
            found.append((start, max(ended, at - 1)))
            start, ended = at, None
    return (*found, (start, END))


def joint_lives(each: Sequence[tuple[Span, ...]]) -> tuple[Span, ...]:
    """The lives of a thing with several codes: it begins anew wherever one of its codes does."""
    borders: dict[int, int] = {}
    for spans in each:
        for (_, end), (start, _) in pairwise(spans):
            borders[start] = max(end, borders.get(start, end))
    found: list[Span] = []
    begin = BEGINNING
    for start, end in sorted(borders.items()):
        found.append((begin, end))
        begin = start
    return (*found, (begin, END))
