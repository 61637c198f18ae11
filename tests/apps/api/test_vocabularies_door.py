"""Master data over HTTP: lists, one element, the export that can be captured again, the words of the CBV."""

import json
from pathlib import Path
from typing import Any
from urllib.parse import quote

import jsonschema
import pytest
from django.test import Client
from lxml import etree

from coding import key_of
from support import AT, document
from zhuisu import epcis
from zhuisu.accounts.models import Organisation
from zhuisu.registry.models import Place
from zhuisu.registry.vocabulary.services import take

LOCATION = "urn:epcglobal:epcis:vtype:BusinessLocation"
SGLN = "urn:epc:id:sgln:9506000.00002.0"
OWN_TYPE = "https://example.org/types/room"


def _header(*vocabularies: dict[str, Any]) -> bytes:
    whole = json.loads(document())
    return json.dumps(whole | {"epcisHeader": {"epcisMasterData": {"vocabularyList": list(vocabularies)}}}).encode()


ELEMENT = {
    "id": SGLN,
    "attributes": [
        {"id": "cbvmda:name", "attribute": "一号库"},
        {"id": "urn:x:area", "attribute": 12.50},
        {"id": "urn:x:tag", "attribute": "a"},
        {"id": "urn:x:tag", "attribute": "b"},
    ],
    "children": ["urn:x:shelf/1"],
}
SENT = _header(
    {"type": LOCATION, "vocabularyElementList": [ELEMENT, {"id": "urn:x:shelf/1"}]},
    {"type": OWN_TYPE, "vocabularyElementList": [{"id": "https://example.org/room/1"}]},
)


@pytest.fixture
def key(dairy: Organisation) -> dict[str, str]:
    said = epcis.read(SENT).masterdata
    take(said, organisation=dairy.pk, capture_token="token-1", by="key:zs_1", at=AT)
    return key_of(dairy)


def _get(path: str, key: dict[str, str]) -> Any:
    return Client().get(f"/epcis/{path}", headers=key)


def test_the_list_of_vocabularies(key: dict[str, str], market: Organisation) -> None:
    Place.objects.create(code="uri:urn:x:hall", name="大厅")
    register = "urn:epcglobal:epcis:vtype:Location"
    assert _get("vocabularies", key).json()["member"] == [OWN_TYPE, LOCATION, register]
    assert _get("vocabularies", key_of(market)).json()["member"] == [register]


@pytest.mark.parametrize("name", [LOCATION, "BusinessLocation", "businesslocation", quote(LOCATION, safe="")])
def test_the_elements_of_one(key: dict[str, str], name: str) -> None:
    body = _get(f"vocabularies/{name}", key).json()
    assert (body["type"], body["vocabularyList"][0]["type"]) == ("EPCISMasterData", LOCATION)
    first, second = body["vocabularyList"][0]["vocabularyElementList"]
    assert first == {
        "id": SGLN,
        "attributes": [
            {"id": "urn:x:tag", "attribute": "a"},
            {"id": "urn:x:tag", "attribute": "b"},
            {"id": "urn:x:area", "attribute": 12.5},
            {"id": "urn:epcglobal:cbv:mda:name", "attribute": "一号库"},
        ],
        "children": ["urn:x:shelf/1"],
        "source": "capture",
    }
    assert second == {"id": "urn:x:shelf/1", "source": "capture"}


@pytest.mark.parametrize("text", [SGLN, "https://id.gs1.org/414/9506000000022"])
@pytest.mark.parametrize("safe", ["", ":/"])
def test_one_element_in_any_writing(key: dict[str, str], text: str, safe: str) -> None:
    answer = _get(f"vocabularies/{quote(LOCATION, safe=safe)}/{quote(text, safe=safe)}", key)
    (element,) = answer.json()["vocabularyList"][0]["vocabularyElementList"]
    assert (element["id"], element["parents"]) == (SGLN, [])
    assert element["versions"] == [{"captureID": "token-1", "createdAt": "2026-11-20T04:00:00.000Z", "by": "key:zs_1"}]
    (shelf,) = _get(f"vocabularies/BusinessLocation/{quote('urn:x:shelf/1', safe=safe)}", key).json()["vocabularyList"][
        0
    ]["vocabularyElementList"]
    assert shelf["parents"] == [SGLN]


def test_a_vocabulary_with_slashes_in_its_name(key: dict[str, str]) -> None:
    for safe in ("", ":/"):
        name, room = quote(OWN_TYPE, safe=safe), quote("https://example.org/room/1", safe=safe)
        assert _get(f"vocabularies/{name}", key).json()["vocabularyList"][0]["type"] == OWN_TYPE
        assert _get(f"vocabularies/{name}/{room}", key).status_code == 200


def test_pages_and_search(key: dict[str, str]) -> None:
    answer = _get("vocabularies/BusinessLocation?perPage=1", key)
    path = answer.headers["Link"].partition(">")[0].partition("/epcis/")[2]
    (found,) = _get(path, key).json()["vocabularyList"][0]["vocabularyElementList"]
    assert found["id"] == "urn:x:shelf/1"
    assert "Link" not in _get(path, key).headers
    (found,) = _get("vocabularies/BusinessLocation?q=一号", key).json()["vocabularyList"][0]["vocabularyElementList"]
    assert found["id"] == SGLN
    assert _get("vocabularies/BusinessLocation?q=" + "x" * 101, key).status_code == 400
    assert _get("vocabularies/BusinessLocation?nonsense=1", key).status_code == 400
    assert _get("vocabularies/Party", key).json()["vocabularyList"][0]["vocabularyElementList"] == []


