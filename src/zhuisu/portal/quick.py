"""The item's page again, without making it anew: what a page rests on, and what of it is another's at every look."""

import secrets
from collections.abc import Hashable
from dataclasses import dataclass, replace
from datetime import date, datetime
from hashlib import blake2b

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.db import InterfaceError, OperationalError, connection
from django.http import HttpRequest, HttpResponse, parse_cookie
from django.utils import timezone, translation
from django.utils.html import escape

from zhuisu.codes import Code
from zhuisu.portal.looking import visit_of
from zhuisu.portal.page import Page
from zhuisu.portal.verdict import scan_text
from zhuisu.verification import fresh
from zhuisu.verification.fresh import Footing, Marks
from zhuisu.verification.gathering import issued_lot
from zhuisu.verification.judgement import State
from zhuisu.verification.kept import Kept
from zhuisu.verification.raising import sales_kinds
from zhuisu.verification.services import LOOK_LIMIT, MISS_LIMIT, minute_of, scan_of, travelled
from zhuisu.web import quick

# Stands in a page where the line about its scans goes: nobody can write it into a product's name, since nobody knows it.
SCAN_MARK = f"\ue000{secrets.token_hex(16)}\ue001"
_STOOD = "zhuisu.page-stood"  # where a request keeps at what position a kept page was found to hold
ENTRY_OCTETS = 4_096  # what one kept page takes beside its text: headers, dates, sets
# A session, or a message that waits in a cookie, shows on a page: such a page is made for its viewer alone and never kept.
_PRIVATE: tuple[str, ...] = (settings.SESSION_COOKIE_NAME, "messages")


class Text:
    """A rendered page, cut where the line about the scans stands."""

    __slots__ = ("_digest", "parts")

    def __init__(self, page: bytes) -> None:
        self.parts = page.split(SCAN_MARK.encode())
        self._digest = blake2b(b"\0".join(self.parts)).digest()

    def body(self, line: str) -> bytes:
        """The page with a line."""
        return escape(line).encode().join(self.parts)

    def etag(self, line: str) -> str:
        """The tag of the page with a line, for which the page is not read again."""
        return quick.etag_of(self._digest + line.encode())


@dataclass(slots=True)
class Entry:
    """One page as it was, and what must still be so for it to be shown again. `texts`: as it reads to the first who scans (True)
    and to all others; nobody scans anything but a single thing (False)."""

    code: Code
    texts: dict[bool, Text]
    scanned: bool
    marks: Marks
    rests: Footing
    scope: int
    day: date
    language: str
    state: State
    findings: frozenset[str]
    sales: frozenset[str]
    issuer: int | None
    route: str
    headers: quick.Headers

    @property
    def octets(self) -> int:
        """About how much memory it takes."""
        return ENTRY_OCTETS + sum(len(part) for text in self.texts.values() for part in text.parts) + self.rests.octets

    def joins(self, other: "Entry") -> bool:
        """Whether another page is this one as somebody else reads it: the same was known, and nothing of it has changed since."""
        same = (self.rests, self.findings, self.day, self.state) == (
            other.rests,
            other.findings,
            other.day,
            other.state,
        )
        since = self.marks.head >= other.marks.head and self.marks.judged >= other.marks.judged
        return same and since and self.marks.same_register(other.marks)


pages: Kept[Entry] = Kept()


def key_of(environ: quick.Environ) -> Hashable | None:
    """Under what the answer to a request may be kept: where it is asked for, and the language. None for anyone with a session."""
    if environ.get("REQUEST_METHOD") != "GET" or environ.get("QUERY_STRING"):
        return None
    given = environ.get("HTTP_COOKIE", "")
    if given and any(name in parse_cookie(given) for name in _PRIVATE):
        return None
    language = translation.get_language_from_request(quick.request_of(environ))
    host = environ.get("HTTP_HOST") or (environ.get("SERVER_NAME"), environ.get("SERVER_PORT"))
    scheme = environ.get("wsgi.url_scheme"), environ.get("HTTP_X_FORWARDED_PROTO")
    return host, scheme, environ.get("PATH_INFO"), language


