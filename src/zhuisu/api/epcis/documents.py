"""Builds the EPCISQueryDocument of an answer, in JSON or XML and in the forms asked for; what need not change goes out
as the bytes that came in."""

import json
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from hashlib import blake2b

import msgspec
from django.conf import settings
from django.http import HttpRequest, HttpResponse

from zhuisu import epcis
from zhuisu.epcis import translate, xmlwrite
from zhuisu.epcis.names import STANDARD, Names
from zhuisu.epcis.remembering import remembered
from zhuisu.events.queries import StoredEvent

from ..resource import MEDIA_TYPES as JSON_TYPES
from ..resource import preferred
from ..times import instant

# What an answer that holds events can be.
MEDIA_TYPES = [*JSON_TYPES, "application/xml", "text/xml"]
VARY = "Accept, Authorization, Cookie, GS1-CBV-XML-Format, GS1-EPC-Format, X-API-Key"
QUERY = "SimpleEventQuery"

_encode = msgspec.json.Encoder(decimal_format="number").encode
_decode_fields = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_KEPT = (translate.NO_PREFERENCE, translate.NEVER)
# What shows that a JSON event may hold a word that is not bare, or an identifier that is not in the form asked for.
_WORD = rb"cbv[:/]|/voc/|gs1:"
_TELLS = {
    translate.LINK: re.compile(rb"\\|urn:epc|" + _WORD, re.IGNORECASE).search,
    translate.URN: re.compile(rb"\\|http|" + _WORD, re.IGNORECASE).search,
    **dict.fromkeys(_KEPT, re.compile(rb"\\|" + _WORD, re.IGNORECASE).search),
}
# The beginning of an event element as the parser left it: it is there that our own two fields belong.
_HEAD = re.compile(
    rb"(<\w+[^>]*>\s*<eventTime>[^<]*</eventTime>)(?:\s*<recordTime>[^<]*</recordTime>|\s*<recordTime/>)?"
    rb"(\s*<eventTimeZoneOffset>[^<]*</eventTimeZoneOffset>)(\s*<eventID>)?"
).match


@dataclass(frozen=True, slots=True)
class Form:
    """The form of an answer. Without a header identifiers are Digital Links (OpenAPI, GS1-EPC-Format)."""

    media_type: str = JSON_TYPES[0]
    epcs: str = translate.LINK
    words: str = translate.NO_PREFERENCE

    @property
    def xml(self) -> bool:
        """XML, else JSON."""
        return self.media_type not in JSON_TYPES


def form_of(request: HttpRequest) -> Form:
    """The form that the request asks for; resource.check_negotiation has refused what is not possible."""
    return Form(
        preferred(request, MEDIA_TYPES) or JSON_TYPES[0],
        request.headers.get("GS1-EPC-Format", translate.LINK),
        request.headers.get("GS1-CBV-XML-Format", translate.NO_PREFERENCE),
    )


def answer(
    request: HttpRequest,
    found: Sequence[StoredEvent],
    *,
    at: datetime,
    query_name: str = QUERY,
    subscription_id: str | None = None,
) -> HttpResponse:
    """The events as the caller wants them, with the headers that say in which form they are."""
    form = form_of(request)
    ids = _identifiers(form)
    written = _written(found, at, form, ids, query_name, subscription_id)
    headers = {"Cache-Control": "no-store", "GS1-EPC-Format": ids.done, "Vary": VARY}
    if form.xml:
        headers["GS1-CBV-XML-Format"] = translate.NEVER if form.words in _KEPT else form.words
    return HttpResponse(written, content_type=form.media_type, headers=headers)


def body(
    found: Sequence[StoredEvent],
    *,
    at: datetime,
    form: Form = Form(),
    query_name: str = QUERY,
    subscription_id: str | None = None,
) -> bytes:
    """The same document without a request: for what is sent to subscribers."""
    return _written(found, at, form, _identifiers(form), query_name, subscription_id)


def entity_tag(request: HttpRequest, said: object) -> str:
    """A weak ETag for content of which `said` says all, in the form that this request asks for."""
    return f'W/"{blake2b(repr((said, form_of(request))).encode(), digest_size=12).hexdigest()}"'


def _identifiers(form: Form) -> translate.Identifiers:
    return translate.Identifiers(form.epcs, settings.GCP_LENGTHS)


