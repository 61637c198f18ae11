"""The form of a report, and reading one that somebody else may have written."""

from typing import Any, Literal, NotRequired, TypedDict

import msgspec

MOST_OCTETS = 10_000_000  # a report has some hundred figures, far below a megabyte


class FigureRow(TypedDict):
    """One measured value, its baseline, and value / baseline."""

    id: str
    what: str
    value: float
    unit: str
    baseline: float | None
    baseline_what: str
    ratio: float | None
    chart: NotRequired[str]
    series: NotRequired[str]
    size: NotRequired[float]


# `pass` is a word of Python: it cannot be written as a member of a class.
GoalRow = TypedDict(
    "GoalRow",
    {
        "id": str,
        "what": str,
        "value": float | None,
        "unit": str | None,
        "baseline": float | None,
        "ratio": float | None,
        "target": str,
        "pass": bool | None,
        "why": NotRequired[str],
    },
)


class AbsentRow(TypedDict):
    """A figure that could not be measured, and why."""

    id: str
    why: str


class GroupRow(TypedDict):
    """How long a group took, and what failed in it."""

    name: str
    seconds: float
    failed: list[str]


class Report(TypedDict):
    """One run."""

    machine: dict[str, Any]
    taken_at: str
    goals: list[GoalRow]
    figures: list[FigureRow]
    size: NotRequired[Literal["quick", "full"]]
    not_measured: NotRequired[list[AbsentRow]]
    groups: NotRequired[list[GroupRow]]


class Wrong(ValueError):
    """It is no report: what is wrong, and where."""


def read(text: bytes) -> Report:
    """A report. Raises Wrong where it is not JSON of this form."""
    if len(text) > MOST_OCTETS:
        raise Wrong(f"larger than {MOST_OCTETS:,} octets: no report of zhuisu bench")
    try:
        return msgspec.json.decode(text, type=Report)
    except (msgspec.DecodeError, UnicodeDecodeError) as wrong:
        raise Wrong(f"no report of zhuisu bench: {wrong}") from None
