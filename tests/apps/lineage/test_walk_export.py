"""A walk as text, JSON, CSV and DOT: codes and event ids only, formulas neutralised, quotes escaped."""

import csv
import io
import json

import pytest
from django.utils.translation import override
from histories import number, when
from stories import Story

from clustering import copy_parts
from zhuisu.events.store import copy
from zhuisu.lineage.export import as_csv, as_dot, as_json, as_text
from zhuisu.lineage.lists import neutral
from zhuisu.lineage.queries import walk

pytestmark = pytest.mark.django_db


@pytest.fixture
def story():
    return Story((1, "made", "lMilk gWhey", "bTin"), (2, "pack", "cBox", "bTin"), (3, "made", "cBox", "bGift"))


def test_json_says_everything_with_codes_and_no_inner_numbers(story):
    copy("event_body", "event, event_id, format, context, body", [(_event(story), "urn:uuid:made", "json", "{}", b"")])
    answer = json.loads(as_json(story.ask("lMilk", "down")))
    code = {name: f"uri:test:{item}" for name, item in story.items.items()}
    assert [one["code"] for one in answer["items"]] == [code["lMilk"], code["bTin"], code["bGift"]]
    tin = answer["items"][1]
    assert (tin["at"], tin["how"], tin["event"]) == ("2026-03-01T00:00:01Z", "made", "urn:uuid:made")
    assert (tin["parent"], tin["depth"], tin["level"]) == (code["lMilk"], 1, "instance")
    assert answer["carried"] == [
        {"code": code["cBox"], "level": "package", "spans": [["2026-03-01T00:00:02Z", None]], "life": 1}
    ]
    assert {(link["kind"], *link["sources"], *link["targets"]) for link in answer["links"]} == {
        ("made", code["lMilk"], code["bTin"]),
        ("packed", code["bTin"], code["cBox"]),
        ("made", code["cBox"], code["bGift"]),
    }
    assert answer["counts"] == {"items": 3, "carried": 1, "products": 0, "events": 3}


def _event(story):
    return next(iter(story.ask("lMilk", "down").links)).event


def test_text_shows_a_tree_and_why_it_stops_in_chinese_and_has_no_format_left(story):
    text = as_text(story.ask("bTin", "up"))
    lines = text.splitlines()
    assert lines[0].startswith("溯来源 · 2 项")
    assert lines[1].startswith("uri:test:")
    assert lines[2].startswith("  uri:test:")
    assert any("来源不明" in line for line in lines)
    assert any("仅知品种" in line for line in lines)
    assert "%(" not in text
    with override("en"):
        assert as_text(story.ask("bTin", "down"))


def test_every_item_is_shown_once_in_text(story):
    text = as_text(story.ask("lMilk", "down"))
    for name in ("lMilk", "bTin", "cBox", "bGift"):
        assert sum(f"uri:test:{story.items[name]}  " in f"{line}  " for line in text.splitlines()) == 1


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"])
def test_a_formula_is_neutralised(cell):
    assert neutral(cell) == "'" + cell
    assert neutral("a" + cell) == "a" + cell


def test_csv_neutralises_codes_that_somebody_chose_to_be_formulas():
    item, other, event, position = (number() for _ in range(4))
    evil = '=HYPERLINK("http://example.invalid","x")'
    rows = [(item, evil, "uri", 1), (other, "uri:b", "uri", 1)]
    copy("item", "id, canonical, scheme, level", rows)
    copy_parts("item, event, at, role, position", [(item, event, when(1), 10, 0), (other, event, when(1), 11, 0)])
    copy("log_entry", "position, event, leaf", [(position, event, b"")])
    answer = walk([item], "down", position=position)
    table = list(csv.DictReader(io.StringIO(as_csv(answer))))
    assert [row["code"] for row in table] == ["'" + evil, "uri:b"]
    assert table[1]["parent"] == "'" + evil
    assert '"=HYPERLINK(\\"http://example.invalid\\",\\"x\\")" -> "uri:b" [label="made"];' in as_dot(answer)


def test_dot_draws_containers_as_boxes_and_products_dashed(story):
    drawing = as_dot(story.ask("lMilk", "down"))
    assert f'"uri:test:{story.items["cBox"]}" [shape=box];' in drawing
    assert f'"uri:test:{story.items["gWhey"]}" [shape=ellipse, style=dashed];' in as_dot(story.ask("bTin", "up"))
