"""The desk's page of mandates: who may give and withdraw, what is refused, and that nobody reaches another's."""

from datetime import date

import pytest

from support import AT
from zhuisu.registry.mandates.services import give_mandate
from zhuisu.registry.models import Mandate, Party

HOLDER = "91350206MA31QWE52L"
SENT = {"holder": HOLDER, "sector": "crops", "valid_from_on": "2026-01-01", "valid_to_on": "", "note": "WT-1"}


@pytest.fixture
def holder(db: None) -> Party:
    return Party.objects.create(code=f"cn.uscc:{HOLDER}", name="村级服务站", name_en="Village station")


def test_an_administrator_gives_one_and_both_sides_see_it(desk, holder, market):
    admin = desk.client("admin")
    assert "还没有授权任何主体" in admin.get("/desk/mandates").content.decode()
    assert admin.post("/desk/mandates", SENT).status_code == 302
    (made,) = Mandate.objects.all()
    assert (made.giver.code, made.holder, made.sector, made.note) == (desk.dairy.party, holder, "crops", "WT-1")
    page = admin.get("/desk/mandates").content.decode()
    assert "村级服务站" in page and HOLDER in page and "/withdraw" in page
    there = desk.client("admin", market).get("/desk/mandates?side=held").content.decode()
    assert "示范乳业公司" in there and "/withdraw" not in there and "替他记录" in there
    english = admin.get("/desk/mandates?lang=en", follow=True).content.decode()
    assert "Village station" in english and "Mandates" in english


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"holder": "91350212MA2XYGR01A"}, "无需授权"),
        ({"holder": "91350100MA00000000"}, "登记簿里没有"),
        ({"holder": ""}, "aria-invalid"),
        ({"holder": "\x00"}, ""),
        ({"sector": "moonshine"}, "aria-invalid"),
        ({"valid_from_on": "never"}, "aria-invalid"),
        ({"valid_to_on": "2025-01-01"}, "截止日早于起始日"),
    ],
)
def test_what_cannot_be_given_is_said_at_its_field(desk, holder, change, said):
    answer = desk.client("admin").post("/desk/mandates", SENT | change)
    assert answer.status_code == 422 and said in answer.content.decode()
    assert not Mandate.objects.exists()


@pytest.mark.parametrize("role", ["member", "reader"])
def test_who_is_no_administrator_gives_and_withdraws_nothing(desk, holder, role):
    made = give_mandate(Party.objects.get(code=desk.dairy.party), holder, valid_from_on=date(2026, 1, 1), by="x", at=AT)
    client = desk.client(role)
    assert client.post("/desk/mandates", SENT).status_code == 403
    assert client.post(f"/desk/mandates/{made.pk}/withdraw", {"last_on": "2030-01-01"}).status_code == 403
    assert Mandate.objects.get().valid_to_on is None
    if role == "member":
        page = client.get("/desk/mandates").content.decode()
        assert "村级服务站" in page and "/withdraw" not in page and "管理员" in page


def test_one_is_withdrawn_once_and_only_by_who_gave_it(desk, holder, market):
    giver = Party.objects.get(code=desk.dairy.party)
    made = give_mandate(giver, holder, valid_from_on=date(2026, 1, 1), by="x", at=AT)
    address = f"/desk/mandates/{made.pk}/withdraw"
    assert desk.client("admin", market).get(address).status_code == 404
    admin = desk.client("admin")
    assert "村级服务站" in admin.get(address).content.decode()
    assert admin.post(address, {"last_on": "2020-01-01"}).status_code == 422
    assert admin.post(address, {}).status_code == 422
    assert admin.post(address, {"last_on": "2100-01-01"}).status_code == 302
    assert Mandate.objects.get().valid_to_on == date(2100, 1, 1)


def test_a_list_is_found_and_paged(desk, holder):
    giver = Party.objects.get(code=desk.dairy.party)
    others = [Party.objects.create(code=f"uri:urn:x:{n}", name=f"摊位{n:02d}") for n in range(32)]
    for each in others:
        give_mandate(giver, each, valid_from_on=date(2026, 1, 1), by="x", at=AT)
    admin = desk.client("admin")
    first = admin.get("/desk/mandates").content.decode()
    assert "摊位31" in first and "摊位01" not in first and 'rel="next"' in first
    older = admin.get("/desk/mandates", {"before": Mandate.objects.order_by("-id")[29].pk}).content.decode()
    assert "摊位01" in older and "摊位31" not in older
    assert "摊位07" in admin.get("/desk/mandates", {"q": "摊位07"}).content.decode()
    assert "没有符合条件的授权" in admin.get("/desk/mandates", {"q": "\x00nobody%", "before": "x"}).content.decode()
