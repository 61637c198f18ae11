"""Home, find, scan and the item's page: read the request, ask the view of a stranger (assemble.py), render."""

import logging
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.cache import get_conditional_response
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from zhuisu import codes
from zhuisu.codes import gs1_compressed, zs_unit
from zhuisu.codes.model import PERSONAL
from zhuisu.codes.recognition import hidden, personal
from zhuisu.events.queries import item_by_code
from zhuisu.portal import quick
from zhuisu.portal.addresses import (
    address_of,
    code_of_name,
    code_of_own_link,
    code_of_path,
    label_of_canonical,
    link_of,
)
from zhuisu.portal.assemble import page_of, samples
from zhuisu.portal.facts import facts_of, title_of
from zhuisu.portal.insight import insight_of
from zhuisu.portal.looking import fresh, too_often, viewer_of, visit_of
from zhuisu.portal.page import Page
from zhuisu.portal.public import is_single
from zhuisu.registry.issuing.errors import IssueError
from zhuisu.registry.queries import registered
from zhuisu.resolver import legacy
from zhuisu.verification.services import begin
from zhuisu.web import words
from zhuisu.web.camera import reader_files

log = logging.getLogger(__name__)

MAX_QUERY = 2048  # as codes.parse; a browser's box holds no more
FIRST_LEVELS = 2  # of origins drawn at first: mostly the maker and its suppliers
MAX_LEVELS = 12  # of origins drawn on one page


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """One box for any code; or where the code in the address leads, as some labels have it (/?code=…)."""
    query = request.META.get("QUERY_STRING", "")
    if query and (leads := legacy.target("", query)):
        return redirect(leads)
    return render(request, "portal/home.html", {"samples": samples()})


@require_safe
def find(request: HttpRequest) -> HttpResponse:
    """From a text, typed or scanned, to the item's own address; several readings are offered, none is guessed."""
    text = request.GET.get("q", "").strip()[:MAX_QUERY]
    scheme = request.GET.get("scheme") or None
    try:
        found = read(
            text, scheme, host=request.get_host(), lot=request.GET.get("lot", ""), serial=request.GET.get("serial", "")
        )
    except codes.CodeError as error:
        if error.rule == "personal":  # given back neither in the box nor by the language link
            text, request.GET = hidden(text) if personal(text) else "", QueryDict()
        context = {
            "typed": text,
            "error": reason(error) if text or error.rule == "personal" else _("请先输入或扫描一个码。"),
            "samples": samples(),
        }
        return render(request, "portal/home.html", context, status=400)
    if len(found) == 1:
        return redirect(address_of(found[0].code))
    english = get_language() == "en"
    choices = [
        {
            "scheme": words.kind_of_canonical(each.code.canonical),
            "text": readable(each.code),
            "reason": each.reason if english else each.reason_zh,
            "address": address_of(each.code),
            # Of a single thing the list says nothing: only its page does, which counts who asks too often.
            "recorded": None
            if is_single(each.code.level)
            else item_by_code(each.code) is not None or registered(each.code.canonical),
        }
        for each in found
    ]
    return render(request, "portal/choose.html", {"typed": text, "choices": choices})


def read(text: str, scheme: str | None, *, host: str, lot: str = "", serial: str = "") -> list[codes.Reading]:
    """All that the text can mean, best first, with the reasons; at least one. Raises codes.CodeError."""
    if personal(text):
        raise codes.CodeError("personal", "a person's number has no page", "个人号码没有页面")
    if own := code_of_own_link(text, host):
        return [codes.Reading(own, "", "")]
    text = _plain_link(text)
    found = codes.readings(text) if scheme is None else []
    # That any web address is also only an address helps nobody who holds a label.
    found = [each for each in found if each.code.scheme != "uri"] or found
    if len(found) > 1:
        return found
    code = found[0].code if found else codes.parse(text, scheme)
    if code.scheme in PERSONAL or personal(code.canonical):
        raise codes.CodeError("personal", "a person's number has no page", "个人号码没有页面")
    if code.scheme == "gs1.gtin" and (lot.strip() or serial.strip()):
        parts = [("10", lot.strip())] if lot.strip() and not serial.strip() else [("21", serial.strip())]
        code = code_of_path("/".join([code.value, *(f"{ai}/{value}" for ai, value in parts)]))
    return [codes.Reading(code, "", "")]


