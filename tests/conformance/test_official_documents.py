"""Outside documents through `zhuisu load`: each in a fresh store, then all together."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from zhuisu.config.cli.app import app

pytestmark = [pytest.mark.django_db, pytest.mark.shared]

# A document with one key twice is two documents: RFC 8259 §4 leaves its meaning open, RFC 7493 §2.3 forbids it.
REFUSED = {"AssociationEvent-h.jsonld": "duplicate-key"}
TOGETHER = {"accepted": 48, "duplicate": 5, "conflict": 2, "refused": 1}


def load(*paths: Path) -> tuple[int, dict[str, int], str]:
    result = CliRunner().invoke(app, ["load", *(str(path) for path in paths)])
    return result.exit_code, json.loads(result.stdout.splitlines()[-1]), result.stdout


def test_the_interoperability_scenario(shared: Path) -> None:
    path = shared / "data" / "epcis" / "query-oracle" / "events.json"
    assert load(path)[:2] == (0, {"accepted": 155, "duplicate": 0, "conflict": 0, "refused": 0})
    assert load(path)[:2] == (0, {"accepted": 0, "duplicate": 155, "conflict": 0, "refused": 0})


def official(shared: Path) -> list[Path]:
    return sorted((shared / "data" / "epcis" / "gs1" / "json").rglob("*.jsonld"))


@pytest.mark.parametrize("number", range(47))
def test_each_alone(shared: Path, number: int) -> None:
    path = official(shared)[number]
    code, counts, said = load(path)
    if rule := REFUSED.get(path.name):
        assert (code, counts["refused"]) == (1, 1)
        assert f"[{rule}]" in said or "twice" in said
    else:
        assert code == 0
        assert counts["refused"] == counts["conflict"] == 0
        assert counts["accepted"] > 0 or path.name == "EPCISQueryDocument.jsonld"


def test_all_together(shared: Path) -> None:
    paths = official(shared)
    assert len(paths) == 47
    assert load(*paths)[1] == TOGETHER
