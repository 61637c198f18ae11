"""EPCIS 2.0 events: found by their properties, or read by their id."""

from hashlib import blake2b

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.http import parse_etags

from zhuisu.events import queries
from zhuisu.events.scope import scope_of

from ..callers import Caller
from ..paging import announce_next, page_of, parameters_of
from ..problems import not_found, wrong_parameter
from ..resource import answer_type, resource
from .documents import query_document
from .parameters import filter_of


def find(request: HttpRequest, caller: Caller) -> HttpResponse:
    """GET: the events that fit all parameters, in the order in which they were published, a page at a time."""
    parameters = parameters_of(request)
    page = page_of(request, caller, parameters)
    wanted = filter_of(parameters)
    found = queries.find_events(scope_of(caller.organisation), wanted, limit=page.size + 1, after=page.after or 0)
    shown = found[: page.size]
    now = timezone.now()
    response = _answer(request, query_document(shown, now))
    if len(found) > page.size:
        announce_next(response, request, page, shown[-1].position, now)
    return response


def read(request: HttpRequest, caller: Caller, event_id: str) -> HttpResponse:
    """GET: the event with this id and its error declarations. Unchanged since If-None-Match: 304 without a body."""
    for name in parameters_of(request):
        raise wrong_parameter(
            name,
            "is not possible here; a ? inside an eventID is written %3F",
            "不是此处的参数；eventID 中的 ? 须写作 %3F",
        )
    readable = "\x00" not in event_id and event_id.isprintable()
    found = queries.event_by_id(scope_of(caller.organisation), event_id) if readable else []
    if not found:
        raise not_found()
    # Events never change, declarations and disputes are added: their places in the log say all.
    said = repr([(one.position, one.disputed, answer_type(request)) for one in found])
    tag = f'W/"{blake2b(said.encode(), digest_size=12).hexdigest()}"'
    headers = {"ETag": tag, "Cache-Control": "private, no-cache", "Vary": "Accept, Authorization, Cookie, X-API-Key"}
    wanted = parse_etags(request.headers.get("If-None-Match", ""))
    if "*" in wanted or tag in wanted or tag.removeprefix("W/") in wanted:
        return HttpResponse(status=304, headers=headers)
    response = _answer(request, query_document(found, timezone.now()))
    for name, value in headers.items():
        response.headers[name] = value
    return response


def _answer(request: HttpRequest, body: bytes) -> HttpResponse:
    headers = {"Cache-Control": "no-store", "GS1-EPC-Format": "Never_Translates"}
    return HttpResponse(body, content_type=answer_type(request), headers=headers)


events = resource(GET=find)
event = resource(GET=read)
