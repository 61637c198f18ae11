"""Events as XML: in the schema's sequence, readable again, and the same after JSON → XML → JSON and XML → JSON → XML."""

import json
import string
from datetime import UTC, datetime
from decimal import Decimal

import msgspec
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from lxml import etree

from zhuisu import epcis
from zhuisu.epcis import xmlwrite

AT = datetime(2026, 3, 4, 5, 6, 7, 890_000, UTC)
encode = msgspec.json.Encoder(decimal_format="number").encode

# What XML 1.0 cannot hold is tested apart; blanks at the ends mean nothing (docs/reference/epcis-writing.md).
TEXTS = st.text(
    st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="\ufffe\uffff", include_characters="\t\n\r"),
    max_size=12,
) | st.sampled_from(["a:b", "ex:thing", "cbvmda:lot", "urn:epc:id:sgtin:9521141.012345.4711", "<&>\"'", "]]>", "&amp;"])
NUMBERS = st.decimals(
    allow_nan=False, allow_infinity=False, places=3, min_value=-(10**9), max_value=10**9
) | st.sampled_from([Decimal("1E+5"), Decimal("1.50"), Decimal("0"), Decimal("-0.0"), Decimal("7E-9")])
LOCALS = st.text(string.ascii_letters + "é中_", min_size=1, max_size=4).map(lambda text: text + "x-1.2")
NAMES = st.builds("{}:{}".format, st.sampled_from(["ex", "cbvmda", "gs1", "two"]), LOCALS)
INSIDE = NAMES | st.sampled_from(["id", "type", "value", "extension"])
VALUES = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(INSIDE, inner, max_size=3),
    max_leaves=8,
)
EXTENSIONS = st.dictionaries(NAMES, VALUES, max_size=3)
PLAIN_EXTENSIONS = st.dictionaries(NAMES, NUMBERS | st.booleans() | TEXTS, max_size=2)
TIMES = st.sampled_from(
    [
        "2026-03-02T08:30:00.5+08:00",
        "2026-03-02t08:30:00z",
        "2026-03-02T08:30:00.123456789-14:00",
        "2026-03-02T08:30:00+14:30",
    ]
)
URIS = st.sampled_from(["urn:x:1", "https://party.example/a?b=c&d=e", "ex:private", "urn:x:%20", "urn:x:é"])
REPORTS = st.fixed_dictionaries(
    {"type": st.sampled_from(["Temperature", "gs1:Mass", "https://gs1.org/voc/Speed"])},
    optional={
        "value": NUMBERS,
        "minValue": NUMBERS,
        "time": TIMES,
        "booleanValue": st.booleans(),
        "stringValue": TEXTS.filter(str.strip),
        "hexBinaryValue": st.just("f0F0"),
        "uriValue": URIS,
        "deviceID": URIS,
        "exception": st.sampled_from(["ALARM_CONDITION", "gs1:ERROR_CONDITION"]),
        "component": st.sampled_from(["x", "cbv:Comp-latitude"]),
    },
).flatmap(lambda report: EXTENSIONS.map(lambda more: {**report, "rawData": "urn:x:raw", **more}))
SENSORS = st.fixed_dictionaries(
    {"sensorReport": st.lists(REPORTS, min_size=1, max_size=2)},
    optional={"sensorMetadata": PLAIN_EXTENSIONS.map(lambda more: {"time": "2026-03-02T08:30:00Z", **more})},
).flatmap(lambda one: EXTENSIONS.map(lambda more: {**one, **more}))
DECLARATIONS = st.fixed_dictionaries(
    {"declarationTime": TIMES},
    optional={
        "reason": st.sampled_from(["did_not_occur", "urn:epcglobal:cbv:er:incorrect_data"]),
        "correctiveEventIDs": st.lists(URIS, max_size=2),
    },
).flatmap(lambda one: EXTENSIONS.map(lambda more: {**one, **more}))
PLACES = st.builds(lambda uri, more: {"id": uri, **more}, URIS, EXTENSIONS)
WORDS = st.sampled_from(
    [
        "shipping",
        "urn:epcglobal:cbv:bizstep:shipping",
        "https://ref.gs1.org/cbv/BizStep-shipping",
        "cbv:BizStep-packing",
        "urn:x:step",
    ]
)
COMMON = {
    "eventID": URIS,
    "errorDeclaration": DECLARATIONS,
    "certificationInfo": URIS | st.lists(URIS, min_size=1, max_size=2),
    "bizStep": WORDS,
    "disposition": st.sampled_from(["in_transit", "urn:epcglobal:cbv:disp:in_transit"]),
    "persistentDisposition": st.sampled_from(
        [{"set": ["recalled"]}, {"unset": ["recalled"], "set": ["expired", "urn:x:d"]}]
    ),
    "readPoint": PLACES,
    "bizLocation": PLACES,
    "sourceList": st.just([{"type": "owning_party", "source": "urn:x:p"}]),
    "destinationList": st.just([]) | st.just([{"type": "urn:x:t", "destination": "ex:p"}]),
    "sensorElementList": st.lists(SENSORS, max_size=2),
    "recordTime": TIMES,
}


