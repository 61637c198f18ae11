"""Sensor readings of events as a chart: value against time, the allowed band, what lies outside it; plain numbers for a template."""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.utils.timezone import localtime
from django.utils.translation import gettext_lazy as _

from zhuisu.profiles.model import Sensor

WIDTH, HEIGHT = 336, 168  # one unit is one pixel on a phone, as all drawings
LEFT, RIGHT, TOP, BOTTOM = 34, 6, 10, 34
PLOT_WIDTH, PLOT_HEIGHT = WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM
# A logger writes every five minutes for days: more points than pixels. Of each column the lowest and the highest stay.
MAX_DRAWN = 2 * PLOT_WIDTH
LEAST_DRAWN = 3  # readings that make a drawing; fewer are said in the line above it
MAX_READINGS = 20_000  # of one chart: ten weeks at five minutes
MAX_ROWS = 60  # of the table; what lies outside the band comes first
MEASURES = {
    "Temperature": _("温度"),
    "RelativeHumidity": _("相对湿度"),
    "Pressure": _("压力"),
    "Illuminance": _("光照"),
}
UNITS = {"CEL": "℃", "FAH": "℉", "KEL": "K", "P1": "%", "A93": "g/m³", "MPA": "MPa", "LUX": "lx"}
_NUMBERS = ("value", "minValue", "maxValue", "meanValue")


@dataclass(frozen=True, slots=True)
class Reading:
    """One value, when, in its unit (UN/ECE Rec 20), and the bounds that held for it. `what`: the step during which it was read."""

    at: datetime
    value: float
    unit: str
    measure: str
    low: float | None = None
    high: float | None = None
    what: str = ""

    @property
    def outside(self) -> bool:
        """Whether it lies outside its bounds."""
        return (self.low is not None and self.value < self.low) or (self.high is not None and self.value > self.high)

    @property
    def text(self) -> str:
        """The value with its unit."""
        return f"{self.value:g} {UNITS.get(self.unit, self.unit)}"


@dataclass(frozen=True, slots=True)
class Mark:
    """A point that is drawn."""

    x: float
    y: float
    reading: Reading


@dataclass(slots=True)
class Chart:
    """What the template needs: paths are SVG path data, bands are (x, y, width, height), ticks (place, text)."""

    measure: str
    title: str
    unit: str
    count: int
    outside: int
    least: Reading
    most: Reading
    path: str = ""
    bands: list[tuple[float, float, float, float]] = field(default_factory=list)
    marks: list[Mark] = field(default_factory=list)  # outside the band
    dots: list[Mark] = field(default_factory=list)  # all, where there are few
    levels: list[tuple[float, str]] = field(default_factory=list)
    times: list[tuple[float, str, str]] = field(default_factory=list)  # x, text, text-anchor
    rows: list[Reading] = field(default_factory=list)
    band: str = ""
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT
    right: int = WIDTH - RIGHT
    base: int = TOP + PLOT_HEIGHT

    @property
    def drawn(self) -> bool:
        """Whether a drawing says more than the line above it: not for one or two readings."""
        return self.count >= LEAST_DRAWN

    @property
    def more(self) -> int:
        """Readings that the table leaves out."""
        return self.count - len(self.rows)


def readings_of(
    said: Mapping[str, Any], sensors: Iterable[Sensor], *, at: datetime, what: str = "", measures: Iterable[str] = ()
) -> Iterator[Reading]:
    """The readings of one event as sent (JSON), with the bounds that its step's sensors set. `at`: the event's time, used where
    the sensor gives none; `measures`: only these, none named: all. What is no number or no time is passed over: capture has judged it."""
    wanted = frozenset(measures)
    bounds = {(each.measure, each.unit): each for each in sensors}
    for element in said.get("sensorElementList") or ():
        data = element.get("sensorMetadata") or {}
        for report in element.get("sensorReport") or ():
            measure = str(report.get("type", "")).rpartition(":")[2].rpartition("/")[2]
            unit = str(report.get("uom", ""))
            if not measure or (wanted and measure not in wanted):
                continue
            bound = bounds.get((measure, unit))
            low = None if bound is None or bound.min is None else float(bound.min)
            high = None if bound is None or bound.max is None else float(bound.max)
            start = _time(report.get("time") or data.get("time") or data.get("startTime")) or at
            end = _time(data.get("endTime")) or start
            for name in _NUMBERS:
                value = report.get(name)
                if isinstance(value, int | float | Decimal) and not isinstance(value, bool) and math.isfinite(value):
                    yield Reading(end if name == "maxValue" else start, float(value), unit, measure, low, high, what)


def charts(readings: Iterable[Reading]) -> list[Chart]:
    """One chart for each measure and unit, in the order of first appearance; none for fewer than one reading."""
    held: dict[tuple[str, str], list[Reading]] = {}
    for each in readings:
        if sum(map(len, held.values())) >= MAX_READINGS:
            break
        held.setdefault((each.measure, each.unit), []).append(each)
    return [_chart(sorted(each, key=lambda one: (one.at, one.value))) for each in held.values()]