def _plain_link(text: str) -> str:
    """A compressed Digital Link written in full; any other text as it is."""
    try:
        return gs1_compressed.uncompressed(text)
    except codes.CodeError:
        return text


def reason(error: codes.CodeError) -> str:
    """Why a text is not a code, in the reader's language."""
    return hidden(error.message if get_language() == "en" else error.message_zh)


def readable(code: codes.Code) -> str:
    """The code as it is printed: with brackets where it is GS1's."""
    if code.scheme == "zs.unit":
        return zs_unit.shown(code.value)
    try:
        return codes.to_ai(code)
    except codes.CodeError:
        return label_of_canonical(code.canonical)


@require_safe
def scan(request: HttpRequest) -> HttpResponse:
    """The camera, a photo, or the box."""
    return render(request, "portal/scan.html", reader_files())


@require_safe
def item_by_link(request: HttpRequest, link: str) -> HttpResponse:
    """The page of a GS1 key, at /i/ and its Digital Link path."""
    try:
        code = code_of_path(link)
    except codes.CodeError as error:
        return _unreadable(request, link, error)
    return _item(request, code)


@require_safe
def item_by_name(request: HttpRequest, scheme: str, value: str) -> HttpResponse:
    """The page of an item of any other scheme."""
    try:
        code = code_of_name(scheme, value)
    except codes.CodeError as error:
        return _unreadable(request, value, error)
    if code.level == codes.Level.PROCESS:  # the inner number of someone's production, on no label
        raise Http404
    if code.scheme.startswith("gs1."):
        return redirect(address_of(code), permanent=True)
    return _item(request, code)


def _unreadable(request: HttpRequest, text: str, error: codes.CodeError) -> HttpResponse:
    context = {"typed": hidden(text), "error": reason(error), "samples": samples()}
    return render(request, "portal/home.html", context, status=404)


def _item(request: HttpRequest, code: codes.Code) -> HttpResponse:
    levels, at, visit = _number(request, "up"), timezone.now(), visit_of(request)
    marks = quick.before(request, code)
    try:
        look = begin(code, at=at, visit=visit)
    except IssueError as error:  # an issuer's key file is gone: no answer about the code
        log.error("%s", error)  # noqa: TRY400 the sentence says it all
        return render(request, "503.html", status=503)
    if look.blocked:
        return too_often(request, look)
    page = page_of(
        look,
        levels=FIRST_LEVELS if levels is None else min(levels, MAX_LEVELS),
        at=at,
        visit=visit,
        load=_number(request, "load"),
    )
    viewer = viewer_of(request)
    context = _context(look.code, page) | {"insight": insight_of(viewer, page.answer)}
    template = "portal/item_none.html" if page.missed else "portal/item.html"
    line = quick.marked(page)
    response = render(request, template, context, status=200 if page.known else 404)
    text = quick.answered(response, line)
    if marks is not None and viewer is None:
        quick.keep(request, page, text, marks, at)
    asked_again = (
        get_conditional_response(request, etag=response["ETag"], response=response)
        if response.has_header("ETag")
        else None
    )
    return fresh(asked_again or response)


def _number(request: HttpRequest, name: str) -> int | None:
    """A small number in the address; anything else there is left out."""
    text = request.GET.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None


def _context(code: codes.Code, page: Page) -> dict[str, Any]:
    levels = page.origin.levels if page.origin else 0
    return {
        "page": page,
        "title": title_of(page),
        "category": words.CATEGORIES.get(page.product.category, "") if page.product else "",
        "icon": page.product.icon if page.product else {"PLACE": "place", "PARTY": "party"}.get(code.level.name, ""),
        "facts": facts_of(page),
        "readable": readable(code),
        "scheme": words.kind_of_canonical(code.canonical),
        "address": link_of(code),
        "needs_lot": code.level == codes.Level.CLASS,
        "more_levels": levels + 1 if levels < MAX_LEVELS else None,
        "last": next((step for step in reversed(page.steps) if step.where and not step.voided), None),
    }
