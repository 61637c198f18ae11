"""A stream of pieces gives what the whole document gives: the same events, refusals and errors, wherever the pieces are cut."""

import io
import json
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zhuisu import epcis
from zhuisu.epcis import strictjson, xmlstream

HEAD = {
    "@context": ["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld", {"ex": "https://ex.example/ns/"}],
    "type": "EPCISDocument",
    "schemaVersion": "2.0",
    "creationDate": "2026-11-20T09:30:00+08:00",
}


def event(number: int, **changes: object) -> dict:
    return {
        "type": "ObjectEvent",
        "eventID": f"urn:uuid:00000000-0000-4000-8000-{number:012d}",
        "action": "OBSERVE",
        "eventTime": "2026-11-20T08:00:00.000+08:00",
        "eventTimeZoneOffset": "+08:00",
        "epcList": [f"urn:epc:id:sgtin:9506000.013435.{number}"],
        "ex:note": "牛奶 😀",
    } | changes


EVENTS = [
    event(1),
    event(2, action="DANCE"),
    event(3, quantityList=[]),
    7,
    event(4, **{"ex:n": 1.25e3}),
    None,
    event(5),
]


def body(*events: object) -> dict:
    return {"epcisBody": {"eventList": list(events)}}


def cut(document: bytes, sizes: list[int]) -> Iterator[bytes]:
    at = turn = 0
    while at < len(document):
        size = sizes[turn % len(sizes)]
        yield document[at : at + size]
        at, turn = at + size, turn + 1


def whole(document: bytes) -> object:
    try:
        read = epcis.read(document)
    except epcis.DocumentError as error:
        return (error.path, error.rule, error.message)
    return read.events, read.context, read.masterdata


def streamed(document: bytes, sizes: list[int]) -> object:
    try:
        facts, events = epcis.stream(lambda: cut(document, sizes))
        found = list(events)
    except epcis.DocumentError as error:
        return (error.path, error.rule, error.message)
    return found, facts.context, facts.masterdata


def looked(document: bytes, sizes: list[int]) -> int | str:
    try:
        return epcis.look(cut(document, sizes))[1]
    except epcis.DocumentError as error:
        return error.rule


DOCUMENTS = [
    json.dumps(HEAD | body(*EVENTS), ensure_ascii=False).encode(),
    json.dumps(body(*EVENTS) | HEAD, indent=1).encode(),  # the context after the events
    ("\ufeff" + json.dumps(HEAD | body())).encode(),
    json.dumps(HEAD | body(*EVENTS)).encode().replace(b'"action"', b'"eventID": "x", "action"'),
    json.dumps(HEAD | body(event(1, **{"undeclared:a": "\ud800"}), event(2))).encode(),
    json.dumps(HEAD | {"epcisBody": {}}).encode(),
    json.dumps(HEAD | body(event(1)) | {"unknown": 1}).encode(),
    json.dumps(HEAD | body(event(1)))[:-2].encode(),
    json.dumps(HEAD | body(event(1))).encode() + b" x",
    json.dumps(HEAD | body(event(1))).encode().replace(b"OBS", b"\xff\xfe"),
    b'{"type": "EPCISDocument", "type": "EPCISDocument"}',
    b" \n ",
    b"[1]",
    b"{" * 20_000,
]

XML_HEAD = """<?xml version="1.0" encoding="UTF-8"?>
<epcis:EPCISDocument xmlns:epcis="urn:epcglobal:epcis:xsd:2" xmlns:ex="https://ex.example/ns/" schemaVersion="2.0"
  creationDate="2026-11-20T09:30:00+08:00">"""
XML_MASTER = """<EPCISHeader><extension><EPCISMasterData><VocabularyList><Vocabulary type="urn:epcglobal:epcis:vtype:ReadPoint">
<VocabularyElementList><VocabularyElement id="urn:epc:id:sgln:9506000.00001.0"><attribute id="urn:x:name">仓</attribute>
</VocabularyElement></VocabularyElementList></Vocabulary></VocabularyList></EPCISMasterData></extension></EPCISHeader>"""


