"""How judging runs: in batches with few statements, one at a time, again after a crash; certificates that come later; may."""

from datetime import UTC, date, datetime

import psycopg
import pytest
from django.db import IntegrityError, connection
from django.test.utils import CaptureQueriesContext

from bears import bear, box, lot, pack, remake, toy
from support import AT
from zhuisu.compliance import older, services
from zhuisu.compliance.queries import judged_to, verdicts
from zhuisu.compliance.services import judge_next, may
from zhuisu.events.queries import head
from zhuisu.events.scope import ALL
from zhuisu.events.store import rows
from zhuisu.registry.models import Certificate, Licence, Party, Place, Role

MAY_STATEMENTS = 20
BATCH_STATEMENTS = 50


def statements(act):
    with CaptureQueriesContext(connection) as seen:
        act()
    return len(seen)


def story(first, count):
    for n in range(first, first + count):
        yield toy("make", n, bear(str(n), "A"), bear(f"x{n}"))
        yield toy("ship", n + 0.5, bear(str(n)), buyer="urn:toy:b")


def test_a_batch_takes_as_many_statements_whatever_its_size(maker, told):
    told(maker, *story(0, 3))
    few = statements(lambda: judge_next(AT))
    told(maker, *story(100, 60))
    assert statements(lambda: judge_next(AT)) <= few + 4 <= BATCH_STATEMENTS


def test_a_node_at_rest_asks_once(maker, told, judge):
    told(maker, *story(0, 1))
    judge()
    assert statements(lambda: judge_next(AT)) == 1