@st.composite
def events(draw, samples):
    kind = draw(st.sampled_from(sorted(samples)))
    optional = dict(COMMON)
    if kind in ("ObjectEvent", "TransformationEvent"):
        optional["ilmd"] = EXTENSIONS
    one = {**samples[kind], **draw(st.fixed_dictionaries({"eventTime": TIMES}, optional=optional)), **draw(EXTENSIONS)}
    if kind == "ObjectEvent" and "ilmd" in one:
        one["action"] = "ADD"
    if one.get("quantityList"):
        one["quantityList"] = [{**one["quantityList"][0], "quantity": draw(NUMBERS.filter(lambda number: number > 0))}]
    return dict(draw(st.permutations(list(one.items()))))


def read(written: bytes) -> epcis.Event:
    (one,) = epcis.read(written).events
    assert isinstance(one, epcis.Event), one
    return one


def as_xml(event: epcis.Event) -> bytes:
    """The event written anew, also where it came as XML."""
    data = xmlwrite.translated(event.data, event_names(event).uri, xmlwrite.xml_words("No_Preference", event.context))
    head = (
        '<e:EPCISDocument xmlns:e="urn:epcglobal:epcis:xsd:2" schemaVersion="2.0" creationDate="2026-01-01T00:00:00Z">'
    )
    element = xmlwrite.element(data, event.context)
    return f"{head}<EPCISBody><EventList>{element}</EventList></EPCISBody></e:EPCISDocument>".encode()


def event_names(event: epcis.Event):
    return xmlwrite.Names(event.context)


def as_json(event: epcis.Event) -> bytes:
    return epcis.document([event], created_at=AT)


def whole(document: bytes):
    """What a JSON document says; the order of names in an object says nothing."""
    return json.loads(document, parse_float=Decimal)


# Without shrinking: an event is small enough to read, and finding a smaller one takes minutes.
@settings(max_examples=60, phases=[Phase.explicit, Phase.reuse, Phase.generate])
@given(st.data())
def test_json_to_xml_to_json_is_a_fixed_point(made, data):
    written = made.document(data.draw(events(made.samples)))
    written["@context"][1]["two"] = "urn:two:"
    sent = read(encode(written))
    through = read(xmlwrite.document([sent], created_at=AT))
    assert epcis.digest(through) == epcis.digest(sent)
    first = as_json(through)
    again = read(as_xml(read(first)))
    assert epcis.digest(again) == epcis.digest(sent)
    assert through.event_time == sent.event_time
    assert through.event_time_zone_offset == sent.event_time_zone_offset
    assert (through.error_declaration is None) == (sent.error_declaration is None)
    if sent.error_declaration and through.error_declaration:
        assert through.error_declaration == sent.error_declaration
    assert whole(as_json(again)) == whole(first)
    once_more = read(as_xml(read(as_json(again))))
    assert whole(as_json(once_more)) == whole(first)


