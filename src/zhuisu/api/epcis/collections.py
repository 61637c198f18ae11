"""The collections of EPCIS 2.0 (OpenAPI, Top-level): which values the caller's events have, and the events of each value.

The words of the standard are values for everybody, whether used or not.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import msgspec
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from zhuisu import codes
from zhuisu.epcis import cbv, translate
from zhuisu.epcis.query import read_json
from zhuisu.events import usage
from zhuisu.events.projection import KINDS
from zhuisu.events.scope import Scope, scope_of
from zhuisu.events.usage import Field

from ..callers import Caller
from ..paging import Page, announce_next, page_of, parameters_of
from ..problems import not_found, wrong_parameter
from ..resource import answer_type, check_negotiation, resource
from .answering import answer_query, query_of
from .documents import MEDIA_TYPES

CONTEXT = "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"
_EVENTS = "/events"
# Read points of so many events at once: the body of one may have a megabyte.
_BODIES_AT_ONCE = 50


@dataclass(frozen=True, slots=True)
class _Listed:
    """A page of a collection: the values, and the key behind which the next begins (None at the end)."""

    members: list[str]
    next: Any


@dataclass(frozen=True, slots=True)
class _Collection:
    """How one collection is read: `values` gives a page; `find` what of the path is a value of the caller's events, None
    where it is not; `parameter` is the query parameter that finds the events."""

    parameter: str
    values: Callable[[HttpRequest, Scope, Page], _Listed]
    find: Callable[[Scope, str], str | None]
    identifiers: bool = False


def _types(_request: HttpRequest, _scope: Scope, page: Page) -> _Listed:
    """The event types that this server supports (OpenAPI, 200SupportedEventTypes): the same for everybody."""
    known = [name for name in sorted(KINDS) if name > (page.after or "")]
    return _cut(known, page.size, known)


def _words(field: Field, vocabulary: str, _request: HttpRequest, scope: Scope, page: Page) -> _Listed:
    """The words of the CBV, and the caller's own (OpenAPI, /bizSteps and /dispositions)."""
    after = page.after or ""
    own = {one.value for one in usage.used(scope, field, after=after, limit=page.size + 1)}
    known = sorted(own | {word for word in cbv.WORDS[vocabulary] if word > after})
    return _cut(known, page.size, known)


def _places(field: Field, request: HttpRequest, scope: Scope, page: Page) -> _Listed:
    found = usage.used(scope, field, after=page.after or "", limit=page.size + 1)
    shown = found[: page.size]
    texts = _written(request, [(one.value, one.event) for one in shown], usage.places_as_sent)
    return _cut(texts, page.size, [one.value for one in found], more=len(found) > page.size)


def _epcs(request: HttpRequest, scope: Scope, page: Page) -> _Listed:
    found = usage.epcs(scope, after=page.after or 0, limit=page.size)
    texts = _written(request, [(canonical, event) for _, canonical, event in found.found], usage.epcs_as_sent)
    return _Listed(texts, found.next)


def _cut(shown: list[str], size: int, keys: Sequence[str], *, more: bool | None = None) -> _Listed:
    more = len(keys) > size if more is None else more
    return _Listed(shown[:size], keys[size - 1] if more else None)


def _written(
    request: HttpRequest, found: Sequence[tuple[str, int]], as_sent: Callable[[Sequence[int]], dict[str, str]]
) -> list[str]:
    """The codes in the EPC format asked for. Digital Links follow from the codes; for other forms it is looked up how an
    event writes them, since a URN shows where the company prefix ends."""
    if _format(request) == translate.LINK:
        return [_link(canonical) for canonical, _ in found]
    put = _identifiers(request).of({})
    texts: dict[str, str] = {}
    events = list(dict.fromkeys(event for _, event in found))
    for start in range(0, len(events), _BODIES_AT_ONCE):
        texts |= as_sent(events[start : start + _BODIES_AT_ONCE])
    return [put(texts.get(canonical) or _link(canonical)) for canonical, _ in found]


def _link(canonical: str) -> str:
    code = codes.from_canonical(canonical)
    return codes.to_digital_link(code) if code.scheme.startswith("gs1.") else codes.to_urn(code)


def _format(request: HttpRequest) -> str:
    return request.headers.get("GS1-EPC-Format", translate.LINK)


def _identifiers(request: HttpRequest) -> translate.Identifiers:
    return translate.Identifiers(_format(request), settings.GCP_LENGTHS)


