"""The runner against our own server, and against servers that do one thing wrong each: every point can fail."""

import re
import secrets
from datetime import UTC, datetime
from pathlib import Path

import pytest

from faulty_wires import FAULTS, run_with
from zhuisu.conformance import POINTS, Run, as_html, as_markdown, judge, run_all

# These take a moment each; the others wait for something that must not come.
QUICK = {1, 2, 3, 14, 18, 26, 34, 36, 39, 46, 51, 52, 53, 54, 55, 56, 65}


def params():
    for number, (point, words, fault) in enumerate(FAULTS):
        marks = () if point in QUICK else (pytest.mark.long,)
        yield pytest.param(point, words, fault, id=f"{point}-{number}", marks=marks)


def test_every_point_can_fail():
    assert set(POINTS) == set(range(1, 67)) == {point for point, _, _ in FAULTS}


@pytest.mark.parametrize(("point", "words", "fault"), list(params()))
def test_a_server_that_does_it_wrong_fails_the_point(server, point, words, fault):
    address, keys = server
    row = judge(run_with(fault, address, keys, secrets.token_hex(4), datetime.now(UTC)), POINTS[point])
    assert row.verdict == "fail", row.why
    assert re.search(words, row.why)


@pytest.mark.parametrize("rounds", [pytest.param(1, marks=pytest.mark.slow), pytest.param(2, marks=pytest.mark.long)])
def test_our_own_server_passes_every_point(server, rounds):
    address, keys = server
    for _ in range(rounds):
        rows = run_all(Run(address, keys[0], keys[1], mark=secrets.token_hex(4), at=datetime.now(UTC)))
        assert [(row.point, row.why) for row in rows if row.verdict == "fail"] == []


def test_a_server_that_is_not_there_fails_and_nothing_breaks():
    rows = run_all(Run("http://127.0.0.1:9/epcis", "zs_key", "", mark="0", at=datetime.now(UTC)))
    assert {row.verdict for row in rows} <= {"fail", "not applicable"}
    page = as_html(rows, server="<b>", at="2026-01-01")
    assert "&lt;b&gt;" in page and "zs_key" not in page and "http" not in page.partition("<tbody>")[0]
    assert as_markdown(rows).count("\n") == 66 + 4


def test_keys_are_not_in_the_evidence(server):
    address, keys = server
    row = run_all(Run(address, keys[0], keys[1], mark=secrets.token_hex(4), at=datetime.now(UTC)), [52])[0]
    assert "Authorization: …" in row.request and keys[0] not in row.request + row.answer


def test_the_page_has_every_point():
    page = (Path(__file__).parents[2] / "docs" / "reference" / "conformance.md").read_text("utf-8")
    for one in POINTS.values():
        assert f"| {one.number} | {one.title} | {one.clause} | " in page.replace("\\|", "|")
