"""One look at one subscription: what moves the cursor, what does not, and who gets what. The wire is a function here."""

import hashlib
import hmac
from datetime import timedelta
from typing import Any

import pytest

from stages import DEST, PACKING, Stage, events_of, numbered
from support import AT
from zhuisu.accounts import services as accounts
from zhuisu.accounts.models import AuditEntry, Person
from zhuisu.api.epcis.subscriptions import delivered
from zhuisu.epcis.query import QueryError
from zhuisu.subscriptions import delivery, queries, services
from zhuisu.subscriptions.delivery import GIVE_UP_WINDOW, MAX_DELIVERIES, Tools, deliver, prune
from zhuisu.subscriptions.models import Delivery, Subscription
from zhuisu.subscriptions.queries import due


@pytest.fixture
def stage(dairy) -> Stage:
    return Stage(dairy)


def test_what_is_published_later_is_sent_once_in_the_order_of_the_log(stage, dairy, capture) -> None:
    capture(dairy, numbered(1))
    stage.subscribe()
    capture(dairy, numbered(2), numbered(3), numbered(4, bizStep="shipping"))
    stage.look(seconds=1)
    stage.look(seconds=1)
    assert stage.wire.taken == ["002", "003"]
    (said,) = stage.wire.bodies
    results = said["epcisBody"]["queryResults"]
    assert said["type"] == "EPCISQueryDocument"
    assert (results["queryName"], results["subscriptionID"]) == ("q0", stage.one.token)
    assert (stage.one.deliveries, stage.one.events, stage.one.last_error) == (1, 2, "")
    assert stage.one.last_notified_at == AT + timedelta(seconds=1)


def test_it_is_signed(stage, dairy, capture) -> None:
    stage.subscribe(signatureToken="13df38d8275b")
    capture(dairy, numbered(1))
    stage.look(seconds=1)
    ((body, headers),) = stage.wire.raw
    assert headers["GS1-Signature"] == hmac.new(b"13df38d8275b", body, hashlib.sha256).hexdigest()
    signed = f"{headers['Zhuisu-Timestamp']}.{headers['Zhuisu-Delivery']}.".encode() + body
    assert headers["Zhuisu-Signature"] == hmac.new(b"13df38d8275b", signed, hashlib.sha256).hexdigest()
    assert int(headers["Zhuisu-Timestamp"]) == int(stage.now.timestamp())
    assert Delivery.objects.get().delivery_id == headers["Zhuisu-Delivery"]


def test_the_secret_is_sealed_at_rest(stage) -> None:
    one = stage.subscribe(signatureToken="13df38d8275b")
    assert b"13df38d8275b" not in bytes(one.secret) + bytes(one.secret_key)
    assert "13df38d8275b" not in str([entry.detail for entry in AuditEntry.objects.all()])


def test_without_a_secret_nothing_is_signed(stage, dairy, capture) -> None:
    stage.subscribe()
    capture(dairy, numbered(1))
    stage.look(seconds=1)
    assert not {"GS1-Signature", "Zhuisu-Signature"} & set(stage.wire.raw[0][1])


@pytest.mark.parametrize("answer", [500, 503, 404, 401, 301, 307, 199, None])
def test_only_2xx_moves_the_cursor(stage, dairy, capture, answer: int | None) -> None:
    stage.subscribe()
    capture(dairy, numbered(1))
    stage.wire.answers = [answer]
    failed = stage.look(seconds=1)
    assert (failed.failures, failed.state, failed.deliveries) == (1, "active", 0)
    assert failed.last_error and failed.last_notified_at is None
    stage.look(seconds=0.5)  # not yet: it waits
    assert len(stage.wire.bodies) == 1
    capture(dairy, numbered(2))
    again = stage.look(seconds=1)
    assert stage.wire.taken == ["001", "002"]
    assert (again.failures, again.failing_since, again.last_error) == (0, None, "")
    assert [one.status for one in Delivery.objects.order_by("pk")] == [answer, 200]


def test_each_failure_waits_longer_up_to_an_hour(stage, dairy, capture) -> None:
    stage.subscribe()
    capture(dairy, numbered(1))
    stage.wire.answers = [500] * 20
    waits = []
    for _ in range(14):
        one = stage.look(seconds=1)
        waits.append((one.due_at - stage.now).total_seconds())
        stage.now = one.due_at
    assert waits == [min(3600.0, 2.0**step) for step in range(14)]


