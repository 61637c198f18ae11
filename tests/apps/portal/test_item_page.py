"""The item's page as a stranger gets it: what is there, what never is, and plain words for what is not known."""

import re
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from support import event
from zhuisu.accounts.models import Organisation
from zhuisu.registry.models import Licence, Mandate, Party, PartyAlias, Place

pytestmark = pytest.mark.django_db
PHONE = {"User-Agent": "Mozilla/5.0 (Linux; Android 14) MicroMessenger/8.0"}  # whose look is a scan


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


def test_nobody_is_named_who_neither_reported_nor_agreed(client: Client, world: Any) -> None:
    """Whoever reports may name anyone, and anyone's place: a shop that knows nothing of it stands on no page."""
    pages = (world.tin, world.tin_lot, world.bulk, world.raw, world.pallet)
    stranger = r"\d号牧场|第\d+商店|Farm \d|Shop \d"
    assert all(re.search(stranger, text(client.get(address))) for address in pages)
    Mandate.objects.all().delete()
    for address in pages:
        for language in ("zh", "en"):
            said = text(client.get(address, {"lang": language}))
            assert not re.search(stranger, said), (address, language)
    assert "Market Co." in section(client.get(world.tin), "path")


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
    monkeypatch.setattr("zhuisu.portal.records.MAX_ONWARD", 1)
    assert "去向很多，本页只算到一部分" in section(client.get(world.bulk), "onward")
    monkeypatch.setattr("zhuisu.portal.records.MAX_ORIGINS", 1)
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
    answer = client.get("/i/01/09506000134352/21/part")
    assert "装箱" not in section(answer, "path")
    assert "它已被用来制成" in section(answer, "onward")
    assert "装箱" in section(client.get("/i/01/09506000134352/21/whole"), "path")


def test_certificates_of_what_it_was_made_of_are_there(client: Client, world: Any) -> None:
    assert "出厂检验报告" in section(client.get(world.tin), "papers")
    assert "没有登记检疫" in section(client.get(world.raw), "papers")


def test_where_the_chain_begins_the_page_says_that_it_does_not_know(client: Client, world: Any) -> None:
    assert "没有记录它由什么做成" in section(client.get(world.raw), "origin")


def test_a_serial_without_a_record_does_not_even_show_the_product(client: Client, world: Any) -> None:
    answer = client.get(f"/i/01/{world.tin_gtin}/21/NOBODY")
    assert answer.status_code == 404
    assert "平台没有这个码的记录" in text(answer)
    assert "单凭这里无法判断" in text(answer)
    assert "听装奶粉" not in text(answer)


def test_a_known_product_without_a_record_of_the_lot_is_said_to_be_just_that(client: Client, world: Any) -> None:
    answer = client.get(f"/i/01/{world.tin_gtin}/10/NONE")
    assert answer.status_code == 200
    assert "认识这个品种，但没有这一批的记录" in text(answer)


def test_a_code_nobody_ever_named_is_404_with_words(client: Client, world: Any) -> None:
    answer = client.get("/i/00/095060000000000015")
    assert answer.status_code == 404
    assert "平台没有这个码的记录" in text(answer)


def test_a_product_code_alone_asks_for_lot_or_serial(client: Client, world: Any) -> None:
    answer = client.get(f"/i/01/{world.tin_gtin}")
    assert "还需要批号或序列号" in text(answer)
    query = {"q": f"(01){world.tin_gtin}", "scheme": "gs1.gtin"}
    assert client.get("/find", query | {"serial": "1"}).headers["Location"] == world.tin
    assert client.get("/find", query | {"lot": "T1"}).headers["Location"] == world.tin_lot


def test_it_never_says_genuine(client: Client, world: Any) -> None:
    for address in (world.tin, world.bulk, world.raw):
        assert "正品" not in text(client.get(address))
        assert "genuine" not in text(client.get(address, {"lang": "en"})).replace(
            "do not prove that the thing is genuine", ""
        )


def test_a_declared_error_is_struck_out_and_said(
    client: Client, register: None, dairy: Organisation, capture: Callable[..., Any]
) -> None:
    wrong = event(eventID="urn:uuid:00000000-0000-4000-8000-0000000000aa")
    capture(dairy, wrong)
    declared = wrong | {"errorDeclaration": {"declarationTime": "2026-11-20T10:00:00+08:00", "reason": "did_not_occur"}}
    capture(dairy, declared)
    answer = client.get("/i/01/09506000134352/21/1")
    assert "原有记录已全部声明有误" in text(answer)
    assert "<s>赋码登记</s>" in answer.content.decode()


def test_a_recalled_thing_is_warned_of_first(
    client: Client, register: None, dairy: Organisation, capture: Callable[..., Any]
) -> None:
    capture(dairy, event(), event(action="OBSERVE", disposition="recalled", eventTime="2026-11-20T12:00:00+08:00"))
    answer = client.get("/i/01/09506000134352/21/1")
    assert "verdict bad" in answer.content.decode()
    assert "这件商品正在召回" in text(answer)


