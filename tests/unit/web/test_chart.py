"""Readings of an event as a chart: what is outside is found and drawn, nothing is lost by thinning, and a logger's file is read."""

import random
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from zhuisu.profiles.model import Sensor
from zhuisu.profiles.typed import EntryError
from zhuisu.web import chart
from zhuisu.workspace.books.logs import MAX_READINGS, elements, readings

AT = datetime(2026, 11, 1, tzinfo=UTC)
COLD = Sensor("Temperature", "CEL", "b", Decimal(2), Decimal(8))


def said(*values: float, **more: Any) -> dict[str, Any]:
    times = [(AT + timedelta(minutes=5 * place)).isoformat() for place in range(len(values))]
    return {
        "sensorElementList": [
            {
                "sensorMetadata": {"time": time},
                "sensorReport": [{"type": "Temperature", "value": value, "uom": "CEL"} | more],
            }
            for time, value in zip(times, values, strict=True)
        ]
    }


def test_readings_outside_the_band_are_told() -> None:
    (made,) = chart.charts(chart.readings_of(said(4, 9.5, 8, 1.9), [COLD], at=AT, what="运输"))
    assert (made.count, made.outside) == (4, 2)
    assert [mark.reading.value for mark in made.marks] == [9.5, 1.9]
    assert made.band == "2 – 8 ℃" and len(made.bands) == 1
    assert (made.least.value, made.most.value) == (1.9, 9.5)


def test_other_units_and_measures_are_charts_of_their_own_without_a_band() -> None:
    kelvin = said(280, uom="KEL")
    moist = said(50, type="RelativeHumidity", uom="P1")
    found = chart.charts([each for one in (said(5), kelvin, moist) for each in chart.readings_of(one, [COLD], at=AT)])
    assert [(each.measure, each.unit, bool(each.bands)) for each in found] == [
        ("Temperature", "℃", True), ("Temperature", "K", False), ("RelativeHumidity", "%", False),
    ]  # fmt: skip
    assert not chart.charts(chart.readings_of(moist, [COLD], at=AT, measures=["Temperature"]))


def test_least_and_greatest_values_and_missing_times_count() -> None:
    event = {
        "sensorElementList": [
            {"sensorReport": [{"type": "gs1:Temperature", "minValue": 1, "maxValue": 9, "uom": "CEL"}]}
        ]
    }
    found = list(chart.readings_of(event, [COLD], at=AT))
    assert [(each.value, each.at, each.outside) for each in found] == [(1, AT, True), (9, AT, True)]


@pytest.mark.parametrize("count", [1, 2, 300, 6_000])
def test_everything_is_drawn_inside_and_no_extreme_is_thinned_away(count: int) -> None:
    chance = random.Random(count)
    values = [round(chance.uniform(-5, 15), 2) for _ in range(count)]
    (made,) = chart.charts(chart.readings_of(said(*values), [COLD], at=AT))
    assert made.count == count and made.outside == sum(not 2 <= value <= 8 for value in values)
    assert made.least.value == min(values) and made.most.value == max(values)
    drawn = [*made.marks, *made.dots]
    assert all(chart.LEFT <= each.x <= chart.WIDTH - chart.RIGHT for each in drawn)
    assert all(chart.TOP <= each.y <= chart.TOP + chart.PLOT_HEIGHT for each in drawn)
    if made.outside:
        assert {min(values), max(values)} & {each.reading.value for each in made.marks}
    assert len(made.rows) <= chart.MAX_ROWS and made.more == count - len(made.rows)
    assert made.path.count("L") <= chart.MAX_DRAWN


@pytest.mark.parametrize(
    "text",
    [
        "时间,温度\n2026-11-01 08:00,4.5\n2026-11-01 08:05,5\n",
        "2026/11/01 08:00;4,5\n2026/11/01 08:05;5\n",
        "time\ttemp\n2026-11-01T00:05:00Z\t5 ℃\n\n2026-11-01T00:00:00Z\t4.5 ℃\n",
    ],
)
def test_a_loggers_file_is_read_in_the_order_of_time(text: str) -> None:
    found = readings(text.encode("gb18030") if "℃" not in text else text.encode())
    assert [value for _at, value in found] == [4.5, 5.0]
    assert found[0][0] == datetime(2026, 11, 1, tzinfo=UTC)
    (first, _second) = elements(found, COLD)
    assert first == {
        "sensorMetadata": {"time": "2026-11-01T08:00:00+08:00"},
        "sensorReport": [{"type": "Temperature", "value": 4.5, "uom": "CEL"}],
    }


@pytest.mark.parametrize(
    ("octets", "rule"),
    [
        (b"", "log-empty"),
        (b"time,value\n", "log-empty"),
        (b"2026-11-01 08:00,4\nsoon,5\n", "log-line"),
        (b"2026-11-01 08:00,4\n2026-11-01 08:05,nan\n", "log-line"),
        (b"2026-11-01 08:00,4\n" * (MAX_READINGS + 1), "log-length"),
        (b"x" * 1_000_001, "log-size"),
    ],
)
def test_what_is_no_loggers_file_is_refused_by_line(octets: bytes, rule: str) -> None:
    with pytest.raises(EntryError) as wrong:
        readings(octets)
    assert wrong.value.rule == rule and wrong.value.message_zh
