"""Promise certificates at the desk: issued with their step, sent twice and made once, printed, checked by anyone, voided."""

import json
import uuid
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from support import document, event
from zhuisu import sectors
from zhuisu.accounts.models import AuditEntry
from zhuisu.compliance.services import judge_next, may
from zhuisu.events.queries import events_by_ids
from zhuisu.events.scope import ALL
from zhuisu.events.sequencer import publish
from zhuisu.events.services import receive
from zhuisu.profiles import entry
from zhuisu.registry.models import Certificate, Party, Product, Promise, Role
from zhuisu.registry.promises import services
from zhuisu.registry.promises.services import number_of

GTIN = "09520000000028"
LOT = f"https://id.gs1.org/01/{GTIN}/10/A-1"


@pytest.fixture
def farm(desk: Any) -> Any:
    """The desk's organisation as a farm with one lot harvested today."""
    now = timezone.now()
    Product.objects.create(code=f"gs1.gtin:01/{GTIN}", name="青梗菜", name_en="Greens", kind="crops.leafy", unit="KGM")
    party = Party.objects.get(code=desk.dairy.party)
    Role.objects.create(party=party, sector="crops", role="farm", valid_from_on=date(2020, 1, 1))
    said = event(
        "TransformationEvent", bizStep="creating_class_instance", eventTime=timezone.localtime(now).isoformat(),
        inputQuantityList=[{"epcClass": "https://id.gs1.org/01/09520000000011/10/P1", "quantity": 390, "uom": "KGM"}],
        outputQuantityList=[{"epcClass": LOT, "quantity": 390, "uom": "KGM"}],
    )  # fmt: skip
    receive(document(said), media_type=None, organisation=desk.dairy.pk, by="system:test", at=now)
    publish(now)
    while judge_next(now):
        pass
    return desk


def sent(**more: Any) -> dict[str, Any]:
    return {
        "request_id": str(uuid.uuid4()), "form": "producer", "basis": ["control", "own_test"], "origin": "厦门市 同安区",
        "party": "示范合作社", "contact": "400-000-0000", "issued": f"{timezone.localdate():%Y-%m-%d}",
    } | more  # fmt: skip


def test_a_lot_that_was_harvested_is_offered_and_certified_with_its_step(farm: Any) -> None:
    client = farm.client()
    assert LOT in client.get("/desk/promises/new").content.decode()
    asked = sent(lots=[LOT])
    for _time in range(2):  # sent twice, made once
        answer = client.post("/desk/promises/new", asked)
        assert answer.status_code == 302, answer.content.decode()
    promise = Promise.objects.get()
    held = promise.certificate
    assert (held.kind, held.about, held.number) == (
        "promise", f"gs1.lgtin:01/{GTIN}/10/A-1", number_of(f"{farm.dairy.pk}:{asked['request_id']}:0", timezone.localdate()),
    )  # fmt: skip
    assert promise.said["quantity"] == "390 kg" and promise.said["basis"] == "质量安全控制符合要求、自行检测合格"
    publish(timezone.now())
    (stored,) = events_by_ids(ALL, [promise.event_id], limit=5)
    said = json.loads(stored.body)
    assert said["type"] == "TransactionEvent"
    assert {key: value for key, value in said.items() if key.startswith("f:")} == {
        "f:certificateForm": "producer", "f:certificateNumber": held.number, "f:promiseBasis": "control",
    }  # fmt: skip
    assert said["quantityList"][0]["quantity"] == 390
    assert AuditEntry.objects.filter(verb="promise.issue").count() == 1