def xml_event(number: int, more: str = "") -> str:
    return f"""<ObjectEvent><eventTime>2026-11-20T08:00:00.000+08:00</eventTime>
<eventTimeZoneOffset>+08:00</eventTimeZoneOffset><epcList><epc>urn:epc:id:sgtin:9506000.013435.{number}</epc></epcList>
<action>OBSERVE</action>{more}</ObjectEvent>"""


def xml(*events: str, master: str = XML_MASTER, after: str = "") -> bytes:
    inside = "\n".join(events)
    return f"{XML_HEAD}{master}<EPCISBody><EventList>{inside}</EventList>{after}</EPCISBody></epcis:EPCISDocument>".encode()


XMLS = [
    xml(
        xml_event(1),
        xml_event(2),
        f"<extension>{xml_event(3)}</extension>",
        "<Strange/>",
        xml_event(4, "<ex:a>牛</ex:a>"),
    ),
    xml(),
    xml(master=""),
    xml(xml_event(1, "<action>ADD</action>"), xml_event(2)),
    xml(xml_event(1), after="<Wrong/>"),
    xml(xml_event(1), after="<ex:own><ObjectEvent/></ex:own>"),
    xml(xml_event(1))[:-9],
    xml(xml_event(1)).replace(b"<EventList>", b"<ex:List>").replace(b"</EventList>", b"</ex:List>"),
    xml(xml_event(1)).replace(b"2.0", b"3.0"),
    xml(xml_event(1)).replace(b"<epcis:", b'<!DOCTYPE a [<!ENTITY b "c">]><epcis:', 1),
    xml(xml_event(1)).replace(b"<epcis:", b'<!DOCTYPE a SYSTEM "http://x.example/d"><epcis:', 1),
    xml(xml_event(1, "<ex:a>" * 70 + "</ex:a>" * 70)),
    xml(xml_event(1)).replace(b"EPCISDocument", b"EPCISMasterDataDocument"),
    b"<a/>",
    b"<a",
]


EDITS = [
    b"",
    b'"',
    b"{",
    b"}",
    b"[",
    b"]",
    b",",
    b":",
    b"<",
    b">",
    b"/",
    b"&",
    b"\0",
    b"\xff",
    b"\\ud800",
    b"1",
    b"<a:b/>",
    b"-->",
]


@settings(max_examples=150, deadline=None)
@given(
    number=st.integers(0, len(DOCUMENTS) + len(XMLS) - 1),
    edits=st.lists(
        st.tuples(st.floats(0, 1), st.integers(0, 60), st.sampled_from(EDITS) | st.binary(max_size=2)),
        min_size=1,
        max_size=3,
    ),
    sizes=st.lists(st.integers(1, 700), min_size=1, max_size=4),
)
def test_a_spoilt_document_is_taken_in_pieces_if_it_is_as_a_whole(number, edits, sizes):
    """Errors may be others: in pieces what comes first is judged first."""
    document = (DOCUMENTS + XMLS)[number]
    for place, gone, put in edits:
        at = int(place * len(document))
        document = document[:at] + put + document[at + gone :]
    one, other = whole(document), streamed(document, sizes)
    if isinstance(one[0], str):
        assert isinstance(other[0], str)
        assert isinstance(looked(document, sizes), str)
    else:
        assert other == one
        assert looked(document, sizes) == len(one[0])


@pytest.mark.parametrize("name", [b"wrong:EPCISDocument", b"epcis:wrong:EPCISDocument"])
def test_a_name_that_is_none_is_a_fault_of_syntax(name):
    document = xml(xml_event(1)).replace(b"<epcis:EPCISDocument", b"<" + name)
    for one in (whole(document), streamed(document, [99])):
        assert one[1] == "xml-syntax"
    assert looked(document, [99]) == "xml-syntax"
    spaced = xml(xml_event(1)).replace(b'"urn:epcglobal:epcis:xsd:2"', b'"urn:}epcglobal"')
    assert streamed(spaced, [99])[1] == whole(spaced)[1] == "xml-syntax"


