"""Looking codes up: every state from the real tables, scans that count, findings, limits, and the housekeeping."""

import random
import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.db.utils import IntegrityError, InternalError
from django.test.utils import CaptureQueriesContext

from issued import BY, GTIN, OTHER_GTIN, Issued, forged, issued, never_issued
from support import AT, event
from zhuisu import codes
from zhuisu.accounts.models import AuditEntry, Organisation
from zhuisu.codes import zs_unit
from zhuisu.registry.issuing import services as issuing
from zhuisu.registry.issuing.imports import About
from zhuisu.registry.issuing.services import Codes
from zhuisu.registry.models import Party, Product
from zhuisu.verification import queries, scans, services
from zhuisu.verification.judgement import State
from zhuisu.verification.models import Finding, Looks, Scan
from zhuisu.verification.services import LOOK_LIMIT, MISS_LIMIT, SCAN_LIFE, Answer, Visit, keep_house, look_up

pytestmark = pytest.mark.django_db
Capture = Callable[..., Any]


def look(code: codes.Code | str, at: datetime = AT, source: str = "192.0.2.1", region: str = "", **more: Any) -> Answer:
    code = codes.parse(code) if isinstance(code, str) else code
    return look_up(code, at=at, source=source, region=region, **more)


def sgtin(serial: str, gtin: str = GTIN) -> codes.Code:
    return codes.from_canonical(f"gs1.sgtin:01/{gtin}/21/{serial}")


def select(tins: Issued, *places: int) -> Codes:
    return Codes(tuple(tins.text(place) for place in places))


def test_every_state_of_our_own_codes(tins: Issued, capture: Capture) -> None:
    fresh = issuing.issue(organisation=tins.maker, product=tins.tin, level="item", count=5, **BY)
    assert look(tins.code(0)).state == State.GENUINE
    assert look(Issued(tins.maker, tins.tin, fresh).code(0)).state == State.INACTIVE
    issuing.void(select(tins, 1), organisation=tins.maker, reason="破损", **BY)
    assert look(tins.code(1)).state == State.VOIDED
    issuing.use(select(tins, 2), organisation=tins.maker, **BY)
    assert look(tins.code(2)).state == State.USED
    capture(tins.maker, event(epcList=[tins.urn(3)], action="OBSERVE", bizStep="retail_selling"))
    assert look(tins.code(3)).state == State.USED
    capture(tins.maker, event(epcList=[tins.urn(4)], action="OBSERVE", disposition="recalled"))
    assert look(tins.code(4)).state == State.RECALLED
    assert (
        look(tins.code(5), at=datetime(2027, 6, 1, 15, 59, tzinfo=UTC)).state == State.GENUINE
    )  # to the end of the day
    assert look(tins.code(5), at=datetime(2027, 6, 1, 16, 0, tzinfo=UTC)).state == State.EXPIRED


def test_the_sixteen_characters_alone_find_the_same_thing(tins: Issued) -> None:
    answer = look(codes.parse(tins.text(0), "zs.unit"))
    assert answer.state == State.GENUINE
    assert answer.look.code == tins.code(0)
    first = scans.Seen(AT, "")
    assert look(tins.code(0), source="192.0.2.2").scans == scans.Scans(2, first, first, fresh=True)


def test_what_is_not_ours(tins: Issued, capture: Capture) -> None:
    assert look(codes.parse(never_issued(), "zs.unit")).state == State.NEVER_ISSUED
    assert look(codes.parse(forged(tins.text(0)), "zs.unit")).state == State.FORGED
    assert look(sgtin(forged(tins.text(0)))).state == State.FORGED
    assert look(sgtin(tins.text(0), OTHER_GTIN)).state == State.FORGED  # a real code under another product
    assert look(sgtin("A1")).state == State.UNKNOWN
    capture(tins.maker, event(epcList=[f"https://id.gs1.org/01/{OTHER_GTIN}/21/A1"]))
    assert look(sgtin("A1", OTHER_GTIN)).state == State.RECORDED


def test_reports_do_not_make_a_forged_code_true(tins: Issued, capture: Capture) -> None:
    false = forged(tins.text(0))
    capture(tins.maker, event(epcList=[f"https://id.gs1.org/01/{GTIN}/21/{false}"]))
    answer = look(sgtin(false))
    assert (answer.state, answer.scans) == (State.FORGED, None)


def test_a_recall_of_the_lot_in_the_issue_log_reaches_its_codes(tins: Issued, capture: Capture) -> None:
    recall = {"epcList": None, "quantityList": [{"epcClass": tins.lot}], "action": "OBSERVE", "bizStep": "holding"}
    capture(tins.maker, event(**recall, disposition="recalled"))
    assert look(tins.code(7)).state == State.RECALLED
    capture(tins.maker, event(epcList=[tins.urn(8)]))  # an event of the thing that does not name the lot
    assert look(tins.code(8)).state == State.RECALLED
    later = {"eventTime": "2026-11-20T10:00:00+08:00"}
    capture(tins.maker, event(**recall, **later, disposition="conformant"))
    assert look(tins.code(7)).state == State.GENUINE


