"""GS1's own example documents: read, or refused for a reason that docs/reference/epcis-reading.md lists."""

import pytest

from zhuisu import epcis

JSON_REFUSED = {("AssociationEvent/AssociationEvent-h.jsonld", 0, "duplicate-key")}
XML_REFUSED = {
    ("WithSensorData/SensorDataExamples.xml", 12, "vocabulary"),
    ("WithSensorData/SensorDataExamples.xml", 13, "vocabulary"),
}


def _read(folder, pattern):
    return {
        path.relative_to(folder).as_posix(): epcis.read(path.read_bytes()) for path in sorted(folder.rglob(pattern))
    }


def _refused(documents):
    return {
        (name, one.index, why.rule)
        for name, document in documents.items()
        for one in document.events
        if isinstance(one, epcis.Refusal)
        for why in one.reasons
    }


def test_the_json_documents(shared):
    documents = _read(shared / "data/epcis/gs1/json", "*.jsonld")
    assert len(documents) == 47
    assert sum(len(one.events) for one in documents.values()) == 56
    assert _refused(documents) == JSON_REFUSED


def test_the_xml_documents(shared):
    folder = shared / "data/epcis/gs1/xml"
    documents = {}
    for path in sorted(folder.rglob("*.xml")):
        if path.parent.name == "CaptureJob":  # answers of a server, no events
            with pytest.raises(epcis.DocumentError):
                epcis.read(path.read_bytes())
        else:
            documents[path.relative_to(folder).as_posix()] = epcis.read(path.read_bytes())
    assert len(documents) == 33
    assert _refused(documents) == XML_REFUSED


def test_master_data_is_found(shared):
    folder = shared / "data/epcis/gs1/xml"
    for name in ("CBV/CBV-11.4-2020-06-16a.xml", "WithFullCombinationOfFields/masterdata_all_possible_fields.xml"):
        assert epcis.read((folder / name).read_bytes()).masterdata


def test_what_goes_out_means_what_came_in(shared):
    for pattern in ("*.jsonld", "*.xml"):
        for path in sorted((shared / "data/epcis/gs1").rglob(pattern)):
            if path.parent.name in ("CaptureJob", "ratified"):
                continue
            events = [one for one in epcis.read(path.read_bytes()).events if isinstance(one, epcis.Event)]
            for one in events:
                # An alarm without type is right in XML; the JSON schema has no way to say it.
                again = epcis.read(epcis.to_json(one), bare=True, lax=True).events[0]
                assert isinstance(again, epcis.Event), (path.name, again)
                assert epcis.digest(again) == epcis.digest(one), path.name
                assert epcis.event_hash(again) == epcis.event_hash(one), path.name


def test_the_interoperability_scenario(shared):
    document = epcis.read((shared / "data/epcis/query-oracle/events.json").read_bytes())
    assert len(document.events) == 155
    assert not [one for one in document.events if isinstance(one, epcis.Refusal)]
    assert len({epcis.digest(one) for one in document.events}) == 155


def test_events_published_in_both_formats_are_one_event(shared):
    folder = shared / "data/epcis/gs1"
    written = {
        epcis.digest(one): epcis.event_hash(one)
        for path in (folder / "json").rglob("*.jsonld")
        for one in epcis.read(path.read_bytes(), lax=True).events
    }
    twins = [
        one
        for path in (folder / "xml").rglob("*.xml")
        if path.parent.name != "CaptureJob"
        for one in epcis.read(path.read_bytes(), lax=True).events
        if epcis.digest(one) in written
    ]
    # The other pairs differ in what they say: a namespace without its slash, a quantity left out, another read point.
    assert len(twins) >= 21
    assert all(written[epcis.digest(one)] == epcis.event_hash(one) for one in twins)
