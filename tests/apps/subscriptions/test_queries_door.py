"""/epcis/queries: named queries of one's own, and what is refused."""

import json
from typing import Any

import pytest
from django.test import Client

from support import AT, event
from zhuisu.accounts import services as accounts
from zhuisu.accounts.models import AuditEntry
from zhuisu.subscriptions import services
from zhuisu.subscriptions.models import NamedQuery, Subscription

QUERY = {"eventType": ["ObjectEvent"], "EQ_bizStep": ["shipping", "receiving"]}


def key_of(organisation) -> dict[str, str]:
    return {
        "Authorization": f"Bearer {accounts.issue_key(organisation=organisation, label='ERP', by='system', at=AT)[1]}"
    }


@pytest.fixture
def key(dairy) -> dict[str, str]:
    return key_of(dairy)


@pytest.fixture
def client() -> Client:
    return Client(enforce_csrf_checks=True)


def post(client: Client, key: dict[str, str], body: Any, path: str = "/epcis/queries", **headers: str):
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return client.post(path, raw, content_type="application/json", headers=key | headers)


def test_a_query_is_made_read_listed_and_deleted(client, key, dairy) -> None:
    made = post(client, key, {"name": "my query", "query": QUERY})
    assert made.status_code == 201
    assert made["Location"] == "/epcis/queries/my%20query"
    assert made["GS1-EPCIS-Version"] == "2.0.0"
    assert client.get(made["Location"], headers=key).json() == {"name": "my query", "query": QUERY}
    assert client.get("/epcis/queries", headers=key).json() == [{"name": "my query", "query": QUERY}]
    gone = client.delete(made["Location"], headers=key)
    assert (gone.status_code, gone.content) == (204, b"")
    assert client.get(made["Location"], headers=key).status_code == 404
    verbs = AuditEntry.objects.filter(organisation=dairy, verb__startswith="query.").values_list("verb", flat=True)
    assert sorted(verbs) == ["query.create", "query.delete"]


def test_names_are_ones_own(client, key, market) -> None:
    theirs = key_of(market)
    assert post(client, key, {"name": "same", "query": QUERY}).status_code == 201
    again = post(client, key, {"name": "same", "query": {}})
    assert again.status_code == 409
    assert again.json()["type"] == "epcisException:ResourceAlreadyExistsException"
    assert again.json()["status"] == 409
    unknown = client.get("/epcis/queries/same", headers=theirs)
    assert unknown.status_code == 404
    assert unknown.json()["type"] == "epcisException:NoSuchNameException"
    assert client.delete("/epcis/queries/same", headers=theirs).status_code == 404
    assert client.get("/epcis/queries", headers=theirs).json() == []
    assert post(client, theirs, {"name": "same", "query": {}}).status_code == 201
    assert client.get("/epcis/queries/same", headers=key).json()["query"] == QUERY


def test_the_list_is_paged(client, key) -> None:
    for number in range(5):
        assert post(client, key, {"name": f"q{number}", "query": {}}).status_code == 201
    names, address = [], "/epcis/queries?perPage=2"
    while address:
        answer = client.get(address, headers=key)
        names += [one["name"] for one in answer.json()]
        address = answer.headers.get("Link", "").partition(">")[0].removeprefix("<")
    assert names == [f"q{number}" for number in range(5)]
    assert client.get("/epcis/queries?name=q1", headers=key).status_code == 400


