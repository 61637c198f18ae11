"""Reading a body: limits that hold whatever the headers say, and counting events before anything is read in full."""

import io
import json

import pytest
from django.core.handlers.wsgi import WSGIRequest
from hypothesis import given
from hypothesis import strategies as st

from zhuisu.api import bodies
from zhuisu.api.problems import Problem


def request(body: bytes, **environ) -> WSGIRequest:
    return WSGIRequest(
        {"REQUEST_METHOD": "POST", "PATH_INFO": "/epcis/capture", "wsgi.input": io.BytesIO(body)} | environ
    )


CHUNKED = {"HTTP_TRANSFER_ENCODING": "chunked"}


@pytest.fixture(autouse=True)
def small(monkeypatch):
    monkeypatch.setattr(bodies, "SIZE_LIMIT", 1_000)


def test_a_body_is_read_up_to_its_length():
    assert bodies.read_body(request(b"abcdef", CONTENT_LENGTH="4")) == b"abcd"
    assert bodies.read_body(request(b"", CONTENT_LENGTH="0")) == b""
    assert bodies.read_body(request(b"abc")) == b""


def test_a_chunked_body_is_read_where_the_server_knows_its_end():
    chunked = CHUNKED | {"wsgi.input_terminated": True}
    assert bodies.read_body(request(b"x" * 1_000, **chunked)) == b"x" * 1_000
    with pytest.raises(Problem) as wrong:
        bodies.read_body(request(b"x" * 1_001, **chunked))
    assert wrong.value.status == 413
    with pytest.raises(Problem) as wrong:
        bodies.read_body(request(b"abc", **CHUNKED))
    assert wrong.value.status == 411


@pytest.mark.parametrize(
    ("length", "body", "status"),
    [
        ("1001", b"", 413),
        ("9" * 30, b"", 413),
        ("5", b"abc", 400),
        ("-1", b"", 400),
        ("x", b"", 400),
        ("1_0", b"", 400),
    ],
)
def test_a_length_that_lies_is_a_problem(length, body, status):
    with pytest.raises(Problem) as wrong:
        bodies.read_body(request(body, CONTENT_LENGTH=length))
    assert wrong.value.status == status


def test_the_server_never_reads_much_beyond_the_limit():
    class Endless(io.RawIOBase):
        given = 0

        def read(self, size: int = -1) -> bytes:
            self.given += size
            return b"x" * size

    endless = Endless()
    with pytest.raises(Problem):
        bodies.read_body(request(b"", **CHUNKED, **{"wsgi.input_terminated": True, "wsgi.input": endless}))
    assert endless.given <= 1_000 + 256 * 1024


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


@given(st.lists(values, max_size=12), st.dictionaries(st.text(max_size=4), values, max_size=3), st.booleans())
def test_events_are_counted_as_a_plain_reader_counts_them(events, around, query):
    body = {"queryResults": {"resultsBody": {"eventList": events}}} if query else {"eventList": events}
    document = json.dumps(around | {"epcisBody": around | body}).encode()
    assert bodies.count_events(document, "application/json") == len(events)


@given(st.binary(max_size=200) | st.text().map(str.encode))
def test_counting_takes_anything(document):
    for media_type in bodies.MEDIA_TYPES:
        assert bodies.count_events(document, media_type) >= 0


def test_counting_survives_depth_and_wrong_shapes():
    for body in (b"[" * 100_000, b'{"epcisBody":' * 100_000, b'{"epcisBody":{"eventList":5}}', b'{"epcisBody":[]}'):
        assert bodies.count_events(body, "application/json") == 0


def test_xml_events_are_counted_by_their_names():
    event = "<ObjectEvent><eventTime>x</eventTime></ObjectEvent><e:AggregationEvent\n/><ObjectEventual/>"
    assert bodies.count_events((event * 3).encode(), "application/xml") == 6
