"""Every address under /epcis with what is another's: answered exactly like what is not there, and nothing is changed by it.

The addresses come from the OpenAPI document, which is held against the url table: a new one without a case here fails.
"""

import json
from urllib.parse import quote, unquote

import pytest
from django.test import Client
from django.utils import timezone

from zhuisu.accounts import services
from zhuisu.api.epcis.openapi import document as openapi
from zhuisu.conformance.data import Maker, document, link, master_data
from zhuisu.events.sequencer import publish

PATHS = json.loads(openapi())["paths"]
METHODS = ("get", "head", "post", "delete")
MAKE = Maker("9f9f", "2026-11-20T08:00:00Z")
MALFORMED = [
    "%00",
    "x" * 5000,
    "%2e%2e%2f",
    "%FF%FE",
    "a%0d%0aX-Evil:1",
    "%F0%9F%90%BC",
    "'%20OR%201=1--",
    "%25s",
    "-1",
    "{}",
]
# Values that are not there but could be, by the name of the path's value.
MISSING = {
    "captureID": "AAAAAAAAAAAAAAAAAAAAAAAA",
    "eventID": "urn:uuid:00000000-0000-4000-8000-00000000dead",
    "epc": MAKE.thing("dead"),
    "bizStep": "decommissioning",
    "disposition": "retail_sold",
    "bizLocation": MAKE.place(),
    "readPoint": MAKE.place(),
    "queryName": "nobodys-query",
    "subscriptionID": "00000000-0000-4000-8000-00000000dead",
    "token": "AAAA:BBBB:CCCC",
    "vocabulary": f"BusinessLocation/{MAKE.place()}",
}
# Values that say nothing of anybody: the same for all callers.
PUBLIC = {"eventType", "list"}
VARYING = {"Date"}


@pytest.fixture
def tenants(db, settings):
    settings.OUTBOUND_ALLOWED = ()
    made = []
    for name, party in (
        ("owner", "uri:urn:example:owner"),
        ("other", "uri:urn:example:other"),
        ("fresh", "uri:urn:example:fresh"),
    ):
        organisation = services.create_organisation(
            kind="enterprise", name=name, party=party, by="system", at=timezone.now(), region="350212"
        )
        _, text = services.issue_key(organisation=organisation, label="ERP", by="system", at=timezone.now())
        made.append(Client(headers={"Authorization": f"Bearer {text}"}))
    return made


@pytest.fixture
def owned(tenants, monkeypatch) -> dict[str, str]:
    """What the owner has: a value for every name of a path's value."""
    owner = tenants[0]
    place, point = MAKE.place(), MAKE.place()
    events = [MAKE.at(place, readPoint={"id": point}, disposition="in_transit") for _ in range(2)]
    body = document(*events, header=master_data(place, city="Xiamen"))
    captured = owner.post("/epcis/capture", body, content_type="application/json")
    assert captured.status_code == 202, captured.content
    publish(timezone.now())
    query = {"name": "mine", "query": {"eventType": ["ObjectEvent"]}}
    assert owner.post("/epcis/queries", query, content_type="application/json").status_code == 201
    monkeypatch.setattr("zhuisu.subscriptions.services.outside.checked", lambda *_, **__: None)
    wish = {"dest": "https://example.org/hook", "stream": True}
    made = owner.post("/epcis/queries/mine/subscriptions", wish, content_type="application/json")
    assert made.status_code == 201, made.content
    page = owner.get("/epcis/events?perPage=1")
    return {
        "captureID": captured.headers["Location"].rpartition("/")[2],
        "eventID": events[0]["eventID"],
        "epc": link(events[0]["epcList"][0]),
        "bizStep": "shipping",
        "disposition": "in_transit",
        "bizLocation": place,
        "readPoint": point,
        "queryName": "mine",
        "subscriptionID": made.json()["subscriptionID"],
        "token": unquote(page.headers["Link"].partition("nextPageToken=")[2].partition(">")[0]),
        "vocabulary": f"BusinessLocation/{place}",
    }


