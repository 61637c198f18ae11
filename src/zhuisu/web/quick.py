"""Answers that a web process may give again without Django's layers: what a door keeps, and how the answer goes out."""

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from hashlib import blake2b
from types import MappingProxyType
from typing import Any, NamedTuple

from django.core.handlers.wsgi import WSGIRequest
from django.utils.http import parse_etags

Environ = dict[str, Any]
Headers = list[tuple[str, str]]
Start = Callable[..., Any]

# Where a request says under what its answer may be kept, and where a view leaves what may be kept of it.
MAY = "zhuisu.may-keep"
KEEP = "zhuisu.keep"
_READ = "zhuisu.request"  # where it keeps the request that was made of it

# What stands in one answer only: who keeps an answer leaves them out, who gives it again adds his.
OWN = frozenset({"x-request-id", "ratelimit-limit", "ratelimit-remaining", "ratelimit-reset"})

ETAG_OCTETS = 16  # two contents with one tag: not in the life of a platform


class Answer(NamedTuple):
    """A whole answer. `route` is the pattern of its address, as the log and the metrics name it."""

    status: str
    headers: Headers  # shared with others: not to be changed
    body: bytes
    route: str
    who: tuple[int, str] | None = None  # an organisation's number and the name of its key
    own: Mapping[str, str] = MappingProxyType({})  # headers of this one answer


@dataclass(frozen=True, slots=True)
class Kept:
    """What a view leaves behind: `remember` gets the headers that the answer went out with, but for OWN."""

    remember: Callable[[Headers], None]


@dataclass(frozen=True, slots=True)
class Door:
    """Addresses whose answers are kept: the beginning that they have in common; under what a request's answer may be kept (None:
    not at all); and the answer that is kept, where it still holds."""

    prefix: str
    key_of: Callable[[Environ], Hashable | None]
    answer: Callable[[Environ, Any], Answer | None]


def request_of(environ: Environ) -> WSGIRequest:
    """The request as Django reads it. It writes its own reading of the path over WSGI's, which nobody can read twice: so into a copy.
    Made once for a request."""
    found: WSGIRequest | None = environ.get(_READ)
    if found is None:
        found = environ[_READ] = WSGIRequest(environ.copy())
    return found


def etag_of(body: bytes) -> str:
    """A strong entity tag (RFC 9110 §8.8.3) from the content."""
    return f'"{blake2b(body, digest_size=ETAG_OCTETS).hexdigest()}"'


def not_modified(environ: Environ, etag: str) -> bool:
    """Whether the client has this content already (RFC 9110 §13.1.2: compared weakly)."""
    given = environ.get("HTTP_IF_NONE_MATCH", "")
    if not given:
        return False
    tags = parse_etags(given)
    return tags == ["*"] or etag in (tag.removeprefix("W/") for tag in tags)


def with_body(kept: Headers, body: bytes, etag: str) -> Headers:
    """The headers that an answer was kept with, for another body."""
    own = {"content-length": str(len(body)), "etag": etag}
    return [(name, own.get(name.lower(), value)) for name, value in kept]


def without_body(kept: Headers, etag: str) -> Headers:
    """The same for 304."""
    gone = ("content-length", "content-type")
    return [(name, etag if name.lower() == "etag" else value) for name, value in kept if name.lower() not in gone]
