"""Until when a record must be kept: the legal clocks of its sectors, each counted from what its article names. Pure."""

from calendar import monthrange
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Literal

from zhuisu.profiles.model import Retention

# A record that no sector speaks of: as long as who was harmed by a product may claim (Product Quality Law, article 45: ten years).
NO_SECTOR_MONTHS = 120

Anchor = Literal["event", "expiry", "end_of_service", "scrapping"]


@dataclass(frozen=True, slots=True)
class Days:
    """What the clocks of one event are counted from."""

    event: date  # when it happened or was recorded, the later
    expiry: date | None = None  # the latest known of its things and of what lies in them
    endless: bool = False  # of some thing of it no expiry is known
    last: date | None = None  # when anything last happened to one of its things; None: only this event
    scrapped: date | None = None  # when the last of its things was scrapped; None: one is still there


def kept_until(rules: Iterable[Retention], days: Days) -> date | Anchor:
    """The last day on which the law wants the record: the latest of all rules, whatever kind of record each speaks of, since an event
    is part of several. The name of an anchor where its day is not known yet: then nothing ends. Without rules NO_SECTOR_MONTHS count."""
    latest, given = date.min, False
    for rule in rules:
        day = _end(rule, days)
        if day is None:
            return rule.anchor
        latest, given = max(latest, day), True
    return latest if given else later(days.event, NO_SECTOR_MONTHS)


def _end(rule: Retention, days: Days) -> date | None:
    if rule.anchor == "expiry":
        if days.expiry and not days.endless:
            return later(days.expiry, rule.months)
        if rule.without_anchor_months is None:
            return None
        end = later(days.event, rule.without_anchor_months)
        return max(end, later(days.expiry, rule.months)) if days.expiry else end
    since = {
        "event": days.event,
        "end_of_service": max(days.event, days.last or days.event),
        "scrapping": days.scrapped,
    }
    start = since[rule.anchor]
    return later(start, rule.months) if start else None


def later(day: date, months: int) -> date:
    """The same day so many months later, or the last of its month where that is shorter. Never beyond the calendar: date.max."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    if year > date.max.year:
        return date.max
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))