def test_a_recall_of_the_box_reaches_what_lay_in_it_then(tins: Issued, capture: Capture) -> None:
    box = "https://id.gs1.org/00/095060000000000015"

    def on(hour: int) -> str:
        return f"2026-11-20T{hour:02d}:00:00+08:00"

    capture(
        tins.maker,
        event("AggregationEvent", action="ADD", parentID=box, childEPCs=[tins.urn(1), tins.urn(2)], eventTime=on(1)),
        event("AggregationEvent", action="DELETE", parentID=box, childEPCs=[tins.urn(2)], eventTime=on(2)),
        event(epcList=[box], action="OBSERVE", disposition="recalled", eventTime=on(3)),
    )
    assert look(tins.code(1)).state == State.RECALLED
    assert look(tins.code(2)).state == State.GENUINE


def test_a_recall_counts_only_from_those_who_have_a_part_in_the_thing(
    tins: Issued, market: Organisation, capture: Capture
) -> None:
    lot = {"epcList": None, "quantityList": [{"epcClass": tins.lot}], "action": "OBSERVE"}
    crate = "https://id.gs1.org/00/095060000000000022"
    capture(
        market,
        event(epcList=[tins.urn(0)], action="OBSERVE", bizStep="receiving"),
        event(epcList=[tins.urn(0)], action="OBSERVE", disposition="recalled", eventTime="2026-11-20T10:00:00+08:00"),
        event(**lot, disposition="recalled"),
        event("AggregationEvent", action="ADD", parentID=crate, childEPCs=[tins.urn(1)]),
        event(epcList=[crate], action="OBSERVE", disposition="recalled"),
    )
    for place in range(3):  # itself and its lot, its crate and its lot, its lot alone
        answer = look(tins.code(place))
        assert answer.state == State.GENUINE
        assert answer.told.claim
        assert answer.told.claim.organisation == market.pk
    to_market = [{"type": "possessing_party", "destination": f"urn:zhuisu:{market.party}"}]
    capture(tins.maker, event(epcList=[tins.urn(0)], action="OBSERVE", bizStep="shipping", destinationList=to_market))
    assert look(tins.code(0)).state == State.RECALLED
    assert look(tins.code(1)).state == State.GENUINE
    office = Organisation.objects.create(kind="regulator", name="市监局", party="uri:urn:zhuisu:test:office")
    capture(office, event(epcList=[tins.urn(1)], action="OBSERVE", disposition="recalled"))
    assert look(tins.code(1)).state == State.RECALLED


def test_of_a_thing_that_nobody_issued_the_maker_and_the_holder_may_recall(
    dairy: Organisation, market: Organisation, capture: Capture
) -> None:
    recall = {"action": "OBSERVE", "disposition": "recalled", "eventTime": "2026-11-20T10:00:00+08:00"}
    thing = [f"https://id.gs1.org/01/{OTHER_GTIN}/21/A1"]
    capture(dairy, event(epcList=thing))
    capture(market, event(epcList=thing, **recall))
    assert look(sgtin("A1", OTHER_GTIN)).state == State.RECORDED
    party = Party.objects.create(code=market.party, name=market.name, kind="market")
    product = Product.objects.create(code=f"gs1.gtin:01/{OTHER_GTIN}", name="奶", category="food", holder=party)
    assert look(sgtin("A1", OTHER_GTIN)).state == State.RECALLED
    product.delete()
    capture(dairy, event(epcList=thing, **recall | {"eventTime": "2026-11-20T11:00:00+08:00"}))
    assert look(sgtin("A1", OTHER_GTIN)).state == State.RECALLED


def test_scans_are_counted_once_for_a_source_and_kept_without_its_address(tins: Issued) -> None:
    def number(minutes: int, source: str, **more: Any) -> int:
        answer = look(tins.code(0), AT + timedelta(minutes=minutes), source, **more)
        assert answer.scans
        return answer.scans.number

    assert number(0, "192.0.2.1", region="350200") == 1
    assert number(9, "192.0.2.1") == 1  # reloaded: still the first
    assert number(9, "192.0.2.2", region="440000") == 2
    assert number(9, "192.0.2.1") == 1
    assert number(10, "192.0.2.1") == 3
    assert number(11, "192.0.2.3", counts=False) == 4  # a look that does not count is told what the next would be
    assert number(12, "192.0.2.3") == 4
    answer = look(tins.code(0), AT + timedelta(minutes=30), "192.0.2.9")
    assert answer.scans
    assert answer.scans.first
    assert answer.scans.last
    assert (answer.scans.number, answer.scans.first.region, answer.scans.last.at) == (
        5,
        "350200",
        AT + timedelta(minutes=12),
    )
    assert Scan.objects.count() == 5
    tomorrow = look(tins.code(1), AT + timedelta(days=1), "192.0.2.1")
    assert tomorrow.scans
    sources = {Scan.objects.get(item=tins.code(1).key).source, Scan.objects.earliest("pk").source}
    assert len(sources) == 2  # the same address on another day is another source


