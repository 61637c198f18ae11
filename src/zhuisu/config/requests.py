"""Around every request: an id that its lines, its answer and its problem carry, one line in the log, and a count."""

import logging
import os
import re
import secrets
import time
from collections import deque
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase

from zhuisu.api.callers import CALLER, Caller
from zhuisu.config import logs, metrics

Handler = Callable[[HttpRequest], HttpResponseBase]

# A proxy's or a sender's own id is kept where it can be nothing else: no white space, no sentence, no key of ours.
GIVEN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{7,63}")
MADE_OCTETS = 12
DRAWN_TOGETHER = 256
# Asked for every few seconds by a machine: their success is no news.
_QUIET = frozenset({"/healthz", "/readyz", "/metrics"})

_log = logging.getLogger("zhuisu.request")
_drawn: deque[str] = deque()
os.register_at_fork(after_in_child=_drawn.clear)  # two processes must not give the same


def noted(get_response: Handler) -> Handler:
    """The outermost layer: what is answered without a view is noted too."""

    def handle(request: HttpRequest) -> HttpResponseBase:
        name = request_id(request.META.get("HTTP_X_REQUEST_ID", ""))
        began = time.perf_counter()
        metrics.begun()
        status = 500
        with logs.about("request", name):
            try:
                response = get_response(request)
                status = response.status_code
            finally:
                seconds = time.perf_counter() - began
                route = _route(request, status)
                metrics.answered(route, request.method or "", status, seconds)
                if status >= 400 or route not in _QUIET:
                    _log.log(_level(status), "request", extra={"fields": _fields(request, route, status, seconds)})
        response.headers["X-Request-ID"] = name
        return _with_instance(request, response, name)

    return handle


def request_id(given: str) -> str:
    """The id that came, if it is sane and cannot be a secret or a person's number; else one of ours."""
    if GIVEN.fullmatch(given) and not given.startswith("zs_") and logs.safe(given) == given:
        return given
    return made()


def made() -> str:
    """An id that no other request has.

    Many are drawn at once: each call of the system lets go of the interpreter's lock, and under load the threads that wait for it
    then change places, which costs more than a whole answer out of memory.
    """
    while True:
        try:
            return _drawn.pop()
        except IndexError:  # not asked for beforehand: another thread may take the last one meanwhile
            text = secrets.token_hex(MADE_OCTETS * DRAWN_TOGETHER)
            _drawn.extend(text[n : n + 2 * MADE_OCTETS] for n in range(0, len(text), 2 * MADE_OCTETS))


def _route(request: HttpRequest, status: int) -> str:
    """Few and known: the pattern that answered. Files of ours and what has no pattern are one each."""
    if getattr(request, "resolver_match", None) is None and request.path_info.startswith("/static/") and status < 400:
        return "/static"
    return logs.template_of(request)


def _level(status: int) -> int:
    return logging.ERROR if status >= 500 else logging.INFO


def _fields(request: HttpRequest, route: str, status: int, seconds: float) -> dict[str, Any]:
    method = request.method if request.method in metrics.METHODS else "other"
    fields: dict[str, Any] = {"route": route, "method": method, "status": status, "ms": round(seconds * 1000, 1)}
    organisation, by = _who(request)
    return fields | {"organisation": organisation, "by": by} if by else fields


def _who(request: HttpRequest) -> tuple[int | None, str]:
    """The organisation's number, and person:NAME or key:PREFIX; nobody where the view did not ask."""
    caller = request.META.get(CALLER)
    if isinstance(caller, Caller):
        return caller.organisation.pk, _covered(caller.by)
    # Only whom the session's middleware has fetched already: a line of the log is no reason to ask the database.
    person = getattr(request, "_cached_user", None)
    if person is not None and person.is_authenticated:
        return person.organisation_id, _covered(f"person:{person.username}")
    return None, ""


@lru_cache(maxsize=1_000)
def _covered(by: str) -> str:
    return logs.safe(by)


def _with_instance(request: HttpRequest, response: HttpResponseBase, name: str) -> HttpResponseBase:
    """RFC 7807 §3.1: `instance` names this one occurrence. Written behind the rest of a problem; none has one of its own."""
    kind = response.headers.get("Content-Type", "")
    if not isinstance(response, HttpResponse) or not kind.startswith("application/problem+"):
        return response
    uri, body = f"urn:zhuisu:request:{name}", response.content
    xml = kind.startswith("application/problem+xml")
    end, more = (b"</problem>", f"<instance>{uri}</instance>") if xml else (b"}", f',"instance":"{uri}"')
    if body.endswith(end):
        response.content = body.removesuffix(end) + more.encode() + end
    elif request.method != "HEAD":
        return response
    if "Content-Length" in response.headers:  # to HEAD too: as long as the answer to GET would be
        response.headers["Content-Length"] = str(int(response.headers["Content-Length"]) + len(more))
    return response
