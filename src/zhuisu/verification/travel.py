"""Whether one thing can have been where it was scanned: a copy is found by being in two places too soon. Pure."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import NamedTuple

from zhuisu.verification.regions import apart_km

# Cruising speed of an airliner, from door to door: no thing and nobody is faster.
TRAVEL_LIMIT_KMH = 900.0
# Beyond it even the two ends of the country (some 5,000 km) lie within a flight.
TRAVEL_WINDOW = timedelta(hours=6)


class Seen(NamedTuple):
    """One earlier scan, as far as the judgement needs it."""

    at: datetime
    region: str


class Travel(NamedTuple):
    """Two scans that cannot be of one thing: km between the regions at least, hours between the scans, km/h at least."""

    first: Seen
    second: Seen
    km: float
    hours: float

    @property
    def kmh(self) -> float:
        """The speed that it would have taken, at least; a second counts where there was no time at all."""
        return self.km / max(self.hours, 1 / 3600)


def impossible(earlier: Iterable[Seen], now: Seen) -> Travel | None:
    """The fastest journey from an earlier scan to this one, if it is faster than anything that flies; else None."""
    found = []
    for seen in earlier:
        away = abs(now.at - seen.at)
        if not (seen.region and now.region) or seen.region[:2] == now.region[:2] or away > TRAVEL_WINDOW:
            continue
        travel = Travel(seen, now, apart_km(seen.region, now.region), away.total_seconds() / 3600)
        if travel.kmh > TRAVEL_LIMIT_KMH:
            found.append(travel)
    return max(found, key=lambda travel: travel.kmh, default=None)
