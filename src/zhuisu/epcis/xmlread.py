"""Reads an EPCIS document in XML (EPCIS 2.0 §9.5 and 1.2): each event becomes the JSON-like form, judged like any other."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

from lxml import etree

from .lift import lift
from .masterdata import from_xml
from .messages import error, reason
from .model import Document, DocumentError, Event, Refusal
from .names import STANDARD, Names, xml_prefixes
from .strictjson import MAX_DEPTH, Bad
from .values import MAX_EVENT_BYTES, instant
from .xmlevent import check_order, event_data, line_of

# Namespace and schemaVersion do not always agree in practice; either version is read.
_DOCUMENTS = frozenset(
    {f"{{urn:epcglobal:epcis:xsd:{version}}}EPCISDocument" for version in (1, 2)}
    | {f"{{urn:epcglobal:epcis-query:xsd:{version}}}EPCISQueryDocument" for version in (1, 2)}
    | {f"{{urn:epcglobal:epcis-masterdata:xsd:{version}}}EPCISMasterDataDocument" for version in (1, 2)}
)
ENVELOPE = frozenset(
    {"EPCISHeader", "EPCISBody", "EventList", "QueryResults", "queryName", "subscriptionID", "resultsBody", "extension"}
    | {"VocabularyList"}
)
_EVENTS = frozenset(
    {"ObjectEvent", "AggregationEvent", "TransactionEvent", "TransformationEvent", "AssociationEvent", "QuantityEvent"}
)
# As the schema has it inside a list, and as it is written where an element needs a namespace to stand alone.
_ALONE = frozenset(
    {prefix + kind for kind in _EVENTS for prefix in ("", *(f"{{urn:epcglobal:epcis:xsd:{n}}}" for n in "12"))}
)
_ENCODING = re.compile(rb"<\?xml[^>]*?encoding\s*=\s*[\"']([^\"']*)[\"']").match
# xsd:dateTime lets the zone be left out: right for the date of a document, though it names no instant.
_LOCAL_TIME = re.compile(r"\s*-?\d{4,}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?\s*\Z", re.ASCII).match
# A bare name is harmless and stands in published examples; a subset or an outside address is not taken.
_DOCTYPE = re.compile(r"<!DOCTYPE\s+[^\s\[>]+\s*(.)", re.DOTALL).search
_ENTITY = re.compile(r"<!ENTITY", re.IGNORECASE).search

SAFE: dict[str, Any] = {
    "resolve_entities": False,
    "no_network": True,
    "load_dtd": False,
    "huge_tree": False,
    "remove_comments": True,
    "remove_pis": True,
}


def read_xml(document: bytes, text: str, *, bare: bool = False, lax: bool, max_events: int) -> Document:
    """The document in `document`, which is `text` in UTF-8; with `bare` also one event element alone. Raises DocumentError."""
    root = _parse(document, text)
    try:
        if bare and root.tag in _ALONE:
            root.tag = etree.QName(root).localname
            names = Names(xml_prefixes(STANDARD, root.nsmap))
            return Document("xml", [event_of(0, root, names, lax)], names.context)
        names, created = root_facts(root, lax)
        events = [event_of(index, element, names, lax) for index, element in enumerate(_elements(root, max_events))]
        return Document("xml", events, names.context, from_xml(root, names), created, root.get("schemaVersion"))
    except Bad as bad:
        raise DocumentError(bad.reason("")) from None


def root_facts(root: etree._Element, lax: bool) -> tuple[Names, datetime | None]:
    """What the root says: the prefixes in force, and when it was made. Raises DocumentError or Bad."""
    if root.tag not in _DOCUMENTS:
        raise error("", "document-type", value=etree.QName(root).localname)
    stated = root.get("schemaVersion")
    for name in ("schemaVersion", "creationDate"):
        if name not in root.attrib and not lax:
            raise error(name, "required", name=name)
    if stated and not lax and (stated.split(".")[0] not in ("1", "2") or not stated.replace(".", "").isdigit()):
        raise error("schemaVersion", "schema-version", value=stated)
    return Names(xml_prefixes(STANDARD, root.nsmap)), _created(root.get("creationDate"), lax)


def _created(text: str | None, lax: bool) -> datetime | None:
    if text is None or _LOCAL_TIME(text):
        return None
    try:
        return instant(text.strip())
    except Bad:
        if lax:
            return None
        raise


def check_head(document: bytes) -> None:
    """Raises DocumentError where the XML declaration names another encoding than UTF-8."""
    declared = _ENCODING(document.removeprefix(b"\xef\xbb\xbf").lstrip())
    if declared and declared[1].decode("ascii", "replace").lower() not in ("utf-8", "utf8", "us-ascii", "ascii"):
        raise error("", "encoding", what=declared[1].decode("ascii", "replace"))


def forbid_declarations(text: str) -> None:
    """Raises DocumentError for a document type that says more than a name, and for any entity."""
    doctype = _DOCTYPE(text)
    if (doctype and doctype[1] != ">") or _ENTITY(text):
        raise error("", "xml-dtd")


def _parse(document: bytes, text: str) -> etree._Element:
    check_head(document)
    forbid_declarations(text)
    parser = etree.XMLParser(encoding="utf-8", **SAFE)
    try:
        root = etree.fromstring(document, parser)
    except etree.XMLSyntaxError as trouble:
        raise error("", "xml-syntax", line=trouble.lineno or 1, what=trouble.msg or "") from None
    _bounded(root)
    return root


def _bounded(root: etree._Element) -> None:
    depth = 0
    for move, _ in etree.iterwalk(root, events=("start", "end")):
        depth += 1 if move == "start" else -1
        if depth > MAX_DEPTH:
            raise error("", "depth", limit=MAX_DEPTH)


def _elements(root: etree._Element, max_events: int) -> list[etree._Element]:
    """The event elements, out of whatever <extension> of version 1.2 they are wrapped in."""
    found: list[etree._Element] = []
    body = root.find("EPCISBody")
    if str(root.tag).endswith("EPCISMasterDataDocument"):
        return found
    if body is None:
        raise error("EPCISBody", "required", name="EPCISBody")
    # The schemas want epcisq:QueryResults; several systems write it without its namespace.
    own = f"{{{etree.QName(root).namespace}}}QueryResults"
    results = [one for one in body if one.tag in ("QueryResults", own)]
    bodies = [one for result in results for one in result.findall("resultsBody")]
    for parent in (root, body, *results, *bodies):
        for child in parent:
            if child.tag not in ENVELOPE and not str(child.tag).startswith("{"):
                raise error(str(parent.tag), "xml-element", name=child.tag, line=line_of(child))
    lists = [one for parent in (body, *bodies) for one in parent.findall("EventList")]
    if not lists and not any(one.find("VocabularyList") is not None for one in bodies):
        if len(body) and not results and str(root.tag).endswith("EPCISQueryDocument"):
            raise error("EPCISBody", "document-type", value=etree.QName(body[0]).localname)  # a query, not its answer
        raise error("EPCISBody.EventList", "required", name="EventList")
    for one in lists:
        _collect(one, found)
    if len(found) > max_events:
        raise error("EventList", "too-many-events", limit=max_events)
    return found


def _collect(parent: etree._Element, found: list[etree._Element]) -> None:
    for child in parent:
        if child.tag == "extension":
            _collect(child, found)
        else:
            found.append(child)


def _wrapped(element: etree._Element) -> bool:
    """An event that version 1.2 does not know stands in an <extension>, where its schema looks at nothing."""
    parent = element.getparent()
    return parent is not None and parent.tag == "extension"


def xml_event(raw: bytes, text: str, names: Names) -> Event | Refusal:
    """One event alone. Raises DocumentError."""
    return event_of(0, _parse(raw, text), names, lax=True)


def event_of(index: int, element: etree._Element, names: Names, lax: bool) -> Event | Refusal:
    """One event element, or every reason why it is none."""
    kind = str(element.tag)
    if kind not in _EVENTS:
        why = reason("", "event-type", sentence="xml-element", name=kind, line=line_of(element))
        return Refusal(index, None, (why,))
    raw = etree.tostring(element, encoding="unicode", with_tail=False).encode("utf-8")
    if len(raw) > MAX_EVENT_BYTES:
        return Refusal(index, None, (reason("", "event-size", size=len(raw), limit=MAX_EVENT_BYTES),))
    try:
        context = xml_prefixes(names.context, element.nsmap)
        own = names if context == names.context else Names(context)
        if not lax and not (kind == "AssociationEvent" and _wrapped(element)):
            check_order(element)
        return lift(event_data(element), raw, index, own, form="xml", lax=lax)
    except Bad as bad:
        return Refusal(index, element.findtext("eventID"), (bad.reason(""),))
