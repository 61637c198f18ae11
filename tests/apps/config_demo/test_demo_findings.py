"""What the sectors find in the demonstration week: few things, each of them meant and told in the tutorial."""

from collections import Counter
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from zhuisu import codes
from zhuisu.compliance import queries
from zhuisu.config.demo import load, sign_ins
from zhuisu.config.demo.build import build
from zhuisu.config.demo.parties import FIRMS
from zhuisu.events.queries import head, item_by_code
from zhuisu.events.store import rows
from zhuisu.registry.official.queries import loaded

AT = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
DOCS = Path(__file__).parents[3] / "docs"
MEANT = {
    ("livestock.ship_animals.farm.licence", "error", "pigs_nanjing"): 2,
    ("livestock.ship_animals.quarantine.within", "warning", "pigs_tongan"): 5,
    ("crops.enter.supplierName.required", "error", "stall_siming_22"): 1,
    ("elevators.use.inspect.overdue", "error", "property"): 1,
}


@pytest.fixture
def week(db: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sign_ins, "home", lambda: tmp_path)
    load(AT)


def test_only_what_is_meant_is_found_and_every_clock_runs(week: None) -> None:
    assert queries.judged_to() == head()
    firms = {firm.canonical: key for key, firm in FIRMS.items()}
    found = rows(
        """select f.rule, f.severity, i.canonical from finding f join verdict_last l on l.verdict = f.verdict
           join verdict v on v.id = f.verdict left join item i on i.id = v.actor""",
        [],
    )
    assert Counter((rule, severity, firms[actor]) for rule, severity, actor in found) == MEANT
    outcomes = rows("select distinct v.outcome from verdict v join verdict_last l on l.verdict = v.id", [])
    assert outcomes == [("judged",)]
    steps = rows(
        "select distinct v.sector, v.step from verdict v join verdict_last l on l.verdict = v.id where v.step <> ''", []
    )
    assert len(steps) > 40
    assert {sector for sector, _ in steps} == {"crops", "livestock", "food", "elevators", "gas_cylinders"}
    assert loaded("food_producer_licences")
    assert loaded("special_equipment_licences")
    lift, cylinder = (item_by_code(codes.from_canonical(code)) for code in (build().story.lift, build().story.cylinder))
    assert lift
    assert cylinder
    dues = queries.dues([lift.id, cylinder.id], AT.date())
    assert {(one.sector, one.duty, one.due_on) for one in dues if one.overdue} == {
        ("elevators", "inspection", date(2026, 11, 3))
    }
    assert {one.sector for one in dues} == {"elevators", "gas_cylinders"}


@pytest.mark.parametrize(
    "page", ["tutorial/01-first-look.md", "tutorial/01-first-look.zh-CN.md", "reference/demonstration-data.md"]
)
def test_the_docs_tell_every_finding(page: str) -> None:
    text = (DOCS / page).read_text()
    for rule, _severity, _firm in MEANT:
        assert rule in text