@pytest.mark.parametrize(
    ("body", "exception", "where"),
    [
        (b"{", "ValidationException", ""),
        (b"[]", "ValidationException", ""),
        (b'{"name": "a", "name": "b", "query": {}}', "ValidationException", ""),
        (b'{"name": "a\\u0000", "query": {}}', "ValidationException", ""),
        (b'{"name": "a", "query": {"GE_quantity": NaN}}', "ValidationException", ""),
        (b"[" * 100_000, "ValidationException", ""),
        ({"query": {}}, "QueryValidationException", "name"),
        ({"name": "", "query": {}}, "QueryValidationException", "name"),
        ({"name": "a/b", "query": {}}, "QueryValidationException", "name"),
        ({"name": "..", "query": {}}, "QueryValidationException", "name"),
        ({"name": " a", "query": {}}, "QueryValidationException", "name"),
        ({"name": "a\nb", "query": {}}, "QueryValidationException", "name"),
        ({"name": "a" * 101, "query": {}}, "QueryValidationException", "name"),
        ({"name": 7, "query": {}}, "QueryValidationException", "name"),
        ({"name": "a"}, "QueryValidationException", "query"),
        ({"name": "a", "query": []}, "QueryValidationException", "query"),
        (b'{"name": "a", "\\ud800": 1, "query": {}}', "ValidationException", ""),
        (b'{"name": "a", "query": {"\\ud800": ["x"]}}', "ValidationException", ""),
        (b'{"name": "a", "query": {"@context": {"x": "\\udfff"}}}', "ValidationException", ""),
        (b'{"name": "a", "query": {"GE_quantity": 1e400}}', "QueryParameterException", "GE_quantity"),
        ({"name": "a", "query": {}, "owner": "me"}, "QueryValidationException", "owner"),
        ({"name": "a", "query": {"EQ_nonsense": ["x"]}}, "QueryParameterException", "EQ_nonsense"),
        ({"name": "a", "query": {"eventCountLimit": 1, "maxEventCount": 1}}, "QueryParameterException", None),
    ],
    ids=lambda value: str(value)[:40],
)
def test_what_is_no_query(client, key, body: Any, exception: str, where: str | None) -> None:
    answer = post(client, key, body)
    assert answer.status_code == 400
    said = answer.json()
    assert said["type"] == f"epcisException:{exception}"
    assert said["detail"] and said["detail_zh"]
    if where is not None:
        assert said["errors"][0]["path"] == where
    assert not NamedQuery.objects.exists()


def test_a_body_of_another_type_or_size(client, key) -> None:
    wrong = client.post("/epcis/queries", b"<a/>", content_type="application/xml", headers=key)
    assert wrong.status_code == 415
    large = post(client, key, {"name": "a", "query": {"EQ_eventID": ["x" * 300_000]}})
    assert large.status_code == 413


def test_there_is_a_limit(client, key, dairy, monkeypatch) -> None:
    monkeypatch.setattr(services, "MAX_QUERIES", 2)
    assert [post(client, key, {"name": name, "query": {}}).status_code for name in "abc"] == [201, 201, 400]


def test_numbers_are_kept_as_they_were_sent(client, key) -> None:
    body = b'{"name": "n", "query": {"GE_quantity": 0.1, "LT_quantity": 12345678901.25}}'
    assert post(client, key, body).status_code == 201
    assert client.get("/epcis/queries/n", headers=key).json()["query"] == {
        "GE_quantity": 0.1,
        "LT_quantity": 12345678901.25,
    }


def test_without_a_key_nothing_is_changed(client, dairy) -> None:
    assert post(client, {}, {"name": "a", "query": {}}).status_code == 401
    assert client.get("/epcis/queries").status_code == 401
    assert client.delete("/epcis/queries/a").status_code == 401


@pytest.mark.parametrize(
    ("path", "allow"),
    [
        ("/epcis/queries", "GET, HEAD, OPTIONS, POST"),
        ("/epcis/queries/a", "DELETE, GET, HEAD, OPTIONS"),
        ("/epcis/queries/a/events", "GET, HEAD, OPTIONS"),
        ("/epcis/queries/a/subscriptions", "GET, HEAD, OPTIONS, POST"),
        ("/epcis/queries/a/subscriptions/b", "DELETE, GET, HEAD, OPTIONS"),
    ],
)
def test_options_say_what_is_possible(client, path: str, allow: str) -> None:
    answer = client.options(path)
    assert (answer.status_code, answer["Allow"]) == (204, allow)
    assert answer["GS1-EPCIS-Min"] == "2.0.0"


SUBSCRIBE = {"dest": "https://8.8.8.8/hook", "signatureToken": "13df38d8275b", "stream": True}
PATH = "/epcis/queries/q/subscriptions"


@pytest.fixture
def query(client, key) -> None:
    assert post(client, key, {"name": "q", "query": QUERY}).status_code == 201


