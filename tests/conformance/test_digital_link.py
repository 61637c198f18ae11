"""Digital Link and URN cases of others, row by row; a row we do not follow has its number and its reason here and in
docs/reference/digital-link-vectors.md."""

import json
import re
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest

from zhuisu.codes import (
    CodeError,
    parse_digital_link,
    parse_elements,
    parse_epc,
    to_digital_link,
    to_urn,
    write_elements,
    write_link,
)
from zhuisu.codes.gs1_keys import quote
from zhuisu.codes.gs1_keys import unquote as decode

pytestmark = pytest.mark.shared

# Row numbers count from 0 in the file's own order.
PARSE_DEVIATES = {
    12: "case",
    36: "flag",
    43: "flag",
    45: "flag",
    47: "flag",
    49: "flag",
    51: "flag",
    112: "unknown-ai",
}
WRITE_DEVIATES = {
    19: "unknown-ai",
}
PAIR_DEVIATES = {
    2: "check-digit",
    4: "check-digit",
    5: "check-digit",
    8: "piece",
    63: "escape",
    65: "escape",
    67: "escape",
    70: "escape",
    76: "escape",
    79: "escape",
    80: "check-digit",
    81: "equal",
    85: "escape",
    91: "escape",
    93: "escape",
    102: "escape",
    105: "escape",
    108: "escape",
    109: "escape",
    110: "empty",
    112: "escape",
    115: "escape",
    126: "escape",
    127: "check-digit",
    128: "check-digit",
    129: "escape",
    130: "escape",
    131: "escape",
    132: "escape",
    133: "escape",
    142: "table",
    147: "check-digit",
    148: "check-digit",
}
# What an EPC URN escapes (TDS 6.3.1), and what cannot stand in a URI at all (RFC 3986).
MUST_ESCAPE = re.compile(r'["&/<>?#]|%(?![0-9A-Fa-f]{2})')


@pytest.fixture(scope="module")
def parse_rows(shared: Path) -> dict[str, list[list[Any]]]:
    return json.loads((shared / "data/epcis/digital-link/parse-vectors.json").read_text("utf-8"))["vectors"]


@pytest.fixture(scope="module")
def pairs(shared: Path) -> dict[str, list[dict[str, Any]]]:
    return json.loads((shared / "data/epcis/digital-link/urn-dl-pairs.json").read_text("utf-8"))


def test_escape(parse_rows: dict[str, list[list[Any]]]) -> None:
    for text, in_path, in_query in parse_rows["test_URIescape"]:
        assert (quote(text), quote(text, query=True)) == (in_path, in_query)
    for text, in_path, in_query in parse_rows["test_URIunescape"]:
        assert (decode(text), decode(text, query=True)) == (in_path, in_query)


def read(uri: str) -> tuple[bool, str]:
    try:
        link = parse_digital_link(uri)
    except CodeError:
        return False, ""
    return True, "^" + write_elements(link.ais, bracketed=False, separator="^")


def test_parse(parse_rows: dict[str, list[list[Any]]]) -> None:
    rows = parse_rows["test_parseDLuri"]
    deviates = {number for number, (ok, uri, want) in enumerate(rows) if read(uri) != (ok, want)}
    assert deviates == set(PARSE_DEVIATES)
    for number in deviates:
        ok, uri, _ = rows[number]
        reason = PARSE_DEVIATES[number]
        if reason == "flag":  # the same text is in the list twice, once for each position of a switch
            assert any(uri == other and ok != verdict for verdict, other, _ in rows)
        elif reason == "case":  # RFC 3986 3.1: the scheme of a URI is case-insensitive
            assert read(uri.lower())[0]
        else:  # (89) is not assigned
            assert "89=" in uri


def test_write(parse_rows: dict[str, list[list[Any]]]) -> None:
    deviates = set()
    for number, (ok, domain, elements, want) in enumerate(parse_rows["test_testGenerateDLuri"]):
        try:
            got = write_link(parse_elements(elements), domain if isinstance(domain, str) else "https://id.gs1.org")
        except CodeError:
            got = ""
        if got != want or bool(got) != ok:
            deviates.add(number)
    assert deviates == set(WRITE_DEVIATES)


def convert(row: dict[str, Any]) -> str:
    """What the row's method is here: toURN of an instance, of a class, and toURI/toDigitalLink."""
    try:
        code = parse_epc(row["input"])
        if "toURN" not in row["method"]:
            return to_digital_link(code)
        urn = to_urn(code, row["gcpLength"])
    except CodeError:
        return ""
    return urn if row["method"] != "toURN" or urn.startswith("urn:epc:id:") else ""


def wrong_check_digit(text: str) -> bool:
    for key, value in re.findall(r"/(00|01|402|8006|8017|8018|253|255|414|417|8003)/([0-9]{13,18})", text):
        size = {"00": 18, "01": 14, "402": 17, "8006": 14, "8017": 18, "8018": 18, "8003": 14}.get(key, 13)
        digits = [int(digit) for digit in value[:size]]
        if sum(digit * (3 if place % 2 else 1) for place, digit in enumerate(reversed(digits))) % 10:
            return True
    return False


def unescaped(text: str) -> bool:
    """Whether a reserved character stands raw in a value; a raw slash splits a value, or leaves one without a name."""
    if text.startswith("urn:"):
        return MUST_ESCAPE.search(text) is not None
    path = re.sub(r"^https?:/(/[^/]+?)+?/(?=(00|01|253|255|401|414|8003|8004|8010)/)", "", text)
    return re.search(r'["<>#]|%(?![0-9A-Fa-f]{2})', path) is not None or path.count("/") % 2 == 0 or "//" in path


REASONS = {
    "check-digit": lambda row, got: not got and wrong_check_digit(row["input"]),
    "escape": lambda row, got: not got and unescaped(row["input"]),
    "equal": lambda row, got: unquote(got) == unquote(row["expected"]),
    "table": lambda row, got: to_urn(parse_epc(row["input"]), 6) == row["expected"],
    "piece": lambda row, got: not got and ".40.39." in row["input"],
    "empty": lambda row, got: not got and ".." in row["input"],
}


def test_pairs(pairs: dict[str, list[dict[str, Any]]]) -> None:
    rows = pairs["positive"]
    deviates = {}
    for number, row in enumerate(rows):
        if "Vocabulary" in row["method"] or row["method"] == "shortNameReplacer":
            continue  # words of the CBV, not codes: tests of epcis
        got = convert(row)
        if got != row["expected"]:
            deviates[number] = got
    assert set(deviates) == set(PAIR_DEVIATES)
    for number, got in deviates.items():
        assert REASONS[PAIR_DEVIATES[number]](rows[number], got), rows[number]


def test_refused_pairs(pairs: dict[str, list[dict[str, Any]]]) -> None:
    assert [row for row in pairs["negative"] if convert(row)] == []


def test_every_deviation_is_documented() -> None:
    page = (Path(__file__).parents[2] / "docs/reference/digital-link-vectors.md").read_text("utf-8")
    for name, deviates in (("P", PARSE_DEVIATES), ("W", WRITE_DEVIATES), ("U", PAIR_DEVIATES)):
        rows = dict(re.findall(rf"^\| {name}(\d+) \|.*\| (\S+) \|$", page, re.MULTILINE))
        assert rows == {str(number): reason for number, reason in deviates.items()}