def test_chance_halves_the_wait_at_most(stage, dairy, capture) -> None:
    stage.tools = Tools(lambda: stage.now, delivered, stage.wire, chance=lambda: 0.0)
    stage.subscribe()
    capture(dairy, numbered(1))
    stage.wire.answers = [500]
    one = stage.look(seconds=1)
    assert one.due_at - stage.now == timedelta(seconds=0.5)


def test_after_a_week_of_failures_it_is_suspended_and_loses_nothing(stage, dairy, capture) -> None:
    stage.subscribe()
    capture(dairy, numbered(1))
    stage.wire.answers = [500] * 500
    begun = stage.now
    while stage.one.state == "active":
        stage.look(seconds=1)
        stage.now = max(stage.now, stage.one.due_at)
    assert GIVE_UP_WINDOW < stage.now - begun < GIVE_UP_WINDOW + timedelta(hours=2)
    assert stage.one.last_error.startswith("failing since 2026-11-20 04:00 UTC")
    assert AuditEntry.objects.filter(verb="subscription.suspended", target=stage.one.token).count() == 1
    capture(dairy, numbered(2))
    tried = len(stage.wire.bodies)
    stage.look(days=1)
    assert len(stage.wire.bodies) == tried
    stage.wire.answers = []
    services.resume(stage.one, by="system:test", at=stage.now)
    assert stage.look(seconds=1).state == "active"
    assert stage.wire.taken == ["001", "002"]


def test_410_ends_it_for_good(stage, dairy, capture) -> None:
    stage.subscribe()
    capture(dairy, numbered(1))
    stage.wire.answers = [410]
    assert stage.look(seconds=1).state == "ended"
    stage.look(days=1)
    assert len(stage.wire.bodies) == 1
    with pytest.raises(services.SubscriptionError, match="subscribe anew"):
        services.resume(stage.one, by="system:test", at=stage.now)


def test_413_makes_smaller_batches_and_success_larger_ones(stage, dairy, capture) -> None:
    stage.subscribe()
    capture(dairy, *[numbered(number) for number in range(1, 11)])
    stage.wire.answers = [413, 413, 200]
    for _ in range(3):
        stage.look(seconds=1)
    sizes = [len(events_of(said)) for said in stage.wire.bodies]
    assert sizes[:3] == [10, 5, 2]
    assert stage.wire.taken == [f"{number:03d}" for number in range(1, 11)]
    assert stage.one.failures == 0 and stage.one.batch > 2


def test_413_for_a_single_event_is_a_failure(stage, dairy, capture) -> None:
    stage.subscribe()
    capture(dairy, numbered(1))
    stage.wire.answers = [413]
    assert stage.look(seconds=1).failures == 1
    stage.look(seconds=2)
    assert stage.wire.taken == ["001"]


def test_a_schedule_runs_when_it_is_time(stage, dairy, capture) -> None:
    stage.subscribe(stream=None, schedule={"hour": "13", "minute": "5"})  # 05:05 UTC
    capture(dairy, numbered(1))
    stage.look(minutes=64)
    assert stage.wire.bodies == []
    capture(dairy, numbered(2))
    one = stage.look(minutes=1)
    assert stage.wire.taken == ["001", "002"]
    assert one.due_at == AT.replace(hour=5, minute=5) + timedelta(days=1)
    stage.look(days=1)  # nothing new: nothing is said
    assert len(stage.wire.bodies) == 1
    assert stage.one.min_record_time == stage.now


def test_an_empty_result_is_reported_where_it_is_wanted(stage) -> None:
    stage.subscribe(stream=None, schedule={"second": "0"}, reportIfEmpty=True)
    one = stage.look(minutes=1)
    (said,) = stage.wire.bodies
    assert events_of(said) == []
    assert (one.deliveries, one.events) == (1, 0)
    stage.wire.answers = [500]
    assert stage.look(minutes=1).failures == 1


def test_the_initial_record_time_reaches_back(stage, dairy, capture) -> None:
    for number in range(1, 5):
        capture(dairy, numbered(number), at=AT + timedelta(minutes=number))
    stage.now = AT + timedelta(hours=1)
    stage.subscribe(initialRecordTime="2026-11-20T04:03:00Z")
    assert stage.one.min_record_time == AT + timedelta(minutes=3)
    stage.look(seconds=1)
    assert stage.wire.taken == ["003", "004"]
    assert stage.one.min_record_time == stage.now
    capture(dairy, numbered(5), at=stage.now)
    stage.look(seconds=1)
    assert stage.wire.taken == ["003", "004", "005"]