def test_a_subscription_is_made_read_listed_and_deleted(client, key, query, dairy) -> None:
    made = post(client, key, SUBSCRIBE, PATH)
    assert made.status_code == 201, made.content
    said = made.json()
    assert made["Location"] == f"{PATH}/{said['subscriptionID']}"
    wanted = {"queryName": "q", "dest": SUBSCRIBE["dest"], "stream": True, "state": "active", "signed": True}
    assert wanted.items() <= said.items()
    assert said["createdAt"] and said["minRecordTime"] and "lastNotifiedAt" not in said
    for address in (made["Location"], PATH, f"{made['Location']}/deliveries"):
        answer = client.get(address, headers=key)
        assert answer.status_code == 200
        assert b"13df38d8275b" not in answer.content
    assert [one["subscriptionID"] for one in client.get(PATH, headers=key).json()] == [said["subscriptionID"]]
    assert client.delete(made["Location"], headers=key).status_code == 204
    assert client.get(made["Location"], headers=key).status_code == 404
    verbs = AuditEntry.objects.filter(organisation=dairy, target=said["subscriptionID"]).order_by("pk")
    assert [one.verb for one in verbs] == ["subscription.create", "subscription.delete"]


def test_a_schedule_is_shown_as_it_was_sent(client, key, query) -> None:
    fields = {"hour": "1", "minute": "5"}
    body = {"dest": SUBSCRIBE["dest"], "schedule": fields, "reportIfEmpty": True, "secret": "other-spelling"}
    said = post(client, key, body | {"initialRecordTime": "2026-11-20T12:00:00+08:00"}, PATH).json()
    assert (said["schedule"], said["reportIfEmpty"], said["signed"]) == (fields, True, True)
    assert said["initialRecordTime"] == said["minRecordTime"] == "2026-11-20T04:00:00.000Z"
    assert "stream" not in said


def test_deleting_the_query_ends_its_subscriptions(client, key, query) -> None:
    address = post(client, key, SUBSCRIBE, PATH)["Location"]
    assert client.delete("/epcis/queries/q", headers=key).status_code == 204
    assert client.get(address, headers=key).json()["type"] == "epcisException:NoSuchNameException"
    assert not Subscription.objects.exists()


def test_nobody_reaches_anothers_subscription(client, key, query, market) -> None:
    address = post(client, key, SUBSCRIBE, PATH)["Location"]
    theirs = key_of(market)
    assert post(client, theirs, {"name": "q", "query": {}}).status_code == 201
    assert client.get(PATH, headers=theirs).json() == []
    for found in (
        client.get(address, headers=theirs),
        client.delete(address, headers=theirs),
        client.get(f"{address}/deliveries", headers=theirs),
        client.post(f"{address}/resume", headers=theirs),
    ):
        assert found.status_code == 404
    assert Subscription.objects.count() == 1


@pytest.mark.parametrize(
    ("changes", "where"),
    [
        ({"stream": None}, "schedule"),
        ({"stream": False}, "schedule"),
        ({"stream": "true"}, "schedule"),
        ({"schedule": {"hour": "1"}}, "schedule"),
        ({"stream": None, "schedule": "hourly"}, "schedule"),
        ({"stream": None, "schedule": {}}, "schedule.schedule"),
        ({"stream": None, "schedule": {"hour": "25"}}, "schedule.hour"),
        ({"stream": None, "schedule": {"hours": "1"}}, "schedule.hours"),
        ({"dest": None}, "dest"),
        ({"dest": "http://8.8.8.8/hook"}, "dest"),
        ({"dest": "https://127.0.0.1/hook"}, "dest"),
        ({"dest": "https://169.254.169.254/latest/meta-data"}, "dest"),
        ({"dest": "https://[::1]/hook"}, "dest"),
        ({"dest": "https://2130706433/"}, "dest"),
        ({"signatureToken": 7}, "signatureToken"),
        ({"signatureToken": ""}, "signatureToken"),
        ({"signatureToken": "x" * 1_001}, "signatureToken"),
        ({"secret": "another"}, "signatureToken"),
        ({"reportIfEmpty": "yes"}, "reportIfEmpty"),
        ({"initialRecordTime": "yesterday"}, "initialRecordTime"),
        ({"initialRecordTime": "2026-11-20"}, "initialRecordTime"),
        ({"initialRecordTime": "2026-11-20T12:00:00"}, "initialRecordTime"),
        ({"initialRecordTime": "0001-01-01T00:00:00+14:00"}, "initialRecordTime"),
        ({"subscriptionID": "mine"}, "subscriptionID"),
    ],
    ids=str,
)
def test_what_is_no_subscription(client, key, query, changes: dict[str, Any], where: str) -> None:
    body = {name: value for name, value in (SUBSCRIBE | changes).items() if value is not None}
    answer = post(client, key, body, PATH)
    assert answer.status_code == 400
    said = answer.json()
    assert said["type"] == "epcisException:SubscriptionControlsException"
    assert said["errors"][0]["path"] == where
    assert b"13df38d8275b" not in answer.content
    assert not Subscription.objects.exists()


