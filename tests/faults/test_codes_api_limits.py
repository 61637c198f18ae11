"""The addresses under /codes under strain: orders sent twice at once, print files larger than memory should hold, bodies gone wrong."""

import http.client
import json
import random
import threading
import tracemalloc
from contextlib import closing
from typing import Any

import pytest
from django.test import Client

from coding import key_of, licensed
from zhuisu.accounts.models import Organisation
from zhuisu.registry.models import Batch

SEED = 20261122
SENDERS = 12
ROWS = 2_000_000
PEAK_LIMIT = 96 * 1024 * 1024  # octets; the whole file is half as large again


def maker(number: int) -> tuple[Organisation, dict[str, str]]:
    """An enterprise that may issue codes, and its key."""
    firm = Organisation.objects.create(kind="enterprise", name=f"示范{number}", party=f"uri:urn:example:firm:{number}")
    licensed(firm)
    return firm, key_of(firm)


def test_one_order_sent_many_times_at_once_is_one_batch(serve) -> None:
    server = serve(workers=2, threads=8)
    firms = [maker(number) for number in range(2)]
    answers: list[tuple[int, int, str]] = []
    together = threading.Barrier(SENDERS)

    def send(place: int) -> None:
        firm = place % 2
        headers = {
            **firms[firm][1],
            "Content-Type": "application/json",
            "Idempotency-Key": f"order-{place // 6}",
        }
        with closing(http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)) as line:
            together.wait()
            line.request("POST", "/codes/batches", json.dumps({"level": "item", "count": 100}).encode(), headers)
            answer = line.getresponse()
            answers.append((firm, answer.status, answer.read().decode()))

    senders = [threading.Thread(target=send, args=(place,)) for place in range(SENDERS)]
    for one in senders:
        one.start()
    for one in senders:
        one.join()
    assert {status for _, status, _ in answers} == {201}, answers
    # Two firms with two numbers each: four batches, each told to all three of its senders alike.
    assert len({(firm, said) for firm, _, said in answers}) == 4
    assert Batch.objects.count() == 4
    for firm, _ in firms:
        firsts = sorted(Batch.objects.filter(series__organisation=firm).values_list("series", "first"))
        assert len(firsts) == len(set(firsts)) == 2


@pytest.mark.django_db
def test_a_print_file_is_never_held_whole() -> None:
    _, headers = maker(1)
    client = Client()
    body = {"level": "item", "count": ROWS, "rollSize": 1_000}
    batch = client.post("/codes/batches", json.dumps(body), content_type="application/json", headers=headers).json()
    tracemalloc.start()
    try:
        answer = client.get(batch["printFile"], headers=headers)
        size = lines = 0
        for piece in answer.streaming_content:
            size += len(piece)
            lines += piece.count(b"\n")
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert lines == ROWS + 1
    assert size == int(answer["Content-Length"])
    assert peak < PEAK_LIMIT < size, (peak, size)


GOOD: dict[str, Any] = {
    "batches": {"level": "item", "count": 2, "rollSize": 1, "lot": "L", "producedOn": "2026-11-01", "active": True},
    "activate": {"codes": ["7KQA 3M9T WX2C 8HRL"], "lot": "L", "dryRun": False},
    "void": {"batch": 1, "rolls": [1, 2], "reason": "x"},
    "use": {"from": "7KQA3M9TWX2C8HRL", "to": "7KQA3M9TWX2C8HRL"},
    "pack": {"relations": [{"parent": "7KQA3M9TWX2C8HRL", "children": ["7KQA3M9TWX2C8HRL"]}], "place": "x"},
    "unpack": {"relations": [{"parent": "7KQA3M9TWX2C8HRL", "children": ["7KQA3M9TWX2C8HRL"]}]},
    "imports": {"scheme": "cn.drug_trace_msfx", "from": "84765620001563394047", "to": "84765620001563394047"},
    "check": {"codes": ["a", "84765620001563394047"]},
    "verify": {"codes": ["a", "7KQA3M9TWX2C8HRL"]},
}
STRANGE = [
    *(None, True, False, 0, -1, 1.5, 1e308, 2**31, 2**53, 2**63, 2**64, 10**400, "", " ", "\x00", "\ud800", "\uffff"),
    *("0", "null", "x" * 300, "x" * 3000, "'; drop table item; --", [], [[]], [None], [1], {}, {"a": {}}, "2026-02-30"),
    *("0001-01-01", "9999-12-31", "gs1.sgtin:", "zs.unit:", "01/1/21/", "https://", "https://a/01/0/21/0", "urn:epc:id:x:"),
    *(["x"] * 20_000, "\u202e", "%00", "../..", "\x1d", "1" * 2048, "(01)06901234567892(21)1", "第一箱"),
]  # fmt: skip
RAW = [
    *(b"", b" ", b"{", b"}", b"[]", b"null", b"0", b'"', b"\x00", b"\xff\xfe", b"\xef\xbb\xbf{}", b'{"a"}', b"{,}"),
    *(b'{"codes": ["\\ud800"]}', b'{"codes": ["\\u0000"]}', b'{"codes": ["a",]}', b'{"codes": [NaN]}', b"{}{}", b"//"),
    *(b"[" * 100_000, b'{"a":' * 100_000, b'{"codes": [' + b'"a",' * 100_000, b'{"count": ' + b"9" * 100_000 + b"}"),
]


@pytest.mark.django_db
def test_two_hundred_broken_bodies_never_fail_inside() -> None:
    _, key = maker(1)
    client, dice, seen = Client(raise_request_exception=False), random.Random(SEED), set()
    tried = [(where, body) for where in GOOD for body in dice.sample(RAW, 6)]
    while len(tried) < 260:
        where = dice.choice(list(GOOD))
        body = json.loads(json.dumps(GOOD[where]))
        for name in dice.sample(list(body), dice.randint(1, min(2, len(body)))):
            value = dice.choice(STRANGE)
            if isinstance(body[name], list) and dice.random() < 0.5:
                body[name] = [value, *body[name]]
            elif dice.random() < 0.1:
                body[dice.choice(["colour", "Codes", "batch", "from"])] = value
            else:
                body[name] = value
        tried.append((where, json.dumps(body).encode()))
    for where, sent in tried:
        answer = client.post(
            f"/codes/{where}",
            sent,
            content_type="text/csv" if where == "imports" and dice.random() < 0.5 else "application/json",
            headers=key,
            query_params={"scheme": "cn.drug_trace_msfx"} if where == "imports" and dice.random() < 0.5 else {},
        )
        assert answer.status_code < 500, (where, sent[:200], answer.content)
        if answer.status_code >= 400:
            said = answer.json()
            assert said["detail"], (where, sent[:200])
            assert said["detail_zh"], (where, sent[:200])
        seen.add(answer.status_code)
    assert seen >= {200, 201, 400, 422}


@pytest.mark.django_db
@pytest.mark.parametrize("where", ["batches", "activate", "check", "pack"])
def test_a_body_beyond_the_limit_is_not_read(where: str) -> None:
    _, key = maker(1)
    client = Client()
    sent = b'{"codes": ["' + b"x" * (2 * 1024 * 1024) + b'"]}'
    answer = client.post(f"/codes/{where}", sent, content_type="application/json", headers=key)
    assert answer.status_code == 413
    assert answer.json()["type"] == "urn:zhuisu:problem:too-large"
