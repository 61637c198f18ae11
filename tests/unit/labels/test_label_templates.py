"""Templates are data: found by their file, closed against misspelling, and their page says every field with its article."""

from pathlib import Path

import pytest

from repository import ROOT
from zhuisu.labels import missing, template, templates
from zhuisu.labels.template import Template, ticked

PAGE = ROOT / "docs" / "reference" / "labels.md"
GOOD = """
name = "样品"
name_en = "Sample"
law = ""
order = 1
title = "name"
[[field]]
key = "name"
name = "品名"
name_en = "Name"
required = true
article = "某法 第一条"
evidence = "memory"
"""


def rows(found: Template) -> list[str]:
    return [
        f"| `{one.key}` | {one.name} | {'yes' if one.required else ''} | {one.article} | {one.evidence} | {'yes' if one.brief else ''} |"
        for one in found.fields
    ]


def test_the_page_has_every_template_with_every_field_and_its_evidence() -> None:
    page = PAGE.read_text("utf-8")
    for found in templates().values():
        section = page.split(f"### `{found.key}` {found.name}: {found.name_en}\n")[1].split("\n### ")[0]
        assert [line for line in section.splitlines() if line.startswith("| `")] == rows(found)
        assert found.law in section


def test_the_kinds_of_product_that_the_law_names_are_there() -> None:
    assert set(templates()) >= {
        *(
            "plain",
            "general",
            "food",
            "farm-producer",
            "farm-buyer",
            "drug",
            "pesticide",
            "vetdrug",
            "seed",
            "cylinder",
        ),
        *("equipment", "fireworks", "explosives", "rare-earth", "case", "pallet"),
    }


def test_what_the_law_wants_and_nobody_filled_is_named() -> None:
    food = templates()["food"]
    assert {one.key for one in missing(food, {})} == {
        *("name", "net", "ingredients", "maker", "address", "contact", "produced", "shelf_life", "storage"),
        *("standard", "licence"),
    }
    filled = {one.key: one.example for one in food.fields}
    assert not missing(food, filled)
    assert [one.key for one in missing(food, filled | {"net": "  "})] == ["net"]
    farm = templates()["farm-buyer"]
    assert {one.kind for one in missing(farm, {})} == {"text", "ticks"}, (
        "fixed words and room to sign are never missing"
    )


def test_examples_are_complete_and_invented() -> None:
    for found in templates().values():
        assert not missing(found, {one.key: one.example for one in found.fields})
        for one in found.fields:
            assert one.kind != "ticks" or set(ticked(one.example)) <= set(one.options)
            assert "公司" not in one.example or one.example.startswith("示例")


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (GOOD.replace("required", "requierd"), "requierd"),
        (GOOD.replace("order", "oder"), "oder"),
        (GOOD.replace('"memory"', '"rumour"'), "evidence rumour"),
        (GOOD.replace('article = "某法 第一条"', ""), "required without an article"),
        (GOOD.replace('title = "name"', 'title = "nmae"'), "title"),
        (GOOD.replace('law = ""', 'law = ""\nsymbol = "aztec"'), "symbol"),
        (GOOD + GOOD[GOOD.index("[[field]]") :], "name stands twice"),
    ],
)
def test_a_misspelt_template_is_refused_with_its_file(wrong: str, said: str, tmp_path: Path) -> None:
    file = tmp_path / "sample.toml"
    file.write_text(GOOD, "utf-8")
    assert template._template(file).key == "sample"
    file.write_text(wrong, "utf-8")
    with pytest.raises(ValueError, match=rf"sample\.toml: .*{said}"):
        template._template(file)
