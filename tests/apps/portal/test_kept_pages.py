"""Pages that are kept: the same as pages made anew, gone with the first change, counted and written down like any other look."""

import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from issued import BY, GTIN, Issued, forged, issued
from support import AT, event
from wsgi import Site, Told
from zhuisu.accounts.models import Organisation
from zhuisu.portal import quick
from zhuisu.registry.issuing import services as issuing
from zhuisu.registry.issuing.services import Codes
from zhuisu.registry.models import Product
from zhuisu.verification import services
from zhuisu.verification.models import Finding, Looks, Scan

pytestmark = pytest.mark.django_db
Capture = Callable[..., Any]


@pytest.fixture
def tins(dairy: Organisation) -> Issued:
    return issued(dairy)


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch, settings: Any) -> Iterator[Site]:
    settings.ALLOWED_HOSTS = ["localhost"]
    monkeypatch.setattr(timezone, "now", lambda: AT)
    quick.pages.clear()
    yield Site()
    quick.pages.clear()


def same(one: Told, other: Told) -> None:
    assert one.status == other.status
    assert one.body == other.body
    own = ("X-Request-ID",)
    assert {k: v for k, v in one.headers.items() if k not in own} == {
        k: v for k, v in other.headers.items() if k not in own
    }


def test_a_kept_page_is_the_page(site: Site, tins: Issued, capture: Capture) -> None:
    of_lot = {"epcList": None, "quantityList": [{"epcClass": tins.lot, "quantity": 5}]}
    capture(tins.maker, event(epcList=[tins.urn(0)]), event(**of_lot))
    lot = f"/i/01/{GTIN}/10/L1"
    for path in (tins.path(0), f"/i/zs.unit/{tins.text(0)}", lot, f"/i/01/{GTIN}"):
        for language in ("zh-CN", "en"):
            made = site.get(path, HTTP_ACCEPT_LANGUAGE=language)
            before = site.made
            kept = site.get(path, HTTP_ACCEPT_LANGUAGE=language)
            assert site.made == before, path
            same(made, kept)
            same(kept, site.get(path, plain=True, HTTP_ACCEPT_LANGUAGE=language))
    assert Scan.objects.count() == 1


def test_who_scans_first_and_who_scans_later_read_their_own_line(site: Site, tins: Issued) -> None:
    path = tins.path(0)
    first, second = {"REMOTE_ADDR": "192.0.2.1"}, {"REMOTE_ADDR": "192.0.2.2"}
    assert "这是平台记录到的第一次查询" in site.get(path, **first).words
    assert "这是第 2 次查询" in site.get(path, **second).words
    made = site.made
    for _ in range(3):
        for who in (first, second):
            same(site.get(path, **who), site.get(path, plain=True, **who))
    assert site.made == made
    assert "这是第 3 次查询" in site.get(path, REMOTE_ADDR="192.0.2.3").words
    assert Scan.objects.count() == 3
    assert site.made == made


def test_nothing_of_a_session_is_kept_or_shown(site: Site, tins: Issued) -> None:
    site.get(tins.path(0))
    before = site.made
    told = site.get(tins.path(0), HTTP_COOKIE="sessionid=abc")
    assert site.made == before + 1
    assert "csrfmiddlewaretoken" not in told.words
    site.get(tins.path(0), HTTP_COOKIE="messages=abc")
    assert site.made == before + 2
    kept = site.get(tins.path(0), HTTP_COOKIE="django_language=en; other=1")
    assert kept.headers["Content-Language"] == "en"
    again = site.get(tins.path(0), HTTP_COOKIE="django_language=en; other=2")
    assert "Set-Cookie" not in again.headers
    assert site.made == before + 3


def test_misses_are_never_kept(site: Site, tins: Issued) -> None:
    paths = [
        f"/i/01/{GTIN}/21/{forged(tins.text(0))}",
        f"/i/01/{GTIN}/21/A1",
        "/i/01/06901234500004",
    ]
    for path in paths:
        for _ in range(2):
            before = site.made
            assert site.get(path).status.startswith("404"), path
            assert site.made == before + 1
    assert len(quick.pages) == 0


def test_a_code_in_chinese_has_a_kept_page_whose_headers_every_server_can_send(
    site: Site, tins: Issued, capture: Capture
) -> None:
    seed = "示例种业有限公司/HY26000001"
    capture(tins.maker, event(epcList=[f"urn:zhuisu:cn.seed_qr:{seed}"]))
    path = f"/i/cn.seed_qr/{seed}"
    made = site.get(path)
    assert made.status.startswith("200")
    before = site.made
    same(made, site.get(path))
    assert site.made == before
    for name, value in made.headers.items():
        assert value.encode("latin-1"), name  # RFC 9110 §5.5, and what WSGI asks of an application


