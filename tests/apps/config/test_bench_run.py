"""A run: every goal has a group or a reason, what fails is told in its place, nothing is left behind."""

import json
import os
from collections.abc import Iterator

import jsonschema
import pytest
from django.db import connection
from typer.testing import CliRunner

from zhuisu.config.bench import groups, run
from zhuisu.config.bench.figures import FULL, QUICK, Figure, NotMeasured, Scale, seconds
from zhuisu.config.bench.goals import GOALS, judged, measured_by
from zhuisu.config.bench.groups import GROUPS, Group
from zhuisu.config.bench.scratch import PREFIX, own_environment, scratch_database
from zhuisu.config.cli import bench as command
from zhuisu.config.cli.app import app

NUMBER = {"type": ["number", "null"]}
GOAL = {
    "type": "object",
    "required": ["id", "what", "value", "unit", "baseline", "ratio", "target", "pass"],
    "additionalProperties": False,
    "properties": {
        "id": {"type": "string", "pattern": r"^[A-Z][0-9]+[a-z]?$"},
        "what": {"type": "string"},
        "value": NUMBER,
        "unit": {"type": ["string", "null"]},
        "baseline": NUMBER,
        "ratio": NUMBER,
        "target": {"type": "string", "pattern": r"^(ratio|value) (<=|>=) [-+.0-9e]+$"},
        "pass": {"type": ["boolean", "null"]},
        "why": {"type": "string", "minLength": 1},
    },
    "if": {"properties": {"pass": {"type": "null"}}},
    "then": {"required": ["why"]},
    "else": {"not": {"required": ["why"]}, "properties": {"value": {"type": "number"}, "unit": {"type": "string"}}},
}
SCHEMA = {
    "type": "object",
    "required": ["machine", "taken_at", "size", "goals", "figures", "not_measured", "groups"],
    "additionalProperties": False,
    "properties": {
        "machine": {"required": ["system", "processor", "cores", "memory_gib", "python", "load"]},
        "taken_at": {"type": "string"},
        "not_measured": {"type": "array", "items": {"required": ["id", "why"]}},
        "groups": {"type": "array", "items": {"required": ["name", "seconds", "failed"]}},
        "size": {"enum": ["quick", "full"]},
        "goals": {"type": "array", "items": GOAL, "minItems": len(GOALS), "maxItems": len(GOALS)},
        "figures": {
            "type": "array",
            "items": {"required": ["id", "what", "value", "unit", "baseline", "baseline_what", "ratio"]},
        },
    },
}
FLOOR = {*(f"T{n}" for n in range(1, 6)), *(f"C{n}" for n in range(1, 4)), "K1", "K2", "L1", "R1", "S1"}


def test_every_goal_of_the_floor_is_there_and_none_twice() -> None:
    names = [goal.id for goal in GOALS]
    assert set(names) >= FLOOR
    assert len(names) == len(set(names))


def test_every_goal_is_produced_by_a_group() -> None:
    given = [name for group in GROUPS for name in group.gives]
    assert len(given) == len(set(given)), "two groups give one figure"
    lost = [goal.id for goal in GOALS if goal.figure not in given]
    assert not lost


def test_every_step_of_a_group_is_a_function() -> None:
    for group in GROUPS:
        for step in group.steps:
            assert callable(groups.step_of(step)), step


def test_a_quick_run_is_a_tenth_and_asks_for_as_much_in_a_tenth_of_the_time() -> None:
    assert (FULL.of(200), QUICK.of(200), QUICK.of(3)) == (200, 20, 1)
    held = {goal.id: goal for goal in GOALS}
    assert (held["T5"].target(FULL), held["T5"].target(QUICK)) == ("value <= 3", "value <= 0.3")
    assert held["C1"].target(FULL) == held["C1"].target(QUICK) == "ratio >= 0.3"


def row_of(found: list[Figure | NotMeasured], name: str, scale: Scale = FULL, **absent: str) -> dict[str, object]:
    return {row["id"]: row for row in judged(found, scale, absent)}[name]


def test_a_goal_is_kept_by_the_ratio_or_the_value_that_it_names() -> None:
    assert row_of([Figure("C1", "", 30, "/s", 100)], "C1")["pass"] is True
    assert row_of([Figure("C1", "", 29, "/s", 100)], "C1")["pass"] is False
    assert row_of([Figure("T1", "", 8.1, "ms", 1)], "T1")["pass"] is False
    assert row_of([Figure("T5", "", 0.4, "s", 9)], "T5")["pass"] is True
    assert row_of([Figure("T5", "", 0.4, "s", 9)], "T5", QUICK)["pass"] is False
    assert row_of([Figure("I7", "", 9e-12, "", 1e-4)], "K2")["value"] == 9e-12  # small is not nothing


def test_what_was_not_measured_says_why() -> None:
    assert row_of([NotMeasured("L1", "no nginx")], "L1")["why"] == "no nginx"
    assert "without a baseline" in str(row_of([Figure("C1", "", 30, "/s")], "C1")["why"])
    assert "failed" in str(row_of([], "C1", C1="group capture failed")["why"])
    assert all(row["pass"] is None and row["why"] for row in judged([], FULL, {}))


def test_how_far_a_goal_lies_from_its_limit() -> None:
    def times(target: str, **row: float) -> float | None:
        return measured_by({"target": target, "value": None, "ratio": None} | row)

    assert times("ratio >= 0.3", ratio=0.6) == 2
    assert times("value <= 3", value=1.5) == 2
    assert times("value <= 0", value=0) is None and times("value <= 3") is None


