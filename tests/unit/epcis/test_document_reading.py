"""The JSON document around the events: strict bytes, strict envelope, the very bytes of each event kept."""

import json
from decimal import Decimal

import pytest

from zhuisu import epcis


def _error(document: bytes | str | dict, **options) -> epcis.DocumentError:
    if isinstance(document, dict):
        document = json.dumps(document)
    if isinstance(document, str):
        document = document.encode()
    with pytest.raises(epcis.DocumentError) as caught:
        epcis.read(document, **options)
    assert caught.value.message
    assert caught.value.message_zh
    return caught.value


def test_a_document_tells_when_it_was_made_and_what_its_prefixes_mean(made):
    read = epcis.read(json.dumps(made.document(made.samples["ObjectEvent"])).encode())
    assert read.format == "json"
    assert read.schema_version == "2.0"
    assert read.created_at.isoformat() == "2026-03-02T00:00:00+00:00"
    assert read.context["ex"] == "https://ns.example/"


def test_the_very_bytes_of_an_event_are_kept(made):
    raw = '{ "type":"ObjectEvent",\n\t"eventTime" : "2026-03-02T08:30:00Z","eventTimeZoneOffset":"+08:00" ,"epcList":["urn:x:\\u0041","urn:x:农场"],"action":"ADD","ex:n":1.50e1 }'
    body = json.dumps(made.document()).replace("[]", f"[\n {raw} ,\r\n{raw}]")
    events = epcis.read(body.encode()).events
    assert [one.raw.decode() for one in events] == [raw, raw]
    assert events[0].extensions == {"{https://ns.example/}n": Decimal("15.0")}


def test_query_documents_are_read(made):
    results = {"queryName": "SimpleEventQuery", "resultsBody": {"eventList": [made.samples["ObjectEvent"]]}}
    document = made.document(type="EPCISQueryDocument", epcisBody={"queryResults": results})
    del document["schemaVersion"], document["creationDate"]
    assert len(epcis.read(json.dumps(document).encode()).events) == 1


def test_no_events_are_a_document_too(made):
    assert epcis.read(json.dumps(made.document()).encode()).events == []


@pytest.mark.parametrize(
    ("changes", "path", "rule"),
    [
        ({"type": "EPCISMasterDataDocument"}, "type", "document-type"),
        ({"type": None}, "type", "document-type"),
        ({"type": ["EPCISDocument"]}, "type", "document-type"),
        ({"schemaVersion": "1.2"}, "schemaVersion", "schema-version"),
        ({"schemaVersion": "3.0"}, "schemaVersion", "schema-version"),
        ({"schemaVersion": "2.x"}, "schemaVersion", "schema-version"),
        ({"schemaVersion": 2.0}, "schemaVersion", "wrong-type"),
        ({"creationDate": "2026-03-02"}, "", "time"),
        ({"creationDate": 1}, "creationDate", "wrong-type"),
        ({"epcisBody": []}, "epcisBody", "wrong-type"),
        ({"epcisBody": {}}, "epcisBody.eventList", "required"),
        ({"epcisBody": {"eventList": {}}}, "epcisBody.eventList", "wrong-type"),
        ({"epcisBody": {"eventList": None}}, "epcisBody.eventList", "wrong-type"),
        ({"epcisBody": {"eventList": [], "event": {}}}, "epcisBody.event", "unknown-field"),
        ({"epcisBody": {"queryResults": {"queryName": "q", "resultsBody": {"eventList": []}}}}, "epcisBody.eventList", "required"),
        ({"type": "EPCISQueryDocument"}, "epcisBody.eventList", "unknown-field"),
        ({"type": "EPCISQueryDocument", "epcisBody": {"queryResults": {"queryName": "q"}}}, "epcisBody.queryResults.resultsBody", "required"),
        ({"@context": 5}, "", "context"),
        ({"@context": "epcis-context"}, "", "context"),
        ({"@context": ["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld", ""]}, "", "context"),
        ({"@context": [{"a": "https://a.example/"}, {"a": "https://b.example/"}]}, "", "context-prefix"),
        ({"events": []}, "events", "unknown-field"),
        ({"id": "my document"}, "id", "uri"),
        ({"nobody:field": 1}, "", "undeclared-prefix"),
        ({"epcisHeader": {"epcisMasterData": []}}, "epcisHeader", "master-data"),
    ],
)  # fmt: skip
def test_a_wrong_envelope_is_refused_whole(made, changes, path, rule):
    found = _error(made.document(**changes))
    assert (found.path, found.rule) == (path, rule)