def test_nobody_gets_what_he_may_not_see(dairy, farm, capture) -> None:
    stage = Stage(farm)
    stage.subscribe()
    capture(dairy, numbered(1))
    capture(farm, numbered(2))
    stage.look(seconds=1)
    assert stage.wire.taken == ["002"]


def test_a_declaration_is_sent_beside_its_event(stage, dairy, capture) -> None:
    stage.subscribe()
    capture(dairy, numbered(1))
    declared = {"declarationTime": "2026-11-20T12:00:00.000+08:00", "reason": "incorrect_data"}
    capture(dairy, numbered(1, errorDeclaration=declared))
    stage.look(seconds=1)
    assert ["errorDeclaration" in one for one in events_of(stage.wire.bodies[0])] == [False, True]


def test_a_revoked_key_ends_what_it_began_until_another_takes_over(dairy, capture) -> None:
    key, _ = accounts.issue_key(organisation=dairy, label="ERP", by="system", at=AT)
    stage = Stage(dairy, by=f"key:{key.prefix}")
    stage.subscribe()
    capture(dairy, numbered(1))
    accounts.revoke_key(key, by="system", at=AT)
    assert stage.look(seconds=1).state == "suspended"
    assert stage.wire.bodies == []
    other, _ = accounts.issue_key(organisation=dairy, label="ERP 2", by="system", at=AT)
    services.resume(stage.one, by=f"key:{other.prefix}", at=stage.now)
    stage.look(seconds=1)
    assert stage.wire.taken == ["001"]


def test_more_than_the_query_allows_is_said_as_a_problem(stage, dairy, capture) -> None:
    stage.subscribe(PACKING | {"maxEventCount": 2})
    capture(dairy, numbered(1), numbered(2), numbered(3))
    stage.wire.answers = [500, 200]
    assert stage.look(seconds=1).failures == 1
    stage.look(seconds=2)
    problem = stage.wire.bodies[-1]
    assert problem["type"] == "epcisException:QueryTooLargeException"
    assert problem["subscriptionID"] == stage.one.token
    assert stage.wire.raw[-1][1]["Content-Type"] == "application/problem+json"
    capture(dairy, numbered(4), numbered(5))
    stage.look(seconds=2)
    assert stage.wire.taken == ["004", "005"]


def test_another_order_is_one_whole_look(stage, dairy, capture) -> None:
    stage.subscribe(PACKING | {"orderBy": "eventTime", "orderDirection": "ASC"})
    times = {1: "T09:03:00", 2: "T09:01:00", 3: "T09:02:00"}
    capture(dairy, *[numbered(number, eventTime=f"2026-11-20{time}.000+08:00") for number, time in times.items()])
    stage.one.batch = 2
    stage.one.save()
    stage.wire.answers = [200, 500]
    stage.look(seconds=1)
    assert stage.wire.taken == ["002", "003"]
    stage.look(seconds=2)  # from its beginning: better twice than never
    assert stage.wire.taken == ["002", "003", "002", "003", "001"]


def test_a_deleted_query_takes_its_subscriptions_along(stage, dairy, capture) -> None:
    stage.subscribe()
    capture(dairy, numbered(1))
    services.delete_query(stage.one.query, by="system:test", at=AT)
    assert deliver(stage.one.pk, stage.tools) is False
    assert stage.wire.bodies == []
    assert not Subscription.objects.exists()


def test_one_deleted_on_the_way_leaves_nothing_behind(stage, dairy, capture) -> None:
    stage.subscribe()
    capture(dairy, numbered(1))

    def post(*_: Any, **__: Any) -> int:
        Subscription.objects.all().delete()
        return 500

    stage.tools = Tools(lambda: stage.now, delivered, post)
    deliver(stage.one.pk, stage.tools)
    assert not Delivery.objects.exists()


def test_one_deleted_on_the_way_gets_no_more(stage, dairy, capture) -> None:
    stage.subscribe()
    Subscription.objects.update(batch=1)
    capture(dairy, numbered(1), numbered(2), numbered(3))
    sent = []

    def post(*_: Any, **__: Any) -> int:
        sent.append(1)
        Subscription.objects.all().delete()
        return 200

    stage.tools = Tools(lambda: stage.now, delivered, post)
    stage.now += timedelta(seconds=1)
    deliver(stage.one.pk, stage.tools)
    assert len(sent) == 1


