"""What systems send about codes: JSON decoded into typed bodies, a closed world; and the selection of codes in it."""

import re
from collections.abc import Callable
from datetime import date
from typing import Annotated, Any, TypeVar

import msgspec
from django.http import HttpRequest
from msgspec import Meta, Struct, field

from zhuisu.codes.model import MAX_LENGTH
from zhuisu.events.packing import MAX_CHILDREN
from zhuisu.registry.issuing.selections import MOST_ROLLS
from zhuisu.registry.issuing.services import MAX_TEXT

from .bodies import media_type_of, read_body
from .callers import Caller
from .problems import Problem

# Ten thousand codes as Digital Links of some 100 characters, and what stands around them.
JSON_LIMIT = 2 * 1024 * 1024  # octets
# A line of a fast filler makes some 600 packs a minute: a quarter of an hour in one call. More are a batch, a roll or a range.
CODES_LIMIT = 10_000
# A reading costs a fraction of a millisecond, of a text of two thousand digits some twenty: both limits together keep one of
# the few threads for about a second.
CHECK_LIMIT = 1_000
CHECK_LENGTH = 100_000  # characters
# Where a code stands takes nine statements, some 10 ms, so that a call keeps a thread for a second.
VERIFY_LIMIT = 100
# Each package is an event of its own: some 30 ms.
RELATIONS_LIMIT = 20

# PostgreSQL holds no NUL in a text.
_NO_NUL = r"^[^\x00]*\Z"
CodeText = Annotated[str, Meta(min_length=1, max_length=MAX_LENGTH, pattern=_NO_NUL)]
Text = Annotated[str, Meta(max_length=MAX_TEXT, pattern=_NO_NUL)]
Number = Annotated[int, Meta(ge=1, le=2**53)]  # what JSON numbers hold exactly everywhere
Codes = Annotated[list[CodeText], Meta(min_length=1, max_length=CODES_LIMIT)]


class Body(Struct, forbid_unknown_fields=True, rename="camel"):
    """A body whose every field is known: a misspelt one is refused, never ignored."""


class Order(Body):
    """POST /codes/batches."""

    level: str
    count: Number
    product: CodeText | None = None
    roll_size: Number | None = None
    lot: Text = ""
    produced_on: date | None = None
    expires_on: date | None = None
    note: Text = ""
    active: bool = False


class Chosen(Body):
    """Which codes: `codes`, or `batch` (with `rolls` where not all of it), or `from` and `to`."""

    codes: Codes | None = None
    batch: Number | None = None
    rolls: Annotated[list[Number], Meta(min_length=1, max_length=MOST_ROLLS)] | None = None
    first: CodeText | None = field(name="from", default=None)
    last: CodeText | None = field(name="to", default=None)
    dry_run: bool = False


class Activation(Chosen):
    """POST /codes/activate."""

    lot: Text = ""
    produced_on: date | None = None
    expires_on: date | None = None


class Ending(Chosen):
    """POST /codes/void and /codes/use."""

    reason: Text = ""


class Relation(Body):
    """A package and what is put into it or taken out; taken out without children: everything."""

    parent: CodeText
    children: Annotated[list[CodeText], Meta(max_length=MAX_CHILDREN)] = []


class Packing(Body):
    """POST /codes/pack and /codes/unpack."""

    relations: Annotated[list[Relation], Meta(min_length=1, max_length=RELATIONS_LIMIT)]
    place: CodeText | None = None


class Range(Body):
    """POST /codes/imports as JSON: every number from first to last."""

    scheme: Text
    first: CodeText = field(name="from")
    last: CodeText = field(name="to")
    product: CodeText | None = None
    lot: Text = ""
    produced_on: date | None = None
    expires_on: date | None = None
    note: Text = ""
    dry_run: bool = False


class Texts(Body):
    """POST /codes/check."""

    codes: Annotated[list[CodeText], Meta(min_length=1, max_length=CHECK_LIMIT)]


class Asked(Body):
    """POST /codes/verify."""

    codes: Annotated[list[CodeText], Meta(min_length=1, max_length=VERIFY_LIMIT)]


T = TypeVar("T", bound=Body)


