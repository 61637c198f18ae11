"""An order of codes: what is refused beside its field, what is asked again, and that the same form makes one batch."""

import re
import uuid

import pytest
from django.test import Client

from zhuisu.accounts.models import AuditEntry
from zhuisu.registry.models import Batch, Licence, Party
from zhuisu.workspace.codes import orders


def order(desk, client: Client | None = None, **fields):
    sent = {"product": desk.product.pk, "level": "item", "count": 1000, "request_id": str(uuid.uuid4())} | fields
    return (client or desk.client()).post("/desk/codes/order", sent)


def errors(response) -> dict[str, str]:
    return dict(re.findall(r'<div class="error" id="id_(\w+)_error"><p>([^<]*)', response.content.decode()))


def test_an_order_makes_a_batch_and_says_so(desk):
    client = desk.client()
    answer = order(desk, client, roll_size=100, lot="L1", produced_on="2026-11-20", expires_on="2027-11-20", note="n")
    batch = Batch.objects.get()
    assert answer.url == f"/desk/codes/{batch.pk}"
    assert (batch.count, batch.roll_size, batch.note) == (1000, 100, "n")
    page = client.get(answer.url).content.decode()
    assert "已赋码 1,000 个" in page
    assert AuditEntry.objects.filter(verb="codes.issue", organisation=desk.dairy).count() == 1


def test_the_same_form_twice_makes_one_batch(desk):
    number = str(uuid.uuid4())
    first, second = (order(desk, request_id=number) for _ in range(2))
    assert first.url == second.url
    assert Batch.objects.count() == 1
    other = order(desk, request_id=number, count=7)
    assert other.status_code == 422
    assert Batch.objects.count() == 1


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"count": 0}, "count"), ({"count": ""}, "count"), ({"count": 10_000_001}, "count"), ({"count": "abc"}, "count"),
        ({"level": "box"}, "level"), ({"roll_size": -1}, "roll_size"), ({"lot": "x" * 21}, "lot"), ({"lot": "a\tb"}, "lot"),
        ({"produced_on": "2026-13-01"}, "produced_on"), ({"note": "n" * 201}, "note"), ({"product": 10**9}, "product"),
        ({"produced_on": "2026-11-20", "expires_on": "2026-11-19"}, "expires_on"),
    ],
)  # fmt: skip
def test_a_mistake_is_said_beside_its_field_and_what_was_typed_stays(desk, fields, field):
    answer = order(desk, **{"lot": "KEEPME"} | fields)
    assert answer.status_code == 422
    assert field in errors(answer), answer.content.decode()
    assert "lot" in fields or "KEEPME" in answer.content.decode()
    assert not Batch.objects.exists()


def test_without_the_right_to_issue_nothing_is_made_and_the_reason_is_said(desk):
    Licence.objects.all().delete()
    answer = order(desk)
    assert "食品生产许可证" in errors(answer)["product"]
    Party.objects.update(verified_at=None)
    assert "尚未核验" in order(desk).content.decode()
    assert not Batch.objects.exists()


def test_someone_elses_product_cannot_be_chosen(desk, stranger):
    answer = order(desk, desk.client("admin", stranger))
    assert "product" in errors(answer)


def test_a_large_order_is_asked_again(desk):
    count = orders.LARGE_ORDER
    client = desk.client()
    number = str(uuid.uuid4())
    asked = order(desk, client, count=count, request_id=number, lot="BIG")
    assert asked.status_code == 200
    assert "100,000" in asked.content.decode()
    assert not Batch.objects.exists()
    hidden = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', asked.content.decode()))
    hidden.pop("csrfmiddlewaretoken")
    back = client.post("/desk/codes/order", hidden | {"change": "1"})
    assert 'value="BIG"' in back.content.decode()
    done = client.post("/desk/codes/order", hidden | {"sure": "1"})
    assert done.status_code == 302
    assert Batch.objects.get().count == count


def test_a_form_from_elsewhere_is_refused(desk):
    client = desk.client()
    guarded = Client(enforce_csrf_checks=True)
    guarded.cookies = client.cookies
    assert order(desk, guarded).status_code == 403
    assert not Batch.objects.exists()


def test_the_form_begins_with_a_product_of_ones_own(desk):
    page = desk.client().get("/desk/codes/order").content.decode()
    assert f'<option value="{desk.product.pk}" selected>' in page
