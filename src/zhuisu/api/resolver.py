"""The GS1-conformant resolver: a Digital Link under the platform's own domain leads to what is known of its code.

It answers alike for every well-formed code, issued or not, so that nobody learns from it what exists. Source: GS1-Conformant
resolver standard 1.0; RFC 9264 (linkset), RFC 8288 (Link); docs/reference/resolver.md goes through the standard line by line.
"""

import json
from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import parse_qsl, quote, unquote, unquote_plus

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.utils.translation import get_language
from django.views.decorators.csrf import csrf_exempt

from zhuisu import codes
from zhuisu.codes import gs1_compressed
from zhuisu.codes.model import MAX_LENGTH
from zhuisu.codes.recognition import hidden, personal
from zhuisu.registry.queries import products
from zhuisu.resolver import legacy, link_types
from zhuisu.resolver.choice import Offer, Wish, matching, preferences, preferred
from zhuisu.resolver.paths import KEYS, Asked, asked_of_path, page_path
from zhuisu.resolver.queries import LinkLevel, contexts, forward_of, links, offered, registered

from . import linkset
from .linkset import Speaker, link_value
from .problems import Problem

METHODS = "GET, HEAD, OPTIONS"
CORS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Methods": METHODS,
    "Access-Control-Allow-Headers": "*",  # of no header but three does the answer depend; none is a reason to refuse a script
    "Access-Control-Expose-Headers": "Link, Location",
}
PREFLIGHT_SECONDS = 24 * 3600  # how long a browser may remember the above; the longest that browsers keep
_LISTS = [linkset.MEDIA_TYPE, "application/ld+json", "application/json"]
View = Callable[..., HttpResponse]


def open_door(view: View) -> View:
    """A door for anyone, from any site: reading methods only, CORS on every answer, errors as problems or, for a browser, a page."""

    @csrf_exempt  # nothing is changed here
    @wraps(view)
    def guarded(request: HttpRequest, **values: str) -> HttpResponse:
        if request.method == "OPTIONS":
            return HttpResponse(
                status=204, headers=CORS | {"Allow": METHODS, "Access-Control-Max-Age": str(PREFLIGHT_SECONDS)}
            )
        try:
            if request.method not in ("GET", "HEAD"):
                raise _wrong_method(request)
            response = view(request, **values)
        except Problem as problem:
            response = _told(request, problem)
        # Links come and go: what is kept, a 404 too, is asked for again.
        for name, value in (CORS | {"Cache-Control": "no-cache"}).items():
            response.headers[name] = value
        if request.method == "HEAD":
            response.headers["Content-Length"] = str(len(response.content))
            response.content = b""
        return response

    return guarded


def _wrong_method(request: HttpRequest) -> Problem:
    return Problem(
        405,
        "method",
        f"{request.method} is not possible here; possible: {METHODS}.",
        f"此处不支持 {request.method}；可用方法：{METHODS}。",
        headers={"Allow": METHODS},
    )


def _told(request: HttpRequest, problem: Problem) -> HttpResponse:
    """The problem as a page where the reader is a browser, in the reader's language; else as a document in both."""
    if request.get_preferred_type(["application/problem+json", "application/json", "text/html"]) != "text/html":
        return problem.response()
    if personal(request.META.get("QUERY_STRING", "")):
        request.GET = QueryDict()  # the language link repeats the address
    told = {"reason": problem.detail if get_language() == "en" else problem.detail_zh, "missing": problem.status == 404}
    response = render(request, "api/bad_link.html", told, status=problem.status)
    for name, value in problem.headers.items():
        response.headers[name] = value
    return response


@open_door
def resolve(request: HttpRequest, link: str) -> HttpResponse:
    """A Digital Link of ours, whole or compressed behind its key."""
    query = request.META.get("QUERY_STRING", "")
    # A slash at the end is tolerated. Servers decode %2F before we see it: a serial that ends in one cannot be told from it.
    path = link.removesuffix("/")
    # A segment without a partner is a compressed one behind a plain key, unless it is the rest of a value with a slash in it.
    if path.count("/") % 2 == 0 and (plain := _uncompressed(path, query)):
        return _answer(request, *plain, compressed=True)
    try:
        asked = asked_of_path(path, query)
    except codes.CodeError as error:
        raise Problem(400, "link", hidden(error.message), hidden(error.message_zh)) from None
    return _answer(request, asked, query)


