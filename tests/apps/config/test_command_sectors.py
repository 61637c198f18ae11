"""`zhuisu sectors`: the list, and documents judged without facts."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.test import Client
from typer.testing import CliRunner

import chains
import zhuisu.sectors
from support import CONTEXT, event
from zhuisu.config.cli.app import app
from zhuisu.profiles.examples import CONTEXT as FIELDS
from zhuisu.profiles.examples import examples
from zhuisu.profiles.judge import Judge
from zhuisu.profiles.loading import load

RUN = CliRunner()
REGION = """
region = "31"
valid_from = 2020-01-01
name = { zh = "某市", en = "A city" }
basis.city = { law = { zh = "某市办法", en = "City Measures" }, article = "第九条", evidence = "law" }
fields.shop = { name = { zh = "门店", en = "Shop" }, type = "text", basis = "city" }
[steps.sell]
basis = "city"
required = ["shop"]
"""


def written(folder: Path, **ilmd: str) -> Path:
    lots = [{"epcClass": "https://id.gs1.org/01/09520000000011/10/P1"}]
    planted = event(epcList=None, quantityList=lots, ilmd={f"f:{name}": value for name, value in ilmd.items()})
    whole = {
        "@context": [CONTEXT[0], FIELDS],
        "type": "EPCISDocument",
        "schemaVersion": "2.0",
        "creationDate": "2026-11-20T09:30:00+08:00",
        "epcisBody": {"eventList": [planted]},
    }
    file = folder / "planting.json"
    file.write_text(json.dumps(whole), "utf-8")
    return file


def test_the_list_names_every_sector_with_its_steps() -> None:
    found = {one["id"]: one for one in json.loads(RUN.invoke(app, ["sectors", "--json"]).stdout)}
    assert {"crops", "drugs", "rare_earths"} <= found.keys()
    assert found["crops"]["class"] == "edible_agricultural"
    assert found["crops"]["steps"][:3] == ["plant", "treat", "harvest"]
    assert "种植业产品" in RUN.invoke(app, ["sectors"], env={"LANG": "zh_CN.UTF-8"}).stdout


def test_a_right_document_has_no_findings_and_a_wrong_one_says_where(tmp_path: Path) -> None:
    right = RUN.invoke(
        app, ["sectors", "check", "crops", str(written(tmp_path, variety="青菜", plotName="3", plantedOn="2026-10-02"))]
    )
    assert (right.exit_code, right.stdout) == (0, "")
    wrong = RUN.invoke(
        app,
        ["sectors", "check", "crops", str(written(tmp_path, variety="青菜", plotName="3", plantedOn="soon")), "--json"],
    )
    (finding,) = json.loads(wrong.stdout)
    assert (finding["event"], finding["path"], finding["rule"]) == (0, "ilmd.plantedOn", "crops.plant.plantedOn.value")
    assert wrong.exit_code == (finding["severity"] == "error")


def test_a_new_sector_passes_its_own_tests_and_needs_no_other_change(tmp_path: Path) -> None:
    made = RUN.invoke(app, ["sectors", "new", "honey", "--into", str(tmp_path)])
    assert made.exit_code == 0, made.output
    (sector,) = load(tmp_path).values()
    judge, held = Judge(sector.editions[0]), examples(tmp_path / "honey")
    for example in held:
        assert {finding.rule for finding in judge.findings(example.event, example.facts)} == example.breaks, (
            example.name
        )
    own = {
        rule.id for rules in judge.rules.values() for rule in rules if not rule.id.endswith(".packed")
    }  # no sector's own
    assert set().union(*(each.breaks for each in held)) == own
    assert sum(bool(each.breaks) for each in held) >= 6
    chain = json.loads((tmp_path / "honey" / "examples" / "chain.json").read_text("utf-8"))
    assert chain["wrong"][0]["breaks"] == ["honey.sell.recalled"]
    for name in ("honey", "Honey", "../honey", "NEW_SECTOR", ""):
        assert RUN.invoke(app, ["sectors", "new", name, "--into", str(tmp_path)]).exit_code == 2


@pytest.fixture
def honey(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A new sector, the only one that there is."""
    assert RUN.invoke(app, ["sectors", "new", "honey", "--into", str(tmp_path)]).exit_code == 0
    monkeypatch.setattr(zhuisu.sectors, "FOLDER", tmp_path)
    zhuisu.sectors.all.cache_clear()
    yield tmp_path / "honey"
    zhuisu.sectors.all.cache_clear()


def test_the_chain_of_a_new_sector_is_captured_and_judged(honey: Path, client: Client, db: None) -> None:
    chain = json.loads((honey / "examples" / "chain.json").read_text("utf-8"))
    assert chains.play(client, "honey", chain).broken() == chains.expected(chain)


def test_a_region_asks_for_more(honey: Path, tmp_path: Path) -> None:
    (honey / "regions").mkdir()
    (honey / "regions" / "31.toml").write_text(REGION, "utf-8")
    sold = json.loads((honey / "examples" / "ok-sell.json").read_text("utf-8"))["event"]
    file = tmp_path / "sale.json"
    file.write_text(chains.document(sold).decode(), "utf-8")
    plain, regional = (
        json.loads(RUN.invoke(app, ["sectors", "check", "honey", str(file), *more, "--json"]).stdout)
        for more in ([], ["--region", "310101"])
    )
    assert plain == []
    assert [(one["rule"], one["article_zh"]) for one in regional] == [("honey.sell.shop.required", "某市办法 第九条")]


def test_what_is_no_document_or_no_sector_is_said(tmp_path: Path) -> None:
    file = tmp_path / "x.json"
    file.write_text("{", "utf-8")
    assert RUN.invoke(app, ["sectors", "check", "crops", str(file)]).exit_code == 1
    unknown = RUN.invoke(app, ["sectors", "check", "cropz", str(file)])
    assert unknown.exit_code == 2
    assert "no sector" in unknown.output
