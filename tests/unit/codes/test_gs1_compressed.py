"""Compressed Digital Links: what GS1's own toolkit writes is read, and everything written is read back."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zhuisu import codes
from zhuisu.codes import gs1_ai, gs1_compressed
from zhuisu.codes.gs1_compressed import compress, decompress, uncompressed

GTIN = ("01", "09506000134352")

# Observed: what GS1's reference toolkit (2024-02-29) makes of these messages, without and with optimisation codes. Facts.
OBSERVED = [
    ("ARFKk4XBoA", [GTIN]),
    ("ARFKk4XBoEIOAGBy", [GTIN, ("21", "0012345")]),
    ("DBFKk4XBoA4AYHI", [GTIN, ("21", "0012345")]),
    ("ARFKk4XBoCDEXqLoRv5CAu", [GTIN, ("10", "L1"), ("17", "271231"), ("21", "7")]),
    ("GhFKk4XBoMReqEb-Au", [GTIN, ("10", "L1"), ("17", "271231"), ("21", "7")]),  # not in the order of the table
    ("JUYwPu0FIpUnC4NA", [("254", "A-7"), ("414", "9506000134352")]),
    ("nWMD7uKVJwuDQ", [("254", "A-7"), ("414", "9506000134352")]),  # nor this one
    ("ChFKk4XBoIRUIE1XgkZCkb1bfd4", [GTIN, ("10", "abc123"), ("21", "DEADBEEF"), ("22", "2A")]),
    ("LRFKk4XBoACcQ", [GTIN, ("3103", "001250")]),
    ("AN2yxDhfaiaw", [("00", "998440410914660971")]),
    ("AQnYUc1gmiERBhQ0ytiyZuAGOLc1TQ", [("01", "05412345000013"), ("10", "ABC&+123"), ("7003", "1903061658")]),
]


@pytest.mark.parametrize(("segment", "message"), OBSERVED)
def test_what_the_toolkit_writes_is_read(segment: str, message: list[tuple[str, str]]) -> None:
    ais, others = decompress(segment)
    assert (sorted(ais), others) == (message, [])


@pytest.mark.parametrize("segment", ["ARFKk4XBoA", "DBFKk4XBoA4AYHI", "LRFKk4XBoACcQ", "AN2yxDhfaiaw"])
def test_the_same_segment_is_written(segment: str) -> None:
    assert compress(decompress(segment)[0]) == segment


def test_parameters_that_are_no_ais_are_kept() -> None:
    segment = "AQnYUc1gmiERBhQ0ytiyZuAGOLc1TXhXsaXbQKHFuaprwUmrBX6g"
    assert decompress(segment)[1] == [("expdt", "1903061658"), ("k1", "v1")]
    ais, others = [GTIN], [("k-1", "Ünicode".encode("ascii", "ignore").decode()), ("n", "0012"), ("hex", "beef")]
    assert decompress(compress(ais, others)) == (ais, others)


@pytest.mark.parametrize(
    ("uri", "plain"),
    [
        ("https://a.b/ARFKk4XBoA", "https://a.b/01/09506000134352"),
        ("https://a.b/ARFKk4XBoA/", "https://a.b/01/09506000134352"),
        ("https://a.b/x/ARFKk4XBoEIOAGBy?q=1#f", "https://a.b/x/01/09506000134352/21/0012345?q=1"),
        ("https://a.b/ARFKk4XBoA?17=271231&q=a%20b", "https://a.b/01/09506000134352?17=271231&q=a%20b"),
        (
            "https://a.b/01/09506000134352/" + compress([("10", "L1"), ("17", "271231")]),
            "https://a.b/01/09506000134352/10/L1?17=271231",
        ),
        (
            "https://a.b/s/gtin/09506000134352/lot/L%2F1/" + compress([("21", "77"), ("17", "271231")]),
            "https://a.b/s/01/09506000134352/10/L%2F1/21/77?17=271231",
        ),
    ],
)
def test_whole_and_partly_compressed_links(uri: str, plain: str) -> None:
    assert uncompressed(uri) == plain
    assert codes.parse_digital_link(uncompressed(uri)).ais == codes.parse_digital_link(plain).ais


@pytest.mark.parametrize(
    "uri",
    [
        *(
            "https://a.b/",
            "https://a.b/nothing-here-at-all",
            "https://a.b/ARFKk4XBo",
            "https://a.b/ARFKk4XBoAA",
            "no uri",
        ),
        *("https://a.b/ARFKk4XBoB", "https://a.b/ARFKk4XBpA", "https://a.b/__________", "https://a.b/ARFKk4XBoA%2F"),
        "https://a.b/" + compress([("17", "271231"), ("3103", "001250")]),  # names nothing
    ],
)
def test_what_is_no_compressed_link_is_refused(uri: str) -> None:
    with pytest.raises(codes.CodeError):
        uncompressed(uri)


def _value(ai: str) -> st.SearchStrategy[str]:
    """Texts of an AI's form; what its content rules refuse is filtered out."""
    pattern = re.compile(gs1_ai.look_up(ai).pattern.pattern, re.ASCII)

    def right(value: str) -> bool:
        try:
            gs1_ai.check_value(ai, value)
        except codes.CodeError:
            return False
        return True

    return st.from_regex(pattern, fullmatch=True).filter(right)


# Those whose rules (check digits, dates, currencies) a random text rarely meets stand as examples.
FREE = (
    "10",
    "21",
    "22",
    "235",
    "240",
    "242",
    "254",
    "30",
    "3103",
    "400",
    "422",
    "7005",
    "8011",
    "8019",
    "90",
    "91",
    "3922",
)
FIXED = {
    "01": ["09506000134352"],
    "00": ["095060001343500019"],
    "414": ["9506000134352"],
    "253": ["9506000134352", "9506000134352x/7"],
    "255": ["9506000134352", "950600013435207"],
    "8003": ["09506000134352", "09506000134352Ab-1"],
    "8006": ["095060001343520102"],
    "17": ["271231", "260200"],
    "7003": ["2611200930"],
    "7007": ["261120", "261120261130"],
    "423": ["156", "156826840"],
    "7040": ["1ABC"],
    "8008": ["26112009", "261120093015"],
}
MESSAGES = st.dictionaries(st.sampled_from([*FREE, *FIXED]), st.just(""), min_size=1, max_size=6).flatmap(
    lambda names: st.fixed_dictionaries({ai: st.sampled_from(FIXED[ai]) if ai in FIXED else _value(ai) for ai in names})
)


@given(message=MESSAGES)
def test_everything_written_is_read_back(message: dict[str, str]) -> None:
    ais, others = decompress(compress(message.items()))
    assert (dict(ais), others) == (message, [])


@given(st.text(gs1_compressed.BASE64, max_size=80) | st.text(max_size=40))
def test_no_text_breaks_the_reader(text: str) -> None:
    for attempt in (lambda: decompress(text), lambda: uncompressed(f"https://a.b/{text}")):
        try:
            attempt()
        except codes.CodeError:
            continue
