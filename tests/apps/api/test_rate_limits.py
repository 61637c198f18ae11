"""Requests are counted by key and by organisation: who asks too often waits, and nobody else does."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from support import AT
from zhuisu.accounts import services
from zhuisu.api import throttle
from zhuisu.api.throttle import Buckets


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.sampled_from("ab"), st.floats(0, 30)), max_size=80), st.sampled_from([0.05, 0.5, 2.0]))
def test_a_bucket_is_what_a_plain_count_says(asked, rate):
    """In any stretch of time a name gets at most a full bucket and what flows in; who is refused could wait as long as said."""
    clock = Clock()
    buckets = Buckets(rate, clock)
    taken: dict[str, list[float]] = {"a": [], "b": []}
    for name, pause in asked:
        clock.now += pause
        left = buckets.take(name)
        if left >= 0:
            taken[name].append(clock.now)
            assert left <= buckets.size - 1
        else:
            clock.now += -left + 1e-6
            assert buckets.take(name) >= -1e-6
            taken[name].append(clock.now)
    for times in taken.values():
        for first in range(len(times)):
            for last in range(first, len(times)):
                assert last - first + 1 <= buckets.size + rate * (times[last] - times[first]) + 1e-3


def test_buckets_that_nobody_uses_are_forgotten(monkeypatch):
    monkeypatch.setattr(throttle, "BUCKETS_LIMIT", 3)
    buckets = Buckets(1.0, Clock())
    for name in "abcdefg":
        buckets.take(name)
    assert len(buckets._held) == 3


@pytest.fixture
def clock(monkeypatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(throttle, "by_key", Buckets(0.1, clock))  # two at once, then one in ten seconds
    monkeypatch.setattr(throttle, "by_organisation", Buckets(0.15, clock))  # three at once
    return clock


def key_of(organisation) -> dict[str, str]:
    return {"X-API-Key": services.issue_key(organisation=organisation, label="ERP", by="system", at=AT)[1]}


def test_who_asks_too_often_waits_and_nobody_else(client, clock, dairy, market):
    noisy, second, other = key_of(dairy), key_of(dairy), key_of(market)
    answers = [client.get("/epcis/capture", headers=noisy) for _ in range(3)]
    assert [one.status_code for one in answers] == [200, 200, 429]
    assert [one["RateLimit-Remaining"] for one in answers] == ["1", "0", "0"]
    assert answers[0]["RateLimit-Limit"] == "2"
    assert answers[2]["Retry-After"] == "10"
    assert answers[2].json()["status"] == 429
    assert answers[2].json()["detail_zh"]
    assert client.get("/epcis/capture", headers=other).status_code == 200
    # Another key of the same organisation has a bucket of its own, until the organisation's is empty.
    assert [client.get("/epcis/capture", headers=second).status_code for _ in range(2)] == [200, 429]
    clock.now += 10
    assert client.get("/epcis/capture", headers=noisy).status_code == 200


def test_no_limit_says_nothing(client, monkeypatch, dairy):
    monkeypatch.setattr(throttle, "by_key", Buckets(0))
    monkeypatch.setattr(throttle, "by_organisation", Buckets(0))
    answer = client.get("/epcis/capture", headers=key_of(dairy))
    assert answer.status_code == 200
    assert "RateLimit-Limit" not in answer


def test_counting_costs_no_statement(client, dairy, django_assert_num_queries):
    headers = key_of(dairy)
    with django_assert_num_queries(2):  # who calls, and the list
        client.get("/epcis/capture", headers=headers)
