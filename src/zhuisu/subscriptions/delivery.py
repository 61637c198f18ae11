"""One look at one subscription: what is new for it is sent, and the cursor moves only when the receiver has said 2xx."""

import logging
import random
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

import msgspec
from django.conf import settings
from django.db import InterfaceError, OperationalError, connection, transaction

from zhuisu.accounts.services import record
from zhuisu.epcis.query import Query, QueryError, read_json
from zhuisu.events.queries import StoredEvent, head
from zhuisu.events.scope import scope_of
from zhuisu.events.search import search
from zhuisu.registry.vocabulary.queries import vocabulary_of

from . import outside, signing
from .models import ERROR_LENGTH, Delivery, Subscription
from .queries import is_due, may_receive
from .services import BATCH, next_look

LOCK = 0x7A68_7362  # advisory locks: "zhsb", and the subscription's number
MOST_BATCHES = 20  # of one look: whoever has much to catch up on lets others go between
STREAM_SECONDS = (
    0.25  # between two looks at a stream: well under a second after publication, four questions a second at most
)
BACKOFF_SECONDS = 1.0  # after the first failure; doubled after each more
MAX_BACKOFF_SECONDS = 3_600.0  # a receiver that is back after a night is noticed within the hour
# Of failures in a row, then it is suspended: a long holiday is survived. The cursor stays, nothing is lost.
GIVE_UP_WINDOW = timedelta(days=7)
SLOW_SECONDS = 2.0  # an attempt that takes longer puts its subscription into the slow lane
MAX_DELIVERIES = 1_000  # attempts kept of one subscription: enough to see what went wrong over a week of failures
_GONE, _TOO_LARGE, _TOO_LATE = 410, 413, 504

Why = tuple[str, str]  # what went wrong, in English and Chinese
_RIGHT_GONE = (
    "the key that made it was revoked, or the person left; resume it with another",
    "建立订阅的密钥已吊销或人员已停用；请用其他密钥恢复",
)
_OUR_FAULT = ("a fault on our side; it is tried again", "平台内部故障，将重试")
_SAID_GONE = ("the receiver answered 410: gone", "接收方应答 410：已不存在")

log = logging.getLogger(__name__)
State = Subscription.State


class Write(Protocol):
    """Makes the EPCISQueryDocument of a delivery."""

    def __call__(
        self,
        found: Sequence[StoredEvent],
        *,
        at: datetime,
        query_name: str,
        subscription_id: str,
        epc_format: str,
    ) -> bytes: ...


@dataclass(frozen=True, slots=True)
class Tools:
    """What a delivery needs from above and from outside: the clock, the documents' writer, the wire, chance."""

    clock: Callable[[], datetime]
    write: Write
    post: Callable[..., int] = outside.post
    chance: Callable[[], float] = random.SystemRandom().random


@dataclass(frozen=True, slots=True)
class _Answer:
    """What became of an attempt. `status` None: no answer, `why` says more."""

    delivery: str
    status: int | None
    why: Why
    seconds: float

    @property
    def taken(self) -> bool:
        return self.status is not None and 200 <= self.status < 300


@dataclass(frozen=True, slots=True)
class _Batch:
    """What is sent next, and the position up to which nothing more is to be sent then; `last` of this look."""

    events: Sequence[StoredEvent]
    upto: int
    last: bool


def deliver(number: int, tools: Tools) -> bool:
    """Look at the subscription with this number and send it what is due. False where another process is at it, or it is not due.

    The caller holds no transaction: none is open while the receiver answers. Killed at any moment, the batch is sent again.
    """
    with _alone(number) as mine:
        if not mine:
            return False
        found = Subscription.objects.select_related("query", "organisation").filter(pk=number, state=State.ACTIVE)
        one = found.first()
        if one is None or not is_due(number, tools.clock()):
            return False
        if not may_receive(one.organisation, one.by):
            _stop(one, State.SUSPENDED, _RIGHT_GONE, tools.clock())
            return True
        try:
            _look(one, tools)
        except (OperationalError, InterfaceError):
            raise  # the database is away: the cursor stands where it stood
        except Exception:
            log.exception("subscription %s cannot be looked at", one.token)
            _failed(one, _OUR_FAULT, tools)
    return True


@contextmanager
def _alone(number: int) -> Iterator[bool]:
    """Whether nobody else looks at this subscription. A lock of the session: no transaction, and gone with a process that dies."""
    with connection.cursor() as cursor:
        cursor.execute("select pg_try_advisory_lock(%s, %s)", [LOCK, number % 2**31])
        mine = bool(cursor.fetchone()[0])
    try:
        yield mine
    finally:
        if mine and connection.connection is not None and not connection.connection.closed:
            with connection.cursor() as cursor:
                cursor.execute("select pg_advisory_unlock(%s, %s)", [LOCK, number % 2**31])