def test_goods_without_a_code_get_one_too(farm: Any) -> None:
    answer = farm.client().post("/desk/promises/new", sent(form="buyer", name="散装花菜", quantity="10 箱"))
    assert answer.status_code == 302, answer.content.decode()
    promise = Promise.objects.get()
    assert (promise.certificate.about, promise.form, promise.event_id) == ("", "buyer", "")


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"basis": []}, "承诺依据"),
        ({"issued": "2099-01-01"}, "不能晚于今天"),
        ({"lots": [], "name": ""}, "请勾选批次"),
        ({"name": "菜", "quantity": ""}, "连同单位"),
        ({"name": "菜", "quantity": "1 kg", "code": "///"}, "不是批次的编码"),
        ({"form": "third", "name": "菜", "quantity": "1 kg"}, "third"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_made(farm: Any, wrong: dict[str, Any], field: str) -> None:
    answer = farm.client().post("/desk/promises/new", sent(**wrong))
    assert answer.status_code == 422 and field in answer.content.decode()
    assert not Certificate.objects.exists()


def made(farm: Any) -> Promise:
    farm.client().post("/desk/promises/new", sent(lots=[LOT]))
    publish(timezone.now())
    return Promise.objects.select_related("certificate").get()


def test_anyone_checks_it_by_number_and_reads_no_telephone(farm: Any, client: Any) -> None:
    number = made(farm).certificate.number
    page = client.get(f"/promise?number={number.replace('-', '').lower()}", follow=True).content.decode()
    assert "这张合格证有效" in page and "青梗菜" in page and "390 kg" in page and "A-1" in page
    assert "400-000-0000" not in page and "示范合作社" not in page and "示范乳业公司" in page
    assert client.get("/promise/20260101-AAAA-AAAA").status_code == 404
    assert client.get("/promise?number=%00").status_code == 200


def test_voided_it_says_so_and_its_step_is_declared_wrong(farm: Any, client: Any) -> None:
    promise = made(farm)
    number = promise.certificate.number
    address = f"/desk/promises/{number}/void"
    farm.client().post(address, {"reason": " "})
    assert "这张合格证有效" in client.get(f"/promise/{number}").content.decode()
    farm.client().post(address, {"reason": "数量写错"})
    page = client.get(f"/promise/{number}").content.decode()
    assert "已经作废" in page and "数量写错" not in page
    publish(timezone.now())
    assert len(events_by_ids(ALL, [promise.event_id], limit=5)) == 2
    assert farm.client().get(f"/desk/promises/{number}/print.pdf").status_code == 404
    assert "已作废" in farm.client().get("/desk/promises?state=void").content.decode()
    assert number not in farm.client().get("/desk/promises?state=valid").content.decode()


def test_it_is_printed_on_paper_that_is_sold_everywhere(farm: Any, fonts: None) -> None:
    number = made(farm).certificate.number
    answer = farm.client().get(f"/desk/promises/{number}/print.pdf?paper=roll-100x150&copies=2")
    assert answer.status_code == 200 and answer.content.startswith(b"%PDF")
    assert AuditEntry.objects.filter(verb="promise.print").count() == 1
    assert farm.client().get(f"/desk/promises/{number}/print.pdf?paper=wall").status_code == 404


def test_a_stranger_sees_none_of_it_at_the_desk_and_a_reader_issues_none(farm: Any, stranger: Any) -> None:
    number = made(farm).certificate.number
    other = farm.client(organisation=stranger)
    assert other.get(f"/desk/promises/{number}").status_code == 404
    assert other.post(f"/desk/promises/{number}/void", {"reason": "x"}).status_code == 404
    assert number not in other.get("/desk/promises").content.decode()
    assert farm.client("reader").get("/desk/promises/new").status_code == 403
    assert number in farm.client("reader").get("/desk/promises.csv").content.decode()


def lacks_certificate(farm: Any) -> bool:
    """Whether the sector's shipping step misses the certificate of the lot."""
    profile = sectors.all()["crops"].editions[0]
    now = timezone.now()
    said = {
        "eventTime": timezone.localtime(now).isoformat(),
        "things": [LOT],
        "quantity": [Decimal(1)],
        "unit": ["KGM"],
    }
    event = json.loads(json.dumps(entry.event(profile, "ship", said), default=float))
    answers = may([event], organisation=farm.dairy.pk, at=now)
    assert {answer.step for answer in answers} == {"ship"}, answers
    return any(each.rule == "crops.ship.cert.paper" for answer in answers for each in answer.findings)


def test_the_shipping_step_finds_the_certificate_of_the_desk(farm: Any) -> None:
    assert lacks_certificate(farm)
    made(farm)
    while judge_next(timezone.now()):
        pass
    assert not lacks_certificate(farm)


def test_a_certificate_without_a_step_proves_as_much_until_it_is_voided(farm: Any) -> None:
    now = timezone.now()
    promise, _fresh = services.issue(
        organisation=farm.dairy, by="system:test", at=now, on=timezone.localdate(now), form="buyer", issuer="-",
        about=f"gs1.lgtin:01/{GTIN}/10/A-1", said={"name": "青梗菜"}, request_id="r",
    )  # fmt: skip
    assert not lacks_certificate(farm)
    services.void(promise, organisation=farm.dairy, by="system:test", at=now, reason="写错")
    assert lacks_certificate(farm)


def test_the_same_form_sent_by_two_makes_each_their_own(farm: Any, stranger: Any) -> None:
    asked = sent(name="散装花菜", quantity="10 箱")
    assert farm.client().post("/desk/promises/new", asked).status_code == 302
    other = farm.client(organisation=stranger)
    assert other.post("/desk/promises/new", asked).status_code == 302
    assert {each.organisation_id for each in Promise.objects.all()} == {farm.dairy.pk, stranger.pk}


def test_sent_again_later_it_is_still_one(farm: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    client, asked = farm.client(), sent(lots=[LOT])
    assert client.post("/desk/promises/new", asked).status_code == 302
    later = timezone.now() + timedelta(seconds=90)
    monkeypatch.setattr("django.utils.timezone.now", lambda: later)
    answer = client.post("/desk/promises/new", asked)
    assert answer.status_code == 302, answer.content.decode()
    assert Promise.objects.count() == 1


@pytest.mark.parametrize("query", ["until=9999-12-31", "since=0001-01-01", "before=9223372036854775807", "q=%00"])
def test_odd_days_are_no_fault(farm: Any, query: str) -> None:
    assert farm.client().get(f"/desk/promises?{query}").status_code == 200
