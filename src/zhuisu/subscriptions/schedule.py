"""When a scheduled subscription runs: patterns over the fields of the local time, in the manner of cron (EPCIS 2.0 §8.2.5.3)."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

FIELDS = {  # lowest and highest value; a Monday is 1
    "second": (0, 59),
    "minute": (0, 59),
    "hour": (0, 23),
    "dayOfMonth": (1, 31),
    "month": (1, 12),
    "dayOfWeek": (1, 7),
}
MAX_PATTERN = 200  # characters of one field: all sixty values, written out, are 170
# A 29th of February on a given weekday comes at most forty years later (2088 to 2128): what does not run within that never does.
_DAYS = 41 * 366
_ELEMENT = re.compile(r"(?:(\*)|(\d{1,2})|\[(\d{1,2})-(\d{1,2})\]|(\d{1,2})-(\d{1,2}))(?:/(\d{1,2}))?")


class ScheduleError(ValueError):
    """Why a schedule is none: in which field, in English and Chinese."""

    def __init__(self, field: str, message: str, message_zh: str) -> None:
        super().__init__(message)
        self.field = field
        self.message_zh = message_zh


@dataclass(frozen=True, slots=True)
class Schedule:
    """The values of each field at which it runs; all must match. Sorted."""

    second: tuple[int, ...]
    minute: tuple[int, ...]
    hour: tuple[int, ...]
    dayOfMonth: tuple[int, ...]
    month: tuple[int, ...]
    dayOfWeek: tuple[int, ...]


def read(fields: Mapping[str, Any]) -> Schedule:
    """The schedule of an object of patterns such as {"hour": "1", "minute": "5"}. Raises ScheduleError.

    A pattern is a list of numbers and ranges: `5`, `[1-5]`, `0,30`; also `*`, `1-5`, and steps as in `*/15` or `0/30`. Of the
    fields that are left out, those finer than the finest one given are at their lowest, as the standard's example has it (hour 1,
    minute 5: once, at 1:05:00); coarser ones take any value.
    """
    if unknown := sorted(set(fields) - set(FIELDS)):
        raise ScheduleError(
            unknown[0],
            f"no field of a schedule; possible: {', '.join(FIELDS)}",
            f"不是计划字段；可用：{'、'.join(FIELDS)}",
        )
    if not fields:
        raise ScheduleError("schedule", "names no field", "未填写任何字段")
    held: dict[str, tuple[int, ...]] = {}
    given = False
    for name, (low, high) in FIELDS.items():
        if name in fields:
            held[name] = _values(name, fields[name], low, high)
            given = True
        elif given or (name in ("dayOfMonth", "month") and "dayOfWeek" in fields) or name == "dayOfWeek":
            held[name] = tuple(range(low, high + 1))
        else:
            held[name] = (low,)
    schedule = Schedule(**held)
    if next_run(schedule, datetime(2088, 3, 1, tzinfo=UTC), ZoneInfo("UTC")) is None:
        raise ScheduleError("dayOfMonth", "no month has such a day: it would never run", "没有这样的日期，计划永不执行")
    return schedule


def _values(name: str, pattern: Any, low: int, high: int) -> tuple[int, ...]:
    wrong = ScheduleError(
        name,
        f"a list of numbers from {low} to {high}, or ranges such as [{low}-{high}], as text",
        f"须为文本形式的 {low} 至 {high} 之间的数字或范围（如 [{low}-{high}]），以逗号分隔",
    )
    if isinstance(pattern, int) and not isinstance(pattern, bool):
        pattern = str(pattern)  # the standard's own examples write numbers too
    if not isinstance(pattern, str) or len(pattern) > MAX_PATTERN:
        raise wrong
    found: set[int] = set()
    for element in pattern.split(","):
        match = _ELEMENT.fullmatch(element.strip()) if element.isascii() else None
        if match is None:
            raise wrong
        star, one, *ends, step = match.groups()
        if star:
            first, last = low, high
        elif one:
            first, last = int(one), high if step else int(one)
        else:
            first, last = (int(end) for end in ends if end)
        if not low <= first <= last <= high or step == "0" or step == "00":
            raise wrong
        found.update(range(first, last + 1, int(step or 1)))
    return tuple(sorted(found))


def next_run(schedule: Schedule, after: datetime, zone: ZoneInfo) -> datetime | None:
    """The first instant behind `after` at which the local time of `zone` matches, in UTC; None where there is none.

    A local time that a change of clocks leaves out does not come; one that comes twice counts the first time.
    """
    day = after.astimezone(zone).date() - timedelta(days=1)  # a clock set back may repeat the end of a day
    for _ in range(_DAYS):
        if _matches(schedule, day) and (found := _on(schedule, day, after, zone)):
            return found
        day += timedelta(days=1)
    return None


def _matches(schedule: Schedule, day: date) -> bool:
    return day.month in schedule.month and day.day in schedule.dayOfMonth and day.isoweekday() in schedule.dayOfWeek


def _on(schedule: Schedule, day: date, after: datetime, zone: ZoneInfo) -> datetime | None:
    if _instant(day, time(23, 59, 59), zone) + timedelta(hours=3) <= after:
        return None
    for hour in schedule.hour:
        for minute in schedule.minute:
            if _instant(day, time(hour, minute, 59), zone) <= after:
                continue
            for second in schedule.second:
                clock = time(hour, minute, second)
                found = _instant(day, clock, zone)
                if found > after and found.astimezone(zone).time() == clock:
                    return found
    return None


def _instant(day: date, clock: time, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, clock, zone).astimezone(UTC)
