"""Changes to named queries and subscriptions. Each is audited; none lets its maker see more than he may."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import IntegrityError, connection, transaction

from zhuisu.accounts.models import Organisation
from zhuisu.accounts.services import record
from zhuisu.events.queries import head, head_at

from . import outside, schedule, signing
from .models import NAME_LENGTH, NamedQuery, Subscription

MAX_QUERIES = 200  # of one organisation: a list that people can still read
MAX_SUBSCRIPTIONS = 50  # of one organisation: each is looked at several times a second
MAX_SECRET = 1_000  # characters of a signatureToken; the longest useful key has 64 octets
# Events of one delivery: about half a megabyte, some hundredths of a second of reading and writing.
BATCH = 500
# Web processes record by their clocks, the worker publishes by its own: looking further back than asked misses nothing, and what
# was recorded before the time asked for is left out one by one.
CLOCKS_WINDOW = timedelta(minutes=10)
_FIRST = datetime(1970, 1, 1, tzinfo=UTC)  # nothing was recorded before; the calendar begins too late to look back from
FIELDS = ("dest", "signatureToken", "secret", "schedule", "stream", "reportIfEmpty", "initialRecordTime")


class SubscriptionError(ValueError):
    """What is wrong with a subscription or query: in which field, in English and Chinese. `rule`: field, many, again, state, gone."""

    def __init__(self, field: str, message: str, message_zh: str, rule: str = "field") -> None:
        super().__init__(message)
        self.field = field
        self.message_zh = message_zh
        self.rule = rule


@transaction.atomic
def create_query(
    *, organisation: Organisation, name: Any, query: Mapping[str, Any], by: str, at: datetime
) -> NamedQuery:
    """Keep a query under a name. The caller has read `query` by epcis.query.read_json. Raises SubscriptionError."""
    if not _is_name(name):
        raise SubscriptionError(
            "name",
            f"must be a text of 1 to {NAME_LENGTH} printable characters without / and blanks at its ends",
            f"须为 1 至 {NAME_LENGTH} 个可见字符，不含 /，首尾无空格",
        )
    _one_at_a_time("query", organisation)
    if NamedQuery.objects.filter(organisation=organisation, name=name).exists():
        raise SubscriptionError("name", f"there is a query named {name} already", f"名为 {name} 的查询已存在", "again")
    if NamedQuery.objects.filter(organisation=organisation).count() >= MAX_QUERIES:
        raise SubscriptionError(
            "name",
            f"an organisation has at most {MAX_QUERIES} named queries",
            f"一个组织最多 {MAX_QUERIES} 个命名查询",
            "many",
        )
    made = NamedQuery(organisation=organisation, name=name, query=dict(query), by=by, created_at=at)
    try:
        with transaction.atomic():
            made.save()
    except IntegrityError:  # made by somebody who did not come through here
        raise SubscriptionError(
            "name", f"there is a query named {name} already", f"名为 {name} 的查询已存在", "again"
        ) from None
    record("query.create", by=by, at=at, organisation=organisation, target=name, query=dict(query))
    return made


def _is_name(name: Any) -> bool:
    return (
        isinstance(name, str)
        and 0 < len(name) <= NAME_LENGTH
        and name == name.strip()
        and name.isprintable()
        and "/" not in name
        and name not in (".", "..")
    )


@transaction.atomic
def delete_query(query: NamedQuery, *, by: str, at: datetime) -> None:
    """End a named query and its subscriptions (EPCIS 2.0 §8.2.7). What is on its way to a subscriber may still arrive."""
    _one_at_a_time("subscription", query.organisation)
    ended = len(query.subscriptions.select_for_update())  # what a delivery is writing down is written, then it goes too
    record(
        "query.delete", by=by, at=at, organisation=query.organisation, target=query.name, query=query.query, ended=ended
    )
    query.delete()


@dataclass(frozen=True, slots=True)
class Wanted:
    """A subscription as asked for, read and checked."""

    dest: str
    secret: str | None
    schedule: dict[str, Any] | None
    report_if_empty: bool
    initial_record_time: datetime | None


def read_subscription(body: Mapping[str, Any], *, resolve: outside.Resolve | None = None) -> Wanted:
    """What a request to subscribe says (OpenAPI, AbstractQuerySubscription and its kinds). Raises SubscriptionError.

    The destination is resolved: an address that must not be reached is refused now, and again at every delivery.
    """
    for name in body:
        if name not in FIELDS:
            raise SubscriptionError(
                name,
                f"is no field of a subscription; possible: {', '.join(FIELDS)}",
                f"不是订阅字段；可用：{'、'.join(FIELDS)}",
            )
    return Wanted(
        _dest(body.get("dest"), resolve or outside.resolved),
        _secret(body),
        _schedule(body),
        _flag(body, "reportIfEmpty"),
        _instant(body.get("initialRecordTime")),
    )


def _dest(dest: Any, resolve: outside.Resolve) -> str:
    try:
        outside.checked(outside.read(dest), settings.OUTBOUND_ALLOWED, resolve)
    except outside.OutsideError as wrong:
        raise SubscriptionError("dest", str(wrong), wrong.message_zh) from None
    return str(dest)


def _secret(body: Mapping[str, Any]) -> str | None:
    """`signatureToken`; the official schema requires it under another name, `secret`, which is taken as well."""
    given = {body[name] for name in ("signatureToken", "secret") if isinstance(body.get(name), str)}
    wrong_type = any(name in body and not isinstance(body[name], str) for name in ("signatureToken", "secret"))
    if wrong_type or len(given) > 1 or any(not 0 < len(one) <= MAX_SECRET for one in given):
        raise SubscriptionError(
            "signatureToken",
            f"must be one text of 1 to {MAX_SECRET} characters",
            f"须为 1 至 {MAX_SECRET} 个字符的文本",
        )
    return given.pop() if given else None


def _schedule(body: Mapping[str, Any]) -> dict[str, Any] | None:
    stream = body.get("stream")
    if ("stream" in body and stream is not True) or ("schedule" in body) == ("stream" in body):
        raise SubscriptionError(
            "schedule", 'give either a schedule or "stream": true', '须且仅须给出 schedule 或 "stream": true 之一'
        )
    if stream:
        return None
    fields = body["schedule"]
    if not isinstance(fields, dict):
        raise SubscriptionError("schedule", "must be an object of fields", "须为由字段组成的对象")
    try:
        schedule.read(fields)
    except schedule.ScheduleError as wrong:
        raise SubscriptionError(f"schedule.{wrong.field}", str(wrong), wrong.message_zh) from None
    return fields


def _flag(body: Mapping[str, Any], name: str) -> bool:
    if not isinstance(body.get(name, False), bool):
        raise SubscriptionError(name, "must be true or false", "须为 true 或 false")
    return bool(body.get(name, False))


def _instant(text: Any) -> datetime | None:
    if text is None:
        return None
    try:
        found = datetime.fromisoformat(text)
        if found.tzinfo is None or "T" not in text.upper():
            raise ValueError(text)
        return found.astimezone(UTC)
    except (ValueError, TypeError, AttributeError, OverflowError):
        raise SubscriptionError(
            "initialRecordTime",
            "must be an instant with a zone, such as 2026-11-22T08:00:00Z",
            "须为带时区的时间，如 2026-11-22T08:00:00Z",
        ) from None


@transaction.atomic
def subscribe(query: NamedQuery, wanted: Wanted, *, by: str, at: datetime, epc_format: str = "") -> Subscription:
    """Start a subscription. Without initialRecordTime it gets what is published from now on; with it, also what was recorded
    since then. Raises SubscriptionError where the organisation has too many."""
    organisation = query.organisation
    _one_at_a_time("subscription", organisation)
    if not NamedQuery.objects.filter(pk=query.pk).exists():
        raise SubscriptionError("queryName", "was deleted meanwhile", "已被删除", "gone")
    if Subscription.objects.filter(organisation=organisation).count() >= MAX_SUBSCRIPTIONS:
        raise SubscriptionError(
            "dest",
            f"an organisation has at most {MAX_SUBSCRIPTIONS} subscriptions",
            f"一个组织最多 {MAX_SUBSCRIPTIONS} 个订阅",
            "many",
        )
    token = str(uuid.uuid4())
    sealed = (None, None) if wanted.secret is None else signing.seal(wanted.secret, token)
    since = wanted.initial_record_time
    made = Subscription.objects.create(
        token=token,
        query=query,
        organisation=organisation,
        by=by,
        created_at=at,
        dest=wanted.dest,
        secret=sealed[0],
        secret_key=sealed[1],
        schedule=wanted.schedule,
        report_if_empty=wanted.report_if_empty,
        initial_record_time=since,
        epc_format=epc_format,
        cursor=head() if since is None else head_at(max(since, _FIRST) - CLOCKS_WINDOW),
        due_at=next_look(wanted.schedule, at),
        batch=BATCH,
        min_record_time=since or at,
    )
    record(
        "subscription.create", by=by, at=at, organisation=organisation, target=token, query=query.name, dest=wanted.dest
    )
    return made


def next_look(patterns: Mapping[str, Any] | None, after: datetime) -> datetime:
    """When a subscription with this schedule is looked at next; a stream at once."""
    if patterns is None:
        return after
    found = schedule.next_run(schedule.read(patterns), after, ZoneInfo(settings.TIME_ZONE))
    return found or datetime.max.replace(tzinfo=UTC)


@transaction.atomic
def unsubscribe(subscription: Subscription, *, by: str, at: datetime) -> None:
    """End a subscription for good. What is on its way may still arrive. Raises SubscriptionError where it is gone already."""
    locked = _locked(subscription)  # what a delivery is writing down is written, then it goes too
    record(
        "subscription.delete", by=by, at=at, organisation=subscription.organisation, target=subscription.token,
        query=subscription.query.name, dest=subscription.dest,
    )  # fmt: skip
    locked.delete()


@transaction.atomic
def suspend(subscription: Subscription, *, by: str, at: datetime) -> None:
    """Stop sending until it is resumed; what comes meanwhile is not lost. Raises SubscriptionError where it is not active."""
    locked = _active(subscription)
    locked.state = Subscription.State.SUSPENDED
    locked.last_error, locked.last_error_zh = "stopped by a person", "已由人员停止"
    locked.save(update_fields=["state", "last_error", "last_error_zh"])
    record("subscription.suspend", by=by, at=at, organisation=subscription.organisation, target=subscription.token)


@transaction.atomic
def test(subscription: Subscription, *, by: str, at: datetime) -> None:
    """Have a document sent at once, an empty one where nothing is new. Raises SubscriptionError where it is not active."""
    locked = _active(subscription)
    locked.test_wanted, locked.due_at = True, at
    locked.save(update_fields=["test_wanted", "due_at"])
    record("subscription.test", by=by, at=at, organisation=subscription.organisation, target=subscription.token)


@transaction.atomic
def resume(subscription: Subscription, *, by: str, at: datetime) -> None:
    """Go on where a suspended subscription stood: nothing that came meanwhile is left out. It now rests on the right of `by`.

    Raises SubscriptionError where the receiver ended it (410): that was its word, and it must subscribe anew.
    """
    locked = _locked(subscription)
    if locked.state == Subscription.State.ENDED:
        raise SubscriptionError(
            "state", "the receiver ended it (410); subscribe anew", "接收方已终止该订阅（410），请重新订阅", "state"
        )
    locked.state, locked.by, locked.due_at = Subscription.State.ACTIVE, by, at
    locked.failures, locked.failing_since, locked.last_error, locked.last_error_zh = 0, None, "", ""
    locked.save(update_fields=["state", "by", "due_at", "failures", "failing_since", "last_error", "last_error_zh"])
    record("subscription.resume", by=by, at=at, organisation=subscription.organisation, target=subscription.token)


def _locked(subscription: Subscription) -> Subscription:
    found = Subscription.objects.select_for_update().filter(pk=subscription.pk).first()
    if found is None:
        raise SubscriptionError("subscriptionID", "was deleted meanwhile", "已被删除", "gone")
    return found


def _active(subscription: Subscription) -> Subscription:
    found = _locked(subscription)
    if found.state != Subscription.State.ACTIVE:
        raise SubscriptionError("state", "it is not active; resume it first", "该订阅未在运行，请先恢复", "state")
    return found


def _one_at_a_time(what: str, organisation: Organisation) -> None:
    """Until the transaction ends: how many there are is counted before one is added."""
    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"{what}:{organisation.pk}"])
