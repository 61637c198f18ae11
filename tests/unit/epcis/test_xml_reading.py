"""XML of EPCIS 2.0 and 1.2: the same event as in JSON, and nothing dangerous."""

import json
from decimal import Decimal

import pytest

from zhuisu import epcis

SHELL = """<?xml version="1.0" encoding="UTF-8"?>
<epcis:EPCISDocument xmlns:epcis="urn:epcglobal:epcis:xsd:{version}" xmlns:ex="https://ns.example/" xmlns:cbvmda="urn:epcglobal:cbv:mda"
  xmlns:gs1="https://gs1.org/voc/" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" schemaVersion="{version}.0" creationDate="2026-03-02T00:00:00Z">
  <EPCISBody><EventList>{events}</EventList></EPCISBody>
</epcis:EPCISDocument>"""
OBJECT = """<ObjectEvent>
  <eventTime>2026-03-02T08:30:00.500+08:00</eventTime><eventTimeZoneOffset>+08:00</eventTimeZoneOffset>
  <eventID>urn:uuid:0b0e0a30-1b0c-4f6e-9d5a-000000000001</eventID>
  <epcList><epc>urn:epc:id:sgtin:9520000.000001.A2</epc><epc>urn:epc:id:sgtin:9520000.000001.A0</epc>
           <epc> urn:epc:id:sgtin:9520000.000001.A1 </epc></epcList>
  <action>OBSERVE</action><bizStep>urn:epcglobal:cbv:bizstep:shipping</bizStep>
  <disposition>urn:epcglobal:cbv:disp:in_transit</disposition>
  <readPoint><id>urn:epc:id:sgln:9520000.00001.0</id></readPoint>
  <bizLocation><id>urn:epc:id:sgln:9520000.00001.0</id></bizLocation>
  <bizTransactionList><bizTransaction>urn:x:2</bizTransaction>
    <bizTransaction type="urn:epcglobal:cbv:btt:po">https://buyer.example/po/1</bizTransaction></bizTransactionList>
  <quantityList><quantityElement><epcClass>urn:epc:class:lgtin:9520000.000001.L1</epcClass>
    <quantity>12.50</quantity><uom>KGM</uom></quantityElement></quantityList>
  <sourceList><source type="urn:epcglobal:cbv:sdt:owning_party">urn:epc:id:pgln:9520000.00001</source></sourceList>
  <destinationList><destination type="urn:epcglobal:cbv:sdt:possessing_party">urn:epc:id:pgln:9520000.00001</destination></destinationList>
  <sensorElementList><sensorElement>
    <sensorMetadata startTime="2026-03-02T00:00:00Z" endTime="2026-03-02T00:30:00Z"/>
    <sensorReport type="gs1:Count" value="3"/><sensorReport type="gs1:Temperature" value="-18.5" uom="CEL"/>
  </sensorElement></sensorElementList>
  <ex:vehicle><ex:axles>3</ex:axles><ex:checked>true</ex:checked><ex:plate>T-100</ex:plate></ex:vehicle>
</ObjectEvent>"""


def _read(events: str, version: int = 2) -> list:
    return epcis.read(SHELL.format(events=events, version=version).encode()).events


def _error(text: str | bytes) -> epcis.DocumentError:
    with pytest.raises(epcis.DocumentError) as caught:
        epcis.read(text.encode() if isinstance(text, str) else text)
    return caught.value


def test_the_same_event_in_xml_is_the_same_event(made):
    xml, written = _read(OBJECT)[0], made.event(made.samples["ObjectEvent"])
    assert epcis.digest(xml) == epcis.digest(written)
    assert epcis.event_hash(xml) == epcis.event_hash(written)
    assert (xml.event_time, xml.biz_step, xml.disposition) == (written.event_time, "shipping", "in_transit")
    assert xml.quantities[0].quantity == Decimal("12.5")
    assert xml.biz_transactions[::-1] == written.biz_transactions
    assert [kind for kind, _ in xml.sources] == ["owning_party"]


