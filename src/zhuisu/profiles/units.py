"""Amounts in one another's units, as far as a factor says it: mass, volume, pieces (UN/ECE Recommendation 20)."""

from decimal import Decimal

# Of each measure, how many of its smallest unit the unit holds. Pieces have three codes in use, and none at all (EPCIS 2.0 §7.3.3.3).
_FACTORS: tuple[dict[str | None, Decimal], ...] = (
    {"MGM": Decimal(1), "GRM": Decimal(1_000), "KGM": Decimal(1_000_000), "TNE": Decimal(1_000_000_000)},
    {"MLT": Decimal(1), "LTR": Decimal(1_000), "MTQ": Decimal(1_000_000)},
    {"EA": Decimal(1), "H87": Decimal(1), "C62": Decimal(1), None: Decimal(1)},
)
_MEASURE = {unit: (place, factor) for place, held in enumerate(_FACTORS) for unit, factor in held.items()}


def in_unit(amount: Decimal, uom: str | None, unit: str) -> Decimal | None:
    """An amount in `uom` as an amount in `unit`; None where no factor leads from one to the other. No unit: pieces."""
    if uom == unit:
        return amount
    held, wanted = _MEASURE.get(uom), _MEASURE.get(unit)
    if held is None or wanted is None or held[0] != wanted[0]:
        return None
    return amount * held[1] / wanted[1]


def counts_pieces(unit: str) -> bool:
    """Whether a unit counts single things."""
    return unit in _FACTORS[2]
