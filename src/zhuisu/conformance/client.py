"""A small HTTP client that keeps what was said, word for word: a report without request and answer proves nothing."""

import http.client
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode, urljoin, urlsplit

TIMEOUT_SECONDS = 60.0  # one answer: the largest document a server announces must be read in this time
ANSWER_LIMIT = 64 * 1024 * 1024  # octets of an answer: a server gone wild must not fill the runner's memory
PIECE = 65_536  # octets read at once: the time is looked at after each
SHOWN = 1_500  # characters of a body that a report shows: enough to see what it is


@dataclass(frozen=True, slots=True)
class Request:
    """What is sent. `address` is absolute; a body of pieces goes out chunked."""

    method: str
    address: str
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes | list[bytes] | None = None

    def __str__(self) -> str:
        lines = [
            f"{self.method} {self.address}",
            *(f"{name}: {_hidden(name, value)}" for name, value in self.headers.items()),
        ]
        body = b"".join(self.body[:1]) if isinstance(self.body, list) else self.body or b""
        return "\n".join([*lines, "", _shown(body)] if body else lines)


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back. Names of headers are lower case; one that came several times is joined by commas."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode("utf-8", "replace")

    @property
    def json(self) -> Any:
        """The body as JSON; None where it is none."""
        try:
            return json.loads(self.body)
        except ValueError:
            return None

    @property
    def type(self) -> str:
        """The media type without its parameters."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()

    def __str__(self) -> str:
        lines = [str(self.status), *(f"{name}: {value}" for name, value in sorted(self.headers.items()))]
        return "\n".join([*lines, "", _shown(self.body)])


class Unreachable(Exception):
    """No answer: refused, broken off, too late, or without end."""


class Wire:
    """Sends requests, each on a connection of its own: what one request breaks must not be the next one's fault."""

    last: tuple[Request, Answer | None] | None = None  # what was said last, by whichever caller

    def send(self, request: Request) -> Answer:
        """The answer, whatever its status. Raises Unreachable where there is none. Redirects are not followed."""
        parts = urlsplit(request.address)
        kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        line = kind(parts.hostname or "", parts.port, timeout=TIMEOUT_SECONDS)
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        body: bytes | Iterator[bytes] | None = iter(request.body) if isinstance(request.body, list) else request.body
        try:
            try:
                line.request(
                    request.method, target, body, request.headers, encode_chunked=isinstance(request.body, list)
                )
            except (BrokenPipeError, ConnectionResetError):
                # A server that has seen enough answers and hangs up; the answer may be there all the same.
                return _answer(http.client.HTTPResponse(line.sock, method=request.method) if line.sock else None)
            return _answer(line.getresponse())
        except (OSError, http.client.HTTPException) as gone:
            raise Unreachable(f"{request.method} {request.address}: {type(gone).__name__} {gone}") from None
        finally:
            line.close()


def _answer(response: http.client.HTTPResponse | None) -> Answer:
    if response is None:
        raise http.client.HTTPException("no connection")
    if response.headers is None:
        response.begin()
    names = {name.lower() for name in response.headers}
    return Answer(
        response.status, {name: ", ".join(response.headers.get_all(name) or []) for name in names}, _body(response)
    )


def _body(response: http.client.HTTPResponse) -> bytes:
    """All of it; a time-out of the socket alone would wait for ever on an answer that drips."""
    end, whole = time.monotonic() + TIMEOUT_SECONDS, bytearray()
    while piece := response.read1(PIECE):
        whole += piece
        if len(whole) > ANSWER_LIMIT or time.monotonic() > end:
            raise http.client.HTTPException(f"an answer without end: {len(whole)} octets so far")
    if response.length:
        raise http.client.IncompleteRead(bytes(whole), response.length)
    return bytes(whole)


class Client:
    """One caller of one server: its base address, and the headers that say who calls."""

    def __init__(self, base: str, headers: dict[str, str], wire: Wire) -> None:
        self.base = base.rstrip("/") + "/"
        self.headers = headers
        self.wire = wire

    def send(
        self,
        method: str,
        path: str,
        *,
        parameters: dict[str, str] | list[tuple[str, str]] | None = None,
        headers: dict[str, str] | None = None,
        body: bytes | list[bytes] | None = None,
    ) -> Answer:
        """`path` is relative to the base, or an address as a server gave it."""
        address = urljoin(self.base, path)
        if parameters:
            address += ("&" if "?" in address else "?") + urlencode(parameters)
        # A server may name another's address in Location or Link: the key is not for that one.
        known = self.headers if urlsplit(address)[:2] == urlsplit(self.base)[:2] else {}
        request = Request(method, address, known | {"Accept": "application/json"} | (headers or {}), body)
        self.wire.last = (request, None)
        answer = self.wire.send(request)
        self.wire.last = (request, answer)
        return answer

    def get(self, path: str, parameters: dict[str, str] | None = None, **headers: str) -> Answer:
        """GET; headers by their name with _ for -."""
        return self.send(
            "GET",
            path,
            parameters=parameters,
            headers={name.replace("_", "-"): value for name, value in headers.items()},
        )

    def post(self, path: str, content: Any, media_type: str = "application/json", **headers: str) -> Answer:
        """POST of bytes, or of anything as JSON."""
        body = content if isinstance(content, bytes) else json.dumps(content, ensure_ascii=False).encode()
        more = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.send("POST", path, headers={"Content-Type": media_type} | more, body=body)


def _shown(body: bytes) -> str:
    text = body[: SHOWN * 4].decode("utf-8", "replace")
    return text if len(text) <= SHOWN else f"{text[:SHOWN]} … ({len(body)} octets)"


def _hidden(name: str, value: str) -> str:
    """A report is passed on; keys are not."""
    return "…" if name.lower() in ("authorization", "x-api-key") else value