@pytest.mark.parametrize("name", ["@context", "schemaVersion", "creationDate", "epcisBody", "type"])
def test_what_the_envelope_must_have(made, name):
    document = made.document()
    del document[name]
    assert _error(document).path == name


@pytest.mark.parametrize(
    ("document", "rule"),
    [
        (b"", "empty"),
        (b"  \n", "empty"),
        (b"\xff\xfe{\x00}\x00", "encoding"),
        ("追溯".encode("gbk"), "encoding"),
        (b'{"type": "\xed\xa0\x80"}', "encoding"),
        (b"{", "json-syntax"),
        (b"{'type': 1}", "json-syntax"),
        (b'{"type": }', "json-syntax"),
        (b'{"type": 1,}', "json-syntax"),
        (b'{"type": 01}', "json-syntax"),
        (b'{"type": "a\nb"}', "json-syntax"),
        (b'{"type": "\\x"}', "json-syntax"),
        (b'{"type" 1}', "json-syntax"),
        (b"{} {}", "json-syntax"),
        (b'"text"', "json-syntax"),
        (b"[]", "json-syntax"),
        (b"null", "json-syntax"),
        (b'{"type": NaN}', "number"),
        (b'{"type": -Infinity}', "number"),
        (b'{"type": 1, "type": 2}', "duplicate-key"),
        (b'{"epcisBody": {"eventList": [], "eventList": []}}', "duplicate-key"),
        (b'{"type": ' + b"[" * 100_000, "depth"),
        (b'{"id": ' + b'{"a":' * 70 + b"1" + b"}" * 70 + b"}", "depth"),
        (b'{"type": ' + b"9" * 5000 + b"}", "number"),
        (b'{"type": "\\u0000"}', "text"),
        (b'{"type": "\\ud800"}', "text"),
    ],
)
def test_bytes_that_are_no_document_are_refused(document, rule):
    assert _error(document).rule == rule


def test_a_syntax_error_says_where(made):
    text = json.dumps(made.document(made.samples["ObjectEvent"]), indent=1).replace('"OBSERVE",', '"OBSERVE"', 1)
    line = next(number for number, one in enumerate(text.splitlines(), 1) if '"bizStep"' in one)
    assert f"line {line}," in _error(text).message


def test_a_byte_order_mark_is_tolerated(made):
    assert epcis.read(b"\xef\xbb\xbf" + json.dumps(made.document()).encode()).events == []


def test_limits(made):
    document = json.dumps(made.document(*[made.samples["ObjectEvent"]] * 3)).encode()
    assert _error(document, max_bytes=len(document) - 1).rule == "too-large"
    assert _error(document, max_events=2).rule == "too-many-events"
    assert len(epcis.read(document, max_bytes=len(document), max_events=3).events) == 3
    huge = made.sample(ex__text="x" * (1 << 20))
    assert made.rules(huge) == {("", "event-size")}


@pytest.mark.parametrize(
    ("inside", "rule"),
    [
        ('"a:b": 1, "a:b": 2', "duplicate-key"),
        ('"ex:n": {"ex:a": 1, "ex:a": 1}', "duplicate-key"),
        ('"ex:n": 1e31', "number"),
        ('"ex:n": 1e-31', "number"),
        ('"ex:n": 1e999999999999', "number"),
        ('"ex:n": ' + "1" * 41, "number"),
        ('"ex:n": 0.' + "1" * 41, "number"),
        ('"ex:n": NaN', "number"),
        ('"ex:n": ' + "[" * 64 + "]" * 64, "depth"),
        ('"ex:n": "\\u0000"', "text"),
        ('"ex:n": "\\udc00"', "text"),
        ('"ex:\\u0000": 1', "text"),
    ],
)
def test_a_value_that_cannot_be_kept_refuses_its_event_alone(made, inside, rule):
    good = json.dumps(made.samples["ObjectEvent"])
    bad = "{" + inside + "}"
    text = json.dumps(made.document()).replace("[]", f"[{good},{bad},{good}]")
    events = epcis.read(text.encode()).events
    assert [type(one).__name__ for one in events] == ["Event", "Refusal", "Event"]
    assert [why.rule for why in events[1].reasons] == [rule]


