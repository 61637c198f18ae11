"""Units of measured values and their dimensions (UN/ECE Recommendation 20 codes; factors in units.json, exact)."""

from __future__ import annotations

import json
from decimal import Decimal
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import NamedTuple

_DIGITS = (
    60  # of a number that is converted: exact fractions of astronomically small or large ones would take all memory
)
# Of the measurements of CBV 2.0 §7.7 those whose dimension the table has.
_OF_TYPE = {
    "AbsoluteHumidity": "mass concentration",
    "AbsorbedDose": "absorbed dose",
    "Altitude": "length",
    "AmountOfSubstance": "amount of substance",
    "Angle": "angle",
    "Area": "area",
    "Density": "mass concentration",
    "DoseEquivalent": "dose equivalent",
    "ElectricCurrent": "electric current",
    "Energy": "energy",
    "Force": "force",
    "Frequency": "frequency",
    "Illuminance": "illuminance",
    "Length": "length",
    "Mass": "mass",
    "MassConcentration": "mass concentration",
    "Power": "power",
    "Pressure": "pressure",
    "Radioactivity": "radioactivity",
    "RelativeHumidity": "ratio",
    "Speed": "speed",
    "Temperature": "temperature",
    "Time": "time",
    "Voltage": "voltage",
    "Volume": "volume",
}


class Unit(NamedTuple):
    """value in the dimension's base unit = (value + offset) * factor."""

    dimension: str
    factor: Fraction
    offset: Fraction


@cache
def table() -> dict[str, Unit]:
    """Every unit we convert, by its Rec 20 code."""
    loaded = json.loads(Path(__file__).with_name("units.json").read_text(encoding="utf-8"))
    return {
        code: Unit(dimension, Fraction(written[0]), Fraction(written[1]) if len(written) > 1 else Fraction(0))
        for dimension, units in loaded.items()
        for code, written in units.items()
    }


def in_base(value: Decimal, uom: str, *, difference: bool = False) -> tuple[str, Fraction] | None:
    """(dimension, value in its base unit). A unit that is not in the table is a dimension of its own; None where the number
    is beyond sense. `difference`: a spread (standard deviation), which an offset does not move."""
    if not value.is_finite() or abs(value.adjusted()) > _DIGITS:
        return None
    unit = table().get(uom)
    if unit is None:
        return f"unit {uom}", Fraction(value)
    return unit.dimension, (Fraction(value) + (0 if difference else unit.offset)) * unit.factor


def misfit(measurement: str, uom: str) -> bool:
    """Whether a unit is known to be none of a measurement (bare CBV word). What the table does not know is no misfit."""
    unit, dimension = table().get(uom), _OF_TYPE.get(measurement)
    return unit is not None and dimension is not None and unit.dimension != dimension
