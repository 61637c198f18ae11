"""Asking under /codes: whose codes they are, who may know what of them, and what a text can be read as."""

import pytest
from django.test import Client

from coding import key_of, ordered, post, printed, problem, texts
from support import AT
from zhuisu import codes
from zhuisu.accounts import services as accounts
from zhuisu.accounts.models import Organisation
from zhuisu.codes import zs_unit
from zhuisu.registry.models import Series


@pytest.fixture
def client() -> Client:
    return Client(enforce_csrf_checks=True)


def test_anothers_batch_is_not_there(client, key, stranger):
    batch = ordered(client, key)
    nothing = client.get("/codes/batches/987654321", headers=stranger).content
    for where in (batch["id"], 0, 10**19, "x", "1/2"):
        assert client.get(f"/codes/batches/{where}", headers=stranger).content == nothing
    assert client.get(batch["printFile"], headers=stranger).content == nothing
    for verb, more in (("activate", {}), ("use", {}), ("void", {"reason": "x"})):
        problem(post(client, verb, stranger, {"batch": batch["id"]} | more), 404)
    theirs = texts(client, key, batch)
    said = problem(post(client, "activate", stranger, {"codes": theirs}), 422)
    assert {one["rule"] for one in said["errors"]} == {"not-yours"}
    assert client.get(f"/codes/batches/{batch['id']}", headers=key).json()["counts"]["issued"] == 10


def test_another_sees_the_same_of_issued_never_issued_and_forged(client, key, stranger, milk):
    batch = ordered(client, key, active=True)
    real = codes.parse(texts(client, key, batch)[0]).value
    unused = next(a for a in ("2222", "3333", "4444") if not Series.objects.filter(name=a).exists())
    forged_body = real[:4] + "Y" * 11
    never_body = unused + "Y" * 11
    forged = forged_body + zs_unit.check_character(forged_body)
    never = never_body + zs_unit.check_character(never_body)
    asked = [real, forged, never, f"https://example.com/01/06901234567892/21/{real}", "nothing"]
    answers = post(client, "verify", stranger, {"codes": asked}).json()
    assert answers == [{"position": place, "state": "unknown"} for place in range(1, 6)]
    unknown = {client.get(f"/codes/{code}", headers=stranger).content for code in (real, forged, never)}
    assert len(unknown) == 1
    own = post(client, "verify", key, {"codes": asked}).json()
    assert [one["state"] for one in own] == ["active", "forged", "unknown", "active", "unknown"]
    assert own[0]["code"] == f"gs1.sgtin:01/06901234567892/21/{real}"
    assert own[0]["batch"] == batch["id"]
    problem(client.get(f"/codes/{never}", headers=key), 404)


@pytest.mark.parametrize("kind", ["regulator", "operator"])
def test_an_authority_sees_which_it_is(client, key, kind):
    batch = ordered(client, key, lot="L1", expiresOn="2027-01-01")
    real = codes.parse(texts(client, key, batch)[0]).value
    office = Organisation.objects.create(kind=kind, name="监管", party="uri:urn:example:office", region="35")
    badge = key_of(office, may_capture=False)
    body = "3333" + "Y" * 11
    answers = post(client, "verify", badge, {"codes": [real, body + zs_unit.check_character(body), "69"]}).json()
    assert answers[0]["state"] == "issued"
    assert answers[0]["issuer"]["name"] == "厦门鹭岛乳业有限公司"
    assert answers[1]["state"] in ("never-issued", "forged")
    one = client.get(f"/codes/{real}", headers=badge).json()
    assert (one["lot"], one["expiresOn"], one["level"]) == ("L1", "2027-01-01", "item")


def test_a_key_for_reading_only_reads(client, dairy, key):
    batch = ordered(client, key)
    reader = key_of(dairy, may_capture=False)
    assert client.get("/codes/batches", headers=reader).status_code == 200
    assert texts(client, reader, batch)
    assert post(client, "verify", reader, {"codes": ["a"]}).status_code == 200
    assert post(client, "check", reader, {"codes": ["a"]}).status_code == 200
    for where in ("batches", "activate", "void", "use", "pack", "unpack", "imports"):
        problem(post(client, where, reader, {}), 403, "SecurityException")


def test_without_a_key_nothing_and_by_cookie_only_reading(client, key, dairy):
    problem(client.get("/codes/batches"), 401)
    problem(post(client, "batches", {}, {}), 401)
    person = accounts.create_person(
        organisation=dairy, username="lin", password="Kx7-milk-tank", role="member", by="system", at=AT
    )
    client.force_login(person)
    assert client.get("/codes/batches").status_code == 200
    problem(post(client, "activate", {}, {"codes": ["a"]}), 401)


