"""Writes events and documents as EPCIS 2.0 XML, in the sequence of the schema (EPCIS 2.0 §9.5 and its XSD)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from .model import Event, MasterData
from .names import OUTSIDE, STANDARD, Names, xml_name
from .normal import moment, number
from .translate import NO_PREFERENCE, translated, xml_words
from .xmlevent import SEQUENCES

_XSI = "http://www.w3.org/2001/XMLSchema-instance"
_XS = "http://www.w3.org/2001/XMLSchema"
_EPCIS = "urn:epcglobal:epcis:xsd:2"
_QUERY = "urn:epcglobal:epcis-query:xsd:2"
_MDA = "urn:epcglobal:cbv:mda:"
# Prefixes with a meaning of their own here; xml… is the XML standard's.
_TAKEN = frozenset({"xsi", "xs", "epcis", "epcisq"})
_PREFIX = re.compile(r"(?!xml)[A-Za-z_][A-Za-z0-9._-]*\Z", re.IGNORECASE).match
_PLAIN = re.compile(r"[^&<>\x00-\x1f\"\x7f-\x9f\ud800-\udfff\ufffe\uffff]*\Z").match
_FORBIDDEN = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_STAMP = re.compile(
    r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-](?:(?:0\d|1[0-3]):[0-5]\d|14:00))\Z", re.ASCII
).match
_ESCAPES = str.maketrans(
    {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "\t": "&#9;", "\n": "&#10;", "\r": "&#13;"}
)
_LISTS = dict.fromkeys(("epcList", "childEPCs", "inputEPCList", "outputEPCList"), "epc")
_AMOUNTS = frozenset({"quantityList", "childQuantityList", "inputQuantityList", "outputQuantityList"})
_TYPED = {"bizTransactionList": "bizTransaction", "sourceList": "source", "destinationList": "destination"}
_PLACES = frozenset({"readPoint", "bizLocation"})
_TIMES = frozenset({"eventTime", "recordTime"})
_SENSOR_TIMES = frozenset({"time", "startTime", "endTime"})


def text(value: str) -> str:
    """Text as it stands in an element or attribute; a character that XML 1.0 cannot hold becomes U+FFFD."""
    if _PLAIN(value):
        return value
    return _FORBIDDEN.sub("\ufffd", value).translate(_ESCAPES)


def to_xml(event: Event, *, words: str = NO_PREFERENCE) -> str:
    """One event as an element that stands alone: what came as XML as it came, else written anew (EPCIS 2.0 §9.5).

    `words` is the CBV form (translate.CBV_FORMATS).
    """
    if event.raw.startswith(b"<") and words not in ("Always_Web_URI", "Always_URN") and not wrapped(event.raw):
        return event.raw.decode()
    return element(translated(event.data, Names(event.context).uri, xml_words(words, event.context)), event.context)


def wrapped(raw: bytes) -> bool:
    """Whether an event element must be written anew: the wrappers of version 1.2 and its QuantityEvent have gone."""
    return b"<extension" in raw or b"<baseExtension" in raw or raw.startswith(b"<QuantityEvent")


def element(data: dict[str, Any], context: dict[str, str]) -> str:
    """The event in `data`, whose words are URIs already, with the namespaces that it needs declared on it."""
    kind = data["type"]
    writer = _Writer(context)
    parts = [writer.field(name, data[name]) for name in SEQUENCES[kind] if name in data]
    known = {*SEQUENCES[kind], "type", "@context"}
    # Null beside the standard fields counts as an empty text (normal.py), further inside as nothing.
    parts += [writer.free(name, "" if value is None else value) for name, value in data.items() if name not in known]
    return f"<{kind}{writer.declarations()}>{''.join(parts)}</{kind}>"


def query_document(events: Iterable[str], *, created_at: str, query: str, subscription: str | None = None) -> bytes:
    """The EPCISQueryDocument that answers a query with these elements; `created_at` as XML writes an instant."""
    about = f"<queryName>{text(query)}</queryName>"
    if subscription is not None:
        about += f"<subscriptionID>{text(subscription)}</subscriptionID>"
    body = f"<EPCISBody><epcisq:QueryResults>{about}<resultsBody>{_events(events)}</resultsBody></epcisq:QueryResults></EPCISBody>"
    return _document("epcisq:EPCISQueryDocument", f'xmlns:epcisq="{_QUERY}"', created_at, body)


def document(events: Iterable[Event], *, created_at: datetime, masterdata: Sequence[MasterData] = ()) -> bytes:
    """An EPCISDocument of these events, with master data in its header."""
    at = created_at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    master = f"<extension><EPCISMasterData>{vocabulary_list(masterdata)}</EPCISMasterData></extension>"
    header = f"<EPCISHeader>{master}</EPCISHeader>" if masterdata else ""
    body = f"{header}<EPCISBody>{_events(to_xml(event) for event in events)}</EPCISBody>"
    return _document("epcis:EPCISDocument", f'xmlns:epcis="{_EPCIS}"', at, body)


def vocabulary_list(masterdata: Sequence[MasterData]) -> str:
    """Master data as VocabularyList; elements of one type together, in the order of their first."""
    kinds: dict[str, list[MasterData]] = {}
    for one in masterdata:
        kinds.setdefault(one.type, []).append(one)
    parts = []
    for kind, elements in kinds.items():
        inside = "".join(_vocabulary_element(one) for one in elements)
        parts.append(
            f'<Vocabulary type="{text(kind)}"><VocabularyElementList>{inside}</VocabularyElementList></Vocabulary>'
        )
    return f"<VocabularyList>{''.join(parts)}</VocabularyList>"


def _vocabulary_element(one: MasterData) -> str:
    writer = _Writer(STANDARD)
    parts = [
        f'<attribute id="{text(name)}">{writer.content(each)}</attribute>'
        for name, value in one.attributes.items()
        for each in (value if isinstance(value, list) else [value])
    ]
    if one.children:
        parts.append(f"<children>{''.join(_simple('id', child) for child in one.children)}</children>")
    return f'<VocabularyElement id="{text(one.id)}"{writer.declarations()}>{"".join(parts)}</VocabularyElement>'


def _events(events: Iterable[str]) -> str:
    return f"<EventList>{''.join(events)}</EventList>"


def _document(name: str, namespace: str, created_at: str, body: str) -> bytes:
    head = f'<{name} {namespace} schemaVersion="2.0" creationDate="{created_at}">'
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{head}{body}</{name}>'.encode()


def _simple(name: str, value: Any) -> str:
    return f"<{name}>{_scalar(value)}</{name}>"


def _scalar(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return text(str(value))


def stamp(value: str) -> str:
    """An instant as the XML schema wants it: as sent where it may, else the same instant in UTC."""
    return value if _STAMP(value) else moment(value)


def _decimal(value: Any) -> str:
    """A number as xsd:decimal, which has no exponent."""
    return format(value, "f") if isinstance(value, Decimal) else text(str(value))


def _amount(one: dict[str, Any]) -> str:
    parts = _simple("epcClass", one.get("epcClass", ""))
    if "quantity" in one:
        parts += f"<quantity>{_decimal(one['quantity'])}</quantity>"
    return f"<quantityElement>{parts}{_simple('uom', one['uom']) if 'uom' in one else ''}</quantityElement>"


def _with_type(name: str, one: dict[str, Any]) -> str:
    kind = f' type="{text(one["type"])}"' if "type" in one else ""
    return f"<{name}{kind}>{text(one[name])}</{name}>"


class _Writer:
    """Writes the fields of one event; remembers which prefixes they use."""

    def __init__(self, context: dict[str, str]) -> None:
        self.names = Names(context)
        self._used: dict[str, str] = {}
        self._prefixes: dict[str, str] = {}
        self._usable: dict[str, str] = {}
        for prefix, namespace in context.items():
            if _PREFIX(prefix) and prefix not in _TAKEN and prefix != OUTSIDE and namespace:
                # XML writes the namespace of the CBV's attributes without its last colon (CBV 2.0 §9).
                self._usable[prefix] = namespace.removesuffix(":") if namespace == _MDA else namespace
                self._prefixes[namespace] = prefix

    def declarations(self) -> str:
        """The xmlns attributes of what was used."""
        return "".join(f' xmlns:{prefix}="{text(namespace)}"' for prefix, namespace in self._used.items())

    def field(self, name: str, value: Any) -> str:
        """One field of the standard."""
        if name in _LISTS:
            return f"<{name}>{''.join(_simple(_LISTS[name], one) for one in value)}</{name}>"
        if name in _AMOUNTS:
            return f"<{name}>{''.join(map(_amount, value))}</{name}>"
        if name in _TYPED:
            inside = "".join(_with_type(_TYPED[name], one) for one in value)
            return f"<{name}>{inside}</{name}>" if inside else ""
        if name in _PLACES:
            return f"<{name}>{_simple('id', value['id'])}{self._beside(value, ('id',))}</{name}>"
        if name in _TIMES:
            return f"<{name}>{stamp(value)}</{name}>"
        if name == "certificationInfo":
            # The schema has room for one; what reads this document (xmlevent.py) parts them again.
            return _simple(name, " ".join(map(self.names.uri, value if isinstance(value, list) else [value])))
        if name in _OWN_WAY:
            return _OWN_WAY[name](self, value)
        return _simple(name, self.names.uri(value) if name == "eventID" else value)

    def error_declaration(self, value: dict[str, Any]) -> str:
        """EPCIS 2.0 §7.4.1.3."""
        parts = f"<declarationTime>{stamp(value['declarationTime'])}</declarationTime>"
        if "reason" in value:
            parts += _simple("reason", value["reason"])
        if "correctiveEventIDs" in value:
            ids = "".join(_simple("correctiveEventID", self.names.uri(one)) for one in value["correctiveEventIDs"])
            parts += f"<correctiveEventIDs>{ids}</correctiveEventIDs>"
        parts += self._beside(value, ("declarationTime", "reason", "correctiveEventIDs"))
        return f"<errorDeclaration>{parts}</errorDeclaration>"

    def persistent_disposition(self, value: dict[str, Any]) -> str:
        """The schema has unset before set."""
        sides = "".join(_simple(side, one) for side in ("unset", "set") for one in value.get(side, ()))
        return f"<persistentDisposition>{sides}</persistentDisposition>"

    def ilmd(self, value: dict[str, Any]) -> str:
        """Instance and lot master data: extensions alone."""
        return f"<ilmd>{self._beside(value, ())}</ilmd>"

    def sensor_elements(self, value: list[Any]) -> str:
        """EPCIS 2.0 §7.3.7; the schema wants at least one element."""
        if not value:
            return ""
        parts = []
        for one in value:
            metadata = self._attributes("sensorMetadata", one["sensorMetadata"]) if "sensorMetadata" in one else ""
            reports = "".join(self._attributes("sensorReport", report) for report in one["sensorReport"])
            beside = self._beside(one, ("sensorMetadata", "sensorReport"))
            parts.append(f"<sensorElement>{metadata}{reports}{beside}</sensorElement>")
        return f"<sensorElementList>{''.join(parts)}</sensorElementList>"

    def _attributes(self, name: str, value: dict[str, Any]) -> str:
        """An element that says everything in attributes; what is no plain value stands in child elements."""
        attributes, inside = "", ""
        for key, held in value.items():
            one = _single(held)
            if one is None:
                continue
            if isinstance(one, dict | list):
                inside += self.free(key, one)
            elif key in _SENSOR_TIMES:
                attributes += f' {key}="{stamp(one)}"'
            else:
                # An attribute has no type: a number of the sender's own is read as text, so it has its normal form.
                own = isinstance(one, Decimal) and ":" in self.names.key(key)
                attributes += f' {self.tag(key)}="{number(one) if own else self._said(one)}"'
        return f"<{name}{attributes}>{inside}</{name}>" if inside else f"<{name}{attributes}/>"

    def _beside(self, value: dict[str, Any], standard: tuple[str, ...]) -> str:
        return "".join(self.free(key, one) for key, one in value.items() if key not in standard)

    def free(self, name: str, value: Any) -> str:
        """An extension: a list is the element as often as it has members, null is nothing."""
        if value is None:
            return ""
        if isinstance(value, list):
            return "".join(self.free(name, one) for one in value)
        tag = self.tag(name)
        if isinstance(value, dict) and isinstance(value.get("#text"), str):
            rest = {key: one for key, one in value.items() if key != "#text" and one is not None}
            if rest and not any(isinstance(one, dict | list) for one in rest.values()):
                attributes = "".join(f' {self.tag(key)}="{self._said(one)}"' for key, one in rest.items())
                return f"<{tag}{attributes}>{self._said(value['#text'])}</{tag}>"
        kind = ""
        if isinstance(value, bool | Decimal | int):
            lexical = "boolean" if isinstance(value, bool) else "double" if "E" in str(value) else "decimal"
            self._used |= {"xsi": _XSI, "xs": _XS}
            kind = f' xsi:type="xs:{lexical}"'
        return f"<{tag}{kind}>{self.content(value)}</{tag}>"

    def content(self, value: Any) -> str:
        """What stands inside an extension."""
        if isinstance(value, dict):
            return "".join(self.free(key, one) for key, one in value.items())
        return "" if value is None else self._said(value)

    def _said(self, value: Any) -> str:
        """A plain value; the prefix of a CURIE in it is declared, that it can still be read."""
        if isinstance(value, str) and ":" in value:
            prefix = value.partition(":")[0].strip()
            if prefix in self._usable:
                self._used[prefix] = self._usable[prefix]
        return _scalar(value)

    def tag(self, name: str) -> str:
        """The name of an element or attribute with its prefix; characters that it may not have as _xHHHH_."""
        full = self.names.key(name)
        if not full.startswith("{"):
            return xml_name(full)
        namespace, _, local = full[1:].partition("}")
        if not namespace:
            return xml_name(local)
        prefix = self._prefixes.get(namespace)
        if prefix is None:
            number = len(self._prefixes)
            while f"ns{number}" in self._usable:
                number += 1
            prefix = self._prefixes[namespace] = f"ns{number}"
            self._usable[prefix] = namespace.removesuffix(":") if namespace == _MDA else namespace
        self._used[prefix] = self._usable[prefix]
        return f"{prefix}:{xml_name(local)}"


_OWN_WAY: dict[str, Callable[[_Writer, Any], str]] = {
    "errorDeclaration": _Writer.error_declaration,
    "persistentDisposition": _Writer.persistent_disposition,
    "ilmd": _Writer.ilmd,
    "sensorElementList": _Writer.sensor_elements,
}


def _single(value: Any) -> Any:
    """A list without lists and nulls in it: its one member, null for an empty one; what is no list, as it is."""
    if not isinstance(value, list):
        return value
    found: list[Any] = []
    for one in map(_single, value):
        found += one if isinstance(one, list) else [] if one is None else [one]
    return found if len(found) > 1 else found[0] if found else None