def answer(environ: quick.Environ, key: Hashable) -> quick.Answer | None:
    """The page that is kept, with this look counted and its scan written down; None where it is to be made anew."""
    entry, at = pages.get(key), timezone.now()
    if entry is None or entry.day != timezone.localdate(at):
        return None
    try:
        return _answer(environ, key, entry, at)
    except (OperationalError, InterfaceError):
        connection.close()  # the way through all layers says what is to be said of a database that is away
        return None


def _answer(environ: quick.Environ, key: Hashable, entry: Entry, at: datetime) -> quick.Answer | None:
    request = quick.request_of(environ)
    request.user = AnonymousUser()
    visit = visit_of(request)
    scan = scan_of(entry.code, entry.state, at=at, visit=visit)
    look = fresh.again(
        scan, entry.scanned, entry.code.canonical, entry.scope, entry.marks, entry.rests, minute_of(at),
        (LOOK_LIMIT, MISS_LIMIT),
    )  # fmt: skip
    if not look.holds:
        pages.drop(key)
        return None
    if look.looks > LOOK_LIMIT or look.misses > MISS_LIMIT:
        return None
    entry.marks = look.marks
    first, scans = False, look.scans
    if scans:
        kinds = look.past.kinds | entry.sales
        kinds |= travelled(entry.code, entry.issuer, look.past, scans, at=at, region=visit.region)
        if kinds != entry.findings:
            return None
        first = scans.first is None
    text = entry.texts.get(first)
    if text is None:
        environ[_STOOD] = look.marks  # what is made now is the same page in other words
        return None
    with translation.override(entry.language):
        line = scan_text(scans) if scans else ""
    etag = text.etag(line)
    if quick.not_modified(environ, etag):
        return quick.Answer("304 Not Modified", quick.without_body(entry.headers, etag), b"", entry.route)
    body = text.body(line)
    return quick.Answer("200 OK", quick.with_body(entry.headers, body, etag), body, entry.route)


def before(request: HttpRequest, code: Code) -> Marks | None:
    """Where the platform stands before a page is made that may be kept; None where it may not."""
    if quick.MAY not in request.META:
        return None
    stood: Marks | None = request.META.get(_STOOD)
    return stood or fresh.marks(fresh.scope_of(code))


def marked(page: Page) -> str:
    """The line about the scans of a page, which a mark takes the place of."""
    line = page.verdict.scan
    if line:
        page.verdict = replace(page.verdict, scan=SCAN_MARK)
    return line


def answered(response: HttpResponse, line: str) -> Text:
    """Put the line about the scans into a rendered page and give it its tag, if it is known. The page as it was cut."""
    text = Text(response.content)
    response.content = text.body(line)
    if response.status_code == 200:  # misses are alike in everything but the code that they name
        response["ETag"] = text.etag(line)
    return text


def keep(request: HttpRequest, page: Page, text: Text, marks: Marks, at: datetime) -> None:
    """Let this page be shown again for as long as it holds: only what is known, and is answered to anyone."""
    found = page.answer
    scanned = found is not None and found.scans is not None
    if found is None or found.look.missed or not page.known or scanned != (len(text.parts) > 1):
        return
    standing = found.standing
    route = f"/{request.resolver_match.route}" if request.resolver_match else ""
    named = [each for each in (page.code, issued_lot(standing)) if each]
    entry = Entry(
        found.look.code, {found.scans is not None and found.scans.first is None: text}, scanned, marks, fresh.footing(page.rests, named, whole=page.rests_on_all),
        fresh.scope_of(found.look.asked), timezone.localdate(at), translation.get_language() or "", found.state,
        found.findings, sales_kinds(found.told),
        standing.organisation.pk if standing.organisation else None, route, [],
    )  # fmt: skip
    key = request.META[quick.MAY]

    def remember(headers: quick.Headers) -> None:
        entry.headers = headers
        known = pages.get(key)
        if known and known.joins(entry):
            entry.texts, entry.marks = known.texts | entry.texts, known.marks
        pages.put(key, entry, entry.octets)

    request.META[quick.KEEP] = quick.Kept(remember)


DOOR = quick.Door("/i/", key_of, answer)