def test_a_disputed_record_is_said(
    client: Client, register: None, dairy: Organisation, market: Organisation, capture: Callable[..., Any]
) -> None:
    name = "urn:uuid:00000000-0000-4000-8000-0000000000bb"
    capture(dairy, event(eventID=name))
    capture(market, event(eventID=name, disposition="active"))
    assert "有争议" in text(client.get("/i/01/09506000134352/21/1"))


def test_the_whole_page_is_there_in_english(client: Client, world: Any) -> None:
    for address in (world.tin, world.bulk, world.raw, f"/i/01/{world.tin_gtin}"):
        answer = client.get(address, {"lang": "en"})
        assert '<html lang="en">' in answer.content.decode()
        words = text(answer)
        for own_name in ("中文", "溯", "食品生产许可证", "生鲜乳收购许可证", "检测所"):  # given in Chinese alone
            words = words.replace(own_name, "")
        assert not re.findall(r"[\u4e00-\u9fff]+", words)


def test_places_and_parties_have_a_page(client: Client, world: Any, dairy: Organisation) -> None:
    place = client.get("/i/" + Place.objects.get(name="乳品厂").code.partition(":")[2])
    assert "已登记的地点" in text(place)
    assert "乳业公司" in section(place, "answer")
    party = client.get("/i/" + PartyAlias.objects.get(party__code=dairy.party).code.partition(":")[2])
    assert "已登记的主体" in text(party)
    assert client.get("/i/414/9506000770008").status_code == 404


@dataclass
class Asked:
    """Statements of one page: those of the walks, and the others."""

    walks: int = 0
    others: int = 0

    def __call__(self, execute: Any, *statement: Any) -> Any:
        frame: Any = sys._getframe()
        while frame and frame.f_globals["__name__"] != "zhuisu.lineage.queries":
            frame = frame.f_back
        if frame:
            self.walks += 1
        else:
            self.others += 1
        return execute(*statement)


@pytest.mark.parametrize(
    ("kind", "walks", "others"),
    [("tin", 28, 24), ("tin_lot", 34, 17), ("bulk", 24, 15), ("raw", 24, 15), ("pallet", 55, 22)],
)
def test_a_page_asks_few_questions_whatever_it_shows(
    client: Client, reused: Any, django_assert_max_num_queries: Any, kind: str, walks: int, others: int
) -> None:
    """One statement for each kind of thing that the page tells of, and none in a loop; the walks take some more a level."""
    asked = Asked()
    with django_assert_max_num_queries(walks + others), connection.execute_wrapper(asked):
        assert client.get(getattr(reused, kind), headers=PHONE).status_code == 200
    assert asked.walks <= walks
    assert asked.others <= others


def test_a_page_of_no_thing_asks_next_to_nothing(
    client: Client, world: Any, django_assert_max_num_queries: Any
) -> None:
    with django_assert_max_num_queries(3):
        client.get(f"/i/01/{world.tin_gtin}")
    with django_assert_max_num_queries(9):  # as many as of anything else that is not known
        client.get("/i/00/095060000000000015")


def test_more_of_everything_asks_no_more(
    client: Client, world: Any, made_up: Any, dairy: Organisation, capture: Any
) -> None:
    def asked() -> int:
        with CaptureQueriesContext(connection) as found:
            client.get(world.tin)
        return len(found)

    before = asked()
    at = made_up.at(1)
    for hour in range(10, 16):
        capture(
            dairy,
            event(action="OBSERVE", epcList=[f"https://id.gs1.org{world.tin}"], bizStep="storing", readPoint=at,
                  eventTime=f"2026-11-18T{hour}:30:00+08:00"),
            event(epcList=None, quantityList=[made_up.amount(made_up.raw, "A1", 1)], bizStep="inspecting", readPoint=at,
                  eventTime=f"2026-11-17T{hour}:30:00+08:00"),
        )  # fmt: skip
    assert asked() == before


@pytest.fixture
def reused(world: Any, made_up: Any, dairy: Organisation, market: Organisation, capture: Callable[..., Any]) -> Any:
    """The pallet of the world, emptied at the shop, is filled again with the second tin and goes out once more."""
    pallet, tin = f"https://id.gs1.org{world.pallet}", f"https://id.gs1.org/01/{world.tin_gtin}/21/2"
    at, truck = made_up.at(1), "https://id.gs1.org/8004/9506000TRUCK7"
    capture(
        dairy,
        event("AggregationEvent", action="ADD", parentID=pallet, childEPCs=[tin], bizStep="packing", readPoint=at,
              eventTime="2026-11-21T08:00:00+08:00"),
        event("AggregationEvent", action="ADD", parentID=truck, childEPCs=[pallet], bizStep="loading", readPoint=at,
              eventTime="2026-11-21T09:00:00+08:00"),
        event(action="OBSERVE", epcList=[truck], bizStep="departing", readPoint=at, eventTime="2026-11-21T10:00:00+08:00"),
    )  # fmt: skip
    return world


