"""Identifier schemes, one module each: any written form of a code to one canonical form, and back. Pure."""

from zhuisu.codes.gs1_link import DigitalLink, parse_digital_link, unchecked_link, write_link
from zhuisu.codes.gs1_text import parse_elements, write_elements
from zhuisu.codes.model import Code, CodeError, Level, Part, Scheme
from zhuisu.codes.parts import explain
from zhuisu.codes.reading import (
    candidates,
    check,
    from_canonical,
    parse,
    parse_epc,
    schemes,
    to_ai,
    to_digital_link,
    to_urn,
)
from zhuisu.codes.recognition import Reading, readings

__all__ = [
    "Code",
    "CodeError",
    "DigitalLink",
    "Level",
    "Part",
    "Reading",
    "Scheme",
    "candidates",
    "check",
    "explain",
    "from_canonical",
    "parse",
    "parse_digital_link",
    "parse_elements",
    "parse_epc",
    "readings",
    "schemes",
    "to_ai",
    "to_digital_link",
    "to_urn",
    "unchecked_link",
    "write_elements",
    "write_link",
]
