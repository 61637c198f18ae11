"""POST and GET under /codes for batches, and changes of state: what is taken, what is refused and where it says so."""

import json

import pytest
from django.test import Client

from coding import GTIN, key_of, ordered, post, printed, problem, texts
from zhuisu import codes
from zhuisu.accounts.models import AuditEntry
from zhuisu.codes import zs_unit
from zhuisu.registry.models import Act, Batch


@pytest.fixture
def client() -> Client:
    return Client(enforce_csrf_checks=True)


def test_an_order_is_a_batch_with_codes_of_its_own(client, key):
    answer = post(
        client,
        "batches",
        key,
        {
            "product": "6901234567892",
            "level": "case",
            "count": 5,
            "rollSize": 2,
            "lot": "L1",
            "producedOn": "2026-11-01",
            "expiresOn": "2027-05-01",
            "note": "二号线",
        },
    )
    assert answer.status_code == 201, answer.content
    batch = answer.json()
    assert answer["Location"] == f"/codes/batches/{batch['id']}"
    assert (batch["level"], batch["count"], batch["rollSize"], batch["rolls"]) == ("case", 5, 2, 3)
    assert batch["counts"] == {"issued": 5, "active": 0, "voided": 0, "used": 0}
    assert batch["product"] == {"code": GTIN, "name": "纯牛奶", "nameEn": "Milk"}
    assert batch["by"].startswith("key:zs_")
    again = client.get(answer["Location"], headers=key).json()
    assert again["lots"] == [
        {"first": 0, "last": 4, "lot": "L1", "producedOn": "2026-11-01", "expiresOn": "2027-05-01"}
    ]
    rows = printed(client, key, batch)
    assert [row[:2] for row in rows] == [["1", "1"], ["1", "2"], ["2", "1"], ["2", "2"], ["3", "1"]]
    assert len({row[2] for row in rows}) == 5
    for _roll, _number, shown, link in rows:
        assert link == f"http://testserver/01/06901234567892/21/{codes.parse(shown).value}"


def test_without_product_and_active_at_once(client, key):
    batch = ordered(client, key, product=None, active=True, count=3)
    assert batch["counts"]["active"] == 3
    assert batch["product"] is None
    assert printed(client, key, batch)[0][3].startswith("http://testserver/i/zs.unit/")


def test_a_part_of_the_print_file_at_another_address(client, key):
    batch = ordered(client, key)
    whole = printed(client, key, batch)
    part = printed(client, key, batch, first=3, count=4, address="https://id.example.com")
    assert [row[:3] for row in part] == [row[:3] for row in whole[3:7]]
    assert part[0][3].startswith("https://id.example.com/01/")
    assert texts(client, key, batch, first=9) == [whole[9][2]]
    written = AuditEntry.objects.filter(verb="codes.print", target=f"batch:{batch['id']}").order_by("pk")
    assert [entry.detail["count"] for entry in written] == [10, 4, 1]
    head = client.head(batch["printFile"], headers=key)
    assert written.count() == 3
    assert (head.status_code, head.content, head["Content-Type"]) == (200, b"", "text/csv; charset=utf-8")
    assert client.get(batch["printFile"], headers=key | {"Accept": "application/json"}).status_code == 406
    for wrong in (
        {"first": 10},
        {"first": -1},
        {"first": "x"},
        {"first": 0, "count": 11},
        {"count": 0},
        {"first": "9" * 40},
        {"count": "9" * 18},
        {"colour": "red"},
        {"address": "https://a,b"},
        {"address": "javascript:alert(1)"},
        {"address": "https://a\r\nX: y"},
    ):
        problem(client.get(batch["printFile"], wrong, headers=key), 400, "QueryParameterException")


