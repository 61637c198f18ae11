"""The short way for the identifiers that fill EPCIS documents: SGTIN, LGTIN and SSCC, plainly written.

It answers what gs1_urn and gs1_link would, or None: then the long way decides. A property test holds them equal.
"""

import re

from zhuisu.codes.model import MAX_LENGTH, Code, Level

# Characters that are written as themselves in a URN, in a Digital Link and in the canonical value.
_SERIAL = "([A-Za-z0-9._-]{1,20})"
_URN = re.compile(rf"urn:epc:(id:s|class:l)gtin:([0-9]{{6,12}})\.([0-9]{{1,7}})\.{_SERIAL}")
_URN_SSCC = re.compile(r"urn:epc:id:sscc:([0-9]{6,12})\.([0-9]{5,11})")
_STEM = "https?://[A-Za-z0-9.-]+(?:/[A-Za-z0-9._~-]+)*"
_LINK = re.compile(rf"{_STEM}/(?:01/([0-9]{{14}})/(21|10)/{_SERIAL}|00/([0-9]{{18}}))")
# What thirteen and seventeen ASCII zeros add up to under the weights 3 and 1.
_ZEROS_13, _ZEROS_17 = 48 * (3 * 7 + 6), 48 * (3 * 9 + 8)


def _item(kind: str, gtin: str, serial: str, gcp: str | None, text: str) -> Code:
    parsed = {"gtin": gtin, "serial" if kind == "21" else "lot": serial}
    if gcp is not None:
        parsed["gcp"] = gcp
    if kind == "21":
        return Code("gs1.sgtin", f"01/{gtin}/21/{serial}", Level.INSTANCE, parsed, text)
    return Code("gs1.lgtin", f"01/{gtin}/10/{serial}", Level.LOT, parsed, text)


def urn(text: str) -> Code | None:
    """Reads urn:epc:id:sgtin, urn:epc:class:lgtin and urn:epc:id:sscc; None if anything is escaped or wrong."""
    found = _URN.fullmatch(text)
    if found is None:
        return _sscc(text)
    kind, gcp, item, serial = found.groups()
    body = item[0] + gcp + item[1:]
    if len(body) != 13:
        return None
    data = body.encode()
    gtin = f"{body}{(_ZEROS_13 - 3 * sum(data[::2]) - sum(data[1::2])) % 10}"
    return _item("21" if kind == "id:s" else "10", gtin, serial, gcp, text)


def _sscc(text: str) -> Code | None:
    found = _URN_SSCC.fullmatch(text)
    if found is None:
        return None
    gcp, reference = found.groups()
    body = reference[0] + gcp + reference[1:]
    if len(body) != 17:
        return None
    data = body.encode()
    sscc = f"{body}{(_ZEROS_17 - 3 * sum(data[::2]) - sum(data[1::2])) % 10}"
    return Code("gs1.sscc", f"00/{sscc}", Level.PACKAGE, {"sscc": sscc, "gcp": gcp}, text)


def link(text: str) -> Code | None:
    """Reads a Digital Link that ends in /01/…/21/…, /01/…/10/… or /00/…; None if anything is escaped or wrong."""
    found = _LINK.fullmatch(text)
    if found is None or len(text) > MAX_LENGTH:
        return None
    gtin, kind, serial, sscc = found.groups()
    data = (gtin or sscc).encode()
    # The ASCII zeros are 1344 (fourteen) and 1728 (eighteen) here.
    if (3 * sum(data[::2]) + sum(data[1::2]) - (1344 if gtin else 1728)) % 10:
        return None
    if sscc:
        return Code("gs1.sscc", f"00/{sscc}", Level.PACKAGE, {"sscc": sscc}, text)
    return _item(kind, gtin, serial, None, text)
