"""Schedules against a plain oracle that asks second after second, in zones with and without changes of clocks."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zhuisu.subscriptions.schedule import FIELDS, Schedule, ScheduleError, next_run, read

SHANGHAI = ZoneInfo("Asia/Shanghai")
BERLIN = ZoneInfo("Europe/Berlin")


def matches(schedule: Schedule, at: datetime, zone: ZoneInfo) -> bool:
    """Whether a schedule runs at this instant: field by field; of a local time that comes twice, the first."""
    local = at.astimezone(zone)
    return (
        local.fold == 0
        and local.second in schedule.second
        and local.minute in schedule.minute
        and local.hour in schedule.hour
        and local.day in schedule.dayOfMonth
        and local.month in schedule.month
        and local.isoweekday() in schedule.dayOfWeek
    )


def oracle(schedule: Schedule, after: datetime, zone: ZoneInfo, seconds: int) -> datetime | None:
    at = after.replace(microsecond=0)
    for _ in range(seconds):
        at += timedelta(seconds=1)
        if matches(schedule, at, zone):
            return at
    return None


def some(low: int, high: int, least: int = 1) -> st.SearchStrategy[tuple[int, ...]]:
    return st.sets(st.integers(low, high), min_size=least).map(lambda found: tuple(sorted(found)))


seconds_of_day = st.builds(
    Schedule,
    some(0, 59),
    some(0, 59),
    some(0, 23, 6),
    st.just(tuple(range(1, 32))),
    st.just(tuple(range(1, 13))),
    some(1, 7, 5),
)
instants = st.integers(1767225600, 1861833600).map(lambda seconds: datetime.fromtimestamp(seconds, UTC))
changes = st.sampled_from([datetime(2026, 3, 29, 0, 30, tzinfo=UTC), datetime(2026, 10, 25, 0, 10, tzinfo=UTC)])


@given(seconds_of_day, st.one_of(instants, changes), st.sampled_from([SHANGHAI, BERLIN]))
def test_the_next_run_is_the_first_second_that_matches(schedule: Schedule, after: datetime, zone: ZoneInfo) -> None:
    found = next_run(schedule, after, zone)
    assert found is not None and found > after and matches(schedule, found, zone)
    near = oracle(schedule, after, zone, 4 * 3600)
    if near is not None or found - after <= timedelta(hours=4):
        assert found == near


@given(some(1, 31), some(1, 12), some(1, 7), instants, st.sampled_from([SHANGHAI, BERLIN]))
def test_days_are_found(days, months, weekdays, after: datetime, zone: ZoneInfo) -> None:
    schedule = Schedule((0,), (30,), (12,), days, months, weekdays)
    found = next_run(schedule, after, zone)
    day, plain = after.astimezone(zone).date(), None
    for _ in range(3300):
        noon = datetime.combine(day, datetime.min.time().replace(hour=12, minute=30), zone)
        if matches(schedule, noon, zone) and noon > after:
            plain = noon
            break
        day += timedelta(days=1)
    assert found == plain


@pytest.mark.parametrize(
    ("fields", "after", "runs"),
    [
        ({"hour": "1", "minute": "5"}, "2026-11-20T00:00:00+08:00", ["2026-11-20T01:05:00", "2026-11-21T01:05:00"]),
        ({"second": "0/30"}, "2026-11-20T00:00:00+08:00", ["2026-11-20T00:00:30", "2026-11-20T00:01:00"]),
        ({"minute": "[10-11]"}, "2026-11-20T00:10:00+08:00", ["2026-11-20T00:11:00", "2026-11-20T01:10:00"]),
        ({"hour": "*/12"}, "2026-11-20T00:00:00+08:00", ["2026-11-20T12:00:00", "2026-11-21T00:00:00"]),
        ({"dayOfWeek": "1"}, "2026-11-20T00:00:00+08:00", ["2026-11-23T00:00:00", "2026-11-30T00:00:00"]),
        ({"dayOfMonth": "31"}, "2026-11-20T00:00:00+08:00", ["2026-12-31T00:00:00", "2027-01-31T00:00:00"]),
        ({"month": "2"}, "2026-11-20T00:00:00+08:00", ["2027-02-01T00:00:00", "2028-02-01T00:00:00"]),
        ({"month": 2, "dayOfMonth": 29}, "2026-11-20T00:00:00+08:00", ["2028-02-29T00:00:00", "2032-02-29T00:00:00"]),
        (
            {"dayOfWeek": "6-7", "hour": "8,20"},
            "2026-11-20T00:00:00+08:00",
            ["2026-11-21T08:00:00", "2026-11-21T20:00:00"],
        ),
        ({"dayOfWeek": "5", "dayOfMonth": "13"}, "2026-11-20T00:00:00+08:00", ["2027-08-13T00:00:00"]),
    ],
)
def test_patterns_mean(fields, after: str, runs: list[str]) -> None:
    at = datetime.fromisoformat(after)
    for expected in runs:
        found = next_run(read(fields), at, SHANGHAI)
        assert found is not None
        assert found.astimezone(SHANGHAI).isoformat() == f"{expected}+08:00"
        at = found


def test_a_time_that_the_clocks_leave_out_does_not_come() -> None:
    after = datetime(2026, 3, 28, 12, tzinfo=UTC)
    found = next_run(read({"hour": "2", "minute": "30"}), after, BERLIN)
    assert found == datetime(2026, 3, 30, 0, 30, tzinfo=UTC)


def test_a_time_that_comes_twice_counts_once() -> None:
    first = next_run(read({"hour": "2", "minute": "30"}), datetime(2026, 10, 24, 12, tzinfo=UTC), BERLIN)
    assert first == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    assert next_run(read({"hour": "2", "minute": "30"}), first, BERLIN) == datetime(2026, 10, 26, 1, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({}, "schedule"),
        ({"hours": "1"}, "hours"),
        ({"hour": "24"}, "hour"),
        ({"minute": "60"}, "minute"),
        ({"dayOfMonth": "0"}, "dayOfMonth"),
        ({"dayOfWeek": "0"}, "dayOfWeek"),
        ({"dayOfWeek": "MON"}, "dayOfWeek"),
        ({"month": "13"}, "month"),
        ({"hour": ""}, "hour"),
        ({"hour": "1,"}, "hour"),
        ({"hour": "[5-1]"}, "hour"),
        ({"hour": "[1-"}, "hour"),
        ({"hour": "*/0"}, "hour"),
        ({"hour": "-1"}, "hour"),
        ({"hour": "1.5"}, "hour"),
        ({"hour": "１"}, "hour"),
        ({"hour": None}, "hour"),
        ({"hour": True}, "hour"),
        ({"hour": ["1"]}, "hour"),
        ({"hour": "1," * 200 + "1"}, "hour"),
        ({"dayOfMonth": "30", "month": "2"}, "dayOfMonth"),
        ({"dayOfMonth": "31", "month": "4,6,9,11"}, "dayOfMonth"),
    ],
)
def test_what_is_no_schedule(fields, field: str) -> None:
    with pytest.raises(ScheduleError) as wrong:
        read(fields)
    assert wrong.value.field == field
    assert wrong.value.message_zh


@given(
    st.dictionaries(
        st.sampled_from([*FIELDS, "x"]), st.one_of(st.text("0123456789,-[]*/ x", max_size=9), st.integers())
    )
)
def test_any_text_is_a_schedule_or_a_reason(fields) -> None:
    try:
        assert read(fields).hour
    except ScheduleError as wrong:
        assert str(wrong) and wrong.message_zh


def test_a_leap_day_on_a_sunday_comes_though_not_soon() -> None:
    schedule = read({"month": "2", "dayOfMonth": "29", "dayOfWeek": "7"})
    assert next_run(schedule, datetime(2032, 3, 1, tzinfo=UTC), ZoneInfo("UTC")) == datetime(2060, 2, 29, tzinfo=UTC)
    late = next_run(schedule, datetime(2088, 3, 1, tzinfo=UTC), ZoneInfo("UTC"))
    assert late == datetime(2128, 2, 29, tzinfo=UTC), "no leap day in 2100: forty years"
