"""docs/reference/faults.md and the tests say the same: each core row has a test that exists or says why not; no fault test is left out."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "reference" / "faults.md"
CORE = {*range(1, 32), 37, 38, 41, 42, 43, 44, 60}


def table() -> list[list[str]]:
    lines = [line for line in PAGE.read_text("utf-8").splitlines() if re.match(r"\| (\d+|–) \|", line)]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def test_every_core_row_stands_there_once() -> None:
    rows = [int(number) for number, *_ in table() if number != "–"]
    assert sorted(rows) == sorted(CORE)


@pytest.mark.parametrize("row", table(), ids=lambda row: f"{row[0]} {row[1][:30]}")
def test_each_row_has_a_test_that_exists_or_says_why_not(row: list[str]) -> None:
    _, fault, tests, passes = row
    assert fault
    assert passes
    named = re.findall(r"`([\w/]+\.py)::(\w+)`", tests)
    assert named or re.match(r"not tested: \w.{20}", tests), tests
    for file, test in named:
        assert re.search(rf"^def {test}\(", (ROOT / file).read_text("utf-8"), re.M), f"{file}::{test}"


def test_no_fault_test_is_left_out() -> None:
    page = PAGE.read_text("utf-8")
    files = {path.name for path in Path(__file__).parent.glob("test_*.py")} - {Path(__file__).name}
    assert not {name for name in files if name not in page}
