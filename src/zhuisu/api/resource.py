"""One address of the machine's door: its methods, who may call, what it announces, and problems instead of error pages."""

import logging
import uuid
from collections.abc import Callable
from functools import wraps
from importlib.metadata import version

from django.core.exceptions import SuspiciousOperation
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.http.request import MediaType, UnreadablePostError
from django.views.decorators.csrf import csrf_exempt

from zhuisu.epcis import translate

from .callers import RATE, Caller, caller_of
from .problems import Problem, database_away, failed, not_found, unreadable_request

View = Callable[..., HttpResponseBase]
Announce = Callable[..., dict[str, str]]

MEDIA_TYPES = ["application/json", "application/ld+json"]
# A query of a few dozen EPCs fits; servers and proxies in front allow as much or less.
URI_LIMIT = 16_384  # characters
# Media types of an Accept header; clients send a handful, each is weighed against each that we have.
ACCEPT_LIMIT = 100
FORMATS = {"GS1-EPC-Format": translate.EPC_FORMATS, "GS1-CBV-XML-Format": translate.CBV_FORMATS}
PROBLEM_JSON = ["application/problem+json", *MEDIA_TYPES]
PROBLEM_XML = ["application/problem+xml", "application/xml", "text/xml"]
SPOKEN = (2, 0, 0)  # EPCIS and CBV alike
VERSIONS = {
    "GS1-EPCIS-Version": "2.0.0",
    "GS1-CBV-Version": "2.0.0",
    "GS1-Extensions": "zs=urn:zhuisu:ns:",
}
DISCOVERY = VERSIONS | {
    "GS1-EPCIS-Min": "2.0.0",
    "GS1-EPCIS-Max": "2.0.0",
    "GS1-CBV-Min": "2.0.0",
    "GS1-CBV-Max": "2.0.0",
    # The headers have room for one value: this is the one that says that every form can be had.
    "GS1-EPC-Format": translate.NO_PREFERENCE,
    "GS1-CBV-XML-Format": translate.NO_PREFERENCE,
    "GS1-Vendor-Version": version("zhuisu"),
}

log = logging.getLogger(__name__)


def resource(
    announce: Announce | dict[str, str] | None = None,
    media: list[str] = MEDIA_TYPES,
    *,
    public: bool = False,
    **methods: View,
) -> View:
    """A view from one function a method, each called with (request, caller, …path values).

    OPTIONS needs no key, so that a client can learn the limits first. `announce` are headers of its own for it, or
    the function of (request, …path values) that gives them; `media` are the media types that GET can give. What is
    `public` is told to everybody: its caller is None.
    """
    allowed = sorted({*methods, "OPTIONS"} | ({"HEAD"} if "GET" in methods else set()))
    allow = ", ".join(allowed)

    def view(request: HttpRequest, **values: str) -> HttpResponseBase:
        method = request.method or ""
        if method == "OPTIONS":
            check_versions(request)
            own = announce(request, **values) if callable(announce) else announce or {}
            return HttpResponse(status=204, headers=DISCOVERY | own | {"Allow": allow})
        handler = methods.get("GET" if method == "HEAD" else method)
        if handler is None:
            raise Problem(
                405,
                "ImplementationException",
                f"{method} is not possible here; possible: {allow}.",
                f"此处不支持 {method}；可用方法：{allow}。",
                headers={"Allow": allow},
            )
        check_negotiation(request, media)
        caller = None if public else caller_of(request)
        response = handler(request, caller, **values)
        for name, value in (VERSIONS | request.META.get(RATE, {})).items():
            response.headers.setdefault(name, value)
        return response

    return problems_instead_of_pages(view)


def problems_instead_of_pages(view: View) -> View:
    """Every failure under the door is a problem document; the reason of an unexpected one is in the log alone."""

    @csrf_exempt  # callers.py: a cookie opens nothing that changes anything
    @wraps(view)
    def guarded(request: HttpRequest, **values: str) -> HttpResponseBase:
        response: HttpResponseBase
        try:
            if len(request.get_full_path()) > URI_LIMIT:
                raise Problem(
                    414,
                    "URITooLongException",
                    f"The address has more than {URI_LIMIT} characters.",
                    f"请求地址超过 {URI_LIMIT} 个字符。",
                )
            response = view(request, **values)
        except Problem as problem:
            response = problem.response(xml=wants_xml(request))
        except (SuspiciousOperation, UnreadablePostError) as wrong:
            log.info("refused %s: %s", _where(request), wrong)
            response = unreadable_request().response(xml=wants_xml(request))
        except (OperationalError, InterfaceError) as away:
            log.warning("database away at %s: %s", _where(request), str(away).partition("\n")[0])
            response = database_away().response(xml=wants_xml(request))
        except Exception:
            incident = uuid.uuid4()
            log.exception("incident %s at %s", incident, _where(request))
            response = failed(str(incident)).response(xml=wants_xml(request))
        if isinstance(response, HttpResponse) and not response.content:
            response.headers.pop("Content-Type")  # Django says text/html of a body that is not there
        return _without_body(response) if request.method == "HEAD" else response

    return guarded


