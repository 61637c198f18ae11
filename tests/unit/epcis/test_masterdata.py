"""Master data of a header: names in every spelling are one, what repeats is kept, what is too large is refused with its place."""

import json
from typing import Any

import pytest

from zhuisu import epcis
from zhuisu.epcis.masterdata import (
    ATTRIBUTES_LIMIT,
    CHILDREN_LIMIT,
    ELEMENTS_LIMIT,
    ID_LIMIT,
    TYPE_LIMIT,
    VALUE_LIMIT,
    attribute_of,
)

NAME = "urn:epcglobal:cbv:mda:name"
TYPE = "urn:epcglobal:epcis:vtype:Location"


def _json(*elements: Any, type: str = TYPE) -> bytes:
    vocabulary = {"type": type, "vocabularyElementList": list(elements)}
    return json.dumps(
        {
            "@context": "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld",
            "type": "EPCISDocument",
            "schemaVersion": "2.0",
            "creationDate": "2026-11-20T09:30:00Z",
            "epcisHeader": {"epcisMasterData": {"vocabularyList": [vocabulary]}},
            "epcisBody": {"eventList": []},
        }
    ).encode()


def _attributes(count: int = 1, value: Any = "a") -> list[dict[str, Any]]:
    return [{"id": f"urn:x:{number}", "attribute": value} for number in range(count)]


@pytest.mark.parametrize("name", [NAME, "urn:epcglobal:cbv:mda#name", "urn:epcglobal:cbv:mdaname", "cbvmda:name"])
def test_an_attribute_of_the_cbv_has_one_name(name: str) -> None:
    assert attribute_of(name) == NAME
    (element,) = epcis.read(_json({"id": "urn:x:1", "attributes": [{"id": name, "attribute": "冷库"}]})).masterdata
    assert element.attributes == {NAME: "冷库"}
    assert attribute_of("urn:x:name") == "urn:x:name"


def test_the_namespace_of_xml_has_no_colon_at_its_end() -> None:
    sent = f"""<e:EPCISDocument xmlns:e="urn:epcglobal:epcis:xsd:1" xmlns:cbvmda="urn:epcglobal:cbv:mda" schemaVersion="1.2"
      creationDate="2026-11-20T09:30:00Z"><EPCISHeader><extension><EPCISMasterData><VocabularyList><Vocabulary type="{TYPE}">
      <VocabularyElementList><VocabularyElement id="urn:x:1"><attribute id="cbvmda:name">冷库</attribute>
      <attribute id="urn:x:tag">a</attribute><attribute id="urn:x:tag">b</attribute><children><id> urn:x:2 </id></children>
      </VocabularyElement></VocabularyElementList></Vocabulary></VocabularyList></EPCISMasterData></extension></EPCISHeader>
      <EPCISBody><EventList/></EPCISBody></e:EPCISDocument>"""
    (element,) = epcis.read(sent.encode()).masterdata
    assert element.attributes == {NAME: "冷库", "urn:x:tag": ["a", "b"]}
    assert element.children == ("urn:x:2",)


@pytest.mark.parametrize(
    ("fits", "too_large", "path"),
    [
        ({"id": "urn:" + "x" * (ID_LIMIT - 4)}, {"id": "urn:" + "x" * (ID_LIMIT - 3)}, "id"),
        (
            {"id": "urn:x", "children": ["urn:y"] * CHILDREN_LIMIT},
            {"children": ["urn:y"] * (CHILDREN_LIMIT + 1)},
            "children",
        ),
        ({"id": "urn:x"}, {"children": ["urn:" + "步" * ID_LIMIT]}, "children"),
        (
            {"id": "urn:x", "attributes": _attributes(ATTRIBUTES_LIMIT)},
            {"attributes": _attributes(ATTRIBUTES_LIMIT + 1)},
            "attributes",
        ),
        (
            {"id": "urn:x", "attributes": _attributes(value="a" * (VALUE_LIMIT - 7))},
            {"attributes": _attributes(value={"deep": ["a" * VALUE_LIMIT]})},
            "attributes",
        ),
    ],
)
def test_exactly_the_limit_is_taken(fits: dict[str, Any], too_large: dict[str, Any], path: str) -> None:
    assert len(epcis.read(_json(fits)).masterdata) == 1
    with pytest.raises(epcis.DocumentError) as wrong:
        epcis.read(_json({"id": "urn:x"}, {"id": "urn:y"} | too_large))
    assert wrong.value.rule == "master-data-size"
    assert wrong.value.path == f"epcisHeader.epcisMasterData.vocabularyList[0].vocabularyElementList[1].{path}"


def test_elements_and_types_have_limits() -> None:
    elements = [{"id": f"urn:x:{number}"} for number in range(ELEMENTS_LIMIT + 1)]
    assert len(epcis.read(_json(*elements[1:])).masterdata) == ELEMENTS_LIMIT
    for sent in (_json(*elements), _json({"id": "urn:x"}, type="urn:" + "x" * TYPE_LIMIT)):
        with pytest.raises(epcis.DocumentError) as wrong:
            epcis.read(sent)
        assert wrong.value.rule == "master-data-size"
