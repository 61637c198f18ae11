"""What goes out is what came in: the same bytes, the same meaning, readable by the same reader."""

import json
from datetime import UTC, datetime

import pytest

from zhuisu import epcis

AT = datetime(2026, 3, 4, 5, 6, 7, 890_000, UTC)


@pytest.mark.parametrize("kind", ["ObjectEvent", "AggregationEvent", "TransactionEvent", "TransformationEvent"])
def test_an_event_alone_is_complete(made, kind):
    event = made.event(made.samples[kind])
    written = epcis.to_json(event)
    assert written.endswith(event.raw[1:])
    again = epcis.read(written, bare=True).events[0]
    assert epcis.digest(again) == epcis.digest(event)
    assert again.event_id == event.event_id


def test_a_document_holds_the_very_bytes(made):
    events = [made.event(one) for one in made.samples.values()]
    written = epcis.document(events, created_at=AT)
    assert all(one.raw in written for one in events)
    head = json.loads(written)
    assert head["creationDate"] == "2026-03-04T05:06:07.890Z"
    assert head["@context"][1] == {"ex": "https://ns.example/"}
    again = epcis.read(written)
    assert [epcis.digest(one) for one in again.events] == [epcis.digest(one) for one in events]


def test_an_answer_to_a_query(made):
    event = made.event(made.samples["ObjectEvent"])
    written = epcis.document([event], created_at=AT, query="SimpleEventQuery")
    assert json.loads(written)["epcisBody"]["queryResults"]["queryName"] == "SimpleEventQuery"
    assert epcis.digest(epcis.read(written).events[0]) == epcis.digest(event)
    assert epcis.read(epcis.document([], created_at=AT)).events == []


def test_one_prefix_with_two_meanings_in_one_document(made):
    one = made.event(made.sample(ex__n=1))
    other = made.event(made.sample(**{"@context": {"ex": "https://other.example/"}}, ex__n=1))
    text = json.dumps(made.document(made.sample(ex__n=1))).replace("https://ns.example/", "https://third.example/")
    third = epcis.read(text.encode()).events[0]
    events = [one, other, third]
    again = epcis.read(epcis.document(events, created_at=AT)).events
    assert [epcis.digest(found) for found in again] == [epcis.digest(found) for found in events]
    assert len({epcis.digest(found) for found in events}) == 3


def test_a_prefix_of_the_standard_in_a_senders_meaning_reaches_no_other_event(made):
    plain = made.event(made.sample(gs1__n=1))
    own = made.event(made.sample(**{"@context": {"gs1": "https://own.example/"}}, gs1__n=1))
    text = json.dumps(made.document(made.sample(gs1__n=1)))
    text = text.replace('"ex": "https://ns.example/"', '"ex": "https://ns.example/", "gs1": "https://own.example/"')
    third = epcis.read(text.encode()).events[0]
    assert epcis.digest(third) == epcis.digest(own) != epcis.digest(plain)
    for events in ([plain, third, own, plain], [third, plain]):
        again = epcis.read(epcis.document(events, created_at=AT)).events
        assert [epcis.digest(found) for found in again] == [epcis.digest(found) for found in events]


def test_prefixes_of_the_document_and_of_the_event_together(made):
    own = {"@context": [{"own": "https://own.example/"}]}
    one = made.event(made.sample(**own, own__n=1, ex__n=2.50))
    other = made.event(made.sample(**{"@context": {"ex": "https://other.example/"}}, ex__n=1))
    for again in (
        epcis.read(epcis.to_json(one), bare=True).events[0],
        epcis.read(epcis.document([one], created_at=AT)).events[0],
        epcis.read(epcis.document([other, one, other], created_at=AT)).events[1],
    ):
        assert epcis.digest(again) == epcis.digest(one)
    assert epcis.to_json(one).count(b'"@context"') == 1