def _written(
    found: Sequence[StoredEvent],
    at: datetime,
    form: Form,
    ids: translate.Identifiers,
    query_name: str,
    subscription_id: str | None,
) -> bytes:
    if form.xml:
        elements = (_as_xml(stored, ids, form.words) for stored in found)
        return xmlwrite.query_document(elements, created_at=instant(at), query=query_name, subscription=subscription_id)
    prefixes, events = _as_json(found, ids)
    about = {"queryName": query_name} | ({} if subscription_id is None else {"subscriptionID": subscription_id})
    return _encode(
        {
            "@context": epcis.context_of(prefixes),
            "type": "EPCISQueryDocument",
            "schemaVersion": "2.0",
            "creationDate": instant(at),
            "epcisBody": {"queryResults": {**about, "resultsBody": {"eventList": events}}},
        }
    )


def _as_json(
    found: Iterable[StoredEvent], ids: translate.Identifiers
) -> tuple[dict[str, str], list[dict[str, msgspec.Raw]]]:
    """The events, and the prefixes they share. One that means something else by a prefix carries its own context."""
    prefixes: dict[str, str] = {}
    events = []
    for stored in found:
        fields, own = _fields(stored)
        if stored.format == "xml" or _TELLS[ids.want](stored.body) or (own and _curie("\n".join(own))(stored.body)):
            _translate(fields, STANDARD | stored.context, ids)
        if not epcis.share(own, prefixes):
            sent = msgspec.json.decode(fields["@context"]) if "@context" in fields else []
            fields["@context"] = _raw([*epcis.context_of(own), *(sent if isinstance(sent, list) else [sent])])
        # The id that we gave where the sender gave none; and when we recorded it, whatever the sender said about that.
        fields.setdefault("eventID", _raw(stored.event_id))
        fields["recordTime"] = _raw(instant(stored.recorded_at))
        events.append(fields)
    return prefixes, events


@remembered(1024)
def _curie(prefixes: str) -> Callable[[bytes], object]:
    """Finds a text, not a key, that begins with one of these prefixes, a line each: it may stand for a word or an identifier."""
    names = b"|".join(re.escape(prefix.encode()) for prefix in prefixes.split("\n"))
    return re.compile(rb'"\s*(?:' + names + rb')\s*:[^"]*"(?!\s*:)').search


def _fields(stored: StoredEvent) -> tuple[dict[str, msgspec.Raw], dict[str, str]]:
    """The fields of an event and the prefixes they need: the very bytes of what came as JSON, else written anew."""
    if stored.format == "json":
        own = {prefix: namespace for prefix, namespace in stored.context.items() if STANDARD.get(prefix) != namespace}
        return _decode_fields(stored.body), own
    fields = _decode_fields(epcis.to_json(epcis.read_event(stored.body, STANDARD | stored.context)))
    _standard, *more = msgspec.json.decode(fields.pop("@context"))
    return fields, more[0] if more else {}


def _translate(fields: dict[str, msgspec.Raw], context: dict[str, str], ids: translate.Identifiers) -> None:
    """Puts anew only the fields in which something changes: the others keep their bytes, numbers and blanks too."""
    put, words = ids.of(context), translate.bare_words(context)
    for name in translate.FIELDS.keys() & fields.keys():
        value = json.loads(bytes(fields[name]), parse_float=Decimal)
        changed = translate.mapped(value, translate.FIELDS[name], put, words)
        if changed != value:
            fields[name] = _raw(changed)


def _as_xml(stored: StoredEvent, ids: translate.Identifiers, words: str) -> str:
    """An event as an element: as it came where it came as XML of 2.0 and nothing in it changes, else written anew."""
    context = STANDARD | stored.context  # what the standard declares is not stored
    read = epcis.read_event(stored.body, context)
    names, put = Names(context), ids.of(context)
    came = stored.format == "xml"
    data = translate.translated(
        read.data, put if came else lambda text: put(names.uri(text)), translate.xml_words(words, context)
    )
    recorded = instant(stored.recorded_at)
    if came and data == read.data and not xmlwrite.wrapped(stored.body) and (head := _HEAD(stored.body)):
        event_id = b"" if head[3] else f"<eventID>{xmlwrite.text(stored.event_id)}</eventID>".encode()
        time = f"<recordTime>{recorded}</recordTime>".encode()
        rest = stored.body[head.start(3) if head[3] else head.end() :]
        return (head[1] + time + head[2] + event_id + rest).decode()
    data |= {"recordTime": recorded, "eventID": stored.event_id}
    return xmlwrite.element(data, context)


def _raw(value: object) -> msgspec.Raw:
    return msgspec.Raw(_encode(value))