def test_a_tag_that_the_browser_has_spares_the_page(site: Site, tins: Issued) -> None:
    made = site.get(tins.path(0))
    assert made.headers["Cache-Control"] == "no-cache, private"
    assert {each.strip() for each in made.headers["Vary"].split(",")} >= {"Accept-Language", "Cookie"}
    tag = made.headers["ETag"]
    assert not tag.startswith("W/")
    for plain in (False, True):
        for given in (tag, f'"x", W/{tag}', "*"):
            spared = site.get(tins.path(0), plain=plain, HTTP_IF_NONE_MATCH=given)
            assert spared.status == "304 Not Modified"
            assert spared.body == b""
            assert spared.headers["ETag"] == tag
        assert site.get(tins.path(0), plain=plain, HTTP_IF_NONE_MATCH='"other"').body == made.body
    head = site.get(tins.path(0), REQUEST_METHOD="HEAD")
    assert head.status.startswith("200")
    other = site.get(tins.path(0), REMOTE_ADDR="192.0.2.9", HTTP_IF_NONE_MATCH=tag)
    assert other.status.startswith("200")
    assert other.headers["ETag"] != tag


def test_a_recall_is_told_at_the_next_look(site: Site, tins: Issued, capture: Capture) -> None:
    capture(tins.maker, event(epcList=[tins.urn(0)]))
    for _ in range(2):
        assert "正在召回" not in site.get(tins.path(0)).words
    capture(tins.maker, event(epcList=[tins.urn(1)]))
    before = site.made
    site.get(tins.path(0))
    assert site.made == before  # another thing's event is no reason to make this page anew
    capture(tins.maker, event(epcList=[tins.urn(0)], action="OBSERVE", disposition="recalled"))
    assert "正在召回" in site.get(tins.path(0)).words


def test_a_recall_of_a_lot_that_no_event_had_named_is_told_too(site: Site, tins: Issued, capture: Capture) -> None:
    for _ in range(2):
        assert "正在召回" not in site.get(tins.path(0)).words
    lot = {"epcList": None, "quantityList": [{"epcClass": tins.lot, "quantity": 5}]}
    capture(tins.maker, event(**lot, action="OBSERVE", disposition="recalled"))
    assert "正在召回" in site.get(tins.path(0)).words


def test_looks_and_scans_of_kept_pages_are_all_counted(site: Site, tins: Issued) -> None:
    site.get(tins.path(0))
    counted = sum(Looks.objects.values_list("looks", flat=True))
    for number in range(20):
        site.get(tins.path(0), REMOTE_ADDR=f"198.51.100.{number}")
    # The second one read the page in other words, which was made anew: counted once more.
    assert sum(Looks.objects.values_list("looks", flat=True)) == counted + 20 + 1
    assert Scan.objects.count() == 21


