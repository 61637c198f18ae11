"""How many requests a key and its organisation may make: token buckets in the memory of each web process.

In memory, because a row in the database would be one more write for every read. Each process has its share of the limit, so what
one caller gets depends a little on how its connections fall on them.
"""

import math
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field

from django.conf import settings

from .problems import Problem

BURST_SECONDS = 20  # of the rate that may be spent at once by who was quiet: a batch, a page with many parts
BUCKETS_LIMIT = 10_000  # buckets in memory, some 2 MB; those unused longest are forgotten, and are full again


@dataclass
class Buckets:
    """One bucket a name; `rate` in requests a second of this process, 0 for no limit."""

    rate: float
    clock: Callable[[], float] = time.monotonic
    _held: OrderedDict[str, tuple[float, float]] = field(default_factory=OrderedDict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def size(self) -> float:
        """How many requests a full bucket holds: at least one."""
        return max(1.0, self.rate * BURST_SECONDS)

    def take(self, name: str) -> float:
        """Take one request. What is left, or, where there is none, less than zero: minus the seconds until there is."""
        now = self.clock()
        with self._lock:
            left, since = self._held.pop(name, (self.size, now))
            left = min(self.size, left + (now - since) * self.rate)
            allowed = left >= 1
            self._held[name] = (left - 1 if allowed else left, now)
            if len(self._held) > BUCKETS_LIMIT:
                self._held.popitem(last=False)
        return left - 1 if allowed else -max((1 - left) / self.rate, 1e-9)


def _share(requests_a_minute: int) -> float:
    return requests_a_minute / 60 / settings.WEB_PROCESSES


by_key = Buckets(_share(settings.RATE_KEY))
by_organisation = Buckets(_share(settings.RATE_ORGANISATION))


def spend(key: str, organisation: int) -> dict[str, str]:
    """Count one request of a key: the headers that tell where it stands. Raises a 429 problem where too many came."""
    told: dict[str, str] = {}
    for buckets, name in (
        (by_key, key),
        (by_organisation, str(organisation)),
    ):  # what a key may not, costs the others nothing
        if buckets.rate:
            left = buckets.take(name)
            if left < 0:
                raise _too_many(buckets, math.ceil(-left))
            told = told or _headers(buckets, left)
    return told


def _headers(buckets: Buckets, left: float) -> dict[str, str]:
    return {
        "RateLimit-Limit": str(int(buckets.size)),
        "RateLimit-Remaining": str(int(left)),
        "RateLimit-Reset": str(math.ceil((buckets.size - left) / buckets.rate)),
    }


def _too_many(buckets: Buckets, seconds: int) -> Problem:
    return Problem(
        429,
        "too-many-requests",
        f"This key or its organisation asks too often; again in {seconds} s.",
        f"此密钥或其所属主体请求过于频繁；请在 {seconds} 秒后重试。",
        headers=_headers(buckets, 0) | {"Retry-After": str(seconds)},
    )