def test_a_code_scanned_by_everybody_is_counted_to_the_end(tins: Issued) -> None:
    for number in range(300):
        answer = look(tins.code(0), AT + timedelta(minutes=number), f"192.0.{number // 200}.{number % 200}")
    assert answer.scans
    assert answer.scans.number == 300
    assert answer.scans.first
    assert answer.scans.first.at == AT


def test_a_miss_leaves_no_scan(tins: Issued) -> None:
    for code in (sgtin("A1"), codes.parse(never_issued(), "zs.unit"), sgtin(forged(tins.text(0)))):
        assert look(code).scans is None
    assert not Scan.objects.exists()


def test_scans_and_findings_cannot_be_changed(tins: Issued) -> None:
    look(tins.code(0))
    for sql in ("update verification_scan set region = '1'",):
        with pytest.raises((InternalError, IntegrityError)), connection.cursor() as cursor:
            cursor.execute(sql)


# --- findings ------------------------------------------------------------------------------------------------------


def test_two_places_too_far_apart_raise_one_finding(tins: Issued) -> None:
    look(tins.code(0), AT, "192.0.2.1", "110000")
    answer = look(tins.code(0), AT + timedelta(minutes=30), "192.0.2.2", "310000")
    assert answer.findings == {"impossible-travel"}
    again = look(tins.code(0), AT + timedelta(minutes=40), "192.0.2.3", "440000")
    assert again.findings == {"impossible-travel"}
    found = Finding.objects.get()
    assert (found.item, found.organisation, sorted(found.regions)) == (
        tins.code(0).canonical, tins.maker, ["110000", "310000"]
    )  # fmt: skip
    assert found.detail["km_at_least"] > 800
    assert AuditEntry.objects.filter(verb="finding.raise").count() == 1
    assert look(tins.code(0), AT + timedelta(days=9), "192.0.2.4", "110000").findings == {"impossible-travel"}
    assert look(tins.code(1), AT, "192.0.2.1", "110000").findings == frozenset()


def test_a_second_sale_and_a_sale_after_the_recall_are_found(
    tins: Issued, market: Organisation, capture: Capture
) -> None:
    def on(hour: int) -> dict[str, str]:
        return {"eventTime": f"2026-11-20T{hour:02d}:00:00+08:00"}

    sale = {"epcList": [tins.urn(0)], "action": "OBSERVE", "bizStep": "retail_selling", "disposition": "retail_sold"}
    capture(tins.maker, event(**sale, **on(1)))
    assert look(tins.code(0)).findings == frozenset()
    capture(market, event(**sale, **on(4)))
    assert look(tins.code(0)).findings == {"repeated-sale"}
    capture(tins.maker, event(epcList=[tins.urn(0)], action="OBSERVE", disposition="recalled", **on(2)))
    assert services.judge_sales(tins.code(0), at=AT) == {"repeated-sale", "sold-after-recall"}
    assert look(tins.code(0)).findings == {"repeated-sale", "sold-after-recall"}
    assert sorted(Finding.objects.values_list("kind", flat=True)) == ["repeated-sale", "sold-after-recall"]


def test_who_sees_which_findings(tins: Issued, market: Organisation, db: None) -> None:
    look(tins.code(0), AT, "192.0.2.1", "110000")
    look(tins.code(0), AT + timedelta(minutes=30), "192.0.2.2", "310000")

    def sees(kind: str, region: str) -> int:
        viewer = Organisation.objects.create(
            kind=kind, name="甲", party=f"uri:urn:zhuisu:{kind}{region}", region=region
        )
        return len(queries.findings(viewer))

    assert len(queries.findings(tins.maker)) == 1
    assert len(queries.findings(market)) == 0
    assert [sees("regulator", region) for region in ("3502", "35", "11", "3101", "44", "")] == [1, 1, 1, 0, 0, 0]
    assert sees("operator", "") == 1
    assert len(queries.findings(tins.maker, kind="forged-burst")) == 0
    assert len(queries.findings(tins.maker, item=tins.code(1).canonical)) == 0


# --- limits --------------------------------------------------------------------------------------------------------