def decoder(kind: type[T], number: Callable[[str], Any] | None = None) -> Callable[[HttpRequest], T]:
    """A function that reads the body of a request as this kind, or raises a 400, 413 or 415 problem that says where.

    `number` makes what has no type of its own and is no whole number from its digits; without it that is a float.
    """
    decode = msgspec.json.Decoder(kind, float_hook=number).decode

    def read(request: HttpRequest) -> T:
        media_type_of(request, ("application/json",))
        return decode_body(decode, read_body(request, JSON_LIMIT, _too_large))

    return read


def decode_body(decode: Callable[[bytes], T], body: bytes) -> T:
    """A body as what `decode` makes of it; a 400 problem says where it is something else."""
    try:
        return decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as wrong:
        raise _malformed(str(wrong)) from None


_PLACE = re.compile(r"^(?P<said>.*?) - at `(?:\$\.?)?(?P<path>.*)`$", re.DOTALL)
_FIELD = re.compile(r"(?:unknown|required) field `([^`]+)`")


def _malformed(said: str) -> Problem:
    found = _PLACE.match(said)
    path, message = (found["path"], found["said"]) if found else ("", said)
    if field_of := _FIELD.search(message):
        path = f"{path}.{field_of[1]}".lstrip(".")
    kind = "类型、取值或名称不正确" if path else "不是所要求的 JSON"
    return wrong_request(path, "body", message, f"{kind}（{message}）")


def wrong_request(path: str, rule: str, message: str, message_zh: str, status: int = 400) -> Problem:
    """400 for one field or header of a request."""
    error = {"path": path, "rule": rule, "message": message, "message_zh": message_zh}
    where = f"{path}: " if path else ""
    return Problem(status, "request", f"{where}{message}", f"{where}{message_zh}", errors=[error])


def _too_large() -> Problem:
    return too_large(JSON_LIMIT)


def too_large(limit: int) -> Problem:
    """413 that says how much may be sent."""
    return Problem(
        413, "too-large", f"The body may have {limit} octets; split it.", f"请求体最多 {limit} 字节；请拆分后再发送。"
    )


def may_write(caller: Caller) -> None:
    """A 403 problem where the caller may only read."""
    if not caller.may_capture:
        raise Problem(403, "SecurityException", "This key may only read.", "此密钥仅可读取，不可更改。")


def exactly_one_way(chosen: Chosen) -> None:
    """A 400 problem where a selection is none, or two at once."""
    ways = [chosen.codes is not None, chosen.batch is not None, chosen.first is not None or chosen.last is not None]
    if sum(ways) != 1 or (chosen.first is None) != (chosen.last is None) or (chosen.rolls and chosen.batch is None):
        raise wrong_request(
            "",
            "selection",
            'give exactly one of: "codes"; "batch", with or without "rolls"; "from" and "to"',
            '请只用一种选择方式："codes"；"batch"（可带 "rolls"）；"from" 与 "to"',
        )


def reused_key(message: str, message_zh: str) -> Problem:
    """422: the Idempotency-Key stood on another order before."""
    error: dict[str, Any] = {
        "path": "Idempotency-Key",
        "rule": "request-reused",
        "message": message,
        "message_zh": message_zh,
    }
    return Problem(422, "idempotency-key", message, message_zh, errors=[error])


# A quoted string of RFC 8941 with visible characters, or the same bare, as most clients send it.
_KEY = re.compile(r'"([\x21\x23-\x7e]+)"|([\x21\x23-\x7e]+)')


def idempotency_key(request: HttpRequest, most: int) -> str | None:
    """The Idempotency-Key of a request; None where there is none; a 400 problem where it is no key."""
    text = request.headers.get("Idempotency-Key")
    if text is None:
        return None
    found = _KEY.fullmatch(text.strip())
    key = (found[1] or found[2]) if found else ""
    if not 0 < len(key) <= most:
        raise wrong_request(
            "Idempotency-Key",
            "request-id",
            f"must have 1 to {most} visible ASCII characters, such as a UUID",
            f"应为 1 至 {most} 个可见 ASCII 字符，例如 UUID",
        )
    return key