@pytest.mark.parametrize("status", [200, 500, 410])
@pytest.mark.parametrize("changes", [{"cursor": 10_000_000}, {"state": "suspended"}], ids=str)
def test_what_somebody_else_wrote_meanwhile_stands(stage, dairy, capture, status: int, changes: dict[str, Any]) -> None:
    """A lock that was lost with its connection: whoever comes late writes nothing."""
    stage.subscribe()
    capture(dairy, numbered(1))

    def post(*_: Any, **__: Any) -> int:
        Subscription.objects.update(**changes)
        return status

    stage.tools = Tools(lambda: stage.now, delivered, post)
    before = Subscription.objects.values().get()
    stage.look(seconds=1)
    assert Subscription.objects.values().get() == before | changes
    assert not Delivery.objects.exists()


def test_a_fault_of_ours_waits_like_any_other(stage, dairy, capture, caplog) -> None:
    stage.subscribe()
    capture(dairy, numbered(1))

    def broken(*_: Any, **__: Any) -> bytes:
        raise RuntimeError("broken")

    stage.tools = Tools(lambda: stage.now, broken, stage.wire, chance=lambda: 1.0)
    stage.now += timedelta(seconds=1)
    deliver(stage.one.pk, stage.tools)
    stage.one.refresh_from_db()
    assert (stage.one.failures, stage.one.last_error) == (1, "a fault on our side; it is tried again")
    assert "cannot be looked at" in caplog.text


def test_old_attempts_go(stage, dairy) -> None:
    stage.subscribe()
    Delivery.objects.bulk_create(
        Delivery(subscription=stage.one, delivery_id="d", at=AT, events=number, milliseconds=1)
        for number in range(MAX_DELIVERIES + 7)
    )
    assert prune() == 7
    assert Delivery.objects.order_by("pk").first().events == 7
    assert prune() == 0


def test_an_ordered_look_that_fails_in_its_middle_waits_longer_and_longer(stage, dairy, capture) -> None:
    """What was taken of it moves no cursor, so it is no success: else it began anew every second, for ever."""
    stage.subscribe(PACKING | {"orderBy": "eventTime", "orderDirection": "ASC"})
    capture(dairy, numbered(1), numbered(2), numbered(3))
    Subscription.objects.update(batch=2)
    for _ in range(3):
        stage.wire.answers = [200, 500]
        Subscription.objects.update(batch=2)
        stage.look(seconds=1)
        stage.now = max(stage.now, stage.one.due_at)
    assert stage.one.failures == 3
    assert stage.one.failing_since == AT + timedelta(seconds=1)


def test_what_came_before_the_initial_record_time_is_not_counted(stage, dairy, capture) -> None:
    for number in (1, 2, 3):
        capture(dairy, numbered(number), at=AT + timedelta(minutes=number))
    stage.now = AT + timedelta(hours=1)
    stage.subscribe(PACKING | {"maxEventCount": 1}, initialRecordTime="2026-11-20T04:03:00Z")
    stage.look(seconds=1)
    assert stage.wire.taken == ["003"]


@pytest.mark.parametrize("failed", [False, True])
def test_a_clock_that_is_set_back_stops_no_stream(stage, dairy, capture, failed: bool) -> None:
    stage.subscribe()
    capture(dairy, numbered(1))
    if failed:
        stage.wire.answers = [500]
    stage.look(seconds=1)
    stage.now -= timedelta(days=30)
    capture(dairy, numbered(2))
    assert [number for number, *_ in due(stage.now, [True, False], [])] == [stage.one.pk]
    stage.look(seconds=0)
    assert stage.wire.taken == ["001", "002"]


def test_an_error_of_the_query_that_was_taken_stands_among_the_attempts(stage, dairy, monkeypatch) -> None:
    stage.subscribe(stream=None, schedule={"second": "0"}, reportIfEmpty=True)

    def broken(*_: Any, **__: Any) -> Any:
        raise QueryError("QueryTooComplexException", "EQ_bizStep", "too much", "太多")

    monkeypatch.setattr(delivery, "search", broken)
    assert stage.look(minutes=1).failures == 1
    assert stage.wire.bodies[0]["status"] == 413
    assert [(one.status, one.events) for one in Delivery.objects.all()] == [(200, 0)]


@pytest.mark.parametrize("answer", [None, 504])
def test_who_does_not_answer_in_time_gets_less_next_time(stage, dairy, capture, answer: int | None) -> None:
    """A receiver that needs longer for five hundred events than we wait would never get any."""
    stage.subscribe()
    capture(dairy, *[numbered(number) for number in range(1, 9)])
    stage.wire.answers = [answer, answer]
    stage.look(seconds=1)
    stage.look(seconds=1)
    stage.look(seconds=2)
    assert [len(events_of(said)) for said in stage.wire.bodies][:3] == [8, 4, 2]
    assert stage.wire.taken == [f"{number:03d}" for number in range(1, 9)]


