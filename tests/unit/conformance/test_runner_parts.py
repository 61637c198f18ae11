"""The runner's own parts: test data that is right by an independent reading, links of pages, problems, evidence."""

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zhuisu import codes, epcis
from zhuisu.codes import gs1_rules
from zhuisu.conformance import Run
from zhuisu.conformance.client import SHOWN, Answer, Request
from zhuisu.conformance.data import Maker, check_digit, document, link, master_data, query_document, xml_document
from zhuisu.conformance.run import is_problem, next_of
from zhuisu.conformance.table import Failed

MAKE = Maker("4d6b", "2026-01-01T00:00:00Z")


@given(st.text("0123456789", min_size=1, max_size=17))
def test_check_digits_are_those_of_the_codes(digits):
    assert check_digit(digits) == gs1_rules.check_digit(digits)


def test_things_and_their_links_are_one():
    urn = MAKE.thing()
    assert codes.parse_epc(urn) == codes.parse_epc(link(urn))


@pytest.mark.parametrize("make", [document, query_document])
def test_documents_are_right_by_the_reader(make):
    read = epcis.read(make(MAKE.event(), MAKE.at(MAKE.place())))
    assert [type(one).__name__ for one in read.events] == ["Event", "Event"]


def test_xml_and_master_data_are_right_by_the_reader():
    event = MAKE.at(MAKE.place())
    (one,) = epcis.read(xml_document(event), media_type="application/xml").events
    assert (one.event_id, one.biz_step) == (event["eventID"], "shipping")
    whole = json.loads(document(event, header=master_data(MAKE.place(), children=[MAKE.place()], city="x")))
    assert whole["epcisHeader"]["epcisMasterData"]["vocabularyList"][0]["vocabularyElementList"][0]["attributes"]


def answer(status: int, body: object, **headers: str) -> Answer:
    return Answer(status, headers, json.dumps(body).encode())


@pytest.mark.parametrize(
    ("header", "found"),
    [
        ('<https://a/?x=1>; rel="next"', "https://a/?x=1"),
        ("<https://a/?x=1>; rel=next", "https://a/?x=1"),
        ('<https://a/1>; rel="prev", <https://a/2>; title="n"; rel="next"', "https://a/2"),
        ('<https://a/1>; rel="prev"', ""),
        ("", ""),
    ],
)
def test_the_next_page(header, found):
    assert next_of(answer(200, None, link=header)) == found


def test_a_link_that_is_no_link_fails():
    with pytest.raises(Failed, match="RFC 8288"):
        next_of(answer(200, None, link='7f3a; rel="next"'))


@pytest.mark.parametrize(
    ("given_answer", "words"),
    [
        (answer(500, {}), "400 wanted"),
        (answer(400, {"type": "epcisException:X"}, **{"content-type": "application/json"}), "problem.json"),
        (answer(400, {"type": "epcisException:Y"}, **{"content-type": "application/problem+json"}), "X wanted"),
        (
            answer(400, {"type": "epcisException:X", "status": 500}, **{"content-type": "application/problem+json"}),
            "500",
        ),
        (answer(400, ["x"], **{"content-type": "application/problem+json"}), "problem.json"),
    ],
)
def test_what_is_no_problem_fails(given_answer, words):
    with pytest.raises(Failed, match=words):
        is_problem(given_answer, 400, "X", "a request")


def test_evidence_hides_keys_and_cuts_bodies():
    shown = str(
        Request("POST", "http://a/", {"Authorization": "Bearer zs_secret", "X-API-Key": "zs_secret"}, b"x" * 9_000)
    )
    assert "zs_secret" not in shown and len(shown) < SHOWN + 300


def test_no_run_meets_an_earlier_one():
    first, second = (Run("http://a", "", "", mark=mark, at=datetime(2026, 1, 1, tzinfo=UTC)) for mark in ("aa", "bb"))
    ids = [run.make.event_id() for run in (first, second) for _ in range(50)]
    assert len(set(ids)) == 100
