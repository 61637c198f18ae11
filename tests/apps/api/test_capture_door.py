"""POST /epcis/capture and the jobs it makes: media types, behaviours, limits, verdicts, and who may."""

import json
from datetime import UTC, datetime

import pytest
from django.test import Client

from zhuisu.accounts import services
from zhuisu.api import bodies

AT = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
CONTEXT = "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"


def event(number: int, **changes) -> dict:
    return {
        "type": "ObjectEvent",
        "eventID": f"urn:uuid:00000000-0000-4000-8000-{number:012d}",
        "action": "OBSERVE",
        "bizStep": "shipping",
        "eventTime": "2026-11-20T08:00:00.000+08:00",
        "eventTimeZoneOffset": "+08:00",
        "epcList": [f"https://id.gs1.org/01/09506000134352/21/{number}"],
    } | changes


def document(*events: dict) -> bytes:
    body = {"eventList": list(events)}
    whole = {"@context": [CONTEXT], "type": "EPCISDocument", "schemaVersion": "2.0"}
    return json.dumps(whole | {"creationDate": "2026-11-20T08:00:00Z", "epcisBody": body}).encode()


@pytest.fixture
def key(farm) -> dict[str, str]:
    _, text = services.issue_key(organisation=farm, label="ERP", by="system", at=AT)
    return {"Authorization": f"Bearer {text}"}


@pytest.fixture
def client() -> Client:
    return Client(enforce_csrf_checks=True)


def post(client, body, key, media_type="application/ld+json", **headers):
    return client.post("/epcis/capture", body, content_type=media_type, headers=key | headers)


def job_of(client, answer, key) -> dict:
    found = client.get(answer["Location"], headers=key)
    assert found.status_code == 200
    return found.json()


@pytest.mark.parametrize("media_type", ["application/json", "application/ld+json", "application/json; charset=utf-8"])
def test_a_good_document_is_accepted(client, key, media_type):
    answer = post(client, document(event(1), event(2)), key, media_type)
    assert answer.status_code == 202, answer.content
    assert answer.content == b""
    assert answer["Location"].startswith("/epcis/capture/")
    assert answer["GS1-EPCIS-Version"] == "2.0.0"
    job = job_of(client, answer, key)
    assert job["captureID"] == answer["Location"].rpartition("/")[2]
    assert (job["running"], job["success"], job["captureErrorBehaviour"]) == (False, True, "rollback")
    assert job["counts"] == {"accepted": 2, "duplicate": 0, "conflict": 0, "refused": 0}
    assert job["errors"] == []
    assert job["createdAt"].endswith("Z")
    assert job["finishedAt"] >= job["createdAt"]


def test_the_same_again_is_a_duplicate_and_other_content_a_conflict(client, key):
    post(client, document(event(1)), key)
    again = job_of(client, post(client, document(event(1)), key), key)
    assert again["success"]
    assert again["counts"]["duplicate"] == 1
    other = job_of(client, post(client, document(event(1, bizStep="receiving")), key), key)
    assert not other["success"]
    assert other["counts"]["conflict"] == 1
    (error,) = other["errors"]
    assert error["type"] == "epcisException:ResourceAlreadyExistsException"
    assert (error["index"], error["status"]) == (0, 409)


def test_rollback_refuses_all_and_proceed_takes_the_good(client, key):
    mixed = document(event(1), event(2, action="DANCE"))
    refused = post(client, mixed, key)
    assert refused.status_code == 400
    problem = refused.json()
    assert refused["Content-Type"] == "application/problem+json"
    assert (problem["type"], problem["status"]) == ("epcisException:ValidationException", 400)
    assert problem["errors"][0]["index"] == 1
    assert problem["errors"][0]["path"] == "action"
    assert problem["errors"][0]["eventID"].endswith("2")
    assert all(problem["errors"][0][name] for name in ("rule", "message", "message_zh"))
    assert client.get("/epcis/capture", headers=key).json() == []

    taken = post(client, mixed, key, **{"GS1-Capture-Error-Behaviour": "proceed"})
    assert taken.status_code == 202
    job = job_of(client, taken, key)
    assert (job["running"], job["success"], job["captureErrorBehaviour"]) == (False, False, "proceed")
    assert (job["counts"]["accepted"], job["counts"]["refused"]) == (1, 1)
    assert {one["index"] for one in job["errors"]} == {1}
    assert {one["verdict"] for one in job["verdicts"]} == {"refused"}


