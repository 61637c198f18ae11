"""Scans of one thing: which one a look is, written down if it is new. Counting and writing are one function of the database."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from zhuisu.codes import Code
from zhuisu.verification.statements import prepared
from zhuisu.verification.travel import TRAVEL_WINDOW, Seen

HISTORY_LIMIT = 200  # scans of one thing that a new one is compared with
# One source is one scan for so long: it reloads, turns the phone, shows the page to a friend.
SAME_SCAN_WINDOW = timedelta(minutes=10)

# A call with the values of `asked`, and the columns of what it gives.
CALL = "verification_scanned(%(thing)s, %(at)s, %(region)s, %(state)s, %(source)s, %(counts)s, %(same)s, %(journey)s, %(most)s)"
COLUMNS = ("earlier", "fresh", "first_at", "first_region", "last_at", "last_region", "elsewhere_at", "elsewhere")


@dataclass(frozen=True, slots=True)
class Scans:
    """Which scan of its thing this is, from 1."""

    number: int
    first: Seen | None  # the first one before this
    last: Seen | None  # the last one before this
    fresh: bool = False  # written down at this look
    elsewhere: tuple[Seen, ...] = ()  # of a new one: those in other provinces within TRAVEL_WINDOW, newest first


def asked(code: Code, state: str, *, at: datetime, region: str, source: UUID, counts: bool) -> dict[str, Any]:
    """The values of a call: a look at a thing that the page calls `state`. `region`: GB/T 2260, empty where it is not known."""
    return {
        "thing": code.key, "at": at, "region": region, "state": state, "source": source, "counts": counts,
        "same": SAME_SCAN_WINDOW, "journey": TRAVEL_WINDOW, "most": HISTORY_LIMIT,
    }  # fmt: skip


def scanned(values: Mapping[str, Any]) -> Scans:
    """Which scan a look is. It is written down if it counts and its source has none within SAME_SCAN_WINDOW. One statement."""
    return told(prepared(f"select {', '.join(COLUMNS)} from {CALL}", values)[0])


def told(row: Sequence[Any]) -> Scans:
    """What the COLUMNS say."""
    earlier, fresh, first_at, first_region, last_at, last_region, moments, places = row
    first = last = None
    if earlier:
        first, last = Seen(first_at, first_region), Seen(last_at, last_region)
    elsewhere = tuple(map(Seen, moments, places)) if moments else ()
    return Scans(earlier + 1, first, last, fresh, elsewhere)