def test_who_may_no_longer_sign_in_gets_nothing(dairy, capture) -> None:
    person = Person.objects.create_user("li", password="x", organisation=dairy)
    stage = Stage(dairy, by="person:li")
    stage.subscribe()
    capture(dairy, numbered(1), numbered(2))
    Person.objects.filter(pk=person.pk).update(is_active=False)
    assert stage.look(seconds=1).state == "suspended"
    assert stage.wire.bodies == []


def test_why_it_failed_is_said_in_both_languages(stage, dairy, capture) -> None:
    stage.subscribe()
    capture(dairy, numbered(1))
    stage.wire.answers = [None, 500, 410]
    said = []
    for _ in range(3):
        one = stage.look(hours=1)
        said.append((one.last_error, one.last_error_zh))
    assert said == [
        ("no answer: timed out", "未得到应答"),
        ("answered 500", "应答 500"),
        ("the receiver answered 410: gone", "接收方应答 410：已不存在"),
    ]
    assert [one.error_zh for one in Delivery.objects.order_by("pk")] == ["未得到应答", "应答 500", "应答 410"]


def test_a_test_delivery_comes_at_once_and_once(stage, dairy, capture) -> None:
    stage.subscribe(signatureToken="13df38d8275b")
    stage.look(seconds=1)
    assert stage.wire.bodies == []
    services.test(stage.one, by="system:test", at=stage.now)
    assert [number for number, *_ in due(stage.now, [True], [])] == [stage.one.pk]
    stage.wire.answers = [500]
    stage.look(seconds=1)
    stage.look(seconds=1)
    stage.look(seconds=1)
    assert [events_of(said) for said in stage.wire.bodies] == [[], []]
    assert "GS1-Signature" in stage.wire.raw[1][1]
    Subscription.objects.update(state="suspended")
    with pytest.raises(services.SubscriptionError, match="not active"):
        services.test(stage.one, by="system:test", at=stage.now)


def test_a_person_stops_it_and_it_goes_on_where_it_stood(stage, dairy, capture) -> None:
    stage.subscribe()
    services.suspend(stage.one, by="person:li", at=stage.now)
    capture(dairy, numbered(1))
    assert stage.look(seconds=1).state == "suspended"
    assert stage.wire.bodies == []
    services.resume(stage.one, by="system:test", at=stage.now)
    stage.look(seconds=1)
    assert stage.wire.taken == ["001"]
    verbs = AuditEntry.objects.filter(target=stage.one.token).order_by("pk").values_list("verb", flat=True)
    assert list(verbs) == ["subscription.create", "subscription.suspend", "subscription.resume"]


def test_much_to_catch_up_on_goes_behind_those_that_wait(stage, dairy, capture, monkeypatch) -> None:
    monkeypatch.setattr(delivery, "MOST_BATCHES", 1)
    stage.subscribe()
    capture(dairy, numbered(1), numbered(2))
    Subscription.objects.update(batch=1)
    one = stage.look(seconds=60)
    assert stage.wire.taken == ["001"]
    assert one.due_at == stage.now


def test_no_organisation_and_no_slow_receiver_hides_the_others(dairy, farm, market, monkeypatch) -> None:
    """However many of one organisation, or slow ones, are due: the longest waiting of each is among those that are begun."""
    monkeypatch.setattr(queries, "MAX_DUE", 4)
    made = {}
    for name, owner, count, slow in (("a", dairy, 9, True), ("b", farm, 9, True), ("c", market, 1, True)):
        for number in range(count):
            query = services.create_query(organisation=owner, name=f"{name}{number}", query={}, by="system:t", at=AT)
            wanted = services.read_subscription({"dest": DEST, "schedule": {"second": "0"}})
            one = services.subscribe(query, wanted, by="system:t", at=AT)
            Subscription.objects.filter(pk=one.pk).update(slow=slow, due_at=AT + timedelta(seconds=len(made)))
            made[f"{name}{number}"] = one.pk
    Subscription.objects.filter(pk=made["b8"]).update(slow=False)
    later = AT + timedelta(hours=1)
    found = [number for number, *_ in due(later, [False, True], [])]
    assert found[:3] == [made["a0"], made["b0"], made["b8"]] and made["c0"] in found
    assert [number for number, *_ in due(later, [False], [])] == [made["b8"]]
