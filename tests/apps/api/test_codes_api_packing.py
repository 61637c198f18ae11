"""Packing under /codes, and the codes of other authorities taken over: lists, trees, ranges."""

import json

import pytest
from django.test import Client

from coding import ordered, post, problem, texts
from support import AT
from zhuisu import codes
from zhuisu.events.sequencer import publish


@pytest.fixture
def client() -> Client:
    return Client(enforce_csrf_checks=True)


def packs(client, key) -> tuple[list[str], list[str]]:
    """Two cases and six items, all active."""
    cases = texts(client, key, ordered(client, key, level="case", count=2, active=True))
    return cases, texts(client, key, ordered(client, key, count=6, active=True))


def test_cases_are_packed_and_unpacked_as_events(client, key):
    cases, items = packs(client, key)
    body = {
        "relations": [{"parent": cases[0], "children": items[:3]}, {"parent": cases[1], "children": items[3:]}],
        "place": "https://id.gs1.org/414/9506000134376",
    }
    answer = post(client, "pack", key, body)
    assert answer.status_code == 200, answer.content.decode()
    assert answer.json()["packages"] == 2
    for where in answer.json()["captures"]:
        assert client.get(where, headers=key).json()["counts"]["accepted"] == 1
    publish(AT)
    found = client.get("/epcis/events?eventType=AggregationEvent", headers=key).json()
    events = found["epcisBody"]["queryResults"]["resultsBody"]["eventList"]
    assert [(one["action"], one["bizStep"], len(one["childEPCs"])) for one in events] == [("ADD", "packing", 3)] * 2
    assert events[0]["parentID"].endswith(codes.parse(cases[0]).value)
    assert events[0]["readPoint"]["id"] == "https://id.gs1.org/414/9506000134376"
    out = post(client, "unpack", key, {"relations": [{"parent": cases[0]}]})
    assert (out.status_code, out.json()["packages"]) == (200, 1)


def test_one_wrong_thing_and_nothing_is_packed(client, key, stranger):
    cases, items = packs(client, key)
    post(client, "void", key, {"codes": [items[4]], "reason": "破损"})
    theirs = texts(client, stranger, ordered(client, stranger, product=None, count=1))[0]
    relations = [
        {"parent": cases[0], "children": items[:2]},
        {"parent": cases[1], "children": [items[3], items[4], theirs, "11010119900307803X"]},
        {"parent": "gibberish", "children": [items[5]]},
    ]
    said = problem(post(client, "pack", key, {"relations": relations}), 422, "refused")
    where = {one["path"]: one["rule"] for one in said["errors"]}
    assert where.keys() == {
        *("relations[1].children[1]", "relations[1].children[2]", "relations[1].children[3]", "relations[2].parent"),
    }
    assert where["relations[1].children[1]"] == "voided"
    assert where["relations[1].children[2]"] == "not-yours"
    assert "19900307" not in json.dumps(said)
    assert client.get("/epcis/capture", headers=key).json() == []


def test_what_cannot_be_packed(client, key):
    cases, items = packs(client, key)
    for parent, children, rule in (
        (items[0], cases, "levels"),
        (cases[0], [], "empty"),
        (cases[0], [items[0], items[0].lower()], "twice"),
        (cases[0], [cases[0]], "itself"),
    ):
        problem(post(client, "pack", key, {"relations": [{"parent": parent, "children": children}]}), 422, rule=rule)
    one = {"parent": cases[0], "children": items[:1]}
    for body in ({}, {"relations": []}, {"relations": [one] * 21}, {"relations": [one | {"children": [1]}]}):
        problem(post(client, "pack", key, body), 400, "request", "body")
    for place in ("gibberish", items[0]):
        problem(post(client, "pack", key, {"relations": [one], "place": place}), 400, "request")


DRUGS = [f"8476562000156339{number:04d}" for number in range(30)]


def sent(client, key, content: str | bytes, media_type: str = "text/csv", **query: str):
    body = content.encode() if isinstance(content, str) else content
    query = {"scheme": "cn.drug_trace_msfx"} | query
    return client.post("/codes/imports", body, content_type=media_type, headers=key, query_params=query)