def _chart(found: Sequence[Reading]) -> Chart:
    first = found[0]
    outside = [each for each in found if each.outside]
    drawn = Chart(
        first.measure,
        str(MEASURES.get(first.measure, first.measure)),
        UNITS.get(first.unit, first.unit),
        len(found),
        len(outside),
        min(found, key=lambda each: each.value),
        max(found, key=lambda each: each.value),
    )
    low, high = _span(found)
    start, end = found[0].at, found[-1].at
    seconds = (end - start).total_seconds()

    def x_of(moment: datetime) -> float:
        return round(LEFT + (PLOT_WIDTH * (moment - start).total_seconds() / seconds if seconds else PLOT_WIDTH / 2), 1)

    def y_of(value: float) -> float:
        return round(TOP + PLOT_HEIGHT * (high - value) / (high - low), 1)

    marks = [Mark(x_of(each.at), y_of(each.value), each) for each in _thinned(found, start, seconds)]
    drawn.path = "M" + "L".join(f"{each.x:g} {each.y:g}" for each in marks) if len(marks) > 1 else ""
    drawn.marks = [each for each in marks if each.reading.outside]
    drawn.dots = [each for each in marks if not each.reading.outside] if len(marks) <= 60 else []
    drawn.bands = list(_bands(found, x_of, y_of, low, high))
    drawn.levels = [(y_of(value), f"{value:g}") for value in _ticks(low, high)]
    drawn.times = _times(start, end)
    inside = [each for each in found if not each.outside]
    drawn.rows = sorted([*outside[:MAX_ROWS], *inside[: max(0, MAX_ROWS - len(outside))]], key=lambda each: each.at)
    drawn.band = _band_text(found, drawn.unit)
    return drawn


def _span(found: Sequence[Reading]) -> tuple[float, float]:
    """Lowest and highest value of the plot: the readings, and a bound where it is near enough not to flatten them."""
    values = [each.value for each in found]
    low, high = min(values), max(values)
    reach = max(high - low, 2.0)
    near = [each for one in found for each in (one.low, one.high) if each is not None]
    near = [each for each in near if low - 2 * reach <= each <= high + 2 * reach]
    low, high = min([low, *near]), max([high, *near])
    edge = max((high - low) * 0.1, 0.5)
    return low - edge, high + edge


def _thinned(found: Sequence[Reading], start: datetime, seconds: float) -> list[Reading]:
    if len(found) <= MAX_DRAWN or not seconds:
        return list(found)
    columns: dict[int, list[Reading]] = {}
    for each in found:
        columns.setdefault(int(PLOT_WIDTH * (each.at - start).total_seconds() / seconds), []).append(each)
    kept = []
    for held in columns.values():
        ends = {id(one): one for one in (min(held, key=_value), max(held, key=_value))}
        kept += sorted(ends.values(), key=lambda one: one.at)
    return kept


def _value(reading: Reading) -> float:
    return reading.value


def _bands(
    found: Sequence[Reading], x_of: Any, y_of: Any, low: float, high: float
) -> Iterator[tuple[float, float, float, float]]:
    """Rectangles of what is allowed, one for each stretch of time with the same bounds, side by side without gaps."""
    stretches: list[tuple[float | None, float | None, datetime]] = []
    for each in found:
        if not stretches or stretches[-1][:2] != (each.low, each.high):
            stretches.append((each.low, each.high, each.at))
    for number, (least, most, since) in enumerate(stretches):
        if least is None and most is None:
            continue
        begin = LEFT if number == 0 else x_of(since)
        end = x_of(stretches[number + 1][2]) if number + 1 < len(stretches) else WIDTH - RIGHT
        top = y_of(high if most is None else min(most, high))
        bottom = y_of(low if least is None else max(least, low))
        if bottom > top and end > begin:
            yield (round(begin, 1), top, round(end - begin, 1), round(bottom - top, 1))


def _ticks(low: float, high: float) -> list[float]:
    """Three to five round values within the plot."""
    rough = (high - low) / 4
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * each for each in (1, 2, 5, 10) if power * each >= rough)
    first = math.ceil(low / step)
    return [round(number * step, 6) for number in range(first, math.floor(high / step) + 1)]


def _times(start: datetime, end: datetime) -> list[tuple[float, str, str]]:
    if start == end:
        return [(LEFT + PLOT_WIDTH / 2, f"{localtime(start):%m-%d %H:%M}", "middle")]
    ends = ((LEFT, start, "start"), (WIDTH - RIGHT, end, "end"))
    return [(x, f"{localtime(moment):%m-%d %H:%M}", anchor) for x, moment, anchor in ends]


def _band_text(found: Sequence[Reading], unit: str) -> str:
    """The bounds in words where all readings have the same; empty where they differ or there are none."""
    bounds = {(each.low, each.high) for each in found}
    if len(bounds) != 1:
        return ""
    low, high = next(iter(bounds))
    if low is None and high is None:
        return ""
    if high is None:
        return f"≥ {low:g} {unit}"
    return f"≤ {high:g} {unit}" if low is None else f"{low:g} – {high:g} {unit}"


def _time(text: Any) -> datetime | None:
    try:
        found = datetime.fromisoformat(str(text).replace("Z", "+00:00"))
    except ValueError:
        return None
    return found if found.tzinfo else None