@pytest.mark.parametrize("number", ["1" * 40, "0.1" + "0" * 28, "1e30", "-1.5E-5", "0", "-0", "0.30000000000000004441"])
def test_numbers_lose_nothing(made, number):
    text = json.dumps(made.sample(ex__n="@")).replace('"@"', number)
    event = epcis.read(json.dumps(made.document()).replace("[]", f"[{text}]").encode()).events[0]
    assert event.extensions["{https://ns.example/}n"] == Decimal(number)


def test_a_pair_of_surrogates_is_one_character(made):
    assert made.event(made.sample(ex__n="𠮷")).extensions["{https://ns.example/}n"] == "𠮷"
    text = json.dumps(made.document(made.sample(ex__n="𠮷")))
    assert "\\ud842" in text
    assert epcis.read(text.encode()).events[0].extensions["{https://ns.example/}n"] == "𠮷"


def test_sixty_four_levels_are_taken(made):
    assert made.event(json.loads(json.dumps(made.sample()).replace('"T-100"', "[" * 61 + "]" * 61)))


def test_media_types(made):
    document = json.dumps(made.document()).encode()
    assert epcis.read(document, media_type="application/ld+json; charset=utf-8").format == "json"
    assert _error(document, media_type="text/plain").rule == "media-type"
    assert _error(document, media_type="application/xml").rule == "xml-syntax"


@pytest.mark.parametrize("shape", ["{}", "[{}]", "[{},{}]"])
def test_bare_events(made, shape):
    one = json.dumps(made.sample(**{"@context": {"ex": "https://ns.example/"}}))
    text = shape.replace("{}", one)
    events = epcis.read(text.encode(), bare=True).events
    assert len(events) == shape.count("{}")
    assert all(isinstance(found, epcis.Event) for found in events)
    assert events[0].raw.decode() == one
    assert _error(text).rule in ("document-type", "json-syntax")


def test_a_document_is_a_document_when_bare_events_are_allowed(made):
    document = json.dumps(made.document(made.samples["ObjectEvent"])).encode()
    assert len(epcis.read(document, bare=True).events) == 1


def test_lax_reading_names_the_faults_and_goes_on(made):
    text = json.dumps(made.sample(bizStep="salting")).replace('"action"', '"action": "ADD", "action"')
    document = json.dumps(made.document()).replace("[]", f"[{text}]").encode()
    assert isinstance(epcis.read(document).events[0], epcis.Refusal)
    event = epcis.read(document, lax=True).events[0]
    assert event.action == "OBSERVE"
    assert [why.rule for why in event.warnings] == ["vocabulary"]


def test_lax_reading_takes_an_early_envelope(made):
    body = {"event": made.samples["ObjectEvent"]}
    early = {"@context": {"ex": "https://ns.example/"}, "type": "EPCISDocument", "epcisBody": body}
    assert isinstance(epcis.read(json.dumps(early).encode(), lax=True).events[0], epcis.Event)
    assert _error(early).rule in ("unknown-field", "required")


def test_an_event_is_read_again_from_its_own_bytes(made):
    event = made.event(made.samples["ObjectEvent"])
    again = epcis.read_event(event.raw, event.context)
    assert again == event
    with pytest.raises(epcis.DocumentError):
        epcis.read_event(b'{"type": "ObjectEvent"}')