def _find_type(_scope: Scope, text: str) -> str | None:
    return text if text in KINDS else None


def _find_word(field: Field, vocabulary: str, scope: Scope, text: str) -> str | None:
    try:
        word = cbv.bare(vocabulary, cbv.CBV + text[4:] if text.startswith("cbv:") else text)
    except cbv.NotInVocabulary:
        return None
    return word if word in cbv.WORDS[vocabulary] or usage.is_used(scope, field, word) else None


def _find_place(field: Field, scope: Scope, text: str) -> str | None:
    try:
        return text if usage.is_used(scope, field, codes.parse_epc(text).canonical) else None
    except codes.CodeError:
        return None


def _find_epc(scope: Scope, text: str) -> str | None:
    try:
        return text if usage.has_epc(scope, codes.parse_epc(text)) else None
    except codes.CodeError:
        return None


def _word_collection(field: Field, vocabulary: str) -> _Collection:
    return _Collection(f"EQ_{vocabulary}", partial(_words, field, vocabulary), partial(_find_word, field, vocabulary))


def _place_collection(field: Field, name: str) -> _Collection:
    return _Collection(f"EQ_{name}", partial(_places, field), partial(_find_place, field), identifiers=True)


COLLECTIONS = {
    "eventTypes": _Collection("eventType", _types, _find_type),
    "epcs": _Collection("MATCH_anyEPC", _epcs, _find_epc, identifiers=True),
    "bizSteps": _word_collection(Field.STEP, "bizStep"),
    "bizLocations": _place_collection(Field.BIZ_LOCATION, "bizLocation"),
    "readPoints": _place_collection(Field.READ_POINT, "readPoint"),
    "dispositions": _word_collection(Field.DISPOSITION, "disposition"),
}


def _all(collection: _Collection, request: HttpRequest, caller: Caller) -> HttpResponse:
    """GET: the values of the collection, a page at a time."""
    parameters = parameters_of(request)
    page = page_of(request, caller, parameters)
    _no_more(parameters)
    found = collection.values(request, scope_of(caller.organisation), page)
    response = answer(request, {"@context": CONTEXT, "type": "Collection", "member": found.members})
    if collection.identifiers:
        response.headers["GS1-EPC-Format"] = _identifiers(request).done
        response.headers["Vary"] = "Accept, Authorization, Cookie, GS1-EPC-Format, X-API-Key"
    if found.next is not None:
        announce_next(response, request, page, found.next, timezone.now())
    return response


def _one(collection: _Collection, request: HttpRequest, caller: Caller, value: str) -> HttpResponse:
    """GET: what there is under one value, or with /events behind it, the events that have it.

    A value may itself end in /events; the server has decoded the path. So the value that the caller's events have counts.
    """
    if "\x00" in value:
        raise not_found()
    scope = scope_of(caller.organisation)
    shorter = value.removesuffix(_EVENTS)
    if shorter != value and (found := collection.find(scope, shorter)) is not None:
        return _events(request, caller, collection.parameter, found)
    if collection.find(scope, value) is None:
        raise not_found()
    check_negotiation(request)
    _no_more(parameters_of(request))
    return answer(request, {"@context": CONTEXT, "type": "Collection", "member": ["events"]})


def _events(request: HttpRequest, caller: Caller, parameter: str, value: str) -> HttpResponse:
    """The events that fit the query of the address, and one condition more: a parameter of the same name narrows further."""
    parameters = parameters_of(request)
    page = page_of(request, caller, parameters)
    query, more = query_of(request, parameters), read_json({parameter: [value]})
    return answer_query(request, caller, replace(query, conditions=(*more.conditions, *query.conditions)), page)


def _no_more(parameters: dict[str, str]) -> None:
    for name in parameters:
        raise wrong_parameter(name, "is not a parameter here", "不是此处的参数")


def answer(request: HttpRequest, fields: Any) -> HttpResponse:
    """Fields as JSON, for this caller alone."""
    headers = {"Cache-Control": "no-store"}
    return HttpResponse(msgspec.json.encode(fields), content_type=answer_type(request), headers=headers)


# name → (the collection's view, the view of one value and of its events)
VIEWS = {
    name: (resource(GET=partial(_all, collection)), resource(media=MEDIA_TYPES, GET=partial(_one, collection)))
    for name, collection in COLLECTIONS.items()
}
