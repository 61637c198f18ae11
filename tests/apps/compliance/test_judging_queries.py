"""What can be asked of the judge: findings by filter and page, counts, the sectors and duties of things."""

from datetime import date, datetime, timedelta

import pytest

from bears import DAWN, bear, lot, toy
from zhuisu import codes
from zhuisu.compliance.queries import Filter, counts, dues, findings, known, sectors_of
from zhuisu.events.queries import item_by_code
from zhuisu.events.scope import ALL, Scope, scope_of


def item(text):
    found = item_by_code(codes.parse_epc(text))
    assert found
    return found.id


@pytest.fixture
def found(maker, shop, told, judge):
    """Three wrong acts: two of the shop, one of the maker, on two days."""
    told(shop, toy("make", 1, bear("1")))
    told(maker, toy("ship", 30, bear("2")) | {"eventID": "urn:uuid:toy-2"})
    told(shop, toy("sell", 31, bear("3"), buyer="urn:toy:b"))
    judge()


@pytest.mark.parametrize(
    ("wanted", "rules"),
    [
        ({}, ["sell.after", "ship.after", "make.by"]),
        ({"rule": "toy.make.by"}, ["make.by"]),
        ({"sector": "toy", "step": "ship"}, ["ship.after"]),
        ({"sector": "candy"}, []),
        ({"severity": "warning"}, []),
        ({"since": DAWN + timedelta(hours=30)}, ["sell.after", "ship.after"]),
        ({"until": DAWN + timedelta(hours=30)}, ["make.by"]),
        ({"party": "uri:urn:toy:maker"}, ["ship.after"]),
        ({"region": "3502"}, ["sell.after", "ship.after", "make.by"]),
        ({"region": "45"}, []),
        ({"search": "urn:uuid:toy-2"}, ["ship.after"]),
        ({"search": bear("3")}, ["sell.after"]),
        ({"search": "nothing of the kind"}, []),
    ],
)
def test_findings_are_found_by_what_is_asked(found, wanted, rules):
    assert [one.finding.rule.partition(".")[2] for one in findings(ALL, Filter(**wanted))] == rules


def test_findings_come_in_pages_that_neither_skip_nor_repeat(found):
    pages, before = [], ""
    while page := findings(ALL, Filter(), before=before, limit=1):
        pages += page
        before = page[-1].cursor
    assert pages == findings(ALL, Filter())
    assert {one.actor_name for one in pages} == {"熊厂", "熊店"}


def test_everyone_sees_the_findings_of_what_they_may_see(found, maker, shop):
    assert {one.finding.rule for one in findings(scope_of(maker), Filter())} == {"toy.ship.after"}
    assert len(findings(scope_of(shop), Filter())) == 2
    assert len(findings(Scope("region", 0, region="35"), Filter())) == 3
    assert findings(Scope("region", 0, region="45"), Filter()) == []


def test_counts_by_everything(found, maker):
    by = {name: {one.key: (one.errors, one.events) for one in counts(ALL, Filter(), name)} for name in _GROUPS}
    assert by["sector"] == {"toy": (3, 3)}
    assert by["rule"] == {"toy.make.by": (1, 1), "toy.sell.after": (1, 1), "toy.ship.after": (1, 1)}
    assert by["step"] == {"toy.make": (1, 1), "toy.sell": (1, 1), "toy.ship": (1, 1)}
    assert by["severity"] == {"error": (3, 3)}
    assert by["day"] == {"2026-03-01": (1, 1), "2026-03-02": (2, 2)}
    assert by["region"] == {"350200": (3, 3)}
    assert by["party"] == {"uri:urn:toy:maker": (1, 1), "uri:urn:toy:shop": (2, 2)}
    assert [one.key for one in counts(scope_of(maker), Filter(), "rule")] == ["toy.ship.after"]


_GROUPS = ("rule", "sector", "step", "severity", "day", "region", "party")


def test_a_thing_knows_its_sectors_what_happened_and_what_is_due(maker, told, judge):
    told(maker, toy("make", 1, bear("1", "A")), toy("treat", 2, amounts={lot("A"): 1}, stopUntil="2026-03-04"))
    told(maker, toy("check", 25, bear("1"), nextOn="2026-03-20", result="failed"))
    judge()
    thing = item(bear("1"))
    assert sectors_of([thing]) == {thing: {"toy"}}
    then, before = datetime.fromisoformat("2026-03-03T00:00Z"), DAWN + timedelta(hours=1.5)
    assert known([thing], then)[thing].states == {"withdrawal", "failed"}
    assert known([thing], then)[thing].days["check"] == date(2026, 3, 2)
    assert known([thing], before)[thing].steps == {"make"}
    (due,) = dues([thing], date(2026, 3, 21))
    assert (due.duty, due.due_on, due.overdue, due.last_on) == ("checked", date(2026, 3, 20), True, date(2026, 3, 2))
    assert not dues([thing], date(2026, 3, 20))[0].overdue
    told(maker, toy("destroy", 50, bear("1")))
    judge()
    assert dues([thing], date(2026, 3, 21)) == []


def test_what_is_known_at_a_moment_goes_by_the_day_of_the_node(maker, told, judge):
    told(maker, toy("make", 1, bear("1")), toy("treat", 2, bear("1"), stopUntil="2026-03-01"))
    judge()
    number = item(bear("1"))
    evening, midnight = DAWN + timedelta(hours=15, minutes=59), DAWN + timedelta(hours=16)  # of Asia/Shanghai
    assert "withdrawal" in known([number], evening)[number].states
    assert "withdrawal" not in known([number], midnight)[number].states