def test_master_data_is_kept_for_the_registry(made):
    element = {
        "id": "urn:epc:id:sgln:9520000.00001.0",
        "attributes": [{"id": "cbvmda:name", "attribute": "冷库"}, {"id": "ex:area", "attribute": 12.5}],
        "children": ["urn:epc:id:sgln:9520000.00001.1"],
    }
    vocabulary = {"type": "urn:epcglobal:epcis:vtype:BusinessLocation", "vocabularyElementList": [element]}
    header = {"epcisMasterData": {"vocabularyList": [vocabulary]}}
    read = epcis.read(json.dumps(made.document(epcisHeader=header)).encode())
    assert read.masterdata == [
        epcis.MasterData(
            "urn:epcglobal:epcis:vtype:BusinessLocation",
            "urn:epc:id:sgln:9520000.00001.0",
            {"urn:epcglobal:cbv:mda:name": "冷库", "https://ns.example/area": Decimal("12.5")},
            ("urn:epc:id:sgln:9520000.00001.1",),
        )
    ]


OUTSIDE = "https://context.farm.example/livestock.jsonld"


def test_a_context_that_is_not_fetched_may_declare_prefixes(made):
    context = ["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld", OUTSIDE]
    event = made.sample(without=("ex:vehicle",), **{"herd:size": 40, "herd:barn": {"herd:pen": "B"}})
    text = json.dumps(made.document(event, **{"@context": context})).encode()
    read = epcis.read(text).events[0]
    assert read.extensions == {"{herd:}size": Decimal(40), "{herd:}barn": {"{herd:}pen": "B"}}
    assert [one.rule for one in read.warnings] == ["context-outside"]
    for again in (
        epcis.read(epcis.to_json(read), bare=True).events[0],
        epcis.read(epcis.document([read], created_at=read.event_time)).events[0],
        epcis.read_event(read.raw, read.context),
    ):
        assert (epcis.digest(again), again.extensions) == (epcis.digest(read), read.extensions)


def test_other_contexts_go_out_by_their_own_addresses(made):
    event = made.sample(without=("ex:vehicle",), **{"@context": [OUTSIDE, "urn:x:context"], "herd:size": 40})
    read = epcis.read(json.dumps(made.document(event)).encode()).events[0]
    written = json.loads(epcis.to_json(read))["@context"]
    assert [one for one in written if isinstance(one, str)][1:] == [OUTSIDE, "urn:x:context"]


@pytest.mark.parametrize(
    "changes",
    [{"id": "_:one"}, {"schemaVersion": "1.2"}, {"schemaVersion": 2}, {"creationDate": "yesterday"}, {"events": 1}],
)
def test_what_is_wrong_beside_the_events_does_not_hide_their_hash(made, changes):
    text = json.dumps(made.document(made.samples["ObjectEvent"], **changes))
    _error(text)
    wanted = epcis.event_hash(made.event(made.samples["ObjectEvent"]))
    assert epcis.event_hash(epcis.read(text.encode(), lax=True).events[0]) == wanted


@pytest.mark.parametrize(("place", "attribute"), [("barn", "urn:x:name"), ("urn:x:barn", "name")])
def test_names_of_master_data_are_uris(made, place, attribute):
    element = {"id": place, "attributes": [{"id": attribute, "attribute": "Barn"}]}
    header = {"epcisMasterData": {"vocabularyList": [{"type": "urn:x:place", "vocabularyElementList": [element]}]}}
    assert _error(made.document(epcisHeader=header)).rule == "uri"


def test_a_declaration_that_says_no_time_does_not_hide_the_hash_of_its_event(made):
    event = made.sample(errorDeclaration={"declarationTime": "2026-03-05T08:30Z"})
    text = json.dumps(made.document(event)).encode()
    assert isinstance(epcis.read(text).events[0], epcis.Refusal)
    wanted = epcis.event_hash(made.event(made.samples["ObjectEvent"]))
    assert epcis.event_hash(epcis.read(text, lax=True).events[0]) == wanted


def test_namespaces_that_stand_among_the_fields_do_not_hide_the_hash(made):
    fields = {"old:pen": {"@xmlns:old": "https://old.example/", "#text": "B"}}
    text = json.dumps(made.document(made.sample(**fields))).encode()
    assert [one.rule for one in epcis.read(text).events[0].reasons] == ["undeclared-prefix"]
    event = epcis.read(text, lax=True).events[0]
    assert "{https://old.example/}pen=B" in epcis.prehash(event)
    assert epcis.prehash(epcis.read_event(event.raw, event.context)) == epcis.prehash(event)