def test_the_list_goes_by_pages_and_filters(client, key, stranger):
    made = [
        ordered(client, key, level="case" if number % 2 else "item", note=f"note {number}")["id"] for number in range(5)
    ]
    ordered(client, stranger, product=None)
    seen, where = [], "/codes/batches?perPage=2"
    while where:
        answer = client.get(where, headers=key)
        seen += [batch["id"] for batch in answer.json()]
        where = answer.get("Link", "").partition(">")[0].removeprefix("<http://testserver")
    assert seen == made[::-1]
    cases = client.get("/codes/batches?level=case", headers=key).json()
    assert [batch["id"] for batch in cases] == [made[3], made[1]]
    assert [batch["id"] for batch in client.get("/codes/batches?search=note+4", headers=key).json()] == [made[4]]
    for wrong in ("level=barrel", "colour=red", "perPage=0", "nextPageToken=x", "level=item&level=case", "search=%00"):
        problem(client.get(f"/codes/batches?{wrong}", headers=key), 400, "QueryParameterException")


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"level": "barrel"}, "level"),
        ({"level": 3}, "level"),
        ({"count": 0}, "count"),
        ({"count": -1}, "count"),
        ({"count": 1.5}, "count"),
        ({"count": "10"}, "count"),
        ({"count": 10**30}, "count"),
        ({"count": None}, "count"),
        ({"rollSize": 0}, "rollSize"),
        ({"active": "yes"}, "active"),
        ({"producedOn": "yesterday"}, "producedOn"),
        ({"expiresOn": 20261122}, "expiresOn"),
        ({"note": "x" * 201}, "note"),
        ({"lot": "a\x00b"}, "lot"),
        ({"product": ""}, "product"),
        ({"colour": "red"}, "colour"),
        ({"roll_size": 5}, "roll_size"),
    ],
)
def test_a_wrong_field_is_named(client, key, change, path):
    said = problem(
        post(client, "batches", key, {"product": GTIN, "level": "item", "count": 10} | change), 400, "request"
    )
    assert said["errors"][0]["path"] == path
    assert not Batch.objects.exists()


@pytest.mark.parametrize(
    ("change", "rule", "path"),
    [
        ({"count": 10_000_001}, "count", "count"),
        ({"rollSize": 1_000_001}, "roll", "rollSize"),
        ({"lot": "L" * 21}, "lot", "lot"),
        ({"producedOn": "2026-11-02", "expiresOn": "2026-11-01"}, "dates", "expiresOn"),
        ({"product": "gs1.gtin:01/09506000134352"}, "product", "product"),
        ({"product": "nothing at all"}, "product", "product"),
    ],
)
def test_what_a_rule_forbids_is_refused_with_the_rule(client, key, change, rule, path):
    said = problem(
        post(client, "batches", key, {"product": GTIN, "level": "item", "count": 10} | change), 422, "refused", rule
    )
    assert said["errors"][0]["path"] == path
    assert not Batch.objects.exists()


def test_who_may_not_issue(client, key, stranger, farm):
    problem(post(client, "batches", stranger, {"product": GTIN, "level": "item", "count": 1}), 422, rule="holder")
    problem(post(client, "batches", key_of(farm), {"level": "item", "count": 1}), 422, rule="party")


def test_the_same_idempotency_key_is_the_same_batch(client, key, stranger):
    order = {"product": GTIN, "level": "item", "count": 10}
    first = post(client, "batches", key, order, **{"Idempotency-Key": '"order-1"'})
    again = post(client, "batches", key, order, **{"Idempotency-Key": "order-1"})
    assert (first.status_code, again.status_code) == (201, 201)
    assert "Idempotency-Replayed" not in first
    assert again["Idempotency-Replayed"] == "true"
    assert first.json() == again.json()
    assert Batch.objects.count() == 1
    problem(
        post(client, "batches", key, order | {"count": 11}, **{"Idempotency-Key": "order-1"}), 422, "idempotency-key"
    )
    other = post(client, "batches", stranger, {"level": "item", "count": 10}, **{"Idempotency-Key": "order-1"})
    assert other.json()["id"] != first.json()["id"]
    longest = post(client, "batches", key, order, **{"Idempotency-Key": "x" * 128})
    assert longest.status_code == 201
    for wrong in ("", '""', "a b", "x" * 129, "号", '"half'):
        problem(post(client, "batches", key, order, **{"Idempotency-Key": wrong}), 400, "request", "request-id")


def test_a_refused_order_leaves_its_idempotency_key_free(client, key):
    order = {"product": GTIN, "level": "item", "count": 10_000_001}
    assert post(client, "batches", key, order, **{"Idempotency-Key": "k"}).status_code == 422
    assert post(client, "batches", key, order | {"count": 1}, **{"Idempotency-Key": "k"}).status_code == 201


def test_codes_live_from_issued_to_voided(client, key, milk):
    batch = ordered(client, key, count=6, rollSize=2)
    all_six = texts(client, key, batch)
    answer = post(client, "activate", key, {"codes": all_six[:1], "lot": "L9", "expiresOn": "2027-01-01"})
    assert answer.json() == {"dryRun": False, "changed": 1, "already": 0, "refused": []}
    assert post(client, "activate", key, {"batch": batch["id"], "rolls": [2]}).json()["changed"] == 2
    assert post(client, "activate", key, {"from": all_six[4], "to": all_six[5]}).json()["changed"] == 2
    assert post(client, "use", key, {"codes": [all_six[0]], "reason": "售出"}).json()["changed"] == 1
    assert post(client, "void", key, {"batch": batch["id"], "reason": "印错"}).json()["changed"] == 6
    assert client.get(f"/codes/batches/{batch['id']}", headers=key).json()["counts"] == {
        "issued": 0,
        "active": 0,
        "voided": 6,
        "used": 0,
    }
    assert Act.objects.filter(verb="void", by__startswith="key:", reason="印错").count() == 1


