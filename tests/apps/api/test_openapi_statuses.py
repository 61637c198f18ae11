"""Every status that the OpenAPI document names for a method comes for some request, and no other comes for any."""

import json
from collections.abc import Iterator
from http import HTTPStatus

import pytest
from django.db import transaction
from django.test import Client

from addresses import MAKE, MISSING, filled, names_of
from coding import key_of
from zhuisu.accounts.models import Organisation
from zhuisu.api import bodies
from zhuisu.api.epcis.openapi import document as openapi
from zhuisu.conformance.data import document

PATHS = json.loads(openapi())["paths"]
OPERATIONS = [(path, method) for path, held in PATHS.items() for method in held if method != "parameters"]
# Of every request alike, with tests of their own: test_rate_limits.py, tests/faults/test_database_away.py.
ANYWHERE = {"429", "500", "503"}
NOT_TRIED = {
    # There is one event of this thing.
    ("/epcs/{epc}/events", "get"): {"413"},
    # Of a document that was stored in batches: test_capture_foreseen.py.
    ("/capture/{captureID}", "get"): {"413"},
    # Its retention period is over: tests/apps/config/test_command_retention.py.
    ("/events/{eventID}", "get"): {"410"},
    # A query without end, which needs more events than a test has: tests/apps/events/test_search.py.
    ("/queries/{queryName}/events", "get"): {"413"},
    # The receiver has ended it: tests/apps/subscriptions.
    ("/queries/{queryName}/subscriptions/{subscriptionID}/resume", "post"): {"409"},
    ("/queries/{queryName}/subscriptions/{subscriptionID}/test", "post"): {"409"},
}
BODIES = {
    "/capture": document(MAKE.event()),
    "/events/validate": document(MAKE.event()),
    "/events": json.dumps({"@context": json.loads(document())["@context"]} | MAKE.event()).encode(),
    "/queries": b'{"name": "again", "query": {}}',
    "/queries/{queryName}/subscriptions": b'{"dest": "https://example.org/hook", "stream": true}',
}
KIND = "application/json"


@pytest.fixture
def keys(tenants, owned) -> dict[str, dict[str, str]]:
    organisation = Organisation.objects.get(name="owner")
    return {"all": key_of(organisation), "reading": key_of(organisation, may_capture=False), "none": {}}


def requests(path: str, method: str, keys: dict, owned: dict[str, str]) -> Iterator[int]:
    """The status of each request that is tried: the right one, and one for each thing that can be wrong with it."""
    values = owned | {"eventType": "ObjectEvent", "list": "bizSteps"}
    missing = MISSING | {"eventType": "NoEvent", "list": "nothing"}
    body = BODIES.get(path)

    def ask(address: str = "", *, key: str = "all", headers: dict | None = None, **more) -> int:
        sent = {"content_type": KIND} | ({"data": body} if body and method == "post" else {}) | more
        if method in ("get", "options"):
            sent = {}
        asked = address or filled(path, values)
        answer = getattr(Client(), method)(asked, headers=keys[key] | (headers or {}), **sent)
        if answer.status_code == 200 and "ETag" in answer.headers and not headers:
            again = getattr(Client(), method)(asked, headers=keys[key] | {"If-None-Match": answer.headers["ETag"]})
            assert again.status_code == HTTPStatus.NOT_MODIFIED
        return answer.status_code

    right = filled(path, values)
    yield ask(key="none")
    yield ask(key="reading") if body else ask(headers={"X-API-Key": ""})
    yield ask(f"{right}?shoeSize=43")
    yield ask(f"{right}?maxEventCount=1")
    yield ask(f"{right}?perPage=0")
    yield ask(f"{right}?a={'a' * 20_000}")
    yield ask(headers={"GS1-EPCIS-Min": "3.0"})
    yield ask(headers={"Accept": "image/png"})
    yield ask(headers={"Upgrade": "websocket"})
    yield ask(headers={"Host": "evil.example"})
    if names_of(path):
        yield ask(filled(path, missing))
        yield ask(filled(path, dict.fromkeys(values, "a/b")))
    if method == "post":
        yield ask(content_type="text/csv", data=b"a,b")
        yield ask(data=b"{")
        yield ask(headers={"Content-Length": str(bodies.SIZE_LIMIT + 1)})
        yield ask(CONTENT_LENGTH="", headers={"Transfer-Encoding": "chunked"})
        yield ask()
        if path == "/events":
            yield ask(data=body.replace(b"shipping", b"receiving"))
    yield ask()


def test_the_statuses_are_those_of_the_document(keys, owned, monkeypatch):
    monkeypatch.setattr("zhuisu.subscriptions.services.outside.checked", lambda *_, **__: None)
    wrong = []
    for path, method in OPERATIONS:
        with transaction.atomic():
            came = {str(status) for status in requests(path, method, keys, owned)}
            transaction.set_rollback(True)  # what was taken away is there again for the next
        documented = set(PATHS[path][method]["responses"])
        if "304" in documented:
            came.add("304")  # asserted where it is asked for
        never = documented - came - ANYWHERE - NOT_TRIED.get((path, method), set())
        wrong += [f"{method} {path}: {one} came and is not in the document" for one in sorted(came - documented)]
        wrong += [f"{method} {path}: {one} is in the document and never came" for one in sorted(never)]
    assert not wrong, "\n".join(wrong)
