"""Numbers of the demonstration: their check digits, and a replacement for chance that gives the same week every time.

GS1 numbers begin with 952, the prefix that GS1 keeps for examples and demonstrations; organisation codes begin with DEM0,
which no registrar issues. So no number here belongs to anybody.
"""

from datetime import date, datetime, timedelta, timezone
from hashlib import blake2b

XIAMEN = timezone(timedelta(hours=8))
MONDAY = date(2026, 11, 16)
USCC_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"


def vary(low: int, high: int, *about: object) -> int:
    """A number from low to high that depends on nothing but what it is about."""
    digest = blake2b("|".join(map(str, about)).encode(), digest_size=8).digest()
    return low + int.from_bytes(digest, "big") % (high - low + 1)


def moment(day: int, clock: str, *, seconds: int = 0) -> datetime:
    """Day 0 is Monday; clock as 'HH:MM', in Xiamen; seconds are added."""
    hour, minute = map(int, clock.split(":"))
    start = datetime(MONDAY.year, MONDAY.month, MONDAY.day, hour, minute, tzinfo=XIAMEN)
    return start + timedelta(days=day, seconds=seconds)


def day_text(day: int) -> str:
    """'20261116' for day 0."""
    return f"{MONDAY + timedelta(days=day):%Y%m%d}"


def day_of(day: int) -> str:
    """'2026-11-16' for day 0."""
    return (MONDAY + timedelta(days=day)).isoformat()


def mod10(digits: str) -> str:
    """GS1 check digit: weights 3, 1, 3 … from the right (GS1 General Specifications §7.9, GB 12904)."""
    total = sum(int(digit) * (3 if index % 2 == 0 else 1) for index, digit in enumerate(reversed(digits)))
    return str(-total % 10)


def gln(prefix: str, location: int) -> str:
    """13 digits: company prefix of 7, location reference of 5, check digit."""
    body = f"{prefix}{location:05d}"
    return body + mod10(body)


def organisation_code(body: str) -> str:
    """GB 11714-1997: 8 characters and their check, modulo 11."""
    weights = (3, 7, 9, 10, 5, 8, 4, 2)
    total = sum(int(character, 36) * weight for character, weight in zip(body, weights, strict=True))
    return body + "0123456789X0"[11 - total % 11]


def uscc(category: str, division: str, number: int) -> str:
    """统一社会信用代码, GB 32100-2015: two characters of department and category, division, organisation code, check modulo 31."""
    body = category + division + organisation_code(f"DEM0{number:04d}")
    total = sum(USCC_ALPHABET.index(character) * pow(3, index, 31) for index, character in enumerate(body))
    return body + USCC_ALPHABET[-total % 31]


def mod11_10(digits: str) -> str:
    """Check digit of food licences, ISO 7064 MOD 11,10 (GB/T 17710-2008)."""
    product = 10
    for digit in digits:
        product = ((product + int(digit)) % 10 or 10) * 2 % 11
    return str((11 - product) % 10)