def _look(one: Subscription, tools: Tools) -> None:
    upto = head()
    try:
        query, told = _query(one), False
        for count, batch in enumerate(_batches(one, query, upto), 1):
            wanted = one.test_wanted or (one.report_if_empty and one.schedule is not None)
            empty_run = wanted and batch.last and not told
            answer = None
            if batch.events or empty_run:
                at = tools.clock()
                body = _document(one, batch.events, tools, at)
                answer = _send(one, body, "application/json", at, tools)
                if not answer.taken:
                    _refused(one, answer, len(batch.events), at, tools)
                    return
                told = True
            if not _move(one, batch, tools, answer):
                return  # deleted, stopped or moved by somebody else meanwhile
            if count == MOST_BATCHES and not query.order:  # in another order than the log's, a look is all or nothing
                return
    except QueryError as wrong:
        _push(one, wrong, upto, tools)


def _query(one: Subscription) -> Query:
    """What is looked for: the query, and nothing that was recorded before the subscription's beginning."""
    query = read_json(one.query.query)
    if one.initial_record_time is not None:
        query = query.also(read_json({"GE_recordTime": one.initial_record_time.isoformat()}))
    return query


def _batches(one: Subscription, query: Query, upto: int) -> Iterator[_Batch]:
    """What is new up to a position, in pieces. Each piece is asked for when the one before it was taken."""
    scope, vocabulary = scope_of(one.organisation), vocabulary_of(one.organisation_id)
    since, after = one.cursor, None
    while True:
        found = search(scope, query, vocabulary=vocabulary, limit=one.batch, after=after, since=since, upto=upto)
        events, last = found.events, found.next is None
        if query.order:
            after = found.next
            yield _Batch(events, upto if last else since, last)
        else:
            since = found.next.position if found.next else upto
            yield _Batch(events, since, last)
        if last:
            return


def _document(one: Subscription, events: Sequence[StoredEvent], tools: Tools, at: datetime) -> bytes:
    return tools.write(
        events,
        at=at,
        query_name=one.query.name,
        subscription_id=one.token,
        epc_format=one.epc_format,
    )


def _send(one: Subscription, body: bytes, media_type: str, at: datetime, tools: Tools) -> _Answer:
    delivery = str(uuid.uuid4())
    headers = {
        "Content-Type": media_type,
        "User-Agent": "zhuisu",
        "GS1-EPCIS-Version": "2.0.0",
        "Zhuisu-Subscription": one.token,
        "Zhuisu-Delivery": delivery,
    }
    if one.secret is not None and one.secret_key is not None:
        secret = signing.unseal(bytes(one.secret), bytes(one.secret_key), one.token)
        headers |= signing.headers(secret, body, delivery=delivery, at=at)
    begun = time.monotonic()
    try:
        status = tools.post(one.dest, body, headers, allowed=settings.OUTBOUND_ALLOWED)
    except outside.OutsideError as wrong:
        return _Answer(delivery, None, (str(wrong), wrong.message_zh), time.monotonic() - begun)
    why = ("", "") if 200 <= status < 300 else (f"answered {status}", f"应答 {status}")
    return _Answer(delivery, status, why, time.monotonic() - begun)


def _note(one: Subscription, answer: _Answer, events: int, at: datetime) -> None:
    Delivery.objects.create(
        subscription=one,
        delivery_id=answer.delivery,
        at=at,
        events=events,
        status=answer.status,
        milliseconds=int(answer.seconds * 1_000),
        error=answer.why[0][:ERROR_LENGTH],
        error_zh=answer.why[1][:ERROR_LENGTH],
    )


@transaction.atomic
def _move(one: Subscription, batch: _Batch, tools: Tools, answer: _Answer | None = None) -> bool:
    """The batch is taken (or there was nothing in it): the cursor moves, what went wrong before is over. False where the
    subscription is no longer as it was read."""
    now = tools.clock()
    # With more to send it is due as from now: behind those that wait already.
    changes = {"cursor": batch.upto, "due_at": _next(one, now) if batch.last else now}
    if batch.last or batch.upto > one.cursor:  # a part of an ordered look is no success: it may come again
        changes |= {"failures": 0, "failing_since": None} | _errors(("", ""))
    if batch.last:
        changes |= {"min_record_time": now, "test_wanted": False}
    if answer:
        changes |= {
            "last_notified_at": now,
            "deliveries": one.deliveries + 1,
            "events": one.events + len(batch.events),
            "batch": min(BATCH, one.batch * 2),
            "slow": answer.seconds > SLOW_SECONDS,
        }
    moved = _change(one, changes)
    if moved and answer:
        _note(one, answer, len(batch.events), now)
    return moved


