"""How one code stands, asked by a system again and again: out of memory while nothing changed, counted all the same."""

import contextlib
import threading
import time
from collections.abc import Hashable
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

from django.db import InterfaceError, OperationalError, connection
from django.http import HttpRequest
from django.utils import timezone, translation

from zhuisu.accounts import standing
from zhuisu.codes import Code
from zhuisu.events.store import rows
from zhuisu.verification import fresh
from zhuisu.verification.kept import Kept
from zhuisu.verification.services import TRUSTED_LIMIT, minute_of
from zhuisu.verification.sources import source_of_caller
from zhuisu.web import quick

from .callers import CALLER, Caller
from .problems import Problem
from .throttle import spend

# How long a process goes by what it knows of changes. A voided code is told within this time and one statement; what must be
# known at once, such as a recall, is on the page alone, which asks at every look. A key that was revoked on this node is
# refused at its next request (accounts.standing); one that was revoked on another node, within this time.
LOOK_EVERY_SECONDS = 0.1
# Without an answer of the database for so long nothing is told out of memory any more.
MAX_UNSURE_SECONDS = 1.0
BEFORE = "zhuisu.known-before"  # where a request keeps what was known of changes and keys before its answer was made
ENTRY_OCTETS = 3_000  # what one kept answer takes beside its text
MAX_CALLERS = 10_000  # keys that a process remembers; more of them at once are forgotten and asked for again


@dataclass(frozen=True, slots=True)
class Entry:
    """One answer, and the changes after which it was made."""

    body: bytes
    headers: quick.Headers
    scope: int
    was: tuple[int, int]
    route: str


@dataclass(frozen=True, slots=True)
class Asker:
    """Who a key is, while master data and `keys` stay the same. `sees`: the organisation whose codes it may know of; 0 for all."""

    prefix: str
    organisation: int
    sees: int
    by: str
    was: int
    keys: bytes


class Watch:
    """What this process knows of changes, and the looks that it has still to write down."""

    def __init__(self) -> None:
        self.asked_at = 0.0
        self.totals: dict[int, int] = {}
        self.looks: dict[tuple[str, int], int] = {}  # caller and minute: made here and not yet written
        self.known: dict[tuple[str, int], int] = {}  # the same: of all processes, as last read
        self._asking = threading.Lock()
        self._counting = threading.Lock()

    def sure(self) -> bool:
        """Whether what is known is of this moment or nearly; asks the database when it is time."""
        since = time.monotonic() - self.asked_at
        if since < LOOK_EVERY_SECONDS:
            return True
        if not self._asking.acquire(blocking=False):
            return since < MAX_UNSURE_SECONDS
        try:
            began = time.monotonic()
            self.totals = fresh.counters()
            self.asked_at = began
            self.write()
        finally:
            self._asking.release()
        return True

    def now(self, scope: int) -> tuple[int, int]:
        """The changes of master data and of a scope so far."""
        return self.totals.get(fresh.REGISTER, 0), self.totals.get(scope, 0)

    def count(self, by: str, minute: int) -> int:
        """One more look of a caller in a minute: how many it made, as far as this process knows."""
        key = by, minute
        with self._counting:
            here = self.looks[key] = self.looks.get(key, 0) + 1
            return here + self.known.get(key, 0)

    def write(self) -> None:
        """Write down the looks that this process counted."""
        with self._counting:
            held, self.looks = self.looks, {}
        if not held:
            return
        doors = {(str(source_of_caller(by)), minute): (by, minute) for by, minute in held}
        # In the order of the key: two processes that write the same rows must not wait for each other.
        ordered = sorted(doors)
        found = rows(
            """insert into verification_looks as here (door, minute, looks, misses)
               select d::uuid, m, n, 0 from unnest(%s::text[], %s::bigint[], %s::int[]) as t (d, m, n) order by 1, 2
               on conflict (door, minute) do update set looks = here.looks + excluded.looks
               returning door::text, minute, looks""",
            [[door for door, _ in ordered], [m for _, m in ordered], [held[doors[each]] for each in ordered]],
        )
        with self._counting:
            latest = max(minute for _, minute in held)
            kept = {key: looks for key, looks in self.known.items() if key[1] == latest}
            self.known = kept | {doors[door, minute]: looks for door, minute, looks in found}


