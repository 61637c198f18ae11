"""The JSON Schema of a record: valid as a schema, complete, and as strict as it can be."""

import json
from typing import Any

import jsonschema
import pytest

from records import STEPS, profile_of
from toys import LOT, making, selling, toys
from zhuisu.profiles import entry
from zhuisu.profiles.schema import schema, schema_of_list


def errors(step: str, record: Any) -> list[str]:
    held = jsonschema.Draft202012Validator(schema(toys(), step), format_checker=jsonschema.FormatChecker())
    return [error.json_path for error in held.iter_errors(json.loads(entry.encoded(record)))]


def test_every_schema_of_every_sector_is_a_schema_with_a_name_of_its_own() -> None:
    names = set()
    for name, step in STEPS:
        made = schema(profile_of(name), step)
        jsonschema.Draft202012Validator.check_schema(made)
        json.dumps(made)
        names.add(made["$id"])
    assert len(names) == len(STEPS)


def test_the_name_has_the_edition_in_it() -> None:
    assert schema(toys(), "make")["$id"] == "urn:zhuisu:schema:toys:1:make"


def test_it_says_what_people_and_programs_need() -> None:
    made = schema(toys(), "make")
    weight, paint = made["properties"]["weight"], made["properties"]["paint"]
    assert weight == {
        "title": "净重",
        "description": "不含包装",
        "x-en": {"title": "Weight", "description": "without wrapping"},
        "x-place": "item",
        "x-basis": {"law": "玩具法", "law-en": "Toy Law", "article": "第一条", "evidence": "law"},
        "x-unit": "KGM",
        "type": "number",
        "minimum": 0,
    }
    assert paint["oneOf"][0] == {"const": "red", "title": "红", "x-en": {"title": "red one"}}
    assert list(made["properties"]) == [column.name for column in entry.columns(toys(), "make")]


@pytest.mark.parametrize(
    ("record", "where"),
    [
        (making(), []),
        (making(wrapped=False), []),
        (making(wrapped=True, wrapper="paper"), []),
        (making(wrapped=True), ["$"]),
        (making(paint="red"), ["$"]),
        (making(paint="blue"), ["$.paint"]),
        (making(parts=100), ["$.parts"]),
        (making(weight="12.5"), ["$.weight"]),
        (making(madeOn="2026-02-30"), ["$.madeOn"]),
        (making(madeOn=None), ["$"]),
        (making(noSuch=1), ["$"]),
        (making(wrapper=" "), ["$.wrapper"]),
        (making(inputs=[LOT, LOT]), ["$.inputs"]),
        (making(outputUnit=["KGM"]), ["$"]),
        (making(photo={"href": "http://x.example/", "sha256": "0" * 64}), ["$.photo.href"]),
    ],
)
def test_it_refuses_what_check_refuses(record: dict[str, Any], where: list[str]) -> None:
    assert errors("make", record) == where


def test_a_list_of_records_has_a_schema_too() -> None:
    made = schema_of_list(toys(), "sell")
    jsonschema.Draft202012Validator.check_schema(made)
    held = jsonschema.Draft202012Validator(made)
    assert not list(held.iter_errors(json.loads(entry.encoded([selling(), selling()]))))
    assert list(held.iter_errors([{}]))
