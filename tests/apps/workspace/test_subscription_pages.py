"""The desk's page of subscriptions: everybody of the house sees them, administrators stop them, nobody reaches another's."""

import pytest

from support import AT
from zhuisu.subscriptions import services
from zhuisu.subscriptions.models import Subscription


@pytest.fixture
def one(desk) -> Subscription:
    query = services.create_query(organisation=desk.dairy, name="出库", query={}, by="system:test", at=AT)
    wanted = services.read_subscription({"dest": "https://8.8.8.8/hook", "stream": True})
    return services.subscribe(query, wanted, by="system:test", at=AT)


def test_it_is_seen_stopped_and_resumed(desk, one, market) -> None:
    admin = desk.client("admin")
    page = admin.get("/desk/subscriptions").content.decode()
    assert "https://8.8.8.8/hook" in page and "出库" in page and "运行中" in page
    assert admin.post(f"/desk/subscriptions/{one.pk}/stop").status_code == 302
    page = admin.get("/desk/subscriptions").content.decode()
    assert "已停止" in page and "已由人员停止" in page
    english = admin.get("/desk/subscriptions?lang=en", follow=True).content.decode()
    assert "stopped by a person" in english and "Subscriptions" in english
    assert admin.post(f"/desk/subscriptions/{one.pk}/resume").status_code == 302
    one.refresh_from_db()
    assert (one.state, one.by.partition(":")[0]) == ("active", "person")
    assert admin.post(f"/desk/subscriptions/{one.pk}/delete").status_code == 404
    assert admin.get(f"/desk/subscriptions/{one.pk}/stop").status_code == 405


def test_nobody_elses(desk, one, market) -> None:
    other = desk.client("admin", market)
    assert "8.8.8.8" not in other.get("/desk/subscriptions").content.decode()
    assert other.post(f"/desk/subscriptions/{one.pk}/stop").status_code == 404
    one.refresh_from_db()
    assert one.state == "active"


@pytest.mark.parametrize("role", ["member", "reader"])
def test_who_is_no_administrator_only_looks(desk, one, role) -> None:
    client = desk.client(role)
    page = client.get("/desk/subscriptions").content.decode()
    assert "https://8.8.8.8/hook" in page and "/stop" not in page
    assert client.post(f"/desk/subscriptions/{one.pk}/stop").status_code == 403


def test_what_its_receiver_ended_does_not_go_on(desk, one) -> None:
    Subscription.objects.update(state="ended")
    answer = desk.client("admin").post(f"/desk/subscriptions/{one.pk}/resume")
    assert answer.status_code == 409 and "请重新订阅" in answer.content.decode()