watch = Watch()
answers: Kept[Entry] = Kept()
_askers: dict[bytes, Asker] = {}


def key_of(environ: quick.Environ) -> Hashable | None:
    """Under what the answer may be kept: who asks, for what, in which language. None where the request says anything unusual."""
    if environ.get("REQUEST_METHOD") != "GET" or environ.get("QUERY_STRING") or "HTTP_COOKIE" in environ:
        return None
    if environ.get("HTTP_ACCEPT", "*/*") not in ("*/*", "application/json"):
        return None
    scheme, _, text = environ.get("HTTP_AUTHORIZATION", "").partition(" ")
    if not scheme:
        scheme, text = "Bearer", environ.get("HTTP_X_API_KEY", "")
    if scheme != "Bearer" or not text or "HTTP_GS1_" in " ".join(environ):
        return None
    host = environ.get("HTTP_HOST"), environ.get("HTTP_X_FORWARDED_PROTO")
    language = _language(environ) if environ.get("HTTP_ACCEPT_LANGUAGE") else ""
    return blake2b(text.encode(), digest_size=16).digest(), environ.get("PATH_INFO"), host, language


def _language(environ: quick.Environ) -> str:
    return translation.get_language_from_request(quick.request_of(environ))


def answer(environ: quick.Environ, key: Any) -> quick.Answer | None:
    """The answer that is kept, counted for its caller; None where it is to be made anew."""
    try:
        if not watch.sure():
            return None
    except (OperationalError, InterfaceError):
        connection.close()
        return None
    keys = standing.stamp()
    environ[BEFORE] = watch.totals, keys
    asker = _askers.get(key[0])
    if asker is None or asker.keys != keys or asker.was != watch.totals.get(fresh.REGISTER, 0):
        return None
    entry = answers.get((asker.sees, *key[1:]))
    if entry is None or entry.was != watch.now(entry.scope):
        return None
    if watch.count(asker.by, minute_of(timezone.now())) > TRUSTED_LIMIT:
        with contextlib.suppress(OperationalError, InterfaceError):
            watch.write()  # so that the way through all layers, which refuses, counts these too
        return None
    try:
        rate = spend(asker.prefix, asker.organisation)
    except Problem:
        return None  # the way through all layers is refused as well, and says so
    return quick.Answer("200 OK", entry.headers, entry.body, entry.route, (asker.organisation, asker.by), rate)


def keep(request: HttpRequest, code: Code, body: bytes) -> None:
    """Let this answer be given again for as long as it holds."""
    key, before, caller = request.META.get(quick.MAY), request.META.get(BEFORE), request.META[CALLER]
    if key is None or before is None or not isinstance(caller, Caller) or not caller.by.startswith("key:"):
        return
    was, keys = before
    scope = fresh.scope_of(code)
    register = was.get(fresh.REGISTER, 0)
    sees = caller.organisation.pk if caller.organisation.kind == caller.organisation.Kind.ENTERPRISE else 0
    route = f"/{request.resolver_match.route}" if request.resolver_match else ""

    def remember(headers: quick.Headers) -> None:
        if len(_askers) >= MAX_CALLERS:
            _askers.clear()
        prefix = caller.by.removeprefix("key:")
        _askers[key[0]] = Asker(prefix, caller.organisation.pk, sees, caller.by, register, keys)
        entry = Entry(body, headers, scope, (register, was.get(scope, 0)), route)
        answers.put((sees, *key[1:]), entry, ENTRY_OCTETS + len(body))

    request.META[quick.KEEP] = quick.Kept(remember)


DOOR = quick.Door("/codes/", key_of, answer)