def _good(_scale: Scale) -> Iterator[Figure]:
    yield Figure("I2", "codes", 1, "s", 2, "serial numbers")


def _bad(_scale: Scale) -> Iterator[Figure]:
    yield Figure("I4", "measured before it broke", 0, "")
    raise ValueError("it broke\nhere")


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> list[Group]:
    chosen = [
        Group("one", ("a.bad",), ("C1", "I4"), tables=False),
        Group("two", ("a.good", "a.bad"), ("I2", "I5"), tables=False),
        Group("three", ("a.good",), ("L1",), tables=False),
    ]
    for module in (groups, run):
        monkeypatch.setattr(module, "GROUPS", chosen)
    monkeypatch.setattr(run, "step_of", {"a.good": _good, "a.bad": _bad}.__getitem__)
    return chosen


def test_what_fails_is_told_in_its_place_and_stops_nothing(few: list[Group]) -> None:
    said: list[str] = []
    ran = run.run(few[:2], QUICK, said.append)
    found = run.report(ran, QUICK, {"machine": {}, "taken_at": ""})
    rows = {row["id"]: row for row in found["goals"]}
    assert rows["K1"]["pass"] is True
    assert "ValueError: it broke" in rows["C1"]["why"] and "test_bench_run.py" in rows["C1"]["why"]
    assert rows["K1b"]["pass"] is True  # what was measured before something broke is measured
    assert "a.bad" in rows["K2b"]["why"]
    assert rows["L1"]["why"] == "group three was not asked for"
    assert any("a.bad: ValueError: it broke" in line for line in said)
    assert [bool(one["failed"]) for one in found["groups"]] == [True, True]


def test_the_command_gives_a_report_of_the_promised_form_and_fails_where_a_group_did(
    few: list[Group], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(command, "setup", lambda **_: None)
    good = CliRunner().invoke(app, ["bench", "--quick", "--json", "--only", "three"])
    assert good.exit_code == 0, good.output
    jsonschema.validate(json.loads(good.stdout), SCHEMA)
    assert "zhuisu bench: three: 0 s" in good.stderr
    bad = CliRunner().invoke(app, ["bench", "--quick", "--json"])
    assert bad.exit_code == 1
    jsonschema.validate(json.loads(bad.stdout), SCHEMA)
    assert CliRunner().invoke(app, ["bench", "--only", "three"]).stdout.count("\n") > len(GOALS)
    assert CliRunner().invoke(app, ["bench", "--only", "nothing"]).exit_code == 2


def _stop(_scale: Scale) -> Iterator[Figure]:
    raise KeyboardInterrupt


def _databases() -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute("select datname from pg_database where starts_with(datname, %s)", [PREFIX])
        return [name for (name,) in cursor.fetchall()]


@pytest.mark.django_db(transaction=True)
def test_an_interrupted_run_leaves_no_database_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[object] = []

    def stop(_scale: Scale) -> Iterator[Figure]:
        seen.append(_databases())
        seen.append(os.environ["ZHUISU_DATABASE_URL"])
        with connection.cursor() as cursor:
            cursor.execute("select current_database(), (select count(*) from event)")
            seen.append(cursor.fetchone())
        yield Figure("I2", "", seconds(lambda: None), "s")
        raise KeyboardInterrupt

    address, before, name = os.environ.get("ZHUISU_DATABASE_URL"), _databases(), connection.settings_dict["NAME"]
    monkeypatch.setattr(groups, "GROUPS", [Group("one", ("a.stop",), ("I2",))])
    monkeypatch.setattr(run, "step_of", {"a.stop": stop}.__getitem__)
    monkeypatch.setattr(command, "setup", lambda **_: None)
    answer = CliRunner().invoke(app, ["bench", "--quick"])
    assert answer.exit_code == command.INTERRUPTED and "interrupted" in answer.stderr
    (scratch,) = set(seen[0]) - set(before)  # type: ignore[call-overload]
    assert f"/{scratch}" in str(seen[1]) and seen[2] == (scratch, 0)
    assert _databases() == before
    assert (os.environ.get("ZHUISU_DATABASE_URL"), connection.settings_dict["NAME"]) == (address, name)


@pytest.mark.django_db(transaction=True)
def test_a_scratch_database_goes_though_somebody_is_still_connected() -> None:
    import psycopg

    before = _databases()
    with scratch_database():
        (name,) = set(_databases()) - set(before)
        held = connection.settings_dict
        other = psycopg.connect(dbname=name, user=held["USER"], host=held["HOST"])
    assert _databases() == before
    with pytest.raises(psycopg.OperationalError):
        other.execute("select 1")
    other.close()


def test_a_real_group_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    """The smallest one that there is, at a hundredth of its size, through the table."""
    (group,) = [one for one in GROUPS if one.name == "reading"]
    (ran,) = run.run([group], Scale(100), lambda _: None)
    assert not ran.failed
    assert [one.id for one in ran.found] == list(group.gives)


def test_a_measurement_leaves_the_environment_as_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BENCH_HELD", "old")
    monkeypatch.delenv("BENCH_ABSENT", raising=False)
    with pytest.raises(ValueError, match="broke"), own_environment(BENCH_HELD=None, BENCH_ABSENT="new"):
        assert (os.environ.get("BENCH_HELD"), os.environ["BENCH_ABSENT"]) == (None, "new")
        raise ValueError("it broke")
    assert (os.environ["BENCH_HELD"], os.environ.get("BENCH_ABSENT")) == ("old", None)
