"""Master data in a document's header (EPCIS 2.0 §9.5): kept as a flat list for the registry."""

from __future__ import annotations

from typing import Any

from lxml import etree

from .messages import error
from .model import MasterData
from .names import Names, full_name, gather
from .values import is_uri

# A document is a list of places and products, not a register; real headers name some dozens.
ELEMENTS_LIMIT = 10_000  # elements of one document
ATTRIBUTES_LIMIT = 200  # attributes of one element: CBV 2.0 has some sixty
CHILDREN_LIMIT = 5_000  # children of one element: the stalls of the largest market are about that
VALUE_LIMIT = 10_000  # characters of the values of one element's attributes, written as JSON
TYPE_LIMIT = 200  # octets of a vocabulary's URI; with the next one it must fit an index entry of the database
ID_LIMIT = 500  # octets of an element's id
_PATH = "epcisHeader.epcisMasterData.vocabularyList"
_MDA = "urn:epcglobal:cbv:mda:"


def attribute_of(name: str) -> str:
    """The full name of an attribute. Those of the CBV are written in four ways: with a colon or # before the word, with
    neither (the namespace of the XML schema simply before it), and as a CURIE of the standard's context (CBV 2.0 §9)."""
    for prefix in ("cbvmda:", _MDA, _MDA[:-1] + "#", _MDA[:-1]):
        if name.startswith(prefix):
            return _MDA + name.removeprefix(prefix)
    return name


def from_json(header: Any, names: Names) -> list[MasterData]:
    """The vocabulary elements of an epcisHeader; none where there is none. Raises DocumentError (rule master-data)."""
    if header is None:
        return []
    master = _dict(header, "epcisHeader").get("epcisMasterData", {})
    found = []
    for number, vocabulary in enumerate(_list(_dict(master, "epcisHeader").get("vocabularyList", []), _PATH)):
        path = f"{_PATH}[{number}]"
        kind = _text(_dict(vocabulary, path).get("type"), f"{path}.type")
        for index, element in enumerate(_list(vocabulary.get("vocabularyElementList", []), path)):
            found.append(_element(names.uri(kind), element, f"{path}.vocabularyElementList[{index}]", names))
    _few(len(found), ELEMENTS_LIMIT, _PATH)
    return found


def from_xml(root: etree._Element, names: Names) -> list[MasterData]:
    """The same from XML: in the header of a document, or the body of a master data document."""
    found = []
    for number, vocabulary in enumerate(root.iter("Vocabulary")):
        path = f"{_PATH}[{number}]"
        kind = names.uri(_text(vocabulary.get("type"), f"{path}.type"))
        for index, element in enumerate(vocabulary.iterfind("VocabularyElementList/VocabularyElement")):
            inside = f"{path}.vocabularyElementList[{index}]"
            attributes: dict[str, Any] = {}
            for one in element.iterfind("attribute"):
                name = _text(one.get("id"), f"{inside}.attributes.id")
                gather(attributes, attribute_of(names.uri(name)), _value(one))
            children = [_text(child.text, f"{inside}.children").strip() for child in element.iterfind("children/id")]
            identity = names.uri(_text(element.get("id"), f"{inside}.id"))
            found.append(_within(MasterData(kind, identity, attributes, tuple(children)), inside))
    _few(len(found), ELEMENTS_LIMIT, _PATH)
    return found


def _value(element: etree._Element) -> Any:
    """The text of an attribute, or its children by name."""
    if not len(element):
        return (element.text or "").strip()
    found: dict[str, Any] = {}
    for child in element.iterchildren(etree.Element):
        gather(found, full_name(str(child.tag)), _value(child))
    return found


def _element(kind: str, element: Any, path: str, names: Names) -> MasterData:
    parts = _dict(element, path)
    attributes: dict[str, Any] = {}
    for one in _list(parts.get("attributes", []), f"{path}.attributes"):
        name = _text(_dict(one, f"{path}.attributes").get("id"), f"{path}.attributes.id")
        # An attribute that comes again has several values, any of which fits a query (EPCIS 2.0 §8.2.7.1, EQATTR).
        gather(attributes, attribute_of(_uri(names.uri(name), f"{path}.attributes.id")), one.get("attribute"))
    children = [
        names.uri(_text(child, f"{path}.children")) for child in _list(parts.get("children", []), f"{path}.children")
    ]
    identity = _uri(names.uri(_text(parts.get("id"), f"{path}.id")), f"{path}.id")
    return _within(MasterData(kind, identity, attributes, tuple(children)), path)


def _within(element: MasterData, path: str) -> MasterData:
    """The element, where it is not larger than one may be."""
    _few(len(element.type.encode()), TYPE_LIMIT, f"{path}.type")
    _few(len(element.id.encode()), ID_LIMIT, f"{path}.id")
    _few(len(element.attributes), ATTRIBUTES_LIMIT, f"{path}.attributes")
    _few(sum(map(_size, element.attributes.items())), VALUE_LIMIT, f"{path}.attributes")
    _few(len(element.children), CHILDREN_LIMIT, f"{path}.children")
    for child in element.children:
        _few(len(child.encode()), ID_LIMIT, f"{path}.children")
    return element


def _size(value: Any) -> int:
    """About how many characters a value takes."""
    if isinstance(value, dict):
        return sum(map(_size, value.items()))
    return sum(map(_size, value)) if isinstance(value, list | tuple) else len(str(value))


def _few(count: int, limit: int, path: str) -> None:
    if count > limit:
        raise error(path, "master-data-size", count=count, limit=limit)


def _dict(value: Any, path: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise error(path, "master-data")
    return value


def _list(value: Any, path: str) -> list[Any]:
    if not isinstance(value, list):
        raise error(path, "master-data")
    return value


def _uri(text: str, path: str) -> str:
    if not is_uri(text):
        raise error(path, "uri", value=text)
    return text


def _text(value: Any, path: str) -> str:
    if not isinstance(value, str) or not value:
        raise error(path, "master-data")
    return value
