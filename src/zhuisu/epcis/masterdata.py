"""Master data in a document's header (EPCIS 2.0 §9.5): kept as a flat list for the registry."""

from __future__ import annotations

from typing import Any

from lxml import etree

from .messages import error
from .model import MasterData
from .names import Names, full_name
from .values import is_uri

_PATH = "epcisHeader.epcisMasterData.vocabularyList"


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
    return found


def from_xml(root: etree._Element, names: Names) -> list[MasterData]:
    """The same from XML: in the header of a document, or the body of a master data document."""
    found = []
    for vocabulary in root.iter("Vocabulary"):
        kind = _text(vocabulary.get("type"), _PATH)
        for element in vocabulary.iterfind("VocabularyElementList/VocabularyElement"):
            attributes: dict[str, Any] = {}
            for one in element.iterfind("attribute"):
                name = names.uri(_text(one.get("id"), _PATH))
                attributes[name] = _value(one)
            children = tuple(_text(child.text, _PATH) for child in element.iterfind("children/id"))
            identity = names.uri(_text(element.get("id"), _PATH))
            found.append(MasterData(names.uri(kind), identity, attributes, children))
    return found


def _value(element: etree._Element) -> Any:
    """The text of an attribute, or its children by name."""
    if not len(element):
        return (element.text or "").strip()
    return {full_name(str(child.tag)): _value(child) for child in element}


def _element(kind: str, element: Any, path: str, names: Names) -> MasterData:
    parts = _dict(element, path)
    attributes: dict[str, Any] = {}
    for one in _list(parts.get("attributes", []), f"{path}.attributes"):
        name = _text(_dict(one, f"{path}.attributes").get("id"), f"{path}.attributes.id")
        attributes[_uri(names.uri(name), f"{path}.attributes.id")] = one.get("attribute")
    children = [_text(child, f"{path}.children") for child in _list(parts.get("children", []), f"{path}.children")]
    identity = _uri(names.uri(_text(parts.get("id"), f"{path}.id")), f"{path}.id")
    return MasterData(kind, identity, attributes, tuple(children))


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
