"""Reads the body of a capture: never more than the limit, whatever its headers say."""

import re
from collections.abc import Callable, Iterator
from hashlib import sha256

import msgspec
from django.conf import settings
from django.http import HttpRequest

from zhuisu.events.services import DIRECT_EVENTS_LIMIT, DIRECT_OCTETS_LIMIT

from .problems import Problem

EVENT_LIMIT: int = settings.CAPTURE_EVENTS
SIZE_LIMIT: int = settings.CAPTURE_BYTES  # octets
LIMITS = {"GS1-EPCIS-Capture-Limit": str(EVENT_LIMIT), "GS1-EPCIS-Capture-File-Size-Limit": str(SIZE_LIMIT)}
MEDIA_TYPES = ("application/json", "application/ld+json", "application/xml", "text/xml")
_PIECE = 256 * 1024  # octets read at a time
_SMALLEST_EVENT = 3  # octets: {} and a comma
_XML_EVENT = re.compile(rb"<(?:\w+:)?(?:Object|Aggregation|Quantity|Transaction|Transformation|Association)Event[\s/>]")


def media_type_of(request: HttpRequest, possible: tuple[str, ...] = MEDIA_TYPES) -> str:
    """The media type of the body, or a 415 problem."""
    media_type = (request.content_type or "").lower()
    if media_type not in possible:
        raise _unsupported(f"Content-Type {media_type or '(none)'}; possible: {', '.join(possible)}")
    charset = (request.content_params or {}).get("charset", "utf-8").strip('"').lower()
    if charset not in ("utf-8", "utf8", "us-ascii"):
        raise _unsupported(f"charset {charset}; send UTF-8")
    encoding = request.headers.get("Content-Encoding", "identity").strip().lower()
    if encoding not in ("", "identity"):
        raise _unsupported(f"Content-Encoding {encoding}; send the document uncompressed")
    return media_type


def read_body(request: HttpRequest, limit: int | None = None, refuse: Callable[[], Problem] | None = None) -> bytes:
    """The whole body; a problem where it is too large, cut short, or of unknown end.

    `limit` in octets is that of what is read in one go where none is given; `refuse` makes the problem that says so.
    """
    return b"".join(body_pieces(request, min(DIRECT_OCTETS_LIMIT, SIZE_LIMIT) if limit is None else limit, refuse))


def body_pieces(
    request: HttpRequest, limit: int | None = None, refuse: Callable[[], Problem] | None = None
) -> Iterator[bytes]:
    """The body as it arrives; raises a problem where it is too large, cut short, or of unknown end, the first before any octet
    is read where its length is announced. `limit` in octets is that of a capture where none is given."""
    limit = SIZE_LIMIT if limit is None else limit
    refuse = refuse or too_large
    announced = announced_length(request)
    if announced is not None and announced > limit:
        raise refuse()
    read = _reader(request, announced)
    size = 0
    while piece := read(_PIECE):
        size += len(piece)
        if size > limit:
            raise refuse()
        yield piece
    if announced is not None and size < announced:
        raise Problem(
            400,
            "ValidationException",
            f"The body ends after {size} of {announced} octets.",
            f"请求体在 {size}/{announced} 字节处中断。",
        )


def events_in(document: bytes, media_type: str) -> int:
    """How many events a document holds, 0 where it is too short for many, or cannot be read: the strict reader has the word then."""
    if len(document) <= min(DIRECT_EVENTS_LIMIT, EVENT_LIMIT) * _SMALLEST_EVENT:
        return 0
    return count_events(document, media_type)


def payload_hash(document: bytes) -> str:
    """The SHA-256 of a document as it was sent, as a URI (RFC 6920)."""
    return f"ni:///sha-256;{sha256(document).hexdigest()}"


def too_large() -> Problem:
    """413 that repeats both limits (OpenAPI, 413CapturePayloadTooLarge)."""
    return Problem(
        413,
        "CaptureLimitExceededException",
        f"A document may hold {EVENT_LIMIT} events and {SIZE_LIMIT} octets; split it.",
        f"一个文档最多 {EVENT_LIMIT} 个事件、{SIZE_LIMIT} 字节；请拆分后再发送。",
        headers=LIMITS,
    )


class _Results(msgspec.Struct):
    eventList: list[msgspec.Raw] = []


class _QueryResults(msgspec.Struct):
    resultsBody: _Results = msgspec.field(default_factory=_Results)


class _Body(msgspec.Struct):
    eventList: list[msgspec.Raw] = []
    queryResults: _QueryResults = msgspec.field(default_factory=_QueryResults)


class _Document(msgspec.Struct):
    epcisBody: _Body = msgspec.field(default_factory=_Body)


_decode = msgspec.json.Decoder(_Document).decode


def count_events(document: bytes, media_type: str) -> int:
    """How many events a document holds, at about a gigabyte a second; 0 where it cannot be told so cheaply."""
    if media_type.endswith("xml"):
        return sum(1 for _ in _XML_EVENT.finditer(document))
    try:
        body = _decode(document).epcisBody
    except (msgspec.DecodeError, RecursionError):
        return 0
    return max(len(body.eventList), len(body.queryResults.resultsBody.eventList))


def announced_length(request: HttpRequest) -> int | None:
    """The octets that a request announces, or a 400 problem; None where it announces none."""
    text = request.META.get("CONTENT_LENGTH") or ""
    if not text:
        return None
    if not (text.isascii() and text.isdigit()):
        raise Problem(400, "ValidationException", "Content-Length is no number.", "Content-Length 不是数字。")
    return int(text)


def _reader(request: HttpRequest, announced: int | None) -> Callable[[int], bytes]:
    if announced is not None:
        return request.read
    if "Transfer-Encoding" not in request.headers:
        return lambda _size: b""
    # Django takes a body without Content-Length for empty; the server knows where a chunked one ends, if it says so.
    if request.META.get("wsgi.input_terminated"):
        read: Callable[[int], bytes] = request.META["wsgi.input"].read
        return read
    raise Problem(411, "ValidationException", "Send a Content-Length.", "请提供 Content-Length。")


def _unsupported(detail: str) -> Problem:
    return Problem(415, "UnsupportedMediaTypeException", detail, f"不支持：{detail}")