def _next(one: Subscription, now: datetime) -> datetime:
    return now + timedelta(seconds=STREAM_SECONDS) if one.schedule is None else next_look(one.schedule, now)


def _refused(one: Subscription, answer: _Answer, events: int, at: datetime, tools: Tools) -> None:
    """Not taken: the cursor stays. 410 ends the subscription, 413 halves the batch, anything else waits and tries again."""
    with transaction.atomic():
        if not _change(one, {"slow": answer.seconds > SLOW_SECONDS or answer.status is None}):
            return
        _note(one, answer, events, at)
    if answer.status == _GONE:
        _stop(one, State.ENDED, _SAID_GONE, at)
        return
    less: dict[str, object] = {"batch": max(1, min(one.batch, events) // 2)} if events > 1 else {}
    if answer.status == _TOO_LARGE and less:
        _change(one, less)
    elif answer.status in (None, _TOO_LATE):  # fewer may be done in time
        _failed(one, answer.why, tools, less)
    else:
        _failed(one, answer.why, tools)


def _failed(one: Subscription, why: Why, tools: Tools, more: Mapping[str, object] | None = None) -> None:
    """Try again later, each time later, with jitter: receivers that came back together are not asked together."""
    now = tools.clock()
    since = one.failing_since or now
    if now - since > GIVE_UP_WINDOW:
        begun = f"{since:%Y-%m-%d %H:%M} UTC"
        _stop(one, State.SUSPENDED, (f"failing since {begun}: {why[0]}", f"自 {begun} 起失败：{why[1]}"), now)
        return
    longest = min(MAX_BACKOFF_SECONDS, BACKOFF_SECONDS * 2.0 ** min(one.failures, 30))
    wait = timedelta(seconds=longest * (0.5 + tools.chance() / 2))
    _change(
        one,
        {
            "failures": one.failures + 1,
            "failing_since": since,
            "due_at": now + wait,
            **_errors(why),
            **(more or {}),
        },
    )


def _errors(why: Why) -> dict[str, object]:
    return {"last_error": why[0][:ERROR_LENGTH], "last_error_zh": why[1][:ERROR_LENGTH]}


@transaction.atomic
def _stop(one: Subscription, state: Subscription.State, why: Why, at: datetime) -> None:
    if _change(one, {"state": state, **_errors(why)}):
        record(
            f"subscription.{state}", by="system", at=at, organisation=one.organisation, target=one.token,
            query=one.query.name, why=why[0],
        )  # fmt: skip


def _change(one: Subscription, changes: dict[str, object]) -> bool:
    """Write where nobody has moved, stopped or deleted it meanwhile; what was read goes along."""
    held = Subscription.objects.filter(pk=one.pk, cursor=one.cursor, state=State.ACTIVE).update(**changes)
    if held:
        for name, value in changes.items():
            setattr(one, name, value)
    return bool(held)


def _push(one: Subscription, wrong: QueryError, upto: int, tools: Tools) -> None:
    """The query itself failed: the receiver gets a problem in its place (EPCIS 2.0 OpenAPI, querySubscriptionResults).

    Of more events than the query's own maxEventCount the receiver has been told once it took the problem: the look is over.
    """
    at = tools.clock()
    problem = {
        "type": f"epcisException:{wrong.exception}",
        "title": "The query of a subscription failed",
        "status": 413 if wrong.exception in ("QueryTooLargeException", "QueryTooComplexException") else 400,
        "detail": f"{wrong.parameter}: {wrong.message}",
        "detail_zh": f"{wrong.parameter}：{wrong.message_zh}",
        "queryName": one.query.name,
        "subscriptionID": one.token,
    }
    answer = _send(one, msgspec.json.encode(problem), "application/problem+json", at, tools)
    if answer.taken and wrong.exception == "QueryTooLargeException":
        _move(one, _Batch((), upto, last=True), tools, answer)
    elif answer.taken:
        with transaction.atomic():
            if _change(one, {"slow": answer.seconds > SLOW_SECONDS}):
                _note(one, answer, 0, at)
        name = f"{wrong.exception}: {wrong.parameter}"
        _failed(one, (f"{name}: {wrong.message}", f"{name}：{wrong.message_zh}"), tools)
    else:
        _refused(one, answer, 0, at, tools)


def prune() -> int:
    """Remove attempts beyond the newest of each subscription. Returns how many."""
    with connection.cursor() as cursor:
        cursor.execute(
            """delete from subscriptions_delivery d using (
                 select s.id, (select x.id from subscriptions_delivery x where x.subscription_id = s.id
                               order by x.id desc offset %s limit 1) as newest from subscriptions_subscription s) old
               where d.subscription_id = old.id and d.id <= old.newest""",
            [MAX_DELIVERIES],
        )
        return int(cursor.rowcount)