def _where(request: HttpRequest) -> str:
    """Method and pattern of the address, for the log: the address itself holds codes and whatever was sent."""
    match = request.resolver_match
    return f"{request.method} /{match.route if match else ''}"


def wants_xml(request: HttpRequest) -> bool:
    """Whether a problem is told in XML: only to who prefers XML to JSON."""
    return preferred(request, [*PROBLEM_JSON, *PROBLEM_XML]) in PROBLEM_XML


def _without_body(response: HttpResponseBase) -> HttpResponseBase:
    """The answer to HEAD: as to GET, without the body; a stream is not begun, and not closed: that would end the request."""
    if isinstance(response, StreamingHttpResponse):
        return HttpResponse(status=response.status_code, headers=dict(response.headers))
    if isinstance(response, HttpResponse):
        response.headers["Content-Length"] = str(len(response.content))
        response.content = b""
    return response


def check_negotiation(request: HttpRequest, media: list[str] = MEDIA_TYPES) -> None:
    """406 where the caller insists on a format or version that is not spoken here."""
    if request.method in ("GET", "HEAD") and preferred(request, media) is None:
        raise _not_acceptable("Accept", ", ".join(media))
    for name, possible in FORMATS.items():
        if request.headers.get(name, translate.NO_PREFERENCE) not in possible:
            raise _not_acceptable(name, ", ".join(possible))
    check_versions(request)


def check_versions(request: HttpRequest) -> None:
    """406 where the caller insists on a version of EPCIS or CBV that is not spoken here."""
    for standard in ("EPCIS", "CBV"):
        lowest = _version(request, f"GS1-{standard}-Min", (0,))
        highest = _version(request, f"GS1-{standard}-Max", (9999,))
        if not lowest <= SPOKEN <= highest:
            raise _not_acceptable(f"GS1-{standard}-Min/Max", "2.0.0")


def preferred(request: HttpRequest, media: list[str]) -> str | None:
    """The media type of these that the caller likes best (RFC 9110 §12.5.1); None where there is none.

    Of ranges that fit, the most exact has the word; at equal quality the more exact goes first, then what was named first.
    Other parameters than q (charset, profile) are not looked at: there is one representation of each type.
    """
    tokens = [token for token in request.headers.get("Accept", "").split(",") if token.strip(" ;")] or ["*/*"]
    if len(tokens) > ACCEPT_LIMIT:
        return None
    quality: dict[str, tuple[float, int]] = {}
    for place, token in enumerate(tokens):
        quality.setdefault(token.partition(";")[0].strip().lower(), (MediaType(token).quality, -place))
    weighed = []
    for number, one in enumerate(media):
        main, _, sub = one.partition("/")
        for exact, name in enumerate((one, f"{main}/*", f"*/{sub}", "*/*")):
            if name in quality:
                weight, place = quality[name]
                weighed.append((weight, -exact, place, -number, one))
                break
    best = max(weighed, default=(0.0, 0, 0, 0, ""))
    return best[-1] if best[0] else None


def answer_type(request: HttpRequest) -> str:
    """The kind of JSON that the caller likes best. What was done is not refused for its answer: then it is plain JSON."""
    return preferred(request, MEDIA_TYPES) or MEDIA_TYPES[0]


def _version(request: HttpRequest, name: str, otherwise: tuple[int, ...]) -> tuple[int, ...]:
    text = request.headers.get(name)
    if text is None:
        return otherwise
    parts = text.split(".")
    if not (1 <= len(parts) <= 3 and all(part.isascii() and part.isdigit() and len(part) <= 4 for part in parts)):
        raise _not_acceptable(name, "2.0.0")
    return tuple(map(int, [*parts, "0", "0"][:3]))


def _not_acceptable(name: str, spoken: str) -> Problem:
    return Problem(
        406,
        "NotAcceptableException",
        f"{name}: possible here is {spoken}.",
        f"{name}：此处仅支持 {spoken}。",
    )


def nothing_here(_request: HttpRequest, **_values: str) -> HttpResponse:
    """Any address under the door that names no resource."""
    raise not_found()


no_resource = problems_instead_of_pages(nothing_here)

__all__ = ["Caller", "answer_type", "no_resource", "preferred", "resource"]
