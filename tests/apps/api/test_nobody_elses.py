"""Every address under /epcis with what is another's: answered exactly like what is not there, and nothing is changed by it.

The addresses come from the OpenAPI document, which is held against the url table: a new one without a case here fails.
"""

import json

from django.test import Client

from addresses import MISSING, PUBLIC, filled, names_of
from zhuisu.api.epcis.openapi import document as openapi

PATHS = json.loads(openapi())["paths"]
METHODS = ("get", "head", "post", "delete")
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
VARYING = {"Date"}


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
