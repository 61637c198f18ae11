"""Who looks at a page, and whether that is a scan; and the answer to whoever looks too often."""

import re

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.cache import patch_cache_control
from django.utils.translation import gettext as _

from zhuisu.accounts.models import Organisation, Person
from zhuisu.verification.gathering import AUTHORITIES
from zhuisu.verification.regions import table
from zhuisu.verification.services import Look, Visit
from zhuisu.web.address import client_address

# Programs that fetch a page to index it or to draw a preview of a link that somebody sent. WeChat's own browser is none.
ROBOTS = re.compile(
    r"bot\b|bot/|crawl|spider|slurp|preview|facebookexternalhit|embedly|curl/|wget/|python-|headlessfetch", re.I
)
# What this page's own links add: another level of origins, another load. The same person has the page open already.
OWN_PARAMETERS = frozenset({"up", "load"})


def viewer_of(request: HttpRequest) -> Organisation | None:
    """The organisation of who signed in; None for the public."""
    return request.user.organisation if isinstance(request.user, Person) else None


def visit_of(request: HttpRequest) -> Visit:
    """The look of a request. Only a page that somebody opened to see it is a scan; whoever signed in is at work, not shopping."""
    address = client_address(request)
    viewer = viewer_of(request)
    counts = request.method == "GET" and viewer is None and not _fetched_ahead(request) and not _of_program(request)
    trusted = request.user.get_username() if viewer is not None and viewer.kind in AUTHORITIES else ""
    return Visit(address, table(settings.ADDRESS_REGIONS).region(address), counts and _opened(request), trusted)


def _fetched_ahead(request: HttpRequest) -> bool:
    """The browser's guess at what will be opened (Sec-Purpose: prefetch; prerender, and the older names of the same)."""
    told = (request.headers.get(name, "") for name in ("Sec-Purpose", "Purpose", "X-Moz", "X-Purpose"))
    return any("prefetch" in each.lower() or "preview" in each.lower() for each in told)


def _of_program(request: HttpRequest) -> bool:
    agent = request.headers.get("User-Agent", "")
    return not agent or bool(ROBOTS.search(agent))


def _opened(request: HttpRequest) -> bool:
    """Whether it was not one of the page's own links: a copied label that bears such an address counts as any other."""
    return not (OWN_PARAMETERS & request.GET.keys() and request.headers.get("Sec-Fetch-Site") == "same-origin")


def too_often(request: HttpRequest, look: Look) -> HttpResponse:
    """429 (RFC 6585 §4), as a page or for a program as a problem document (RFC 9457)."""
    message = _("这个网络在一分钟内查询过多，请稍后再试。")
    if "text/html" in request.headers.get("Accept", "text/html"):
        response = render(request, "portal/too_often.html", {"seconds": look.retry_after}, status=429)
    else:
        problem = {"type": "urn:zhuisu:problem:TooManyLookups", "title": "Too many look-ups", "status": 429}
        response = JsonResponse(problem | {"detail": message}, status=429, content_type="application/problem+json")
    response["Retry-After"] = str(look.retry_after)
    patch_cache_control(response, no_store=True)
    return response


def fresh(response: HttpResponse) -> HttpResponse:
    """A page that says "active" must not come from a store unasked: whoever keeps it asks each time whether it still holds."""
    patch_cache_control(response, no_cache=True, private=True)
    return response
