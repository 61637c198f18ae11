"""The collections over HTTP: bodies as the OpenAPI wants them, path values in every writing, pages, and nobody else's values."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

import jsonschema
import pytest
from django.http import HttpResponse
from django.test import Client

from coding import key_of
from support import event
from zhuisu.accounts.models import Organisation
from zhuisu.epcis import cbv

Ask = Callable[..., Any]
SGLN, SGLN_LINK = "urn:epc:id:sgln:9506000.00002.0", "https://id.gs1.org/414/9506000000022"
TIN, TIN_LINK = "urn:epc:id:sgtin:9506000.013435.1", "https://id.gs1.org/01/09506000134352/21/1"
ODD = "https://example.org/box/a b?c=1#d/events"


@pytest.fixture
def ask(dairy: Organisation, capture: Any) -> Ask:
    place = {"readPoint": {"id": SGLN}, "bizLocation": {"id": "https://example.org/shop/events"}}
    capture(
        dairy,
        event(eventID="urn:x:1", disposition="active", **place),
        event(eventID="urn:x:2", epcList=[quote(ODD, safe=":/?=#")], action="OBSERVE", bizStep="urn:x:step:a/b"),
        event(eventID="urn:x:3", action="OBSERVE", bizStep="shipping", **place),
    )
    key = key_of(dairy)

    def do(path: str, **headers: str) -> Any:
        return Client().get(f"/epcis/{path}", headers=key | headers)

    return do


def _ids(answer: HttpResponse) -> list[str]:
    return sorted(
        one["eventID"] for one in json.loads(answer.content)["epcisBody"]["queryResults"]["resultsBody"]["eventList"]
    )


def test_lists_hold_what_events_have(ask: Ask) -> None:
    assert ask("bizSteps?perPage=1000").json()["member"] == sorted([*cbv.WORDS["bizStep"], "urn:x:step:a/b"])
    assert ask("dispositions?perPage=1000").json()["member"] == sorted(cbv.WORDS["disposition"])
    assert ask("readPoints").json()["member"] == [SGLN_LINK]
    assert ask("bizLocations").json()["member"] == ["https://example.org/shop/events"]
    assert TIN_LINK in ask("epcs").json()["member"]
    assert ask("eventTypes").json()["member"] == [
        "AggregationEvent",
        "AssociationEvent",
        "ObjectEvent",
        "TransactionEvent",
        "TransformationEvent",
    ]


@pytest.mark.parametrize("form", ["Always_EPC_URN", "Never_Translates", "No_Preference"])
def test_identifiers_come_in_the_form_asked_for(ask: Ask, form: str) -> None:
    for path, urn in (("readPoints", SGLN), ("epcs", TIN)):
        answer = ask(path, **{"GS1-EPC-Format": form})
        assert urn in answer.json()["member"]
        assert answer.headers["GS1-EPC-Format"] == (form if form == "Always_EPC_URN" else "Never_Translates")


@pytest.mark.parametrize(
    ("path", "schema"),
    [
        ("eventTypes", "EventTypeCollection"),
        ("epcs", "UriCollection"),
        ("bizSteps", "BizStepCollection"),
        ("bizLocations", "UriCollection"),
        ("readPoints", "UriCollection"),
        ("dispositions", "DispositionCollection"),
        ("bizSteps/shipping", "ResourceCollection"),
        ("eventTypes/ObjectEvent", "ResourceCollection"),
    ],
)
def test_bodies_are_those_of_the_openapi(ask: Ask, shared: Path, path: str, schema: str) -> None:
    whole = json.loads((shared / "data/epcis/gs1/ratified/openapi-2.0.0.json").read_text())
    body = ask(path).json()
    jsonschema.Draft7Validator(whole | {"$ref": f"#/components/schemas/{schema}"}).validate(body)
    assert body["member"]


@pytest.mark.parametrize(
    ("name", "value", "events"),
    [
        ("bizSteps", "shipping", ["urn:x:3"]),
        ("bizSteps", "cbv:BizStep-shipping", ["urn:x:3"]),
        ("bizSteps", "urn:epcglobal:cbv:bizstep:shipping", ["urn:x:3"]),
        ("bizSteps", "https://ref.gs1.org/cbv/BizStep-shipping", ["urn:x:3"]),
        ("bizSteps", "urn:x:step:a/b", ["urn:x:2"]),
        ("bizSteps", "killing", []),
        ("dispositions", "in_transit", []),
        ("dispositions", "https://ref.gs1.org/cbv/Disp-active", ["urn:x:1"]),
        ("readPoints", SGLN, ["urn:x:1", "urn:x:3"]),
        ("readPoints", SGLN_LINK, ["urn:x:1", "urn:x:3"]),
        ("bizLocations", "https://example.org/shop/events", ["urn:x:1", "urn:x:3"]),
        ("epcs", TIN, ["urn:x:1", "urn:x:3"]),
        ("epcs", TIN_LINK, ["urn:x:1", "urn:x:3"]),
        ("epcs", quote(ODD, safe=":/?=#"), ["urn:x:2"]),
        ("eventTypes", "ObjectEvent", ["urn:x:1", "urn:x:2", "urn:x:3"]),
    ],
)
def test_a_value_in_any_writing_leads_to_its_events(ask: Ask, name: str, value: str, events: list[str]) -> None:
    address = f"{name}/{quote(value, safe='')}"
    assert ask(address).json() == {
        "@context": "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld",
        "type": "Collection",
        "member": ["events"],
    }
    assert _ids(ask(f"{address}/events")) == events
    assert _ids(ask(f"{address}/events?LT_eventTime=2000-01-01T00:00:00Z")) == []


@pytest.mark.parametrize(
    "path",
    [
        "bizSteps/nonsense",
        "bizSteps/urn:x:step:a",
        "bizSteps/urn:x:step:c/events",
        "dispositions/nonsense",
        "readPoints/urn:epc:id:sgln:9506000.00009.0",
        "readPoints/nonsense",
        "epcs/urn:epc:id:sgtin:9506000.013435.77",
        "epcs/urn:epc:idpat:sgtin:9506000.013435.*",
        "epcs/%00",
        "eventTypes/QuantityEvent",
    ],
)
def test_what_no_event_has_is_not_found(ask: Ask, path: str) -> None:
    answer = ask(path)
    assert (answer.status_code, answer.json()["type"]) == (404, "epcisException:NoSuchResourceException")


def test_further_conditions_hold_and_pages_follow(ask: Ask) -> None:
    assert _ids(ask(f"epcs/{quote(TIN, safe='')}/events?EQ_action=OBSERVE&EQ_bizStep=shipping")) == ["urn:x:3"]
    found, path = [], "eventTypes/ObjectEvent/events?perPage=2"
    while path:
        answer = ask(path)
        found += _ids(answer)
        path = answer.headers.get("Link", "").partition(">")[0].partition("/epcis/")[2]
    assert found == ["urn:x:1", "urn:x:2", "urn:x:3"]
    assert ask("eventTypes/ObjectEvent/events?nonsense=1").status_code == 400
    assert ask("bizSteps?nonsense=1").status_code == 400
    assert ask("bizSteps/shipping?nonsense=1").status_code == 400


@pytest.mark.parametrize("name", ["bizSteps", "epcs", "eventTypes"])
def test_pages_of_a_list_hold_each_value_once(ask: Ask, name: str) -> None:
    whole, found, path = ask(f"{name}?perPage=1000").json()["member"], [], f"{name}?perPage=1"
    while path:
        answer = ask(path)
        found += answer.json()["member"]
        path = answer.headers.get("Link", "").partition(">")[0].partition("/epcis/")[2]
    assert found == whole


def test_options_needs_no_key_and_head_has_no_body(ask: Ask, dairy: Organisation) -> None:
    for path in ("bizSteps", "epcs/x", "epcs/x/events"):
        answer = Client().options(f"/epcis/{path}")
        assert (answer.status_code, answer.headers["Allow"]) == (204, "GET, HEAD, OPTIONS")
    head = Client().head("/epcis/bizSteps", headers=key_of(dairy))
    assert (head.status_code, head.content) == (200, b"")


def test_another_organisation_sees_none_of_it(ask: Ask, market: Organisation) -> None:
    key = key_of(market)
    standard = {"bizSteps": sorted(cbv.WORDS["bizStep"]), "dispositions": sorted(cbv.WORDS["disposition"])}
    for name in ("epcs", "bizSteps", "bizLocations", "readPoints", "dispositions"):
        answer = Client().get(f"/epcis/{name}?perPage=1000", headers=key)
        assert (answer.json()["member"], answer.headers.get("Link")) == (standard.get(name, []), None)
    for path in ("bizSteps/shipping/events", "dispositions/active/events"):
        assert _ids(Client().get(f"/epcis/{path}", headers=key)) == []
    for path in (
        "bizSteps/urn:x:step:a%2Fb",
        f"epcs/{quote(TIN, safe='')}",
        f"readPoints/{quote(SGLN, safe='')}/events",
    ):
        assert Client().get(f"/epcis/{path}", headers=key).status_code == 404