@pytest.mark.parametrize(
    "value",
    [
        *([], [None], {}, ["a"], [["a", "b"], ["c"]], [{}, "a"], {"ex:b": []}, {"ex:b": ["x"]}),
        *({"@type": "xsd:date", "@value": "2026-01-01"}, {"@list": ["a", "b"]}, {"en": "milk", "zh-Hans": "奶"}),
        *({"#text": "a"}, {"#text": 5, "ex:k": "v"}, {"#text": "a", "ex:k": ["v", "w"]}, {"#text": "", "ex:k": "v"}),
        *({"ex:1st": "x", "ex:a b": "y"}, {"ex:a_x0020_b": "1", "ex:_x": "2"}, {"ex:\U00020000": "x"}),
    ],
    ids=repr,
)
@pytest.mark.parametrize("place", ["event", "ilmd", "readPoint", "sensorReport"])
def test_whatever_an_extension_holds_the_event_stays_the_same(made, value, place):
    """The same hash and the same digest: what was captured from one form is a duplicate in the other."""
    report = {"type": "Temperature", "value": 1}
    changes = {"readPoint": {"id": "urn:x:r"}, "sensorElementList": [{"sensorReport": [report]}], "ilmd": {"ex:b": "1"}}
    one = made.sample(action="ADD", **changes)
    {"event": one, "ilmd": one["ilmd"], "readPoint": one["readPoint"], "sensorReport": report}[place]["ex:a"] = value
    sent = made.event(one)
    through = read(xmlwrite.document([sent], created_at=AT))
    again = read(as_json(through))
    for found in (through, again):
        assert epcis.digest(found) == epcis.digest(sent)
        assert epcis.event_hash(found) == epcis.event_hash(sent)


def test_a_name_that_only_looks_escaped_is_its_own(made):
    for name in ("a_x0041_b", "_x005F_", "a_xZZZZ_", "_xFFFFFF_"):
        written = xmlwrite.document([made.event(made.sample(ex__n="1"))], created_at=AT)
        written = written.replace(b"<ex:n>", f"<ex:{name}>".encode()).replace(b"</ex:n>", f"</ex:{name}>".encode())
        assert read(written).extensions == {f"{{https://ns.example/}}{name}": "1"} | {
            key: one for key, one in read(written).extensions.items() if "vehicle" in key
        }


def test_every_field_in_the_sequence_of_the_schema(made, xml_schema):
    for kind in made.samples:
        one = made.sample(
            kind,
            ex__note={"ex:a": [1, "b", None], "ex:c": True, "ex:big": 1e30},
            eventTime="2026-03-02t08:30:00+14:30",
            readPoint={"id": "urn:x:r", "ex:n": 1},
            persistentDisposition={"set": ["expired"], "unset": ["recalled"]},
        )
        if "quantityList" in one:
            one["quantityList"] = [{**one["quantityList"][0], "quantity": 1e25}]
        one = dict(reversed(one.items()))
        written = xmlwrite.document([made.event(one)], created_at=AT)
        assert xml_schema.validate(etree.fromstring(written)), (kind, xml_schema.error_log)


def test_numbers_go_out_with_the_digits_they_came_with(made):
    text = encode(made.document(made.sample(ex__n=1))).replace(b"12.5", b"12.500").replace(b'"ex:n":1', b'"ex:n":1.10')
    written = xmlwrite.document(epcis.read(text).events, created_at=AT)
    assert b"<quantity>12.500</quantity>" in written
    assert b'<ex:n xsi:type="xs:decimal">1.10</ex:n>' in written


def test_what_came_as_xml_goes_out_byte_for_byte(made):
    written = xmlwrite.document([made.event(made.samples["ObjectEvent"])], created_at=AT).replace(
        b"<epcList>", b"\n <epcList>\n"
    )
    event = read(written)
    assert xmlwrite.to_xml(event).encode() == event.raw
    assert b"\n <epcList>\n" in event.raw


@pytest.mark.parametrize(
    ("form", "step", "kind"),
    [
        ("No_Preference", "https://ref.gs1.org/cbv/BizStep-shipping", "https://ref.gs1.org/cbv/BTT-po"),
        ("Always_Web_URI", "https://ref.gs1.org/cbv/BizStep-shipping", "https://ref.gs1.org/cbv/BTT-po"),
        ("Always_URN", "urn:epcglobal:cbv:bizstep:shipping", "urn:epcglobal:cbv:btt:po"),
    ],
)
def test_bare_words_become_uris(made, form, step, kind):
    written = xmlwrite.to_xml(made.event(made.samples["ObjectEvent"]), words=form)
    assert f"<bizStep>{step}</bizStep>" in written
    assert f'<bizTransaction type="{kind}">' in written
    # CBV 2.0 has no URN for measurements.
    assert 'type="https://gs1.org/voc/Temperature"' in written


def test_a_urn_stays_one_where_nobody_asks(made):
    event = made.event(made.sample(bizStep="urn:epcglobal:cbv:bizstep:shipping"))
    assert "<bizStep>urn:epcglobal:cbv:bizstep:shipping</bizStep>" in xmlwrite.to_xml(event)
    assert "<bizStep>https://ref.gs1.org/cbv/BizStep-shipping<" in xmlwrite.to_xml(event, words="Always_Web_URI")


