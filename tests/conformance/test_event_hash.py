"""Published event hashes of others: every vector of tiers A and B (docs/reference/event-hash.md lists what is contested)."""

import json

import pytest

from zhuisu import epcis

# The reference tool was told to leave these fields out when the vector was made.
ADDED_BY_REPOSITORY = frozenset({"{https://ns.example.com/epcis/}captureID", "{https://repository-x.example.com/}hash"})
# Published with faults that the strict reader refuses; the hash does not depend on our opinion of an event.
FAULTY = {
    "gs1/JSON/AssociationEvent/AssociationEvent-h.jsonld": "duplicate-key",
    "openepcis/test-resources/2.0/EPCIS/JSON/Query/queryDocument.json": "check-digit",
}


def test_published_hashes(shared):
    folder = shared / "data/epcis/hash"
    tried, wrong = 0, []
    for vector in json.loads((folder / "vectors.json").read_text(encoding="utf-8")):
        document = epcis.read((folder / vector["file"]).read_bytes(), lax=True)
        for wanted in vector["events"]:
            event = document.events[wanted["index"]]
            ignore = ADDED_BY_REPOSITORY if "IgnoreFields" in vector["file"] else frozenset()
            tried += 1
            if (epcis.prehash(event, ignore), epcis.event_hash(event, ignore)) != (wanted["prehash"], wanted["hash"]):
                wrong.append((vector["file"], wanted["index"], epcis.prehash(event, ignore), wanted["prehash"]))
    assert not wrong
    assert tried >= 89


@pytest.mark.parametrize(("file", "rule"), FAULTY.items())
def test_why_a_published_event_is_refused(shared, file, rule):
    document = epcis.read((shared / "data/epcis/hash" / file).read_bytes())
    assert [why.rule for one in document.events if isinstance(one, epcis.Refusal) for why in one.reasons] == [rule]


@pytest.mark.parametrize(
    "name", ["differentRepresentationsOfAggregationEvent.xml", "timestampTimeZone.xml", "timestampTimeZone3.xml"]
)
def test_events_that_are_expected_equal_have_one_digest(shared, name):
    document = epcis.read((shared / "data/epcis/hash/ralphtro/expected_equal" / name).read_bytes(), lax=True)
    assert len({epcis.digest(one) for one in document.events}) == 1