def test_whoever_looks_too_often_leaves_no_scan(site: Site, tins: Issued, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (quick, services):
        monkeypatch.setattr(module, "LOOK_LIMIT", 4)
    for place in range(2):
        for number in range(2):
            site.get(tins.path(place), REMOTE_ADDR=f"198.51.100.{number}")
    before = Scan.objects.count()
    told = [site.get(tins.path(0), REMOTE_ADDR="203.0.113.5").status[:3] for _ in range(5)]
    assert told == ["200"] * 4 + ["429"]
    assert site.get(tins.path(1), REMOTE_ADDR="203.0.113.5").status[:3] == "429"
    assert Scan.objects.count() == before + 1


def test_a_journey_is_seen_although_the_page_has_just_changed(
    site: Site, tins: Issued, capture: Capture, settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.ADDRESS_REGIONS = tmp_path / "regions.csv"
    settings.ADDRESS_REGIONS.write_text("network,region\n192.0.2.1/32,110000\n192.0.2.2/32,310000\n", "utf-8")
    for place in range(2):
        site.get(tins.path(place), REMOTE_ADDR="192.0.2.1")
        site.get(tins.path(place), REMOTE_ADDR="198.51.100.1")
    capture(tins.maker, event(epcList=[tins.urn(1)]))
    monkeypatch.setattr(timezone, "now", lambda: AT + timedelta(minutes=30))
    for place in range(2):
        site.get(tins.path(place), REMOTE_ADDR="192.0.2.2")
    found = Finding.objects.filter(kind="impossible-travel").values_list("item", flat=True)
    assert sorted(found) == sorted(tins.code(place).canonical for place in range(2))
    assert Scan.objects.count() == 6


def test_the_memory_is_bounded(site: Site, tins: Issued, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quick.pages, "limit", 200_000)
    for number in range(40):
        site.get(tins.path(number))
    assert 0 < len(quick.pages) < 40
    assert quick.pages.octets <= 200_000


def _acts(tins: Issued, capture: Capture, market: Organisation) -> list[Callable[[], object]]:
    """Changes of every kind that a page may tell of."""
    product, maker = tins.tin, tins.maker
    party = product.holder
    assert party
    lot = {"epcList": None, "quantityList": [{"epcClass": tins.lot, "quantity": 5}]}
    box = "urn:epc:id:sscc:0614141.1234567890"
    sale = event(
        eventID="urn:uuid:00000000-0000-4000-8000-000000000001",
        epcList=[tins.urn(0)],
        action="OBSERVE",
        bizStep="retail_selling",
    )
    wrong = {"declarationTime": "2026-11-20T12:00:00+08:00", "reason": "incorrect_data"}
    other = event(eventID=sale["eventID"], epcList=[tins.urn(7)], action="OBSERVE")
    return [
        lambda: capture(maker, event(epcList=[tins.urn(0)])),
        lambda: capture(maker, sale),
        lambda: capture(market, other),
        lambda: capture(maker, sale | {"errorDeclaration": wrong}),
        lambda: capture(maker, event(type="AggregationEvent", epcList=None, parentID=box, childEPCs=[tins.urn(0)])),
        lambda: capture(maker, event(epcList=[box], action="OBSERVE", disposition="recalled")),
        lambda: capture(maker, event(**lot)),
        lambda: capture(maker, event(**lot, action="OBSERVE", disposition="recalled")),
        lambda: capture(
            maker,
            event(**lot, action="OBSERVE", disposition="sellable_accessible", eventTime="2026-11-20T15:00:00+08:00"),
        ),
        lambda: capture(market, event(epcList=[tins.urn(0)], action="OBSERVE", disposition="recalled")),
        lambda: issuing.use(Codes((tins.text(0),)), organisation=maker, **BY),
        lambda: issuing.void(Codes((tins.text(0),)), organisation=maker, reason="破损", **BY),
        lambda: Product.objects.filter(pk=product.pk).update(name="新名字"),
        lambda: party.licences.all().delete(),
        lambda: type(party).objects.filter(pk=party.pk).update(phone="0592-1234567"),
        lambda: Organisation.objects.filter(pk=maker.pk).update(name="改名"),
    ]


@pytest.mark.parametrize("seed", [11, *(pytest.param(seed, marks=pytest.mark.long) for seed in range(1, 11))])
def test_after_any_changes_a_kept_page_is_the_page(
    site: Site, tins: Issued, capture: Capture, market: Organisation, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    chance = Random(seed)
    acts = _acts(tins, capture, market)
    chance.shuffle(acts)
    paths = [tins.path(0), f"/i/01/{GTIN}/10/L1", f"/i/01/{GTIN}"]
    for turn, act in enumerate(acts):
        act()
        monkeypatch.setattr(timezone, "now", lambda at=AT + timedelta(minutes=turn): at)
        who = {"REMOTE_ADDR": f"192.0.2.{chance.randrange(3)}", "HTTP_ACCEPT_LANGUAGE": chance.choice(["zh-CN", "en"])}
        for path in paths:
            told = site.get(path, **who)
            plain = site.get(path, plain=True, **who)
            assert told.words == plain.words, (turn, path)
            again = site.get(path, **who)
            assert again.words == plain.words, (turn, path)
    assert re.search("作废|voided", site.get(tins.path(0)).words)


def test_every_table_that_a_page_reads_tells_of_its_changes(site: Site, tins: Issued, capture: Capture) -> None:
    """A table that is added to a page is a hole in what is kept, unless it is followed."""
    capture(
        tins.maker, event(epcList=[tins.urn(0)]), event(epcList=[tins.urn(0)], action="OBSERVE", bizStep="shipping")
    )
    with CaptureQueriesContext(connection) as found:
        for path in (tins.path(0), f"/i/01/{GTIN}/10/L1", f"/i/01/{GTIN}"):
            site.get(path, plain=True)
    read = {
        name
        for each in found.captured_queries
        for name in re.findall(r'\b(?:from|join)\s+"?([a-z_]+)"?', each["sql"], re.I)
    }
    with connection.cursor() as cursor:
        cursor.execute("select relname from pg_class where relkind in ('r', 'p')")
        tables = {row[0] for row in cursor.fetchall()}
        cursor.execute("select tgrelid::regclass::text from pg_trigger where tgname like 'changed%'")
        told = {row[0] for row in cursor.fetchall()}
    by_position = {
        "name", "item", "event", "event_body", "event_party", "event_seen", "event_disputed", "part", "void", "declaration",
        "log_entry", "log_head", "event_witness",
    }  # fmt: skip
    by_verdict = {"verdict", "verdict_last", "finding"}
    at_every_look = {"verification_looks", "verification_scan", "verification_finding"}
    assert (read & tables) - told - by_position - by_verdict - at_every_look == set()
    assert len(read & told) > 8