def test_a_list_is_taken_over_once(client, key, stranger):
    content = "\r\n".join(DRUGS)
    tried = sent(client, key, content, dryRun="true")
    assert (tried.status_code, tried.json()["count"], tried.json()["import"]) == (200, 30, None)
    answer = sent(client, key, content, lot="D1", expiresOn="2028-01-01", note="出库单")
    assert answer.status_code == 201, answer.content.decode()
    made = client.get(answer["Location"], headers=key).json()
    assert (made["count"], made["lot"], made["expiresOn"], made["kind"]) == (30, "D1", "2028-01-01", "list")
    again = sent(client, key, content)
    assert (again.status_code, again.json()["again"], again["Location"]) == (200, True, answer["Location"])
    said = problem(sent(client, key, "\n".join(["x", *DRUGS[:2]])), 422, "refused")
    assert [one["position"] for one in said["errors"]] == [1, 2, 3]
    assert [one["rule"] for one in said["errors"][1:]] == ["imported", "imported"]
    assert [one["id"] for one in client.get("/codes/imports", headers=key).json()] == [made["id"]]
    assert client.get("/codes/imports", headers=stranger).json() == []
    for where in (answer["Location"], "/codes/imports/0", f"/codes/imports/{10**19}", "/codes/imports/x"):
        problem(client.get(where, headers=stranger), 404)
    states = post(client, "verify", key, {"codes": [DRUGS[0], "84765629999999999999"]}).json()
    assert [one["state"] for one in states] == ["foreign", "unknown"]
    assert states[0]["lot"] == "D1"
    assert post(client, "verify", stranger, {"codes": [DRUGS[0]]}).json() == [{"position": 1, "state": "unknown"}]


def test_a_tree_brings_its_packages(client, key):
    rows = [f"{code},{DRUGS[20 + place // 5]}" for place, code in enumerate(DRUGS[:10])]
    answer = sent(client, key, "小码,中码\n" + "\n".join(rows), kind="tree")
    assert answer.status_code == 201, answer.content.decode()
    assert answer.json()["relations"] == 10
    publish(AT)
    found = client.get("/epcis/events?eventType=AggregationEvent", headers=key).json()
    assert len(found["epcisBody"]["queryResults"]["resultsBody"]["eventList"]) == 2


def test_a_range_is_taken_over(client, key):
    body = {"scheme": "cn.drug_trace_msfx", "from": DRUGS[0], "to": DRUGS[29], "lot": "D2"}
    tried = post(client, "imports", key, body | {"dryRun": True})
    assert (tried.status_code, tried.json()["count"]) == (200, 30)
    answer = post(client, "imports", key, body)
    assert (answer.status_code, answer.json()["count"]) == (201, 30)
    problem(post(client, "imports", key, body | {"from": DRUGS[29], "to": DRUGS[0]}), 422, "refused", "range")
    problem(post(client, "imports", key, body | {"scheme": "zs.unit"}), 422, "refused", "scheme")
    problem(post(client, "imports", key, {"scheme": "x"}), 400, "request", "body")
    refused = client.post(
        "/codes/imports", json.dumps(body), content_type="application/json", headers=key, query_params={"lot": "x"}
    )
    problem(refused, 400, "QueryParameterException")


def test_what_is_no_import(client, key):
    problem(sent(client, key, "\n"), 422)
    problem(sent(client, key, b"\xff\x00\x81\xfe" * 10), 422)
    problem(sent(client, key, "1", scheme="nothing"), 422, rule="scheme")
    problem(sent(client, key, DRUGS[0], media_type="application/pdf"), 415)
    problem(sent(client, key, "a,b\n1,2", kind="tree"), 422)
    for wrong in (
        {"kind": "forest"},
        {"dryRun": "maybe"},
        {"lot": "x" * 41},
        {"note": "x" * 201},
        {"producedOn": "soon"},
        {"colour": "red"},
        {"scheme": "\x00"},
    ):
        problem(sent(client, key, DRUGS[0], **wrong), 400, "QueryParameterException")
