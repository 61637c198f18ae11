"""What the law no longer wants goes, month by month and class by class; all else answers as before."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from hashlib import sha256
from typing import Any

import pytest
from django.db import DatabaseError, transaction

from bears import GTIN, bear, box, document, lot, pack, remake, toy
from support import AT, event
from zhuisu.accounts.models import Organisation
from zhuisu.compliance import keeping, queries
from zhuisu.compliance.acts import Wanted, acts
from zhuisu.events import gone
from zhuisu.events import keeping as bodies
from zhuisu.events.bodies import unpacked
from zhuisu.events.keeping import KeepingError
from zhuisu.events.proof import Documents, Finding, audit, audit_documents
from zhuisu.events.queries import event_by_id, history, item_by_code
from zhuisu.events.queries import gone as gone_of
from zhuisu.events.scope import ALL
from zhuisu.events.sequencer import publish
from zhuisu.events.services import receive
from zhuisu.events.store import digests_again, rows
from zhuisu.events.usage import Field, epcs, epcs_as_sent, places_as_sent, used
from zhuisu.lineage.queries import walk
from zhuisu.profiles.model import Retention, Words

pytestmark = [
    pytest.mark.one_machine("bodies lie in parts on one machine alone"),
    pytest.mark.usefixtures("same_numbers"),
]
Told = Callable[..., list[int]]
MONTH = date(2026, 11, 1)
LATER = datetime(2029, 6, 1, tzinfo=UTC)  # when nothing of MONTH must be kept any more


@pytest.fixture
def month(maker: Organisation, told: Told, judge: Callable[[], int]) -> list[int]:
    """Two bears are made and one is packed in November, of a tin no sector speaks; December has begun."""
    made = toy("make", 0, bear("1"), bear("2")) | {"eventID": "urn:x:made"}
    found = told(maker, made, pack(1, box(1), bear("1")), event(action="OBSERVE", bizStep="cycle_counting"))
    judge()
    assert bodies.open_part(datetime(2026, 12, 1, tzinfo=UTC))
    return found


def names() -> dict[str, str]:
    """Class → what keeps it, or until when."""
    return {one.name: one.stays or str(one.kept_until) for one in keeping.units(LATER)}


def go(name: str = "toy") -> gone.Record:
    return keeping.release(MONTH, name, by="system:test", at=LATER)


def findings() -> list[str]:
    return [one.message for one in audit() if isinstance(one, Finding)]


def test_a_class_stays_until_its_clock_has_run(month: list[int]) -> None:
    assert names() == {"none": "2036-11-20", "toy": "2028-11-20"}
    with pytest.raises(KeepingError, match="2028-11-20"):
        keeping.release(MONTH, "toy", by="system:test", at=datetime(2028, 11, 20, 12, tzinfo=UTC))
    with pytest.raises(KeepingError, match="nothing"):
        keeping.release(date(2026, 10, 1), "toy", by="system:test", at=LATER)
    assert keeping.release(MONTH, "toy", by="system:test", at=datetime(2028, 11, 21, 12, tzinfo=UTC)).events == 2


def test_what_went_leaves_everything_else_as_it_was(month: list[int]) -> None:
    made, _packed, counted = month

    def told() -> list[Any]:
        item = item_by_code(_code(bear("1")))
        assert item
        walked = walk([item.id], "up"), walk([item.id], "down")
        return [
            [one.event for one in history(ALL, [item.id])],
            [sorted(each.items) for each in walked],
            queries.verdicts(ALL, month),
            used(ALL, Field.STEP, limit=10),
            epcs(ALL, limit=10),
        ]

    before, digests = told(), digests_again(month)
    record = go()
    assert (record.events, record.kept_until, record.documents) == (2, date(2028, 11, 20), 0)
    assert told() == before
    assert findings() == []
    assert event_by_id(ALL, "urn:x:made") == []
    assert len(event_by_id(ALL, _id(counted))) == 1
    told_gone = gone_of(ALL, "urn:x:made")
    assert told_gone
    assert (told_gone.record, told_gone.at) == (record.number, LATER)
    assert gone_of(ALL, _id(counted)) is None
    assert digests_again(month) == digests
    assert places_as_sent([made]) == epcs_as_sent([made]) == {}
    assert acts(ALL, Wanted(), limit=10) == []
    assert [one.events for one in keeping.units(LATER)] == [1]


def test_what_went_is_judged_no_more_and_keeps_its_verdict(month: list[int], judge: Callable[[], int]) -> None:
    go()
    before = queries.verdicts(ALL, month)
    rows("insert into judge_queue select id, happened_at from event")
    judge()
    assert rows("select count(*) from judge_queue") == [(0,)]
    assert queries.verdicts(ALL, month) == before


def test_an_event_that_went_is_a_duplicate_when_it_comes_again(
    maker: Organisation, month: list[int], told: Told
) -> None:
    go()
    made = toy("make", 0, bear("1"), bear("2")) | {"eventID": "urn:x:made"}
    for same in (made, dict(reversed(made.items()))):  # byte for byte, and in other bytes
        assert told(maker, same) == []
    declared = made | {"errorDeclaration": {"declarationTime": "2026-11-21T12:00:00+08:00", "reason": "incorrect_data"}}
    assert len(told(maker, declared)) == 1
    assert rows("select count(*) from void") == [(1,)]


def test_a_document_goes_with_the_last_of_its_events(maker: Organisation, told: Told, judge: Callable[[], int]) -> None:
    told(maker, toy("make", 0, bear("1")))
    told(maker, toy("make", 0, bear("2")), toy("make", 0, bear("2")))  # the second is a duplicate
    judge()
    bodies.open_part(datetime(2026, 12, 1, tzinfo=UTC))
    assert go().documents == 1
    assert [one for one in audit_documents() if isinstance(one, Documents)][-1] == Documents(1, 1)


def _hold(item: str = "", month: date | None = None) -> int:
    found = item_by_code(_code(item)) if item else None
    return bodies.hold(found.id if found else None, month, "order of the court", by="system:test", at=AT)


@pytest.mark.parametrize("what", [{}, {"item": bear("1")}, {"month": MONTH}, {"item": f"https://id.gs1.org/01/{GTIN}"}])
def test_an_order_to_keep_keeps(month: list[int], what: dict[str, Any]) -> None:
    number = _hold(**what)
    with pytest.raises(KeepingError, match="hold"):
        go()
    assert [one.number for one in bodies.holds()] == [number]
    assert bodies.lift(number, by="system:test", at=AT)
    assert not bodies.lift(number, by="system:test", at=AT)
    assert bodies.holds() == []
    assert go().events == 2


def test_an_order_for_another_month_keeps_nothing_here(month: list[int]) -> None:
    _hold(month=date(2026, 12, 1))
    assert go().events == 2


def test_a_recall_keeps_until_the_thing_is_destroyed(
    maker: Organisation, month: list[int], told: Told, judge: Callable[[], int]
) -> None:
    told(maker, toy("recall", 5, bear("2")))
    judge()
    assert names()["toy"] == "recall"
    told(maker, toy("destroy", 9, bear("2")))
    judge()
    assert names()["toy"] != "recall"


def test_a_stranger_lifts_no_recall(
    maker: Organisation, market: Organisation, month: list[int], told: Told, judge: Callable[[], int]
) -> None:
    told(maker, toy("recall", 5, bear("2")))
    told(market, toy("destroy", 9, bear("2")))
    judge()
    assert names()["toy"] == "recall"


def test_a_recall_of_what_lay_in_a_box_keeps_the_boxs_records(
    maker: Organisation, told: Told, judge: Callable[[], int]
) -> None:
    _packed_in_october(maker)
    told(maker, toy("ship", 4, box(1)))
    _receive(maker, toy("recall", 5, bear("1")), at=datetime(2026, 12, 5, tzinfo=UTC))
    judge()
    assert {one.month.month: one.stays for one in keeping.units(LATER)} == dict.fromkeys((10, 11, 12), "recall")


def test_what_came_into_a_box_later_keeps_none_of_its_records(
    maker: Organisation, told: Told, judge: Callable[[], int]
) -> None:
    told(maker, toy("ship", 4, box(1)))
    later = AT.replace(month=12)
    made = toy("make", 0, bear("1")) | EXPIRY
    _receive(maker, made, pack(24 * 300, box(1), bear("1")), at=later)
    judge()
    assert {one.month.month: str(one.kept_until) for one in keeping.units(LATER)} == {
        11: "2028-11-20",
        12: "2035-07-31",
    }


def test_a_broken_rule_keeps_for_five_years(
    maker: Organisation, shop: Organisation, told: Told, judge: Callable[[], int]
) -> None:
    told(shop, toy("make", 0, bear("1")))  # no maker: forbidden
    judge()
    assert names()["toy"] == "finding"
    found = keeping.units(datetime(2032, 1, 1, tzinfo=UTC))
    assert [one.stays for one in found] == [""]


def test_a_rule_broken_later_keeps_what_came_before(
    maker: Organisation, shop: Organisation, told: Told, judge: Callable[[], int]
) -> None:
    told(maker, toy("make", 0, bear("1")), toy("make", 0, bear("2")))
    _receive(shop, toy("make", 9, bear("2")), at=AT.replace(month=12))
    judge()
    assert {one.month.month: one.stays for one in keeping.units(LATER)} == dict.fromkeys((11, 12), "finding")


def test_what_is_not_judged_yet_stays(maker: Organisation, told: Told) -> None:
    told(maker, toy("make", 0, bear("1")))
    assert names() == {"none": "judging"}


def test_shelf_life_counts_of_what_lies_inside(maker: Organisation, told: Told, judge: Callable[[], int]) -> None:
    _packed_in_october(maker)
    told(maker, toy("ship", 2, box(1)))
    judge()
    assert {one.month.month: str(one.kept_until) for one in keeping.units(LATER)} == dict.fromkeys(
        (10, 11), "2035-07-31"
    )


def test_clocks_from_the_last_and_from_the_end_of_a_thing(
    maker: Organisation, market: Organisation, told: Told, judge: Callable[[], int], monkeypatch: pytest.MonkeyPatch
) -> None:
    anchors: list[Any] = ["end_of_service", "scrapping"]
    rules = [Retention(records=Words("记录", "records"), anchor=one, months=12, basis="rule") for one in anchors]
    monkeypatch.setattr(keeping, "FINDING_MONTHS", 0)
    told(maker, toy("make", 0, bear("1")))
    monkeypatch.setattr(keeping, "_rules", lambda _name: rules)
    judge()
    assert names()["toy"] == "scrapping"
    told(market, toy("destroy", 24 * 400, bear("1")))  # a stranger: it does not end, but something happened to it
    judge()
    assert names()["toy"] == "scrapping"
    monkeypatch.setattr(keeping, "_rules", lambda _name: rules[:1])
    assert names()["toy"] == "2028-04-05"
    monkeypatch.setattr(keeping, "_rules", lambda _name: rules[1:])
    told(maker, toy("destroy", 24 * 300, bear("1")))
    judge()
    assert names()["toy"] == "2027-12-26"


def test_what_goes_in_has_not_the_shelf_life_of_what_comes_out(
    maker: Organisation, told: Told, judge: Callable[[], int], monkeypatch: pytest.MonkeyPatch
) -> None:
    rule = Retention(records=Words("记录", "records"), anchor="expiry", months=6, basis="rule")
    monkeypatch.setattr(keeping, "_rules", lambda _name: [rule])
    monkeypatch.setattr(keeping, "FINDING_MONTHS", 0)
    told(maker, remake(0, {lot("W"): 1}, {lot("B"): 1}) | EXPIRY)
    judge()
    assert set(names().values()) == {"expiry"}
    told(maker, toy("make", 0, amounts={lot("W"): 1}) | EXPIRY)
    judge()
    assert set(names().values()) == {"2035-07-31"}


EXPIRY = {"ilmd": {"cbvmda:itemExpirationDate": "2035-01-31"}}


def _receive(organisation: Organisation, *events: dict[str, Any], at: datetime) -> None:
    receive(document(*events), media_type=None, organisation=organisation.pk, by="system:test", at=at)
    publish(at)


def _packed_in_october(maker: Organisation) -> None:
    made = toy("make", 0, bear("1")) | EXPIRY
    _receive(maker, made, pack(1, box(1), bear("1")), at=AT.replace(month=10))


def test_events_among_the_newest_wait_for_the_next_month(
    maker: Organisation, told: Told, judge: Callable[[], int]
) -> None:
    told(maker, toy("make", 0, bear("1")))
    judge()
    with pytest.raises(KeepingError, match="newest"), transaction.atomic():
        go()
    assert bodies.open_part(datetime(2026, 12, 1, tzinfo=UTC))
    assert not bodies.open_part(datetime(2026, 12, 1, tzinfo=UTC))
    assert go().events == 1


def test_a_month_that_lies_in_two_parts_goes_from_both(
    maker: Organisation, month: list[int], told: Told, judge: Callable[[], int]
) -> None:
    told(maker, toy("make", 3, bear("9")))  # recorded late, into the part of the next month
    judge()
    bodies.open_part(datetime(2027, 1, 1, tzinfo=UTC))
    assert go().events == 3
    assert findings() == []
    assert rows("select count(*) from event_body where format = 'gone'") == [(3,)]


_CALLED_GONE = """update event_body set format = 'gone', body = {}, context = jsonb_build_object('record', (select max(id) from retention_record)::text)
                  where format <> 'gone'"""
DAMAGE = {
    "the hash of a body": ("event_body", "update event_body set body = sha256('x') where format = 'gone'", "leaf"),
    "the record's count": ("retention_record", "update retention_record set events = 9", "not signed"),
    "the record's root": ("retention_record", "update retention_record set root = sha256('x')", "does not speak"),
    "no record": ("retention_record", "delete from retention_record", "without a retention record"),
    "another body called gone": ("event_body", _CALLED_GONE.format("sha256(body)"), "leaf"),
    "another body in the record": ("event_body", _CALLED_GONE.format("%s"), "does not speak"),
}


@pytest.mark.parametrize("what", DAMAGE)
def test_what_is_changed_afterwards_is_found(month: list[int], what: str) -> None:
    go()
    table, damage, message = DAMAGE[what]
    for one in [table, *(part for (part,) in rows("select part from body_parts()") if table == "event_body")]:
        rows(f"alter table {one} disable trigger user")
    ((raw,),) = rows("select body from event_body where format <> 'gone'")
    rows(damage, [sha256(unpacked(raw)).digest()] if "%s" in damage else [])
    assert any(message in one for one in findings())


def test_evidence_of_a_fault_does_not_go(month: list[int]) -> None:
    for (part,) in rows("select part from body_parts()"):
        rows(f"alter table {part} disable trigger user")
    rows("update event_body set body = '\\x00'")
    with pytest.raises(KeepingError, match="damaged"), transaction.atomic():
        go()
    assert gone.records() == []


def test_parts_and_records_are_evidence(month: list[int]) -> None:
    go()
    tables = ["event_body", "retention_record", *(part for (part,) in rows("select part from body_parts()"))]
    for table in tables:
        for sql in (f"delete from {table}", f"update {table} set ctid = ctid", f"truncate {table} cascade"):
            if rows(f"select 1 from {table} limit 1") or "truncate" in sql:
                with pytest.raises(DatabaseError), transaction.atomic():
                    rows(sql)


def _code(text: str) -> Any:
    from zhuisu import codes

    return codes.parse_epc(text)


def _id(event: int) -> str:
    ((found,),) = rows("select event_id from event_body where event = %s", [event])
    return str(found)
