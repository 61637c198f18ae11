"""Two reports side by side: ratios, a band, what is missing, what counts as worse."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from zhuisu.config.bench.comparing import NOISE_BAND, as_text, compared
from zhuisu.config.cli.app import app

OUT, IN = 1 + NOISE_BAND + 0.01, 1 + NOISE_BAND - 0.01


def figure(name: str, ratio: float | None, unit: str = "events/s") -> dict[str, Any]:
    return {
        "id": name,
        "what": "",
        "value": 1.0,
        "unit": unit,
        "baseline": ratio and 1 / ratio,
        "baseline_what": "",
        "ratio": ratio,
    }


def goal(name: str, kept: bool | None) -> dict[str, Any]:
    row = {"id": name, "what": "", "value": 1.0, "unit": "s", "baseline": None, "ratio": None, "target": "value <= 1"}
    return row | {"pass": kept} | ({"why": "not measured"} if kept is None else {})


def report(*figures: dict[str, Any], goals: tuple[dict[str, Any], ...] = (), size: str = "full") -> dict[str, Any]:
    return {"machine": {}, "taken_at": "2026-11-20", "size": size, "figures": list(figures), "goals": list(goals)}


@pytest.mark.parametrize(
    ("unit", "times", "verdict"),
    [
        ("events/s", OUT, "better"),
        ("events/s", IN, "same"),
        ("events/s", 1 / IN, "same"),
        ("events/s", 1 / OUT, "worse"),
        ("ms", OUT, "worse"),
        ("ms", 1 / OUT, "better"),
        ("bytes", OUT, "worse"),
        ("hits", OUT, "changed"),
    ],
)
def test_which_way_a_change_goes_depends_on_what_is_measured(unit: str, times: float, verdict: str) -> None:
    found = compared(report(figure("X1", 0.4, unit)), report(figure("X1", 0.4 * times, unit)))
    assert found["figures"][0]["verdict"] == verdict
    assert found["figures"][0]["change"] == pytest.approx(times - 1, abs=1e-4)
    assert found["worse"] is (verdict == "worse")


def test_another_machine_changes_values_and_not_ratios() -> None:
    fast = figure("X1", 0.4) | {"value": 9000.0, "baseline": 22500.0}
    assert not compared(report(figure("X1", 0.4)), report(fast))["worse"]


def test_a_unit_of_the_bench_is_judged() -> None:
    from zhuisu.config.bench.comparing import LESS_IS_BETTER, MORE_IS_BETTER

    assert not LESS_IS_BETTER & MORE_IS_BETTER


def test_what_is_missing_is_told() -> None:
    found = compared(report(figure("X1", 1), figure("X2", None)), report(figure("X2", 1), figure("X3", 1)))
    assert {row["id"]: row["verdict"] for row in found["figures"]} == {
        "X1": "only in the old",
        "X2": "no ratio",
        "X3": "only in the new",
    }
    assert not found["worse"]
    assert all(name in as_text(found) for name in ("X1", "X2", "X3"))


def test_a_goal_that_was_kept_and_is_missed_is_worse_and_one_not_measured_is_told() -> None:
    old = report(goals=(goal("T1", True), goal("T2", True), goal("T3", False)))
    found = compared(old, report(goals=(goal("T1", False), goal("T2", None), goal("T3", False))))
    assert (found["goals_lost"], found["goals_not_measured"], found["worse"]) == (["T1"], ["T2"], True)


def test_the_command_ends_with_1_where_something_is_worse(tmp_path: Path) -> None:
    old, new = tmp_path / "old.json", tmp_path / "new.json"
    old.write_text(json.dumps(report(figure("X1", 0.4), goals=(goal("T1", True),))))
    new.write_text(json.dumps(report(figure("X1", 0.2), goals=(goal("T1", True),), size="quick")))
    same = CliRunner().invoke(app, ["bench", "compare", str(old), str(old)])
    assert same.exit_code == 0 and "not worse" in same.stdout
    worse = CliRunner().invoke(app, ["bench", "compare", str(old), str(new)])
    assert worse.exit_code == 1 and "worse" in worse.stdout and "-50%" in worse.stdout and "quick" in worse.stdout
    told = json.loads(CliRunner().invoke(app, ["bench", "compare", str(old), str(new), "--json"]).stdout)
    assert told["worse"] and told["band"] == NOISE_BAND


@pytest.mark.parametrize("text", ["", "{}", "[1]", '{"machine":{},"taken_at":"","goals":[{}],"figures":[]}', "\udcff"])
def test_what_is_no_report_is_refused_in_one_line(tmp_path: Path, text: str) -> None:
    path = tmp_path / "no.json"
    path.write_bytes(text.encode("utf-8", "surrogateescape"))
    for words in (["compare", str(path), str(path)], ["report", str(path)]):
        answer = CliRunner().invoke(app, ["bench", *words])
        assert answer.exit_code == 2
        assert "no report of zhuisu bench" in answer.stderr and answer.stderr.count("\n") == 1