def test_a_caller_who_asks_too_often_is_told_when_to_come_back(client, key, stranger, monkeypatch):
    monkeypatch.setattr("zhuisu.verification.services.TRUSTED_LIMIT", 5)
    monkeypatch.setattr("zhuisu.api.codes.timezone.now", lambda: AT)  # all in one minute
    unknown = ["7KQA 3M9T WX2C 8HRL"] * 5
    assert post(client, "verify", key, {"codes": unknown}).status_code == 200
    answer = post(client, "verify", key, {"codes": unknown})
    problem(answer, 429, "too-many-requests")
    assert 0 < int(answer["Retry-After"]) <= 60
    problem(client.get("/codes/7KQA3M9TWX2C8HRL", headers=key), 429)
    problem(client.get("/codes/7KQA3M9TWX2C8HRL", headers=stranger), 404)


def test_check_reads_texts_and_tells_nothing_of_existence(client, key, django_assert_num_queries):
    with django_assert_num_queries(1):  # the key alone
        answer = post(client, "check", key, {"codes": ["84765620001563394047", "06901234567892", "?", "1" * 2048]})
    drug, gtin, nothing, _ = answer.json()
    assert drug["readings"][0]["scheme"] == "cn.drug_trace_msfx"
    assert drug["readings"][0]["parts"][0]["text"] == "8476562"
    assert gtin["valid"]
    assert all(part["name"] and part["name_zh"] for part in gtin["readings"][0]["parts"])
    assert (nothing["position"], nothing["valid"], nothing["readings"]) == (3, False, [])
    assert nothing["error"]["message_zh"]


def test_check_and_verify_have_limits(client, key):
    for where, most in (("check", 1_000), ("verify", 100)):
        assert post(client, where, key, {"codes": ["x"] * most}).status_code == 200
        problem(post(client, where, key, {"codes": ["x"] * (most + 1)}), 400, "request", "body")
        problem(post(client, where, key, {"codes": []}), 400, "request", "body")
    problem(post(client, "check", key, {"codes": ["1" * 2_000] * 51}), 400, "request", "too-long")


def test_a_personal_number_comes_back_masked(client, key):
    number = "11010119900307803X"
    answer = post(client, "check", key, {"codes": [number, f"cn.ric:{number}"]})
    assert number not in answer.content.decode()
    assert number not in post(client, "verify", key, {"codes": [f"cn.ric:{number}"]}).content.decode()


def test_a_code_is_found_in_any_of_its_forms(client, key):
    batch = ordered(client, key)
    (_, _, shown, link) = printed(client, key, batch)[0]
    code = codes.parse(link)
    for text in (shown, shown.lower().replace(" ", "-"), code.canonical, link, codes.to_urn(code, 7)):
        found = client.get("/codes/" + text.replace("%", "%25").replace("?", "%3F"), headers=key)
        assert found.status_code == 200, text
        assert found.json()["code"] == code.canonical
    for text in ("x", "%00", "9" * 3000, "a/b/c"):
        problem(client.get(f"/codes/{text}", headers=key), 404)


def test_methods_and_options(client, key):
    for where, allow in {
        "batches": "GET, HEAD, OPTIONS, POST",
        "activate": "OPTIONS, POST",
        "check": "OPTIONS, POST",
        "batches/1": "GET, HEAD, OPTIONS",
    }.items():
        answer = client.options(f"/codes/{where}")
        assert (answer.status_code, answer["Allow"]) == (204, allow)
        problem(client.put(f"/codes/{where}", b"", headers=key), 405)
    assert client.head("/codes/batches", headers=key).content == b""
    problem(client.get("/codes", headers=key), 404)
    problem(client.get("/codes/", headers=key), 404)


def test_media_types(client, key):
    for media_type in ("text/plain", "application/x-www-form-urlencoded", ""):
        answer = client.post("/codes/check", b'{"codes": ["1"]}', content_type=media_type, headers=key)
        problem(answer, 415)


def test_a_lost_key_file_is_told_to_the_owner_alone(client, key, stranger, settings, tmp_path):
    batch = ordered(client, key)
    real = texts(client, key, batch)[0]
    settings.HOME = tmp_path
    problem(client.get(batch["printFile"], headers=key), 503)
    problem(client.get(f"/codes/{real}", headers=key), 503)
    problem(post(client, "verify", key, {"codes": [real]}), 503)
    assert post(client, "verify", stranger, {"codes": [real]}).json() == [{"position": 1, "state": "unknown"}]
