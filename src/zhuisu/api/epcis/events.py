"""EPCIS 2.0 events: found by their properties, or read by their id."""

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.http import parse_etags

from zhuisu.events import queries
from zhuisu.events.scope import scope_of

from ..bodies import LIMITS
from ..callers import Caller
from ..paging import page_of, parameters_of
from ..problems import Problem, let_go, not_found, wrong_parameter
from ..resource import resource
from .answering import answer_query, query_of
from .documents import MEDIA_TYPES, VARY, answer, entity_tag
from .one_event import take


def find(request: HttpRequest, caller: Caller) -> HttpResponse:
    """GET: the events that fit all parameters, a page at a time (docs/reference/query.md)."""
    parameters = parameters_of(request)
    page = page_of(request, caller, parameters)
    return answer_query(request, caller, query_of(request, parameters), page)


def read(request: HttpRequest, caller: Caller, event_id: str) -> HttpResponse:
    """GET: the event with this id and its error declarations. Unchanged since If-None-Match: 304 without a body. 410 where its retention
    period is over and its body went."""
    for name in parameters_of(request):
        raise wrong_parameter(
            name,
            "is not possible here; a ? inside an eventID is written %3F",
            "不是此处的参数；eventID 中的 ? 须写作 %3F",
        )
    readable = "\x00" not in event_id and event_id.isprintable()
    scope = scope_of(caller.organisation)
    found = queries.event_by_id(scope, event_id) if readable else []
    if not found:
        gone = queries.gone(scope, event_id) if readable else None
        raise let_go(gone.record, gone.at) if gone else not_found()
    # Events never change, declarations and disputes are added: their places in the log say all.
    tag = entity_tag(request, [(one.position, one.disputed) for one in found])
    headers = {"ETag": tag, "Cache-Control": "private, no-cache", "Vary": VARY}
    wanted = parse_etags(request.headers.get("If-None-Match", ""))
    if "*" in wanted or tag in wanted or tag.removeprefix("W/") in wanted:
        return HttpResponse(status=304, headers=headers)
    response = answer(request, found, at=timezone.now())
    for name, value in headers.items():
        response.headers[name] = value
    return response


def release(_request: HttpRequest, _caller: Caller, token: str) -> HttpResponse:  # noqa: ARG001
    """DELETE: 501, as the OpenAPI allows: nothing is held for a token, and it is good until it expires."""
    raise Problem(
        501,
        "ImplementationException",
        "Nothing is held for a page token, so nothing can be released; it ends by itself at the time that came with it.",
        "服务器不为翻页标记保存任何内容，无可释放；标记到期自动失效。",
    )


events = resource(LIMITS, GET=find, POST=take, media=MEDIA_TYPES)
event = resource(GET=read, media=MEDIA_TYPES)
page_token = resource(DELETE=release)