def _uncompressed(path: str, query: str) -> tuple[Asked, str] | None:
    """What a compressed link asks about, and its query with all that was compressed into it; None where it is none."""
    try:
        plain = gs1_compressed.uncompressed(f"https://id.gs1.org/{quote(path)}" + (f"?{query}" if query else ""))
        whole, _, query = plain.removeprefix("https://id.gs1.org/").partition("?")
        return asked_of_path(unquote(whole), query), query
    except codes.CodeError:
        return None


def _answer(request: HttpRequest, asked: Asked, query: str, *, compressed: bool = False) -> HttpResponse:
    speaker = _speaker(request)
    words = dict(reversed(parse_qsl(query, keep_blank_values=True, max_num_fields=None)))
    headers = []
    if compressed:
        attributes = "&".join(part for part in query.split("&") if part.partition("=")[0].isdigit())
        same = f"{speaker.root}/{asked.path}" + (f"?{attributes}" if attributes else "")
        headers.append(link_value(same, "owl:sameAs"))
    codes_asked = asked.levels
    found = registered(codes_asked)
    if not found and (handler := forward_of(asked.code, asked)):
        target = pass_on(handler.href, query)
        return _redirect(target, [*headers, link_value(handler.href, "gs1:handledBy")])
    levels = offered(codes_asked, found)
    wanted = words.get("linkType", words.get("linktype", "")).strip()
    if _wants_list(request, wanted):
        return _listed(request, speaker, asked, levels, headers)
    headers.append(link_value(f"{speaker.root}/{asked.path}?linkType=linkset", "linkset", type=linkset.MEDIA_TYPE))
    fitting = matching([level.offers for level in levels], _wish(request, wanted, words.get("context", "")))
    if not fitting:
        raise _no_link(wanted, headers)
    if len(fitting) > 1:
        return _listed(request, speaker, asked, levels, headers, only=fitting)
    return _redirect(pass_on(speaker.target(fitting[0]), query), headers)


def _speaker(request: HttpRequest) -> Speaker:
    return Speaker(f"{request.scheme}://{request.get_host()}", get_language() == "en")


def _wants_list(request: HttpRequest, wanted: str) -> bool:
    if wanted.lower().removeprefix("gs1:") in link_types.LINKSET:
        return True
    # Where a type of link is asked for, plain JSON is what the target should be; a linkset is only what names itself so.
    lists = _LISTS[:1] if wanted else _LISTS
    return preferred(request.headers.get("Accept", ""), ["text/html", *lists]) in lists


def _wish(request: HttpRequest, wanted: str, context: str) -> Wish:
    address = link_types.full(wanted) if wanted else ""
    if address in (link_types.DEFAULT, link_types.DEFAULT_MULTI):
        wanted = address = ""
    return Wish(
        # What is no type at all matches no link, as any type that nobody has.
        address if address or not wanted else wanted,
        preferences(request.headers.get("Accept-Language", "")),
        preferences(request.headers.get("Accept", "")),
        context,
    )


def _no_link(wanted: str, headers: list[str]) -> Problem:
    wanted = hidden(wanted[:120])
    return Problem(
        404,
        "no-link",
        f"No link of type {wanted!r} here or at any level above. linkType=linkset lists all links.",
        f"此码及其上级均没有类型为 {wanted!r} 的链接。linkType=linkset 可列出全部链接。",
        headers={"Link": ", ".join(headers), "Vary": "Accept, Accept-Language"},
    )


def pass_on(href: str, query: str) -> str:
    """The target with the request's query behind its own. A parameter that the target itself fixes stays as the target has it."""
    address, _, fragment = href.partition("#")
    base, _, own = address.partition("?")
    fixed = {unquote_plus(part.partition("=")[0]) for part in own.split("&")}
    passed = [part for part in query.split("&") if part and unquote_plus(part.partition("=")[0]) not in fixed]
    whole = "&".join(part for part in (own, *passed) if part)
    return base + (f"?{whole}" if whole else "") + (f"#{fragment}" if fragment else "")


def _redirect(target: str, headers: list[str]) -> HttpResponse:
    # 307: what is asked stays asked at the target, and nobody remembers the way, which may change any day.
    response = HttpResponseRedirect(target, preserve_request=True)
    return _marked(response, headers)


def _marked(response: HttpResponse, headers: list[str]) -> HttpResponse:
    response.headers["Link"] = ", ".join(headers)
    response.headers["Vary"] = "Accept, Accept-Language"
    return response


