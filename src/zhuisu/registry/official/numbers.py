"""One spelling of an approval number, and which parts of a pack's code a register knows."""

import re
import unicodedata

from zhuisu import codes

# Blanks, and marks that nobody sees: they come along when a number is copied from a page or a sheet.
_BLANK = re.compile(r"[\s\u00ad\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufeff]+")
_DASHES = str.maketrans(dict.fromkeys("‐‑‒–—−", "-"))
# What a register holds of a code: its enterprise, its registration, its product; the rest of the code is a serial number.
_PARTS: dict[str, tuple[str, ...]] = {
    "cn.vetdrug_trace24": ("enterprise",),
    "cn.pesticide_unit32": ("category", "reg_last6"),
    "cn.drug_trace_msfx": ("drug_identifier",),
    "gs1.gtin": ("gtin",),
    "gs1.sgtin": ("gtin",),
}
# Pesticide registrations: the unit code holds the letters and the last six digits alone (农业农村部公告第1049号).
_REGISTRATION = re.compile(r"([A-Z]{2})[0-9]*([0-9]{6})")


def key_of(number: str) -> str:
    """The spelling in which numbers are compared: without blanks, half width, capitals, one kind of dash."""
    return _BLANK.sub("", unicodedata.normalize("NFKC", number)).translate(_DASHES).upper()


def parts_of(text: str) -> tuple[str, ...]:
    """The parts of a scanned code by which registers are asked; none where no scheme with such parts reads it."""
    found = []
    for reading in codes.readings(text):
        names = _PARTS.get(reading.code.scheme, ())
        part = "".join(str(reading.code.parsed.get(name, "")) for name in names)
        if part:
            found.append(key_of(part))
    return tuple(dict.fromkeys(found))


def own_parts(key: str) -> tuple[str, ...]:
    """The part of a code that a number itself says: PD20130001 → PD130001."""
    found = _REGISTRATION.fullmatch(key)
    return (found[1] + found[2],) if found else ()