def test_names_and_characters_that_xml_has_not(made):
    event = made.event(made.sample(**{"ex:a b": 1, "ex:1st": "\x07bell", "https://long.example/x#y": "z"}))
    written = xmlwrite.document([event], created_at=AT)
    assert b"<ex:a_x0020_b " in written
    assert "<ex:_x0031_st>\ufffdbell<".encode() in written
    assert read(written).extensions["{https://long.example/x#}y"] == "z"


def test_breaks_inside_a_text_are_kept(made):
    event = made.event(made.sample(**{"ex:a": "one\r\ntwo\rthree\tfour"}))
    again = read(xmlwrite.document([event], created_at=AT))
    assert again.extensions["{https://ns.example/}a"] == "one\r\ntwo\rthree\tfour"


def test_a_prefix_of_ours_in_the_senders_meaning(made):
    document = made.document({**made.samples["ObjectEvent"], "xs:a": "1", "epcis:b": "2", "ns0:c": "3"})
    document["@context"].append({"xs": "urn:own:", "ns0": "urn:nought:"})
    sent = read(encode(document))
    through = read(xmlwrite.document([sent], created_at=AT))
    assert through.extensions.keys() == sent.extensions.keys()


def test_an_event_of_version_1_2_is_written_anew(made, xml_schema):
    old = f"""<e:EPCISDocument xmlns:e="urn:epcglobal:epcis:xsd:1" schemaVersion="1.2" creationDate="2026-03-02T00:00:00Z">
<EPCISBody><EventList><ObjectEvent><eventTime>2026-03-02T00:00:00Z</eventTime><eventTimeZoneOffset>+08:00</eventTimeZoneOffset>
<baseExtension><eventID>urn:x:1</eventID></baseExtension><epcList/><action>OBSERVE</action>
<extension><quantityList><quantityElement><epcClass>https://id.gs1.org/01/{made.gtin}</epcClass><quantity>3</quantity></quantityElement></quantityList></extension>
</ObjectEvent></EventList></EPCISBody></e:EPCISDocument>"""
    sent = read(old.encode())
    written = xmlwrite.document([sent], created_at=AT)
    assert b"xtension" not in written
    assert xml_schema.validate(etree.fromstring(written)), xml_schema.error_log
    assert epcis.digest(read(written)) == epcis.digest(sent)


def test_master_data_in_the_header(made, xml_schema):
    masterdata = [
        epcis.MasterData(
            "urn:epcglobal:epcis:vtype:BusinessLocation",
            "urn:x:1",
            {"urn:epcglobal:cbv:mda:site": "1 & 2"},
            ("urn:x:2",),
        ),
        epcis.MasterData("urn:epcglobal:epcis:vtype:ReadPoint", "urn:x:3", {}),
        epcis.MasterData(
            "urn:epcglobal:epcis:vtype:BusinessLocation",
            "urn:x:2",
            {"urn:x:many": ["a", "b"], "urn:x:deep": {"{urn:y:}z": "1"}},
        ),
    ]
    written = xmlwrite.document([made.event(made.samples["ObjectEvent"])], created_at=AT, masterdata=masterdata)
    assert xml_schema.validate(etree.fromstring(written)), xml_schema.error_log
    again = epcis.read(written).masterdata
    assert sorted(again, key=lambda one: one.id) == sorted(masterdata, key=lambda one: one.id)


def test_an_answer_to_a_query(made, shared):
    schema = etree.XMLSchema(
        etree.parse(str(shared / "data/epcis/gs1/ratified/xsd/2_0_0/EPCglobal-epcis-query-2_0.xsd"))
    )
    elements = [xmlwrite.to_xml(made.event(one)) for one in made.samples.values()]
    written = xmlwrite.query_document(elements, created_at="2026-03-04T05:06:07.890Z", query="a & b", subscription="s1")
    assert schema.validate(etree.fromstring(written)), schema.error_log
    assert b"<queryName>a &amp; b</queryName><subscriptionID>s1</subscriptionID>" in written
    assert len(epcis.read(written).events) == len(elements)
    assert schema.validate(etree.fromstring(xmlwrite.query_document([], created_at="2026-03-04T05:06:07Z", query="q")))


@pytest.fixture(scope="module")
def xml_schema(shared):
    return etree.XMLSchema(etree.parse(str(shared / "data/epcis/gs1/ratified/xsd/2_0_0/EPCglobal-epcis-2_0.xsd")))
