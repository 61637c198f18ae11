"""Pages by key: a token says behind which row the next page begins, for whom, for which query, and how long it is good.

It is encrypted: places in the log and in tables would tell a caller how much others have sent.
"""

import json
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from typing import Any
from urllib.parse import urlencode

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from .callers import Caller
from .problems import wrong_parameter

PER_PAGE = 30  # EPCIS 2.0, OpenAPI PerPage
PER_PAGE_LIMIT = 1_000  # events of an answer: about a megabyte
TOKEN_LIFE = timedelta(hours=1)  # for one page; each page brings a fresh token
_PURPOSE = b"zhuisu.api.page"  # what this key is derived for; another purpose has another key
_NONCE = 12  # octets, NIST SP 800-38D §8.2
_BLOCK = 128  # octets to which a token's content is filled up: its length tells nothing of the numbers in it
_PAGING = ("perPage", "nextPageToken")


@dataclass(frozen=True, slots=True)
class Page:
    """Which part of an answer is asked for."""

    after: Any  # key of the last row seen, as the list gave it to announce_next; None at the start
    size: int
    binding: str


def parameters_of(request: HttpRequest) -> dict[str, str]:
    """The query parameters, each once (EPCIS 2.0 §8.2.7: the same name twice is an error)."""
    found: dict[str, str] = {}
    for name, values in request.GET.lists():
        if len(values) > 1:
            raise wrong_parameter(name, "given more than once", "重复出现")
        if "\x00" in name or "\x00" in values[0]:
            raise wrong_parameter(name.replace("\x00", ""), "holds a NUL character", "含有 NUL 字符")
        found[name] = values[0]
    return found


def page_of(request: HttpRequest, caller: Caller, parameters: dict[str, str]) -> Page:
    """The page that a request asks for; takes its two parameters out of `parameters`."""
    size = _size(parameters.pop("perPage", None))
    token = parameters.pop("nextPageToken", None)
    # The prefixes that a request declares are part of what it asks.
    prefixes = request.headers.get("GS1-Extensions", "")
    asked = [request.path, caller.organisation.pk, sorted(parameters.items()), prefixes]
    binding = blake2b(repr(asked).encode(errors="backslashreplace"), digest_size=12).hexdigest()
    return Page(None if token is None else _after(token, binding), size, binding)


def _size(text: str | None) -> int:
    if text is None:
        return PER_PAGE
    if not (text.isascii() and text.isdigit() and len(text) <= 9 and int(text) > 0):
        raise wrong_parameter("perPage", "must be a whole number above zero", "必须是正整数")
    return min(int(text), PER_PAGE_LIMIT)


def _after(token: str, binding: str) -> Any:
    held = _opened(token, binding)
    if held is None:
        raise wrong_parameter("nextPageToken", "does not belong to this query", "不属于此查询")
    last, given = held
    if timezone.now().timestamp() >= given + TOKEN_LIFE.total_seconds():
        raise wrong_parameter("nextPageToken", "has expired; ask again from the start", "已过期，请重新查询")
    return last


def _cipher() -> AESGCM:
    return AESGCM(blake2b(settings.SECRET_KEY.encode(), digest_size=32, person=_PURPOSE).digest())


def _sealed(held: Any, binding: str) -> str:
    plain = json.dumps(held).encode()
    nonce = secrets.token_bytes(_NONCE)
    sealed = _cipher().encrypt(nonce, plain.ljust(-(-len(plain) // _BLOCK) * _BLOCK), binding.encode())
    return urlsafe_b64encode(nonce + sealed).rstrip(b"=").decode()


def _opened(token: str, binding: str) -> Any:
    """What a token holds; None where it was not given here for this query."""
    try:
        raw = urlsafe_b64decode(token.encode("ascii") + b"=" * (-len(token) % 4))
        if urlsafe_b64encode(raw).rstrip(b"=").decode() != token:  # one writing alone
            return None
        return json.loads(_cipher().decrypt(raw[:_NONCE], raw[_NONCE:], binding.encode()))
    except (ValueError, InvalidTag):
        return None


def announce_next(response: HttpResponse, request: HttpRequest, page: Page, last: Any, at: datetime) -> None:
    """Say where the next page is: behind the row with key `last` (what JSON can hold). Call it only where there is one."""
    token = _sealed([last, at.timestamp()], page.binding)
    asked = [(name, value) for name, value in request.GET.items() if name not in _PAGING]
    query = urlencode([*asked, ("perPage", str(page.size)), ("nextPageToken", token)])
    response.headers["Link"] = f'<{request.build_absolute_uri(request.path)}?{query}>; rel="next"'
    response.headers["GS1-Next-Page-Token-Expires"] = f"{(at + TOKEN_LIFE).astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