def test_an_event_without_id_is_told_its_id(client, key):
    without = event(1)
    del without["eventID"]
    job = job_of(client, post(client, document(without), key), key)
    (verdict,) = job["verdicts"]
    assert verdict["verdict"] == "accepted"
    assert verdict["eventID"].startswith("ni:///sha-256;")


@pytest.mark.parametrize(
    "media_type", ["", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"]
)
def test_other_media_types_are_415(client, key, media_type):
    answer = post(client, document(event(1)), key, media_type)
    assert answer.status_code == 415
    assert answer.json()["type"] == "epcisException:UnsupportedMediaTypeException"


def test_a_compressed_body_is_415(client, key):
    assert post(client, b"\x1f\x8b", key, **{"Content-Encoding": "gzip"}).status_code == 415


@pytest.mark.parametrize("behaviour", ["all", "Rollback", "", "x\ty"])
def test_an_unknown_behaviour_is_400(client, key, behaviour):
    answer = post(client, document(event(1)), key, **{"GS1-Capture-Error-Behaviour": behaviour})
    assert answer.status_code == 400
    assert "rollback or proceed" in answer.json()["detail"]


@pytest.mark.parametrize("body", [b" ", b"{", b"[]", b"null", b"\xff\xfe{\x00"])
def test_what_cannot_be_read_is_400_with_a_reason(client, key, body):
    answer = post(client, body, key)
    assert answer.status_code == 400
    (error,) = answer.json()["errors"]
    assert error["rule"]
    assert error["message"]
    assert error["message_zh"]


def test_options_announces_limits_without_a_key(client):
    answer = client.options("/epcis/capture")
    assert answer.status_code == 204
    assert answer["Allow"] == "GET, HEAD, OPTIONS, POST"
    assert answer["GS1-EPCIS-Capture-Limit"] == str(bodies.EVENT_LIMIT)
    assert answer["GS1-EPCIS-Capture-File-Size-Limit"] == str(bodies.SIZE_LIMIT)
    assert answer["GS1-Capture-Error-Behaviour"] == "all"
    for name in ("GS1-EPCIS-Version", "GS1-EPCIS-Min", "GS1-EPCIS-Max"):
        assert answer[name] == "2.0.0"
    for name in ("GS1-CBV-Version", "GS1-CBV-Min", "GS1-CBV-Max"):
        assert answer[name] == "2.0.0"
    for name in ("GS1-EPC-Format", "GS1-CBV-XML-Format", "GS1-Vendor-Version", "GS1-Extensions"):
        assert answer[name]


def test_exactly_the_limits_are_accepted_and_one_more_is_413(client, key, monkeypatch):
    body = document(*(event(number) for number in range(5)))
    monkeypatch.setattr(bodies, "EVENT_LIMIT", 5)
    monkeypatch.setattr(bodies, "SIZE_LIMIT", len(body))
    assert post(client, body, key).status_code == 202
    monkeypatch.setattr(bodies, "EVENT_LIMIT", 4)
    too_many = post(client, body, key)
    monkeypatch.setattr(bodies, "SIZE_LIMIT", len(body) - 1)
    monkeypatch.setattr(bodies, "EVENT_LIMIT", 5)
    too_long = post(client, body, key)
    for answer in (too_many, too_long):
        assert answer.status_code == 413
        assert answer.json()["type"] == "epcisException:CaptureLimitExceededException"
        assert answer["GS1-EPCIS-Capture-Limit"]
        assert answer["GS1-EPCIS-Capture-File-Size-Limit"]


def test_no_key_wrong_key_and_revoked_key_are_401(client, key, farm):
    old, text = services.issue_key(organisation=farm, label="old", by="system", at=AT)
    services.revoke_key(old, by="system", at=AT)
    for headers in ({}, {"Authorization": "Bearer nonsense"}, {"X-API-Key": text}, {"Authorization": "Basic eDp5"}):
        answer = post(client, document(event(1)), headers)
        assert answer.status_code == 401
        assert answer["WWW-Authenticate"].startswith("Bearer ")
        assert answer.json()["type"] == "epcisException:SecurityException"
    good = key["Authorization"].removeprefix("Bearer ")
    assert post(client, document(event(1)), {"X-API-Key": good}).status_code == 202


def test_a_reading_key_may_not_capture(client, farm):
    _, text = services.issue_key(organisation=farm, label="BI", by="system", at=AT, may_capture=False)
    key = {"X-API-Key": text}
    answer = post(client, document(event(1)), key)
    assert answer.status_code == 403
    assert answer.json()["type"] == "epcisException:SecurityException"
    assert client.get("/epcis/capture", headers=key).status_code == 200


def test_a_session_may_read_but_never_capture(client, farm):
    person = services.create_person(
        organisation=farm, username="lin", password="sufficient-words-42", role="admin", by="system", at=AT
    )
    client.force_login(person)
    assert client.get("/epcis/capture").status_code == 200
    assert client.get("/epcis/events").status_code == 200
    assert post(client, document(event(1)), {}).status_code == 401


def test_jobs_are_paged_newest_first_without_gap_or_empty_page(client, key):
    made = [post(client, document(event(number)), key)["Location"].rpartition("/")[2] for number in range(7)]
    seen, url, pages = [], "/epcis/capture?perPage=3", 0
    while url:
        answer = client.get(url, headers=key)
        assert answer.status_code == 200
        seen += [job["captureID"] for job in answer.json()]
        pages += 1
        link = answer.get("Link")
        assert ("GS1-Next-Page-Token-Expires" in answer) == bool(link)
        if pages == 1:
            post(client, document(event(99)), key)  # must not shift the pages behind it
        url = link.partition(">")[0].removeprefix("<http://testserver") if link else None
    assert seen == made[::-1]
    assert pages == 3


def test_jobs_have_no_other_parameters(client, key):
    answer = client.get("/epcis/capture?status=done", headers=key)
    assert answer.status_code == 400
    assert answer.json()["type"] == "epcisException:QueryParameterException"


@pytest.mark.parametrize("method", ["put", "patch", "delete"])
def test_other_methods_are_405_with_allow(client, key, method):
    answer = getattr(client, method)("/epcis/capture", headers=key)
    assert answer.status_code == 405
    assert answer["Allow"] == "GET, HEAD, OPTIONS, POST"
    assert answer.json()["status"] == 405


@pytest.mark.parametrize(
    "path", ["/epcis/capture/nothing", "/epcis/capture/%00", "/epcis/nowhere", "/epcis/capture/a/b"]
)
def test_unknown_addresses_are_problem_documents(client, key, path):
    answer = client.get(path, headers=key)
    assert answer.status_code == 404
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json()["type"] == "epcisException:NoSuchResourceException"


def test_a_failure_of_ours_is_500_without_its_inside(client, key, monkeypatch, caplog):
    def broken(*_args, **_named):
        raise RuntimeError("secret inside")

    monkeypatch.setattr("zhuisu.api.epcis.capture.receive", broken)
    answer = post(client, document(event(1)), key)
    assert answer.status_code == 500
    assert answer.json()["type"] == "epcisException:ImplementationException"
    assert b"secret" not in answer.content
    assert b"Traceback" not in answer.content
    assert "secret inside" in caplog.text


@pytest.mark.parametrize(
    ("header", "value", "status"),
    [
        ("Accept", "application/xml", 406),
        ("Accept", "text/html, application/json;q=0", 406),
        ("Accept", "text/html, application/json;q=0.1", 200),
        ("Accept", "*/*", 200),
        ("GS1-EPCIS-Min", "2.1", 406),
        ("GS1-EPCIS-Max", "1.2.0", 406),
        ("GS1-EPCIS-Min", "1.2", 200),
        ("GS1-CBV-Max", "nonsense", 406),
        ("GS1-EPC-Format", "Sometimes", 406),
        ("GS1-EPC-Format", "No_Preference", 200),
    ],
)
def test_what_cannot_be_spoken_is_406(client, key, header, value, status):
    answer = client.get("/epcis/capture", headers=key | {header: value})
    assert answer.status_code == status
    if status == 406:
        assert b"epcisException:NotAcceptableException" in answer.content
