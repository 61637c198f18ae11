"""Link types: what a link is about, as the GS1 Web Vocabulary names it. One spelling inside: the full address."""

import re
import tomllib
from functools import cache
from importlib.resources import files

GS1 = "https://gs1.org/voc/"
DEFAULT, DEFAULT_MULTI, HANDLED_BY = (GS1 + name for name in ("defaultLink", "defaultLinkMulti", "handledBy"))
# What a request may write for the list of all links; "all" is the word of Digital Link 1.1.
LINKSET = frozenset({"linkset", "all"})
# Spellings of the namespaces that are in use; the first of each is ours.
PREFIXES = {"gs1": GS1, "schema": "https://schema.org/"}
_SAME = {
    **dict.fromkeys(("http://gs1.org/voc/", "http://www.gs1.org/voc/", "https://www.gs1.org/voc/"), GS1),
    **dict.fromkeys(("https://ref.gs1.org/voc/", "http://ref.gs1.org/voc/"), GS1),
    "http://schema.org/": PREFIXES["schema"],
}
# The published JSON schema of linksets allows no other address as the name of a link type.
FORM = re.compile(r"https?://[A-Za-z0-9./]+")


@cache
def titles() -> dict[str, tuple[str, str]]:
    """Chinese and English title of every link type of GS1's vocabulary, by its full address."""
    rows = tomllib.loads(files("zhuisu.resolver").joinpath("link_types.toml").read_text("utf-8"))
    return {GS1 + name: (chinese, english) for name, (chinese, english) in rows.items()}


def full(text: str) -> str:
    """The full address of a link type that is written as "gs1:pip", "pip" or a full address; "" where it is none of these.

    >>> full("gs1:pip"), full("http://www.gs1.org/voc/pip"), full("pip")
    ('https://gs1.org/voc/pip', 'https://gs1.org/voc/pip', 'https://gs1.org/voc/pip')
    """
    text = text.strip()
    prefix, colon, name = text.partition(":")
    if colon and prefix.lower() in PREFIXES:
        text = PREFIXES[prefix.lower()] + name
    elif not colon:
        text = GS1 + name if name else GS1 + text
    for other, ours in _SAME.items():
        if text.startswith(other):
            text = ours + text.removeprefix(other)
    return text if FORM.fullmatch(text) and text != GS1 else ""


def short(address: str) -> str:
    """As people write it: "gs1:pip"; a type of another vocabulary in full."""
    return next(
        (f"{prefix}:{address[len(start) :]}" for prefix, start in PREFIXES.items() if address.startswith(start)),
        address,
    )