def test_subscriptions_have_a_limit(client, key, query, monkeypatch) -> None:
    monkeypatch.setattr(services, "MAX_SUBSCRIPTIONS", 1)
    assert [post(client, key, SUBSCRIBE, PATH).status_code for _ in range(2)] == [201, 400]


def test_there_is_no_query_to_subscribe_to(client, key) -> None:
    answer = post(client, key, SUBSCRIBE, PATH)
    assert (answer.status_code, answer.json()["type"]) == (404, "epcisException:NoSuchNameException")


def test_a_websocket_is_not_offered(client, key, query) -> None:
    for path in (PATH, "/epcis/queries/q/events"):
        answer = client.get(path, headers=key | {"Upgrade": "websocket", "Connection": "Upgrade"})
        assert (answer.status_code, answer.json()["type"]) == (501, "epcisException:ImplementationException")


def test_a_named_query_runs_a_page_at_a_time(client, key, query, dairy, farm, capture) -> None:
    for number, owner in enumerate((dairy, dairy, farm, dairy)):
        step = "packing" if number == 1 else "shipping"
        capture(owner, event(action="OBSERVE", bizStep=step, eventID=f"urn:uuid:00000000-0000-4000-c000-{number:012d}"))
    found, address = [], "/epcis/queries/q/events?perPage=1"
    while address:
        answer = client.get(address, headers=key)
        assert answer.status_code == 200, answer.content
        results = answer.json()["epcisBody"]["queryResults"]
        assert results["queryName"] == "q"
        found += [one["eventID"][-1] for one in results["resultsBody"]["eventList"]]
        address = answer.headers.get("Link", "").partition(">")[0].removeprefix("<")
    assert found == ["0", "3"]
    assert b"<EPCISQueryDocument" in client.get(
        "/epcis/queries/q/events", headers=key | {"Accept": "application/xml"}
    ).content.replace(b"epcisq:", b"")
    assert client.get("/epcis/queries/q/events?EQ_bizStep=packing", headers=key).status_code == 400
    assert client.get("/epcis/queries/other/events", headers=key).json()["type"] == "epcisException:NoSuchNameException"


def test_a_suspended_one_goes_on(client, key, query) -> None:
    address = post(client, key, SUBSCRIBE, PATH)["Location"]
    Subscription.objects.update(state="suspended", failures=9, last_error="failing", failing_since=AT)
    assert client.get(address, headers=key).json()["lastError"] == "failing"
    said = client.post(f"{address}/resume", headers=key).json()
    assert (said["state"], said["failures"]) == ("active", 0)
    Subscription.objects.update(state="ended")
    assert client.post(f"{address}/resume", headers=key).status_code == 409


@pytest.mark.parametrize(
    "raw", [b'{"signatureToken": "\\ud800"}', b'{"\\ud800": 1}', b'{"schedule": {"\\ud800": "1"}}']
)
def test_half_a_letter_is_no_text(client, key, query, raw: bytes) -> None:
    answer = post(client, key, raw, PATH)
    assert (answer.status_code, answer.json()["type"]) == (400, "epcisException:ValidationException")


def test_the_beginning_of_all_time_is_a_time(client, key, query) -> None:
    made = post(client, key, SUBSCRIBE | {"initialRecordTime": "0001-01-01T00:00:00Z"}, PATH)
    assert made.status_code == 201, made.content


def test_options_tell_the_owner_how_far_it_is(client, key, query, market) -> None:
    made = post(client, key, SUBSCRIBE | {"initialRecordTime": "2026-11-20T04:00:00Z"}, PATH)
    header = "GS1-Query-Min-Record-Time"
    assert client.options(made["Location"], headers=key)[header] == "2026-11-20T04:00:00.000Z"
    assert header not in client.options(made["Location"])
    assert header not in client.options(made["Location"], headers=key_of(market))


def test_a_test_delivery_is_asked_for(client, key, query, market) -> None:
    address = post(client, key, SUBSCRIBE, PATH)["Location"]
    assert client.post(f"{address}/test", headers=key_of(market)).status_code == 404
    assert client.post(f"{address}/test", headers=key).status_code == 202
    assert Subscription.objects.get().test_wanted
    Subscription.objects.update(state="suspended")
    assert client.post(f"{address}/test", headers=key).status_code == 409
