"""Reads EPCIS documents in XML that are longer than memory: one event element at a time, each given up once it was read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain
from typing import cast

from lxml import etree

from .masterdata import from_xml
from .messages import error
from .model import Document, DocumentError, Event, Refusal
from .names import Names
from .strictjson import MAX_DEPTH, Bad
from .xmlevent import line_of
from .xmlread import ENVELOPE, SAFE, check_head, event_of, forbid_declarations, root_facts

# Of a document between the ends of two events: a header of master data, or one event. As a tree it takes some ten times that.
MAX_HELD = 8 << 20  # octets
_BODY = "EPCISBody"


class _Walk:
    """Where the parser stands in the envelope, and what was seen of it."""

    def __init__(self, max_events: int) -> None:
        self.max_events = max_events
        self.path: list[str] = []
        self.root: etree._Element | None = None
        self.names = Names({})
        self.listed = 0  # depth of the EventList we are in
        self.event = 0  # depth of the event we are in
        self.seen: set[tuple[str, ...]] = set()  # paths of the envelope
        self.results = ""  # how the answer to a query is named, besides QueryResults
        self.first = ""  # what stands first in the body
        self.count = 0

    def start(self, element: etree._Element) -> None:
        """An element begins."""
        tag = str(element.tag)
        if not self.listed:
            _named(element)
        self.path.append(tag)
        depth = len(self.path)
        if depth > MAX_DEPTH:
            raise error("", "depth", limit=MAX_DEPTH)
        if depth == 1:
            self.root = element
            self.names, _ = root_facts(element, lax=False)
            self.results = f"{{{etree.QName(element).namespace}}}QueryResults"
        elif self.listed:
            if not self.event and tag != "extension":
                self.event = depth
                self.count += 1
                if self.count > self.max_events:
                    raise error("EventList", "too-many-events", limit=self.max_events)
        elif self._is_envelope():
            self._envelope(element, tag)

    def _envelope(self, element: etree._Element, tag: str) -> None:
        place = tuple(self.path)
        if tag not in ENVELOPE and not tag.startswith("{"):
            raise error(self.path[-2], "xml-element", name=tag, line=line_of(element))
        if len(place) == 3 and place[1] == _BODY:
            self.first = self.first or etree.QName(tag).localname
        if self._stray(tag):
            return
        if tag == "EventList" and self.path[-2] in (_BODY, "resultsBody"):
            self.listed = len(place)
        elif place in self.seen:  # what may stand often could fill any memory
            raise error(self.path[-2], "xml-element", name=tag, line=line_of(element))
        self.seen.add(place)

    def _stray(self, tag: str) -> bool:
        """Whether the element is another namespace's, in the envelope: it is passed over."""
        return tag.startswith("{") and tag != self.results

    def _is_envelope(self) -> bool:
        """Whether the element we are in is a child of the root, the body, the results or their body."""
        above = self.path[1:-1]
        results = above[1:2] in (["QueryResults"], [self.results])
        return above in ([], [_BODY]) or (above[:1] == [_BODY] and results and above[2:] in ([], ["resultsBody"]))

    def end(self, element: etree._Element) -> bool:
        """An element ends; whether it is an event, which the caller gives up."""
        depth = len(self.path)
        stray = not self.event and depth > 1 and self._stray(str(element.tag)) and self._is_envelope()
        self.path.pop()
        if self.event == depth:
            self.event = 0
            return True
        if self.event:
            return False
        if stray or self.listed:
            _give_up(element)
        if self.listed == depth:
            self.listed = 0
        return False

    def judge(self, root: etree._Element) -> None:
        """What the envelope must have, once all of it was seen."""
        if str(root.tag).endswith("EPCISMasterDataDocument"):
            return
        inside = [place[2:] for place in self.seen if place[1:2] == (_BODY,)]
        if not inside:
            raise error(_BODY, "required", name=_BODY)
        if not any(place[-1:] == ("EventList",) or place[1:] == ("resultsBody", "VocabularyList") for place in inside):
            answered = any(place[:1] in (("QueryResults",), (self.results,)) for place in inside)
            if self.first and not answered and str(root.tag).endswith("EPCISQueryDocument"):
                raise error(_BODY, "document-type", value=self.first)  # a query, not its answer
            raise error("EPCISBody.EventList", "required", name="EventList")


def _named(element: etree._Element) -> None:
    """Raises DocumentError for a name without a namespace that is one: the parser tells of a wrong prefix or URI only at the end."""
    try:
        etree.QName(element)
    except ValueError:
        raise error("", "xml-syntax", line=line_of(element), what=f"{element.tag} is no name") from None


def _give_up(element: etree._Element) -> None:
    """Frees what was read: the element's inside, and its elder brothers. Not itself: the parser stands behind it."""
    element.clear()
    parent = element.getparent()
    while parent is not None and element.getprevious() is not None:
        del parent[0]


def _elements(pieces: Iterator[bytes], walk: _Walk) -> Iterator[etree._Element]:
    """The event elements, each good until the next is asked for."""
    parser = etree.XMLPullParser(events=("start", "end"), encoding="utf-8", **SAFE)
    head, held = b"", 0
    try:
        for piece in chain(pieces, [b""]):
            if walk.root is None:
                head += piece
                check_head(head)
                forbid_declarations(head.decode("latin-1"))
            if piece:
                parser.feed(piece)
            else:
                parser.close()
            held += len(piece)
            for move, element in cast(Iterable[tuple[str, etree._Element]], parser.read_events()):
                if move == "start":
                    walk.start(element)
                elif walk.end(element):
                    yield element
                    _give_up(element)
                    held = 0
            if held > MAX_HELD:
                raise error("", "value-size", size=held, limit=MAX_HELD)
    except etree.XMLSyntaxError as trouble:
        raise error("", "xml-syntax", line=trouble.lineno or 1, what=trouble.msg or "") from None
    if walk.root is None or walk.path:  # the parser calls the begin of a tag no fault
        raise error("", "xml-syntax", line=1, what="premature end")
    walk.judge(walk.root)


def stream_xml(pieces: Iterator[bytes], facts: Document, *, max_events: int) -> Iterator[Event | Refusal]:
    """The events of a document that comes in pieces; `facts` gets its context before the first, its master data after the last.

    Raises DocumentError, where something is wrong after the events only then.
    """
    walk = _Walk(max_events)
    try:
        for index, element in enumerate(_elements(pieces, walk)):
            facts.context.update(walk.names.context)
            yield event_of(index, element, walk.names, lax=False)
        _end(walk, facts)
    except Bad as bad:
        raise DocumentError(bad.reason("")) from None


def look_xml(pieces: Iterator[bytes], facts: Document, *, max_events: int) -> int:
    """How many events the document has: its form is judged, not its events. Raises DocumentError."""
    walk = _Walk(max_events)
    try:
        counted = sum(1 for _ in _elements(pieces, walk))
        _end(walk, facts)
    except Bad as bad:
        raise DocumentError(bad.reason("")) from None
    return counted


def _end(walk: _Walk, facts: Document) -> None:
    facts.context.update(walk.names.context)
    if walk.root is not None:
        facts.masterdata.extend(from_xml(walk.root, walk.names))
