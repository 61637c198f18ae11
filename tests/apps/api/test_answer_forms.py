"""Answers in every form: GS1's documents captured and read back, headers of negotiation, problems in XML."""

import json
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from urllib.parse import quote

import jsonschema
import pytest
from django.db import transaction
from django.test import Client
from lxml import etree

from coding import key_of
from support import AT, CONTEXT, document, event
from zhuisu import epcis
from zhuisu.epcis import xmlwrite
from zhuisu.events.sequencer import publish
from zhuisu.events.services import receive

EPC_FORMATS = ("No_Preference", "Always_GS1_Digital_Link", "Always_EPC_URN", "Never_Translates")
CBV_FORMATS = ("No_Preference", "Always_Web_URI", "Always_URN", "Never_Translates")
URN = "urn:epc:id:sgtin:9506000.013435.1"
LINK = "https://id.gs1.org/01/09506000134352/21/1"


class Door:
    """An organisation's way in: sends documents, asks for events in a form."""

    def __init__(self, organisation) -> None:
        self.organisation = organisation
        self.headers = key_of(organisation)

    def send(self, body: bytes, at: datetime = AT):
        receipt = receive(body, media_type=None, organisation=self.organisation.pk, by="test", at=at)
        publish(at)
        return receipt

    def get(self, path: str = "/epcis/events", **headers: str):
        return Client().get(path, headers=self.headers | {name.replace("_", "-"): one for name, one in headers.items()})


@pytest.fixture
def door(dairy) -> Door:
    return Door(dairy)


def events_of(answer) -> list[dict]:
    assert answer.status_code == 200, answer.content
    return json.loads(answer.content, parse_float=Decimal)["epcisBody"]["queryResults"]["resultsBody"]["eventList"]


def gs1_documents(shared: Path) -> list[Path]:
    folder = shared / "data/epcis/gs1"
    found = [*sorted((folder / "json").rglob("*.jsonld")), *sorted((folder / "xml").rglob("*.xml"))]
    return [path for path in found if path.parent.name != "CaptureJob"]


@pytest.fixture(scope="module")
def schemas(shared):
    ratified = shared / "data/epcis/gs1/ratified"
    rules = json.loads((ratified / "epcis-json-schema-2.0.1.json").read_text("utf-8"))
    kind = jsonschema.validators.validator_for(rules)
    xsd = etree.XMLSchema(etree.parse(str(ratified / "xsd/2_0_0/EPCglobal-epcis-query-2_0.xsd")))
    return kind(rules, format_checker=jsonschema.FormatChecker()), xsd