def test_an_event_of_version_1_2_with_its_wrappers():
    event = _read(
        """<extension><TransformationEvent><eventTime>2026-03-02T00:30:00Z</eventTime>
        <eventTimeZoneOffset>+08:00</eventTimeZoneOffset><baseExtension><eventID>urn:x:e</eventID></baseExtension>
        <inputEPCList><epc>urn:x:1</epc></inputEPCList><outputEPCList><epc>urn:x:2</epc></outputEPCList>
        <ilmd><cbvmda:lotNumber>7</cbvmda:lotNumber></ilmd></TransformationEvent></extension>""",
        version=1,
    )[0]
    assert (event.event_id, event.input_epcs, event.output_epcs) == ("urn:x:e", ("urn:x:1",), ("urn:x:2",))
    assert event.ilmd == {"{urn:epcglobal:cbv:mda:}lotNumber": "7"}
    wrapped = _read(
        OBJECT.replace("<quantityList>", "<extension><quantityList>").replace(
            "</sensorElementList>", "</sensorElementList></extension>"
        ),
        1,
    )[0]
    assert epcis.digest(wrapped) == epcis.digest(_read(OBJECT)[0])


def test_the_bytes_of_an_xml_event_stand_alone():
    event = _read(OBJECT)[0]
    again = epcis.read_event(event.raw, event.context)
    assert epcis.digest(again) == epcis.digest(event)
    assert b'xmlns:ex="https://ns.example/"' in event.raw


def test_repeated_and_typed_extensions():
    event = _read(
        OBJECT.replace(
            "<ex:axles>3</ex:axles>", '<ex:axles xsi:type="xsd:decimal">3.50</ex:axles><ex:axles side="l">4</ex:axles>'
        )
    )[0]
    axles = event.extensions["{https://ns.example/}vehicle"]["{https://ns.example/}axles"]
    assert axles == [Decimal("3.50"), {"side": "l", "#text": "4"}]


@pytest.mark.parametrize(
    ("old", "new", "path", "rule"),
    [
        ("<action>OBSERVE</action>", "", "action", "required"),
        ("<action>OBSERVE</action>", "<action>observe</action>", "action", "action"),
        ("<action>OBSERVE</action>", "<action>OBSERVE</action><action>ADD</action>", "", "duplicate-key"),
        ("<action>OBSERVE</action>", "<action><b/></action>", "", "xml-element"),
        ("<action>OBSERVE</action>", "<action>OBSERVE</action>oops", "", "xml-text"),
        ("<action>OBSERVE</action>", '<action by="me">OBSERVE</action>', "", "xml-attribute"),
        ("<readPoint>", '<readPoint name="dock">', "", "xml-attribute"),
        ("<action>OBSERVE</action>", "<action>OBSERVE</action><farm>x</farm>", "farm", "unknown-field"),
        ("<quantity>12.50</quantity>", "<quantity>much</quantity>", "quantityList[0].quantity", "wrong-type"),
        ("<quantity>12.50</quantity>", "<quantity>NaN</quantity>", "quantityList[0].quantity", "wrong-type"),
        ("<quantity>12.50</quantity>", "<quantity>-1</quantity>", "quantityList[0].quantity", "quantity"),
        ("<epcList><epc>", "<epcList><id/><epc>", "", "xml-element"),
        ('value="3"', 'value="three"', "sensorElementList[0].sensorReport[0].value", "wrong-type"),
        ('value="3"', "", "sensorElementList[0].sensorReport[0]", "sensor-value"),
        ('value="3"', 'value="3" speed="4"', "sensorElementList[0].sensorReport[0].speed", "unknown-field"),
        ("urn:epcglobal:cbv:bizstep:shipping", "urn:epcglobal:cbv:bizstep:shiping", "bizStep", "vocabulary"),
        (' type="urn:epcglobal:cbv:sdt:owning_party"', "", "sourceList[0].type", "required"),
    ],
)
def test_a_wrong_event_is_refused_alone(old, new, path, rule):
    assert old in OBJECT
    events = _read(OBJECT + OBJECT.replace(old, new) + OBJECT)
    assert [type(one).__name__ for one in events] == ["Event", "Refusal", "Event"]
    assert (path, rule) in {(why.path, why.rule) for why in events[1].reasons}