def test_too_many_misses_close_the_door_for_the_rest_of_the_minute(tins: Issued) -> None:
    start = AT.replace(second=0)
    for number in range(MISS_LIMIT):
        assert not look(sgtin(f"A{number}"), start).blocked
    assert not look(tins.code(0), start).blocked
    assert look(sgtin("B1"), start + timedelta(seconds=50)).blocked
    closed = look(tins.code(0), start + timedelta(seconds=50))
    assert (closed.blocked, closed.look.retry_after, closed.scans) == (True, 10, None)
    assert not look(tins.code(0), start, "192.0.2.2").blocked
    assert not look(tins.code(0), start + timedelta(seconds=60)).blocked
    trusted = Visit("192.0.2.1", trusted="inspector")
    assert not services.begin(tins.code(0), at=start, visit=trusted).blocked


def test_one_household_shares_its_limit_and_hits_have_one_too(tins: Issued, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(services, "LOOK_LIMIT", 3)
    found = [look(tins.code(0), AT, f"2001:db8::{number}").blocked for number in range(5)]
    assert found == [False, False, False, True, True]
    assert MISS_LIMIT < LOOK_LIMIT
    assert Looks.objects.get().looks == 5


def test_the_alarm_rings_once_an_hour_and_old_things_go(
    tins: Issued, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(services, "ALARM_LIMIT", 5)
    look(tins.code(0), AT - SCAN_LIFE - timedelta(days=1))
    look(tins.code(0), AT - SCAN_LIFE + timedelta(days=1))
    assert keep_house(AT) == services.House(1, 0)
    assert Scan.objects.count() == 1
    assert AuditEntry.objects.filter(verb="scans.purge").latest("pk").detail["scans"] == 1
    for number in range(6):
        look(sgtin(f"A{number}"), AT, f"192.0.2.{number}")
    keep_house(AT)
    keep_house(AT + timedelta(minutes=1))
    burst = Finding.objects.get(kind="forged-burst")
    assert (burst.detail["misses"], burst.detail["sources"]) == (6, 6)
    assert caplog.text.count("were looked up in a minute") == 1
    keep_house(AT + timedelta(hours=1))
    assert not Looks.objects.exists()


# --- guessing ------------------------------------------------------------------------------------------------------


def test_misses_take_the_same_statements_whatever_they_miss(tins: Issued) -> None:
    def asked(code: codes.Code) -> list[str]:
        with CaptureQueriesContext(connection) as found:
            look(code)
        # The values are left out, and the type that the driver gives a number of another size.
        return [re.sub(r"'[^']*'|\b\d+\b|::\w+", "?", query["sql"]) for query in found.captured_queries]

    foreign = codes.parse("84765620001563394047")
    cases = [codes.parse(never_issued(), "zs.unit"), codes.parse(forged(tins.text(0)), "zs.unit"), foreign,
             sgtin(forged(tins.text(0))), sgtin("A1"), sgtin("A1", OTHER_GTIN), sgtin(never_issued())]  # fmt: skip
    told = [asked(code) for code in cases]
    for one in told:
        assert one == told[0]
    assert len(told[0]) == 9


@pytest.mark.parametrize("tries", [300, pytest.param(700, marks=pytest.mark.slow)])
def test_guessing_within_a_series_that_exists_finds_nothing(
    tins: Issued, monkeypatch: pytest.MonkeyPatch, tries: int
) -> None:
    """A try at a series with 300 codes hits with 300 / 29^11 = 2.5e-14: of 700 tries 1.7e-11 are expected to."""
    chance = random.Random(20261120)
    monkeypatch.setattr(services, "_count", lambda *_: (1, 1))
    wrong = 0
    for _ in range(tries):
        text15 = tins.text(0)[:4] + "".join(chance.choices(zs_unit.ALPHABET, k=11))
        code = codes.parse(text15 + zs_unit.check_character(text15), "zs.unit")
        wrong += services.begin(code, at=AT, visit=Visit("")).missed
    assert wrong == tries


def test_an_expiry_date_on_the_label_counts_where_nothing_was_issued(tins: Issued, capture: Capture) -> None:
    thing = f"https://id.gs1.org/01/{OTHER_GTIN}/21/A1"
    capture(tins.maker, event(epcList=[thing], ilmd={"cbvmda:itemExpirationDate": "2026-11-19"}))
    answer = look(sgtin("A1", OTHER_GTIN))
    assert (answer.state, answer.expires_on) == (State.EXPIRED, date(2026, 11, 19))


def test_an_imported_code_is_foreign(dairy: Organisation) -> None:
    tins = issued(dairy)
    text = "84765620001563394047"
    about = About(product=tins.tin)
    issuing.import_codes(organisation=dairy, scheme="cn.drug_trace_msfx", content=text.encode(), about=about, **BY)
    assert look(codes.parse(text)).state == State.FOREIGN