def _listed(
    request: HttpRequest,
    speaker: Speaker,
    asked: Asked,
    levels: list[LinkLevel],
    headers: list[str],
    only: list[Offer] | None = None,
) -> HttpResponse:
    """The linkset; with `only`, 300: several links answer, and nothing in the request decides between them."""
    canonicals = [level.code.canonical for level in levels if level.code.level == codes.Level.CLASS]
    names = {
        code: (speaker.english and product.name_en) or product.name for code, product in products(canonicals).items()
    }
    body = linkset.document(speaker, asked, levels, names, only or ())
    kind = preferred(request.headers.get("Accept", ""), _LISTS) or linkset.MEDIA_TYPE
    if kind == "application/ld+json":
        body = {"@context": speaker.root + linkset.CONTEXT_PATH, **body}
    context = link_value(speaker.root + linkset.CONTEXT_PATH, linkset.CONTEXT_REL, type="application/ld+json")
    return _marked(_json(body, kind, 300 if only else 200), [*headers, context])


def _json(body: dict[str, Any], kind: str, status: int = 200) -> HttpResponse:
    return HttpResponse(json.dumps(body, ensure_ascii=False, indent=1), status=status, content_type=kind)


@open_door
def context(_request: HttpRequest) -> HttpResponse:
    """The JSON-LD context of our linksets."""
    return _json(linkset.CONTEXT, "application/ld+json")


@open_door
def description(request: HttpRequest) -> HttpResponse:
    """The resolver description file at /.well-known/gs1resolver."""
    speaker = _speaker(request)
    return _json(
        {
            "name": "重要产品追溯解析服务 · zhuisu resolver",
            "resolverRoot": speaker.root,
            "supportedPrimaryKeys": list(KEYS),
            "supportedLinkType": [
                {"namespace": namespace, "prefix": f"{prefix}:"} for prefix, namespace in link_types.PREFIXES.items()
            ],
            "linkTypeDefaultCanBeLinkset": False,
            "supportedContextValuesEnumerated": contexts(),
            "jsonLdContextLocation": speaker.root + linkset.CONTEXT_PATH,
            **({"contact": {"fn": settings.CONTACT}} if settings.CONTACT else {}),
        },
        "application/json",
    )


@open_door
def ask(request: HttpRequest) -> HttpResponse:
    """Any text as JSON: what it can be, its canonical form, where it leads. A person's number is never read here."""
    text = request.GET.get("code", "")
    if len(text) > MAX_LENGTH:
        raise Problem(400, "code", f"A code has at most {MAX_LENGTH} characters.", f"码最长 {MAX_LENGTH} 个字符。")
    readings = codes.readings(text)
    if not readings:
        request.GET = (
            QueryDict()
        )  # the page's language link repeats the address, which may hold what nobody should read
        raise Problem(400, "code", "No known scheme reads this text.", "没有已知的编码方案能读懂这段文字。")
    speaker = _speaker(request)
    found = []
    for reading in readings:
        code = reading.code
        handler = forward_of(code)
        found.append(
            {
                "scheme": code.scheme,
                "canonical": code.canonical,
                "reason": reading.reason,
                "reason_zh": reading.reason_zh,
                "digitalLink": codes.to_digital_link(code, speaker.root) if code.scheme.startswith("gs1.") else None,
                "page": speaker.root + page_path(code),
                "handledBy": {"name": handler.name, "name_en": handler.name_en, "href": handler.href}
                if handler
                else None,
                "links": [
                    {"anchor": level.code.canonical, "linkType": offer.link_type, **linkset.described(speaker, offer)}
                    for level in links(code)
                    for offer in level.offers
                ],
            }
        )
    return _json({"readings": found}, "application/json")


@csrf_exempt  # nothing is changed here; what is no link is not found, whatever the method
def elsewhere(request: HttpRequest, path: str) -> HttpResponse:
    """Any address that is nobody's: a compressed link, or one of the shapes on labels of other systems; else 404."""
    if request.method not in ("GET", "HEAD", "OPTIONS"):
        raise Http404
    query = request.META.get("QUERY_STRING", "")
    if plain := _uncompressed(path, query):
        return _compressed(request, asked=plain[0], query=plain[1])
    target = legacy.target(path, query)
    if target is None:
        raise Http404
    return HttpResponseRedirect(target)


@open_door
def _compressed(request: HttpRequest, asked: Asked, query: str) -> HttpResponse:
    return _answer(request, asked, query, compressed=True)