def test_every_gs1_document_goes_in_and_comes_out_in_every_form(door, shared, schemas):
    """Each event is the same (its digest is) whatever the form, and every answer keeps its ratified schema."""
    json_schema, xsd = schemas
    seen = 0
    for path in gs1_documents(shared):
        sent = [one for one in epcis.read(path.read_bytes()).events if isinstance(one, epcis.Event)]
        with transaction.atomic():
            door.send(lacking_refused(path, sent))
            for one in sent:
                address = f"/epcis/events/{quote(epcis.identity(one), safe='')}"
                for number, form in enumerate(EPC_FORMATS):
                    said = f"{path.name} {form}"
                    mine = (seen + number) % 4  # one form of an event by the schema and in XML: both take their time
                    if not unsayable(one):
                        got = door.get(address, GS1_EPC_Format=form)
                        assert got.status_code == 200, said
                        assert mine or not list(json_schema.iter_errors(json.loads(got.content))), said
                        assert epcis.digest(one) in map(epcis.digest, epcis.read(got.content).events), said
                    if not mine:
                        words = CBV_FORMATS[seen // 4 % 4]
                        got = door.get(address, GS1_EPC_Format=form, GS1_CBV_XML_Format=words, Accept="text/xml")
                        assert xsd.validate(etree.fromstring(got.content)), (said, words, xsd.error_log)
                        assert epcis.digest(one) in map(epcis.digest, epcis.read(got.content).events), said
                seen += 1
            transaction.set_rollback(True)
    assert seen == 116


def lacking_refused(path: Path, events: list[epcis.Event]) -> bytes:
    """The document, or where one of its events is refused, a document of the others."""
    read = epcis.read(path.read_bytes())
    if len(read.events) == len(events):
        return path.read_bytes()
    write = xmlwrite.document if path.suffix == ".xml" else epcis.document
    return write(events, created_at=AT)


def unsayable(one: epcis.Event) -> bool:
    """Whether it has an alarm without a measurement: the JSON schema has no place for it (docs/reference/epcis-writing.md)."""
    reports = [report for element in one.data.get("sensorElementList", ()) for report in element["sensorReport"]]
    return any("type" not in one for one in reports)


def with_context(context, *events: dict) -> bytes:
    return json.dumps(json.loads(document(*events)) | {"@context": [CONTEXT[0], context]}).encode()


def test_each_event_keeps_its_own_prefixes(door):
    """Two documents that mean different things by a prefix, one of them a prefix of the standard, meet in one answer."""
    own = {"@context": [{"more": "urn:more:", "term": {"@id": "more:t", "@type": "@id"}}], "more:b": "2"}
    sent = [
        with_context({"ex": "urn:a:"}, event(eventID="urn:x:1", **{"ex:a": "1"})),
        with_context({"ex": "urn:b:"}, event(eventID="urn:x:2", **{"ex:a": "1"}, **own)),
        with_context({"gs1": "urn:g:"}, event(eventID="urn:x:3", **{"gs1:a": "1"})),
        with_context({}, event(eventID="urn:x:4", **{"gs1:a": "1"})),
    ]
    for one in sent:
        door.send(one)
    expected = {one.event_id: epcis.digest(one) for body in sent for one in epcis.read(body).events}
    for media in ("application/json", "application/xml"):
        got = door.get(Accept=media)
        assert {one.event_id: epcis.digest(one) for one in epcis.read(got.content).events} == expected
    assert b'"term":{"@id":"more:t","@type":"@id"}' in door.get().content


@pytest.mark.parametrize("blank", ["", " "])
def test_what_hides_behind_a_prefix_is_put_in_form_too(door, blank):
    report = {"type": "g:voc/Temperature", "value": 1}
    changes = {"readPoint": {"id": "urn:x:r"}, "sensorElementList": [{"sensorReport": [report]}]}
    sent = with_context(
        {"dl": "https://id.gs1.org/01/", "g": "https://gs1.org/"}, event(epcList=["dl:SERIAL"], **changes)
    )
    door.send(sent.replace(b'"dl:SERIAL"', f'"dl:09506000134352/21/1"{blank}'.encode()))
    answer = door.get(GS1_EPC_Format="Always_EPC_URN")
    assert answer["GS1-EPC-Format"] == "Always_EPC_URN"
    (one,) = events_of(answer)
    assert one["epcList"] == ["urn:epc:id:sgtin:95060001343.05.1"]
    assert one["sensorElementList"][0]["sensorReport"][0]["type"] == "Temperature"


def test_without_a_wish_json_with_digital_links(door):
    door.send(document(event(eventID="urn:x:1"), event(eventID="urn:x:2", epcList=["urn:own:1", LINK + "x"])))
    answer = door.get()
    assert (answer["Content-Type"], answer["GS1-EPC-Format"]) == ("application/json", "Always_GS1_Digital_Link")
    assert "GS1-CBV-XML-Format" not in answer
    assert [one["epcList"] for one in events_of(answer)] == [[LINK], ["urn:own:1", LINK + "x"]]
    assert {"Accept", "GS1-EPC-Format", "GS1-CBV-XML-Format"} <= {one.strip() for one in answer["Vary"].split(",")}


@pytest.mark.parametrize(
    ("asked", "done", "got"),
    [
        ("No_Preference", "Never_Translates", [URN, LINK + "0"]),
        ("Never_Translates", "Never_Translates", [URN, LINK + "0"]),
        ("Always_GS1_Digital_Link", "Always_GS1_Digital_Link", [LINK, LINK + "0"]),
        # The public table has another opinion of where this prefix ends than the sender of the first.
        ("Always_EPC_URN", "Always_EPC_URN", [URN, "urn:epc:id:sgtin:95060001343.05.10"]),
    ],
)
@pytest.mark.parametrize("media", ["application/json", "application/xml"])
def test_the_header_says_what_was_done(door, asked, done, got, media):
    door.send(document(event(epcList=[URN, LINK + "0"])))
    answer = door.get(GS1_EPC_Format=asked, Accept=media)
    assert (answer["GS1-EPC-Format"], answer["Content-Type"]) == (done, media)
    (one,) = epcis.read(answer.content).events
    assert isinstance(one, epcis.Event)
    assert one.data["epcList"] == got


def test_a_key_whose_prefix_nobody_knows_stays_and_the_header_tells(door, settings):
    door.send(document(event(epcList=["https://id.gs1.org/01/08821234123455/21/A"])))
    answer = door.get(GS1_EPC_Format="Always_EPC_URN")
    assert answer["GS1-EPC-Format"] == "No_Preference"
    assert events_of(answer)[0]["epcList"] == ["https://id.gs1.org/01/08821234123455/21/A"]
    settings.GCP_LENGTHS = {"882": 8}
    answer = door.get(GS1_EPC_Format="Always_EPC_URN")
    assert answer["GS1-EPC-Format"] == "Always_EPC_URN"
    assert events_of(answer)[0]["epcList"] == ["urn:epc:id:sgtin:88212341.02345.A"]


@pytest.mark.parametrize(
    ("asked", "done", "step"),
    [
        (None, "Never_Translates", "https://ref.gs1.org/cbv/BizStep-commissioning"),
        ("Always_Web_URI", "Always_Web_URI", "https://ref.gs1.org/cbv/BizStep-commissioning"),
        ("Always_URN", "Always_URN", "urn:epcglobal:cbv:bizstep:commissioning"),
    ],
)
def test_words_in_xml_are_uris_and_in_json_bare(door, asked, done, step):
    door.send(document(event(), event(bizStep="urn:epcglobal:cbv:bizstep:commissioning", eventID="urn:x:2")))
    headers = {} if asked is None else {"GS1_CBV_XML_Format": asked}
    answer = door.get(Accept="application/xml", **headers)
    assert answer["GS1-CBV-XML-Format"] == done
    assert f"<bizStep>{step}</bizStep>".encode() in answer.content
    answer = door.get(**headers)
    assert [one["bizStep"] for one in events_of(answer)] == ["commissioning"] * 2
    assert "GS1-CBV-XML-Format" not in answer


def test_as_sent_but_for_the_words_json_wants(door):
    """Never_Translates: every field keeps its bytes; a word that is not bare is put so, in its own field alone."""
    sent = document(event(eventID="urn:x:1", bizStep="https://ref.gs1.org/cbv/BizStep-commissioning", **{"zs:n": "N"}))
    door.send(sent.replace(b'"N"', b"1.500").replace(b'"epcList": [', b'"epcList":   ['))
    answer = door.get(GS1_EPC_Format="Never_Translates")
    assert b'"zs:n":1.500' in answer.content
    assert b'"epcList":["urn' in answer.content or b'"epcList":   ["urn' in answer.content
    assert events_of(answer)[0]["bizStep"] == "commissioning"


def test_what_came_as_xml_goes_out_as_its_bytes(door):
    element = f"""<ObjectEvent><eventTime>2026-11-20T01:00:00Z</eventTime><eventTimeZoneOffset>+08:00</eventTimeZoneOffset>
 <epcList>
   <epc>{URN}</epc></epcList><action>ADD</action><ex:a kind="b">1.50</ex:a></ObjectEvent>"""
    head = '<e:EPCISDocument xmlns:e="urn:epcglobal:epcis:xsd:2" xmlns:ex="urn:example:" schemaVersion="2.0" creationDate="2026-01-01T00:00:00Z">'
    door.send(f"{head}<EPCISBody><EventList>{element}</EventList></EPCISBody></e:EPCISDocument>".encode())
    got = door.get(Accept="application/xml", GS1_EPC_Format="Never_Translates").content.decode()
    _, rest = element.split("<eventTimeZoneOffset>")
    assert "<recordTime>2026-11-20T04:00:00.000Z</recordTime><eventTimeZoneOffset>" in got
    assert "</eventTimeZoneOffset><eventID>ni:///sha-256;" in got
    assert rest.partition("</eventTimeZoneOffset>")[2] in got
    assert LINK in door.get(Accept="application/xml").content.decode()
    assert events_of(door.get())[0]["ex:a"] == {"kind": "b", "#text": "1.50"}


@pytest.mark.parametrize(
    ("header", "value", "status", "content_type"),
    [
        ("Accept", "text/xml", 200, "text/xml"),
        ("Accept", "application/ld+json", 200, "application/ld+json"),
        ("Accept", "application/json;q=0.2, application/xml;q=0.9", 200, "application/xml"),
        ("Accept", "application/xml;q=0.2, application/*;q=0.9", 200, "application/json"),
        ("Accept", "application/json;q=0, */*", 200, "application/ld+json"),
        ("Accept", "text/html, */*;q=0.1", 200, "application/json"),
        ("Accept", ", ".join(["text/html"] * 100 + ["application/json"]), 406, "application/problem+json"),
        ("Accept", "application/json;charset=utf-8", 200, "application/json"),
        ("Accept", "application/json;q=0.1;version=2, application/xml;profile=x;q=0.05", 200, "application/json"),
        ("Accept", "application/*;q=0, */*", 200, "text/xml"),
        ("Accept", "*/*;q=0", 406, "application/problem+json"),
        ("Accept", " , ;", 200, "application/json"),
        ("Accept", "*/*;q=0.5, application/xml;q=0.5", 200, "application/xml"),
        ("Accept", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", 200, "application/xml"),
        ("Accept", "text/html", 406, "application/problem+json"),
        ("Accept", "text/html, application/problem+xml", 406, "application/problem+xml"),
        ("GS1-EPC-Format", "always_epc_urn", 406, "application/problem+json"),
        ("GS1-EPC-Format", "", 406, "application/problem+json"),
        ("GS1-CBV-XML-Format", "Always_GS1_Digital_Link", 406, "application/problem+json"),
        ("GS1-EPCIS-Min", "2.0.0", 200, "application/json"),
        ("GS1-EPCIS-Min", "2.0.1", 406, "application/problem+json"),
        ("GS1-EPCIS-Max", "2.0.1", 200, "application/json"),
        ("GS1-EPCIS-Min", "", 406, "application/problem+json"),
        ("GS1-EPCIS-Min", "2.1", 406, "application/problem+json"),
        ("GS1-EPCIS-Max", "1.2", 406, "application/problem+json"),
        ("GS1-EPCIS-Max", "2", 200, "application/json"),
        ("GS1-CBV-Min", "3", 406, "application/problem+json"),
        ("GS1-CBV-Max", "two", 406, "application/problem+json"),
    ],
)
def test_negotiation(door, header, value, status, content_type):
    for method in (door.get, lambda **headers: Client().head("/epcis/events", headers=door.headers | headers)):
        answer = method(**{header: value})
        assert (answer.status_code, answer["Content-Type"]) == (status, content_type)
    if "Min" in header or "Max" in header:
        assert Client().options("/epcis/events", headers={header: value}).status_code == (204 if status == 200 else 406)


def test_negotiation_comes_before_any_work(client):
    assert client.get("/epcis/events", headers={"GS1-EPC-Format": "x"}).status_code == 406
    wrong = client.post("/epcis/capture", b"<", "application/xml", headers={"GS1-EPCIS-Min": "3"})
    assert wrong.status_code == 406


@pytest.mark.parametrize("accept", ["application/xml", "text/html", "application/json;q=0"])
def test_what_was_done_is_answered_in_json_whatever_is_accepted(door, accept):
    """A refusal after the work would lie, and an answer under another name would be a page to a browser."""
    body = json.dumps(event() | {"@context": CONTEXT})
    for path in ("/epcis/events", "/epcis/events/validate"):
        answer = Client().post(path, body, "application/json", headers=door.headers | {"Accept": accept})
        assert answer["Content-Type"] == "application/json", path


def test_problems_in_xml(door):
    answer = door.get("/epcis/events?nothing=1", Accept="application/xml")
    assert (answer.status_code, answer["Content-Type"]) == (400, "application/problem+xml")
    problem = etree.fromstring(answer.content)
    name = "{urn:ietf:rfc:7807}"
    assert problem.tag == name + "problem"
    assert problem.findtext(name + "type") == "epcisException:QueryParameterException"
    assert problem.findtext(name + "status") == "400"
    assert problem.find(f"{name}errors/{name}i/{name}path") is not None
    hostile = door.get("/epcis/events?a%3C%26%5D%5D%3E=1", Accept="application/xml")
    assert "a<&]]>" in (etree.fromstring(hostile.content).findtext(name + "detail") or "")
    assert door.get("/epcis/events?nothing=1", Accept="*/*")["Content-Type"] == "application/problem+json"


def test_an_etag_for_each_form(door):
    door.send(document(event(eventID="urn:x:1")))
    tags = {
        door.get("/epcis/events/urn:x:1", GS1_EPC_Format=form, Accept=media)["ETag"]
        for form in EPC_FORMATS
        for media in ("application/json", "application/xml")
    }
    assert len(tags) == 8
    assert door.get("/epcis/events/urn:x:1", If_None_Match=door.get("/epcis/events/urn:x:1")["ETag"]).status_code == 304


@pytest.mark.parametrize("path", ["/epcis", "/epcis/"])
def test_the_base_names_the_resources(door, path):
    answer = door.get(path)
    said = answer.json()
    assert said["type"] == "Collection"
    assert {"capture", "events", "queries", "eventTypes", "epcs"} <= set(said["member"])
    for name in said["member"]:
        assert Client().options(f"/epcis/{name}").status_code == 204
    assert Client().head(path, headers=door.headers).content == b""
    options = Client().options(path)
    assert options.status_code == 204
    assert options["Allow"] == "GET, HEAD, OPTIONS"
    assert options["GS1-EPC-Format"] in EPC_FORMATS
    assert options["GS1-CBV-XML-Format"] in CBV_FORMATS
