"""Around a request: its id in the answer, in problems and in its line; what the line says, and what must never stand in it."""

import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client

from support import AT, document, event
from zhuisu.accounts import services
from zhuisu.accounts.models import Organisation
from zhuisu.config import logs

CANARY, PERSON = "Canary7Secret", "11010519491231002X"


@pytest.fixture
def told() -> Iterator[io.StringIO]:
    """Everything that is logged, as it would be written."""
    held = io.StringIO()
    handler = logging.StreamHandler(held)
    handler.setFormatter(logs.JsonLine())
    loggers = [logging.getLogger(), logging.getLogger("zhuisu.request")]
    for each in loggers:
        each.addHandler(handler)
    yield held
    for each in loggers:
        each.removeHandler(handler)


def lines(told: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(one) for one in told.getvalue().splitlines()]


def test_a_line_says_pattern_status_and_who(client: Client, dairy: Organisation, told: io.StringIO) -> None:
    _, key = services.issue_key(organisation=dairy, label="ERP", by="system:test", at=AT)
    answer = client.get("/epcis/events?EQ_bizStep=shipping", HTTP_X_API_KEY=key)
    assert answer.status_code == 200
    (line,) = lines(told)
    assert {name: line[name] for name in ("level", "request", "route", "method", "status", "organisation", "by")} == {
        "level": "info", "request": answer["X-Request-ID"], "route": "/epcis/events", "method": "GET", "status": 200,
        "organisation": dairy.pk, "by": f"key:{key[:12]}",
    }  # fmt: skip
    assert line["ms"] >= 0
    assert key not in told.getvalue()


def test_the_life_of_the_process_is_no_news(client: Client, told: io.StringIO) -> None:
    client.get("/healthz")
    assert told.getvalue() == ""


@pytest.mark.parametrize("given", ["a" * 8, "7f3c-41.b_2", "A" * 64])
def test_a_sane_id_is_kept(client: Client, given: str) -> None:
    assert client.get("/healthz", HTTP_X_REQUEST_ID=given)["X-Request-ID"] == given


@pytest.mark.parametrize(
    "given", ["short", "a" * 65, "with blank 1", "a\r\nSet-Cookie: x", "a\nb-long-enough", "号码号码号码号码", "", PERSON, "zs_" + "a" * 20]
)  # fmt: skip
def test_any_other_is_replaced(client: Client, given: str) -> None:
    assert client.get("/healthz", HTTP_X_REQUEST_ID=given)["X-Request-ID"] == "0" * 24


def test_problems_name_the_request(client: Client, db: None) -> None:
    uri = "urn:zhuisu:request:of-this-test"
    brings = {"HTTP_X_REQUEST_ID": "of-this-test"}
    answer = client.get("/epcis/events", **brings)
    assert (answer.status_code, answer.json()["instance"]) == (401, uri)
    assert int(answer["Content-Length"]) == len(answer.content)
    head = client.head("/epcis/events", **brings)
    assert head.content == b""
    assert head["Content-Length"] == answer["Content-Length"]
    xml = client.get("/epcis/events", HTTP_ACCEPT="application/xml", **brings)
    assert xml["Content-Type"] == "application/problem+xml"
    assert f"<instance>{uri}</instance></problem>" in xml.content.decode()


@pytest.mark.django_db
def test_no_canary_comes_into_the_log(client: Client, dairy: Organisation, told: io.StringIO, monkeypatch: Any) -> None:
    """Secrets and a person's number through every input: addresses, queries, headers, bodies, sign-in, and an error of ours."""
    client.raise_request_exception = False
    for value in (CANARY, PERSON):
        client.get(f"/01/09506000134352/21/{value}?q={value}")
        client.get(f"/epcis/events/{value}", HTTP_AUTHORIZATION=f"Bearer {value}", HTTP_COOKIE=f"sessionid={value}")
        client.get(
            "/epcis/events", HTTP_X_API_KEY=f"zs_{value}", HTTP_REFERER=f"http://a/{value}", HTTP_USER_AGENT=value
        )
        client.get("/find", {"q": value}, HTTP_HOST=f"{value.lower()}.example")
        client.post(
            "/epcis/capture", document(event(epcList=[f"urn:epc:id:sgtin:9506000.013435.{value}"])), "application/json"
        )
        client.post("/sign-in", {"username": value, "password": value})
        client.generic(value, f"/desk/{value}")
    monkeypatch.setattr("zhuisu.api.callers.key_by_text", lambda text: int(text))
    client.get(f"/epcis/events/{CANARY}", HTTP_X_API_KEY=CANARY)
    found = told.getvalue()
    assert len(found.splitlines()) > 10
    assert '"ValueError"' in found, "the error of ours is told"
    for value in (CANARY, CANARY.lower(), PERSON, "19491231"):
        assert value not in found, next(one for one in found.splitlines() if value in one)