def test_all_or_nothing_and_each_refusal_has_its_place(client, key):
    batch = ordered(client, key, count=4, active=True)
    four = texts(client, key, batch)
    post(client, "void", key, {"codes": [four[2]], "reason": "破损"})
    wrong_check = four[0][:-1] + next(char for char in zs_unit.ALPHABET if char != four[0][-1])
    sent = {"codes": [four[0], wrong_check, four[2], "11010119900307803X", "LKJH 2345"]}
    said = problem(post(client, "use", key, sent), 422, "refused")
    assert [(one["position"], one["rule"]) for one in said["errors"]] == [
        (2, "check-digit"),
        (3, "voided"),
        (4, said["errors"][2]["rule"]),
        (5, "length"),
    ]
    assert all(one["message"] and one["message_zh"] for one in said["errors"])
    assert "19900307" not in json.dumps(said)
    counts = client.get(f"/codes/batches/{batch['id']}", headers=key).json()["counts"]
    assert counts == {"issued": 0, "active": 3, "voided": 1, "used": 0}
    tried = post(client, "use", key, sent | {"dryRun": True})
    assert tried.status_code == 200
    assert tried.json()["changed"] == 0
    assert [one["position"] for one in tried.json()["refused"]] == [2, 3, 4, 5]


def test_a_dry_run_changes_nothing_and_twice_is_once(client, key):
    batch = ordered(client, key, count=3)
    three = texts(client, key, batch)
    tried = post(client, "activate", key, {"codes": three, "dryRun": True}).json()
    assert tried == {"dryRun": True, "changed": 3, "already": 0, "refused": []}
    assert post(client, "activate", key, {"codes": [*three, three[0]]}).json()["changed"] == 3
    again = post(client, "activate", key, {"codes": [*three, three[0]]}).json()
    assert (again["changed"], again["already"]) == (0, 4)


def test_mixed_forms_and_schemes_in_one_list(client, key):
    batch = ordered(client, key, count=2)
    (_, _, shown, link), (_, _, other, _) = printed(client, key, batch)
    said = problem(post(client, "activate", key, {"codes": [link, other.lower(), "84765620001563394047"]}), 422)
    assert [one["position"] for one in said["errors"]] == [3]
    urn = codes.to_urn(codes.parse(link), 7)
    assert post(client, "activate", key, {"codes": [urn, other.lower()]}).json()["changed"] == 2
    assert post(client, "activate", key, {"codes": [shown]}).json()["already"] == 1


@pytest.mark.parametrize("verb", ["activate", "void", "use"])
def test_a_selection_is_exactly_one(client, key, verb):
    more = {"reason": "x"} if verb == "void" else {}
    for body in (
        {},
        {"codes": ["a"], "batch": 1},
        {"rolls": [1]},
        {"codes": ["a"], "rolls": [1]},
        {"from": "a"},
        {"to": "a"},
        {"batch": 1, "from": "a", "to": "b"},
    ):
        problem(post(client, verb, key, body | more), 400, "request", "selection")
    for body in (
        {"codes": []},
        {"codes": ["x"] * 10_001},
        {"codes": [1]},
        {"codes": ["x" * 2049]},
        {"codes": "abc"},
        {"batch": 0},
        {"batch": "1"},
        {"batch": 10**40},
        {"batch": 1, "rolls": []},
        {"batch": 1, "rolls": [0]},
        {"codes": ["a\x00"]},
    ):
        problem(post(client, verb, key, body | more), 400, "request", "body")
    problem(post(client, verb, key, {"batch": 987654321} | more), 404)
    problem(post(client, verb, key, {"batch": 2**53} | more), 404)


def test_rolls_and_reasons(client, key):
    batch = ordered(client, key, count=5, rollSize=2)
    problem(post(client, "activate", key, {"batch": batch["id"], "rolls": [4]}), 422, rule="rolls")
    problem(post(client, "void", key, {"batch": batch["id"]}), 422, rule="reason")
    flat = ordered(client, key)
    problem(post(client, "activate", key, {"batch": flat["id"], "rolls": [1]}), 422, rule="rolls")
    ends = [texts(client, key, batch)[0], texts(client, key, ordered(client, key, level="case"))[0]]
    said = problem(post(client, "activate", key, {"from": ends[0], "to": ends[1]}), 422, rule="two-batches")
    assert said["errors"][0]["path"] == "to"
