"""The page of a report: well-formed, nothing from elsewhere, every goal on it, and nothing in it that is not shown as text."""

import json
import re
from html import escape
from pathlib import Path
from typing import Any

import pytest
from lxml import etree
from typer.testing import CliRunner

from zhuisu.config.bench import charts
from zhuisu.config.bench.figures import FULL, Figure, NotMeasured
from zhuisu.config.bench.goals import GOALS
from zhuisu.config.bench.page import CHARTS, number, page_of
from zhuisu.config.bench.run import Ran, report
from zhuisu.config.cli.app import app

EVIL = '<script src="https://evil.example/x.js">alert(1)</script>"&'


def made(**more: Any) -> dict[str, Any]:
    found: list[Figure | NotMeasured] = [
        Figure("C1", EVIL, 40, EVIL, 100, EVIL),
        Figure("T5", "list", 4, "s", 2, "COPY, s"),
        NotMeasured("L1", EVIL),
        *(
            Figure(f"W{n}{name}", "walk", n * 0.01 + 1, "ms", chart="walk-down", series=f"{name}{EVIL}", size=n)
            for name in "abcdefghi"
            for n in (1_000, 1_000_000)
        ),
        Figure("G1", "same answer", 7, "ms", 7, "1 M links", chart="growth", series="snapshot", size=1e6),
        Figure("X1", "no such chart", 7, "ms", chart="other", series="snapshot", size=1e6),
        Figure("X2", "nothing", 0, "ms", chart="growth", series="zero", size=0),
    ]
    about = {"machine": {"system": EVIL, "cores": 2, "unheard of": 1}, "taken_at": "2026-11-20T08:00:00+00:00"}
    return report([Ran("walk", 3.0, found, [EVIL])], FULL, about | more)


@pytest.fixture(scope="module")
def page() -> str:
    return page_of(made())


def test_it_is_well_formed_and_says_its_language(page: str) -> None:
    root = etree.fromstring(page.encode())
    assert root.get("lang") == "zh-Hans"
    assert [one.tag for one in root] == ["head", "body"]


def test_it_needs_nothing_from_elsewhere(page: str) -> None:
    root = etree.fromstring(page.encode())
    assert not {one.tag for one in root.iter()} & {
        "script",
        "link",
        "img",
        "iframe",
        "object",
        "embed",
        "base",
        "form",
        "a",
    }
    names = {name for one in root.iter() for name in one.attrib}
    assert not names & {"src", "href", "style", "srcset", "action"} and not any(name.startswith("on") for name in names)
    style = root.findtext("head/style")
    assert style and "url(" not in style and "@import" not in style
    assert "//" not in re.sub(r'content="[^"]*"', "", page.replace(EVIL, "")).replace(escape(EVIL), "")


def test_every_goal_has_one_row_and_says_how_it_fared(page: str) -> None:
    root = etree.fromstring(page.encode())
    rows = {one.get("id"): one for one in root.iter("tr") if one.get("id")}
    assert list(rows) == [goal.id for goal in sorted(GOALS, key=lambda goal: goal.aim)]
    said = {name: "".join(row.itertext()) for name, row in rows.items()}
    assert "达到" in said["C1"] and "0.4" in said["C1"]
    assert "未达" in said["T5"] and "≤ 3" in said["T5"]
    assert "未测" in said["T1"] and "not measured" in said["T1"]
    assert all(goal.what_zh in said[goal.id] and goal.what in said[goal.id] for goal in GOALS)
    (kept, missed, _) = [one.text for one in root.iterfind(".//div[@class='counts']/div/b")]
    assert (kept, missed) == ("3", "1")  # G1; and C1, which is a floor and an aim


def test_what_stands_in_a_report_is_text(page: str) -> None:
    assert "<script" not in page and EVIL not in page
    assert page.count(escape(EVIL)) > 5


def test_lines_are_drawn_for_the_charts_that_are_known(page: str) -> None:
    root = etree.fromstring(page.encode())
    figures = list(root.iter("figure"))
    assert len(figures) == 2
    assert len(figures[0].findall("svg/g")) == 9 and len(figures[0].findall("svg/g/polyline")) == 9
    heads = ["".join(one.find("h3").itertext()) for one in figures]
    assert heads == ["".join(CHARTS[name][:2]) for name in ("walk-down", "growth")]


def test_points_stand_where_their_logarithms_say() -> None:
    svg = etree.fromstring(charts.lines({"one": [(1, 1), (10, 100), (100, 10_000)]}, "x", "y", "t").encode())
    points = [tuple(map(float, pair.split(","))) for pair in svg.find("g/polyline").get("points").split()]
    (x1, y1), (x2, y2), (x3, y3) = points
    assert x2 - x1 == pytest.approx(x3 - x2, abs=0.1) and y1 - y2 == pytest.approx(y2 - y3, abs=0.1)
    assert all(0 <= x <= charts.WIDTH and 0 <= y <= charts.HEIGHT for x, y in points)


@pytest.mark.parametrize(
    ("score", "start", "width"), [(1, 50, 0.6), (10, 50, 50), (1e9, 50, 50), (0.1, 0, 50), (0.0001, 0, 50)]
)
def test_a_bar_goes_right_of_the_limit_where_the_goal_is_kept(score: float, start: float, width: float) -> None:
    held = etree.fromstring(charts.bar(score, "kept")).findall("rect")[1]
    assert (float(held.get("x")), float(held.get("width"))) == (start, width)


def test_a_report_without_figures_is_a_page_too() -> None:
    empty = report([], FULL, {"machine": {}, "taken_at": ""})
    assert etree.fromstring(page_of(empty).encode()).findall(".//figure") == []


@pytest.mark.parametrize(
    ("value", "said"),
    [(0, "0"), (1234567, "1,235,000"), (999.96, "1,000"), (15000, "15,000"), (0.123456, "0.123"), (12.0, "12"), (8.7e-12, "8.7 × 10<sup>-12</sup>"), (-0.5, "-0.5")],
)  # fmt: skip
def test_numbers_have_as_many_digits_as_a_reader_takes_in(value: float, said: str) -> None:
    assert number(value) == said


def test_the_command_writes_the_page(tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    path.write_text(json.dumps(made()), "utf-8")
    answer = CliRunner().invoke(app, ["bench", "report", str(path)])
    assert answer.exit_code == 0
    etree.fromstring(answer.stdout.encode())