@pytest.mark.parametrize(
    ("old", "new", "rule"),
    [
        ("<epcis:EPCISDocument", "<!DOCTYPE a [<!ENTITY b 'c'>]><epcis:EPCISDocument", "xml-dtd"),
        ("<epcis:EPCISDocument", '<!DOCTYPE a SYSTEM "file:///etc/passwd"><epcis:EPCISDocument', "xml-dtd"),
        ("<epcis:EPCISDocument", '<!DOCTYPE a PUBLIC "x" "http://a.example/"><epcis:EPCISDocument', "xml-dtd"),
        ("UTF-8", "GBK", "encoding"),
        ("UTF-8", "UTF-16", "encoding"),
        ("</EPCISBody>", "", "xml-syntax"),
        ("<EPCISBody>", "<EPCISBody>&lol;", "xml-syntax"),
        ("urn:epcglobal:epcis:xsd:2", "urn:other", "document-type"),
        ('schemaVersion="2.0"', "", "required"),
        ('schemaVersion="2.0"', 'schemaVersion="3.0"', "schema-version"),
        ('creationDate="2026-03-02T00:00:00Z"', "", "required"),
        ("<EPCISBody>", "<Surprise/><EPCISBody>", "xml-element"),
        ("<EPCISBody>", "<EPCISBody><Events/>", "xml-element"),
        ("2026-03-02T00:00:00Z", "today", "time"),
        ("EventList>", "Events>", "xml-element"),
        ("EPCISBody>", "e:Body>", "xml-syntax"),
    ],
)
def test_a_wrong_document_is_refused_whole(old, new, rule):
    text = SHELL.format(events="", version=2)
    assert old in text
    assert _error(text.replace(old, new)).rule == rule


def test_a_bare_document_type_is_harmless():
    text = SHELL.format(events=OBJECT, version=2).replace(
        "<epcis:EPCISDocument", "<!DOCTYPE a>\n<epcis:EPCISDocument", 1
    )
    assert isinstance(epcis.read(text.encode()).events[0], epcis.Event)


def test_a_word_of_a_newer_web_vocabulary_is_a_warning():
    event = _read(OBJECT.replace("gs1:Temperature", "gs1:Fluorescence"))[0]
    assert [why.rule for why in event.warnings] == ["vocabulary"]


def test_depth_is_bounded():
    deep = "<ex:a>" * 70 + "</ex:a>" * 70
    assert _error(SHELL.format(events=OBJECT.replace("<ex:vehicle>", f"<ex:vehicle>{deep}"), version=2)).rule == "depth"
    assert _error("<a>" * 100_000).rule == "xml-syntax"


def test_master_data_of_a_header():
    header = """<EPCISHeader><extension><EPCISMasterData><VocabularyList><Vocabulary type="urn:epcglobal:epcis:vtype:BusinessLocation">
      <VocabularyElementList><VocabularyElement id="urn:epc:id:sgln:9520000.00001.0"><attribute id="urn:epcglobal:cbv:mda:name">冷库</attribute>
      <attribute id="https://ns.example/address"><ex:city>厦门</ex:city></attribute><children><id>urn:x:1</id></children>
      </VocabularyElement></VocabularyElementList></Vocabulary></VocabularyList></EPCISMasterData></extension></EPCISHeader>"""
    text = SHELL.format(events="", version=2).replace("<EPCISBody>", header + "<EPCISBody>")
    assert epcis.read(text.encode()).masterdata == [
        epcis.MasterData(
            "urn:epcglobal:epcis:vtype:BusinessLocation",
            "urn:epc:id:sgln:9520000.00001.0",
            {"urn:epcglobal:cbv:mda:name": "冷库", "https://ns.example/address": {"{https://ns.example/}city": "厦门"}},
            ("urn:x:1",),
        )
    ]


def test_xml_goes_out_as_json(made):
    event = _read(OBJECT)[0]
    again = epcis.read(epcis.to_json(event), bare=True).events[0]
    assert isinstance(again, epcis.Event), again
    assert epcis.digest(again) == epcis.digest(event)
    assert json.loads(epcis.to_json(event))["bizStep"] == "shipping"


QUERY = """<q:EPCISQueryDocument xmlns:q="urn:epcglobal:epcis-query:xsd:{version}" xmlns:gs1="https://gs1.org/voc/"
  xmlns:ex="https://ns.example/" schemaVersion="{version}" creationDate="2026-03-02T00:00:00{zone}"><EPCISBody>{body}</EPCISBody>
</q:EPCISQueryDocument>"""


def _answer(inside: str, prefix: str = "q:") -> str:
    return (
        f"<{prefix}QueryResults><queryName>SimpleEventQuery</queryName><resultsBody>{inside}</resultsBody>"
        f"</{prefix}QueryResults>"
    )