@pytest.mark.parametrize(
    "path", ["nonsense", "nonsense/x", "BusinessLocation/urn:x:none", "%00", f"{LOCATION}/", "cbv/nonsense"]
)
def test_what_is_not_there(key: dict[str, str], path: str) -> None:
    assert _get(f"vocabularies/{path}", key).status_code == 404


def test_nobody_reads_what_another_sent(key: dict[str, str], market: Organisation) -> None:
    other = key_of(market)
    assert _get("vocabularies", other).json()["member"] == []
    assert (
        _get("vocabularies/BusinessLocation?q=一号", other).json()["vocabularyList"][0]["vocabularyElementList"] == []
    )
    for path in (f"BusinessLocation/{SGLN}", quote(OWN_TYPE, safe="")):
        assert _get(f"vocabularies/{path}", other).status_code == 404
    exported = json.loads(b"".join(_get("vocabularies/document", other).streaming_content))
    assert exported["epcisHeader"]["epcisMasterData"]["vocabularyList"] == []


def test_the_export_is_a_document_that_says_the_same(key: dict[str, str], dairy: Organisation, shared: Path) -> None:
    exported = b"".join(_get("vocabularies/document", key).streaming_content)
    schema = json.loads((shared / "data/epcis/gs1/ratified/epcis-json-schema-2.0.1.json").read_text())
    jsonschema.validate(json.loads(exported), schema)
    order = lambda one: (one.type, one.id)  # noqa: E731
    assert sorted(epcis.read(exported).masterdata, key=order) == sorted(epcis.read(SENT).masterdata, key=order)


def test_the_export_in_xml_says_the_same(key: dict[str, str], market: Organisation, shared: Path) -> None:
    schema = etree.XMLSchema(etree.parse(str(shared / "data/epcis/gs1/ratified/xsd/2_0_0/EPCglobal-epcis-2_0.xsd")))
    for caller in (key, key_of(market)):
        answer = _get("vocabularies/document", caller | {"Accept": "application/xml"})
        assert answer.headers["Content-Type"] == "application/xml"
        exported = b"".join(answer.streaming_content)
        schema.assertValid(etree.fromstring(exported))
        said = {one.id: one.children for one in epcis.read(exported).masterdata}
        assert said == ({one.id: one.children for one in epcis.read(SENT).masterdata} if caller is key else {})


def test_a_header_alone_is_a_capture(dairy: Organisation) -> None:
    key = key_of(dairy)
    answer = Client().post("/epcis/capture", SENT, content_type="application/ld+json", headers=key)
    assert answer.status_code == 202
    token = answer.headers["Location"].rpartition("/")[2]
    (element,) = _get(f"vocabularies/BusinessLocation/{SGLN}", key).json()["vocabularyList"][0]["vocabularyElementList"]
    assert element["versions"][0]["captureID"] == token


@pytest.mark.parametrize(
    ("element", "path", "rule"),
    [
        ({"id": "no uri"}, "vocabularyElementList[1].id", "uri"),
        ({}, "vocabularyElementList[1].id", "master-data"),
        ({"id": "urn:x:1", "attributes": [{"id": "x", "attribute": 1}]}, "attributes.id", "uri"),
        ({"id": "urn:x:1", "attributes": {}}, "vocabularyElementList[1].attributes", "master-data"),
        ({"id": "urn:x:1", "children": [7]}, "vocabularyElementList[1].children", "master-data"),
        ({"id": "urn:x:" + "1" * 500}, "vocabularyElementList[1].id", "master-data-size"),
        ({"id": "urn:x:1", "children": ["urn:x:2"] * 5_001}, "vocabularyElementList[1].children", "master-data-size"),
        (
            {"id": "urn:x:1", "attributes": [{"id": "urn:x:a", "attribute": "a" * 10_001}]},
            "vocabularyElementList[1].attributes",
            "master-data-size",
        ),
    ],
)
def test_bad_master_data_is_refused_with_its_place(
    dairy: Organisation, element: dict[str, Any], path: str, rule: str
) -> None:
    sent = _header({"type": LOCATION, "vocabularyElementList": [{"id": SGLN}, element]})
    key = key_of(dairy)
    answer = Client().post("/epcis/capture", sent, content_type="application/ld+json", headers=key)
    (error,) = answer.json()["errors"]
    assert (answer.status_code, error["rule"]) == (400, rule)
    assert error["path"].startswith("epcisHeader.epcisMasterData.vocabularyList[0]")
    assert path in error["path"]
    assert _get("vocabularies", key).json()["member"] == []


def test_words_of_the_cbv(key: dict[str, str]) -> None:
    names = _get("vocabularies/cbv", key).json()["member"]
    for name in names:
        words = _get(f"vocabularies/cbv/{name}", key).json()["member"]
        assert words
        for one in words:
            assert set(one) <= {"word", "uri", "urn"}
    shipping = {
        "word": "shipping",
        "uri": "https://ref.gs1.org/cbv/BizStep-shipping",
        "urn": "urn:epcglobal:cbv:bizstep:shipping",
    }
    assert shipping in _get("vocabularies/cbv/bizSteps", key).json()["member"]