def test_the_place_of_a_wrong_byte_counts_the_byte_order_mark():
    document = "\ufeff".encode() + b'{"a": "\xff"}'
    assert streamed(document, [5])[2] == whole(document)[2] == "The document is not UTF-8: byte 10."


@pytest.mark.parametrize("number", range(len(DOCUMENTS) + len(XMLS)))
@settings(max_examples=12, deadline=None)
@given(sizes=st.lists(st.integers(1, 700), min_size=1, max_size=6))
def test_pieces_give_what_the_whole_gives(number, sizes):
    document = (DOCUMENTS + XMLS)[number]
    if len(document) > 10_000:
        sizes = [size * 50 for size in sizes]
    one, other = whole(document), streamed(document, sizes)
    looks = looked(document, sizes)
    if isinstance(one[0], list):
        assert other == one
        assert looks == len(one[0])
    else:  # in XML the parser may meet a fault sooner than whoever reads all of it
        assert other[1] == one[1] == looks


def test_what_gs1_publishes_is_the_same_in_pieces(shared):
    found = sorted((shared / "data/epcis/gs1").rglob("*.*ml")) + sorted((shared / "data/epcis/gs1").rglob("*.json*"))
    compared = 0
    for path in found:
        document = path.read_bytes()
        one = whole(document)
        other = streamed(document, [301])
        assert (other == one) if isinstance(one[0], list) else other[1] == one[1], path
        compared += isinstance(one[0], list)
    assert compared > 50


@pytest.mark.parametrize("document", [DOCUMENTS[0], XMLS[0]])
def test_a_stream_counts_its_events(document):
    number = looked(document, [4096])
    assert epcis.look(cut(document, [4096]), max_events=number)[1] == number
    with pytest.raises(epcis.DocumentError) as wrong:
        epcis.look(cut(document, [4096]), max_events=number - 1)
    assert wrong.value.rule == "too-many-events"


def _endless(start: bytes, piece: bytes, times: int) -> Iterator[bytes]:
    yield start
    for _ in range(times):
        yield piece


@pytest.mark.parametrize(
    ("start", "piece"),
    [
        (b'{"@context": "', b"x" * 262_144),
        (b'{"epcisBody": {"eventList": [{"type": "', b"x" * 262_144),
        (XML_HEAD.encode() + b"<EPCISBody><EventList><ObjectEvent>", b"<a>x</a>" * 32_768),
        (XML_HEAD.encode() + b"<EPCISHeader>", b"<a>x</a>" * 32_768),
        (XML_HEAD.encode(), b"<EPCISHeader>" + b"<a>x</a>" * 30_000 + b"</EPCISHeader>"),
        (b"<!DOCTYPE a [", b"<!ELEMENT a ANY>" * 16_384),
    ],
)
def test_what_would_fill_memory_ends_the_reading(start, piece):
    taken = 0

    def counted() -> Iterator[bytes]:
        nonlocal taken
        for one in _endless(start, piece, 4_000):
            taken += len(one)
            yield one

    with pytest.raises(epcis.DocumentError) as wrong:
        epcis.look(counted())
    assert wrong.value.rule in ("value-size", "xml-element", "xml-dtd", "json-syntax")
    assert taken < 4 * max(xmlstream.MAX_HELD, strictjson.MAX_WINDOW)


def test_a_file_is_read_from_its_begin_each_time():
    facts, events = epcis.stream(epcis.pieces_of(io.BytesIO(DOCUMENTS[1])))
    assert next(one.event_id for one in events if isinstance(one, epcis.Event)) == event(1)["eventID"]
    assert facts.context["ex"] == "https://ex.example/ns/"