def test_the_loads_of_a_reused_pallet_are_kept_apart(client: Client, reused: Any) -> None:
    answer = client.get(reused.pallet)
    assert "这个码曾装过 2 批货，本页说的是最近一批（第 2 批）" in text(answer)
    path, earlier = section(answer, "path").split("第 1 批货")
    assert re.findall(r"离开|装载|装箱|拆箱|上架|发货", path) == ["离开", "装载", "装箱"]
    assert re.findall(r"离开|装载|装箱|拆箱|上架|发货", earlier) == ["上架", "拆箱", "发货", "装箱"]
    assert "有 3 步记录" in text(answer)
    origin = answer.content.decode().partition('id="origin"')[2].partition("</section>")[0]
    assert f"/i/01/{reused.tin_gtin}/21/2" in origin
    assert f"/i/01/{reused.tin_gtin}/21/1" not in origin


def test_an_earlier_load_has_its_own_page(client: Client, reused: Any) -> None:
    latest = client.get(reused.pallet).content.decode()
    assert 'href="?load=1"' in latest
    answer = client.get(reused.pallet, {"load": "1"})
    assert "本页说的是第 1 批，不是最近一批" in text(answer)
    assert "有 4 步记录" in text(answer)
    origin = answer.content.decode().partition('id="origin"')[2].partition("</section>")[0]
    assert f"/i/01/{reused.tin_gtin}/21/1" in origin
    assert f"/i/01/{reused.tin_gtin}/21/2" not in origin
    for odd in ("0", "3", "x", "9" * 30):
        assert "本页说的是最近一批" in text(client.get(reused.pallet, {"load": odd}))


def test_loads_are_told_in_english(client: Client, reused: Any) -> None:
    words = text(client.get(reused.pallet, {"lang": "en", "load": "1"}))
    assert "This code has carried 2 loads; this page is about load 1, not the latest one." in words
    for own_name in ("中文", "溯", "食品生产许可证", "检测所"):
        words = words.replace(own_name, "")
    assert not re.findall(r"[\u4e00-\u9fff]+", words)


def test_a_thing_used_once_says_nothing_of_loads(client: Client, world: Any) -> None:
    assert "批货" not in text(client.get(world.pallet))
    assert "曾用过" not in text(client.get(world.tin))


def test_a_crate_that_began_a_new_life_is_told_by_uses(
    client: Client, register: None, dairy: Organisation, capture: Callable[..., Any]
) -> None:
    capture(
        dairy,
        event(eventTime="2026-11-18T08:00:00+08:00"),
        event(action="DELETE", bizStep="decommissioning", eventTime="2026-11-19T08:00:00+08:00"),
        event(eventTime="2026-11-20T08:00:00+08:00"),
    )
    answer = client.get("/i/01/09506000134352/21/1")
    assert "这个码曾用过 2 次，本页说的是最近一次（第 2 次）" in text(answer)
    assert "有 1 步记录" in text(answer)


def test_a_supplier_who_reported_nothing_is_not_put_where_its_milk_was_received(
    client: Client, register: None, made_up: Any, dairy: Organisation, capture: Callable[..., Any]
) -> None:
    at = made_up.at(1)  # the dairy's, in 某区
    raw, made = made_up.amount(made_up.raw, "R1", 10), made_up.amount(made_up.bulk, "M1", 1)
    farm = Party.objects.get(name="2号牧场")
    PartyAlias.objects.create(code=f"gs1.pgln:417/{made_up.gln(2)}", party=farm)
    capture(
        dairy,
        event(epcList=None, quantityList=[raw], readPoint=at, eventTime="2026-11-18T08:00:00+08:00",
              **{"zs:answerableParty": "https://id.gs1.org/417/" + made_up.gln(2)}),
        event("TransformationEvent", inputQuantityList=[raw], outputQuantityList=[made], readPoint=at,
              eventTime="2026-11-18T09:00:00+08:00"),
    )  # fmt: skip
    address = f"/i/01/{made_up.bulk}/10/M1"
    origin = section(client.get(address), "origin")
    assert "2号牧场" in origin
    assert "某区" not in origin
    Party.objects.filter(pk=farm.pk).update(region="350722")
    Place.objects.create(code="uri:urn:example:pucheng", name="浦城", region="350722", region_name="南平市 浦城县")
    origin = section(client.get(address), "origin")
    assert re.search(r"2号牧场 南平市 浦城县", origin)
    assert "某区" not in origin


def test_a_page_of_too_much_keeps_its_own_path_and_says_that_it_is_cut(
    client: Client, world: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = section(client.get(world.pallet), "path")
    monkeypatch.setattr("zhuisu.portal.records.MAX_HAPPENINGS", 6)
    answer = client.get(world.pallet)
    assert section(answer, "path").replace("记录很多，本页只算到一部分。 ", "") == whole
    assert "记录很多，本页只算到一部分" in text(answer)
