"""Addresses of labels that are no Digital Links: where the code stands in them (legacy.toml), and where that code leads."""

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from urllib.parse import parse_qs, quote, urlencode

from zhuisu import codes
from zhuisu.codes.model import MAX_LENGTH
from zhuisu.resolver.paths import page_path

# Schemes that read nearly any text, or address: they say nothing about what stands in one.
_NOTHING = frozenset({"uri", "process"})
# Below these stands nothing of other systems: a missing file or page of ours is missing, whatever number is in its name.
_OURS = frozenset({".well-known", "admin", "desk", "epcis", "healthz", "static"})
MAX_PARAMETERS = 20  # of a query that is looked through; labels have one or two


@dataclass(frozen=True, slots=True)
class Shape:
    """One shape of address: a pattern over the path, and the query parameters that may hold the code."""

    path: re.Pattern[str]
    parameters: tuple[str, ...]


@cache
def shapes() -> tuple[Shape, ...]:
    """The shapes of legacy.toml."""
    rows = tomllib.loads(files("zhuisu.resolver").joinpath("legacy.toml").read_text("utf-8"))["shape"]
    return tuple(Shape(re.compile(row["path"], re.DOTALL), tuple(row.get("parameter", ()))) for row in rows)


def text_of(path: str, query: str) -> str:
    """The code in an address of a known shape, not yet read; "" where the shape is unknown."""
    try:
        values = parse_qs(query, max_num_fields=MAX_PARAMETERS)
    except ValueError:
        values = {}
    for shape in shapes():
        found = shape.path.fullmatch(path)
        if found is None:
            continue
        if not shape.parameters:
            return found["code"].strip("/ ")
        for name in shape.parameters:
            if text := values.get(name, [""])[0].strip():
                return text
    return ""


def target(path: str, query: str) -> str | None:
    """Where an address leads: the Digital Link or the page of the one code in it, the choice where there are several readings, the
    reason where a known shape holds no code; None where the address is nothing to us.
    """
    if path.partition("/")[0] in _OURS:
        return None
    text = text_of(path, query)[:MAX_LENGTH]
    if not text:
        return _of_unknown_shape(path, query)
    found = _readings(text)
    return _address(found[0]) if len(found) == 1 else _choice(text)


def _of_unknown_shape(path: str, query: str) -> str | None:
    whole = f"https://label.invalid/{quote(path)}" + (f"?{query}" if query else "")
    found = _readings(whole)
    if not found:
        return None
    return _address(found[0]) if len(found) == 1 else _choice(whole)


def _readings(text: str) -> list[codes.Code]:
    return [reading.code for reading in codes.readings(text) if reading.code.scheme not in _NOTHING]


def _address(code: codes.Code) -> str:
    return "/" + code.value if code.scheme.startswith("gs1.") else page_path(code)


def _choice(text: str) -> str:
    return "/find?" + urlencode({"q": text})
