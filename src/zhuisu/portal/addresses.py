"""Where an item's page is: a GS1 key at /i/ and its Digital Link path, everything else at /i/<scheme>/<value>."""

import re
from urllib.parse import unquote, urlsplit

from zhuisu import codes
from zhuisu.codes.model import PERSONAL
from zhuisu.resolver.paths import KEYS, asked_of_path, page_path, page_path_of_canonical


def code_of_path(path: str) -> codes.Code:
    """The code that the path behind /i/ such as '01/09506000134352/21/1234' names, decoded. Raises codes.CodeError."""
    return asked_of_path(path).code


def code_of_name(scheme: str, value: str) -> codes.Code:
    """The code behind /i/<scheme>/<value>. Raises codes.CodeError, rule "personal" for a number of a person."""
    if scheme in PERSONAL:
        raise codes.CodeError("personal", "a person's number has no page", "个人号码没有页面")
    return codes.from_canonical(f"{scheme}:{value}")


def address_of(code: codes.Code) -> str:
    """The path of the item's own page."""
    return page_path(code)


def address_of_canonical(canonical: str) -> str:
    """The same from a canonical text, without parsing it."""
    return page_path_of_canonical(canonical)


def link_of(code: codes.Code) -> str:
    """The path that stands for the item in the world: its Digital Link, which leads to the page; where it has none, the page."""
    return "/" + code.value if code.scheme.startswith("gs1.") else page_path(code)


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
    if scheme in KEYS:
        return code_of_path(unquote(f"{scheme}/{value}"))
    return code_of_name(unquote(scheme), unquote(value))
