"""The table of points: each module of points adds its own to it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .run import Run


class Failed(Exception):
    """The server does otherwise. The text says what was expected and what came."""


class NotApplicable(Exception):
    """It cannot be decided from outside, or the standard leaves it open. The text says why, with the clause."""


Judge = Callable[["Run"], str]


@dataclass(frozen=True, slots=True)
class Point:
    """One line of the check list: what is asked, where that is written, and the function that finds out."""

    number: int
    title: str
    clause: str
    judge: Judge


POINTS: dict[int, Point] = {}


def point(number: int, title: str, clause: str) -> Callable[[Judge], Judge]:
    """Enter a function as a point. It returns what it saw in one line, or raises Failed or NotApplicable."""

    def enter(judge: Judge) -> Judge:
        if number in POINTS:
            raise ValueError(f"point {number} is there twice")
        POINTS[number] = Point(number, title, clause, judge)
        return judge

    return enter


def check(good: object, why: str) -> None:
    """Failed with this text unless it is so."""
    if not good:
        raise Failed(why)
