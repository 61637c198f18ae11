"""Which documents are judged while their sender waits, which are journalled, and which are not taken now."""

import math
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from django.conf import settings
from django.http import HttpRequest
from django.utils import timezone

from zhuisu.events.backlog import Pace, waiting

from ..problems import Problem

# Documents judged at once in one web process. Two of its four threads: the others go on acknowledging and answering.
INLINE_PLACES_LIMIT = 2
# What may wait before everybody's documents are journalled: so much is projected within a second, new ones need not overtake it.
SHORT_DOCUMENTS_LIMIT = 100
SHORT_OCTETS_LIMIT = 1 << 20
# Of the documents that wait, all organisations together; their octets are limited by ZHUISU_WAITING_BYTES.
WAITING_DOCUMENTS_LIMIT = 100_000
OWN_SHARE = 4  # one organisation may fill the fourth part of either limit: the others still get theirs in
LOOK_SECONDS = 1.0  # between two looks of a process at the queue; what it adds itself it counts
PREFERRED_WAIT_LIMIT = 10  # seconds that a request waits for a place, whatever its sender prefers: it holds a thread
RETRY_LEAST_SECONDS, RETRY_MOST_SECONDS = 1, 600  # what Retry-After says
RETRY_UNKNOWN_SECONDS = 30  # where nothing was projected in the last minute, so that no rate is known
ROOM_AGAIN = 0.9  # who comes back finds the tenth part of the room free


@dataclass(frozen=True, slots=True)
class Preference:
    """What a sender prefers (RFC 7240): an answer before the verdicts, or so many seconds of patience. Either may be absent."""

    respond_async: bool = False
    wait: int | None = None

    def applied(self, *, judged: bool) -> dict[str, str]:
        """The header that says what was followed (RFC 7240 §3)."""
        followed = "respond-async" if self.respond_async and not judged else ""
        if self.wait and judged:
            followed = f"wait={self.wait}"
        return {"Preference-Applied": followed} if followed else {}


def preference_of(request: HttpRequest) -> Preference:
    """That of the Prefer header. What is not understood is passed over: a preference is never an error (RFC 7240 §2)."""
    said: dict[str, str] = {}
    for one in request.headers.get("Prefer", "").split(","):
        name, _, value = one.partition(";")[0].partition("=")
        said.setdefault(name.strip().lower(), value.strip().strip('"'))  # the first has the word (RFC 7240 §2)
    text = said.get("wait", "")
    wait = int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None
    return Preference("respond-async" in said, wait)


@dataclass
class Door:
    """What one web process knows of the queue, and its places for documents that are judged at once."""

    places: threading.BoundedSemaphore = field(default_factory=lambda: threading.BoundedSemaphore(INLINE_PLACES_LIMIT))
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _looked: float = -math.inf
    _documents: int = 0
    _octets: int = 0
    _ahead: tuple[int, int] = (0, 0)  # of these what projectors store: documents, octets
    _own: dict[int, tuple[int, int]] = field(default_factory=dict)
    _pace: Pace = field(default_factory=Pace)

    def admit(self, organisation: int, octets: int) -> None:
        """Raises a 503 problem where too much waits of all organisations together, a 429 problem where too much waits of this one,
        before an octet of its document is read. `octets` as announced, 0 where they are not."""
        with self._lock:
            self._look()
            lanes, pace = max(1, len(self._own)), self._pace
            documents, own = self._documents, self._own.get(organisation, (0, 0))
            everybody = Load(documents, self._octets, WAITING_DOCUMENTS_LIMIT, settings.WAITING_BYTES)
        mine = Load(*own, WAITING_DOCUMENTS_LIMIT // OWN_SHARE, settings.WAITING_BYTES // OWN_SHARE)
        if everybody.is_full(octets):
            seconds = everybody.seconds(octets, pace)
            raise _full(
                503,
                "ImplementationException",
                "Too many documents wait to be stored; send this one again",
                "等待入库的文档过多，请重新发送",
                seconds,
            )
        if mine.is_full(octets):
            share = Pace(pace.documents / lanes, pace.events / lanes, pace.octets / lanes)
            raise _full(
                429,
                "too-many-requests",
                "Too many documents of this organisation wait to be stored; send this one again",
                "本主体等待入库的文档过多，请重新发送",
                mine.seconds(octets, share),
            )

    def note(self, organisation: int, octets: int, *, large: bool = False) -> None:
        """A document was put into the queue by this process."""
        with self._lock:
            if not large:
                self._ahead = (self._ahead[0] + 1, self._ahead[1] + octets)
            documents, held = self._own.get(organisation, (0, 0))
            self._own[organisation] = (documents + 1, held + octets)
            self._documents, self._octets = self._documents + 1, self._octets + octets

    @contextmanager
    def place(self, preference: Preference) -> Iterator[bool]:
        """Whether the document is to be judged at once; where it is, the place is held until the block ends."""
        got = self._got(preference)
        try:
            yield got
        finally:
            if got:
                self.places.release()

    def _got(self, preference: Preference) -> bool:
        if preference.respond_async and not preference.wait:
            return False
        if preference.wait:
            return self.places.acquire(timeout=min(preference.wait, PREFERRED_WAIT_LIMIT))
        documents, octets = self._ahead
        short = documents <= SHORT_DOCUMENTS_LIMIT and octets <= SHORT_OCTETS_LIMIT
        return short and self.places.acquire(blocking=False)

    def _look(self) -> None:
        """One thread at a time, under the lock, and not often."""
        if time.monotonic() - self._looked < LOOK_SECONDS:
            return
        found = waiting(timezone.now())
        self._looked = time.monotonic()
        self._documents, self._octets, self._ahead = found.documents, found.octets, found.ordinary
        self._own, self._pace = dict(found.of), found.pace


@dataclass(frozen=True, slots=True)
class Load:
    """What waits, and how much may."""

    documents: int
    octets: int
    most_documents: int
    most_octets: int

    def is_full(self, octets: int) -> bool:
        """Whether one more is too much. A single document that is larger than the limit is taken where none waits."""
        return self.documents >= self.most_documents or bool(self.documents and self.octets + octets > self.most_octets)

    def seconds(self, octets: int, pace: Pace) -> int:
        """After which there should be room again at this pace, so that not all come back to a full queue."""
        over = (
            (self.documents - ROOM_AGAIN * self.most_documents, pace.documents),
            (self.octets + octets - ROOM_AGAIN * self.most_octets, pace.octets),
        )
        wanted = [excess / rate if rate else RETRY_UNKNOWN_SECONDS for excess, rate in over if excess > 0]
        return min(max(math.ceil(max(wanted, default=0)), RETRY_LEAST_SECONDS), RETRY_MOST_SECONDS)


def _full(status: int, name: str, english: str, chinese: str, seconds: int) -> Problem:
    return Problem(
        status, name, f"{english} in {seconds} s.", f"{seconds} 秒后{chinese}。", headers={"Retry-After": str(seconds)}
    )


door = Door()
