"""The short way for the identifiers that fill EPCIS documents: SGTIN, LGTIN and SSCC, plainly written.

It answers what gs1_urn and gs1_link would, or None: then the long way decides. A property test holds them equal.
"""

import re
from functools import lru_cache
from typing import NamedTuple

from zhuisu.codes.model import Code, Level

# Characters that are written as themselves in a URN, in a Digital Link and in the canonical value.
_SERIAL = re.compile(r"[A-Za-z0-9._-]{1,20}").fullmatch
_URN = re.compile(r"urn:epc:(id:s|class:l)gtin:([0-9]{6,12})\.([0-9]{1,7})").fullmatch
_URN_SSCC = re.compile(r"urn:epc:id:sscc:([0-9]{6,12})\.([0-9]{5,11})").fullmatch
_STEM = "https?://[A-Za-z0-9.-]+(?:/[A-Za-z0-9._~-]+)*"
_LINK = re.compile(rf"{_STEM}/01/([0-9]{{14}})/(21|10)").fullmatch
_LINK_SSCC = re.compile(rf"{_STEM}/00/([0-9]{{18}})").fullmatch
# What thirteen and seventeen ASCII zeros add up to under the weights 3 and 1.
_ZEROS_13, _ZEROS_17 = 48 * (3 * 7 + 6), 48 * (3 * 9 + 8)
_SERIAL_MOST = 20
_REMEMBERED = 4096  # products in the form in which they stand before a serial or lot: many codes, few products
_HEAD_MOST = 128  # letters of one that is remembered; a URN is shorter as a whole


class _Product(NamedTuple):
    """What all codes of one product share that are written alike."""

    scheme: str
    level: Level
    stem: str  # of the canonical value, up to the serial or lot
    gtin: str
    gcp: str | None
    qualifier: str  # "serial" or "lot"


def _product(kind: str, gtin: str, gcp: str | None) -> _Product:
    if kind == "21":
        return _Product("gs1.sgtin", Level.INSTANCE, f"01/{gtin}/21/", gtin, gcp, "serial")
    return _Product("gs1.lgtin", Level.LOT, f"01/{gtin}/10/", gtin, gcp, "lot")


def _item(product: _Product | None, serial: str, text: str) -> Code | None:
    if (
        product is None
        or not ((serial.isalnum() and serial.isascii()) or _SERIAL(serial))
        or len(serial) > _SERIAL_MOST
    ):
        return None
    scheme, level, stem, gtin, gcp, qualifier = product
    parsed = {"gtin": gtin, qualifier: serial} if gcp is None else {"gtin": gtin, qualifier: serial, "gcp": gcp}
    return Code(scheme, stem + serial, level, parsed, text)


def urn(text: str) -> Code | None:
    """Reads urn:epc:id:sgtin, urn:epc:class:lgtin and urn:epc:id:sscc; None if anything is escaped or wrong."""
    if text.startswith("urn:epc:id:sscc:"):
        return _sscc(text)
    if len(text) > _HEAD_MOST:
        return None
    head, _, serial = text.rpartition(".")
    while head.count(".") > 1:  # a serial with points in it
        head, _, more = head.rpartition(".")
        serial = f"{more}.{serial}"
    return _item(_of_urn(head), serial, text)


@lru_cache(maxsize=_REMEMBERED)
def _of_urn(head: str) -> _Product | None:
    found = _URN(head)
    if found is None:
        return None
    kind, gcp, item = found.groups()
    body = item[0] + gcp + item[1:]
    if len(body) != 13:
        return None
    data = body.encode()
    gtin = f"{body}{(_ZEROS_13 - 3 * sum(data[::2]) - sum(data[1::2])) % 10}"
    return _product("21" if kind == "id:s" else "10", gtin, gcp)


def _sscc(text: str) -> Code | None:
    found = _URN_SSCC(text)
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
    head, _, serial = text.rpartition("/")
    if len(head) > _HEAD_MOST:
        return None
    product = _of_link(head)
    return _item(product, serial, text) if product is not None else _sscc_link(text)


@lru_cache(maxsize=_REMEMBERED)
def _of_link(head: str) -> _Product | None:
    found = _LINK(head)
    return _product(found[2], found[1], None) if found is not None and _checked(found[1]) else None


def _sscc_link(text: str) -> Code | None:
    found = _LINK_SSCC(text)
    return (
        Code("gs1.sscc", f"00/{found[1]}", Level.PACKAGE, {"sscc": found[1]}, text)
        if found and _checked(found[1])
        else None
    )


def _checked(digits: str) -> bool:
    """Whether the last of fourteen or eighteen digits is the check digit of the others."""
    data = digits.encode()
    # The ASCII zeros are 1344 (fourteen) and 1728 (eighteen) here.
    return (3 * sum(data[::2]) + sum(data[1::2]) - (1344 if len(digits) == 14 else 1728)) % 10 == 0