def names_of(path: str) -> list[str]:
    return [part[1:-1] for part in path.split("/") if part.startswith("{")]


def filled(path: str, values: dict[str, str], quoted: bool = True) -> str:
    for name in names_of(path):
        path = path.replace(f"{{{name}}}", quote(values[name], safe="") if quoted else values[name])
    return f"/epcis{path}"


def said(client: Client, method: str, address: str) -> tuple:
    """All that a caller can see, but for the time."""
    answer = getattr(client, method)(address)
    body = b"".join(answer.streaming_content) if answer.streaming else answer.content
    return answer.status_code, body, {name: text for name, text in answer.headers.items() if name not in VARYING}


def private(path: str) -> bool:
    return bool(set(names_of(path)) - PUBLIC)


def test_every_value_of_a_path_has_a_case(owned):
    names = {name for path in PATHS for name in names_of(path)}
    assert names == set(owned) | PUBLIC == set(MISSING) | PUBLIC


def test_what_is_anothers_is_answered_like_what_is_not_there(tenants, owned):
    """Status, body and headers, for every address and method, and for each value alone beside good ones of one's own."""
    owner, other, _ = tenants
    before = {path: said(owner, "head", filled(path, owned))[0] for path in PATHS if private(path)}
    for path in filter(private, PATHS):
        for method in METHODS:
            foreign, missing = (said(other, method, filled(path, values)) for values in (owned, MISSING))
            assert foreign == missing, (method, path)
            if method.upper() in str(PATHS[path].keys()).upper() and path != "/nextPageToken/{token}":
                assert foreign[0] in (403, 404), (method, path, foreign[0])
    assert {path: said(owner, "head", filled(path, owned))[0] for path in PATHS if private(path)} == before
    assert set(before.values()) <= {200, 405, 204}


def test_a_subscription_under_a_query_of_ones_own_is_still_anothers(tenants, owned):
    _, other, _ = tenants
    body = {"name": "mine", "query": {"eventType": ["ObjectEvent"]}}
    assert other.post("/epcis/queries", body, content_type="application/json").status_code == 201
    for path in (one for one in PATHS if "{subscriptionID}" in one):
        for method in METHODS:
            foreign = said(other, method, filled(path, owned))
            missing = said(other, method, filled(path, {**MISSING, "queryName": "mine"}))
            assert foreign == missing, (method, path)


def test_malformed_values_are_refused_in_words(tenants, owned):
    """Never a failure of ours, and never anything of anybody's."""
    _, other, _ = tenants
    for path in filter(private, PATHS):
        for value in MALFORMED:
            for method in ("get", "delete"):
                status, body, headers = said(other, method, filled(path, dict.fromkeys(owned, value), quoted=False))
                assert status in (204, 400, 403, 404, 405, 501) or (status == 414 and len(value) > 100), (
                    method,
                    path,
                    value,
                    status,
                )
                assert status == 204 or headers["Content-Type"].startswith("application/problem+json"), (path, value)
                assert b"Traceback" not in body


def test_lists_of_another_are_those_of_somebody_with_nothing(tenants, owned):
    _, other, fresh = tenants
    for path, operations in PATHS.items():
        if names_of(path) or "get" not in operations:
            continue
        answers = [one.get(f"/epcis{path}") for one in (other, fresh)]
        texts = []
        for answer in answers:
            body = b"".join(answer.streaming_content) if answer.streaming else answer.content
            whole = json.loads(body)
            if isinstance(whole, dict):
                whole.pop("creationDate", None)
            texts.append((answer.status_code, whole))
        assert texts[0] == texts[1], path
        text = json.dumps(texts[0])
        assert not [
            value
            for name, value in owned.items()
            if name not in ("bizStep", "disposition", "queryName") and value in text
        ], path