def test_killed_half_way_it_goes_on_and_nothing_is_judged_twice(maker, told, judge, monkeypatch):
    told(maker, *story(0, 2))
    real = services.store.move_cursor
    monkeypatch.setattr(services.store, "move_cursor", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        judge_next(AT)
    assert judged_to() == 0
    assert rows("select count(*) from verdict") == [(0,)]
    monkeypatch.setattr(services.store, "move_cursor", real)
    assert judge() == 4
    assert rows("select count(*), count(distinct event) from verdict") == [(4, 4)]
    assert judged_to() == head()


def test_only_one_judges_at_a_time(maker, told):
    told(maker, *story(0, 1))
    settings = connection.get_connection_params()
    with psycopg.connect(
        **{name: settings[name] for name in ("host", "port", "user", "dbname", "password") if settings.get(name)}
    ) as other:
        other.execute("select pg_advisory_lock(%s)", [services.LOCK])
        assert judge_next(AT) == 0
        other.execute("select pg_advisory_unlock(%s)", [services.LOCK])
        assert judge_next(AT) == 2


@pytest.mark.parametrize(("table", "column"), [("verdict", "step"), ("finding", "rule")])
def test_evidence_is_append_only(maker, told, judge, table, column):
    told(maker, toy("ship", 1, bear("1")))
    judge()
    with pytest.raises(IntegrityError, match="append-only"):
        rows(f"update {table} set {column} = 'x'")


def test_a_certificate_that_is_registered_later_counts_from_its_own_day(maker, told, broken):
    told(maker, toy("make", 1, amounts={lot("A"): 5}))
    (made,) = told(maker, remake(48, {lot("A"): 2}, {lot("B"): 2}))
    assert broken(made) == {"remake.testres.paper"}
    about = f"gs1.lgtin:{lot('A').removeprefix('https://id.gs1.org/')}"
    certificate(about, "1", datetime(2026, 3, 9, tzinfo=UTC))
    assert broken(made) == {"remake.testres.paper"}
    certificate(about, "2", datetime(2026, 3, 2, tzinfo=UTC))
    assert broken(made) == set()


def certificate(about, number, at):
    Certificate.objects.create(kind="testres", number=number, title="检验", about=about, issuer="站", issued_at=at)


def test_may_answers_as_the_judge_would_and_writes_nothing(maker, shop, told, judge, broken):
    told(maker, toy("make", 1, bear("1", "A")), toy("check", 2, amounts={lot("A"): 1}, result="failed"))
    judge()
    tables = ("verdict", "finding", "verdict_last", "name", "item", "event", "capture", "judge_queue")
    before = [rows(f"select count(*) from {table}") for table in tables]
    forbidden, allowed = may([toy("ship", 3, bear("1")), toy("make", 4, bear("2"))], organisation=maker.pk, at=AT)
    assert (forbidden.may, [one.rule for one in forbidden.findings]) == (False, ["toy.ship.failed"])
    assert (allowed.may, allowed.step, allowed.sector, allowed.edition) == (True, "make", "toy", "2020")
    assert [rows(f"select count(*) from {table}") for table in tables] == before
    (shipped,) = told(maker, toy("ship", 3, bear("1")))
    assert broken(shipped) == {"ship.failed"}
    assert statements(lambda: may([toy("ship", 5, bear("1"))], organisation=maker.pk, at=AT)) <= MAY_STATEMENTS


def test_may_counts_what_the_same_call_asks_before_and_says_what_cannot_be_read(maker, shop, told, judge):
    told(maker, toy("make", 1, amounts={lot("A"): 5}))
    first, second = may([toy("ship", n, amounts={lot("A"): 3}) for n in (2, 3)], organisation=maker.pk, at=AT)
    assert (first.may, second.may) == (True, False)
    (wrong,) = may([{"type": "ObjectEvent", "action": "ADD"}], organisation=maker.pk, at=AT)
    assert not wrong.may
    assert wrong.findings[0].rule.startswith("epcis.")


def test_who_never_reported_anything_may_already(maker, told):
    (answer,) = may([toy("make", 1, bear("1"))], organisation=maker.pk, at=AT)
    assert answer.may


def test_a_mixed_pallet_has_two_verdicts_each_of_its_own_things(maker, told, judge):
    Role.objects.create(party=Party.objects.get(), sector="candy", role="cook", valid_from_on="2020-01-01")
    cooked = toy("make", 1, amounts={lot("C"): 5}) | {
        "bizStep": "creating_class_instance",
        "ilmd": {"f:kind": "candy.drop"},
        "f:sugar": 99,
    }
    made = toy("make", 2, amounts={lot("A"): 5}) | {"ilmd": {"f:kind": "toy.bear"}}
    told(maker, cooked, made, toy("check", 3, amounts={lot("A"): 5}, result="passed"))
    (shipped,) = told(maker, toy("ship", 4, amounts={lot("A"): 1, lot("C"): 2}))
    judge()
    candy, toys = verdicts(ALL, [shipped])[shipped]
    assert {(one.rule, one.path) for one in candy.findings} == {
        ("candy.ship.sugar.required", "sugar"),
        ("candy.ship.failed", "quantityList[1]"),
    }
    assert (toys.sector, toys.findings) == ("toy", ())


def test_the_region_of_the_place_goes_before_that_of_the_party(maker, told, judge):
    Place.objects.create(code="gs1.sgln:414/9520000000028", name="仓", region="450703")
    place = {"bizLocation": {"id": "https://id.gs1.org/414/9520000000028"}}
    there, here = told(maker, toy("make", 1, bear("1")) | place, toy("make", 2, bear("2")))
    judge()
    found = verdicts(ALL, [there, here])
    assert (found[there][0].region, found[here][0].region) == ("450703", "350200")


def test_a_box_that_nobody_unpacked_in_time_is_judged_again_with_what_it_held(maker, told, broken):
    told(maker, toy("make", 1, bear("1")), toy("make", 1.5, bear("2")), pack(2, box(1), bear("1")))
    (shipped,) = told(maker, toy("ship", 9, box(1)))
    assert broken(shipped) == set()
    told(maker, toy("check", 5, bear("1"), result="failed"))
    assert broken(shipped) == {"ship.failed"}
    told(maker, pack(6, box(1), bear("1"), out=True))
    assert "ship.failed" not in broken(shipped)


@pytest.fixture
def flooded(maker, told, judge, monkeypatch):
    """A lot of which most happened before the three happenings that are replayed."""
    told(maker, toy("make", 1, amounts={lot("A"): 100}), toy("check", 2, amounts={lot("A"): 1}, result="failed"))
    told(maker, *(toy("ship", 3 + n, amounts={lot("A"): 1}) for n in range(6)))
    judge()
    monkeypatch.setattr(services.store, "MAX_PARTS", 3)


def test_a_flooded_lot_keeps_its_beginning_its_stock_and_what_was_found(flooded, maker, told, broken):
    much, enough = told(maker, *(toy("ship", 20 + n, amounts={lot("A"): 500 - 499 * n}) for n in range(2)))
    assert broken(much) == {"ship.stock", "ship.failed"}
    assert broken(enough) == {"ship.stock", "ship.failed"}  # five hundred are gone already
    told(maker, toy("check", 21.5, amounts={lot("A"): 1}, result="passed"), toy("make", 21.6, amounts={lot("A"): 900}))
    (now,) = told(maker, toy("ship", 22, amounts={lot("A"): 400}))
    assert broken(now) == set()


@pytest.mark.parametrize("limit", ["MAX_OLDER", "MAX_TELLING"])
def test_what_happened_too_often_has_unknown_books_and_no_false_finding(
    flooded, maker, told, broken, monkeypatch, limit
):
    monkeypatch.setattr(older, limit, 1)
    (shipped,) = told(maker, toy("ship", 20, amounts={lot("A"): 500}))
    assert "ship.cut" in broken(shipped)
    assert broken(shipped).isdisjoint({"ship.stock", "ship.failed"})  # what is not known is no finding
    assert ("ship.after" in broken(shipped)) == (limit == "MAX_OLDER")  # its making lies before all that is looked at


def test_late_news_of_a_flooded_lot_from_before_what_is_replayed_say_that_not_all_is_known(
    flooded, maker, told, broken
):
    late, newest = told(maker, toy("ship", 2.5, amounts={lot("A"): 500}), toy("ship", 30, amounts={lot("A"): 1}))
    assert broken(late) == {"ship.cut", "ship.failed"}
    assert "ship.stock" in broken(newest)


def test_what_is_entered_late_in_the_register_judges_its_days_again(maker, told, broken):
    maker_party = Party.objects.get()
    Licence.objects.all().delete()
    bears = {"ilmd": {"f:kind": "toy.bear"}}
    made, later = told(maker, toy("make", 1, bear("1")) | bears, toy("make", 24 * 30, bear("2")) | bears)
    assert broken(made) == broken(later) == {"make.maker.licence"}
    held = Licence.objects.create(
        party=maker_party, kind="toy licence", number="9", valid_from_on=date(2026, 1, 1), valid_to_on=date(2026, 3, 9)
    )
    assert (broken(made), broken(later)) == (set(), {"make.maker.licence"})
    Licence.objects.filter(pk=held.pk).update(valid_to_on=date(2026, 12, 31))
    assert broken(later) == set()
    Role.objects.all().delete()
    assert broken(made) == {"make.by"}


def test_a_certificate_whose_transaction_ends_late_or_that_is_withdrawn_is_seen(maker, told, broken):
    told(maker, toy("make", 1, amounts={lot("A"): 5}))
    (made,) = told(maker, remake(48, {lot("A"): 2}, {lot("B"): 2}))
    about = f"gs1.lgtin:{lot('A').removeprefix('https://id.gs1.org/')}"
    certificate("gs1.lgtin:other", "1", datetime(2026, 3, 1, tzinfo=UTC))
    assert broken(made) == {"remake.testres.paper"}
    first = Certificate.objects.get().pk - 1  # its number was given out earlier
    found = {"kind": "testres", "number": "2", "title": "检验", "about": about, "issuer": "站"}
    held = Certificate.objects.create(pk=first, **found, issued_at=datetime(2026, 3, 1, tzinfo=UTC))
    assert broken(made) == set()
    held.voided_at = datetime(2026, 3, 2, tzinfo=UTC)
    held.save()
    assert broken(made) == {"remake.testres.paper"}


def test_the_days_of_certificates_are_the_nodes(maker, told, broken):
    told(maker, toy("make", 1, amounts={lot("A"): 5}))
    second, third = told(
        maker, *(remake(day * 24, {lot("A"): 1}, {lot(name): 1}) for day, name in ((1, "B"), (2, "C")))
    )
    about = f"gs1.lgtin:{lot('A').removeprefix('https://id.gs1.org/')}"
    certificate(about, "1", datetime(2026, 3, 2, 16, tzinfo=UTC))  # 00:00 on the 3rd
    assert broken(second) == {"remake.testres.paper"}
    assert broken(third) == set()
    Certificate.objects.update(voided_at=datetime(2026, 3, 2, 16, 30, tzinfo=UTC))
    assert broken(third) == {"remake.testres.paper"}


def test_a_fault_in_one_event_leaves_no_trace_in_the_verdicts_of_its_batch(maker, told, judge, broken, monkeypatch):
    from zhuisu.compliance import judging

    bad, _, shipped = told(maker, toy("make", 1, bear("1")), toy("make", 2, bear("2")), toy("ship", 3, bear("2")))
    real = judging.said_of

    def faulty(event, *rest, **named):
        if event.epcs == (bear("1"),):
            raise RuntimeError("boom")
        return real(event, *rest, **named)

    monkeypatch.setattr(judging, "said_of", faulty)
    judge()
    assert rows("select outcome from verdict where event = %s", [bad]) == [("failed",)]
    assert broken(shipped) == set()
