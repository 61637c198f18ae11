"""Amounts that can be reckoned with: the measure that a unit belongs to, and the amount in that measure's smallest unit. Pure."""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from typing import NamedTuple

from zhuisu.codes import Level
from zhuisu.profiles.units import in_unit

# What is outside is a slip of the keyboard or an attack, and what a float of 64 bits cannot tell from its neighbour is no
# amount either: it counts as not said. In the unit that the event has.
MAX_AMOUNT = Decimal(10) ** 15
LEAST_AMOUNT = Decimal(10) ** -15
PIECES = 3
_SMALLEST = {1: "MGM", 2: "MLT", PIECES: "EA"}  # measure → the unit in which it is counted
_READ = {1: "KGM", 2: "LTR", PIECES: "EA"}
_UNIT_BYTES = 7  # a unit without a factor is a measure of its own, told by its letters; longer ones cannot be compared
INCOMPARABLE = 0
SINGLE = frozenset({Level.INSTANCE, Level.PACKAGE, Level.ASSET})  # one piece each


class Amount(NamedTuple):
    """How much, and of which measure; two amounts of one measure can be added."""

    value: Fraction
    measure: int


@lru_cache(4_096)
def unit_of(unit: str | None) -> tuple[int, Fraction]:
    """(measure, how many of its smallest unit one is). None: pieces (EPCIS 2.0 §7.3.3.3)."""
    for measure, smallest in _SMALLEST.items():
        factor = in_unit(Decimal(1), unit or None, smallest)
        if factor is not None:
            return measure, Fraction(factor)
    return -packed(unit or "") if len((unit or "").encode()) <= _UNIT_BYTES else INCOMPARABLE, Fraction(1)


def shown_in(measure: int) -> tuple[str, float]:
    """The unit in which people read amounts of a measure, and how many of its smallest unit that is."""
    if measure in _READ:
        return _READ[measure], float(unit_of(_READ[measure])[1])
    return unpacked(-measure) or "", 1.0


def packed(unit: str) -> int:
    """The letters of a unit as one number, as extract.py has it from the database."""
    return int.from_bytes(unit.encode(), "big")


def unpacked(number: int) -> str | None:
    """The unit of such a number; 0: none."""
    return number.to_bytes(_UNIT_BYTES, "big").lstrip(b"\0").decode() if number else None


def amount_of(quantity: Decimal | None, unit: str | None) -> Amount | None:
    """What an event says of a quantity; None where it says none that can be reckoned with."""
    if quantity is None or not quantity.is_finite():
        return None
    measure, factor = unit_of(unit)
    if measure == INCOMPARABLE or not (quantity == 0 or LEAST_AMOUNT <= quantity < MAX_AMOUNT):
        return None
    return Amount(Fraction(quantity) * factor, measure)


def together(amounts: Iterable[Amount | None]) -> Amount | None:
    """The sum; None where one is not known or they are of different measures."""
    held: Sequence[Amount | None] = list(amounts)
    known = [one for one in held if one is not None]
    if len(known) < len(held) or len({one.measure for one in known}) != 1:
        return None
    return Amount(sum((one.value for one in known), Fraction(0)), known[0].measure)
