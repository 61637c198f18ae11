"""The item's page as a stranger gets it: what is there, what never is, and plain words for what is not known."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from support import event
from zhuisu.accounts.models import Organisation
from zhuisu.registry.models import Licence, PartyAlias, Place

pytestmark = pytest.mark.django_db


def text(answer: Any) -> str:
    """What a person reads."""
    body = re.sub(r"<(script|style|title).*?</\1>", " ", answer.content.decode(), flags=re.DOTALL)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", body))


def section(answer: Any, name: str) -> str:
    found = re.search(rf'<section class="card" id="{name}">.*?</section>', answer.content.decode(), re.DOTALL)
    assert found, f"no section {name}"
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", found[0]))


def test_a_serial_shows_its_own_path_with_the_shop_that_sold_it(client: Client, world: Any) -> None:
    answer = client.get(world.tin)
    assert answer.status_code == 200
    path = section(answer, "path")
    steps = re.findall(r"零售|拆箱|发货|装箱|赋码登记", path)
    assert steps == ["零售", "拆箱", "发货", "装箱", "赋码登记"]
    assert "第10商店" in path
    assert "随外包装" in path
    assert "1.8–3.6 ℃" in path
    assert "已售出" in text(answer)
    assert "2099-01-01" in text(answer)


def test_what_happened_to_the_pallet_afterwards_is_not_the_serials_path(client: Client, world: Any) -> None:
    assert "上架" not in section(client.get(world.tin), "path")
    assert "上架" in section(client.get(world.pallet), "path")


def test_a_serial_leads_to_its_lot(client: Client, world: Any) -> None:
    assert f'href="{world.tin_lot}"' in client.get(world.tin).content.decode()
    assert client.get(world.tin_lot).status_code == 200


def test_a_lot_that_only_its_serials_name_still_has_its_origins(client: Client, world: Any) -> None:
    answer = client.get(world.tin_lot)
    assert "B1" in section(answer, "origin")
    assert "赋码登记" in section(answer, "path")
    assert "第10商店" not in text(answer)


def test_a_lot_shows_its_makers_and_never_its_buyers(client: Client, world: Any) -> None:
    answer = client.get(world.bulk)
    words = text(answer)
    assert "2号牧场" in section(answer, "origin")
    assert "3号牧场" in section(answer, "origin")
    for number in range(10, 16):
        assert f"第{number}商店" not in words
        assert f"{number}号门店" not in words
    assert "收货" not in words
    assert re.search(r"厦门市 6", section(answer, "onward"))  # five that bought of it, one that has a tin made of it


def test_a_page_that_counted_only_a_part_says_so(client: Client, world: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "只算到一部分" not in text(client.get(world.bulk))
    monkeypatch.setattr("zhuisu.portal.assemble.MAX_ONWARD", 1)
    assert "去向很多，本页只算到一部分" in section(client.get(world.bulk), "onward")
    monkeypatch.setattr("zhuisu.portal.assemble.MAX_ORIGINS", 1)
    assert "来源很多，本页只算到一部分" in section(client.get(world.tin), "origin")


def test_fewer_than_five_buyers_are_not_even_counted(client: Client, world: Any) -> None:
    onward = section(client.get(world.tin_lot), "onward")
    assert "少于 5 家，不公开" in onward
    assert not re.search(r"\d 家", onward.replace("少于 5 家", ""))


def test_a_persons_number_in_an_event_is_never_shown(client: Client, world: Any) -> None:
    for address in (world.tin, world.tin_lot, world.bulk, world.pallet):
        assert world.buyer not in client.get(address, {"up": "9"}).content.decode()


def test_origins_open_level_by_level_without_a_script(client: Client, world: Any) -> None:
    first = client.get(world.tin, {"up": "1"})
    assert "2号牧场" not in section(first, "origin")
    more = re.search(r'href="\?(up=\d)#origin"', first.content.decode())
    assert more
    second = client.get(f"{world.tin}?{more[1]}")
    assert "2号牧场" in section(second, "origin")
    assert "再往上没有记录" in section(second, "origin")
    assert "data-level" not in second.content.decode()


def test_licences_are_judged_on_the_day_of_the_step(client: Client, world: Any) -> None:
    answers = section(client.get(world.bulk), "answer")
    assert re.search(r"乳业公司 许可有效", answers)
    assert re.search(r"2号牧场 许可有效", answers)  # valid to the very day
    assert re.search(r"3号牧场 许可有效", answers)


def test_a_licence_that_had_run_out_or_not_begun_is_said(client: Client, world: Any) -> None:
    Licence.objects.filter(party__name="2号牧场", valid_to_on="2026-11-17").update(valid_to_on="2026-11-16")
    Licence.objects.filter(party__name="3号牧场", valid_from_on="2024-01-01").update(valid_from_on="2026-11-18")
    answers = section(client.get(world.bulk), "answer")
    assert re.search(r"2号牧场 有许可当日无效", answers)
    assert re.search(r"3号牧场 有许可当日无效", answers)
    assert "2026-11-17 无效" in answers


def test_a_box_that_holds_what_was_made_of_a_thing_is_not_the_things_own_path(
    client: Client, register: None, dairy: Organisation, capture: Callable[..., Any]
) -> None:
    part, whole, box = (f"https://id.gs1.org/01/09506000134352/21/{serial}" for serial in ("part", "whole", "box"))
    capture(
        dairy,
        event(epcList=[part], eventTime="2026-11-18T08:00:00+08:00"),
        event("TransformationEvent", inputEPCList=[part], outputEPCList=[whole], eventTime="2026-11-18T09:00:00+08:00"),
        event(
            "AggregationEvent",
            action="ADD",
            parentID=box,
            childEPCs=[whole],
            bizStep="packing",
            eventTime="2026-11-18T10:00:00+08:00",
        ),
    )
    answer = client.get("/01/09506000134352/21/part")
    assert "装箱" not in section(answer, "path")
    assert "它已被用来制成" in section(answer, "onward")
    assert "装箱" in section(client.get("/01/09506000134352/21/whole"), "path")


def test_certificates_of_what_it_was_made_of_are_there(client: Client, world: Any) -> None:
    assert "出厂检验报告" in section(client.get(world.tin), "papers")
    assert "没有登记检疫" in section(client.get(world.raw), "papers")


def test_where_the_chain_begins_the_page_says_that_it_does_not_know(client: Client, world: Any) -> None:
    assert "没有记录它由什么做成" in section(client.get(world.raw), "origin")


def test_a_known_product_without_a_record_is_said_to_be_just_that(client: Client, world: Any) -> None:
    answer = client.get(f"/01/{world.tin_gtin}/21/NOBODY")
    assert answer.status_code == 200
    assert "没有这一批或这一件的记录" in text(answer)
    assert "单凭这里无法判断" in text(answer)


def test_a_code_nobody_ever_named_is_404_with_words(client: Client, world: Any) -> None:
    answer = client.get("/00/095060000000000015")
    assert answer.status_code == 404
    assert "平台没有这个码的记录" in text(answer)


def test_a_product_code_alone_asks_for_lot_or_serial(client: Client, world: Any) -> None:
    answer = client.get(f"/01/{world.tin_gtin}")
    assert "还需要批号或序列号" in text(answer)
    query = {"q": f"(01){world.tin_gtin}", "scheme": "gs1.gtin"}
    assert client.get("/find", query | {"serial": "1"}).headers["Location"] == world.tin
    assert client.get("/find", query | {"lot": "T1"}).headers["Location"] == world.tin_lot


def test_it_never_says_genuine(client: Client, world: Any) -> None:
    for address in (world.tin, world.bulk, world.raw):
        assert "正品" not in text(client.get(address))
        assert "genuine" not in text(client.get(address, {"lang": "en"})).replace(
            "not a proof that the thing is genuine", ""
        )


def test_a_declared_error_is_struck_out_and_said(
    client: Client, register: None, dairy: Organisation, capture: Callable[..., Any]
) -> None:
    wrong = event(eventID="urn:uuid:00000000-0000-4000-8000-0000000000aa")
    capture(dairy, wrong)
    declared = wrong | {"errorDeclaration": {"declarationTime": "2026-11-20T10:00:00+08:00", "reason": "did_not_occur"}}
    capture(dairy, declared)
    answer = client.get("/01/09506000134352/21/1")
    assert "原有记录已全部声明有误" in text(answer)
    assert "<s>赋码登记</s>" in answer.content.decode()


def test_a_recalled_thing_is_warned_of_first(
    client: Client, register: None, dairy: Organisation, capture: Callable[..., Any]
) -> None:
    capture(dairy, event(), event(action="OBSERVE", disposition="recalled", eventTime="2026-11-20T12:00:00+08:00"))
    answer = client.get("/01/09506000134352/21/1")
    assert "verdict bad" in answer.content.decode()
    assert "记录的状态是“被召回”" in text(answer)


def test_a_disputed_record_is_said(
    client: Client, register: None, dairy: Organisation, market: Organisation, capture: Callable[..., Any]
) -> None:
    name = "urn:uuid:00000000-0000-4000-8000-0000000000bb"
    capture(dairy, event(eventID=name))
    capture(market, event(eventID=name, disposition="active"))
    assert "有争议" in text(client.get("/01/09506000134352/21/1"))


def test_the_whole_page_is_there_in_english(client: Client, world: Any) -> None:
    for address in (world.tin, world.bulk, world.raw, f"/01/{world.tin_gtin}"):
        answer = client.get(address, {"lang": "en"})
        assert '<html lang="en">' in answer.content.decode()
        words = text(answer)
        for own_name in ("中文", "溯", "食品生产许可证", "生鲜乳收购许可证", "检测所"):  # given in Chinese alone
            words = words.replace(own_name, "")
        assert not re.findall(r"[\u4e00-\u9fff]+", words)


def test_places_and_parties_have_a_page(client: Client, world: Any, dairy: Organisation) -> None:
    place = client.get("/" + Place.objects.get(name="乳品厂").code.partition(":")[2])
    assert "已登记的地点" in text(place)
    assert "乳业公司" in section(place, "answer")
    party = client.get("/" + PartyAlias.objects.get(party__code=dairy.party).code.partition(":")[2])
    assert "已登记的主体" in text(party)
    assert client.get("/414/9506000770008").status_code == 404
