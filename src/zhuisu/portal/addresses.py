"""Where an item's page is: a GS1 key at its own Digital Link path, everything else at /i/<scheme>/<value>."""

import re
from urllib.parse import quote, unquote, urlsplit

from zhuisu import codes
from zhuisu.codes.model import PERSONAL

# GS1 Digital Link Standard: URI Syntax 1.2 §4.3 and 4.4: primary keys with their qualifiers, in order.
QUALIFIERS = {
    "00": (),
    "01": ("22", "10", "21"),
    "253": (),
    "255": (),
    "414": ("254",),
    "417": (),
    "8003": (),
    "8004": (),
    "8006": ("22", "10", "21"),
    "8010": ("8011",),
    "8017": ("8019",),
    "8018": ("8019",),
}


def _pattern(key: str) -> re.Pattern[str]:
    # A serial may hold a slash, and servers decode %2F before we see it: values end where the next qualifier begins.
    parts = "".join(rf"(?:/{ai}/(?P<a{ai}>.+?))?" for ai in QUALIFIERS[key])
    return re.compile(rf"{key}/(?P<a{key}>[^/]+){parts}", re.DOTALL)


PATTERNS = {key: _pattern(key) for key in QUALIFIERS}


def code_of_path(path: str) -> codes.Code:
    """The code that a decoded request path such as '01/09506000134352/21/1234' names. Raises codes.CodeError."""
    pattern = PATTERNS.get(path.partition("/")[0])
    match = pattern.fullmatch(path) if pattern else None
    link = (
        "/".join(f"{ai[1:]}/{quote(value, safe='')}" for ai, value in match.groupdict().items() if value)
        if match
        else path
    )
    return codes.parse(f"https://id.gs1.org/{link}")


def code_of_name(scheme: str, value: str) -> codes.Code:
    """The code behind /i/<scheme>/<value>. Raises codes.CodeError, rule "personal" for a number of a person."""
    if scheme in PERSONAL:
        raise codes.CodeError("personal", "a person's number has no page", "个人号码没有页面")
    return codes.from_canonical(f"{scheme}:{value}")


def address_of(code: codes.Code) -> str:
    """The path of the item's own page."""
    if code.scheme.startswith("gs1."):
        return "/" + code.value
    return f"/i/{quote(code.scheme, safe='')}/{quote(code.value, safe='')}"


def address_of_canonical(canonical: str) -> str:
    """The same from a canonical text, without parsing it."""
    scheme, _, value = canonical.partition(":")
    if scheme.startswith("gs1."):
        return "/" + value
    return f"/i/{quote(scheme, safe='')}/{quote(value, safe='')}"


# Private codes of the platform's own namespace: urn:zhuisu:<scheme>:<value>.
OWN_NAME = re.compile(r"uri:urn:zhuisu:([a-z0-9_.]+):(.+)", re.DOTALL)
# A lot whose text no GS1 key can carry has a private code that still names its product (events.projection.lot_code_of).
OWN_LOT = re.compile(r"uri:urn:zhuisu:lot:(\d{14}):(.+)", re.DOTALL)
OF_PRODUCT = re.compile(r"gs1\.[sl]?gtin:01/(\d{14})(?:/.+)?", re.DOTALL)


def product_of_canonical(canonical: str) -> str:
    """The canonical code of the product that an item's code names; empty where it names none."""
    found = OF_PRODUCT.fullmatch(canonical) or OWN_LOT.fullmatch(canonical)
    return f"gs1.gtin:01/{found[1]}" if found else ""


def label_of_canonical(canonical: str) -> str:
    """The part of a code that tells it from its neighbours: serial, lot, number; never the scheme."""
    if lot := OWN_LOT.fullmatch(canonical):
        return unquote(lot[2])
    if own := OWN_NAME.fullmatch(canonical):
        return own[2]
    scheme, _, value = canonical.partition(":")
    return unquote(value.rpartition("/")[2]) if scheme.startswith("gs1.") else value


def code_of_own_link(text: str, host: str) -> codes.Code | None:
    """The code in a label's address that leads to this site's /i/…; None for any other text. Raises codes.CodeError."""
    parts = urlsplit(text)
    if parts.netloc != host or not parts.path.startswith("/i/"):
        return None
    scheme, _, value = parts.path.removeprefix("/i/").partition("/")
    return code_of_name(unquote(scheme), unquote(value))