@pytest.mark.parametrize("version", [1, 2])
@pytest.mark.parametrize("prefix", ["q:", ""])
def test_an_answer_to_a_query(version, prefix):
    body = _answer(f"<EventList>{OBJECT}</EventList>", prefix)
    document = epcis.read(QUERY.format(version=version, zone="Z", body=body).encode())
    assert epcis.digest(document.events[0]) == epcis.digest(_read(OBJECT)[0])


def test_an_answer_of_master_data_has_no_events():
    place = '<VocabularyElement id="urn:x:barn"><attribute id="urn:x:name">Barn</attribute></VocabularyElement>'
    vocabulary = f'<Vocabulary type="urn:x:place"><VocabularyElementList>{place}</VocabularyElementList></Vocabulary>'
    body = _answer(f"<VocabularyList>{vocabulary}</VocabularyList>")
    document = epcis.read(QUERY.format(version=2, zone="Z", body=body).encode())
    assert document.events == []
    assert [one.id for one in document.masterdata] == ["urn:x:barn"]


def test_a_query_is_no_answer():
    body = "<q:Poll><queryName>SimpleEventQuery</queryName><params/></q:Poll>"
    found = _error(QUERY.format(version=2, zone="Z", body=body))
    assert (found.rule, "Poll" in found.message) == ("document-type", True)


def test_the_date_of_a_document_may_lack_its_zone():
    body = _answer(f"<EventList>{OBJECT}</EventList>")
    document = epcis.read(QUERY.format(version=1, zone="", body=body).encode())
    assert document.created_at is None
    assert len(document.events) == 1


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("<action>OBSERVE</action><bizStep>", "<bizStep>"),  # see below: the action comes last
        (
            "<eventTimeZoneOffset>+08:00</eventTimeZoneOffset>",
            "<ex:first>1</ex:first><eventTimeZoneOffset>+08:00</eventTimeZoneOffset>",
        ),
    ],
)
def test_the_elements_stand_in_the_order_of_the_schema(old, new):
    wrong = OBJECT.replace(old, new)
    if "<action>" not in wrong:
        wrong = wrong.replace("<quantityList>", "<action>OBSERVE</action><quantityList>")
    refused = _read(wrong)[0]
    assert [one.rule for one in refused.reasons] == ["xml-order"]
    lax = epcis.read(SHELL.format(events=wrong, version=2).encode(), lax=True).events[0]
    assert isinstance(lax, epcis.Event)


def test_an_event_that_version_1_2_does_not_know_has_no_order_there():
    event = """<AssociationEvent><eventTime>2026-03-02T00:30:00Z</eventTime><eventTimeZoneOffset>+08:00</eventTimeZoneOffset>
      <parentID>urn:x:truck</parentID><childEPCs><epc>urn:x:box</epc></childEPCs><action>ADD</action>
      <childQuantityList/></AssociationEvent>"""
    assert isinstance(_read(event)[0], epcis.Refusal)
    assert isinstance(_read(f"<extension><extension>{event}</extension></extension>", 1)[0], epcis.Event)


def test_a_quantity_event_of_version_1_is_an_object_event(made):
    times = "<eventTime>2026-03-02T00:30:00Z</eventTime><eventTimeZoneOffset>+08:00</eventTimeZoneOffset>"
    named = "<epcClass>urn:epc:idpat:sgtin:9520000.000001.*</epcClass><quantity>67</quantity>"
    event = _read(
        f"<QuantityEvent>{times}{named}<bizStep>urn:epcglobal:cbv:bizstep:stocking</bizStep></QuantityEvent>", 1
    )[0]
    assert (event.type, event.action, event.biz_step) == ("ObjectEvent", "OBSERVE", "stocking")
    assert event.quantities == (epcis.Quantity("urn:epc:idpat:sgtin:9520000.000001.*", Decimal(67)),)
    assert epcis.digest(epcis.read(epcis.to_json(event), bare=True).events[0]) == epcis.digest(event)
    assert epcis.read_event(event.raw, event.context) == event
    bad = _read(f"<QuantityEvent>{times}<quantity>67</quantity></QuantityEvent>", 1)[0]
    assert [one.path for one in bad.reasons] == ["quantityList[0].epcClass"]
